//! What is shown of the audit trail.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::{Role, run::Trigger};

/// A change, or a right that was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditView {
    /// Its place in the trail.
    pub number: u64,
    /// When.
    pub at: DateTime<Utc>,
    /// Login name.
    pub actor: String,
    /// The number that the kernel knows them by.
    pub uid: Option<u32>,
    /// What they were.
    pub role: Option<Role>,
    /// Where they came from.
    pub origin: Option<String>,
    /// Why it was asked.
    pub trigger: Trigger,
    /// Name of the command.
    pub command: Option<String>,
    /// What it is about.
    pub subject: Option<String>,
    /// What was done, in words, without secrets.
    pub what: String,
    /// What stood before.
    pub before: Option<String>,
    /// What stands since.
    pub after: Option<String>,
    /// Whether the right to do it was refused.
    pub refused: bool,
    /// SHA-256 of the entry before it, in hex; none of those that an older version wrote.
    pub prev: Option<String>,
}

/// What looking through the whole trail found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditVerdict {
    /// How many entries there are.
    pub entries: u64,
    /// How many of them an older version wrote, without a chain.
    pub unchained: u64,
    /// The first entry at which the chain does not hold.
    pub broken_at: Option<u64>,
    /// Number and SHA-256 of the newest entry, to compare with what mails and backups say.
    pub head: Option<(u64, String)>,
}
