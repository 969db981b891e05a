//! The ledger of an invoice line by line, so that it adds up on the screen, with what failed of it.

use std::{cmp::Ordering, collections::BTreeSet};

use unicode_width::UnicodeWidthStr as _;

use crate::{
    console::{
        listing::Row,
        theme::Theme,
        widgets::{
            table::{self, Cell, Column, Columns},
            text::{counted, cut, separated},
        },
    },
    domain::{
        Money,
        run::{ExcludedSum, LedgerPlace, why_not_synced},
    },
    engine::views::{InvoiceDetail, LeftOutCustomer, RetryView},
};

/// A line of an invoice's page.
#[derive(Clone, Debug)]
pub(crate) enum InvoiceLine {
    /// Where some of it went.
    Part { place: LedgerPlace, amount: Money },
    /// What is not for syncing, for one reason.
    Excluded { sum: ExcludedSum, unfolded: bool },
    /// Whose lines these are, one customer each.
    LeftOut(LeftOutCustomer),
    /// What of it is to be tried again.
    Retry(Box<RetryView>),
    /// What all places come to.
    Subtotal(Money),
    /// What they miss of it.
    Balance(Money),
}

impl InvoiceLine {
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Part { place, .. } => place.word().to_owned(),
            Self::Excluded { sum: ExcludedSum { reason, lines, .. }, .. } => {
                let why = why_not_synced(reason);
                format!("not synced: {why}, {}", counted(*lines, "line", "lines"))
            }
            Self::LeftOut(LeftOutCustomer { lines, .. }) => {
                format!("  {}, {}", self.customer(), counted(*lines, "line", "lines"))
            }
            Self::Retry(retry) => format!("  {}, {}", retry.customer, retry.service),
            Self::Subtotal(_) => "invoiced".to_owned(),
            Self::Balance(_) => "balance".to_owned(),
        }
    }

    /// Whose lines are not synced, in words.
    fn customer(&self) -> &str {
        match self {
            Self::LeftOut(one) if !one.customer.is_empty() => &one.customer,
            _ => "No customer named",
        }
    }

    pub(crate) fn amount(&self) -> Money {
        match self {
            Self::Part { amount, .. } | Self::Subtotal(amount) | Self::Balance(amount) => *amount,
            Self::Excluded { sum, .. } => sum.amount,
            Self::LeftOut(one) => one.amount,
            Self::Retry(retry) => retry.amount,
        }
    }
}

/// Lines as a text of so many columns, amounts under each other: where there is too little room the names are cut.
pub(crate) fn as_text(lines: &[InvoiceLine], width: usize, theme: &Theme) -> Vec<String> {
    let told: Vec<[String; 2]> =
        lines.iter().map(|line| [line.name(), separated(line.amount())]).collect();
    let wide = |at: usize| told.iter().map(|line| line[at].width()).max().unwrap_or(0);
    let amounts = wide(1);
    let names = wide(0).min(width.saturating_sub(amounts + 2));
    let gap = |text: &str, width: usize| " ".repeat(width.saturating_sub(text.width()));
    let line = |[name, amount]: &[String; 2]| {
        let name = cut(name, names, theme);
        format!("{name}{}  {}{amount}", gap(&name, names), gap(amount, amounts))
    };
    told.iter().map(line).collect()
}

/// Its ledger, with what is to be tried again under what failed, and whose lines are not synced under the reasons that are
/// unfolded.
pub(crate) fn lines(detail: &InvoiceDetail, unfolded: &BTreeSet<String>) -> Vec<InvoiceLine> {
    let ledger = &detail.ledger;
    let mut retries = detail.retries.iter().cloned().map(Box::new).map(InvoiceLine::Retry);
    let mut lines = Vec::new();
    for part in ledger.parts() {
        if part.place != LedgerPlace::Excluded {
            lines.push(InvoiceLine::Part { place: part.place, amount: part.amount });
        }
        if part.place == LedgerPlace::Failed {
            lines.extend(retries.by_ref());
        }
    }
    // Each reason for itself, also where they come to nothing together.
    let done =
        |line: &InvoiceLine| matches!(line, InvoiceLine::Part { place, .. } if place.is_done());
    let at = lines.iter().take_while(|line| done(line)).count();
    let excluded = ledger.excluded.iter().flat_map(|sum| {
        let unfolded = unfolded.contains(&sum.reason);
        let whose = detail.left_out.iter().filter(move |one| unfolded && one.reason == sum.reason);
        let whose = whose.cloned().map(InvoiceLine::LeftOut);
        std::iter::once(InvoiceLine::Excluded { sum: sum.clone(), unfolded }).chain(whose)
    });
    lines.splice(at..at, excluded);
    let sums = [InvoiceLine::Subtotal(ledger.subtotal), InvoiceLine::Balance(ledger.balance)];
    lines.into_iter().chain(sums).chain(retries).collect()
}

impl Row for InvoiceLine {
    fn key(&self) -> String {
        match self {
            Self::Retry(retry) => retry.id.clone(),
            Self::LeftOut(one) => {
                format!("{}\u{1f}{}\u{1f}{}", one.reason, one.domain, one.customer)
            }
            other => other.name(),
        }
    }

    fn text(&self) -> String {
        self.name()
    }

    fn cells(&self) -> Vec<(&'static str, String)> {
        table::told(COLUMNS, self)
    }

    /// A sum keeps its order.
    fn compare(&self, _: &Self, _: usize) -> Ordering {
        Ordering::Equal
    }
}

fn styled(line: &InvoiceLine, text: String, theme: &Theme) -> Cell {
    let style = match line {
        InvoiceLine::Part { place, .. } if place.is_done() => theme.good(),
        InvoiceLine::Part { place: LedgerPlace::Failed | LedgerPlace::Held, .. } => theme.bad(),
        InvoiceLine::Part { place: LedgerPlace::Unmapped | LedgerPlace::NotAttempted, .. } => {
            theme.warn()
        }
        InvoiceLine::Part { .. } | InvoiceLine::Excluded { .. } => theme.text(),
        InvoiceLine::Retry(_) | InvoiceLine::LeftOut(_) => theme.muted(),
        InvoiceLine::Subtotal(_) => theme.strong(),
        InvoiceLine::Balance(amount) if amount.is_zero() => theme.good(),
        InvoiceLine::Balance(_) => theme.bad(),
    };
    Cell::styled(text, style)
}

pub(crate) const COLUMNS: &Columns<InvoiceLine> = &[
    Column::new("Where its lines went", 30)
        .grows(1)
        .searched()
        .cell(|line, theme| styled(line, line.name(), theme)),
    Column::new("Amount", 16)
        .right()
        .cell(|line, theme| styled(line, separated(line.amount()), theme)),
];
