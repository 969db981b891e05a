//! Who changed last what a plan goes by: mappings with their strategies, pins, chosen rows.
//!
//! It must not decide what follows from it.

use std::collections::BTreeSet;

use crate::{
    domain::{
        ConnectionId, ContractId, ServiceId, TenantId,
        approval::{Change, Person},
        mapping::Mapping,
        product::{Link, LinkKey},
    },
    engine::{
        context::Caller,
        tables::{
            CHANGED_BY, LINKS, MAPPINGS, of_connection, of_link_change, of_mapping_change,
            of_row_change, of_row_changes,
        },
        views::PlanView,
    },
    store::{Batch, Store, StoreError},
};

/// Whoever asks, as the kernel knows them.
pub(crate) fn person(caller: &Caller) -> Person {
    Person { name: caller.actor.name.clone(), uid: caller.actor.uid }
}

fn change(caller: &Caller, what: impl Into<String>) -> Change {
    Change { who: person(caller), what: what.into() }
}

/// Puts into the commit of a mapping who changed it.
pub(crate) fn mapping(batch: &mut Batch, caller: &Caller, target: &ConnectionId, of: &Mapping) {
    let what = format!("linked {}", of.domain);
    batch.put(CHANGED_BY, &of_mapping_change(target, &of.tenant), &change(caller, what));
}

/// The same of a link.
pub(crate) fn link(batch: &mut Batch, caller: &Caller, target: &ConnectionId, key: &LinkKey) {
    let what = format!("chose the service of {key}");
    batch.put(CHANGED_BY, &of_link_change(target, key), &change(caller, what));
}

/// The same of a chosen row.
pub(crate) fn row(
    batch: &mut Batch,
    caller: &Caller,
    target: &ConnectionId,
    contract: ContractId,
    service: ServiceId,
    what: &str,
) {
    batch.put(CHANGED_BY, &of_row_change(target, contract, service), &change(caller, what));
}

/// Whoever changed last what this plan goes by.
pub(super) async fn of(
    store: &Store,
    target: &ConnectionId,
    plan: &PlanView,
) -> Result<Vec<Change>, StoreError> {
    let domains: BTreeSet<&str> = domains(plan);
    let mut found = Vec::new();
    let mut contracts = BTreeSet::<ContractId>::new();
    let mut tenants = BTreeSet::<TenantId>::new();
    for (_, mapping) in store.scan(MAPPINGS, of_connection(target)).await? {
        if domains.contains(mapping.domain.as_str()) {
            contracts.insert(mapping.contract);
            tenants.insert(mapping.tenant);
        }
    }
    for tenant in &tenants {
        found.extend(store.get(CHANGED_BY, of_mapping_change(target, tenant)).await?);
    }
    for contract in contracts {
        let rows = store.scan(CHANGED_BY, of_row_changes(target, contract)).await?;
        found.extend(rows.into_iter().map(|(_, change)| change));
    }
    let services = services(plan);
    for (_, link) in store.scan(LINKS, of_connection(target)).await? {
        if leads_to(&link, &services) {
            found.extend(store.get(CHANGED_BY, of_link_change(target, &link.key)).await?);
        }
    }
    Ok(found)
}

fn domains(plan: &PlanView) -> BTreeSet<&str> {
    let of_contracts = plan.contracts.iter().flat_map(|one| one.tenants.iter());
    let of_writes = plan.operations.tenants().flat_map(|tenants| tenants.iter());
    of_contracts.chain(of_writes).map(String::as_str).collect()
}

fn services(plan: &PlanView) -> BTreeSet<ServiceId> {
    plan.operations.iter().filter_map(|view| view.operation.service()).collect()
}

/// Whether it leads to one of these services, or did.
fn leads_to(link: &Link, services: &BTreeSet<ServiceId>) -> bool {
    services.contains(&link.service) || link.previous.iter().any(|one| services.contains(one))
}
