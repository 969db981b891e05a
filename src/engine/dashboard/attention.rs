//! What wants the operator: a run that was cut off, then the rest, worst first.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    groundwork::{Groundwork, RUNS_LOOKED_AT},
    wanting::{Stake, Wanting},
};
use crate::{
    domain::{
        Code, Currency, Money, RunId, TenantId, Thing,
        approval::MARKED,
        cause::{Cause, Trouble, by_cause, cause_of, told_alone},
        mapping::Mapping,
        namesakes::{ShownName, tell_apart},
        outcome::{Disposition, Finding, Outcome},
        run::{CustomerRow, RunHeader, RunKind, SubscriptionRow, UsageRow},
        target::CompanyTrouble,
        terms::Terms,
        thousands::without_thousands,
    },
    engine::{
        approvals,
        context::{Caller, Context},
        customers::{
            book::Book,
            companies::{self, seen_contracts},
            latest_bills::{LatestBill, bills, newest_invoices},
        },
        digest::hash,
        history::{
            retries::{self, Listed},
            unfinished::unfinished_run,
        },
        invoices::{
            progress,
            unsynced::{self, Billed, MonthUnsynced, NotAsked, by_link},
        },
        outbox,
        protocol::{Changed, Refusal},
        refusals::{failed, unknown},
        schedule,
        sync::{
            left_behind,
            outcome::{
                rows::{last_products, newest_of},
                statuses::{RowStatus, statuses},
            },
            records::Left,
            snapshot::currencies::Currencies,
            writing::price_readings::OwedPrice,
        },
        tables::{
            CREDITS_SEEN, CUSTOMER_ROWS, HELD, INVOICES, KnownTenant, OWED, RETRIES, SEEN, SKIPPED,
            UNREACHED, of_attention, of_connection, of_invoice, of_tenant_invoice,
            text_below_connection,
        },
        views::{
            AttentionView, BrokenGlassView, CauseMember, CauseView, ConnectionState,
            ConnectionView, Mend, Place, Standing, WaitingPlan,
            causes::{Said, mend_of, said_of},
        },
    },
    store::{Batch, Key},
};

mod causes;
mod grouped;
mod mended;
mod stakes;

/// So many customers that are not linked, or off, are listed one by one.
const LISTED_ONE_BY_ONE: usize = 50;

/// What an unmapped customer's entry comes from.
const UNMAPPED: &str = "Not linked to a contract";

/// The same of a customer whose sync is off.
const OFF: &str = "Linked, and sync is off";

const OFF_ADVICE: &str =
    "If it is to be synced, switch it on: `prism-connect customers sync TENANT on`.";

/// What an entry of a customer comes from whom no run was asked for.
const NOT_ASKED: &str = "Due, and left out of every sync until now";

const NOT_ASKED_ADVICE: &str = "`prism-connect plan customers` shows what is to be written for them, `sync customers` writes it.";

/// Warnings of so many runs are listed that came to a customer at all.
const RUNS_WARNING: usize = 4;

/// The entries by what they come from, the worst first.
pub(crate) fn causes(all: &[Wanting]) -> Vec<CauseView> {
    grouped::views(all)
}

/// All that wants the operator and was not looked at yet.
pub(crate) async fn list(
    context: &Context,
    ground: &Groundwork,
    connections: &[ConnectionView],
    runs: &[RunHeader],
) -> Result<Vec<Wanting>, Refusal> {
    let seen = context.store.scan(SEEN, of_connection(&context.sides.target)).await?;
    let seen: BTreeSet<String> =
        seen.iter().filter_map(|(key, _)| text_below_connection(key)).collect();
    let mut all = whole_list(context, ground, connections, runs).await?;
    all.retain(|one| !seen.contains(&one.view.id) || stays(&one.view.id));
    Ok(all)
}

/// The domain of whom it befell.
fn domain(member: &CauseMember, book: &Book) -> Option<String> {
    let of = |tenant: &TenantId| book.of(tenant).map(|one| one.domain);
    grouped::tenant(&member.place).and_then(of).or_else(|| member.tenant.clone())
}

/// What an approval without the right to it is called.
const BREAK_GLASS: &str = "break-glass-";

/// Whether it stays on the list whoever has seen it.
fn stays(id: &str) -> bool {
    id.starts_with(BREAK_GLASS)
}

/// Customers of whom a run warned and who did not fail, of these entries: as runs count them, by the worst of each.
pub(crate) fn warned(all: &[Wanting], failed: &[TenantId]) -> u64 {
    let of_runs = all.iter().filter(|one| one.view.outcome == Outcome::Warning);
    let whom = of_runs.flat_map(|one| &one.members).filter_map(|member| {
        let Place::Run { tenant, .. } = &member.place else { return None };
        tenant.as_ref()
    });
    let (whom, failed): (BTreeSet<_>, BTreeSet<_>) = (whom.collect(), failed.iter().collect());
    whom.difference(&failed).count() as u64
}

/// The same with what was looked at.
async fn whole_list(
    context: &Context,
    ground: &Groundwork,
    connections: &[ConnectionView],
    runs: &[RunHeader],
) -> Result<Vec<Wanting>, Refusal> {
    let mut all = failing_connections(context, connections);
    let unreached = context.store.scan(UNREACHED, of_connection(&context.sides.target)).await?;
    all.extend(broken_off(runs, &unreached.into_iter().map(|(_, run)| run).collect()));
    all.extend(schedule::not_looked(context).await?.map(Wanting::alone));
    all.extend(outbox::unsent(context).await?.into_iter().map(Wanting::alone));
    all.extend(ground.retries.iter().cloned());
    all.extend(waiting_plans(context).await?);
    all.extend(broken_glass(context).await?);
    all.extend(ground.others.iter().cloned());
    all.sort_by(|a, b| {
        let (a, b) = (&a.view, &b.view);
        (b.outcome, b.amount, &a.id).cmp(&(a.outcome, a.amount, &b.id))
    });
    // Whatever else there is, it is finished before anything is planned.
    let left = unfinished_run(context).await?;
    all.splice(0..0, left.map(|run| Wanting::alone(cut_off(&run))));
    Ok(all)
}

