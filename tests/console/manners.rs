//! What a terminal does to keys and texts, and what becomes of it.

use prism_connect::console::{colour::Depth, effect::Effect, message::Message, theme::Theme};

use crate::{
    harness::{Harness, event, live_writing},
    states::{STATES, Way, reach},
};

fn burst(console: &mut Harness, keys: &str) -> Vec<Effect> {
    let keys = keys.split(' ').map(event).collect();
    console.send(Message::Burst(keys))
}

#[test]
fn a_paste_that_nobody_marked_runs_no_keys_outside_a_field() {
    let mut console = Harness::new(80, 24);
    console.go("3");
    let effects = burst(&mut console, "a s U y q : q Enter y");
    assert!(effects.is_empty(), "{effects:?}");
    assert!(console.app.dialog().is_none());
    assert!(console.text().contains("9 keys at once: taken for a paste"), "{}", console.text());
}

#[test]
fn a_key_that_is_held_down_and_a_text_for_a_field_are_no_paste() {
    let mut console = Harness::new(80, 24);
    console.go("3");
    let before = console.text();
    burst(&mut console, "j j j j j j j j j");
    assert_ne!(console.text(), before);
    console.go("/");
    burst(&mut console, "h a r b o u r x x");
    assert!(console.text().contains("/ harbourxx"), "{}", console.text());
}

#[test]
fn esc_asks_before_it_drops_what_was_changed() {
    let mut console = Harness::new(80, 24);
    console.go("2 j c");
    console.press("Esc");
    assert!(console.app.dialog().is_none(), "nothing was changed");
    console.go("c");
    console.press("Tab Tab");
    console.write("x");
    console.press("Esc");
    assert!(console.text().contains("Close without saving?"), "{}", console.text());
    console.press("Esc");
    assert!(console.text().contains("API username"), "{}", console.text());
    console.press("Esc y");
    assert!(console.app.dialog().is_none(), "{}", console.text());
}

#[test]
fn under_tmux_a_copy_is_saved_besides_and_says_what_it_needs() {
    let mut console = Harness::new(200, 60);
    console.app.shell.copied_to = Some("/home/me/.local/state/prism-connect/copied.txt".into());
    console.go("3");
    let effects = console.press("Ctrl-y");
    let [Effect::Keep { path, text }, Effect::Copy(copied)] = &effects[..] else {
        panic!("{effects:?}")
    };
    assert!(path.ends_with("copied.txt") && text == copied && !text.is_empty());
    let text = console.text();
    assert!(text.contains("`set-clipboard on`; also saved: /home/me/.local"), "{text}");
}

/// How texts name keys that change something.
const REFUSED: &[&str] = &[
    "c links",
    "press c",
    "Press c",
    "c types",
    "c connects",
    "s switches",
    "press s",
    "P chooses",
    "P choose",
    "A take",
    "A applies",
    "A there",
    "n generates",
    "n to generate",
    "x stops",
    "L logs",
    "L asks",
    "b writes",
    "press a ",
    "d takes",
    "c link",
];

#[test]
fn no_text_names_a_key_that_read_only_refuses() {
    let more =
        ["customers-empty", "connections-first", "first-start", "live-planning", "history-empty"];
    let is_of_keys = |way: &Way| matches!(way, Way::Keys(_));
    let states = STATES.iter().filter(|(name, way)| is_of_keys(way) || more.contains(name));
    for (name, way) in states {
        let mut console = Harness::new(200, 60);
        console.app.shell.refuse_changes();
        reach(&mut console, way);
        let said = console.text();
        // What refuses a key says which: not that it works.
        for refused in REFUSED {
            assert!(!said.contains(refused), "{name}: {refused}: {said}");
        }
    }
}

#[test]
fn what_is_told_of_a_screen_leaves_with_it_and_errors_stay() {
    let mut console = Harness::new(120, 36);
    console.go("3 / r i v e r Enter p");
    assert!(console.text().contains("Not linked to a contract yet"), "{}", console.text());
    console.go("4");
    assert!(!console.text().contains("Not linked to a contract yet"), "{}", console.text());
    // What the way itself tells is of the place that it leads to.
    console.go("5 p");
    console.press("F5");
    console.go("1");
    assert!(console.text().contains("The plan is on the Sync tab"), "{}", console.text());
    console.go("2");
    assert!(!console.text().contains("The plan is on the Sync tab"), "{}", console.text());
    console.app.shell.refuse_changes();
    console.go("c");
    assert!(console.text().contains("changes something"), "{}", console.text());
    console.go("3 5 4");
    assert!(console.text().contains("changes something"), "{}", console.text());
}

#[test]
fn where_there_is_little_room_rows_have_it_first() {
    let mut console = Harness::new(60, 16);
    console.go("5 Enter");
    let said = console.text();
    let rows = |said: &str| {
        let head = said.lines().position(|line| line.contains("Status")).expect("a table");
        let below = said.lines().skip(head + 1);
        below.take_while(|line| line.contains(['\u{2717}', '!', '\u{2713}', '\u{b7}'])).count()
    };
    assert!(said.contains("cause"), "{said}");
    assert!(rows(&said) >= 4, "{said}");
}

#[test]
fn without_unicode_no_mark_looks_like_a_frame() {
    let mut console = Harness::with(Theme::new(Depth::None, false), (120, 36));
    live_writing(&mut console);
    let said = console.text();
    let inside = |line: &str| line.trim_matches(['|', '+']).to_owned();
    let framed = said.lines().skip(3).map(inside);
    let odd: Vec<String> = framed.filter(|line| line.contains(['|', '+'])).collect();
    assert!(odd.is_empty(), "{odd:?}");
}
