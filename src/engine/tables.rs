//! Every table of the store and every key: what lies where, who writes it, and how long it stays.
//!
//! Plain values; what a run leaves behind has its types in `sync::records` and `sync::writing::journal`, what the engine
//! itself keeps has them below. It must not read or write anything. Nobody else makes a [`Table`] or puts a [`Key`] together:
//! a key function is called `of_…` after that of which it is the place, and the place of something is also the prefix of
//! whatever lies below it. Every key begins with the connection it belongs to (design invariant 9), but for those of the
//! installation: connections themselves, the audit trail, the schedule, runs with their rows, and plans that wait.

#![expect(missing_docs, reason = "what has no sentence is what its name says")]

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::{
    domain::{
        AgreementId, CompanyId, ConnectionId, ContractId, ContractServiceId, Currency, CustomerId,
        InvoiceId, LineId, Role, RunId, ServiceId, TenantId, UsageMonth,
        approval::Change,
        line::WrittenLine,
        mapping::{Applied, Mapping, Missed, Skipped},
        operation::PriceStep,
        outcome::Outcome,
        policy::ProgramOptions,
        product::{Link, LinkKey, Product},
        run::{CustomerRow, Ledger, ProductOutcome, RunHeader, RunKind, Trigger},
        target::Contract,
    },
    engine::{
        customers::listed::CustomerList,
        dashboard::groundwork::Groundwork,
        outbox::{
            message::{Message, PostRecord, Told},
            occasion::Occasion,
        },
        schedule::record::ScheduleRecord,
        sync::{
            records::{
                AppliedMonth, Began, Dismissed, HeldContract, InStep, InvoiceState, KnownInvoice,
                Left, LineState, Pending, Retry, Unfinished, Unsynced, Watched,
            },
            writing::{
                journal::{CATALOGUE, Entry},
                price_readings::OwedPrice,
            },
        },
        views::{AgreementView, ConnectionState, PlanView, WaitingPlan},
    },
    planning::{Closing, products::ServicePrices, triage::Bill},
    psa::Probe,
    store::{Key, Table},
    vault::Sealed,
};

/// Connections, by name.
///
/// Written by `connections` and its probe. Kept for good.
pub const CONNECTIONS: Table<ConnectionRecord> = Table::new("connections");

/// Pairs of different environments that belong together all the same, by target connection.
///
/// Written by `connections::environments` when an operator confirms one. Kept until another pair is confirmed.
pub const CONFIRMED: Table<EnvironmentPair> = Table::new("confirmed_environments");

/// Program options, by target connection.
///
/// Written by `program`. Kept for good.
pub const OPTIONS: Table<ProgramOptions> = Table::new("options");

/// Every change an operator made and every right that was refused, by number, each with the hash of the one before it.
///
/// Written by `audit::trail` together with the change. Kept for good.
pub const AUDIT: Table<AuditEntry> = Table::new("audit");

/// How far the schedule is, and what became of its due times: one for the installation.
///
/// Written by `schedule`. Kept for good; of due times the newest.
pub const SCHEDULE: Table<ScheduleRecord> = Table::new("schedule");

/// Tenants as PRISM last listed them, by (source connection, tenant).
///
/// Written by `customers::tenants` at every reading. Kept for good: one that is listed no more is marked so.
pub const TENANTS: Table<KnownTenant> = Table::new("tenants");

/// What the newest invoice of an agreement bills whom, by (source connection, agreement; empty where no header says it).
///
/// Written by `customers::tenants`. Kept until there is a newer invoice.
pub const NEWEST: Table<NewestInvoice> = Table::new("newest_invoice");

/// Contracts as last read, by (target connection, contract): those that were chosen or offered.
///
/// Written by `customers::choices`. Kept for good.
pub const CONTRACTS: Table<Contract> = Table::new("contracts_seen");

/// Companies that were inactive when they were read last, by (target connection, company).
///
/// Written by `customers::companies` at every reading. Kept until one shows them active.
pub const INACTIVE: Table<()> = Table::new("inactive_companies");

