//! Where the trail ends, and what is put behind that.
//!
//! It must not know why something is worth an entry.

use crate::{
    engine::digest::hash,
    engine::tables::{AUDIT, AuditEntry, change_number, of_change},
    store::{Batch, Key, Store, StoreError},
};

/// What somebody did, for the trail.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Deed {
    pub(crate) what: String,
    pub(crate) subject: Option<String>,
    pub(crate) before: Option<String>,
    pub(crate) after: Option<String>,
}

impl From<String> for Deed {
    fn from(what: String) -> Self {
        Self { what, ..Self::default() }
    }
}

impl From<&str> for Deed {
    fn from(what: &str) -> Self {
        what.to_owned().into()
    }
}

impl Deed {
    /// The same, about this: a customer's domain, a connection, an invoice, a product.
    pub(crate) fn about(self, subject: impl Into<String>) -> Self {
        Self { subject: Some(subject.into()), ..self }
    }

    /// The same, with what stands since.
    pub(crate) fn to(self, after: impl Into<String>) -> Self {
        Self { after: Some(after.into()), ..self }
    }

    /// The same, with what stood and what stands.
    pub(crate) fn moved(self, before: Option<String>, after: Option<String>) -> Self {
        Self { before, after, ..self }
    }
}

/// The end of the trail: whoever writes to it holds it until that is durable, so that no two entries follow the same one.
#[derive(Debug, Default)]
pub(crate) struct Trail {
    head: tokio::sync::Mutex<Head>,
}

/// The newest entry.
#[derive(Clone, Debug, Default)]
struct Head {
    number: u64,
    seal: Option<String>,
}

impl Trail {
    /// Where the trail of a store ends.
    pub(crate) async fn open(store: &Store) -> Result<Self, StoreError> {
        let newest = store.scan_back(AUDIT, Key::new(), 1).await?.into_iter().next();
        let head = newest.map(|(key, entry)| {
            let number = change_number(&key).unwrap_or_default();
            Head { number, seal: Some(seal(number, &entry)) }
        });
        Ok(Self { head: tokio::sync::Mutex::new(head.unwrap_or_default()) })
    }

    /// Number and hash of the newest entry.
    pub(crate) async fn anchor(&self) -> Option<(u64, String)> {
        let head = self.head.lock().await;
        head.seal.clone().map(|seal| (head.number, seal))
    }

    /// Makes a change durable together with its entry.
    pub(crate) async fn commit(
        &self,
        store: &Store,
        mut batch: Batch,
        entry: AuditEntry,
    ) -> Result<(), StoreError> {
        let mut head = self.head.lock().await;
        let entry = AuditEntry { prev: head.seal.clone(), ..entry };
        let number = head.number + 1;
        batch.put(AUDIT, &of_change(number), &entry);
        store.commit(batch).await?;
        *head = Head { number, seal: Some(seal(number, &entry)) };
        Ok(())
    }
}

/// SHA-256 of an entry with its number, in hex. What an older version wrote hashes as it was written: members that it did
/// not have are left out where they are empty.
pub(super) fn seal(number: u64, entry: &AuditEntry) -> String {
    hash(&(number, entry))
}
