//! A run as it can be watched: where each customer stands, the changes as they happen, what went wrong, how far it is.
//! Engine, console and command line put it together from the same events, so none of them can tell another story.
//!
//! It must not grow without bounds, format a text, or look at the clock.

#![expect(missing_docs, reason = "what has no sentence is what its name says")]

mod of_record;

use std::collections::{BTreeMap, HashMap, VecDeque};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{
    event::{Happening, ItemState},
    waits::Waits,
};
use crate::{
    domain::{
        ContractId, Day, InvoiceId, Money, RunId, ServiceId, TenantId,
        operation::OperationKind,
        outcome::Outcome,
        run::{CustomerRow, ProductOutcome, RunKind, changes_by_row},
    },
    psa::{BudgetLeft, Slots},
};

/// What of that which was asked for comes after all that is counted: nothing of it is planned yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ahead {
    #[default]
    Nothing,
    /// So many invoices of this run, as far as it is known whether they add up.
    Invoices(u64),
    /// After products, customers in a run of their own.
    Customers,
}

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
    /// Of those that were sent: by earlier attempts, before the run was cut off.
    #[serde(default)]
    pub earlier: u64,
    /// What comes after all that is counted.
    #[serde(default)]
    pub ahead: Ahead,
    /// How many changes are still to be planned, where a plan that is carried out lists them: of what comes after, and of
    /// customers who are due.
    #[serde(default)]
    pub changes_ahead: Option<u64>,
    /// Requests of every kind, to every system.
    pub requests: u64,
    /// What may still be asked of the target this hour; none where it does not tell.
    pub budget: Option<BudgetLeft>,
    /// How busy the target is kept.
    #[serde(default)]
    pub slots: Option<Slots>,
}

/// What a gauge shows of a run, on a screen and on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gauge {
    /// Changes sent, of those planned.
    Changes { sent: u64, planned: u64 },
    /// Nothing is planned yet: customers planned, of those that are due.
    Customers { planned: u64, due: u64 },
}

impl Gauge {
    /// So much is done, of so much.
    #[must_use]
    pub fn parts(self) -> (u64, u64) {
        match self {
            Self::Changes { sent, planned } => (sent, planned),
            Self::Customers { planned, due } => (planned, due),
        }
    }
}

impl Totals {
    /// None where neither is known: then whoever shows it counts what is done.
    #[must_use]
    pub fn gauge(&self) -> Option<Gauge> {
        let Self { sent, planned, customers_planned, customers_due: due, .. } = *self;
        let listed = self.listed_of_due().unwrap_or_default();
        match planned {
            0 if self.is_planning() => Some(Gauge::Customers { planned: customers_planned, due }),
            0 => None,
            planned => Some(Gauge::Changes { sent, planned: planned + listed }),
        }
    }

    /// What a plan lists beyond what is planned, where that is of customers who are due and of nothing else.
    #[must_use]
    pub fn listed_of_due(&self) -> Option<u64> {
        self.changes_ahead.filter(|_| self.is_planning() && self.ahead == Ahead::Nothing)
    }

    /// Changes that customers are to be expected to have who are due and not planned: as many as those who are.
    fn expected(&self) -> u64 {
        let unplanned = self.customers_due.saturating_sub(self.customers_planned);
        let all = self.planned.saturating_mul(unplanned);
        all.checked_div(self.customers_planned).unwrap_or_default()
    }

    /// Changes that were sent since the run went on.
    #[must_use]
    pub fn sent_now(&self) -> u64 {
        self.sent.saturating_sub(self.earlier)
    }

    /// Changes that a time left is of, and of what those are where that is not all that was asked for. What is still to be
    /// planned is what a plan lists, else as much as there is to be expected. What invoices to come will change goes at the
    /// pace of what was sent; products go at another one than customers.
    #[must_use]
    pub fn to_send(&self) -> (u64, &'static str) {
        let counted = self.planned.saturating_sub(self.sent);
        match (self.ahead, self.changes_ahead) {
            (Ahead::Nothing, more) => (counted + more.unwrap_or_else(|| self.expected()), ""),
            (Ahead::Invoices(_), Some(more)) => (counted + more, ""),
            (Ahead::Invoices(_), None) => (counted + self.expected(), " of this invoice"),
            (Ahead::Customers, _) => (counted, " of the products"),
        }
    }

