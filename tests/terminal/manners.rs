//! What flags and environment ask of the screen.

use vt100::{Color, MouseProtocolMode, Screen};

use crate::pty::{Console, program};

/// An installation with nothing in it, with flags and variables.
fn empty(flags: &[&str], variables: &[(&str, &str)]) -> (Console, tempfile::TempDir) {
    let home = tempfile::tempdir().expect("a directory");
    let mut command = program(home.path());
    command.args(["--data-dir", "data"]);
    command.args(flags);
    for (name, value) in variables {
        command.env(name, value);
    }
    let mut console = Console::start(command, (80, 24));
    console.until("Connect PRISM");
    (console, home)
}

const SIZE: (u16, u16) = (24, 80);

fn colours(screen: &Screen) -> Vec<Color> {
    let (rows, columns) = SIZE;
    let cells = (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column)));
    let cells = cells.filter_map(|(row, column)| screen.cell(row, column));
    cells.flat_map(|cell| [cell.fgcolor(), cell.bgcolor()]).collect()
}

/// A second of this clock is four milliseconds: half a second of ours is five hundred frames.
#[test]
fn an_idle_console_sends_not_a_byte() {
    let (mut console, _home) = empty(&["--pace", "0.004"], &[]);
    console.assert_silent(std::time::Duration::from_millis(500));
    console.send("2").until("Not configured");
    console.assert_silent(std::time::Duration::from_millis(500));
}

#[test]
fn without_colour_the_selected_row_is_reversed_and_no_cell_has_a_colour() {
    let (console, _home) = empty(&[], &[("NO_COLOR", "1"), ("COLORTERM", "truecolor")]);
    let screen = console.screen();
    assert!(colours(screen).iter().all(|colour| *colour == Color::Default));
    let (rows, columns) = SIZE;
    let reversed = |row| {
        (0..columns).filter(move |at| screen.cell(row, *at).is_some_and(vt100::Cell::inverse))
    };
    let selected = (0..rows).find(|row| reversed(*row).count() > 40).expect("a selected row");
    let text = screen.contents_between(selected, 0, selected, columns);
    assert!(text.contains("Connect PRISM"), "{text}");
}

#[test]
fn colours_are_as_rich_as_the_terminal_says() {
    let rich = |colour: &Color| matches!(colour, Color::Rgb(..));
    let (console, _home) = empty(&[], &[("COLORTERM", "truecolor")]);
    assert!(colours(console.screen()).iter().any(rich));
    let (console, _home) = empty(&[], &[("TERM", "vt100")]);
    let seen = colours(console.screen());
    assert!(seen.iter().all(|colour| matches!(colour, Color::Default | Color::Idx(0..16))));
    assert!(seen.iter().any(|colour| *colour != Color::Default));
}

#[test]
fn in_ascii_no_screen_has_another_character() {
    for (flags, variables) in [(&["--ascii"][..], &[][..]), (&[], &[("LANG", "C")])] {
        let (mut console, _home) = empty(flags, variables);
        for (key, shows) in
            [("2", "Not configured"), ("3", "is not connected"), ("5", "No run yet"), ("?", "Keys")]
        {
            let text = console.send(key).until(shows).text();
            assert!(text.is_ascii(), "{text}");
        }
    }
}

#[test]
fn the_mouse_is_taken_only_if_asked_for_and_its_wheel_moves_the_selection() {
    let (mut console, _home) = empty(&["--mouse"], &[]);
    assert_ne!(console.screen().mouse_protocol_mode(), MouseProtocolMode::None);
    console
        .send("\x1b[<65;10;15M")
        .wait("the second row selected", |screen| screen.contents().contains("Connect Autotask"));
    console.send("q");
    assert_eq!(console.end(), 0);
    console.assert_given_back();
    let (console, _home) = empty(&[], &[]);
    assert_eq!(console.screen().mouse_protocol_mode(), MouseProtocolMode::None);
}

#[test]
fn a_paste_goes_into_the_field_as_text_whatever_is_in_it() {
    let (mut console, _home) = empty(&[], &[]);
    console.send("2").until("Not configured").send("c").until("Client id *");
    console.send("\t\t\t\x1b[200~q:?pasted\r\nid\x1b[201~").until("q:?pastedid");
    console.send("\x1b").until("Close without saving?").answer("y").until_gone("Client id");
}

#[test]
fn read_only_shows_everything_and_refuses_what_writes() {
    let (mut console, _home) = empty(&["--read-only"], &[]);
    console.send("2").until("Not configured").send("c").until("changes something");
    assert!(!console.text().contains("Client id"));
    console.send("\x1b").until_gone("changes something").send("q");
    assert_eq!(console.end(), 0);
}
