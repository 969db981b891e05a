//! Help, completions, and which version this is.

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

/// Of what source this was built, where whoever built it has said so: packages do.
const COMMIT: Option<&str> = option_env!("PRISM_CONNECT_COMMIT");

/// What this program is, for whoever must know before an upgrade or a downgrade.
#[derive(Debug, serde::Serialize)]
struct ThisProgram {
    version: &'static str,
    commit: Option<&'static str>,
    features: Vec<&'static str>,
    /// Of the store: one that a newer version has written is not opened.
    schema: u32,
}

pub(super) fn version(out: &mut Output) -> Result<Exit, Failure> {
    let features = [("crash-points", cfg!(feature = "crash-points"))];
    let this = ThisProgram {
        version: env!("CARGO_PKG_VERSION"),
        commit: COMMIT.filter(|commit| !commit.is_empty()),
        features: features.into_iter().filter(|(_, on)| *on).map(|(name, _)| name).collect(),
        schema: crate::store::newest_schema(),
    };
    if out.is_json() {
        out.json(&this)?;
        return Ok(Exit::Done);
    }
    out.line(format!("prism-connect {}", this.version))?;
    out.line(format!("commit {}", this.commit.unwrap_or("not told by whoever built it")))?;
    if !this.features.is_empty() {
        out.line(format!("features {}", this.features.join(", ")))?;
    }
    out.done(&format!("store schema {}", this.schema))
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
