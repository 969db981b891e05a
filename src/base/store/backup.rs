//! A backup: one line of JSON per value, with checksums, in one file.
//!
//! A backup that was reported is on the disk: it is written beside its name, synced, renamed, and the folder synced.
//! `store/restore.rs` reads it.
//!
//! The directory of a running store must not be copied: nothing promises that a copy opens. A backup
//! holds no key of the vault, so the secrets in it stay sealed.

#![expect(missing_docs, reason = "what has no sentence is what its name says")]

use std::{
    fs::File,
    io::{BufWriter, Write},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{database::Database, error::StoreError, key, migration};
use crate::files::{self, Existing};

pub(super) const FORMAT: u32 = 1;
/// Rows of customers are long, and what is read of the store at once is kept twice for that time.
const ROWS_A_STEP: usize = 64;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackupReport {
    pub file: PathBuf,
    pub values: u64,
    pub bytes: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Header {
    pub prism_connect_backup: u32,
    pub schema: u32,
    pub installation: Uuid,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BackupLine {
    pub table: String,
    pub key: String,
    pub value: String,
    pub checksum: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Footer {
    pub values: u64,
    pub checksum: u32,
}

/// Writes everything to a new file beside the one named, which it then becomes.
pub(super) fn write(
    database: &Database,
    file: &Path,
    existing: Existing,
) -> Result<BackupReport, StoreError> {
    let io = |error: std::io::Error| StoreError::NoBackup {
        path: file.display().to_string(),
        cause: error.kind().to_string(),
    };
    let folder = files::folder_of(file);
    if !folder.is_dir() {
        let cause = format!("there is no directory {}", folder.display());
        return Err(StoreError::NoBackup { path: file.display().to_string(), cause });
    }
    let part = tempfile::NamedTempFile::new_in(folder).map_err(io)?;
    let mut lines =
        LineWriter { to: BufWriter::new(part), all: crc32fast::Hasher::new(), values: 0 };
    let (schema, installation) = (migration::schema(database)?, database.installation);
    let header = Header { prism_connect_backup: FORMAT, schema, installation };
    lines.write(&header).map_err(io)?;
    let mut from = key::all_values();
    loop {
        let rows = database.scan(&key::all_values(), &from, ROWS_A_STEP)?;
        let Some((last, _)) = rows.last() else { break };
        from = [last.as_slice(), &[0]].concat();
        for (name, payload) in &rows {
            lines.write(&line(name, payload)?).map_err(io)?;
            lines.values += 1;
        }
    }
    let footer = Footer { values: lines.values, checksum: lines.all.clone().finalize() };
    lines.write(&footer).map_err(io)?;
    let values = lines.values;
    let part = lines.to.into_inner().map_err(|error| io(error.into_error()))?;
    part.as_file().sync_all().map_err(io)?;
    let bytes = part.as_file().metadata().map_err(io)?.len();
    // By its name alone: a link in its place is not followed.
    let named = match existing {
        Existing::Kept => part.persist_noclobber(file),
        Existing::Replaced => part.persist(file),
    };
    named.map_err(|error| io(error.error))?;
    sync_folder(folder)?;
    Ok(BackupReport { file: file.to_owned(), values, bytes })
}

struct LineWriter<W: Write> {
    to: W,
    all: crc32fast::Hasher,
    pub values: u64,
}

impl<W: Write> LineWriter<W> {
    fn write(&mut self, line: &impl Serialize) -> std::io::Result<()> {
        let mut line = serde_json::to_vec(line)?;
        line.push(b'\n');
        self.all.update(&line);
        self.to.write_all(&line)
    }
}

fn line(name: &[u8], payload: &[u8]) -> Result<BackupLine, StoreError> {
    let damaged = || StoreError::Damaged(format!("{} is not a value", key::describe(name)));
    let (table, key) = key::split_name(name).ok_or_else(damaged)?;
    let value = String::from_utf8(payload.to_vec()).map_err(|_| damaged())?;
    let key = hex(key);
    let checksum = line_checksum(&table, &key, &value);
    Ok(BackupLine { table, key, value, checksum })
}

pub(super) fn line_checksum(table: &str, key: &str, value: &str) -> u32 {
    crc32fast::hash([table, "\n", key, "\n", value].concat().as_bytes())
}

pub(super) fn sync_folder(folder: &Path) -> Result<(), StoreError> {
    let synced = File::open(folder).and_then(|folder| folder.sync_all());
    synced.map_err(|error| StoreError::io(folder, &error))
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        let digit = |nibble: u8| char::from_digit(nibble.into(), 16).unwrap_or('0');
        text.extend([digit(byte >> 4), digit(byte & 15)]);
    }
    text
}
