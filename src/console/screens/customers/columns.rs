//! The tables of tab 3: customers, suggestions, a customer's history.

use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect},
    text::Line,
};

use crate::{
    console::{
        listing::Listing,
        screens::forms,
        shell::{Purpose, Shell},
        widgets::{
            frame,
            table::{Cell, Column, TableLook, draw_table},
        },
    },
    engine::views::{CustomerView, HistoryView, SuggestionView},
};

/// R40, with the amount at stake and the last outcome.
pub const CUSTOMERS: &[Column<CustomerView>] = &[
    Column {
        title: "PRISM customer",
        least: 16,
        share: 3,
        priority: 0,
        right: false,
        searched: true,
        cell: |row, theme| {
            let style = if row.new { theme.accent() } else { theme.text() };
            let new = if row.new { " (new)" } else { "" };
            Cell::styled(format!("{}{new}", row.customer_name), style)
        },
    },
    Column {
        title: "Tenant",
        least: 14,
        share: 2,
        priority: 3,
        right: false,
        searched: true,
        cell: |row, theme| Cell::styled(row.domain.clone(), theme.muted()),
    },
    Column {
        title: "Company",
        least: 14,
        share: 3,
        priority: 0,
        right: false,
        searched: true,
        cell: |row, theme| match &row.mapping {
            Some(mapping) => Cell::plain(mapping.company.clone()),
            None => Cell::styled("unmapped", theme.warn()),
        },
    },
    Column {
        title: "Contract",
        least: 12,
        share: 2,
        priority: 2,
        right: false,
        searched: true,
        cell: |row, _| Cell::plain(row.mapping.as_ref().map_or("", |m| m.contract.as_str())),
    },
    Column {
        title: "Invoice",
        least: 10,
        share: 0,
        priority: 4,
        right: false,
        searched: false,
        cell: |row, theme| Cell::styled(row.invoice.clone().unwrap_or_default(), theme.muted()),
    },
    Column {
        title: "Amount",
        least: 10,
        share: 0,
        priority: 1,
        right: true,
        searched: false,
        cell: |row, _| Cell::plain(row.latest_amount.map_or_else(String::new, |a| a.to_string())),
    },
    Column {
        title: "Sync",
        least: 4,
        share: 0,
        priority: 0,
        right: false,
        searched: false,
        cell: |row, theme| match &row.mapping {
            Some(mapping) if mapping.sync => Cell::styled("on", theme.good()),
            Some(_) => Cell::styled("off", theme.muted()),
            None => Cell::plain(""),
        },
    },
    Column {
        title: "Outcome",
        least: 11,
        share: 0,
        priority: 0,
        right: false,
        searched: false,
        cell: |row, theme| match row.outcome {
            Some(outcome) => Cell::styled(frame::outcome(outcome, theme), theme.outcome(outcome)),
            None => Cell::styled("never", theme.muted()),
        },
    },
];

const SUGGESTIONS: &[Column<SuggestionView>] = &[
    Column {
        title: "Score",
        least: 5,
        share: 0,
        priority: 0,
        right: true,
        searched: false,
        cell: |row, theme| {
            let style = match row.score {
                90.. => theme.good(),
                70..90 => theme.warn(),
                _ => theme.muted(),
            };
            Cell::styled(row.score.to_string(), style)
        },
    },
    Column {
        title: "PRISM customer",
        least: 18,
        share: 2,
        priority: 0,
        right: false,
        searched: true,
        cell: |row, _| Cell::plain(row.customer_name.clone()),
    },
    Column {
        title: "Tenant",
        least: 16,
        share: 1,
        priority: 2,
        right: false,
        searched: true,
        cell: |row, theme| Cell::styled(row.domain.clone(), theme.muted()),
    },
    Column {
        title: "Company",
        least: 18,
        share: 2,
        priority: 0,
        right: false,
        searched: true,
        cell: |row, _| Cell::plain(row.company.name.clone()),
    },
    Column {
        title: "Contract",
        least: 14,
        share: 1,
        priority: 1,
        right: false,
        searched: false,
        cell: |row, theme| match &row.contract {
            Some(contract) => Cell::plain(contract.name.clone()),
            None => Cell::styled("choose by hand", theme.warn()),
        },
    },
];

