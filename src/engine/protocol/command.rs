//! What can be asked of the engine.

use serde::{Deserialize, Serialize};

use crate::{
    domain::{
        AgreementId, CompanyId, ConnectionId, ContractServiceId, Currency, Money, RunId, ServiceId,
        mapping::{PricingStrategy, Start},
        policy::ProductMode,
        secret::Secret,
    },
    engine::views::{DeviceSignIn, EnvironmentsView},
    planning::invoices::Treatment,
};

/// Settings of a connection as typed. What is not given keeps its stored value, if there is one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "system", rename_all = "lowercase")]
pub enum ConnectionDraft {
    /// The source.
    Prism {
        /// `PROD`, `UAT` or the operator's own word; always on the screen.
        environment: Option<String>,
        /// API base URL.
        api_url: Option<String>,
        /// Identity base URL.
        identity_url: Option<String>,
        /// Client id.
        client_id: Option<String>,
        /// Client secret. A changed scheme, host or port needs it again.
        client_secret: Option<Secret>,
        /// Whether to send it unencrypted, if that is what the addresses say; as stored where not given.
        #[serde(default)]
        plain_http: Option<bool>,
    },
    /// A target.
    Autotask {
        /// `PROD`, `UAT` or the operator's own word.
        environment: Option<String>,
        /// Zone URL ending `/ATServicesRest/`; empty text means zone discovery.
        base_url: Option<String>,
        /// API user name.
        username: Option<String>,
        /// Tracking identifier: a secret as well.
        integration_code: Option<Secret>,
        /// Password (Secret). A changed scheme, host or port needs both again.
        secret: Option<Secret>,
        /// Whether to send them unencrypted, if that is what the address says; as stored where not given.
        #[serde(default)]
        plain_http: Option<bool>,
    },
}

/// Which product link is meant by what the operator typed: a SKU with or without motion prefix, a product id, an offer name.
pub type ProductText = String;

/// Which invoice is meant: its number or its id.
pub type InvoiceText = String;

/// Which tenant is meant: its domain or its id.
pub type TenantText = String;

/// A company or contract by name or id.
pub type NameOrId = String;

/// How a tenant is to be mapped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MapDraft {
    /// Domain or id.
    pub tenant: TenantText,
    /// Name or id.
    pub company: NameOrId,
    /// Name or id, among the company's.
    pub contract: NameOrId,
    /// Sync switch; off where not given and newly mapped.
    pub sync: Option<bool>,
    /// First invoice.
    pub from: Option<Start>,
    /// Pricing strategy.
    pub pricing: Option<PricingStrategy>,
}

/// What a plan or sync is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// Price list to services.
    Products,
    /// Invoices to contracts.
    Customers,
    /// Products, then customers.
    #[default]
    All,
}

/// Whether somebody has gone through the plan that a sync is given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PlanSeen {
    /// It was shown, or kept in a file, before it was given.
    #[default]
    Seen,
    /// It was made and given in one go.
    Unseen,
}

/// A plan to make, or a sync to run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncRequest {
    /// Which stream.
    pub scope: Scope,
    /// Only these tenants; all where empty. Their contracts are planned whole (sync-rules 4).
    pub tenants: Vec<TenantText>,
    /// Plan the last applied invoice of each mapping again.
    pub recheck: bool,
    /// Only what is on retry lists, and customers never reached by a run that broke off.
    pub retry_failed: bool,
    /// Only seats that customers left behind on contracts they are not mapped to any more (sync-rules 1.8).
    #[serde(default)]
    pub left_behind: bool,
    /// A remark kept with the run.
    pub note: Option<String>,
    /// The text of a saved plan: it must equal what would be planned now, or nothing is written.
    pub plan: Option<String>,
    /// Whether somebody has gone through that plan.
    #[serde(default)]
    pub seen: PlanSeen,
}

impl SyncRequest {
    /// Whether somebody has looked at what it writes: then no guard stands in its way (sync-rules 2.8).
    #[must_use]
    pub fn is_looked_at(&self) -> bool {
        self.plan.is_some() && self.seen == PlanSeen::Seen
    }
}

