//! What is to be done next and when, given what became of earlier due times. Pure.
//!
//! ```text
//!  due time comes ──→ look ──→ not Failure: the next due time
//!   │                  └────→ Failure: again 1 h later, then 3 h, then 9 h after that, then the next due time
//!   ├ in a quiet window, or paused: passed over
//!   └ passed while nothing ran: the last of them is made up once, the others are passed over
//! ```

#![expect(missing_docs, reason = "what has no sentence is what its name says")]

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::{Due, LookKind, Schedule};

/// How long after a *Failure* it is tried again, each time after the one before it.
const RETRY_HOURS: [i64; 3] = [1, 3, 9];

/// A look that begins so much later than it should was missed, and is made up.
const LATE: TimeDelta = TimeDelta::minutes(15);

/// Due times that passed longer ago are not looked for: the newest of them is what is made up.
const LOOKED_BACK: TimeDelta = TimeDelta::days(40);

/// So many due times are known to have been looked at: more than those of a month.
const LOOKED_KEPT: usize = 400;

/// Why a look takes place when it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// Its due time has come.
    Due,
    /// Its due time passed while nothing could look, or it was cut off.
    MadeUp,
    /// It failed before, so many times in a row.
    Retry { failed: u8 },
    /// Somebody asked for it.
    Asked,
}

/// A look that is to be taken, or is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// The due time that it is for; none where somebody asked.
    pub due: Option<DateTime<Utc>>,
    pub kind: LookKind,
    pub why: Why,
}

/// Why nothing was looked at at a due time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PassedOver {
    Quiet,
    Paused,
    /// Nothing ran then; what was made up stands for it.
    Missed,
    /// A later look stands for it.
    Covered,
}

impl PassedOver {
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Quiet => "it lay in a quiet window",
            Self::Paused => "the schedule was paused",
            Self::Missed => "nothing kept the schedule then",
            Self::Covered => "a later look stood for it",
        }
    }
}

/// No look until it is over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    /// None for until somebody resumes it.
    pub until: Option<DateTime<Utc>>,
    pub by: String,
}

/// A look that failed, and when it is tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retry {
    pub at: DateTime<Utc>,
    pub due: Option<DateTime<Utc>>,
    pub kind: LookKind,
    /// How many times in a row it failed.
    pub failed: u8,
}

/// How a look ended, for what comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Nothing is to be tried again.
    Well,
    /// It is tried again.
    Failed,
    /// Somebody stopped it, or nothing may be synced: the next due time comes.
    Stopped,
}

/// What became of due times so far.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Course {
    /// What was due up to then is settled.
    pub settled: DateTime<Utc>,
    /// Whence the chance of delays.
    pub seed: u64,
    /// Due times that were looked at, for a clock that goes back.
    #[serde(default)]
    pub looked: BTreeSet<DateTime<Utc>>,
    /// What is under way; after a start, what was cut off.
    #[serde(default)]
    pub begun: Option<Attempt>,
    #[serde(default)]
    pub retry: Option<Retry>,
    #[serde(default)]
    pub paused: Option<Pause>,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Turn {
    Look(Attempt),
    /// Due times that lie in a quiet window have come.
    PassOver,
    /// The pause is over.
    Resume,
    /// The clock went back behind what is settled.
    SetBack,
}

/// Due times that were passed over, each with its reason.
pub type PassedOverDues = Vec<(Due, PassedOver)>;

impl Course {
    /// From now on: what was due before nobody asked for.
    #[must_use]
    pub fn new(now: DateTime<Utc>, seed: u64) -> Self {
        Self { settled: now, seed, looked: BTreeSet::new(), begun: None, retry: None, paused: None }
    }

    /// What is to be done next, and when: at once where that is not after `now`. None where nothing is until somebody does
    /// something.
    #[must_use]
    pub fn turn(&self, schedule: &Schedule, now: DateTime<Utc>) -> Option<(DateTime<Utc>, Turn)> {
        if self.settled > now {
            return Some((now, Turn::SetBack));
        }
        if let Some(pause) = &self.paused {
            return pause.until.map(|until| (until, Turn::Resume));
        }
        let passed = self.passed(schedule, now);
        if let Some(due) = foremost(&passed) {
            return Some(self.late_or_due(schedule, due, now));
        }
        if !passed.is_empty() {
            return Some((now, Turn::PassOver));
        }
        if let Some(attempt) = self.begun.filter(|begun| begun.why != Why::MadeUp) {
            let turn = Turn::Look(Attempt { why: Why::MadeUp, ..attempt });
            return Some((schedule.loud_from(now), turn));
        }
        let next = self.next_due(schedule, now);
        let retry = self.retry.map(|retry| {
            let why = Why::Retry { failed: retry.failed };
            let attempt = Attempt { due: retry.due, kind: retry.kind, why };
            // A clock that went back leaves it no farther away than it was.
            let most = now + TimeDelta::hours(hours(retry.failed).unwrap_or(0));
            (schedule.loud_from(retry.at.min(most).max(now)), Turn::Look(attempt))
        });
        [next, retry].into_iter().flatten().min_by_key(|(at, _)| *at)
    }

