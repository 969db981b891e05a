//! Records on sled, in a directory: the store's own database. The only file that names sled; it must not know what lies
//! under a name.
//!
//! Opening is guarded against what sled does to data (each reproduced before it was answered):
//!
//! | what sled does | what is done about it |
//! |---|---|
//! | `flush()` is `sync_file_range`: acknowledged records are lost in a power cut | `sync_data` on a file handle of ours after every `flush()` |
//! | `conf` and the directories are never synced | synced here, once, on opening |
//! | a crash in its snapshot leaves `snap.*.generating`, and it never opens again | removed before opening: the rename had not happened, so nothing is lost |
//! | a snapshot that was cut short or spoiled keeps it from opening | set aside; the log alone holds everything, and all of it is read and counted before it is trusted ([`Backend::must_be_checked`]) |
//! | it panics on some damage | `catch_unwind` around opening and around every request |
//! | it forgets the end of a torn log without a word | the number of a commit inside against the [`HighWaterMark`] beside it |
//! | it does not check values | a CRC in every record (`store/codec.rs`) |
//! | after a full disk the handle is dead for good | the first failed commit refuses all later ones; free space is watched to stop before |
//! | values from 8 KiB on become files that it neither syncs nor frees | no record above 4 KiB |
//! | its cache is 1 GiB | 16 MiB |
//! | what it replaces stays in memory until a thread has replaced 64 pieces, of half a MiB each | let go after every commit |
//! | transactions over disjoint sets of trees may recover in part | one tree for everything: there are no such sets |
//!
//! One tree, with the table's name before each key: a commit is one batch on one tree, which sled seals
//! and recovers as a whole, and the order inside a table is the order of its keys.

use std::{
    fs::{self, File},
    io::ErrorKind,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::Mutex,
    time::Duration,
};

use super::{
    backend::{Backend, Records, Rows},
    error::StoreError,
    lock::Lock,
    mark::HighWaterMark,
    options::Options,
};
use crate::files;

const CACHE_BYTES: u64 = 8 << 20;
/// Each commit is flushed by itself; what its own thread does beside that is to clear up. It writes to the disk each time, also
/// where nothing was changed, and an idle daemon shall let the disk rest.
const FLUSH_EVERY_MS: u64 = 5_000;
/// Its waiting workers, and the one that flushes.
const SLED_THREADS: usize = 8;
const TREE: &str = "records";

/// The open database with everything that guards it.
#[derive(Debug)]
pub(super) struct Disk {
    dir: PathBuf,
    database: sled::Db,
    tree: sled::Tree,
    data: File,
    mark: HighWaterMark,
    /// Whether it was put together from the log alone.
    rebuilt: bool,
    least_free: u64,
    fault_after: Option<u64>,
    // Given back after the database is closed.
    lock: Option<Lock>,
    /// What this is a copy in, if it is one: removed last.
    scratch: Option<tempfile::TempDir>,
}

impl Disk {
    /// Opens the database in `store` of a data directory, which the caller holds.
    pub(super) fn open(dir: &Path, store: &Path, options: &Options) -> Result<Self, StoreError> {
        let path = store.join("sled");
        let io = |error: std::io::Error| StoreError::opening(&path, &error);
        files::make_folder(&path).map_err(io)?;
        remove_unfinished_snapshots(&path).map_err(io)?;
        threads_can_start().map_err(io)?;
        let (database, rebuilt) = open_or_rebuild(&path)?;
        let tree = database.open_tree(TREE).map_err(|error| unreadable(&path, error))?;
        let data = File::open(path.join("db")).map_err(io)?;
        data.sync_all().map_err(io)?;
        let mark = HighWaterMark::open(store)?;
        // The database makes its files with whatever mode the process gives them, and older versions let it.
        files::keep_from_others(store).map_err(|error| StoreError::io(store, &error))?;
        for made in [&path.join("conf"), &path, store, dir] {
            File::open(made).and_then(|file| file.sync_all()).map_err(io)?;
        }
        Ok(Self {
            dir: dir.to_owned(),
            database,
            tree,
            data,
            mark,
            rebuilt,
            least_free: options.least_free_bytes,
            fault_after: options.fail_after_bytes,
            lock: None,
            scratch: None,
        })
    }

    /// The directory is given back when this is closed.
    pub(super) fn holding(self, lock: Lock) -> Self {
        Self { lock: Some(lock), ..self }
    }

