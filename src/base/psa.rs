//! What every target fulfils, in billing words. [`Psa`] is its remote half: companies, contracts, services, present
//! quantities, and the writes. [`BillingRules`] is its pure half: all that planning sees.
//!
//! It must not mention a vendor, decide what is wanted, or know who asks. Reads are bulk reads only:
//! at most 200 contracts in one list, 500 rows a page (sync-rules 8.5, wire/autotask 4).

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;

use crate::domain::{
    CompanyId, ContractId, Day, LineId, ReadError, ServiceId, Thing,
    choice::ChoiceOption,
    operation::Operation,
    outcome::Finding,
    product::Service,
    target::{Company, CompanyTrouble, Contract, OddRow, PresentContract, TargetKind},
};

pub mod autotask;
mod billing_rules;
pub mod connectwise;
mod json_number;

pub use billing_rules::{
    AskedPrice, BillingRules, OwnWrite, PriceMember, RowState, SentWrite, Shown, Surroundings,
};

/// One right or setting of the target that was looked at (R1–R7).
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Right {
    /// What it is for, such as `Services: create`.
    pub name: String,
    /// Whether it is there; none where it could not be told.
    pub granted: Option<bool>,
    /// What is missing and where to set it, if it is.
    pub advice: String,
}

/// What a connection test found.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Probe {
    /// The resolved base or zone URL.
    pub url: String,
    /// Version text of the server, if it tells.
    pub version: Option<String>,
    /// Rights, one by one.
    pub rights: Vec<Right>,
    /// Requests left of the hourly budget, with the whole.
    pub budget: Option<(u64, u64)>,
    /// What is to be known of the rights beside them, and is no fault: what no reading can tell, what works without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// What may still be asked of a target this hour, of a share that was set for this program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct BudgetLeft {
    /// Requests left of the share.
    pub left: u64,
    /// The whole share.
    pub of: u64,
}

/// How many requests are on the wire to the endpoint of a target that has the most, of so many that may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Slots {
    /// Requests that wait for their answers.
    pub busy: usize,
    /// So many may.
    pub of: usize,
}

/// Lengths that texts of a new service are cut to (from metadata, wire/autotask 12).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServiceLimits {
    /// Characters of the name.
    pub name: usize,
    /// Characters of the description.
    pub description: usize,
    /// Characters of the invoice description.
    pub invoice_description: usize,
    /// Characters of the `sku` field; none where the tenant has no such field.
    pub sku: Option<usize>,
    /// Characters of the `externalID` field; none where the tenant has no such field.
    pub external_id: Option<usize>,
    /// Decimals kept of a price (sync-rules 1.9).
    pub price_decimals: u32,
    /// Whether a service belongs to the product whose SKU it names, whoever made it (sync-rules 10.16).
    pub by_sku: bool,
}

/// How one write ended (sync-rules 8.2, 8.3). Never an error: every way it can end is one of these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Written {
    /// The target confirmed it; the id where it names one (null is success too, wire/autotask 13.2).
    Done {
        /// The new or changed row.
        id: Option<i64>,
        /// What the answer shows otherwise than it was sent, and what bills nothing else by itself.
        remarks: Vec<Finding>,
    },
    /// Carried out, but its answer shows another quantity or date than was sent: what stands is not what was planned
    /// (sync-rules 10.12).
    Otherwise {
        /// The new or changed row.
        id: Option<i64>,
        /// What differs.
        finding: Finding,
    },
    /// Certainly not carried out: 429, connection refused. May be sent again after `retry_after_seconds`.
    NotExecuted {
        /// Why.
        finding: Finding,
        /// What the server asked for.
        retry_after_seconds: Option<u64>,
    },
    /// The target refused it and wrote nothing; its text verbatim.
    Refused {
        /// Code, text and advice.
        finding: Finding,
    },
    /// Time-out, cut connection, a 5xx without `errors`, an unreadable 200: read back before anything else.
    Unknown {
        /// What was seen.
        finding: Finding,
    },
    /// 401: no further write may be sent by this run.
    Unauthorized {
        /// Code, text and advice.
        finding: Finding,
    },
}

