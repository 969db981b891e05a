//! What monitoring sees: figures of this installation in the text format of Prometheus.
//!
//! No customer is named, and nothing changes between two events but what an event changed: times are told as moments, and
//! how long ago they are is for whoever reads it. It must not change anything.

mod format;

use std::{
    collections::BTreeMap, io::Write as _, os::unix::fs::PermissionsExt as _, path::Path, sync::Arc,
};

use self::format::{Kind, Page};
use crate::{
    domain::{
        ConnectionId, Currency, Money,
        outcome::Outcome,
        run::{CustomerRow, Ledger, RunHeader, RunKind, WriteState},
    },
    engine::{
        context::{Caller, Context},
        outbox::message::{DeliveryState, Message},
        protocol::Refusal,
        schedule::{shown, targets::targets},
        sync::outcome::rows::last_of,
        tables::{
            CUSTOMER_ROWS, HELD, LEDGERS, MAPPINGS, MESSAGES, OPEN, RETRIES, of_connection, of_run,
        },
    },
    store::Key,
};

/// Among so many runs the last customers run is looked for.
const LOOKED_AT: usize = 100;

/// Writes them to the file that the settings name, if they name one. That it could not be is told in the log alone.
pub(crate) async fn write_file(context: &Arc<Context>, caller: &Caller) {
    let Some(path) = context.config.metrics_file() else { return };
    let written = match page(context, caller).await {
        Ok(text) => tokio::task::spawn_blocking(move || {
            replace(&path, &text).map_err(|error| (path, error))
        })
        .await
        .unwrap_or(Ok(())),
        Err(refusal) => {
            tracing::warn!("no metrics were written: {refusal}");
            return;
        }
    };
    if let Err((path, error)) = written {
        tracing::warn!("no metrics were written to {}: {error}", path.display());
    }
}

/// Whole, and then in its place: whoever reads it reads the one or the other.
fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    let folder = crate::files::folder_of(path);
    let mut file = tempfile::Builder::new().prefix(".prism-connect").tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.flush()?;
    // The collector is another user.
    file.as_file().set_permissions(std::fs::Permissions::from_mode(0o644))?;
    file.persist(path).map(drop).map_err(|error| error.error)
}

/// All of them.
pub(crate) async fn page(context: &Arc<Context>, caller: &Caller) -> Result<String, Refusal> {
    let mut page = Page::default();
    let version = [("version", env!("CARGO_PKG_VERSION"))];
    page.put("build_info", Kind::Gauge, "Which version runs.", &version, 1);
    let schedule = shown::standing(context).await?;
    let last = shown::if_any(context).await?.and_then(|view| view.last);
    let seconds = |at: chrono::DateTime<chrono::Utc>| at.timestamp();
    if let Some(last) = &last {
        let help = "When the last look of the schedule ended.";
        page.put("last_look_timestamp_seconds", Kind::Gauge, help, &[], seconds(last.ended_at));
    }
    if let Some(at) = schedule.succeeded_at {
        let help = "When a look of the schedule ended well last.";
        page.put("last_successful_look_timestamp_seconds", Kind::Gauge, help, &[], seconds(at));
    }
    let help = "Whether the schedule is paused.";
    page.put("schedule_paused", Kind::Gauge, help, &[], i64::from(schedule.paused));
    for target in targets(context).await {
        of_target(context, &target, &mut page).await?;
    }
    if let Ok((connection, target)) = context.target(caller).await
        && let Some(budget) = target.budget()
    {
        let help = "Requests that may still be sent this hour, of the share that is set.";
        page.put(
            "api_budget_left",
            Kind::Gauge,
            help,
            &[("target", connection.as_str())],
            budget.left,
        );
        let help = "Requests that may be sent in an hour, of the share that is set.";
        page.put("api_budget", Kind::Gauge, help, &[("target", connection.as_str())], budget.of);
    }
    of_outbox(context, &mut page).await?;
    if let Some((number, _)) = context.anchor().await {
        let help = "Number of the newest entry of the audit trail.";
        page.put("audit_head", Kind::Gauge, help, &[], number);
    }
    let folder = context.config.data_dir();
    let bytes = tokio::task::spawn_blocking(move || bytes_of(&folder, 0)).await.unwrap_or_default();
    page.put("store_bytes", Kind::Gauge, "Bytes in the data directory.", &[], bytes);
    Ok(page.text())
}