/// Companies of mappings that the list of all did not show when it was read last, by (target connection, company).
///
/// Written by `customers::companies` at every reading. Kept until one shows them, or nobody is mapped to them.
pub const GONE_COMPANIES: Table<()> = Table::new("gone_companies");

/// Names of services as last read, by (target connection, service).
///
/// Written by `products`. Kept for good.
pub const SERVICE_NAMES: Table<String> = Table::new("service_names");

/// When something on the attention list was looked at, by (target connection, id in the list).
///
/// Written by `dashboard::attention`. Kept for good.
pub const SEEN: Table<DateTime<Utc>> = Table::new("acknowledged");

/// When the operator saw that the target is to credit what it invoiced, by (target connection): it is told no more
/// (sync-rules 10.15).
///
/// Written by `dashboard::attention`. Kept until what told it is put back on the list.
pub const CREDITS_SEEN: Table<DateTime<Utc>> = Table::new("credits_seen");

/// What cards and the attention list are made from, by (target connection).
///
/// Left by `dashboard::survey` beside the store, for as long as nothing is written. It follows from all the rest.
pub(crate) const GROUNDWORK: Table<Groundwork> = Table::new("groundwork");

/// What is shown of all customers, by (target connection).
///
/// Left by `customers` beside the store, for as long as nothing is written. It follows from all the rest.
pub(crate) const CUSTOMER_LIST: Table<CustomerList> = Table::new("customer_list");

/// Mappings, by (connection, tenant).
///
/// Written by `customers::mapping` and `customers::switch`. Kept until the customer is unmapped.
pub const MAPPINGS: Table<Mapping> = Table::new("mappings");

/// What became due for a tenant while its sync was off and is still to be applied, by (connection, tenant, month,
/// invoice).
///
/// Written by `customers::mapping` when sync is switched on. Kept until it is applied, skipped, or the customer unmapped.
pub const MISSED: Table<Missed> = Table::new("missed_while_off");

/// What of that is never applied to it, by (connection, tenant, month, invoice).
///
/// Written by `customers::mapping`. Kept until the customer is mapped anew.
pub const SKIPPED: Table<Skipped> = Table::new("skipped_while_off");

/// Customers that left a contract with seats on it, by (connection, contract, tenant).
///
/// Written by `sync::left_behind` when the mapping moves or goes. Kept until the seats are gone, or the customer is back.
pub const LEFT: Table<Left> = Table::new("left_behind");

/// Links from products to services, by (connection, kind of key, key).
///
/// Written by `products::links` and by product runs. Kept until an operator removes one.
pub const LINKS: Table<Link> = Table::new("links");

/// Products that were on a price list once, without description and prices, by (connection, product id, SKU and motion).
///
/// Written by `sync::snapshot::former_products`. Kept for good: invoices go on naming what left the list.
pub const KNOWN_PRODUCTS: Table<Product> = Table::new("known_products");

/// What was written to lines last, by (connection, contract, line): only of targets that keep lines.
///
/// Written by `sync::writing::writer` with the result of a write, and when a line is read as it was written. Kept for good:
/// an edit of a line can be told by nothing else.
pub const WRITTEN_LINES: Table<WrittenLine> = Table::new("written_lines");

/// By what products were last in step, by (connection).
///
/// Written by `sync::product_run`. Kept until services are read again, or a connection is saved.
pub const IN_STEP: Table<InStep> = Table::new("products_in_step");

/// Prices written to services, by (connection, service).
///
/// Written by `sync::writing::service_prices` with the result of a write. Kept for good.
pub const SERVICE_PRICES: Table<ServicePrices> = Table::new("service_prices");

/// Invoice headers as the source listed them last, by (connection, invoice).
///
/// Written by `sync::due::held`. Kept for good.
pub const HEADERS: Table<KnownInvoice> = Table::new("invoice_headers");

/// What is known of an invoice beyond its header, by (connection, invoice).
///
/// Written by customer runs, and by `invoices::decisions` and `history::retries` at an operator's word. Kept for good.
pub const INVOICES: Table<InvoiceState> = Table::new("invoices");

