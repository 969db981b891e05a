//! What answers carry: everything a screen or a printer needs, worked out, so that neither holds rules.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    domain::{
        AgreementId, ConnectionId, ContractId, ContractServiceId, CustomerId, Day, InvoiceId,
        Money, RunId, ServiceId, TenantId, UsageMonth,
        mapping::{PricingStrategy, Start},
        operation::Operation,
        outcome::{Disposition, Finding, Outcome},
        policy::{Policies, ProgramOptions},
        product::LinkOrigin,
        run::{RunHeader, RunKind, Tally},
        target::{BillingCode, Company, Contract, TargetKind, UnitRow},
        timeline::Timeline,
    },
    psa::Probe,
};

/// Whether a connection works.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum ConnectionState {
    /// Nothing is stored.
    NotConfigured,
    /// Stored, not tried since.
    Untested,
    /// The last request went through.
    Connected,
    /// The last request did not.
    Failing {
        /// Why.
        finding: Finding,
    },
}

/// One connection card (R13, R14).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionView {
    /// Its name; also of those not configured yet.
    pub name: ConnectionId,
    /// `prism`, `autotask` or `connectwise`.
    pub system: String,
    /// `PROD`, `UAT` or the operator's word.
    pub environment: String,
    /// Base, zone or API URL.
    pub url: Option<String>,
    /// Identity URL, of PRISM.
    pub identity_url: Option<String>,
    /// Client id or user name.
    pub user: Option<String>,
    /// Tracking identifier, of Autotask.
    pub integration_code: Option<String>,
    /// Whether a secret is stored.
    pub has_secret: bool,
    /// Whether it works.
    pub state: ConnectionState,
    /// When it was last tried.
    pub checked_at: Option<DateTime<Utc>>,
    /// Agreements to choose from, of PRISM, with whether each is chosen.
    pub agreements: Vec<(AgreementId, String, bool)>,
    /// What the last probe found.
    pub probe: Option<Probe>,
}

/// The result of one connection test.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestView {
    /// Which connection.
    pub name: ConnectionId,
    /// Whether it went well.
    pub ok: bool,
    /// What to tell.
    pub text: String,
    /// Why not, if so.
    pub finding: Option<Finding>,
    /// Rights and URL, of a target.
    pub probe: Option<Probe>,
}

/// A device sign-in under way (RFC 8628).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceSignIn {
    /// Where to go, on any machine.
    pub verification_url: String,
    /// What to type there.
    pub user_code: String,
    /// What the poll sends.
    pub device_code: String,
    /// Seconds between polls.
    pub interval_seconds: u64,
    /// When the code stops working.
    pub expires_at: DateTime<Utc>,
    /// For the credentials' notification address.
    pub email: String,
    /// PRISM's API base URL.
    pub api_url: String,
    /// PRISM's identity base URL.
    pub identity_url: String,
}

/// Options with what can be chosen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProgramView {
    /// Such as `Microsoft CSP`.
    pub program: String,
    /// The target connection.
    pub target: ConnectionId,
    /// Its zone URL.
    pub target_url: Option<String>,
    /// The options as stored.
    pub options: ProgramOptions,
    /// Billing codes, if they were loaded.
    pub billing_codes: Option<Vec<BillingCode>>,
    /// Vendors, if they were loaded; none where the user may not see vendors (R3).
    pub vendors: Option<Vec<Company>>,
    /// Why choices are missing, if so.
    pub finding: Option<Finding>,
}

/// One row of the Customers screen (R40).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomerView {
    /// Tenant.
    pub tenant: TenantId,
    /// Tenant domain.
    pub domain: String,
    /// PRISM customer.
    pub customer: CustomerId,
    /// Its name.
    pub customer_name: String,
    /// Whether PRISM still lists it.
    pub listed: bool,
    /// Seen for the first time since the last sync.
    pub new: bool,
    /// The mapping, if there is one.
    pub mapping: Option<MappingView>,
    /// What the newest known invoice bills it, cost.
    pub latest_amount: Option<Money>,
    /// Last applied invoice number.
    pub invoice: Option<String>,
    /// Its usage month.
    pub invoice_month: Option<UsageMonth>,
    /// How its last sync ended.
    pub outcome: Option<Outcome>,
    /// When.
    pub outcome_at: Option<DateTime<Utc>>,
    /// Entries on its retry list.
    pub retries: u32,
}

/// The mapping of a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MappingView {
    /// Company name.
    pub company: String,
    /// Company id.
    pub company_id: crate::domain::CompanyId,
    /// Contract name.
    pub contract: String,
    /// Contract id.
    pub contract_id: ContractId,
    /// Sync switch.
    pub sync: bool,
    /// First invoice chosen.
    pub start: Start,
    /// What that came to.
    pub first_month: Option<UsageMonth>,
    /// Pricing strategy.
    pub pricing: PricingStrategy,
    /// Remark.
    pub note: String,
}

