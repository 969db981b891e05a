//! One screen per tab: its state, what actions do to it, how it is drawn.

pub mod connections;
pub mod customers;
pub mod dashboard;
pub mod forms;
pub mod help;
pub mod products;
pub mod support;
pub mod sync;

use super::action::Tab;
use crate::engine::{protocol::SyncRequest, views::Place};

/// Where an action leads beyond its own screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Jump {
    /// To a place that the engine named.
    To(Place),
    /// To a tab.
    Tab(Tab),
    /// To a plan of this, on the Sync tab.
    Plan(SyncRequest),
}
