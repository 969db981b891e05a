//! What can go wrong with the store, in words for the operator. It must not decide what to do about it.

#![expect(missing_docs, reason = "what has no sentence is what its name says")]

use std::{
    io::{self, ErrorKind},
    path::Path,
};

use crate::domain::{Code, outcome::Finding};

/// Why the store cannot be opened, read or written. The text says what, where, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} {}", self.text(), self.advice())]
pub enum StoreError {
    /// Another process has it open.
    Held {
        dir: String,
        /// Who, if it could be read.
        pid: Option<u32>,
    },
    /// A newer version of the program wrote it.
    Newer {
        /// The data directory, or the backup.
        dir: String,
        /// Its schema version.
        found: u32,
        /// The newest schema version known here.
        known: u32,
    },
    /// The system did not let it be opened: too many open files, no memory, a disk that cannot be read. Nothing is said
    /// about what is in it.
    Unopened {
        /// Which file or directory.
        path: String,
        /// What the system said.
        cause: String,
    },
    /// What is on the disk is not what was written.
    Damaged(String),
    /// A backup that cannot be read, or is not as it was written.
    Backup(String),
    /// A backup that cannot be written.
    NoBackup { path: String, cause: String },
    /// A commit met a full disk. Every later commit is refused until the program is started again.
    Full { dir: String },
    /// Little space is left, so nothing was tried.
    LowSpace {
        dir: String,
        /// Bytes free now.
        free: u64,
        /// Bytes below which nothing is written.
        least: u64,
    },
    /// The directory or a file in it cannot be written.
    NotWritable {
        /// Which file or directory.
        path: String,
        /// What the system said.
        cause: String,
    },
    /// Anything else, such as a disk that fails.
    Other(String),
}

impl StoreError {
    /// A stable code: `store_held`, `store_newer`, …
    #[must_use]
    pub fn code(&self) -> Code {
        match self {
            Self::Held { .. } => Code::StoreHeld,
            Self::Newer { .. } => Code::StoreNewer,
            Self::Unopened { .. } => Code::StoreUnopened,
            Self::Damaged(_) => Code::StoreDamaged,
            Self::Backup(_) => Code::BackupUnusable,
            Self::NoBackup { .. } => Code::BackupNotWritten,
            Self::Full { .. } | Self::LowSpace { .. } => Code::DiskFull,
            Self::NotWritable { .. } => Code::StoreNotWritable,
            Self::Other(_) => Code::StoreFailed,
        }
    }

    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Held { dir, pid: Some(pid) } => {
                format!(
                    "The data directory {dir} is in use by another prism-connect (process {pid})."
                )
            }
            Self::Held { dir, pid: None } => {
                format!("The data directory {dir} is in use by another prism-connect.")
            }
            Self::Newer { dir, found, known } => format!(
                "{dir} was written by a newer prism-connect (schema {found}; this one knows {known})."
            ),
            Self::Unopened { path, cause } => format!("{path} cannot be opened: {cause}."),
            Self::Damaged(what) => format!("The store is damaged: {what}."),
            Self::Backup(what) => format!("The backup cannot be used: {what}."),
            Self::NoBackup { path, cause } => {
                format!("The backup {path} cannot be written: {cause}.")
            }
            Self::Full { dir } => format!("The disk under {dir} is full: nothing more is written."),
            Self::LowSpace { dir, free, least } => format!(
                "Only {} MiB are free under {dir}, less than the {} MiB kept in reserve: \
                 nothing more is written.",
                free >> 20,
                least >> 20
            ),
            Self::NotWritable { path, cause } => format!("{path} cannot be written: {cause}."),
            Self::Other(what) => format!("The store failed: {what}."),
        }
    }

    /// What to do next.
    #[must_use]
    pub fn advice(&self) -> &'static str {
        match self {
            Self::Held { .. } => "Use or end that one, or give this one its own --data-dir.",
            Self::Newer { .. } => "Start the newer version, or restore a backup made by this one.",
            Self::Unopened { .. } => {
                "The store itself is untouched. Put right what the system names (open files: `ulimit -n`; memory; the \
                 disk), then start again."
            }
            Self::Damaged(_) => {
                "Do not go on with it: end the program, keep a copy of the directory, and restore the \
                 newest backup with `prism-connect restore FILE`."
            }
            Self::Backup(_) => {
                "Nothing was changed. Check the file's name, or take another backup."
            }
            Self::NoBackup { .. } => "Check the name, your rights there, and the space.",
            Self::Full { .. } => {
                "Free some space and start again: everything confirmed until now is safe."
            }
            Self::LowSpace { .. } => "Free some space and try again.",
            Self::NotWritable { .. } => {
                "Check owner and mode of the directory, or choose another one with --data-dir."
            }
            Self::Other(_) => "Check the disk and the system's log, then start again.",
        }
    }

    /// An input or output error at a path, sorted by what the operator can do about it.
    pub(super) fn io(path: &Path, error: &io::Error) -> Self {
        let at = path.display().to_string();
        match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
                Self::Full { dir: at }
            }
            ErrorKind::PermissionDenied
            | ErrorKind::ReadOnlyFilesystem
            | ErrorKind::NotADirectory
            | ErrorKind::AlreadyExists => Self::NotWritable { path: at, cause: error.to_string() },
            _ => Self::Other(format!("{at}: {error}")),
        }
    }

    /// The same while opening: what the system refuses says nothing about what is in the files.
    pub(super) fn opening(path: &Path, error: &io::Error) -> Self {
        match Self::io(path, error) {
            Self::Other(_) if error.raw_os_error().is_some() => {
                Self::Unopened { path: path.display().to_string(), cause: error.to_string() }
            }
            other => other,
        }
    }
}

impl From<&StoreError> for Finding {
    fn from(error: &StoreError) -> Self {
        Self::new(error.code(), error.text(), error.advice())
    }
}

impl From<StoreError> for Finding {
    fn from(error: StoreError) -> Self {
        Self::from(&error)
    }
}
