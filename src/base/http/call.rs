//! One request as an adapter describes it, and what came back.

use std::{fmt, time::Duration};

use chrono::{DateTime, Utc};
pub use reqwest::Method;
use reqwest::header::{self, HeaderMap};
use serde::de::DeserializeOwned;
use url::Url;

use super::{
    budget::Look,
    json,
    paging::NextPage,
    text::{Redactor, first_characters},
};
use crate::domain::{Code, ReadError, outcome::Finding, secret::Secret};

/// How many characters of a remote answer a message shows.
const SHOWN: usize = 200;

/// A header value or form field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Text {
    /// May be seen.
    Plain(String),
    /// Never seen, even where the server echoes it.
    Secret(Secret),
}

impl Text {
    /// The text to send.
    #[must_use]
    pub fn expose(&self) -> &str {
        match self {
            Self::Plain(text) => text,
            Self::Secret(secret) => secret.expose(),
        }
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self::Plain(text.to_owned())
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self::Plain(text)
    }
}

impl From<Secret> for Text {
    fn from(secret: Secret) -> Self {
        Self::Secret(secret)
    }
}

/// The body of a request.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Body {
    /// None at all.
    #[default]
    None,
    /// JSON, with its content type.
    Json(serde_json::Value),
    /// A form, with its content type.
    Form(Vec<(&'static str, Text)>),
}

/// What an adapter can tell of an answer by looking at it.
pub(super) type Says = fn(&Reply) -> bool;

/// One request.
#[derive(Clone, Debug)]
pub struct Call {
    /// Who is asked, as people say it: `PRISM`, `Autotask`.
    pub system: &'static str,
    /// What counts as one endpoint for the limit of requests in flight: `autotask ContractServiceUnits`.
    pub endpoint: String,
    /// The method.
    pub method: Method,
    /// The address, query included; it must not carry a secret.
    pub url: Url,
    /// Headers beside those of the body.
    pub headers: Vec<(&'static str, Text)>,
    /// The body.
    pub body: Body,
    /// Whether it counts against the hourly budget.
    pub budgeted: bool,
    /// Whether no part of the answer may be shown: it brings a token or a new secret.
    pub confidential: bool,
    /// Answers that are tried again beside 429 and 502–504.
    pub again_when: Says,
    /// A time-out of its own.
    pub timeout: Option<Duration>,
    /// Bytes of the answer, where fewer are allowed than [`super::HttpSettings::largest_answer`].
    pub largest: usize,
    /// Answers that only turn away for a while and are no failed try, and how long to wait because of them in all.
    pub patient: Option<(Says, Duration)>,
    /// The longest `Retry-After` that is believed; a longer one is a mistake, and the longest pause is taken instead.
    pub believed: Option<Duration>,
    /// How long a 429 is waited out that names no time itself.
    pub unasked_pause: Option<Duration>,
    /// How often a read is sent at most, where that is less than [`super::HttpSettings::tries`].
    pub tries: u32,
    /// How to look what is left of the budget while it is used up.
    pub look: Option<Look>,
    /// Answers that say that too many requests are in flight at this endpoint.
    pub crowded_when: Says,
}

impl Call {
    /// A request without headers and body.
    #[must_use]
    pub fn new(
        system: &'static str,
        endpoint: impl Into<String>,
        method: Method,
        url: Url,
    ) -> Self {
        Self {
            system,
            endpoint: endpoint.into(),
            method,
            url,
            headers: Vec::new(),
            body: Body::None,
            budgeted: false,
            confidential: false,
            again_when: |_| false,
            timeout: None,
            largest: usize::MAX,
            patient: None,
            believed: None,
            unasked_pause: None,
            tries: u32::MAX,
            look: None,
            crowded_when: |_| false,
        }
    }

    /// With one more header.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<Text>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// With a JSON body.
    #[must_use]
    pub fn json(self, body: serde_json::Value) -> Self {
        Self { body: Body::Json(body), ..self }
    }

    /// With a form.
    #[must_use]
    pub fn form(self, fields: Vec<(&'static str, Text)>) -> Self {
        Self { body: Body::Form(fields), ..self }
    }

    /// Counted against the hourly budget.
    #[must_use]
    pub fn budgeted(self) -> Self {
        Self { budgeted: true, ..self }
    }

    /// With an answer that no message shows.
    #[must_use]
    pub fn confidential(self) -> Self {
        Self { confidential: true, ..self }
    }

    /// Also tried again where this says so of an answer.
    #[must_use]
    pub fn again_when(self, wants: Says) -> Self {
        Self { again_when: wants, ..self }
    }

    /// With a time-out of its own.
    #[must_use]
    pub fn timeout(self, timeout: Duration) -> Self {
        Self { timeout: Some(timeout), ..self }
    }

    /// With an answer of at most so many bytes.
    #[must_use]
    pub fn at_most(self, largest: usize) -> Self {
        Self { largest, ..self }
    }

    /// Answers that turn away for a while are waited out, for at most so long in all.
    #[must_use]
    pub fn patient(self, turned_away: Says, in_all: Duration) -> Self {
        Self { patient: Some((turned_away, in_all)), ..self }
    }

    /// A `Retry-After` longer than this is not believed.
    #[must_use]
    pub fn believing(self, longest: Duration) -> Self {
        Self { believed: Some(longest), ..self }
    }

    /// A 429 that names no time is waited out for so long.
    #[must_use]
    pub fn pausing_unasked(self, pause: Duration) -> Self {
        Self { unasked_pause: Some(pause), ..self }
    }

    /// A read that is sent once, whatever comes.
    #[must_use]
    pub fn once(self) -> Self {
        Self { tries: 1, ..self }
    }

    /// A read that is sent at most so often.
    #[must_use]
    pub fn at_most_tries(self, tries: u32) -> Self {
        Self { tries, ..self }
    }

    /// With an answer that means too many in flight.
    #[must_use]
    pub fn crowded_when(self, says: Says) -> Self {
        Self { crowded_when: says, ..self }
    }

    /// With a way to look at the budget while it is used up.
    #[must_use]
    pub fn looking(self, look: Look) -> Self {
        Self { look: Some(look), ..self }
    }

    /// `PRISM, GET /api/v2/invoices`: for messages; never the query, it can be long.
    #[must_use]
    pub fn place(&self) -> String {
        format!("{}, {} {}", self.system, self.method, self.url.path())
    }

    /// Whether an answer only says *later*.
    fn is_turned_away(&self, reply: &Reply) -> bool {
        reply.status == 429 || self.patient.is_some_and(|(turns_away, _)| turns_away(reply))
    }

    /// How long an answer asks to wait.
    pub(super) fn asked_pause(&self, reply: &Reply, now: DateTime<Utc>) -> Option<Duration> {
        let unasked = self.unasked_pause.filter(|_| reply.status == 429);
        reply.retry_after(now).or(unasked)
    }

    pub(super) fn wants_another(&self, reply: &Reply) -> bool {
        matches!(reply.status, 429 | 502..=504) || (self.again_when)(reply)
    }
}

/// An answer, whatever its status.
#[derive(Clone)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// The body, unpacked and whole.
    pub body: Vec<u8>,
    pub(super) headers: HeaderMap,
    pub(super) redactor: Redactor,
    pub(super) place: String,
    pub(super) confidential: bool,
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply")
            .field("status", &self.status)
            .field("bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

impl Reply {
    /// Whether the status is 2xx.
    #[must_use]
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// A header of it, where it is text; of several the first.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// What its `Link` headers say of a next page.
    #[must_use]
    pub fn next_page(&self) -> NextPage {
        let links = self.headers.get_all(header::LINK).iter();
        NextPage::told_by(links.filter_map(|value| value.to_str().ok()))
    }

    /// What `Retry-After` asks for, given in seconds or as an HTTP date.
    #[must_use]
    pub fn retry_after(&self, now: DateTime<Utc>) -> Option<Duration> {
        let text = self.header(header::RETRY_AFTER.as_str())?.trim();
        if let Ok(seconds) = text.parse() {
            return Some(Duration::from_secs(seconds));
        }
        let date = |text: &str| DateTime::parse_from_rfc2822(text).ok();
        // The server's own clock, if it shows it: ours may differ.
        let own = self.header(header::DATE.as_str()).and_then(date);
        let reference = own.map_or(now, |d| d.with_timezone(&Utc));
        let until = date(text)?.with_timezone(&Utc);
        Some((until - reference).to_std().unwrap_or(Duration::ZERO))
    }

    /// A remote text without secrets and control characters.
    #[must_use]
    pub fn safe(&self, text: &str) -> String {
        self.redactor.safe(text)
    }

    /// The first characters of the body, fit to be shown.
    #[must_use]
    pub fn excerpt(&self) -> String {
        if self.confidential && self.is_success() {
            return "(not shown)".to_owned();
        }
        let text = self.safe(&String::from_utf8_lossy(&self.body));
        match text.trim() {
            "" => "(empty)".to_owned(),
            text => first_characters(text, SHOWN),
        }
    }

    /// What to say of an answer that is not the one hoped for.
    #[must_use]
    pub fn finding(&self, call: &Call) -> Finding {
        self.finding_with(call, &self.excerpt())
    }

    /// The same with the server's own words, taken out of the body and made safe.
    #[must_use]
    pub fn finding_with(&self, call: &Call, words: &str) -> Finding {
        let text = format!("{} answered {}: {words}", call.place(), self.status);
        let (code, advice) = match self.status {
            _ if call.is_turned_away(self) => {
                (Code::TooManyRequests, "Wait a while, then try again.")
            }
            401 => (Code::Unauthorized, "Check user, secret and whether the user is locked."),
            403 => (Code::Forbidden, "The user lacks a right: see “doctor”."),
            404 => (Code::NotFound, "Check the URL of the connection."),
            300..=399 => {
                (Code::Redirected, "The URL of the connection is not the final one: check it.")
            }
            500..=599 => (Code::ServerFault, "The server has a fault: try again later."),
            _ => (Code::UnexpectedStatus, "Check the URL of the connection."),
        };
        Finding::new(code, text, advice)
    }

    /// A file whose content cannot be understood, with why. It came from the right place: no address is to blame.
    #[must_use]
    pub fn unreadable_file(&self, why: &str) -> Finding {
        let advice = "The file itself is at fault: download it from there and look at that row. It is read again with the \
                      next sync; if it stays so, report this text.";
        Finding { advice: advice.to_owned(), ..self.unreadable(why) }
    }

    /// An answer that cannot be understood, with why.
    #[must_use]
    pub fn unreadable(&self, why: &str) -> Finding {
        let text = format!(
            "{} answered {} with something that cannot be understood ({}): {}",
            self.place,
            self.status,
            first_characters(&self.safe(why), SHOWN),
            self.excerpt()
        );
        let advice = "Check that the URL of the connection is right; if it is, report this text.";
        Finding::new(Code::Unreadable, text, advice)
    }

    /// Decodes JSON; HTML, nothing, or something cut gives an error that shows where and how it begins.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, ReadError> {
        self.decode().map_err(|why| ReadError::Unreadable(self.unreadable(&why)))
    }

    /// What was read as JSON while it arrived and cannot be understood, with why.
    #[must_use]
    pub fn unreadable_json(&self, why: &str) -> Finding {
        self.unreadable(self.no_json().unwrap_or(why))
    }

    /// What it is, where it is nothing like JSON.
    fn no_json(&self) -> Option<&'static str> {
        if self.body.trim_ascii().is_empty() {
            return Some("it is empty");
        }
        let kind = self.header(header::CONTENT_TYPE.as_str()).unwrap_or_default();
        let html = kind.to_ascii_lowercase().contains("html");
        let begins = matches!(self.body.trim_ascii_start().first(), Some(b'{' | b'['));
        (html && !begins).then_some("it is a web page")
    }

    fn decode<T: DeserializeOwned>(&self) -> Result<T, String> {
        if let Some(other) = self.no_json() {
            return Err(other.to_owned());
        }
        // A message of serde quotes values; the answer of a token endpoint must not be quoted.
        let untold = |why| if self.confidential { "wrong JSON".to_owned() } else { why };
        json::decoded(&self.body).map_err(untold)
    }
}

/// How a write ended.
#[derive(Clone, Debug)]
pub enum WriteReply {
    /// The server answered; what it says is the adapter's to judge.
    Answered(Reply),
    /// No byte of it left: cancelled while waiting, no connection, no TLS.
    NotSent(Finding),
    /// It may or may not have been carried out: time-out, cut, an answer that broke off.
    Lost(Finding),
}
