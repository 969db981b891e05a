//! Faults on demand: which request is to suffer what. It chooses; the door carries out.

use std::sync::{Mutex, PoisonError};

use axum::http::Method;
use regex_lite::{Regex, RegexBuilder};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::journal::{Asked, System};

/// What happens to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// Answered so, not executed.
    Status { status: u16, body: Option<String>, retry_after: Option<String> },
    /// Executed late.
    Delay(u64),
    /// Executed, answered late.
    DelayReply(u64),
    /// The connection breaks, not executed.
    CutBefore,
    /// Executed, then the connection breaks without a byte of reply.
    CutAfter,
    /// Executed; the connection breaks in the middle of the body.
    Truncate,
    /// Executed; the body is not what it says it is.
    Garble,
    /// The API user is locked before this request is looked at.
    LockUser,
}

/// Whoever has never written any begins with these: the first three services that are to be made are refused.
pub const EXAMPLE: &str = r#"{"rules":[{"method":"POST","path":"/Services$","writes":true,"times":3,"fault":{"status":500,"body":"broken"}}]}"#;

/// The JSON of `POST /faults`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rules {
    rules: Vec<RuleText>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleText {
    system: Option<System>,
    method: Option<String>,
    path: Option<String>,
    writes: Option<bool>,
    after: Option<u64>,
    times: Option<u64>,
    fault: Value,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct StatusText {
    status: u16,
    body: Option<Value>,
    retry_after: Option<Value>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DelayText {
    delay_ms: u64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DelayReplyText {
    delay_reply_ms: u64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct LockUserText {
    lock_user: bool,
}

#[derive(Debug)]
struct Rule {
    system: Option<System>,
    method: Option<Method>,
    path: Regex,
    writes: bool,
    after: u64,
    times: Option<u64>,
    fault: Fault,
    seen: u64,
    fired: u64,
}

impl Rule {
    fn new(text: RuleText) -> Result<Self, String> {
        let method = text.method.map(|method| method.to_uppercase().parse()).transpose();
        let path = RegexBuilder::new(text.path.as_deref().unwrap_or(""))
            .case_insensitive(true)
            .build()
            .map_err(|error| format!("path: {error}"))?;
        Ok(Self {
            system: text.system,
            method: method.map_err(|_| "method: not an HTTP method".to_owned())?,
            path,
            writes: text.writes.unwrap_or(false),
            after: text.after.unwrap_or(0),
            times: text.times,
            fault: fault(&text.fault)?,
            seen: 0,
            fired: 0,
        })
    }

    fn concerns(&self, asked: &Asked) -> bool {
        self.system.is_none_or(|system| system == asked.system)
            && self.method.as_ref().is_none_or(|method| *method == asked.method)
            && (!self.writes || is_write(asked))
            && self.path.is_match(&asked.path)
    }

    fn is_due(&self) -> bool {
        self.seen > self.after && self.times.is_none_or(|times| self.fired < times)
    }
}

fn is_write(asked: &Asked) -> bool {
    match asked.system {
        System::Prism => false,
        System::Autotask => {
            let reads = asked.path.to_ascii_lowercase().contains("/query");
            asked.method != Method::GET && !reads
        }
        System::Connectwise => asked.method != Method::GET,
    }
}

fn fault(value: &Value) -> Result<Fault, String> {
    if let Some(word) = value.as_str() {
        return match word {
            "cut_before" => Ok(Fault::CutBefore),
            "cut_after" => Ok(Fault::CutAfter),
            "truncate" => Ok(Fault::Truncate),
            "garble" => Ok(Fault::Garble),
            _ => Err(format!("fault: {word:?} is unknown; GET / lists the forms")),
        };
    }
    let is = |form: &str| value.get(form).is_some();
    if is("status") {
        let StatusText { status, body, retry_after } = read(value)?;
        let known = (200..600).contains(&status);
        let status = known.then_some(status).ok_or("fault: status must be 200 to 599")?;
        let texts = (body.as_ref().and_then(text), retry_after.as_ref().and_then(text));
        return Ok(Fault::Status { status, body: texts.0, retry_after: texts.1 });
    }
    if is("delay_ms") {
        return read(value).map(|DelayText { delay_ms }| Fault::Delay(delay_ms));
    }
    if is("delay_reply_ms") {
        return read(value)
            .map(|DelayReplyText { delay_reply_ms }| Fault::DelayReply(delay_reply_ms));
    }
    match read(value) {
        Ok(LockUserText { lock_user: true }) => Ok(Fault::LockUser),
        _ => Err(format!("fault: {value} is unknown; GET / lists the forms")),
    }
}

fn read<T: DeserializeOwned>(value: &Value) -> Result<T, String> {
    T::deserialize(value).map_err(|error| format!("fault: {value}: {error}"))
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

/// The rules in force, in the order they were given.
#[derive(Debug, Default)]
pub(super) struct Faults {
    rules: Mutex<Vec<Rule>>,
}

impl Faults {
    fn rules(&self) -> std::sync::MutexGuard<'_, Vec<Rule>> {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds the rules of a JSON text `{"rules":[…]}` after those in force; all or none.
    pub(super) fn add(&self, json: &str) -> Result<usize, String> {
        let text: Rules = serde_json::from_str(json).map_err(|error| error.to_string())?;
        let rules: Vec<_> = text.rules.into_iter().map(Rule::new).collect::<Result<_, _>>()?;
        let added = rules.len();
        self.rules().extend(rules);
        Ok(added)
    }

    pub(super) fn clear(&self) {
        self.rules().clear();
    }

    /// What this request suffers: every rule that concerns it counts it, the first that is due acts.
    pub(super) fn choose(&self, asked: &Asked) -> Option<Fault> {
        let mut chosen = None;
        for rule in self.rules().iter_mut().filter(|rule| rule.concerns(asked)) {
            rule.seen += 1;
            if chosen.is_none() && rule.is_due() {
                rule.fired += 1;
                chosen = Some(rule.fault.clone());
            }
        }
        chosen
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_is_taken_as_it_stands() {
        assert_eq!(Faults::default().add(EXAMPLE), Ok(1));
    }
}