    /// Whether customers are still to be planned: what is planned will grow.
    #[must_use]
    pub fn is_planning(&self) -> bool {
        self.customers_planned < self.customers_due
    }
}

/// Which change of a contract: the same from its planning to its confirmation.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
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
    /// The number of the invoice that bills it. Empty of products.
    #[serde(default)]
    pub invoice: String,
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
    /// The run was stopped before it left.
    NotSent,
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
    /// Last day of the change, where it ends by itself.
    #[serde(default)]
    pub until: Option<Day>,
    /// Quantity before and after.
    pub quantity: Option<(i64, i64)>,
    /// The unit price and the unit cost that it sets.
    #[serde(default)]
    pub price: Option<SetPrice>,
    #[serde(default)]
    pub cost: Option<SetPrice>,
    pub state: ChangeState,
    pub at: DateTime<Utc>,
    /// By how many seats, of a change that a run's record tells: of how many, and when, is not in there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recorded: Option<i64>,
}

#[cfg(test)]
impl LiveChange {
    /// One of which only this matters.
    pub(super) fn so_far(id: ChangeId, of: LiveSubscription, state: ChangeState) -> Self {
        Self {
            id,
            of,
            kind: OperationKind::AdjustUnits,
            effective: None,
            until: None,
            quantity: None,
            price: None,
            cost: None,
            state,
            at: DateTime::UNIX_EPOCH,
            recorded: None,
        }
    }
}

/// A unit price, or cost, that a change sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetPrice {
    /// The one that it replaces, where that is known.
    pub before: Option<Money>,
    pub after: Money,
}

/// What became of a subscription that wants a look.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveOutcome {
    pub of: LiveSubscription,
    pub outcome: Outcome,
    pub text: String,
}

/// A customer with one of its invoices, or a product: what becomes one row of the run's record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveItem {
    /// Tenant id or product key.
    pub key: String,
    pub name: String,
    /// The tenant's, or the SKU: what tells those of one name apart.
    #[serde(default)]
    pub domain: String,
    #[serde(default)]
    pub invoice: String,
    pub state: ItemState,
    /// The worst that was told of its subscriptions so far; nothing once it is done, which says so itself.
    #[serde(default)]
    pub found: Outcome,
}

impl LiveItem {
    /// How it ended, or what is known of that already.
    #[must_use]
    pub fn outcome(&self) -> Option<Outcome> {
        match self.state {
            ItemState::Done { outcome, .. } => Some(outcome),
            ItemState::PartWritten { .. } => Some(Outcome::NotAttempted),
            // It was read back, and all of it stands: the record that is still to come says no less.
            ItemState::Verified { done, of } if done == of => {
                Some(self.found.max(Outcome::Success))
            }
            _ => Some(self.found).filter(|found| found.wants_a_look()),
        }
    }

    /// Whether it failed, warns, or was left in the middle, so far or at its end: as its row of the record does.
    #[must_use]
    pub fn wants_a_look(&self) -> bool {
        matches!(self.state, ItemState::PartWritten { .. })
            || self.outcome().is_some_and(Outcome::wants_a_look)
    }

    /// What the rows of a run's record say of its customers.
    #[must_use]
    pub fn of_customers(rows: &[CustomerRow]) -> Vec<Self> {
        let each = rows.iter().zip(changes_by_row(rows));
        each.map(|(row, changes)| Self::of_customer(row, changes)).collect()
    }

