//! Quantities over time: a step function from days to whole units.

use serde::{Deserialize, Serialize};

use super::Day;

/// From a day on, this many units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Step {
    /// First day.
    pub from: Day,
    /// Units in force.
    pub units: i64,
}

/// A step function: 0 before the first step, strictly ascending days, no two neighbours alike.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timeline(Vec<Step>);

impl Timeline {
    /// From steps in any order; of two on one day the later given counts. Steps that change nothing fall away.
    #[must_use]
    pub fn new(steps: impl IntoIterator<Item = Step>) -> Self {
        let by_day: std::collections::BTreeMap<Day, i64> =
            steps.into_iter().map(|s| (s.from, s.units)).collect();
        let mut kept: Vec<Step> = Vec::with_capacity(by_day.len());
        for (from, units) in by_day {
            if kept.last().map_or(0, |last| last.units) != units {
                kept.push(Step { from, units });
            }
        }
        Self(kept)
    }

    /// From signed changes by day.
    #[must_use]
    pub fn from_changes(changes: impl IntoIterator<Item = (Day, i64)>) -> Self {
        let mut by_day = std::collections::BTreeMap::<Day, i64>::new();
        for (day, change) in changes {
            *by_day.entry(day).or_default() += change;
        }
        let mut level = 0;
        Self::new(by_day.into_iter().map(|(from, change)| {
            level += change;
            Step { from, units: level }
        }))
    }

    /// The steps, by day.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.0
    }

    /// Units in force on a day.
    #[must_use]
    pub fn on(&self, day: Day) -> i64 {
        self.0.iter().rev().find(|step| step.from <= day).map_or(0, |step| step.units)
    }

    /// The days on which it changes, with the change.
    pub fn changes(&self) -> impl Iterator<Item = (Day, i64)> + '_ {
        let before = std::iter::once(0).chain(self.0.iter().map(|step| step.units));
        self.0.iter().zip(before).map(|(step, before)| (step.from, step.units - before))
    }

    /// This timeline with `change` units more from `day` on, on top of every later step (wire/autotask 13.2).
    #[must_use]
    pub fn adjusted(&self, day: Day, change: i64) -> Self {
        Self::from_changes(self.changes().chain([(day, change)]))
    }

    /// What must be added to `self`, by day, so that it becomes `wanted` (sync-rules 4.4).
    pub fn changes_to(&self, wanted: &Self) -> Vec<(Day, i64)> {
        let both = wanted.changes().chain(self.changes().map(|(day, change)| (day, -change)));
        let difference = Self::from_changes(both);
        difference.changes().collect()
    }

    /// The least quantity from `day` on.
    pub(crate) fn least_from(&self, day: Day) -> i64 {
        self.0
            .iter()
            .filter(|step| step.from > day)
            .map(|step| step.units)
            .fold(self.on(day), i64::min)
    }

    /// This timeline until the day before `day`, `other` from `day` on.
    #[must_use]
    pub fn until(&self, day: Day, other: &Self) -> Self {
        let head = self.0.iter().filter(|step| step.from < day).copied();
        let at = std::iter::once(Step { from: day, units: other.on(day) });
        let tail = other.0.iter().filter(|step| step.from > day).copied();
        Self::new(head.chain(at).chain(tail))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        text.parse().expect("a day")
    }

    fn steps(list: &[(&str, i64)]) -> Timeline {
        Timeline::new(list.iter().map(|&(from, units)| Step { from: day(from), units }))
    }

    #[test]
    fn an_adjustment_lies_on_top_of_every_later_step() {
        let present = steps(&[("2026-09-01", 5), ("2026-10-01", 8)]);
        let after = present.adjusted(day("2026-09-20"), 3);
        assert_eq!(after, steps(&[("2026-09-01", 5), ("2026-09-20", 8), ("2026-10-01", 11)]));
    }

    #[test]
    fn the_changes_to_a_timeline_make_it_that_timeline() {
        let present = steps(&[("2026-09-01", 5), ("2026-10-01", 8)]);
        let wanted = steps(&[("2026-09-01", 5), ("2026-09-20", 8)]);
        assert_eq!(present.changes_to(&wanted), [(day("2026-09-20"), 3), (day("2026-10-01"), -3)]);
    }

    #[test]
    fn before_the_first_step_there_is_nothing() {
        assert_eq!(steps(&[("2026-09-01", 5)]).on(day("2026-08-31")), 0);
    }

    #[test]
    fn splicing_keeps_the_level_of_the_second_from_the_day_on() {
        let spliced =
            steps(&[("2026-09-01", 5)]).until(day("2026-10-01"), &steps(&[("2026-08-01", 7)]));
        assert_eq!(spliced, steps(&[("2026-09-01", 5), ("2026-10-01", 7)]));
    }
}
