//! What is shown of customers, their mappings, and what they can be mapped to.

#![expect(missing_docs, reason = "what has no sentence is what its name says")]

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    domain::{
        ContractId, ContractServiceId, Currency, CustomerId, Day, Money, TenantId, UsageMonth,
        mapping::{Missed, PricingStrategy, Start},
        outcome::Outcome,
        target::{Company, Contract},
    },
    planning::matching,
};

/// One row of the Customers screen (R40).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomerView {
    pub tenant: TenantId,
    pub domain: String,
    pub customer: CustomerId,
    pub customer_name: String,
    /// Whether PRISM still lists it.
    pub listed: bool,
    /// Seen for the first time since the last sync.
    pub new: bool,
    /// The mapping, if there is one.
    pub mapping: Option<MappingView>,
    /// What of the newest known invoice is for syncing, cost.
    pub latest_amount: Option<Money>,
    /// What of that invoice is not for syncing, by reason.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<LeftOutView>,
    /// That invoice's number, where it bills it anything.
    #[serde(default)]
    pub latest_invoice: Option<String>,
    #[serde(default)]
    pub currency: Option<Currency>,
    /// Last applied invoice number.
    pub invoice: Option<String>,
    pub invoice_month: Option<UsageMonth>,
    /// How its last sync ended.
    pub outcome: Option<Outcome>,
    pub outcome_at: Option<DateTime<Utc>>,
    /// Entries on its retry list.
    pub retries: u32,
}

impl CustomerView {
    /// What the newest known invoice has for it, for syncing or not.
    #[must_use]
    pub fn invoiced(&self) -> Option<Money> {
        let left_out: Money = self.left_out.iter().map(|one| one.amount).sum();
        self.latest_amount.map(|to_sync| to_sync + left_out)
    }
}

/// Some of what a customer is billed that is not for syncing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOutView {
    /// Such as `annual billing`.
    pub reason: String,
    pub amount: Money,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MappingView {
    pub company: String,
    pub company_id: crate::domain::CompanyId,
    pub contract: String,
    pub contract_id: ContractId,
    pub sync: bool,
    /// First invoice chosen.
    pub start: Start,
    pub first_month: Option<UsageMonth>,
    pub pricing: PricingStrategy,
    pub note: String,
    /// What will keep its first month from being synced: the contract does not run in it.
    #[serde(default)]
    pub remark: Option<String>,
    /// What became due while its sync was off and is still to be applied, oldest first.
    #[serde(default)]
    pub missed: Vec<Missed>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SuggestionView {
    pub tenant: TenantId,
    pub domain: String,
    pub customer_name: String,
    pub company: Company,
    /// The contract, where exactly one can work.
    pub contract: Option<Contract>,
    /// How many of the company's contracts can work at all.
    #[serde(default)]
    pub contracts: u64,
    /// 0 to 100.
    pub score: u8,
    /// Why, in words: `same name less “Pty Ltd”`.
    pub reasons: Vec<String>,
    /// Why it cannot simply be accepted, if so.
    pub caveat: Option<String>,
    /// That the names have nothing in common, or nothing speaks for the contract, in words, if so.
    #[serde(default)]
    pub doubt: Option<String>,
}

/// What became of suggestions that were accepted together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AcceptedView {
    pub linked: Vec<CustomerView>,
    /// Those that left nothing to choose and could not be accepted all the same.
    pub skipped: Vec<SkippedView>,
}

/// A suggestion that was not accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SkippedView {
    pub tenant: TenantId,
    pub domain: String,
    pub customer_name: String,
    /// In words, without an end.
    pub why: String,
}

/// A company that a tenant can be linked with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompanyChoice {
    pub company: Company,
    /// 0 to 100, where anything speaks for it.
    pub score: Option<u8>,
    /// Why, in words.
    pub reasons: Vec<String>,
    /// That the names have nothing in common, in words, if so.
    pub doubt: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContractChoice {
    pub contract: Contract,
    /// Why it is greyed, if so.
    pub unfit: Option<String>,
    /// What to do about that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
    /// What speaks against it, although it can be chosen: that it does not run in the newest invoice's month, say.
    #[serde(default)]
    pub remark: Option<String>,
    /// Tenants already mapped to it.
    pub mapped: Vec<String>,
}

/// That a tenant and a company have nothing in common in their names, in words, if so.
pub(crate) fn unlike(customer: &str, domain: &str, company: &str) -> Option<String> {
    matching::doubt(customer, domain, company)
}

/// A row of a contract that could bill a service which several rows bill (sync-rules 4.7).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowChoice {
    pub contract_service: ContractServiceId,
    /// Units that stand on it today.
    pub units: i64,
    /// Unit price, if the target tells.
    pub price: Option<Money>,
    /// Unit cost, if the target tells.
    pub cost: Option<Money>,
    /// Start of the earliest of its unit rows that were read.
    pub since: Option<Day>,
    /// Whether it is the one that was chosen.
    pub chosen: bool,
}

/// What an import did, or would have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportReport {
    pub stored: u64,
    /// Rows that said what was so already.
    pub unchanged: u64,
}
