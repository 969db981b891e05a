//! What runs leave behind: the state of every invoice line, what failed, and what the next month needs to know.
//!
//! Plain values with their tables and keys. Every key begins with the target connection (design invariant 9).

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    domain::{
        AgreementId, ConnectionId, ContractId, ContractServiceId, Currency, InvoiceId, Money,
        RunId, ServiceId, SubscriptionId, TenantId, UsageMonth,
        invoice::{Invoice, Line},
        mapping::{Applied, Mapping, Missed, Skipped},
        operation::PriceStep,
        outcome::{Disposition, Finding, Outcome},
        product::{Link, LinkKey},
        run::{CustomerRow, Ledger, ProductOutcome, RunHeader},
    },
    planning::{
        Closing,
        invoices::{Examined, Treated},
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

/// The run that is on, or was cut off, by target connection; older versions kept the one there was under the empty key.
pub const UNFINISHED: Table<Unfinished> = Table::new("unfinished");

/// The last run that began to carry out a saved plan, by the plan's checksum.
pub const PLANS: Table<RunId> = Table::new("carried_out_plans");

/// Where each line of an invoice stands now, by (connection, invoice, line).
pub const LINES: Table<LineState> = Table::new("lines");

/// What is to be tried again, by (connection, contract, month, kind and id).
pub const RETRIES: Table<Retry> = Table::new("retries");

/// What was applied for each tenant, by (connection, tenant, month).
pub const CURSORS: Table<Applied> = Table::new("cursors");

/// What became due for a tenant while its sync was off and is still to be applied, by (connection, tenant, month,
/// invoice).
pub const MISSED: Table<Missed> = Table::new("missed_while_off");

/// What of that is never applied to it, by (connection, tenant, month, invoice).
pub const SKIPPED: Table<Skipped> = Table::new("skipped_while_off");

/// Mappings, by (connection, tenant).
pub const MAPPINGS: Table<Mapping> = Table::new("mappings");

/// Links from products to services, by (connection, kind of key, key).
pub const LINKS: Table<Link> = Table::new("links");

/// The agreement on which each tenant was last seen, by (connection, tenant).
pub const AGREEMENTS: Table<AgreementId> = Table::new("tenant_agreements");

/// Customers that a run broke off before it reached, by (connection, tenant): the next retry plans them.
pub const UNREACHED: Table<RunId> = Table::new("unreached");

/// Months applied to a contract, by (connection, contract, month).
pub const MONTHS: Table<AppliedMonth> = Table::new("applied_months");

/// Prices written to a service, by (connection, contract, service).
pub const PRICES: Table<Vec<PriceStep>> = Table::new("written_prices");

/// Where each subscription stood at the end of an applied month, by (connection, contract, month, subscription, service).
pub const CLOSINGS: Table<Closing> = Table::new("closings");

/// The row that the operator chose among several of one service, by (connection, contract, service).
pub const CHOICES: Table<ContractServiceId> = Table::new("chosen_rows");

/// Applications of which a write was taken as lost: the next run looks whether it came after all. By (connection,
/// contract, invoice).
pub const WATCHED: Table<Watched> = Table::new("watched");

/// What is known of an invoice beyond its header, by (connection, invoice).
pub const INVOICES: Table<InvoiceState> = Table::new("invoices");

/// Invoice headers as the source listed them last, by (connection, invoice).
pub const HEADERS: Table<KnownInvoice> = Table::new("invoice_headers");

/// A run that has not ended: what it needs to be finished.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Unfinished {
    /// Which.
    pub run: RunId,
    /// What was asked for.
    pub request: crate::engine::protocol::SyncRequest,
    /// Invoices that were begun: each gets its ledger, whatever happens.
    #[serde(default)]
    pub invoices: Vec<(InvoiceId, UsageMonth)>,
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
    /// Its lines, by number.
    pub lines: BTreeSet<u32>,
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
    /// Whether only a write that came late is to be taken back: the month itself is applied.
    #[serde(default)]
    pub takes_back: bool,
    /// Why it failed last.
    pub finding: Finding,
    /// The run in which it failed first.
    pub since: RunId,
    /// Whether somebody had looked at what was to be written when it failed (sync-rules 2.8).
    #[serde(default)]
    pub looked_at: bool,
}

/// A month that was applied to a contract.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppliedMonth {
    /// The invoice.
    pub invoice: InvoiceId,
    /// Its number, for people.
    pub invoice_number: String,
    /// Services that failed in it and are still on the retry list.
    pub failed: BTreeSet<ServiceId>,
    /// The run that applied it first.
    pub run: RunId,
}

/// An application to look at once more (sync-rules 8.2: a request that is carried out even later).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watched {
    /// The contract.
    pub contract: ContractId,
    /// The invoice.
    pub invoice: InvoiceId,
    /// Its usage month.
    pub month: UsageMonth,
    /// The run that was not answered; none in records of old.
    #[serde(default)]
    pub run: Option<RunId>,
}

