//! From 160 columns on a list tells its selected row beside it, below that under it.

use rstest::rstest;

use crate::harness::Harness;

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
