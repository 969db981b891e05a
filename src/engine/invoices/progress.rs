//! How far the newest invoice is, over all runs: what a card says of it (sync-rules 7).
//!
//! A retry of one customer, or a run that found nothing to do, changes nothing about how many were synced.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    domain::{
        AgreementId, Currency, InvoiceId, TenantId, UsageMonth,
        code::InvoiceTrouble,
        invoice::Invoice,
        mapping::Mapping,
        outcome::Outcome,
        run::{CustomerRow, Ledger, RunHeader, RunKind},
    },
    engine::{
        context::Context,
        customers::book::Book,
        protocol::Refusal,
        sync::records::InvoiceState,
        tables::{
            AGREEMENTS, CURSORS, CUSTOMER_ROWS, HEADERS, INVOICES, LEDGERS, RETRIES, SKIPPED,
            UNREACHED, UNSYNCED, of_connection, of_customer_in_run, of_invoice, of_ledger,
            text_below_connection,
        },
        views::{InvoiceProgress, MonthSum},
    },
    planning::invoices::is_void,
};

/// What one invoice came to so far.
#[derive(Default)]
struct Begun {
    number: String,
    applied: BTreeSet<TenantId>,
    failed: BTreeSet<TenantId>,
}

/// All invoices that a run came to, oldest first.
type All = BTreeMap<(UsageMonth, InvoiceId), Begun>;

/// The newest invoice that any run came to, with those of its month that are of other agreements: each is for customers of its
/// own, and all of them together are those that the operator syncs.
pub(crate) async fn newest(
    context: &Context,
    book: &Book,
    runs: &[RunHeader],
) -> Result<Option<InvoiceProgress>, Refusal> {
    let (all, agreements) = tokio::try_join!(begun(context, runs), agreements(context))?;
    let Some(month) = all.keys().next_back().map(|(month, _)| *month) else { return Ok(None) };
    let of_month: Vec<(&InvoiceId, &Begun)> = all
        .iter()
        .filter(|((of, _), _)| *of == month)
        .map(|((_, id), begun)| (id, begun))
        .collect();
    // The one that most customers have stands for all.
    let first = of_month.iter().max_by_key(|(_, begun)| begun.applied.len() + begun.failed.len());
    let Some(&(first, begun)) = first else { return Ok(None) };
    let meant = meant(context, first, &agreements).await?;
    let currency = meant.currency.clone();
    let agreement = meant.agreement.clone();
    let mut customers = Customers::default();
    customers.add(context, book, month, begun, &billed_by_others(&of_month, first), meant).await?;
    let mut others = Vec::new();
    for &(id, other) in &of_month {
        let meant = self::meant(context, id, &agreements).await?;
        if meant.agreement.is_none() || agreement.is_none() || meant.agreement == agreement {
            continue;
        }
        let by_others = billed_by_others(&of_month, id);
        if customers.add(context, book, month, other, &by_others, meant).await? {
            others.push(other.number.clone());
        }
    }
    let month_sums = month_sums(context, book, runs, month).await?;
    Ok(Some(customers.progress(begun.number.clone(), others, month, currency, month_sums)))
}

/// Whom other invoices of the month than this one were applied to.
fn billed_by_others<'a>(
    of_month: &[(&InvoiceId, &'a Begun)],
    this: &InvoiceId,
) -> BTreeSet<&'a TenantId> {
    let others = of_month.iter().filter(|(id, _)| *id != this);
    others.flat_map(|(_, begun)| &begun.applied).collect()
}

/// Customers whom invoices are for, and what became of them.
#[derive(Default)]
struct Customers {
    on: BTreeSet<TenantId>,
    synced: BTreeSet<TenantId>,
    failed: BTreeSet<TenantId>,
    unreached: BTreeSet<TenantId>,
}

