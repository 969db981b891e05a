//! The embedded database behind one narrow door: sled, which this room alone names, and of it `store/disk.rs` alone.
//!
//! It keeps values by table and key, and knows nothing of what they mean. It must not be called from
//! `update` or `draw`.
//!
//! **What is durable when.** A [`Store::commit`] that returned `Ok` is on the disk, whole, whatever
//! happens afterwards: the process killed, the machine switched off. One that returned an error, or was
//! cut off, is there whole or not at all. Nothing else is promised and nothing is written behind.
//!
//! All work happens on one thread, since the database blocks. The thread takes everything that waits, up
//! to 256 requests, writes it as one batch, flushes, syncs the file, notes the commit number beside the
//! database, and answers all: at one commit per line this costs a disk's sync each, at a hundred nothing.
//!
//! ```text
//! Store, Table, Key, Batch     values of the callers' types
//! worker                       one thread, commits in groups
//! database, codec              values as checked records of at most 4 KiB; commits numbered, values counted
//! Backend                      the cut: records by name, as bytes
//! disk, mark, lock             sled in a directory, guarded against what it does to data
//! derived                      beside it, what follows from all this until the next commit
//! ```
//!
//! `migration`, `check` and `backup` work on a database, whatever lies below; making and restoring (`restore`) and copying
//! (`scratch`) a directory is about the one on the disk.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use serde::{Serialize, de::DeserializeOwned};
use uuid::Uuid;

pub use self::{
    backend::{Backend, Records, Rows},
    backup::BackupReport,
    batch::Batch,
    check::StoreReport,
    error::StoreError,
    key::{Key, Parts, Table},
    migration::{Migration, Rewrite},
    options::Options,
    restore::RestoreReport,
};
use self::{
    database::Database,
    derived::DerivedFiles,
    disk::Disk,
    lock::Lock,
    worker::{THREAD, Worker},
};

use crate::files::Existing;

mod backend;
mod backup;
mod batch;
mod check;
mod codec;
mod database;
mod derived;
mod disk;
mod error;
mod key;
mod lock;
mod mark;
mod migration;
mod options;
mod restore;
mod scratch;
mod worker;

/// The schema of the stores that this version writes: a newer one is not opened, an older one is brought up to it.
#[must_use]
pub fn newest_schema() -> u32 {
    migration::newest(migration::MIGRATIONS)
}

/// After so many values decoded others may run.
const VALUES_AT_A_STRETCH: usize = 512;
/// So many are read at a time where all are gone through.
const VALUES_AT_A_TIME: usize = 64;
/// Folder of the copies that are made before migrations.
const BACKUPS: &str = "backups";

/// The way to the store thread. Cheap to clone; the database is closed when the last one is dropped.
#[derive(Clone, Debug)]
pub struct Store {
    worker: Arc<Worker>,
    derived: DerivedFiles,
    installation: Uuid,
}

impl Store {
    /// Opens the store in a data directory, or makes both. Blocks, commonly for less than 0.2 s.
    pub fn open(dir: &Path) -> Result<Self, StoreError> {
        Self::open_with(dir, Options::default())
    }

    /// Opens with what a test changes.
    #[doc(hidden)]
    pub fn open_with(dir: &Path, options: Options) -> Result<Self, StoreError> {
        let (dir, derived) = (dir.to_owned(), DerivedFiles::of(&dir.join("store")));
        let opened = Self::opened(move || {
            let lock = Lock::take(&dir)?;
            restore::finish_swap(&dir)?;
            restore::make_if_missing(&dir, &options)?;
            let disk = Disk::open(&dir, &dir.join("store"), &options)?.holding(lock);
            up_to_date(disk, options.migrations, &dir)
        })?;
        Ok(Self { derived, ..opened })
    }

    /// Opens a copy of the store in a data directory, in a folder of its own: everything can be asked of it, and nothing
    /// that is written to it outlasts it. The directory itself stays as it is; it need not even be there.
    pub fn open_copy(dir: &Path) -> Result<Self, StoreError> {
        let (dir, derived) = (dir.to_owned(), DerivedFiles::of(&dir.join("store")));
        let opened = Self::opened(move || {
            let options = Options::default();
            let scratch = scratch::copied(&dir)?;
            let dir = scratch.path().to_owned();
            let lock = Lock::take(&dir)?;
            restore::make_if_missing(&dir, &options)?;
            let disk = Disk::open(&dir, &dir.join("store"), &options)?.holding(lock);
            up_to_date(disk.within(scratch), options.migrations, &dir)
        })?;
        Ok(Self { derived, ..opened })
    }

