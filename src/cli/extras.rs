//! Help and completions.

use clap::CommandFactory;
use clap_complete::Shell;

use super::{Cli, exit::Exit, failure::Failure, output::Output};

/// For which shell.
#[derive(Debug, clap::Args)]
pub struct Completions {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

pub(super) fn help(out: &mut Output) -> Result<Exit, Failure> {
    let help = Cli::command().render_help().to_string();
    out.print(help.as_bytes())?;
    Ok(Exit::Done)
}

pub(super) fn completions(arguments: &Completions, out: &mut Output) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Cli::command(), "prism-connect", &mut script);
    printed(&script, "script", out)
}

/// As it is, for the program that reads it; in an envelope where JSON is wanted.
pub(super) fn printed(text: &[u8], what: &str, out: &mut Output) -> Result<Exit, Failure> {
    if out.is_json() {
        out.json(&serde_json::json!({ what: String::from_utf8_lossy(text) }))?;
    } else {
        out.print(text)?;
    }
    Ok(Exit::Done)
}
