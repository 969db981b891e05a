//! One pass over a finished frame for terminals without Unicode: whatever is left beyond ASCII becomes the
//! letter it is built on, or a question mark, so that no byte can shift a line.
//!
//! It must not change what is stored, copied or exported.

use ratatui::buffer::Buffer;
use unicode_width::UnicodeWidthStr;

use super::fold::base;

/// Brings a finished frame down to ASCII; a wide character keeps its two columns.
pub(crate) fn apply(buffer: &mut Buffer) {
    let mut covered = 0;
    for cell in &mut buffer.content {
        if covered > 0 {
            covered -= 1;
            cell.set_symbol(" ");
            continue;
        }
        if cell.symbol().is_ascii() {
            continue;
        }
        covered = cell.symbol().width().saturating_sub(1);
        let plain = plain(cell.symbol());
        cell.set_char(plain);
    }
}

fn plain(symbol: &str) -> char {
    match symbol {
        "“" | "”" => '"',
        "‘" | "’" => '\'',
        "…" => '~',
        "–" | "—" | "−" => '-',
        other => base(other).filter(char::is_ascii).unwrap_or('?'),
    }
}

#[cfg(test)]
mod tests {
    use ratatui::{layout::Rect, style::Style};
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("Müller…", "Muller~")]
    #[case("“Ō”", "\"O\"")]
    #[case("日本x", "? ? x")]
    #[case("−22.27", "-22.27")]
    #[case("plain", "plain")]
    fn what_is_beyond_ascii_becomes_its_letter_or_a_question_mark(
        #[case] text: &str,
        #[case] shown: &str,
    ) {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 8, 1));
        buffer.set_string(0, 0, text, Style::new());
        apply(&mut buffer);
        let line: String = buffer.content.iter().map(ratatui::buffer::Cell::symbol).collect();
        assert_eq!(line.trim_end(), shown);
    }
}
