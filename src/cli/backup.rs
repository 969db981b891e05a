//! `backup`: everything that is stored, as text lines in a new file.

use std::path::PathBuf;

use super::{connect::done, desk::Desk, exit::Exit, failure::Failure, files::Overwriting};
use crate::engine::protocol::command;

/// Where to.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The new file
    file: PathBuf,
    #[command(flatten)]
    overwriting: Overwriting,
}

pub(super) async fn run(arguments: Arguments, desk: &mut Desk<'_>) -> Result<Exit, Failure> {
    let path = arguments.file;
    let file =
        std::path::absolute(&path).map_err(|error| Failure::file(&path, "written", &error))?;
    done(desk, command::Backup { file, force: arguments.overwriting.force }).await
}
