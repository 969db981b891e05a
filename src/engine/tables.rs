//! What the engine itself keeps: connections, options, what was last seen of source and target, and who changed what.
//!
//! Plain values with their tables and keys; what runs leave behind is in `run::records`. Every key begins
//! with the connection it belongs to (design invariant 9); the audit trail belongs to the installation.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::{
    domain::{
        AgreementId, CompanyId, ConnectionId, ContractId, Currency, CustomerId, InvoiceId, Money,
        ServiceId, TenantId, UsageMonth, policy::ProgramOptions, target::Contract,
    },
    engine::views::{AgreementView, ConnectionState},
    psa::Probe,
    store::{Key, Table},
    vault::Sealed,
};

/// The name by which a source is stored.
pub const SOURCE: &str = "prism";

/// The name by which the first target is stored.
pub const TARGET: &str = "autotask";

/// The program that is synced.
pub const PROGRAM: &str = "Microsoft CSP";

/// Connections, by name.
pub const CONNECTIONS: Table<ConnectionRecord> = Table::new("connections");

/// Program options, by target connection.
pub const OPTIONS: Table<ProgramOptions> = Table::new("options");

/// Tenants as PRISM last listed them, by (source connection, tenant).
pub const TENANTS: Table<KnownTenant> = Table::new("tenants");

/// What the newest invoice bills whom, by source connection.
pub const NEWEST: Table<NewestInvoice> = Table::new("newest_invoice");

/// Contracts as last read, by (target connection, contract): those that were chosen or offered.
pub const CONTRACTS: Table<Contract> = Table::new("contracts_seen");

/// Companies that were inactive when they were read last, by (target connection, company).
pub const INACTIVE: Table<()> = Table::new("inactive_companies");

/// Names of services as last read, by (target connection, service).
pub const SERVICE_NAMES: Table<String> = Table::new("service_names");

/// What was looked at, by (target connection, id in the attention list).
pub const SEEN: Table<DateTime<Utc>> = Table::new("acknowledged");

/// Every change an operator made, by number.
pub const AUDIT: Table<AuditEntry> = Table::new("audit");

/// A stored connection.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ConnectionRecord {
    /// How to reach it.
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
    /// The source.
    Prism {
        /// `PROD`, `UAT` or the operator's word.
        environment: String,
        /// API base URL.
        api_url: Url,
        /// Identity base URL.
        identity_url: Url,
        /// Client id.
        client_id: String,
        /// Client secret.
        secret: Sealed,
        /// Whether plain `http` was allowed for these addresses.
        #[serde(default)]
        plain_http: bool,
    },
    /// A target.
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
        /// Its secret.
        secret: Sealed,
        /// Whether plain `http` was allowed for this address.
        #[serde(default)]
        plain_http: bool,
    },
}

/// An agreement of the program, as PRISM last told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownAgreement {
    /// Its id.
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
    /// What is shown of it.
    #[must_use]
    pub fn view(self) -> AgreementView {
        let Self { id, number, name, chosen } = self;
        AgreementView { id, number, name, chosen }
    }
}

/// A tenant as PRISM last listed it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownTenant {
    /// Its id.
    pub id: TenantId,
    /// Its domain.
    pub domain: String,
    /// PRISM customer.
    pub customer: CustomerId,
    /// Its name.
    pub customer_name: String,
    /// The agreement it hangs on.
    pub agreement: AgreementId,
    /// Whether the last reading listed it.
    pub listed: bool,
    /// When it was seen first.
    pub first_seen: DateTime<Utc>,
}

/// What the newest standard invoice bills whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewestInvoice {
    /// The invoice.
    pub invoice: InvoiceId,
    /// Its number.
    pub number: String,
    /// Its usage month.
    pub month: Option<UsageMonth>,
    /// In which currency it is.
    #[serde(default)]
    pub currency: Option<Currency>,
    /// Cost by tenant.
    pub amounts: BTreeMap<TenantId, Money>,
    /// Offer names on it, less the NCE suffix.
    pub offers: Vec<String>,
}

/// One change that somebody made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// When.
    pub at: DateTime<Utc>,
    /// Who.
    pub actor: String,
    /// By what: `operator`, `schedule`, `resume`.
    pub trigger: String,
    /// What, in words, without secrets.
    pub what: String,
}

/// The place of what there is once for each connection.
#[must_use]
pub fn of_connection(connection: &ConnectionId) -> Key {
    Key::new().text(connection.as_str())
}

/// A tenant's place.
#[must_use]
pub fn of_known_tenant(source: &ConnectionId, tenant: &TenantId) -> Key {
    of_connection(source).text(tenant.as_str())
}

/// A seen contract's place.
#[must_use]
pub fn of_seen_contract(target: &ConnectionId, contract: ContractId) -> Key {
    of_connection(target).signed(contract.0)
}

/// A company's place in [`INACTIVE`].
#[must_use]
pub fn of_company(target: &ConnectionId, company: CompanyId) -> Key {
    of_connection(target).signed(company.0)
}

/// A service name's place.
#[must_use]
pub fn of_service(target: &ConnectionId, service: ServiceId) -> Key {
    of_connection(target).signed(service.0)
}

/// Where a product points that was unpinned: at no service, but it remembers the one it was pinned to, so that
/// whatever service it gets next takes the seats from there.
pub const NO_SERVICE: ServiceId = ServiceId(0);