/// What the store alone tells of customers and invoices, but for what is to be tried again.
pub(super) async fn of_store(
    context: &Context,
    book: &Book,
    runs: &[RunHeader],
) -> Result<Vec<Wanting>, Refusal> {
    let currencies = Currencies::read(&context.store, &context.sides.target).await?;
    let mut all = held(context, book, &currencies).await?;
    all.extend(warnings(context, runs).await?);
    all.extend(ending(context, book).await?);
    all.extend(troubled(context, book).await?);
    let billed = unsynced(context, book, runs).await?;
    all.extend(unmapped(book, &billed, context.sides.terms()));
    all.extend(off(book, &billed));
    all.extend(not_asked(context, book, runs).await?);
    all.extend(left_behind(context).await?);
    all.extend(missed(context, book).await?);
    all.extend(owed(context, book, &currencies).await?);
    Ok(named_by_domain(all, book))
}

/// Each of these with the domains of whom it befell.
fn named_by_domain(mut all: Vec<Wanting>, book: &Book) -> Vec<Wanting> {
    for member in all.iter_mut().flat_map(|one| &mut one.members) {
        member.domain = domain(member, book);
    }
    all
}

fn failing_connections(context: &Context, connections: &[ConnectionView]) -> Vec<Wanting> {
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
    failing.map(Wanting::alone).collect()
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

/// The last run of each kind, where it broke off. Of one with customers that it did not come to, trying again writes
/// exactly them.
fn broken_off(runs: &[RunHeader], with_unreached: &BTreeSet<RunId>) -> Vec<Wanting> {
    let last = |kind| runs.iter().find(|run| run.kind == kind && run.finished_at.is_some());
    let both = [last(RunKind::Customers), last(RunKind::Products)].into_iter().flatten();
    let told = both.filter(|run| run.status == Outcome::Failure);
    told.filter_map(|run| {
        // An invoice has an entry of its own, for as long as it is held up.
        let finding =
            run.message.as_ref().filter(|finding| finding.code.invoice_trouble().is_none())?;
        let view = AttentionView {
            id: format!("run-{}", run.id),
            outcome: Outcome::Failure,
            text: format!("Run {}: {}", run.id, finding.text),
            advice: finding.advice.clone(),
            amount: None,
            currency: None,
            place: Place::Run { run: run.id, tenant: None },
        };
        let left = with_unreached.contains(&run.id);
        let mend = if left { Mend::Retry } else { Mend::Look };
        Some(Wanting { mend, ..Wanting::alone(view) })
    })
    .collect()
}

/// Failing customers, under what failed first where they wait for that, and invoices that hold others up.
pub(super) async fn retries(
    context: &Context,
    book: &Book,
    runs: &[RunHeader],
) -> Result<Vec<Wanting>, Refusal> {
    let products = last_products(&context.store, &context.sides.target).await?;
    let (waiting, own): (Vec<_>, Vec<_>) =
        retries::listed(context).await?.into_iter().partition(causes::waits);
    let caused = causes::views(waiting, &products);
    let own = own
        .into_iter()
        .map(|listed| {
            let stakes = stakes::of_listed(&listed).into_iter().collect();
            let Listed { view: retry, outcome, whole, .. } = listed;
            let text = if whole {
                retry.finding.text.clone()
            } else {
                let whom =
                    format!("{}, {}, invoice {}", retry.customer, retry.service, retry.invoice);
                format!("{whom}: {}", retry.finding.text)
            };
            // What was looked at is another thing once it says something else.
            let kind = if whole { "invoice" } else { "retry" };
            let words = whole.then(|| hash(&without_thousands(&retry.finding.text)));
            let words: String = words.iter().flat_map(|hash| hash.chars().take(4)).collect();
            let whose = retry.first_tenant().map(str::to_owned);
            let is_whose = |domain: &String| whose.as_ref() == Some(domain);
            let tenant = book.known.values().find(|one| is_whose(&one.domain));
            let cause = cause_of(&retry.finding, &retry.service);
            let (invoice, service) = (retry.invoice.clone(), retry.service.clone());
            let subscription = retry.subscriptions.first().cloned();
            let mend = if whole {
                Mend::Look
            } else {
                mend_of(&retry.finding, retry.service.clone(), retry.service)
            };
            let view = AttentionView {
                id: format!("{kind}-{}{words}", retry.id),
                outcome,
                text,
                advice: retry.finding.advice,
                amount: Some(retry.amount).filter(|amount| !amount.is_zero()),
                currency: retry.currency,
                place: if whole {
                    Place::Invoice { invoice: retry.invoice }
                } else {
                    Place::Run { run: retry.run, tenant: tenant.map(|one| one.id.clone()) }
                },
            };
            let customer = Some(retry.customer).filter(|_| !whole);
            let mut wanting = Wanting::of_customer(view, customer, cause, mend);
            if !whole {
                wanting = wanting.with(&invoice, Some(&service));
            }
            for member in wanting.members.iter_mut().filter(|_| !whole) {
                member.tenant.clone_from(&whose);
                member.subscription.clone_from(&subscription);
            }
            Wanting { stakes, ..wanting }
        })
        .chain(caused);
    let mut all = own.collect::<Vec<_>>();
    all.extend(failed_in_stopped(context, runs).await?);
    mended::note(context, &mut all).await?;
    Ok(named_by_domain(all, book))
}

/// What failed in a run that was stopped before it could put it on the retry list: only the rows of that run tell it.
async fn failed_in_stopped(context: &Context, runs: &[RunHeader]) -> Result<Vec<Wanting>, Refusal> {
    let (store, place) = (&context.store, of_connection(&context.sides.target));
    let mut broken: BTreeMap<RunId, BTreeSet<TenantId>> = BTreeMap::new();
    for (key, run) in store.scan(UNREACHED, place.clone()).await? {
        broken.entry(run).or_default().extend(text_below_connection(&key).map(TenantId::new));
    }
    if broken.is_empty() {
        return Ok(Vec::new());
    }
    let listed = store.scan(RETRIES, place).await?.into_iter();
    let listed: BTreeSet<(TenantId, String)> = listed
        .flat_map(|(_, retry)| {
            let invoice = retry.invoice_number.to_lowercase();
            retry.tenants.into_iter().map(move |tenant| (tenant, invoice.clone()))
        })
        .collect();
    let mut views = Vec::new();
    for run in runs {
        let Some(whom) = broken.get(&run.id) else { continue };
        for RowStatus { place, invoice, tenant, status } in statuses(store, run).await? {
            let is_failure = status == Outcome::Failure && whom.contains(&tenant);
            if !is_failure || listed.contains(&(tenant, invoice.to_lowercase())) {
                continue;
            }
            let row = store.get(CUSTOMER_ROWS, place).await?;
            views.extend(row.iter().flat_map(|row| failures_of(run, row)));
        }
    }
    Ok(views)
}

/// Plans that wait until somebody else has looked at them, or are approved and were not applied.
async fn waiting_plans(context: &Context) -> Result<Vec<Wanting>, Refusal> {
    let open = approvals::open(context).await?;
    let here = open.into_iter().filter(|plan| plan.target == context.sides.target);
    let view = |plan: WaitingPlan| {
        let (number, author) = (plan.number, &plan.author);
        let is = match &plan.standing {
            Standing::Approved { approved } => {
                format!("is approved by {} and was not applied yet", approved.who)
            }
            _ => format!("waits for approval until {}", plan.expires_at.format("%Y-%m-%d %H:%MZ")),
        };
        let largest = plan.money.iter().max_by_key(|money| money.change().abs());
        AttentionView {
            id: format!("plan-{number}"),
            outcome: Outcome::Warning,
            text: format!("Plan {number} of {author} {is}: {}. {}", plan.size(), plan.reason()),
            advice: format!("Look at it: `prism-connect approvals show {number}`."),
            amount: largest.map(|money| money.change().abs()).filter(|amount| !amount.is_zero()),
            currency: largest.and_then(|money| money.currency.clone()),
            place: Place::Approval { number },
        }
    };
    Ok(here.map(view).map(Wanting::alone).collect())
}

/// Plans that somebody approved without the right to: nobody takes them off the list.
async fn broken_glass(context: &Context) -> Result<Vec<Wanting>, Refusal> {
    let broken = approvals::summary(context).await?.broken_glass.into_iter();
    let view = |one: BrokenGlassView| {
        let (number, day) = (one.number, one.at.format("%Y-%m-%d"));
        let last = (one.at + MARKED).format("%Y-%m-%d");
        AttentionView {
            id: format!("{BREAK_GLASS}{number}"),
            outcome: Outcome::Warning,
            text: format!("{} approved plan {number} alone on {day}: {}", one.who, one.reason),
            advice: format!(
                "It stays here until {last}. Look at what it wrote: `prism-connect approvals show {number}`."
            ),
            amount: None,
            currency: None,
            place: Place::Approval { number },
        }
    };
    Ok(broken.map(view).map(Wanting::alone).collect())
}

/// Names of customers who share a contract: those of one name with their domains.
fn names_apart(customers: &[(&TenantId, &str)], book: &Book) -> Vec<String> {
    let known = |tenant: &TenantId| book.of(tenant).map(|one| one.domain).unwrap_or_default();
    let named = customers.iter().map(|(tenant, name)| ((*name).to_owned(), known(tenant)));
    let (mut names, domains): (Vec<String>, Vec<String>) = named.unzip();
    let each = names.iter_mut().zip(&domains);
    tell_apart(each.map(|(name, domain)| ShownName { name, domain }));
    names
}

/// Contracts that a guard holds until somebody has looked (sync-rules 2.8): those whose customers are still to be synced
/// with that invoice.
async fn held(
    context: &Context,
    book: &Book,
    currencies: &Currencies,
) -> Result<Vec<Wanting>, Refusal> {
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
        let names = names_apart(&customers, book);
        let number = &held.invoice_number;
        let tenants = customers.iter().map(|(tenant, _)| tenant.to_string()).collect();
        let view = AttentionView {
            id: format!("held-{}-{}", held.contract, number.to_lowercase()),
            outcome: Outcome::Failure,
            text: format!("{}, invoice {number}: {}", names.join(", "), held.finding.text),
            advice: held.finding.advice.clone(),
            amount: Some(held.amount).filter(|amount| !amount.is_zero()),
            currency: currencies.of(&held.invoice),
            place: Place::Run { run: held.run, tenant: Some((*tenant).clone()) },
        };
        let whose = Some(names.join(", "));
        let held_back =
            Wanting::of_customer(view, whose, held.finding.text, Mend::Plan { tenants });
        views.push(held_back.with(number, None));
    }
    Ok(views)
}

