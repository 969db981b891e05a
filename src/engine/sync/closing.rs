//! The end of a customers run: rows for whatever it wrote and came to no record of, its counts, what it has to say.
//!
//! It must not read or write the target.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    domain::{
        Code, ContractId, ServiceId,
        mapping::Mapping,
        outcome::{Finding, Outcome},
        run::{Counts, CustomerRow, SubscriptionRow},
        terms::Terms,
    },
    engine::{
        sync::{
            due::remarks::{Remark, sort, together},
            lifecycle::Course,
            outcome::{
                begun_ledgers::{begun, close_begun},
                customer_rows::unanswered,
                in_terms,
                statuses::put_row,
            },
            writing::{
                journal::Entry,
                writer::{Halt, Writer},
            },
        },
        tables::{
            JOURNAL, MAPPINGS, OPEN, WRITES, of_connection, of_contract_run, of_run as rows_of,
        },
    },
    planning::outcomes::{count, of_run, partly_written, worst},
    store::Batch,
};

/// Counts all rows there are, of every attempt, and sums the run up. What the store cannot keep of it is told all the same.
pub(crate) async fn close(
    course: &mut Course<'_>,
    said: Vec<Remark>,
    halted: Option<&Halt>,
) -> Result<(), Halt> {
    let mut kept = Ok(());
    if course.desk.attempt > 1 {
        kept = tell_leftovers(course, halted.is_some()).await;
    }
    kept = kept.and(close_begun(course).await);
    sum_up(course, said, halted.is_some()).await?;
    kept
}

/// What there is to tell of a run whose work is gone without a trace but for the journal. Nothing of it is kept: the run
/// is finished by another attempt.
pub(crate) async fn close_untold(course: &mut Course<'_>) -> Result<(), Halt> {
    let left = leftovers(course, true).await?;
    course.unkept.customers.extend(left);
    let ledgers = begun(course).await?.into_iter().map(|(_, ledger)| ledger);
    course.unkept.ledgers.extend(ledgers);
    sum_up(course, Vec::new(), true).await
}

async fn sum_up(course: &mut Course<'_>, mut said: Vec<Remark>, stopped: bool) -> Result<(), Halt> {
    let counted = counted(course).await;
    let (counts, outcomes) = counted.inspect_err(|_| course.count_from_memory())?;
    let header = &mut course.header;
    header.counts = counts;
    let whole = said.iter().map(|(outcome, _)| *outcome);
    header.status = of_run(outcomes.into_iter().chain(whole), stopped);
    sort(&mut said);
    if let Some((_, finding)) = said.last() {
        header.message = Some(together(finding, said.len()));
    }
    Ok(())
}

/// All that the rows of the run come to, with their outcomes.
async fn counted(course: &Course<'_>) -> Result<(Counts, BTreeSet<Outcome>), Halt> {
    let mut counts = Counts { requests: course.header.counts.requests, ..Counts::default() };
    let mut outcomes = BTreeSet::new();
    let add = |row: CustomerRow| {
        outcomes.insert(row.status);
        count(std::slice::from_ref(&row), &mut counts);
    };
    course.for_each_customer(add).await?;
    counts.writes = course.desk.standing_writes().await?;
    counts.writes_earlier = course.desk.totals.earlier();
    Ok((counts, outcomes))
}

/// A resumed run may break off, or have no more to do with a contract, before it comes to what an earlier attempt wrote
/// there: rows tell of that all the same.
async fn tell_leftovers(course: &mut Course<'_>, stopped: bool) -> Result<(), Halt> {
    let left = leftovers(course, stopped).await?;
    let mut batch = Batch::new();
    for row in &left {
        put_row(&mut batch, course.desk.run, row);
    }
    let kept = course.desk.commit(batch).await;
    if kept.is_err() {
        course.unkept.customers.extend(left);
    }
    kept
}

