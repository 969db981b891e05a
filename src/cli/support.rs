//! `support-bundle`: one text file with what support needs, without secrets.

use std::{fs::OpenOptions, io::Write, os::unix::fs::OpenOptionsExt, path::PathBuf};

use super::{Desk, Exit, Failure, desk::expect_answer};
use crate::engine::protocol::{Answer, Command};

/// Where to.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The new file
    file: PathBuf,
}

pub(super) async fn run(arguments: &Arguments, desk: &mut Desk<'_>) -> Result<Exit, Failure> {
    let asked = desk.ask(Command::SupportBundle).await?;
    let parts = expect_answer!(asked, Answer::Bundle(parts) => parts);
    let path = &arguments.file;
    let failed = |error| Failure::file(path, "written", &error);
    let mut options = OpenOptions::new();
    // Customers' names are in it: nobody else on this machine reads it, and nothing is overwritten.
    let mut file = options.write(true).create_new(true).mode(0o600).open(path).map_err(failed)?;
    for (name, text) in &parts {
        write!(file, "===== {name} =====\n{}\n\n", text.trim_end()).map_err(failed)?;
    }
    file.sync_all().map_err(failed)?;
    desk.out.done(&format!("{} written; read it before you send it", path.display()))
}
