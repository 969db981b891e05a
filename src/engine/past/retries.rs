//! What is to be tried again, and invoices that hold later ones up; taking them off the list.

use std::collections::BTreeMap;

use crate::{
    domain::{ContractId, InvoiceId, Money, RunId, UsageMonth, outcome::Finding},
    engine::{
        Reply,
        context::{Caller, Context},
        customers::{Book, second_text, switch::remark},
        protocol::{Answer, Changed, Refusal},
        records::{of_connection, target},
        refusals::{malformed, unknown},
        run::{
            records::{INVOICES, InvoiceState, MONTHS, RETRIES, Retry, month_number, of_contract},
            saved::hash,
        },
        views::RetryView,
    },
    store::{Batch, Key},
};

/// One thing on the list, with its place.
enum Entry {
    Retry(Key, Retry),
    Held(Key, InvoiceState),
}

/// The whole list, oldest month first.
pub async fn list(context: &Context) -> Reply {
    Ok(Answer::Retries(views(context).await?))
}

/// What is shown of it.
pub async fn views(context: &Context) -> Result<Vec<RetryView>, Refusal> {
    let book = Book::kept(context).await?;
    let contracts: BTreeMap<ContractId, &str> = book
        .mappings
        .values()
        .map(|mapping| (mapping.contract, mapping.contract_name.as_str()))
        .collect();
    let entries = entries(context).await?;
    let views = entries.iter().filter_map(|entry| view((&book, &contracts), entry));
    let mut views: Vec<_> = views.collect();
    views.sort_by(|a, b| (a.month, &a.customer, &a.id).cmp(&(b.month, &b.customer, &b.id)));
    Ok(views)
}

async fn entries(context: &Context) -> Result<Vec<Entry>, Refusal> {
    let retries = context.store.scan(RETRIES, of_connection(&target())).await?;
    let invoices = context.store.scan(INVOICES, of_connection(&target())).await?;
    let held =
        invoices.into_iter().filter(|(_, state)| state.held.is_some() && state.dismissed.is_none());
    let retries = retries.into_iter().map(|(key, retry)| Entry::Retry(key, retry));
    Ok(retries.chain(held.map(|(key, state)| Entry::Held(key, state))).collect())
}

/// A short name for an entry that stays the same as long as the entry does.
fn id(key: &Key) -> String {
    let digits: String = hash(&key.as_bytes()).chars().take(8).collect();
    format!("r{digits}")
}

/// Who there is, and what mapped contracts are called.
type Names<'a> = (&'a Book, &'a BTreeMap<ContractId, &'a str>);

fn view(names: Names<'_>, entry: &Entry) -> Option<RetryView> {
    match entry {
        Entry::Retry(key, retry) => Some(retry_view(names, key, retry)),
        Entry::Held(key, state) => {
            let (number, month, finding) = state.held.clone()?;
            Some(held_view(key, (number, month), finding))
        }
    }
}

fn retry_view((book, contracts): Names<'_>, key: &Key, retry: &Retry) -> RetryView {
    let found: Vec<_> = retry.tenants.iter().filter_map(|tenant| book.of(tenant)).collect();
    let joined = |texts: Vec<String>| texts.join(", ");
    let contract = contracts.get(&retry.contract);
    RetryView {
        id: id(key),
        customer: joined(found.iter().map(|one| one.customer_name.clone()).collect()),
        tenant: joined(found.iter().map(|one| one.domain.clone()).collect()),
        contract: contract
            .map_or_else(|| format!("contract {}", retry.contract), |name| (*name).to_owned()),
        service: retry.name.clone(),
        invoice: retry.invoice_number.clone(),
        month: retry.month,
        amount: retry.amount,
        finding: retry.finding.clone(),
        run: retry.since,
    }
}

fn held_view(key: &Key, (invoice, month): (String, UsageMonth), finding: Finding) -> RetryView {
    RetryView {
        id: id(key),
        customer: String::new(),
        tenant: String::new(),
        contract: String::new(),
        service: String::new(),
        invoice,
        month,
        amount: Money::ZERO,
        finding,
        run: RunId(0),
    }
}