const HISTORY: &[Column<HistoryView>] = &[
    Column {
        title: "Effective",
        least: 10,
        share: 0,
        priority: 0,
        right: false,
        searched: false,
        cell: |row, _| Cell::plain(row.effective.map_or_else(String::new, |day| day.to_string())),
    },
    Column {
        title: "Service",
        least: 18,
        share: 3,
        priority: 0,
        right: false,
        searched: true,
        cell: |row, _| Cell::plain(row.service.clone()),
    },
    Column {
        title: "Units",
        least: 12,
        share: 0,
        priority: 0,
        right: true,
        searched: false,
        cell: |row, theme| {
            Cell::plain(format!("{} {} {}", row.units.0, theme.glyphs.arrow, row.units.1))
        },
    },
    Column {
        title: "Monthly",
        least: 10,
        share: 0,
        priority: 1,
        right: true,
        searched: false,
        cell: |row, _| Cell::plain(row.monthly_effect.to_string()),
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
    Column {
        title: "Run",
        least: 5,
        share: 0,
        priority: 3,
        right: true,
        searched: false,
        cell: |row, theme| Cell::styled(format!("#{}", row.run), theme.muted()),
    },
    Column {
        title: "By",
        least: 8,
        share: 0,
        priority: 5,
        right: false,
        searched: false,
        cell: |row, theme| Cell::styled(row.actor.clone(), theme.muted()),
    },
    Column {
        title: "Result",
        least: 10,
        share: 1,
        priority: 4,
        right: false,
        searched: false,
        cell: |row, _| Cell::plain(row.result.clone()),
    },
];

/// Suggestions with the reasons of the selected one.
pub fn draw_suggestions(
    frame: &mut Frame,
    area: Rect,
    (list, shell): (&Listing<SuggestionView>, &Shell),
) {
    let theme = &shell.theme;
    let crumb = format!("Customers{}Suggestions", theme.glyphs.crumb);
    let title = forms::filtered(&crumb, list.filter(), list.counts());
    let inside = frame::body(frame, area, (&title, ""), theme);
    if list.counts().1 == 0 {
        let waiting = shell.awaits(&Purpose::Suggestions);
        let text = if waiting { "Comparing names…" } else { "Nothing left to suggest." };
        return frame.render_widget(Line::styled(text, theme.muted()), inside);
    }
    let [table, reasons] =
        Layout::vertical([Constraint::Min(2), Constraint::Length(5)]).areas(inside);
    let look = TableLook { columns: SUGGESTIONS, focused: true, marks: false };
    draw_table(frame, table, (list, &look), theme);
    let Some(row) = list.selected() else { return };
    let heading = Line::styled(format!("Why {}", row.company.name), theme.heading());
    let caveat = row.caveat.iter().map(|text| Line::styled(text.clone(), theme.warn()));
    let lines = row
        .reasons
        .iter()
        .map(|reason| Line::raw(format!("{}{reason}", theme.glyphs.separator.trim_start())));
    let all = std::iter::once(heading).chain(caveat).chain(lines);
    for (line, place) in all.zip(reasons.rows().skip(1)) {
        frame.render_widget(line, place);
    }
}

/// Every change on a customer's contract.
pub fn draw_history(
    frame: &mut Frame,
    area: Rect,
    (name, list, shell): (&str, &Listing<HistoryView>, &Shell),
) {
    let theme = &shell.theme;
    let crumb = format!("Customers{0}{name}{0}History", theme.glyphs.crumb);
    let title = forms::filtered(&crumb, list.filter(), list.counts());
    let inside = frame::body(frame, area, (&title, ""), theme);
    if list.counts().1 == 0 {
        let text = "Nothing was ever written for this customer.";
        return frame.render_widget(Line::styled(text, theme.muted()), inside);
    }
    let look = TableLook { columns: HISTORY, focused: true, marks: false };
    draw_table(frame, inside, (list, &look), theme);
}

/// Saves the rows shown.
pub fn export(list: &Listing<CustomerView>, shell: &mut Shell) {
    let rows = list.shown().map(|row| {
        let mapping = row.mapping.as_ref();
        [
            row.customer_name.clone(),
            row.domain.clone(),
            mapping.map_or_else(String::new, |m| m.company.clone()),
            mapping.map_or_else(String::new, |m| m.contract.clone()),
            row.invoice.clone().unwrap_or_default(),
            row.latest_amount.map_or_else(String::new, |amount| amount.to_string()),
            mapping.map_or("", |m| if m.sync { "on" } else { "off" }).to_owned(),
            row.outcome.map_or_else(String::new, |outcome| outcome.to_string()),
        ]
    });
    let head =
        ["customer", "tenant", "company", "contract", "invoice", "amount", "sync", "outcome"];
    forms::save_csv(shell, "customers", &head, rows);
}

/// Saves the history shown.
pub fn export_history(name: &str, list: &Listing<HistoryView>, shell: &mut Shell) {
    let rows = list.shown().map(|row| {
        [
            name.to_owned(),
            row.effective.map_or_else(String::new, |day| day.to_string()),
            row.service.clone(),
            row.units.0.to_string(),
            row.units.1.to_string(),
            row.monthly_effect.to_string(),
            row.invoice.clone(),
            row.run.to_string(),
            row.actor.clone(),
            row.result.clone(),
        ]
    });
    let head = [
        "customer",
        "effective",
        "service",
        "before",
        "after",
        "monthly",
        "invoice",
        "run",
        "by",
        "result",
    ];
    forms::save_csv(shell, "history", &head, rows);
}