/// Rows for what this run wrote to contracts and has no row of.
async fn leftovers(course: &Course<'_>, stopped: bool) -> Result<Vec<CustomerRow>, Halt> {
    let mut told = BTreeSet::new();
    let tell = |row: CustomerRow| _ = told.insert((row.invoice, row.tenant_id));
    course.for_each_customer(tell).await?;
    let desk = &course.desk;
    let terms = Terms::of(desk.target.kind());
    let prefix = of_connection(&desk.connection);
    let mappings = desk.equipment.store.scan(MAPPINGS, prefix).await?;
    let mappings: Vec<Mapping> = mappings.into_iter().map(|(_, mapping)| mapping).collect();
    let mut left = Vec::new();
    for contract in written_on(desk).await? {
        let mapped: Vec<_> = mappings.iter().filter(|m| m.contract == contract).collect();
        let Some(first) = mapped.first() else { continue };
        for (invoice, entries) in by_invoice(desk, contract).await? {
            if !mapped.iter().any(|m| told.contains(&(invoice.clone(), m.tenant.clone()))) {
                let row = leftover(first, &entries, stopped, terms);
                left.push(in_terms::customer(row, terms, &[]));
            }
        }
    }
    Ok(left)
}

/// Contracts to which any attempt of this run wrote, or may have written.
async fn written_on(desk: &Writer<'_>) -> Result<BTreeSet<ContractId>, Halt> {
    let store = &desk.equipment.store;
    let standing = store.scan(WRITES, rows_of(desk.run)).await?;
    let mut contracts: BTreeSet<_> =
        standing.into_iter().filter_map(|(_, contract)| contract).collect();
    for (key, ()) in store.scan(OPEN, of_connection(&desk.connection)).await? {
        if let Some(entry) = store.get(JOURNAL, key).await? {
            contracts.extend(entry.contract.filter(|_| entry.run == desk.run));
        }
    }
    Ok(contracts)
}

async fn by_invoice(
    desk: &Writer<'_>,
    contract: ContractId,
) -> Result<BTreeMap<String, Vec<Entry>>, Halt> {
    let prefix = of_contract_run(&desk.connection, contract, desk.run);
    let mut invoices: BTreeMap<String, Vec<Entry>> = BTreeMap::new();
    for (_, entry) in desk.equipment.store.scan(JOURNAL, prefix).await? {
        invoices.entry(entry.invoice_number.clone()).or_default().push(entry);
    }
    Ok(invoices)
}

/// What an earlier attempt wrote to a contract, of which this one knows no more. Where the run was stopped, the rest of it
/// was not come to; what may have left and is not known to stand has failed.
fn leftover(mapping: &Mapping, entries: &[Entry], stopped: bool, terms: Terms) -> CustomerRow {
    let mut services: BTreeMap<ServiceId, Vec<&Entry>> = BTreeMap::new();
    for entry in entries {
        if let Some(service) = entry.service {
            services.entry(service).or_default().push(entry);
        }
    }
    let first = entries.first();
    let subscription = |(service, entries): (ServiceId, Vec<&Entry>)| {
        let open = entries.iter().any(|entry| entry.result.is_none());
        let error = match (open, stopped) {
            (true, _) => Some(unanswered()),
            (false, true) => None,
            (false, false) => Some(unrecorded()),
        };
        SubscriptionRow {
            name: terms.fill("service {}", &[&service]),
            service_id: Some(service),
            contract_service_id: entries.iter().find_map(|entry| entry.contract_service),
            status: if error.is_some() { Outcome::Failure } else { Outcome::NotAttempted },
            error,
            writes: entries.iter().map(|entry| entry.row()).collect(),
            ..SubscriptionRow::default()
        }
    };
    let subscriptions: Vec<_> = services.into_iter().map(subscription).collect();
    let status = worst(subscriptions.iter().map(|row| row.status));
    let status = if stopped { status.max(Outcome::NotAttempted) } else { Outcome::Failure };
    let written = entries.iter().filter(|entry| entry.stands()).count() as u64;
    let warnings = partly_written(written, 0).filter(|_| status == Outcome::NotAttempted);
    CustomerRow {
        customer: mapping.customer_name.clone(),
        tenant: mapping.domain.clone(),
        tenant_id: mapping.tenant.clone(),
        source_agreement: String::new(),
        target_company: mapping.company_name.clone(),
        target_contract: mapping.contract_name.clone(),
        invoice: first.map(|entry| entry.invoice_number.clone()).unwrap_or_default(),
        month: first.and_then(|entry| entry.month),
        currency: None,
        status,
        error: (!stopped).then(unrecorded),
        warnings: warnings.into_iter().collect(),
        subscriptions,
    }
}

fn unrecorded() -> Finding {
    Finding::new(
        Code::NotFinished,
        "The run was cut off while it wrote here, and the customer is not due any more.",
        "Look at the contract in the PSA, and sync again with --recheck if it is still to be synced.",
    )
}
