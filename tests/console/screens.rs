//! Every screen and state as a snapshot with its styles, at both design sizes.

use prism_connect::console::{colour::Depth, theme::Theme};
use rstest::rstest;

use crate::{
    fixtures,
    harness::{Harness, live},
    pictures,
};

/// Screens by the keys that lead there.
const SCREENS: &[(&str, &str)] = &[
    ("dashboard", "1"),
    ("connections", "2"),
    ("connection-form", "2 Down c"),
    ("program-form", "2 m"),
    ("customers", "3"),
    ("customers-filtered", "3 / m u l"),
    ("customers-marked", "3 Space Space s"),
    ("link-form", "3 / r i v e r Enter c"),
    ("contract-picker", "3 / r i v e r Enter c Enter v e t e r Enter Enter"),
    ("suggestions", "3 u"),
    ("products", "4"),
    ("runs", "5"),
    ("run", "5 Enter"),
    ("run-customer", "5 Enter Enter"),
    ("run-subscription", "5 Enter Enter Enter"),
    ("chart", "5 Enter Down Enter Enter c"),
    ("plan", "5 p"),
    ("plan-confirm", "5 p A"),
    ("retries", "5 R"),
    ("support", "6"),
    ("help", "3 ?"),
    ("palette", ":"),
];

#[rstest]
#[case(80, 24)]
#[case(120, 36)]
fn every_screen_looks_as_agreed(#[case] columns: u16, #[case] rows: u16) {
    for (name, keys) in SCREENS {
        let mut console = Harness::new(columns, rows);
        console.go(keys);
        insta::assert_snapshot!(format!("{name}-{columns}x{rows}"), console.picture());
    }
    let mut console = Harness::new(columns, rows);
    console.go("5");
    live(&mut console);
    console.go("1 5");
    insta::assert_snapshot!(format!("live-{columns}x{rows}"), console.picture());
}

#[rstest]
#[case("no-colour", Depth::None, true)]
#[case("ascii", Depth::Sixteen, false)]
fn without_colour_or_unicode_nothing_is_lost(
    #[case] name: &str,
    #[case] depth: Depth,
    #[case] unicode: bool,
) {
    let mut console = Harness::with(Theme::new(depth, unicode), (80, 24));
    console.go("5 Enter");
    insta::assert_snapshot!(format!("run-{name}"), console.picture());
    if !unicode {
        let own: String =
            console.text().chars().filter(|c| "▌│─╭╮╰╯✓✗·…›→●○█░".contains(*c)).collect();
        assert_eq!(own, "", "our own characters are ASCII");
    }
}

#[test]
fn a_first_start_leads_by_the_hand() {
    use prism_connect::engine::{
        protocol::Answer,
        views::{Place, SetupStep},
    };
    let mut console = Harness::new(80, 24);
    let mut status = fixtures::status();
    status.attention.clear();
    status.cards.clear();
    status.recent.clear();
    let step = |text: &str, place| SetupStep { text: text.to_owned(), done: false, place };
    status.setup = vec![
        step("Connect PRISM", Place::Connections),
        step("Choose a billing code and switch the program on", Place::Program),
    ];
    console.press("1");
    console.answer(Ok(Answer::Status(Box::new(status))));
    insta::assert_snapshot!("first-start-80x24", console.picture());
}

#[test]
fn the_pictures_in_the_folder_are_up_to_date() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("screenshots");
    for picture in pictures::PICTURES {
        let kept = std::fs::read(folder.join(format!("{}.png", picture.name))).unwrap_or_default();
        assert!(
            kept == pictures::png(picture),
            "{} is out of date: cargo run --release --example screenshots",
            picture.name
        );
    }
}
