//! Why a command ended early, and how people read it: what, where, what to do, and what was probably meant.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use clap::error::ErrorKind;

use super::exit::Exit;
use crate::{
    domain::{Code, outcome::Finding, text::visible_lines},
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

    /// What to show of it on a screen.
    pub(super) fn into_finding(self) -> Finding {
        match self {
            Self::Refused(refusal) => refusal.finding,
            Self::Io(error) => Finding::new(Code::File, error.to_string(), ""),
        }
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

/// The lines of an error.
pub(super) fn text(failure: &Failure) -> String {
    // It may repeat an argument or the name of a file.
    visible_lines(&said(failure))
}

fn said(failure: &Failure) -> String {
    match failure {
        Failure::Refused(refusal) => {
            let mut text = format!("error: {}\n", refusal.finding.text);
            // Advice may name them already.
            let named = |name: &String| refusal.finding.advice.contains(name.as_str());
            if !refusal.suggestions.is_empty() && !refusal.suggestions.iter().all(named) {
                text = format!("{text}closest: {}\n", refusal.suggestions.join(", "));
            }
            with_advice(text, &refusal.finding)
        }
        Failure::Io(error) => format!("error: {error}\n"),
    }
}

fn with_advice(text: String, finding: &Finding) -> String {
    match finding.advice.trim() {
        "" => text,
        advice => format!("{text}{advice}\n"),
    }
}

/// Help and version are no errors; the parser's own 2 becomes 64.
pub(super) fn usage(error: &clap::Error) -> ExitCode {
    let help = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    let printed = if help {
        error.print()
    } else {
        // It repeats what was typed, which must not draw on the terminal: so it is not coloured either.
        write!(io::stderr(), "{}", visible_lines(&error.render().to_string()))
    };
    match (error.kind(), printed) {
        (ErrorKind::DisplayHelp | ErrorKind::DisplayVersion, Err(error))
            if error.kind() != io::ErrorKind::BrokenPipe =>
        {
            let _ = writeln!(io::stderr(), "error: {error}");
            Exit::Failed.into()
        }
        (ErrorKind::DisplayHelp | ErrorKind::DisplayVersion, _) => Exit::Done.into(),
        _ => Exit::Typed.into(),
    }
}
