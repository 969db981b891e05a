//! What the store remembers of a contract, fetched for planning, and put back when an invoice was applied.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    domain::{
        ContractId, InvoiceId, ServiceId, UsageMonth,
        operation::{Operation, PriceStep, prices_asked},
    },
    engine::sync::{
        equipment::Equipment,
        pipeline::contract::Errand,
        records::{AppliedMonth, CHOICES, CLOSINGS, MONTHS, PRICES, month_number, of_contract},
        writing::{
            journal::{Entry, JOURNAL, SHIFTED},
            late_writes::Earlier,
            price_readings::OWED,
            progress::{BASELINES, Progress, TAKEN},
        },
    },
    planning::{Closing, ContractMemory, ContractPlan},
    store::{Batch, Key, StoreError},
};

/// Closings older than so many months are not asked for: a subscription's last one is younger.
const MONTHS_BACK: i64 = 14;

/// So many dated prices of a service are kept.
const PRICES_KEPT: usize = 36;

/// What is remembered of a contract, as planning an invoice of this month needs it; without baselines.
pub async fn of(
    equipment: &Equipment,
    contract: ContractId,
    month: UsageMonth,
) -> Result<ContractMemory, StoreError> {
    let (store, prefix) = (&equipment.store, of_contract(&equipment.connection, contract));
    let mut memory = ContractMemory::default();
    for (key, applied) in store.scan(MONTHS, prefix.clone()).await? {
        if let Some(month) = key_month(&key) {
            memory.applied.insert(month, applied.failed);
        }
    }
    let from = prefix.clone().signed(month_number(month) - MONTHS_BACK);
    let closings = store.scan_from(CLOSINGS, prefix.clone(), from, usize::MAX).await?;
    memory.closings = closings.into_iter().map(|(_, closing)| closing).collect();
    for (key, steps) in store.scan(PRICES, prefix.clone()).await? {
        if let Some(service) = key_number(&key) {
            memory.prices.insert(ServiceId(service), steps);
        }
    }
    for (_, owed) in store.scan(OWED, prefix.clone()).await? {
        memory.owed.insert(owed.service, owed.owed);
    }
    for (key, row) in store.scan(CHOICES, prefix).await? {
        if let Some(service) = key_number(&key) {
            memory.chosen.insert(ServiceId(service), row);
        }
    }
    Ok(memory)
}

fn key_number(key: &crate::store::Key) -> Option<i64> {
    let mut parts = key.parts();
    parts.text()?;
    parts.signed()?;
    parts.signed()
}

fn key_month(key: &crate::store::Key) -> Option<UsageMonth> {
    let number = key_number(key)? - 1;
    let year = i32::try_from(number.div_euclid(12)).ok()?;
    UsageMonth::new(year, u32::try_from(number.rem_euclid(12)).ok()? + 1).ok()
}

/// How far this invoice came on this contract before: baselines, its writes, and days known to be taken.
pub async fn progress(equipment: &Equipment, errand: &Errand) -> Result<Progress, StoreError> {
    let (store, connection) = (&equipment.store, &equipment.connection);
    let prefix = of_contract(connection, errand.contract);
    let (mut progress, mut earlier) = (Progress::default(), Vec::new());
    for (key, began) in store.scan(BASELINES, prefix.clone()).await? {
        let mut parts = key.parts();
        let invoice = parts.text().and(parts.signed()).and(parts.text());
        let Some(service) = parts.signed().map(ServiceId) else { continue };
        if invoice.as_deref() == Some(errand.invoice.as_str()) {
            progress.warnings.insert(service, began.warnings.clone());
            progress.notes.insert(service, began.notes.clone());
            progress.began.insert(service, began);
        } else if began.month.is_some_and(|month| month < errand.month) {
            earlier.push((invoice.unwrap_or_default(), (service, key), began));
        }
    }
    if !progress.began.is_empty() || !earlier.is_empty() {
        let entries = store.scan(JOURNAL, prefix.clone()).await?;
        let entries: Vec<Entry> = entries.into_iter().map(|(_, entry)| entry).collect();
        let of = |invoice: InvoiceId| {
            let mine = entries.iter().filter(move |entry| entry.invoice.as_ref() == Some(&invoice));
            mine.cloned()
        };
        for (invoice, (service, key), began) in earlier {
            let mine = of(InvoiceId::new(invoice)).filter(|entry| entry.service == Some(service));
            progress.earlier.push(Earlier::new((service, key), began, mine.collect()));
        }
        if !progress.began.is_empty() {
            progress.entries = of(errand.invoice.clone()).collect();
        }
    }
    progress.shifted = shifted(equipment, &prefix).await?;
    for (key, days) in store.scan(TAKEN, prefix).await? {
        if let Some(row) = key_number(&key) {
            let row = crate::domain::ContractServiceId(row);
            progress.taken.extend(days.into_iter().map(|day| (row, day)));
        }
    }
    Ok(progress)
}

