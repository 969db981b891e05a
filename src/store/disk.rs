//! The open database. Everything here blocks and is called on the store thread only.
//!
//! Opening is guarded against what sled does to data (each reproduced before it was answered):
//!
//! | what sled does | what is done about it |
//! |---|---|
//! | `flush()` is `sync_file_range`: acknowledged records are lost in a power cut | `sync_data` on a file handle of ours after every `flush()` |
//! | `conf` and the directories are never synced | synced here, once, on opening |
//! | a crash in its snapshot leaves `snap.*.generating`, and it never opens again | removed before opening: the rename had not happened, so nothing is lost |
//! | a snapshot that was cut short or spoiled keeps it from opening | set aside; the log alone holds everything, and all of it is read and counted before it is trusted |
//! | it panics on some damage | `catch_unwind` around opening and around every request |
//! | it forgets the end of a torn log without a word | a commit number inside against the [`Mark`] beside it |
//! | it does not check values | a CRC in every record ([`super::codec`]) |
//! | after a full disk the handle is dead for good | the first failed commit refuses all later ones; free space is watched to stop before |
//! | values from 8 KiB on become files that it neither syncs nor frees | no record above 4 KiB |
//! | its cache is 1 GiB | 64 MiB |
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
    Options, StoreError,
    batch::Changes,
    check,
    codec::{self, Form, Record},
    key,
    lock::Lock,
    mark::Mark,
};
use crate::files;

const CACHE_BYTES: u64 = 64 << 20;
const FLUSH_EVERY_MS: u64 = 500;
/// Its waiting workers, and the one that flushes.
const SLED_THREADS: usize = 8;
const TREE: &str = "records";
/// Holds the number of the last commit and the number of values, in one record.
const COMMIT: &str = "commit";

/// Names and payloads, as a scan finds them.
pub(super) type Rows = Vec<(Vec<u8>, Vec<u8>)>;

/// The open database with everything that guards it.
#[derive(Debug)]
pub(super) struct Disk {
    /// The data directory.
    pub dir: PathBuf,
    database: sled::Db,
    tree: sled::Tree,
    data: File,
    mark: Mark,
    /// Number of the last commit.
    pub commit: u64,
    /// Number of values.
    pub values: u64,
    /// The installation's id; nil until it was read.
    pub installation: uuid::Uuid,
    refusal: Option<StoreError>,
    least_free: u64,
    fault_after: Option<u64>,
    // Given back after the database is closed.
    lock: Lock,
    /// What this is a copy in, if it is one: removed last.
    #[expect(dead_code, reason = "it is held for what its end does")]
    scratch: Option<tempfile::TempDir>,
}

impl Disk {
    /// Opens the database in `store` of a data directory that is held by this lock.
    pub(super) fn open(
        dir: &Path,
        store: &Path,
        lock: Lock,
        options: &Options,
    ) -> Result<Self, StoreError> {
        let path = store.join("sled");
        let io = |error: std::io::Error| StoreError::opening(&path, &error);
        files::make_folder(&path).map_err(io)?;
        remove_unfinished_snapshots(&path).map_err(io)?;
        threads_can_start().map_err(io)?;
        let (database, rebuilt) = open_or_rebuild(&path)?;
        let tree = database.open_tree(TREE).map_err(|error| unreadable(&path, error))?;
        let data = File::open(path.join("db")).map_err(io)?;
        data.sync_all().map_err(io)?;
        let mark = Mark::open(store)?;
        // The database makes its files with whatever mode the process gives them, and older versions let it.
        files::keep_from_others(store).map_err(|error| StoreError::io(store, &error))?;
        for made in [&path.join("conf"), &path, store, dir] {
            File::open(made).and_then(|file| file.sync_all()).map_err(io)?;
        }
        let mut disk = Self {
            dir: dir.to_owned(),
            database,
            tree,
            data,
            mark,
            commit: 0,
            values: 0,
            installation: uuid::Uuid::nil(),
            refusal: None,
            least_free: options.least_free_bytes,
            fault_after: options.fail_after_bytes,
            lock,
            scratch: None,
        };
        (disk.commit, disk.values) = disk.read_commit()?;
        disk.compare_with_mark()?;
        if rebuilt {
            disk.must_be_whole()?;
        }
        disk.note(true);
        Ok(disk)
    }

