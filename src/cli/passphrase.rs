//! `passphrase` and `logout`: the vault.

use super::{desk::Desk, exit::Exit, failure::Failure, secrets};
use crate::engine::protocol::{Ask, command};
use crate::engine::views::VaultView;

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
    state(desk, command::SetPassphrase { passphrase }).await
}

pub(super) async fn lock(desk: &mut Desk<'_>) -> Result<Exit, Failure> {
    let vault = desk.ask(command::Lock).await?;
    if desk.out.is_json() {
        desk.out.json(&vault)?;
    } else if vault.has_passphrase {
        desk.out.line("Logged out: every command that needs a secret asks for the passphrase.")?;
    } else {
        desk.out
            .line("Nothing stays locked: no passphrase is set, so the key file opens the vault.")?;
        desk.out.line("Set one with `prism-connect passphrase set`; then logging out lasts.")?;
    }
    Ok(Exit::Done)
}

/// Sets, and prints how the vault stands then.
async fn state(
    desk: &mut Desk<'_>,
    asked: impl Ask<Answer = VaultView> + Clone,
) -> Result<Exit, Failure> {
    let vault = desk.ask(asked).await?;
    if desk.out.is_json() {
        desk.out.json(&vault)?;
        return Ok(Exit::Done);
    }
    let state = if vault.unlocked { "open" } else { "locked" };
    let opened_by = match (&vault.key_file, vault.has_passphrase) {
        (_, true) => "the passphrase opens it".to_owned(),
        (Some(file), false) => format!("the key file {file} opens it"),
        (None, false) => format!("opened by {}", vault.unlocked_by),
    };
    desk.out.line(format!("The vault is {state}; {opened_by}."))?;
    Ok(Exit::Done)
}
