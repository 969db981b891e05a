//! Rows that end (sync-rules 4.2; wire/autotask 14, row 29): where Autotask keeps no row where a service stands at 0 shows a
//! gap, or nothing more, and neither may be taken for the quantity before it.
//!
//! It must not decide what is wanted. It only puts a row of 0 units where one is missing: it never makes up a quantity, and
//! where rows merely end because they are not written ahead yet, they go on.

use crate::{
    domain::{
        Day, Money,
        target::{Contract, PresentContract, PresentService, UnitRow},
    },
    psa::OwnWrite,
};

/// Whether a row of the contract ends where something may follow: only then do our own writes matter.
pub(super) fn any(present: &PresentContract) -> bool {
    present.services.iter().any(|service| ends(&present.contract, service).next().is_some())
}

/// The contract with a row of 0 units wherever one is missing. `writes` are those to the contract, newest first.
///
/// ```text
/// read                6 from 1 to 14 Sep, then nothing
/// our last write      −6 @15 Sep, accepted          → 0 from 15 Sep
/// or                  another service's row goes on → 0 from 15 Sep
/// or neither                                        → not written ahead: 6 goes on
/// ```
///
/// A gap between two rows of one service was passed over by whoever wrote the second: it is 0 as well.
pub(super) fn filled(mut present: PresentContract, writes: &[OwnWrite]) -> PresentContract {
    let missing: Vec<(usize, Day)> = (0..present.services.len())
        .flat_map(|at| {
            let judge = Judge { present: &present, writes };
            judge.missing(&present.services[at]).into_iter().map(move |day| (at, day))
        })
        .collect();
    for (at, day) in missing {
        let rows = &mut present.services[at].rows;
        let next = rows.iter().map(|row| row.start).find(|start| *start > day);
        let end = next.map_or(present.contract.end.unwrap_or(day), Day::previous);
        rows.push(UnitRow {
            start: day,
            end: end.max(day),
            units: 0,
            price: Money::ZERO,
            cost: Some(Money::ZERO),
            posted: false,
        });
        rows.sort_by_key(|row| row.start);
    }
    present
}

/// A row with units after which there is none, or a later one.
struct Ended<'a> {
    row: &'a UnitRow,
    /// The first day of the next row of the same service.
    next: Option<Day>,
}

impl Ended<'_> {
    /// So far on it is sure that the row itself has ended: ends are unclear by a day (wire/autotask 14, row 10).
    fn surely_over(&self) -> Day {
        self.row.end.plus(2)
    }

    fn is_before(&self, day: Day) -> bool {
        self.next.is_none_or(|next| day < next)
    }
}

/// The rows of a service that are not, for sure, followed by another at once: one that ends inside a period on the day
/// before the next may end on the first day of a gap of one day.
fn ends<'a>(
    contract: &'a Contract,
    service: &'a PresentService,
) -> impl Iterator<Item = Ended<'a>> + 'a {
    let nexts = service.rows.iter().skip(1).map(|row| Some(row.start)).chain([None]);
    let ended = service.rows.iter().zip(nexts).map(|(row, next)| Ended { row, next });
    ended.filter(|ended| {
        let last = contract.end.is_some_and(|end| ended.row.end >= end);
        let follows = ended.row.end.next();
        let gap = ended.is_before(follows);
        let may_be_one = ended.next == Some(follows) && !contract.period_starts_on(follows);
        ended.row.units != 0 && !last && (gap || may_be_one)
    })
}

struct Judge<'a> {
    present: &'a PresentContract,
    writes: &'a [OwnWrite],
}

impl Judge<'_> {
    /// The days from which a service stands at 0 without a row that says so.
    fn missing(&self, service: &PresentService) -> Vec<Day> {
        let ends = ends(&self.present.contract, service);
        ends.filter_map(|ended| self.zero_from(service, &ended)).collect()
    }

    fn zero_from(&self, service: &PresentService, ended: &Ended<'_>) -> Option<Day> {
        let shown = self.is_passed_over(service, ended).then(|| self.first_day_off(ended));
        let ours = self.taken_to_zero(service, ended);
        // A later day of ours was told before somebody took the seats away earlier.
        ours.filter(|day| shown.is_none() || *day <= ended.row.end.next()).or(shown)
    }

    /// Whether rows were written for days on which this service has none.
    fn is_passed_over(&self, service: &PresentService, ended: &Ended<'_>) -> bool {
        let day = ended.surely_over();
        let goes_on = |other: &PresentService| {
            let in_force = |row: &UnitRow| row.start <= day && row.end >= day;
            other.contract_service != service.contract_service && other.rows.iter().any(in_force)
        };
        match ended.next {
            Some(next) => day <= next,
            None => self.present.services.iter().any(goes_on),
        }
    }

    /// The day from which our own last accepted write left 0, or a newer one whose answer was lost and that the end of the
    /// row shows. A row that goes on after that day was changed since, and tells more than what we know.
    fn taken_to_zero(&self, service: &PresentService, ended: &Ended<'_>) -> Option<Day> {
        let mine = self.writes.iter().filter(|write| write.row == service.contract_service);
        for write in mine {
            let steps = write.leaves.steps().iter().rev();
            let last = steps.filter(|step| ended.is_before(step.from)).map(|s| (s.from, s.units));
            let day = last.clone().next().filter(|(_, units)| *units == 0).map(|(day, _)| day);
            let day = day.filter(|day| *day >= ended.row.end && *day > ended.row.start);
            if write.accepted {
                return day;
            }
            if day.is_some_and(|day| self.shows(write, ended, day)) {
                return day;
            }
        }
        None
    }

    /// Whether the row ended because of this write: on its day, and not where rows merely end.
    fn shows(&self, write: &OwnWrite, ended: &Ended<'_>, day: Day) -> bool {
        let follows = ended.row.end.next();
        let is_cut = !self.present.contract.period_starts_on(follows);
        day == write.day
            && day <= follows
            && (is_cut || write.row_starts.iter().any(|start| *start >= day))
    }

    /// The day after the row; where rows of this contract name the day of the next as their end, the end itself, unless a
    /// billing period ends there.
    fn first_day_off(&self, ended: &Ended<'_>) -> Day {
        let (last, follows) = (ended.row.end, ended.row.end.next());
        let overlaps = |service: &PresentService| {
            let pairs = service.rows.iter().zip(service.rows.iter().skip(1));
            pairs.into_iter().any(|(row, next)| row.end == next.start && row.start < next.start)
        };
        let period_ends = self.present.contract.period_starts_on(follows);
        let to_the_next = self.present.services.iter().any(overlaps);
        if to_the_next && !period_ends && last > ended.row.start { last } else { follows }
    }
}

#[cfg(test)]
mod tests;
