//! The schema of what is stored, and the way from an older one to the present one.
//!
//! Migrations are numbered, run in order after a backup, and change each record for itself, so that one
//! which was cut off can simply be run again.

use std::path::Path;

use serde::{Serialize, de::DeserializeOwned};
use uuid::Uuid;

use super::{
    backup,
    batch::Changes,
    database::Database,
    error::StoreError,
    key::{self, Key},
};
use crate::files::{self, Existing};

/// The schema of a store that no migration has changed.
pub(super) const FIRST_SCHEMA: u32 = 1;
/// Migrations of this version of the program, in order.
pub(super) const MIGRATIONS: &[Migration] =
    &[Migration { to: 2, rewrite: |table, _, value| Ok(taken_days_in_the_journal(table, &value)) }];

const SCHEMA: &str = "schema";
const INSTALLATION: &str = "installation";
const ROWS_A_STEP: usize = 1000;

/// What becomes of a record.
#[derive(Clone, Debug, PartialEq)]
pub enum Rewrite {
    /// It stays as it is.
    Keep,
    /// It stays, and this record of a table stands under the same key.
    KeepBeside(&'static str, serde_json::Value),
    /// It becomes this.
    Replace(serde_json::Value),
    /// It goes.
    Remove,
}

/// One step from a schema to the next one.
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    /// The schema that it leads to.
    pub to: u32,
    /// What becomes of a record, by table, key and value. It must keep what it has changed already.
    pub rewrite: fn(&str, &Key, serde_json::Value) -> Result<Rewrite, String>,
}

/// The newest schema that these migrations lead to.
pub(super) fn newest(migrations: &[Migration]) -> u32 {
    migrations.last().map_or(FIRST_SCHEMA, |migration| migration.to)
}

/// Brings an older store up to date. What it was before goes to `backups`.
pub(super) fn bring_up_to_date(
    database: &mut Database,
    migrations: &[Migration],
    backups: &Path,
) -> Result<(), StoreError> {
    let known = newest(migrations);
    let found = schema(database)?;
    database.installation = read(database, INSTALLATION)?;
    if found > known {
        return Err(StoreError::Newer { dir: database.place(), found, known });
    }
    if found < known {
        let name = format!("schema-{found}-commit-{}.jsonl", database.commit);
        files::make_folder(backups).map_err(|error| StoreError::io(backups, &error))?;
        backup::write(database, &backups.join(name), Existing::Replaced)?;
    }
    for migration in migrations.iter().filter(|migration| migration.to > found) {
        migrate(database, migration)?;
    }
    Ok(())
}

/// Writes what every store holds about itself.
pub(super) fn found(
    database: &mut Database,
    schema: u32,
    installation: Uuid,
) -> Result<(), StoreError> {
    let records = [meta(SCHEMA, &schema)?, meta(INSTALLATION, &installation)?];
    database.installation = installation;
    database.commit(&records.into_iter().collect())
}

/// The schema of an open store.
pub(super) fn schema(database: &Database) -> Result<u32, StoreError> {
    read(database, SCHEMA)
}

fn read<T: DeserializeOwned>(database: &Database, what: &str) -> Result<T, StoreError> {
    let damaged = || StoreError::Damaged(format!("{}: no {what} in it", database.place()));
    let payload = database.read(&key::meta_name(what))?.ok_or_else(damaged)?;
    serde_json::from_slice(&payload).map_err(|_| damaged())
}

fn meta<T: Serialize>(what: &str, value: &T) -> Result<(Vec<u8>, Option<Vec<u8>>), StoreError> {
    let payload =
        serde_json::to_vec(value).map_err(|error| StoreError::Other(error.to_string()))?;
    Ok((key::meta_name(what), Some(payload)))
}

fn migrate(database: &mut Database, migration: &Migration) -> Result<(), StoreError> {
    let mut from = key::all_values();
    loop {
        let rows = database.scan(&key::all_values(), &from, ROWS_A_STEP)?;
        let Some((last, _)) = rows.last() else { break };
        from = [last.as_slice(), &[0]].concat();
        let mut changes = Changes::new();
        for (name, payload) in &rows {
            match rewritten(name, payload, migration)? {
                Rewrite::Keep => {}
                Rewrite::KeepBeside(table, value) => {
                    let (_, key) = key::split_name(name).unwrap_or_default();
                    changes
                        .insert(key::value_name(table, key), Some(value.to_string().into_bytes()));
                }
                Rewrite::Replace(value) => {
                    changes.insert(name.clone(), Some(value.to_string().into_bytes()));
                }
                Rewrite::Remove => {
                    changes.insert(name.clone(), None);
                }
            }
        }
        database.commit(&changes)?;
    }
    database.commit(&[meta(SCHEMA, &migration.to)?].into_iter().collect())
}

fn rewritten(name: &[u8], payload: &[u8], migration: &Migration) -> Result<Rewrite, StoreError> {
    let stuck = |why: String| {
        let name = key::describe(name);
        StoreError::Damaged(format!("{name} cannot be brought to schema {}: {why}", migration.to))
    };
    let (table, key) = key::split_name(name).ok_or_else(|| stuck("no such table".to_owned()))?;
    let value = serde_json::from_slice(payload).map_err(|error| stuck(error.to_string()))?;
    (migration.rewrite)(&table, &Key::from_bytes(key), value).map_err(stuck)
}

/// Days that a target said are taken were kept for themselves; now the refused writes that told of them are found in the
/// journal, by the table that finds those which were dated otherwise.
fn taken_days_in_the_journal(table: &str, value: &serde_json::Value) -> Rewrite {
    let result = &value["result"];
    match table {
        "taken_days" => Rewrite::Remove,
        "journal" if result["is"] == "refused" && result["finding"]["code"] == "same_day" => {
            Rewrite::KeepBeside("journal_shifted", serde_json::Value::Null)
        }
        _ => Rewrite::Keep,
    }
}
