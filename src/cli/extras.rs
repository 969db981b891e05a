//! Help, completions and the manual page.

use clap::CommandFactory;
use clap_complete::Shell;

use super::{Cli, Exit, Failure, Output};

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
    out.print(&script)?;
    Ok(Exit::Done)
}

pub(super) fn manual(out: &mut Output) -> Result<Exit, Failure> {
    let mut page = Vec::new();
    clap_mangen::Man::new(Cli::command()).render(&mut page)?;
    out.print(&page)?;
    Ok(Exit::Done)
}
