//! Who is told outside, of what, and by which way: the settings as values, and what a way may look like.
//!
//! It must not send anything.

#![expect(missing_docs, reason = "what has no sentence is what its name says")]

use std::{collections::BTreeSet, fmt, net::IpAddr, path::PathBuf};

use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};
use url::{Host, Url};

/// What one can be told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Topic {
    /// A run that failed, and looks that do not succeed.
    Failure,
    /// A run that warned.
    Warning,
    /// A plan that waits to be approved.
    Approval,
    /// What happened in a week.
    Digest,
}

impl Topic {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Failure, Self::Warning, Self::Approval, Self::Digest];

    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Failure => "failure",
            Self::Warning => "warning",
            Self::Approval => "approval",
            Self::Digest => "digest",
        }
    }

    /// The one of this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|topic| topic.word() == word)
    }
}

/// How a line to a mail server is secured. Never only where the server offers it: whoever is between could take the offer
/// away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineSecurity {
    /// TLS from the first byte.
    Tls,
    /// TLS after STARTTLS, and nothing without it.
    StartTls,
    /// None: on this host alone.
    Clear,
}

/// A mail server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailServer {
    pub security: LineSecurity,
    /// A name or an address, without brackets.
    pub host: String,
    pub port: u16,
    /// Who signs in; their password is in the vault.
    pub user: Option<String>,
}

impl MailServer {
    /// Reads `smtps://user@host:465`, `smtp://host:587?tls=required` or `smtp://localhost:25`; why it is none otherwise.
    ///
    /// # Errors
    /// What is wrong with it, and what to write instead.
    pub fn read(text: &str) -> Result<Self, (String, &'static str)> {
        const FORMS: &str = "Write smtps://user@host:465, smtp://user@host:587?tls=required, or smtp://localhost:25.";
        let url =
            Url::parse(text).map_err(|error| (format!("it is no address: {error}"), FORMS))?;
        if url.password().is_some() {
            let advice = "Take it out, and give it to the vault: `prism-connect mail set`.";
            return Err(("a password has no place in the settings".to_owned(), advice));
        }
        let host = match url.host() {
            // Of schemes that are not the web's, an address is not told from a name.
            Some(host) => host.to_string(),
            None => return Err(("it names no host".to_owned(), FORMS)),
        };
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        if !matches!(url.path(), "" | "/") || url.fragment().is_some() {
            return Err(("nothing can follow the host but ?tls=required".to_owned(), FORMS));
        }
        let security = match (url.scheme(), url.query()) {
            ("smtps", None) => LineSecurity::Tls,
            ("smtp", Some("tls=required")) => LineSecurity::StartTls,
            ("smtp", None) if is_this_host(&host) => LineSecurity::Clear,
            ("smtp", None) => {
                let advice = "Add ?tls=required, or write smtps://: only a server on this host is spoken to in the clear.";
                return Err(("letters and a password would pass in the clear".to_owned(), advice));
            }
            ("smtp" | "smtps", Some(_)) => {
                return Err(("there is no option but tls=required, of smtp://".to_owned(), FORMS));
            }
            (other, _) => return Err((format!("{other}:// is no way to a mail server"), FORMS)),
        };
        let usual = match security {
            LineSecurity::Tls => 465,
            LineSecurity::StartTls => 587,
            LineSecurity::Clear => 25,
        };
        let user = percent_decode_str(url.username()).decode_utf8_lossy().into_owned();
        let user = Some(user).filter(|user| !user.is_empty());
        if user.as_ref().is_some_and(|user| user.chars().any(char::is_control)) {
            return Err(("the user has a control character".to_owned(), FORMS));
        }
        Ok(Self { security, host, port: url.port().unwrap_or(usual), user })
    }
}

impl fmt::Display for MailServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

fn is_this_host(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// How letters leave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MailWay {
    Server(MailServer),
    /// A program that takes a letter, and says by its exit whether it has.
    Program(PathBuf),
}

impl fmt::Display for MailWay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Server(server) => server.fmt(f),
            Self::Program(path) => path.display().fmt(f),
        }
    }
}

/// Addresses, and what they are told of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    pub to: Vec<String>,
    pub on: BTreeSet<Topic>,
}

/// In which form a web address is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HookStyle {
    /// All there is to say, as JSON of ours.
    #[default]
    Json,
    Slack,
    Teams,
}

