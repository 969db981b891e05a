use rstest::rstest;

use crate::{
    domain::{ContractServiceId, Day, ServiceId},
    psa::autotask::{
        price_readings::*,
        sample::{self, contract, day, money},
    },
};

/// Effective at 8.00 and 6.90; rows of 5 seats from these days on bill so much.
fn row(cost: Option<&str>, rows: &[(&str, i64, &str, Option<&str>)]) -> PresentService {
    let units = |&(start, units, price, cost): &(&str, i64, &str, Option<&str>)| UnitRow {
        price: money(price),
        cost: cost.map(money),
        ..sample::units(start, start, units)
    };
    PresentService {
        contract_service: ContractServiceId(2),
        service: ServiceId(3),
        price: Some(money("8.00")),
        cost: cost.map(money),
        rows: rows.iter().map(units).collect(),
        lines: Vec::new(),
    }
}

const SEPTEMBER: (&str, i64, &str, Option<&str>) = ("2026-09-01", 5, "42.00", Some("36.00"));
const OCTOBER: (&str, i64, &str, Option<&str>) = ("2026-10-01", 5, "42.00", Some("36.00"));

#[derive(Clone, Copy)]
struct Span {
    from: Day,
    until: Option<Day>,
}

const ALWAYS: Span = Span { from: Day(chrono::NaiveDate::MIN), until: None };

fn from(text: &str) -> Span {
    Span { from: day(text), until: None }
}

fn asked_for(member: PriceMember, amount: &str, span: Span) -> AskedPrice {
    AskedPrice { member, amount: money(amount), from: span.from, until: span.until }
}

fn other(text: &str) -> Shown {
    Shown::Other(money(text))
}

#[rstest]
#[case::the_effective_price("8.00", &[], Shown::Yes)]
#[case::another_effective_price("8.40", &[], other("8.00"))]
#[case::an_uncut_row_bills_it("8.40", &[SEPTEMBER, OCTOBER], Shown::Yes)]
#[case::an_uncut_row_bills_another("8.50", &[SEPTEMBER, OCTOBER], other("8.00"))]
#[case::the_row_names_it_and_bills_another("8.00", &[SEPTEMBER, OCTOBER], other("8.40"))]
#[case::a_row_that_nothing_ends_is_not_known_to_be_uncut("8.40", &[SEPTEMBER], other("8.00"))]
#[case::a_cut_row_tells_nothing(
    "8.40", &[SEPTEMBER, ("2026-09-20", 5, "42.00", None), OCTOBER], other("8.00"))]
#[case::nothing_is_billed_for_no_seats(
    "8.40", &[("2026-09-01", 0, "0.00", None), OCTOBER], other("8.00"))]
#[case::a_row_before_it_tells_nothing(
    "8.40", &[("2026-08-01", 5, "42.00", None), ("2026-09-01", 5, "40.00", None), OCTOBER],
    other("8.00"))]
fn a_price_shows_in_an_uncut_row_or_as_the_effective_one(
    #[case] asked: &str,
    #[case] rows: &[(&str, i64, &str, Option<&str>)],
    #[case] expected: Shown,
) {
    let (contract, row) = (contract(1), row(Some("6.90"), rows));
    assert_eq!(
        super::shows(&contract, &row, asked_for(PriceMember::Price, asked, from("2026-09-01"))),
        expected
    );
}

#[test]
fn a_price_that_another_follows_shows_in_its_own_days_only() {
    let (contract, row) = (contract(1), row(Some("6.90"), &[SEPTEMBER, OCTOBER]));
    let until = |until: &str| Span { from: day("2026-08-10"), until: Some(day(until)) };
    let shows = |span| super::shows(&contract, &row, asked_for(PriceMember::Price, "8.40", span));
    assert_eq!(shows(until("2026-10-01")), Shown::Yes);
    assert_eq!(shows(until("2026-09-01")), Shown::Nothing, "the effective price is the later one");
}

#[test]
fn posted_amounts_do_not_move_and_tell_nothing() {
    let (contract, mut row) = (contract(1), row(Some("6.90"), &[SEPTEMBER, OCTOBER]));
    row.rows[0].posted = true;
    assert_eq!(
        super::shows(&contract, &row, asked_for(PriceMember::Price, "8.00", ALWAYS)),
        Shown::Yes
    );
}

#[test]
fn costs_show_likewise_and_one_that_the_user_may_not_see_is_not_missed() {
    let contract = contract(1);
    let shows = |cost: Option<&str>, asked: &str, rows| {
        let row = row(cost, rows);
        super::shows(&contract, &row, asked_for(PriceMember::Cost, asked, ALWAYS))
    };
    assert_eq!(shows(Some("6.90"), "6.90", &[]), Shown::Yes);
    assert_eq!(shows(Some("6.90"), "7.20", &[]), other("6.90"));
    assert_eq!(shows(Some("6.90"), "7.20", &[SEPTEMBER, OCTOBER]), Shown::Yes);
    assert_eq!(shows(None, "7.20", &[]), Shown::Yes);
}

#[test]
fn a_month_of_a_quarter_is_no_uncut_row_and_a_quarter_bills_three_prices() {
    let contract = contract(3);
    let shows = |rows: &[(&str, i64, &str, Option<&str>)]| {
        let row = row(Some("6.90"), rows);
        super::shows(&contract, &row, asked_for(PriceMember::Price, "8.40", ALWAYS))
    };
    assert_eq!(shows(&[SEPTEMBER, OCTOBER]), other("8.00"));
    let quarter = ("2026-07-01", 5, "126.00", None);
    assert_eq!(shows(&[quarter, ("2026-10-01", 5, "126.00", None)]), Shown::Yes);
}

#[rstest]
#[case::two_decimals("8.4049", "8.40", true)]
#[case::half_up("8.405", "8.41", true)]
#[case::half_even("8.405", "8.40", true)]
#[case::another_cent("8.4051", "8.40", false)]
#[case::four_decimals_that_differ("8.4049", "8.4048", false)]
#[case::equal("8.4049", "8.4049", true)]
fn a_price_that_reads_back_rounded_is_ours(
    #[case] ours: &str,
    #[case] back: &str,
    #[case] expected: bool,
) {
    assert_eq!(money(ours).reads(money(back)), expected);
}
