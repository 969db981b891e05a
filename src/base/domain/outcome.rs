//! How things ended, in the four words of the guide (R48) and one of our own, and what to say about each (R63–R69).

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Code;

/// Ordered from best to worst (sync-rules 7): of what was not come to even a warning is not known yet.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Wanted was present already, or there was nothing new.
    #[default]
    NoChange,
    /// Written and read back.
    Success,
    /// Written, and the operator must look.
    Warning,
    /// The run was stopped before it came to this, or had done all of it. No run ends so itself.
    NotAttempted,
    /// Not written, written in part, or not confirmed.
    Failure,
}

impl Outcome {
    /// The guide's word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::NoChange => "No Change",
            Self::Success => "Success",
            Self::Warning => "Warning",
            Self::NotAttempted => "Not attempted",
            Self::Failure => "Failure",
        }
    }

    /// Whether somebody must look at it. What was not attempted only waits for the next run.
    pub fn wants_a_look(self) -> bool {
        matches!(self, Self::Warning | Self::Failure)
    }

    /// Whether all that was to be written stands.
    pub fn stands(self) -> bool {
        matches!(self, Self::NoChange | Self::Success | Self::Warning)
    }

    /// For lists: what must be looked at is greater than what only waits, however good that is known to be.
    pub fn urgency(self) -> (bool, Self) {
        (self.wants_a_look(), self)
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// An error or warning: a stable code, the text (the server's own, verbatim, where it is the server's), and what to do.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Finding {
    /// What programs branch on.
    pub code: Code,
    /// What happened, on what.
    pub text: String,
    /// What to do next.
    pub advice: String,
}

impl Finding {
    /// The same, with how long it was waited for something better, where that was a minute or more.
    #[must_use]
    pub fn after_waiting(self, waited: std::time::Duration) -> Self {
        match waited.as_secs() / 60 {
            0 => self,
            minutes => {
                let text = format!("{} (after waiting {minutes} minutes)", self.text);
                Self { text, ..self }
            }
        }
    }

    /// Puts the three together.
    #[must_use]
    pub fn new(code: Code, text: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { code, text: text.into(), advice: advice.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The one place where a line's amount is counted (sync-rules 3).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "in", rename_all = "snake_case")]
pub enum Disposition {
    /// On the contract, by this run.
    Synced,
    /// On the contract, by an earlier run.
    SyncedEarlier,
    /// Not for syncing.
    Excluded {
        /// Such as `annual billing`.
        reason: String,
    },
    /// Should be on the contract and is not.
    Failed,
    /// The run was stopped before it came to it.
    NotAttempted,
    /// A guard holds its contract until somebody has looked (sync-rules 2.8).
    Held,
    /// Its tenant is on no contract.
    Unmapped,
    /// Its tenant is mapped, but sync is off.
    Off,
    /// Its tenant was not asked for this time, or starts with a later invoice.
    NotInScope,
}
