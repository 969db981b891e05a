//! The two sides of a sync.
//!
//! It must not name a vendor: which connection stands on a side is the engine's business.

use serde::{Deserialize, Serialize};

/// Which of the two systems is meant. It travels with what was refused, from where that was refused to whoever shows it:
/// an error's text is the server's, and may name anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// Where price lists and invoices come from.
    Source,
    /// Where services and contracts are written.
    Target,
}
