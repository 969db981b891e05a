//! Text cut by display width, amounts, times relative to now.

use chrono::{DateTime, Utc};
use ratatui::{
    style::Style,
    text::{Line, Span},
};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use crate::{
    console::{
        advice::{as_shown, in_keys},
        control_characters::without_controls,
        fold::marks,
        theme::Theme,
    },
    domain::{Currency, Day, Money, currency::told as told_in, outcome::Finding, text::thousands},
    engine::views::AmountView,
};

/// The text in at most `width` columns; cut with an ellipsis.
pub(crate) fn cut(text: &str, width: usize, theme: &Theme) -> String {
    let text = &*without_controls(text);
    if text.width() <= width {
        return text.to_owned();
    }
    let ellipsis = theme.glyphs.ellipsis;
    let mut kept = fitting(text, width.saturating_sub(ellipsis.width())).to_owned();
    if width >= ellipsis.width() {
        kept.push_str(ellipsis);
    }
    kept
}

/// As much of the text as so many columns hold, and of no figure a part: that would be another one.
fn fitting(text: &str, room: usize) -> &str {
    let held = held(text, room);
    let begins = held.rfind(char::is_whitespace);
    let begins = begins.map_or(0, |at| at + held[at..].chars().next().map_or(0, char::len_utf8));
    let rest = &text[held.len()..];
    let ends = held.len() + rest.find(char::is_whitespace).unwrap_or(rest.len());
    let is_part = (begins + 1..ends).contains(&held.len());
    if is_part && is_figure(&text[begins..ends]) { held[..begins].trim_end() } else { held }
}

/// Whether a word is an amount or another number of several parts, whatever stands around it.
fn is_figure(word: &str) -> bool {
    let around = |letter: char| letter.is_ascii_punctuation() || letter == '−';
    let figure = word.trim_matches(around);
    figure.contains(['.', ','])
        && figure.chars().all(|one| one.is_ascii_digit() || ".,".contains(one))
}

fn held(text: &str, room: usize) -> &str {
    let mut used = 0;
    let fits = |(_, letter): &(usize, &str)| {
        used += letter.width();
        used <= room
    };
    let last = text.grapheme_indices(true).take_while(fits).last();
    &text[..last.map_or(0, |(at, letter)| at + letter.len())]
}

/// The same of a line, each part in its style. What ends it is brought down to ASCII with the rest of the frame.
pub(crate) fn cut_line(line: Line<'_>, width: usize) -> Line<'_> {
    if line.width() <= width { line } else { unfinished(line, width) }
}

/// A line that is not the last of its text: it ends in an ellipsis, whether it fits or not.
pub(crate) fn unfinished(line: Line<'_>, width: usize) -> Line<'_> {
    if line.width() <= width && line.spans.last().is_some_and(is_cut) {
        return line;
    }
    let mut room = width.saturating_sub(1);
    let mut kept = Line::default().style(line.style);
    let mut style = Style::new();
    for span in line.spans {
        style = span.style;
        let whole = span.width() <= room;
        let text =
            if whole { span.content } else { fitting(&span.content, room).to_owned().into() };
        room = room.saturating_sub(text.width());
        kept.push_span(Span::styled(text, style));
        if !whole {
            break;
        }
    }
    if width > 0 {
        kept.push_span(Span::styled("…", style));
    }
    kept
}

fn is_cut(span: &Span<'_>) -> bool {
    span.content.ends_with('…')
}

/// The line over as many as it takes, broken between words, each part in its style. None is wider than `width`: the
/// blank that a line is broken at stays only where it fits.
pub(crate) fn wrapped_line<'a>(line: &Line<'a>, width: usize) -> Vec<Line<'a>> {
    let mut lines = Vec::new();
    let mut kept = Line::default().style(line.style);
    for span in &line.spans {
        for word in span.content.split_inclusive(' ').flat_map(|word| wrapped(word, width)) {
            if kept.width() + word.trim_end().width() > width && !kept.spans.is_empty() {
                lines.push(std::mem::replace(&mut kept, Line::default().style(line.style)));
            }
            let room = width.saturating_sub(kept.width());
            let word = if word.width() > room { word.trim_end().to_owned() } else { word };
            kept.push_span(Span::styled(word, span.style));
        }
    }
    lines.push(kept);
    lines
}

