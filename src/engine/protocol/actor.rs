//! Who asks.

use serde::{Deserialize, Serialize};

use crate::domain::Role;

/// One of the consoles and commands that ask an engine at once: each looks at a target of its own, and what it waits for
/// ends with it. The first is the process that started the engine.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct ClientId(pub u64);

/// Who asks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// The login name on this machine.
    pub name: String,
    /// Looks at everything and changes nothing (`--read-only`).
    pub read_only: bool,
    /// The number that the kernel knows them by; none where it was not asked.
    #[serde(default)]
    pub uid: Option<u32>,
    /// What they may do.
    #[serde(default)]
    pub role: Role,
    /// The terminal or the host they come from, where that is known.
    #[serde(default)]
    pub origin: Option<String>,
}

impl Actor {
    /// Somebody of this name who has the files.
    #[must_use]
    pub fn owner(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }
}
