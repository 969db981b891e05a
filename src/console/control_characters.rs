//! Texts of others must not steer the terminal: what turns the direction of text, joins, or has no width is taken
//! out of every cell of a finished frame. Remote text is cleaned where it enters; this is the second door.

use std::borrow::Cow;

use ratatui::buffer::Buffer;

use crate::domain::text::is_invisible;

/// A letter with more marks than this is no writing: they would reach into the lines above and below.
const MARKS: usize = 4;

/// Makes characters of several joined ones: terminals disagree on how many columns those take.
const JOINER: char = '\u{200d}';

/// Whether a character only steers: direction, joining, line ends, no width.
fn steers(letter: char) -> bool {
    // Plots are drawn in braille, and an emoji is what it is because of what follows it.
    let drawn = matches!(letter, '\u{2800}' | '\u{fe0f}');
    letter.is_control()
        || matches!(letter, '\u{2028}' | '\u{2029}')
        || (is_invisible(letter) && !drawn)
}

/// The text without characters that steer.
pub(crate) fn without_controls(text: &str) -> Cow<'_, str> {
    if text.is_ascii() || !text.contains(steers) {
        return text.into();
    }
    text.replace(steers, "").into()
}

/// Takes them out of every cell of a finished frame.
pub(crate) fn apply(buffer: &mut Buffer) {
    for cell in &mut buffer.content {
        let symbol = cell.symbol();
        if symbol.len() <= 4 && !symbol.contains(steers) {
            continue;
        }
        let first = symbol.split(JOINER).next().unwrap_or_default();
        let kept: String = first.chars().filter(|c| !steers(*c)).take(1 + MARKS).collect();
        cell.set_symbol(if kept.is_empty() { " " } else { &kept });
    }
}

#[cfg(test)]
mod tests {
    use ratatui::{layout::Rect, style::Style};
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("\u{202e}drow", "drow")]
    #[case("Har\u{200b}bour\u{feff}", "Harbour")]
    #[case("Ōtāhuhu & Söhne", "Ōtāhuhu & Söhne")]
    #[case("a\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}b", "a\u{301}\u{301}\u{301}\u{301}b")]
    #[case("👩\u{200d}👧 x", "👩  x")]
    fn nothing_that_steers_is_left_in_a_cell(#[case] text: &str, #[case] shown: &str) {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 20, 1));
        buffer.set_string(0, 0, text, Style::new());
        apply(&mut buffer);
        let line: String = buffer.content.iter().map(ratatui::buffer::Cell::symbol).collect();
        assert_eq!(line.trim_end(), shown);
    }

    #[test]
    fn a_text_loses_what_steers_and_nothing_else() {
        assert_eq!(without_controls("\u{2066}Müller\u{2069}"), "Müller");
    }
}
