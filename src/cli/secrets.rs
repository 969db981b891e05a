//! Secrets come from a prompt or from stdin, never from an argument: arguments are seen by everybody on the machine.

use std::io::{self, BufRead, IsTerminal, Read, Write};

use super::failure::Failure;
use crate::domain::{Code, secret::Secret};

/// A secret is a line, not a file.
const LONGEST: u64 = 16 * 1024;

/// Whether somebody is there to be asked.
pub(super) fn can_prompt() -> bool {
    io::stdin().is_terminal()
}

/// Asks for yes or no on the terminal; anything but yes is no.
pub(super) fn agree(question: &str) -> Result<bool, Failure> {
    let mut err = io::stderr();
    write!(err, "{question} [y/N] ").and_then(|()| err.flush())?;
    let mut line = String::new();
    io::stdin().lock().take(LONGEST).read_line(&mut line)?;
    Ok(matches!(line.trim().to_lowercase().as_str(), "y" | "yes"))
}

/// Asks without showing what is typed.
pub(super) fn prompt(label: &str) -> Result<Secret, Failure> {
    let typed = rpassword::prompt_password(format!("{label}: "));
    let typed = typed.map_err(|error| {
        let text = format!("The secret could not be read from the terminal: {error}");
        Failure::because(Code::NoInput, text, "Give it on stdin with --secret-stdin.")
    })?;
    given(&typed)
}

/// The first line of stdin.
pub(super) fn from_stdin() -> Result<Secret, Failure> {
    let mut line = String::new();
    let read = io::stdin().lock().take(LONGEST).read_line(&mut line);
    match read {
        Ok(0) => Err(Failure::because(
            Code::NoInput,
            "stdin is closed or empty, and the secret was to come from it.",
            "Pipe the secret in, for example: pass show prism | prism-connect … --secret-stdin",
        )),
        Ok(_) => given(&line),
        Err(error) => {
            let text = format!("stdin cannot be read: {error}");
            Err(Failure::because(
                Code::NoInput,
                text,
                "Pipe the secret in as one line of UTF-8 text.",
            ))
        }
    }
}

fn given(typed: &str) -> Result<Secret, Failure> {
    let typed = typed.trim_end_matches(['\r', '\n']);
    if typed.is_empty() {
        Err(Failure::typed("The secret is empty."))
    } else {
        Ok(Secret::new(typed))
    }
}
