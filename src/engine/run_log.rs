//! What the log holds of a run without being asked: its begin, its end, its waits, and what went wrong.
//!
//! It must not log what somebody only looks at, nor anything for every write.

use tracing::{error, info, warn};

use crate::{
    domain::{
        outcome::Outcome,
        run::{RunHeader, RunKind},
    },
    engine::protocol::{Happening, ItemState},
};

/// Logs a happening, if it is worth a line.
pub(super) fn log(happening: &Happening) {
    match happening {
        Happening::RunStarted { run } => begun(run),
        Happening::RunFinished { run } => ended(run),
        Happening::Waiting { run, for_what, until } => {
            let run = run.map(|run| run.0);
            info!(run, until = until.map(tracing::field::display), "waits for {for_what}");
        }
        Happening::Settling { run, text } => info!(run = run.0, "{text}"),
        Happening::Item { run, name, state: ItemState::Done { outcome, text, .. }, .. }
            if *outcome == Outcome::Failure =>
        {
            let text = text.as_deref().unwrap_or_default();
            warn!(run = run.0, "{name} failed: {text}");
        }
        _ => {}
    }
}

fn begun(run: &RunHeader) {
    let (kind, target) = (run.kind, &run.target);
    let (actor, trigger, attempt) = (&run.actor, run.trigger.as_str(), run.attempt);
    info!(run = run.id.0, ?kind, %target, actor, trigger, attempt, "run begun");
}

fn ended(run: &RunHeader) {
    let counts = &run.counts;
    let of = match run.kind {
        RunKind::Products => format!("products: {}", counts.products.words()),
        RunKind::Customers => format!(
            "customers: {}; subscriptions: {}",
            counts.customers.words(),
            counts.subscriptions.words()
        ),
    };
    let message = run.message.as_ref().map(|finding| finding.text.as_str());
    let (id, writes, requests) = (run.id.0, counts.writes, counts.requests);
    if run.status == Outcome::Failure {
        error!(run = id, status = %run.status, writes, requests, message, "run ended; {of}");
    } else {
        info!(run = id, status = %run.status, writes, requests, message, "run ended; {of}");
    }
}
