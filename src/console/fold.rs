//! Text as filters see it: lower case, without diacritics, so that “mul” finds “Müller”.

use std::{cmp::Ordering, ops::Range};

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// Lower case, without diacritics.
pub(crate) fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let mut folded = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter.is_ascii() {
            folded.push(letter.to_ascii_lowercase());
        } else {
            let bare = std::iter::once(letter).nfkd().filter(|c| !is_combining_mark(*c));
            folded.extend(bare.flat_map(char::to_lowercase));
        }
    }
    folded
}

/// The order of two names, whichever way their letters are written; lists of thousands are put in it while a sync runs.
pub(crate) fn by_letters(one: &str, other: &str) -> Ordering {
    if one.is_ascii() && other.is_ascii() {
        let lower = |byte: u8| byte.to_ascii_lowercase();
        return one.bytes().map(lower).cmp(other.bytes().map(lower));
    }
    let lower = char::to_lowercase;
    one.chars().flat_map(lower).cmp(other.chars().flat_map(lower))
}

/// The letter that a character is built on: `u` for `ü`.
pub(crate) fn base(text: &str) -> Option<char> {
    text.nfkd().find(|c| !is_combining_mark(*c))
}

/// Of these places those whose texts (folded) have these letters in this order, those in a word from its first letter on: what a
/// slip of the fingers meant. A letter more leaves fewer of them.
pub(crate) fn near<'a>(
    letters: &str,
    places: impl Iterator<Item = u32>,
    text: impl Fn(u32) -> &'a str,
) -> Vec<u32> {
    // What is typed last is what most texts lack.
    let last = letters.chars().next_back();
    let may = |text: &str| last.is_some_and(|last| text.contains(last));
    places.filter(|at| may(text(*at)) && is_near(letters, text(*at))).collect()
}

/// Of those that are near the ones that are meant: where one word has all the letters, letters spread over several words are
/// chance.
pub(crate) fn meant<'a>(letters: &str, near: &[u32], text: impl Fn(u32) -> &'a str) -> Vec<u32> {
    let in_a_word: Vec<u32> =
        near.iter().copied().filter(|at| is_in_a_word(letters, text(*at))).collect();
    if in_a_word.is_empty() { near.to_vec() } else { in_a_word }
}

/// Whether the letters stand in the text in their order, those in a word from its first letter on: any others stand there by
/// chance.
fn is_near(letters: &str, text: &str) -> bool {
    are_in_order(letters, text)
        && begun_with(letters, text).any(|from| stand_in(letters, from, true))
}

/// Whether a word of the text begins with the first of the letters and has the others behind it, in their order.
fn is_in_a_word(letters: &str, text: &str) -> bool {
    begun_with(letters, text).any(|from| stand_in(letters, from, false))
}

/// Whether these letters stand in the text in their order, wherever.
fn are_in_order(letters: &str, text: &str) -> bool {
    let mut rest = text;
    letters.chars().all(|letter| match rest.find(letter) {
        Some(at) => {
            rest = &rest[at + letter.len_utf8()..];
            true
        }
        None => false,
    })
}

/// The text from each of its words on that begin with the first of these letters.
fn begun_with<'a>(letters: &str, text: &'a str) -> impl Iterator<Item = &'a str> {
    let begins = |at: usize| !text[..at].chars().next_back().is_some_and(char::is_alphanumeric);
    let first = letters.chars().next();
    let found = first.into_iter().flat_map(|first| text.match_indices(first));
    found.map(|(at, _)| at).filter(move |at| begins(*at)).map(|at| &text[at..])
}

/// Whether the words of this text, the first that can first, have all the letters: each from a word's beginning on. Or only
/// its first word.
fn stand_in(letters: &str, text: &str, all: bool) -> bool {
    let mut wanted = letters.chars();
    let Some(mut next) = wanted.next() else { return true };
    // Whether the word that is gone through began with what was wanted then.
    let (mut begins, mut counts) = (true, false);
    for letter in text.chars() {
        if !letter.is_alphanumeric() {
            if !all {
                return false;
            }
            begins = true;
            continue;
        }
        if std::mem::take(&mut begins) {
            counts = letter == next;
        }
        if counts && letter == next {
            match wanted.next() {
                Some(letter) => next = letter,
                None => return true,
            }
        }
    }
    false
}