/// The agreement on which each tenant was last seen, by (connection, tenant).
///
/// Written by `sync::due`. Kept for good.
pub const AGREEMENTS: Table<AgreementId> = Table::new("tenant_agreements");

/// Where each line of an invoice stands now, by (connection, invoice, line).
///
/// Written by `sync::outcome::record`. Kept for good: runs are views over it.
pub const LINES: Table<LineState> = Table::new("lines");

/// What an invoice bills customers of whom nothing is written, by (connection, invoice).
///
/// Written by customer runs, with the ledger. Kept for good.
pub const UNSYNCED: Table<Unsynced> = Table::new("unsynced_customers");

/// What was applied for each tenant, by (connection, tenant, month).
///
/// Written by `sync::outcome::record`. Kept for good.
pub const CURSORS: Table<Applied> = Table::new("cursors");

/// Customers that a run broke off before it reached, by (connection, tenant): the next retry plans them.
///
/// Written by `sync::unreached` and `sync::outcome::record`. Kept until they are applied, or a run that was asked for them
/// comes to its end.
pub const UNREACHED: Table<RunId> = Table::new("unreached");

/// What is to be tried again, by (connection, contract, month, invoice, kind and id).
///
/// Written by `sync::outcome::record`. Kept until it succeeds, or an operator takes it off.
pub const RETRIES: Table<Retry> = Table::new("retries");

/// What was taken off the retry list since the last run, by (connection, id in the list).
///
/// Written by `history::retries`. Kept until it is put back, or something is dismissed after another run.
pub const DISMISSED: Table<Dismissed> = Table::new("dismissed_retries");

/// Contracts that guards hold, by (connection, contract, month, invoice).
///
/// Written by `sync::outcome::record`. Kept until the invoice is planned again there and not held.
pub const HELD: Table<HeldContract> = Table::new("held_contracts");

/// Applications of which a write was taken as lost, by (connection, contract, invoice): the next run looks whether it came
/// after all.
///
/// Written by `sync::outcome::record`. Kept until none is doubtful any more, or an operator takes it off.
pub const WATCHED: Table<Watched> = Table::new("watched");

/// Months applied to a contract, by (connection, contract, month).
///
/// Written by `sync::snapshot::contract_memory`. Kept for good.
pub const MONTHS: Table<AppliedMonth> = Table::new("applied_months");

/// Where each subscription stood at the end of an applied month, by (connection, contract, month, subscription, service).
///
/// Written by `sync::snapshot::contract_memory` and `sync::left_behind`. Kept for good.
pub const CLOSINGS: Table<Closing> = Table::new("closings");

/// Dated prices written to a service of a contract, by (connection, contract, service).
///
/// Written by `sync::snapshot::contract_memory` when an invoice is recorded. The newest 36 of a service are kept.
///
/// They do not follow from the journal. It has a write as soon as it is intended, this only what was recorded: what is under
/// way, has failed, or came late since is told apart by that when a month is planned again. And gathering them would
/// read all writes of each contract that is due, which is all history every month.
pub const PRICES: Table<Vec<PriceStep>> = Table::new("written_prices");

/// Prices that were written and not shown, by (connection, contract, service).
///
/// Written by `sync::outcome::record`. Kept until a reading shows them.
pub const OWED: Table<OwedPrice> = Table::new("owed_prices");

/// The row that the operator chose among several of one service, by (connection, contract, service).
///
/// Written by `customers::switch`, and by `sync::writing::settle` where one came late. Kept for good.
pub const CHOICES: Table<ContractServiceId> = Table::new("chosen_rows");

/// What stood on a service before an invoice's first write to it, by (connection, contract, invoice, service).
///
/// Written by `sync::writing::progress` with the first intent. Kept until that application is finished and none of its
/// writes may still come late (sync-rules 4.3).
pub const BASELINES: Table<Began> = Table::new("baselines");

/// Every write by (connection, contract, run, number): one contract's story is one range. Writes to the catalogue of services
/// stand under contract [`CATALOGUE`].
///
/// Written by `sync::writing::writer`, before it is sent and when its result is known. Kept for good.
pub const JOURNAL: Table<Entry> = Table::new("journal");

