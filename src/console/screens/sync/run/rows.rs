//! The tables of a run: customers or products, subscriptions, usage lines. What identifies their rows, what filters look
//! at, how columns sort, what stands in them.

use std::{cmp::Ordering, sync::Arc};

use crate::{
    console::{
        fold::by_letters,
        list_tools,
        listing::{Apart, Listing, Row},
        query::State,
        screens::products::in_short,
        shell::Shell,
        theme::Theme,
        widgets::{
            table::{Cell, Column, Columns, told},
            text::{date, price, replaced, separated},
        },
    },
    domain::{
        Money, RunId,
        outcome::Outcome,
        run::{CustomerRow, ProductOutcome, SubscriptionRow, UsageRow},
    },
    engine::views::causes::row_key,
};

/// A line of the run's own table.
#[derive(Clone, Debug)]
pub(crate) enum RunRow {
    Customer {
        row: Arc<CustomerRow>,
        /// So many changes are counted at it.
        changes: u64,
    },
    Product(Arc<ProductOutcome>),
}

impl RunRow {
    pub(crate) fn outcome(&self) -> Outcome {
        match self {
            Self::Customer { row, .. } => row.status,
            Self::Product(row) => row.status,
        }
    }

    /// Whether it failed, warns of something, or was left in the middle.
    pub(crate) fn wants_a_look(&self) -> bool {
        match self {
            Self::Customer { row, .. } => row.wants_a_look(),
            Self::Product(row) => row.status.wants_a_look(),
        }
    }

    /// The tenant, or the product, whose row it is.
    pub(crate) fn whose(&self) -> &str {
        match self {
            Self::Customer { row, .. } => row.tenant_id.as_str(),
            Self::Product(row) => &row.product,
        }
    }

    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Customer { row, .. } => &row.customer,
            Self::Product(row) => &row.name,
        }
    }
}

/// The column of how a row ended.
pub(crate) const STATUS: usize = 0;
/// So many columns, the first ones, stand in the run that is watched too.
pub(crate) const WATCHED_OF_CUSTOMERS: usize = 4;
pub(crate) const WATCHED_OF_PRODUCTS: usize = 2;

impl Row for RunRow {
    const STATES: &'static [State] = State::OF_OUTCOMES;

    fn key(&self) -> String {
        match self {
            Self::Customer { row, .. } => row_key(row.tenant_id.as_str(), &row.invoice),
            Self::Product(row) => row_key(&row.product, ""),
        }
    }

    fn text(&self) -> String {
        match self {
            Self::Customer { row, .. } => {
                let (company, contract) = (&row.target_company, &row.target_contract);
                format!("{} {} {company} {contract} {}", row.customer, row.tenant, row.word())
            }
            Self::Product(row) => format!("{} {} {}", row.shown_key(), row.name, row.status),
        }
    }

    fn cells(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Customer { .. } => told(CUSTOMERS, self),
            Self::Product(_) => told(PRODUCTS, self),
        }
    }

    fn is(&self, state: State) -> bool {
        match state {
            State::NeedsReview => self.wants_a_look(),
            _ => state.holds_of(self.outcome()),
        }
    }

    /// Customers of one name are told apart in it; one of them may have several invoices. One product may be sold in several
    /// terms.
    fn apart(&self) -> Option<Apart> {
        Some(match self {
            Self::Customer { row, .. } => by_invoice(row.tenant_id.as_str(), &row.invoice),
            Self::Product(row) => {
                let key = row.shown_key();
                let term = ("Term and billing", in_short(key).to_owned());
                Apart { name: row.name.clone(), by: vec![term, ("SKU", key.to_owned())] }
            }
        })
    }

    fn repeated(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Customer { row, .. } => vec![
                ("Agreement", format!("agreement {}", row.source_agreement)),
                ("Invoice", row.invoice.clone()),
            ],
            Self::Product(_) => Vec::new(),
        }
    }

    fn compare(&self, other: &Self, column: usize) -> Ordering {
        let by_name = || by_letters(self.name(), other.name());
        match (column, self, other) {
            (0, _, _) => {
                let urgency = |row: &Self| (row.wants_a_look(), row.outcome());
                urgency(other).cmp(&urgency(self)).then_with(by_name)
            }
            (2, Self::Customer { changes: a, .. }, Self::Customer { changes: b, .. }) => a.cmp(b),
            (3.., Self::Customer { row: a, .. }, Self::Customer { row: b, .. }) => {
                let by = |column: fn(&CustomerRow) -> &String| column(a).cmp(column(b));
                match column {
                    3 => by(|row| &row.invoice),
                    4 => by(|row| &row.target_company),
                    5 => by(|row| &row.target_contract),
                    _ => by(|row| &row.source_agreement),
                }
            }
            (2, Self::Product(a), Self::Product(b)) => a.shown_key().cmp(b.shown_key()),
            (3, Self::Product(a), Self::Product(b)) => a.action.cmp(&b.action),
            (4, Self::Product(a), Self::Product(b)) => a.price.cmp(&b.price),
            (5, Self::Product(a), Self::Product(b)) => a.cost.cmp(&b.cost),
            _ => by_name(),
        }
    }
}

