//! A program of this host that takes letters, such as `sendmail`: it gets one at its standard input.

use std::{path::Path, process::Stdio};

use tokio::{io::AsyncWriteExt as _, process::Command};

use super::{Letter, Unsent, letter::written};
use crate::domain::{Code, outcome::Finding, text::visible};

/// The exit by which it says that it may come to it later (`sysexits.h`).
const LATER: i32 = 75;

/// So much of what it says is told.
const TOLD: usize = 300;

pub(super) async fn send(path: &Path, letter: &Letter) -> Result<(), Unsent> {
    let (envelope, text) = written(letter)?;
    let failed = |why: String, later: bool| {
        let text = format!("{} did not take the letter: {why}", path.display());
        let advice = "Check `mail.sendmail`, and that program's own log.";
        let finding = Finding::new(Code::MailProgram, text, advice);
        Unsent { finding, for_good: false, of_all: later }
    };
    let from = envelope.from().map(ToString::to_string).unwrap_or_default();
    let spawned = Command::new(path)
        .args(["-i", "-f", &from, "--"])
        .args(envelope.to().iter().map(ToString::to_string))
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn();
    let mut program = spawned.map_err(|error| failed(error.to_string(), true))?;
    if let Some(mut input) = program.stdin.take() {
        // Its lines end as the host's do. What it does not want to hear, its exit tells.
        let lines = String::from_utf8_lossy(&text).replace("\r\n", "\n");
        let _ = input.write_all(lines.as_bytes()).await;
    }
    let ended =
        program.wait_with_output().await.map_err(|error| failed(error.to_string(), true))?;
    if ended.status.success() {
        return Ok(());
    }
    let said: String =
        visible(&String::from_utf8_lossy(&ended.stderr)).chars().take(TOLD).collect();
    let said = if said.trim().is_empty() { ended.status.to_string() } else { said };
    Err(failed(said, ended.status.code() == Some(LATER)))
}
