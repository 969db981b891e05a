//! `health`: one line, and an exit code, for whatever watches over this host.

use serde::Serialize;

use super::{desk::Desk, exit::Exit, failure::Failure, globals::Globals, output::Output, session};
use crate::{
    domain::outcome::Outcome,
    engine::{protocol::command, views::StatusView},
};

/// What counts.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Exit 0 as long as it answers, whatever needs attention: for what restarts whatever does not answer
    #[arg(long)]
    answers: bool,
}

/// How an installation is, in one line.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Health {
    state: Outcome,
    text: String,
    /// How many things need attention.
    attention: usize,
}

impl Health {
    fn of(status: &StatusView) -> Self {
        // The worst stands first.
        let worst = status.attention.first();
        let state = worst.map_or(Outcome::Success, |one| one.outcome);
        let attention = status.attention.len();
        let text = match worst {
            Some(one) if attention == 1 => one.text.clone(),
            Some(one) => format!("{} (and {} more)", one.text, attention - 1),
            None => {
                let (_, _, on) = status.customers;
                format!("{on} customers with sync on, nothing needs attention")
            }
        };
        Self { state, text, attention }
    }

    /// Nobody can be asked.
    fn unknown(failure: Failure) -> Self {
        let text = failure.into_finding().text;
        Self { state: Outcome::Failure, text, attention: 0 }
    }

    fn word(&self) -> &'static str {
        match self.state {
            Outcome::Failure => "FAILURE",
            Outcome::Warning | Outcome::NotAttempted => "WARNING",
            Outcome::NoChange | Outcome::Success => "OK",
        }
    }
}

pub(super) async fn run(
    arguments: &Arguments,
    globals: &Globals,
    out: &mut Output,
) -> Result<Exit, Failure> {
    let asked = ask(globals, out).await;
    let answered = asked.is_ok();
    let health = asked.unwrap_or_else(Health::unknown);
    if out.is_json() {
        out.json(&health)?;
    } else {
        out.line(format!("{}: {}", health.word(), health.text))?;
    }
    Ok(if arguments.answers && answered { Exit::Done } else { health.state.into() })
}

async fn ask(globals: &Globals, out: &mut Output) -> Result<Health, Failure> {
    let session = session::open(globals).await?;
    let status = Desk::new(session.handle(), out).ask(command::Status).await;
    session.close().await;
    Ok(Health::of(&*status?))
}
