//! The end of a customers run: rows for whatever it wrote and came to no record of, its counts, what it has to say.
//!
//! It must not read or write the target.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    domain::{
        ContractId, ServiceId,
        mapping::Mapping,
        outcome::{Finding, Outcome},
        run::{Counts, CustomerRow, SubscriptionRow},
    },
    planning::outcomes::{count, of_run},
    store::{Batch, Key},
};

use super::{
    desk::{Desk, Halt},
    journal::{Entry, JOURNAL, OPEN, WRITES},
    lifecycle::Course,
    pending::close_begun,
    records::{CUSTOMER_ROWS, MAPPINGS, of_contract},
    rows::{of_customer, of_run as rows_of, writes},
    said::together,
};

/// What there is to say of a run as a whole, with how bad it is.
pub type Said = Vec<(Outcome, Finding)>;

/// Counts all rows there are, of every attempt, and sums the run up.
pub async fn close(
    course: &mut Course<'_>,
    mut said: Said,
    halted: Option<&Halt>,
) -> Result<(), Halt> {
    let desk = &course.desk;
    if desk.attempt > 1 {
        tell_leftovers(desk, halted).await?;
    }
    close_begun(course).await?;
    let desk = &course.desk;
    let rows = desk.equipment.store.scan(CUSTOMER_ROWS, rows_of(desk.run)).await?;
    let rows: Vec<CustomerRow> = rows.into_iter().map(|(_, row)| row).collect();
    let mut counts = Counts { requests: course.header.counts.requests, ..Counts::default() };
    count(&rows, &mut counts);
    counts.writes = writes(desk).await?;
    let header = &mut course.header;
    header.counts = counts;
    let whole = said.iter().map(|(outcome, _)| *outcome);
    header.status = of_run(rows.iter().map(|row| row.status).chain(whole), halted.is_some());
    said.sort();
    if let Some((_, finding)) = said.last() {
        header.message = Some(together(finding, said.len()));
    }
    Ok(())
}

/// A resumed run may break off, or have no more to do with a contract, before it comes to what an earlier attempt wrote
/// there: rows tell of that all the same.
async fn tell_leftovers(desk: &Desk<'_>, halted: Option<&Halt>) -> Result<(), Halt> {
    let store = &desk.equipment.store;
    let rows = store.scan(CUSTOMER_ROWS, rows_of(desk.run)).await?;
    let told: BTreeSet<_> = rows.into_iter().map(|(_, row)| (row.invoice, row.tenant_id)).collect();
    let prefix = Key::new().text(desk.connection.as_str());
    let mappings = store.scan(MAPPINGS, prefix).await?;
    let mappings: Vec<Mapping> = mappings.into_iter().map(|(_, mapping)| mapping).collect();
    let error = halted.map_or_else(unrecorded, Halt::finding);
    let mut batch = Batch::new();
    for contract in written_on(desk).await? {
        let mapped: Vec<_> = mappings.iter().filter(|m| m.contract == contract).collect();
        let Some(first) = mapped.first() else { continue };
        for (invoice, entries) in by_invoice(desk, contract).await? {
            if mapped.iter().any(|m| told.contains(&(invoice.clone(), m.tenant.clone()))) {
                continue;
            }
            let row = leftover(first, &entries, &error);
            batch.put(CUSTOMER_ROWS, &of_customer(desk.run, &row), &row);
        }
    }
    desk.commit(batch).await
}

/// Contracts to which any attempt of this run wrote, or may have written.
async fn written_on(desk: &Desk<'_>) -> Result<BTreeSet<ContractId>, Halt> {
    let store = &desk.equipment.store;
    let standing = store.scan(WRITES, rows_of(desk.run)).await?;
    let mut contracts: BTreeSet<_> =
        standing.into_iter().filter_map(|(_, contract)| contract).collect();
    for (key, ()) in store.scan(OPEN, Key::new().text(desk.connection.as_str())).await? {
        if let Some(entry) = store.get(JOURNAL, key).await? {
            contracts.extend(entry.contract.filter(|_| entry.run == desk.run));
        }
    }
    Ok(contracts)
}

async fn by_invoice(
    desk: &Desk<'_>,
    contract: ContractId,
) -> Result<BTreeMap<String, Vec<Entry>>, Halt> {
    let prefix = of_contract(&desk.connection, contract).number(desk.run.0);
    let mut invoices: BTreeMap<String, Vec<Entry>> = BTreeMap::new();
    for (_, entry) in desk.equipment.store.scan(JOURNAL, prefix).await? {
        invoices.entry(entry.invoice_number.clone()).or_default().push(entry);
    }
    Ok(invoices)
}

fn leftover(mapping: &Mapping, entries: &[Entry], error: &Finding) -> CustomerRow {
    let mut services: BTreeMap<ServiceId, Vec<&Entry>> = BTreeMap::new();
    for entry in entries {
        if let Some(service) = entry.service {
            services.entry(service).or_default().push(entry);
        }
    }
    let first = entries.first();
    let subscription = |(service, entries): (ServiceId, Vec<&Entry>)| SubscriptionRow {
        subscription_id: None,
        name: format!("service {service}"),
        sku: None,
        product: None,
        service_id: Some(service),
        contract_service_id: entries.iter().find_map(|entry| entry.contract_service),
        status: Outcome::Failure,
        error: Some(error.clone()),
        warnings: Vec::new(),
        notes: Vec::new(),
        writes: entries.iter().map(|entry| entry.row()).collect(),
        usage: Vec::new(),
    };
    CustomerRow {
        customer: mapping.customer_name.clone(),
        tenant: mapping.domain.clone(),
        tenant_id: mapping.tenant.clone(),
        source_agreement: String::new(),
        target_company: mapping.company_name.clone(),
        target_contract: mapping.contract_name.clone(),
        invoice: first.map(|entry| entry.invoice_number.clone()).unwrap_or_default(),
        month: first.and_then(|entry| entry.month),
        status: Outcome::Failure,
        error: Some(error.clone()),
        subscriptions: services.into_iter().map(subscription).collect(),
    }
}

fn unrecorded() -> Finding {
    Finding::new(
        "not_finished",
        "The run was cut off while it wrote here, and the customer is not due any more.",
        "Look at the contract in the PSA, and sync again with --recheck if it is still to be synced.",
    )
}
