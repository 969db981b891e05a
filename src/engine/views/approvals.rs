//! What is kept and shown of plans that wait for somebody.

#![expect(missing_docs, reason = "what has no sentence is what its name says")]

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    domain::{
        ConnectionId, Currency, Money, RunId,
        approval::{Author, Change, Person},
    },
    engine::views::plan::PlanView,
};

/// Why a plan waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WaitsBecause {
    /// Guards hold its contracts.
    Guards,
    /// Every sync waits here.
    EveryRun,
    /// The schedule only plans.
    PlanOnly,
}

impl WaitsBecause {
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Guards => "guards hold it",
            Self::EveryRun => "every sync waits for approval",
            Self::PlanOnly => "the schedule only plans",
        }
    }
}

/// How the monthly bill of all contracts of one currency changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BillChangeView {
    /// None where the invoice names none.
    pub currency: Option<Currency>,
    pub before: Money,
    pub after: Money,
}

impl BillChangeView {
    #[must_use]
    pub fn change(&self) -> Money {
        self.after - self.before
    }
}

/// Why a contract of it is held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldView {
    /// Company and contract, in words.
    pub contract: String,
    pub customers: Vec<String>,
    /// Which guard, with its figures.
    pub text: String,
    pub money: BillChangeView,
}

/// That somebody let a plan pass.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovedBy {
    pub who: Person,
    pub at: DateTime<Utc>,
    #[serde(default)]
    pub reason: Option<String>,
    /// Without the right to it.
    #[serde(default)]
    pub break_glass: bool,
}

/// What is not any more as it was when a plan was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MovedView {
    /// Service and contract, in words.
    pub what: String,
    pub from: String,
    pub to: String,
}

impl MovedView {
    #[must_use]
    pub fn told(&self) -> String {
        format!("{}: {} → {}", self.what, self.from, self.to)
    }
}

/// What became of a plan that waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Standing {
    Waiting,
    /// It is to be applied, and was not yet.
    Approved {
        approved: ApprovedBy,
    },
    Applied {
        approved: ApprovedBy,
        run: RunId,
    },
    Rejected {
        who: Person,
        at: DateTime<Utc>,
        reason: String,
    },
    /// It was approved, and is not what would be written any more.
    Stale {
        approved: ApprovedBy,
        at: DateTime<Utc>,
        text: String,
        moved: Vec<MovedView>,
    },
    /// Nobody decided in time, or what was approved could not be applied in time.
    Expired {
        #[serde(default)]
        approved: Option<ApprovedBy>,
    },
    /// A newer one has all that it has.
    Superseded {
        by: u64,
    },
}

impl Standing {
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Approved { .. } => "approved, due",
            Self::Applied { .. } => "applied",
            Self::Rejected { .. } => "rejected",
            Self::Stale { .. } => "stale",
            Self::Expired { .. } => "expired",
            Self::Superseded { .. } => "superseded",
        }
    }

    /// Whether something is still to come of it.
    #[must_use]
    pub fn is_open(&self) -> bool {
        matches!(self, Self::Waiting | Self::Approved { .. })
    }

    /// Who let it pass, if somebody did.
    #[must_use]
    pub fn approved(&self) -> Option<&ApprovedBy> {
        match self {
            Self::Approved { approved }
            | Self::Applied { approved, .. }
            | Self::Stale { approved, .. } => Some(approved),
            Self::Expired { approved } => approved.as_ref(),
            Self::Waiting | Self::Rejected { .. } | Self::Superseded { .. } => None,
        }
    }

    /// In a line: `applied in run 42, approved by bob`.
    #[must_use]
    pub fn told(&self) -> String {
        let by = |approved: &ApprovedBy| {
            let broken = if approved.break_glass { " (break-glass)" } else { "" };
            format!("approved by {}{broken}", approved.who)
        };
        match self {
            Self::Waiting => "waiting".to_owned(),
            Self::Approved { approved } => format!("{}, due", by(approved)),
            Self::Applied { approved, run } => format!("applied in run {run}, {}", by(approved)),
            Self::Rejected { who, reason, .. } => format!("rejected by {who}: {reason}"),
            Self::Stale { approved, .. } => format!("stale, {}", by(approved)),
            Self::Expired { approved } => {
                let of = approved.as_ref().map(|approved| format!(", {}", by(approved)));
                format!("expired{}", of.unwrap_or_default())
            }
            Self::Superseded { by } => format!("superseded by plan {by}"),
        }
    }
}

