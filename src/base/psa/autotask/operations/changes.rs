//! The changes of one service, one a day, and where they go when their day is taken.
//!
//! It must not word findings or order the writes.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    domain::{
        Day, Money,
        operation::{self, PriceStep, Wanted},
        target::{Contract, PresentContract, PresentService},
        timeline::Timeline,
    },
    psa::Surroundings,
};

use super::keeps;

/// Unit price and cost from a day on; none leaves the one in force.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Prices {
    pub price: Option<Money>,
    pub cost: Option<Money>,
}

impl Prices {
    pub(super) fn opening(wanted: &Wanted) -> Self {
        Self { price: wanted.opening_price.map(keeps), cost: wanted.opening_cost.map(keeps) }
    }

    fn of(step: &PriceStep) -> Self {
        Self { price: step.price.map(keeps), cost: step.cost.map(keeps) }
    }

    pub(super) fn is_none(self) -> bool {
        self.price.is_none() && self.cost.is_none()
    }

    /// These, and where they are silent the others.
    pub(super) fn or(self, others: Self) -> Self {
        Self { price: self.price.or(others.price), cost: self.cost.or(others.cost) }
    }
}

/// What changes on one day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct DayChange {
    pub units: i64,
    pub prices: Prices,
}

impl DayChange {
    fn is_nothing(self) -> bool {
        self.units == 0 && self.prices.is_none()
    }
}

/// All changes of one service by day: at most one a day (wire/autotask 13.2).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct DayChanges(BTreeMap<Day, DayChange>);

impl DayChanges {
    /// Where wanted and present differ, and the re-prices.
    pub(super) fn between(present: &Timeline, wanted: &Wanted) -> Self {
        let mut by_day = BTreeMap::<Day, DayChange>::new();
        for (day, units) in present.changes_to(&wanted.units) {
            by_day.entry(day).or_default().units = units;
        }
        for step in &wanted.prices {
            let change = by_day.entry(step.from).or_default();
            change.prices = Prices::of(step).or(change.prices);
        }
        by_day.retain(|_, change| !change.is_nothing());
        Self(by_day)
    }

    /// A new row needs no re-price before its first units. Those carry its opening prices: that the server took them when
    /// it made the row is assumed (sync-rules 5.1; wire/autotask 14, row 27).
    pub(super) fn open(&mut self, present: &Timeline, wanted: &Wanted) {
        let first = present.changes_to(&wanted.units).first().map(|&(day, _)| day);
        let mut in_force = Prices::opening(wanted);
        self.0.retain(|day, change| {
            if first.is_none_or(|first| *day < first) {
                return false;
            }
            let is_first = first == Some(*day);
            let known = change.prices.or(in_force) == in_force;
            in_force = change.prices.or(in_force);
            if is_first {
                change.prices = in_force;
            }
            change.units != 0 || !known
        });
    }

    /// A contract that has ended bills nothing more: what lies after its end is needed only where the invoice's
    /// own month asks for more units than it can carry (sync-rules 4.5).
    pub(super) fn drop_what_a_finished_contract_needs_not(
        &mut self,
        contract: &PresentContract,
        month_end: Day,
    ) {
        let end = contract.contract.end;
        let ended = |day: Day| end.is_some_and(|end| day > end);
        self.0.retain(|&day, change| !ended(day) || (change.units > 0 && day <= month_end));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn days(&self) -> impl Iterator<Item = Day> + '_ {
        self.0.keys().copied()
    }

    pub(super) fn steps(&self) -> Vec<(Day, DayChange)> {
        self.0.iter().map(|(&day, &change)| (day, change)).collect()
    }

    /// The prices in force on a day, given what was in force before all changes.
    pub(super) fn prices_on(&self, day: Day, before: Prices) -> Prices {
        self.0.range(..=day).fold(before, |prices, (_, change)| change.prices.or(prices))
    }

