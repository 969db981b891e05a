//! Every screen and state as a snapshot with its styles, at both design sizes and on a large screen.

use prism_connect::console::{colour::Depth, theme::Theme};
use rstest::rstest;

use crate::{
    harness::{Harness, live},
    pictures,
    states::{STATES, reach},
};

#[rstest]
#[case(80, 24)]
#[case(120, 36)]
#[case(200, 60)]
fn every_screen_and_state_looks_as_agreed(#[case] columns: u16, #[case] rows: u16) {
    for (name, way) in STATES {
        let mut console = Harness::new(columns, rows);
        reach(&mut console, way);
        insta::assert_snapshot!(format!("{name}-{columns}x{rows}"), console.picture());
    }
}

#[rstest]
#[case("no-colour", Depth::None, true)]
#[case("ascii", Depth::Sixteen, false)]
fn without_colour_or_unicode_nothing_is_lost(
    #[case] name: &str,
    #[case] depth: Depth,
    #[case] unicode: bool,
) {
    let mut console = Harness::with(Theme::new(depth, unicode), (80, 24));
    console.go("5 Enter");
    insta::assert_snapshot!(format!("run-{name}"), console.picture());
    let mut console = Harness::with(Theme::new(depth, unicode), (80, 24));
    console.go("4");
    insta::assert_snapshot!(format!("products-{name}"), console.picture());
    let mut console = Harness::with(Theme::new(depth, unicode), (80, 24));
    console.go("5 Enter j Enter Enter c n");
    insta::assert_snapshot!(format!("chart-{name}"), console.picture());
    let mut console = Harness::with(Theme::new(depth, unicode), (80, 24));
    live(&mut console);
    insta::assert_snapshot!(format!("live-{name}"), console.picture());
}

#[test]
fn without_unicode_every_state_is_ascii_alone() {
    for (name, way) in STATES {
        let mut console = Harness::with(Theme::new(Depth::Sixteen, false), (120, 36));
        reach(&mut console, way);
        let text = console.text();
        assert!(text.is_ascii(), "{name}:\n{text}");
    }
}

#[test]
fn without_colour_no_cell_has_one() {
    use ratatui::style::Color;
    for (name, way) in STATES {
        let mut console = Harness::with(Theme::new(Depth::None, true), (80, 24));
        reach(&mut console, way);
        let buffer = console.buffer();
        let plain =
            |cell: &ratatui::buffer::Cell| cell.fg == Color::Reset && cell.bg == Color::Reset;
        assert!(buffer.content.iter().all(plain), "{name}");
    }
}

#[test]
fn the_pictures_in_the_folder_are_up_to_date() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("screenshots");
    for picture in pictures::PICTURES {
        let kept = std::fs::read(folder.join(format!("{}.png", picture.name))).unwrap_or_default();
        assert!(
            kept == pictures::png(picture),
            "{} is out of date: cargo run --release --example screenshots",
            picture.name
        );
    }
}
