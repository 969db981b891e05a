//! Every screen and state as a snapshot with its styles, at both design sizes.

use prism_connect::{
    console::{colour::Depth, theme::Theme},
    domain::{
        RunId,
        outcome::Outcome,
        run::{Counts, RunKind, Tally},
    },
    engine::protocol::{Happening, ItemState, Phase},
};
use rstest::rstest;

use crate::{fixtures, harness::Harness};

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

fn live(console: &mut Harness) {
    let mut run = fixtures::header(44, Outcome::NoChange, 3);
    run.finished_at = None;
    console.happened(Happening::RunStarted { run });
    let item = |at: usize, state| Happening::Item {
        run: RunId(44),
        kind: RunKind::Customers,
        key: format!("tenant-{at:04}"),
        name: fixtures::customers()[at].customer_name.clone(),
        state,
    };
    let done = |outcome, writes| ItemState::Done { outcome, writes, text: None };
    console.happened(item(0, done(Outcome::Success, 4)));
    console.happened(item(1, done(Outcome::Warning, 2)));
    console.happened(item(3, done(Outcome::Failure, 0)));
    console.happened(item(4, ItemState::Writing { done: 2, of: 5 }));
    console.happened(item(5, ItemState::Queued));
    let customers = Tally { attempted: 3, ok: 1, warned: 1, failed: 1 };
    let counts = Counts { customers, writes: 8, requests: 17, ..Counts::default() };
    let (run, total) = (Some(RunId(44)), Some(9));
    console.happened(Happening::Phase {
        run,
        phase: Phase::Applying,
        text: "writing INV0104233".into(),
    });
    console.happened(Happening::Progress { run, done: 3, total, counts });
    let until = Some("2026-10-05T09:20:00Z".parse().expect("a time"));
    let for_what = "Autotask's hourly budget".to_owned();
    console.happened(Happening::Waiting { run, for_what, until });
}

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
