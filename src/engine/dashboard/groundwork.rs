//! What cards and the attention list are made from that takes going through all customers: worked out once, kept beside the
//! store, and worked out again only when something was written since.
//!
//! It must not hold what the hour tells, or what waits to be told or approved: that is looked up whenever it is shown.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::wanting::Wanting;
use crate::{
    domain::{Day, policy::Policies},
    engine::views::InvoiceProgress,
};

/// So many runs are looked through for the last of each kind.
pub(crate) const RUNS_LOOKED_AT: usize = 500;

/// Of one target.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Groundwork {
    pub made_for: Conditions,
    /// Customers that the source lists, or that are linked.
    pub customers: u64,
    pub linked: u64,
    /// Linked, with sync on.
    pub on: u64,
    /// Names that several of them have, with the domains of those.
    #[serde(default)]
    pub namesakes: BTreeMap<String, BTreeSet<String>>,
    /// Contracts that end before the next invoice.
    pub ending: u64,
    /// How far the newest invoice is.
    pub progress: Option<InvoiceProgress>,
    /// What is to be tried again.
    pub retries: Vec<Wanting>,
    /// What else wants the operator by what the store holds of customers and invoices.
    pub others: Vec<Wanting>,
}

/// What it follows from beside the store.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Conditions {
    /// Which words and rules it was made by.
    pub version: String,
    pub today: Day,
    pub contract_end_days: u64,
    pub policies: Policies,
}
