//! What the page of one customer shows: what is wrong, what it is billed this month and why that differs, what changed.

#![expect(missing_docs, reason = "what has no sentence is what its name says")]

use std::fmt;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{
    domain::{
        Currency, Day, Money, RunId, ServiceId, SubscriptionId, UsageMonth,
        outcome::{Finding, Outcome},
        run::UsageRow,
    },
    engine::views::{ChartView, CustomerView, HistoryView},
};

/// All there is to say about one customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomerPageView {
    pub customer: CustomerView,
    /// What waits to be tried again, is held or must be decided; worst first.
    pub open: Vec<OpenView>,
    /// The newest month in which a run came to it.
    pub this: Option<MonthBill>,
    /// The month before it in which one did.
    pub last: Option<MonthBill>,
    /// What it is billed for in this month, and what it was in the last; what must be looked at first.
    pub subscriptions: Vec<SubscriptionBill>,
    /// Quantities over this month, one for each service.
    pub charts: Vec<ServiceChart>,
    /// Changes on its contracts, newest first.
    pub changes: Vec<HistoryView>,
}

impl CustomerPageView {
    /// By how much the bill of this month differs from the last; none where there is nothing to compare it with, or the two
    /// are not in one currency.
    #[must_use]
    pub fn difference(&self) -> Option<Money> {
        let (this, last) = (self.this.as_ref()?, self.last.as_ref()?);
        (this.currency == last.currency).then(|| this.amount - last.amount)
    }

    /// The quantities of a service.
    #[must_use]
    pub fn chart(&self, service: ServiceId) -> Option<&ChartView> {
        self.charts.iter().find(|one| one.service == service).map(|one| &one.chart)
    }

    /// Whether it was read what the contract says now.
    #[must_use]
    pub fn is_read(&self) -> bool {
        self.charts.iter().any(|one| one.chart.contract_units.is_some())
    }
}

/// Something that is wrong with a customer now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenView {
    /// Service, subscription or invoice, in words.
    pub what: String,
    pub invoice: String,
    pub month: UsageMonth,
    /// What its lines amount to.
    pub amount: Money,
    pub currency: Option<Currency>,
    pub outcome: Outcome,
    pub finding: Finding,
}

/// What the invoices of one month come to, for one customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MonthBill {
    pub month: UsageMonth,
    /// By number.
    pub invoices: Vec<String>,
    /// The currency of all of them.
    pub currency: Option<Currency>,
    pub amount: Money,
}

/// A quantity as it is billed: whole, but for what an invoice has wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Quantity(#[serde(with = "crate::domain::quantity")] pub Decimal);

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0.normalize().to_string())
    }
}

/// One subscription on the bill of a month, beside the bill of the last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubscriptionBill {
    pub name: String,
    pub subscription: Option<SubscriptionId>,
    /// The product as links name it, or what is known of it.
    pub product: Option<String>,
    pub service: Option<ServiceId>,
    /// At the end of the last month; none where there is no last month.
    pub before: Option<Quantity>,
    /// At the end of this month.
    pub after: Quantity,
    /// What the last month billed for it; none where there is no last month.
    pub amount_before: Option<Money>,
    pub amount: Money,
    /// Why the two amounts differ, if they do.
    pub why: Option<BillReason>,
    /// How the run ended that came to it last.
    pub status: Outcome,
    /// Why it failed, or what must be looked at.
    pub finding: Option<Finding>,
    /// That run.
    pub run: RunId,
    pub invoice: String,
    /// Its invoice lines in this month.
    pub usage: Vec<UsageRow>,
}

impl SubscriptionBill {
    /// By how much it is billed more than in the last month.
    #[must_use]
    pub fn difference(&self) -> Option<Money> {
        Some(self.amount - self.amount_before?)
    }
}

/// Why a subscription is billed another amount than in the month before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum BillReason {
    /// Another quantity, from this day of the month on.
    Quantity { from: Option<Day> },
    /// Another unit cost.
    Price { before: Money, after: Money },
    /// The quantity stood only for a part of one of the two months.
    PartOfMonth,
    /// A credit or a correction.
    Other,
}

/// The quantities of one service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceChart {
    pub service: ServiceId,
    pub chart: ChartView,
}
