//! One process owns a data directory: a lock of our own, so that a second one can be told by whom.

use std::{
    fs::{File, TryLockError},
    io::{ErrorKind, Read, Seek, Write},
    path::Path,
};

use super::error::StoreError;
use crate::files;

const LOCK_FILE: &str = "owner.lock";

/// The directory is ours until this is dropped, or the process ends in whatever way.
#[derive(Debug)]
pub(super) struct Lock {
    file: File,
}

impl Lock {
    /// Makes the directory if it is not there, and takes it.
    pub(super) fn take(dir: &Path) -> Result<Self, StoreError> {
        make(dir).map_err(|error| StoreError::opening(dir, &error))?;
        let path = dir.join(LOCK_FILE);
        // Never through a link: what it leads to would be emptied.
        let mut file =
            files::open_own(&path).map_err(|error| StoreError::opening(&path, &error))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(held(dir, &mut file)),
            Err(TryLockError::Error(error)) => return Err(StoreError::opening(&path, &error)),
        }
        let pid = std::process::id().to_string();
        let written = file.set_len(0).and_then(|()| file.rewind());
        written
            .and_then(|()| file.write_all(pid.as_bytes()))
            .map_err(|error| StoreError::opening(&path, &error))?;
        take_from_others(dir).map_err(|error| StoreError::opening(dir, &error))?;
        Ok(Self { file })
    }

    /// Keeps an owner away for as long as this is held, and leaves the directory as it is. None where nobody has ever
    /// owned it.
    pub(super) fn share(dir: &Path) -> Result<Option<Self>, StoreError> {
        let path = dir.join(LOCK_FILE);
        let mut file = match files::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(StoreError::opening(&path, &error)),
        };
        match file.try_lock_shared() {
            Ok(()) => Ok(Some(Self { file })),
            Err(TryLockError::WouldBlock) => Err(held(dir, &mut file)),
            Err(TryLockError::Error(error)) => Err(StoreError::opening(&path, &error)),
        }
    }
}

/// Whatever the store keeps in a directory becomes its owner's alone; older versions left that to the process's umask. What
/// else lies there, and the directory itself, may be somebody else's.
fn take_from_others(dir: &Path) -> std::io::Result<()> {
    for entry in std::fs::read_dir(dir)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with("store") || name == "backups" || name == LOCK_FILE {
            files::keep_from_others(&entry.path())?;
        }
    }
    Ok(())
}

/// Makes a directory and those above it; the names of new ones are on the disk when it returns.
fn make(dir: &Path) -> std::io::Result<()> {
    let named = |path: &&Path| !path.as_os_str().is_empty();
    let new: Vec<_> = dir.ancestors().filter(named).take_while(|path| !path.exists()).collect();
    files::make_folder(dir)?;
    for made in new {
        let above = made.parent().filter(named).unwrap_or(Path::new("."));
        // One that may be written and not read cannot be synced by us.
        if let Ok(above) = File::open(above) {
            above.sync_all()?;
        }
    }
    Ok(())
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Closing alone would leave it to a process that was just forked and has not yet become another.
        let _ = self.file.unlock();
    }
}

fn held(dir: &Path, file: &mut File) -> StoreError {
    let mut pid = String::new();
    let read = file.take(20).read_to_string(&mut pid);
    let pid = read.ok().and_then(|_| pid.trim().parse().ok());
    StoreError::Held { dir: dir.display().to_string(), pid }
}
