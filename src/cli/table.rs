//! Aligned columns for people. A program reads `--json`.
//!
//! On a terminal that is too narrow, the widest columns of text are wrapped until the rows fit; figures and what
//! is copied into other commands never are.

use std::borrow::Cow;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::words::signed;
use crate::domain::{Currency, Money, currency, outcome::Outcome, terms::Terms};

/// Between two columns.
const GAP: &str = "  ";
/// In a cell of which nothing is known.
const NOTHING: &str = "–";
/// No column is made narrower than this.
const LEAST_WIDTH: usize = 10;

#[derive(Clone, Debug)]
pub struct Cell {
    text: String,
    right: bool,
    whole: bool,
    outcome: Option<Outcome>,
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self { text, right: false, whole: false, outcome: None }
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl From<Option<String>> for Cell {
    fn from(text: Option<String>) -> Self {
        text.unwrap_or_else(|| NOTHING.to_owned()).into()
    }
}

impl From<Outcome> for Cell {
    fn from(outcome: Outcome) -> Self {
        Self { text: outcome.word().to_owned(), right: false, whole: false, outcome: Some(outcome) }
    }
}

impl From<Option<Outcome>> for Cell {
    fn from(outcome: Option<Outcome>) -> Self {
        outcome.map_or_else(|| None::<String>.into(), Self::from)
    }
}

/// A figure: set to the right.
#[expect(clippy::needless_pass_by_value, reason = "figures are copied or made for it")]
pub(super) fn number(figure: impl ToString) -> Cell {
    Cell { text: figure.to_string(), right: true, whole: true, outcome: None }
}

/// What is copied into the next command: never wrapped.
pub(super) fn whole(text: impl Into<String>) -> Cell {
    Cell { whole: true, ..text.into().into() }
}

/// How a table names the currency of its amounts: once, above them, where it is the same for all; else with each.
pub(super) struct Amounts(Option<Currency>);

impl Amounts {
    /// Of rows in these currencies.
    pub(super) fn of<'a>(all: impl IntoIterator<Item = Option<&'a Currency>>) -> Self {
        Self(Currency::one_of(all).cloned())
    }

    /// The title of a column of amounts.
    pub(super) fn head(&self, title: &str) -> String {
        currency::told(title, self.0.as_ref())
    }

    /// An amount, of a row in this currency, with its thousands apart; a dash where there is none.
    pub(super) fn cell(&self, amount: Option<Money>, of: Option<&Currency>) -> Cell {
        amount.map_or_else(|| number("–"), |amount| self.told(amount.separated(), of))
    }

    /// An amount with what it replaces, where that is known.
    pub(super) fn replaced(
        &self,
        was: Option<Money>,
        amount: Option<Money>,
        of: Option<&Currency>,
    ) -> Cell {
        match (was, amount) {
            (Some(was), Some(is)) => {
                self.told(format!("{} → {}", was.separated(), is.separated()), of)
            }
            (_, amount) => self.cell(amount, of),
        }
    }

    /// A change of money; no amount where none moves.
    pub(super) fn moved(&self, effect: Money, of: Option<&Currency>) -> Cell {
        if effect.is_zero() { number("–") } else { self.told(signed(effect), of) }
    }

    fn told(&self, amount: String, of: Option<&Currency>) -> Cell {
        number(currency::told(amount, of.filter(|_| self.0.is_none())))
    }
}

/// Rows under a head.
#[derive(Clone, Debug)]
pub struct Table {
    head: Vec<String>,
    rows: Vec<Vec<Cell>>,
    /// The columns that are left out where no row has anything in them.
    seldom: Vec<usize>,
    empty: &'static str,
}

impl Table {
    /// With these column titles; `empty` is what to say where there is no row.
    #[must_use]
    pub fn new<S: AsRef<str>>(head: &[S], empty: &'static str) -> Self {
        let head = head.iter().map(|title| title.as_ref().to_owned()).collect();
        Self { head, rows: Vec::new(), seldom: Vec::new(), empty }
    }

    /// The column of this title is left out where no row has anything in it.
    pub(super) fn without_empty(mut self, title: &str) -> Self {
        self.seldom.extend(self.head.iter().position(|head| head == title));
        self
    }