    /// The folder goes when this is closed.
    pub(super) fn within(self, scratch: tempfile::TempDir) -> Self {
        Self { scratch: Some(scratch), ..self }
    }

    /// The commit is on the disk already: a mark that lags behind costs vigilance, not data.
    fn note(&self, commit: u64, sync: bool) {
        let synced = |()| if sync { self.mark.sync() } else { Ok(()) };
        if let Err(error) = self.mark.write(commit).and_then(synced) {
            tracing::warn!(%error, "the high-water mark could not be written");
        }
    }

    fn fail_if_told(&mut self, bytes: u64) -> Result<(), StoreError> {
        if let Some(left) = &mut self.fault_after {
            *left = left.checked_sub(bytes).ok_or_else(|| {
                StoreError::io(&self.dir, &std::io::Error::from(ErrorKind::StorageFull))
            })?;
        }
        Ok(())
    }

    fn failed(&self, error: sled::Error) -> StoreError {
        failed(&self.dir, error)
    }
}

impl Backend for Disk {
    fn place(&self) -> String {
        self.dir.display().to_string()
    }

    fn has_room(&self) -> Result<(), StoreError> {
        let free = free_bytes(&self.dir);
        if free >= self.least_free {
            return Ok(());
        }
        Err(StoreError::LowSpace { dir: self.place(), free, least: self.least_free })
    }

    fn commit(&mut self, number: u64, records: Records) -> Result<(), StoreError> {
        let bytes = records.values().flatten().map(|record| record.len() as u64).sum();
        let mut batch = sled::Batch::default();
        for (name, record) in records {
            match record {
                Some(record) => batch.insert(name, record),
                None => batch.remove(name),
            }
        }
        self.tree.apply_batch(batch).map_err(|error| self.failed(error))?;
        self.fail_if_told(bytes)?;
        self.database.flush().map_err(|error| self.failed(error))?;
        self.data.sync_data().map_err(|error| StoreError::io(&self.dir, &error))?;
        self.note(number, false);
        let_go();
        Ok(())
    }

    fn read(&self, name: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let record = self.tree.get(name).map_err(|error| self.failed(error))?;
        Ok(record.map(|record| record.to_vec()))
    }

    fn scan(&self, prefix: &[u8], from: &[u8], limit: usize) -> Result<Rows, StoreError> {
        let mut rows = Rows::new();
        for row in self.tree.range(from.max(prefix)..).take(limit) {
            let (name, record) = row.map_err(|error| self.failed(error))?;
            if !name.starts_with(prefix) {
                break;
            }
            rows.push((name.to_vec(), record.to_vec()));
        }
        let_go();
        Ok(rows)
    }

    fn scan_back(&self, prefix: &[u8], limit: usize) -> Result<Rows, StoreError> {
        let rows = self.tree.scan_prefix(prefix).rev().take(limit);
        rows.map(|row| row.map(|(name, record)| (name.to_vec(), record.to_vec())))
            .collect::<Result<_, _>>()
            .map_err(|error| self.failed(error))
    }

    fn names(&self, prefix: &[u8]) -> Result<Vec<Vec<u8>>, StoreError> {
        let names = self.tree.scan_prefix(prefix).keys();
        names
            .map(|name| name.map(|name| name.to_vec()))
            .collect::<Result<_, _>>()
            .map_err(|error| self.failed(error))
    }

    fn count(&self, prefix: &[u8]) -> Result<u64, StoreError> {
        let mut names = self.tree.scan_prefix(prefix).keys();
        names.try_fold(0, |count, name| name.map(|_| count + 1)).map_err(|error| self.failed(error))
    }

    fn noted(&self) -> Option<u64> {
        self.mark.read()
    }

    fn trust(&mut self, number: u64) {
        self.note(number, true);
    }

    fn must_be_checked(&self) -> bool {
        self.rebuilt
    }

    fn bytes(&self) -> Result<u64, StoreError> {
        self.database.size_on_disk().map_err(|error| self.failed(error))
    }

    fn close(self: Box<Self>) {
        let Self { database, tree, lock, scratch, .. } = *self;
        drop((tree, database));
        drop((lock, scratch));
    }
}

/// Lets go of what sled has replaced on this thread. It would keep the last 64 such pieces: each commit leaves a buffer of half a
/// megabyte among them, and whoever goes through all there is leaves each page that had to make room for another.
fn let_go() {
    crossbeam_epoch::pin().flush();
}

/// Whether a thread of this name is one of sled's own.
pub(super) fn names_its_thread(thread: &str) -> bool {
    thread.contains("sled")
}