    /// The same of one, with so many changes.
    fn of_customer(row: &CustomerRow, changes: u64) -> Self {
        let writes = u32::try_from(changes).unwrap_or(u32::MAX);
        let text = row.first_finding().map(|finding| finding.text.clone());
        Self {
            key: row.tenant_id.to_string(),
            name: row.customer.clone(),
            domain: row.tenant.clone(),
            invoice: row.invoice.clone(),
            state: if row.is_partly_written() {
                ItemState::PartWritten { writes, text }
            } else {
                ItemState::Done { outcome: row.status, writes, text }
            },
            found: Outcome::default(),
        }
    }

    /// What the row of a run's record says of a product.
    #[must_use]
    pub fn of_product(row: &ProductOutcome) -> Self {
        Self {
            key: row.product.clone(),
            name: row.name.clone(),
            domain: row.shown_key().to_owned(),
            invoice: String::new(),
            state: ItemState::Done {
                outcome: row.status,
                writes: u32::from(row.is_written()),
                text: row.error.as_ref().map(|finding| finding.text.clone()),
            },
            found: Outcome::default(),
        }
    }

    /// That it stands where it stands.
    #[must_use]
    pub fn told(self, run: RunId, kind: RunKind) -> Happening {
        let Self { key, name, domain, invoice, state, found: _ } = self;
        Happening::Item { run, kind, key, name, domain, invoice, state }
    }

    /// Whether it is the row of the same.
    pub(crate) fn is_row_of(&self, other: &Self) -> bool {
        self.key == other.key && self.invoice == other.invoice
    }

    /// Whether something is about this customer, for this invoice.
    #[must_use]
    pub fn is_of(&self, of: &LiveSubscription) -> bool {
        of.invoice == self.invoice && of.tenants.iter().any(|tenant| tenant.as_str() == self.key)
    }
}

/// All that is told of a run while it is on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveRun {
    pub totals: Totals,
    /// Customers with their invoices, or products, in the order in which they turned up.
    pub items: Vec<LiveItem>,
    /// Changes that were not sent yet, by contract.
    pub planned: BTreeMap<ContractId, Vec<LiveChange>>,
    /// Changes that were sent, the newest first.
    pub sent: VecDeque<LiveChange>,
    /// What went wrong or wants a look, the newest last.
    pub outcomes: Vec<LiveOutcome>,
    pub waits: Waits,
    #[serde(skip)]
    places: Places,
}

/// Where things stand in a [`LiveRun`]: what moves is found at once among tens of thousands. It follows from the rest, so it
/// is not sent with it, and no two runs differ by it.
#[derive(Clone, Debug, Default)]
struct Places {
    /// Items by key and invoice.
    items: HashMap<String, HashMap<String, usize>>,
    /// So many of them are in there.
    placed: usize,
    /// Of a change that was sent, how many had been by then, itself among them.
    sent: HashMap<ChangeId, usize>,
    /// So many were sent.
    pushes: usize,
    /// Outcomes by tenants, subscription and invoice.
    outcomes: HashMap<(Vec<TenantId>, String, String), usize>,
}

impl PartialEq for Places {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Places {}

/// So many changes that were sent are kept; the oldest are in the run's record.
const SENT_KEPT: usize = 10_000;
const OUTCOMES_KEPT: usize = 2_000;

impl LiveRun {
    /// Takes in what happened. Gives the places of the items that moved.
    pub fn take(&mut self, happening: &Happening) -> Vec<usize> {
        match happening {
            Happening::Item { key, name, domain, invoice, state, .. } => {
                let Some(at) = self.place(key, invoice) else {
                    return vec![self.turn_up(LiveItem {
                        key: key.clone(),
                        name: name.clone(),
                        domain: domain.clone(),
                        invoice: invoice.clone(),
                        state: state.clone(),
                        found: Outcome::default(),
                    })];
                };
                let item = &mut self.items[at];
                item.state.clone_from(state);
                if state.is_ended() {
                    item.found = Outcome::default();
                }
                return vec![at];
            }
            Happening::Changes { totals, replanned, changes, outcomes, .. } => {
                self.totals = *totals;
                for contract in replanned {
                    self.planned.remove(contract);
                }
                for change in changes {
                    self.change(change);
                }
                return outcomes.iter().flat_map(|outcome| self.outcome(outcome)).collect();
            }
            Happening::Waiting { for_what, until, .. } => self.waits.begun(for_what, *until),
            Happening::WaitOver { .. } => self.waits.over(),
            Happening::RunFinished { run } => {
                self.waits = Waits::default();
                self.planned.clear();
                self.totals.confirmed = run.counts.writes;
                (self.totals.ahead, self.totals.changes_ahead) = (Ahead::Nothing, None);
                self.totals.requests = run.counts.requests;
            }
            Happening::RunStarted { .. }
            | Happening::Phase { .. }
            | Happening::Progress { .. }
            | Happening::Settling { .. }
            | Happening::Missed
            | Happening::DaemonLost
            | Happening::DaemonBack { .. }
            | Happening::Changed { .. } => {}
        }
        Vec::new()
    }