/// A plan that waits for somebody, or did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaitingPlan {
    pub number: u64,
    /// Such as `Microsoft CSP`.
    pub program: String,
    pub target: ConnectionId,
    /// Numbers of the invoices it applies.
    pub invoices: Vec<String>,
    pub author: Author,
    pub made_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    /// The checksum of the plan: a hash of both sides.
    pub seal: String,
    pub because: WaitsBecause,
    /// The run that held it, of what guards hold.
    #[serde(default)]
    pub run: Option<RunId>,
    /// Writes.
    pub changes: u64,
    pub contracts: u64,
    pub money: Vec<BillChangeView>,
    /// Contract by contract.
    pub held: Vec<HeldView>,
    /// Earlier ones that it has all of.
    #[serde(default)]
    pub supersedes: Vec<u64>,
    /// As it is kept; whether it expired or was superseded is found out when it is read.
    pub standing: Standing,
}

impl WaitingPlan {
    /// What it would do, in a line: `12 changes on 2 contracts`.
    #[must_use]
    pub fn size(&self) -> String {
        let count = |count: u64, one: &str, more: &str| {
            let noun = if count == 1 { one } else { more };
            format!("{} {noun}", crate::domain::text::thousands(count))
        };
        let changes = count(self.changes, "change", "changes");
        match self.contracts {
            0 => changes,
            contracts => format!("{changes} on {}", count(contracts, "contract", "contracts")),
        }
    }

    /// Why it waits: what the first guard says, and how many more.
    #[must_use]
    pub fn reason(&self) -> String {
        match self.held.as_slice() {
            [] => self.because.words().to_owned(),
            [only] => only.text.clone(),
            [first, more @ ..] => {
                let noun = if more.len() == 1 { "contract" } else { "contracts" };
                format!("{} (and {} more {noun})", first.text, more.len())
            }
        }
    }
}

/// One of them, with its plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WaitingPlanDetail {
    pub waiting: WaitingPlan,
    /// As it was made; none where it is not kept any more.
    pub plan: Option<Box<PlanView>>,
    /// Who may not let it pass, and why: whoever made it, and whoever changed what it goes by. Nobody where one is enough.
    pub barred: Vec<Change>,
    /// Whether whoever asks may let it pass.
    pub may_approve: bool,
    /// Whether they may do so alone, where that cannot wait for anybody else; everybody is told.
    #[serde(default)]
    pub may_break_glass: bool,
}

impl WaitingPlanDetail {
    /// Who may, in a line.
    #[must_use]
    pub fn who_may(&self) -> String {
        let mut barred: Vec<String> = Vec::new();
        for change in &self.barred {
            let told = format!("{} ({})", change.who, change.what);
            if !barred.contains(&told) {
                barred.push(told);
            }
        }
        let whoever = "whoever has the role “approve”";
        match barred.as_slice() {
            [] => whoever.to_owned(),
            all => format!("{whoever}, but not {}", all.join(", ")),
        }
    }
}

/// What the dashboard says of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovalsView {
    /// How many wait.
    pub waiting: u64,
    /// How many are approved and were not applied yet.
    pub due: u64,
    /// When the first one expires.
    pub first_expires: Option<DateTime<Utc>>,
    /// Approved without the right to, in the last 90 days.
    pub broken_glass: Vec<BrokenGlassView>,
}

impl ApprovalsView {
    /// Whether there is anything to say.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.waiting == 0 && self.due == 0 && self.broken_glass.is_empty()
    }
}

/// That somebody approved a plan without the right to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BrokenGlassView {
    pub number: u64,
    pub who: Person,
    pub at: DateTime<Utc>,
    pub reason: String,
}
