//! What wants the operator: a run that was cut off, then the rest, worst first.

use std::collections::BTreeSet;

use crate::{
    domain::{
        Code, Money, TenantId, Thing,
        outcome::{Finding, Outcome},
        run::{CustomerRow, RunHeader, RunKind},
    },
    engine::{
        context::{Caller, Context},
        customers::{
            book::Book,
            companies::{self, seen_contracts},
        },
        history::{
            retries::{self, Listed},
            unfinished::unfinished_run,
        },
        protocol::{Changed, Refusal},
        refusals::unknown,
        sync::{
            left_behind,
            outcome::rows::{last_products, newest_of},
            records::Left,
            saved_plan::hash,
            snapshot::currencies::Currencies,
            writing::price_readings::OwedPrice,
        },
        tables::{
            CUSTOMER_ROWS, HELD, INVOICES, KnownTenant, NEWEST, OWED, SEEN, SKIPPED, of_attention,
            of_connection, of_invoice, of_run, of_tenant_invoice, text_below_connection,
        },
        views::{AttentionView, ConnectionState, ConnectionView, Place},
    },
    store::Batch,
};

mod causes;

/// So many unmapped customers are listed one by one.
const UNMAPPED_LISTED: usize = 50;

/// Warnings of so many runs are listed that came to a customer at all.
const RUNS_WARNING: usize = 4;

/// All that wants the operator and was not looked at yet.
pub(crate) async fn list(
    context: &Context,
    book: &Book,
    connections: &[ConnectionView],
    runs: &[RunHeader],
) -> Result<Vec<AttentionView>, Refusal> {
    let mut all = failing_connections(context, connections);
    all.extend(broken_off(runs));
    all.extend(retries(context, book).await?);
    let currencies = Currencies::read(&context.store, &context.sides.target).await?;
    all.extend(held(context, book, &currencies).await?);
    all.extend(warnings(context, runs).await?);
    all.extend(ending(context, book).await?);
    all.extend(inactive(context, book).await?);
    all.extend(unmapped(context, book).await?);
    all.extend(left_behind(context).await?);
    all.extend(missed(context, book).await?);
    all.extend(owed(context, &currencies).await?);
    all.sort_by(|a, b| (b.outcome, b.amount, &a.id).cmp(&(a.outcome, a.amount, &b.id)));
    // Whatever else there is, it is finished before anything is planned.
    let left = unfinished_run(context).await?;
    all.splice(0..0, left.map(|run| cut_off(&run)));
    let seen = context.store.scan(SEEN, of_connection(&context.sides.target)).await?;
    let seen: BTreeSet<String> =
        seen.iter().filter_map(|(key, _)| text_below_connection(key)).collect();
    all.retain(|one| !seen.contains(&one.id));
    Ok(all)
}

fn failing_connections(context: &Context, connections: &[ConnectionView]) -> Vec<AttentionView> {
    let failing = connections.iter().filter_map(|one| match &one.state {
        ConnectionState::Failing { finding } => Some(AttentionView {
            id: format!(
                "connection-{}-{}",
                one.name,
                one.checked_at.map_or(0, |at| at.timestamp())
            ),
            outcome: Outcome::Failure,
            text: format!("{}: {}", context.sides.system(&one.name), finding.text),
            advice: finding.advice.clone(),
            amount: None,
            currency: None,
            place: Place::Connections,
        }),
        _ => None,
    });
    failing.collect()
}

fn cut_off(run: &RunHeader) -> AttentionView {
    let text = match run.finished_at {
        None => format!("Run {} was cut off.", run.id),
        Some(_) => format!("What was asked for after run {} was never begun.", run.id),
    };
    AttentionView {
        id: format!("unfinished-{}", run.id),
        outcome: Outcome::Warning,
        text,
        advice: "The next start of the console finishes it; `prism-connect sync` does so first of all. Nothing is \
                 written twice."
            .to_owned(),
        amount: None,
        currency: None,
        place: Place::Run { run: run.id, tenant: None },
    }
}

