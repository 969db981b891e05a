//! Rows that ought not to be: what a system serves with members changed, left out or doubled, while what it holds stays as it
//! is. It knows how rows look in JSON, and nothing of what they mean.

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use serde::Deserialize;
use serde_json::{Map, Value};

use super::journal::System;

/// Which rows are served otherwise, and how.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct OddRow {
    system: System,
    /// An entity of Autotask, a list of ConnectWise, or a list of PRISM: see [`LISTS`].
    kind: String,
    /// Members by which it is chosen; a text need only begin so.
    #[serde(rename = "where", default)]
    chosen: Map<String, Value>,
    /// Members with other values, possible or not.
    #[serde(default)]
    set: Map<String, Value>,
    #[serde(default)]
    without: Vec<String>,
    /// Whether the row as it is stands before the odd one.
    #[serde(default)]
    beside: bool,
}

/// The lists of PRISM.
const LISTS: [&str; 6] = ["customers", "tenants", "subscriptions", "products", "invoices", "lines"];

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rules {
    rows: Vec<OddRow>,
}

impl OddRow {
    fn concerns(&self, system: System, kind: &str) -> bool {
        self.system == system && self.kind.eq_ignore_ascii_case(kind)
    }

    fn means(&self, row: &Value) -> bool {
        self.chosen.iter().all(|(name, wanted)| match (&row[name.as_str()], wanted) {
            (Value::String(there), Value::String(wanted)) => there.starts_with(wanted.as_str()),
            (Value::String(there), Value::Number(wanted)) => wanted.to_string() == *there,
            (there, wanted) => there == wanted,
        })
    }

    fn changed(&self, mut row: Value) -> Value {
        for (name, value) in &self.set {
            row[name.as_str()] = value.clone();
        }
        if let Some(members) = row.as_object_mut() {
            members.retain(|name, _| !self.without.contains(name));
        }
        row
    }
}

/// The odd rows of one simulation, as its parts share them.
#[derive(Clone, Debug, Default)]
pub struct OddRows(Arc<RwLock<Vec<OddRow>>>);

impl OddRows {
    fn read(&self) -> RwLockReadGuard<'_, Vec<OddRow>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Vec<OddRow>> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds the rules of a JSON text `{"rows":[…]}`, all or none; `known` knows the kinds of Autotask and ConnectWise.
    pub(super) fn add(
        &self,
        json: &[u8],
        known: fn(System, &str) -> bool,
    ) -> Result<usize, String> {
        let rules: Rules = serde_json::from_slice(json).map_err(|error| error.to_string())?;
        for OddRow { system, kind, .. } in &rules.rows {
            let is_known = match system {
                System::Autotask | System::Connectwise => known(*system, kind),
                System::Prism => LISTS.iter().any(|list| list.eq_ignore_ascii_case(kind)),
            };
            if !is_known {
                let lists = LISTS.join(", ");
                return Err(format!(
                    "kind: {kind:?} is unknown; Autotask and ConnectWise have their entities, PRISM \
                     {lists}"
                ));
            }
        }
        let added = rules.rows.len();
        self.write().extend(rules.rows);
        Ok(added)
    }

    pub(super) fn clear(&self) {
        self.write().clear();
    }

    /// Whether rows of a kind may be odd.
    pub(super) fn concern(&self, system: System, kind: &str) -> bool {
        self.read().iter().any(|odd| odd.concerns(system, kind))
    }

    /// What is served in the place of a row.
    pub(super) fn serve(&self, system: System, kind: &str, row: Value) -> Vec<Value> {
        let mut served = vec![row];
        for odd in self.read().iter().filter(|odd| odd.concerns(system, kind)) {
            let before = std::mem::take(&mut served);
            for row in before {
                if !odd.means(&row) {
                    served.push(row);
                    continue;
                }
                if odd.beside {
                    served.push(row.clone());
                }
                served.push(odd.changed(row));
            }
        }
        served
    }
}
