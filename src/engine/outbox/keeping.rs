//! Whether somebody keeps the post, and how they are told that there is something for it.
//!
//! It must not know what is sent.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use tokio::sync::Notify;

use crate::config::Config;

/// Shared by whoever keeps the post and whoever has something for it.
#[derive(Debug, Default)]
pub(crate) struct PostKeeping {
    kept: AtomicBool,
    notify: Notify,
    /// Settings that were read again.
    config: Mutex<Option<Config>>,
}

impl PostKeeping {
    /// Whoever asks first keeps it; false for anybody after that.
    pub(crate) fn begin(&self) -> bool {
        !self.kept.swap(true, Ordering::Relaxed)
    }

    pub(crate) fn is_kept(&self) -> bool {
        self.kept.load(Ordering::Relaxed)
    }

    /// Has other settings hold from now on.
    pub(crate) fn replace(&self, config: Config) {
        *self.config.lock().unwrap_or_else(PoisonError::into_inner) = Some(config);
        self.changed();
    }

    /// Those, where there are any.
    pub(crate) fn replaced(&self) -> Option<Config> {
        self.config.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// There may be something to send.
    pub(crate) fn changed(&self) {
        self.notify.notify_one();
    }

    /// Waits for that.
    pub(crate) async fn change(&self) {
        self.notify.notified().await;
    }
}
