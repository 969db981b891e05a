//! Whether an unanswered write was carried out, told from what is there now and what was there before it
//! (sync-rules 8.2). Pure: it must not read, wait or write.

use crate::{
    domain::{
        ContractServiceId, Day, Money, ServiceId,
        operation::Operation,
        product::{Service, ServiceDraft},
        target::{PresentContract, PresentService},
        timeline::Timeline,
    },
    engine::sync::writing::journal::{Before, Entry, WriteResult},
};

/// What a reading says of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It stands in the target, as this row where one can be named.
    Executed {
        /// The row.
        id: Option<i64>,
    },
    /// It does not.
    NotExecuted,
}

impl Verdict {
    /// What is put down.
    #[must_use]
    pub fn result(self) -> WriteResult {
        match self {
            Self::Executed { id } => WriteResult::SettledAsWritten { id },
            Self::NotExecuted => WriteResult::SettledAsNotWritten,
        }
    }
}

/// Of a write to a contract.
#[must_use]
pub fn on_contract(entry: &Entry, reading: &PresentContract) -> Verdict {
    match &entry.operation {
        Operation::AdjustUnits { service, contract_service, effective, units, .. } => {
            match find(reading, *service, contract_service.or(entry.contract_service)) {
                None => Verdict::NotExecuted,
                Some(row) if *units == 0 => repriced(entry, row, *effective),
                Some(row) => adjusted(entry, row, *effective, *units),
            }
        }
        Operation::CreateContractService { service, .. } => {
            match find(reading, *service, None).filter(|row| !was_there(entry, row)) {
                Some(row) => Verdict::Executed { id: Some(row.contract_service.0) },
                None => Verdict::NotExecuted,
            }
        }
        Operation::CreateService { .. } | Operation::UpdateService { .. } => Verdict::NotExecuted,
    }
}

/// Whether somebody else changed the same row meanwhile (X9): it shows neither what was there, nor that with our change.
#[must_use]
pub fn is_foreign(entry: &Entry, reading: &PresentContract) -> bool {
    let Operation::AdjustUnits { service, contract_service, effective, units, .. } =
        &entry.operation
    else {
        return false;
    };
    let row = find(reading, *service, contract_service.or(entry.contract_service));
    let now = row.map(PresentService::timeline).unwrap_or_default();
    let (before, from) = (&entry.before.units, known_from(entry, *effective));
    !same_from(&now, before, from) && !same_from(&now, &before.adjusted(*effective, *units), from)
}

/// The first day on which what was there before is known: a change by hand before our own day, that comes to as much as
/// ours, is not ours.
fn known_from(entry: &Entry, effective: Day) -> Day {
    entry.read_from.unwrap_or(effective).min(effective)
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

fn was_there(entry: &Entry, row: &PresentService) -> bool {
    entry.contract_service == Some(row.contract_service)
}

/// Where nobody else wrote, the whole timeline tells. Else the change of its own day does: only one adjustment can lie on
/// a day that starts no period, and on one that does, anything beside our own number is somebody else's.
fn adjusted(entry: &Entry, row: &PresentService, effective: Day, units: i64) -> Verdict {
    let (now, before, from) = (row.timeline(), &entry.before, known_from(entry, effective));
    let executed = Verdict::Executed { id: Some(row.contract_service.0) };
    if same_from(&now, &before.units.adjusted(effective, units), from) {
        return executed;
    }
    if same_from(&now, &before.units, from) {
        return Verdict::NotExecuted;
    }
    let moved = step_on(&now, effective) - step_on(&before.units, effective);
    if moved == units { executed } else { Verdict::NotExecuted }
}

fn same_from(one: &Timeline, other: &Timeline, day: Day) -> bool {
    one.on(day) == other.on(day) && one.changes_to(other).iter().all(|(on, _)| *on <= day)
}

fn step_on(units: &Timeline, day: Day) -> i64 {
    units.on(day) - units.on(day.previous())
}

fn repriced(entry: &Entry, row: &PresentService, effective: Day) -> Verdict {
    let Operation::AdjustUnits { unit_price, unit_cost, .. } = &entry.operation else {
        return Verdict::NotExecuted;
    };
    let cut = row.rows.iter().any(|units| units.start == effective)
        && !entry.before.row_starts.contains(&effective);
    let price_shows =
        unit_price.is_some_and(|price| reads(price, row.price) && entry.before.price != row.price);
    let cost_shows =
        unit_cost.is_some_and(|cost| reads(cost, row.cost) && entry.before.cost != row.cost);
    if cut || price_shows || cost_shows {
        Verdict::Executed { id: Some(row.contract_service.0) }
    } else {
        Verdict::NotExecuted
    }
}

fn reads(ours: Money, back: Option<Money>) -> bool {
    back.is_some_and(|back| ours.reads(back))
}

/// Of a write to the catalogue of services.
#[must_use]
pub fn on_catalogue(entry: &Entry, services: &[Service]) -> Verdict {
    match &entry.operation {
        Operation::CreateService { draft, .. } => {
            match services.iter().find(|service| is_ours(service, draft)) {
                Some(service) => Verdict::Executed { id: Some(service.id.0) },
                None => Verdict::NotExecuted,
            }
        }
        Operation::UpdateService { service, price, cost, .. } => {
            let Before { price: price_before, cost: cost_before, .. } = entry.before;
            let shows = services.iter().find(|known| known.id == *service).is_some_and(|known| {
                price.is_none_or(|price| is_there(price, known.price, price_before))
                    && cost.is_none_or(|cost| {
                        known.cost.is_none_or(|known| is_there(cost, known, cost_before))
                    })
            });
            if shows { Verdict::Executed { id: Some(service.0) } } else { Verdict::NotExecuted }
        }
        _ => Verdict::NotExecuted,
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