/// The last run of each kind, where it broke off.
fn broken_off(runs: &[RunHeader]) -> Vec<AttentionView> {
    let last = |kind| runs.iter().find(|run| run.kind == kind && run.finished_at.is_some());
    let both = [last(RunKind::Customers), last(RunKind::Products)].into_iter().flatten();
    let told = both.filter(|run| run.status == Outcome::Failure);
    told.filter_map(|run| {
        // An invoice has an entry of its own, for as long as it is held up.
        let finding =
            run.message.as_ref().filter(|finding| finding.code.invoice_trouble().is_none())?;
        Some(AttentionView {
            id: format!("run-{}", run.id),
            outcome: Outcome::Failure,
            text: format!("Run {}: {}", run.id, finding.text),
            advice: finding.advice.clone(),
            amount: None,
            currency: None,
            place: Place::Run { run: run.id, tenant: None },
        })
    })
    .collect()
}

/// Failing customers, under what failed first where they wait for that, and invoices that hold others up.
async fn retries(context: &Context, book: &Book) -> Result<Vec<AttentionView>, Refusal> {
    let products = last_products(&context.store, &context.sides.target).await?;
    let (waiting, own): (Vec<_>, Vec<_>) =
        retries::listed(context).await?.into_iter().partition(causes::waits);
    let caused = causes::views(waiting, &products);
    Ok(own
        .into_iter()
        .map(|Listed { view: retry, outcome, whole }| {
            let text = if whole {
                retry.finding.text.clone()
            } else {
                let whom =
                    format!("{}, {}, invoice {}", retry.customer, retry.service, retry.invoice);
                format!("{whom}: {}", retry.finding.text)
            };
            // What was looked at is another thing once it says something else.
            let kind = if whole { "invoice" } else { "retry" };
            let words = whole.then(|| hash(&retry.finding.text));
            let words: String = words.iter().flat_map(|hash| hash.chars().take(4)).collect();
            let whose = retry.tenant.split(", ").next().unwrap_or_default();
            let tenant = book.known.values().find(|one| one.domain == whose);
            AttentionView {
                id: format!("{kind}-{}{words}", retry.id),
                outcome,
                text,
                advice: retry.finding.advice,
                amount: Some(retry.amount).filter(|amount| !amount.is_zero()),
                currency: retry.currency,
                place: Place::Run { run: retry.run, tenant: tenant.map(|one| one.id.clone()) },
            }
        })
        .chain(caused)
        .collect())
}

/// Contracts that a guard holds until somebody has looked (sync-rules 2.8): those whose customers are still to be synced
/// with that invoice.
async fn held(
    context: &Context,
    book: &Book,
    currencies: &Currencies,
) -> Result<Vec<AttentionView>, Refusal> {
    let mut views = Vec::new();
    for (_, held) in context.store.scan(HELD, of_connection(&context.sides.target)).await? {
        let on = |tenant: &TenantId| {
            let mapping = book.mappings.get(tenant);
            mapping.is_some_and(|mapping| mapping.sync && mapping.contract == held.contract)
        };
        let mut customers = Vec::new();
        for (tenant, name) in held.customers.iter().filter(|(tenant, _)| on(tenant)) {
            let place = of_tenant_invoice(&context.sides.target, tenant, held.month, &held.invoice);
            if context.store.get(SKIPPED, place).await?.is_none() {
                customers.push((tenant, name.as_str()));
            }
        }
        let invoice =
            context.store.get(INVOICES, of_invoice(&context.sides.target, &held.invoice)).await?;
        let dismissed = invoice.is_some_and(|state| state.dismissed.is_some());
        let Some((tenant, _)) = customers.first().filter(|_| !dismissed) else { continue };
        let names: Vec<&str> = customers.iter().map(|(_, name)| *name).collect();
        let number = &held.invoice_number;
        views.push(AttentionView {
            id: format!("held-{}-{}", held.contract, number.to_lowercase()),
            outcome: Outcome::Failure,
            text: format!("{}, invoice {number}: {}", names.join(", "), held.finding.text),
            advice: held.finding.advice.clone(),
            amount: Some(held.amount).filter(|amount| !amount.is_zero()),
            currency: currencies.of(&held.invoice),
            place: Place::Run { run: held.run, tenant: Some((*tenant).clone()) },
        });
    }
    Ok(views)
}

