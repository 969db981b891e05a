//! A copy of the store to look into: what is written to it is gone when it is closed, and the data directory stays
//! byte for byte as it is.
//!
//! It must not be taken of a store that somebody has open: such a copy need not open.

use std::{
    fs::{self, File},
    io::{self, ErrorKind},
    path::Path,
};

use tempfile::TempDir;

use super::{error::StoreError, lock::Lock};
use crate::files;

/// Copies the store of a data directory, if there is one, into a new folder that only its owner can enter.
pub(super) fn copied(dir: &Path) -> Result<TempDir, StoreError> {
    let scratch = tempfile::Builder::new().prefix("prism-connect-").tempdir();
    let scratch = scratch.map_err(|error| StoreError::opening(&std::env::temp_dir(), &error))?;
    // Held while it is copied, and by any number of lookers at once.
    let _still = Lock::share(dir)?;
    // A restore that was stopped between its two renames has the store under its other name.
    for name in ["store", "store.restored"] {
        let from = dir.join(name);
        match copy(&from, &scratch.path().join("store")) {
            Ok(()) => break,
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(StoreError::opening(&from, &error)),
        }
    }
    Ok(scratch)
}

/// Files and folders; whatever else may lie there was not put there by us.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    let entries = fs::read_dir(from)?;
    files::make_folder(to)?;
    for entry in entries {
        let entry = entry?;
        let (kind, to) = (entry.file_type()?, to.join(entry.file_name()));
        if kind.is_dir() {
            copy(&entry.path(), &to)?;
        } else if kind.is_file() {
            io::copy(&mut File::open(entry.path())?, &mut files::create_new(&to)?)?;
        }
    }
    Ok(())
}