/// What runs warned of, as the last one that came to a customer with that invoice left it: a run that finds nothing to do
/// takes no warning off the list, and that something else of a customer failed hides none.
async fn warnings(context: &Context, runs: &[RunHeader]) -> Result<Vec<Wanting>, Refusal> {
    let ended = |run: &&RunHeader| run.kind == RunKind::Customers && run.finished_at.is_some();
    let busy = runs.iter().filter(ended).filter(|run| run.counts.customers.all() > 0);
    let busy: Vec<_> = busy.take(RUNS_WARNING).collect();
    let has_told = |run: &&RunHeader| run.counts.customers.warned + run.counts.customers.failed > 0;
    let oldest = busy.iter().rposition(has_told);
    let mut later: BTreeMap<(TenantId, String), Vec<Key>> = BTreeMap::new();
    let mut views = Vec::new();
    for run in busy.into_iter().take(oldest.map_or(0, |at| at + 1)) {
        for RowStatus { place, invoice, tenant, status } in statuses(&context.store, run).await? {
            let since = later.entry((tenant, invoice)).or_default();
            if status.wants_a_look() {
                let mut rows_since = Vec::new();
                for place in since.iter() {
                    rows_since.extend(context.store.get(CUSTOMER_ROWS, place.clone()).await?);
                }
                let row = context.store.get(CUSTOMER_ROWS, place.clone()).await?;
                views.extend(row.iter().flat_map(|row| warnings_of(run, row, &rows_since)));
            }
            since.push(place);
        }
    }
    Ok(views)
}

