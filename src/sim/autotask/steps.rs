//! The step function of one service on a contract: what is in force from which day, and the rows a
//! billing period cuts it into (wire section 13.3, reference model). Pure arithmetic.

use std::collections::BTreeMap;

use chrono::{Months, NaiveDate};
use rust_decimal::Decimal;

use super::cell::cents;
use crate::assumptions::{OpeningRows, Rounding};

/// One dated change; several of one day are merged into it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Change {
    pub(super) units: i64,
    pub(super) price: Option<Decimal>,
    pub(super) cost: Option<Decimal>,
}

/// What is in force.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Level {
    pub(crate) units: i64,
    pub(crate) price: Decimal,
    pub(crate) cost: Decimal,
}

/// Prices a service was put on the contract with, and every dated change since.
#[derive(Clone, Debug)]
pub(super) struct Steps {
    pub(super) price: Decimal,
    pub(super) cost: Decimal,
    pub(super) changes: BTreeMap<NaiveDate, Change>,
}

impl Steps {
    pub(super) fn new(price: Decimal, cost: Decimal) -> Self {
        Self { price, cost, changes: BTreeMap::new() }
    }

    /// The level from each changed day on.
    pub(super) fn levels(&self) -> Vec<(NaiveDate, Level)> {
        let mut level = Level { units: 0, price: self.price, cost: self.cost };
        let apply = |(day, change): (&NaiveDate, &Change)| {
            level.units += change.units;
            level.price = change.price.unwrap_or(level.price);
            level.cost = change.cost.unwrap_or(level.cost);
            (*day, level)
        };
        self.changes.iter().map(apply).collect()
    }

    /// The last dated level: its prices are what the contract service shows as current.
    pub(super) fn latest(&self) -> Level {
        let none = Level { units: 0, price: self.price, cost: self.cost };
        self.levels().last().map_or(none, |(_, level)| *level)
    }

    /// Units on a day; none before the first change.
    pub(super) fn units_on(&self, day: NaiveDate) -> i64 {
        self.changes.range(..=day).map(|(_, change)| change.units).sum()
    }

    /// The smallest quantity from a day to the end if this many units came on top there.
    pub(super) fn lowest_from(&self, day: NaiveDate, delta: i64) -> i64 {
        let mut units = self.units_on(day) + delta;
        let mut lowest = units;
        for (later, change) in self.changes.range(day..) {
            if *later > day {
                units += change.units;
                lowest = lowest.min(units);
            }
        }
        lowest
    }

    /// Lays a change on top of whatever the day already has.
    pub(super) fn change(&mut self, day: NaiveDate, change: &Change) {
        let at = self.changes.entry(day).or_default();
        at.units += change.units;
        at.price = change.price.or(at.price);
        at.cost = change.cost.or(at.cost);
    }
}

/// The dates and the period length a contract bills by.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Terms {
    pub(super) start: NaiveDate,
    pub(super) end: NaiveDate,
    pub(super) months: u32,
}

/// A billing period at its full length; the contract's end may cut it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Period {
    pub(super) start: NaiveDate,
    pub(super) end: NaiveDate,
}

impl Terms {
    fn nth_start(&self, period: u32) -> Option<NaiveDate> {
        self.start.checked_add_months(Months::new(self.months.checked_mul(period)?))
    }

    /// Periods counted from the contract's start, day clamped to the month's end.
    pub(super) fn periods(&self) -> impl Iterator<Item = Period> + '_ {
        (0..)
            .map_while(|k| {
                let end = self.nth_start(k + 1)?.pred_opt()?;
                Some(Period { start: self.nth_start(k)?, end })
            })
            .take_while(|period| period.start <= self.end)
    }

    /// Whether a period begins by itself on this day.
    pub(super) fn starts_period(&self, day: NaiveDate) -> bool {
        self.periods().take_while(|period| period.start <= day).any(|period| period.start == day)
    }
}

/// A span with its money, as Autotask shows it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Span {
    pub(super) start: NaiveDate,
    pub(super) end: NaiveDate,
    /// The first day of the period it lies in.
    pub(super) period: NaiveDate,
    pub(super) opens_period: bool,
    pub(super) units: i64,
    pub(super) price: Decimal,
    pub(super) cost: Decimal,
    /// Price and cost of a whole period.
    pub(super) whole: (Decimal, Decimal),
}

/// How the rows of one contract service are made and priced.
#[derive(Clone, Copy, Debug)]
pub(super) struct Making {
    /// Months of the service's own period.
    pub(super) service_months: u32,
    /// Where half a cent goes.
    pub(super) rounding: Rounding,
    /// Where rows begin.
    pub(super) opening: OpeningRows,
}

