//! What is to be tried again, and invoices that hold later ones up; taking them off the list.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    domain::{
        Code, ContractId, InvoiceId, Money, RunId, TenantId, Thing, UsageMonth,
        code::InvoiceTrouble,
        namesakes::{ShownName, tell_apart},
        outcome::{Finding, Outcome},
        terms::Terms,
    },
    engine::{
        audit::trail::Deed,
        context::{Caller, Context},
        customers::book::Book,
        digest::hash,
        history::restored_retry::keep,
        protocol::{Changed, Refusal, command::DismissRetry},
        refusals::unknown,
        remarks::given,
        sync::{
            due::unlisted,
            records::{DismissedEntry, Hold, InvoiceState, KnownInvoice, Retry, Watched},
            snapshot::currencies::Currencies,
        },
        tables::{
            HEADERS, INVOICES, MONTHS, RETRIES, WATCHED, of_connection, of_contract_month,
            text_below_connection,
        },
        views::RetryView,
    },
    planning::invoices::is_void,
    store::{Batch, Key},
};

/// One thing on the list, with its place.
enum ListedRetry {
    /// A service or subscription.
    Retry(Key, Box<Retry>),
    /// An application to look at once more, of an invoice that is not listed any more.
    Watched(Key, Watched),
    /// An invoice that is held up, came too late, or is to be decided.
    Held(Key, Box<InvoiceState>),
}

/// An entry as it is shown.
pub(crate) struct Listed {
    pub view: RetryView,
    pub outcome: Outcome,
    /// Whether it is an invoice as a whole.
    pub whole: bool,
    /// The invoice lines concerned, by their numbers, where it is about some.
    pub lines: BTreeSet<u32>,
}

/// What is shown of it. What is only to be decided is no part of it: nothing waits for that.
pub(crate) async fn views(context: &Context) -> Result<Vec<RetryView>, Refusal> {
    let all = listed(context).await?.into_iter().map(|listed| listed.view);
    Ok(all.filter(|view| view.finding.code != Code::OnlyExcluded).collect())
}

/// The same with what is to be decided, for the attention list.
pub(crate) async fn listed(context: &Context) -> Result<Vec<Listed>, Refusal> {
    let book = context.kept_book().await?;
    let names = Names::read(context, &book).await?;
    let entries = entries(context, &names).await?;
    let mut views: Vec<_> = entries.iter().filter_map(|entry| names.listed(entry)).collect();
    views.sort_by(|a, b| {
        let order = |one: &Listed| (one.view.month, one.view.customer.clone(), one.view.id.clone());
        order(a).cmp(&order(b))
    });
    Ok(views)
}

/// The same, of one customer alone.
pub(crate) async fn of_customer(
    context: &Context,
    tenant: &TenantId,
) -> Result<Vec<Listed>, Refusal> {
    let book = context.kept_book().await?;
    let names = Names::read(context, &book).await?;
    let mut entries = entries(context, &names).await?;
    entries.retain(|entry| names.concerns(entry, tenant));
    Ok(entries.iter().filter_map(|entry| names.listed(entry)).collect())
}

async fn entries(context: &Context, names: &Names<'_>) -> Result<Vec<ListedRetry>, Refusal> {
    let retries = context.store.scan(RETRIES, of_connection(&context.sides.target)).await?;
    let watched = context.store.scan(WATCHED, of_connection(&context.sides.target)).await?;
    let watched = watched.into_iter().filter(|(_, watched)| names.is_gone(&watched.invoice));
    let invoices = context.store.scan(INVOICES, of_connection(&context.sides.target)).await?;
    let held =
        invoices.into_iter().filter(|(_, state)| state.held.is_some() && state.dismissed.is_none());
    let retries = retries.into_iter().map(|(key, retry)| ListedRetry::Retry(key, Box::new(retry)));
    let watched = watched.map(|(key, watched)| ListedRetry::Watched(key, watched));
    let held = held.map(|(key, state)| ListedRetry::Held(key, Box::new(state)));
    Ok(retries.chain(watched).chain(held).collect())
}