/// Whether a later run came to what is said, and so has said since what there is to say: trying again what failed leaves the
/// rest of what somebody bought as it was.
fn is_overtaken(said: &Said<'_>, since: &[CustomerRow]) -> bool {
    let Some(bought) = said.subscription() else { return !since.is_empty() };
    let same = |one: &&SubscriptionRow| {
        (&one.subscription_id, &one.name) == (&bought.subscription_id, &bought.name)
    };
    let is_earlier = |usage: &UsageRow| usage.disposition == Disposition::SyncedEarlier;
    let came_to = |one: &SubscriptionRow| {
        let is_quiet = one.error.is_none() && one.warnings.is_empty() && one.writes.is_empty();
        !(is_quiet && one.usage.iter().all(is_earlier))
    };
    since.iter().flat_map(|row| &row.subscriptions).filter(same).any(came_to)
}

/// Prices that were written and that no reading has shown since (sync-rules 5.6): no run takes them off but one that reads
/// them.
async fn owed(
    context: &Context,
    book: &Book,
    currencies: &Currencies,
) -> Result<Vec<Wanting>, Refusal> {
    let owed = context.store.scan(OWED, of_connection(&context.sides.target)).await?;
    let view = |owed: OwedPrice| {
        let currency = currencies.of_number(&owed.invoice_number);
        let (run, customers) = (owed.run, owed.customers.clone());
        let cause = cause_of(&owed.finding, &owed.name);
        let (invoice, service) = (owed.invoice_number.clone(), owed.name.clone());
        let view = AttentionView { currency, ..owed_view(owed, book) };
        let mut entry = Wanting::of_customer(view, None, cause, Mend::Look);
        entry.each_of(run, customers);
        entry.with(&invoice, Some(&service))
    };
    Ok(owed.into_iter().map(|(_, owed)| view(owed)).collect())
}

fn owed_view(owed: OwedPrice, book: &Book) -> AttentionView {
    let OwedPrice { contract, service, name, customers, invoice_number, run, finding, off, .. } =
        owed;
    let named: Vec<_> = customers.iter().map(|(tenant, name)| (tenant, name.as_str())).collect();
    let names = names_apart(&named, book);
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

/// What a run warned of a customer, and none since has come to: an entry for each thing, as the run's page has a cause for
/// each.
fn warnings_of(run: &RunHeader, row: &CustomerRow, since: &[CustomerRow]) -> Vec<Wanting> {
    // What failed waits on the retry list; prices that are not shown are listed each for itself, until they are.
    let warns = |said: &Said<'_>| {
        said.outcome == Outcome::Warning
            && said.finding.code != Code::PriceNotShown
            && !is_overtaken(said, since)
    };
    let said: Vec<Said<'_>> = said_of(row).collect();
    if said.is_empty() && row.status == Outcome::Warning && since.is_empty() {
        return vec![entry_of(run, row, Outcome::Warning, None)];
    }
    entries_of(run, row, Outcome::Warning, said.into_iter().filter(warns))
}

/// What failed of a customer, likewise.
fn failures_of(run: &RunHeader, row: &CustomerRow) -> Vec<Wanting> {
    let failed = said_of(row).filter(|said| said.outcome == Outcome::Failure);
    entries_of(run, row, Outcome::Failure, failed)
}

fn entries_of<'a>(
    run: &RunHeader,
    row: &CustomerRow,
    outcome: Outcome,
    said: impl Iterator<Item = Said<'a>>,
) -> Vec<Wanting> {
    let causes = by_cause(said, |said| Trouble {
        outcome,
        cause: told_alone(said.finding, said.name()),
        customer: None,
        amount: Some(said.billed(row)),
        currency: row.currency.clone(),
    });
    let several = causes.len() > 1;
    let entry = |(at, cause): (usize, Cause<Said<'_>>)| {
        let mut entry = entry_of(run, row, outcome, cause.members.first());
        // Each of several is looked at for itself.
        if several && at > 0 {
            let words = hash(&without_thousands(&cause.text));
            entry.view.id.push_str(&format!("-{}", words.chars().take(8).collect::<String>()));
        }
        for member in &mut entry.members {
            member.id.clone_from(&entry.view.id);
            member.amount = cause.amounts.values().next().copied();
            member.currency.clone_from(&row.currency);
        }
        entry.stakes = cause.members.iter().flat_map(|said| stakes::of_said(row, said)).collect();
        entry
    };
    causes.into_iter().enumerate().map(entry).collect()
}

fn entry_of(
    run: &RunHeader,
    row: &CustomerRow,
    outcome: Outcome,
    said: Option<&Said<'_>>,
) -> Wanting {
    let failed = said.filter(|_| outcome == Outcome::Failure);
    let (kind, mend) = match failed {
        Some(said) => {
            let name = said.name().to_owned();
            ("failed", mend_of(said.finding, name.clone(), name))
        }
        None => ("warning", Mend::Look),
    };
    let finding = said.map(|said| said.finding);
    let told = finding.map_or("must be looked at", |finding| &finding.text);
    let cause = said.map_or_else(|| told.to_owned(), |said| cause_of(said.finding, said.name()));
    let view = AttentionView {
        id: format!("{kind}-{}-{}-{}", run.id, row.tenant_id, row.invoice.to_lowercase()),
        outcome,
        text: format!("{}, invoice {}: {told}", row.customer, row.invoice),
        advice: finding.map(|one| one.advice.clone()).unwrap_or_default(),
        amount: None,
        currency: None,
        place: Place::Run { run: run.id, tenant: Some(row.tenant_id.clone()) },
    };
    let tells_credit = finding.is_some_and(|one| one.code == Code::CreditExpected);
    let of_customer = Wanting::of_customer(view, Some(row.customer.clone()), cause, mend);
    Wanting { tells_credit, ..of_customer.with(&row.invoice, None) }
}

