//! Wanted quantities of one service on one contract (sync-rules 4.1, 4.3, 4.9).
//!
//! It must not make writes: that is the target's own arithmetic.

use std::collections::BTreeMap;

use rust_decimal::prelude::ToPrimitive;

use crate::domain::{
    Code, Day, ServiceId, UsageMonth,
    invoice::Line,
    outcome::Finding,
    policy::Drops,
    timeline::{Step, Timeline},
};

use super::memory::{Baseline, ContractMemory};

/// No line of licences has more seats than this; one that has fails before it is counted.
pub(super) const MOST: i64 = 100_000_000;

/// The days that the invoice owns on one service: its usage month, and where its lines reach further, as far as no other
/// applied month is touched (sync-rules 3.2, 4.3).
///
/// ```text
///              July, applied │ August        September, the usage month │ October, applied
/// a line       15 Jul ─────────────────────────────────────────────────────────── 12 Oct
/// the span                     1 Aug ─────────────────────────── 30 Sep
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub month: UsageMonth,
    pub from: Day,
    pub last: Day,
    /// First day of the next month that is applied to the service already.
    pub next_applied: Option<Day>,
}

/// Why a line cannot be applied: it lies wholly where other invoices were applied.
pub(super) fn is_past_or_taken(
    line: &Line,
    service: ServiceId,
    month: UsageMonth,
    memory: &ContractMemory,
) -> bool {
    let past = memory.last_applied(service, month).is_some_and(|last| line.end <= last.last_day());
    let taken = memory.next_applied(service, month);
    past || taken.is_some_and(|next| line.start >= next.first_day())
}

impl Span {
    pub(super) fn new<'a>(
        lines: impl Iterator<Item = &'a Line> + Clone,
        service: ServiceId,
        month: UsageMonth,
        memory: &ContractMemory,
    ) -> Self {
        let first = month.first_day();
        let next_applied = memory.next_applied(service, month).map(UsageMonth::first_day);
        let earliest = lines.clone().map(|line| line.start).min().unwrap_or(first).min(first);
        let bound = memory.last_applied(service, month).map(|last| last.next().first_day());
        let latest = lines.map(|line| line.end).max().unwrap_or(first).max(month.last_day());
        let end = next_applied.map(Day::previous);
        Self {
            month,
            from: bound.map_or(earliest, |bound| earliest.max(bound)),
            last: end.map_or(latest, |end| latest.min(end)),
            next_applied,
        }
    }
}

/// The quantity that one subscription's lines ask for over all time (sync-rules 4.1).
///
/// ```text
/// 6 until 18 Sep, 4 from 19 to 30 Sep     6, then 4 from the 19th on: the next invoice says how it goes on
/// 6 until 14 Sep, and no line after it    6, then 0 from the 15th, or by the policy from 1 Oct
/// ```
pub(super) fn of_subscription<'a>(
    lines: impl Iterator<Item = &'a Line> + Clone,
    month: UsageMonth,
    drops: Drops,
) -> Timeline {
    let Some(end) = lines.clone().map(|line| line.end).max() else { return Timeline::default() };
    let units = |line: &Line| line.quantity.to_i64().filter(|units| *units <= MOST).unwrap_or(0);
    let changes = lines.flat_map(|line| {
        let units = units(line);
        [(line.start, units), (line.end.next(), -units)]
    });
    let dated = Timeline::from_changes(changes);
    let standing = dated.on(end);
    if end >= month.last_day() {
        return dated.until(end.next(), &constant(standing));
    }
    match drops {
        Drops::AtTheDate => dated,
        Drops::NextPeriod => {
            let on = dated.until(end.next(), &constant(standing));
            on.until(month.next().first_day(), &Timeline::default())
        }
    }
}

/// So many at all times.
fn constant(units: i64) -> Timeline {
    Timeline::new([Step { from: Day(chrono::NaiveDate::MIN), units }])
}

/// All of them together.
pub(super) fn sum<'a>(timelines: impl Iterator<Item = &'a Timeline>) -> Timeline {
    let changes: Vec<_> = timelines.flat_map(Timeline::changes).collect();
    Timeline::from_changes(changes)
}

/// What stands on the contract, apart from the application that is being planned.
#[derive(Clone, Debug)]
pub(super) struct StandingQuantities<'a> {
    /// As read now.
    pub present: &'a Timeline,
    /// As read before this application's first write.
    pub reference: &'a Timeline,
    /// Changes since then that are not this application's.
    pub foreign: Vec<(Day, i64)>,
    /// Changes in the reference that are ours all the same, by an application that is over.
    pub ours_before: BTreeMap<Day, i64>,
}