/// Customers that a run warned about, as the last run that came to them with that invoice left them: a run that finds
/// nothing to do takes no warning off the list.
async fn warnings(context: &Context, runs: &[RunHeader]) -> Result<Vec<AttentionView>, Refusal> {
    let ended = |run: &&RunHeader| run.kind == RunKind::Customers && run.finished_at.is_some();
    let busy = runs.iter().filter(ended).filter(|run| run.counts.customers.all() > 0);
    let busy: Vec<_> = busy.take(RUNS_WARNING).collect();
    let oldest = busy.iter().rposition(|run| run.counts.customers.warned > 0);
    let (mut told, mut views) = (BTreeSet::new(), Vec::new());
    for run in busy.into_iter().take(oldest.map_or(0, |at| at + 1)) {
        for (_, row) in context.store.scan(CUSTOMER_ROWS, of_run(run.id)).await? {
            let newest = told.insert((row.tenant_id.clone(), row.invoice.clone()));
            if newest && row.status == Outcome::Warning && !speaks_of_prices_alone(&row) {
                views.push(warning(run, &row));
            }
        }
    }
    Ok(views)
}

/// Prices that are not shown are listed each for itself, until they are.
fn speaks_of_prices_alone(row: &CustomerRow) -> bool {
    let warnings = row.subscriptions.iter().flat_map(|bought| &bought.warnings);
    let mut findings = row.error.iter().chain(warnings).peekable();
    findings.peek().is_some() && findings.all(|finding| finding.code == Code::PriceNotShown)
}

/// Prices that were written and that no reading has shown since (sync-rules 5.6): no run takes them off but one that reads
/// them.
async fn owed(context: &Context, currencies: &Currencies) -> Result<Vec<AttentionView>, Refusal> {
    let owed = context.store.scan(OWED, of_connection(&context.sides.target)).await?;
    let view = |owed: OwedPrice| {
        let currency = currencies.of_number(&owed.invoice_number);
        AttentionView { currency, ..owed_view(owed) }
    };
    Ok(owed.into_iter().map(|(_, owed)| view(owed)).collect())
}

fn owed_view(owed: OwedPrice) -> AttentionView {
    let OwedPrice { contract, service, name, customers, invoice_number, run, finding, off, .. } =
        owed;
    let names: Vec<&str> = customers.iter().map(|(_, name)| name.as_str()).collect();
    let since = [owed.owed.price, owed.owed.cost].into_iter().flatten().map(|one| one.from).max();
    let since = since.map(|day| format!("-{day}")).unwrap_or_default();
    AttentionView {
        id: format!("price-{contract}-{service}{since}"),
        outcome: Outcome::Warning,
        text: format!(
            "{}, {name}, invoice {invoice_number}: {}",
            names.join(" and "),
            finding.text
        ),
        advice: finding.advice,
        amount: off.map(Money::abs),
        currency: None,
        place: Place::Run { run, tenant: customers.into_iter().next().map(|(tenant, _)| tenant) },
    }
}

fn warning(run: &RunHeader, row: &CustomerRow) -> AttentionView {
    let mut findings = row.error.iter().chain(row.subscriptions.iter().flat_map(|s| &s.warnings));
    let first = findings.next();
    let more = findings.count();
    let more = if more == 0 { String::new() } else { format!(" (and {more} more)") };
    let text = first.map_or_else(|| "must be looked at".to_owned(), |one| one.text.clone());
    AttentionView {
        id: format!("warning-{}-{}-{}", run.id, row.tenant_id, row.invoice.to_lowercase()),
        outcome: Outcome::Warning,
        text: format!("{}, invoice {}: {text}{more}", row.customer, row.invoice),
        advice: first.map(|one| one.advice.clone()).unwrap_or_default(),
        amount: None,
        currency: None,
        place: Place::Run { run: run.id, tenant: Some(row.tenant_id.clone()) },
    }
}

