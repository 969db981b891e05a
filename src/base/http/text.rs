//! Remote text, made fit to be shown: no control or bidi characters, no secret, not too long.

use std::{
    collections::VecDeque,
    sync::{Arc, PoisonError, RwLock},
};

use crate::domain::secret::MASK;
pub use crate::domain::text::visible as clean;

/// How many secrets are remembered: tokens are renewed all day, the newest matter.
const REMEMBERED: usize = 128;

/// Shorter ones are words that texts need.
const SHORTEST: usize = 4;

/// The first `count` characters, with `…` where something was cut off.
#[must_use]
pub fn first_characters(text: &str, count: usize) -> String {
    match text.char_indices().nth(count) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// Takes every secret that was ever sent out of texts. Clones share what they know.
#[derive(Clone, Default)]
pub struct Redactor {
    known: Arc<RwLock<Known>>,
}

#[derive(Default)]
struct Known {
    /// Oldest first.
    by_age: VecDeque<String>,
    /// Longest first, as one may contain another.
    by_length: Vec<String>,
}

impl Known {
    fn add(&mut self, secrets: Vec<String>) {
        self.by_age.extend(secrets);
        while self.by_age.len() > REMEMBERED {
            self.by_age.pop_front();
        }
        self.by_length = self.by_age.iter().cloned().collect();
        self.by_length.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        self.by_length.dedup();
    }
}

impl Redactor {
    /// Remembers a secret in all the spellings an echo may have.
    pub fn remember(&self, secret: &str) {
        let scheme = ["Bearer ", "Basic "].iter().find_map(|scheme| secret.strip_prefix(scheme));
        let bare = scheme.unwrap_or(secret);
        let spellings = [bare.to_owned(), in_json(bare), in_url(bare), in_form(bare)];
        let fresh: Vec<_> = {
            let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
            let wanted = |text: &String| text.len() >= SHORTEST && !known.by_age.contains(text);
            spellings.into_iter().filter(wanted).collect()
        };
        if !fresh.is_empty() {
            self.known.write().unwrap_or_else(PoisonError::into_inner).add(fresh);
        }
    }

    /// The text without secrets and control characters.
    #[must_use]
    pub fn safe(&self, text: &str) -> String {
        // Before and after: cleaning may join the halves of a secret, and may also change one.
        self.redact(&clean(&self.redact(text)))
    }

    fn redact(&self, text: &str) -> String {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let mut text = text.to_owned();
        for secret in known.by_length.iter().filter(|secret| !MASK.contains(secret.as_str())) {
            if text.contains(secret.as_str()) {
                text = text.replace(secret.as_str(), MASK);
            }
        }
        text
    }
}

fn in_json(secret: &str) -> String {
    let quoted = serde_json::Value::from(secret).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

fn in_url(secret: &str) -> String {
    percent_encoding::utf8_percent_encode(secret, percent_encoding::NON_ALPHANUMERIC).to_string()
}

fn in_form(secret: &str) -> String {
    url::form_urlencoded::byte_serialize(secret.as_bytes()).collect()
}