/// Mapped contracts that end before the next invoice, as last read.
pub(crate) async fn ending(context: &Context, book: &Book) -> Result<Vec<Wanting>, Refusal> {
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
        let terms = context.sides.terms();
        let (word, cause) = if end < today {
            ("ended", "Contract has ended")
        } else {
            ("ends", "Contract ends before the next invoice")
        };
        let view = AttentionView {
            id: format!("ending-{}-{end}", contract.id),
            outcome: Outcome::Warning,
            text: format!(
                "{}: “{}” {word} on {end}.",
                mapping.customer_name, mapping.contract_name
            ),
            advice: terms
                .say("Extend the contract in the PSA, or link the customer to another one.")
                .into_owned(),
            amount: None,
            currency: None,
            place: Place::Customer { tenant: Some(mapping.tenant.clone()) },
        };
        let customer = Some(mapping.customer_name.clone());
        ending.push(Wanting::of_customer(view, customer, terms.say(cause), Mend::Link));
    }
    Ok(ending)
}

/// Companies of synced customers that were inactive or gone when they were read last.
async fn troubled(context: &Context, book: &Book) -> Result<Vec<Wanting>, Refusal> {
    let mut known = companies::known_trouble(context).await?;
    let mut views = Vec::new();
    for mapping in book.mappings.values().filter(|mapping| mapping.sync) {
        // Several customers of one company: it is told once.
        let Some(trouble) = known.remove(&mapping.company) else { continue };
        let mut told = companies::troubled(mapping, trouble);
        context.sides.terms().retell_finding(&mut told, &[&mapping.domain]);
        let Finding { text, advice, .. } = told;
        let (word, cause) = match trouble {
            CompanyTrouble::Inactive => ("inactive", "Company is inactive"),
            CompanyTrouble::Gone => ("gone", "Company is gone"),
        };
        let view = AttentionView {
            id: format!("{word}-{}", mapping.company),
            outcome: Outcome::Warning,
            text,
            advice,
            amount: None,
            currency: None,
            place: Place::Customer { tenant: Some(mapping.tenant.clone()) },
        };
        let customer = Some(mapping.customer_name.clone());
        views.push(Wanting::of_customer(view, customer, cause, Mend::Link));
    }
    Ok(views)
}

/// Customers that are not mapped to a contract any more, and have seats on it still (sync-rules 1.8).
async fn left_behind(context: &Context) -> Result<Vec<Wanting>, Refusal> {
    let left = left_behind::all(&context.store, &context.sides.target).await?;
    let view = |left: Left| {
        let Left { tenant, contract, seats, month, .. } = left;
        let customer = Some(tenant.customer_name.clone());
        let view = AttentionView {
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
        };
        let cause = "Not linked any more, its seats still stand on the contract";
        let cause = context.sides.terms().say(cause);
        Wanting::of_customer(view, customer, cause, Mend::Look)
    };
    Ok(left.into_iter().map(view).collect())
}

/// What became due for customers while their sync was off and is still to be applied (sync-rules 2.2).
async fn missed(context: &Context, book: &Book) -> Result<Vec<Wanting>, Refusal> {
    let all = crate::engine::customers::missed(context).await?;
    let on = |tenant: &TenantId| book.mappings.get(tenant).filter(|mapping| mapping.sync);
    let views = all.into_iter().filter_map(|(tenant, missed)| Some((on(&tenant)?, missed)));
    let views = views.flat_map(|(mapping, missed)| {
        missed.into_iter().map(move |missed| {
            let view = AttentionView {
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
        };
            let customer = Some(mapping.customer_name.clone());
            let cause = "Became due while sync was off; the next sync applies it";
            let of_customer = Wanting::of_customer(view, customer, cause, Mend::Look);
            of_customer.with(&missed.invoice_number, None)
        })
    });
    Ok(views.collect())
}

/// What is billed to whom of whom nothing is written: by the invoices of the month that runs came to last, else by the
/// newest one of each agreement.
async fn unsynced(
    context: &Context,
    book: &Book,
    runs: &[RunHeader],
) -> Result<MonthUnsynced, Refusal> {
    let progress = context.progress.or_read(progress::newest(context, book, runs)).await?;
    if let Some(progress) = progress.as_ref()
        && let Some(of_month) = unsynced::of_month(context, book, progress.month).await?
    {
        return Ok(of_month);
    }
    let newest = newest_invoices(context).await?;
    let mut all = MonthUnsynced::default();
    for (tenant, LatestBill { bill, currency, .. }) in bills(context, newest).await? {
        let billed = vec![(currency, bill.to_sync)];
        let place = by_link(book.mappings.get(&tenant));
        if place == Disposition::Unmapped {
            all.unmapped.insert((Some(tenant), String::new()), billed);
        } else if place == Disposition::Off {
            all.off.insert(tenant, billed);
        }
    }
    Ok(all)
}

