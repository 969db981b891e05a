//! What a client and the daemon say to each other. Pure.

use serde::{Deserialize, Serialize};

use crate::{
    domain::{Role, RunId},
    engine::protocol::{Answer, Command, Happened, Refusal},
};

/// The version of what is said here. One more wherever an older side would misunderstand.
pub(super) const PROTOCOL: u32 = 5;

/// What a client says first. Of another protocol only `protocol` and `version` are taken to be understood.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Hello {
    pub protocol: u32,
    /// Of the program.
    pub version: String,
    /// It only looks.
    #[serde(default)]
    pub read_only: bool,
    /// The terminal or the host they sit at, as far as the client knows: for the audit trail, and believed no further.
    #[serde(default)]
    pub origin: Option<String>,
}

/// A client's first line as it goes on from this host: where they come from is what is known here, and no word of theirs.
/// What is no such line goes on as it is.
#[must_use]
pub fn passed_on(line: &[u8], origin: Option<&str>) -> Vec<u8> {
    let Ok(mut hello) = serde_json::from_slice::<serde_json::Map<_, _>>(line) else {
        return line.to_vec();
    };
    hello.insert("origin".to_owned(), origin.into());
    let mut line = serde_json::Value::Object(hello).to_string().into_bytes();
    line.push(b'\n');
    line
}

/// What the daemon says first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Welcome {
    /// The version of what is said after this.
    pub protocol: u32,
    /// Of the program that serves.
    pub version: String,
    /// Which installation this is.
    #[serde(default)]
    pub installation: String,
    /// What the client may do: that of the socket it came through.
    #[serde(default = "least")]
    pub role: Role,
    /// PROD, UAT, DEMO.
    #[serde(default)]
    pub environment: String,
    /// The run that is under way.
    #[serde(default)]
    pub running: Option<RunId>,
    /// Why nothing follows.
    #[serde(default)]
    pub refusal: Option<Refusal>,
}

fn least() -> Role {
    Role::View
}

/// What a client asks.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Asked {
    /// By which its answer is known.
    pub id: u64,
    pub command: Command,
    /// That a signal made it ask, and no key.
    pub by_signal: bool,
}

/// A frame of a client: a whole request, or a piece of one that is too large for a frame.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Sent {
    /// Of the request.
    pub id: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<Command>,
    #[serde(default, skip_serializing_if = "is_false")]
    pub by_signal: bool,
    /// The next piece of JSON text of a `Sent` with a command. The last one is followed by `whole`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub piece: Option<String>,
    /// All pieces were sent.
    #[serde(default, skip_serializing_if = "is_false")]
    pub whole: bool,
}

impl Sent {
    pub(super) fn asked(Asked { id, command, by_signal }: Asked) -> Self {
        Self { id, command: Some(command), by_signal, ..Self::default() }
    }

    pub(super) fn piece(id: u64, piece: String) -> Self {
        Self { id, piece: Some(piece), ..Self::default() }
    }

    pub(super) fn whole(id: u64) -> Self {
        Self { id, whole: true, ..Self::default() }
    }

    /// The request that it is, if it is a whole one.
    pub(super) fn take_request(&mut self) -> Option<Asked> {
        let command = self.command.take()?;
        Some(Asked { id: self.id, command, by_signal: self.by_signal })
    }
}

/// What the daemon says afterwards: an answer, a refusal, a piece of either, or what happens.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Told {
    /// Which request it belongs to; none of what happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Answer>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<Refusal>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub happened: Option<Happened>,
    /// The next piece of a reply that is too large for a frame: JSON text of a `Told`. The last one is followed by `whole`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub piece: Option<String>,
    /// All pieces were sent.
    #[serde(default, skip_serializing_if = "is_false")]
    pub whole: bool,
    /// The next lines of a file that the client named, and writes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lines: Option<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn is_false(flag: &bool) -> bool {
    !flag
}

impl Told {
    pub(super) fn reply(id: u64, reply: Result<Answer, Refusal>) -> Self {
        let told = Self { id: Some(id), ..Self::default() };
        match reply {
            Ok(answer) => Self { answer: Some(answer), ..told },
            Err(refusal) => Self { refusal: Some(refusal), ..told },
        }
    }

    pub(super) fn happened(happened: Happened) -> Self {
        Self { happened: Some(happened), ..Self::default() }
    }

    pub(super) fn piece(id: u64, piece: String) -> Self {
        Self { id: Some(id), piece: Some(piece), ..Self::default() }
    }

    pub(super) fn whole(id: u64) -> Self {
        Self { id: Some(id), whole: true, ..Self::default() }
    }

    pub(super) fn lines(id: u64, lines: String) -> Self {
        Self { id: Some(id), lines: Some(lines), ..Self::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_somebody_comes_from_is_what_the_host_on_the_way_knows() {
        let line = b"{\"protocol\":7,\"version\":\"9\",\"origin\":\"/dev/pts/3\",\"new\":1}\n";
        let told = passed_on(line, Some("ssh 192.0.2.7"));
        let told: serde_json::Value = serde_json::from_slice(&told).expect("JSON");
        let wanted =
            serde_json::json!({"protocol": 7, "version": "9", "origin": "ssh 192.0.2.7", "new": 1});
        assert_eq!(told, wanted);
        assert_eq!(passed_on(b"GET /\n", None), b"GET /\n");
    }
}
