//! Text as it may be shown, and as it may stand in a spreadsheet: one rule for what remote systems say, for what was
//! typed and is repeated, and for what is exported.
//!
//! It must not know where a text comes from.

/// The text on one line (line breaks and tabs become blanks) and without whatever cannot be seen: control characters,
/// characters that turn its direction, that have no width, or that are blanks of an unusual kind. What looks alike is
/// alike then.
#[must_use]
pub fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        shown.extend(kept(shown.chars().next_back(), letter, letters.peek().copied()));
    }
    shown
}

/// Bytes in hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The same for a text of several lines, which stay.
pub fn visible_lines(text: &str) -> String {
    text.split('\n').map(visible).collect::<Vec<_>>().join("\n")
}

fn kept(before: Option<char>, letter: char, after: Option<char>) -> Option<char> {
    match letter {
        '\n' | '\r' | '\t' | '\u{2028}' | '\u{2029}' => Some(' '),
        // Joins the parts of an emoji; between anything else it only hides.
        '\u{200D}' if before.is_some_and(is_pictured) && after.is_some_and(is_pictured) => {
            Some(letter)
        }
        // Keeps letters of Arabic and Indian scripts apart, which changes words.
        '\u{200C}' if before.is_some_and(is_joining) && after.is_some_and(is_joining) => {
            Some(letter)
        }
        // Shows what stands before it as a picture.
        '\u{FE0F}' if before.is_some_and(|c| is_pictured(c) || "0123456789#*".contains(c)) => {
            Some(letter)
        }
        _ if letter.is_control() || is_invisible(letter) => None,
        _ => Some(letter),
    }
}

/// Whether nothing is seen of it, whatever stands beside it.
pub fn is_invisible(letter: char) -> bool {
    matches!(
        letter,
        '\u{AD}'
            | '\u{34F}'
            | '\u{61C}'
            | '\u{115F}'
            | '\u{1160}'
            | '\u{17B4}'
            | '\u{17B5}'
            | '\u{180B}'..='\u{180F}'
            | '\u{200B}'..='\u{200F}'
            | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}'
            | '\u{2800}'
            | '\u{3164}'
            | '\u{FE00}'..='\u{FE0F}'
            | '\u{FEFF}'
            | '\u{FFA0}'
            | '\u{FFF0}'..='\u{FFFB}'
            | '\u{1BCA0}'..='\u{1BCA3}'
            | '\u{1D173}'..='\u{1D17A}'
            | '\u{E0000}'..='\u{E0FFF}'
    )
}

/// Emoji, the shades of skin, and the older signs that are shown as emoji.
fn is_pictured(letter: char) -> bool {
    matches!(
        letter,
        '\u{FE0F}'
            | '\u{2190}'..='\u{21FF}'
            | '\u{2300}'..='\u{23FF}'
            | '\u{2600}'..='\u{27BF}'
            | '\u{2B00}'..='\u{2BFF}'
            | '\u{1F000}'..='\u{1FAFF}'
    )
}

fn is_joining(letter: char) -> bool {
    matches!(letter, '\u{600}'..='\u{DFF}')
}

/// A text as a cell that no spreadsheet runs as a formula, whether it takes commas, semicolons or tabs for what separates
/// cells. `from_cell` gives the text back.
pub fn cell(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    let mut begins = true;
    for (at, letter) in text.char_indices() {
        if begins && runs(&text[at..]) {
            safe.push('\'');
        }
        safe.push(letter);
        begins = separates(letter);
    }
    safe
}

/// The text that [`cell`] made a cell of.
pub fn from_cell(cell: &str) -> String {
    let mut text = String::with_capacity(cell.len());
    let mut begins = true;
    for (at, letter) in cell.char_indices() {
        let mark = begins && letter == '\'' && runs(&cell[at + 1..]);
        if !mark {
            text.push(letter);
        }
        begins = separates(letter);
    }
    text
}

/// A count with its thousands apart: `184,847`.
pub fn thousands(count: u64) -> String {
    apart(&count.to_string())
}

/// The same of digits.
pub(crate) fn apart(digits: &str) -> String {
    let mut told = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            told.push(',');
        }
        told.push(digit);
    }
    told
}

fn separates(letter: char) -> bool {
    matches!(letter, ';' | '\t' | '\r' | '\n')
}

/// Whether a spreadsheet may take this for the beginning of a formula. Blanks and quotes in front of it may fall away.
fn runs(cell: &str) -> bool {
    let bare = cell.trim_start_matches([' ', '"', '\'']);
    bare.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠', '\t', '\r'])
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::bidi("Con\u{202E}toso\u{2066}\u{200F}\u{61C}", "Contoso")]
    #[case::soft_hyphen("Con\u{AD}toso", "Contoso")]
    #[case::no_width("Con\u{200B}to\u{2060}so\u{FEFF}", "Contoso")]
    #[case::blank_of_braille("Contoso\u{2800}", "Contoso")]
    #[case::filler("Con\u{3164}toso\u{115F}\u{FFA0}", "Contoso")]
    #[case::joiner_between_letters("Con\u{200D}toso\u{200C}", "Contoso")]
    #[case::joiner_at_an_end("\u{200D}👩\u{200D}", "👩")]
    #[case::joined_emoji("👩\u{200D}💻 Ltd", "👩\u{200D}💻 Ltd")]
    #[case::joined_signs("❤\u{FE0F}\u{200D}🔥", "❤\u{FE0F}\u{200D}🔥")]
    #[case::variation("a\u{FE0F}\u{FE01}", "a")]
    #[case::keycap("1\u{FE0F}\u{20E3}", "1\u{FE0F}\u{20E3}")]
    #[case::persian("می\u{200C}خواهم", "می\u{200C}خواهم")]
    #[case::escape("a\u{1b}[31mb\u{7}", "a[31mb")]
    #[case::line_breaks("a\nb\tc\u{2028}d", "a b c d")]
    #[case::accents("Zoë’s Café – 東京", "Zoë’s Café – 東京")]
    fn what_cannot_be_seen_is_not_there(#[case] text: &str, #[case] shown: &str) {
        assert_eq!(visible(text), shown);
        assert_eq!(visible(shown), shown);
    }

    #[rstest]
    #[case("=1+1", "'=1+1")]
    #[case("-2", "'-2")]
    #[case("@SUM(A1)", "'@SUM(A1)")]
    #[case(" =1", "' =1")]
    #[case("＝1", "'＝1")]
    #[case("Smith; =1", "Smith;' =1")]
    #[case("a;+b;c", "a;'+b;c")]
    #[case("a;\"=1", "a;'\"=1")]
    #[case("'=1", "''=1")]
    #[case("Smith; Jones - Partners", "Smith; Jones - Partners")]
    #[case("O'Brien", "O'Brien")]
    fn a_cell_runs_nothing_and_gives_its_text_back(#[case] text: &str, #[case] safe: &str) {
        assert_eq!(cell(text), safe);
        assert_eq!(from_cell(safe), text);
    }
}