/// What is known of an invoice beyond its header.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvoiceState {
    /// What its lines told, where the header did not (wire/prism 9.3).
    pub examined: Option<Examined>,
    /// The operator took it out of the way of later months: why and when (sync-rules 2.4).
    pub dismissed: Option<(String, DateTime<Utc>)>,
    /// What holds it up, with its number and month: unsettled or doubled.
    pub held: Option<(String, UsageMonth, Finding)>,
    /// The run that listed it as excluded (sync-rules 2.1).
    #[serde(default)]
    pub listed: Option<RunId>,
    /// More about what holds it up, or is to be decided.
    #[serde(default)]
    pub hold: Option<Hold>,
    /// The difference between header and lines that the operator accepted (sync-rules 2.3).
    #[serde(default)]
    pub accepted: Option<Accepted>,
    /// What the operator said it is (sync-rules 2.5).
    #[serde(default)]
    pub treated: Option<Decided>,
    /// The currency that the operator accepted, other than its agreement's (sync-rules 2.9).
    #[serde(default)]
    pub currency: Option<AcceptedCurrency>,
}

impl InvoiceState {
    /// The difference that was accepted.
    #[must_use]
    pub fn accepted(&self) -> Option<Money> {
        self.accepted.as_ref().map(|accepted| accepted.difference)
    }
}

/// What the operator said invoices are.
#[must_use]
pub fn treated(states: &BTreeMap<InvoiceId, InvoiceState>) -> BTreeMap<InvoiceId, Treated> {
    let decided = states.iter().filter_map(|(id, state)| Some((id, state.treated.as_ref()?)));
    decided.map(|(id, decided)| (id.clone(), decided.treated.clone())).collect()
}

/// The currencies that the operator accepted.
#[must_use]
pub fn accepted_currencies(
    states: &BTreeMap<InvoiceId, InvoiceState>,
) -> BTreeMap<InvoiceId, Currency> {
    let accepted = states.iter().filter_map(|(id, state)| Some((id, state.currency.as_ref()?)));
    accepted.map(|(id, accepted)| (id.clone(), accepted.currency.clone())).collect()
}

/// Who is held up by an invoice, since when, and what it amounts to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// The run that found it first.
    pub since: RunId,
    /// What it amounts to, by its header or else its lines.
    pub amount: Money,
    /// What its header says beyond its lines, where that is why.
    pub difference: Option<Money>,
    /// The tenants it would be due for.
    pub tenants: Vec<TenantId>,
}

/// Why somebody decided something about an invoice, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Word {
    /// As typed.
    pub reason: String,
    /// Who.
    pub by: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// A difference that was accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accepted {
    /// Header less lines.
    pub difference: Money,
    /// Why.
    pub word: Word,
}

/// A currency that was accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AcceptedCurrency {
    /// Which.
    pub currency: Currency,
    /// Why.
    pub word: Word,
}

/// What an invoice was said to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decided {
    /// What, and of which lines.
    pub treated: Treated,
    /// Why.
    pub word: Word,
}

/// A header that the source listed, now or once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownInvoice {
    /// As it was last.
    pub header: Invoice,
    /// Whether the last reading had it.
    pub listed: bool,
}

/// A saved plan's place.
#[must_use]
pub fn plan_key(checksum: &str) -> Key {
    Key::new().text(checksum)
}

/// A link's place.
#[must_use]
pub fn link_key(connection: &ConnectionId, key: &LinkKey) -> Key {
    let kind = match key {
        LinkKey::Product(_) => "product",
        LinkKey::ProductId(_) => "product_id",
        LinkKey::OfferName(_) => "offer_name",
    };
    Key::new().text(connection.as_str()).text(kind).text(&key.to_string())
}

/// Everything of one connection and tenant.
#[must_use]
pub fn of_tenant(connection: &ConnectionId, tenant: &TenantId) -> Key {
    Key::new().text(connection.as_str()).text(tenant.as_str())
}

/// The place of an invoice that became due for a tenant while its sync was off.
#[must_use]
pub fn missed_key(connection: &ConnectionId, tenant: &TenantId, missed: &Missed) -> Key {
    let key = of_tenant(connection, tenant).signed(month_number(missed.month));
    key.text(missed.invoice.as_str())
}

/// Everything of one connection and contract.
#[must_use]
pub fn of_contract(connection: &ConnectionId, contract: ContractId) -> Key {
    Key::new().text(connection.as_str()).signed(contract.0)
}

/// Everything of one connection and invoice.
#[must_use]
pub fn of_invoice(connection: &ConnectionId, invoice: &InvoiceId) -> Key {
    Key::new().text(connection.as_str()).text(invoice.as_str())
}

/// A retry's place.
#[must_use]
pub fn retry_key(connection: &ConnectionId, retry: &Retry) -> Key {
    let key = of_contract(connection, retry.contract).signed(month_number(retry.month));
    let key = key.text(retry.invoice.as_str());
    match (retry.service, retry.subscriptions.first()) {
        (Some(service), _) => key.text("service").signed(service.0),
        (None, Some(subscription)) => key.text("subscription").text(subscription.as_str()),
        (None, None) => key.text("contract"),
    }
}

/// A month as an ordered key part.
#[must_use]
pub fn month_number(month: UsageMonth) -> i64 {
    i64::from(month.year()) * 12 + i64::from(month.number())
}