/// A suggested mapping.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SuggestionView {
    /// Tenant.
    pub tenant: TenantId,
    /// Its domain.
    pub domain: String,
    /// Its customer's name.
    pub customer_name: String,
    /// The company.
    pub company: Company,
    /// The contract, where exactly one can work.
    pub contract: Option<Contract>,
    /// 0 to 100.
    pub score: u8,
    /// Why, in words: `same name less “Pty Ltd”`.
    pub reasons: Vec<String>,
    /// Why it cannot simply be accepted, if so.
    pub caveat: Option<String>,
}

/// A contract in a picker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContractChoice {
    /// The contract.
    pub contract: Contract,
    /// Why it is greyed, if so.
    pub unfit: Option<String>,
    /// Tenants already mapped to it.
    pub mapped: Vec<String>,
}

/// What an import did, or would have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportReport {
    /// Mappings stored.
    pub stored: u64,
    /// Rows that said what was so already.
    pub unchanged: u64,
}

/// What a product sync would do with one product.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProductAction {
    /// Make a service.
    Create,
    /// Bring price or cost up to date.
    Reprice,
    /// Nothing.
    Unchanged,
    /// A service that is not ours carries the name.
    Collision,
    /// Linked, but off the price list: left alone.
    Retired,
    /// Annual billing: gets no service.
    Excluded,
    /// Mode *In use*, and on no invoice.
    NotInUse,
}

/// One row of the Products screen (R38).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductView {
    /// SKU with motion prefix, as PRISM writes the SKU.
    pub key: String,
    /// SKU as PRISM writes it.
    pub sku: String,
    /// Product name in PRISM.
    pub name: String,
    /// Motion in words.
    pub motion: String,
    /// Service name in the target, if linked and present.
    pub service_name: Option<String>,
    /// Service, if linked.
    pub service: Option<ServiceId>,
    /// Whether that service is active.
    pub service_active: Option<bool>,
    /// How it is linked.
    pub origin: Option<LinkOrigin>,
    /// Price-list cost.
    pub cost: Option<Money>,
    /// Price-list RRP.
    pub retail: Option<Money>,
    /// Unit cost the service has now.
    pub present_cost: Option<Money>,
    /// Unit price the service has now.
    pub present_price: Option<Money>,
    /// What a sync would do.
    pub action: ProductAction,
    /// The colliding service, or why not.
    pub remark: Option<String>,
    /// The colliding service's id.
    pub collides_with: Option<ServiceId>,
}

/// A plan (console.md 3, `plan --json`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanView {
    /// Which target.
    pub target: String,
    /// When it was made.
    pub planned_at: DateTime<Utc>,
    /// Largest effect first.
    pub operations: Vec<PlannedView>,
    /// What the target would refuse, or what cannot be planned.
    pub refused: Vec<RefusedView>,
    /// Services, or products, that are right already.
    pub unchanged: u64,
    /// Monthly price before and after.
    pub money: PlanMoney,
    /// Requests that applying it needs, estimated from above.
    pub requests: u64,
    /// Ledgers of the invoices it applies.
    pub ledgers: Vec<crate::domain::run::Ledger>,
    /// What else to say: unsettled invoices, invoices that wait.
    pub findings: Vec<Finding>,
    /// The whole plan as text, to be saved and given back in [`super::protocol::SyncRequest::plan`].
    pub saved: String,
}

/// Sum of monthly prices and costs on the contracts concerned, at the end of the usage month.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanMoney {
    /// Sell price a month before.
    pub monthly_before: Money,
    /// Sell price a month after.
    pub monthly_after: Money,
    /// Cost a month before.
    pub cost_before: Money,
    /// Cost a month after.
    pub cost_after: Money,
}

/// Why a row wants a second look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    /// The quantity falls to 0.
    DropToZero,
    /// The quantity at least doubles.
    Doubling,
}

/// One write of a plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlannedView {
    /// `create_service`, `update_service`, `create_contract_service`, `adjust_units`.
    pub kind: String,
    /// Service and contract it goes to, in words.
    pub target: String,
    /// Customer, of contract writes.
    pub customer: Option<String>,
    /// Tenant domains concerned.
    pub tenants: Vec<String>,
    /// Invoice number.
    pub invoice: Option<String>,
    /// First day of the change.
    pub effective: Option<Day>,
    /// Signed change.
    pub units: i64,
    /// Quantity before and after, on that day.
    pub quantity: Option<(i64, i64)>,
    /// New unit price.
    pub unit_price: Option<Money>,
    /// New unit cost.
    pub unit_cost: Option<Money>,
    /// Why, in words.
    pub reason: String,
    /// Change of the monthly sell price.
    pub monthly_effect: Money,
    /// Second look.
    pub mark: Option<Mark>,
    /// Warnings that go with it.
    pub warnings: Vec<Finding>,
    /// The write itself.
    pub operation: Operation,
}

