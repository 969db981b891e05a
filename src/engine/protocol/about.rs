//! What was found, beside what it was asked about: an answer that comes late is not taken for another one's.

use serde::{Deserialize, Serialize};

/// An answer with the command that it is the answer to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct About<A, T> {
    /// What was asked.
    pub asked: A,
    /// What was found.
    pub found: T,
}
