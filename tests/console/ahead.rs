//! Keys that come before what they would act on was seen: those typed ahead of a question, and those of a screen that is
//! too small to show anything.

use chrono::TimeDelta;
use prism_connect::{
    console::message::Message,
    engine::{
        protocol::{
            Command,
            command::{CustomerCommand, RunCommand},
        },
        views::EnvironmentsView,
    },
};
use rstest::rstest;

use crate::harness::Harness;

const DROPPED: &str = "Keys that came before this question was shown were dropped";

fn syncs(console: &Harness) -> bool {
    console.asked().iter().any(|asked| matches!(asked, Command::Run(RunCommand::Sync(_))))
}

#[test]
fn a_key_that_was_typed_ahead_of_a_question_does_not_answer_it() {
    for ahead in ["A y", "A Tab Enter", "A y Enter"] {
        let mut console = Harness::new(120, 36);
        console.go("5 p");
        console.type_ahead(ahead);
        assert!(!syncs(&console), "{ahead}");
        let text = console.text();
        assert!(text.contains("Apply") && text.contains("Cancel"), "{ahead}: {text}");
        assert!(text.contains(DROPPED), "{ahead}: {text}");
        console.press("y");
        assert!(syncs(&console), "{ahead}: a key that came after the question answers it");
    }
}

#[rstest]
#[case::mark_as_seen("1", "d")]
#[case::unlink("3", "U")]
#[case::sync_off("3", "s")]
#[case::dismiss("5 R", "d")]
#[case::accept("5 i", "Enter a")]
#[case::suggestions("3 u", "A")]
fn no_question_is_answered_unseen(#[case] place: &str, #[case] asks: &str) {
    for answer in ["y", "Tab Enter", "Right Enter", "Enter"] {
        let mut console = Harness::new(120, 36);
        console.go(place);
        for key in asks.split(' ') {
            console.type_ahead(key);
            console.serve();
        }
        let before = console.app.shell.dialogs.len();
        console.type_ahead(answer);
        assert!(console.take_questions().is_empty(), "{place} {asks} {answer}");
        assert_eq!((before, console.app.shell.dialogs.len()), (1, 1), "{place} {asks} {answer}");
    }
}

/// Text may come ahead of the form that it is typed into; what stores it may not.
#[rstest]
#[case::save("Ctrl-s")]
#[case::save_and_sync("Ctrl-n")]
#[case::the_button("BackTab BackTab BackTab Enter")]
fn no_form_is_stored_unseen(#[case] keys: &str) {
    let stores = |console: &Harness| {
        let maps = |asked: &Command| matches!(asked, Command::Customer(CustomerCommand::Map(_)));
        console.asked().iter().any(maps)
    };
    let mut console = Harness::new(120, 36);
    console.go("3 g");
    console.type_ahead("c");
    console.type_ahead(keys);
    assert!(!stores(&console), "{:?}", console.asked());
    let text = console.text();
    assert!(text.contains("Link with Autotask"), "{text}");
    assert!(text.contains("Keys that came before this form was shown were dropped"), "{text}");
    console.press("Ctrl-s");
    assert!(stores(&console), "a key that came after the form stores it");
}

/// An answer may open a question just as a key goes down that was meant for what was there before.
#[test]
fn a_question_that_came_by_itself_is_looked_at_before_it_is_answered() {
    let mut console = Harness::new(120, 36);
    console.go("3 / r i v e r Enter c Enter v e t e r Enter Enter s e r v i c e s Enter");
    console.press("Ctrl-n");
    console.serve();
    assert!(console.text().contains("Apply 4 changes to 4 customers?"), "{}", console.text());
    console.app.shell.drawn();
    console.type_ahead("y");
    assert!(!syncs(&console), "a frame has shown it, and nobody has read it");
    let text = console.text();
    assert!(text.contains("Keys that came as this question appeared were dropped"), "{text}");
    console.later(TimeDelta::seconds(1));
    console.type_ahead("y");
    assert!(syncs(&console), "{}", console.text());
}

#[test]
fn what_is_typed_into_a_field_and_what_moves_in_a_list_may_come_ahead() {
    let mut console = Harness::new(120, 36);
    console.go("3");
    console.type_ahead("/ h a r b Enter");
    assert!(console.text().contains("/ harb"), "{}", console.text());
    console.type_ahead("Esc j j Enter");
    assert!(console.text().contains("Customers › "), "{}", console.text());
}

#[test]
fn a_word_that_is_not_whole_cancels_nothing_in_silence() {
    let mut console = Harness::new(120, 36);
    ask_for_a_word(&mut console);
    console.write("con").press("Enter");
    let text = console.text();
    assert!(text.contains("The word is not whole: nothing is done"), "{text}");
    assert!(console.app.dialog().is_some() && !syncs(&console), "{text}");
}

/// Two environments that nobody said belong together: a word is to be typed.
fn ask_for_a_word(console: &mut Harness) {
    console.go("5 p");
    let (source, target) = ("PRISM UAT".to_owned(), "Autotask PROD".to_owned());
    let mixed = EnvironmentsView { source, target, mixed: true, confirmed: false };
    console.app.shell.status.as_mut().expect("known").environments = Some(mixed);
    console.press("A");
    assert!(console.text().contains("Type “confirm”"), "{}", console.text());
}

#[test]
fn keys_that_come_while_nothing_can_be_shown_do_nothing() {
    let mut console = Harness::new(120, 36);
    console.go("5 p");
    console.send(Message::Resized(40, 10));
    let text = console.text();
    assert!(text.contains("needs 60x16"), "{text}");
    console.press("A y A Tab Enter");
    console.send(Message::Pasted("3".to_owned()));
    assert!(console.app.dialog().is_none() && !syncs(&console));
    console.send(Message::Resized(120, 36));
    let text = console.text();
    assert!(text.contains("Plan") && text.contains("too small were dropped"), "{text}");
    console.press("A");
    console.send(Message::Resized(40, 10));
    console.press("y");
    assert!(!syncs(&console), "a question that was seen and is seen no more");
}
