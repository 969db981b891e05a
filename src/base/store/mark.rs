//! The high-water mark: the number of the last acknowledged commit, in a small file beside the database.
//!
//! Sled opens without complaint after the end of its log was torn off; the mark notices. It is synced on
//! opening and now and then, not with every commit: after a power cut it may lag behind the data, and
//! never runs ahead of it.

use std::{fs::File, os::unix::fs::FileExt, path::Path};

use super::error::StoreError;
use crate::files;

const MARK_FILE: &str = "commit.mark";
const MARK_BYTES: usize = 12;
/// Every so many commits the mark is synced.
const SYNC_EVERY: u64 = 64;

#[derive(Debug)]
pub(super) struct HighWaterMark {
    file: File,
}

impl HighWaterMark {
    /// Opens the mark beside the database, or makes it.
    pub(super) fn open(dir: &Path) -> Result<Self, StoreError> {
        let path = dir.join(MARK_FILE);
        let file = files::open_own(&path);
        file.map(|file| Self { file }).map_err(|error| StoreError::opening(&path, &error))
    }

    /// The last acknowledged commit; none where the mark is new or unreadable.
    pub(super) fn read(&self) -> Option<u64> {
        let mut bytes = [0; MARK_BYTES];
        self.file.read_exact_at(&mut bytes, 0).ok()?;
        let (number, checksum) = bytes.split_first_chunk::<8>()?;
        (crc32fast::hash(number).to_be_bytes() == checksum).then(|| u64::from_be_bytes(*number))
    }

    /// Notes a commit that is on the disk.
    pub(super) fn write(&self, commit: u64) -> std::io::Result<()> {
        let number = commit.to_be_bytes();
        let checksum = crc32fast::hash(&number).to_be_bytes();
        self.file.write_all_at(&[&number[..], &checksum[..]].concat(), 0)?;
        if commit.is_multiple_of(SYNC_EVERY) { self.sync() } else { Ok(()) }
    }

    /// Makes it outlast a power cut.
    pub(super) fn sync(&self) -> std::io::Result<()> {
        self.file.sync_data()
    }
}
