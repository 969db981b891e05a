//! What ought to stand, told without the program's own arithmetic: the histories as the simulator reads them, and of
//! manual edits what the sync rules keep.
//!
//! - Inside the months that were synced the invoice wins (4.9). An edit's own day is taken then, and so may be the days
//!   after it: there, and only there, a residue may stand (4.6).
//! - From a later day on for which an operator set a quantity, that quantity stands (4.3).
//! - What an operator corrects in a month that is applied stays until that month's end (4.9); the next invoice begins with
//!   its own quantity.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use crate::{
    hands::{HandEdit, OnContract},
    worlds::day,
};

/// Days that are compared: August to January.
const BEFORE: u64 = 31;
const AFTER: u64 = 150;

/// Quantities that operators set for days after the months that were synced.
#[derive(Clone, Debug, Default)]
pub struct Kept {
    levels: BTreeMap<(i64, String), BTreeMap<NaiveDate, i64>>,
    corrections: BTreeMap<(i64, String), Vec<Correction>>,
}

/// So many units more, or fewer, from a day to the end of its month.
#[derive(Clone, Copy, Debug)]
struct Correction {
    from: NaiveDate,
    last: NaiveDate,
    change: i64,
}

impl Kept {
    /// Whether there is one on a service.
    pub fn has(&self, contract: i64, service: &str) -> bool {
        self.levels.contains_key(&(contract, service.to_owned()))
    }

    /// An edit on a service that stands so now: what was set for later lies on top of it.
    pub fn set(&mut self, edit: &HandEdit, before: &OnContract) {
        let change = edit.units - before.units(edit.date);
        let levels = self.levels.entry((edit.contract, edit.service.clone())).or_default();
        for (_, level) in levels.range_mut(edit.date..).filter(|(day, _)| **day > edit.date) {
            *level += change;
        }
        levels.insert(edit.date, edit.units);
    }

    /// An edit of a month that is applied, which ends on that day, on a service that stood so before.
    pub fn correct(&mut self, edit: &HandEdit, before: &OnContract, last: NaiveDate) {
        let change = edit.units - before.units(edit.date);
        let correction = Correction { from: edit.date, last, change };
        let place = (edit.contract, edit.service.clone());
        self.corrections.entry(place).or_default().push(correction);
    }

    /// What corrections of applied months add to the histories on a day. Of the newest month that was synced nothing takes
    /// them back yet, so they go on.
    fn corrected(&self, contract: i64, service: &str, day: NaiveDate, synced: NaiveDate) -> i64 {
        let corrections = self.corrections.get(&(contract, service.to_owned()));
        let stands = |one: &&Correction| one.from <= day && (day <= one.last || one.last == synced);
        corrections.into_iter().flatten().filter(stands).map(|one| one.change).sum()
    }

    fn on(&self, contract: i64, service: &str, day: NaiveDate, synced: NaiveDate) -> Option<i64> {
        let levels = self.levels.get(&(contract, service.to_owned()))?;
        let mut later = levels.range(..=day).filter(|(from, _)| **from > synced);
        later.next_back().map(|(_, level)| *level)
    }
}

/// One service on one contract, judged.
pub struct Judged<'a> {
    pub contract: i64,
    pub service: &'a str,
    /// The steps that ought to stand by the histories.
    pub ought: &'a [(NaiveDate, i64)],
    /// What stands.
    pub stands: Option<&'a OnContract>,
    /// The last day of the newest month that was synced.
    pub synced: NaiveDate,
    pub edits: &'a [HandEdit],
    /// Days on which adjustments of ours lie.
    pub adjusted: &'a BTreeSet<NaiveDate>,
    pub kept: &'a Kept,
    /// Whether a day takes one change only, so that what is asked for it may go to the next.
    pub days_are_taken: bool,
}

impl Judged<'_> {
    /// The first day that is wrong, in words.
    pub fn wrong(&self) -> Option<String> {
        let residues = self.residues();
        let first = day(0) - chrono::Days::new(BEFORE);
        let mut days = first.iter_days().take(usize::try_from(BEFORE + AFTER).expect("small"));
        // A residue of a month's last days is taken back on the first of the next: that then counts as a later change.
        let last = if residues.contains(&self.synced) { self.synced } else { NaiveDate::MAX };
        let wrong = days.find(|day| {
            let judged = *day <= last && !residues.contains(day);
            judged && self.stands_on(*day) != self.ought_on(*day)
        })?;
        Some(format!(
            "contract {} {}: {} on {wrong}, ought to be {}\n  stands {:?}\n  ought  {:?}\n  edits  {:?}\n  kept   {:?}",
            self.contract,
            self.service,
            self.stands_on(wrong),
            self.ought_on(wrong),
            self.stands.map(|stands| &stands.steps),
            self.ought,
            self.own_edits().collect::<Vec<_>>(),
            self.kept.levels.get(&(self.contract, self.service.to_owned())),
        ))
    }

    fn stands_on(&self, day: NaiveDate) -> i64 {
        self.stands.map_or(0, |stands| stands.units(day))
    }

    fn ought_on(&self, day: NaiveDate) -> i64 {
        let history = self.ought.iter().rev().find(|(from, _)| *from <= day);
        let history = history.map_or(0, |(_, units)| *units);
        let corrected = self.kept.corrected(self.contract, self.service, day, self.synced);
        self.kept.on(self.contract, self.service, day, self.synced).unwrap_or(history + corrected)
    }

    fn own_edits(&self) -> impl Iterator<Item = &HandEdit> {
        let mine =
            |edit: &&HandEdit| edit.contract == self.contract && edit.service == self.service;
        self.edits.iter().filter(mine)
    }

    /// Days that were edited by hand, and taken days right after them. The first of a month takes any number of changes.
    fn residues(&self) -> BTreeSet<NaiveDate> {
        use chrono::Datelike;
        if !self.days_are_taken {
            return BTreeSet::new();
        }
        let edited: BTreeSet<NaiveDate> =
            self.own_edits().map(|edit| edit.date).filter(|day| day.day() != 1).collect();
        let mut residues = BTreeSet::new();
        for from in &edited {
            let taken = |day: &NaiveDate| {
                day.day() != 1 && (edited.contains(day) || self.adjusted.contains(day))
            };
            residues.extend(from.iter_days().take_while(taken));
        }
        residues
    }
}
