//! Mappings on one contract share strategy, start and switch (sync-rules 4). Pure.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    domain::{
        Code, TenantId,
        mapping::{Mapping, PricingStrategy, Start},
    },
    engine::{protocol::Refusal, refusals::failed},
};

/// Refuses where one of the changed mappings would differ from another one on its contract, naming the other.
pub(crate) fn agree(
    changed: &BTreeSet<TenantId>,
    mappings: &BTreeMap<TenantId, Mapping>,
) -> Result<(), Refusal> {
    let mut contracts: BTreeMap<_, Vec<&Mapping>> = BTreeMap::new();
    for mapping in mappings.values() {
        contracts.entry(mapping.contract).or_default().push(mapping);
    }
    let changed = changed.iter().filter_map(|tenant| mappings.get(tenant));
    for mapping in changed {
        let others = contracts.get(&mapping.contract).into_iter().flatten();
        let different = others
            .filter(|other| other.tenant != mapping.tenant)
            .find_map(|other| difference(mapping, other).map(|how| (other, how)));
        if let Some((other, how)) = different {
            return Err(refusal(mapping, other, &how));
        }
    }
    Ok(())
}

/// The other mappings on a contract.
pub(crate) fn neighbours<'a>(
    mapping: &'a Mapping,
    mappings: &'a BTreeMap<TenantId, Mapping>,
) -> impl Iterator<Item = &'a Mapping> {
    mappings
        .values()
        .filter(|other| other.contract == mapping.contract && other.tenant != mapping.tenant)
}

fn difference(one: &Mapping, other: &Mapping) -> Option<String> {
    if one.sync != other.sync {
        return Some(format!("sync {}, not {}", switch(other.sync), switch(one.sync)));
    }
    if one.pricing != other.pricing {
        let (theirs, ours) = (pricing(other.pricing), pricing(one.pricing));
        return Some(format!("pricing {theirs}, not {ours}"));
    }
    if one.start != other.start {
        return Some(format!("invoices from {}, not {}", start(other.start), start(one.start)));
    }
    None
}

fn refusal(one: &Mapping, other: &Mapping, how: &str) -> Refusal {
    failed(
        Code::SharedContract,
        format!(
            "“{}” is linked to the same contract “{}” as “{}”, and has {how}.",
            other.domain, one.contract_name, one.domain
        ),
        "Nothing was changed. Tenants on one contract share switch, start and pricing: \
         give both the same, or change them together.",
    )
}

/// The word for a switch, as commands and files write it.
pub(crate) fn switch(on: bool) -> &'static str {
    if on { "on" } else { "off" }
}

/// The word for a strategy, as commands and files write it.
pub(crate) fn pricing(strategy: PricingStrategy) -> &'static str {
    match strategy {
        PricingStrategy::CostAndRetail => "cost-and-retail",
        PricingStrategy::CostOnly => "cost-only",
        PricingStrategy::QuantitiesOnly => "quantities-only",
    }
}

/// The word for a start, as commands and files write it.
pub(crate) fn start(start: Start) -> &'static str {
    match start {
        Start::MostRecent => "most-recent",
        Start::Next => "next",
    }
}
