//! What the store remembers of a contract, fetched for planning, and put back when an invoice was applied.

use std::collections::BTreeMap;

use crate::{
    domain::{
        ContractId, Day, InvoiceId, ServiceId, UsageMonth,
        operation::Shift,
        target::{PresentContract, PresentService},
        timeline::Timeline,
    },
    engine::{
        sync::{
            application::Application,
            equipment::Equipment,
            records::AppliedMonth,
            writing::{
                journal::Entry, late_writes::Earlier, progress::Progress,
                written_prices::prices_written,
            },
        },
        tables::{
            BASELINES, CHOICES, CLOSINGS, JOURNAL, MONTHS, OWED, PRICES, SHIFTED, WRITTEN_LINES,
            begun_below_contract, id_below_contract, month_below_contract, of_closing, of_contract,
            of_contract_month, of_contract_service, of_contract_since,
        },
    },
    planning::{ContractMemory, ContractPlan},
    store::{Batch, Key, StoreError},
};

/// Closings older than so many months are not asked for: a subscription's last one is younger.
const MONTHS_BACK: i64 = 14;

/// So many dated prices of a service are kept.
const PRICES_KEPT: usize = 36;

/// What is remembered of a contract, as planning an invoice of this month needs it; without baselines.
pub(crate) async fn of(
    equipment: &Equipment,
    contract: ContractId,
    month: UsageMonth,
) -> Result<ContractMemory, StoreError> {
    let (store, prefix) = (&equipment.store, of_contract(&equipment.connection, contract));
    let mut memory = ContractMemory::default();
    for (key, applied) in store.scan(MONTHS, prefix.clone()).await? {
        if let Some(known) = month_below_contract(&key) {
            memory.applied.insert(known, applied.failed);
        }
    }
    let from = of_contract_since(&equipment.connection, contract, month, MONTHS_BACK);
    let closings = store.scan_from(CLOSINGS, prefix.clone(), from, usize::MAX).await?;
    memory.closings = closings.into_iter().map(|(_, closing)| closing).collect();
    for (key, steps) in store.scan(PRICES, prefix.clone()).await? {
        if let Some(service) = id_below_contract(&key) {
            memory.prices.insert(ServiceId(service), steps);
        }
    }
    for (_, owed) in store.scan(OWED, prefix.clone()).await? {
        memory.owed.insert(owed.service, owed.owed);
    }
    if equipment.target.rules().tells_own_writes() {
        let written = store.scan(WRITTEN_LINES, prefix.clone()).await?;
        memory.written = written.into_iter().map(|(_, line)| line).collect();
    }
    for (key, row) in store.scan(CHOICES, prefix).await? {
        if let Some(service) = id_below_contract(&key) {
            memory.chosen.insert(ServiceId(service), row);
        }
    }
    Ok(memory)
}

/// What we have written to each service of a contract, by day, as it was asked for; nothing where no step stands on it from
/// that day on in the month, so that there is none to be told from an edit.
pub(crate) async fn written(
    equipment: &Equipment,
    present: &PresentContract,
    from: Day,
    month: UsageMonth,
) -> Result<BTreeMap<ServiceId, Timeline>, StoreError> {
    let steps_inside = |row: &PresentService| {
        row.timeline().steps().iter().any(|step| step.from >= from && step.from <= month.last_day())
    };
    if !present.services.iter().any(steps_inside) {
        return Ok(BTreeMap::new());
    }
    let prefix = of_contract(&equipment.connection, present.contract.id);
    let entries = equipment.store.scan(JOURNAL, prefix).await?;
    let mut written = BTreeMap::<ServiceId, (Vec<(Day, i64)>, Vec<Shift>)>::new();
    for (_, entry) in entries.into_iter().filter(|(_, entry)| entry.stands()) {
        let Some(service) = entry.service else { continue };
        let (changes, shifts) = written.entry(service).or_default();
        changes.extend(entry.changes());
        shifts.extend(entry.shifts);
    }
    let as_asked = |(service, (changes, shifts)): (_, (Vec<_>, Vec<Shift>))| {
        (service, Timeline::from_changes(changes).as_asked(&shifts))
    };
    Ok(written.into_iter().map(as_asked).collect())
}

