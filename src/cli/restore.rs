//! `restore`: a backup takes the place of what is stored. Needs no engine: nobody may have the store open.

use std::{
    io::{self, BufRead, Read, Write},
    path::{Path, PathBuf},
};

use super::{
    exit::Exit, failure::Failure, globals::Globals, output::Output, session, words::count,
};
use crate::{
    domain::Code,
    engine::{self, protocol::Refusal, views::RestoredView},
};

/// An answer is a word.
const LONGEST_ANSWER: u64 = 1024;

/// From where.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// As `backup` wrote it
    file: PathBuf,
    /// Replace what is saved without asking
    #[arg(long)]
    yes: bool,
}

pub(super) async fn run(
    arguments: Arguments,
    globals: &Globals,
    out: &mut Output,
) -> Result<Exit, Failure> {
    if globals.read_only {
        return Err(Refusal::read_only().into());
    }
    let Arguments { file, yes } = arguments;
    let config = session::settings(globals)?;
    let dir = config.data_dir();
    if engine::is_installed(&dir) && !yes && !agreed(&dir, &file)? {
        let text = "Nothing was restored.";
        return Err(Failure::because(Code::NotAgreed, text, "Type yes to replace what is saved."));
    }
    session::log_to(&config.state_dir());
    let report = engine::restore(file.clone(), dir.clone()).await?;
    tracing::info!(file = %file.display(), values = report.values, "restored a backup");
    print(&report, &file, &dir, out)
}

/// Asks whether to replace; wrong as typed where nobody answers.
fn agreed(dir: &Path, file: &Path) -> Result<bool, Failure> {
    let mut remarks = io::stderr();
    write!(
        remarks,
        "What is saved in {} is replaced by {}, and kept beside it.\nReplace it? Type yes: ",
        dir.display(),
        file.display()
    )?;
    remarks.flush()?;
    let mut typed = String::new();
    if io::stdin().lock().take(LONGEST_ANSWER).read_line(&mut typed)? == 0 {
        writeln!(remarks)?;
        let text = "Nobody said whether to replace what is saved: say so with --yes.";
        return Err(Failure::typed(text));
    }
    Ok(["y", "yes"].contains(&typed.trim().to_lowercase().as_str()))
}

fn print(
    report: &RestoredView,
    file: &Path,
    dir: &Path,
    out: &mut Output,
) -> Result<Exit, Failure> {
    if out.is_json() {
        out.json(report)?;
        return Ok(Exit::Done);
    }
    let values = count(report.values, "value");
    out.line(format!("{values} of {} are in {} now.", file.display(), dir.display()))?;
    if let Some(replaced) = &report.replaced {
        out.line(format!("What was there is in {replaced}; remove it when you need it no more."))?;
    }
    out.line("Secrets open only with the vault that sealed them: try `connect test`.")?;
    out.line("Look at `plan` before the next sync: it starts from what the backup knew.")?;
    Ok(Exit::Done)
}
