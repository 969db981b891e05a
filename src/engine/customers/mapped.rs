//! Mappings by tenant and by contract, while a command changes them: who shares a contract is known without a look at all
//! the others.
//!
//! It must not judge them: that is `shared_contract`.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::{ContractId, TenantId, mapping::Mapping};

/// All mappings, as they will be.
#[derive(Clone, Debug, Default)]
pub(crate) struct Mapped {
    by_tenant: BTreeMap<TenantId, Mapping>,
    by_contract: BTreeMap<ContractId, BTreeSet<TenantId>>,
}

impl Mapped {
    pub(crate) fn get(&self, tenant: &TenantId) -> Option<&Mapping> {
        self.by_tenant.get(tenant)
    }

    /// Puts a mapping in the place of the tenant's former one.
    pub(crate) fn insert(&mut self, mapping: Mapping) {
        let (tenant, contract) = (mapping.tenant.clone(), mapping.contract);
        let old = self.by_tenant.insert(tenant.clone(), mapping);
        if let Some(left) = old.filter(|old| old.contract != contract)
            && let Some(tenants) = self.by_contract.get_mut(&left.contract)
        {
            tenants.remove(&tenant);
        }
        self.by_contract.entry(contract).or_default().insert(tenant);
    }

    /// The mappings on a contract, in the order of their tenants.
    pub(crate) fn on(&self, contract: ContractId) -> impl Iterator<Item = &Mapping> {
        let tenants = self.by_contract.get(&contract).into_iter().flatten();
        tenants.filter_map(|tenant| self.by_tenant.get(tenant))
    }
}

impl FromIterator<Mapping> for Mapped {
    fn from_iter<I: IntoIterator<Item = Mapping>>(mappings: I) -> Self {
        let mut mapped = Self::default();
        for mapping in mappings {
            mapped.insert(mapping);
        }
        mapped
    }
}
