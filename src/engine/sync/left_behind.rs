//! What customers left behind: seats on contracts that they are not mapped to any more (sync-rules 1.8).
//!
//! Unmapping and remapping change nothing by themselves; asked for, a plan takes those seats away from the first day of the
//! month that was not synced there any more. It must not touch a service that a mapped neighbour has seats on: the next
//! invoice of that contract sets it right.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    domain::{
        ConnectionId, ServiceId, UsageMonth,
        mapping::{Applied, Mapping},
    },
    engine::{
        sync::records::Left,
        tables::{
            CLOSINGS, CURSORS, LEFT, of_closing, of_connection, of_contract, of_contract_tenant,
            of_tenant,
        },
    },
    planning::{Closing, ContractMemory, GroupTenant},
    store::{Batch, Store, StoreError},
};

/// Remembers that a customer leaves the contract it was mapped to, if seats of it stay there.
pub(crate) async fn leave(
    store: &Store,
    connection: &ConnectionId,
    batch: &mut Batch,
    old: &Mapping,
) -> Result<(), StoreError> {
    let applied = store.scan(CURSORS, of_tenant(connection, &old.tenant)).await?;
    let here = applied.into_iter().map(|(_, applied)| applied);
    let here = here.filter(|applied: &Applied| applied.contract == old.contract);
    let Some(last) = here.map(|applied| applied.month).max() else { return Ok(()) };
    let closings = store.scan(CLOSINGS, of_contract(connection, old.contract)).await?;
    let closings = closings.into_iter().map(|(_, closing)| closing).collect();
    let closings = ContractMemory { closings, ..ContractMemory::default() };
    let month = last.next();
    let seats = standing(&closings, month).filter(|one| one.tenant == old.tenant);
    let seats: i64 = seats.map(|one| one.units).sum();
    if seats > 0 {
        let (contract, pricing) = (old.contract, old.pricing);
        let left = Left { tenant: of(old), contract, pricing, month, seats };
        batch.put(LEFT, &of_contract_tenant(connection, contract, &old.tenant), &left);
    }
    Ok(())
}

/// A customer that is on the contract again has left nothing behind there.
pub(crate) fn come_back(connection: &ConnectionId, batch: &mut Batch, new: &Mapping) {
    batch.remove(LEFT, &of_contract_tenant(connection, new.contract, &new.tenant));
}

/// All that was left behind.
pub(crate) async fn all(store: &Store, connection: &ConnectionId) -> Result<Vec<Left>, StoreError> {
    let left = store.scan(LEFT, of_connection(connection)).await?;
    Ok(left.into_iter().map(|(_, left)| left).collect())
}

/// What subscriptions had above 0 at the end of the last month before this one that said anything of them.
pub(crate) fn standing(
    memory: &ContractMemory,
    month: UsageMonth,
) -> impl Iterator<Item = &Closing> {
    let last: BTreeMap<_, &Closing> = memory.closings_before(month);
    last.into_values().filter(|closing| closing.units > 0)
}

fn of(mapping: &Mapping) -> GroupTenant {
    GroupTenant {
        tenant: mapping.tenant.clone(),
        domain: mapping.domain.clone(),
        customer_name: mapping.customer_name.clone(),
        company: mapping.company,
        company_name: mapping.company_name.clone(),
        contract_name: mapping.contract_name.clone(),
        due: false,
    }
}

/// Puts down that the seats are gone; of those that failed nothing, so that they are planned again.
pub(crate) fn put_gone(
    batch: &mut Batch,
    connection: &ConnectionId,
    left: &Left,
    closings: &[Closing],
    failed: &BTreeSet<ServiceId>,
) {
    for closing in closings.iter().filter(|closing| !failed.contains(&closing.service)) {
        batch.put(CLOSINGS, &of_closing(connection, left.contract, closing), closing);
    }
    if failed.is_empty() {
        batch.remove(LEFT, &of_contract_tenant(connection, left.contract, &left.tenant.tenant));
    }
}
