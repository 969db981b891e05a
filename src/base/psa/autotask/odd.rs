//! Rows of lists that could not be understood (sync-rules 4.2): left out, named, and told to whoever asks, so that one of
//! them fails what depends on it and nothing else.
//!
//! It must not decide what depends on a row.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use super::{advice::finding, wire};
use crate::domain::{Code, Thing, outcome::Finding, target::OddRow};

/// So many are remembered; a list that is odd throughout needs no more to be found.
const MOST: usize = 500;

/// What was left out of the lists read last. Clones share it.
#[derive(Clone, Debug, Default)]
pub(super) struct OddRows(Arc<Mutex<BTreeMap<(&'static str, String), OddRow>>>);

impl OddRows {
    /// Remembers what was left out of a list of this entity.
    pub(super) fn remember(&self, entity: &'static str, odd: &[wire::Odd]) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for one in odd {
            if known.len() >= MOST {
                break;
            }
            let (name, finding) = (entity.to_owned(), told(entity, one));
            let row = OddRow { entity: name, thing: thing_of(entity), id: one.id, finding };
            known.insert((entity, row.finding.text.clone()), row);
        }
    }

    /// All of them, by entity.
    pub(super) fn all(&self) -> Vec<OddRow> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.values().cloned().collect()
    }
}

fn thing_of(entity: &str) -> Option<Thing> {
    match entity {
        "Companies" => Some(Thing::Company),
        "Contracts" => Some(Thing::Contract),
        _ => None,
    }
}

/// The row by name, with the member at fault.
pub(super) fn told(entity: &str, odd: &wire::Odd) -> Finding {
    let id = odd.id.map_or_else(|| "without an id".to_owned(), |id| id.to_string());
    let on = odd.contract.filter(|_| entity != "Contracts");
    let on = on.map(|contract| format!(" on contract {contract}")).unwrap_or_default();
    finding(Code::OddRow, format!("{entity} {id}{on} cannot be understood: {}.", odd.fault))
}