/// Writes without a result, by (connection, contract, run, number).
///
/// Written by `sync::writing::writer`. Kept until the result is known.
pub const OPEN: Table<()> = Table::new("journal_open");

/// Writes that tell of taken days, by (connection, contract, run, number): those that were dated otherwise than they were asked
/// for, and those that were refused because their day is taken. What is known of a contract's taken days is found by these in
/// the journal, and kept nowhere else (sync-rules 4.6).
///
/// Written by `sync::writing::writer`. Kept for good.
pub const SHIFTED: Table<()> = Table::new("journal_shifted");

/// Writes that stand in the target, by (run, number): for counting, and for walking a run's writes.
///
/// Written by `sync::writing::writer`. Kept as long as the rows of the run.
///
/// An index of the journal, which is in the order of contracts: without it a run that is taken up again, and one whose count
/// is put right long after, would look for its writes under every contract that ever had one.
pub const WRITES: Table<Option<ContractId>> = Table::new("run_writes");

/// Runs, by number.
///
/// Written by `sync::lifecycle`, and by `sync::outcome::amend`. The newest are kept, as many as `retention.runs` says, and
/// every run that wrote.
pub const RUNS: Table<RunHeader> = Table::new("runs");

/// Rows of customer runs, by (run, month, invoice, tenant).
///
/// Written by `sync::outcome::record`, `sync::closing` and `sync::outcome::amend`. Kept until retention lets the run go.
pub const CUSTOMER_ROWS: Table<CustomerRow> = Table::new("run_customers");

/// How rows of customer runs ended, by (run, month, invoice, tenant) like these.
///
/// Written by `sync::outcome::statuses` with each of them. Kept until retention lets the run go.
///
/// It follows from the rows, and they are a hundred megabytes for ten thousand customers: what shows all customers, or who
/// of them was warned, goes by this. Of runs of older versions it is not there.
pub const ROW_STATUSES: Table<Outcome> = Table::new("run_customer_statuses");

/// Rows of product runs, by (run, product).
///
/// Written by `sync::product_run`. Kept until retention lets the run go.
pub const PRODUCT_ROWS: Table<ProductOutcome> = Table::new("run_products");

/// Ledgers, by (run, invoice).
///
/// Written when an invoice is closed, by customer runs. Kept until retention lets the run go.
pub const LEDGERS: Table<Ledger> = Table::new("run_ledgers");

/// Begun ledgers, by (run, invoice).
///
/// Written by `sync::outcome::begun_ledgers` as an invoice begins. Kept until it is closed.
///
/// It does not follow from lines and rows: a line is put down when its contract is recorded, so what a broken run did not
/// come to is known from here alone. The source cannot be asked again: that it cannot be read may be why the run broke off.
pub const PENDING: Table<Pending> = Table::new("pending_ledgers");

/// The run that is on, or was cut off, by target connection; older versions kept the one there was under the empty key.
///
/// Written by `sync::lifecycle`. Kept until the run ends.
pub const UNFINISHED: Table<Unfinished> = Table::new("unfinished");

/// The last run that began to carry out a saved plan, by the plan's checksum.
///
/// Written by `sync::lifecycle`. Kept for good.
pub const PLANS: Table<RunId> = Table::new("carried_out_plans");

/// Plans that wait for somebody, or did, by number.
///
/// Written by `approvals::book`: together with the end of the run that held it, and with each decision. Kept for good.
pub const WAITING_PLANS: Table<WaitingPlan> = Table::new("waiting_plans");

/// These plans as they were made, by number.
///
/// Written by `approvals::book`. Kept until another has all of it; of those that nobody decided about until the next one
/// is made.
pub const WAITING_ROWS: Table<PlanView> = Table::new("waiting_plan_rows");

/// Who changed last what plans go by, by (connection, kind, key): mappings by tenant, links by product, chosen rows by
/// contract and service.
///
/// Written with the change by `customers::mapping`, `customers::switch` and `products::links`. Kept for good.
pub const CHANGED_BY: Table<Change> = Table::new("changed_by");
/// What is to be told outside and has no message yet, by its name.
///
/// Written by `outbox::spool` with what it is about. Kept until whoever keeps the post has made messages of it.
pub const OCCASIONS: Table<SpooledOccasion> = Table::new("occasions");