/// Where in `text` (as shown) the words of a filter stand: byte ranges to underline, none over another; else the letters of
/// similar spelling, one by one.
pub(crate) fn marks(filter: &str, text: &str) -> Vec<Range<usize>> {
    let letters = letters(text);
    let mut found: Vec<Range<usize>> = filter
        .split_whitespace()
        .filter_map(|word| {
            let bare = word.split_once(':').map_or(word, |(_, bare)| bare);
            place_of(word, &letters).or_else(|| place_of(bare, &letters))
        })
        .collect();
    if found.is_empty() {
        return letters_of(filter, letters);
    }
    found.sort_by_key(|range| (range.start, range.end));
    found.dedup_by(|next, before| next.start < before.end);
    found
}

/// The letters of a text as shown, each with where it begins and ends.
fn letters(text: &str) -> Vec<(usize, usize, String)> {
    text.char_indices()
        .map(|(at, c)| (at, at + c.len_utf8(), fold(c.encode_utf8(&mut [0; 4]))))
        .collect()
}

fn place_of(word: &str, letters: &[(usize, usize, String)]) -> Option<Range<usize>> {
    let word = fold(word);
    let folded: String = letters.iter().map(|(_, _, letter)| letter.as_str()).collect();
    let from = folded.find(&word).filter(|_| !word.is_empty())?;
    Some(span(letters, from, from + word.len()))
}

fn letters_of(filter: &str, letters: Vec<(usize, usize, String)>) -> Vec<Range<usize>> {
    let filter = fold(filter);
    let mut wanted = filter.chars().filter(|c| !c.is_whitespace()).peekable();
    let mut found = Vec::new();
    for (from, to, letter) in letters {
        if wanted.peek().is_some_and(|c| letter.starts_with(*c)) {
            wanted.next();
            found.push(from..to);
        }
    }
    if wanted.peek().is_some() { Vec::new() } else { found }
}

fn span(letters: &[(usize, usize, String)], from: usize, to: usize) -> Range<usize> {
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

    #[test]
    fn letters_are_found_under_their_diacritics() {
        assert_eq!(fold("Old MÜLLER & Søn ﬁ"), "old muller & søn fi");
    }

    fn similar(letters: &str, texts: &[&str]) -> Vec<u32> {
        let text = |at: u32| texts[at as usize];
        let near = near(letters, 0..u32::try_from(texts.len()).expect("few"), text);
        meant(letters, &near, text)
    }

    #[test]
    fn similar_spelling_has_the_letters_in_their_order() {
        assert_eq!(similar("hdtl", &["harbour dental", "old harbour", "hotel d"]), [0]);
        assert_eq!(similar("hrbr", &["her broken bar", "old harbour"]), [1]);
    }

    #[test]
    fn letters_that_stand_in_a_text_by_chance_are_no_similar_spelling() {
        assert!(similar("zzz", &["pizza jazz", "harbour dental", "lorenz zoe"]).is_empty());
        assert!(similar("dark", &["discard what a mark is", "load a quick park"]).is_empty());
    }

    #[test]
    fn each_word_is_marked_in_the_text_as_shown() {
        assert_eq!(marks("mul", "Old Müller").first(), Some(&(4..8)));
        assert_eq!(marks("dent har", "Harbour Dental"), [0..3, 8..12]);
        assert_eq!(marks("company:dent", "Harbour Dental").first(), Some(&(8..12)));
        assert_eq!(marks("hdl", "Harbour Dental"), [0..1, 8..9, 13..14]);
        assert!(marks("xyz", "Müller").is_empty());
    }
}