    /// When the first change was sent, of a run that began then; none where none was. Of what was forgotten it is not known.
    #[must_use]
    pub fn sending_since(&self, began: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let sent = self.totals.sent_now();
        let first = self.sent.back().filter(|_| self.sent.len() as u64 >= sent);
        (sent > 0).then(|| first.map_or(began, |first| first.at))
    }

    /// The changes of a customer: those to come, then those sent, the newest first.
    pub fn of<'a>(&'a self, item: &'a LiveItem) -> impl Iterator<Item = &'a LiveChange> {
        let all = self.planned.values().flatten().chain(&self.sent);
        all.filter(|change| item.is_of(&change.of))
    }

    fn place(&mut self, key: &str, invoice: &str) -> Option<usize> {
        while self.places.placed < self.items.len() {
            self.put_place(self.places.placed);
        }
        self.places.items.get(key)?.get(invoice).copied()
    }

    fn put_place(&mut self, at: usize) {
        let LiveItem { key, invoice, .. } = &self.items[at];
        self.places.items.entry(key.clone()).or_default().insert(invoice.clone(), at);
        self.places.placed = at + 1;
    }

    fn turn_up(&mut self, item: LiveItem) -> usize {
        let at = self.items.len();
        self.items.push(item);
        self.put_place(at);
        at
    }

    /// Where a change stands among those sent, of which the newest is the first.
    fn place_sent(&mut self, id: &ChangeId) -> Option<usize> {
        let Self { sent, places, .. } = self;
        if places.pushes == 0 {
            places.pushes = sent.len();
            let in_turn = sent.iter().rev().zip(1..);
            places.sent = in_turn.map(|(change, nth)| (change.id.clone(), nth)).collect();
        }
        places.sent.get(id).map(|nth| places.pushes - nth)
    }

    fn change(&mut self, change: &LiveChange) {
        if change.state == ChangeState::Planned {
            return self.planned.entry(change.id.contract).or_default().push(change.clone());
        }
        if let Some(at) = self.place_sent(&change.id) {
            return self.sent[at].state.clone_from(&change.state);
        }
        if let Some(planned) = self.planned.get_mut(&change.id.contract) {
            planned.retain(|known| known.id != change.id);
            // The room of those that left would add up over all contracts.
            if planned.is_empty() {
                self.planned.remove(&change.id.contract);
            }
        }
        self.places.pushes += 1;
        self.places.sent.insert(change.id.clone(), self.places.pushes);
        self.sent.push_front(change.clone());
        while self.sent.len() > SENT_KEPT
            && let Some(oldest) = self.sent.pop_back()
        {
            self.places.sent.remove(&oldest.id);
        }
    }

    fn place_of_outcome(&mut self, of: &LiveSubscription) -> Option<usize> {
        let known =
            |of: &LiveSubscription| (of.tenants.clone(), of.name.clone(), of.invoice.clone());
        for at in self.places.outcomes.len()..self.outcomes.len() {
            self.places.outcomes.insert(known(&self.outcomes[at].of), at);
        }
        self.places.outcomes.get(&known(of)).copied()
    }

