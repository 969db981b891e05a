//! No size of the terminal may make the console panic.

use prism_connect::console::{colour::Depth, draw::draw, message::Message, theme::Theme};
use ratatui::{Terminal, backend::TestBackend};

use crate::harness::Harness;

#[test]
fn every_size_from_1x1_to_200x60_draws() {
    let places =
        ["1", "2", "2 m", "3", "3 c", "4", "5", "5 Enter Enter Enter", "5 p A", "6", "3 ?"];
    for keys in places {
        let mut console = Harness::with(Theme::new(Depth::Sixteen, true), (80, 24));
        console.go(keys);
        for columns in (1..=200).step_by(if keys.len() > 1 { 13 } else { 3 }) {
            for rows in (1..=60).step_by(if keys.len() > 1 { 7 } else { 2 }) {
                console.send(Message::Resized(columns, rows));
                let mut terminal =
                    Terminal::new(TestBackend::new(columns, rows)).expect("infallible");
                terminal.draw(|frame| draw(&console.app, frame)).expect("infallible");
            }
        }
    }
}

#[test]
fn a_screen_that_is_too_small_says_what_it_needs() {
    let console = Harness::new(59, 20);
    assert!(console.text().contains("needs 60x16"));
}

#[test]
fn the_dashboard_draws_at_every_single_size() {
    let mut console = Harness::new(80, 24);
    for columns in 1..=200 {
        for rows in 1..=60 {
            console.send(Message::Resized(columns, rows));
            let mut terminal = Terminal::new(TestBackend::new(columns, rows)).expect("infallible");
            terminal.draw(|frame| draw(&console.app, frame)).expect("infallible");
        }
    }
}
