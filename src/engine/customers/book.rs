//! Tenants and mappings at one moment, as they are stored.
//!
//! It must not ask a system.

use std::collections::BTreeMap;

use crate::{
    domain::{TenantId, mapping::Mapping},
    engine::{
        connections::sides::Sides,
        tables::{KnownTenant, MAPPINGS, TENANTS, of_connection},
    },
    store::{Store, StoreError},
};

/// The mappings alone.
pub(crate) async fn mappings(
    store: &Store,
    sides: &Sides,
) -> Result<BTreeMap<TenantId, Mapping>, StoreError> {
    let mappings = store.scan(MAPPINGS, of_connection(&sides.target)).await?.into_iter();
    Ok(mappings.map(|(_, one)| (one.tenant.clone(), one)).collect())
}

/// Tenants and mappings at one moment.
#[derive(Clone, Debug, Default)]
pub(crate) struct Book {
    /// Tenants as last listed.
    pub known: BTreeMap<TenantId, KnownTenant>,
    /// Mappings.
    pub mappings: BTreeMap<TenantId, Mapping>,
}

impl Book {
    /// Reads all of it.
    pub(crate) async fn load(store: &Store, sides: &Sides) -> Result<Self, StoreError> {
        let known = store.scan(TENANTS, of_connection(&sides.source));
        // One is read while the other is understood.
        let (known, mappings) = tokio::try_join!(known, mappings(store, sides))?;
        let known = known.into_iter().map(|(_, tenant)| (tenant.id.clone(), tenant));
        Ok(Self { known: known.collect(), mappings })
    }
}