/// What is told outside, by number, with how far each delivery of it is.
///
/// Written by `outbox::post`. Kept until all of it is over, and then the newest.
pub const MESSAGES: Table<Message> = Table::new("messages");

/// How far the post is, under the empty key.
///
/// Written by `outbox::post`. One value.
pub const POST: Table<PostRecord> = Table::new("post");

/// What was told of runs and still stands, by (target connection, kind, hash of what it is): it is not told again.
///
/// Written by `outbox::post`. Kept until a run of everybody ends without it.
pub const TOLD: Table<Told> = Table::new("told");

/// Secrets that belong to no connection, by what they are for.
///
/// Written by `outbox`. Kept until another one takes the place.
pub const SECRETS: Table<Sealed> = Table::new("secrets");

/// When the daemon last showed that it lives, under the empty key: it is of no connection.
///
/// Written by `maintenance`. One value.
pub const BEAT: Table<DateTime<Utc>> = Table::new("beat");

/// What there is once for each connection, and everything of it.
#[must_use]
pub fn of_connection(connection: &ConnectionId) -> Key {
    Key::new().text(connection.as_str())
}

/// A change in the audit trail.
pub(crate) fn of_change(number: u64) -> Key {
    Key::new().number(number)
}

/// Something on the attention list.
pub(crate) fn of_attention(target: &ConnectionId, id: &str) -> Key {
    of_connection(target).text(id)
}

pub(crate) fn of_dismissed(target: &ConnectionId, id: &str) -> Key {
    of_connection(target).text(id)
}

/// An agreement of the source, or those of whose invoices no header says it.
pub(crate) fn of_agreement(connection: &ConnectionId, agreement: Option<&AgreementId>) -> Key {
    of_connection(connection).text(agreement.map(AgreementId::as_str).unwrap_or_default())
}

/// A tenant of either side.
#[must_use]
pub fn of_tenant(connection: &ConnectionId, tenant: &TenantId) -> Key {
    of_connection(connection).text(tenant.as_str())
}

#[must_use]
pub fn of_tenant_month(connection: &ConnectionId, tenant: &TenantId, month: UsageMonth) -> Key {
    of_tenant(connection, tenant).signed(month_number(month))
}

pub(crate) fn of_tenant_invoice(
    connection: &ConnectionId,
    tenant: &TenantId,
    month: UsageMonth,
    invoice: &InvoiceId,
) -> Key {
    of_tenant_month(connection, tenant, month).text(invoice.as_str())
}

pub(crate) fn of_company(target: &ConnectionId, company: CompanyId) -> Key {
    of_connection(target).signed(company.0)
}

pub(crate) fn of_service(target: &ConnectionId, service: ServiceId) -> Key {
    of_connection(target).signed(service.0)
}

/// A product of a price list.
pub(crate) fn of_product(connection: &ConnectionId, product: &Product) -> Key {
    of_connection(connection).text(product.id.as_str()).text(&product.key.to_string())
}

/// A link from a product to a service.
#[must_use]
pub fn of_link(connection: &ConnectionId, key: &LinkKey) -> Key {
    let kind = match key {
        LinkKey::Product(_) => "product",
        LinkKey::ProductId(_) => "product_id",
        LinkKey::OfferName(_) => "offer_name",
    };
    of_connection(connection).text(kind).text(&key.to_string())
}

#[must_use]
pub fn of_contract(connection: &ConnectionId, contract: ContractId) -> Key {
    of_connection(connection).signed(contract.0)
}

#[must_use]
pub fn of_contract_month(
    connection: &ConnectionId,
    contract: ContractId,
    month: UsageMonth,
) -> Key {
    of_contract(connection, contract).signed(month_number(month))
}

pub(crate) fn of_contract_invoice(
    connection: &ConnectionId,
    contract: ContractId,
    month: UsageMonth,
    invoice: &InvoiceId,
) -> Key {
    of_contract_month(connection, contract, month).text(invoice.as_str())
}