    /// Opens what another kind of database holds; an empty one becomes a new store. What is copied before a migration
    /// goes into `dir`.
    #[doc(hidden)]
    pub fn open_over<B: Backend + 'static>(
        open: impl FnOnce() -> Result<B, StoreError> + Send + 'static,
        migrations: &'static [Migration],
        dir: &Path,
    ) -> Result<Self, StoreError> {
        let dir = dir.to_owned();
        Self::opened(move || {
            let mut database = Database::open(open()?)?;
            if database.commit == 0 {
                migration::found(&mut database, migration::newest(migrations), Uuid::new_v4())?;
            }
            migration::bring_up_to_date(&mut database, migrations, &dir.join(BACKUPS))?;
            Ok(database)
        })
    }

    fn opened(
        open: impl FnOnce() -> Result<Database, StoreError> + Send + 'static,
    ) -> Result<Self, StoreError> {
        let (worker, installation) = Worker::start(Box::new(open))?;
        Ok(Self { worker: Arc::new(worker), derived: DerivedFiles::default(), installation })
    }

    /// Whether a data directory holds a store, whoever has it open.
    #[must_use]
    pub fn is_in(dir: &Path) -> bool {
        dir.join("store").exists()
    }

    /// This installation's id, made when the store was.
    #[must_use]
    pub fn installation(&self) -> Uuid {
        self.installation
    }

    /// Writes all of a batch, or nothing of it. Durable when it returns.
    pub async fn commit(&self, batch: Batch) -> Result<(), StoreError> {
        let changes = batch.into_changes()?;
        if changes.is_empty() {
            return Ok(());
        }
        self.worker.commit(changes).await
    }

    /// The number of the last commit.
    pub async fn last_commit(&self) -> Result<u64, StoreError> {
        self.worker.ask(|database| Ok(database.commit)).await
    }

    /// Keeps a value that follows from what the store held after that commit: it holds until the next.
    ///
    /// # Errors
    /// Where the store is closed. That it cannot be kept is none: it is worked out again.
    pub async fn keep<T: Serialize + 'static>(
        &self,
        table: Table<T>,
        key: Key,
        value: &T,
        last_commit: u64,
    ) -> Result<(), StoreError> {
        let Ok(value) = serde_json::to_vec(value) else { return Ok(()) };
        let derived = self.derived.clone();
        let write = move |database: &Database| {
            if database.commit == last_commit
                && let Err(error) = derived.write(table.name(), &key, value, last_commit)
            {
                tracing::warn!(table = table.name(), %error, "what follows is not kept");
            }
            Ok(())
        };
        self.worker.ask(write).await
    }

    /// What was kept so and holds still. What another version kept and this one does not understand holds no more.
    pub async fn kept<T>(&self, table: Table<T>, key: Key) -> Result<Option<T>, StoreError>
    where
        T: DeserializeOwned + Send + 'static,
    {
        let derived = self.derived.clone();
        let read = move |database: &Database| Ok(derived.read(table.name(), &key, database.commit));
        let value = self.worker.ask(read).await?;
        Ok(value.and_then(|value| serde_json::from_slice(&value).ok()))
    }

    /// The value at a key.
    pub async fn get<T>(&self, table: Table<T>, key: Key) -> Result<Option<T>, StoreError>
    where
        T: DeserializeOwned + Send + 'static,
    {
        let name = key::value_name(table.name(), key.as_bytes());
        let asked = name.clone();
        let payload = self.worker.ask(move |database| database.read(&asked)).await?;
        payload.map(|payload| decode(&name, &payload)).transpose()
    }

    /// All values whose keys begin with this one, in the order of their keys.
    pub async fn scan<T>(&self, table: Table<T>, prefix: Key) -> Result<Vec<(Key, T)>, StoreError>
    where
        T: DeserializeOwned + Send + 'static,
    {
        self.scan_from(table, prefix.clone(), prefix, usize::MAX).await
    }

    /// Gives away all values whose keys begin with this one, in the order of their keys, and reads so few at a time that
    /// it does not matter how many there are. What is committed meanwhile is among them or not.
    pub async fn for_each<T>(
        &self,
        table: Table<T>,
        prefix: Key,
        mut each: impl FnMut(Key, T),
    ) -> Result<(), StoreError>
    where
        T: DeserializeOwned + Send + 'static,
    {
        let mut from = prefix.clone();
        loop {
            let values = self.scan_from(table, prefix.clone(), from, VALUES_AT_A_TIME).await?;
            let Some((last, _)) = values.last() else { return Ok(()) };
            from = last.clone().after();
            for (key, value) in values {
                each(key, value);
            }
        }
    }

    /// Values whose keys begin with `prefix`, from the key `from` on (itself included; see
    /// [`Key::after`]), at most so many, in the order of their keys.
    pub async fn scan_from<T>(
        &self,
        table: Table<T>,
        prefix: Key,
        from: Key,
        limit: usize,
    ) -> Result<Vec<(Key, T)>, StoreError>
    where
        T: DeserializeOwned + Send + 'static,
    {
        let prefix = key::value_name(table.name(), prefix.as_bytes());
        let from = key::value_name(table.name(), from.as_bytes());
        decode_all(self.worker.ask(move |database| database.scan(&prefix, &from, limit)).await?)
            .await
    }

    /// The last values whose keys begin with this one, at most so many, the last one first.
    pub async fn scan_back<T>(
        &self,
        table: Table<T>,
        prefix: Key,
        limit: usize,
    ) -> Result<Vec<(Key, T)>, StoreError>
    where
        T: DeserializeOwned + Send + 'static,
    {
        let prefix = key::value_name(table.name(), prefix.as_bytes());
        decode_all(self.worker.ask(move |database| database.scan_back(&prefix, limit)).await?).await
    }

    /// How many keys begin with this one. Reads no value.
    pub async fn count<T>(&self, table: Table<T>, prefix: Key) -> Result<u64, StoreError> {
        let prefix = key::value_name(table.name(), prefix.as_bytes());
        self.worker.ask(move |database| database.count(&prefix)).await
    }

    /// Writes everything to a file, as of now, while the store goes on.
    pub async fn backup(
        &self,
        file: PathBuf,
        existing: Existing,
    ) -> Result<BackupReport, StoreError> {
        self.worker.ask(move |database| backup::write(database, &file, existing)).await
    }

    /// Puts the contents of a backup in the place of the store in a data directory, which nobody may have
    /// open. The store that was there is kept beside it. Blocks.
    pub fn restore(file: &Path, dir: &Path) -> Result<RestoreReport, StoreError> {
        let (file, dir) = (file.to_owned(), dir.to_owned());
        let restore = move || restore::restore(&file, &dir, &Options::default());
        let thread = std::thread::Builder::new().name(THREAD.to_owned()).spawn(restore);
        let thread = thread.map_err(|error| StoreError::Other(error.to_string()))?;
        let stopped = |_| StoreError::Other("the restore stopped halfway".to_owned());
        thread.join().map_err(stopped)?
    }

    /// Reads every record and compares checksums and counts (`doctor`).
    pub async fn verify(&self) -> Result<StoreReport, StoreError> {
        self.worker.ask(check::check).await
    }

    /// Answers what waits, closes the database and gives the directory back. Other clones of this get errors.
    pub async fn close(self) {
        self.worker.close().await;
        let last = tokio::task::spawn_blocking(move || drop(self));
        let _ = last.await;
    }
}