impl Customers {
    /// With those whom this invoice is for; whether there are any.
    async fn add(
        &mut self,
        context: &Context,
        book: &Book,
        month: UsageMonth,
        begun: &Begun,
        billed_by_others: &BTreeSet<&TenantId>,
        meant: Meant<'_>,
    ) -> Result<bool, Refusal> {
        let is_for = |mapping: &&Mapping| {
            begun.applied.contains(&mapping.tenant)
                || mapping.first_month.is_none_or(|first| first <= month)
                    && !billed_by_others.contains(&mapping.tenant)
                    && meant.includes(&mapping.tenant)
        };
        let on = book.mappings.values().filter(|mapping| mapping.sync).filter(is_for);
        let on: BTreeSet<&TenantId> = on.map(|mapping| &mapping.tenant).collect();
        let stopped = stopped(context, month, &begun.number).await?;
        let failed_then = stopped.failed.iter();
        let failed_then =
            failed_then.filter(|one| on.contains(one) && !begun.applied.contains(*one));
        let failed: BTreeSet<&TenantId> = begun.failed.iter().chain(failed_then).collect();
        let done: BTreeSet<&TenantId> = begun.applied.iter().chain(&stopped.written).collect();
        // Whom a run broke off with, be it at a later invoice, is done with this one all the same where it was applied.
        let left = stopped.unreached.iter().filter(|tenant| {
            on.contains(tenant) && !done.contains(tenant) && !failed.contains(tenant)
        });
        self.unreached.extend(left.cloned());
        let synced = done.into_iter().filter(|one| on.contains(one) && !failed.contains(one));
        self.synced.extend(synced.cloned());
        self.failed.extend(failed.into_iter().cloned());
        let is_for_any = !on.is_empty();
        self.on.extend(on.into_iter().cloned());
        Ok(is_for_any)
    }

    fn progress(
        self,
        invoice: String,
        others: Vec<String>,
        month: UsageMonth,
        currency: Option<Currency>,
        month_sums: Vec<MonthSum>,
    ) -> InvoiceProgress {
        // Of whoever changed agreements more than one speaks: each is counted once, by the worst.
        let synced = self.synced.difference(&self.failed).count();
        let left = self.unreached.iter();
        let left = left.filter(|one| !self.synced.contains(*one) && !self.failed.contains(*one));
        InvoiceProgress {
            month_sums,
            invoice,
            others,
            month,
            currency,
            synced: synced as u64,
            of: self.on.len() as u64,
            unreached: left.count() as u64,
            failed: self.failed.into_iter().collect(),
            warned: 0,
        }
    }
}

/// Whom a run broke off with: what it had done for some of them by then.
#[derive(Default)]
pub(super) struct Stopped {
    /// Their rows of this invoice say that all was written; it was only not read back, or not put down as applied.
    written: BTreeSet<TenantId>,
    /// Their rows of this invoice say that it failed: with that nothing more was to be done.
    failed: BTreeSet<TenantId>,
    /// Whom the run did not come to, with this invoice or another one.
    unreached: BTreeSet<TenantId>,
    /// With how many of these it was amid their changes for this invoice.
    pub(super) part_written: u64,
}

/// Told as the rows of that run tell it: one customer is not synced in one place and not attempted in another.
pub(super) async fn stopped(
    context: &Context,
    month: UsageMonth,
    number: &str,
) -> Result<Stopped, Refusal> {
    let (store, mut stopped) = (&context.store, Stopped::default());
    for (key, run) in store.scan(UNREACHED, of_connection(&context.sides.target)).await? {
        let Some(tenant) = text_below_connection(&key).map(TenantId::new) else { continue };
        let place = of_customer_in_run(run, Some(month), number, &tenant);
        let row = store.get(CUSTOMER_ROWS, place).await?;
        stopped.part_written += u64::from(row.as_ref().is_some_and(CustomerRow::is_partly_written));
        let place = match row.map(|row| row.status) {
            Some(status) if status.stands() => &mut stopped.written,
            Some(Outcome::Failure) => &mut stopped.failed,
            _ => &mut stopped.unreached,
        };
        place.insert(tenant);
    }
    Ok(stopped)
}

