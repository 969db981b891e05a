//! The two sides of a sync, and why a read from one of them gave nothing, in one form for all who read.
//!
//! It must not know how anything is read, or name a vendor: which connection stands on a side is the engine's business.

use serde::{Deserialize, Serialize};

use super::{Code, outcome::Finding};

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

/// Why a read from the target, or from PRISM, gave nothing. Every text is cleaned of secrets and control characters.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
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
                Finding::new(Code::Cancelled, "Cancelled.", "Start it again when you want it.")
            }
        }
    }
}

/// Why a request is put off, in words for somebody who watches: by the code of the finding that tells of it.
pub fn why_put_off(code: &Code) -> &'static str {
    match code {
        Code::TooManyRequests | Code::RateLimited => "too many requests",
        Code::Unreachable | Code::Tls => "it cannot be reached",
        Code::TimeOut => "it did not answer in time",
        Code::Cut => "the connection broke off",
        _ => "it has a fault",
    }
}
