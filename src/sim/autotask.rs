//! The simulated Autotask: its rows, its rules and its REST face, by the wire contract. All requests
//! go one after the other through one lock, so a refused one leaves no trace and a read after a write
//! tells the truth. It knows nothing of PRISM.

mod adjust;
mod billing_fields;
mod cell;
mod contract_services;
mod entities;
mod fields;
mod filter;
mod hands;
mod metadata;
mod paging;
mod picklist;
mod query;
mod reply;
mod route;
mod rules;
mod scan;
mod schema;
mod seeding;
mod steps;
mod tenant;
mod write;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub(super) use hands::{CompanyEdit, ContractEdit, HandRefusal, ServiceAddition, ServiceEdit};
pub(super) use route::{entity_of, is_open_to_all, router};

pub(super) use tenant::Tenant;

/// The tenant as its servers share it.
pub(super) type SharedTenant = Arc<Mutex<Tenant>>;

pub(super) fn is_entity(name: &str) -> bool {
    entities::named(name).is_some()
}

pub(super) fn share(tenant: Tenant) -> SharedTenant {
    Arc::new(Mutex::new(tenant))
}

pub(super) fn locked(tenant: &SharedTenant) -> MutexGuard<'_, Tenant> {
    tenant.lock().unwrap_or_else(PoisonError::into_inner)
}