/// So deep folders are counted.
const DEPTH: usize = 4;

fn bytes_of(folder: &Path, depth: usize) -> u64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let bytes = |entry: std::fs::DirEntry| match entry.metadata() {
        Ok(meta) if meta.is_dir() && depth < DEPTH => bytes_of(&entry.path(), depth + 1),
        Ok(meta) if meta.is_file() => meta.len(),
        _ => 0,
    };
    entries.map(bytes).sum()
}

async fn of_target(
    context: &Context,
    target: &ConnectionId,
    page: &mut Page,
) -> Result<(), Refusal> {
    let store = &context.store;
    let name = target.as_str();
    let mappings = store.scan(MAPPINGS, of_connection(target)).await?;
    let on = mappings.iter().filter(|(_, mapping)| mapping.sync).count() as u64;
    let help = "Customers that are linked, by whether their sync is on.";
    let linked = |sync| [("target", name), ("sync", sync)];
    page.put("customers_linked", Kind::Gauge, help, &linked("on"), on);
    page.put("customers_linked", Kind::Gauge, help, &linked("off"), mappings.len() as u64 - on);
    let labels = [("target", name)];
    let retries = store.count(RETRIES, of_connection(target)).await?;
    page.put("retries", Kind::Gauge, "What is to be tried again.", &labels, retries);
    let held = store.count(HELD, of_connection(target)).await?;
    page.put("contracts_held", Kind::Gauge, "Contracts that guards hold.", &labels, held);
    let open = store.count(OPEN, of_connection(target)).await?;
    let help = "Writes of which it is not known whether they were carried out.";
    page.put("writes_unconfirmed", Kind::Gauge, help, &labels, open);
    let runs = last_of(store, target, LOOKED_AT).await?;
    for kind in [RunKind::Products, RunKind::Customers] {
        of_runs(&runs, name, kind, page);
    }
    let came_to_some =
        |run: &&RunHeader| run.kind == RunKind::Customers && !run.invoices.is_empty();
    if let Some(run) = runs.iter().filter(|run| run.finished_at.is_some()).find(came_to_some) {
        let ledgers = store.scan(LEDGERS, of_run(run.id)).await?;
        amounts(ledgers.into_iter().map(|(_, ledger)| ledger), name, page);
        let mut writes: BTreeMap<String, u64> = BTreeMap::new();
        let count = |_, row: CustomerRow| {
            for write in row.subscriptions.iter().flat_map(|bought| &bought.writes) {
                *writes.entry(result(&write.result)).or_default() += 1;
            }
        };
        store.for_each(CUSTOMER_ROWS, of_run(run.id), count).await?;
        let help = "Changes in the rows of the last customers run with an invoice, by what became of them.";
        for (result, number) in writes {
            let labels = [("target", name), ("result", result.as_str())];
            page.put("last_run_writes", Kind::Gauge, help, &labels, number);
        }
    }
    Ok(())
}

fn result(state: &WriteState) -> String {
    serde_json::to_value(state)
        .ok()
        .and_then(|value| value.as_str().map(|text| text.replace(' ', "_")))
        .unwrap_or_default()
}

