//! What the engine tells while it works, and what happens when some of it is missed.

use prism_connect::{
    console::{effect::Effect, message::Message},
    domain::{outcome::Outcome, run::RunHeader},
    engine::protocol::{Answer, Command, Event, Happening},
};

use crate::{
    fixtures,
    harness::{Harness, live},
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
    assert_eq!(console.take_questions(), [Command::Status]);
}