/// Takes an entry off the list, with a reason.
pub async fn dismiss(context: &Context, caller: &Caller, (typed, reason): (&str, &str)) -> Reply {
    let reason = remark(reason)?;
    if reason.is_empty() {
        let advice = "Say why, so that it can be understood later: `--reason TEXT`.";
        return Err(malformed("reason", "The reason is missing.", advice));
    }
    let _pen = context.pen.lock().await;
    let entries = entries(context).await?;
    let typed = typed.trim();
    let Some(entry) = entries.iter().find(|entry| names(entry, typed)) else {
        let ids: Vec<String> = entries.iter().map(|entry| id(place(entry))).collect();
        let advice = "`prism-connect retries list` shows all.";
        return Err(unknown("retry", typed, ids.iter().map(String::as_str), advice));
    };
    match entry {
        Entry::Retry(key, retry) => drop_retry(context, caller, (key, retry, &reason)).await,
        Entry::Held(key, state) => dismiss_invoice(context, caller, (key, state, reason)).await,
    }
}

fn place(entry: &Entry) -> &Key {
    match entry {
        Entry::Retry(key, _) | Entry::Held(key, _) => key,
    }
}

/// An entry is named by its id, a held invoice also by its number or id.
fn names(entry: &Entry, typed: &str) -> bool {
    let by_invoice = match entry {
        Entry::Retry(..) => false,
        Entry::Held(key, state) => {
            let number = state.held.as_ref().is_some_and(|held| held.0.eq_ignore_ascii_case(typed));
            number || second_text(key).is_some_and(|id| InvoiceId::new(id) == InvoiceId::new(typed))
        }
    };
    by_invoice || id(place(entry)).eq_ignore_ascii_case(typed)
}

async fn drop_retry(
    context: &Context,
    caller: &Caller,
    (key, retry, reason): (&Key, &Retry, &str),
) -> Reply {
    let mut batch = Batch::new();
    batch.remove(RETRIES, key);
    release(context, &mut batch, (key, retry)).await?;
    let what = format!(
        "dismissed {} of invoice {} from the retry list: {reason}",
        retry.name, retry.invoice_number
    );
    context.change(caller, batch, what, Changed::Runs).await?;
    Ok(Answer::Done(format!(
        "{} of invoice {} is not tried again.",
        retry.name, retry.invoice_number
    )))
}

/// A service of which nothing is left to try counts as applied in its month: later corrections keep what is there.
async fn release(
    context: &Context,
    batch: &mut Batch,
    (key, retry): (&Key, &Retry),
) -> Result<(), Refusal> {
    let Some(service) = retry.service else { return Ok(()) };
    let place = of_contract(&target(), retry.contract).signed(month_number(retry.month));
    let others = context.store.scan(RETRIES, place.clone()).await?;
    let another = others.iter().any(|(other, one)| other != key && one.service == Some(service));
    if another {
        return Ok(());
    }
    if let Some(mut applied) = context.store.get(MONTHS, place.clone()).await?
        && applied.failed.remove(&service)
    {
        batch.put(MONTHS, &place, &applied);
    }
    Ok(())
}

async fn dismiss_invoice(
    context: &Context,
    caller: &Caller,
    (key, state, reason): (&Key, &InvoiceState, String),
) -> Reply {
    let number = state.held.as_ref().map(|held| held.0.clone()).unwrap_or_default();
    let what = format!("dismissed invoice {number}: {reason}");
    let dismissed = Some((reason, context.clock.now()));
    let mut batch = Batch::new();
    batch.put(INVOICES, key, &InvoiceState { dismissed, ..state.clone() });
    context.change(caller, batch, what, Changed::Runs).await?;
    Ok(Answer::Done(format!("Invoice {number} no longer holds later ones up; it is not synced.")))
}
