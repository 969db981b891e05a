//! What is waited for at this moment, put together from what the engine tells.
//!
//! It must not wait or look at the clock.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// One wait under way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wait {
    /// Such as `Autotask's hourly budget`.
    pub for_what: String,
    /// Until when, if known.
    pub until: Option<DateTime<Utc>>,
}

/// All waits under way: several requests may wait at once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waits(Vec<Wait>);

impl Waits {
    /// Something is waited for.
    pub fn begun(&mut self, for_what: &str, until: Option<DateTime<Utc>>) {
        self.0.push(Wait { for_what: for_what.to_owned(), until });
    }

    /// One of the waits is over. It is not said which: that which was to end first is taken for it.
    pub fn over(&mut self) {
        let ends = |at: &usize| self.0[*at].until.unwrap_or(DateTime::<Utc>::MAX_UTC);
        if let Some(first) = (0..self.0.len()).min_by_key(ends) {
            self.0.remove(first);
        }
    }

    /// The one that lasts longest; none while nothing is waited for.
    #[must_use]
    pub fn longest(&self) -> Option<&Wait> {
        self.0.iter().max_by_key(|wait| wait.until.unwrap_or(DateTime::<Utc>::MAX_UTC))
    }
}
