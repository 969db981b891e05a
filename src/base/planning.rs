//! Working out what to write. Pure: the same inputs give the same plan, in the same order.
//!
//! It must not await, read the store, or be random. It reads `domain` and
//! [`crate::psa::BillingRules`] only; what was read and what is remembered arrives as values.
//!
//! The way of one invoice: [`invoices`] says whether it is due, and for whom; [`triage`] puts each of its lines in one
//! place and makes a [`ContractGroup`] per contract; [`plan_contract`] makes of that group, of the contract as it is
//! and of what the store remembers a [`ContractPlan`]; [`ledger`] and [`outcomes`] add up what came of it.
//! [`guards`] says what of a bill is so odd that somebody must look before it is written.
//! [`products`] is the other stream, price list to services. [`matching`] suggests mappings.

pub mod company_trouble;
pub mod contract;
pub mod group;
pub mod guards;
mod in_terms;
pub mod invoices;
pub mod ledger;
pub mod matching;
pub mod memory;
pub mod outcomes;
pub mod plan;
pub mod products;
pub mod triage;

mod azure;
mod prices;
mod quantities;
pub mod used_lines;

pub use contract::{ContractRequest, partner, plan_contract, refuse_contract, unplanned_contract};
pub use group::{ContractGroup, GroupLine, GroupSubscription, GroupTenant, LeftOut};
pub use memory::{Baseline, Closing, ContractMemory, Owed, Unshown};
pub use plan::{ContractPlan, MonthlyMoney, PlannedOperation, ServicePlan, Stands};
