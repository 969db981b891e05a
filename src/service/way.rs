//! How a client reaches a daemon: over its sockets on this host, or through `ssh` on another one.
//!
//! It must not know what is said.

use std::{fmt, path::PathBuf, process::Stdio, str::FromStr};

use tokio::{
    io::{AsyncRead, AsyncWrite},
    process::{Child, Command},
};

use super::sockets;
use crate::{
    domain::{Code, Role, outcome::Finding},
    engine::protocol::{Refusal, RefusalKind},
};

/// Another host, as `ssh://[user@]host[:port]` names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    user: Option<String>,
    name: String,
    port: Option<u16>,
}

/// Why a host is not understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is written ssh://host, ssh://user@host or ssh://user@host:port")]
pub struct WayError;

impl FromStr for Host {
    type Err = WayError;

    fn from_str(text: &str) -> Result<Self, WayError> {
        let url = url::Url::parse(text).map_err(|_| WayError)?;
        let bare = url.password().is_none() && url.query().is_none() && url.fragment().is_none();
        let host = url.host_str().map(|host| host.trim_matches(['[', ']']).to_owned());
        // What begins with a dash would be an option of ssh's.
        let host = host.filter(|host| !host.is_empty() && !host.starts_with('-'));
        let user = Some(url.username()).filter(|user| !user.is_empty()).map(str::to_owned);
        let fits = url.scheme() == "ssh" && bare && matches!(url.path(), "" | "/");
        let plain = user.as_ref().is_none_or(|user| !user.starts_with('-'));
        let host = host.filter(|_| fits && plain).ok_or(WayError)?;
        Ok(Self { user, name: host, port: url.port() })
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.user {
            Some(user) => write!(f, "{user}@{}", self.name),
            None => f.write_str(&self.name),
        }
    }
}

/// How a client reaches a daemon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    /// Over its sockets.
    Sockets {
        /// Where they are.
        folder: PathBuf,
        /// As what; none for the strongest that one can open.
        role: Option<Role>,
    },
    /// Over standard input and output of `prism-connect attach --stdio` on another host.
    Ssh {
        /// The program that goes there.
        program: String,
        /// Where.
        host: Host,
        /// As what.
        role: Option<Role>,
    },
}

/// Both directions of a way that is open.
pub(super) struct Line {
    pub from: Box<dyn AsyncRead + Send + Unpin>,
    pub to: Box<dyn AsyncWrite + Send + Unpin>,
    /// What carries it; ended with it.
    pub carrier: Option<Child>,
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Line").finish_non_exhaustive()
    }
}

impl Way {
    /// Opens it; where that is tried again while a console has the terminal, nothing may be asked or told on it.
    pub(super) async fn open(&self, again: bool) -> Result<Line, Refusal> {
        match self {
            Self::Sockets { folder, role } => {
                let (from, to) = sockets::open(folder, *role).await?.into_split();
                Ok(Line { from: Box::new(from), to: Box::new(to), carrier: None })
            }
            Self::Ssh { program, host, role } => through(program, host, *role, again),
        }
    }

    /// Where it leads, for people.
    #[must_use]
    pub fn leads_to(&self) -> String {
        match self {
            Self::Sockets { folder, .. } => folder.display().to_string(),
            Self::Ssh { host, .. } => host.to_string(),
        }
    }
}

/// `ssh` speaks to the operator on its own: its questions go to the terminal, its errors to standard error.
fn through(program: &str, host: &Host, role: Option<Role>, again: bool) -> Result<Line, Refusal> {
    let mut ssh = Command::new(program);
    ssh.arg("-T");
    if again {
        ssh.args(["-o", "BatchMode=yes"]).stderr(Stdio::null());
    }
    if let Some(port) = host.port {
        ssh.args(["-p", &port.to_string()]);
    }
    ssh.args(["--", &host.to_string(), "prism-connect", "attach", "--stdio"]);
    if let Some(role) = role {
        ssh.args(["--role", &role.to_string()]);
    }
    ssh.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
    let begun = ssh.spawn();
    let mut carrier = begun.map_err(|error| no_ssh(program, &error.to_string()))?;
    let ends = carrier.stdout.take().zip(carrier.stdin.take());
    let (from, to) = ends.ok_or_else(|| no_ssh(program, "it has no input and output"))?;
    Ok(Line { from: Box::new(from), to: Box::new(to), carrier: Some(carrier) })
}

fn no_ssh(program: &str, why: &str) -> Refusal {
    let text = format!("`{program}` cannot be started: {why}");
    let advice = "Install an SSH client, or set `daemon.ssh` to the one that is there.";
    Refusal::new(RefusalKind::Failed, Finding::new(Code::DaemonGone, text, advice))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("ssh://jump1", "jump1", None)]
    #[case("ssh://ops@jump1.example.com:2222", "ops@jump1.example.com", Some(2222))]
    #[case("ssh://[2001:db8::1]/", "2001:db8::1", None)]
    fn a_host_is_understood(#[case] text: &str, #[case] told: &str, #[case] port: Option<u16>) {
        let host: Host = text.parse().expect("a host");
        assert_eq!((host.to_string().as_str(), host.port), (told, port));
    }

    #[rstest]
    #[case::no_scheme("jump1")]
    #[case::another_scheme("http://jump1")]
    #[case::an_option("ssh://-oProxyCommand=x")]
    #[case::an_option_as_user("ssh://-oProxyCommand=x@jump1")]
    #[case::a_password("ssh://ops:secret@jump1")]
    #[case::a_path("ssh://jump1/opt/prism-connect")]
    #[case::nothing("ssh://")]
    fn what_is_no_host_is_refused(#[case] text: &str) {
        assert_eq!(text.parse::<Host>(), Err(WayError));
    }
}
