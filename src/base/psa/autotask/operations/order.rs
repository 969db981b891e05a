//! In which order one service's adjustments go, so that no row is negative on the way (sync-rules 4.4).
//!
//! It must not change what is written.

use crate::domain::{Day, outcome::Finding, timeline::Timeline};

use super::{changes::DayChange, refusals};

type Dated = (Day, DayChange);

/// By date, except that a later increase goes first where a row would be negative without it. With the quantity
/// that stands at the end.
///
/// # Errors
/// Where no order keeps every later row at 0 or above after each step, as the server demands.
pub(super) fn ordered(
    present: &Timeline,
    mut open: Vec<Dated>,
) -> Result<(Vec<Dated>, Timeline), Finding> {
    let (mut level, mut steps) = (present.clone(), Vec::with_capacity(open.len()));
    while let Some(&first) = open.first() {
        let next = if carries(&level, first.0, first.1) {
            0
        } else {
            later_increase(&level, &open, first)?
        };
        let (day, change) = open.remove(next);
        level = level.adjusted(day, change.units);
        steps.push((day, change));
    }
    Ok((steps, level))
}

/// Whether every row from this day on stays at 0 or above. A re-price takes nothing away.
fn carries(level: &Timeline, day: Day, change: DayChange) -> bool {
    change.units == 0 || level.least_from(day).saturating_add(change.units) >= 0
}

fn later_increase(level: &Timeline, open: &[Dated], blocked: Dated) -> Result<usize, Finding> {
    let increase =
        open.iter().position(|&(day, change)| change.units > 0 && carries(level, day, change));
    increase.ok_or_else(|| {
        let (day, change) = blocked;
        refusals::negative(day, change.units, level.least_from(day))
    })
}
