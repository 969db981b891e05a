//! The retry list (sync-rules 2.7), and invoices that hold later ones up.

use std::cmp::Ordering;

use ratatui::{
    Frame,
    layout::{Rect, Size},
    text::Line,
};

use crate::{
    console::{
        action::Action,
        advice::details,
        dialog::{Overlay, Prompt, prompt::Asking},
        keymap::Section,
        list_tools,
        listing::{AnyList, Listing, Row},
        pane::{Jump, Pane},
        purpose::Purpose,
        shell::Shell,
        widgets::{
            detail::{rows_with_detail, with_detail},
            frame,
            table::{Column, Columns, Table, told},
            text::{amounts_in, finding_lines},
        },
    },
    domain::Currency,
    engine::{protocol::command, views::RetryView},
};

impl Row for RetryView {
    fn key(&self) -> String {
        self.id.clone()
    }

    fn text(&self) -> String {
        format!("{} {} {} {}", self.customer, self.service, self.invoice, self.finding.text)
    }

    fn cells(&self) -> Vec<(&'static str, String)> {
        told(COLUMNS, self)
    }

    fn repeated(&self) -> Vec<(&'static str, String)> {
        vec![("Month", self.month.to_string()), ("Invoice", self.invoice.clone())]
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

/// Lines below the table: what the selected entry failed with.
const DETAIL: u16 = 4;

#[derive(Debug, Default)]
pub(crate) struct Retries {
    list: Listing<RetryView>,
    /// The currency of all its amounts, which its frame names.
    amounts: Option<Currency>,
}

impl Retries {
    /// New entries. A currency that all of them share stands above them instead of with each.
    pub(crate) fn set(&mut self, mut rows: Vec<RetryView>) {
        self.amounts = Currency::one_of(rows.iter().map(|row| row.currency.as_ref())).cloned();
        if self.amounts.is_some() {
            for row in &mut rows {
                row.currency = None;
            }
        }
        self.list.set(rows);
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
}

impl Pane for Retries {
    fn section(&self) -> Section {
        Section::Retries
    }

    fn list(&self) -> Option<&dyn AnyList> {
        Some(&self.list)
    }

    fn list_mut(&mut self) -> Option<&mut dyn AnyList> {
        Some(&mut self.list)
    }

    fn reload(&mut self, shell: &mut Shell) {
        shell.ask(Purpose::Retries, command::Retries);
    }

    fn fit(&mut self, room: Size) {
        self.list.fit(rows_with_detail(room, DETAIL));
    }

    fn act(&mut self, action: Action, shell: &mut Shell) -> Option<Jump> {
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
        None
    }

    fn draw(&self, frame: &mut Frame, area: Rect, shell: &Shell) {
        let theme = &shell.theme;
        let title = list_tools::title(&format!("Sync{}Retry list", theme.glyphs.crumb), &self.list);
        let amounts = amounts_in([self.amounts.as_ref()]).unwrap_or_default();
        let inside = frame::body(frame, area, &title, &amounts, theme);
        if self.list.is_empty() {
            let line =
                Line::styled("Nothing waits to be tried again. Esc goes back.", theme.good());
            return frame.render_widget(line, inside);
        }
        let (table, detail) = with_detail(inside, DETAIL);
        Table::new(&self.list, COLUMNS).draw(frame, table, theme);
        if let Some(row) = self.list.selected() {
            detail.draw(frame, finding_lines(&row.finding, theme), theme);
        }
    }
}

const COLUMNS: &Columns<RetryView> = &[
    Column::new("Customer", 16).grows(2).searched().text(|row| row.customer.clone()),
    Column::new("Service or subscription", 18).grows(3).searched().text(|row| row.service.clone()),
    Column::new("Month", 7).text(|row| row.month.to_string()),
    Column::new("Amount", 10)
        .right()
        .drops(1)
        .text(|row| row.amount.in_currency(row.currency.as_ref())),
    Column::new("Invoice", 10).drops(2).searched().muted(|row| row.invoice.clone()),
];