/// Customers on no contract, with what they are billed.
fn unmapped(book: &Book, billed: &MonthUnsynced, terms: Terms) -> Vec<Wanting> {
    let is_on_none = |one: &&KnownTenant| one.listed && !book.mappings.contains_key(&one.id);
    let none = Vec::new();
    let of = |tenant: &TenantId| {
        billed.unmapped.get(&(Some(tenant.clone()), String::new())).unwrap_or(&none)
    };
    let listed = book.known.values().filter(is_on_none);
    let listed = listed.map(|one| {
        let view = unmapped_view(&one.id, &one.customer_name, &one.domain, terms);
        let (customer, cause) = (Some(one.customer_name.clone()), terms.say(UNMAPPED));
        Wanting::of_customer(view, customer, cause, Mend::Link).billed(of(&one.id))
    });
    let is_listed = |tenant: &TenantId| book.known.get(tenant).is_some_and(|one| is_on_none(&one));
    let others = billed
        .unmapped
        .iter()
        .filter(|((tenant, _), _)| tenant.as_ref().is_none_or(|tenant| !is_listed(tenant)));
    let others = others.map(|((tenant, name), billed)| {
        let known = tenant.as_ref().and_then(|tenant| book.of(tenant));
        let name = known.map_or_else(|| name.clone(), |one| one.customer_name);
        let name = if name.is_empty() { "A customer without a name".to_owned() } else { name };
        let view = unlisted_view(tenant.as_ref(), &name, terms);
        Wanting::of_customer(view, Some(name), terms.say(UNMAPPED), Mend::Link).billed(billed)
    });
    few(listed.chain(others).collect(), &UNMAPPED_REST, terms)
}

/// What stands for those of a cause that are not listed one by one.
struct Rest {
    /// How the entry's id begins.
    id: &'static str,
    cause: &'static str,
    /// What is to be said of so many more customers.
    text: &'static str,
    advice: &'static str,
    mend: Mend,
}

const UNMAPPED_REST: Rest = Rest {
    id: "unmapped-and",
    cause: UNMAPPED,
    text: "are not linked to a contract",
    advice: "Link them: `prism-connect customers suggest`.",
    mend: Mend::Link,
};

const OFF_REST: Rest = Rest {
    id: "off-and",
    cause: OFF,
    text: "are linked, and their sync is off",
    advice: OFF_ADVICE,
    mend: Mend::Look,
};

const NOT_ASKED_REST: Rest = Rest {
    id: "not-asked-and",
    cause: NOT_ASKED,
    text: "are due, and no sync was asked for them yet",
    advice: NOT_ASKED_ADVICE,
    mend: Mend::Plan { tenants: Vec::new() },
};

/// Those that are billed most one by one, and the rest in one entry.
fn few(mut views: Vec<Wanting>, told: &Rest, terms: Terms) -> Vec<Wanting> {
    views.sort_by(|a, b| (b.view.amount, &a.view.text).cmp(&(a.view.amount, &b.view.text)));
    let rest = views.split_off(views.len().min(LISTED_ONE_BY_ONE));
    if !rest.is_empty() {
        views.push(and_more(rest, told, terms));
    }
    views
}

/// A customer who is billed, and whom the source does not list among those that can be linked.
fn unlisted_view(tenant: Option<&TenantId>, name: &str, terms: Terms) -> AttentionView {
    let id = tenant.map_or_else(|| hash(&name).chars().take(8).collect(), TenantId::to_string);
    AttentionView {
        id: format!("unmapped-{id}"),
        outcome: Outcome::Warning,
        text: terms.fill(
            "{} is billed, and PRISM does not list it: it is linked to no contract.",
            &[&name],
        ),
        advice: "Ask your distributor about it.".to_owned(),
        amount: None,
        currency: None,
        place: Place::Customer { tenant: None },
    }
}

/// Customers who are linked and whose sync is off, with what they are billed.
fn off(book: &Book, billed: &MonthUnsynced) -> Vec<Wanting> {
    let view = |(tenant, billed): (&TenantId, &Vec<Billed>)| {
        let mapping = book.mappings.get(tenant)?;
        let name = mapping.customer_name.clone();
        let view = AttentionView {
            id: format!("off-{tenant}"),
            outcome: Outcome::Warning,
            text: format!(
                "{name} is linked to “{}” and its sync is off: nothing of its invoice is written.",
                mapping.contract_name
            ),
            advice: OFF_ADVICE.to_owned(),
            amount: None,
            currency: None,
            place: Place::Customer { tenant: Some(tenant.clone()) },
        };
        Some(Wanting::of_customer(view, Some(name), OFF, Mend::Look).billed(billed))
    };
    few(billed.off.iter().filter_map(view).collect(), &OFF_REST, Terms::default())
}

/// Customers whose due invoice no run was asked for, because a plan was applied in part or a sync was of others: that
/// nothing failed does not mean that all is billed.
async fn not_asked(
    context: &Context,
    book: &Book,
    runs: &[RunHeader],
) -> Result<Vec<Wanting>, Refusal> {
    let progress = context.progress.or_read(progress::newest(context, book, runs)).await?;
    let Some(progress) = progress.as_ref() else { return Ok(Vec::new()) };
    let all = unsynced::not_asked(context, book, progress.month).await?;
    let view = |(tenant, left): (&TenantId, &Vec<NotAsked>)| {
        let mapping = book.mappings.get(tenant)?;
        let newest = left.iter().max_by_key(|one| (one.month, &one.number))?;
        Some(not_asked_entry(mapping, newest, left))
    };
    Ok(few(all.iter().filter_map(view).collect(), &NOT_ASKED_REST, Terms::default()))
}

fn not_asked_entry(mapping: &Mapping, newest: &NotAsked, left: &[NotAsked]) -> Wanting {
    let (name, tenant) = (&mapping.customer_name, &mapping.tenant);
    let numbers: Vec<&str> = left.iter().rev().map(|one| one.number.as_str()).collect();
    let view = AttentionView {
        // Of the next month it is said anew.
        id: format!("not-asked-{tenant}-{}", newest.number.to_lowercase()),
        outcome: Outcome::Warning,
        text: format!(
            "{name}: invoice {} is due, and no sync was asked for it yet.",
            numbers.join(" and ")
        ),
        advice: NOT_ASKED_ADVICE.to_owned(),
        amount: None,
        currency: None,
        place: Place::Customer { tenant: Some(tenant.clone()) },
    };
    let mend = Mend::Plan { tenants: vec![tenant.to_string()] };
    let billed: Vec<Billed> = left.iter().map(|one| one.billed.clone()).collect();
    let entry = Wanting::of_customer(view, Some(name.clone()), NOT_ASKED, mend);
    match left {
        [only] => entry.with(&only.number, None),
        _ => entry,
    }
    .billed(&billed)
}

