//! Whether an unanswered write was carried out, told from what is there now and what was there before it
//! (sync-rules 8.2); and what is there after one that was. Pure: it must not read, wait or write.

use crate::{
    domain::{
        ContractServiceId, Day, Money, ServiceId,
        operation::Operation,
        product::{Service, ServiceDraft},
        target::{PresentContract, PresentService},
        timeline::Timeline,
    },
    psa::{RowState, SentWrite},
};

/// What stands on a row after a write that was carried out.
pub(super) fn after(before: &RowState, operation: &Operation) -> RowState {
    let mut after = before.clone();
    match operation {
        Operation::AdjustUnits { effective, units, unit_price, unit_cost, .. } => {
            after.units = after.units.adjusted(*effective, *units);
            after.price = unit_price.or(after.price);
            after.cost = unit_cost.or(after.cost);
            if !after.row_starts.contains(effective) {
                after.row_starts.push(*effective);
            }
        }
        Operation::CreateContractService { unit_price, unit_cost, .. } => {
            (after.price, after.cost) = (*unit_price, *unit_cost);
        }
        Operation::CreateService { .. }
        | Operation::UpdateService { .. }
        | Operation::AddLine { .. }
        | Operation::EndLine { .. }
        | Operation::AmendLine { .. } => {}
    }
    after
}

/// The row in which a write to a contract shows; none where it was not carried out.
pub(super) fn on_contract(write: &SentWrite<'_>, reading: &PresentContract) -> Option<i64> {
    match write.operation {
        Operation::AdjustUnits { service, contract_service, effective, units, .. } => {
            match find(reading, *service, contract_service.or(write.contract_service)) {
                None => None,
                Some(row) if *units == 0 => repriced(write, row, *effective),
                Some(row) => adjusted(write, row, *effective, *units),
            }
        }
        Operation::CreateContractService { service, .. } => {
            let made = find(reading, *service, None).filter(|row| !was_there(write, row));
            made.map(|row| row.contract_service.0)
        }
        Operation::CreateService { .. }
        | Operation::UpdateService { .. }
        | Operation::AddLine { .. }
        | Operation::EndLine { .. }
        | Operation::AmendLine { .. } => None,
    }
}

/// Whether somebody else changed the same row meanwhile (X9): it shows neither what was there, nor that with our change.
pub(super) fn is_foreign(write: &SentWrite<'_>, reading: &PresentContract) -> bool {
    let Operation::AdjustUnits { service, contract_service, effective, units, .. } =
        write.operation
    else {
        return false;
    };
    let row = find(reading, *service, contract_service.or(write.contract_service));
    let now = row.map(PresentService::timeline).unwrap_or_default();
    let (before, from) = (&write.before.units, known_from(write, *effective));
    !same_from(&now, before, from) && !same_from(&now, &before.adjusted(*effective, *units), from)
}

/// The first day on which what was there before is known: a change by hand before our own day, that comes to as much as
/// ours, is not ours.
fn known_from(write: &SentWrite<'_>, effective: Day) -> Day {
    write.read_from.unwrap_or(effective).min(effective)
}

fn find(
    reading: &PresentContract,
    service: ServiceId,
    row: Option<ContractServiceId>,
) -> Option<&PresentService> {
    reading
        .services
        .iter()
        .filter(|present| present.service == service)
        .filter(|present| row.is_none_or(|row| present.contract_service == row))
        .max_by_key(|present| present.contract_service)
}

fn was_there(write: &SentWrite<'_>, row: &PresentService) -> bool {
    write.contract_service == Some(row.contract_service)
}

/// Where nobody else wrote, the whole timeline tells. Else the change of its own day does: only one adjustment can lie on
/// a day that starts no period, and on one that does, anything beside our own number is somebody else's.
fn adjusted(
    write: &SentWrite<'_>,
    row: &PresentService,
    effective: Day,
    units: i64,
) -> Option<i64> {
    let (now, before, from) = (row.timeline(), &write.before, known_from(write, effective));
    let shows = Some(row.contract_service.0);
    if same_from(&now, &before.units.adjusted(effective, units), from) {
        return shows;
    }
    if same_from(&now, &before.units, from) {
        return None;
    }
    let moved = step_on(&now, effective) - step_on(&before.units, effective);
    shows.filter(|_| moved == units)
}

fn same_from(one: &Timeline, other: &Timeline, day: Day) -> bool {
    one.on(day) == other.on(day) && one.changes_to(other).iter().all(|(on, _)| *on <= day)
}

fn step_on(units: &Timeline, day: Day) -> i64 {
    units.on(day) - units.on(day.previous())
}

fn repriced(write: &SentWrite<'_>, row: &PresentService, effective: Day) -> Option<i64> {
    let Operation::AdjustUnits { unit_price, unit_cost, .. } = write.operation else {
        return None;
    };
    let cut = row.rows.iter().any(|units| units.start == effective)
        && !write.before.row_starts.contains(&effective);
    let price_shows =
        unit_price.is_some_and(|price| reads(price, row.price) && write.before.price != row.price);
    let cost_shows =
        unit_cost.is_some_and(|cost| reads(cost, row.cost) && write.before.cost != row.cost);
    (cut || price_shows || cost_shows).then_some(row.contract_service.0)
}

fn reads(ours: Money, back: Option<Money>) -> bool {
    back.is_some_and(|back| ours.reads(back))
}

/// The service in which a write to the catalogue shows; none where it was not carried out.
pub(super) fn in_catalogue(write: &SentWrite<'_>, services: &[Service]) -> Option<i64> {
    match write.operation {
        Operation::CreateService { draft, .. } => {
            services.iter().find(|service| is_ours(service, draft)).map(|service| service.id.0)
        }
        Operation::UpdateService { service, price, cost, .. } => {
            let RowState { price: price_before, cost: cost_before, .. } = *write.before;
            let shows = services.iter().find(|known| known.id == *service).is_some_and(|known| {
                price.is_none_or(|price| is_there(price, known.price, price_before))
                    && cost.is_none_or(|cost| {
                        known.cost.is_none_or(|known| is_there(cost, known, cost_before))
                    })
            });
            shows.then_some(service.0)
        }
        Operation::CreateContractService { .. }
        | Operation::AdjustUnits { .. }
        | Operation::AddLine { .. }
        | Operation::EndLine { .. }
        | Operation::AmendLine { .. } => None,
    }
}

/// Whether a price reads as ours, and as nothing that was there before: one that the target keeps rounded may be the old one.
fn is_there(ours: Money, now: Money, before: Option<Money>) -> bool {
    now == ours || (ours.reads(now) && before != Some(now))
}

/// Our key, where the tenant keeps one; else the name, which was free when the create was planned.
fn is_ours(service: &Service, draft: &ServiceDraft) -> bool {
    match service.external_id.as_deref().filter(|key| !key.is_empty()) {
        Some(key) => !draft.external_id.is_empty() && key.eq_ignore_ascii_case(&draft.external_id),
        None => service.name.eq_ignore_ascii_case(&draft.name),
    }
}

#[cfg(test)]
mod tests;
