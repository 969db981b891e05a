//! How the simulated systems behave beyond what their contracts say: switches and odd rows, as all of their parts share them.

use super::assumptions::{Assumptions, Switches};
use super::odd_rows::OddRows;

/// Switches and odd rows; a clone is the same ones.
#[derive(Clone, Debug, Default)]
pub struct Behaviour {
    /// What the contracts only assume.
    pub switches: Switches,
    /// Rows that ought not to be.
    pub odd_rows: OddRows,
}

impl Behaviour {
    /// Nothing odd, and the switches stand so.
    pub fn assuming(assumptions: Assumptions) -> Self {
        Self { switches: Switches::new(assumptions), odd_rows: OddRows::default() }
    }

    /// How the switches stand now.
    pub(super) fn assumed(&self) -> Assumptions {
        self.switches.now()
    }
}
