//! What the clients asked for, in the order it came in. It records; it decides nothing.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use axum::http::Method;
use serde::{Deserialize, Serialize};

/// A simulated system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum System {
    /// PRISM, identity and API.
    Prism,
    /// Autotask.
    Autotask,
    /// ConnectWise PSA.
    Connectwise,
}

/// A handler puts this on its response where it changed state.
#[derive(Clone, Copy, Debug)]
pub(super) struct Changed;

/// A request and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its place in the journal, from 1.
    pub n: u64,
    /// When it came, in milliseconds after the first of all.
    pub ms: u64,
    /// Who was asked.
    pub system: System,
    /// `GET`, `POST`, …
    pub method: String,
    /// The path as sent, without the query.
    pub path: String,
    /// The query as sent, or empty.
    pub query: String,
    /// The entity asked for, or the path with ids left out.
    pub entity: String,
    /// The status that was sent; 0 while there is none and where the connection was cut.
    pub status: u16,
    /// Whether state changed, also where the reply was lost afterwards.
    pub changed: bool,
    /// What was sent with it to Autotask or ConnectWise, as text; empty without a body.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub body: String,
}

/// Requests of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// Who was asked.
    pub system: System,
    /// `GET`, `POST`, …
    pub method: String,
    /// The entity asked for.
    pub entity: String,
    /// How many requests.
    pub count: u64,
    /// How many of them changed state.
    pub changed: u64,
}

/// The journal in short.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// All requests.
    pub requests: u64,
    /// Those that changed state.
    pub changed: u64,
    /// By system, method and entity.
    pub counts: Vec<Count>,
}

/// The journal of one simulation.
#[derive(Debug, Default)]
pub struct Journal {
    entries: Mutex<Pages>,
}

#[derive(Debug, Default)]
struct Pages {
    /// When the first request came.
    began: Option<Instant>,
    /// Entries given out before the last reset; numbers go on after it.
    before: u64,
    entries: Vec<Entry>,
}

/// What is asked, as the journal keeps it.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) system: System,
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) query: String,
    pub(super) entity: String,
}

impl Journal {
    fn pages(&self) -> std::sync::MutexGuard<'_, Pages> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a request that came in; its number is for [`Journal::note`].
    pub(super) fn arrive(&self, asked: &Asked, body: &[u8]) -> u64 {
        self.arrive_at(Instant::now(), asked, body)
    }

    fn arrive_at(&self, now: Instant, asked: &Asked, body: &[u8]) -> u64 {
        let mut pages = self.pages();
        let n = pages.before + pages.entries.len() as u64 + 1;
        let since = now.saturating_duration_since(*pages.began.get_or_insert(now));
        pages.entries.push(Entry {
            n,
            ms: u64::try_from(since.as_millis()).unwrap_or(u64::MAX),
            system: asked.system,
            method: asked.method.to_string(),
            path: asked.path.clone(),
            query: asked.query.clone(),
            entity: asked.entity.clone(),
            status: 0,
            changed: false,
            body: String::from_utf8_lossy(body).into_owned(),
        });
        n
    }

    /// Notes what became of a request; nothing if the journal was reset meanwhile.
    pub(super) fn note(&self, n: u64, note: impl FnOnce(&mut Entry)) {
        let mut pages = self.pages();
        let at = n.checked_sub(pages.before + 1).and_then(|at| usize::try_from(at).ok());
        if let Some(entry) = at.and_then(|at| pages.entries.get_mut(at)) {
            note(entry);
        }
    }

    /// Every request so far, in the order of arrival.
    pub fn entries(&self) -> Vec<Entry> {
        self.pages().entries.clone()
    }

    /// Forgets the entries; numbers go on.
    pub fn reset(&self) {
        let mut pages = self.pages();
        pages.before += pages.entries.len() as u64;
        pages.entries.clear();
    }

    /// Counts by system, method and entity.
    pub fn summary(&self) -> Summary {
        let mut counts: BTreeMap<(System, String, String), (u64, u64)> = BTreeMap::new();
        for entry in &self.pages().entries {
            let key = (entry.system, entry.entity.clone(), entry.method.clone());
            let count = counts.entry(key).or_default();
            count.0 += 1;
            count.1 += u64::from(entry.changed);
        }
        Summary {
            requests: counts.values().map(|count| count.0).sum(),
            changed: counts.values().map(|count| count.1).sum(),
            counts: counts
                .into_iter()
                .map(|((system, entity, method), (count, changed))| Count {
                    system,
                    method,
                    entity,
                    count,
                    changed,
                })
                .collect(),
        }
    }
}

/// A path with numbers and GUIDs replaced, so that requests for different rows count together.
pub(super) fn shape(path: &str) -> String {
    let plain = |segment: &str| {
        let letters = segment.chars().filter(char::is_ascii_hexdigit).count();
        let id = segment.starts_with(|first: char| first.is_ascii_digit())
            || (segment.len() == 36 && letters == 32);
        if id { "{id}".to_owned() } else { segment.to_owned() }
    };
    path.split('/').map(plain).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn each_request_tells_when_it_came_after_the_first_of_all() {
        let (journal, first) = (Journal::default(), Instant::now());
        let asked = Asked {
            system: System::Autotask,
            method: Method::GET,
            path: "/Services/41".to_owned(),
            query: String::new(),
            entity: "Services".to_owned(),
        };
        let arrive = |ms| journal.arrive_at(first + Duration::from_millis(ms), &asked, b"");
        let told =
            || -> Vec<_> { journal.entries().iter().map(|entry| (entry.n, entry.ms)).collect() };
        for ms in [0, 40, 40, 1_540] {
            arrive(ms);
        }
        assert_eq!(told(), [(1, 0), (2, 40), (3, 40), (4, 1_540)]);
        // What is forgotten is not begun anew: times go on as numbers do.
        journal.reset();
        arrive(1_600);
        assert_eq!(told(), [(5, 1_600)]);
    }
}
