use rstest::rstest;

use crate::domain::{CompanyId, ContractId, ContractServiceId, ServiceId, target::ContractKind};

use super::*;

fn day(text: &str) -> Day {
    text.parse().expect("a day")
}

fn money(text: &str) -> Money {
    text.parse().expect("money")
}

fn contract(period_months: u32) -> Contract {
    Contract {
        id: ContractId(1),
        company: CompanyId(1),
        name: "Cloud".to_owned(),
        kind: ContractKind::Recurring,
        active: true,
        start: day("2026-01-01"),
        end: None,
        period_months,
    }
}

/// Effective at 8.00 and 6.90; rows of 5 seats from these days on bill so much.
fn row(cost: Option<&str>, rows: &[(&str, i64, &str, Option<&str>)]) -> PresentService {
    let units = |&(start, units, price, cost): &(&str, i64, &str, Option<&str>)| UnitRow {
        start: day(start),
        end: day(start),
        units,
        price: money(price),
        cost: cost.map(money),
        posted: false,
    };
    PresentService {
        contract_service: ContractServiceId(2),
        service: ServiceId(3),
        price: Some(money("8.00")),
        cost: cost.map(money),
        rows: rows.iter().map(units).collect(),
    }
}

fn re_price(price: Option<&str>, cost: Option<&str>) -> Operation {
    Operation::AdjustUnits {
        contract: ContractId(1),
        service: ServiceId(3),
        contract_service: Some(ContractServiceId(2)),
        effective: day("2026-09-01"),
        units: 0,
        unit_price: price.map(money),
        unit_cost: cost.map(money),
    }
}

const SEPTEMBER: (&str, i64, &str, Option<&str>) = ("2026-09-01", 5, "42.00", Some("36.00"));
const OCTOBER: (&str, i64, &str, Option<&str>) = ("2026-10-01", 5, "42.00", Some("36.00"));

#[rstest]
#[case::no_price_written((None, None), &[], true)]
#[case::the_effective_price((Some("8.00"), None), &[], true)]
#[case::the_effective_cost((None, Some("6.90")), &[], true)]
#[case::neither((Some("8.40"), None), &[], false)]
#[case::a_cost_that_does_not_show((None, Some("7.20")), &[], false)]
#[case::an_uncut_row_bills_it((Some("8.40"), Some("7.20")), &[SEPTEMBER, OCTOBER], true)]
#[case::an_uncut_row_bills_another((Some("8.50"), None), &[SEPTEMBER, OCTOBER], false)]
#[case::only_the_price_shows((Some("8.40"), Some("7.30")), &[SEPTEMBER, OCTOBER], false)]
#[case::a_row_that_nothing_ends_is_not_known_to_be_uncut((Some("8.40"), None), &[SEPTEMBER], false)]
#[case::a_cut_row_tells_nothing(
    (Some("8.40"), None), &[SEPTEMBER, ("2026-09-20", 5, "42.00", None), OCTOBER], false)]
#[case::nothing_is_billed_for_no_seats(
    (Some("8.40"), None), &[("2026-09-01", 0, "0.00", None), OCTOBER], false)]
#[case::a_row_before_it_tells_nothing(
    (Some("8.40"), None), &[("2026-08-01", 5, "42.00", None), ("2026-09-01", 5, "40.00", None), OCTOBER], false)]
fn a_price_shows_in_an_uncut_row_or_as_the_effective_one(
    #[case] (price, cost): (Option<&str>, Option<&str>),
    #[case] rows: &[(&str, i64, &str, Option<&str>)],
    #[case] expected: bool,
) {
    let row = row(Some("6.90"), rows);
    assert_eq!(shown(&contract(1), &row, &re_price(price, cost)), expected);
}

#[test]
fn a_cost_that_the_user_may_not_see_is_not_missed() {
    assert!(shown(&contract(1), &row(None, &[]), &re_price(None, Some("7.20"))));
}

#[test]
fn a_month_of_a_quarter_is_no_uncut_row() {
    let row = row(Some("6.90"), &[SEPTEMBER, OCTOBER]);
    assert!(!shown(&contract(3), &row, &re_price(Some("8.40"), None)));
}

#[test]
fn what_writes_no_dated_price_has_nothing_to_show() {
    let made = Operation::CreateContractService {
        contract: ContractId(1),
        service: ServiceId(3),
        unit_price: Some(money("1.00")),
        unit_cost: None,
    };
    assert!(shown(&contract(1), &row(Some("6.90"), &[]), &made));
}
