//! Why a command ended early. It must not print: the report does.

use std::io;

use super::exit::Exit;
use crate::{
    domain::{Code, outcome::Finding},
    engine::protocol::{Refusal, RefusalKind},
};

/// Why a command ended early.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The engine refused, or the arguments make no sense.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Printing or reading failed.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl Failure {
    /// Wrong as typed.
    #[must_use]
    pub fn typed(text: &str) -> Self {
        let finding = Finding::new(Code::Usage, text, "See --help.");
        Refusal::new(RefusalKind::Malformed, finding).into()
    }

    /// It could not be done.
    #[must_use]
    pub fn because(code: Code, text: impl Into<String>, advice: &str) -> Self {
        Refusal::new(RefusalKind::Failed, Finding::new(code, text, advice)).into()
    }

    /// A file that could not be used.
    #[must_use]
    pub fn file(path: &std::path::Path, doing: &str, error: &io::Error) -> Self {
        let text = format!("{} cannot be {doing}: {error}", path.display());
        Self::because(Code::File, text, "Check the name, its directory, and your rights there.")
    }
}

impl From<&Failure> for Exit {
    fn from(failure: &Failure) -> Self {
        match failure {
            Failure::Refused(refusal) => refusal.kind.into(),
            Failure::Io(_) => Self::Failed,
        }
    }
}
