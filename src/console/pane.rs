//! What stands in front: a tab, or one of the panes within it.

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
