//! Names that would disturb a screen: escape sequences, bidi controls, very long and very wide ones.

use prism_connect::engine::protocol::Answer;
use rstest::rstest;

use crate::{fixtures, harness::Harness};

#[rstest]
#[case("\u{1b}[2J\u{1b}]52;c;AAAA\u{7}Evil")]
#[case("\u{202e}drowssap\u{2066}")]
#[case("日本語の会社名がとても長いのでどこかで切らなければならない株式会社")]
#[case("a\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}")]
#[case("line one\nline two\ttabbed")]
fn a_hostile_name_cannot_leave_its_row(#[case] name: &str) {
    let mut console = Harness::new(120, 24);
    console.press("3");
    let mut rows = fixtures::customers();
    rows[1].customer_name = name.to_owned();
    console.answer(Ok(Answer::Customers(rows)));
    let text = console.text();
    let disturbing = ['\u{1b}', '\u{7}', '\u{202e}', '\u{2066}'];
    assert!(!text.contains(disturbing), "{text:?}");
    let next = text.lines().find(|line| line.contains("Anna's Bakery"));
    assert!(next.is_some_and(|line| line.contains("Annas Bakery Cafes")), "{text}");
    assert!(text.lines().all(|line| line.starts_with(['╭', '│', '╰', ' '])), "{text}");
}