/// The remote half of a target.
#[async_trait]
pub trait Psa: Send + Sync {
    /// Which product it is.
    fn kind(&self) -> TargetKind;

    /// Finds the server, proves the credentials and looks at every right a sync needs.
    async fn probe(&self) -> Result<Probe, ReadError>;

    /// What can be chosen of something that new services are made with, such as a billing code (R22, R23): what is active.
    /// Nothing of what this target makes nothing with.
    async fn choices(&self, of: Thing) -> Result<Vec<ChoiceOption>, ReadError>;

    /// Companies that are customers; the provider itself (id 0) is among them.
    async fn companies(&self) -> Result<Vec<Company>, ReadError>;

    /// What is wrong with these companies, where the target can be asked for so few; it costs a request.
    async fn troubled_companies(
        &self,
        _companies: &BTreeSet<CompanyId>,
    ) -> Result<BTreeMap<CompanyId, CompanyTrouble>, ReadError> {
        Ok(BTreeMap::new())
    }

    /// Every contract of a company, whatever its kind and state; of all companies where none is named.
    async fn contracts(&self, company: Option<CompanyId>) -> Result<Vec<Contract>, ReadError>;

    /// The contracts with these ids; one that is gone is absent.
    async fn contracts_by_id(&self, contracts: &[ContractId]) -> Result<Vec<Contract>, ReadError>;

    /// Every service, active or not.
    async fn services(&self) -> Result<Vec<Service>, ReadError>;

    /// Those of these services that are there, though the list of all does not show them: where a list may be behind, each is
    /// asked for by its own id.
    async fn unlisted_services(&self, _ids: &[ServiceId]) -> Result<Vec<Service>, ReadError> {
        Ok(Vec::new())
    }

    /// The lengths and decimals of this tenant's services.
    async fn service_limits(&self) -> Result<ServiceLimits, ReadError>;

    /// Contracts with their services and rows, such that the quantity in force on `from` and on every later day is
    /// told (sync-rules 4.2): the row in force on `from` is among them even if it starts long before.
    /// Bulk reads, any number of contracts.
    async fn present(
        &self,
        contracts: &[ContractId],
        from: Day,
    ) -> Result<Vec<PresentContract>, ReadError>;

    /// The same contract with those of these lines that are there, though its list does not show them yet.
    async fn with_lines(
        &self,
        contract: PresentContract,
        _lines: &[LineId],
    ) -> Result<PresentContract, ReadError> {
        Ok(contract)
    }

    /// What can be said of it without asking it.
    fn rules(&self) -> &dyn BillingRules;

    /// Sends exactly one request, never again by itself.
    async fn execute(&self, operation: &Operation) -> Written;

    /// Rows that were left out of the lists read so far because they could not be understood.
    fn odd(&self) -> Vec<OddRow> {
        Vec::new()
    }

    /// Many requests are about to be sent: what is known of the target's limits may be old, and is looked up again before
    /// the first of them. Sends nothing itself.
    fn about_to_work(&self) {}

    /// Reads, once, what the first reading of contracts needs to know of it: whoever will read some does so beside other
    /// readings.
    async fn get_ready(&self) -> Result<(), ReadError> {
        Ok(())
    }

    /// What is left of its budget of requests, as far as it told so; none where it has none, or did not tell yet. Asks
    /// nothing.
    fn budget(&self) -> Option<BudgetLeft> {
        None
    }

    /// For how long after a write a list may not show it yet (sync-rules 10.11).
    fn lag(&self) -> std::time::Duration {
        std::time::Duration::ZERO
    }

    /// How busy it is kept; none where that is not limited.
    fn slots(&self) -> Option<Slots> {
        None
    }

    /// Requests sent so far through this value, by all its clones: for counters on the screen.
    fn requests(&self) -> u64;
}
