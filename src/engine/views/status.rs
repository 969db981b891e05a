//! What cards, header and attention list show.

#![expect(missing_docs, reason = "what has no sentence is what its name says")]

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    domain::{
        ConnectionId, Currency, Money, RunId, SubscriptionId, TenantId,
        outcome::Outcome,
        run::{RunHeader, RunKind, Tally},
        target::TargetKind,
    },
    engine::{
        protocol::live_run::LiveRun,
        views::{
            ApprovalsView, ConnectionView, EnvironmentsView, InvoiceProgress, ScheduleView,
            SystemKind,
        },
    },
};

/// A card of the Dashboard (R45, R46).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardView {
    /// Products or customers.
    pub kind: RunKind,
    /// Such as `Microsoft CSP`.
    pub program: String,
    pub target: ConnectionId,
    /// Date of the last run that was No Change, Success or Warning.
    pub last_success: Option<DateTime<Utc>>,
    /// That run.
    #[serde(default)]
    pub last_good: Option<RunId>,
    /// The last run of any status.
    pub last_run: Option<RunHeader>,
    /// Counts of the last run.
    pub synced: Tally,
    /// How many there are to sync.
    pub of: u64,
    /// Number of the newest invoice that any run came to, of customers.
    pub invoice: Option<String>,
    #[serde(default)]
    pub currency: Option<Currency>,
    /// How far that one is, over all runs.
    #[serde(default)]
    pub progress: Option<InvoiceProgress>,
}

impl CardView {
    /// The last run, where it is another one than the last that went well.
    #[must_use]
    pub fn failed_since(&self) -> Option<(&RunHeader, DateTime<Utc>)> {
        let run = self.last_run.as_ref().filter(|run| run.status == Outcome::Failure)?;
        Some((run, run.finished_at?))
    }

    /// What is said where no run was without a failure yet: one of many customers who fails takes the others' success not away.
    #[must_use]
    pub fn without_success(&self) -> &'static str {
        match (&self.last_run, self.done()) {
            (None, _) => "no run yet",
            (Some(_), (0, _)) => "no success yet",
            (Some(_), _) => "no run without a failure yet",
        }
    }

    /// For which invoices that is: the newest one, and how many more of its month are of other agreements; the longest way to
    /// say it first.
    #[must_use]
    pub fn invoices_told(&self) -> Option<[String; 2]> {
        let invoice = self.invoice.as_ref()?;
        let others = self.progress.as_ref().map_or(0, |progress| progress.others.len());
        Some(match others {
            0 => [invoice.clone(), invoice.clone()],
            others => [format!("{invoice} and {others} more"), format!("{invoice} +{others}")],
        })
    }

    /// So many of so many are synced: of customers as the newest invoice stands over all runs, whatever the last one came to
    /// (sync-rules 7).
    #[must_use]
    pub fn done(&self) -> (u64, u64) {
        match &self.progress {
            Some(progress) => (progress.synced, progress.of),
            None => (self.synced.ok + self.synced.warned, self.of),
        }
    }
}

/// Something that wants the operator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttentionView {
    /// For `ack`.
    pub id: String,
    /// Worst first.
    pub outcome: Outcome,
    pub text: String,
    pub advice: String,
    /// Amount at stake, if it can be told.
    pub amount: Option<Money>,
    #[serde(default)]
    pub currency: Option<Currency>,
    /// Where in the console it is mended.
    pub place: Place,
}

/// What comes from one thing, and is mended in one place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CauseView {
    /// For `ack`, which then takes all of it off the list.
    pub id: String,
    /// The worst of its members.
    pub outcome: Outcome,
    /// What it comes from, without whom it befell.
    pub text: String,
    /// What each of its members says, where they say the same and more than it is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told: Option<String>,
    pub advice: String,
    /// How many customers it befell.
    pub customers: u64,
    /// How many members it has: customers, or subscriptions of theirs.
    pub count: u64,
    /// What the invoice lines concerned sum to, each currency for itself.
    pub amounts: Vec<AmountView>,
    pub mend: Mend,
    /// All whom it befell, as a request names them; nobody where not each of them can be named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tenants: Vec<String>,
    /// The first of them.
    pub members: Vec<CauseMember>,
}

impl CauseView {
    /// Whether what it holds back waits on the retry list, so that trying again can mend it.
    pub(crate) const fn can_be_retried(&self) -> bool {
        match self.mend {
            Mend::Retry | Mend::ChooseService { .. } | Mend::TakeOver { .. } | Mend::Options => {
                true
            }
            Mend::Look | Mend::Link | Mend::Plan { .. } => false,
        }
    }
}

/// All tenants of some, if each has any.
pub(crate) fn tenants_of_all<'a>(members: impl Iterator<Item = Vec<&'a str>>) -> Vec<String> {
    let mut all = BTreeSet::new();
    for tenants in members {
        if tenants.is_empty() {
            return Vec::new();
        }
        all.extend(tenants.into_iter().map(str::to_owned));
    }
    all.into_iter().collect()
}

/// An amount with its currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AmountView {
    pub currency: Option<Currency>,
    pub amount: Money,
}

