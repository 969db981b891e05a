//! `ack`: a warning that has been looked at leaves the attention list.

use super::{connect::done, desk::Desk, exit::Exit, failure::Failure};
use crate::engine::protocol::command;

/// Which warning.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// As `status` names it
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    id: String,
}

pub(super) async fn run(arguments: Arguments, desk: &mut Desk<'_>) -> Result<Exit, Failure> {
    done(desk, command::Acknowledge { id: arguments.id }).await
}
