//! What is shown of all customers, in the order of lists: worked out once, kept beside the store, and worked out again only
//! when something was written since.
//!
//! It must not hold what the hour tells.

use serde::{Deserialize, Serialize};

use crate::{domain::policy::Policies, engine::views::CustomerView};

/// Of one target.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct CustomerList {
    pub made_for: Conditions,
    /// Unmapped and new ones first.
    pub rows: Vec<CustomerView>,
}

/// What it follows from beside the store.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Conditions {
    /// Which words and rules it was made by.
    pub version: String,
    pub policies: Policies,
}
