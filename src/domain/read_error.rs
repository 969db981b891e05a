//! Why a read from the source or the target gave nothing, in one form for all who read.
//!
//! It must not know how anything is read.

use super::{Side, outcome::Finding};

/// Why a read from the target, or from PRISM, gave nothing. Every text is cleaned of secrets and control characters.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, serde::Serialize, serde::Deserialize)]
pub enum ReadError {
    /// Credentials refused: nothing more may be asked with them.
    #[error("{finding}")]
    Unauthorized {
        /// Whose they are.
        side: Side,
        /// What was said.
        finding: Finding,
    },
    /// No connection, TLS failure, time-out, or still failing after all tries.
    #[error("{0}")]
    Unreachable(Finding),
    /// An answer that cannot be understood.
    #[error("{0}")]
    Unreadable(Finding),
    /// The server said no: a missing right, an unknown id.
    #[error("{0}")]
    Refused(Finding),
    /// The operator cancelled while it was waiting.
    #[error("cancelled")]
    Cancelled,
}

impl ReadError {
    /// What to show for it.
    #[must_use]
    pub fn finding(&self) -> Finding {
        match self {
            Self::Unauthorized { finding, .. }
            | Self::Unreachable(finding)
            | Self::Unreadable(finding)
            | Self::Refused(finding) => finding.clone(),
            Self::Cancelled => {
                Finding::new("cancelled", "Cancelled.", "Start it again when you want it.")
            }
        }
    }
}

/// The code of a finding: nothing was left of the hourly budget for longer than is waited for it.
pub const BUDGET_USED_UP: &str = "budget_used_up";

/// Why a request is put off, in words for somebody who watches: by the code of the finding that tells of it.
#[must_use]
pub fn why_put_off(code: &str) -> &'static str {
    match code {
        "too_many_requests" | "rate_limited" => "too many requests",
        "unreachable" | "tls" => "it cannot be reached",
        "time_out" => "it did not answer in time",
        "cut" => "the connection broke off",
        _ => "it has a fault",
    }
}
