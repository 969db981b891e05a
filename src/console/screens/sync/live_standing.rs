//! Where the customers, or products, of a running sync stand, and whose its rows are.
//!
//! It must not know how any of it is shown.

use std::collections::{BTreeMap, HashMap};

use super::run::Whom;
use crate::{
    domain::{outcome::Outcome, run::Tally},
    engine::protocol::{ItemState, live_run::LiveItem},
};

/// How many customers, or products, stand where, and whose the rows are: counted as each of them moves, so that no frame goes
/// through all of them.
#[derive(Debug, Default)]
pub(super) struct Standing {
    /// All their changes are sent.
    pub(super) checking: u64,
    /// Read back: done but for its record, which is made group by group.
    pub(super) checked: u64,
    pub(super) recorded: u64,
    /// Those amid whose changes the run was stopped.
    pub(super) part_written: u64,
    /// By their outcome, so far or at their end.
    outcomes: BTreeMap<Outcome, u64>,
    /// Those of them that are not done: it is more than their end tells.
    so_far: BTreeMap<Outcome, u64>,
    /// The rows of each customer, by how they ended as far as they did.
    whose: HashMap<String, BTreeMap<Option<Outcome>, u64>>,
    /// How many customers have a row that ended so.
    ended: BTreeMap<Outcome, u64>,
}

impl Standing {
    pub(super) fn of(items: &[LiveItem]) -> Self {
        let mut standing = Self::default();
        for item in items {
            standing.count(item);
        }
        standing
    }

    /// One more stands there.
    pub(super) fn count(&mut self, item: &LiveItem) {
        let outcome = item.outcome();
        if let Some(count) = self.of_state(&item.state) {
            *count += 1;
        }
        self.part_written += u64::from(is_part_written(item));
        if let Some(outcome) = outcome {
            *self.outcomes.entry(outcome).or_default() += 1;
            if !is_at_its_end(item) {
                *self.so_far.entry(outcome).or_default() += 1;
            }
        }
        let ended = outcome.map(counted_as);
        let rows = self.whose.entry(item.key.clone()).or_default().entry(ended).or_default();
        *rows += 1;
        if let Some(outcome) = ended.filter(|_| *rows == 1) {
            *self.ended.entry(outcome).or_default() += 1;
        }
    }

    /// It stands there no more.
    pub(super) fn uncount(&mut self, item: &LiveItem) {
        let take = |count: &mut u64| *count = count.saturating_sub(1);
        let outcome = item.outcome();
        if let Some(count) = self.of_state(&item.state) {
            take(count);
        }
        if is_part_written(item) {
            take(&mut self.part_written);
        }
        if let Some(outcome) = outcome {
            self.outcomes.entry(outcome).and_modify(take);
            if !is_at_its_end(item) {
                self.so_far.entry(outcome).and_modify(take);
            }
        }
        let ended = outcome.map(counted_as);
        let Some(rows) = self.whose.get_mut(&item.key).and_then(|of| of.get_mut(&ended)) else {
            return;
        };
        take(rows);
        if let Some(outcome) = ended.filter(|_| *rows == 0) {
            self.ended.entry(outcome).and_modify(take);
        }
    }

    fn of_state(&mut self, state: &ItemState) -> Option<&mut u64> {
        match state {
            ItemState::Verifying { .. } => Some(&mut self.checking),
            ItemState::Verified { .. } => Some(&mut self.checked),
            ItemState::Done { .. } | ItemState::PartWritten { .. } => Some(&mut self.recorded),
            ItemState::Queued
            | ItemState::Planning
            | ItemState::Planned { .. }
            | ItemState::Writing { .. } => None,
        }
    }

    pub(super) fn ended(&self, outcome: Outcome) -> u64 {
        self.outcomes.get(&outcome).copied().unwrap_or_default()
    }

    /// How many were read back and found to stand, or needed nothing.
    pub(super) fn known_to_stand(&self) -> u64 {
        let failed = self.ended(Outcome::Failure).saturating_sub(self.not_done(Outcome::Failure));
        (self.checked + self.recorded).saturating_sub(failed)
    }

    /// How many of those that have this outcome are not done: there it is what is known so far.
    pub(super) fn not_done(&self, outcome: Outcome) -> u64 {
        self.so_far.get(&outcome).copied().unwrap_or_default()
    }