/// The text over as many lines of `width` columns as it takes: broken between words, within one only where it is
/// wider than the line. Line ends and indents of the text stay.
pub(crate) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let width = width.max(1);
    text.lines().flat_map(|line| wrapped_text(&without_controls(line), width)).collect()
}

fn wrapped_text(line: &str, width: usize) -> Vec<String> {
    let indent = " ".repeat(line.chars().take_while(|c| *c == ' ').count().min(width / 2));
    let mut lines = Vec::new();
    let mut kept = indent.clone();
    for word in line.trim_start().split_inclusive(' ') {
        if kept.width() + word.trim_end().width() > width && kept.len() > indent.len() {
            lines.push(std::mem::replace(&mut kept, indent.clone()));
        }
        for letter in word.graphemes(true) {
            if kept.width() + letter.width() > width {
                if letter == " " {
                    continue;
                }
                lines.push(std::mem::replace(&mut kept, indent.clone()));
            }
            kept.push_str(letter);
        }
    }
    lines.push(kept);
    lines
}

/// What the amounts of a list are in, for its frame: the currency of all of them, and nothing where they have several or
/// none is known.
pub(crate) fn amounts_in<'a>(
    all: impl IntoIterator<Item = Option<&'a Currency>>,
) -> Option<String> {
    Currency::one_of(all).map(|currency| format!("amounts in {currency}"))
}

/// Amounts with their currencies: those of two stand beside each other.
pub(crate) fn amounts(all: &[AmountView]) -> String {
    let told = all.iter().map(|one| told_in(separated(one.amount), one.currency.as_ref()));
    told.collect::<Vec<_>>().join(" + ")
}

/// The same, cut in front of the brackets at its end where its beginning keeps some room: `Kauri L… (kaurilegal)`.
pub(crate) fn cut_before_brackets(text: &str, width: usize, theme: &Theme) -> String {
    let mut head = text;
    while let Some((front, _)) = head.strip_suffix(')').and_then(|all| all.rsplit_once(" (")) {
        head = front;
    }
    let end = &text[head.len()..];
    if text.width() <= width || end.is_empty() || width < LEAST_BEGINNING + LEAST_END {
        return cut(text, width, theme);
    }
    // A name of which three letters are left says nothing: of domains that tell apart, the end does too.
    let least = head.width().min(LEAST_BEGINNING);
    let end = from_the_end(end, width - least, theme);
    format!("{}{end}", cut(head, width - end.width(), theme))
}

/// Cut in its middle, where what tells names apart stands at both ends: `Micro…Business Basic`.
pub(crate) fn cut_in_the_middle(text: &str, width: usize, theme: &Theme) -> String {
    let text = &*without_controls(text);
    let ellipsis = theme.glyphs.ellipsis;
    if text.width() <= width || width < LEAST_BEGINNING + ellipsis.width() {
        return cut(text, width, theme);
    }
    let room = width - ellipsis.width();
    let head = fitting(text, room / 3).trim_end();
    let mut tail = text.len();
    let mut used = head.width();
    for (at, letter) in text.grapheme_indices(true).rev() {
        used += letter.width();
        if used > room {
            break;
        }
        tail = at;
    }
    format!("{head}{ellipsis}{}", text[tail..].trim_start())
}

/// The brackets with as much of the end of what is in them as there is room for: ` (…radiobondi)`.
fn from_the_end(brackets: &str, width: usize, theme: &Theme) -> String {
    if brackets.width() <= width {
        return brackets.to_owned();
    }
    let lead = format!(" ({}", theme.glyphs.ellipsis);
    let mut kept = String::new();
    for letter in brackets.graphemes(true).rev() {
        if lead.width() + letter.width() + kept.width() > width {
            break;
        }
        kept.insert_str(0, letter);
    }
    format!("{lead}{kept}")
}

