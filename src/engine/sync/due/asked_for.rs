//! Which customers were asked for. Pure.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    domain::{ContractId, InvoiceId, TenantId, UsageMonth, mapping::Mapping},
    engine::{protocol::SyncRequest, sync::due::Stored},
};

/// Which customers were asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AskedFor {
    /// Only the contracts of the tenants that were named; all where none was.
    pub contracts: Option<BTreeSet<ContractId>>,
    /// Of what is due, only customers that an earlier run did not reach.
    pub only_unreached: Option<BTreeSet<TenantId>>,
}

impl AskedFor {
    /// From the request; its tenants are resolved to ids already, or are domains of mapped tenants.
    #[must_use]
    pub fn new(request: &SyncRequest, stored: &Stored) -> Self {
        let named = |mapping: &&Mapping| {
            request.tenants.iter().any(|text| {
                mapping.tenant == TenantId::new(text) || mapping.domain.eq_ignore_ascii_case(text)
            })
        };
        let asked = stored.mappings.values().filter(named).map(|mapping| mapping.contract);
        Self {
            contracts: (!request.tenants.is_empty()).then(|| asked.collect()),
            only_unreached: request.retry_failed.then(|| stored.unreached.clone()),
        }
    }

    /// Whether a contract belongs to it.
    #[must_use]
    pub fn contract(&self, contract: ContractId) -> bool {
        self.contracts.as_ref().is_none_or(|contracts| contracts.contains(&contract))
    }

    /// Whether an invoice that is due for this customer is to be applied.
    #[must_use]
    pub fn due(&self, mapping: &Mapping) -> bool {
        let reached = self.only_unreached.as_ref();
        self.contract(mapping.contract)
            && reached.is_none_or(|unreached| unreached.contains(&mapping.tenant))
    }
}

/// The newest invoice applied to each contract on which sync is on.
pub(crate) fn last_applied(
    stored: &Stored,
    asked: &AskedFor,
) -> Vec<(UsageMonth, InvoiceId, ContractId)> {
    let mut last: BTreeMap<ContractId, (UsageMonth, InvoiceId)> = BTreeMap::new();
    for mapping in stored.on().filter(|mapping| asked.contract(mapping.contract)) {
        let applied = stored.applied.get(&mapping.tenant).into_iter().flatten();
        let here = applied.filter(|applied| applied.contract == mapping.contract);
        let Some(newest) = here.max_by_key(|applied| applied.month) else { continue };
        let known =
            last.entry(mapping.contract).or_insert_with(|| (newest.month, newest.invoice.clone()));
        if newest.month > known.0 {
            *known = (newest.month, newest.invoice.clone());
        }
    }
    last.into_iter().map(|(contract, (month, invoice))| (month, invoice, contract)).collect()
}