/// A short name for an entry that stays the same as long as the entry does.
fn id(key: &Key) -> String {
    let digits: String = hash(&key.as_bytes()).chars().take(8).collect();
    format!("r{digits}")
}

/// So many customers are named; the rest is counted.
const NAMED: usize = 3;

/// Who there is, what mapped contracts are called, and which invoices are listed no more.
struct Names<'a> {
    book: &'a Book,
    contracts: BTreeMap<ContractId, &'a str>,
    terms: Terms,
    gone: BTreeMap<InvoiceId, String>,
    currencies: Currencies,
}

impl<'a> Names<'a> {
    async fn read(context: &Context, book: &'a Book) -> Result<Self, Refusal> {
        let mappings = book.mappings.values();
        let contracts =
            mappings.map(|mapping| (mapping.contract, mapping.contract_name.as_str())).collect();
        let headers = context.store.scan(HEADERS, of_connection(&context.sides.target)).await?;
        let headers: Vec<KnownInvoice> = headers.into_iter().map(|(_, known)| known).collect();
        let listed: Vec<_> = headers.iter().map(|known| known.header.clone()).collect();
        let currencies = Currencies::of_headers(&listed);
        let headers = headers.into_iter();
        let gone = headers.filter(|known| !known.listed || is_void(&known.header));
        let gone = gone.map(|known| (known.header.id, known.header.number)).collect();
        let terms = context.sides.terms();
        Ok(Self { book, contracts, terms, gone, currencies })
    }

    fn is_gone(&self, invoice: &InvoiceId) -> bool {
        self.gone.contains_key(invoice)
    }

    fn listed(&self, entry: &ListedRetry) -> Option<Listed> {
        match entry {
            ListedRetry::Retry(key, retry) => {
                let view = self.retry(key, retry);
                let lines = retry.lines.clone();
                Some(Listed { view, outcome: Outcome::Failure, whole: false, lines })
            }
            ListedRetry::Watched(key, watched) => {
                let view = self.watched(key, watched);
                let lines = BTreeSet::new();
                Some(Listed { view, outcome: Outcome::Warning, whole: false, lines })
            }
            ListedRetry::Held(key, state) => {
                let (number, month, finding) = state.held.clone()?;
                let mild = finding.code.invoice_trouble() == Some(InvoiceTrouble::ToDecide);
                let outcome = if mild { Outcome::Warning } else { Outcome::Failure };
                let view = self.held(key, number, month, finding, state.hold.as_ref());
                Some(Listed { view, outcome, whole: true, lines: BTreeSet::new() })
            }
        }
    }

    fn concerns(&self, entry: &ListedRetry, tenant: &TenantId) -> bool {
        match entry {
            ListedRetry::Retry(_, retry) => retry.tenants.contains(tenant),
            ListedRetry::Watched(_, watched) => {
                self.book.mappings.get(tenant).is_some_and(|one| one.contract == watched.contract)
            }
            ListedRetry::Held(_, state) => {
                state.hold.as_ref().is_some_and(|hold| hold.tenants.contains(tenant))
            }
        }
    }

