//! Plans, runs, and what stops them.

use serde::{Deserialize, Serialize};

use crate::{
    domain::{packed_text::PackedText, run::RunReport},
    engine::{
        protocol::{about::About, command::customer::TenantText},
        views::PlanView,
    },
};

/// What a plan or sync is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// Price list to services.
    Products,
    /// Invoices to contracts.
    Customers,
    /// Products, then customers.
    #[default]
    All,
}

/// Whether somebody has gone through the plan that a sync is given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PlanSeen {
    /// It was shown, or kept in a file, before it was given.
    #[default]
    Seen,
    /// It was made and given in one go.
    Unseen,
}

/// A plan to make, or a sync to run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncRequest {
    /// Which stream.
    pub scope: Scope,
    /// Only these tenants; all where empty. Their contracts are planned whole (sync-rules 4).
    pub tenants: Vec<TenantText>,
    /// Plan the last applied invoice of each mapping again.
    pub recheck: bool,
    /// Only what is on retry lists, and customers never reached by a run that broke off.
    pub retry_failed: bool,
    /// Only seats that customers left behind on contracts they are not linked to any more (sync-rules 1.8).
    #[serde(default)]
    pub left_behind: bool,
    /// A remark kept with the run.
    pub note: Option<String>,
    /// The text of a saved plan: it must equal what would be planned now, or nothing is written.
    pub plan: Option<PackedText>,
    /// Of that plan, only what it writes for these tenants; all of it where empty. A contract goes whole: whoever shares
    /// one is named with it. What else the plan lists stays due.
    #[serde(default)]
    pub only: Vec<TenantText>,
    /// Whether somebody has gone through that plan.
    #[serde(default)]
    pub seen: PlanSeen,
}

impl SyncRequest {
    /// Whether it is of what is due: others plan what was applied, or what customers left behind.
    pub(crate) fn is_of_what_is_due(&self) -> bool {
        !self.recheck && !self.left_behind
    }

    /// Whether somebody has looked at what it writes: then no guard stands in its way (sync-rules 2.8).
    #[must_use]
    pub fn is_looked_at(&self) -> bool {
        self.plan.is_some() && self.seen == PlanSeen::Seen
    }
}

family! {
    /// What only looks ahead.
    PlanCommand in Plan {
        /// Plans, writes nothing.
        Plan {
            /// What.
            request: SyncRequest,
        } => Plan(About<Plan, Box<PlanView>>),
    }
}

family! {
    /// What has the one place for a run.
    RunCommand in Run {
        /// Runs.
        Sync {
            /// What.
            request: SyncRequest,
        } => Synced(Vec<RunReport>),

        /// Finishes the run that was cut off when the program was stopped last, and what was asked for together with it.
        /// Answered like `command::Sync`: with no report where nothing was left unfinished, and then nothing is written.
        Resume => Synced(Vec<RunReport>),
    }
}

family! {
    /// What ends something else that is under way.
    StopCommand in Stop {
        /// Stops what runs between two writes, or ends a waiting load.
        Cancel => Done(String),

        /// Gives up what this client waits for: loads, and a plan that is being made. A run goes on, whoever began it.
        GiveUp => Done(String),

        /// Gives up a sign-in that waits for its approval, and nothing else.
        GiveUpSignIn => Done(String),

        /// Takes leave: what this client waits for is given up and what it had chosen is forgotten; a run goes on.
        Leave => Done(String),
    }
}