    /// Its titles in these terms.
    #[must_use]
    pub(super) fn in_terms(mut self, terms: Terms) -> Self {
        for title in &mut self.head {
            *title = terms.retell(title, &[]).into_owned();
        }
        self
    }

    pub fn row(&mut self, cells: impl IntoIterator<Item = Cell>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// The text, every line ended; as wide as it is where no limit is given.
    #[must_use]
    pub fn render(&self, colour: bool, limit: Option<usize>) -> String {
        if self.rows.is_empty() {
            return format!("{}\n", self.empty);
        }
        let none = |at: usize| self.rows.iter().all(|row| row[at].text == NOTHING);
        let columns: Vec<usize> =
            (0..self.head.len()).filter(|at| !(self.seldom.contains(at) && none(*at))).collect();
        let columns = self.laid_out(&columns, limit.unwrap_or(usize::MAX));
        let mut text = self.heading(&columns, colour);
        for row in &self.rows {
            draw_row(&mut text, row, &columns, colour);
        }
        text
    }

    /// These columns with their widths.
    fn laid_out(&self, columns: &[usize], limit: usize) -> Vec<Column> {
        let widest = |at: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(at));
            cells.map(|cell| width_of(&cell.text)).max().unwrap_or(0)
        };
        let wide = |at: usize| Column { at, width: width_of(&self.head[at]).max(widest(at)) };
        let mut columns: Vec<Column> = columns.iter().map(|at| wide(*at)).collect();
        let gaps = GAP.len() * columns.len().saturating_sub(1);
        while columns.iter().map(|column| column.width).sum::<usize>() + gaps > limit {
            let wraps = |one: &&mut Column| !self.first(one.at).whole && one.width > LEAST_WIDTH;
            let Some(widest) = columns.iter_mut().filter(wraps).max_by_key(|one| one.width) else {
                break;
            };
            widest.width -= 1;
        }
        columns
    }

    /// What a column is like, by its first cell.
    fn first(&self, column: usize) -> &Cell {
        &self.rows[0][column]
    }

    fn heading(&self, columns: &[Column], colour: bool) -> String {
        let mut line = String::new();
        let titles = columns.iter().map(|column| Part {
            text: &self.head[column.at],
            width: column.width,
            right: self.first(column.at).right,
            outcome: None,
        });
        draw_line(&mut line, titles);
        if colour { format!("\u{1b}[1m{}\u{1b}[0m\n", line.trim_end()) } else { line }
    }
}

/// A column that is shown.
struct Column {
    /// Its place among all.
    at: usize,
    width: usize,
}

/// A piece of a line.
struct Part<'a> {
    text: &'a str,
    width: usize,
    right: bool,
    /// What it is painted as.
    outcome: Option<Outcome>,
}

/// The columns that a text takes. Nearly all are plain, and as wide as they are long.
fn width_of(text: &str) -> usize {
    let plain = text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic());
    if plain { text.len() } else { text.width() }
}

/// As many lines as its longest cell needs.
fn draw_row(text: &mut String, row: &[Cell], columns: &[Column], colour: bool) {
    let cells = columns.iter().filter_map(|column| Some((row.get(column.at)?, column.width)));
    let cells = cells.map(|(cell, width)| (cell, width, wrapped(&cell.text, width)));
    let cells: Vec<_> = cells.collect();
    let height = cells.iter().map(|(_, _, lines)| lines.len()).max().unwrap_or_default();
    for line in 0..height {
        let parts = cells.iter().map(|(cell, width, lines)| Part {
            text: lines.get(line).map_or("", AsRef::as_ref),
            width: *width,
            right: cell.right,
            outcome: cell.outcome.filter(|_| colour),
        });
        draw_line(text, parts);
    }
}

fn draw_line<'a>(text: &mut String, parts: impl Iterator<Item = Part<'a>>) {
    let begun = text.len();
    for (at, part) in parts.enumerate() {
        if at > 0 {
            text.push_str(GAP);
        }
        let blanks = || std::iter::repeat_n(' ', part.width.saturating_sub(width_of(part.text)));
        if part.right {
            text.extend(blanks());
        }
        match part.outcome {
            Some(outcome) => text.push_str(&painted(outcome, part.text)),
            None => text.push_str(part.text),
        }
        if !part.right {
            text.extend(blanks());
        }
    }
    text.truncate(begun + text[begun..].trim_end().len());
    text.push('\n');
}