pub(crate) fn of_contract_service(
    connection: &ConnectionId,
    contract: ContractId,
    service: ServiceId,
) -> Key {
    of_contract(connection, contract).signed(service.0)
}

pub(crate) fn of_contract_line(
    connection: &ConnectionId,
    contract: ContractId,
    line: LineId,
) -> Key {
    of_contract(connection, contract).signed(line.0)
}

pub(crate) fn of_contract_tenant(
    connection: &ConnectionId,
    contract: ContractId,
    tenant: &TenantId,
) -> Key {
    of_contract(connection, contract).text(tenant.as_str())
}

/// An invoice's application to a contract.
#[must_use]
pub fn of_application(connection: &ConnectionId, contract: ContractId, invoice: &InvoiceId) -> Key {
    of_contract(connection, contract).text(invoice.as_str())
}

/// What an application began on a service.
pub(crate) fn of_begun(
    connection: &ConnectionId,
    contract: ContractId,
    invoice: &InvoiceId,
    service: ServiceId,
) -> Key {
    of_application(connection, contract, invoice).signed(service.0)
}

/// Where a subscription stood on a contract.
#[must_use]
pub fn of_closing(connection: &ConnectionId, contract: ContractId, closing: &Closing) -> Key {
    of_contract_month(connection, contract, closing.month)
        .text(&closing.subscription.text())
        .signed(closing.service.0)
}

/// What is to be tried again.
pub(crate) fn of_retry(connection: &ConnectionId, retry: &Retry) -> Key {
    let key = of_contract_invoice(connection, retry.contract, retry.month, &retry.invoice);
    match (retry.service, retry.subscriptions.first()) {
        (Some(service), _) => key.text("service").signed(service.0),
        (None, Some(subscription)) => key.text("subscription").text(&subscription.text()),
        (None, None) => key.text("contract"),
    }
}

#[must_use]
pub fn of_contract_run(connection: &ConnectionId, contract: ContractId, run: RunId) -> Key {
    of_contract(connection, contract).number(run.0)
}

/// A write in the journal.
#[must_use]
pub fn of_entry(entry: &Entry) -> Key {
    let contract = entry.contract.unwrap_or(CATALOGUE);
    of_contract_run(&entry.connection, contract, entry.run).number(entry.number)
}

#[must_use]
pub fn of_invoice(connection: &ConnectionId, invoice: &InvoiceId) -> Key {
    of_connection(connection).text(invoice.as_str())
}

#[must_use]
pub fn of_line(connection: &ConnectionId, invoice: &InvoiceId, line: u32) -> Key {
    of_invoice(connection, invoice).number(line.into())
}

#[must_use]
pub fn of_run(run: RunId) -> Key {
    Key::new().number(run.0)
}

/// A customer's row in a run.
#[must_use]
pub fn of_customer_row(run: RunId, row: &CustomerRow) -> Key {
    of_customer_in_run(run, row.month, &row.invoice, &row.tenant_id)
}

/// The same by what tells it from the others.
pub(crate) fn of_customer_in_run(
    run: RunId,
    month: Option<UsageMonth>,
    invoice: &str,
    tenant: &TenantId,
) -> Key {
    of_run(run).signed(month.map_or(0, month_number)).text(invoice).text(tenant.as_str())
}

/// The invoice's number and the tenant of such a place.
pub(crate) fn customer_in_run(key: &Key) -> Option<(String, TenantId)> {
    let mut parts = key.parts();
    parts.number()?;
    parts.signed()?;
    Some((parts.text()?, TenantId::new(parts.text()?)))
}

/// A product's row in a run.
pub(crate) fn of_product_row(run: RunId, row: &ProductOutcome) -> Key {
    of_run(run).text(&row.product)
}

/// An invoice's ledger in a run.
#[must_use]
pub fn of_ledger(run: RunId, invoice: &InvoiceId) -> Key {
    of_run(run).text(invoice.as_str())
}

#[must_use]
pub fn of_run_write(run: RunId, number: u64) -> Key {
    of_run(run).number(number)
}

