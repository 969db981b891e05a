//! From 160 columns on a list tells its selected row beside it, below that under it.

use prism_connect::domain::Money;
use rstest::rstest;

use crate::{fixtures, harness::Harness};

/// The column in which the selected customer's domain is told whole.
fn told_at(columns: u16) -> usize {
    let mut console = Harness::new(columns, 36);
    console.go("3 j");
    let said = console.text();
    let line = said.lines().find(|line| line.contains("muellersoehne.onmicrosoft.com"));
    let line = line.unwrap_or_else(|| panic!("{said}"));
    line.chars()
        .take_while(|letter| *letter != '@')
        .collect::<String>()
        .find("muellersoehne.onmicrosoft.com")
        .expect("found")
}

#[rstest]
#[case(120, false)]
#[case(159, false)]
#[case(160, true)]
#[case(200, true)]
fn the_detail_stands_beside_the_list_from_160_columns_on(
    #[case] columns: u16,
    #[case] beside: bool,
) {
    assert_eq!(told_at(columns) > usize::from(columns) / 2, beside);
}

#[rstest]
#[case::a_customer_of_a_run("5 Enter j Enter", "! Warning", "✗ Failure")]
#[case::the_run_itself("5 Enter", "✗ Failure", "! Warning")]
fn the_badge_is_that_of_the_place_in_the_title(
    #[case] way: &str,
    #[case] badge: &str,
    #[case] other: &str,
) {
    let mut console = Harness::new(120, 36);
    console.go(way);
    let said = console.text();
    let title = said.lines().nth(2).unwrap_or_default();
    assert!(title.contains(badge) && !title.contains(other), "{title}");
}

/// A change with the price that stood before it, one of a price alone, and a service that was put on the contract.
#[test]
fn a_change_tells_what_moved_and_nothing_that_stayed() {
    let money = |text: &str| text.parse().ok();
    let mut rows = fixtures::history();
    (rows[0].price_before, rows[0].unit_price) = (money("8.00"), money("8.00"));
    (rows[1].units, rows[1].cost_before, rows[1].unit_cost) =
        ((5, 5), money("6.90"), money("7.40"));
    rows[1].monthly_effect = Money::ZERO;
    (rows[2].effective, rows[2].units, rows[2].monthly_effect) = (None, (0, 0), Money::ZERO);
    let mut console = Harness::new(160, 36);
    console.go("3");
    console.press("H");
    console.answer_history(rows);
    let said = console.text();
    assert!(said.contains("Seats 5 → 6 from 19 Sep 2026"), "{said}");
    assert!(!said.contains("8.00 → 8.00"), "{said}");
    console.go("j");
    let said = console.text();
    assert!(said.contains("its 5 seats stay") && said.contains("cost 6.90 → 7.40"), "{said}");
    assert!(!said.contains("changes by"), "{said}");
    console.go("j");
    let said = console.text();
    assert!(said.contains("Put on the contract") && !said.contains("0 → 0"), "{said}");
}

#[test]
fn a_change_that_ends_by_itself_tells_its_days_and_one_not_sent_was_not_written() {
    let mut rows = fixtures::history();
    (rows[0].units, rows[0].until) = ((18, 20), "2026-09-29".parse().ok());
    rows[1].result = "not sent".into();
    let mut console = Harness::new(160, 36);
    console.go("3");
    console.press("H");
    console.answer_history(rows);
    let said = console.text();
    assert!(said.contains("+2 to 29 Sep"), "{said}");
    assert!(said.contains("Seats 18 → 20 from 19 to 29 Sep 2026"), "{said}");
    console.go("j");
    let said = console.text();
    assert!(said.contains("To be written 5 Oct") && !said.contains("Written 5 Oct"), "{said}");
}