/// Columns of a beginning that still say something, and of brackets with an end in them.
const LEAST_BEGINNING: usize = 8;
const LEAST_END: usize = 10;

/// A tenant's domain without the ending that nearly all share.
pub(crate) fn short_domain(domain: &str) -> String {
    domain.strip_suffix(".onmicrosoft.com").unwrap_or(domain).to_owned()
}

/// What stands before anything below nought; a terminal without Unicode shows `-`.
pub(crate) const MINUS: &str = "−";

/// An amount to the cent, for sums and effects, with its thousands apart: `14,210.40`.
pub(crate) fn separated(amount: Money) -> String {
    price(amount.rounded(2))
}

/// A unit price whole, however many decimals it has, with its thousands apart: `1,210.4025`.
pub(crate) fn price(amount: Money) -> String {
    amount.separated().replacen('-', MINUS, 1)
}

/// The same with its currency, where it has one.
pub(crate) fn in_currency(amount: Money, currency: Option<&Currency>) -> String {
    told_in(price(amount), currency)
}

/// The same with its sign, whichever it is: `+22.27`, `−22.27`.
pub(crate) fn signed(amount: Money) -> String {
    let sign = if amount.rounded(2) < Money::ZERO { "" } else { "+" };
    format!("{sign}{}", separated(amount))
}

/// A price with the one of before in front of it: `5.40 → 5.50`, `→ 5.50` where that is not known.
pub(crate) fn replaced(was: Option<Money>, by: Money, theme: &Theme) -> String {
    let was = was.map_or_else(String::new, |was| format!("{} ", price(was)));
    format!("{was}{} {}", theme.glyphs.arrow, price(by))
}

/// A change of money, and nothing where none moves.
pub(crate) fn moved(amount: Money) -> String {
    if amount.rounded(2).is_zero() { String::new() } else { signed(amount) }
}

/// A change of seats with its sign: `+3`, `−3`.
pub(crate) fn signed_units(units: i64) -> String {
    let sign = if units < 0 { MINUS } else { "+" };
    format!("{sign}{}", units.unsigned_abs())
}

/// The text with the letters that the filter matched underlined.
pub(crate) fn highlighted<'a>(text: String, filter: &str, style: Style, theme: &Theme) -> Line<'a> {
    if filter.is_empty() {
        return Line::from(Span::styled(text, style));
    }
    let mut spans = Vec::new();
    let mut at = 0;
    for range in marks(filter, &text) {
        spans.push(Span::styled(text[at..range.start].to_owned(), style));
        spans.push(Span::styled(text[range.clone()].to_owned(), style.patch(theme.matched())));
        at = range.end;
    }
    spans.push(Span::styled(text[at..].to_owned(), style));
    Line::from(spans)
}

/// What happened, and what to do.
pub(crate) fn finding_lines(finding: &Finding, theme: &Theme) -> [Line<'static>; 2] {
    let text = Line::styled(as_shown(&finding.text).into_owned(), theme.warn());
    [text, Line::raw(in_keys(&finding.advice, theme.keys))]
}

/// How long ago, in words: `just now`, `5 min ago`, `3 days ago`.
pub(crate) fn ago(then: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let seconds = (now - then).num_seconds();
    let count = |number: i64, unit: &str| match number {
        1 => format!("1 {unit} ago"),
        _ => format!("{number} {unit}s ago"),
    };
    match seconds {
        ..0 => moment(then),
        0..60 => "just now".to_owned(),
        60..3_600 => format!("{} min ago", seconds / 60),
        3_600..86_400 => count(seconds / 3_600, "hour"),
        86_400..2_592_000 => count(seconds / 86_400, "day"),
        _ => date(Day(then.date_naive())),
    }
}

