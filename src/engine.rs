//! The actor between those who show and those who do: takes [`protocol::Command`]s, gives
//! [`protocol::Answer`]s and [`protocol::Event`]s, runs one sync at a time, and keeps the journal protocol.
//!
//! It must not print, draw, or know HTTP. Console, command line and socket send it the same
//! commands (design invariant 7).

pub(crate) mod customers;
pub mod factory;
pub mod outbox;
pub mod protocol;
pub mod sync;
pub mod tables;
pub mod views;

mod actor;
mod approvals;
mod audit;
mod authorize;
mod cache;
mod connections;
mod context;
mod crash_point;
mod dashboard;
mod derived;
mod digest;
mod family;
mod flight;
mod handle;
mod history;
mod invoices;
mod launch;
mod maintenance;
mod metrics;
mod products;
mod program;
mod refusals;
mod remarks;
mod run_log;
#[cfg(test)]
mod samples;
mod schedule;
mod standing;
mod start;

pub use handle::{Asked, Handle};
pub use maintenance::restore::{is_installed, restore};
pub use start::{Engine, EngineSettings, StartError, start};
