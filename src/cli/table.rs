//! Aligned columns for people. A program reads `--json`.

use unicode_width::UnicodeWidthStr;

use crate::domain::outcome::Outcome;

/// One cell.
#[derive(Clone, Debug)]
pub struct Cell {
    text: String,
    right: bool,
    outcome: Option<Outcome>,
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self { text, right: false, outcome: None }
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl From<Option<String>> for Cell {
    fn from(text: Option<String>) -> Self {
        text.unwrap_or_else(|| "–".to_owned()).into()
    }
}

impl From<Outcome> for Cell {
    fn from(outcome: Outcome) -> Self {
        Self { text: outcome.word().to_owned(), right: false, outcome: Some(outcome) }
    }
}

impl From<Option<Outcome>> for Cell {
    fn from(outcome: Option<Outcome>) -> Self {
        outcome.map_or_else(|| None::<String>.into(), Self::from)
    }
}

/// A figure: set to the right.
#[expect(clippy::needless_pass_by_value, reason = "figures are copied or made for it")]
pub fn number(figure: impl ToString) -> Cell {
    Cell { text: figure.to_string(), right: true, outcome: None }
}

/// Rows under a head.
#[derive(Clone, Debug)]
pub struct Table {
    head: Vec<&'static str>,
    rows: Vec<Vec<Cell>>,
    empty: &'static str,
}

impl Table {
    /// With these column titles; `empty` is what to say where there is no row.
    #[must_use]
    pub fn new(head: &[&'static str], empty: &'static str) -> Self {
        Self { head: head.to_vec(), rows: Vec::new(), empty }
    }

    /// One more row.
    pub fn row(&mut self, cells: impl IntoIterator<Item = Cell>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// The text, every line ended.
    #[must_use]
    pub fn render(&self, colour: bool) -> String {
        if self.rows.is_empty() {
            return format!("{}\n", self.empty);
        }
        let widths = self.widths();
        let mut text = self.heading(&widths, colour);
        for row in &self.rows {
            let cells: Vec<_> =
                row.iter().zip(&widths).map(|(cell, width)| drawn(cell, *width, colour)).collect();
            text.push_str(cells.join("  ").trim_end());
            text.push('\n');
        }
        text
    }

    fn widths(&self) -> Vec<usize> {
        let widest = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| cell.text.width()).max().unwrap_or(0)
        };
        self.head.iter().enumerate().map(|(at, title)| title.width().max(widest(at))).collect()
    }

    fn heading(&self, widths: &[usize], colour: bool) -> String {
        let right = |column: usize| self.rows[0].get(column).is_some_and(|cell| cell.right);
        let titles: Vec<_> = self
            .head
            .iter()
            .zip(widths)
            .enumerate()
            .map(|(at, (title, width))| padded(title, title.width(), *width, right(at)))
            .collect();
        let line = titles.join("  ");
        let line = line.trim_end();
        if colour { format!("\u{1b}[1m{line}\u{1b}[0m\n") } else { format!("{line}\n") }
    }
}

fn drawn(cell: &Cell, width: usize, colour: bool) -> String {
    let text = match cell.outcome {
        Some(outcome) if colour => painted(outcome, &cell.text),
        _ => cell.text.clone(),
    };
    padded(&text, cell.text.width(), width, cell.right)
}

fn padded(text: &str, shown: usize, width: usize, right: bool) -> String {
    let blanks = " ".repeat(width.saturating_sub(shown));
    if right { format!("{blanks}{text}") } else { format!("{text}{blanks}") }
}

/// The text in the colour of the outcome; the word says the same.
pub fn painted(outcome: Outcome, text: &str) -> String {
    let colour = match outcome {
        Outcome::NoChange => 2,
        Outcome::Success => 32,
        Outcome::Warning => 33,
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
        assert_eq!(table.render(false), text);
    }

    #[test]
    fn colour_adds_nothing_to_the_width_and_the_word_stays() {
        let mut table = Table::new(&["STATUS", "NAME"], "None.");
        table.row([Outcome::Failure.into(), "a".into()]);
        assert!(table.render(true).ends_with("\u{1b}[31mFailure\u{1b}[0m  a\n"));
    }

    #[test]
    fn an_empty_table_says_what_that_means() {
        assert_eq!(Table::new(&["NAME"], "No run yet.").render(true), "No run yet.\n");
    }
}