fn up_to_date(disk: Disk, migrations: &[Migration], dir: &Path) -> Result<Database, StoreError> {
    let mut database = Database::open(disk)?;
    migration::bring_up_to_date(&mut database, migrations, &dir.join(BACKUPS))?;
    Ok(database)
}

/// Whether this thread is one of the database's. It panics on some damage, which is answered as
/// [`StoreError::Damaged`]: a panic there is for the log, not for the operator.
#[must_use]
pub fn is_on_its_thread() -> bool {
    let thread = std::thread::current();
    thread.name().is_some_and(|name| name == THREAD || disk::names_its_thread(name))
}

fn decode<T: DeserializeOwned>(name: &[u8], payload: &[u8]) -> Result<T, StoreError> {
    serde_json::from_slice(payload).map_err(|error| {
        StoreError::Damaged(format!("{} cannot be understood: {error}", key::describe(name)))
    })
}

async fn decode_all<T: DeserializeOwned>(rows: Rows) -> Result<Vec<(Key, T)>, StoreError> {
    let mut values = Vec::with_capacity(rows.len());
    // Each goes as soon as it is decoded: there is no room for all of them twice.
    for (name, payload) in rows {
        let key = key::split_name(&name).map_or_else(Key::new, |(_, key)| Key::from_bytes(key));
        values.push((key, decode(&name, &payload)?));
        if values.len().is_multiple_of(VALUES_AT_A_STRETCH) {
            tokio::task::yield_now().await;
        }
    }
    Ok(values)
}
