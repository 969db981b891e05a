//! Values that follow from what the store holds, each in a file beside the database: as long as nothing is committed they need
//! not be worked out again.
//!
//! It must not hold what could not be worked out again: whatever is wrong with such a file, it is as if it were not there. No
//! backup has one, and a restored store begins without.

use std::path::{Path, PathBuf};

use super::key::Key;
use crate::{
    domain::text::hex,
    files::{self, Existing},
};

const FOLDER: &str = "derived";

/// No larger file is read.
const LARGEST: u64 = 64 << 20;

/// Where they lie; nowhere for a store that has no folder of its own.
#[derive(Clone, Debug, Default)]
pub(super) struct DerivedFiles(Option<PathBuf>);

impl DerivedFiles {
    /// Those of the store in this folder.
    pub(super) fn of(store: &Path) -> Self {
        Self(Some(store.join(FOLDER)))
    }

    fn path(&self, table: &str, key: &Key) -> Option<PathBuf> {
        let folder = self.0.as_ref()?;
        Some(folder.join(format!("{table}-{}", hex(key.as_bytes()))))
    }

    /// What was kept after the last commit; none where there was one since.
    pub(super) fn read(&self, table: &str, key: &Key, last_commit: u64) -> Option<Vec<u8>> {
        let mut bytes = files::read(&self.path(table, key)?, LARGEST).ok()?;
        let whole = bytes.len().checked_sub(MARK_BYTES)?;
        let mark = bytes.split_off(whole);
        (mark == mark_of(&bytes, last_commit)).then_some(bytes)
    }

    pub(super) fn write(
        &self,
        table: &str,
        key: &Key,
        mut value: Vec<u8>,
        last_commit: u64,
    ) -> std::io::Result<()> {
        let Some(path) = self.path(table, key) else { return Ok(()) };
        value.extend(mark_of(&value, last_commit));
        files::make_folder(files::folder_of(&path))?;
        files::write(&path, &value, Existing::Replaced)
    }
}

const MARK_BYTES: usize = 12;

/// The number of the commit after which it holds, and a checksum of both.
fn mark_of(value: &[u8], last_commit: u64) -> Vec<u8> {
    let number = last_commit.to_be_bytes();
    let mut checksum = crc32fast::Hasher::new();
    checksum.update(value);
    checksum.update(&number);
    [&number[..], &checksum.finalize().to_be_bytes()].concat()
}
