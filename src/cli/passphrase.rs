//! `passphrase` and `logout`: the vault.

use super::{Desk, Exit, Failure, connect::done, secrets};
use crate::engine::protocol::Command;

/// What to do with the passphrase.
#[derive(Debug, clap::Subcommand)]
pub enum Action {
    /// Set or change it
    Set {
        /// Read it from the first line of stdin
        #[arg(long)]
        secret_stdin: bool,
    },
    /// Remove it: the key file opens the vault from then on
    Remove,
}

pub(super) async fn run(action: &Action, desk: &mut Desk<'_>) -> Result<Exit, Failure> {
    let passphrase = match action {
        Action::Remove => None,
        Action::Set { secret_stdin: true } => Some(secrets::from_stdin()?),
        Action::Set { secret_stdin: false } if !secrets::can_prompt() => {
            return Err(Failure::typed(
                "There is no terminal to ask for the passphrase: give it with --secret-stdin.",
            ));
        }
        Action::Set { secret_stdin: false } => {
            let typed = secrets::prompt("New passphrase")?;
            if secrets::prompt("The same again")? != typed {
                return Err(Failure::typed("The two differ."));
            }
            Some(typed)
        }
    };
    done(desk, Command::SetPassphrase { passphrase }).await
}

pub(super) async fn lock(desk: &mut Desk<'_>) -> Result<Exit, Failure> {
    done(desk, Command::Lock).await
}