/// Of so many runs the ledgers are looked through.
const RUNS_LOOKED_AT: usize = 50;

/// What the invoices of a month come to, each by the newest run that has a ledger of it and by the links of today; of one
/// that is held there is none yet.
async fn month_sums(
    context: &Context,
    book: &Book,
    runs: &[RunHeader],
    month: UsageMonth,
) -> Result<Vec<MonthSum>, Refusal> {
    let store = &context.store;
    // Nobody pays a void one.
    let invoices = invoices_of(context, month).await?.into_iter();
    let mut wanted: Vec<Invoice> = invoices.filter(|invoice| !is_void(invoice)).collect();
    let mut ledgers = Vec::new();
    let of_customers = runs.iter().filter(|run| run.kind == RunKind::Customers);
    for run in of_customers.take(RUNS_LOOKED_AT) {
        let mut rest = Vec::new();
        for invoice in wanted {
            match store.get(LEDGERS, of_ledger(run.id, &invoice.id)).await? {
                Some(mut ledger) => {
                    let place = of_invoice(&context.sides.target, &invoice.id);
                    if let Some(unsynced) = store.get(UNSYNCED, place).await? {
                        unsynced.lay_over(&mut ledger, book);
                    }
                    ledgers.push(ledger);
                }
                None => rest.push(invoice),
            }
        }
        wanted = rest;
    }
    for invoice in wanted {
        let state = store.get(INVOICES, of_invoice(&context.sides.target, &invoice.id)).await?;
        ledgers.extend(state.and_then(|state| of_none(&invoice, &state)));
    }
    Ok(MonthSum::of(&ledgers))
}

/// Of an invoice that no run has a ledger of: one that is held, or was let in since. Its page says the same, by its lines.
fn of_none(invoice: &Invoice, state: &InvoiceState) -> Option<Ledger> {
    let subtotal = invoice.subtotal?;
    let (number, currency) = (invoice.number.clone(), invoice.currency.clone());
    let ledger = Ledger { invoice: number, currency, subtotal, ..Ledger::default() };
    if held(state).is_some() {
        let balance = state.hold.as_ref().and_then(|hold| hold.difference).unwrap_or_default();
        return Some(Ledger { failed: subtotal - balance, balance, ..ledger });
    }
    let accepted_difference = state.accepted().unwrap_or_default();
    is_let_in(state).then(|| Ledger {
        not_in_scope: subtotal - accepted_difference,
        accepted_difference,
        ..ledger
    })
}

/// The invoices of a month, by their headers or else by their lines.
pub(crate) async fn invoices_of(
    context: &Context,
    month: UsageMonth,
) -> Result<Vec<Invoice>, Refusal> {
    let (store, place) = (&context.store, of_connection(&context.sides.target));
    let states = store.scan(INVOICES, place.clone()).await?.into_iter();
    let by_lines: BTreeMap<InvoiceId, UsageMonth> = states
        .filter_map(|(key, state)| {
            Some((InvoiceId::new(text_below_connection(&key)?), state.examined?.month?))
        })
        .collect();
    let headers = store.scan(HEADERS, place).await?.into_iter().map(|(_, known)| known.header);
    let is_of = |header: &Invoice| {
        header.usage_month.or_else(|| by_lines.get(&header.id).copied()) == Some(month)
    };
    Ok(headers.filter(is_of).collect())
}