/// The rows of one contract service: levels cut at period starts, from the first change, or from the contract's start, to its
/// end.
pub(super) fn spans(terms: &Terms, steps: &Steps, making: Making) -> Vec<Span> {
    let levels = steps.levels();
    let changed = levels.first().map(|(day, _)| (*day).max(terms.start));
    let first = match making.opening {
        OpeningRows::None => changed,
        OpeningRows::Zero => Some(terms.start),
    };
    let Some(first) = first else { return Vec::new() };
    let none = Level { units: 0, price: steps.price, cost: steps.cost };
    let mut spans = Vec::new();
    for period in terms.periods().filter(|period| period.end >= first) {
        let to = period.end.min(terms.end);
        let mut starts = vec![period.start.max(first)];
        let inside = |day: &NaiveDate| *day > starts[0] && *day <= to;
        let cuts: Vec<_> = levels.iter().map(|(day, _)| *day).filter(inside).collect();
        starts.extend(cuts);
        for (at, start) in starts.iter().enumerate() {
            let end = starts.get(at + 1).and_then(NaiveDate::pred_opt).unwrap_or(to);
            let level = levels[..levels.partition_point(|(day, _)| day <= start)].last();
            let level = level.map_or(none, |(_, level)| *level);
            let share = Share { terms, making, period, days: days(*start, end) };
            let whole = Share { days: days(period.start, period.end), ..share };
            spans.push(Span {
                start: *start,
                end,
                period: period.start,
                opens_period: *start == period.start,
                units: level.units,
                price: share.of(level.units, level.price),
                cost: share.of(level.units, level.cost),
                whole: (whole.of(level.units, level.price), whole.of(level.units, level.cost)),
            });
        }
    }
    spans
}

/// The part of a period a row covers, for its money.
#[derive(Clone, Copy)]
struct Share<'a> {
    terms: &'a Terms,
    making: Making,
    period: Period,
    days: i64,
}

impl Share<'_> {
    /// Units times price, by the ratio of month counts and by days; to the cent per row.
    fn of(&self, units: i64, price: Decimal) -> Decimal {
        let full = days(self.period.start, self.period.end) * i64::from(self.making.service_months);
        let part = self.days * i64::from(self.terms.months);
        let exact = Decimal::from(units) * price * Decimal::from(part) / Decimal::from(full);
        match self.making.rounding {
            Rounding::AwayFromZero => cents(exact),
            Rounding::ToEven => exact.round_dp(2),
        }
    }
}

/// Days of a span, both ends included.
pub(super) fn days(start: NaiveDate, end: NaiveDate) -> i64 {
    (end - start).num_days() + 1
}

/// Months of a period type; a month for anything unknown.
pub(super) fn months(period_type: Option<i64>) -> u32 {
    match period_type {
        Some(3) => 3,
        Some(4) => 6,
        Some(5) => 12,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn making(service_months: u32) -> Making {
        let (rounding, opening) = (Rounding::AwayFromZero, OpeningRows::None);
        Making { service_months, rounding, opening }
    }

    fn day(offset: i64) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 1, 1).unwrap() + chrono::TimeDelta::days(offset)
    }

    prop_compose! {
        fn contract()(start in 0..60_i64, length in 1..800_i64, months in prop::sample::select(vec![1, 3, 6, 12]))
            -> Terms {
            Terms { start: day(start), end: day(start + length), months }
        }
    }

    prop_compose! {
        fn changes()(changes in prop::collection::vec((0..700_i64, 0..9_i64), 0..12)) -> Steps {
            let mut steps = Steps::new(8.into(), 7.into());
            for (at, units) in changes {
                steps.change(day(at), &Change { units, ..Change::default() });
            }
            steps
        }
    }

    proptest! {
        #[test]
        fn rows_follow_each_other_without_gap_to_the_contracts_end(
            terms in contract(),
            steps in changes(),
        ) {
            let rows = spans(&terms, &steps, making(1));
            for pair in rows.windows(2) {
                prop_assert_eq!(pair[0].end.succ_opt().unwrap(), pair[1].start);
            }
            if let [first, .., last] = rows.as_slice() {
                let from = *steps.changes.keys().next().unwrap();
                prop_assert_eq!(first.start, from.max(terms.start));
                prop_assert_eq!(last.end, terms.end);
            }
        }

        #[test]
        fn every_row_shows_the_quantity_of_each_of_its_days(
            terms in contract(),
            steps in changes(),
        ) {
            for row in spans(&terms, &steps, making(1)) {
                let days = row.start.iter_days().take_while(|day| *day <= row.end);
                for day in days {
                    prop_assert_eq!(steps.units_on(day), row.units);
                }
            }
        }

        #[test]
        fn a_row_that_fills_its_period_is_not_prorated(terms in contract(), steps in changes()) {
            for row in spans(&terms, &steps, making(terms.months)) {
                if terms.periods().any(|p| p.start == row.start && p.end == row.end) {
                    prop_assert_eq!(row.price, Decimal::from(row.units * 8));
                }
            }
        }

        #[test]
        fn the_lowest_quantity_is_that_of_some_day_from_there_on(
            steps in changes(),
            from in 0..700_i64,
            delta in -20..20_i64,
        ) {
            let lowest = (from..=700).map(|at| steps.units_on(day(at)) + delta).min();
            prop_assert_eq!(Some(steps.lowest_from(day(from), delta)), lowest);
        }
    }
}
