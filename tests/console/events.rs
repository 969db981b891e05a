//! What the engine tells while it works, and what happens when some of it is missed.

use prism_connect::{
    console::{effect::Effect, message::Message},
    domain::{
        RunId,
        outcome::Outcome,
        run::{Counts, RunHeader, Tally},
    },
    engine::{
        protocol::{
            Answer, Changed, Command, Event, Happening, ItemState, command,
            live_run::{LiveRun, Totals},
        },
        views::{RunSoFar, RunningView, StatusView},
    },
};
use rstest::rstest;

use crate::{
    fixtures,
    harness::{Harness, changes, item, live, live_planning, outcome},
};

#[test]
fn a_run_whose_end_was_missed_is_over_once_the_status_says_so() {
    let mut console = Harness::new(120, 36);
    live(&mut console);
    console.go("5");
    assert!(console.text().contains("running"), "{}", console.text());
    console.send(Message::Missed);
    console.serve();
    assert!(!console.text().contains("running"), "{}", console.text());
    assert_eq!(console.press("q"), [Effect::Quit]);
}

/// A console that comes to a run of somebody else, and one that missed something.
#[rstest]
#[case::it_comes_to_it(false)]
#[case::it_missed_something(true)]
fn what_happens_while_the_account_of_a_run_is_on_its_way_is_not_undone_by_it(#[case] missed: bool) {
    let mut console = Harness::new(120, 36);
    if missed {
        live(&mut console);
        console.send(Message::Missed);
    } else {
        console.happened(Happening::Changed { what: Changed::Runs });
    }
    let run = fixtures::header(44, Outcome::NoChange, 3);
    let running = RunningView { run: run.clone(), done: 0, total: None, text: String::new() };
    let status = StatusView { running: Some(running), ..fixtures::status() };
    console.answer_to(&command::Status.into(), Ok(Answer::Status(Box::new(status))));
    let event = |number, state| Event { number, happening: item(0, state) };
    let mut live = LiveRun::default();
    for state in [ItemState::Queued, ItemState::Planning, ItemState::Planned { of: 7 }] {
        live.take(&event(0, state).happening);
    }
    console.send(Message::Happened(vec![
        event(7, ItemState::Planned { of: 7 }),
        event(8, ItemState::Writing { done: 3, of: 7 }),
    ]));
    let account = RunSoFar { run, live, event: 7 };
    console.answer_to(&command::RunSoFar.into(), Ok(Answer::RunSoFar(Some(Box::new(account)))));
    console.go("5");
    let text = console.text();
    assert!(text.contains("⠋ writing") && text.contains("3 of 7"), "{text}");
}

/// The account of a run that ended on its way is nothing to the one that is on by then.
#[test]
fn an_account_that_was_overtaken_by_the_next_run_is_left_aside() {
    let mut console = Harness::new(120, 36);
    console.happened(Happening::Changed { what: Changed::Runs });
    let run = fixtures::header(44, Outcome::NoChange, 3);
    let running = RunningView { run: run.clone(), done: 0, total: None, text: String::new() };
    let status = StatusView { running: Some(running), ..fixtures::status() };
    console.answer_to(&command::Status.into(), Ok(Answer::Status(Box::new(status))));
    let next = fixtures::header(46, Outcome::NoChange, 1);
    console.send(Message::Happened(vec![
        Event { number: 8, happening: Happening::RunFinished { run: run.clone() } },
        Event { number: 9, happening: Happening::RunStarted { run: next } },
    ]));
    let account = RunSoFar { run, live: LiveRun::default(), event: 7 };
    console.answer_to(&command::RunSoFar.into(), Ok(Answer::RunSoFar(Some(Box::new(account)))));
    console.go("5");
    let text = console.text();
    assert!(text.contains("customers run #46") && !text.contains("#44 ("), "{text}");
}

#[test]
fn leaving_asks_from_the_moment_a_sync_is_asked_for() {
    let mut console = Harness::new(120, 36);
    console.go("5 p");
    console.press("A y q");
    assert!(console.text().contains("A sync is running. Leave?"), "{}", console.text());
}

