//! The tables of a run: its customers or products, subscriptions, usage lines.

use super::{Inner, RunRow};
use crate::{
    console::widgets::{
        frame,
        table::{Cell, Column},
    },
    domain::run::{SubscriptionRow, UsageRow},
};

/// Customers or products of a run (R50).
pub const ROWS: &[Column<RunRow>] = &[
    Column {
        title: "Status",
        least: 11,
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
        least: 18,
        share: 2,
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
        cell: |row, theme| match row {
            RunRow::Customer(row) => Cell::styled(row.source_agreement.clone(), theme.muted()),
            RunRow::Product(row) => Cell::styled(row.action.clone(), theme.muted()),
        },
    },
    Column {
        title: "Target customer",
        least: 16,
        share: 2,
        priority: 2,
        right: false,
        searched: true,
        cell: |row, _| match row {
            RunRow::Customer(row) => Cell::plain(row.target_company.clone()),
            RunRow::Product(row) => Cell::plain(row.product.clone()),
        },
    },
    Column {
        title: "Contract",
        least: 12,
        share: 1,
        priority: 3,
        right: false,
        searched: false,
        cell: |row, theme| match row {
            RunRow::Customer(row) => Cell::plain(row.target_contract.clone()),
            RunRow::Product(row) => {
                Cell::plain(row.price.map_or_else(String::new, |(from, to)| {
                    format!("{from} {} {to}", theme.glyphs.arrow)
                }))
            }
        },
    },
    Column {
        title: "Invoice",
        least: 10,
        share: 0,
        priority: 1,
        right: false,
        searched: true,
        cell: |row, theme| match row {
            RunRow::Customer(row) => Cell::styled(row.invoice.clone(), theme.muted()),
            RunRow::Product(_) => Cell::plain(""),
        },
    },
];

/// Subscriptions of a customer.
pub const SUBSCRIPTIONS: &[Column<Inner<SubscriptionRow>>] = &[
    Column {
        title: "Status",
        least: 11,
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
        least: 24,
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
        cell: |row, _| {
            let sum: crate::domain::Money = row.1.usage.iter().map(|usage| usage.subtotal).sum();
            Cell::plain(sum.to_string())
        },
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
