//! Values over the bytes: each value is put together from its records and taken apart into them, commits are numbered
//! and values counted. It must not know which database lies below, nor what is in a value.

use super::{
    backend::{Backend, Records, Rows},
    batch::Changes,
    check,
    codec::{self, Record, RecordForm},
    error::StoreError,
    key,
};

/// Holds the number of the last commit and the number of values, in one record.
const COMMIT: &str = "commit";

/// The open database. Everything here blocks and is called on the store thread only.
pub(super) struct Database {
    backend: Box<dyn Backend>,
    /// Number of the last commit.
    pub commit: u64,
    pub values: u64,
    /// The installation's id; nil until it was read.
    pub installation: uuid::Uuid,
    refusal: Option<StoreError>,
}

impl Database {
    /// What was opened, once it is known to be as it was left.
    pub(super) fn open(backend: impl Backend + 'static) -> Result<Self, StoreError> {
        let mut database = Self {
            backend: Box::new(backend),
            commit: 0,
            values: 0,
            installation: uuid::Uuid::nil(),
            refusal: None,
        };
        (database.commit, database.values) = database.read_commit()?;
        database.compare_with_note()?;
        if database.backend.must_be_checked() {
            database.must_be_whole()?;
        }
        database.backend.trust(database.commit);
        Ok(database)
    }

    fn read_commit(&self) -> Result<(u64, u64), StoreError> {
        let Some(payload) = self.read(&key::meta_name(COMMIT))? else { return Ok((0, 0)) };
        serde_json::from_slice(&payload)
            .map_err(|error| StoreError::Damaged(format!("the commit number: {error}")))
    }

    fn compare_with_note(&self) -> Result<(), StoreError> {
        match self.backend.noted() {
            Some(noted) if noted > self.commit => Err(StoreError::Damaged(format!(
                "the database in {} ends at commit {}, but commit {noted} was acknowledged",
                self.place(),
                self.commit
            ))),
            _ => Ok(()),
        }
    }

    fn must_be_whole(&self) -> Result<(), StoreError> {
        let report = check::check(self)?;
        match report.problems.first() {
            None => Ok(()),
            Some(problem) => Err(StoreError::Damaged(problem.trim_end_matches('.').to_owned())),
        }
    }

    /// Where it lies, as messages call it.
    pub(super) fn place(&self) -> String {
        self.backend.place()
    }

    /// The number of the last commit as it was noted apart from the records.
    pub(super) fn noted(&self) -> Option<u64> {
        self.backend.noted()
    }

    pub(super) fn bytes(&self) -> Result<u64, StoreError> {
        self.backend.bytes()
    }

    /// Closes it, and gives back what it was held by.
    pub(super) fn close(self) {
        self.backend.close();
    }

    /// Makes all of these changes durable, or none. After a failure of the database nothing is written any more.
    pub(super) fn commit(&mut self, changes: &Changes) -> Result<(), StoreError> {
        if let Some(refusal) = &self.refusal {
            return Err(refusal.clone());
        }
        self.backend.has_room()?;
        let commit = self.commit + 1;
        let (records, values) = self.records(changes, commit)?;
        if let Err(error) = self.backend.commit(commit, records) {
            tracing::error!(%error, "a commit failed; nothing more is written");
            self.refusal = Some(error.clone());
            return Err(error);
        }
        (self.commit, self.values) = (commit, values);
        Ok(())
    }

    /// The records to write, and how many values there will be then.
    fn records(&self, changes: &Changes, commit: u64) -> Result<(Records, u64), StoreError> {
        let mut records = Records::new();
        let mut values = self.values;
        for (name, payload) in changes {
            let there = self.backend.read(name)?;
            // What is not there need not be removed: to the database that would be a change like any other.
            if there.is_none() && payload.is_none() {
                continue;
            }
            if there.as_ref().is_some_and(|record| !codec::is_whole(record)) {
                records.extend(self.part_names(name)?.map(|part| (part, None)));
            }
            if name.starts_with(&key::all_values()) {
                values = (values + u64::from(payload.is_some()))
                    .saturating_sub(u64::from(there.is_some()));
            }
            match payload {
                Some(payload) => records.extend(
                    codec::records(name, payload)
                        .into_iter()
                        .map(|(name, record)| (name, Some(record))),
                ),
                None => drop(records.insert(name.clone(), None)),
            }
        }
        let name = key::meta_name(COMMIT);
        let record =
            codec::seal(RecordForm::Whole, &name, format!("[{commit},{values}]").as_bytes());
        records.insert(name, Some(record));
        Ok((records, values))
    }

    fn part_names(&self, name: &[u8]) -> Result<impl Iterator<Item = Vec<u8>>, StoreError> {
        let length = name.len() + key::PART_NUMBER_BYTES;
        let names = self.names(&key::part_prefix(name))?.into_iter();
        Ok(names.filter(move |part| part.len() == length))
    }

    /// The payload at a name, put together if it was split.
    pub(super) fn read(&self, name: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.backend.read(name)?.map(|record| self.payload(name, record)).transpose()
    }

    fn payload(&self, name: &[u8], record: Vec<u8>) -> Result<Vec<u8>, StoreError> {
        let damaged = |what| StoreError::Damaged(format!("{} {what}", key::describe(name)));
        let head = match codec::unseal(name, record)? {
            Record::Whole(payload) => return Ok(payload),
            Record::Part(_) => return Err(damaged("is a part where a value should be")),
            Record::Head(head) => head,
        };
        let mut payload = Vec::new();
        for number in 0..head.parts {
            let name = key::part_name(name, number);
            let record = self.backend.read(&name)?.ok_or_else(|| damaged("lacks a part"))?;
            match codec::unseal(&name, record)? {
                Record::Part(part) => payload.extend(part),
                _ => return Err(damaged("has something else in place of a part")),
            }
        }
        head.fits(&payload).then_some(payload).ok_or_else(|| damaged("does not fit together"))
    }

    fn payloads(&self, rows: Rows) -> Result<Rows, StoreError> {
        let payloads = rows.into_iter().map(|(name, record)| {
            let payload = self.payload(&name, record)?;
            Ok((name, payload))
        });
        payloads.collect()
    }

    /// Names that begin so, in order.
    pub(super) fn names(&self, prefix: &[u8]) -> Result<Vec<Vec<u8>>, StoreError> {
        self.backend.names(prefix)
    }

    /// How many names begin so.
    pub(super) fn count(&self, prefix: &[u8]) -> Result<u64, StoreError> {
        self.backend.count(prefix)
    }

    /// Values whose names begin so and are not before `from`, in order.
    pub(super) fn scan(
        &self,
        prefix: &[u8],
        from: &[u8],
        limit: usize,
    ) -> Result<Rows, StoreError> {
        self.payloads(self.backend.scan(prefix, from, limit)?)
    }

    /// The last values whose names begin so, the last one first.
    pub(super) fn scan_back(&self, prefix: &[u8], limit: usize) -> Result<Rows, StoreError> {
        self.payloads(self.backend.scan_back(prefix, limit)?)
    }
}
