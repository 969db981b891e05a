//! The door cut at the bytes: what a database has to do for the store that stands on it. It must not know what lies
//! under a name.
//!
//! Everything above is written once, for every database: values and their parts, checksums, the count of commits, groups
//! of commits, tables, schema, backups. The one below is sled (`store/disk.rs`). Its calls block, and all come from the one
//! store thread; a panic in any of them is caught there.

use std::collections::BTreeMap;

use super::error::StoreError;

/// What is to lie at each name after a commit: a record of at most 4 KiB, or nothing.
pub type Records = BTreeMap<Vec<u8>, Option<Vec<u8>>>;

/// Names and what lies there, in the order in which they were asked for.
pub type Rows = Vec<(Vec<u8>, Vec<u8>)>;

/// Records by name, in the order of the names' bytes. It is opened by whoever makes one, and closed by
/// [`Backend::close`] or by being dropped.
pub trait Backend {
    /// Where it lies, as messages call it.
    fn place(&self) -> String;

    /// Whether a commit may be tried now. An error has changed nothing, and the next commit asks again.
    fn has_room(&self) -> Result<(), StoreError> {
        Ok(())
    }

    /// Makes all of these durable, or none. The number is one more than that of the commit before; see
    /// [`Backend::noted`]. After an error nothing more is committed until it is opened again.
    fn commit(&mut self, number: u64, records: Records) -> Result<(), StoreError>;

    /// What lies at a name.
    fn read(&self, name: &[u8]) -> Result<Option<Vec<u8>>, StoreError>;

    /// At most so many of those whose names begin so and are not before `from`, in order.
    fn scan(&self, prefix: &[u8], from: &[u8], limit: usize) -> Result<Rows, StoreError>;

    /// At most so many of those whose names begin so, the last one first.
    fn scan_back(&self, prefix: &[u8], limit: usize) -> Result<Rows, StoreError>;

    /// Names that begin so, in order.
    fn names(&self, prefix: &[u8]) -> Result<Vec<Vec<u8>>, StoreError>;

    /// How many names begin so.
    fn count(&self, prefix: &[u8]) -> Result<u64, StoreError>;

    /// The last commit's number as it was noted apart from the records, which a database that forgets its end would
    /// otherwise not miss. None where there is no such note, or it cannot be read.
    fn noted(&self) -> Option<u64>;

    /// The records, as opened, are whole up to this commit: from now on fewer of them are a loss.
    fn trust(&mut self, number: u64);

    /// Whether every record has to be read and counted before what was opened is trusted.
    fn must_be_checked(&self) -> bool {
        false
    }

    /// Bytes that it takes.
    fn bytes(&self) -> Result<u64, StoreError>;

    /// Closes it. What it was held by is free afterwards.
    fn close(self: Box<Self>);
}
