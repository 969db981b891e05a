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

use crate::clock::Clock;

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
///      │  17   │   │     0      │    40    │      12    +3 │   ours, by the minute they ended in: 17 + 40 + 12 count, as
///      └───────────┴────────────┴──────────┴───────────────┘   the first minute is not yet an hour gone to its end; and
///                                   ▲ look: limit, left        the 3 that are under way
/// ```
///
/// The server counts a request at some moment between its start and its end. Ours counts until an hour after the minute it
/// ended in, so never shorter; and whatever was under way when a look began counts as sent after it.
#[derive(Default)]
struct Counted {
    /// Requests of ours that count in the last hour, by the minute they ended in.
    sent: VecDeque<(DateTime<Utc>, u64)>,
    under_way: u64,
    /// All that ever ended.
    ended: u64,
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
    /// How many of ours had ended when the look began: that many the server has counted for certain.
    ended: u64,
}

impl Counted {
    /// Lets go of the minutes that have left the hour whole.
    fn forget(&mut self, now: DateTime<Utc>) {
        while self.sent.front().is_some_and(|(minute, _)| leaves(*minute) <= now) {
            self.sent.pop_front();
        }
    }

    fn ours(&self) -> u64 {
        self.under_way + self.sent.iter().map(|(_, sent)| sent).sum::<u64>()
    }

    fn end(&mut self, now: DateTime<Utc>) {
        self.under_way -= 1;
        self.ended += 1;
        let minute = now.duration_trunc(TimeDelta::minutes(1)).unwrap_or(now);
        match self.sent.back_mut() {
            // A clock that was set back counts into the minute that was the last.
            Some((last, sent)) if *last >= minute => *sent += 1,
            _ => self.sent.push_back((minute, 1)),
        }
    }

    /// What the server may not have counted yet when it told.
    fn since(&self, seen: Observed) -> u64 {
        self.ended + self.under_way - seen.ended
    }

    /// Left by the server, less what we sent since it told. After an hour all that it had counted then has left the window:
    /// what we sent is all that we know of.
    fn left(&self, seen: Observed, now: DateTime<Utc>) -> u64 {
        if now - seen.at >= WINDOW {
            seen.limit.saturating_sub(self.ours())
        } else {
            seen.left.saturating_sub(self.since(seen))
        }
    }
}

/// A request that counts, from before it is sent until it has ended, however it ends.
pub struct UnderWay {
    budget: Arc<Budget>,
    clock: Clock,
    /// How many had ended when it began.
    ended: u64,
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.budget.state().end(self.clock.now());
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

    /// A request that counts but does not wait for room: a look at the server's own count.
    pub(super) fn set_out(self: &Arc<Self>, clock: Clock) -> UnderWay {
        self.begin(&mut self.state(), clock)
    }

    fn begin(self: &Arc<Self>, state: &mut Counted, clock: Clock) -> UnderWay {
        state.under_way += 1;
        UnderWay { budget: Arc::clone(self), clock, ended: state.ended }
    }

    /// What the server says at the end of this look: `used` of `limit` requests in the last hour, by everybody. Whether the
    /// look is one of them is not said, so it counts as one more.
    pub fn observe(&self, limit: u64, used: u64, now: DateTime<Utc>, look: &UnderWay) {
        let mut state = self.state();
        state.forget(now);
        let left = limit.saturating_sub(used);
        let seen = Observed { at: now, limit, left, room: 0, ended: look.ended };
        let room = self.room(&state, seen, now);
        state.seen = Some(Observed { room, ..seen });
    }

    /// Whether the adapter ought to look again before its next request: never looked, long ago, or half is spent. Not where
    /// our own share is what is used up: a look would only be one request more.
    #[must_use]
    pub fn wants_look(&self, now: DateTime<Utc>) -> bool {
        let mut state = self.state();
        state.forget(now);
        let Some(seen) = state.seen else { return true };
        let old = now - seen.at >= LOOK_EVERY || self.room(&state, seen, now) * 2 <= seen.room;
        old && state.ours() < self.share_of(seen.limit)
    }

