//! What the store remembers of a contract, fetched for planning, and put back when an invoice was applied.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    domain::{
        ContractId, InvoiceId, ServiceId, UsageMonth,
        operation::{Operation, PriceStep, prices_asked},
    },
    engine::{
        sync::{
            equipment::Equipment,
            pipeline::contract::Errand,
            records::AppliedMonth,
            writing::{journal::Entry, late_writes::Earlier, progress::Progress},
        },
        tables::{
            BASELINES, CHOICES, CLOSINGS, JOURNAL, MONTHS, OWED, PRICES, SHIFTED, TAKEN,
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
pub async fn of(
    equipment: &Equipment,
    contract: ContractId,
    month: UsageMonth,
) -> Result<ContractMemory, StoreError> {
    let (store, prefix) = (&equipment.store, of_contract(&equipment.connection, contract));
    let mut memory = ContractMemory::default();
    for (key, applied) in store.scan(MONTHS, prefix.clone()).await? {
        if let Some(month) = month_below_contract(&key) {
            memory.applied.insert(month, applied.failed);
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
    for (key, row) in store.scan(CHOICES, prefix).await? {
        if let Some(service) = id_below_contract(&key) {
            memory.chosen.insert(ServiceId(service), row);
        }
    }
    Ok(memory)
}

/// How far this invoice came on this contract before: baselines, its writes, and days known to be taken.
pub async fn progress(equipment: &Equipment, errand: &Errand) -> Result<Progress, StoreError> {
    let (store, connection) = (&equipment.store, &equipment.connection);
    let prefix = of_contract(connection, errand.contract);
    let (mut progress, mut earlier) = (Progress::default(), Vec::new());
    for (key, began) in store.scan(BASELINES, prefix.clone()).await? {
        let Some((invoice, service)) = begun_below_contract(&key) else { continue };
        if invoice == errand.invoice {
            progress.warnings.insert(service, began.warnings.clone());
            progress.notes.insert(service, began.notes.clone());
            progress.began.insert(service, began);
        } else if began.month.is_some_and(|month| month < errand.month) {
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
        for (invoice, (service, key), began) in earlier {
            let mine = of(invoice).filter(|entry| entry.service == Some(service));
            progress.earlier.push(Earlier::new((service, key), began, mine.collect()));
        }
        if !progress.began.is_empty() {
            progress.entries = of(errand.invoice.clone()).collect();
        }
    }
    progress.shifted = shifted(equipment, &prefix).await?;
    for (key, days) in store.scan(TAKEN, prefix).await? {
        if let Some(row) = id_below_contract(&key) {
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
pub struct Applied<'a> {
    /// The month, with the services that failed in it.
    pub month: &'a AppliedMonth,
    /// What was remembered before.
    pub memory: &'a ContractMemory,
    /// All writes of the application.
    pub entries: &'a [Entry],
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