/// Lines of at most this width, broken between words, and inside a word only where it is longer than a line.
fn wrapped(text: &str, width: usize) -> Vec<Cow<'_, str>> {
    if width_of(text) <= width {
        // Nearly always, and all the rest of this costs many times as much.
        return vec![text.trim_start_matches(' ').into()];
    }
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let line = lines.last_mut().expect("never empty");
        if !line.is_empty() && line.width() + 1 + word.width() <= width {
            line.push(' ');
        } else if !line.is_empty() {
            lines.push(String::new());
        }
        for letter in word.chars() {
            let line = lines.last_mut().expect("never empty");
            if line.width() + letter.width().unwrap_or(0) > width && !line.is_empty() {
                lines.push(letter.to_string());
            } else {
                line.push(letter);
            }
        }
    }
    lines.into_iter().map(Cow::from).collect()
}

/// The text in the colour of the outcome; the word says the same.
pub(super) fn painted(outcome: Outcome, text: &str) -> String {
    let colour = match outcome {
        Outcome::NoChange => 2,
        Outcome::Success => 32,
        Outcome::Warning | Outcome::NotAttempted => 33,
        Outcome::Failure => 31,
    };
    format!("\u{1b}[{colour}m{text}\u{1b}[0m")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_align_by_display_width_and_figures_to_the_right() {
        let mut table = Table::new(&["NAME", "AMOUNT"], "None.");
        table.row(["Bäcker".into(), number("8.00")]);
        table.row(["日本".into(), number("1042.50")]);
        let text = "NAME     AMOUNT\nBäcker     8.00\n日本    1042.50\n";
        assert_eq!(table.render(false, None), text);
    }

    #[test]
    fn colour_adds_nothing_to_the_width_and_the_word_stays() {
        let mut table = Table::new(&["STATUS", "NAME"], "None.");
        table.row([Outcome::Failure.into(), "a".into()]);
        assert!(table.render(true, None).ends_with("\u{1b}[31mFailure\u{1b}[0m  a\n"));
    }

    #[test]
    fn a_narrow_terminal_wraps_texts_and_never_figures() {
        let mut table = Table::new(&["AMOUNT", "NAME", "WHY"], "None.");
        table.row([
            number("1042.50"),
            "Bäcker".into(),
            "the invoice has 19 from 2026-09-01".into(),
        ]);
        let text = concat!(
            " AMOUNT  NAME    WHY\n",
            "1042.50  Bäcker  the invoice has 19\n",
            "                 from 2026-09-01\n",
        );
        assert_eq!(table.render(false, Some(36)), text);
        let narrow = table.render(false, Some(1));
        assert!(narrow.contains("1042.50  Bäcker  the"), "{narrow}");
        assert_eq!(wrapped("2026-09-01T09:00", 10), ["2026-09-01", "T09:00"]);
        assert_eq!(wrapped("", 10), [""]);
    }

    #[test]
    fn amounts_of_every_kind_have_their_thousands_apart() {
        let money = |text: &str| text.parse::<Money>().ok();
        let (amounts, [was, is]) = (Amounts(None), ["1234.5", "-12345.6075"].map(money));
        let texts = [
            amounts.cell(is, None),
            amounts.replaced(was, is, None),
            amounts.replaced(None, was, None),
            amounts.moved(is.expect("an amount"), None),
            amounts.moved(was.expect("an amount"), None),
            amounts.cell(None, None),
        ];
        assert_eq!(
            texts.map(|cell| cell.text),
            [
                "-12,345.6075",
                "1,234.50 → -12,345.6075",
                "1,234.50",
                "-12,345.6075",
                "+1,234.50",
                "–"
            ]
        );
    }

    #[test]
    fn an_empty_table_says_what_that_means() {
        assert_eq!(Table::new(&["NAME"], "No run yet.").render(true, None), "No run yet.\n");
    }
}