    /// Names and domains of these customers.
    fn customers<'t>(&self, tenants: impl Iterator<Item = &'t TenantId>) -> (String, String) {
        let found: Vec<_> = tenants.filter_map(|tenant| self.book.of(tenant)).collect();
        let mut names: Vec<String> = found.iter().map(|one| one.customer_name.clone()).collect();
        let each = names.iter_mut().zip(&found);
        tell_apart(each.map(|(name, one)| ShownName { name, domain: &one.domain }));
        if names.len() > NAMED {
            let more = names.len() - NAMED;
            names.truncate(NAMED);
            names.push(format!("{more} more"));
        }
        let domains: Vec<&str> = found.iter().map(|one| one.domain.as_str()).collect();
        (names.join(", "), domains.join(", "))
    }

    fn contract(&self, contract: ContractId) -> String {
        let name = self.contracts.get(&contract);
        name.map_or_else(
            || format!("{} {contract}", self.terms.say("contract")),
            |name| (*name).to_owned(),
        )
    }

    fn retry(&self, key: &Key, retry: &Retry) -> RetryView {
        let (customer, tenant) = self.customers(retry.tenants.iter());
        let finding = if self.is_gone(&retry.invoice) {
            let gone = unlisted::finding(&retry.invoice_number, retry.month);
            Finding { text: format!("{} {}", retry.finding.text, gone.text), ..gone }
        } else {
            retry.finding.clone()
        };
        RetryView {
            id: id(key),
            customer,
            tenant,
            contract: self.contract(retry.contract),
            service: retry.name.clone(),
            sku: retry.sku.clone(),
            subscriptions: retry.subscriptions.clone(),
            invoice: retry.invoice_number.clone(),
            month: retry.month,
            amount: retry.amount,
            currency: self.currencies.of(&retry.invoice),
            finding,
            run: retry.since,
        }
    }

    fn watched(&self, key: &Key, watched: &Watched) -> RetryView {
        let on_it = self.book.mappings.values().filter(|one| one.contract == watched.contract);
        let (customer, tenant) = self.customers(on_it.map(|mapping| &mapping.tenant));
        let number = self.gone.get(&watched.invoice).cloned();
        let invoice = number.unwrap_or_else(|| watched.invoice.to_string());
        RetryView {
            id: id(key),
            customer,
            tenant,
            contract: self.contract(watched.contract),
            service: "a change without an answer".to_owned(),
            sku: None,
            subscriptions: Vec::new(),
            month: watched.month,
            amount: Money::ZERO,
            currency: self.currencies.of(&watched.invoice),
            finding: unlisted::finding(&invoice, watched.month),
            run: watched.run.unwrap_or(RunId(0)),
            invoice,
        }
    }

    fn held(
        &self,
        key: &Key,
        invoice: String,
        month: UsageMonth,
        finding: Finding,
        hold: Option<&Hold>,
    ) -> RetryView {
        let tenants = hold.into_iter().flat_map(|hold| &hold.tenants);
        let (customer, tenant) = self.customers(tenants);
        RetryView {
            id: id(key),
            customer,
            tenant,
            contract: String::new(),
            service: String::new(),
            sku: None,
            subscriptions: Vec::new(),
            invoice,
            month,
            amount: hold.map(|hold| hold.amount).unwrap_or_default(),
            currency: text_below_connection(key)
                .and_then(|id| self.currencies.of(&InvoiceId::new(id))),
            finding,
            run: hold.map_or(RunId(0), |hold| hold.since),
        }
    }
}

/// Takes an entry off the list, with a reason.
pub(crate) async fn dismiss(
    context: &Context,
    caller: &Caller,
    DismissRetry { id: typed, reason }: DismissRetry,
) -> Result<String, Refusal> {
    let reason = given(&reason)?;
    let _pen = context.pen.lock().await;
    let book = context.kept_book().await?;
    let entries = entries(context, &Names::read(context, &book).await?).await?;
    let typed = typed.trim();
    let Some(entry) = entries.iter().find(|entry| names(entry, typed)) else {
        let ids: Vec<String> = entries.iter().map(|entry| id(place(entry))).collect();
        let advice = "`prism-connect retries list` shows all.";
        return Err(unknown(Thing::Retry, typed, ids.iter().map(String::as_str), advice));
    };
    match entry {
        ListedRetry::Retry(key, retry) => drop_retry(context, caller, key, retry, &reason).await,
        ListedRetry::Watched(key, watched) => {
            drop_watched(context, caller, key, watched, &reason).await
        }
        ListedRetry::Held(key, state) => dismiss_invoice(context, caller, key, state, reason).await,
    }
}

fn place(entry: &ListedRetry) -> &Key {
    match entry {
        ListedRetry::Retry(key, _) | ListedRetry::Watched(key, _) | ListedRetry::Held(key, _) => {
            key
        }
    }
}

/// An entry is named by its id, a held invoice also by its number or id.
fn names(entry: &ListedRetry, typed: &str) -> bool {
    let by_invoice = match entry {
        ListedRetry::Retry(..) | ListedRetry::Watched(..) => false,
        ListedRetry::Held(key, state) => {
            let number = state.held.as_ref().is_some_and(|held| held.0.eq_ignore_ascii_case(typed));
            number
                || text_below_connection(key)
                    .is_some_and(|id| InvoiceId::new(id) == InvoiceId::new(typed))
        }
    };
    by_invoice || id(place(entry)).eq_ignore_ascii_case(typed)
}