/// What tells the rows of one customer from each other.
pub(crate) fn by_invoice(tenant: &str, invoice: &str) -> Apart {
    Apart { name: tenant.to_owned(), by: vec![("Invoice", invoice.to_owned())] }
}

/// A subscription, or a usage line of one: nothing but its place among them identifies it.
#[derive(Clone, Debug)]
pub(crate) struct Numbered<T> {
    at: usize,
    pub(crate) row: T,
}

/// A list of them, as they come.
pub(crate) fn numbered<T>(rows: &[T]) -> Listing<Numbered<T>>
where
    T: Clone,
    Numbered<T>: Row,
{
    let mut list = Listing::default();
    list.set(rows.iter().cloned().enumerate().map(|(at, row)| Numbered { at, row }).collect());
    list
}

impl Row for Numbered<SubscriptionRow> {
    const STATES: &'static [State] = State::OF_OUTCOMES;

    fn key(&self) -> String {
        self.at.to_string()
    }

    fn text(&self) -> String {
        format!(
            "{} {} {}",
            self.row.name,
            self.row.sku.as_deref().unwrap_or_default(),
            self.row.status
        )
    }

    fn cells(&self) -> Vec<(&'static str, String)> {
        told(SUBSCRIPTIONS, self)
    }

    fn is(&self, state: State) -> bool {
        state.holds_of(self.row.status)
    }

    fn compare(&self, other: &Self, column: usize) -> Ordering {
        let (ours, theirs) = (&self.row, &other.row);
        let by_name = || by_letters(&ours.name, &theirs.name);
        match column {
            0 => theirs.status.urgency().cmp(&ours.status.urgency()).then_with(by_name),
            2 => ours.sku.cmp(&theirs.sku),
            3 => ours.usage.len().cmp(&theirs.usage.len()),
            4 => ours.billed().cmp(&theirs.billed()),
            _ => by_name(),
        }
    }
}

impl Row for Numbered<UsageRow> {
    fn key(&self) -> String {
        self.at.to_string()
    }

    fn text(&self) -> String {
        format!("{} {}", self.row.start, self.row.end)
    }

    fn cells(&self) -> Vec<(&'static str, String)> {
        told(USAGE, self)
    }

    fn compare(&self, other: &Self, column: usize) -> Ordering {
        let (ours, theirs) = (&self.row, &other.row);
        match column {
            1 => ours.end.cmp(&theirs.end),
            2 => ours.quantity.cmp(&theirs.quantity),
            3 => ours.cost_price.cmp(&theirs.cost_price),
            4 => ours.retail_price.cmp(&theirs.retail_price),
            5 => ours.subtotal.cmp(&theirs.subtotal),
            6 => theirs.outcome.cmp(&ours.outcome),
            _ => ours.start.cmp(&theirs.start),
        }
    }
}

fn of(row: &RunRow, part: fn(&CustomerRow) -> &String) -> String {
    match row {
        RunRow::Customer { row, .. } => part(row).clone(),
        RunRow::Product(_) => String::new(),
    }
}

fn product(row: &RunRow, part: fn(&ProductOutcome) -> String) -> String {
    match row {
        RunRow::Product(row) => part(row),
        RunRow::Customer { .. } => String::new(),
    }
}

fn change(amounts: Option<(Money, Money)>, theme: &Theme) -> String {
    match amounts {
        Some((from, to)) if from.is_zero() => price(to),
        Some((from, to)) => replaced(Some(from), to, theme),
        None => String::new(),
    }
}

/// How many changes a row counts, where there are any.
pub(crate) fn changes_told(changes: u64) -> String {
    if changes == 0 { String::new() } else { changes.to_string() }
}

