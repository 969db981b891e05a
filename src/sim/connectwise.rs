//! The simulated ConnectWise PSA: its records, its rules, its invoicing and its REST face, by the wire contract. All requests go
//! one after the other through one lock, so a refused one leaves no trace and a read after a write tells the truth. It knows
//! nothing of PRISM.

mod account;
mod additions;
mod agreements;
mod call;
mod condition;
mod hands;
mod invoicing;
mod ledger;
mod listing;
mod matching;
mod member;
mod models;
mod pace;
mod period;
mod record;
mod refusal;
mod role;
mod route;
mod rules;
mod seeding;
mod showing;
mod site;
mod table;
mod waiting;
mod writing;

pub(super) use hands::{HandRefusal, InvoiceRun, RoleEdit};
pub(super) use pace::Pace;
pub(super) use route::{entity_of, is_open_to_all, router};
pub(super) use site::{SharedSite, Site, locked, share};
pub(super) use waiting::Hand;

/// Whether rows of such a kind can be odd.
pub(super) fn is_kind(name: &str) -> bool {
    table::Table::named(name).is_some()
}
