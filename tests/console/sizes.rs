//! No size of the terminal may make the console panic.

use prism_connect::console::{colour::Depth, draw::draw, message::Message, theme::Theme};
use ratatui::{Terminal, backend::TestBackend};
use rstest::rstest;

use crate::{
    harness::Harness,
    states::{STATES, reach},
};

fn show(console: &mut Harness, columns: u16, rows: u16) {
    console.send(Message::Resized(columns, rows));
    let mut terminal = Terminal::new(TestBackend::new(columns, rows)).expect("infallible");
    terminal.draw(|frame| draw(&console.app, frame)).expect("infallible");
}

/// Each state draws at every width and at every height; all states together at every size there is.
#[rstest]
fn every_size_from_1x1_to_200x60_draws(#[values(0, 1, 2, 3)] part: usize) {
    let states = STATES.iter().enumerate().filter(|(at, _)| at % 4 == part);
    for (at, (_, way)) in states {
        let mut console = Harness::with(Theme::new(Depth::Sixteen, at % 2 == 0), (80, 24));
        reach(&mut console, way);
        for columns in 1..=200 {
            show(&mut console, columns, 24);
        }
        for rows in 1..=60 {
            show(&mut console, 80, rows);
        }
        for (columns, rows) in sizes().filter(|(columns, rows)| {
            (usize::from(*columns) * 61 + usize::from(*rows)) % STATES.len() == at
        }) {
            show(&mut console, columns, rows);
        }
    }
}

fn sizes() -> impl Iterator<Item = (u16, u16)> {
    (1..=200).flat_map(|columns| (1..=60).map(move |rows| (columns, rows)))
}

#[test]
fn a_screen_that_is_too_small_says_what_it_needs() {
    let console = Harness::new(59, 20);
    assert!(console.text().contains("needs 60x16"));
}
