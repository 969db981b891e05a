//! Every change on one customer's contract, across runs: what changed on this bill, and why.

use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect},
    text::Line,
};

use super::rows::product;
use crate::{
    console::{
        action::Action,
        dialog::Overlay,
        list_tools,
        listing::Listing,
        purpose::Purpose,
        shell::Shell,
        theme::Theme,
        widgets::{
            frame,
            table::{Cell, Column, TableLook, draw_table},
            text::{amounts_in, cents},
        },
    },
    engine::views::HistoryView,
};

/// Lines below the table: the selected change whole.
pub const DETAIL: usize = 3;

/// Carries an action out; tells whether it leads back to the table of customers.
pub fn act(
    (name, list): (&str, &mut Listing<HistoryView>),
    action: Action,
    shell: &mut Shell,
) -> bool {
    match action {
        Action::Back if list.filter().is_empty() => return true,
        Action::Back => list.set_filter(""),
        Action::Filter => list_tools::open_filter(shell, list.filter()),
        Action::Export => export(name, list, shell),
        Action::Open => {
            if let Some(row) = list.selected() {
                shell.open(Overlay::text(product(row), &told(row, &shell.theme)));
            }
        }
        Action::Copy => {
            if let Some(row) = list.selected() {
                list_tools::copy(shell, told(row, &shell.theme));
            }
        }
        action => _ = list.act(action, COLUMNS.len()),
    }
    false
}

/// The product with the service that bills it, where the two have different names.
fn named(row: &HistoryView) -> String {
    match &row.product {
        Some(product) if *product != row.service => format!("{product} ({})", row.service),
        _ => row.service.clone(),
    }
}

/// A change whole, as text.
fn told(row: &HistoryView, theme: &Theme) -> String {
    let (before, after) = row.units;
    let effective = row.effective.map_or_else(String::new, |day| format!(" from {day}"));
    let mut text = format!(
        "{}\n\nUnits {before} {} {after}{effective}\nMonthly price changes by {}\n",
        named(row),
        theme.glyphs.arrow,
        row.monthly_effect.in_currency(row.currency.as_ref())
    );
    for (what, amount) in [("price", row.unit_price), ("cost", row.unit_cost)] {
        if let Some(amount) = amount {
            let amount = amount.in_currency(row.currency.as_ref());
            text.push_str(&format!("New unit {what} {amount}\n"));
        }
    }
    let at = row.at.format("%Y-%m-%d %H:%M UTC");
    text.push_str(&format!(
        "\nWritten {at} by {}, run #{}, for invoice {}\nContract: {}\nResult: {}",
        row.actor, row.run, row.invoice, row.contract, row.result
    ));
    text
}

/// Saves the history shown.
fn export(name: &str, list: &Listing<HistoryView>, shell: &mut Shell) {
    let rows = list.shown().map(|row| {
        [
            name.to_owned(),
            row.effective.map_or_else(String::new, |day| day.to_string()),
            row.product.clone().unwrap_or_default(),
            row.service.clone(),
            row.units.0.to_string(),
            row.units.1.to_string(),
            row.monthly_effect.to_string(),
            row.invoice.clone(),
            row.run.to_string(),
            row.actor.clone(),
            row.result.clone(),
            row.currency.as_ref().map_or_else(String::new, ToString::to_string),
        ]
    });
    let head = [
        "customer",
        "effective",
        "product",
        "service",
        "before",
        "after",
        "monthly",
        "invoice",
        "run",
        "by",
        "result",
        "currency",
    ];
    list_tools::save_csv(shell, "history", &head, rows);
}

/// Every change on a customer's contract.
pub fn draw(
    frame: &mut Frame,
    area: Rect,
    (name, list, shell): (&str, &Listing<HistoryView>, &Shell),
) {
    let theme = &shell.theme;
    let crumb = format!("Customers{0}{name}{0}History", theme.glyphs.crumb);
    let title = list_tools::title(&crumb, list);
    let amounts = amounts_in(list.all().iter().map(|row| row.currency.as_ref()));
    let inside = frame::body(frame, area, (&title, &amounts.unwrap_or_default()), theme);
    if list.counts().1 == 0 {
        let waits = |purpose: &Purpose| matches!(purpose, Purpose::History(_));
        let text = if shell.awaits_any(waits) {
            "Looking through the runs…"
        } else {
            "Nothing was written for this customer so far. Esc goes back; p there plans its sync."
        };
        return frame.render_widget(Line::styled(text, theme.muted()), inside);
    }
    let look = TableLook { columns: COLUMNS, focused: true, marks: false };
    let below = u16::try_from(DETAIL).unwrap_or(0);
    let [table, detail] =
        Layout::vertical([Constraint::Min(2), Constraint::Length(below)]).areas(inside);
    draw_table(frame, table, (list, &look), theme);
    let Some(row) = list.selected() else { return };
    let separator = theme.glyphs.separator;
    let at = row.at.format("%Y-%m-%d %H:%M UTC");
    let lines = [
        Line::raw(format!("{}{separator}{}", named(row), row.contract)),
        Line::styled(
            format!("Written {at} by {}, run #{}{separator}{}", row.actor, row.run, row.result),
            theme.muted(),
        ),
    ];
    for (line, place) in lines.into_iter().zip(detail.rows().skip(1)) {
        frame.render_widget(line, place);
    }
}

const COLUMNS: &[Column<HistoryView>] = &[
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
        title: "Product",
        least: 18,
        share: 3,
        priority: 0,
        right: false,
        searched: true,
        cell: |row, _| Cell::plain(product(row).to_owned()),
    },
    Column {
        title: "Units",
        least: 12,
        share: 0,
        priority: 0,
        right: true,
        searched: false,
        cell: |row, theme| match (row.effective, row.units) {
            (None, (0, 0)) => Cell::styled("added", theme.muted()),
            (_, (before, after)) => Cell::plain(format!("{before} {} {after}", theme.glyphs.arrow)),
        },
    },
    Column {
        title: "Monthly",
        least: 10,
        share: 0,
        priority: 1,
        right: true,
        searched: false,
        cell: |row, _| Cell::plain(cents(row.monthly_effect)),
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
