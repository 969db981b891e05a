//! What there is to tell. Plain values: what is in them is all that is known of it later.

#![expect(missing_docs, reason = "what has no sentence is what its name says")]

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::{ConnectionId, Currency, Money, RunId};

/// Something that people outside are to know of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "occasion", rename_all = "snake_case")]
pub enum Occasion {
    /// A run ended, whatever its outcome: what went well ends what failed before. Its facts are the run's record and rows.
    RunEnded {
        run: RunId,
        /// Which attempt of it: one that broke off is finished by another, which ends again.
        attempt: u32,
        /// Whether it was asked for everybody.
        whole: bool,
    },
    /// A plan waits to be approved.
    PlanWaits(PlanWaits),
    /// Somebody approved a plan that they had no right to approve.
    BreakGlass(BreakGlass),
    /// No look has succeeded for long.
    NoSuccess {
        /// Since then.
        since: DateTime<Utc>,
        /// What the last one came to.
        last: Option<String>,
    },
    /// What happened in a week.
    Digest {
        /// Its last day.
        week: NaiveDate,
    },
}

/// A plan that waits to be approved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanWaits {
    pub number: u64,
    pub target: ConnectionId,
    /// Numbers of the invoices it applies.
    #[serde(default)]
    pub invoices: Vec<String>,
    /// Who wants it; `schedule` of what nobody asked for.
    pub author: String,
    /// How many contracts it writes to.
    pub contracts: u64,
    /// How the monthly bills change, by currency.
    #[serde(default)]
    pub money: Vec<BillChange>,
    /// Why it waits, contract by contract.
    #[serde(default)]
    pub reasons: Vec<String>,
    pub expires: DateTime<Utc>,
}

/// How monthly bills change in one currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BillChange {
    /// None where the invoice names none.
    pub currency: Option<Currency>,
    pub change: Money,
}

/// A plan that was approved without the right to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BreakGlass {
    /// Of the plan.
    pub number: u64,
    pub target: ConnectionId,
    #[serde(default)]
    pub invoices: Vec<String>,
    /// Who wanted it.
    pub author: String,
    /// Who approved it.
    pub approver: String,
    /// What they gave as the reason.
    pub reason: String,
    pub at: DateTime<Utc>,
}

impl Occasion {
    /// What tells it from every other: put down twice, it is told once.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::RunEnded { run, attempt: 1, .. } => format!("run-{run}"),
            Self::RunEnded { run, attempt, .. } => format!("run-{run}-{attempt}"),
            Self::PlanWaits(plan) => format!("plan-{}", plan.number),
            Self::BreakGlass(plan) => format!("break-glass-{}", plan.number),
            Self::NoSuccess { since, .. } => format!("no-success-{}", since.timestamp()),
            Self::Digest { week } => format!("digest-{week}"),
        }
    }
}
