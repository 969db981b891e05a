//! A run as it can be watched: where each customer stands, the changes as they happen, what went wrong, how far it is.
//! Engine, console and command line put it together from the same events, so none of them can tell another story.
//!
//! It must not grow without bounds, format a text, or look at the clock.

#![expect(missing_docs, reason = "what has no sentence is what its name says")]

use std::collections::{BTreeMap, HashMap, VecDeque};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{
    event::{Happening, ItemState},
    waits::Waits,
};
use crate::{
    domain::{
        ContractId, Day, InvoiceId, ServiceId, TenantId, operation::OperationKind, outcome::Outcome,
    },
    psa::{BudgetLeft, Slots},
};

/// How far a run is: all of it since it began, whoever began to listen when.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// Customers that are due, as far as that is known.
    pub customers_due: u64,
    /// Of how many of them it is known what is to be written.
    pub customers_planned: u64,
    /// Changes that were sent or are still to be sent; grows while customers are planned.
    pub planned: u64,
    pub sent: u64,
    /// Changes that stand in the target.
    pub confirmed: u64,
    /// Requests of every kind, to every system.
    pub requests: u64,
    /// What may still be asked of the target this hour; none where it does not tell.
    pub budget: Option<BudgetLeft>,
    /// How busy the target is kept.
    #[serde(default)]
    pub slots: Option<Slots>,
}

impl Totals {
    /// Whether customers are still to be planned: what is planned will grow.
    #[must_use]
    pub fn is_planning(&self) -> bool {
        self.customers_planned < self.customers_due
    }
}

/// Which change of a contract: the same from its planning to its confirmation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeId {
    pub contract: ContractId,
    pub invoice: InvoiceId,
    pub service: ServiceId,
    /// From 0, among the changes of this service by this run.
    pub nth: usize,
}

/// Whose subscription something is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveSubscription {
    /// The tenants that a service is billed for.
    pub tenants: Vec<TenantId>,
    /// The first of them by its customer's name.
    pub customer: String,
    /// The subscription's name; empty where the customer as a whole is meant.
    pub name: String,
}

/// How far a change has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum ChangeState {
    Planned,
    /// It left; no answer yet.
    Sent,
    /// No answer came: it is read back.
    Checking,
    Confirmed,
    /// It does not stand.
    Failed {
        /// Why, where more is known than that it did not arrive.
        text: Option<String>,
    },
}

/// One change of a contract, as far as it has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveChange {
    pub id: ChangeId,
    pub of: LiveSubscription,
    pub kind: OperationKind,
    /// First day of the change; none for making a row.
    pub effective: Option<Day>,
    /// Quantity before and after.
    pub quantity: Option<(i64, i64)>,
    pub state: ChangeState,
    pub at: DateTime<Utc>,
}

/// What became of a subscription that wants a look.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveOutcome {
    pub of: LiveSubscription,
    pub outcome: Outcome,
    pub text: String,
}

/// A customer or product of the run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveItem {
    /// Tenant id or product key.
    pub key: String,
    pub name: String,
    pub state: ItemState,
}

/// All that is told of a run while it is on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveRun {
    pub totals: Totals,
    /// Customers or products, in the order in which they turned up.
    pub items: Vec<LiveItem>,
    /// Changes that were not sent yet, by contract.
    pub planned: BTreeMap<ContractId, Vec<LiveChange>>,
    /// Changes that were sent, the newest first.
    pub sent: VecDeque<LiveChange>,
    /// What went wrong or wants a look, the newest last.
    pub outcomes: Vec<LiveOutcome>,
    pub waits: Waits,
    #[serde(skip)]
    places: HashMap<String, usize>,
}

/// So many changes that were sent are kept; the oldest are in the run's record.
const SENT_KEPT: usize = 10_000;
const OUTCOMES_KEPT: usize = 2_000;

impl LiveRun {
    /// Takes in what happened. Gives the place of the item that moved, if one did.
    pub fn take(&mut self, happening: &Happening) -> Option<usize> {
        match happening {
            Happening::Item { key, name, state, .. } => return Some(self.item(key, name, state)),
            Happening::Changes { totals, replanned, changes, outcomes, .. } => {
                self.totals = *totals;
                if let Some(contract) = replanned {
                    self.planned.remove(contract);
                }
                for change in changes {
                    self.change(change);
                }
                for outcome in outcomes {
                    self.outcome(outcome);
                }
            }
            Happening::Waiting { for_what, until, .. } => self.waits.begun(for_what, *until),
            Happening::WaitOver { .. } => self.waits.over(),
            Happening::RunFinished { run } => {
                self.waits = Waits::default();
                self.planned.clear();
                self.totals.confirmed = run.counts.writes;
                self.totals.requests = run.counts.requests;
            }
            Happening::RunStarted { .. }
            | Happening::Phase { .. }
            | Happening::Progress { .. }
            | Happening::Settling { .. }
            | Happening::Changed { .. } => {}
        }
        None
    }

    /// The changes of a customer: those to come, then those sent, the newest first.
    pub fn of<'a>(&'a self, tenant: &'a TenantId) -> impl Iterator<Item = &'a LiveChange> {
        let all = self.planned.values().flatten().chain(&self.sent);
        all.filter(|change| change.of.tenants.contains(tenant))
    }

    fn item(&mut self, key: &str, name: &str, state: &ItemState) -> usize {
        if self.places.len() != self.items.len() {
            let places = self.items.iter().enumerate().map(|(at, item)| (item.key.clone(), at));
            self.places = places.collect();
        }
        if let Some(at) = self.places.get(key) {
            self.items[*at].state = state.clone();
            return *at;
        }
        let at = self.items.len();
        self.places.insert(key.to_owned(), at);
        let (key, name, state) = (key.to_owned(), name.to_owned(), state.clone());
        self.items.push(LiveItem { key, name, state });
        at
    }

    fn change(&mut self, change: &LiveChange) {
        if change.state == ChangeState::Planned {
            return self.planned.entry(change.id.contract).or_default().push(change.clone());
        }
        if let Some(known) = self.sent.iter_mut().find(|known| known.id == change.id) {
            return known.state.clone_from(&change.state);
        }
        if let Some(planned) = self.planned.get_mut(&change.id.contract) {
            planned.retain(|known| known.id != change.id);
        }
        self.sent.push_front(change.clone());
        self.sent.truncate(SENT_KEPT);
    }

    /// A subscription is told of once, with what was said of it last.
    fn outcome(&mut self, outcome: &LiveOutcome) {
        let same = |known: &LiveOutcome| {
            known.of.tenants == outcome.of.tenants && known.of.name == outcome.of.name
        };
        match self.outcomes.iter().position(same) {
            Some(at) => self.outcomes[at].clone_from(outcome),
            None if self.outcomes.len() < OUTCOMES_KEPT => self.outcomes.push(outcome.clone()),
            None => {}
        }
    }
}
