//! How long one write may be put off before it is given up (sync-rules 8.3).
//!
//! It must not wait by itself: it says for how long.

use std::time::Duration;

use crate::domain::{Code, outcome::Finding};

/// How long one write may be put off by 429 and the like before it is left to the retry list.
const IN_ALL: Duration = Duration::from_secs(2 * 60 * 60);

/// Servers count requests by the hour: one that asks for more than that is mistaken.
const LONGEST_BELIEVED: Duration = Duration::from_secs(65 * 60);

const FIRST_PAUSE: Duration = Duration::from_secs(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(300);

/// What one write has been through.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Backoff {
    put_off: u32,
    spent: Duration,
}

impl Backoff {
    /// How long to wait after it was put off once more, for which the target may have asked for so many seconds; none
    /// where it is time to give up.
    pub(crate) fn pause(&mut self, finding: &Finding, asked: Option<u64>) -> Option<Duration> {
        // That was waited for already, and long.
        if finding.code == Code::BudgetUsedUp {
            return None;
        }
        let pause = self.next(asked);
        if self.spent + pause > IN_ALL {
            return None;
        }
        self.put_off += 1;
        self.spent += pause;
        Some(pause)
    }

    /// Longer every time, also where the target asks to come back at once, again and again.
    fn next(self, asked: Option<u64>) -> Duration {
        let own = FIRST_PAUSE.saturating_mul(1 << self.put_off.min(16)).min(LONGEST_PAUSE);
        match asked.map(Duration::from_secs) {
            Some(asked) if asked > LONGEST_BELIEVED => LONGEST_PAUSE,
            Some(asked) => asked.max(own),
            None => own,
        }
    }

    /// What to say of a write that is given up, with how long it was waited for.
    pub(crate) fn given_up(self, last: Finding) -> Finding {
        last.after_waiting(self.spent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn too_many() -> Finding {
        Finding::new(Code::RateLimited, "429", "")
    }

    fn all(asked: Option<u64>) -> Vec<Duration> {
        let mut patience = Backoff::default();
        std::iter::from_fn(|| patience.pause(&too_many(), asked)).collect()
    }

    #[test]
    fn patience_ends_whatever_is_asked_for() {
        for asked in [None, Some(0), Some(1), Some(3_600), Some(86_400), Some(u64::MAX)] {
            let pauses = all(asked);
            assert!((2..60).contains(&pauses.len()), "{asked:?}: {pauses:?}");
            assert!(pauses.iter().sum::<Duration>() <= IN_ALL, "{asked:?}: {pauses:?}");
        }
    }

    #[test]
    fn what_is_asked_for_is_waited_for() {
        assert_eq!(all(Some(900))[0], Duration::from_secs(900));
        assert_eq!(all(Some(3_600))[0], Duration::from_secs(3_600));
    }

    #[test]
    fn a_budget_that_was_waited_for_in_vain_is_not_waited_for_again() {
        let used_up = Finding::new(Code::BudgetUsedUp, "used up", "");
        assert_eq!(Backoff::default().pause(&used_up, None), None);
    }
}
