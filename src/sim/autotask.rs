//! The simulated Autotask: its rows, its rules and its REST face, by the wire contract. All requests
//! go one after the other through one lock, so a refused one leaves no trace and a read after a write
//! tells the truth. It knows nothing of PRISM.

mod adjust;
mod billing_fields;
mod cell;
mod contract_services;
mod entities;
mod fields;
mod filter;
mod hands;
mod metadata;
mod paging;
mod picklist;
mod query;
mod reply;
mod route;
mod rules;
mod scan;
mod schema;
mod seeding;
mod steps;
mod tenant;
mod waiting;
mod write;

pub(super) use hands::{CompanyEdit, ContractEdit, HandRefusal, ServiceEdit};
pub(super) use route::{entity_of, is_open_to_all, router};
pub(super) use tenant::{SharedTenant, Tenant, locked, share};
pub(super) use waiting::ServiceAddition;

pub(super) fn is_entity(name: &str) -> bool {
    entities::named(name).is_some()
}
