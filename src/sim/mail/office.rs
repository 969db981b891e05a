//! What the mail server took, and what goes wrong with it on demand.

use std::collections::BTreeSet;
use std::sync::atomic::AtomicU64;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

/// A letter as it was taken.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Letter {
    /// 1, 2, 3, …
    pub n: u64,
    /// Of the envelope.
    pub from: String,
    /// Of the envelope.
    pub to: Vec<String>,
    /// Whether it came over TLS.
    pub tls: bool,
    /// Who had signed in.
    pub user: Option<String>,
    /// Whether the client was told that it was taken.
    pub answered: bool,
    /// Its `Subject`, decoded.
    pub subject: String,
    /// Its `Message-ID`.
    pub message_id: String,
    /// Its text, decoded.
    pub text: String,
    /// All of it, as it came.
    pub data: String,
}

/// What can go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Trouble {
    /// Nobody is there: a connection is closed before a word.
    Down,
    /// The recipient is refused for good.
    Refuse,
    /// The recipient's mailbox is full.
    Full,
    /// Whom it does not know by sender and recipient is told to come again.
    Greylist,
    /// A letter is taken, and that is never said.
    Hang,
    /// Another host's certificate is shown.
    Certificate,
    /// Nobody is let in.
    Auth,
    /// Nobody may send who has not signed in.
    NeedsAuth,
}

/// A trouble, of whom and how often.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rule {
    pub trouble: Trouble,
    /// Of this recipient alone.
    #[serde(default)]
    pub to: Option<String>,
    /// So often; none for always.
    #[serde(default)]
    pub times: Option<u64>,
}

#[derive(Debug, Default)]
struct Kept {
    letters: Vec<Letter>,
    rules: Vec<Rule>,
    greeted: BTreeSet<(String, String)>,
}

/// All of it, shared by sessions and the control endpoint.
#[derive(Debug, Default)]
pub(crate) struct Office {
    kept: Mutex<Kept>,
    /// How often somebody came.
    pub connections: AtomicU64,
}

impl Office {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn letters(&self) -> Vec<Letter> {
        self.kept().letters.clone()
    }

    pub(crate) fn empty(&self) {
        self.kept().letters.clear();
    }

    pub(crate) fn add(&self, rule: Rule) {
        self.kept().rules.push(rule);
    }

    pub(crate) fn rules(&self) -> Vec<Rule> {
        self.kept().rules.clone()
    }

    pub(crate) fn no_troubles(&self) {
        let mut kept = self.kept();
        kept.rules.clear();
        kept.greeted.clear();
    }

    /// Whether this goes wrong now; counts where it is so.
    pub(super) fn has(&self, trouble: Trouble, to: &str) -> bool {
        let mut kept = self.kept();
        let concerns = |rule: &&mut Rule| {
            let whom = rule.to.as_ref().is_none_or(|whom| whom.eq_ignore_ascii_case(to));
            rule.trouble == trouble && whom && rule.times != Some(0)
        };
        let Some(rule) = kept.rules.iter_mut().find(concerns) else { return false };
        rule.times = rule.times.map(|times| times - 1);
        true
    }

    pub(super) fn is_down(&self) -> bool {
        self.has(Trouble::Down, "")
    }

    /// Whether somebody who writes to somebody is to come again: the first time.
    pub(super) fn greylists(&self, from: &str, to: &str) -> bool {
        let is_on = self.kept().rules.iter().any(|rule| rule.trouble == Trouble::Greylist);
        is_on && self.kept().greeted.insert((from.to_owned(), to.to_owned()))
    }

    /// Takes a letter; its number.
    pub(super) fn take(&self, letter: Letter) -> u64 {
        let mut kept = self.kept();
        let n = kept.letters.last().map_or(1, |last| last.n + 1);
        kept.letters.push(Letter { n, ..letter });
        n
    }

    /// The client is about to be told.
    pub(super) fn answered(&self, n: u64) {
        if let Some(letter) = self.kept().letters.iter_mut().find(|letter| letter.n == n) {
            letter.answered = true;
        }
    }
}
