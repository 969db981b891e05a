//! A letter as it goes over the wire: its head, and its text in lines that every server takes.

use std::time::SystemTime;

use lettre::{
    Message,
    address::Envelope,
    message::{
        Mailbox, SinglePart,
        header::{ContentType, HeaderName, HeaderValue},
    },
};
use sha2::{Digest as _, Sha256};

use super::{Letter, Unsent};
use crate::domain::{
    Code,
    outcome::Finding,
    text::{hex, visible},
};

/// The Message-ID of what is told to somebody: the same of the same, by whichever try.
#[must_use]
pub fn message_id(installation: &str, name: &str, to: &str) -> String {
    let digest = Sha256::digest(format!("{installation}\n{name}\n{to}").as_bytes());
    format!("{name}.{}@{installation}.prism-connect", &hex(&digest)[..16])
}

/// Envelope and text.
pub(super) fn written(letter: &Letter) -> Result<(Envelope, Vec<u8>), Unsent> {
    let from: Mailbox = address(&letter.from)?;
    let to: Mailbox = address(&letter.to)?;
    let automatic = HeaderName::new_from_ascii_str("Auto-Submitted");
    let message = Message::builder()
        .from(from)
        .to(to)
        // Whatever a text was made of, it is one line of a head.
        .subject(visible(&letter.subject))
        .date(SystemTime::from(letter.at))
        .message_id(Some(format!("<{}>", letter.id)))
        .raw_header(HeaderValue::new(automatic, "auto-generated".to_owned()))
        .singlepart(SinglePart::builder().header(ContentType::TEXT_PLAIN).body(letter.text.clone()))
        .map_err(|error| unwritten(&letter.to, &error.to_string()))?;
    Ok((message.envelope().clone(), message.formatted()))
}

fn address(text: &str) -> Result<Mailbox, Unsent> {
    let parsed = text.parse().map(|address| Mailbox::new(None, address));
    parsed.map_err(|error: lettre::address::AddressError| unwritten(text, &error.to_string()))
}

fn unwritten(to: &str, why: &str) -> Unsent {
    let text = format!("No letter can be written to “{}”: {why}", visible(to));
    let finding = Finding::new(Code::MailAddress, text, "Correct the address.");
    Unsent { finding, for_good: true, of_all: false }
}
