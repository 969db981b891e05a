use rstest::rstest;

use crate::{
    domain::{ContractId, timeline::Step},
    psa::{
        RowState, SentWrite,
        autotask::{
            sample::{self, day},
            verdict::*,
        },
    },
};

fn steps(list: &[(&str, i64)]) -> Timeline {
    Timeline::new(list.iter().map(|&(from, units)| Step { from: day(from), units }))
}

fn reading(rows: &[(&str, i64)], price: &str) -> PresentContract {
    let row = |&(start, units): &(&str, i64)| sample::units(start, start, units);
    PresentContract {
        odd: None,
        contract: sample::contract(1),
        services: vec![PresentService {
            contract_service: ContractServiceId(7),
            service: ServiceId(2),
            price: Some(price.parse().expect("a price")),
            cost: None,
            rows: rows.iter().map(row).collect(),
            lines: Vec::new(),
        }],
    }
}

fn before(rows: &[(&str, i64)]) -> RowState {
    RowState {
        units: steps(rows),
        price: Some("8".parse().expect("a price")),
        cost: None,
        row_starts: rows.iter().map(|(start, _)| day(start)).collect(),
        lines: Vec::new(),
    }
}

fn sent<'a>(operation: &'a Operation, before: &'a RowState) -> SentWrite<'a> {
    SentWrite { operation, contract_service: None, before, read_from: Some(day("2026-08-31")) }
}

fn adjust(effective: &str, units: i64, price: Option<&str>) -> Operation {
    Operation::AdjustUnits {
        contract: ContractId(1),
        service: ServiceId(2),
        contract_service: Some(ContractServiceId(7)),
        effective: day(effective),
        units,
        unit_price: price.map(|price| price.parse().expect("a price")),
        unit_cost: None,
    }
}

const SHOWS: Option<i64> = Some(7);

#[rstest]
#[case::as_before(&[("2026-09-01", 5)], None)]
#[case::with_our_change(&[("2026-09-01", 5), ("2026-09-19", 6)], SHOWS)]
#[case::ours_beside_a_later_edit(&[("2026-09-01", 5), ("2026-09-19", 6), ("2026-09-25", 9)], SHOWS)]
#[case::only_a_later_edit(&[("2026-09-01", 5), ("2026-09-25", 8)], None)]
#[case::only_an_earlier_edit(&[("2026-09-01", 5), ("2026-09-10", 8)], None)]
#[case::an_earlier_edit_of_as_many(&[("2026-09-01", 5), ("2026-09-10", 6)], None)]
#[case::ours_on_top_of_it(&[("2026-09-01", 5), ("2026-09-10", 6), ("2026-09-19", 7)], SHOWS)]
#[case::somebody_elses_change_on_the_day(&[("2026-09-01", 5), ("2026-09-19", 9)], None)]
fn the_change_of_its_day_tells(#[case] now: &[(&str, i64)], #[case] row: Option<i64>) {
    let (operation, before) = (adjust("2026-09-19", 1, None), before(&[("2026-09-01", 5)]));
    let write = sent(&operation, &before);
    assert_eq!(on_contract(&write, &reading(now, "8")), row);
}

#[rstest]
#[case(&[("2026-09-01", 5), ("2026-09-19", 6)], false)]
#[case(&[("2026-09-01", 5)], false)]
#[case(&[("2026-09-01", 5), ("2026-09-19", 6), ("2026-09-25", 9)], true)]
fn a_change_that_is_not_ours_shows(#[case] now: &[(&str, i64)], #[case] foreign: bool) {
    let (operation, before) = (adjust("2026-09-19", 1, None), before(&[("2026-09-01", 5)]));
    let write = sent(&operation, &before);
    assert_eq!(is_foreign(&write, &reading(now, "8")), foreign);
}

#[test]
fn a_reprice_shows_in_the_price_of_the_row() {
    let (operation, before) = (adjust("2026-09-01", 0, Some("8.40")), before(&[("2026-09-01", 5)]));
    let write = sent(&operation, &before);
    assert_eq!(on_contract(&write, &reading(&[("2026-09-01", 5)], "8.40")), SHOWS);
    assert_eq!(on_contract(&write, &reading(&[("2026-09-01", 5)], "8")), None);
}

#[test]
fn a_row_that_was_not_there_before_was_made() {
    let operation = Operation::CreateContractService {
        contract: ContractId(1),
        service: ServiceId(2),
        unit_price: None,
        unit_cost: None,
    };
    let before = before(&[]);
    let write = sent(&operation, &before);
    assert_eq!(on_contract(&write, &reading(&[], "8")), SHOWS);
    let mut without = reading(&[], "8");
    without.services.clear();
    assert_eq!(on_contract(&write, &without), None);
}
