//! How far a run is, counted where it is known. Counters alone: nothing is read or formatted for them.

use std::sync::{
    OnceLock,
    atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
};

use crate::engine::{
    protocol::live_run::{Ahead, Totals},
    sync::equipment::Equipment,
};

/// The counters of one attempt of a run, on top of what earlier attempts came to.
#[derive(Debug)]
pub(crate) struct RunTotals {
    customers_due: AtomicU64,
    customers_planned: AtomicU64,
    /// Changes that are planned and not sent.
    left: AtomicU64,
    sent: AtomicU64,
    confirmed: AtomicU64,
    /// Changes that earlier attempts sent, and that stand.
    earlier: AtomicU64,
    /// Invoices that come after the one that is on.
    invoices_ahead: AtomicU64,
    /// Whether customers come after this, in a run of their own.
    customers_ahead: AtomicBool,
    /// Changes to customers' contracts that the plan lists which is carried out.
    listed: OnceLock<u64>,
    /// Requests that the clients had sent before this attempt, and those of earlier attempts.
    requests_before: u64,
    requests_earlier: AtomicU64,
}

impl RunTotals {
    pub(crate) fn new(equipment: &Equipment) -> Self {
        Self {
            customers_due: AtomicU64::default(),
            customers_planned: AtomicU64::default(),
            left: AtomicU64::default(),
            sent: AtomicU64::default(),
            confirmed: AtomicU64::default(),
            earlier: AtomicU64::default(),
            invoices_ahead: AtomicU64::default(),
            customers_ahead: AtomicBool::default(),
            listed: OnceLock::new(),
            requests_before: sent_by_clients(equipment),
            requests_earlier: AtomicU64::default(),
        }
    }

    /// What earlier attempts of the run came to.
    pub(crate) fn go_on_from(&self, confirmed: u64, requests: u64) {
        self.sent.fetch_add(confirmed, Relaxed);
        self.confirmed.fetch_add(confirmed, Relaxed);
        self.earlier.store(confirmed, Relaxed);
        self.requests_earlier.store(requests, Relaxed);
    }

    /// So many invoices come after the one that is on.
    pub(crate) fn invoices_ahead(&self, invoices: usize) {
        self.invoices_ahead.store(invoices as u64, Relaxed);
    }

    /// What was asked for goes on with customers, once this is done.
    pub(crate) fn customers_come_after(&self) {
        self.customers_ahead.store(true, Relaxed);
    }

    /// The plan that is carried out lists so many changes to customers' contracts, with all of its invoices.
    pub(crate) fn plan_lists(&self, changes: usize) {
        _ = self.listed.set(changes as u64);
    }

    pub(crate) fn customers_due(&self, more: usize) {
        self.customers_due.fetch_add(more as u64, Relaxed);
    }

    pub(crate) fn customers_planned(&self, more: usize) {
        self.customers_planned.fetch_add(more as u64, Relaxed);
    }

    /// So many changes are left of what was planned, in the place of so many.
    pub(crate) fn left(&self, before: usize, now: usize) {
        self.left.fetch_add(now as u64, Relaxed);
        self.left.fetch_sub(before as u64, Relaxed);
    }

    /// A change that was not counted as left is sent.
    pub(crate) fn sent(&self) {
        self.sent.fetch_add(1, Relaxed);
    }

    /// A change of this run stands. One that an earlier attempt sent is found only now.
    pub(crate) fn confirmed(&self, of_this_attempt: bool) {
        self.confirmed.fetch_add(1, Relaxed);
        self.sent.fetch_add(u64::from(!of_this_attempt), Relaxed);
        self.earlier.fetch_add(u64::from(!of_this_attempt), Relaxed);
    }

    /// How many changes of the run stand.
    pub(crate) fn stand(&self) -> u64 {
        self.confirmed.load(Relaxed)
    }

    /// How many of them earlier attempts sent.
    pub(crate) fn earlier(&self) -> u64 {
        self.earlier.load(Relaxed)
    }

    /// Requests of this attempt.
    pub(crate) fn requests(&self, equipment: &Equipment) -> u64 {
        sent_by_clients(equipment) - self.requests_before
    }

    fn ahead(&self) -> Ahead {
        match self.invoices_ahead.load(Relaxed) {
            _ if self.customers_ahead.load(Relaxed) => Ahead::Customers,
            0 => Ahead::Nothing,
            invoices => Ahead::Invoices(invoices),
        }
    }

    /// How many changes are ahead, where a plan lists them: of customers' contracts what is not counted yet. Once all are
    /// planned that is what counts: what is blocked since the plan was made is not to come.
    fn changes_ahead(&self, counted: &Totals) -> Option<u64> {
        let listed = *self.listed.get()?;
        let rest = listed.saturating_sub(counted.planned);
        match counted.ahead {
            Ahead::Nothing => counted.is_planning().then_some(rest),
            Ahead::Invoices(_) => Some(rest),
            Ahead::Customers => Some(listed),
        }
    }

    pub(crate) fn now(&self, equipment: &Equipment) -> Totals {
        let sent = self.sent.load(Relaxed);
        let counted = Totals {
            customers_due: self.customers_due.load(Relaxed),
            customers_planned: self.customers_planned.load(Relaxed),
            planned: sent + self.left.load(Relaxed),
            sent,
            confirmed: self.confirmed.load(Relaxed),
            earlier: self.earlier(),
            ahead: self.ahead(),
            changes_ahead: None,
            requests: self.requests_earlier.load(Relaxed) + self.requests(equipment),
            budget: equipment.target.budget(),
            slots: equipment.target.slots(),
        };
        Totals { changes_ahead: self.changes_ahead(&counted), ..counted }
    }
}

fn sent_by_clients(equipment: &Equipment) -> u64 {
    equipment.source.requests() + equipment.target.requests()
}
