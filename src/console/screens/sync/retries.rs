//! The retry list (sync-rules 2.7), and invoices that hold later ones up.

use std::cmp::Ordering;

use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect},
    text::Line,
};

use crate::{
    console::{
        action::Action,
        advice::details,
        dialog::{Overlay, Prompt, prompt::Asking},
        list_tools,
        listing::{Listing, Row},
        shell::Shell,
        widgets::{
            frame,
            table::{Cell, Column, TableLook, draw_table},
            text::{amounts_in, told},
        },
    },
    domain::Currency,
    engine::views::RetryView,
};

impl Row for RetryView {
    fn key(&self) -> String {
        self.id.clone()
    }

    fn text(&self) -> String {
        format!("{} {} {} {}", self.customer, self.service, self.invoice, self.finding.text)
    }

    fn compare(&self, other: &Self, column: usize) -> Ordering {
        match column {
            1 => self.service.cmp(&other.service),
            2 => self.month.cmp(&other.month),
            3 => self.amount.cmp(&other.amount),
            4 => self.invoice.cmp(&other.invoice),
            _ => self.customer.cmp(&other.customer),
        }
    }
}

/// The list.
#[derive(Debug, Default)]
pub struct Retries {
    /// Its entries.
    pub list: Listing<RetryView>,
    /// The currency of all its amounts, which its frame names.
    amounts: Option<Currency>,
}

impl Retries {
    /// New entries. A currency that all of them share stands above them instead of with each.
    pub fn told(&mut self, mut rows: Vec<RetryView>) {
        self.amounts = Currency::one_of(rows.iter().map(|row| row.currency.as_ref())).cloned();
        if self.amounts.is_some() {
            for row in &mut rows {
                row.currency = None;
            }
        }
        self.list.set(rows);
    }

    /// Carries an action out.
    pub fn act(&mut self, action: Action, shell: &mut Shell) {
        match (action, self.list.selected()) {
            (Action::Dismiss, Some(row)) => {
                shell.open(Prompt::new(Asking::Dismissal(row.id.clone()), "Reason: ", ""));
            }
            (Action::Open, Some(row)) => {
                shell.open(Overlay::text("Details", &details(&row.finding)));
            }
            (Action::Copy, Some(row)) => {
                list_tools::copy(shell, format!("{}: {}", row.customer, row.finding.text));
            }
            (Action::Export, _) => self.export(shell),
            (action, _) => _ = self.list.act(action, COLUMNS.len()),
        }
    }

    fn export(&self, shell: &mut Shell) {
        let rows = self.list.shown().map(|row| {
            let currency = row.currency.as_ref().or(self.amounts.as_ref());
            [
                row.customer.clone(),
                row.service.clone(),
                row.invoice.clone(),
                row.month.to_string(),
                row.amount.to_string(),
                row.finding.text.clone(),
                currency.map_or_else(String::new, ToString::to_string),
            ]
        });
        let head = ["customer", "service", "invoice", "month", "amount", "error", "currency"];
        list_tools::save_csv(shell, "retries", &head, rows);
    }

    /// Draws it.
    pub fn draw(&self, frame: &mut Frame, area: Rect, shell: &Shell) {
        let theme = &shell.theme;
        let crumb = format!("Sync{}Retry list", theme.glyphs.crumb);
        let title = list_tools::title(&crumb, &self.list);
        let amounts = amounts_in([self.amounts.as_ref()]);
        let inside = frame::body(frame, area, (&title, &amounts.unwrap_or_default()), theme);
        if self.list.counts().1 == 0 {
            let line =
                Line::styled("Nothing waits to be tried again. Esc goes back.", theme.good());
            return frame.render_widget(line, inside);
        }
        let [table, detail] =
            Layout::vertical([Constraint::Min(2), Constraint::Length(4)]).areas(inside);
        let look = TableLook { columns: COLUMNS, focused: true, marks: false };
        draw_table(frame, table, (&self.list, &look), theme);
        if let Some(row) = self.list.selected() {
            frame.render_widget(told(&row.finding, theme), detail);
        }
    }
}

const COLUMNS: &[Column<RetryView>] = &[
    Column {
        title: "Customer",
        least: 16,
        share: 2,
        priority: 0,
        right: false,
        searched: true,
        cell: |row, _| Cell::plain(row.customer.clone()),
    },
    Column {
        title: "Service or subscription",
        least: 18,
        share: 3,
        priority: 0,
        right: false,
        searched: true,
        cell: |row, _| Cell::plain(row.service.clone()),
    },
    Column {
        title: "Month",
        least: 7,
        share: 0,
        priority: 0,
        right: false,
        searched: false,
        cell: |row, _| Cell::plain(row.month.to_string()),
    },
    Column {
        title: "Amount",
        least: 10,
        share: 0,
        priority: 1,
        right: true,
        searched: false,
        cell: |row, _| Cell::plain(row.amount.in_currency(row.currency.as_ref())),
    },
    Column {
        title: "Invoice",
        least: 10,
        share: 0,
        priority: 2,
        right: false,
        searched: true,
        cell: |row, theme| Cell::styled(row.invoice.clone(), theme.muted()),
    },
];