    /// A subscription is told of once, with what was said of it last. Gives the places of its customers, who are as bad off
    /// as it is.
    fn outcome(&mut self, outcome: &LiveOutcome) -> Vec<usize> {
        match self.place_of_outcome(&outcome.of) {
            Some(at) => self.outcomes[at].clone_from(outcome),
            None if self.outcomes.len() < OUTCOMES_KEPT => self.outcomes.push(outcome.clone()),
            None => {}
        }
        let LiveSubscription { tenants, invoice, .. } = &outcome.of;
        let places = tenants.iter().filter_map(|tenant| self.place(tenant.as_str(), invoice));
        let mut moved: Vec<usize> = places.collect();
        moved.retain(|at| {
            let item = &mut self.items[*at];
            let is_worse = outcome.outcome > item.found;
            let moves = is_worse && !item.state.is_ended();
            if moves {
                item.found = outcome.outcome;
            }
            moves
        });
        moved
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(nth: usize, state: ChangeState) -> Happening {
        let id = ChangeId {
            contract: ContractId(7),
            invoice: InvoiceId::new("INV0104233"),
            service: ServiceId(41),
            nth,
        };
        let of = LiveSubscription {
            tenants: vec![TenantId::new("alpha")],
            customer: "Alpha".to_owned(),
            name: "Business Basic".to_owned(),
            invoice: "INV0104233".to_owned(),
        };
        let outcome =
            LiveOutcome { of: of.clone(), outcome: Outcome::Warning, text: format!("the {nth}.") };
        let change = LiveChange::so_far(id, of, state);
        Happening::Changes {
            run: RunId(1),
            totals: Totals::default(),
            replanned: Vec::new(),
            changes: vec![change],
            outcomes: vec![outcome],
        }
    }

    /// However many were sent and are forgotten: what moves is the change that is meant.
    #[test]
    fn a_change_that_moves_is_found_among_all_that_were_sent() {
        let mut live = LiveRun::default();
        let all = SENT_KEPT + 5;
        (0..all).for_each(|nth| _ = live.take(&change(nth, ChangeState::Sent)));
        for nth in [5, all / 2, all - 1] {
            live.take(&change(nth, ChangeState::Confirmed));
        }
        let confirmed = live.sent.iter().filter(|one| one.state == ChangeState::Confirmed);
        assert_eq!(confirmed.map(|one| one.id.nth).collect::<Vec<_>>(), [all - 1, all / 2, 5]);
        assert_eq!((live.sent.len(), live.outcomes.len()), (SENT_KEPT, 1));
    }

    /// What was planned takes its room only until it is sent, however many contracts there are.
    #[test]
    fn a_contract_of_which_all_is_sent_is_not_among_what_is_planned() {
        let mut live = LiveRun::default();
        for state in [ChangeState::Planned, ChangeState::Sent] {
            (0..2).for_each(|nth| _ = live.take(&change(nth, state.clone())));
        }
        assert_eq!((live.planned, live.sent.len()), (BTreeMap::new(), 2));
    }

    /// Whoever begins to listen in the middle of a run is told all so far as a text.
    #[test]
    fn a_run_goes_on_where_it_was_read_in_the_middle() {
        let mut live = LiveRun::default();
        (0..3).for_each(|nth| _ = live.take(&change(nth, ChangeState::Sent)));
        let text = serde_json::to_string(&live).expect("a text");
        let mut read: LiveRun = serde_json::from_str(&text).expect("the same");
        for nth in [1, 3, 0] {
            let happening = change(nth, ChangeState::Confirmed);
            live.take(&happening);
            read.take(&happening);
        }
        assert_eq!(live, read);
        let states: Vec<(usize, bool)> =
            read.sent.iter().map(|one| (one.id.nth, one.state == ChangeState::Confirmed)).collect();
        assert_eq!(states, [(3, true), (2, false), (1, true), (0, true)]);
        assert_eq!(read.outcomes.len(), 1);
    }
}
