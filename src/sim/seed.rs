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

/// All records that a new simulated ConnectWise site has before the first request; the tables of its setup come by themselves.
#[derive(Clone, Debug, Default)]
pub struct ConnectwiseSeed {
    pub companies: Vec<CwCompanySeed>,
    pub agreements: Vec<CwAgreementSeed>,
    /// Items the partner made by hand.
    pub items: Vec<CwItemSeed>,
    /// Additions made before the first sync.
    pub additions: Vec<CwAdditionSeed>,
}

#[derive(Clone, Debug)]
pub struct CwCompanySeed {
    pub id: i64,
    /// The short id, unique.
    pub identifier: String,
    pub name: String,
    /// Whether its status is *Active*, else *Inactive*.
    pub active: bool,
    /// Whether it lies in the recycle bin.
    pub deleted: bool,
    /// *Customer*, *Vendor* or *Prospect*.
    pub kind: String,
    /// Web address; may be empty.
    pub web: String,
}

#[derive(Clone, Debug)]
pub struct CwAgreementSeed {
    pub id: i64,
    pub company: i64,
    pub name: String,
    /// A type's name: *O365*, *Managed Services*, *Time & Materials*.
    pub kind: String,
    /// A billing option: `Monthly`, `Quarterly`, `NotRecurring`, …
    pub cycle: String,
    pub start: NaiveDate,
    /// The last day; without one it goes on.
    pub end: Option<NaiveDate>,
    pub bill_start: NaiveDate,
    /// The first day that is not invoiced yet.
    pub next_invoice: NaiveDate,
    pub prorated: bool,
    /// Whether prorated additions are invoiced at once.
    pub at_once: bool,
    /// The day from which it is cancelled.
    pub cancelled: Option<NaiveDate>,
}

#[derive(Clone, Debug)]
pub struct CwItemSeed {
    pub id: i64,
    pub identifier: String,
    pub description: String,
    /// May be empty.
    pub vendor_sku: String,
    pub price: Decimal,
    pub cost: Decimal,
    pub active: bool,
    /// `NonInventory`, `Service`, `Bundle`, …
    pub class: String,
}

#[derive(Clone, Debug)]
pub struct CwAdditionSeed {
    pub id: i64,
    pub agreement: i64,
    pub item: i64,
    pub quantity: Decimal,
    pub price: Decimal,
    pub cost: Decimal,
    pub from: NaiveDate,
    /// The last billed day; without one it goes on.
    pub to: Option<NaiveDate>,
    /// May be empty.
    pub serial_number: String,
    /// Who entered it.
    pub by: String,
}