impl HookStyle {
    /// The words, in the order in which they are listed.
    pub const WORDS: [&'static str; 3] = ["json", "slack", "teams"];

    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "json" => Some(Self::Json),
            "slack" => Some(Self::Slack),
            "teams" => Some(Self::Teams),
            _ => None,
        }
    }

    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Slack => "slack",
            Self::Teams => "teams",
        }
    }
}

/// Where the secret is with which a web address knows that it is told by us. Never in the settings themselves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HookSecret {
    Vault,
    File(PathBuf),
}

/// A web address that is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hook {
    pub url: Url,
    pub on: BTreeSet<Topic>,
    pub secret: Option<HookSecret>,
    pub style: HookStyle,
    /// Whether the address may be one of this network.
    pub allow_private: bool,
}

impl Hook {
    /// Reads its address; why it cannot be told there otherwise.
    ///
    /// # Errors
    /// What is wrong with it, and what to do.
    pub fn address(text: &str, allow_private: bool) -> Result<Url, (String, &'static str)> {
        const FORM: &str = "Write https://host/path.";
        let url = Url::parse(text).map_err(|error| (format!("it is no address: {error}"), FORM))?;
        if !url.username().is_empty() || url.password().is_some() {
            let advice = "Take them out; `secret` signs what is told.";
            return Err(("user and password have no place in it".to_owned(), advice));
        }
        let Some(host) = url.host() else { return Err(("it names no host".to_owned(), FORM)) };
        let private = match host {
            Host::Ipv4(address) => is_private(address.into()),
            Host::Ipv6(address) => is_private(address.into()),
            Host::Domain(name) => name.eq_ignore_ascii_case("localhost"),
        };
        if private && !allow_private {
            let advice = "If it is meant, add `allow_private = true`.";
            return Err(("its address is one of this network".to_owned(), advice));
        }
        match url.scheme() {
            "https" => Ok(url),
            "http" if private => Ok(url),
            "http" => {
                let advice = "Write https://: only an address of this network is told in the clear, with `allow_private = true`.";
                Err(("what is told would pass in the clear".to_owned(), advice))
            }
            other => Err((format!("{other}:// is not of the web"), FORM)),
        }
    }

    /// Where it is, without its path, which often is a secret itself.
    #[must_use]
    pub fn origin(&self) -> String {
        self.url.origin().ascii_serialization()
    }
}

/// Whether an address leads to this host or its network, or to nobody: what a name of outside must not lead to.
#[must_use]
pub fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(four) => {
            let [a, b, ..] = four.octets();
            four.is_loopback()
                || four.is_private()
                || four.is_link_local()
                || four.is_multicast()
                || four.is_broadcast()
                || a == 0
                || (a == 100 && (64..128).contains(&b))
                || (a == 192 && b == 0)
                || (a == 198 && (b == 18 || b == 19))
                || a >= 240
        }
        IpAddr::V6(six) => {
            if let Some(four) = six.to_ipv4_mapped() {
                return is_private(four.into());
            }
            let [first, second, third, .., seventh, eighth] = six.segments();
            let inside = |high: u16, low: u16| {
                let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
                is_private(IpAddr::from([a, b, c, d]))
            };
            match first {
                // Addresses of version 4 in another's clothes.
                0 => true,
                0x64 if second == 0xff9b => inside(seventh, eighth),
                0x2002 => inside(second, third),
                _ => {
                    first & 0xfe00 == 0xfc00 || first & 0xffc0 == 0xfe80 || first & 0xff00 == 0xff00
                }
            }
        }
    }
}

/// Who is told outside, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NotifySettings {
    pub way: Option<MailWay>,
    /// Whose letters they are.
    pub from: String,
    /// The host that one comes to the program through.
    pub ssh: Option<String>,
    /// The provider's own page of a run, with `{run}` for its number.
    pub web: Option<String>,
    pub routes: Vec<Route>,
    pub hooks: Vec<Hook>,
}

