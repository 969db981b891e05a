//! Restoring a backup, and making a new store: each is there whole or not at all.
//!
//! A fresh store is filled and counted, and then two renames put it in the place of the old one, which is kept. A stop
//! between the two is finished at the next opening. It must not know what a database does with records.

use std::{
    fs::{self, File},
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
};

use uuid::Uuid;

use super::{
    backup::{BackupLine, FORMAT, Footer, Header, line_checksum, sync_folder},
    batch::Changes,
    database::Database,
    disk::Disk,
    error::StoreError,
    key,
    lock::Lock,
    migration::{self, newest},
    options::Options,
};
use crate::files;

/// So many values are written at once.
const ROWS_A_COMMIT: usize = 1000;

/// No line of a backup is longer: the largest value, escaped.
const LONGEST_LINE: u64 = 512 << 20;

/// What was restored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RestoreReport {
    /// Values restored.
    pub values: u64,
    /// The installation they belong to.
    pub installation: Uuid,
    /// Where the store that was there before is now; it can be removed.
    pub replaced: Option<PathBuf>,
}

/// Reads a whole backup into a fresh store, and only then puts it in the place of the one there is.
pub(super) fn restore(
    file: &Path,
    dir: &Path,
    options: &Options,
) -> Result<RestoreReport, StoreError> {
    let opened = files::open(file).map_err(|error| unreadable(file, &error))?;
    let mut source = BackupFile {
        file,
        lines: BufReader::new(opened),
        all: crc32fast::Hasher::new(),
        number: 0,
    };
    let header = source.header(newest(options.migrations))?;
    let lock = Lock::take(dir)?;
    let fresh = dir.join("store.restoring");
    remove_folder(&fresh)?;
    let mut database = Database::open(Disk::open(dir, &fresh, options)?)?;
    let filled = fill(&mut database, &mut source, &header);
    database.close();
    let values = match filled {
        Ok(values) => values,
        Err(error) => {
            // Half a store is of no use; where it cannot be removed, the next restore does.
            let _ = remove_folder(&fresh);
            return Err(error);
        }
    };
    let replaced = put_in_place(dir, &fresh)?;
    drop(lock);
    Ok(RestoreReport { values, installation: header.installation, replaced })
}

/// Everything the backup holds; gives the number of values.
fn fill(
    database: &mut Database,
    source: &mut BackupFile,
    header: &Header,
) -> Result<u64, StoreError> {
    migration::found(database, header.schema, header.installation)?;
    let footer = source.read_into(database)?;
    let present = database.count(&key::all_values())?;
    if footer.values != present {
        return Err(source.damaged(&format!("holds {present} of {} values", footer.values)));
    }
    Ok(present)
}

fn unreadable(file: &Path, error: &std::io::Error) -> StoreError {
    StoreError::Backup(format!("{}: {error}", file.display()))
}

struct BackupFile<'a> {
    file: &'a Path,
    lines: BufReader<File>,
    all: crc32fast::Hasher,
    number: u64,
}

