//! The ledger of an invoice line by line, so that it adds up on the screen, with what failed of it.

use std::{cmp::Ordering, fmt};

use crate::{
    console::{
        listing::Row,
        theme::Theme,
        widgets::{
            table::{self, Cell, Column, Columns},
            text::{counted, separated},
        },
    },
    domain::{
        Money,
        run::{ExcludedSum, LedgerPlace},
    },
    engine::views::{InvoiceDetail, RetryView},
};

/// A line of an invoice's page.
#[derive(Clone, Debug)]
pub(crate) enum InvoiceLine {
    /// Where some of it went.
    Part { place: LedgerPlace, amount: Money },
    /// What is not for syncing, for one reason.
    Excluded(ExcludedSum),
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
            Self::Excluded(ExcludedSum { reason, lines, .. }) => {
                format!("not synced: {reason}, {}", counted(*lines, "line", "lines"))
            }
            Self::Retry(retry) => format!("  {}, {}", retry.customer, retry.service),
            Self::Subtotal(_) => "invoiced".to_owned(),
            Self::Balance(_) => "balance".to_owned(),
        }
    }

    pub(crate) fn amount(&self) -> Money {
        match self {
            Self::Part { amount, .. } | Self::Subtotal(amount) | Self::Balance(amount) => *amount,
            Self::Excluded(sum) => sum.amount,
            Self::Retry(retry) => retry.amount,
        }
    }
}

impl fmt::Display for InvoiceLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<44} {:>16}", self.name(), separated(self.amount()))
    }
}

/// Its ledger, with what is to be tried again under what failed.
pub(crate) fn lines(detail: &InvoiceDetail) -> Vec<InvoiceLine> {
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
    lines.splice(at..at, ledger.excluded.iter().cloned().map(InvoiceLine::Excluded));
    let sums = [InvoiceLine::Subtotal(ledger.subtotal), InvoiceLine::Balance(ledger.balance)];
    lines.into_iter().chain(sums).chain(retries).collect()
}

impl Row for InvoiceLine {
    fn key(&self) -> String {
        match self {
            Self::Retry(retry) => retry.id.clone(),
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
        InvoiceLine::Part { .. } | InvoiceLine::Excluded(_) => theme.text(),
        InvoiceLine::Retry(_) => theme.muted(),
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