/// What the last run of a kind came to, and when one went well.
fn of_runs(runs: &[RunHeader], target: &str, kind: RunKind, page: &mut Page) {
    let word = match kind {
        RunKind::Products => "products",
        RunKind::Customers => "customers",
    };
    let labels = [("target", target), ("kind", word)];
    let mut ended = runs.iter().filter(|run| run.kind == kind && run.finished_at.is_some());
    let ended_at = |run: &RunHeader| run.finished_at.map_or(0, |at| at.timestamp());
    let Some(last) = ended.clone().next() else { return };
    let help = "When the last run ended.";
    page.put("last_run_timestamp_seconds", Kind::Gauge, help, &labels, ended_at(last));
    let help = "How the last run ended: 0 no change, 1 success, 2 warning, 4 failure.";
    page.put("last_run_outcome", Kind::Gauge, help, &labels, outcome(last.status));
    if let Some(good) = ended.find(|run| run.status < Outcome::NotAttempted) {
        let help = "When a run ended well last: without a failure.";
        page.put("last_success_timestamp_seconds", Kind::Gauge, help, &labels, ended_at(good));
    }
    let tally = match kind {
        RunKind::Products => last.counts.products,
        RunKind::Customers => last.counts.customers,
    };
    let states = [
        ("ok", tally.ok),
        ("warned", tally.warned),
        ("failed", tally.failed),
        ("not_attempted", tally.not_attempted),
    ];
    let help = "What the last run came to: customers or products, by how they ended.";
    for (state, number) in states {
        let labels = [("target", target), ("kind", word), ("state", state)];
        page.put("last_run_items", Kind::Gauge, help, &labels, number);
    }
    let help = "Changes that the last run wrote.";
    page.put("last_run_changes", Kind::Gauge, help, &labels, last.counts.writes);
}

fn outcome(outcome: Outcome) -> u64 {
    match outcome {
        Outcome::NoChange => 0,
        Outcome::Success => 1,
        Outcome::Warning => 2,
        Outcome::NotAttempted => 3,
        Outcome::Failure => 4,
    }
}

/// Amounts of the invoices that a run came to, each currency for itself.
fn amounts(ledgers: impl Iterator<Item = Ledger>, target: &str, page: &mut Page) {
    let mut sums: BTreeMap<(&str, Option<Currency>), Money> = BTreeMap::new();
    for ledger in ledgers {
        let excluded: Money = ledger.excluded.iter().map(|sum| sum.amount).sum();
        let parts = [
            ("unmapped", ledger.unmapped),
            ("excluded", excluded),
            ("failed", ledger.failed),
            ("held", ledger.held),
            ("unbalanced", ledger.balance),
        ];
        for (part, amount) in parts {
            let sum = sums.entry((part, ledger.currency.clone())).or_default();
            *sum = [*sum, amount].into_iter().sum();
        }
    }
    let help = "Amounts of the invoices of the last customers run with one, by where they went.";
    for ((part, currency), amount) in sums {
        let currency = currency.as_ref().map(Currency::as_str).unwrap_or_default();
        let labels = [("target", target), ("part", part), ("currency", currency)];
        page.put("ledger_amount", Kind::Gauge, help, &labels, amount.0.normalize());
    }
}

async fn of_outbox(context: &Context, page: &mut Page) -> Result<(), Refusal> {
    let messages = context.store.scan(MESSAGES, Key::new()).await?;
    let messages: Vec<Message> = messages.into_iter().map(|(_, message)| message).collect();
    let deliveries = || messages.iter().flat_map(|message| &message.deliveries);
    let states = [
        ("waiting", DeliveryState::Waiting),
        ("sent", DeliveryState::Sent),
        ("given_up", DeliveryState::GivenUp),
    ];
    let help = "Deliveries of the messages that are kept, by how they stand.";
    for (word, state) in states {
        let number = deliveries().filter(|one| one.state == state).count() as u64;
        page.put("mail_deliveries", Kind::Gauge, help, &[("state", word)], number);
    }
    let waiting = messages.iter().filter(|message| !message.is_over());
    if let Some(oldest) = waiting.map(|message| message.made_at).min() {
        let help = "When the oldest message was made that waits to be taken.";
        page.put(
            "mail_oldest_unsent_timestamp_seconds",
            Kind::Gauge,
            help,
            &[],
            oldest.timestamp(),
        );
    }
    Ok(())
}
