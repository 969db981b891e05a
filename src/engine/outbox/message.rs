//! Messages as they are kept: what is told, to whom, and how far each delivery has come. Plain values.

#![expect(missing_docs, reason = "what has no sentence is what its name says")]

use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::{
    RunId,
    notify::Topic,
    outcome::{Finding, Outcome},
};

/// So long a delivery is tried.
pub(crate) const TRIED_FOR: TimeDelta = TimeDelta::days(3);

/// The first wait after a try that came to nothing; it grows threefold.
const FIRST_WAIT: TimeDelta = TimeDelta::minutes(1);

/// The longest.
const LONGEST_WAIT: TimeDelta = TimeDelta::hours(4);

/// What is told once, to some.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    pub number: u64,
    /// That of its occasion.
    pub name: String,
    /// None where everybody is told, whatever they wish.
    pub topic: Option<Topic>,
    pub outcome: Outcome,
    pub made_at: DateTime<Utc>,
    #[serde(default)]
    pub run: Option<RunId>,
    pub subject: String,
    pub text: String,
    /// The same for programs.
    pub facts: serde_json::Value,
    pub deliveries: Vec<Delivery>,
}

/// Who is told.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum Recipient {
    Mail {
        address: String,
    },
    /// A web address, whose path may be a secret: what tells it from others, and where it is.
    Hook {
        key: String,
        origin: String,
    },
}

impl fmt::Display for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mail { address } => f.pad(address),
            Self::Hook { origin, .. } => f.pad(origin),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// It is tried, and tried again.
    Waiting,
    /// It was taken.
    Sent,
    /// It was not, and is tried no more.
    GivenUp,
}

/// One message on its way to one recipient.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    pub to: Recipient,
    /// What tells it from every other: the same at each try.
    pub id: String,
    pub state: DeliveryState,
    pub tries: u32,
    pub next_try: DateTime<Utc>,
    pub last_error: Option<Finding>,
    /// When it was taken or given up.
    #[serde(default)]
    pub ended_at: Option<DateTime<Utc>>,
}

impl Delivery {
    pub(crate) fn new(to: Recipient, id: String, now: DateTime<Utc>) -> Self {
        let state = DeliveryState::Waiting;
        Self { to, id, state, tries: 0, next_try: now, last_error: None, ended_at: None }
    }

    pub(crate) fn is_waiting(&self) -> bool {
        self.state == DeliveryState::Waiting
    }

    /// Whether it is to be tried by now.
    pub(crate) fn is_due(&self, now: DateTime<Utc>) -> bool {
        self.is_waiting() && self.next_try <= now
    }

    pub(crate) fn sent(&mut self, now: DateTime<Utc>) {
        (self.tries, self.state, self.ended_at) = (self.tries + 1, DeliveryState::Sent, Some(now));
        self.last_error = None;
    }

    /// A try came to nothing.
    pub(crate) fn failed(
        &mut self,
        why: Finding,
        for_good: bool,
        made_at: DateTime<Utc>,
        now: DateTime<Utc>,
    ) {
        self.tries += 1;
        self.last_error = Some(why);
        let grown = 3_i32.checked_pow(self.tries.saturating_sub(1)).unwrap_or(i32::MAX);
        let wait = FIRST_WAIT.checked_mul(grown).unwrap_or(LONGEST_WAIT).min(LONGEST_WAIT);
        let last = made_at + TRIED_FOR;
        if for_good || now >= last {
            (self.state, self.ended_at) = (DeliveryState::GivenUp, Some(now));
        } else {
            self.next_try = (now + wait).min(last);
        }
    }
}

impl Message {
    pub(crate) fn is_over(&self) -> bool {
        !self.deliveries.iter().any(Delivery::is_waiting)
    }

    /// When something of it is to be tried next.
    pub(crate) fn next_try(&self) -> Option<DateTime<Utc>> {
        let waiting = self.deliveries.iter().filter(|one| one.is_waiting());
        waiting.map(|one| one.next_try).min()
    }
}

/// What was told before, and is not told again while it stays so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// Whom it befell: until that is well again it is not forgotten, whatever else it has meanwhile.
    #[serde(default)]
    pub whom: String,
    /// In one line.
    pub text: String,
    pub since: DateTime<Utc>,
    pub last: DateTime<Utc>,
    /// How many runs came to it.
    pub times: u64,
}

/// How far the post is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PostRecord {
    /// The number of the newest message.
    pub newest: u64,
    /// The last day of the week that was told last.
    #[serde(default)]
    pub digest: Option<chrono::NaiveDate>,
    /// Since when a first success is waited for.
    #[serde(default)]
    pub watched_since: Option<DateTime<Utc>>,
    /// Since when there was no success, as it was told last.
    #[serde(default)]
    pub no_success: Option<DateTime<Utc>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hours: i64) -> DateTime<Utc> {
        let start: DateTime<Utc> = "2026-10-05T06:00:00Z".parse().expect("a time");
        start + TimeDelta::hours(hours)
    }

    fn delivery() -> Delivery {
        let to = Recipient::Mail { address: "ops@example.com".to_owned() };
        Delivery::new(to, "id".to_owned(), at(0))
    }

    fn why() -> Finding {
        Finding::new(crate::domain::Code::MailRefused, "no", "")
    }

    #[test]
    fn a_delivery_is_tried_ever_more_seldom_for_three_days() {
        let (mut one, mut now, mut waits) = (delivery(), at(0), Vec::new());
        while one.is_waiting() {
            assert!(one.is_due(now));
            one.failed(why(), false, at(0), now);
            waits.push((one.next_try - now).num_minutes());
            now = now.max(one.next_try);
        }
        assert_eq!(waits[..7], [1, 3, 9, 27, 81, 240, 240]);
        assert_eq!((one.state, one.ended_at), (DeliveryState::GivenUp, Some(at(72))));
        assert!(one.tries < 30, "{}", one.tries);
    }

    #[test]
    fn what_can_never_be_taken_is_given_up_at_once() {
        let mut one = delivery();
        one.failed(why(), true, at(0), at(0));
        assert_eq!((one.state, one.tries), (DeliveryState::GivenUp, 1));
    }
}