/// Mapped contracts that end before the next invoice, as last read.
pub(crate) async fn ending(context: &Context, book: &Book) -> Result<Vec<AttentionView>, Refusal> {
    let seen = context.contracts.or_read(seen_contracts(context)).await?;
    let today = context.clock.today();
    let days = i64::try_from(context.config.contract_end_days()).unwrap_or(i64::MAX);
    let last = today.plus(days);
    let mut told = BTreeSet::new();
    let mut ending = Vec::new();
    for mapping in book.mappings.values().filter(|mapping| mapping.sync) {
        let Some(contract) = seen.get(&mapping.contract) else { continue };
        let Some(end) = contract.end.filter(|end| *end < last) else { continue };
        if !told.insert(contract.id) {
            continue;
        }
        let word = if end < today { "ended" } else { "ends" };
        ending.push(AttentionView {
            id: format!("ending-{}-{end}", contract.id),
            outcome: Outcome::Warning,
            text: format!(
                "{}: contract “{}” {word} on {end}.",
                mapping.customer_name, mapping.contract_name
            ),
            advice: "Extend the contract in Autotask, or link the customer to another one."
                .to_owned(),
            amount: None,
            currency: None,
            place: Place::Customer { tenant: Some(mapping.tenant.clone()) },
        });
    }
    Ok(ending)
}

/// Companies of synced customers that were inactive when they were read last.
async fn inactive(context: &Context, book: &Book) -> Result<Vec<AttentionView>, Refusal> {
    let mut inactive = companies::known_inactive(context).await?;
    let mut views = Vec::new();
    for mapping in book.mappings.values().filter(|mapping| mapping.sync) {
        // Several customers of one company: it is told once.
        if !inactive.remove(&mapping.company) {
            continue;
        }
        let Finding { text, advice, .. } = companies::inactive(mapping);
        views.push(AttentionView {
            id: format!("inactive-{}", mapping.company),
            outcome: Outcome::Warning,
            text,
            advice,
            amount: None,
            currency: None,
            place: Place::Customer { tenant: Some(mapping.tenant.clone()) },
        });
    }
    Ok(views)
}

/// Customers that are not mapped to a contract any more, and have seats on it still (sync-rules 1.8).
async fn left_behind(context: &Context) -> Result<Vec<AttentionView>, Refusal> {
    let left = left_behind::all(&context.store, &context.sides.target).await?;
    let view = |left: Left| {
        let Left { tenant, contract, seats, month, .. } = left;
        AttentionView {
            id: format!("left-{contract}-{}", tenant.tenant),
            outcome: Outcome::Warning,
            text: format!(
                "{} is not linked to “{}” any more: its {seats} seats stand there from {month} on.",
                tenant.customer_name, tenant.contract_name
            ),
            advice: "`prism-connect plan customers --left-behind` shows what takes them away; `sync` with the \
                     same flag does it."
                .to_owned(),
            amount: None,
            currency: None,
            place: Place::LeftBehind { tenant: tenant.tenant },
        }
    };
    Ok(left.into_iter().map(view).collect())
}

