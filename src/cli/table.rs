//! Aligned columns for people. A program reads `--json`.
//!
//! On a terminal that is too narrow, the widest columns of text are wrapped until the rows fit; figures and what
//! is copied into other commands never are.

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
        let none = |at: &usize| self.rows.iter().all(|row| row[*at].text == NOTHING);
        let mut empty: Vec<usize> = self.seldom.iter().copied().filter(none).collect();
        empty.sort_unstable();
        if !empty.is_empty() {
            let mut shown = Self { seldom: Vec::new(), ..self.clone() };
            for at in empty.into_iter().rev() {
                shown.head.remove(at);
                for row in &mut shown.rows {
                    row.remove(at);
                }
            }
            return shown.render(colour, limit);
        }
        let widths = self.widths(limit.unwrap_or(usize::MAX));
        let mut text = self.heading(&widths, colour);
        for row in &self.rows {
            text.push_str(&drawn_row(row, &widths, colour));
        }
        text
    }

    fn widths(&self, limit: usize) -> Vec<usize> {
        let widest = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| cell.text.width()).max().unwrap_or(0)
        };
        let columns = self.head.iter().enumerate();
        let mut widths: Vec<_> = columns.map(|(at, title)| title.width().max(widest(at))).collect();
        let gaps = GAP.len() * widths.len().saturating_sub(1);
        while widths.iter().sum::<usize>() + gaps > limit {
            let wraps = |at: &usize| !self.first(*at).whole && widths[*at] > LEAST_WIDTH;
            let Some(widest) = (0..widths.len()).filter(wraps).max_by_key(|at| widths[*at]) else {
                break;
            };
            widths[widest] -= 1;
        }
        widths
    }

    /// What a column is like, by its first cell.
    fn first(&self, column: usize) -> &Cell {
        &self.rows[0][column]
    }

    fn heading(&self, widths: &[usize], colour: bool) -> String {
        let titles: Vec<_> = self
            .head
            .iter()
            .zip(widths)
            .enumerate()
            .map(|(at, (title, width))| padded(title, title.width(), *width, self.first(at).right))
            .collect();
        let line = titles.join(GAP);
        let line = line.trim_end();
        if colour { format!("\u{1b}[1m{line}\u{1b}[0m\n") } else { format!("{line}\n") }
    }
}

/// As many lines as its longest cell needs.
fn drawn_row(row: &[Cell], widths: &[usize], colour: bool) -> String {
    let wrapped: Vec<_> =
        row.iter().zip(widths).map(|(cell, width)| wrapped(&cell.text, *width)).collect();
    let height = wrapped.iter().map(Vec::len).max().unwrap_or_default();
    let mut text = String::new();
    for line in 0..height {
        let parts = row.iter().zip(widths).zip(&wrapped).map(|((cell, width), lines)| {
            drawn(cell, lines.get(line).map_or("", String::as_str), *width, colour)
        });
        text.push_str(parts.collect::<Vec<_>>().join(GAP).trim_end());
        text.push('\n');
    }
    text
}

fn drawn(cell: &Cell, part: &str, width: usize, colour: bool) -> String {
    let text = match cell.outcome {
        Some(outcome) if colour => painted(outcome, part),
        _ => part.to_owned(),
    };
    padded(&text, part.width(), width, cell.right)
}

/// Lines of at most this width, broken between words, and inside a word only where it is longer than a line.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    if text.width() <= width {
        // Nearly always, and all the rest of this costs many times as much.
        return vec![text.trim_start_matches(' ').to_owned()];
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
    lines
}

fn padded(text: &str, shown: usize, width: usize, right: bool) -> String {
    let blanks = " ".repeat(width.saturating_sub(shown));
    if right { format!("{blanks}{text}") } else { format!("{text}{blanks}") }
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
