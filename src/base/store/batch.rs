//! Writes that belong together: all of them are there after a commit, or none.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{
    error::StoreError,
    key::{Key, Table, value_name},
};

/// The largest value that is taken, in bytes of JSON.
const LARGEST_VALUE: usize = 64 << 20;
/// The longest key that is taken, in bytes.
const LONGEST_KEY: usize = 1 << 10;

/// What is to be at each name: JSON, or nothing.
pub(super) type Changes = BTreeMap<Vec<u8>, Option<Vec<u8>>>;

/// Puts and removals for one commit. Of several on one key the last one counts.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    changes: Changes,
    flaw: Option<StoreError>,
}

impl Batch {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Writes a value. One that cannot be written makes the commit fail as a whole.
    pub fn put<T: Serialize>(&mut self, table: Table<T>, key: &Key, value: &T) {
        match encode(table.name(), key, value) {
            Ok(json) => {
                self.changes.insert(value_name(table.name(), key.as_bytes()), Some(json));
            }
            Err(flaw) => self.flaw = self.flaw.take().or(Some(flaw)),
        }
    }

    /// Removes a value, if it is there.
    pub fn remove<T>(&mut self, table: Table<T>, key: &Key) {
        self.changes.insert(value_name(table.name(), key.as_bytes()), None);
    }

    /// Takes over what another batch holds, as if it had been asked of this one afterwards.
    pub fn extend(&mut self, other: Self) {
        self.changes.extend(other.changes);
        self.flaw = self.flaw.take().or(other.flaw);
    }

    /// Whether nothing is asked.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.flaw.is_none()
    }

    /// How many keys it touches.
    #[must_use]
    pub fn len(&self) -> usize {
        self.changes.len()
    }

    /// What to write, unless something in it cannot be written.
    pub(super) fn into_changes(self) -> Result<Changes, StoreError> {
        self.flaw.map_or(Ok(self.changes), Err)
    }
}

fn encode<T: Serialize>(table: &str, key: &Key, value: &T) -> Result<Vec<u8>, StoreError> {
    let flaw = |what: String| StoreError::Other(format!("table {table}: {what}"));
    let json = serde_json::to_vec(value).map_err(|error| flaw(error.to_string()))?;
    if json.len() > LARGEST_VALUE {
        return Err(flaw(format!("a value of {} bytes is too large", json.len())));
    }
    if key.as_bytes().len() > LONGEST_KEY {
        return Err(flaw(format!("a key of {} bytes is too long", key.as_bytes().len())));
    }
    Ok(json)
}