/// Something that will not be written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedView {
    /// Service, product or subscription, in words.
    pub target: String,
    /// Customer, if it is one's.
    pub customer: Option<String>,
    /// Why: the text that the server would give.
    pub finding: Finding,
}

/// A card of the Dashboard (R45, R46).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardView {
    /// Products or customers.
    pub kind: RunKind,
    /// Such as `Microsoft CSP`.
    pub program: String,
    /// Target connection.
    pub target: ConnectionId,
    /// Date of the last run that was No Change, Success or Warning.
    pub last_success: Option<DateTime<Utc>>,
    /// The last run of any status.
    pub last_run: Option<RunHeader>,
    /// Counts of the last run.
    pub synced: Tally,
    /// How many there are to sync.
    pub of: u64,
    /// Invoice number of the last run, of customers.
    pub invoice: Option<String>,
}

/// Something that wants the operator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttentionView {
    /// For `ack`.
    pub id: String,
    /// Worst first.
    pub outcome: Outcome,
    /// What.
    pub text: String,
    /// What to do.
    pub advice: String,
    /// Amount at stake, if it can be told.
    pub amount: Option<Money>,
    /// Where in the console it is mended.
    pub place: Place,
}

/// A place in the console.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "at", rename_all = "snake_case")]
pub enum Place {
    /// Connections tab.
    Connections,
    /// Program options.
    Program,
    /// Customers tab, at this tenant.
    Customer {
        /// Which.
        tenant: Option<TenantId>,
    },
    /// Products tab.
    Products,
    /// A run, at this tenant.
    Run {
        /// Which.
        run: RunId,
        /// At whom.
        tenant: Option<TenantId>,
    },
}

/// What is going on, for the header.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunningView {
    /// Which run.
    pub run: RunHeader,
    /// Done so far.
    pub done: u64,
    /// Of so many.
    pub total: Option<u64>,
    /// What it does.
    pub text: String,
}

/// Cards and header.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusView {
    /// Connections with their states.
    pub connections: Vec<ConnectionView>,
    /// Two per program and target.
    pub cards: Vec<CardView>,
    /// What wants the operator, worst first.
    pub attention: Vec<AttentionView>,
    /// The last runs, newest first.
    pub recent: Vec<RunHeader>,
    /// The run that is on.
    pub running: Option<RunningView>,
    /// A run that was cut off and will be finished first.
    pub unfinished: Option<RunHeader>,
    /// Customers: all, mapped, with sync on.
    pub customers: (u64, u64, u64),
    /// Mapped contracts that end before the next invoice.
    pub ending: u64,
    /// What first use still needs, in order; empty once all is set up.
    pub setup: Vec<SetupStep>,
    /// Number of the newest event; later ones come after it.
    pub event: u64,
}

/// A step of first use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetupStep {
    /// What to do.
    pub text: String,
    /// Whether it is done.
    pub done: bool,
    /// Where.
    pub place: Place,
}

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
    /// How it ended.
    pub result: String,
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
    /// Why it failed.
    pub finding: Finding,
    /// Since which run.
    pub run: RunId,
}

/// Findings of `doctor`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DoctorView {
    /// One line per check.
    pub checks: Vec<DoctorCheck>,
}

/// One check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DoctorCheck {
    /// What was looked at.
    pub name: String,
    /// Success, Warning or Failure.
    pub outcome: Outcome,
    /// What was found.
    pub text: String,
    /// What to do.
    pub advice: Option<String>,
}

/// One effective setting.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettingView {
    /// Its key in `config.toml`.
    pub key: String,
    /// Its value, as TOML would write it.
    pub value: String,
    /// `default`, the file's path, an environment variable, or a flag.
    pub origin: String,
    /// What it does.
    pub meaning: String,
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
    #[serde(with = "rust_decimal::serde::str")]
    pub quantity: rust_decimal::Decimal,
    /// Amount.
    pub subtotal: Money,
    /// Amount at RRP.
    pub subtotal_retail: Money,
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

/// The vault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VaultView {
    /// Whether secrets can be read now.
    pub unlocked: bool,
    /// `key file`, `passphrase`, `PRISM_CONNECT_KEY_FILE`.
    pub unlocked_by: String,
    /// Whether a passphrase is set.
    pub has_passphrase: bool,
    /// Where the key file is, if one is used.
    pub key_file: Option<String>,
}

/// What a plan was made under; stored with the run (design 4).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanBasis {
    /// Policies.
    pub policies: Policies,
    /// Options.
    pub options: ProgramOptions,
    /// Which kind of target.
    pub target: TargetKind,
}
