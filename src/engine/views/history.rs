//! What is shown of the past: changes, retries, lines, quantities over time.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::{
    ContractServiceId, Currency, Day, InvoiceId, Money, RunId, ServiceId, UsageMonth,
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
    /// By which run.
    pub run: RunId,
    /// By whom.
    pub actor: String,
    /// For which invoice.
    pub invoice: String,
    /// On which contract.
    pub contract: String,
    /// Which service.
    pub service: String,
    /// What the invoices call what it bills, if that is known.
    #[serde(default)]
    pub product: Option<String>,
    /// Service id.
    pub service_id: ServiceId,
    /// The row.
    pub contract_service: Option<ContractServiceId>,
    /// First day of the change.
    pub effective: Option<Day>,
    /// Quantity before and after, from that day.
    pub units: (i64, i64),
    /// New unit price.
    pub unit_price: Option<Money>,
    /// New unit cost.
    pub unit_cost: Option<Money>,
    /// Change of the monthly sell price.
    pub monthly_effect: Money,
    /// The currency of its amounts.
    #[serde(default)]
    pub currency: Option<Currency>,
    /// How it ended.
    pub result: WriteState,
}

/// An entry of a retry list (sync-rules 2.7), or an invoice that holds later ones up (2.4).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RetryView {
    /// For `retries dismiss`.
    pub id: String,
    /// Customer name.
    pub customer: String,
    /// Tenant domain.
    pub tenant: String,
    /// Contract name.
    pub contract: String,
    /// Service or subscription.
    pub service: String,
    /// Invoice number.
    pub invoice: String,
    /// Its usage month.
    pub month: UsageMonth,
    /// Amount of the lines concerned.
    pub amount: Money,
    /// In which currency.
    #[serde(default)]
    pub currency: Option<Currency>,
    /// Why it failed.
    pub finding: Finding,
    /// Since which run.
    pub run: RunId,
}

/// One invoice line with where it went (`export ledger`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineView {
    /// Invoice number.
    pub invoice: String,
    /// Invoice id.
    pub invoice_id: InvoiceId,
    /// Usage month.
    pub month: Option<UsageMonth>,
    /// Line number.
    pub line: u32,
    /// Customer.
    pub customer: String,
    /// Tenant domain.
    pub tenant: String,
    /// Subscription id.
    pub subscription: Option<crate::domain::SubscriptionId>,
    /// Offer name.
    pub offer: String,
    /// First day.
    pub start: Day,
    /// Last day.
    pub end: Day,
    /// Quantity.
    #[serde(with = "crate::domain::quantity")]
    pub quantity: rust_decimal::Decimal,
    /// Amount.
    pub subtotal: Money,
    /// Amount at RRP.
    pub subtotal_retail: Money,
    /// The currency of both.
    #[serde(default)]
    pub currency: Option<Currency>,
    /// Where it went.
    pub disposition: Disposition,
    /// By which run.
    pub run: Option<RunId>,
}

/// The quantity of a service over a month.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChartView {
    /// Service name.
    pub service: String,
    /// Customer name.
    pub customer: String,
    /// Contract name.
    pub contract: String,
    /// The usage month.
    pub month: UsageMonth,
    /// What the invoice says.
    pub invoice: Timeline,
    /// What the contract says now.
    pub contract_units: Timeline,
    /// The rows behind it.
    pub rows: Vec<UnitRow>,
    /// What was written and why, by day.
    pub explanations: Vec<(Day, String)>,
}
