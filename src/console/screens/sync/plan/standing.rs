//! What an operator did to a plan, kept while the same is planned again: what is marked and unfolded, where the cursor is,
//! what narrows the list. It must not hold a mark for changes that nobody has seen.

use std::{collections::BTreeSet, sync::Arc};

use super::{PlanScreen, rows::PlanRow, tree::Group};
use crate::console::{
    listing::{AnyList as _, Row as _},
    query::State,
};

/// How a plan was left.
#[derive(Debug)]
pub(super) struct Standing {
    /// What was marked, with the changes that it had.
    marked: Vec<Arc<Group>>,
    open: Vec<Arc<Group>>,
    row: Option<String>,
    filter: String,
    only: Option<State>,
    /// The cause whose contracts alone were shown.
    cause: Option<String>,
}

impl PlanScreen {
    /// How it stands now, or was left before that if there is no plan yet.
    pub(super) fn standing(&mut self) -> Option<Standing> {
        if self.plan.is_none() {
            return self.left.take();
        }
        let groups = |places: &BTreeSet<usize>| {
            places.iter().filter_map(|at| self.groups.get(*at)).cloned().collect()
        };
        Some(Standing {
            marked: groups(&self.marked),
            open: groups(&self.open),
            row: self.list.selected().map(PlanRow::key),
            filter: self.list.filter().to_owned(),
            only: self.list.only(),
            cause: self.causes.chosen().map(|cause| cause.text.clone()),
        })
    }

    /// As it was left. A mark stays with the very changes that were marked; tells how many are gone.
    pub(super) fn stand_as(&mut self, left: Standing) -> usize {
        let here = |known: &Arc<Group>| self.groups.iter().position(|one| one.is_of_same(known));
        let open = left.open.iter().filter_map(here).collect();
        let same =
            |known: &Arc<Group>| here(known).filter(|at| self.groups[*at].changes == known.changes);
        let marked: BTreeSet<usize> = left.marked.iter().filter_map(same).collect();
        let gone = left.marked.len() - marked.len();
        (self.open, self.marked) = (open, marked);
        self.causes.choose(left.cause);
        self.arrange();
        self.list.show_only(left.only);
        self.list.set_filter(&left.filter);
        self.list.select_key(left.row.as_deref());
        gone
    }
}