async fn begun(context: &Context, runs: &[RunHeader]) -> Result<All, Refusal> {
    let (store, place) = (&context.store, of_connection(&context.sides.target));
    let mut all = All::new();
    for (key, applied) in store.scan(CURSORS, place.clone()).await? {
        let Some(tenant) = text_below_connection(&key) else { continue };
        let begun = all.entry((applied.month, applied.invoice)).or_default();
        begun.number = applied.invoice_number;
        begun.applied.insert(TenantId::new(tenant));
    }
    for (_, retry) in store.scan(RETRIES, place.clone()).await? {
        let begun = all.entry((retry.month, retry.invoice)).or_default();
        begun.number = retry.invoice_number;
        begun.failed.extend(retry.tenants);
    }
    let headers = store.scan(HEADERS, place.clone()).await?;
    let headers: Vec<Invoice> = headers.into_iter().map(|(_, known)| known.header).collect();
    let named: BTreeSet<&str> = runs
        .iter()
        .filter(|run| run.kind == RunKind::Customers)
        .flat_map(|run| run.invoices.iter().map(String::as_str))
        .collect();
    let mut let_in = BTreeMap::new();
    for (key, state) in store.scan(INVOICES, place).await? {
        let Some(id) = text_below_connection(&key).map(InvoiceId::new) else { continue };
        if let Some((number, month)) = held(&state) {
            all.entry((month, id)).or_default().number = number;
        } else if is_let_in(&state) {
            let_in.insert(id, state.examined.and_then(|examined| examined.month));
        }
    }
    for header in headers {
        let by_lines = let_in.get(&header.id);
        let is_meant = named.contains(header.number.as_str()) || by_lines.is_some();
        let month = header.usage_month.or(by_lines.copied().flatten());
        if let Some(month) = month.filter(|_| is_meant) {
            all.entry((month, header.id)).or_default().number = header.number;
        }
    }
    Ok(all)
}

/// An invoice that the runs come to and cannot apply.
fn held(state: &InvoiceState) -> Option<(String, UsageMonth)> {
    let (number, month, finding) = state.held.as_ref().filter(|_| state.dismissed.is_none())?;
    let holds = finding.code.invoice_trouble().is_some_and(InvoiceTrouble::holds);
    holds.then(|| (number.clone(), *month))
}

/// An invoice that was held until the operator accepted what held it.
fn is_let_in(state: &InvoiceState) -> bool {
    (state.accepted.is_some() || state.currency.is_some()) && state.dismissed.is_none()
}

/// Whom an invoice can be for: customers of its agreement who did not skip it.
struct Meant<'a> {
    currency: Option<Currency>,
    agreement: Option<AgreementId>,
    agreements: &'a BTreeMap<TenantId, AgreementId>,
    skipped: BTreeSet<TenantId>,
}

impl Meant<'_> {
    fn includes(&self, tenant: &TenantId) -> bool {
        let same = match (&self.agreement, self.agreements.get(tenant)) {
            (Some(one), Some(other)) => one == other,
            _ => true,
        };
        same && !self.skipped.contains(tenant)
    }
}

/// The agreement on which each tenant was last seen.
async fn agreements(context: &Context) -> Result<BTreeMap<TenantId, AgreementId>, Refusal> {
    let stored = context.store.scan(AGREEMENTS, of_connection(&context.sides.target)).await?;
    let agreements = stored.into_iter();
    let agreements =
        agreements.filter_map(|(key, of)| Some((TenantId::new(text_below_connection(&key)?), of)));
    Ok(agreements.collect())
}

async fn meant<'a>(
    context: &Context,
    invoice: &InvoiceId,
    agreements: &'a BTreeMap<TenantId, AgreementId>,
) -> Result<Meant<'a>, Refusal> {
    let (store, place) = (&context.store, of_connection(&context.sides.target));
    let header = store.get(HEADERS, of_invoice(&context.sides.target, invoice)).await?;
    let skipped = store.scan(SKIPPED, place).await?.into_iter();
    let skipped = skipped.filter(|(_, skipped)| skipped.missed.invoice == *invoice);
    let skipped = skipped.filter_map(|(key, _)| Some(TenantId::new(text_below_connection(&key)?)));
    let header = header.map(|known| known.header);
    Ok(Meant {
        currency: header.as_ref().and_then(|header| header.currency.clone()),
        agreement: header.and_then(|header| header.agreement),
        agreements,
        skipped: skipped.collect(),
    })
}
