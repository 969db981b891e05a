//! What a new simulated Autotask tenant starts with, as the world generator hands it over.

#![expect(missing_docs, reason = "what has no sentence is what its name says")]

use chrono::NaiveDate;
use rust_decimal::Decimal;

/// All rows that exist before the first request.
#[derive(Clone, Debug, Default)]
pub struct AutotaskSeed {
    /// Companies, customers and vendors; id 0 is the provider itself and must be among them.
    pub companies: Vec<CompanySeed>,
    /// Contracts of every kind.
    pub contracts: Vec<ContractSeed>,
    /// Billing codes of several use types.
    pub billing_codes: Vec<BillingCodeSeed>,
    /// Services the partner made by hand.
    pub services: Vec<ServiceSeed>,
    /// Services on contracts with their steps, made before the first sync.
    pub contract_services: Vec<ContractServiceSeed>,
}

#[derive(Clone, Debug)]
pub struct CompanySeed {
    pub id: i64,
    pub name: String,
    /// Picklist number: 1 Customer, 7 Vendor, others as in the picklist.
    pub company_type: i64,
    pub active: bool,
    /// Web address; may be empty.
    pub web: String,
}

#[derive(Clone, Debug)]
pub struct ContractSeed {
    pub id: i64,
    pub company: i64,
    pub name: String,
    /// Picklist number: 7 Recurring Service, 1 Time & Materials, …
    pub contract_type: i64,
    /// 1 active, 0 inactive.
    pub status: i64,
    /// First day.
    pub start: NaiveDate,
    /// Last day, inclusive.
    pub end: NaiveDate,
    /// Picklist number: 2 monthly, 3 quarterly, 4 semi-annual, 5 yearly.
    pub period_type: i64,
}

#[derive(Clone, Debug)]
pub struct BillingCodeSeed {
    pub id: i64,
    pub name: String,
    /// Picklist number: 5 Recurring Contract Service.
    pub use_type: i64,
    pub active: bool,
}

/// A service made by hand.
#[derive(Clone, Debug)]
pub struct ServiceSeed {
    pub id: i64,
    pub name: String,
    pub billing_code: i64,
    pub price: Decimal,
    pub cost: Decimal,
    pub active: bool,
}

#[derive(Clone, Debug)]
pub struct ContractServiceSeed {
    pub contract: i64,
    pub service: i64,
    pub price: Decimal,
    pub cost: Decimal,
    /// From each day on, this many units.
    pub steps: Vec<(NaiveDate, i64)>,
}
