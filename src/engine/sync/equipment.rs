//! Everything a run works with, as parameters (design invariant 8).

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use tokio::sync::Mutex;

use crate::{
    clock::Clock,
    domain::{
        AgreementId, ConnectionId,
        approval::ApprovalMode,
        policy::{Policies, ProgramOptions},
    },
    engine::protocol::Happening,
    prism::Source,
    psa::Psa,
    store::Store,
};

/// Whoever listens to what happens.
pub type Listener = Arc<dyn Fn(Happening) + Send + Sync>;

/// Who stopped a run, in words; set by whoever cancels it.
pub type StoppedBy = Arc<OnceLock<String>>;

/// What becomes of what guards hold back.
#[derive(Clone, Debug, Default)]
pub struct Approvals {
    /// Whether it waits as a plan.
    pub mode: ApprovalMode,
    /// Held by whoever adds to what waits, or decides about it.
    pub pen: Arc<Mutex<()>>,
}

/// What the engine lends to a run.
#[derive(Clone)]
pub struct Equipment {
    /// The store.
    pub store: Store,
    /// The hour, and the pace of waiting.
    pub clock: Clock,
    /// Where invoices come from.
    pub source: Arc<dyn Source>,
    /// Where they go.
    pub target: Arc<dyn Psa>,
    /// The name of the target connection; every key begins with it.
    pub connection: ConnectionId,
    /// The chosen agreements; where none is, the only one there is (sync-rules 2.5).
    pub agreements: Vec<AgreementId>,
    /// Program options.
    pub options: ProgramOptions,
    /// Decisions that change bills.
    pub policies: Policies,
    /// How long the target must be left alone after a lost answer (sync-rules 8.2).
    pub quiet: Duration,
    /// How many contracts are written side by side.
    pub writers: usize,
    /// Who stopped the run, once somebody has.
    pub stopped_by: StoppedBy,
    /// What waits until somebody else has looked at it.
    pub approvals: Approvals,
    /// Who is told what happens.
    pub listener: Listener,
}

impl Equipment {
    /// Whether invoices of more than one agreement are synced.
    #[must_use]
    pub fn has_several_agreements(&self) -> bool {
        self.agreements.len() > 1
    }

    /// Tells whoever listens.
    pub fn emit(&self, happening: Happening) {
        (self.listener)(happening);
    }
}
