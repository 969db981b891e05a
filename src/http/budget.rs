//! The hourly budget of a server that shares it among all its clients (wire/autotask 8, sync-rules 8.5).

use std::{
    collections::VecDeque,
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use futures_util::future::BoxFuture;

/// How long an observation may be old, or how much of what it left may be gone, before a new look is due.
const LOOK_EVERY: TimeDelta = TimeDelta::minutes(10);

/// Requests count for an hour.
const WINDOW: TimeDelta = TimeDelta::hours(1);

/// What may still be sent: at most our share of the server's limit in any hour, and no more than the server has left. The
/// adapter tells what the server counts; without that nothing is limited.
pub struct Budget {
    share: f64,
    state: Mutex<Counted>,
    /// Looks taken while it was used up; one at a time.
    looks: AtomicU64,
    looking: tokio::sync::Mutex<()>,
}

/// What was sent and seen.
///
/// ```text
///            now - 1 h                                    now
///  ────┬───────┼───┬────────────┬──────────┬───────────────┤
///      │  17   │   │     0      │    40    │      12       │   ours, by the minute: 17 + 40 + 12 count, as the
///      └───────────┴────────────┴──────────┴───────────────┘   first minute is not yet an hour gone to its end
///                                     ▲ look: limit, left       12 of what was left then are gone
/// ```
#[derive(Default)]
struct Counted {
    /// Requests of ours that counted in the last hour, by minute.
    sent: VecDeque<(DateTime<Utc>, u64)>,
    /// What the server told last.
    seen: Option<Observed>,
}

#[derive(Clone, Copy)]
struct Observed {
    at: DateTime<Utc>,
    limit: u64,
    /// Of the limit, for everybody.
    left: u64,
    /// What was ours to send when we looked.
    room: u64,
    /// Sent by us since.
    since: u64,
}

impl Counted {
    /// Lets go of the minutes that have left the hour whole.
    fn forget(&mut self, now: DateTime<Utc>) {
        while self.sent.front().is_some_and(|(minute, _)| leaves(*minute) <= now) {
            self.sent.pop_front();
        }
    }

    fn ours(&self) -> u64 {
        self.sent.iter().map(|(_, sent)| sent).sum()
    }

    fn add(&mut self, now: DateTime<Utc>) {
        let minute = now.duration_trunc(TimeDelta::minutes(1)).unwrap_or(now);
        match self.sent.back_mut() {
            // A clock that was set back counts into the minute that was the last.
            Some((last, sent)) if *last >= minute => *sent += 1,
            _ => self.sent.push_back((minute, 1)),
        }
    }

    /// Left by the server, less what we sent since it told. After an hour all that it had counted then has left the window:
    /// what we sent is all that we know of.
    fn left(&self, seen: Observed, now: DateTime<Utc>) -> u64 {
        if now - seen.at >= WINDOW {
            seen.limit.saturating_sub(self.ours())
        } else {
            seen.left.saturating_sub(seen.since)
        }
    }
}

/// When the last second of this minute is an hour ago.
fn leaves(minute: DateTime<Utc>) -> DateTime<Utc> {
    minute + TimeDelta::minutes(1) + WINDOW
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

    /// What the server says now: `used` of `limit` requests in the last hour, by everybody. The look was one of them.
    pub fn observe(&self, limit: u64, used: u64, now: DateTime<Utc>) {
        let mut state = self.state();
        state.forget(now);
        state.add(now);
        let left = limit.saturating_sub(used);
        let room = left.min(self.share_of(limit).saturating_sub(state.ours()));
        state.seen = Some(Observed { at: now, limit, left, room, since: 0 });
    }

    /// Whether the adapter ought to look again before its next request: never looked, long ago, or half is spent. Not where
    /// our own share is what is used up: a look would only be one request more.
    #[must_use]
    pub fn wants_look(&self, now: DateTime<Utc>) -> bool {
        let mut state = self.state();
        state.forget(now);
        let Some(seen) = state.seen else { return true };
        let old = now - seen.at >= LOOK_EVERY || seen.since * 2 >= seen.room;
        old && state.ours() < self.share_of(seen.limit)
    }

    /// Requests left when last looked, less those sent since, with the whole.
    #[must_use]
    pub fn left(&self) -> Option<(u64, u64)> {
        let state = self.state();
        state.seen.map(|seen| (seen.left.saturating_sub(seen.since), seen.limit))
    }

    /// Requests left of our share of the hour, or what the server has left where that is less, with the whole share.
    #[must_use]
    pub fn share(&self) -> Option<(u64, u64)> {
        let state = self.state();
        state.seen.map(|seen| {
            let share = self.share_of(seen.limit);
            let left = seen.left.saturating_sub(seen.since);
            (share.saturating_sub(state.ours()).min(left), share)
        })
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

    /// Whether a request could be taken.
    pub(super) fn has_room(&self, now: DateTime<Utc>) -> bool {
        self.full_until(&mut self.state(), now).is_none()
    }

    /// Whether it is our own share that is used up, so that a look at the server can find nothing.
    pub(super) fn is_our_share_used_up(&self, now: DateTime<Utc>) -> bool {
        let mut state = self.state();
        state.forget(now);
        state.seen.is_some_and(|seen| state.ours() >= self.share_of(seen.limit))
    }

    /// Takes one request, or says until when to wait.
    pub(super) fn take(&self, now: DateTime<Utc>) -> Result<(), DateTime<Utc>> {
        let mut state = self.state();
        if let Some(until) = self.full_until(&mut state, now) {
            return Err(until);
        }
        state.add(now);
        if let Some(seen) = state.seen.as_mut() {
            seen.since += 1;
        }
        Ok(())
    }

    /// Until when there is no room: the oldest of our minutes leaves the hour, or everything that others had sent has.
    fn full_until(&self, state: &mut Counted, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        state.forget(now);
        let seen = state.seen?;
        if state.ours() >= self.share_of(seen.limit) {
            return Some(state.sent.front().map_or(now + WINDOW, |(minute, _)| leaves(*minute)));
        }
        (state.left(seen, now) == 0).then(|| seen.at + WINDOW)
    }

    fn state(&self) -> MutexGuard<'_, Counted> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "a share of some thousand requests; the share lies between 0 and 1"
    )]
    fn share_of(&self, limit: u64) -> u64 {
        ((limit as f64 * self.share).floor() as u64).max(1)
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
    }

    /// How many are let through, one after the other, at this second.
    fn taken(budget: &Budget, seconds: i64) -> u64 {
        (0..1_000).find(|_| budget.take(at(seconds)).is_err()).unwrap_or(1_000)
    }

    #[rstest]
    #[case::nobody_else(0.5, 0, 49)]
    #[case::others_leave_more_than_the_share(0.5, 40, 49)]
    #[case::others_leave_less(0.5, 90, 10)]
    #[case::others_leave_nothing(0.5, 100, 0)]
    #[case::a_small_share(0.1, 0, 9)]
    #[case::all_of_it(1.0, 0, 99)]
    fn an_hour_grants_our_share_of_the_limit_or_what_is_left(
        #[case] share: f64,
        #[case] used: u64,
        #[case] granted: u64,
    ) {
        let budget = Budget::new(share);
        budget.observe(100, used, at(0));
        assert_eq!(taken(&budget, 1), granted, "the look counts as one of ours");
    }

    #[test]
    fn a_new_look_does_not_grant_the_share_anew() {
        let budget = Budget::new(0.5);
        budget.observe(100, 0, at(0));
        assert_eq!(taken(&budget, 1), 49);
        budget.observe(100, 50, at(1_200));
        assert_eq!(taken(&budget, 1_201), 0);
        assert!(budget.is_our_share_used_up(at(1_201)) && !budget.wants_look(at(3_000)));
    }

    #[test]
    fn what_was_sent_comes_back_minute_by_minute() {
        let budget = Budget::new(0.5);
        budget.observe(100, 0, at(0));
        for _ in 0..20 {
            budget.take(at(10)).unwrap();
        }
        assert_eq!(taken(&budget, 130), 29);
        assert_eq!(
            budget.take(at(3_000)).unwrap_err(),
            at(3_660),
            "the first minute is an hour gone"
        );
        assert_eq!((taken(&budget, 3_659), taken(&budget, 3_660)), (0, 21));
        assert_eq!((taken(&budget, 3_779), taken(&budget, 3_780)), (0, 29));
    }

    #[test]
    fn what_others_used_up_is_free_an_hour_after_we_saw_it() {
        let budget = Budget::new(0.5);
        budget.observe(100, 100, at(0));
        assert_eq!(budget.take(at(5)).unwrap_err(), at(3_600));
        assert!(!budget.is_our_share_used_up(at(5)));
        assert!(budget.has_room(at(3_600)));
    }

    #[test]
    fn a_clock_that_is_set_back_forgets_nothing() {
        let budget = Budget::new(0.5);
        budget.observe(100, 0, at(600));
        assert_eq!(taken(&budget, 601), 49);
        assert_eq!(taken(&budget, 0), 0);
    }

    proptest! {
        /// Whoever sends whenever there is room, and looks whenever a look is due, never has more than the share in any hour.
        #[test]
        fn no_sixty_minutes_hold_more_than_the_share(
            steps in prop::collection::vec((0..400_i64, 1..40_u64, 0..100_u64), 1..120),
            percent in 1..=100_u32,
        ) {
            let budget = Budget::new(f64::from(percent) / 100.0);
            let (mut now, mut sent) = (0, Vec::new());
            for (pause, wanted, others) in steps {
                now += pause;
                if budget.wants_look(at(now)) {
                    let ours = sent.iter().filter(|then| now - **then < 3_600).count() as u64;
                    budget.observe(100, ours + others.min(100), at(now));
                    sent.push(now);
                }
                sent.extend((0..wanted).filter(|_| budget.take(at(now)).is_ok()).map(|_| now));
            }
            for (first, start) in sent.iter().enumerate() {
                let within = sent[first..].iter().take_while(|then| **then - start < 3_600).count();
                prop_assert!(within as u64 <= u64::from(percent).max(1), "{within} of {percent}");
            }
        }
    }
}
