//! What runs leave behind: the state of every invoice line, what failed, and what the next month needs to know.
//!
//! Plain values with their tables and keys. Every key begins with the target connection (design invariant 9).

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    domain::{
        ConnectionId, ContractId, ContractServiceId, InvoiceId, Money, RunId, ServiceId,
        SubscriptionId, TenantId, UsageMonth,
        invoice::Line,
        mapping::Applied,
        outcome::{Disposition, Finding, Outcome},
        run::{CustomerRow, Ledger, ProductOutcome, RunHeader},
    },
    store::{Key, Table},
};

/// Runs by number.
pub const RUNS: Table<RunHeader> = Table::new("runs");

/// Rows of customer runs, by (run, month, tenant).
pub const CUSTOMER_ROWS: Table<CustomerRow> = Table::new("run_customers");

/// Rows of product runs, by (run, product).
pub const PRODUCT_ROWS: Table<ProductOutcome> = Table::new("run_products");

/// Ledgers, by (run, invoice).
pub const LEDGERS: Table<Ledger> = Table::new("run_ledgers");

/// The run that is on, or was cut off: under the empty key.
pub const UNFINISHED: Table<Unfinished> = Table::new("unfinished");

/// Where each line of an invoice stands now, by (connection, invoice, line).
pub const LINES: Table<LineState> = Table::new("lines");

/// What is to be tried again, by (connection, contract, month, kind and id).
pub const RETRIES: Table<Retry> = Table::new("retries");

/// How far each tenant has come, by (connection, tenant).
pub const CURSORS: Table<Applied> = Table::new("cursors");

/// Months applied to a contract, by (connection, contract, month).
pub const MONTHS: Table<Applied> = Table::new("applied_months");

/// The price last written to a service, by (connection, contract, service).
pub const PRICES: Table<LastPrice> = Table::new("last_prices");

/// Where each subscription stood on the last applied month's last day, by (connection, contract, subscription).
pub const CLOSING: Table<Closing> = Table::new("closing");

/// What is known of an invoice beyond its header, by (connection, invoice).
pub const INVOICES: Table<InvoiceState> = Table::new("invoices");

/// A run that has not ended: what it needs to be finished.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Unfinished {
    /// Which.
    pub run: RunId,
    /// What was asked for.
    pub request: crate::engine::protocol::SyncRequest,
}

/// Where an invoice line stands now; runs are views over it (design 4).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineState {
    /// The line as the invoice has it.
    pub line: Line,
    /// The invoice's number.
    pub invoice_number: String,
    /// Its usage month.
    pub month: Option<UsageMonth>,
    /// Whose it is, if that could be told.
    pub tenant: Option<TenantId>,
    /// Its contract, where it has one.
    pub contract: Option<ContractId>,
    /// Its service, where it was found.
    pub service: Option<ServiceId>,
    /// Where its amount is counted.
    pub disposition: Disposition,
    /// How it ended.
    pub outcome: Outcome,
    /// The run that put it there.
    pub run: RunId,
}

/// What is to be tried again: a service, or a subscription whose service is not known (sync-rules 2.7).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retry {
    /// The contract.
    pub contract: ContractId,
    /// The tenants of its lines.
    pub tenants: Vec<TenantId>,
    /// The service, where it is known.
    pub service: Option<ServiceId>,
    /// Its subscriptions.
    pub subscriptions: Vec<SubscriptionId>,
    /// Name of service or subscription, for people.
    pub name: String,
    /// The invoice.
    pub invoice: InvoiceId,
    /// Its number.
    pub invoice_number: String,
    /// Its usage month.
    pub month: UsageMonth,
    /// What its lines amount to.
    pub amount: Money,
    /// Why it failed last.
    pub finding: Finding,
    /// The run in which it failed first.
    pub since: RunId,
}

/// The price that we last wrote to a service on a contract (sync-rules 5.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastPrice {
    /// Unit price.
    pub price: Option<Money>,
    /// Unit cost.
    pub cost: Option<Money>,
    /// Of which usage month.
    pub month: UsageMonth,
}

/// Where a subscription stood when its last invoice ended (sync-rules 4.8).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closing {
    /// Whose.
    pub tenant: TenantId,
    /// Its service.
    pub service: ServiceId,
    /// Its name, for people.
    pub name: String,
    /// Units on the month's last day.
    pub units: i64,
    /// The month.
    pub month: UsageMonth,
}

/// What was found out about an invoice.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvoiceState {
    /// Why nothing of it is ever synced, where its lines had to tell (wire/prism 9.3).
    pub excluded: Option<String>,
    /// The operator took it out of the way of later months: why and when (sync-rules 2.4).
    pub dismissed: Option<(String, DateTime<Utc>)>,
    /// What holds it up.
    pub held: Option<Finding>,
}

/// The row of a service on a contract that the operator chose among several (sync-rules 4.7).
pub type Choice = ContractServiceId;

/// A month as an ordered key part.
#[must_use]
pub fn month_number(month: UsageMonth) -> i64 {
    i64::from(month.year()) * 12 + i64::from(month.number())
}

/// Everything of one connection and invoice.
#[must_use]
pub fn of_invoice(connection: &ConnectionId, invoice: &InvoiceId) -> Key {
    Key::new().text(connection.as_str()).text(invoice.as_str())
}
