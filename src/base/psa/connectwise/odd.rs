//! Rows of lists that could not be understood (sync-rules 4.2): left out, named, and told to whoever asks, so that one of
//! them fails what depends on it and nothing else.
//!
//! It must not decide what depends on a row.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use super::{advice::finding, wire::Odd};
use crate::domain::{Code, Thing, outcome::Finding, target::OddRow};

/// Lists of rows that something asks for by their ids, as the server calls them in messages.
pub(super) const AGREEMENT: &str = "Agreement";
pub(super) const COMPANY: &str = "Company";

/// So many are remembered; a list that is odd throughout needs no more to be found.
const MOST: usize = 500;

/// What was left out of the lists read so far. Clones share it.
#[derive(Clone, Debug, Default)]
pub(super) struct OddRows(Arc<Mutex<BTreeMap<(&'static str, String), OddRow>>>);

impl OddRows {
    /// Remembers what was left out of a list.
    pub(super) fn remember(&self, entity: &'static str, odd: &[Odd]) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for one in odd {
            if known.len() >= MOST {
                break;
            }
            let finding = told(entity, one);
            let (name, thing) = (entity.to_owned(), thing_of(entity));
            let row = OddRow { entity: name, thing, id: one.id, finding };
            known.insert((entity, row.finding.text.clone()), row);
        }
    }

    /// All of them, by list.
    pub(super) fn all(&self) -> Vec<OddRow> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.values().cloned().collect()
    }
}

fn thing_of(entity: &str) -> Option<Thing> {
    match entity {
        COMPANY => Some(Thing::Company),
        AGREEMENT => Some(Thing::Contract),
        _ => None,
    }
}

/// The row by name, with the member at fault.
pub(super) fn told(entity: &str, odd: &Odd) -> Finding {
    let id = odd.id.map_or_else(|| "without an id".to_owned(), |id| id.to_string());
    finding(Code::OddRow, format!("{entity} {id} cannot be understood: {}.", odd.fault))
}
