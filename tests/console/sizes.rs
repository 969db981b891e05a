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

/// Each state draws at a spread of sizes and at those where the layout turns; all states together at every size there is.
#[rstest]
fn every_size_from_1x1_to_200x60_draws(#[values(0, 1, 2, 3)] part: usize) {
    let states = STATES.iter().enumerate().filter(|(at, _)| at % 4 == part);
    for (at, (_, way)) in states {
        let mut console = Harness::with(Theme::new(Depth::Sixteen, at % 2 == 0), (80, 24));
        reach(&mut console, way);
        let own = sizes().filter(|(columns, rows)| {
            (usize::from(*columns) * 61 + usize::from(*rows)) % STATES.len() == at
        });
        for (columns, rows) in spread().chain(own) {
            show(&mut console, columns, rows);
        }
    }
}

/// Every sixth width and every third height, and the edges: the least size, one below it, both design sizes.
fn spread() -> impl Iterator<Item = (u16, u16)> {
    let wide = (1..=200).step_by(6).map(|columns| (columns, 24));
    let high = (1..=60).step_by(3).map(|rows| (80, rows));
    let edges = [(1, 1), (59, 15), (59, 16), (60, 15), (60, 16), (80, 24), (120, 36), (200, 60)];
    wide.chain(high).chain(edges)
}

fn sizes() -> impl Iterator<Item = (u16, u16)> {
    (1..=200).flat_map(|columns| (1..=60).map(move |rows| (columns, rows)))
}

#[test]
fn a_screen_that_is_too_small_says_what_it_needs() {
    let console = Harness::new(59, 20);
    assert!(console.text().contains("needs 60x16"));
}