/// A plan that waits.
pub(crate) fn of_waiting(number: u64) -> Key {
    Key::new().number(number)
}

/// Who changed a mapping.
pub(crate) fn of_mapping_change(connection: &ConnectionId, tenant: &TenantId) -> Key {
    of_connection(connection).text("mapping").text(tenant.as_str())
}

/// Who changed a link.
pub(crate) fn of_link_change(connection: &ConnectionId, key: &LinkKey) -> Key {
    of_connection(connection).text("link").text(&key.to_string())
}

/// Who chose a row of a service.
pub(crate) fn of_row_change(
    connection: &ConnectionId,
    contract: ContractId,
    service: ServiceId,
) -> Key {
    of_connection(connection).text("row").signed(contract.0).signed(service.0)
}

/// Who chose a row of any service of a contract.
pub(crate) fn of_row_changes(connection: &ConnectionId, contract: ContractId) -> Key {
    of_connection(connection).text("row").signed(contract.0)
}

pub(crate) fn of_plan(checksum: &str) -> Key {
    Key::new().text(checksum)
}

pub(crate) fn of_occasion(name: &str) -> Key {
    Key::new().text(name)
}

pub(crate) fn of_message(number: u64) -> Key {
    Key::new().number(number)
}

/// What was told of runs of a kind.
pub(crate) fn of_told_of(target: &ConnectionId, kind: RunKind) -> Key {
    let kind = match kind {
        RunKind::Products => "products",
        RunKind::Customers => "customers",
    };
    of_connection(target).text(kind)
}

pub(crate) fn of_told(target: &ConnectionId, kind: RunKind, hash: &str) -> Key {
    of_told_of(target, kind).text(hash)
}

pub(crate) fn of_secret(name: &str) -> Key {
    Key::new().text(name)
}

/// A month as an ordered part of keys.
fn month_number(month: UsageMonth) -> i64 {
    i64::from(month.year()) * 12 + i64::from(month.number())
}

/// Where the months of a contract begin that are at most so many before this one.
pub(crate) fn of_contract_since(
    connection: &ConnectionId,
    contract: ContractId,
    month: UsageMonth,
    months_back: i64,
) -> Key {
    of_contract(connection, contract).signed(month_number(month) - months_back)
}

/// The text that follows the connection in a key.
pub(crate) fn text_below_connection(key: &Key) -> Option<String> {
    let mut parts = key.parts();
    parts.text()?;
    parts.text()
}

/// The id that follows the connection in a key.
pub(crate) fn id_below_connection(key: &Key) -> Option<i64> {
    let mut parts = key.parts();
    parts.text()?;
    parts.signed()
}

/// The id that follows the contract in a key.
pub(crate) fn id_below_contract(key: &Key) -> Option<i64> {
    let mut parts = key.parts();
    parts.text()?;
    parts.signed()?;
    parts.signed()
}

/// The month that follows the contract in a key.
pub(crate) fn month_below_contract(key: &Key) -> Option<UsageMonth> {
    let number = id_below_contract(key)? - 1;
    let year = i32::try_from(number.div_euclid(12)).ok()?;
    UsageMonth::new(year, u32::try_from(number.rem_euclid(12)).ok()? + 1).ok()
}

/// The invoice and the service of what an application began.
pub(crate) fn begun_below_contract(key: &Key) -> Option<(InvoiceId, ServiceId)> {
    let mut parts = key.parts();
    let invoice = parts.text().and(parts.signed()).and(parts.text())?;
    Some((InvoiceId::new(invoice), ServiceId(parts.signed()?)))
}

/// The number of a change in the audit trail.
pub(crate) fn change_number(key: &Key) -> Option<u64> {
    key.parts().number()
}

/// The name by which a source is stored.
pub const SOURCE: &str = "prism";

/// The name by which the first target is stored.
pub const TARGET: &str = "autotask";

/// What a ConnectWise connection is called.
pub const CONNECTWISE: &str = "connectwise";

