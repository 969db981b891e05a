//! Exit codes (console.md 3): scripts and schedulers branch on them.

use std::process::ExitCode;

use crate::{domain::outcome::Outcome, engine::protocol::RefusalKind};

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// *No Change*, *Success*, an empty plan.
    Done,
    /// It could not be run, or a look-up failed.
    Failed,
    /// The plan has changes; only where that was asked for.
    Changes,
    /// *Warning*.
    Warning,
    /// *Failure*, or cancelled.
    Failure,
    /// Wrong as typed.
    Typed,
    /// Another run is on, or another process works on this data.
    Busy,
}

/// All codes in a line, for the end of the help.
pub(super) fn summary() -> String {
    let codes = Exit::ALL.iter().map(|exit| format!("{} {}", exit.code(), exit.meaning()));
    format!("Exit codes: {}", codes.collect::<Vec<_>>().join(" · "))
}

impl Exit {
    /// Every way to end, by its number.
    pub(super) const ALL: [Self; 7] = [
        Self::Done,
        Self::Failed,
        Self::Changes,
        Self::Warning,
        Self::Failure,
        Self::Typed,
        Self::Busy,
    ];

    /// What a script may take from it.
    pub(super) fn meaning(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "could not run",
            Self::Changes => "the plan has changes (with --detailed-exitcode)",
            Self::Warning => "warning",
            Self::Failure => "failure, cancelled",
            Self::Typed => "wrong as typed",
            Self::Busy => "another run is on, or another process holds the data",
        }
    }

    /// The number.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Changes => 2,
            Self::Warning => 3,
            Self::Failure => 4,
            Self::Typed => 64,
            Self::Busy => 75,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

impl From<Outcome> for Exit {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::NoChange | Outcome::Success => Self::Done,
            Outcome::Warning => Self::Warning,
            Outcome::NotAttempted | Outcome::Failure => Self::Failure,
        }
    }
}

impl From<RefusalKind> for Exit {
    fn from(kind: RefusalKind) -> Self {
        match kind {
            RefusalKind::Malformed => Self::Typed,
            RefusalKind::Failed
            | RefusalKind::ReadOnly
            | RefusalKind::NoRight
            | RefusalKind::Locked => Self::Failed,
            RefusalKind::Waits => Self::Warning,
            RefusalKind::Busy => Self::Busy,
            RefusalKind::Cancelled => Self::Failure,
        }
    }
}
