//! How fast one remote system is asked, whatever is asked of it: so many requests begun in any minute.
//!
//! It must not wait itself: it says until when.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

use chrono::{DateTime, TimeDelta, Utc};

const MINUTE: TimeDelta = TimeDelta::minutes(1);

/// A ceiling of our own for a system that names no budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// Requests at once per [`super::Call::endpoint`].
    pub in_flight: usize,
    /// Requests begun within any 60 seconds.
    pub a_minute: usize,
}

/// When the last requests began, or will begin: as many as a minute may hold.
pub(super) struct MinuteWindow {
    most: usize,
    begun: Mutex<VecDeque<DateTime<Utc>>>,
}

impl MinuteWindow {
    pub(super) fn new(most: usize) -> Self {
        Self { most: most.max(1), begun: Mutex::default() }
    }

    /// Takes the next free moment: now, or as soon as a minute has passed since the request that was so many before.
    /// Never more than a minute ahead, however the clock was set.
    pub(super) fn take(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        let mut begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        let full = begun.len() >= self.most;
        let free = if full { begun.pop_front() } else { None }.map(|oldest| oldest + MINUTE);
        let moment = free.map_or(now, |free| free.clamp(now, now + MINUTE));
        begun.push_back(moment);
        moment
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
    }

    #[test]
    fn a_full_minute_lets_the_next_begin_when_its_first_is_a_minute_old() {
        let window = MinuteWindow::new(2);
        assert_eq!([window.take(at(0)), window.take(at(10))], [at(0), at(10)]);
        assert_eq!([window.take(at(11)), window.take(at(11))], [at(60), at(70)]);
        assert_eq!(window.take(at(300)), at(300));
    }

    #[test]
    fn a_clock_that_is_set_back_makes_nobody_wait_longer_than_a_minute() {
        let window = MinuteWindow::new(1);
        window.take(at(7_200));
        assert_eq!(window.take(at(0)), at(60));
    }

    proptest! {
        #[test]
        fn no_minute_holds_more_than_it_may(
            pauses in prop::collection::vec(0..30_i64, 1..200),
            most in 1..8_usize,
        ) {
            let window = MinuteWindow::new(most);
            let (mut now, mut begun) = (at(0), Vec::new());
            for pause in pauses {
                now += TimeDelta::seconds(pause);
                // Whoever takes a moment waits for it.
                now = window.take(now);
                begun.push(now);
            }
            for pair in begun.windows(most + 1) {
                prop_assert!(pair[most] - pair[0] >= MINUTE);
            }
        }
    }
}