/// What became due for customers while their sync was off and is still to be applied (sync-rules 2.2).
async fn missed(context: &Context, book: &Book) -> Result<Vec<AttentionView>, Refusal> {
    let all = crate::engine::customers::missed(context).await?;
    let on = |tenant: &TenantId| book.mappings.get(tenant).filter(|mapping| mapping.sync);
    let views = all.into_iter().filter_map(|(tenant, missed)| Some((on(&tenant)?, missed)));
    let views = views.flat_map(|(mapping, missed)| {
        missed.into_iter().map(move |missed| AttentionView {
            id: format!("missed-{}-{}", mapping.tenant, missed.invoice_number.to_lowercase()),
            outcome: Outcome::Warning,
            text: format!(
                "{}: invoice {} became due while sync was off; the next sync applies it.",
                mapping.customer_name,
                missed.words()
            ),
            advice: format!(
                "Nothing, if that is right. To leave it out: prism-connect customers sync {} on --skip-missed \
                 --reason TEXT.",
                mapping.domain
            ),
            amount: missed.amount,
            currency: missed.currency,
            place: Place::Customer { tenant: Some(mapping.tenant.clone()) },
        })
    });
    Ok(views.collect())
}

/// Customers on no contract, with what the newest invoice bills them.
async fn unmapped(context: &Context, book: &Book) -> Result<Vec<AttentionView>, Refusal> {
    let is_on_none = |one: &&KnownTenant| one.listed && !book.mappings.contains_key(&one.id);
    if !book.known.values().any(|one| is_on_none(&one)) {
        return Ok(Vec::new());
    }
    let newest = context.store.get(NEWEST, of_connection(&context.sides.source)).await?;
    let currency = newest.as_ref().and_then(|newest| newest.currency.clone());
    let amounts = newest.map(|newest| newest.amounts).unwrap_or_default();
    let on_none = book.known.values().filter(is_on_none);
    let mut views: Vec<_> = on_none
        .map(|one| {
            let amount = amounts.get(&one.id).copied();
            let view = unmapped_view(&one.id, &one.customer_name, &one.domain, amount);
            AttentionView { currency: currency.clone(), ..view }
        })
        .collect();
    views.sort_by(|a, b| (b.amount, &a.text).cmp(&(a.amount, &b.text)));
    let rest = views.split_off(views.len().min(UNMAPPED_LISTED));
    if !rest.is_empty() {
        let amount = rest.iter().filter_map(|one| one.amount).sum::<Money>();
        views.push(AttentionView {
            id: format!("unmapped-and-{}", rest.len()),
            outcome: Outcome::Warning,
            text: format!("{} more customers are not linked to a contract.", rest.len()),
            advice: "Link them: `prism-connect customers suggest`.".to_owned(),
            amount: Some(amount),
            currency: currency.clone(),
            place: Place::Customer { tenant: None },
        });
    }
    Ok(views)
}

fn unmapped_view(
    tenant: &TenantId,
    name: &str,
    domain: &str,
    amount: Option<Money>,
) -> AttentionView {
    AttentionView {
        id: format!("unmapped-{tenant}"),
        outcome: Outcome::Warning,
        text: format!("{name} ({domain}) is not linked to a contract."),
        advice: format!(
            "Link it: `prism-connect customers map {domain} --company X --contract Y`."
        ),
        amount,
        currency: None,
        place: Place::Customer { tenant: Some(tenant.clone()) },
    }
}

/// Takes something off the list that was looked at.
pub(crate) async fn acknowledge(
    context: &Context,
    caller: &Caller,
    typed: &str,
) -> Result<String, Refusal> {
    let book = context.kept_book().await?;
    let connections = crate::engine::connections::views(context).await?;
    let runs = newest_of(&context.store, &context.sides.target, 500).await?;
    let all = list(context, &book, &connections, &runs).await?;
    let Some(one) = all.iter().find(|one| one.id.eq_ignore_ascii_case(typed.trim())) else {
        let advice = "`prism-connect status` lists what wants attention, with ids.";
        return Err(unknown(Thing::Entry, typed, all.iter().map(|one| one.id.as_str()), advice));
    };
    let mut batch = Batch::new();
    let key = of_attention(&context.sides.target, &one.id);
    batch.put(SEEN, &key, &context.clock.now());
    let what = format!("marked {} as seen: {}", one.id, one.text);
    context.change(caller, batch, what, Changed::Runs).await?;
    Ok(format!("Noted: {}", one.text))
}
