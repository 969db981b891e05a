//! `support-bundle`: one text file with what support needs, without secrets.

use std::{fmt::Write, path::PathBuf};

use super::{desk::Desk, exit::Exit, failure::Failure, files::Overwriting};
use crate::engine::protocol::command;

/// Where to.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The new file
    file: PathBuf,
    #[command(flatten)]
    overwriting: Overwriting,
}

pub(super) async fn run(arguments: &Arguments, desk: &mut Desk<'_>) -> Result<Exit, Failure> {
    let (path, overwriting) = (&arguments.file, arguments.overwriting);
    overwriting.claim(path)?;
    let parts = desk.ask(command::SupportBundle).await?;
    let mut all = String::new();
    for (name, text) in &parts {
        // A text takes whatever is written to it.
        let _ = write!(all, "===== {name} =====\n{}\n\n", text.trim_end());
    }
    // Customers' names are in it: nobody else on this machine reads it.
    overwriting.write(path, &all)?;
    desk.out.done(&format!("{} written; read it before you send it", path.display()))
}
