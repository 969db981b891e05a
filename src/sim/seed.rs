//! What a new simulated Autotask tenant starts with, as the world generator hands it over.

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

/// A company.
#[derive(Clone, Debug)]
pub struct CompanySeed {
    /// Its id.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// Picklist number: 1 Customer, 7 Vendor, others as in the picklist.
    pub company_type: i64,
    /// Active flag.
    pub active: bool,
    /// Web address; may be empty.
    pub web: String,
}

/// A contract.
#[derive(Clone, Debug)]
pub struct ContractSeed {
    /// Its id.
    pub id: i64,
    /// Whose.
    pub company: i64,
    /// Its name.
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

/// A billing code.
#[derive(Clone, Debug)]
pub struct BillingCodeSeed {
    /// Its id.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// Picklist number: 5 Recurring Contract Service.
    pub use_type: i64,
    /// Active flag.
    pub active: bool,
}

/// A service made by hand.
#[derive(Clone, Debug)]
pub struct ServiceSeed {
    /// Its id.
    pub id: i64,
    /// Its unique name.
    pub name: String,
    /// Billing code.
    pub billing_code: i64,
    /// Unit price.
    pub price: Decimal,
    /// Unit cost.
    pub cost: Decimal,
    /// Active flag.
    pub active: bool,
}

/// A service on a contract.
#[derive(Clone, Debug)]
pub struct ContractServiceSeed {
    /// The contract.
    pub contract: i64,
    /// The service.
    pub service: i64,
    /// Unit price.
    pub price: Decimal,
    /// Unit cost.
    pub cost: Decimal,
    /// From each day on, this many units.
    pub steps: Vec<(NaiveDate, i64)>,
}
