//! The two tables of a customer's page: subscriptions as they are billed, changes as they were written.

use std::cmp::Ordering;

use unicode_width::UnicodeWidthStr as _;

use super::head::difference_style;
use crate::{
    console::{
        advice,
        dialog::overlay::Laid,
        fold::by_letters,
        list_tools,
        listing::{Listing, Row},
        query::State,
        screens::customers::history::{change, product},
        shell::Shell,
        theme::Theme,
        widgets::{
            frame,
            table::{Cell, Column, Columns, told},
            text::{date, moved, price, separated, signed},
        },
    },
    domain::run::UsageRow,
    engine::views::{HistoryView, SubscriptionBill},
};

impl Row for SubscriptionBill {
    const STATES: &'static [State] = State::OF_OUTCOMES;

    fn key(&self) -> String {
        let id = self.subscription.as_ref().map(|id| id.text()).unwrap_or_default();
        format!("{id}\u{1f}{}", self.name)
    }

    fn text(&self) -> String {
        let product = self.product.as_deref().unwrap_or_default();
        format!("{} {product} {} {}", self.name, self.status, self.invoice)
    }

    fn cells(&self) -> Vec<(&'static str, String)> {
        told(SUBSCRIPTIONS, self)
    }

    fn is(&self, state: State) -> bool {
        state.holds_of(self.status)
    }

    fn compare(&self, other: &Self, column: usize) -> Ordering {
        match column {
            1 => self.after.cmp(&other.after),
            2 => self.amount.cmp(&other.amount),
            3 => self.difference().cmp(&other.difference()),
            4 => other.status.urgency().cmp(&self.status.urgency()),
            _ => by_letters(&self.name, &other.name),
        }
    }
}

fn units(row: &SubscriptionBill, theme: &Theme) -> String {
    match row.before {
        Some(before) if before != row.after => {
            format!("{before} {} {}", theme.glyphs.arrow, row.after)
        }
        _ => row.after.to_string(),
    }
}

/// A difference, where there is one.
fn difference(row: &SubscriptionBill, theme: &Theme) -> Cell {
    match row.difference().filter(|by| !by.rounded(2).is_zero()) {
        Some(by) => Cell::styled(signed(by), difference_style(by, theme)),
        None => Cell::plain(""),
    }
}

pub(super) const SUBSCRIPTIONS: &Columns<SubscriptionBill> = &[
    Column::new("Subscription", 18).grows(1).searched().text(|row| row.name.clone()),
    Column::new("At end", 9).right().cell(|row, theme| Cell::plain(units(row, theme))),
    Column::new("Cost", 10).right().text(|row| separated(row.amount)),
    Column::new("Change", 10).right().drops(2).cell(difference),
    Column::new("Outcome", 13).drops(1).cell(|row, theme| {
        Cell::styled(frame::outcome(row.status, theme), theme.outcome(row.status))
    }),
];

pub(crate) const CHANGES: &Columns<HistoryView> = &[
    Column::new("Effective", 11).text(|row| row.effective.map_or_else(String::new, date)),
    Column::new("Product", 18).grows(2).searched().text(|row| product(row).to_owned()),
    Column::new("Change", 17).cell(change),
    Column::new("Price a month", 13).right().cell(|row, theme| {
        let effect = row.monthly_effect;
        Cell::styled(moved(effect), difference_style(effect, theme))
    }),
    Column::new("Run", 5).right().drops(2).muted(|row| format!("#{}", row.run)),
    Column::new("Invoice", 11).drops(1).searched().muted(|row| row.invoice.clone()),
    Column::new("By", 10).drops(4).muted(|row| row.actor.clone()),
    Column::new("Result", 20).drops(3).muted(|row| row.result.words().to_owned()),
];

/// A subscription with its usage lines, as text: with all that is known of them first, then with less and less where there
/// is too little room. No row is broken.
pub(super) fn usage_texts(row: &SubscriptionBill, theme: &Theme) -> Vec<Laid> {
    let shown: [&[usize]; 3] = [&[0, 1, 2, 3, 4], &[0, 1, 2, 4], &[0, 1, 4]];
    let laid = |columns: &[usize]| {
        let table = usage_table(&row.usage, columns, theme);
        let columns = table.iter().map(|line| line.width()).max().unwrap_or(0);
        Laid { columns, text: usage_text(row, &table, theme) }
    };
    shown.map(laid).into()
}

fn usage_text(row: &SubscriptionBill, table: &[String], theme: &Theme) -> String {
    let id = row.subscription.as_ref().map_or("none".into(), |id| id.text());
    let product = row.product.as_deref().unwrap_or("not found");
    let mut text = format!("{}, {}, run #{}\n\n", row.status, row.invoice, row.run);
    for line in table {
        text.push_str(&format!("{line}\n"));
    }
    text.push_str(&format!("\nSubscription {id}\nSKU {product}"));
    if let Some(finding) = &row.finding {
        text.push_str(&format!("\n\n{}", advice::details(finding, theme.keys)));
    }
    text
}

/// Usage lines under their headings, in these columns.
fn usage_table(lines: &[UsageRow], columns: &[usize], theme: &Theme) -> Vec<String> {
    let heading = ["Charged", "Quantity", "Unit cost", "Unit RRP", "Cost"].map(str::to_owned);
    let row = |line: &UsageRow| {
        [
            format!("{} {} {}", date(line.start), theme.glyphs.arrow, date(line.end)),
            line.quantity.normalize().to_string(),
            price(line.cost_price),
            price(line.retail_price),
            separated(line.subtotal),
        ]
    };
    let rows: Vec<[String; 5]> = std::iter::once(heading).chain(lines.iter().map(row)).collect();
    let wide = |at: usize| rows.iter().map(|row| row[at].width()).max().unwrap_or(0);
    let told = |row: &[String; 5]| {
        let cells = columns.iter().map(|at| match at {
            0 => format!("{:<1$}", row[0], wide(0)),
            at => format!("  {:>1$}", row[*at], wide(*at)),
        });
        cells.collect::<String>()
    };
    rows.iter().map(told).collect()
}

/// Saves the subscriptions shown, one a row.
pub(super) fn export(customer: &str, rows: &Listing<SubscriptionBill>, shell: &mut Shell) {
    let rows = rows.shown().map(|row| {
        [
            customer.to_owned(),
            row.name.clone(),
            row.product.clone().unwrap_or_default(),
            row.before.map_or_else(String::new, |units| units.to_string()),
            row.after.to_string(),
            row.amount_before.map_or_else(String::new, |amount| amount.to_string()),
            row.amount.to_string(),
            row.invoice.clone(),
            row.run.to_string(),
            row.status.to_string(),
            row.finding.as_ref().map_or_else(String::new, |finding| finding.text.clone()),
        ]
    });
    let head = [
        "customer",
        "subscription",
        "sku",
        "before",
        "after",
        "billed_before",
        "billed",
        "invoice",
        "run",
        "outcome",
        "text",
    ];
    list_tools::save_csv(shell, "customer", &head, rows);
}
