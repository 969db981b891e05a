//! Sending a letter: to a server over SMTP, or through a program of this host.
//!
//! It must not know what a letter is about, nor whether it is sent again. The only room that names lettre.

mod letter;
mod program;
mod server;

use std::time::Duration;

use chrono::{DateTime, Utc};

pub use self::letter::message_id;
use crate::{
    clock::Clock,
    domain::{Code, notify::MailWay, outcome::Finding, secret::Secret},
};

/// A letter to one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// Whose it is.
    pub from: String,
    /// Whom it is for.
    pub to: String,
    /// On one line.
    pub subject: String,
    /// Its text, in lines.
    pub text: String,
    /// What tells it from every other letter, without brackets: the same again is the same letter.
    pub id: String,
    /// When it was written.
    pub at: DateTime<Utc>,
}

/// With what a way is taken.
#[derive(Clone, Debug)]
pub struct Equipment {
    /// The password of the server's user.
    pub password: Option<Secret>,
    /// Certificates in PEM that are trusted besides the system's.
    pub certificates: Option<Vec<u8>>,
    /// So long a whole letter may take, by the server's time.
    pub timeout: Duration,
}

/// Why a letter is not known to be taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsent {
    /// What to say of it.
    pub finding: Finding,
    /// Whether trying again is of no use.
    pub for_good: bool,
    /// Whether it would befall every letter, whomever it is for.
    pub of_all: bool,
}

/// Sends one.
///
/// # Errors
/// Where it was not taken, or that was not said in time.
pub async fn send(way: &MailWay, letter: &Letter, with: &Equipment) -> Result<(), Unsent> {
    let sending = async {
        match way {
            MailWay::Server(server) => server::send(server, letter, with).await,
            MailWay::Program(path) => program::send(path, letter).await,
        }
    };
    tokio::select! {
        done = sending => done,
        () = Clock::sleep_by_the_servers(with.timeout) => Err(too_late(way, with.timeout)),
    }
}

fn too_late(way: &MailWay, timeout: Duration) -> Unsent {
    let text =
        format!("{way} did not say within {} s that the letter is taken.", timeout.as_secs());
    let advice = "It is sent again under the same Message-ID; raise `limits.timeout_seconds` if the server is slow.";
    let finding = Finding::new(Code::MailTimeOut, text, advice);
    Unsent { finding, for_good: false, of_all: true }
}