/// Two days, the first without what the second says too: `1 to 20 Sep 2026`, `20 Sep to 9 Oct 2026`.
pub(crate) fn from_to(first: Day, last: Day) -> String {
    if first == last {
        return format!("{} for 1 day", date(first));
    }
    let told = match () {
        () if first.month() == last.month() => "%-d",
        () if first.0.format("%Y").to_string() == last.0.format("%Y").to_string() => "%-d %b",
        () => "%-d %b %Y",
    };
    format!("{} to {}", first.0.format(told), date(last))
}

/// A day as it stands on every screen: `18 Sep 2026`.
pub(crate) fn date(day: Day) -> String {
    day.0.format("%-d %b %Y").to_string()
}

/// A day whose year goes without saying: `5 Oct`.
pub(crate) fn short_date(day: Day) -> String {
    day.0.format("%-d %b").to_string()
}

/// The same of a first and a last day: `1 to 11 Sep`, `20 Sep to 9 Oct`.
pub(crate) fn short_span(first: Day, last: Day) -> String {
    if first == last {
        return format!("{} for 1 day", short_date(first));
    }
    let first = if first.month() == last.month() {
        first.0.format("%-d").to_string()
    } else {
        short_date(first)
    };
    format!("{first} to {}", short_date(last))
}

/// A moment: `18 Sep 2026 09:41 UTC`.
pub(crate) fn moment(at: DateTime<Utc>) -> String {
    at.format("%-d %b %Y %H:%M UTC").to_string()
}