impl AmountView {
    pub(crate) fn list(sums: BTreeMap<Option<Currency>, Money>) -> Vec<Self> {
        sums.into_iter().map(|(currency, amount)| Self { currency, amount }).collect()
    }
}

/// One whom a cause befell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CauseMember {
    /// The entry of the attention list that it belongs to.
    pub id: String,
    pub text: String,
    /// Who, if it is somebody's.
    pub customer: Option<String>,
    /// A tenant of theirs, as a request names it, where trying again can be limited to them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
    /// The first domain of theirs: it tells them from others of their name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    /// With which invoice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invoice: Option<String>,
    /// With what of it, where it is not the customer as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// Which subscription that is, or the first of several that are billed together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subscription: Option<SubscriptionId>,
    pub amount: Option<Money>,
    pub currency: Option<Currency>,
    pub place: Place,
}

impl CauseMember {
    /// An entry that befell nobody in particular.
    pub(crate) fn of(view: &AttentionView) -> Self {
        Self {
            id: view.id.clone(),
            text: view.text.clone(),
            customer: None,
            tenant: None,
            domain: None,
            invoice: None,
            service: None,
            subscription: None,
            amount: view.amount,
            currency: view.currency.clone(),
            place: view.place.clone(),
        }
    }
}

/// What mends a cause.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum Mend {
    /// Only somebody who looks at it can tell.
    #[default]
    Look,
    /// A service is chosen that the product is billed as.
    ChooseService {
        /// As a pin names it.
        product: String,
        /// For people.
        name: String,
    },
    /// The service that has the product's name already is taken over.
    TakeOver {
        /// As the price list or an invoice names it.
        product: String,
        /// For people.
        name: String,
    },
    /// The customers are linked, or linked anew.
    Link,
    /// A plan of these tenants is looked at and applied.
    Plan { tenants: Vec<String> },
    /// What failed is tried again, once its advice was followed.
    Retry,
    /// The program's options.
    Options,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "at", rename_all = "snake_case")]
pub enum Place {
    Connections,
    Program,
    /// Customers tab, at this tenant.
    Customer {
        tenant: Option<TenantId>,
    },
    Products,
    /// A plan of everything, on the Sync tab.
    Plan,
    /// A plan of what takes away the seats that this tenant left behind, on the Sync tab.
    LeftBehind {
        /// Who left.
        tenant: TenantId,
    },
    Run {
        run: RunId,
        /// At whom.
        tenant: Option<TenantId>,
    },
    /// A plan that waits for approval, on the Sync tab.
    Approval {
        number: u64,
    },
    /// An invoice with its ledger, on the Sync tab.
    Invoice {
        /// Number or id.
        invoice: String,
    },
}

/// What is going on, for the header.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunningView {
    pub run: RunHeader,
    /// Done so far.
    pub done: u64,
    /// Of so many.
    pub total: Option<u64>,
    pub text: String,
}

/// All that was told of the run that is on, for whoever begins to listen now. As large as the run: it is asked for when it
/// is wanted, and no part of the status.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunSoFar {
    pub run: RunHeader,
    pub live: LiveRun,
    /// The number of the last event that is certainly in it; later ones may be.
    pub event: u64,
}

/// Cards and header.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusView {
    pub connections: Vec<ConnectionView>,
    /// The target that all of this is about, where there are several.
    pub target: ConnectionId,
    /// The environments on both sides; none while one is not connected.
    #[serde(default)]
    pub environments: Option<EnvironmentsView>,
    /// Two per program and target.
    pub cards: Vec<CardView>,
    /// What wants the operator: a run that was cut off, then the rest, worst first.
    pub attention: Vec<AttentionView>,
    /// The same by what it comes from.
    #[serde(default)]
    pub causes: Vec<CauseView>,
    /// What all of them concern, each currency for itself: what several of them say of one thing counts once.
    #[serde(default)]
    pub concerned: Vec<AmountView>,
    /// The last runs, newest first.
    pub recent: Vec<RunHeader>,
    pub running: Option<RunningView>,
    /// A run that was cut off: the console's start or the next sync finishes it before anything else.
    pub unfinished: Option<RunHeader>,
    /// Customers: all, mapped, with sync on.
    pub customers: (u64, u64, u64),
    /// Names that several of them have, with the domains of those.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub namesakes: BTreeMap<String, BTreeSet<String>>,
    /// Mapped contracts that end before the next invoice.
    pub ending: u64,
    /// What first use still needs, in order; empty once all is set up.
    pub setup: Vec<SetupStep>,
    /// What is done while nobody looks; none where no schedule is set and nothing keeps one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<Box<ScheduleView>>,
    /// What waits until somebody else has looked at it; none where nothing does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approvals: Option<Box<ApprovalsView>>,
    /// Number of the newest event; later ones come after it.
    pub event: u64,
}

impl StatusView {
    /// What the target is: the terms are its own.
    #[must_use]
    pub fn kind(&self) -> TargetKind {
        let target = self.connections.iter().find(|one| one.name == self.target);
        match target.map(|target| target.system) {
            Some(SystemKind::Connectwise) => TargetKind::Connectwise,
            _ => TargetKind::Autotask,
        }
    }
}

/// A step of first use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetupStep {
    pub text: String,
    pub done: bool,
    pub place: Place,
}