async fn drop_retry(
    context: &Context,
    caller: &Caller,
    key: &Key,
    retry: &Retry,
    reason: &str,
) -> Result<String, Refusal> {
    let mut batch = Batch::new();
    batch.remove(RETRIES, key);
    let released = release(context, &mut batch, key, retry).await?;
    let dismissed = DismissedEntry::Retry { retry: Box::new(retry.clone()), released };
    keep(context, &mut batch, &id(key), dismissed).await?;
    let what = format!(
        "dismissed {} of invoice {} from the retry list: {reason}",
        retry.name, retry.invoice_number
    );
    let deed = Deed::from(what).about(&retry.invoice_number);
    context.change(caller, batch, deed, Changed::Runs).await?;
    Ok(format!("{} of invoice {} is not tried again.", retry.name, retry.invoice_number))
}

async fn drop_watched(
    context: &Context,
    caller: &Caller,
    key: &Key,
    watched: &Watched,
    reason: &str,
) -> Result<String, Refusal> {
    let mut batch = Batch::new();
    batch.remove(WATCHED, key);
    keep(context, &mut batch, &id(key), DismissedEntry::Watched(watched.clone())).await?;
    let what = format!("dismissed a write without an answer: {reason}");
    context.change(caller, batch, what, Changed::Runs).await?;
    Ok("It is not looked at any more.".to_owned())
}

/// Takes everything off that waits for an invoice. How many entries that were.
pub(crate) async fn drop_all(
    context: &Context,
    batch: &mut Batch,
    invoice: &InvoiceId,
) -> Result<usize, Refusal> {
    let mut dropped = 0;
    for (key, retry) in context.store.scan(RETRIES, of_connection(&context.sides.target)).await? {
        if retry.invoice == *invoice {
            batch.remove(RETRIES, &key);
            release(context, batch, &key, &retry).await?;
            dropped += 1;
        }
    }
    for (key, watched) in context.store.scan(WATCHED, of_connection(&context.sides.target)).await? {
        if watched.invoice == *invoice {
            batch.remove(WATCHED, &key);
            dropped += 1;
        }
    }
    Ok(dropped)
}

/// A service of which nothing is left to try counts as applied in its month: later corrections keep what is there. Tells
/// whether it did not before.
async fn release(
    context: &Context,
    batch: &mut Batch,
    key: &Key,
    retry: &Retry,
) -> Result<bool, Refusal> {
    let Some(service) = retry.service else { return Ok(false) };
    let place = of_contract_month(&context.sides.target, retry.contract, retry.month);
    let others = context.store.scan(RETRIES, place.clone()).await?;
    let another = others.iter().any(|(other, one)| other != key && one.service == Some(service));
    if another {
        return Ok(false);
    }
    if let Some(mut applied) = context.store.get(MONTHS, place.clone()).await?
        && applied.failed.remove(&service)
    {
        batch.put(MONTHS, &place, &applied);
        return Ok(true);
    }
    Ok(false)
}

async fn dismiss_invoice(
    context: &Context,
    caller: &Caller,
    key: &Key,
    state: &InvoiceState,
    reason: String,
) -> Result<String, Refusal> {
    let number = state.held.as_ref().map(|held| held.0.clone()).unwrap_or_default();
    let what = format!("dismissed invoice {number}: {reason}");
    let dismissed = Some((reason, context.clock.now()));
    let mut batch = Batch::new();
    batch.put(INVOICES, key, &InvoiceState { dismissed, ..state.clone() });
    if let Some(invoice) = text_below_connection(key) {
        let dismissed =
            DismissedEntry::Invoice { invoice: InvoiceId::new(invoice), number: number.clone() };
        keep(context, &mut batch, &id(key), dismissed).await?;
    }
    let deed = Deed::from(what).about(&number);
    context.change(caller, batch, deed, Changed::Runs).await?;
    Ok(format!("Invoice {number} no longer holds later ones up; it is not synced."))
}
