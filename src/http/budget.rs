//! The hourly budget of a server that shares it among all its clients (wire/autotask 8, sync-rules 8.5).

use std::{
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::BoxFuture;

/// How long an observation may be old, or how much of its allowance may be gone, before a new look is due.
const LOOK_EVERY: TimeDelta = TimeDelta::minutes(10);

/// Requests count for an hour.
const WINDOW: TimeDelta = TimeDelta::hours(1);

/// What may still be sent. The adapter tells what the server counts; without that nothing is limited.
pub struct Budget {
    share: f64,
    state: Mutex<Option<ObservedBudget>>,
    /// Looks taken while it was used up; one at a time.
    looks: AtomicU64,
    looking: tokio::sync::Mutex<()>,
}

#[derive(Clone, Copy)]
struct ObservedBudget {
    at: DateTime<Utc>,
    limit: u64,
    left: u64,
    allowance: u64,
    spent: u64,
}

impl Budget {
    pub(super) fn new(share: f64) -> Self {
        Self {
            share: share.clamp(0.01, 1.0),
            state: Mutex::default(),
            looks: AtomicU64::new(0),
            looking: tokio::sync::Mutex::default(),
        }
    }

    /// What the server says now: `used` of `limit` requests in the last hour, by everybody.
    pub fn observe(&self, limit: u64, used: u64, now: DateTime<Utc>) {
        let left = limit.saturating_sub(used);
        let observed =
            ObservedBudget { at: now, limit, left, allowance: self.share_of(left), spent: 0 };
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = Some(observed);
    }

    /// Whether the adapter ought to look again before its next request: never looked, long ago, or half is spent.
    #[must_use]
    pub fn wants_look(&self, now: DateTime<Utc>) -> bool {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.is_none_or(|seen| now - seen.at >= LOOK_EVERY || seen.spent * 2 >= seen.allowance)
    }

    /// Requests left when last looked, less those sent since, with the whole.
    #[must_use]
    pub fn left(&self) -> Option<(u64, u64)> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.map(|seen| (seen.left.saturating_sub(seen.spent), seen.limit))
    }

    /// Requests left of our share of the hour when last looked, less those sent since, with the whole share.
    #[must_use]
    pub fn share(&self) -> Option<(u64, u64)> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.map(|seen| (seen.allowance.saturating_sub(seen.spent), self.share_of(seen.limit)))
    }

    /// Looks taken so far while it was used up.
    pub(super) fn looks(&self) -> u64 {
        self.looks.load(Ordering::Acquire)
    }

    /// Looks, unless somebody else who waits has looked since there were so many looks.
    pub(super) async fn look_after(&self, looks: u64, look: &Look) {
        let _one = self.looking.lock().await;
        if self.looks() == looks {
            look.now().await;
            self.looks.fetch_add(1, Ordering::Release);
        }
    }

    /// Whether a request could be taken out of the allowance.
    pub(super) fn has_room(&self, now: DateTime<Utc>) -> bool {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.is_none_or(|seen| now - seen.at >= WINDOW || seen.spent < seen.allowance)
    }

    /// Takes one request out of the allowance, or says until when to wait.
    pub(super) fn take(&self, now: DateTime<Utc>) -> Result<(), DateTime<Utc>> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(seen) = state.as_mut() else { return Ok(()) };
        if now - seen.at >= WINDOW {
            // All that was counted then has left the window; what we sent since is all we know of.
            let left = seen.limit.saturating_sub(seen.spent);
            *seen = ObservedBudget {
                at: now,
                left,
                allowance: self.share_of(left).max(1),
                spent: 0,
                ..*seen
            };
        }
        if seen.spent >= seen.allowance {
            return Err(seen.at + WINDOW);
        }
        seen.spent += 1;
        Ok(())
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "a share of some thousand requests; the share lies between 0 and 1"
    )]
    fn share_of(&self, left: u64) -> u64 {
        (left as f64 * self.share).floor() as u64
    }
}

/// A look at the hourly budget, which the adapter knows how to take.
#[derive(Clone)]
pub struct Look(Arc<dyn Fn() -> BoxFuture<'static, ()> + Send + Sync>);

impl Look {
    /// One that is taken so.
    pub fn new(look: impl Fn() -> BoxFuture<'static, ()> + Send + Sync + 'static) -> Self {
        Self(Arc::new(look))
    }

    fn now(&self) -> BoxFuture<'static, ()> {
        (self.0)()
    }
}

impl fmt::Debug for Look {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Look")
    }
}
