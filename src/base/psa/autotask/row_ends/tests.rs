use rstest::rstest;

use super::*;
use crate::{
    domain::{
        ContractServiceId, ServiceId,
        timeline::{Step, Timeline},
    },
    psa::autotask::sample::{self, day},
};

/// Start, end and units.
type Row = (&'static str, &'static str, i64);

/// From a day on, so many.
type Level = (&'static str, i64);

fn steps(list: &[Level]) -> Timeline {
    Timeline::new(list.iter().map(|&(from, units)| Step { from: day(from), units }))
}

fn service(id: i64, rows: &[Row]) -> PresentService {
    let row = |&(start, end, units): &Row| sample::units(start, end, units);
    PresentService {
        contract_service: ContractServiceId(id),
        service: ServiceId(id),
        price: None,
        cost: None,
        rows: rows.iter().map(row).collect(),
        lines: Vec::new(),
    }
}

/// Row 1 is the one that is looked at, row 2 its neighbour. Monthly from 1 January, without an end.
fn contract(rows: &[Row], neighbour: &[Row]) -> PresentContract {
    PresentContract {
        odd: None,
        contract: sample::contract(1),
        services: vec![service(1, rows), service(2, neighbour)],
    }
}

/// What our write of that day left on row 1, where the rows started on these days before it.
fn write(on: &str, leaves: &[Level], row_starts: &[&str]) -> OwnWrite {
    OwnWrite {
        row: ContractServiceId(1),
        day: day(on),
        leaves: steps(leaves),
        row_starts: row_starts.iter().map(|start| day(start)).collect(),
        accepted: true,
    }
}

fn first(present: PresentContract, writes: &[OwnWrite]) -> Timeline {
    filled(present, writes).services[0].timeline()
}

const AUGUST: Row = ("2026-08-01", "2026-08-31", 6);
const TO_14: Row = ("2026-09-01", "2026-09-14", 6);
const TO_15: Row = ("2026-09-01", "2026-09-15", 6);
const SEPTEMBER: Row = ("2026-09-01", "2026-09-30", 6);
const OCTOBER: Row = ("2026-10-01", "2026-10-31", 6);
const SIX: Level = ("2026-08-01", 6);
const OFF: Level = ("2026-09-15", 0);

// read   | Aug 6 | Sep 6 ... 14th |              we took 6 away on the 15th: 0 from then on, whatever day names the end
#[rstest]
#[case::to_the_day_before(TO_14)]
#[case::to_the_day_itself(TO_15)]
fn what_our_own_last_write_took_to_nothing_stands_at_nothing(#[case] september: Row) {
    let write = write("2026-09-15", &[SIX, OFF], &["2026-08-01", "2026-09-01", "2026-10-01"]);
    let present = contract(&[AUGUST, september], &[]);
    assert_eq!(first(present, &[write]), steps(&[SIX, OFF]));
}

// ours   −6 @15 Sep, and before that another write        only the last one tells
#[test]
fn an_earlier_write_tells_nothing() {
    let older = write("2026-09-15", &[SIX, OFF], &[]);
    let newer = write("2026-09-15", &[SIX, ("2026-09-15", 2)], &[]);
    let present = contract(&[AUGUST, TO_14], &[]);
    assert_eq!(first(present, &[newer, older]), steps(&[SIX]));
}

// ours   −6 @15 Sep; by hand +6 @15 Sep since             rows to the end of October, which are only not written ahead
#[test]
fn rows_that_go_on_after_our_write_tell_more_than_it_does() {
    let write = write("2026-09-15", &[SIX, OFF], &[]);
    let rest = ("2026-09-15", "2026-09-30", 6);
    let present = contract(&[AUGUST, TO_14, rest, OCTOBER], &[]);
    assert_eq!(first(present, &[write]), steps(&[SIX]));
}

// rows   | Sep 6 | Oct 6 |                                ours −6 @1 Dec: 6 goes on until then
#[test]
fn rows_that_are_not_written_ahead_go_on_until_the_day_of_our_write() {
    let write = write("2026-12-01", &[SIX, ("2026-12-01", 0)], &[]);
    let present = contract(&[AUGUST, SEPTEMBER, OCTOBER], &[]);
    assert_eq!(first(present, &[write]), steps(&[SIX, ("2026-12-01", 0)]));
}

// row 1  | Aug 6 | Sep 6 ... 14th |
// row 2  | Aug 2 | Sep 2 ......... | Oct 2 |             rows are written for those days, and row 1 has none
#[test]
fn where_another_service_goes_on_a_row_that_ended_is_nothing() {
    let others = [
        ("2026-08-01", "2026-08-31", 2),
        ("2026-09-01", "2026-09-30", 2),
        ("2026-10-01", "2026-10-31", 2),
    ];
    assert_eq!(first(contract(&[AUGUST, TO_14], &others), &[]), steps(&[SIX, OFF]));
    let at_the_period = contract(&[AUGUST, SEPTEMBER], &others);
    assert_eq!(first(at_the_period, &[]), steps(&[SIX, ("2026-10-01", 0)]));
}

// row 2  | Sep 2 ... 10th | 10th 3 ... |                 here a row names the first day of the next as its end
#[test]
fn the_day_off_is_told_by_how_the_neighbours_end() {
    let others = [("2026-09-01", "2026-09-10", 2), ("2026-09-10", "2026-09-30", 3)];
    assert_eq!(first(contract(&[AUGUST, TO_15], &others), &[]), steps(&[SIX, OFF]));
}

// row 1  | Sep 6 | Oct 6 |        row 2  | Sep 2 | Oct 2 |        neither goes further: not written ahead
#[rstest]
#[case::alone(&[])]
#[case::as_far_as_its_neighbour(&[("2026-09-01", "2026-09-30", 2), ("2026-10-01", "2026-10-31", 2)])]
fn rows_that_merely_end_go_on(#[case] others: &[Row]) {
    let present = contract(&[AUGUST, SEPTEMBER, OCTOBER], others);
    assert_eq!(filled(present.clone(), &[]), present);
}

// row 1  | Sep 6 ... 14th |       | 25th 4 ... |                  what lies between was passed over
#[test]
fn a_gap_between_two_rows_is_nothing() {
    let later = ("2026-09-25", "2026-09-30", 4);
    let stands = first(contract(&[AUGUST, TO_14, later], &[]), &[]);
    assert_eq!(stands, steps(&[SIX, OFF, ("2026-09-25", 4)]));
}

// row 1  | Sep 6 ... 14th | 15th 4 ... |    or to the 15th, or beginning the 16th: ends are unclear by a day
#[rstest]
#[case(TO_14, "2026-09-15")]
#[case(TO_15, "2026-09-15")]
#[case(TO_15, "2026-09-16")]
fn rows_that_follow_each_other_have_no_gap(#[case] september: Row, #[case] next: &'static str) {
    let present = contract(&[AUGUST, september, (next, "2026-09-30", 4)], &[]);
    assert_eq!(filled(present.clone(), &[]), present);
}

// row 1  | Sep 6 ... 15th | 16th 4 ... |    ours −6 @15 Sep, +4 @16 Sep: a gap of one day that only we know of
#[test]
fn a_single_day_off_is_known_from_our_own_write() {
    let leaves = [SIX, OFF, ("2026-09-16", 4)];
    let write = write("2026-09-16", &leaves, &[]);
    let present = contract(&[AUGUST, TO_15, ("2026-09-16", "2026-09-30", 4)], &[]);
    assert_eq!(first(present, &[write]), steps(&leaves));
}

// read   | Aug 6 | Sep 6 ... 14th |         the answer to −6 @15 Sep was lost: rows end so in the midst of a period
//                                           only where it was carried out
#[test]
fn a_lost_write_is_shown_by_a_row_that_is_cut() {
    let lost = OwnWrite { accepted: false, ..write("2026-09-15", &[SIX, OFF], &["2026-08-01"]) };
    let accepted = write("2026-08-01", &[SIX], &[]);
    let present = contract(&[AUGUST, TO_14], &[]);
    assert_eq!(first(present, &[lost, accepted]), steps(&[SIX, OFF]));
}

// read   | Aug 6 | Sep 6 |                  the answer to −6 @1 Oct was lost: October's row is gone only where there
//                                           was one
#[rstest]
#[case::there_was_one(&["2026-09-01", "2026-10-01"], &[SIX, ("2026-10-01", 0)])]
#[case::not_written_ahead(&["2026-09-01"], &[SIX])]
fn a_lost_write_at_the_start_of_a_period_is_shown_by_a_row_that_is_gone(
    #[case] row_starts: &[&str],
    #[case] stands: &[Level],
) {
    let leaves = [SIX, ("2026-10-01", 0)];
    let lost = OwnWrite { accepted: false, ..write("2026-10-01", &leaves, row_starts) };
    assert_eq!(first(contract(&[AUGUST, SEPTEMBER], &[]), &[lost]), steps(stands));
}

#[test]
fn after_the_end_of_the_contract_nothing_is_missing() {
    let mut present = contract(&[AUGUST, TO_14], &[("2026-09-01", "2026-09-30", 2)]);
    present.contract.end = Some(day("2026-09-14"));
    assert!(!any(&present));
    assert_eq!(filled(present.clone(), &[]), present);
}
