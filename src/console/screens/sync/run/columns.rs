//! The tables of a run: its customers or products, subscriptions, usage lines.

use super::rows::{Inner, RunRow, billed};
use crate::{
    console::{
        theme::Theme,
        widgets::{
            frame,
            table::{Cell, Column},
        },
    },
    domain::{
        Money,
        run::{CustomerRow, ProductOutcome, SubscriptionRow, UsageRow},
    },
};

fn of(row: &RunRow, part: fn(&CustomerRow) -> &String) -> String {
    match row {
        RunRow::Customer(row) => part(row).clone(),
        RunRow::Product(_) => String::new(),
    }
}

fn product(row: &RunRow, part: fn(&ProductOutcome) -> String) -> String {
    match row {
        RunRow::Product(row) => part(row),
        RunRow::Customer(_) => String::new(),
    }
}

fn change(amounts: Option<(Money, Money)>, theme: &Theme) -> String {
    match amounts {
        Some((from, to)) if from.is_zero() => to.to_string(),
        Some((from, to)) => format!("{from} {} {to}", theme.glyphs.arrow),
        None => String::new(),
    }
}

/// Customers of a run (R50).
pub const CUSTOMERS: &[Column<RunRow>] = &[
    Column {
        title: "Status",
        least: 15,
        share: 0,
        priority: 0,
        right: false,
        searched: false,
        cell: |row, theme| {
            Cell::styled(frame::outcome(row.outcome(), theme), theme.outcome(row.outcome()))
        },
    },
    Column {
        title: "Source customer",
        least: 20,
        share: 3,
        priority: 0,
        right: false,
        searched: true,
        cell: |row, _| Cell::plain(row.name().to_owned()),
    },
    Column {
        title: "Agreement",
        least: 9,
        share: 0,
        priority: 4,
        right: false,
        searched: false,
        cell: |row, theme| Cell::styled(of(row, |row| &row.source_agreement), theme.muted()),
    },
    Column {
        title: "Target customer",
        least: 20,
        share: 2,
        priority: 2,
        right: false,
        searched: true,
        cell: |row, _| Cell::plain(of(row, |row| &row.target_company)),
    },
    Column {
        title: "Target contract",
        least: 16,
        share: 2,
        priority: 3,
        right: false,
        searched: true,
        cell: |row, _| Cell::plain(of(row, |row| &row.target_contract)),
    },
    Column {
        title: "Invoice",
        least: 10,
        share: 0,
        priority: 1,
        right: false,
        searched: true,
        cell: |row, theme| Cell::styled(of(row, |row| &row.invoice), theme.muted()),
    },
];

/// Products of a run.
pub const PRODUCTS: &[Column<RunRow>] = &[
    Column {
        title: "Status",
        least: 15,
        share: 0,
        priority: 0,
        right: false,
        searched: false,
        cell: |row, theme| {
            Cell::styled(frame::outcome(row.outcome(), theme), theme.outcome(row.outcome()))
        },
    },
    Column {
        title: "Product",
        least: 24,
        share: 3,
        priority: 0,
        right: false,
        searched: true,
        cell: |row, _| Cell::plain(row.name().to_owned()),
    },
    Column {
        title: "SKU",
        least: 19,
        share: 1,
        priority: 2,
        right: false,
        searched: true,
        cell: |row, theme| Cell::styled(product(row, |row| row.product.clone()), theme.muted()),
    },
    Column {
        title: "Done",
        least: 10,
        share: 0,
        priority: 0,
        right: false,
        searched: false,
        cell: |row, _| Cell::plain(product(row, |row| row.action.clone())),
    },
    Column {
        title: "Price",
        least: 17,
        share: 0,
        priority: 1,
        right: true,
        searched: false,
        cell: |row, theme| match row {
            RunRow::Product(row) => Cell::plain(change(row.price, theme)),
            RunRow::Customer(_) => Cell::plain(""),
        },
    },
    Column {
        title: "Cost",
        least: 17,
        share: 0,
        priority: 3,
        right: true,
        searched: false,
        cell: |row, theme| match row {
            RunRow::Product(row) => Cell::plain(change(row.cost, theme)),
            RunRow::Customer(_) => Cell::plain(""),
        },
    },
];

/// Subscriptions of a customer.
pub const SUBSCRIPTIONS: &[Column<Inner<SubscriptionRow>>] = &[
    Column {
        title: "Status",
        least: 15,
        share: 0,
        priority: 0,
        right: false,
        searched: false,
        cell: |row, theme| {
            Cell::styled(frame::outcome(row.1.status, theme), theme.outcome(row.1.status))
        },
    },
    Column {
        title: "Subscription",
        least: 22,
        share: 3,
        priority: 0,
        right: false,
        searched: true,
        cell: |row, _| Cell::plain(row.1.name.clone()),
    },
    Column {
        title: "SKU",
        least: 18,
        share: 1,
        priority: 2,
        right: false,
        searched: true,
        cell: |row, theme| Cell::styled(row.1.sku.clone().unwrap_or_default(), theme.muted()),
    },
    Column {
        title: "Lines",
        least: 5,
        share: 0,
        priority: 3,
        right: true,
        searched: false,
        cell: |row, _| Cell::plain(row.1.usage.len().to_string()),
    },
    Column {
        title: "Billed",
        least: 10,
        share: 0,
        priority: 0,
        right: true,
        searched: false,
        cell: |row, _| Cell::plain(billed(&row.1).to_string()),
    },
];

/// Usage lines of a subscription.
pub const USAGE: &[Column<Inner<UsageRow>>] = &[
    Column {
        title: "Start",
        least: 10,
        share: 0,
        priority: 0,
        right: false,
        searched: false,
        cell: |row, _| Cell::plain(row.1.start.to_string()),
    },
    Column {
        title: "End",
        least: 10,
        share: 0,
        priority: 0,
        right: false,
        searched: false,
        cell: |row, _| Cell::plain(row.1.end.to_string()),
    },
    Column {
        title: "Quantity",
        least: 8,
        share: 0,
        priority: 0,
        right: true,
        searched: false,
        cell: |row, _| Cell::plain(row.1.quantity.normalize().to_string()),
    },
    Column {
        title: "Cost",
        least: 9,
        share: 0,
        priority: 2,
        right: true,
        searched: false,
        cell: |row, _| Cell::plain(row.1.cost_price.to_string()),
    },
    Column {
        title: "Retail",
        least: 9,
        share: 0,
        priority: 1,
        right: true,
        searched: false,
        cell: |row, _| Cell::plain(row.1.retail_price.to_string()),
    },
    Column {
        title: "Billed",
        least: 10,
        share: 0,
        priority: 3,
        right: true,
        searched: false,
        cell: |row, _| Cell::plain(row.1.subtotal.to_string()),
    },
    Column {
        title: "Outcome",
        least: 12,
        share: 1,
        priority: 0,
        right: false,
        searched: false,
        cell: |row, theme| {
            Cell::styled(frame::outcome(row.1.outcome, theme), theme.outcome(row.1.outcome))
        },
    },
];