/// Customers of a run (R50); first what the run that is watched shows too.
pub(crate) const CUSTOMERS: &Columns<RunRow> = &[
    Column::new("Status", 15).cell(|row, theme| match row {
        RunRow::Customer { row, .. } if row.is_partly_written() => {
            let glyph = theme.glyphs.outcome(Outcome::Warning);
            Cell::styled(format!("{glyph} {}", row.word()), theme.warn())
        }
        _ => Cell::outcome(row.outcome(), theme),
    }),
    Column::new("Source customer", 20)
        .grows(3)
        .searched()
        .keeps_end()
        .text(|row| row.name().to_owned()),
    Column::new("Changes", 8).right().text(|row| {
        changes_told(match row {
            RunRow::Customer { changes, .. } => *changes,
            RunRow::Product(_) => 0,
        })
    }),
    Column::new("Invoice", 10).drops(1).searched().muted(|row| of(row, |row| &row.invoice)),
    Column::new("Target customer", 20)
        .grows(2)
        .drops(2)
        .searched()
        .text(|row| of(row, |row| &row.target_company)),
    Column::new("Target contract", 16)
        .grows(2)
        .drops(3)
        .searched()
        .text(|row| of(row, |row| &row.target_contract)),
    Column::new("Agreement", 9).drops(4).muted(|row| of(row, |row| &row.source_agreement)),
];

pub(crate) const PRODUCTS: &Columns<RunRow> = &[
    Column::new("Status", 15).cell(|row, theme| Cell::outcome(row.outcome(), theme)),
    Column::new("Product", 24).grows(3).searched().keeps_end().text(|row| row.name().to_owned()),
    Column::new("SKU", 19)
        .grows(1)
        .drops(2)
        .searched()
        .muted(|row| product(row, |row| row.shown_key().to_owned())),
    Column::new("Done", 17).text(|row| product(row, |row| row.action.words().to_owned())),
    Column::new("Price", 17).right().drops(1).cell(|row, theme| match row {
        RunRow::Product(row) => Cell::plain(change(row.price, theme)),
        RunRow::Customer { .. } => Cell::plain(""),
    }),
    Column::new("Cost", 17).right().drops(3).cell(|row, theme| match row {
        RunRow::Product(row) => Cell::plain(change(row.cost, theme)),
        RunRow::Customer { .. } => Cell::plain(""),
    }),
];

pub(crate) const SUBSCRIPTIONS: &Columns<Numbered<SubscriptionRow>> = &[
    Column::new("Status", 15).cell(|row, theme| Cell::outcome(row.row.status, theme)),
    Column::new("Subscription", 22).grows(3).searched().text(|line| line.row.name.clone()),
    Column::new("SKU", 18)
        .grows(1)
        .drops(2)
        .searched()
        .muted(|line| line.row.sku.clone().unwrap_or_default()),
    Column::new("Lines", 5).right().drops(3).text(|line| line.row.usage.len().to_string()),
    Column::new("Cost", 10).right().text(|line| separated(line.row.billed())),
];

pub(crate) const USAGE: &Columns<Numbered<UsageRow>> = &[
    Column::new("Start", 10).text(|line| date(line.row.start)),
    Column::new("End", 10).text(|line| date(line.row.end)),
    Column::new("Quantity", 8).right().text(|line| line.row.quantity.normalize().to_string()),
    Column::new("Unit cost", 9).right().drops(2).text(|line| price(line.row.cost_price)),
    Column::new("Unit RRP", 9).right().drops(1).text(|line| price(line.row.retail_price)),
    Column::new("Cost", 10).right().drops(3).text(|line| separated(line.row.subtotal)),
    Column::new("Outcome", 12).grows(1).cell(|row, theme| Cell::outcome(row.row.outcome, theme)),
];

/// Saves every usage line of a run, one a row.
pub(crate) fn export(id: Option<RunId>, rows: &Listing<RunRow>, shell: &mut Shell) {
    let customers = rows.all().iter().filter_map(|row| match row {
        RunRow::Customer { row, .. } => Some(row),
        RunRow::Product(_) => None,
    });
    let lines = customers.flat_map(|customer| {
        customer.subscriptions.iter().flat_map(move |subscription| {
            subscription.usage.iter().map(move |usage| {
                [
                    customer.customer.clone(),
                    customer.tenant.clone(),
                    customer.invoice.clone(),
                    subscription.name.clone(),
                    usage.start.to_string(),
                    usage.end.to_string(),
                    usage.quantity.to_string(),
                    usage.subtotal.to_string(),
                    usage.outcome.to_string(),
                    subscription.error.as_ref().map_or_else(String::new, |e| e.text.clone()),
                    customer.currency.as_ref().map_or_else(String::new, ToString::to_string),
                ]
            })
        })
    });
    let head = [
        "customer",
        "tenant",
        "invoice",
        "subscription",
        "start",
        "end",
        "quantity",
        "subtotal",
        "outcome",
        "error",
        "currency",
    ];
    let id = id.map_or_else(String::new, |id| id.to_string());
    list_tools::save_csv(shell, &format!("run-{id}"), &head, lines);
}
