//! One item on one agreement, and what is being made of it.
//!
//! It must not know why anything changes.

use crate::{
    domain::{
        Day, Money,
        operation::Wanted,
        outcome::Finding,
        policy::{Policies, Unprorated},
        target::{PresentContract, PresentService},
        timeline::Timeline,
    },
    psa::{Surroundings, connectwise::periods::last_invoiced},
};

use super::pieces::{Pieces, Prices};

/// Decimals of money on a line (wire/connectwise A10).
pub(in crate::psa::connectwise) const CENTS: u32 = 2;

/// A price as ConnectWise keeps it (sync-rules 1.9, 10.17h).
pub(in crate::psa::connectwise) fn keeps(price: Money) -> Money {
    price.rounded(CENTS)
}

/// One item on one agreement, as it is and as it ought to be.
#[derive(Clone, Copy)]
pub(super) struct Situation<'a> {
    pub(super) contract: &'a PresentContract,
    pub(super) wanted: &'a Wanted,
    /// What stands; none where the item has no line yet.
    pub(super) present: Option<&'a PresentService>,
    pub(super) surroundings: &'a Surroundings,
    pub(super) policies: &'a Policies,
}

/// What is being made of it.
pub(super) struct Draft<'a> {
    pub(super) situation: Situation<'a>,
    pub(super) pieces: Pieces,
    pub(super) target: Target,
    pub(super) warnings: Vec<Finding>,
}

/// A price step with the day that it can be written on.
#[derive(Clone, Copy, Debug)]
pub(super) struct DatedStep {
    /// The invoice's own day.
    pub(super) asked: Day,
    /// The day that it holds from.
    pub(super) on: Day,
    pub(super) prices: Prices,
}

/// The quantity that the sum has to come to, on the days that may be written.
///
/// ```text
///            month's first        agreement's end
///  ──────────────┼──────────────────────┼──────────
///   left as it is│ the sum is this      │ left as it is
/// ```
pub(super) struct Target {
    pub(super) units: Timeline,
    pub(super) from: Day,
    pub(super) until: Option<Day>,
}

impl Target {
    pub(super) fn owns(&self, day: Day) -> bool {
        day >= self.from && self.until.is_none_or(|until| day <= until)
    }

    /// By how much a sum falls short of it, over the days that may be written.
    pub(super) fn less(&self, sum: &Timeline) -> Timeline {
        let gone = sum.changes().map(|(day, change)| (day, -change));
        let short = Timeline::from_changes(self.units.changes().chain(gone));
        let before = Timeline::default().until(self.from, &short);
        match self.until {
            None => before,
            // As on the last day, so that nothing seems to end there.
            Some(until) => {
                Timeline::new(before.steps().iter().filter(|step| step.from <= until).copied())
            }
        }
    }
}

impl Situation<'_> {
    /// The first day from which the sync owns what stands (sync-rules 4.3): that of the usage month, or an earlier one on
    /// which a line of the invoice begins; before it what is wanted is what stood.
    pub(super) fn first_owned_day(self) -> Day {
        let stands = self.present.map(PresentService::timeline).unwrap_or_default();
        let differs = stands.changes_to(&self.wanted.units).first().map(|(day, _)| *day);
        let month = self.wanted.month_end.month().first_day();
        differs.map_or(month, |day| day.min(month))
    }

    /// The first day that is not invoiced.
    pub(super) fn open(self) -> Option<Day> {
        self.contract.contract.invoicing.and_then(|invoicing| invoicing.first_open)
    }

    pub(super) fn last_invoiced(self) -> Option<Day> {
        last_invoiced(self.contract.contract.invoicing)
    }

    pub(super) fn moves_to_open(self) -> bool {
        self.policies.lines.unprorated == Unprorated::Next
    }

    /// The keys of all lines of the agreement.
    pub(super) fn keys(self) -> Vec<String> {
        let lines = self.contract.services.iter().flat_map(|row| &row.lines);
        lines.filter_map(|line| line.key.clone()).collect()
    }
}

impl Draft<'_> {
    /// By how much the sum falls short of what is wanted.
    pub(super) fn short(&self) -> Timeline {
        self.target.less(&self.pieces.sum())
    }
}