/// Customers that are not listed one by one.
fn and_more(rest: Vec<Wanting>, told: &Rest, terms: Terms) -> Wanting {
    let currency = Currency::one_of(rest.iter().map(|one| one.view.currency.as_ref())).cloned();
    let id = format!("{}-{}", told.id, rest.len());
    let view = AttentionView {
        id: id.clone(),
        outcome: Outcome::Warning,
        text: format!("{} more customers {}.", rest.len(), terms.say(told.text)),
        advice: told.advice.to_owned(),
        amount: Some(rest.iter().filter_map(|one| one.view.amount).sum()),
        currency,
        place: Place::Customer { tenant: None },
    };
    let mend = match &told.mend {
        Mend::Plan { .. } => plan_of(&rest),
        other => other.clone(),
    };
    let stakes = rest.iter().flat_map(|one| one.stakes.clone()).collect();
    let members = rest.into_iter().flat_map(|one| one.members);
    let members = members.map(|member| CauseMember { id: id.clone(), ..member }).collect();
    let cause = terms.say(told.cause).into_owned();
    Wanting { view, cause, mend, members, stakes, tells_credit: false }
}

/// A plan that mends these: of everybody who waits for one.
fn plan_of<'a>(all: impl IntoIterator<Item = &'a Wanting>) -> Mend {
    let tenants = all.into_iter().filter_map(|one| match &one.mend {
        Mend::Plan { tenants } => Some(tenants),
        _ => None,
    });
    Mend::Plan { tenants: tenants.flatten().cloned().collect() }
}

fn unmapped_view(tenant: &TenantId, name: &str, domain: &str, terms: Terms) -> AttentionView {
    AttentionView {
        id: format!("unmapped-{tenant}"),
        outcome: Outcome::Warning,
        text: terms.fill("{} ({}) is not linked to a contract.", &[&name, &domain]),
        advice: format!(
            "Link it: `prism-connect customers map {domain} --company X --contract Y`."
        ),
        amount: None,
        currency: None,
        place: Place::Customer { tenant: Some(tenant.clone()) },
    }
}

/// The entries that an id names, of all these: one entry, or all of a cause.
fn named(all: &[Wanting], typed: &str) -> Option<(Vec<String>, String)> {
    let typed = typed.trim();
    if let Some(one) = all.iter().find(|one| one.view.id.eq_ignore_ascii_case(typed)) {
        return Some((vec![one.view.id.clone()], one.view.text.clone()));
    }
    let causes = causes(all);
    let cause = causes.into_iter().find(|cause| cause.id.eq_ignore_ascii_case(typed))?;
    let of_it = all.iter().filter(|one| one.cause == cause.text);
    Some((of_it.map(|one| one.view.id.clone()).collect(), cause.text))
}

/// Whether one of these entries says that the target is to credit something.
fn tell_credit(all: &[Wanting], ids: &[String]) -> bool {
    all.iter().any(|one| one.tells_credit && ids.contains(&one.view.id))
}

async fn everything(context: &Context, ground: &Groundwork) -> Result<Vec<Wanting>, Refusal> {
    let connections = crate::engine::connections::views(context).await?;
    let runs = newest_of(&context.store, &context.sides.target, RUNS_LOOKED_AT).await?;
    whole_list(context, ground, &connections, &runs).await
}

fn no_such_entry(all: &[Wanting], typed: &str) -> Refusal {
    let advice = "`prism-connect status` lists what wants attention, with ids.";
    unknown(Thing::Entry, typed, all.iter().map(|one| one.view.id.as_str()), advice)
}

/// Takes something off the list that was looked at: an entry, or all of a cause.
pub(crate) async fn acknowledge(
    context: &Context,
    caller: &Caller,
    ground: &Groundwork,
    typed: &str,
) -> Result<String, Refusal> {
    let mut all = everything(context, ground).await?;
    let seen = context.store.scan(SEEN, of_connection(&context.sides.target)).await?;
    let seen: BTreeSet<String> =
        seen.iter().filter_map(|(key, _)| text_below_connection(key)).collect();
    all.retain(|one| !seen.contains(&one.view.id));
    let Some((ids, text)) = named(&all, typed) else { return Err(no_such_entry(&all, typed)) };
    if let Some(id) = ids.iter().find(|id| stays(id)) {
        let text = format!("“{id}” stays on the list for 90 days: {text}");
        return Err(failed(Code::PlanDecided, text, "Nothing was changed."));
    }
    let mut batch = Batch::new();
    for id in &ids {
        batch.put(SEEN, &of_attention(&context.sides.target, id), &context.clock.now());
    }
    if tell_credit(&all, &ids) {
        batch.put(CREDITS_SEEN, &of_connection(&context.sides.target), &context.clock.now());
    }
    let what = format!("marked {} as seen: {text}", ids.join(", "));
    context.change(caller, batch, what, Changed::Runs).await?;
    Ok(format!("Noted: {text}"))
}

