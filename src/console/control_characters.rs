//! Texts of others must not steer the terminal: what turns the direction of text, joins, or has no width is taken
//! out of every cell of a finished frame. Remote text is cleaned where it enters; this is the second door.

use std::borrow::Cow;

use ratatui::buffer::Buffer;
use unicode_normalization::UnicodeNormalization as _;

use crate::domain::text::is_invisible;

/// A letter with more marks than this is no writing: they would reach into the lines above and below.
const MARKS: usize = 4;

/// Makes characters of several joined ones: terminals disagree on how many columns those take.
const JOINER: char = '\u{200d}';

/// Makes a picture, a key cap or another skin of the character before it: terminals disagree on its columns as well.
fn changes_width(letter: char) -> bool {
    matches!(letter, '\u{20e3}' | '\u{1f3fb}'..='\u{1f3ff}')
}

/// Whether a character only steers: direction, joining, line ends, no width.
fn steers(letter: char) -> bool {
    // Plots are drawn in braille.
    let drawn = letter == '\u{2800}';
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

/// What every terminal draws in as many columns: one character, with few marks, composed where there is a letter for it.
fn steady(symbol: &str) -> String {
    let first = symbol.split(JOINER).next().unwrap_or_default();
    let mut letters = first.nfc().filter(|letter| !steers(*letter));
    // A skin alone is a character of its own.
    let Some(base) = letters.next() else { return String::new() };
    let marks = letters.filter(|letter| !changes_width(*letter)).take(MARKS);
    std::iter::once(base).chain(marks).collect()
}

/// Takes them out of every cell of a finished frame.
pub(crate) fn apply(buffer: &mut Buffer) {
    for cell in &mut buffer.content {
        let symbol = cell.symbol();
        if symbol.len() == 1 || symbol.chars().count() == 1 && !symbol.contains(steers) {
            continue;
        }
        let kept = steady(symbol);
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
    #[case("a\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}b", "á\u{301}\u{301}\u{301}\u{301}b")]
    #[case("Cafe\u{301}", "Café")]
    #[case("❤\u{fe0f}|", "❤ |")]
    #[case("1\u{fe0f}\u{20e3}|", "1 |")]
    #[case("👍🏽|", "👍 |")]
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