/// Whether it can stand as one address in a letter's head and envelope: nothing that could end it or begin another.
#[must_use]
pub fn is_mail_address(text: &str) -> bool {
    let odd = |letter: char| !letter.is_ascii_graphic() || "<>()[],;:\\\"".contains(letter);
    let parts = text.rsplit_once('@');
    !text.contains(odd)
        && text.len() <= 254
        && parts.is_some_and(|(who, host)| {
            let sound = |part: &str| {
                !part.is_empty()
                    && !part.starts_with('.')
                    && !part.ends_with('.')
                    && !part.contains("..")
            };
            sound(who) && sound(host) && !who.contains('@') && !host.starts_with('-')
        })
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(
        "smtps://ops%40example.com@mail.example.com",
        LineSecurity::Tls,
        465,
        Some("ops@example.com")
    )]
    #[case("smtps://ops@mail.example.com:4465/", LineSecurity::Tls, 4465, Some("ops"))]
    #[case("smtp://mail.example.com?tls=required", LineSecurity::StartTls, 587, None)]
    #[case("smtp://localhost", LineSecurity::Clear, 25, None)]
    #[case("smtp://127.0.0.1:2525", LineSecurity::Clear, 2525, None)]
    #[case("smtp://[::1]", LineSecurity::Clear, 25, None)]
    fn a_mail_server_is_read(
        #[case] text: &str,
        #[case] security: LineSecurity,
        #[case] port: u16,
        #[case] user: Option<&str>,
    ) {
        let server = MailServer::read(text).expect(text);
        assert_eq!((server.security, server.port, server.user.as_deref()), (security, port, user));
    }

    #[rstest]
    #[case("mail.example.com:25", "names no host")]
    #[case("smtp://mail.example.com", "in the clear")]
    #[case("smtp://10.0.0.4:25", "in the clear")]
    #[case("smtp://mail.example.com?tls=opportunistic", "no option")]
    #[case("smtps://u:hunter2@mail.example.com", "no place in the settings")]
    #[case("https://mail.example.com", "no way")]
    #[case("smtps://mail.example.com/path", "nothing can follow")]
    #[case("smtps://", "no")]
    #[case("", "no address")]
    fn what_is_no_mail_server_says_why(#[case] text: &str, #[case] why: &str) {
        let (told, advice) = MailServer::read(text).expect_err(text);
        assert!(told.contains(why) && !advice.is_empty(), "{told}");
        assert!(!told.contains("hunter2"));
    }

    #[rstest]
    #[case("https://hooks.example.com/services/T0/B0/x", false, None)]
    #[case("http://hooks.example.com/x", true, Some("in the clear"))]
    #[case("https://10.1.2.3/x", false, Some("of this network"))]
    #[case("https://169.254.169.254/latest", false, Some("of this network"))]
    #[case("https://[::ffff:10.0.0.1]/", false, Some("of this network"))]
    #[case("https://[fd00::1]/", false, Some("of this network"))]
    #[case("https://localhost/", false, Some("of this network"))]
    #[case("http://127.0.0.1:9000/x", true, None)]
    #[case("https://u:p@hooks.example.com/", false, Some("no place"))]
    #[case("ftp://hooks.example.com/", false, Some("not of the web"))]
    fn a_web_address_is_of_outside_and_secured(
        #[case] text: &str,
        #[case] private: bool,
        #[case] why: Option<&str>,
    ) {
        let told = Hook::address(text, private).err().map(|(told, _)| told);
        assert_eq!(told.is_some(), why.is_some(), "{told:?}");
        assert!(why.is_none_or(|why| told.unwrap_or_default().contains(why)));
    }

    #[rstest]
    #[case("64:ff9b::a00:1", true)]
    #[case("64:ff9b::808:808", false)]
    #[case("2002:a00:1::1", true)]
    #[case("100.64.0.1", true)]
    #[case("0.0.0.0", true)]
    #[case("8.8.8.8", false)]
    #[case("2606:4700::1111", false)]
    fn private_addresses_are_known_in_any_clothes(#[case] address: &str, #[case] private: bool) {
        assert_eq!(is_private(address.parse().expect("an address")), private);
    }

    #[rstest]
    #[case("ops@example.com", true)]
    #[case("first.last+tag@mail.example.co.uk", true)]
    #[case("ops@localhost", true)]
    #[case("ops", false)]
    #[case("ops@", false)]
    #[case("a@b@c", false)]
    #[case("ops@example.com\r\nBcc: x@y", false)]
    #[case("ops@example.com,x@y", false)]
    #[case("Ops <ops@example.com>", false)]
    #[case("ops@exämple.com", false)]
    fn an_address_cannot_end_itself(#[case] text: &str, #[case] sound: bool) {
        assert_eq!(is_mail_address(text), sound);
    }
}