pub const PROGRAM: &str = "Microsoft CSP";

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ConnectionRecord {
    pub settings: ConnectionSettings,
    /// Whether it works.
    pub state: ConnectionState,
    /// When it was last tried.
    pub checked_at: Option<DateTime<Utc>>,
    /// What the last test found.
    pub probe: Option<Probe>,
    /// Agreements of the program, of PRISM.
    #[serde(default)]
    pub agreements: Vec<KnownAgreement>,
}

/// How to reach a system. Secrets are sealed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "system", rename_all = "lowercase")]
pub enum ConnectionSettings {
    Prism {
        /// `PROD`, `UAT` or the operator's word.
        environment: String,
        api_url: Url,
        identity_url: Url,
        client_id: String,
        secret: Sealed,
        /// Whether plain `http` was allowed for these addresses.
        #[serde(default)]
        plain_http: bool,
    },
    Autotask {
        /// `PROD`, `UAT` or the operator's word.
        environment: String,
        /// Zone URL; none where it is discovered.
        base_url: Option<Url>,
        /// API user name.
        username: String,
        /// Tracking identifier in clear, as older versions stored it: sealed as soon as the vault is open.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        integration_code: Option<String>,
        /// Tracking identifier.
        #[serde(default)]
        sealed_code: Option<Sealed>,
        secret: Sealed,
        /// Whether plain `http` was allowed for this address.
        #[serde(default)]
        plain_http: bool,
    },
    Connectwise {
        /// `PROD`, `UAT` or the operator's word.
        environment: String,
        /// The site as it was typed.
        site: String,
        /// The login company.
        company: String,
        /// Public key of the API member.
        public_key: String,
        /// The integration's client id.
        client_id: String,
        /// Private key of the API member.
        secret: Sealed,
    },
}

/// An agreement of the program, as PRISM last told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownAgreement {
    pub id: AgreementId,
    /// The number that stands on its invoices, once one was seen.
    #[serde(default)]
    pub number: Option<String>,
    /// The program's name.
    pub name: String,
    /// Whether its invoices are synced.
    pub chosen: bool,
}

impl KnownAgreement {
    #[must_use]
    pub fn view(self) -> AgreementView {
        let Self { id, number, name, chosen } = self;
        AgreementView { id, number, name, chosen }
    }
}

/// A tenant as PRISM last listed it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownTenant {
    pub id: TenantId,
    pub domain: String,
    pub customer: CustomerId,
    pub customer_name: String,
    pub agreement: AgreementId,
    /// Whether the last reading listed it.
    pub listed: bool,
    pub first_seen: DateTime<Utc>,
}

/// What the newest standard invoice of an agreement bills whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewestInvoice {
    pub invoice: InvoiceId,
    pub number: String,
    pub month: Option<UsageMonth>,
    #[serde(default)]
    pub currency: Option<Currency>,
    /// By tenant; none as versions wrote it that did not tell what is for syncing.
    #[serde(default)]
    pub bills: Option<BTreeMap<TenantId, Bill>>,
    /// Offer names on it, less the NCE suffix.
    pub offers: Vec<String>,
}

/// One change that somebody made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    pub at: DateTime<Utc>,
    pub actor: String,
    pub trigger: Trigger,
    /// What, in words, without secrets.
    pub what: String,
    /// The number that the kernel knows the actor by. What follows is none in what older versions wrote, and left out then:
    /// an entry's hash is that of its text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uid: Option<u32>,
    /// What the actor was; none only in what older versions wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// The terminal or host that the actor came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// Name of the command.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// What it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// What stood before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// What stands since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// Whether the right to do it was refused.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub refused: bool,
    /// SHA-256 of the entry before it; none of the first one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prev: Option<String>,
}

/// Something to be told outside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpooledOccasion {
    /// When it came about.
    pub at: DateTime<Utc>,
    pub occasion: Occasion,
}

/// A pair of different environments that belong together all the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnvironmentPair {
    pub source: String,
    /// What the target's is called.
    pub target: String,
    /// When an operator said so.
    pub at: DateTime<Utc>,
}

/// Where a product points that was unpinned: at no service, but it remembers the one it was pinned to, so that
/// whatever service it gets next takes the seats from there.
pub const NO_SERVICE: ServiceId = ServiceId(0);
