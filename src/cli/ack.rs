//! `ack`: what has been looked at leaves the attention list, and comes back with `--undo`.

use super::{connect::done, desk::Desk, exit::Exit, failure::Failure};
use crate::engine::protocol::command;

/// Which entry.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// As `status` names it
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    id: String,
    /// Put it back on the list
    #[arg(long)]
    undo: bool,
}

pub(super) async fn run(arguments: Arguments, desk: &mut Desk<'_>) -> Result<Exit, Failure> {
    let Arguments { id, undo } = arguments;
    if undo {
        return done(desk, command::ShowAgain { id }).await;
    }
    done(desk, command::Acknowledge { id }).await
}
