//! The footer offers the keys that work now, and no others.

use crossterm::event::KeyEvent;
use prism_connect::console::{
    keymap::{Binding, Press},
    message::Message,
};

use crate::{
    harness::Harness,
    states::{STATES, Way, reach},
};

fn there(way: &Way) -> Harness {
    let mut console = Harness::new(200, 60);
    reach(&mut console, way);
    // What is under way stays so: no answer comes.
    console.take_questions();
    console
}

/// What is wrong with a key that the footer offers, if anything is.
fn fault(way: &Way, binding: &Binding) -> Option<&'static str> {
    let mut console = there(way);
    let before = console.picture();
    let told = console.app.shell.notice().cloned();
    let Press(code, modifiers) = binding.keys[0];
    console.app.shell.drawn();
    let effects = console.send(Message::Pressed(KeyEvent::new(code, modifiers)));
    let news = console.app.shell.notice().filter(|notice| Some(*notice) != told.as_ref());
    if let Some(notice) = news
        && notice.refuses()
    {
        return Some("is refused");
    }
    let asks = !console.take_questions().is_empty();
    let changes = asks || !effects.is_empty() || console.picture() != before;
    (!changes).then_some("does nothing")
}

#[test]
fn every_key_that_the_footer_offers_does_something() {
    let mut faults = Vec::new();
    for (name, way) in STATES {
        for binding in there(way).app.offered().into_iter().filter(|binding| binding.rank > 0) {
            if let Some(fault) = fault(way, binding) {
                let key = binding.keys[0];
                faults.push(format!("{name}: {key:?} ({}) {fault}", binding.label));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn where_there_are_no_rows_no_key_for_rows_is_offered() {
    for name in ["runs-empty", "customers-empty", "retries-empty", "suggestions-empty"] {
        let (_, way) = STATES.iter().find(|(state, _)| *state == name).expect("a state");
        let labels: Vec<&str> = there(way).app.offered().iter().map(|one| one.label).collect();
        for label in ["filter", "sort", "export", "open", "mark", "sync on/off", "accept"] {
            assert!(!labels.contains(&label), "{name} offers {label}");
        }
    }
}

/// It goes round: where it stands says what it shows next.
#[test]
fn the_key_that_goes_from_state_to_state_says_which_is_next() {
    let footer =
        |console: &Harness| console.text().lines().last().unwrap_or_default().trim().to_owned();
    let mut console = Harness::new(200, 60);
    console.go("3");
    for next in ["f needs review", "f unlinked", "f off", "f all", "f needs review"] {
        assert!(footer(&console).contains(next), "{next}: {}", footer(&console));
        console.go("f");
    }
    let mut console = Harness::new(200, 60);
    console.go("5 Enter");
    for next in ["f needs review", "f all"] {
        assert!(footer(&console).contains(next), "{next}: {}", footer(&console));
        console.go("f");
    }
}
