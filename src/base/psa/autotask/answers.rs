//! What an answer means (wire/autotask 9; sync-rules 8.2, 8.3): for a read, and for a write that is never sent twice.
//!
//! It must not send anything.

use chrono::{DateTime, Utc};
use url::Url;

use super::{
    advice::finding,
    assumed,
    wire::{Created, Errors},
};
use crate::{
    domain::{Code, ReadError, Side, outcome::Finding},
    http::{Call, OtherOrigin, Reply, WriteReply, first_characters},
    psa::Written,
};

/// Characters of a refusal that are kept.
const LONGEST_TEXT: usize = 2000;

/// What the server itself says is wrong, if it does so in one of its two forms.
struct ErrorTexts {
    /// `{"errors":[…]}`: the documented form.
    errors: Option<String>,
    /// `{"Message":…}`: routing trouble.
    message: Option<String>,
}

impl ErrorTexts {
    fn in_reply(reply: &Reply) -> Self {
        let Ok(said) = reply.json::<Errors>() else { return Self { errors: None, message: None } };
        let clean = |text: &str| first_characters(reply.safe(text).trim(), LONGEST_TEXT);
        let errors = said.errors.map(|errors| clean(&errors.join(" ")));
        Self {
            errors: errors.filter(|text| !text.is_empty()),
            message: said.message.map(|text| clean(&text)).filter(|text| !text.is_empty()),
        }
    }

    fn any(self) -> Option<String> {
        self.errors.or(self.message)
    }
}

/// Answers to a read that are worth another try: the thread limit under any status, and a 500 without a reason.
pub(super) fn wants_another(reply: &Reply) -> bool {
    if reply.is_success() || reply.status == 401 {
        return false;
    }
    too_many(reply) || (reply.status == 500 && ErrorTexts::in_reply(reply).any().is_none())
}

/// Answers that only say *later*: too many requests, in an hour or at once.
pub(super) fn turned_away(reply: &Reply) -> bool {
    reply.status == 429 || (!reply.is_success() && reply.status != 401 && too_many(reply))
}

/// Whether nothing answers at that address at all: such an answer has no `errors`, and tells nothing of any record.
fn is_no_route(reply: &Reply) -> bool {
    reply.status == 404 && ErrorTexts::in_reply(reply).errors.is_none()
}

/// Whether its text says that too many requests were sent, whatever the status.
fn too_many(reply: &Reply) -> bool {
    says(reply, &assumed::CROWDED) || says(reply, &assumed::TOO_MANY_IN_THE_HOUR)
}

/// Whether it was refused because too many were in flight at its endpoint.
pub(super) fn crowded(reply: &Reply) -> bool {
    !reply.is_success() && says(reply, &assumed::CROWDED)
}

fn says(reply: &Reply, fragments: &[&str]) -> bool {
    let text = String::from_utf8_lossy(&reply.body).to_ascii_lowercase();
    fragments.iter().any(|fragment| text.contains(fragment))
}

/// A successful answer to a read, or why it is none.
pub(super) fn readable(call: &Call, reply: Reply) -> Result<Reply, ReadError> {
    if reply.is_success() {
        return Ok(reply);
    }
    if reply.status == 401 {
        let finding = unauthorized(call.method.as_str(), &call.url);
        return Err(ReadError::Unauthorized { side: Side::Target, finding });
    }
    if too_many(&reply) {
        return Err(ReadError::Unreachable(finding(Code::RateLimited, reply.finding(call).text)));
    }
    if is_no_route(&reply) {
        let told = finding(Code::Route, reply.finding(call).text);
        // A web page is none of Autotask's answers at all.
        let own = ErrorTexts::in_reply(&reply).message.is_some();
        return Err(if own { ReadError::Refused(told) } else { ReadError::Unreadable(told) });
    }
    Err(match ErrorTexts::in_reply(&reply).any() {
        Some(text) => ReadError::Refused(refusal(&text)),
        None => ReadError::Unreadable(Finding {
            advice: super::advice::advice(&Code::Unreadable).to_owned(),
            ..reply.finding(call)
        }),
    })
}

/// The text under which operators know it (R66), and how to unlock the user (R69).
pub(super) fn unauthorized(method: &str, url: &Url) -> Finding {
    let mut shown = url.clone();
    shown.set_query(None);
    let text = format!(
        "Error executing AutoTask {method} request to '{shown}'. Status code: Unauthorized."
    );
    finding(Code::Unauthorized, text)
}

/// A refusal in the server's own words, with the code that its words stand for.
pub(super) fn refusal(text: &str) -> Finding {
    let lower = text.to_lowercase();
    let hit = |fragments: &[&str]| fragments.iter().all(|fragment| lower.contains(fragment));
    let code = assumed::REFUSALS.iter().find(|(fragments, _)| hit(fragments));
    finding(code.map_or(Code::Autotask, |(_, code)| code.clone()), text)
}

/// How a write ended. The order matters: what was surely carried out, then what surely was not, and only then doubt.
pub(super) fn written(method: &str, url: &Url, reply: WriteReply, now: DateTime<Utc>) -> Written {
    match reply {
        WriteReply::NotSent(finding) => Written::NotExecuted { finding, retry_after_seconds: None },
        WriteReply::Lost(lost) => {
            Written::Unknown { finding: finding(Code::Unconfirmed, lost.text) }
        }
        WriteReply::Answered(reply) => answered(method, url, &reply, now),
    }
}

fn answered(method: &str, url: &Url, reply: &Reply, now: DateTime<Utc>) -> Written {
    if reply.is_success()
        && let Ok(created) = reply.json::<Created>()
    {
        return Written::Done { id: created.item_id, remarks: Vec::new() };
    }
    if reply.status == 401 {
        return Written::Unauthorized { finding: unauthorized(method, url) };
    }
    let place = format!("Autotask, {method} {}, answered {}", url.path(), reply.status);
    if reply.status == 429 || (!reply.is_success() && too_many(reply)) {
        let text = format!("{place}: {}", reply.excerpt());
        let after = reply.retry_after(now).map(|pause| pause.as_secs());
        return Written::NotExecuted {
            finding: finding(Code::RateLimited, text),
            retry_after_seconds: after,
        };
    }
    if is_no_route(reply) {
        return Written::Refused {
            finding: finding(Code::Route, format!("{place}: {}", reply.excerpt())),
        };
    }
    let said = ErrorTexts::in_reply(reply);
    let refused = |text: String| Written::Refused { finding: refusal(&text) };
    let doubt = || Written::Unknown {
        finding: finding(Code::Unconfirmed, format!("{place}: {}", reply.excerpt())),
    };
    match reply.status {
        // The server gave up waiting for itself or for us: it may still finish.
        408 => doubt(),
        300..=499 => refused(said.any().unwrap_or_else(|| format!("{place}: {}", reply.excerpt()))),
        500..=599 => said.errors.map_or_else(doubt, refused),
        _ => doubt(),
    }
}

/// A next page elsewhere: credentials would go there.
pub(super) fn other_origin(error: &OtherOrigin) -> ReadError {
    ReadError::Refused(finding(Code::OtherOrigin, error.to_string()))
}

/// Pages that never end, or do not go on.
pub(super) fn endless(entity: &str) -> ReadError {
    let text = format!("Autotask's pages of {entity} do not come to an end.");
    ReadError::Unreadable(finding(Code::Unreadable, text))
}
