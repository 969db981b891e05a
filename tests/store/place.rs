//! Where a store of a test lies: on the disk, or in a database of the tests' own that keeps its records in memory and
//! outlasts closing as a file does. What is not about files holds for both.

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{Arc, Mutex, MutexGuard},
};

use prism_connect::store::{Backend, Migration, Options, Records, Rows, Store, StoreError};

pub struct Place {
    dir: tempfile::TempDir,
    memory: Option<Memory>,
}

pub fn on_disk() -> Place {
    Place { dir: super::folder(), memory: None }
}

pub fn in_memory() -> Place {
    let dir = super::folder();
    let place = dir.path().display().to_string();
    Place { dir, memory: Some(Memory { place, held: Arc::default() }) }
}

impl Place {
    /// The store's directory, or at least one to put files into.
    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    pub fn open(&self) -> Store {
        self.try_open(Options::default().migrations).unwrap()
    }

    pub fn try_open(&self, migrations: &'static [Migration]) -> Result<Store, StoreError> {
        match self.memory.clone() {
            None => Store::open_with(self.path(), Options { migrations, ..Options::default() }),
            Some(memory) => Store::open_over(move || Ok(memory), migrations, self.path()),
        }
    }
}

#[derive(Clone)]
struct Memory {
    place: String,
    held: Arc<Mutex<Held>>,
}

#[derive(Default)]
struct Held {
    records: BTreeMap<Vec<u8>, Vec<u8>>,
    commit: u64,
}

impl Memory {
    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap()
    }
}

impl Held {
    fn rows(&self, prefix: &[u8], from: &[u8]) -> Rows {
        let rows = self.records.iter().filter(|(name, _)| name.starts_with(prefix));
        let rows = rows.filter(|(name, _)| name.as_slice() >= from);
        rows.map(|(name, record)| (name.clone(), record.clone())).collect()
    }
}

impl Backend for Memory {
    fn place(&self) -> String {
        self.place.clone()
    }

    fn commit(&mut self, number: u64, records: Records) -> Result<(), StoreError> {
        let mut held = self.held();
        assert_eq!(number, held.commit + 1, "commits are numbered one after the other");
        held.commit = number;
        for (name, record) in records {
            if let Some(record) = record {
                assert!(record.len() <= 4 << 10, "a record of {} bytes", record.len());
                held.records.insert(name, record);
            } else {
                let there = held.records.remove(&name);
                assert!(there.is_some(), "what is not there is not removed");
            }
        }
        Ok(())
    }

    fn read(&self, name: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.held().records.get(name).cloned())
    }

    fn scan(&self, prefix: &[u8], from: &[u8], limit: usize) -> Result<Rows, StoreError> {
        Ok(self.held().rows(prefix, from).into_iter().take(limit).collect())
    }

    fn scan_back(&self, prefix: &[u8], limit: usize) -> Result<Rows, StoreError> {
        Ok(self.held().rows(prefix, prefix).into_iter().rev().take(limit).collect())
    }

    fn names(&self, prefix: &[u8]) -> Result<Vec<Vec<u8>>, StoreError> {
        Ok(self.held().rows(prefix, prefix).into_iter().map(|(name, _)| name).collect())
    }

    fn count(&self, prefix: &[u8]) -> Result<u64, StoreError> {
        Ok(self.held().rows(prefix, prefix).len() as u64)
    }

    fn noted(&self) -> Option<u64> {
        Some(self.held().commit)
    }

    fn trust(&mut self, number: u64) {
        assert_eq!(number, self.held().commit);
    }

    fn bytes(&self) -> Result<u64, StoreError> {
        let held = self.held();
        Ok(held.records.iter().map(|(name, record)| (name.len() + record.len()) as u64).sum())
    }

    fn close(self: Box<Self>) {}
}
