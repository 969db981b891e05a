//! What the service manager is told: ready, what it does, that it stops, and that it is alive.
//!
//! It must not say that it is alive by a timer of its own: only an engine that answered, over a store that took what was
//! written, says so.

use std::time::Duration;

use sd_notify::NotifyState;

use tokio::sync::broadcast::{Receiver, error::RecvError};

use crate::engine::{
    Handle,
    protocol::{Event, Happening, command::Beat},
};

/// Tells the service manager, where there is one.
pub(super) fn tell(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::warn!("the service manager cannot be told: {error}");
    }
}

/// How often it is to be told that this is alive; none where nobody watches. Twice as often as is asked for, as is usual.
pub(super) fn pause() -> Option<Duration> {
    sd_notify::watchdog_enabled().map(|within| within / 2)
}

/// Says that this is alive, again and again; never ends.
pub(super) async fn beat(engine: Handle, pause: Option<Duration>) {
    let Some(pause) = pause else { return std::future::pending().await };
    let mut beats = tokio::time::interval(pause);
    loop {
        beats.tick().await;
        match engine.ask(Beat).await {
            Ok(_) => tell(&[NotifyState::Watchdog]),
            Err(refusal) => tracing::error!("no sign of life: {refusal}"),
        }
    }
}

/// Says what a run does, in the words that the console has; never ends while the engine lives.
pub(super) async fn follow(mut events: Receiver<Event>) {
    loop {
        let happening = match events.recv().await {
            Ok(event) => event.happening,
            Err(RecvError::Lagged(_)) => continue,
            Err(RecvError::Closed) => return,
        };
        let text = match happening {
            Happening::Changes { totals, .. } => totals.words(),
            Happening::RunFinished { run } => Some(format!("run {} ended: {}", run.id, run.status)),
            _ => None,
        };
        if let Some(text) = text {
            tell(&[NotifyState::Status(&text)]);
        }
    }
}