/// Puts something back on the list that was taken off it as looked at: an entry, or all of a cause.
pub(crate) async fn show_again(
    context: &Context,
    caller: &Caller,
    ground: &Groundwork,
    typed: &str,
) -> Result<String, Refusal> {
    let all = everything(context, ground).await?;
    let Some((ids, text)) = named(&all, typed) else { return Err(no_such_entry(&all, typed)) };
    let mut taken_off: Vec<(String, Key)> = Vec::new();
    for id in ids {
        let key = of_attention(&context.sides.target, &id);
        if context.store.get(SEEN, key.clone()).await?.is_some() {
            taken_off.push((id, key));
        }
    }
    if taken_off.is_empty() {
        return Ok(format!("It is on the list: {text}"));
    }
    let mut batch = Batch::new();
    for (_, key) in &taken_off {
        batch.remove(SEEN, key);
    }
    let ids: Vec<String> = taken_off.into_iter().map(|(id, _)| id).collect();
    if tell_credit(&all, &ids) {
        batch.remove(CREDITS_SEEN, &of_connection(&context.sides.target));
    }
    let what = format!("put {} back on the attention list: {text}", ids.join(", "));
    context.change(caller, batch, what, Changed::Runs).await?;
    Ok(format!("On the list again: {text}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{
            Day,
            run::{RunReport, SubscriptionRow, UsageRow},
        },
        engine::{samples::begun_run, views::causes::of_run},
    };

    fn dollar() -> Money {
        "1.00".parse().expect("an amount")
    }

    #[test]
    fn customers_that_are_off_are_listed_like_unlinked_ones_those_billed_most_first() {
        let one = |at: i64| {
            let view = AttentionView {
                id: format!("off-{at}"),
                outcome: Outcome::Warning,
                text: format!("Customer {at}"),
                advice: String::new(),
                amount: None,
                currency: None,
                place: Place::Customer { tenant: None },
            };
            let amount = dollar().times(at);
            Wanting::of_customer(view, Some(format!("Customer {at}")), OFF, Mend::Look)
                .billed(&[(None, amount)])
        };
        let listed = few((1..=53).map(one).collect(), &OFF_REST, Terms::default());
        assert_eq!(listed.len(), LISTED_ONE_BY_ONE + 1);
        assert_eq!(listed[0].view.text, "Customer 53");
        let rest = &listed[LISTED_ONE_BY_ONE];
        assert_eq!(rest.view.text, "3 more customers are linked, and their sync is off.");
        assert_eq!((rest.view.amount, rest.members.len()), (Some(dollar().times(6)), 3));
        assert_eq!((rest.cause.as_str(), &rest.mend), (OFF, &Mend::Look));
    }

    #[test]
    fn customers_of_one_name_who_share_a_contract_are_told_with_their_domains() {
        let tenants = ["a", "b", "c"].map(TenantId::new);
        let names = ["Jervis Podiatry", "Jervis Podiatry", "Kauri Legal"];
        let mut book = Book::default();
        for (tenant, (name, domain)) in
            tenants.iter().zip(names.into_iter().zip(["jervis", "jervisbondi", "kauri"]))
        {
            let known = KnownTenant {
                id: tenant.clone(),
                domain: format!("{domain}.onmicrosoft.com"),
                customer: "1".into(),
                customer_name: name.to_owned(),
                agreement: "1".into(),
                listed: true,
                first_seen: chrono::DateTime::UNIX_EPOCH,
            };
            book.known.insert(tenant.clone(), known);
        }
        let shared: Vec<_> = tenants.iter().zip(names).collect();
        let told = ["Jervis Podiatry (jervis)", "Jervis Podiatry (jervisbondi)", "Kauri Legal"];
        assert_eq!(names_apart(&shared, &book), told);
    }

    fn warned_row() -> CustomerRow {
        let bought = |name: &str, code: Code, text: &str| SubscriptionRow {
            name: name.to_owned(),
            status: Outcome::Warning,
            warnings: vec![Finding::new(code, text, "Look at it.")],
            usage: vec![UsageRow { subtotal: dollar(), ..usage() }],
            ..SubscriptionRow::default()
        };
        CustomerRow {
            customer: "Harbour Dental".to_owned(),
            tenant: "harbour.example".to_owned(),
            tenant_id: "harbour".into(),
            source_agreement: String::new(),
            target_company: String::new(),
            target_contract: String::new(),
            invoice: "INV1".to_owned(),
            month: None,
            currency: None,
            status: Outcome::Warning,
            error: None,
            warnings: vec![Finding::new(Code::LateWrite, "came late", "")],
            subscriptions: vec![
                bought("E3", Code::Info, "cost inside the month"),
                bought("Visio", Code::Info, "cost inside the month"),
                bought("Teams", Code::Info, "two readings"),
                bought("Power BI", Code::PriceNotShown, "not shown"),
                bought("Planner", Code::PriceWasNotShown, "not shown until another followed"),
            ],
        }
    }

    fn usage() -> UsageRow {
        UsageRow {
            line: 1,
            start: Day::new(2026, 9, 1).expect("a day"),
            end: Day::new(2026, 9, 30).expect("a day"),
            quantity: "1".parse().expect("a quantity"),
            cost_price: dollar(),
            retail_price: dollar(),
            subtotal: dollar(),
            outcome: Outcome::Warning,
            disposition: Disposition::Synced,
        }
    }

    /// One rule for both: whoever looks at the run after the dashboard finds what it said.
    #[test]
    fn what_a_run_warns_of_a_customer_has_an_entry_for_each_cause_that_the_run_has() {
        let row = warned_row();
        let run = begun_run(7);
        let listed = warnings_of(&run, &row, &[]);
        let mut ids: Vec<&str> = listed.iter().map(|one| one.view.id.as_str()).collect();
        ids.dedup();
        assert_eq!(ids.len(), 4, "each is marked as seen for itself: {ids:?}");
        assert_eq!(ids[0], "warning-7-harbour-inv1");
        let told = |causes: Vec<CauseView>| {
            let told = causes.into_iter().map(|one| (one.text, one.amounts));
            told.collect::<Vec<_>>()
        };
        let report = RunReport {
            header: run,
            customers: vec![row],
            left_out: 0,
            products: Vec::new(),
            ledgers: Vec::new(),
        };
        let mut of_run = told(of_run(&report));
        // A price that is not shown has an entry of its own until it is.
        let not_shown = cause_of(&Finding::new(Code::PriceNotShown, "not shown", ""), "");
        of_run.retain(|(text, _)| *text != not_shown);
        assert_eq!(told(causes(&listed)), of_run);
    }
}