    /// Every change on the first day from its own on that is not taken (sync-rules 4.6).
    pub(super) fn shifted(self, taken: &TakenDays, contract: &Contract) -> ShiftedChanges {
        let mut planned = ShiftedChanges { wished: self.clone(), ..ShiftedChanges::default() };
        for (day, change) in self.0 {
            let free = taken.free_from(day);
            let there = planned.changes.0.entry(free).or_default();
            there.units += change.units;
            there.prices = change.prices.or(there.prices);
            if free != day {
                planned.note(free, day, change);
            }
        }
        planned.changes.0.retain(|_, change| !change.is_nothing());
        let changes = &planned.changes.0;
        let (shifts, residues) = std::mem::take(&mut planned.shifts)
            .into_iter()
            .partition(|shift| shift.matters() && changes.contains_key(&shift.to));
        (planned.shifts, planned.residues) = (shifts, residues);
        planned.cut_at_the_end(contract);
        planned
    }
}

/// Changes from one or more taken days, carried to one free day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CarriedChange {
    pub to: Day,
    pub from: Vec<(Day, DayChange)>,
    pub prices: Prices,
    /// The free day lies beyond the contract's end: the change cannot be made at all.
    pub lost: bool,
}

impl CarriedChange {
    pub(super) fn units(&self) -> i64 {
        self.from.iter().map(|(_, change)| change.units).sum()
    }

    /// A residue that merges to nothing is no difference.
    fn matters(&self) -> bool {
        self.units() != 0 || !self.prices.is_none()
    }

    /// What is to be remembered of it: each day's change by itself.
    pub(super) fn parts(&self) -> impl Iterator<Item = operation::Shift> + '_ {
        self.from.iter().map(|&(asked, DayChange { units, prices })| operation::Shift {
            asked,
            written: self.to,
            units,
            price: prices.price,
            cost: prices.cost,
        })
    }

    /// The first day that stays as it is.
    pub(super) fn since(&self) -> Day {
        self.from.first().map_or(self.to, |&(day, _)| day)
    }
}

/// The changes after all shifts.
#[derive(Clone, Debug, Default)]
pub(super) struct ShiftedChanges {
    /// As they would be if no day were taken.
    pub wished: DayChanges,
    pub changes: DayChanges,
    pub shifts: Vec<CarriedChange>,
    /// Carried to a day on which they merge to nothing: their own days stay as they are.
    pub residues: Vec<CarriedChange>,
}

impl ShiftedChanges {
    fn note(&mut self, to: Day, from: Day, change: DayChange) {
        if let Some(shift) = self.shifts.iter_mut().find(|shift| shift.to == to) {
            shift.from.push((from, change));
            shift.prices = change.prices.or(shift.prices);
        } else {
            let from = vec![(from, change)];
            self.shifts.push(CarriedChange { to, from, prices: change.prices, lost: false });
        }
    }

    /// What was carried past the contract's end cannot be written: fewer units bill nothing there any more, but
    /// units that are missing must be told.
    fn cut_at_the_end(&mut self, contract: &Contract) {
        let Some(end) = contract.end else { return };
        let carried =
            |shifts: &[CarriedChange], day: Day| shifts.iter().any(|shift| shift.to == day);
        let shifts = self.shifts.clone();
        self.changes.0.retain(|&day, _| day <= end || !carried(&shifts, day));
        self.shifts.retain_mut(|shift| {
            shift.lost = shift.to > end;
            !shift.lost || shift.units() > 0
        });
    }
}

/// The days on which a service takes no further adjustment.
pub(super) struct TakenDays(BTreeSet<Day>);

impl TakenDays {
    /// A row that starts where no billing period does was opened by an adjustment; and what the server said.
    pub(super) fn of(
        contract: &Contract,
        present: Option<&PresentService>,
        surroundings: &Surroundings,
    ) -> Self {
        let Some(present) = present else { return Self(BTreeSet::new()) };
        let rows = present.rows.iter().map(|row| row.start);
        let opened = rows.filter(|start| !contract.period_starts_on(*start));
        let told = surroundings.taken.iter();
        let told = told.filter(|(row, _)| *row == present.contract_service).map(|&(_, day)| day);
        Self(opened.chain(told).collect())
    }

    fn free_from(&self, day: Day) -> Day {
        let mut free = day;
        while self.0.contains(&free) {
            free = free.next();
        }
        free
    }
}
