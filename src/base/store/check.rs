//! The doctor's look at the store: every record is read, every checksum and count compared. It mends nothing.

use std::collections::{BTreeMap, BTreeSet};

use super::{database::Database, error::StoreError, key, migration};

const MOST_PROBLEMS: usize = 20;

/// What a look at every record found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoreReport {
    /// Values by table.
    pub tables: BTreeMap<String, u64>,
    /// Values in all.
    pub values: u64,
    /// Bytes of JSON in them.
    pub bytes_live: u64,
    /// Bytes on the disk: two to six times as many are normal.
    pub bytes_on_disk: u64,
    /// Number of the last commit.
    pub commit: u64,
    /// Number in the high-water mark beside the database, if it can be read.
    pub noted: Option<u64>,
    /// Schema version.
    pub schema: u32,
    /// What is wrong, in words; empty where all is well. At most 20.
    pub problems: Vec<String>,
}

/// Reads everything.
pub(super) fn check(database: &Database) -> Result<StoreReport, StoreError> {
    let mut report = StoreReport {
        bytes_on_disk: database.bytes()?,
        commit: database.commit,
        noted: database.noted(),
        schema: migration::schema(database)?,
        ..StoreReport::default()
    };
    let names = database.names(&key::all_values())?;
    for name in &names {
        report.look_at(database, name);
    }
    if report.values != database.values {
        let (there, noted) = (report.values, database.values);
        report.problem(format!("{there} values are there, but {noted} were counted"));
    }
    if report.noted.is_none() {
        report.problem("the high-water mark cannot be read".to_owned());
    }
    report.look_for_strays(database, &names)?;
    Ok(report)
}

impl StoreReport {
    fn look_at(&mut self, database: &Database, name: &[u8]) {
        self.values += 1;
        match key::split_name(name) {
            Some((table, _)) => *self.tables.entry(table).or_default() += 1,
            None => self.problem(format!("{} belongs to no table", key::describe(name))),
        }
        match database.read(name) {
            Ok(payload) => self.bytes_live += payload.map_or(0, |payload| payload.len() as u64),
            Err(error) => self.problem(error.text()),
        }
    }

    fn look_for_strays(
        &mut self,
        database: &Database,
        names: &[Vec<u8>],
    ) -> Result<(), StoreError> {
        let owners: BTreeSet<Vec<u8>> = names.iter().map(|name| key::part_prefix(name)).collect();
        for part in database.names(&key::all_parts())? {
            let owner = &part[..part.len().saturating_sub(key::PART_NUMBER_BYTES)];
            if !owners.contains(owner) {
                self.problem(format!("{} belongs to no value", key::describe(&part)));
            }
        }
        Ok(())
    }

    fn problem(&mut self, problem: String) {
        if self.problems.len() < MOST_PROBLEMS {
            self.problems.push(problem);
        }
    }
}
