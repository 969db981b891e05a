//! Which tenant is billed on which contract, from when on, and at whose prices.

#![expect(missing_docs, reason = "what has no sentence is what its name says")]

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{CompanyId, ContractId, Currency, CustomerId, InvoiceId, Money, TenantId, UsageMonth};

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
    pub tenant: TenantId,
    /// Tenant domain when it was mapped, for display.
    pub domain: String,
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
    pub sync: bool,
    /// What the operator chose.
    pub start: Start,
    /// What the choice came to when it began: no invoice of an earlier month is applied.
    pub first_month: Option<UsageMonth>,
    /// Whether sync was ever on for it on this contract, from this start: the choice has come to something then, and
    /// switching off and on does not ask for it anew. Ask `has_begun`.
    #[serde(default)]
    pub begun: bool,
    pub pricing: PricingStrategy,
    /// The operator's own remark.
    #[serde(default)]
    pub note: String,
    /// When it was made or last changed.
    pub changed_at: DateTime<Utc>,
}

impl Mapping {
    /// Whether its first month is settled: it was on before. Mappings stored before that was kept tell by what they have.
    pub fn has_begun(&self) -> bool {
        self.begun || self.sync || self.first_month.is_some()
    }
}

/// How far a mapping has come (sync-rules 2.2): every eligible invoice is applied exactly once, oldest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Applied {
    pub month: UsageMonth,
    pub invoice: InvoiceId,
    /// Its number, for display.
    pub invoice_number: String,
    /// The contract it went to (a tenant may be remapped later).
    pub contract: ContractId,
    /// When the run recorded it.
    pub at: DateTime<Utc>,
}

/// An invoice that became due for a mapping while its sync was off (sync-rules 2.2): the next sync applies it, unless it
/// is skipped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Missed {
    pub month: UsageMonth,
    pub invoice: InvoiceId,
    /// Its number, for display.
    pub invoice_number: String,
    /// What it bills this tenant; none where its lines could not be read.
    pub amount: Option<Money>,
    #[serde(default)]
    pub currency: Option<Currency>,
}

/// An invoice that is never applied to a mapping because somebody said so when switching it on again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skipped {
    /// Which, as it was told.
    pub missed: Missed,
    pub reason: String,
    /// Who said so.
    pub by: String,
    pub at: DateTime<Utc>,
}

impl Missed {
    /// Which, of what month, and how much: `INV0104233 of 2026-09, 40.00`.
    #[must_use]
    pub fn words(&self) -> String {
        let currency = self.currency.as_ref();
        let amount = self.amount.map(|amount| amount.rounded(2).in_currency(currency));
        let amount = amount.map(|amount| format!(", {amount}"));
        format!("{} of {}{}", self.invoice_number, self.month, amount.unwrap_or_default())
    }
}