    /// What was put together from the log alone is trusted once every record was read and counted.
    fn must_be_whole(&self) -> Result<(), StoreError> {
        let report = check::check(self)?;
        match report.problems.first() {
            None => Ok(()),
            Some(problem) => Err(StoreError::Damaged(problem.trim_end_matches('.').to_owned())),
        }
    }

    /// The folder goes when this is closed.
    pub(super) fn within(self, scratch: tempfile::TempDir) -> Self {
        Self { scratch: Some(scratch), ..self }
    }

    fn read_commit(&self) -> Result<(u64, u64), StoreError> {
        let Some(payload) = self.read(&key::meta_name(COMMIT))? else { return Ok((0, 0)) };
        serde_json::from_slice(&payload)
            .map_err(|error| StoreError::Damaged(format!("the commit number: {error}")))
    }

    fn compare_with_mark(&self) -> Result<(), StoreError> {
        match self.mark.read() {
            Some(noted) if noted > self.commit => Err(StoreError::Damaged(format!(
                "the database in {} ends at commit {}, but commit {noted} was acknowledged",
                self.dir.display(),
                self.commit
            ))),
            _ => Ok(()),
        }
    }

    /// The number in the mark.
    pub(super) fn noted(&self) -> Option<u64> {
        self.mark.read()
    }

    /// Makes all of these changes durable, or none. After a failure on the disk nothing is written any more.
    pub(super) fn commit(&mut self, changes: &Changes) -> Result<(), StoreError> {
        self.refuse_if_needed()?;
        let commit = self.commit + 1;
        let (batch, values) = self.batch(changes, commit)?;
        if let Err(error) = self.write(batch, changes) {
            tracing::error!(%error, "a commit failed; nothing more is written");
            self.refusal = Some(error.clone());
            return Err(error);
        }
        (self.commit, self.values) = (commit, values);
        self.note(false);
        Ok(())
    }

    /// The commit is on the disk already: a mark that lags behind costs vigilance, not data.
    fn note(&self, sync: bool) {
        let synced = |()| if sync { self.mark.sync() } else { Ok(()) };
        if let Err(error) = self.mark.write(self.commit).and_then(synced) {
            tracing::warn!(%error, "the high-water mark could not be written");
        }
    }

    fn refuse_if_needed(&self) -> Result<(), StoreError> {
        if let Some(refusal) = &self.refusal {
            return Err(refusal.clone());
        }
        let free = free_bytes(&self.dir);
        if free >= self.least_free {
            return Ok(());
        }
        let dir = self.dir.display().to_string();
        Err(StoreError::LowSpace { dir, free, least: self.least_free })
    }

    /// Closes the database and gives the directory back, still held.
    pub(super) fn close(self) -> Lock {
        let Self { database, tree, lock, .. } = self;
        drop((tree, database));
        lock
    }

    /// The records to write, and how many values there will be then.
    fn batch(&self, changes: &Changes, commit: u64) -> Result<(sled::Batch, u64), StoreError> {
        let mut batch = sled::Batch::default();
        let mut values = self.values;
        for (name, payload) in changes {
            let there = self.get(name)?;
            if there.as_ref().is_some_and(|record| !is_whole(record)) {
                self.remove_parts(name, &mut batch)?;
            }
            if name.starts_with(&key::all_values()) {
                values = (values + u64::from(payload.is_some()))
                    .saturating_sub(u64::from(there.is_some()));
            }
            let Some(payload) = payload else {
                batch.remove(name.as_slice());
                continue;
            };
            for (name, record) in codec::records(name, payload) {
                batch.insert(name, record);
            }
        }
        let name = key::meta_name(COMMIT);
        let record = codec::seal(Form::Whole, &name, format!("[{commit},{values}]").as_bytes());
        batch.insert(name, record);
        Ok((batch, values))
    }

    fn remove_parts(&self, name: &[u8], batch: &mut sled::Batch) -> Result<(), StoreError> {
        let length = name.len() + key::PART_NUMBER_BYTES;
        let parts = self.names(&key::part_prefix(name))?.into_iter();
        parts.filter(|part| part.len() == length).for_each(|part| batch.remove(part));
        Ok(())
    }