    /// Requests left when last looked, less those sent since, with the whole.
    #[must_use]
    pub fn left(&self, now: DateTime<Utc>) -> Option<(u64, u64)> {
        let state = self.state();
        state.seen.map(|seen| (state.left(seen, now), seen.limit))
    }

    /// Requests left of our share of the hour, or what the server has left where that is less, with the whole share.
    #[must_use]
    pub fn share(&self, now: DateTime<Utc>) -> Option<(u64, u64)> {
        let mut state = self.state();
        state.forget(now);
        state.seen.map(|seen| (self.room(&state, seen, now), self.share_of(seen.limit)))
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
    pub(super) fn take(self: &Arc<Self>, clock: Clock) -> Result<UnderWay, DateTime<Utc>> {
        let mut state = self.state();
        match self.full_until(&mut state, clock.now()) {
            Some(until) => Err(until),
            None => Ok(self.begin(&mut state, clock)),
        }
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

    /// What is ours to send now.
    fn room(&self, state: &Counted, seen: Observed, now: DateTime<Utc>) -> u64 {
        let share = self.share_of(seen.limit).saturating_sub(state.ours());
        state.left(seen, now).min(share)
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

    /// A clock that stands, for as long as a test looks at it.
    fn clock(seconds: i64) -> Clock {
        Clock::starting_at(at(seconds))
    }

    fn budget(share: f64) -> Arc<Budget> {
        Arc::new(Budget::new(share))
    }

    fn look(budget: &Arc<Budget>, limit: u64, used: u64, seconds: i64) {
        budget.observe(limit, used, at(seconds), &budget.set_out(clock(seconds)));
    }

    /// How many are let through, one after the other, at this second.
    fn taken(budget: &Arc<Budget>, seconds: i64) -> u64 {
        let all = std::iter::from_fn(|| budget.take(clock(seconds)).ok());
        all.count() as u64
    }

    #[rstest]
    #[case::nobody_else(0.5, 0, 49)]
    #[case::others_leave_more_than_the_share(0.5, 40, 49)]
    #[case::others_leave_less(0.5, 90, 9)]
    #[case::others_leave_nothing(0.5, 100, 0)]
    #[case::a_small_share(0.1, 0, 9)]
    #[case::all_of_it(1.0, 0, 99)]
    fn an_hour_grants_our_share_of_the_limit_or_what_is_left(
        #[case] share: f64,
        #[case] used: u64,
        #[case] granted: u64,
    ) {
        let budget = budget(share);
        look(&budget, 100, used, 0);
        assert_eq!(taken(&budget, 1), granted, "the look counts as one of ours");
    }

    #[test]
    fn a_new_look_does_not_grant_the_share_anew() {
        let budget = budget(0.5);
        look(&budget, 100, 0, 0);
        assert_eq!(taken(&budget, 1), 49);
        look(&budget, 100, 50, 1_200);
        assert_eq!(taken(&budget, 1_201), 0);
        assert!(budget.is_our_share_used_up(at(1_201)) && !budget.wants_look(at(3_000)));
    }

    #[test]
    fn what_was_sent_comes_back_minute_by_minute() {
        let budget = budget(0.5);
        look(&budget, 100, 0, 0);
        for _ in 0..20 {
            budget.take(clock(10)).unwrap();
        }
        assert_eq!(taken(&budget, 130), 29);
        assert_eq!(
            budget.take(clock(3_000)).err().unwrap(),
            at(3_660),
            "the first minute is an hour gone"
        );
        assert_eq!((taken(&budget, 3_659), taken(&budget, 3_660)), (0, 21));
        assert_eq!((taken(&budget, 3_779), taken(&budget, 3_780)), (0, 29));
    }

    #[test]
    fn what_others_used_up_is_free_an_hour_after_we_saw_it() {
        let budget = budget(0.5);
        look(&budget, 100, 100, 0);
        assert_eq!(budget.take(clock(5)).err().unwrap(), at(3_600));
        assert!(!budget.is_our_share_used_up(at(5)));
        assert!(budget.has_room(at(3_600)));
    }

    #[test]
    fn a_clock_that_is_set_back_forgets_nothing() {
        let budget = budget(0.5);
        look(&budget, 100, 0, 600);
        assert_eq!(taken(&budget, 601), 49);
        assert_eq!(taken(&budget, 0), 0);
    }

    #[test]
    fn what_is_under_way_when_a_look_begins_counts_as_sent_after_it() {
        let budget = budget(1.0);
        let held: Vec<UnderWay> = (0..3).map(|_| budget.take(clock(0)).unwrap()).collect();
        let begun = budget.set_out(clock(0));
        drop(held);
        budget.observe(100, 90, at(0), &begun);
        drop(begun);
        assert_eq!(
            taken(&budget, 1),
            10 - 3 - 1,
            "the server may have counted neither them nor the look"
        );
    }

    #[test]
    fn a_request_counts_until_an_hour_after_it_ended() {
        let budget = budget(0.5);
        look(&budget, 4, 0, 0);
        let slow = budget.take(clock(1)).unwrap();
        assert_eq!(taken(&budget, 3_700), 1, "the look is gone, the slow one is not");
        drop(slow);
    }

    /// Sends whenever there is room, each for so long, and looks whenever a look is due. The server counts a request at its
    /// start or at its end.
    #[derive(Default)]
    struct Sender {
        flying: Vec<(i64, UnderWay)>,
        counted: Vec<i64>,
    }

    #[derive(Clone, Copy, Debug)]
    struct Round {
        pause: i64,
        wanted: usize,
        takes: i64,
        counted_late: bool,
        others: u64,
    }

    impl Sender {
        fn land(&mut self, now: i64) {
            let landed = self.flying.extract_if(.., |(end, _)| *end <= now);
            for (end, mut request) in landed {
                request.clock = clock(end);
                drop(request);
            }
        }

        fn go(&mut self, budget: &Arc<Budget>, now: i64, round: Round) {
            self.land(now);
            if budget.wants_look(at(now)) {
                let within = |then: &&i64| (now - 3_600 + 1..=now).contains(*then);
                let ours = self.counted.iter().filter(within).count() as u64;
                look(budget, 100, ours + round.others, now);
                self.counted.push(now);
            }
            let end = now + round.takes;
            for request in (0..round.wanted).map_while(|_| budget.take(clock(now)).ok()) {
                self.flying.push((end, request));
                self.counted.push(if round.counted_late { end } else { now });
            }
        }
    }

    prop_compose! {
        fn a_round()(
            pause in 0..400_i64,
            wanted in 1..40_usize,
            takes in 0..200_i64,
            counted_late: bool,
            others in 0..100_u64,
        ) -> Round {
            Round { pause, wanted, takes, counted_late, others }
        }
    }

    proptest! {
        #[test]
        fn no_sixty_minutes_hold_more_than_the_share(
            rounds in prop::collection::vec(a_round(), 1..120),
            percent in 1..=100_u32,
        ) {
            let budget = budget(f64::from(percent) / 100.0);
            let (mut now, mut sender) = (0, Sender::default());
            for round in rounds {
                now += round.pause;
                sender.go(&budget, now, round);
            }
            sender.land(i64::MAX / 2_000);
            let mut sent = sender.counted;
            sent.sort_unstable();
            for (first, start) in sent.iter().enumerate() {
                let within = sent[first..].iter().take_while(|then| **then - start < 3_600).count();
                prop_assert!(within as u64 <= u64::from(percent).max(1), "{within} of {percent}");
            }
        }
    }
}
