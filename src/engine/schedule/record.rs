//! What is kept of the schedule: how far it is, the last look, and what became of due times. Plain values.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::{
    ConnectionId, RunId,
    outcome::Outcome,
    schedule::{
        LookKind,
        course::{Attempt, Course, PassedOver, PassedOverDues},
    },
};

/// So many due times are kept with what became of them.
const DUE_TIMES_KEPT: usize = 100;

/// So many invoices are known to have been looked at.
const NOTICED_KEPT: usize = 200;

/// All of it: one record for the installation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScheduleRecord {
    /// How far it is.
    pub course: Course,
    /// The last look that ended.
    #[serde(default)]
    pub last: Option<LookRecord>,
    /// When a look ended well last; none where none did since there is a schedule.
    #[serde(default)]
    pub succeeded_at: Option<DateTime<Utc>>,
    /// Due times with what became of them, newest last.
    #[serde(default)]
    pub due_times: Vec<DueRecord>,
    /// Numbers of invoices that looks came to, by target: they are not new any more.
    #[serde(default)]
    pub noticed: BTreeMap<ConnectionId, BTreeSet<String>>,
}

/// A look that ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LookRecord {
    /// What it was for.
    pub attempt: Attempt,
    /// When it began.
    pub began_at: DateTime<Utc>,
    /// When it ended.
    pub ended_at: DateTime<Utc>,
    /// The worst of its runs.
    pub outcome: Outcome,
    /// What came of it.
    pub text: String,
    /// The runs it made.
    #[serde(default)]
    pub runs: Vec<RunId>,
    /// Contracts that guards hold since.
    #[serde(default)]
    pub held: u64,
    /// Changes that were planned and wait for somebody.
    #[serde(default)]
    pub waiting: u64,
}

/// A due time, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DueRecord {
    /// When.
    pub due: DateTime<Utc>,
    /// What was due.
    pub kind: LookKind,
    /// What became of it.
    pub became: Became,
}

/// What became of a due time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "became", rename_all = "snake_case")]
pub enum Became {
    /// It was looked at, the last time with this outcome.
    Looked {
        /// The outcome.
        outcome: Outcome,
    },
    /// It was not.
    PassedOver {
        /// Why.
        why: PassedOver,
    },
}

impl ScheduleRecord {
    pub(crate) fn new(course: Course) -> Self {
        let (last, succeeded_at) = (None, None);
        Self { course, last, succeeded_at, due_times: Vec::new(), noticed: BTreeMap::new() }
    }

    /// Keeps why nothing was looked at.
    pub(crate) fn pass_over(&mut self, passed: PassedOverDues) {
        for (due, why) in passed {
            self.note(due.at, due.kind, Became::PassedOver { why });
        }
    }

    /// Keeps what became of a due time, in the place of what was known of it.
    pub(crate) fn note(&mut self, due: DateTime<Utc>, kind: LookKind, became: Became) {
        self.due_times.retain(|known| known.due != due);
        self.due_times.push(DueRecord { due, kind, became });
        let over = self.due_times.len().saturating_sub(DUE_TIMES_KEPT);
        self.due_times.drain(..over);
    }

    /// Whether no look has come to one of these invoices of a target yet.
    pub(crate) fn has_new(&self, target: &ConnectionId, invoices: &BTreeSet<String>) -> bool {
        let known = self.noticed.get(target);
        invoices.iter().any(|invoice| known.is_none_or(|known| !known.contains(invoice)))
    }

    /// A look has come to these invoices of a target.
    pub(crate) fn notice(
        &mut self,
        target: &ConnectionId,
        invoices: impl IntoIterator<Item = String>,
    ) {
        let known = self.noticed.entry(target.clone()).or_default();
        known.extend(invoices);
        while known.len() > NOTICED_KEPT {
            known.pop_first();
        }
    }
}
