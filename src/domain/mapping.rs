//! Which tenant is billed on which contract, from when on, and at whose prices.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{CompanyId, ContractId, CustomerId, InvoiceId, TenantId, UsageMonth};

/// What a sync may write of the prices on a contract (sync-rules 5.5). A service that is new to a contract opens with the
/// line's price and cost under each of them (5.1): until then there is nothing of the operator's on it.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum PricingStrategy {
    /// Unit price and unit cost follow the invoice.
    #[default]
    CostAndRetail,
    /// Only the cost; the sell price of a service that is on the contract is the operator's.
    CostOnly,
    /// Neither, of a service that is on the contract.
    QuantitiesOnly,
}

/// Where syncing begins for a newly enabled mapping (sync-rules 2.2).
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Start {
    /// The newest invoice there is when sync is switched on.
    #[default]
    MostRecent,
    /// The first one issued after.
    Next,
}

/// The link of one tenant with one contract of one target connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mapping {
    /// The tenant.
    pub tenant: TenantId,
    /// Tenant domain when it was mapped, for display.
    pub domain: String,
    /// PRISM customer.
    pub customer: CustomerId,
    /// PRISM customer's name when it was mapped.
    pub customer_name: String,
    /// Company in the PSA.
    pub company: CompanyId,
    /// Its name when it was mapped.
    pub company_name: String,
    /// Contract in the PSA.
    pub contract: ContractId,
    /// Its name when it was mapped.
    pub contract_name: String,
    /// Whether syncs include it.
    pub sync: bool,
    /// What the operator chose.
    pub start: Start,
    /// What the choice came to when sync was last switched on: no invoice of an earlier month is applied.
    pub first_month: Option<UsageMonth>,
    /// Which prices are written.
    pub pricing: PricingStrategy,
    /// The operator's own remark.
    #[serde(default)]
    pub note: String,
    /// When it was made or last changed.
    pub changed_at: DateTime<Utc>,
}

/// How far a mapping has come (sync-rules 2.2): every eligible invoice is applied exactly once, oldest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Applied {
    /// The usage month.
    pub month: UsageMonth,
    /// The invoice.
    pub invoice: InvoiceId,
    /// Its number, for display.
    pub invoice_number: String,
    /// The contract it went to (a tenant may be remapped later).
    pub contract: ContractId,
    /// When the run recorded it.
    pub at: DateTime<Utc>,
}