/// Bytes that are free under a path; all there can be where the system does not say.
fn free_bytes(path: &Path) -> u64 {
    rustix::fs::statvfs(path)
        .map_or(u64::MAX, |space| space.f_bavail.saturating_mul(space.f_frsize))
}

fn remove_unfinished_snapshots(path: &Path) -> std::io::Result<()> {
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().ends_with(".generating") {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Sled waits for ever for a thread that the system does not let it start (too little memory, too many processes), so
/// as many as it uses are started and ended before.
fn threads_can_start() -> std::io::Result<()> {
    let gate = Mutex::new(());
    let closed = gate.lock();
    std::thread::scope(|scope| {
        let waiting = || drop(gate.lock());
        let mut started = (0..SLED_THREADS)
            .map(|_| std::thread::Builder::new().spawn_scoped(scope, waiting).map(drop));
        let all = started.by_ref().collect();
        drop(closed);
        all
    })
}

/// Opens the database; where its snapshot cannot be read, without it. The snapshot only saves reading the log: everything
/// in it is in the log as well. Says whether that was needed.
fn open_or_rebuild(path: &Path) -> Result<(sled::Db, bool), StoreError> {
    match open_sled(path) {
        Err(StoreError::Damaged(what)) => {
            if !set_snapshots_aside(path).map_err(|error| StoreError::opening(path, &error))? {
                return Err(StoreError::Damaged(what));
            }
            tracing::warn!(%what, "the snapshot is set aside, the store is put together from its log");
            open_sled(path).map(|database| (database, true)).map_err(|error| match error {
                StoreError::Damaged(_) => StoreError::Damaged(what),
                other => other,
            })
        }
        opened => opened.map(|database| (database, false)),
    }
}

/// Snapshots get a name that is not looked for; whether there were any.
fn set_snapshots_aside(path: &Path) -> std::io::Result<bool> {
    let mut any = false;
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if let Some(number) = name.strip_prefix("snap.") {
            fs::rename(entry.path(), path.join(format!("unreadable-snapshot.{number}")))?;
            any = true;
        }
    }
    Ok(any)
}

fn open_sled(path: &Path) -> Result<sled::Db, StoreError> {
    // We hold the directory, so a lock met here is that of our own database, still closing.
    for _ in 0..100 {
        let config = sled::Config::default()
            .path(path)
            .cache_capacity(CACHE_BYTES)
            .flush_every_ms(Some(FLUSH_EVERY_MS));
        match catch_unwind(AssertUnwindSafe(|| config.open())) {
            Ok(Err(sled::Error::Io(error))) if error.to_string().contains("acquire lock") => {
                std::thread::sleep(Duration::from_millis(20));
            }
            Ok(opened) => return opened.map_err(|error| unreadable(path, error)),
            Err(panic) => return Err(panicked(path, panic.as_ref())),
        }
    }
    Err(StoreError::Other(format!("{} is still being closed", path.display())))
}

fn failed(dir: &Path, error: sled::Error) -> StoreError {
    match error {
        sled::Error::Io(error) => StoreError::io(dir, &error),
        // Where exactly is told by a type of sled's that nobody can use.
        sled::Error::Corruption { .. } => {
            StoreError::Damaged(format!("{} holds what was not written there", dir.display()))
        }
        error => StoreError::Other(format!("{}: {error}", dir.display())),
    }
}

/// What sled says of files that are not as it wrote them is not always called corruption; what the system refused it
/// carries a number of the system's.
fn unreadable(path: &Path, error: sled::Error) -> StoreError {
    if let sled::Error::Io(error) = &error
        && error.raw_os_error().is_some()
    {
        return StoreError::opening(path, error);
    }
    match failed(path, error) {
        StoreError::Other(what) => StoreError::Damaged(what),
        other => other,
    }
}

/// Sled panics on some damage, and where it cannot start a thread or open a file more. The latter it tells only in the
/// text of the panic, which holds the system's error as Rust prints it: `Os { code: 24, kind: …, message: … }`.
fn panicked(path: &Path, panic: &(dyn std::any::Any + Send)) -> StoreError {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or_default();
    let code = text.split_once("Os { code: ").and_then(|(_, rest)| rest.split_once(','));
    match code.and_then(|(code, _)| code.parse().ok()) {
        Some(code) => StoreError::opening(path, &std::io::Error::from_raw_os_error(code)),
        None => StoreError::Damaged(format!("{} cannot be read", path.display())),
    }
}