impl<'a> StandingQuantities<'a> {
    pub(super) fn new(present: &'a Timeline, baseline: Option<&'a Baseline>) -> Self {
        let Some(baseline) = baseline else {
            return Self {
                present,
                reference: present,
                foreign: Vec::new(),
                ours_before: BTreeMap::new(),
            };
        };
        let mut by_day = BTreeMap::<Day, i64>::new();
        let known = baseline.steps.changes().chain(baseline.ours.iter().copied());
        for (day, change) in present.changes().chain(known.map(|(day, change)| (day, -change))) {
            *by_day.entry(day).or_default() += change;
        }
        let foreign = by_day.into_iter().filter(|&(_, change)| change != 0).collect();
        let ours_before = BTreeMap::new();
        Self { present, reference: &baseline.steps, foreign, ours_before }
    }

    /// The same, where all of this was written by us: by this application or one that is over.
    pub(super) fn with_ours(mut self, ours: &Timeline, baseline: Option<&Baseline>) -> Self {
        let since = baseline.into_iter().flat_map(|baseline| baseline.ours.iter().copied());
        for (day, change) in ours.changes().chain(since.map(|(day, change)| (day, -change))) {
            *self.ours_before.entry(day).or_default() += change;
        }
        self
    }

    /// As present before the owned span, as the invoice has it in it, then its last value until others have their say:
    /// the reference's own next step after `kept_after`, changes made since, the next month that is applied already.
    ///
    /// ```text
    ///                        1 Sep      30 Sep     10 Oct      20 Oct      1 Nov, applied
    /// reference          5 ──────────────────────── 7 ─────────────────────────────
    /// made since                                               +2
    /// invoice, Sep           6 ─────────
    /// wanted             5   6 ──────────────────── 7 ──────── 9 ───────── 9, as without this invoice
    /// ```
    pub(super) fn spliced(&self, invoice: &Timeline, span: &Span, kept_after: Day) -> Timeline {
        let mut wanted = self.present.until(span.from, invoice);
        let next = self.reference.steps().iter().find(|step| step.from > kept_after);
        if let Some(step) = next {
            wanted = wanted.until(step.from, self.reference);
        }
        for &(day, change) in self.foreign.iter().filter(|(day, _)| *day > kept_after) {
            wanted = wanted.adjusted(day, change);
        }
        match span.next_applied {
            Some(next) => wanted.until(next, &self.of_others()),
            None => wanted,
        }
    }

    /// What stands, less what `recorded` knows to be ours since: an edit by hand that was made in sight of it, because it
    /// comes nearer to what was recorded as it is than without ours, keeps what it made of the quantity from its day on.
    pub(super) fn without_ours(&self, recorded: &Baseline) -> Timeline {
        let ours = recorded.ours.iter().map(|(day, change)| (*day, -change));
        let without = Timeline::from_changes(self.present.changes().chain(ours));
        let nearer = |&&(day, _): &&(Day, i64)| {
            let off = |level: &Timeline| (level.on(day) - recorded.steps.on(day)).abs();
            off(self.present) < off(&without)
        };
        match self.foreign.iter().find(nearer) {
            Some(&(day, _)) => without.until(day, self.present),
            None => without,
        }
    }

    /// What would stand without this application.
    fn of_others(&self) -> Timeline {
        let reference = self.reference.clone();
        self.foreign.iter().fold(reference, |level, &(day, change)| level.adjusted(day, change))
    }

    /// Steps inside the owned span that are nobody's but an operator's, and that the plan sets back (sync-rules 4.9): from
    /// what stood there before the edit, our own writes counted in, to what stands.
    ///
    /// ```text
    /// before our writes   0
    /// ours                +35 on the 1st
    /// somebody's          −5 on the 10th
    /// stands              35 from the 1st, 30 from the 10th: changed from 35 to 30, not from 0 to −5
    /// ```
    pub(super) fn drift(&self, wanted: &Timeline, span: &Span) -> Vec<Finding> {
        let set_back = |&(day, _): &(Day, i64)| {
            day >= span.from && day <= span.last && self.present.on(day) != wanted.on(day)
        };
        let edits = self.edits().into_iter().filter(set_back);
        edits.map(|(day, change)| self.drifted(day, change, wanted)).collect()
    }

    /// Changes of others by day: those made since our first write, and on other days those that it found there.
    ///
    /// ```text
    /// found           +6 on the 1st, −2 on the 10th
    /// ours before     +6 on the 1st, when the invoice was applied first
    /// edits                          −2 on the 10th
    /// ```
    fn edits(&self) -> BTreeMap<Day, i64> {
        let ours = |day: Day| self.ours_before.get(&day).copied().unwrap_or_default();
        let found = self.reference.changes().map(|(day, change)| (day, change - ours(day)));
        let found = found.filter(|(_, change)| *change != 0);
        found.chain(self.foreign.iter().copied()).collect()
    }

    fn drifted(&self, day: Day, change: i64, wanted: &Timeline) -> Finding {
        let stands = self.present.on(day);
        Finding::new(
            Code::Drift,
            format!(
                "Changed by hand from {} to {stands} on {day}; the invoice has {}, and wins.",
                stands - change,
                wanted.on(day)
            ),
            "The change log of the contract in the PSA tells who did it.",
        )
    }
}
