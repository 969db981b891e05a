//! What a terminal does to keys and texts, and what becomes of it.

use prism_connect::console::{effect::Effect, message::Message};

use crate::harness::{Harness, event};

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
