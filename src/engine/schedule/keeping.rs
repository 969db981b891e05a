//! Whether somebody keeps the schedule, and how they are told that it changed.
//!
//! It must not know what is due.

use std::sync::{
    Mutex, OnceLock, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::domain::schedule::Schedule;

/// Shared by whoever keeps the schedule and whoever changes it.
#[derive(Debug, Default)]
pub(crate) struct Keeping {
    /// Ends with the engine; there where somebody keeps it.
    stop: OnceLock<CancellationToken>,
    notify: Notify,
    /// What is kept, where the settings were read again.
    schedule: Mutex<Option<Schedule>>,
    /// Whether what is due waits for a run of somebody else.
    waiting: AtomicBool,
    /// Held by whoever changes the record.
    pub(crate) pen: tokio::sync::Mutex<()>,
}

impl Keeping {
    /// Whoever asks first keeps it; false for anybody after that.
    pub(crate) fn begin(&self, stop: CancellationToken) -> bool {
        self.stop.set(stop).is_ok()
    }

    pub(crate) fn is_kept(&self) -> bool {
        self.stop.get().is_some()
    }

    /// Whether the engine ends: what is cut off then is not over.
    pub(crate) fn is_stopping(&self) -> bool {
        self.stop.get().is_some_and(CancellationToken::is_cancelled)
    }

    /// Has another schedule kept from now on.
    pub(crate) fn replace(&self, schedule: Schedule) {
        *self.schedule.lock().unwrap_or_else(PoisonError::into_inner) = Some(schedule);
        self.changed();
    }

    /// That one, where there is one.
    pub(crate) fn replaced(&self) -> Option<Schedule> {
        self.schedule.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether what is due waits for a run of somebody else.
    pub(crate) fn is_waiting(&self) -> bool {
        self.waiting.load(Ordering::Relaxed)
    }

    /// Whether that was not so before.
    pub(crate) fn waits(&self, waiting: bool) -> bool {
        self.waiting.swap(waiting, Ordering::Relaxed) != waiting
    }

    /// Tells whoever keeps it to look again at what is next.
    pub(crate) fn changed(&self) {
        self.notify.notify_one();
    }

    /// Waits for that.
    pub(crate) async fn change(&self) {
        self.notify.notified().await;
    }
}