impl BackupFile<'_> {
    fn header(&mut self, known: u32) -> Result<Header, StoreError> {
        let line = self.next()?.ok_or_else(|| self.damaged("is empty"))?;
        let header: Header =
            serde_json::from_slice(&line).map_err(|_| self.damaged("is no backup"))?;
        self.all.update(&line);
        if header.prism_connect_backup > FORMAT || header.schema > known {
            let dir = self.file.display().to_string();
            return Err(StoreError::Newer { dir, found: header.schema, known });
        }
        Ok(header)
    }

    fn read_into(&mut self, database: &mut Database) -> Result<Footer, StoreError> {
        let mut changes = Changes::new();
        while let Some(line) = self.next()? {
            if let Ok(footer) = serde_json::from_slice::<Footer>(&line) {
                database.commit(&changes)?;
                return self.end(footer);
            }
            let (name, payload) = self.value(&line)?;
            self.all.update(&line);
            changes.insert(name, Some(payload));
            if changes.len() == ROWS_A_COMMIT {
                database.commit(&std::mem::take(&mut changes))?;
            }
        }
        Err(self.damaged("is cut short"))
    }

    fn end(&mut self, footer: Footer) -> Result<Footer, StoreError> {
        if self.all.clone().finalize() != footer.checksum {
            return Err(self.damaged("does not match its checksum"));
        }
        match self.next()? {
            None => Ok(footer),
            Some(_) => Err(self.damaged("goes on after its end")),
        }
    }

    fn value(&self, line: &[u8]) -> Result<(Vec<u8>, Vec<u8>), StoreError> {
        let line: BackupLine =
            serde_json::from_slice(line).map_err(|_| self.damaged("is garbled"))?;
        if line_checksum(&line.table, &line.key, &line.value) != line.checksum {
            return Err(self.damaged("does not match its checksum"));
        }
        let key = unhex(&line.key).ok_or_else(|| self.damaged("has a garbled key"))?;
        Ok((key::value_name(&line.table, &key), line.value.into_bytes()))
    }

    /// The next line with its end; none at the end of the file.
    fn next(&mut self) -> Result<Option<Vec<u8>>, StoreError> {
        let mut line = Vec::new();
        let mut limited = (&mut self.lines).take(LONGEST_LINE);
        let read = limited.read_until(b'\n', &mut line);
        read.map_err(|error| unreadable(self.file, &error))?;
        self.number += 1;
        Ok((!line.is_empty()).then_some(line))
    }

    fn damaged(&self, what: &str) -> StoreError {
        let file = self.file.display();
        StoreError::Backup(format!("{file}, line {}, {what}", self.number))
    }
}

/// Swaps names. A stop in between is finished by [`finish_swap`] when the store is opened.
fn put_in_place(dir: &Path, fresh: &Path) -> Result<Option<PathBuf>, StoreError> {
    let io = |error: std::io::Error| StoreError::io(dir, &error);
    let (store, ready) = (dir.join("store"), dir.join("store.restored"));
    remove_folder(&ready)?;
    fs::rename(fresh, &ready).map_err(io)?;
    sync_folder(dir)?;
    let replaced = store.exists().then(|| free_name(dir));
    if let Some(replaced) = &replaced {
        fs::rename(&store, replaced).map_err(io)?;
    }
    fs::rename(&ready, &store).map_err(io)?;
    sync_folder(dir)?;
    Ok(replaced)
}

/// A new store is made under another name, so that a power cut in its first moments leaves none, rather
/// than one that does not open.
pub(super) fn make_if_missing(dir: &Path, options: &Options) -> Result<(), StoreError> {
    let (store, fresh) = (dir.join("store"), dir.join("store.making"));
    if store.exists() {
        return Ok(());
    }
    remove_folder(&fresh)?;
    let mut database = Database::open(Disk::open(dir, &fresh, options)?)?;
    migration::found(&mut database, newest(options.migrations), Uuid::new_v4())?;
    database.close();
    sync_folder(&fresh)?;
    fs::rename(&fresh, &store).map_err(|error| StoreError::io(dir, &error))?;
    sync_folder(dir)
}

/// Finishes a restore that was stopped between its renames, or forgets one that had not begun them.
pub(super) fn finish_swap(dir: &Path) -> Result<(), StoreError> {
    let (store, ready) = (dir.join("store"), dir.join("store.restored"));
    if !ready.exists() {
        return Ok(());
    }
    if store.exists() {
        return remove_folder(&ready);
    }
    fs::rename(&ready, &store).map_err(|error| StoreError::io(dir, &error))?;
    sync_folder(dir)
}

fn free_name(dir: &Path) -> PathBuf {
    let names = (1..).map(|number: u32| dir.join(format!("store.replaced-{number}")));
    let mut free = names.filter(|path| !path.exists());
    free.next().expect("numbers outlast directories")
}

fn remove_folder(folder: &Path) -> Result<(), StoreError> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(StoreError::io(folder, &error))
        }
        _ => Ok(()),
    }
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes().chunks(2);
    digits.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}