/// Writes to a contract that were dated otherwise than they were asked for.
async fn shifted(equipment: &Equipment, prefix: &Key) -> Result<Vec<Entry>, StoreError> {
    let mut entries = Vec::new();
    for (key, ()) in equipment.store.scan(SHIFTED, prefix.clone()).await? {
        entries.extend(equipment.store.get(JOURNAL, key).await?);
    }
    Ok(entries)
}

/// What is remembered once an invoice was applied to a contract. Services of which nothing stands count as failed;
/// what was written of them before a failure is still what stands there.
pub fn remember(batch: &mut Batch, equipment: &Equipment, plan: &ContractPlan, done: &Applied<'_>) {
    let prefix = of_contract(&equipment.connection, plan.contract);
    batch.put(MONTHS, &prefix.clone().signed(month_number(plan.month)), done.month);
    for closing in &plan.closings {
        if !done.month.failed.contains(&closing.service) {
            batch.put(CLOSINGS, &closing_key(prefix.clone(), closing), closing);
        }
    }
    for (service, new) in prices_written(done.entries) {
        let mut steps = done.memory.prices.get(&service).cloned().unwrap_or_default();
        steps.retain(|step| new.iter().all(|new| new.from != step.from));
        steps.extend(new);
        steps.sort_by_key(|step| step.from);
        let kept = steps.split_off(steps.len().saturating_sub(PRICES_KEPT));
        batch.put(PRICES, &prefix.clone().signed(service.0), &kept);
    }
}

/// An application that is being recorded.
#[derive(Clone, Copy, Debug)]
pub struct Applied<'a> {
    /// The month, with the services that failed in it.
    pub month: &'a AppliedMonth,
    /// What was remembered before.
    pub memory: &'a ContractMemory,
    /// All writes of the application.
    pub entries: &'a [Entry],
}

/// A closing's place.
#[must_use]
pub fn closing_key(prefix: crate::store::Key, closing: &Closing) -> crate::store::Key {
    prefix
        .signed(month_number(closing.month))
        .text(closing.subscription.as_str())
        .signed(closing.service.0)
}

/// Prices that stand in the target by the day they were asked for, by service. Opening prices count from the first seats on.
pub fn prices_written(entries: &[Entry]) -> BTreeMap<ServiceId, Vec<PriceStep>> {
    let standing = || entries.iter().filter(|entry| entry.stands());
    let services: BTreeSet<ServiceId> = standing().filter_map(|entry| entry.service).collect();
    let of = |service: ServiceId| {
        let mine = || standing().filter(move |entry| entry.service == Some(service));
        let first = mine().filter_map(Entry::change).map(|(day, _)| day).min();
        let step = |entry: &Entry| match entry.operation {
            Operation::AdjustUnits { effective, unit_price, unit_cost, .. } => {
                Some(PriceStep { from: effective, price: unit_price, cost: unit_cost })
            }
            Operation::CreateContractService { unit_price, unit_cost, .. } => {
                Some(PriceStep { from: first?, price: unit_price, cost: unit_cost })
            }
            _ => None,
        };
        let steps = mine().filter_map(|entry| Some(prices_asked(step(entry)?, &entry.shifts)));
        let mut steps: Vec<PriceStep> = steps.flatten().collect();
        // The first units repeat what the row opened at.
        steps.dedup();
        (service, steps)
    };
    services.into_iter().map(of).filter(|(_, steps): &(_, Vec<_>)| !steps.is_empty()).collect()
}
