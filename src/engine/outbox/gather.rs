//! The facts of what is told: read from the store when a message is made of an occasion.
//!
//! It must not put them into words.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::{
    letter::{NAMED, Named, RunFacts, WeekFacts},
    message::{DeliveryState, Told},
};
use crate::{
    domain::{
        RunId,
        outcome::Outcome,
        run::{CustomerRow, ProductOutcome, RunHeader},
    },
    engine::{
        context::Context,
        digest::hash,
        protocol::Refusal,
        schedule,
        sync::outcome::rows::newest,
        tables::{CUSTOMER_ROWS, LEDGERS, MESSAGES, PRODUCT_ROWS, RUNS, TOLD, of_run},
        views::connection_title,
    },
    store::Key,
};

/// What a run came to, with what tells each trouble in it from others.
pub(super) struct RunTroubles {
    pub(super) facts: RunFacts,
    pub(super) troubles: Vec<ToBeTold>,
}

/// A trouble, by what tells it from others.
pub(super) struct ToBeTold {
    /// Whom it befell, with which invoice.
    pub(super) whom: String,
    /// That, and what it is.
    pub(super) key: String,
    pub(super) named: Named,
}

/// One of them, with what a letter about all says of it.
struct Trouble {
    failed: bool,
    told: ToBeTold,
    advice: Option<String>,
}

fn of_customer(row: &CustomerRow) -> Option<Trouble> {
    if !row.status.wants_a_look() {
        return None;
    }
    let first = row.first_finding();
    let code = first.map(|finding| finding.code.as_str().to_owned());
    let whom = hash(&(&row.tenant_id, &row.invoice));
    let key = hash(&(&row.tenant_id, &row.invoice, row.status, &code));
    let named = Named {
        who: format!("{} ({})", row.customer, row.tenant),
        text: first.map(|finding| finding.text.clone()).unwrap_or_default(),
    };
    let advice = first.map(|finding| finding.advice.clone());
    let told = ToBeTold { whom, key, named };
    Some(Trouble { failed: row.status == Outcome::Failure, told, advice })
}

fn of_product(row: &ProductOutcome) -> Option<Trouble> {
    if !row.status.wants_a_look() {
        return None;
    }
    let error = row.error.as_ref();
    let whom = hash(&row.product);
    let key = hash(&(&row.product, row.status, error.map(|error| error.code.as_str())));
    let named = Named {
        who: format!("{} ({})", row.name, row.product),
        text: error.map(|error| error.text.clone()).unwrap_or_default(),
    };
    let advice = error.map(|error| error.advice.clone());
    let told = ToBeTold { whom, key, named };
    Some(Trouble { failed: row.status == Outcome::Failure, told, advice })
}

/// None where the run is not there any more.
pub(super) async fn run(context: &Context, run: RunId) -> Result<Option<RunTroubles>, Refusal> {
    let store = &context.store;
    let Some(header) = store.get(RUNS, of_run(run)).await? else { return Ok(None) };
    let mut all = Vec::new();
    store.for_each(CUSTOMER_ROWS, of_run(run), |_, row| all.extend(of_customer(&row))).await?;
    store.for_each(PRODUCT_ROWS, of_run(run), |_, row| all.extend(of_product(&row))).await?;
    let ledgers = store.scan(LEDGERS, of_run(run)).await?;
    let ledgers = ledgers.into_iter().map(|(_, ledger)| ledger).collect();
    // What failed is mended before what only warns.
    all.sort_by_key(|one| !one.failed);
    let message = header.message.as_ref();
    let of_rows = all.iter().filter_map(|one| one.advice.clone());
    let of_whole = message.map(|message| message.advice.clone());
    let advice = of_whole.into_iter().chain(of_rows).find(|advice| !advice.is_empty());
    let some = |failed| {
        let of_it = all.iter().filter(|one: &&Trouble| one.failed == failed);
        of_it.take(NAMED).map(|one| one.told.named.clone()).collect()
    };
    let (failed, warned) = (some(true), some(false));
    let mut troubles: Vec<_> = all.into_iter().map(|one| one.told).collect();
    troubles.extend(of_the_whole(&header));
    let target = connection_title(&header.target);
    let facts = RunFacts { header, target, failed, warned, ledgers, advice };
    Ok(Some(RunTroubles { facts, troubles }))
}

/// What befell the run as a whole.
fn of_the_whole(header: &RunHeader) -> Option<ToBeTold> {
    let message = header.message.as_ref().filter(|_| header.status.wants_a_look())?;
    let named = Named { who: "The whole run".to_owned(), text: message.text.clone() };
    let key = hash(&("whole", message.code.as_str(), header.status));
    Some(ToBeTold { whom: hash(&"whole"), key, named })
}

/// The facts for programs: the run's record, and whom it failed or warned.
pub(super) fn json(facts: &RunFacts) -> serde_json::Value {
    let some = |named: &[Named]| -> Vec<serde_json::Value> {
        let one = |one: &Named| serde_json::json!({ "who": one.who, "text": one.text });
        named.iter().map(one).collect()
    };
    serde_json::json!({
        "run": facts.header,
        "failed": some(&facts.failed),
        "warned": some(&facts.warned),
        "ledgers": facts.ledgers,
    })
}

/// Among so many runs those of a week are looked for.
const RUNS_OF_A_WEEK: usize = 2000;

pub(super) async fn week(
    context: &Context,
    from: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Result<WeekFacts, Refusal> {
    let runs = newest(&context.store, RUNS_OF_A_WEEK).await?;
    let ended = |run: &&RunHeader| run.finished_at.is_some_and(|at| at >= from && at < until);
    let mut facts = WeekFacts::default();
    for run in runs.iter().filter(ended) {
        facts.writes += run.counts.writes;
        match facts.runs.iter_mut().find(|(outcome, _)| *outcome == run.status) {
            Some((_, number)) => *number += 1,
            None => facts.runs.push((run.status, 1)),
        }
    }
    facts.runs.sort_by_key(|(outcome, _)| std::cmp::Reverse(*outcome));
    let good = runs.iter().filter(|run| run.status < Outcome::NotAttempted);
    let good = good.filter_map(|run| run.finished_at).max();
    facts.last_success = schedule::succeeded_at(context).await?.max(good);
    let schedule = schedule::if_any(context).await?;
    facts.next_look = schedule.filter(|view| view.set).map(|view| view.next_told());
    let told = context.store.scan(TOLD, Key::new()).await?;
    let mut again: Vec<Told> = told
        .into_iter()
        .map(|(_, told)| told)
        .filter(|told| told.times > 1 && told.last >= from)
        .collect();
    again.sort_by_key(|told| std::cmp::Reverse(told.times));
    facts.more_again = again.len().saturating_sub(NAMED);
    let line = |told: &Told| {
        format!("{} ({} runs since {})", told.text, told.times, told.since.format("%Y-%m-%d"))
    };
    facts.again = again.iter().take(NAMED).map(line).collect();
    let messages = context.store.scan(MESSAGES, Key::new()).await?;
    let recent = messages.iter().filter(|(_, message)| message.made_at >= from);
    let unsent = recent.filter(|(_, message)| {
        message.deliveries.iter().any(|one| one.state == DeliveryState::GivenUp)
    });
    facts.unsent = unsent.count() as u64;
    Ok(facts)
}

/// The last day of the week that is over at this day: its Sunday.
pub(super) fn last_sunday(day: NaiveDate) -> NaiveDate {
    use chrono::Datelike as _;
    let since = day.weekday().num_days_from_sunday();
    day - TimeDelta::days(if since == 0 { 7 } else { since.into() })
}