/// One and many: `1 change`, `22 changes`.
pub(crate) fn counted(count: u64, one: &str, many: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{} {many}", thousands(count)) }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};
    use rstest::rstest;

    use super::*;
    use crate::console::colour::Depth;

    #[rstest]
    #[case("Harbour", 7, "Harbour")]
    #[case("Harbour", 5, "Harb…")]
    #[case("日本語", 4, "日…")]
    #[case("Harbour", 0, "")]
    #[case::no_part_of_an_amount("differs by -12.50 AUD", 14, "differs by…")]
    #[case::no_part_of_an_amount_in_brackets("held (1,843.20)", 10, "held…")]
    #[case::a_whole_amount("differs by -12.50 AUD", 18, "differs by -12.50…")]
    #[case::what_is_no_amount("Invoice INV0104233", 12, "Invoice INV…")]
    fn a_text_is_cut_by_the_columns_it_takes(
        #[case] text: &str,
        #[case] width: usize,
        #[case] shown: &str,
    ) {
        assert_eq!(cut(text, width, &Theme::new(Depth::None, true)), shown);
    }

    #[rstest]
    #[case("2026-09-01", "2026-09-20", "1 to 20 Sep 2026")]
    #[case("2026-09-20", "2026-10-09", "20 Sep to 9 Oct 2026")]
    #[case("2026-09-20", "2026-09-20", "20 Sep 2026 for 1 day")]
    #[case("2026-09-20", "2027-09-19", "20 Sep 2026 to 19 Sep 2027")]
    fn of_two_days_the_first_says_what_the_second_does_not(
        #[case] first: &str,
        #[case] last: &str,
        #[case] told: &str,
    ) {
        let day = |text: &str| text.parse::<Day>().expect("a day");
        assert_eq!(from_to(day(first), day(last)), told);
    }

    #[test]
    fn a_line_is_cut_and_wrapped_with_its_styles() {
        let theme = Theme::new(Depth::Sixteen, true);
        let line = || Line::from(vec![Span::styled("one ", theme.good()), Span::raw("two three")]);
        let parts = |line: &Line<'_>| -> Vec<(String, Style)> {
            line.spans.iter().map(|span| (span.content.to_string(), span.style)).collect()
        };
        let part = |text: &str, style: Style| (text.to_owned(), style);
        let plain = Style::new();
        let cut = [part("one ", theme.good()), part("tw", plain), part("…", plain)];
        assert_eq!(parts(&cut_line(line(), 7)), cut);
        assert_eq!(cut_line(line(), 13), line());
        assert_eq!(unfinished(line(), 20).to_string(), "one two three…");
        let lines = wrapped_line(&line(), 8);
        assert_eq!(lines.iter().map(Line::to_string).collect::<Vec<_>>(), ["one two ", "three"]);
        assert_eq!(parts(&lines[0])[0], part("one ", theme.good()));
    }

    #[test]
    fn a_line_that_is_cut_is_not_cut_again() {
        let cut = cut_line(Line::raw("price 12.00 → 13.35"), 15);
        assert_eq!(unfinished(cut, 20).to_string(), "price 12.00 → …");
    }

    proptest! {
        #[test]
        fn what_is_wrapped_is_whole_and_no_line_too_wide(
            words in vec("[a-z0-9.…]{1,9}|[日本語→é]{1,5}|(e\u{301}){1,4}", 0..12),
            width in 2_usize..30,
            blanks in 1_usize..3,
        ) {
            let text = words.join(&" ".repeat(blanks));
            let halves = text.char_indices().nth(text.chars().count() / 2).map_or(0, |(at, _)| at);
            let (front, back) = text.split_at(halves);
            let line = Line::from(vec![Span::raw(front), Span::raw(back)]);
            let of_line = wrapped_line(&line, width).iter().map(Line::to_string).collect();
            let letters = |text: &str| text.replace(' ', "");
            for lines in [wrapped(&text, width), of_line] {
                prop_assert!(lines.iter().all(|line| line.width() <= width), "{lines:?}");
                prop_assert_eq!(letters(&lines.concat()), letters(&text));
            }
        }
    }

    #[rstest]
    #[case("one two three", 8, &["one two ", "three"])]
    #[case("onetwothree", 4, &["onet", "woth", "ree"])]
    #[case("    code here", 9, &["    code ", "    here"])]
    #[case("日本語", 4, &["日本", "語"])]
    #[case("a\n\nb", 4, &["a", "", "b"])]
    fn a_text_is_wrapped_between_words(
        #[case] text: &str,
        #[case] width: usize,
        #[case] lines: &[&str],
    ) {
        assert_eq!(wrapped(text, width), lines);
    }

    #[rstest]
    #[case("0", "0.00")]
    #[case("999.5", "999.50")]
    #[case("-1000", "−1,000.00")]
    #[case("1234567.891", "1,234,567.89")]
    fn thousands_stand_apart(#[case] amount: &str, #[case] told: &str) {
        assert_eq!(separated(amount.parse().expect("an amount")), told);
    }

    #[rstest]
    #[case("6.9", "6.90")]
    #[case("1210.4025", "1,210.4025")]
    #[case("-1210.5", "−1,210.50")]
    fn a_unit_price_is_whole(#[case] amount: &str, #[case] told: &str) {
        assert_eq!(price(amount.parse().expect("an amount")), told);
    }

    #[rstest]
    #[case("22.27", "+22.27", "+22.27")]
    #[case("-1292.2", "−1,292.20", "−1,292.20")]
    #[case("-0.004", "+0.00", "")]
    fn differences_are_signed(#[case] amount: &str, #[case] told: &str, #[case] change: &str) {
        let amount = amount.parse().expect("an amount");
        assert_eq!((&*signed(amount), &*moved(amount)), (told, change));
    }

    #[rstest]
    #[case(3, "+3")]
    #[case(-3, "−3")]
    #[case(i64::MIN, "−9223372036854775808")]
    fn changes_of_seats_are_signed(#[case] units: i64, #[case] told: &str) {
        assert_eq!(signed_units(units), told);
    }

    #[rstest]
    #[case(30, "just now")]
    #[case(300, "5 min ago")]
    #[case(7_200, "2 hours ago")]
    #[case(90_000, "1 day ago")]
    #[case(3_000_000, "1 Jan 1971")]
    #[case(-60, "5 Feb 1971 00:01 UTC")]
    fn times_are_told_relative_to_now(#[case] seconds: i64, #[case] words: &str) {
        let now = DateTime::<Utc>::UNIX_EPOCH + chrono::TimeDelta::days(400);
        assert_eq!(ago(now - chrono::TimeDelta::seconds(seconds), now), words);
    }
}
