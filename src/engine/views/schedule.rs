//! What is shown of the schedule: when it looks, what it did last, and why it did not look.

#![expect(missing_docs, reason = "what has no sentence is what its name says")]

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::{
    ConnectionId, RunId,
    outcome::Outcome,
    schedule::{
        Apply, LookKind,
        course::{PassedOver, Why},
    },
};

/// The schedule of an installation.
#[expect(clippy::struct_excessive_bools, reason = "independent facts about it")]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScheduleView {
    /// Whether the settings have one.
    pub set: bool,
    /// Whether it is kept: `prism-connect serve` runs.
    pub kept: bool,
    /// Whether a look that is due waits for a run of somebody else.
    #[serde(default)]
    pub waiting: bool,
    /// Of its times of day.
    pub zone: String,
    pub looks: Vec<String>,
    /// `every day`, or `mon tue`.
    pub weekdays: String,
    pub jitter_minutes: i64,
    pub on_new_invoice: bool,
    pub quiet: Vec<String>,
    pub apply: Apply,
    /// What holds instead for one target.
    #[serde(default)]
    pub apply_to: BTreeMap<ConnectionId, Apply>,
    /// None where nothing keeps it, or nothing will come.
    pub next: Option<NextLook>,
    pub last: Option<LookView>,
    /// The last due time at which nothing was looked at.
    pub passed_over: Option<PassedOverView>,
    pub paused: Option<PauseView>,
    /// What became of due times, newest first.
    pub due_times: Vec<DueView>,
}

/// A moment, also as the clocks of the schedule's zone show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    pub at: DateTime<Utc>,
    /// `2026-10-06 06:30`.
    pub local: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NextLook {
    pub when: Moment,
    pub kind: LookKind,
    pub why: Why,
}

/// A look that has ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LookView {
    /// The due time it was for; none where somebody asked.
    pub due: Option<Moment>,
    pub kind: LookKind,
    pub why: Why,
    pub began: Moment,
    pub ended_at: DateTime<Utc>,
    pub outcome: Outcome,
    /// What came of it.
    pub text: String,
    #[serde(default)]
    pub runs: Vec<RunId>,
    /// Contracts that guards hold since.
    #[serde(default)]
    pub held: u64,
    /// Changes that were planned and wait for somebody.
    #[serde(default)]
    pub waiting: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PassedOverView {
    pub due: Moment,
    pub why: PassedOver,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PauseView {
    /// None for until somebody resumes it.
    pub until: Option<Moment>,
    pub by: String,
}

/// A due time, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DueView {
    pub due: Moment,
    pub kind: LookKind,
    /// None where nothing was looked at.
    pub outcome: Option<Outcome>,
    /// Why not, then.
    pub passed_over: Option<PassedOver>,
}

impl ScheduleView {
    /// When it looks, in words: `06:30 every day; for a new invoice every 2 hours (Australia/Sydney)`.
    #[must_use]
    pub fn times(&self) -> String {
        if !self.set {
            return "no schedule is set".to_owned();
        }
        let looks = Some(self.looks.join(", ")).filter(|looks| !looks.is_empty());
        let new = self
            .on_new_invoice
            .then(|| "for a new invoice every 2 hours from 06:00 to 20:00".to_owned());
        let times = looks.into_iter().chain(new).collect::<Vec<_>>().join(", and ");
        format!("{times}, {} ({})", self.weekdays, self.zone)
    }

    /// The next look in words, or why there is none.
    #[must_use]
    pub fn next_told(&self) -> String {
        match (&self.next, &self.paused) {
            _ if !self.set => "no schedule is set".to_owned(),
            _ if self.kept && self.waiting => "as soon as the run that is on has ended".to_owned(),
            _ if !self.kept => "nothing keeps the schedule: start `prism-connect serve`".to_owned(),
            (_, Some(pause)) => {
                let next = self.next.as_ref().map(|next| format!(", then {}", next.told()));
                format!("{}{}", pause.told(), next.unwrap_or_default())
            }
            (Some(next), None) => next.told(),
            (None, None) => "none".to_owned(),
        }
    }

    /// Why nothing was looked at, of the last due time of which that is so, unless a look came after it.
    #[must_use]
    pub fn passed_over_told(&self) -> Option<String> {
        let passed = self.passed_over.as_ref()?;
        let later = self.last.as_ref().is_some_and(|last| last.began.at > passed.due.at);
        let tells = !later || passed.why != PassedOver::Covered;
        tells.then(|| format!("{}: {}", passed.due.local, passed.why.words()))
    }
}

impl NextLook {
    fn told(&self) -> String {
        let what = match (self.kind, self.why) {
            (_, Why::Retry { failed }) => format!(", again after {}", times(failed)),
            (_, Why::MadeUp) => ", made up".to_owned(),
            (LookKind::NewInvoice, _) => ", for a new invoice".to_owned(),
            (LookKind::Sync, _) => String::new(),
        };
        format!("{}{what}", self.when.local)
    }
}

fn times(failed: u8) -> String {
    match failed {
        1 => "a failure".to_owned(),
        more => format!("{more} failures"),
    }
}

impl LookView {
    /// When it was and why then, without what came of it.
    #[must_use]
    pub fn told(&self) -> String {
        let why = match self.why {
            Why::Due => "",
            Why::MadeUp => " (made up)",
            Why::Retry { .. } => " (tried again)",
            Why::Asked => " (asked for)",
        };
        format!("{}{why}", self.began.local)
    }
}

impl PauseView {
    #[must_use]
    pub fn told(&self) -> String {
        match &self.until {
            Some(until) => format!("paused until {} by {}", until.local, self.by),
            None => format!("paused by {} until it is resumed", self.by),
        }
    }
}
