//! What is shown of the past: changes, retries, lines, quantities over time.

#![expect(missing_docs, reason = "what has no sentence is what its name says")]

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::{
    ContractServiceId, Currency, Day, InvoiceId, Money, RunId, ServiceId, SubscriptionId,
    UsageMonth,
    outcome::{Disposition, Finding},
    run::WriteState,
    target::UnitRow,
    timeline::Timeline,
};

/// One change on a customer's contract (`history`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryView {
    /// When it was written.
    pub at: DateTime<Utc>,
    pub run: RunId,
    pub actor: String,
    pub invoice: String,
    pub contract: String,
    pub service: String,
    /// What the invoices call what it bills, if that is known.
    #[serde(default)]
    pub product: Option<String>,
    pub service_id: ServiceId,
    pub contract_service: Option<ContractServiceId>,
    /// First day of the change.
    pub effective: Option<Day>,
    /// Last day of the change, where it ends by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Day>,
    /// Quantity before and after, from that day.
    pub units: (i64, i64),
    pub unit_price: Option<Money>,
    pub unit_cost: Option<Money>,
    /// What the unit price was before, where this sets one and it was known.
    #[serde(default)]
    pub price_before: Option<Money>,
    /// The unit cost likewise.
    #[serde(default)]
    pub cost_before: Option<Money>,
    /// Change of the monthly sell price, as long as it lasts.
    pub monthly_effect: Money,
    #[serde(default)]
    pub currency: Option<Currency>,
    pub result: WriteState,
    /// Whom it is for, where the contract is shared and it is for none but others.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<String>,
}

impl HistoryView {
    /// Whether it is for the customer whose history it is in: not, where only others who share the contract were billed by it.
    #[must_use]
    pub fn is_own(&self) -> bool {
        self.others.is_empty()
    }

    /// The first day on which what it changed has ended by itself.
    #[must_use]
    pub fn over_from(&self) -> Option<Day> {
        self.until.map(Day::next)
    }
}

/// An entry of a retry list (sync-rules 2.7), or an invoice that holds later ones up (2.4).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RetryView {
    /// For `retries dismiss`.
    pub id: String,
    pub customer: String,
    pub tenant: String,
    pub contract: String,
    pub service: String,
    /// As PRISM writes it, where the product was found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sku: Option<String>,
    /// What was bought of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subscriptions: Vec<SubscriptionId>,
    pub invoice: String,
    pub month: UsageMonth,
    /// Amount of the lines concerned.
    pub amount: Money,
    #[serde(default)]
    pub currency: Option<Currency>,
    /// Why it failed.
    pub finding: Finding,
    /// Since which run.
    pub run: RunId,
}

impl RetryView {
    /// A tenant that a request names its contract by: customers who share it are told one after the other.
    pub(crate) fn first_tenant(&self) -> Option<&str> {
        self.tenants().next()
    }

    pub(crate) fn tenants(&self) -> impl Iterator<Item = &str> {
        self.tenant.split(", ").filter(|tenant| !tenant.is_empty())
    }
}

/// What waits of one customer with one invoice, and has one name, is told with its SKU, or with the subscription where that
/// does not tell it apart either: with the beginning of its id, if that is enough.
pub(crate) fn tell_services_apart(rows: &mut [RetryView]) {
    let name = |row: &RetryView| {
        let of = [&row.customer, &row.tenant, &row.contract, &row.service, &row.invoice];
        of.map(String::clone)
    };
    let mut alike: HashMap<_, Vec<usize>> = HashMap::new();
    for (at, row) in rows.iter().enumerate().filter(|(_, row)| !row.service.is_empty()) {
        alike.entry(name(row)).or_default().push(at);
    }
    for places in alike.into_values().filter(|places| places.len() > 1) {
        let of = |told: fn(&RetryView) -> Option<String>| -> Vec<Option<String>> {
            places.iter().map(|at| told(&rows[*at])).collect()
        };
        let (skus, ids) = (of(|row| row.sku.clone()), of(first_subscription));
        let short = of(|row| Some(first_subscription(row)?.split('-').next()?.to_owned()));
        let told = [skus, short].into_iter().find(|told| differ(told)).unwrap_or(ids);
        for (at, told) in places.into_iter().zip(told) {
            let told = told.map_or_else(String::new, |told| format!(" ({told})"));
            rows[at].service.push_str(&told);
        }
    }
}

fn first_subscription(row: &RetryView) -> Option<String> {
    Some(row.subscriptions.first()?.text().into_owned())
}

/// Whether each of these tells its row from all others.
fn differ(told: &[Option<String>]) -> bool {
    told.iter().flatten().collect::<BTreeSet<_>>().len() == told.len()
}

/// One invoice line with where it went (`export ledger`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineView {
    pub invoice: String,
    pub invoice_id: InvoiceId,
    pub month: Option<UsageMonth>,
    pub line: u32,
    pub customer: String,
    pub tenant: String,
    pub subscription: Option<crate::domain::SubscriptionId>,
    pub offer: String,
    /// First day.
    pub start: Day,
    /// Last day.
    pub end: Day,
    #[serde(with = "crate::domain::quantity")]
    pub quantity: rust_decimal::Decimal,
    pub subtotal: Money,
    /// Amount at RRP.
    pub subtotal_retail: Money,
    /// The currency of both.
    #[serde(default)]
    pub currency: Option<Currency>,
    pub disposition: Disposition,
    pub run: Option<RunId>,
}

/// The quantity of a service over a month.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChartView {
    pub service: String,
    pub customer: String,
    pub contract: String,
    pub month: UsageMonth,
    pub invoice: Timeline,
    /// What the contract says now; none where it was not read.
    pub contract_units: Option<Timeline>,
    pub rows: Vec<UnitRow>,
    /// Whether the amount of each row is that of a whole month: such rows reach over as many as nothing changes in.
    #[serde(default)]
    pub amounts_a_month: bool,
    /// What was written on days of this month and stands, by day.
    #[serde(default)]
    pub writes: Vec<HistoryView>,
    /// Quantities of lines that are no whole numbers: they are not part of `invoice`.
    #[serde(default)]
    pub fractions: Vec<rust_decimal::Decimal>,
    /// What a plan would write on days of this month.
    #[serde(default)]
    pub planned: Vec<PlannedStep>,
}

/// A change of a quantity that is planned and not sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedStep {
    pub day: Day,
    /// Before and after, from that day.
    pub quantity: (i64, i64),
    pub monthly_effect: Money,
}
