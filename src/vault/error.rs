//! What can go wrong with the vault. No text here ever holds a secret.

#![expect(missing_docs, reason = "what has no sentence is what its name says")]

use std::path::Path;

use crate::domain::{Code, outcome::Finding};

/// Why secrets cannot be sealed or read. The text says what, where, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} {}", self.text(), self.advice())]
pub enum VaultError {
    /// A passphrase is set and was not given yet.
    Locked,
    /// It does not fit.
    WrongPassphrase,
    /// Fewer characters were given for a new passphrase than can be kept from being guessed.
    ShortPassphrase,
    /// No passphrase is set that could unlock it.
    NoPassphrase,
    /// A key file is missing, unreadable, empty, or does not fit.
    KeyFile { path: String, what: String },
    /// A key file that others than its owner can get at.
    Exposed {
        path: String,
        /// What is wrong: its mode or its owner.
        what: String,
    },
    /// The vault's own file is not what was written.
    Damaged { path: String },
    /// A sealed secret that this vault did not seal, or not for this purpose.
    Foreign { context: String },
    /// A file could not be read or written.
    Io {
        path: String,
        /// What the system said.
        cause: String,
    },
}

impl VaultError {
    /// A stable code: `vault_locked`, `vault_passphrase`, …
    #[must_use]
    pub fn code(&self) -> Code {
        match self {
            Self::Locked => Code::VaultLocked,
            Self::WrongPassphrase | Self::ShortPassphrase | Self::NoPassphrase => {
                Code::VaultPassphrase
            }
            Self::KeyFile { .. } | Self::Exposed { .. } => Code::VaultKeyFile,
            Self::Damaged { .. } => Code::VaultDamaged,
            Self::Foreign { .. } => Code::VaultForeign,
            Self::Io { .. } => Code::VaultFailed,
        }
    }

    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Locked => "The saved secrets are locked.".to_owned(),
            Self::WrongPassphrase => "The passphrase does not fit.".to_owned(),
            Self::ShortPassphrase => {
                "A passphrase has at least 12 characters: whoever has a copy of the disk can try them out.".to_owned()
            }
            Self::NoPassphrase => "No passphrase is set.".to_owned(),
            Self::KeyFile { path, what } => format!("The key file {path} {what}."),
            Self::Exposed { path, what } => {
                format!("The key file {path} is not kept from others: {what}.")
            }
            Self::Damaged { path } => format!("{path} is damaged."),
            Self::Foreign { context } => {
                format!("The saved secret of {context} was not sealed by this installation.")
            }
            Self::Io { path, cause } => format!("{path}: {cause}."),
        }
    }

    /// What to do next.
    #[must_use]
    pub fn advice(&self) -> &'static str {
        match self {
            Self::Locked => {
                "Give the passphrase on a terminal; a service opens the vault by a key file that \
                 PRISM_CONNECT_KEY_FILE names."
            }
            Self::WrongPassphrase => "Try again; upper and lower case differ.",
            Self::ShortPassphrase => {
                "Type a longer one: four words that nobody else puts together, say."
            }
            Self::NoPassphrase => "Set one with `prism-connect passphrase set`.",
            Self::KeyFile { .. } => {
                "Put the right key file back (PRISM_CONNECT_KEY_FILE names it if it is not the one in \
                 the data directory), or move vault.json away and enter the secrets anew."
            }
            Self::Exposed { .. } => "Make it yours alone: `chmod 600` and `chown` to this user.",
            Self::Damaged { .. } => {
                "Put a copy of it back, or move it away and enter the secrets anew."
            }
            Self::Foreign { .. } => "Enter the secret anew with `prism-connect connect`.",
            Self::Io { .. } => "Check owner, mode and free space of the data directory.",
        }
    }

    pub(super) fn io(path: &Path, error: &std::io::Error) -> Self {
        Self::Io { path: path.display().to_string(), cause: error.to_string() }
    }

    pub(super) fn key_file(path: &Path, what: &str) -> Self {
        Self::KeyFile { path: path.display().to_string(), what: what.to_owned() }
    }
}

impl From<&VaultError> for Finding {
    fn from(error: &VaultError) -> Self {
        Self::new(error.code(), error.text(), error.advice())
    }
}

impl From<VaultError> for Finding {
    fn from(error: VaultError) -> Self {
        Self::from(&error)
    }
}
