//! The table of tab 3, and what is said below it about the selected customer.

use ratatui::text::{Line, Span};

use crate::{
    console::{
        list_tools,
        listing::Listing,
        shell::Shell,
        widgets::{
            frame,
            table::{Cell, Column},
            text::{ago, counted},
        },
    },
    domain::mapping::{PricingStrategy, Start},
    engine::views::{CustomerView, MappingView},
};

/// A tenant's domain without the ending that nearly all share.
pub fn short(domain: &str) -> String {
    domain.strip_suffix(".onmicrosoft.com").unwrap_or(domain).to_owned()
}

/// R40, with the amount at stake and the last outcome.
pub const CUSTOMERS: &[Column<CustomerView>] = &[
    Column {
        title: "PRISM customer",
        least: 22,
        share: 4,
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
        priority: 4,
        right: false,
        searched: true,
        cell: |row, theme| Cell::styled(short(&row.domain), theme.muted()),
    },
    Column {
        title: "Company",
        least: 16,
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
        least: 14,
        share: 3,
        priority: 2,
        right: false,
        searched: true,
        cell: |row, _| Cell::plain(row.mapping.as_ref().map_or("", |m| m.contract.as_str())),
    },
    Column {
        title: "Invoice",
        least: 10,
        share: 0,
        priority: 3,
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
        least: 15,
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
            row.currency.as_ref().map_or_else(String::new, ToString::to_string),
        ]
    });
    let head = [
        "customer", "tenant", "company", "contract", "invoice", "amount", "sync", "outcome",
        "currency",
    ];
    list_tools::save_csv(shell, "customers", &head, rows);
}

/// The selected customer whole: names that the table cuts, what its mapping does, how its last sync ended.
pub fn detail(row: &CustomerView, shell: &Shell) -> [Line<'static>; 3] {
    let theme = &shell.theme;
    let separator = theme.glyphs.separator;
    let first = Line::from(vec![
        Span::styled(row.customer_name.clone(), theme.strong()),
        Span::styled(format!("{separator}{}", row.domain), theme.muted()),
    ]);
    let second = match &row.mapping {
        Some(mapping) => Line::raw(mapped(mapping, theme.glyphs.arrow, separator)),
        None => Line::styled("On no contract: c links it, u suggests what fits.", theme.warn()),
    };
    let mut parts = Vec::new();
    if let (Some(outcome), Some(at)) = (row.outcome, row.outcome_at) {
        let invoice = row.invoice.as_deref().unwrap_or_default();
        parts.push(format!("{outcome} {} for {invoice}", ago(at, shell.now)));
    }
    if row.retries > 0 {
        parts.push(format!("{} to retry", counted(row.retries.into(), "line", "lines")));
    }
    if !row.listed {
        parts.push("PRISM lists it no longer".to_owned());
    }
    if let Some(note) = row.mapping.as_ref().map(|m| m.note.as_str()).filter(|n| !n.is_empty()) {
        parts.push(format!("“{note}”"));
    }
    [first, second, Line::styled(parts.join(separator), theme.muted())]
}

fn mapped(mapping: &MappingView, arrow: &str, separator: &str) -> String {
    let from = match (mapping.start, mapping.first_month) {
        (_, Some(month)) => format!("from {month}"),
        (Start::Next, None) => "from the next invoice".to_owned(),
        (Start::MostRecent, None) => "from the most recent invoice".to_owned(),
    };
    let pricing = match mapping.pricing {
        PricingStrategy::CostAndRetail => "cost and price",
        PricingStrategy::CostOnly => "only cost",
        PricingStrategy::QuantitiesOnly => "only quantities",
    };
    let (company, contract) = (&mapping.company, &mapping.contract);
    format!("{arrow} {company}, {contract}{separator}{from}{separator}{pricing}")
}
