//! What the engine tells while it works.

use serde::{Deserialize, Serialize};

use super::live_run::{LiveChange, LiveOutcome, Totals};
use crate::domain::{
    ContractId, RunId,
    outcome::Outcome,
    run::{Counts, RunHeader, RunKind},
};

/// What happens while the engine works, numbered; after a gap ask `command::Status` again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// 1, 2, 3, …
    pub number: u64,
    /// What.
    pub happening: Happening,
}

/// What can happen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Happening {
    /// A run began.
    RunStarted {
        /// Its first line of history.
        run: RunHeader,
    },
    /// It does something else now.
    Phase {
        /// Which run; none for plans and loads.
        run: Option<RunId>,
        /// What.
        phase: Phase,
        /// Such as `reading invoice INV0104233`.
        text: String,
    },
    /// How far it is.
    Progress {
        /// Which run; none for plans.
        run: Option<RunId>,
        /// Customers or products done.
        done: u64,
        /// Of so many, once known.
        total: Option<u64>,
        /// Counters so far.
        counts: Counts,
    },
    /// One customer (or product) moved on.
    Item {
        /// Which run.
        run: RunId,
        /// Products or customers.
        kind: RunKind,
        /// Tenant id or product key.
        key: String,
        /// Customer or product name.
        name: String,
        /// The tenant's domain; empty of products.
        #[serde(default)]
        domain: String,
        /// The number of the invoice that it is about; a tenant may have several in a run. Empty of products.
        #[serde(default)]
        invoice: String,
        /// Where it stands.
        state: ItemState,
    },
    /// Changes moved on: they were planned, sent, answered. All that moved at one moment, with how far the run is then.
    Changes {
        /// Which run.
        run: RunId,
        /// How far it is.
        totals: Totals,
        /// Contracts that were planned, for the first time or anew: what was planned of them before is not any more.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        replanned: Vec<ContractId>,
        /// The changes, each as far as it has come.
        changes: Vec<LiveChange>,
        /// Subscriptions that failed or want a look.
        outcomes: Vec<LiveOutcome>,
    },
    /// It waits for something outside.
    Waiting {
        /// Which run.
        run: Option<RunId>,
        /// Such as `Autotask's hourly budget`.
        for_what: String,
        /// Until when, if known.
        until: Option<chrono::DateTime<chrono::Utc>>,
    },
    /// It goes on after waiting.
    WaitOver {
        /// Which run.
        run: Option<RunId>,
    },
    /// An unanswered write is being settled (sync-rules 8.2).
    Settling {
        /// Which run.
        run: RunId,
        /// That it is, in which system, and of which customer or contract: a whole sentence.
        text: String,
    },
    /// The run ended; its rows are stored.
    RunFinished {
        /// Its line of history.
        run: RunHeader,
    },
    /// Some of what happened did not arrive. Told by the client's own side.
    Missed,
    /// The daemon that all of this came from is gone. Told by the client's own side.
    DaemonLost,
    /// It is back, or another one in its place: whoever shows anything asks again.
    DaemonBack {
        /// Of its program.
        version: String,
    },
    /// Stored state changed: whoever shows it asks again.
    Changed {
        /// What.
        what: Changed,
    },
}

impl Happening {
    /// The run that it is about, if it is about one.
    #[must_use]
    pub fn run(&self) -> Option<RunId> {
        match self {
            Self::RunStarted { run } | Self::RunFinished { run } => Some(run.id),
            Self::Phase { run, .. }
            | Self::Progress { run, .. }
            | Self::Waiting { run, .. }
            | Self::WaitOver { run } => *run,
            Self::Item { run, .. } | Self::Changes { run, .. } | Self::Settling { run, .. } => {
                Some(*run)
            }
            Self::Missed | Self::DaemonLost | Self::DaemonBack { .. } | Self::Changed { .. } => {
                None
            }
        }
    }
}

/// Phases of a run, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Finishing or settling an earlier run.
    Resuming,
    /// Reading source and target.
    Observing,
    /// Working out what to write.
    Planning,
    /// Writing.
    Applying,
    /// Reading back.
    Verifying,
    /// Storing outcomes.
    Recording,
}

/// Where a customer stands in a live run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum ItemState {
    /// Its turn has not come.
    Queued,
    /// Being planned.
    Planning,
    /// Planned: so many changes are to be sent, none of them was.
    Planned {
        /// Changes planned.
        of: u32,
    },
    /// Being written: done of all.
    Writing {
        /// Writes confirmed.
        done: u32,
        /// Writes planned.
        of: u32,
    },
    /// All its changes are sent, and it is to be read back: so many stand, of so many.
    Verifying {
        /// Writes confirmed.
        #[serde(default)]
        done: u32,
        /// Writes sent.
        #[serde(default)]
        of: u32,
    },
    /// Read back, and to be recorded.
    Verified {
        /// Writes confirmed.
        done: u32,
        /// Writes sent.
        of: u32,
    },
    /// Done.
    Done {
        /// How it ended.
        outcome: Outcome,
        /// Writes confirmed.
        writes: u32,
        /// The first thing to say about it.
        text: Option<String>,
    },
    /// The run was stopped amid its changes: it was come to, and is not done.
    PartWritten {
        /// Writes confirmed.
        writes: u32,
        /// How many of how many.
        text: Option<String>,
    },
}

impl ItemState {
    /// Whether nothing more comes to it, and its record says how it ended.
    #[must_use]
    pub fn is_ended(&self) -> bool {
        matches!(self, Self::Done { .. } | Self::PartWritten { .. })
    }
}

/// Which stored state changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Changed {
    /// Connections or their state.
    Connections,
    /// Program options.
    Program,
    /// Mappings.
    Customers,
    /// Links.
    Products,
    /// Runs, retries, attention.
    Runs,
    /// What the schedule did, or is to do.
    Schedule,
    /// What waits for approval.
    Approvals,
    /// What is to be told outside, and how far that has come.
    Outbox,
}