    /// The next look that will take place, if nothing comes between.
    #[must_use]
    pub fn next_look(
        &self,
        schedule: &Schedule,
        now: DateTime<Utc>,
    ) -> Option<(DateTime<Utc>, Attempt)> {
        let resumed = self.paused.as_ref().map(|pause| pause.until);
        let (from, course) = match resumed {
            Some(None) => return None,
            Some(Some(until)) => {
                let until = until.max(now);
                let retry = self.retry.filter(|retry| retry.at > until);
                (until, Self { paused: None, settled: until, retry, ..self.clone() })
            }
            None => (now, self.clone()),
        };
        let course = Self { settled: course.settled.min(from), ..course };
        if let Some((at, Turn::Look(attempt))) = course.turn(schedule, from) {
            return Some((at, attempt));
        }
        let open = |due: &Due| !due.quiet && !self.looked.contains(&due.at);
        let due = schedule.first_after(from, open)?;
        Some(course.late_or_due(schedule, due, from)).and_then(|(at, turn)| match turn {
            Turn::Look(attempt) => Some((at, attempt)),
            _ => None,
        })
    }

    /// Due times that have come since, but for those that were looked at before the clock went back.
    fn passed(&self, schedule: &Schedule, now: DateTime<Utc>) -> Vec<Due> {
        let since = self.settled.max(now - LOOKED_BACK);
        let mut passed = schedule.between(since, now);
        passed.retain(|due| !self.looked.contains(&due.at));
        passed
    }

    fn late_or_due(
        &self,
        schedule: &Schedule,
        due: Due,
        now: DateTime<Utc>,
    ) -> (DateTime<Utc>, Turn) {
        let at = due.at + schedule.delay(self.seed, &due);
        let look = |why| Turn::Look(Attempt { due: Some(due.at), kind: due.kind, why });
        if now > at + LATE {
            return (schedule.loud_from(now), look(Why::MadeUp));
        }
        (schedule.loud_from(at.max(now)), look(Why::Due))
    }

    /// Also where nothing will take place: why is noted then.
    fn next_due(&self, schedule: &Schedule, now: DateTime<Utc>) -> Option<(DateTime<Utc>, Turn)> {
        let next = schedule.first_after(now, |due| !self.looked.contains(&due.at))?;
        if next.quiet {
            return Some((next.at, Turn::PassOver));
        }
        Some(self.late_or_due(schedule, next, now))
    }

    /// A look begins: all that is due up to now is settled by it.
    pub fn begin(
        &mut self,
        schedule: &Schedule,
        attempt: Attempt,
        now: DateTime<Utc>,
    ) -> PassedOverDues {
        let others = self.passed(schedule, now);
        let others = others.into_iter().filter(|due| Some(due.at) != attempt.due);
        let why = |due: &Due| match attempt.why {
            _ if due.quiet => PassedOver::Quiet,
            Why::MadeUp => PassedOver::Missed,
            Why::Due | Why::Retry { .. } | Why::Asked => PassedOver::Covered,
        };
        let passed = others.map(|due| (due, why(&due))).collect();
        self.settled = now;
        // What comes at its due time takes the place of an attempt to repeat what is no more than it.
        let replaces = !matches!(attempt.why, Why::Retry { .. });
        self.retry = self.retry.filter(|retry| replaces && retry.kind > attempt.kind);
        self.begun = Some(attempt);
        passed
    }

    /// A look has ended.
    pub fn end(&mut self, attempt: Attempt, ended: Ended, now: DateTime<Utc>) {
        self.begun = None;
        self.looked.extend(attempt.due);
        while self.looked.len() > LOOKED_KEPT {
            self.looked.pop_first();
        }
        let failed = match attempt.why {
            Why::Retry { failed } => failed + 1,
            Why::Due | Why::MadeUp | Why::Asked => 1,
        };
        let greater = self.retry.filter(|retry| retry.kind > attempt.kind);
        self.retry = match (ended, hours(failed)) {
            (Ended::Failed, Some(hours)) if greater.is_none() => Some(Retry {
                at: now + TimeDelta::hours(hours),
                due: attempt.due,
                kind: attempt.kind,
                failed,
            }),
            _ => greater,
        };
    }

    /// A look that somebody asked for, and that found everything in order, leaves nothing to repeat.
    pub fn settled_by_hand(&mut self, ended: Ended) {
        if ended == Ended::Well {
            self.retry = None;
        }
    }

    /// Everything due up to now is passed over.
    pub fn pass_over(&mut self, schedule: &Schedule, now: DateTime<Utc>) -> PassedOverDues {
        let passed = self.passed(schedule, now);
        let why = |due: &Due| if due.quiet { PassedOver::Quiet } else { PassedOver::Missed };
        self.settled = now;
        passed.into_iter().map(|due| (due, why(&due))).collect()
    }

    /// The pause is over: what was due in it is passed over.
    pub fn resume(&mut self, schedule: &Schedule, now: DateTime<Utc>) -> PassedOverDues {
        let passed = self.passed(schedule, now);
        self.paused = None;
        self.retry = self.retry.filter(|retry| retry.at > now);
        self.settled = self.settled.max(now);
        passed.into_iter().map(|due| (due, PassedOver::Paused)).collect()
    }

    /// The clock went back: what is due from now on is due, but for what was looked at.
    pub fn set_back(&mut self, now: DateTime<Utc>) {
        self.settled = now;
    }
}

/// The one of those that passed which a look is for: the last that syncs, else the last.
fn foremost(passed: &[Due]) -> Option<Due> {
    let open = || passed.iter().filter(|due| !due.quiet);
    open().rfind(|due| due.kind == LookKind::Sync).or_else(|| open().next_back()).copied()
}

/// How long to wait after so many failures in a row.
fn hours(failed: u8) -> Option<i64> {
    RETRY_HOURS.get(usize::from(failed).checked_sub(1)?).copied()
}

#[cfg(test)]
mod tests;