    /// How many failed, warn, or were left in the middle.
    pub(super) fn to_review(&self) -> u64 {
        self.ended(Outcome::Failure) + self.ended(Outcome::Warning) + self.part_written
    }

    pub(super) fn needs_review(&self) -> bool {
        self.to_review() > 0
    }

    /// How the rows ended, so far or at their end.
    pub(super) fn tally(&self) -> Tally {
        Tally { partly_written: self.part_written, ..tally(&self.outcomes) }
    }

    /// Whose the rows are.
    pub(super) fn whom(&self) -> Whom {
        Whom { all: self.whose.len(), ended: tally(&self.ended) }
    }
}

/// What so many of each outcome are together.
fn tally(counts: &BTreeMap<Outcome, u64>) -> Tally {
    let of = |outcome| counts.get(&outcome).copied().unwrap_or_default();
    let ok = of(Outcome::NoChange) + of(Outcome::Success);
    let [warned, failed, not_attempted] =
        [Outcome::Warning, Outcome::Failure, Outcome::NotAttempted].map(of);
    let attempted = ok + warned + failed;
    Tally { attempted, ok, warned, failed, not_attempted, ..Tally::default() }
}

/// As which outcome a run counts it.
fn counted_as(outcome: Outcome) -> Outcome {
    if outcome == Outcome::NoChange { Outcome::Success } else { outcome }
}

/// Whether nothing more comes to it.
fn is_at_its_end(item: &LiveItem) -> bool {
    matches!(item.state, ItemState::Verified { .. }) || item.state.is_ended()
}

fn is_part_written(item: &LiveItem) -> bool {
    matches!(item.state, ItemState::PartWritten { .. })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(at: usize, state: ItemState, found: Outcome) -> LiveItem {
        LiveItem {
            key: format!("tenant-{}", at / 2),
            name: format!("Customer {}", at / 2),
            domain: String::new(),
            invoice: format!("INV{}", at % 2),
            state,
            found,
        }
    }

    fn done(outcome: Outcome) -> ItemState {
        ItemState::Done { outcome, writes: 1, text: None }
    }

    /// What no frame goes through all rows for must be what going through all of them finds.
    #[test]
    fn what_is_counted_as_rows_move_is_what_all_of_them_come_to() {
        let mut items: Vec<LiveItem> =
            (0..6).map(|at| item(at, ItemState::Queued, Outcome::NoChange)).collect();
        let mut standing = Standing::of(&items);
        let moves = [
            (0, ItemState::Writing { done: 1, of: 2 }, Outcome::Failure),
            (1, ItemState::Verifying { done: 2, of: 2 }, Outcome::NoChange),
            (1, ItemState::Verified { done: 2, of: 2 }, Outcome::Warning),
            (0, done(Outcome::Failure), Outcome::NoChange),
            (1, done(Outcome::Warning), Outcome::NoChange),
            (2, done(Outcome::NoChange), Outcome::NoChange),
            (3, done(Outcome::Success), Outcome::NoChange),
            (1, done(Outcome::Failure), Outcome::NoChange),
            (4, done(Outcome::NotAttempted), Outcome::NoChange),
            (5, ItemState::PartWritten { writes: 1, text: None }, Outcome::NoChange),
        ];
        for (at, state, found) in moves {
            standing.uncount(&items[at]);
            items[at] = item(at, state, found);
            standing.count(&items[at]);
            let (whom, all) = (standing.whom(), Standing::of(&items).whom());
            assert_eq!((whom.all, whom.ended), (all.all, all.ended));
            let each = Whom::of(items.iter().map(|one| (one.key.as_str(), one.outcome())));
            assert_eq!((whom.all, whom.ended), (each.all, each.ended));
        }
        let left = (standing.ended(Outcome::NotAttempted), standing.part_written);
        assert_eq!(left, (2, 1));
        assert_eq!((standing.checking, standing.checked, standing.recorded), (0, 0, 6));
        assert_eq!((standing.ended(Outcome::Failure), standing.needs_review()), (2, true));
        assert_eq!(standing.not_done(Outcome::Failure), 0);
    }
}