    fn write(&mut self, batch: sled::Batch, changes: &Changes) -> Result<(), StoreError> {
        let failed = |error| StoreError::sled(&self.dir, error);
        self.tree.apply_batch(batch).map_err(failed)?;
        if let Some(left) = &mut self.fault_after {
            let bytes = changes.values().flatten().map(|payload| payload.len() as u64).sum();
            *left = left.checked_sub(bytes).ok_or_else(|| {
                StoreError::io(&self.dir, &std::io::Error::from(ErrorKind::StorageFull))
            })?;
        }
        self.database.flush().map_err(failed)?;
        self.data.sync_data().map_err(|error| StoreError::io(&self.dir, &error))
    }

    /// The payload at a name, put together if it was split.
    pub(super) fn read(&self, name: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.get(name)?.map(|record| self.payload(name, &record)).transpose()
    }

    fn payload(&self, name: &[u8], record: &[u8]) -> Result<Vec<u8>, StoreError> {
        let damaged = |what| StoreError::Damaged(format!("{} {what}", key::describe(name)));
        let head = match codec::unseal(name, record)? {
            Record::Whole(payload) => return Ok(payload.to_vec()),
            Record::Part(_) => return Err(damaged("is a part where a value should be")),
            Record::Head(head) => head,
        };
        let mut payload = Vec::new();
        for number in 0..head.parts {
            let name = key::part_name(name, number);
            let record = self.get(&name)?.ok_or_else(|| damaged("lacks a part"))?;
            match codec::unseal(&name, &record)? {
                Record::Part(part) => payload.extend(part),
                _ => return Err(damaged("has something else in place of a part")),
            }
        }
        head.fits(&payload).then_some(payload).ok_or_else(|| damaged("does not fit together"))
    }

    fn get(&self, name: &[u8]) -> Result<Option<sled::IVec>, StoreError> {
        self.tree.get(name).map_err(|error| StoreError::sled(&self.dir, error))
    }

    /// Names that begin so, in order.
    pub(super) fn names(&self, prefix: &[u8]) -> Result<Vec<Vec<u8>>, StoreError> {
        let names = self.tree.scan_prefix(prefix).keys();
        names
            .map(|name| name.map(|name| name.to_vec()))
            .collect::<Result<_, _>>()
            .map_err(|error| StoreError::sled(&self.dir, error))
    }

    /// How many names begin so.
    pub(super) fn count(&self, prefix: &[u8]) -> Result<u64, StoreError> {
        let mut names = self.tree.scan_prefix(prefix).keys();
        names
            .try_fold(0, |count, name| name.map(|_| count + 1))
            .map_err(|error| StoreError::sled(&self.dir, error))
    }

    /// Values whose names begin so and are not before `from`, in order.
    pub(super) fn scan(
        &self,
        prefix: &[u8],
        from: &[u8],
        limit: usize,
    ) -> Result<Rows, StoreError> {
        let all = self.tree.range(from.max(prefix)..);
        let mut rows = Rows::new();
        for row in all.take(limit) {
            let (name, record) = row.map_err(|error| StoreError::sled(&self.dir, error))?;
            if !name.starts_with(prefix) {
                break;
            }
            rows.push((name.to_vec(), self.payload(&name, &record)?));
        }
        Ok(rows)
    }

    /// The last values whose names begin so, the last one first.
    pub(super) fn scan_back(&self, prefix: &[u8], limit: usize) -> Result<Rows, StoreError> {
        let mut rows = Rows::new();
        for row in self.tree.scan_prefix(prefix).rev().take(limit) {
            let (name, record) = row.map_err(|error| StoreError::sled(&self.dir, error))?;
            rows.push((name.to_vec(), self.payload(&name, &record)?));
        }
        Ok(rows)
    }

    /// Bytes that the database takes on the disk.
    pub(super) fn bytes(&self) -> Result<u64, StoreError> {
        self.database.size_on_disk().map_err(|error| StoreError::sled(&self.dir, error))
    }
}

fn is_whole(record: &[u8]) -> bool {
    record.first() == Some(&(Form::Whole as u8))
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

/// What sled says of files that are not as it wrote them is not always called corruption; what the system refused it
/// carries a number of the system's.
fn unreadable(path: &Path, error: sled::Error) -> StoreError {
    if let sled::Error::Io(error) = &error
        && error.raw_os_error().is_some()
    {
        return StoreError::opening(path, error);
    }
    match StoreError::sled(path, error) {
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
