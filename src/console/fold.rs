//! Text as filters see it: lower case, without diacritics, so that “mul” finds “Müller”.

use neo_frizbee::{Config, Matcher};
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// Longest needle that is matched fuzzily; beyond it only as a substring.
const FUZZY_NEEDLE: usize = 64;

/// Lower case, without diacritics.
pub(crate) fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    text.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase).collect()
}

/// The letter that a character is built on: `u` for `ü`.
pub(crate) fn base(text: &str) -> Option<char> {
    text.nfkd().find(|c| !is_combining_mark(*c))
}

/// The places in `haystacks` (folded) that contain `needle`, in the order of the list; where none does, those
/// that have its letters in this order, so that a slip still finds something and a hit is never buried.
pub(crate) fn matching(needle: &str, haystacks: &[String]) -> Vec<u32> {
    let needle = fold(needle.trim());
    let place = |index: usize| u32::try_from(index).unwrap_or(u32::MAX);
    if needle.is_empty() {
        return (0..haystacks.len()).map(place).collect();
    }
    let mut found: Vec<u32> =
        (0..haystacks.len()).filter(|&at| haystacks[at].contains(&needle)).map(place).collect();
    if found.is_empty() && needle.len() <= FUZZY_NEEDLE {
        found = Matcher::new(&needle, &Config::default())
            .match_list(haystacks)
            .into_iter()
            .map(|hit| hit.index)
            .collect();
        found.sort_unstable();
    }
    found
}

/// Where in `text` (as shown) the letters of `needle` stand: byte ranges to underline. A substring as one, else letter by letter.
pub(crate) fn marks(needle: &str, text: &str) -> Vec<std::ops::Range<usize>> {
    let needle = fold(needle.trim());
    if needle.is_empty() {
        return Vec::new();
    }
    let letters: Vec<(usize, usize, String)> = text
        .char_indices()
        .map(|(at, c)| (at, at + c.len_utf8(), fold(c.encode_utf8(&mut [0; 4]))))
        .collect();
    let folded: String = letters.iter().map(|(_, _, letter)| letter.as_str()).collect();
    if let Some(from) = folded.find(&needle) {
        return vec![span(&letters, from, from + needle.len())];
    }
    let mut wanted = needle.chars().filter(|c| !c.is_whitespace()).peekable();
    let mut found = Vec::new();
    for (from, to, letter) in &letters {
        if wanted.peek().is_some_and(|c| letter.starts_with(*c)) {
            wanted.next();
            found.push(*from..*to);
        }
    }
    if wanted.peek().is_some() { Vec::new() } else { found }
}

fn span(letters: &[(usize, usize, String)], from: usize, to: usize) -> std::ops::Range<usize> {
    let (mut at, mut start, mut end) = (0, 0, 0);
    for (first, last, letter) in letters {
        if at <= from {
            start = *first;
        }
        if at < to {
            end = *last;
        }
        at += letter.len();
    }
    start..end
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folded(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| fold(text)).collect()
    }

    #[test]
    fn a_filter_finds_letters_under_their_diacritics() {
        assert_eq!(matching("mul", &folded(&["Smith", "Müller"])), [1]);
    }

    #[test]
    fn letters_in_order_are_enough_only_where_nothing_contains_them() {
        let list = folded(&["h a r b o r", "Harbour Dental", "Old Harbour"]);
        assert_eq!(matching("harb", &list), [1, 2]);
        assert_eq!(matching("hdtl", &list), [1]);
    }

    #[test]
    fn nothing_typed_shows_everything() {
        assert_eq!(matching("  ", &folded(&["a", "b"])), [0, 1]);
    }

    #[test]
    fn the_matched_letters_are_marked_in_the_text_as_shown() {
        assert_eq!(marks("mul", "Old Müller").first(), Some(&(4..8)));
        assert!(marks("xyz", "Müller").is_empty());
    }
}
