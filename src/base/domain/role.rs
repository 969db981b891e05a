//! What somebody may do.
//!
//! It must not know a command: what each of them needs is said where they are let pass.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What somebody is to an installation. Admin is not approver: who sets things up does not also let a held plan pass.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Looks at everything.
    View,
    /// Links, pins, syncs.
    Operate,
    /// Looks too, and lets a plan pass that waits: never one's own, so this role plans and changes nothing.
    Approve,
    /// Connects, and sets things up.
    Admin,
    /// Has the files, and so can do everything: whoever works without a daemon.
    #[default]
    Owner,
}

/// What a command needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Right {
    /// To look.
    View,
    /// To link, pin, note, acknowledge, sync, retry, dismiss, and stop what runs.
    Operate,
    /// To let a plan pass that waits, or turn it down.
    Approve,
    /// To change connections, secrets, options and where the installation lies.
    Administer,
}

impl Role {
    /// Every one, the weakest first.
    pub const ALL: [Self; 5] = [Self::View, Self::Operate, Self::Approve, Self::Admin, Self::Owner];

    /// Whether it may do what needs this.
    #[must_use]
    pub fn may(self, right: Right) -> bool {
        match right {
            Right::View => true,
            Right::Operate => matches!(self, Self::Operate | Self::Admin | Self::Owner),
            Right::Approve => matches!(self, Self::Approve | Self::Owner),
            Right::Administer => matches!(self, Self::Admin | Self::Owner),
        }
    }
}

/// As sockets, groups and the audit trail have it.
impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::View => "view",
            Self::Operate => "operate",
            Self::Approve => "approve",
            Self::Admin => "admin",
            Self::Owner => "owner",
        })
    }
}

impl Right {
    /// The weakest roles that have it, as a refusal names them.
    #[must_use]
    pub fn held_by(self) -> &'static str {
        match self {
            Self::View => "view",
            Self::Operate => "operate",
            Self::Approve => "approve",
            Self::Administer => "admin",
        }
    }
}