/// How far this invoice came on this contract before: baselines, its writes, and days known to be taken.
pub(crate) async fn progress(
    equipment: &Equipment,
    application: &Application,
) -> Result<Progress, StoreError> {
    let (store, connection) = (&equipment.store, &equipment.connection);
    let prefix = of_contract(connection, application.contract);
    let (mut progress, mut earlier) = (Progress::default(), Vec::new());
    for (key, began) in store.scan(BASELINES, prefix.clone()).await? {
        let Some((invoice, service)) = begun_below_contract(&key) else { continue };
        if invoice == application.invoice {
            progress.warnings.insert(service, began.warnings.clone());
            progress.notes.insert(service, began.notes.clone());
            progress.began.insert(service, began);
        } else if began.month.is_some_and(|month| month < application.month) {
            earlier.push((invoice, (service, key), began));
        }
    }
    if !progress.began.is_empty() || !earlier.is_empty() {
        let entries = store.scan(JOURNAL, prefix.clone()).await?;
        let entries: Vec<Entry> = entries.into_iter().map(|(_, entry)| entry).collect();
        let of = |invoice: InvoiceId| {
            let mine = entries.iter().filter(move |entry| entry.invoice.as_ref() == Some(&invoice));
            mine.cloned()
        };
        let others = |invoices: &[&InvoiceId], on: &dyn Fn(ServiceId) -> bool| -> Vec<Entry> {
            let other =
                |entry: &&Entry| !invoices.iter().any(|one| entry.invoice.as_ref() == Some(one));
            let standing = entries.iter().filter(other).filter(|entry| entry.stands());
            standing.filter(|entry| entry.service.is_some_and(on)).cloned().collect()
        };
        for (invoice, (service, key), began) in earlier {
            let others = others(&[&invoice, &application.invoice], &|one| one == service);
            let mine = of(invoice).filter(|entry| entry.service == Some(service));
            progress.earlier.push(Earlier::new(service, key, began, mine.collect(), others));
        }
        if !progress.began.is_empty() {
            progress.entries = of(application.invoice.clone()).collect();
            let begun = |service| progress.began.contains_key(&service);
            let others = others(&[&application.invoice], &begun);
            progress.others = others;
        }
    }
    let told = telling_of_taken_days(equipment, &prefix).await?;
    let rules = equipment.target.rules();
    progress.taken = told.iter().filter_map(|entry| entry.refused_day(rules)).collect();
    progress.shifted = told.into_iter().filter(|entry| !entry.shifts.is_empty()).collect();
    Ok(progress)
}

/// Writes to a contract that were dated otherwise than they were asked for, or refused because their day is taken.
async fn telling_of_taken_days(
    equipment: &Equipment,
    prefix: &Key,
) -> Result<Vec<Entry>, StoreError> {
    let mut entries = Vec::new();
    for (key, ()) in equipment.store.scan(SHIFTED, prefix.clone()).await? {
        entries.extend(equipment.store.get(JOURNAL, key).await?);
    }
    Ok(entries)
}

/// What is remembered once an invoice was applied to a contract. Services of which nothing stands count as failed;
/// what was written of them before a failure is still what stands there.
pub(crate) fn remember(
    batch: &mut Batch,
    equipment: &Equipment,
    plan: &ContractPlan,
    done: &AppliedNow<'_>,
) {
    let (connection, contract) = (&equipment.connection, plan.contract);
    batch.put(MONTHS, &of_contract_month(connection, contract, plan.month), done.month);
    for closing in &plan.closings {
        if !done.month.failed.contains(&closing.service) {
            batch.put(CLOSINGS, &of_closing(connection, contract, closing), closing);
        }
    }
    for (service, new) in prices_written(done.entries) {
        let mut steps = done.memory.prices.get(&service).cloned().unwrap_or_default();
        steps.retain(|step| new.iter().all(|new| new.from != step.from));
        steps.extend(new);
        steps.sort_by_key(|step| step.from);
        let kept = steps.split_off(steps.len().saturating_sub(PRICES_KEPT));
        batch.put(PRICES, &of_contract_service(connection, contract, service), &kept);
    }
}

/// An application that is being recorded.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AppliedNow<'a> {
    /// The month, with the services that failed in it.
    pub month: &'a AppliedMonth,
    /// What was remembered before.
    pub memory: &'a ContractMemory,
    /// All writes of the application.
    pub entries: &'a [Entry],
}
