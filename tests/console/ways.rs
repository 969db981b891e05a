//! Where keys lead: back to where one came from, and by a tab's own key to what the tab opens on.

use prism_connect::engine::protocol::{Answer, command};

use crate::{fixtures, harness::Harness};

fn at(console: &Harness) -> String {
    console.text().lines().nth(2).unwrap_or_default().to_owned()
}

#[test]
fn esc_leads_back_to_where_a_place_was_opened_from() {
    let ways = [
        ("1", "j Enter", "Dashboard"),
        ("1", "W", "Dashboard"),
        ("5 Enter", "i", "Sync › run #42"),
        ("5 i", "Enter", "Sync › Invoices"),
        ("5 W", "Enter", "Sync › Waiting plans"),
        ("5 R", "r", "Sync › Retry list"),
        ("5 Enter", "r", "Sync › run #42"),
    ];
    for (from, keys, back) in ways {
        let mut console = Harness::new(120, 36);
        console.go(from);
        let before = at(&console);
        assert!(before.contains(back), "{from}: {before}");
        console.go(keys);
        console.go("Esc");
        assert_eq!(at(&console), before, "{from} {keys}");
    }
}

#[test]
fn a_tabs_own_key_pressed_in_it_leads_to_what_it_opens_on() {
    for (way, key, home) in [
        ("5 Enter Enter", "5", "╭ Sync (6"),
        ("5 i Enter", "5", "╭ Sync (6"),
        ("5 p", "5", "╭ Sync (6"),
        ("3 Enter", "3", "╭ Customers ("),
        ("3 u", "3", "╭ Customers ("),
    ] {
        let mut console = Harness::new(120, 36);
        console.go(way).go(key);
        let place = at(&console);
        assert!(place.starts_with(home), "{way}: {place}");
    }
}

#[test]
fn invoices_opened_on_a_run_stand_on_the_runs_own() {
    let mut console = Harness::new(120, 36);
    console.press("5");
    let mut runs = fixtures::runs();
    runs[0].invoices = vec!["INV0103977".to_owned()];
    console.answer_to(&command::Runs { limit: 500 }.into(), Ok(Answer::Runs(runs)));
    console.go("i");
    let text = console.text();
    let lit = text.lines().find(|line| line.contains('▌')).unwrap_or_default();
    assert!(lit.contains("INV0103977"), "{text}");
}