/// Everything that can be asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case")]
pub enum Command {
    /// What cards and header show. Local, immediate.
    Status,
    /// All connections.
    Connections,
    /// Stores a connection (after checking what was typed; no network).
    SaveConnection {
        /// What was typed.
        draft: ConnectionDraft,
    },
    /// Tries a connection: a stored one, or a draft laid over the stored one, which is not saved by this.
    TestConnection {
        /// Which; all stored ones where neither is given.
        name: Option<ConnectionId>,
        /// What was typed.
        draft: Option<ConnectionDraft>,
    },
    /// Begins credential creation by device sign-in (wire/prism 2, A18).
    GenerateCredentials {
        /// Notification address, required by PRISM.
        email: String,
        /// Where, if no connection is stored yet.
        draft: Option<ConnectionDraft>,
    },
    /// Waits until the operator has approved the sign-in, then stores the connection. Cancel with `Command::Cancel`.
    AwaitCredentials {
        /// What `Answer::DeviceSignIn` gave.
        sign_in: DeviceSignIn,
    },
    /// Remembers that two different environments belong together, so that syncs may go from one to the other.
    ConfirmEnvironments {
        /// As they were shown to whoever confirms.
        seen: EnvironmentsView,
    },
    /// Chooses the agreement (or several) to sync (sync-rules 2.5).
    ChooseAgreements {
        /// Their ids.
        agreements: Vec<AgreementId>,
    },
    /// Program options, with what can be chosen (`choices`: loads billing codes and vendors from the target).
    Program {
        /// Whether to load the choices.
        choices: bool,
    },
    /// Changes options; what is not given stays.
    SetProgram {
        /// Master switch.
        sync: Option<bool>,
        /// Product mode.
        mode: Option<ProductMode>,
        /// Azure.
        azure: Option<bool>,
        /// Billing code by name or id.
        billing_code: Option<NameOrId>,
        /// Vendor by name or id; empty text clears it.
        vendor: Option<NameOrId>,
        /// Addresses; an empty list clears them.
        notify: Option<Vec<String>>,
    },
    /// All tenants with their mappings, unmapped and new first. `refresh` asks PRISM; else what was last seen.
    Customers {
        /// Whether to ask PRISM.
        refresh: bool,
    },
    /// Suggested company and contract for unmapped tenants, with scores and reasons.
    Suggest,
    /// Companies of the target.
    Companies,
    /// Contracts of a company, each with the reason why it cannot be chosen, if so.
    Contracts {
        /// Whose.
        company: CompanyId,
    },
    /// Maps a tenant.
    Map {
        /// How.
        draft: MapDraft,
    },
    /// Accepts every suggestion of at least this score.
    AutoMap {
        /// 0 to 100.
        min_score: u8,
        /// Whether to switch sync on as well.
        sync: Option<bool>,
    },
    /// Removes a mapping. Changes nothing in the target by itself (sync-rules 1.8).
    Unmap {
        /// Which tenant.
        tenant: TenantText,
    },
    /// Switches sync for tenants; all or none are changed.
    SetSync {
        /// Which tenants.
        tenants: Vec<TenantText>,
        /// On or off.
        on: bool,
        /// Why whatever became due while sync was off is never applied to them; none where it is caught up. For tenants
        /// that are on already it takes back the catching up, as far as that was not done.
        #[serde(default)]
        skip_missed: Option<String>,
    },
    /// Sets the operator's remark on a mapping.
    Note {
        /// Which tenant.
        tenant: TenantText,
        /// The remark.
        text: String,
    },
    /// The rows of one service on the tenant's contract, to choose one of (reads the target).
    ContractServices {
        /// Which tenant.
        tenant: TenantText,
        /// Which service.
        service: ServiceId,
    },
    /// Chooses one of several contract services of one service (sync-rules 4.7).
    ChooseService {
        /// Which tenant.
        tenant: TenantText,
        /// Which product.
        product: ProductText,
        /// Which row.
        contract_service: ContractServiceId,
    },
    /// The same, for the service itself.
    ChooseRow {
        /// Which tenant.
        tenant: TenantText,
        /// Which service.
        service: ServiceId,
        /// Which row.
        contract_service: ContractServiceId,
    },
    /// Mappings from a CSV as `export customers` writes it, checked whole before anything is stored.
    ImportCustomers {
        /// The file's text.
        csv: String,
    },
    /// What a product sync would do, product by product (R38).
    Products,
    /// Services of the target, to pin a product to one.
    Services,
    /// Pins a product to a service.
    Pin {
        /// Which product.
        product: ProductText,
        /// Which service.
        service: ServiceId,
    },
    /// Removes a pin.
    Unpin {
        /// Which product.
        product: ProductText,
    },
    /// Links a product to the service that carries its name already (sync-rules 1.6).
    Adopt {
        /// Which product.
        product: ProductText,
    },
    /// Plans, writes nothing.
    Plan {
        /// What.
        request: SyncRequest,
    },
    /// Runs.
    Sync {
        /// What.
        request: SyncRequest,
    },
    /// Finishes the run that was cut off when the program was stopped last, and what was asked for together with it.
    /// Answered like `Command::Sync`: with no report where nothing was left unfinished, and then nothing is written.
    Resume,
    /// Stops what runs between two writes, or ends a waiting load.
    Cancel,
    /// Gives up a sign-in that waits for its approval, and nothing else.
    GiveUpSignIn,
    /// History, newest first.
    Runs {
        /// At most so many.
        limit: usize,
    },
    /// One run with all its rows; the newest where none is named.
    Run {
        /// Which.
        id: Option<RunId>,
    },
    /// Every change on a tenant's contract across runs.
    History {
        /// Which tenant.
        tenant: TenantText,
        /// Only services whose name or SKU contains this.
        service: Option<String>,
    },
    /// Quantity of one service over a month: invoice above, contract below (reads the target).
    Chart {
        /// Which run.
        run: RunId,
        /// Which tenant.
        tenant: TenantText,
        /// Which service.
        service: ServiceId,
    },
    /// Every invoice, newest month first: what it is and what became of it (reads the source).
    Invoices,
    /// One invoice with its ledger over all runs, and what can be done about it (reads the source).
    Invoice {
        /// Number or id.
        invoice: InvoiceText,
    },
    /// Syncs an invoice in spite of a difference between header and lines (sync-rules 2.3).
    AcceptDifference {
        /// Number or id.
        invoice: InvoiceText,
        /// The difference as it is stated.
        difference: Money,
        /// Why.
        reason: String,
    },
    /// Syncs an invoice that is in another currency than its agreement was (sync-rules 2.9).
    AcceptCurrency {
        /// Number or id.
        invoice: InvoiceText,
        /// The currency as it is stated.
        currency: Currency,
        /// Why.
        reason: String,
    },
    /// Says what an invoice is that is left out (sync-rules 2.5).
    TreatInvoice {
        /// Number or id.
        invoice: InvoiceText,
        /// What it is.
        treatment: Treatment,
        /// Why.
        reason: String,
    },
    /// Drops an invoice, and lets later months go on (sync-rules 2.4); takes off what waits for one that is not listed.
    DismissInvoice {
        /// Number or id.
        invoice: InvoiceText,
        /// Why.
        reason: String,
    },
    /// The retry list.
    Retries,
    /// Takes an entry off the retry list.
    DismissRetry {
        /// Which entry, as `RetryView::id` names it; also an unsettled or doubled invoice.
        id: String,
        /// Why.
        reason: String,
    },
    /// Marks a warning as looked at.
    Acknowledge {
        /// Which, as the attention list names it.
        id: String,
    },
    /// Checks everything that can make the next sync fail.
    Doctor,
    /// Effective settings with their origin.
    Settings,
    /// Data for `export`.
    Export {
        /// What.
        what: ExportKind,
    },
    /// Everything support needs, as named text files without secrets.
    SupportBundle,
    /// State of the vault.
    Vault,
    /// Sets, changes (or with none removes) the passphrase.
    SetPassphrase {
        /// The new one.
        passphrase: Option<Secret>,
    },
    /// Forgets the unsealed key until the passphrase is given again.
    Lock,
    /// Opens the vault.
    Unlock {
        /// The passphrase.
        passphrase: Secret,
    },
    /// A logical backup of the whole store, as text lines.
    Backup {
        /// The new file.
        file: std::path::PathBuf,
        /// Whether it may take the place of one that is there.
        #[serde(default)]
        force: bool,
    },
}

/// What `export` can give.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ExportKind {
    /// Runs with their rows.
    Runs,
    /// Mappings.
    Customers,
    /// Ledgers and the lines in them.
    Ledger,
}