/// The answer may overtake the event that tells of the end.
#[test]
fn leaving_does_not_ask_once_a_sync_is_answered_though_the_event_of_its_end_is_still_to_come() {
    let mut console = Harness::new(120, 36);
    console.go("5 p");
    console.press("A y");
    let run = RunHeader { finished_at: None, ..fixtures::header(44, Outcome::NoChange, 3) };
    console.happened(Happening::RunStarted { run });
    console.answer(Ok(Answer::Synced(vec![fixtures::report()])));
    assert_eq!(console.press("q"), [Effect::Quit], "{}", console.text());
}

#[test]
fn a_test_that_is_not_waited_for_any_more_opens_nothing() {
    let mut console = Harness::new(120, 36);
    console.go("2 c");
    console.press("Ctrl-t Esc");
    console.answer(Ok(Answer::Tested(Vec::new())));
    assert!(console.app.dialog().is_none(), "{}", console.text());
}

#[test]
fn events_that_waited_together_ask_once_for_what_changed() {
    let mut console = Harness::new(120, 36);
    let run = fixtures::header(44, Outcome::Success, 3);
    let ended = || Event { number: 1, happening: Happening::RunFinished { run: run.clone() } };
    console.send(Message::Happened((0..100).map(|_| ended()).collect()));
    assert_eq!(console.take_questions(), [Command::from(command::Status)]);
}

#[test]
fn the_header_shows_a_wait_until_it_is_over_and_then_what_is_done() {
    let mut console = Harness::new(160, 36);
    live(&mut console);
    let header = |console: &Harness| console.text().lines().next().map(str::to_owned);
    let shown = header(&console).expect("a header");
    assert!(shown.contains("waits for Autotask's hourly budget"), "{shown}");
    console.happened(Happening::WaitOver { run: Some(RunId(44)) });
    let shown = header(&console).expect("a header");
    assert!(shown.contains("writing INV0104233") && !shown.contains("waits"), "{shown}");
}

#[test]
fn a_short_wait_that_is_over_does_not_hide_a_long_one_beside_it() {
    let mut console = Harness::new(160, 36);
    live(&mut console);
    console.go("5");
    let (run, until) = (Some(RunId(44)), Some("2026-10-05T09:00:05Z".parse().expect("a time")));
    let for_what = "Autotask (too many requests)".to_owned();
    console.happened(Happening::Waiting { run, for_what, until });
    console.happened(Happening::WaitOver { run });
    assert!(console.text().contains("Waits for Autotask's hourly budget"), "{}", console.text());
    console.happened(Happening::WaitOver { run });
    assert!(!console.text().contains("Waits for"), "{}", console.text());
}

#[test]
fn a_wait_whose_end_was_missed_is_not_shown_for_ever() {
    let mut console = Harness::new(160, 36);
    live(&mut console);
    console.go("5");
    assert!(console.text().contains("Waits for"), "{}", console.text());
    console.send(Message::Missed);
    assert!(!console.text().contains("Waits for"), "{}", console.text());
}

/// While the first run is on its card counts as its own screen does, also after the engine was asked how it stands: that
/// knows of a run what is recorded of it.
#[test]
fn the_card_of_a_first_run_counts_as_the_run_does() {
    let mut console = Harness::new(120, 36);
    live_planning(&mut console);
    let done = |outcome| ItemState::Done { outcome, writes: 1, text: None };
    console.happened(item(0, done(Outcome::Success)));
    console.happened(item(1, ItemState::Verified { done: 2, of: 2 }));
    let told = vec![
        outcome(4, "Visio Plan 2", Outcome::Failure, "The contract ended."),
        outcome(5, "Visio Plan 2", Outcome::Warning, "The price changed."),
    ];
    console.happened(changes(Totals::default(), Vec::new(), told));
    let run = fixtures::header(44, Outcome::NoChange, 3);
    let run = RunHeader { counts: Counts::default(), ..run };
    let running = RunningView { run, done: 0, total: None, text: String::new() };
    let mut status = StatusView { running: Some(running), ..fixtures::status() };
    for card in &mut status.cards {
        (card.last_run, card.last_success, card.last_good) = (None, None, None);
        (card.progress, card.invoice) = (None, None);
        card.synced = Tally::default();
    }
    let of = status.cards[0].of;
    console.press("1");
    console.answer_to(&command::Status.into(), Ok(Answer::Status(Box::new(status))));
    let text = console.text();
    assert!(text.contains(&format!("3 of {of} customers synced")), "{text}");
    assert!(text.contains("✗ 1 failed  ! 1 warned so far"), "{text}");
}
