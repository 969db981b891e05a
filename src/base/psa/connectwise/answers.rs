//! What an answer means (wire/connectwise 3, 9, 10; sync-rules 8.2, 8.3): for a read, and for a write that is never sent twice.
//!
//! It goes by status and code, never by a text, but for the two refusals that share one code. It must not send anything.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{
    advice::finding,
    assumed, rights,
    wire::{ErrorBody, ErrorEntry},
};
use crate::{
    domain::{Code, ReadError, Side, outcome::Finding},
    http::{Call, Method, Reply, WriteReply, first_characters},
    psa::Written,
};

/// Characters of a refusal that are kept.
const LONGEST_TEXT: usize = 2000;

/// The code of a reason: something unique is there already.
const EXISTS: &str = "ObjectExists";

/// What the server itself says is wrong.
struct Said {
    text: String,
    /// The codes of all its reasons.
    reasons: Vec<String>,
}

impl Said {
    /// None where it is not ConnectWise's API that speaks: a gateway's text, a web page, nothing.
    fn in_reply(reply: &Reply) -> Option<Self> {
        let body: ErrorBody = reply.json().ok()?;
        let entries = body.errors.unwrap_or_default();
        let whole = body.message.or(body.code).or(body.error);
        let parts = whole.into_iter().chain(entries.iter().filter_map(in_words));
        let text = reply.safe(&parts.collect::<Vec<_>>().join(": "));
        let reasons = entries.into_iter().filter_map(|entry| entry.code).collect();
        let text = first_characters(text.trim(), LONGEST_TEXT);
        (!text.is_empty()).then_some(Self { text, reasons })
    }

    fn code(&self) -> Code {
        let lower = self.text.to_lowercase();
        let told = assumed::REFUSALS.iter().find(|(fragment, _)| lower.contains(fragment));
        match told {
            Some((_, code)) => code.clone(),
            None if self.reasons.iter().any(|reason| reason == EXISTS) => Code::DuplicateService,
            None => Code::Connectwise,
        }
    }
}

/// One reason, with the member that it is about where its words do not name that.
fn in_words(entry: &ErrorEntry) -> Option<String> {
    let said = entry.message.as_ref().or(entry.code.as_ref())?;
    match entry.field.as_ref().filter(|field| !said.contains(field.as_str())) {
        Some(field) => Some(format!("{said} ({field})")),
        None => Some(said.clone()),
    }
}

/// Answers to a read that are worth another try, beside those that every system's are.
pub(super) fn wants_another(reply: &Reply) -> bool {
    reply.status == 500
}

/// Answers that may come of a code base that was true once: a cloud upgrade changes it (1).
pub(super) fn lost_its_way(reply: &Reply) -> bool {
    reply.status == 404 || is_gateways(reply)
}

/// The gateway's own refusal, in plain text, before the API was asked at all (9).
fn is_gateways(reply: &Reply) -> bool {
    reply.status == 400 && Said::in_reply(reply).is_none()
}

/// A successful answer to a read, or why it is none.
pub(super) fn readable(call: &Call, reply: Reply) -> Result<Reply, ReadError> {
    if reply.is_success() {
        return Ok(reply);
    }
    let finding = refusal(call, &reply);
    Err(match finding.code {
        Code::Unauthorized => ReadError::Unauthorized { side: Side::Target, finding },
        Code::Unreadable => ReadError::Unreadable(finding),
        _ => ReadError::Refused(finding),
    })
}

/// A refusal in the server's own words, with the code that status and codes stand for.
fn refusal(call: &Call, reply: &Reply) -> Finding {
    let (place, said) = (call.place(), Said::in_reply(reply));
    let words = said.as_ref().map_or_else(|| reply.excerpt(), |said| said.text.clone());
    let placed = || format!("{place} answered {}: {words}", reply.status);
    match (reply.status, said) {
        (401, _) => finding(Code::Unauthorized, placed()),
        (403, _) => rights::refused(&call.method, call.url.path(), &words),
        (404, Some(_)) => finding(Code::NotFound, placed()),
        (400 | 404, None) => finding(Code::Route, placed()),
        (_, Some(said)) => finding(said.code(), said.text),
        (_, None) => finding(Code::Unreadable, placed()),
    }
}

/// How a write ended, and the record that its answer shows.
#[derive(Debug)]
pub(super) struct Sent {
    pub(super) written: Written,
    /// The whole record, where the write was carried out.
    pub(super) record: Option<Value>,
}

impl Sent {
    pub(super) fn without_record(written: Written) -> Self {
        Self { written, record: None }
    }
}

/// How a write ended. The order matters: what was surely carried out, then what surely was not, and only then doubt.
pub(super) fn written(call: &Call, reply: WriteReply, now: DateTime<Utc>) -> Sent {
    match reply {
        WriteReply::NotSent(finding) => {
            Sent::without_record(Written::NotExecuted { finding, retry_after_seconds: None })
        }
        WriteReply::Lost(lost) => Sent::without_record(Written::Unknown {
            finding: finding(Code::Unconfirmed, lost.text),
        }),
        WriteReply::Answered(reply) => match carried_out(&call.method, &reply) {
            Some((id, record)) => Sent {
                written: Written::Done { id: Some(id), remarks: Vec::new() },
                record: Some(record),
            },
            None => Sent::without_record(not_carried_out(call, &reply, now)),
        },
    }
}

/// A POST is answered by 201, a PATCH by 200, both with the whole record (17.17). Anything else proves nothing.
fn carried_out(method: &Method, reply: &Reply) -> Option<(i64, Value)> {
    let expected = if *method == Method::POST { 201 } else { 200 };
    let record: Value = (reply.status == expected).then(|| reply.json().ok()).flatten()?;
    let id = record.get("id").and_then(Value::as_i64)?;
    Some((id, record))
}

fn not_carried_out(call: &Call, reply: &Reply, now: DateTime<Utc>) -> Written {
    let place = call.place();
    let told = |code: Code| {
        finding(code, format!("{place} answered {}: {}", reply.status, reply.excerpt()))
    };
    match reply.status {
        401 => Written::Unauthorized { finding: refusal(call, reply) },
        429 => Written::NotExecuted {
            finding: told(Code::RateLimited),
            retry_after_seconds: Some(
                reply.retry_after(now).unwrap_or(assumed::TURNED_AWAY).as_secs(),
            ),
        },
        // The server gave up waiting for itself or for us: it may still finish.
        408 => Written::Unknown { finding: told(Code::Unconfirmed) },
        300..=499 => Written::Refused { finding: refusal(call, reply) },
        500..=599 if gives_reasons(reply) => Written::Refused { finding: refusal(call, reply) },
        _ => Written::Unknown { finding: told(Code::Unconfirmed) },
    }
}

/// Whether a fault of the server comes with reasons, so that it is a refusal in truth.
fn gives_reasons(reply: &Reply) -> bool {
    Said::in_reply(reply).is_some_and(|said| !said.reasons.is_empty())
}

/// Pages that never end, or do not go on.
pub(super) fn endless(entity: &str) -> ReadError {
    let text = format!("ConnectWise's pages of {entity} do not come to an end.");
    ReadError::Unreadable(finding(Code::Unreadable, text))
}
