//! Which invoices are synced: what kind each is, whose month, whether it adds up (sync-rules 2, wire/prism 9.3).
//!
//! It must not look at customers' lines one by one: that is [`super::triage`]'s. Headers come first, lines only where
//! the header does not tell.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::{
    Day, InvoiceId, Money, UsageMonth,
    invoice::{Invoice, Line, LineMotion},
    outcome::Finding,
};

mod due;

pub use due::{
    Due, DueInvoice, Held, MappingState, Refused, Request, due, first_month, month_before,
};

/// What an invoice is, as far as syncing goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum InvoiceKind {
    /// A standard monthly Microsoft CSP invoice.
    Standard {
        /// Whether its header says so; else its lines do.
        typed: bool,
    },
    /// A Microsoft CSP invoice that is left alone.
    Excluded {
        /// Such as `credit invoice`.
        reason: String,
    },
    /// Of another program: not listed at all.
    OtherProgram,
    /// The header does not tell: its lines must be read.
    Unclear,
}

/// What was found out about an invoice by reading its lines. Worth keeping: it never needs to be read again for this.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Examined {
    /// Which invoice.
    pub invoice: InvoiceId,
    /// What it is; never [`InvoiceKind::Unclear`].
    pub kind: InvoiceKind,
    /// Its usage month; none for one without any line where the header has none either.
    pub month: Option<UsageMonth>,
    /// The agreement number on its lines, where the header has none.
    pub agreement_number: Option<String>,
}

/// Every invoice whose lines were examined.
pub type Known = BTreeMap<InvoiceId, Examined>;

/// What the header alone tells.
#[must_use]
pub fn classify(invoice: &Invoice) -> InvoiceKind {
    if !is_csp(&invoice.program) {
        return InvoiceKind::OtherProgram;
    }
    if let Some(reason) = unfinished(invoice) {
        return InvoiceKind::Excluded { reason };
    }
    match text(invoice.kind_text.as_deref()) {
        None => InvoiceKind::Unclear,
        Some(kind) if kind.eq_ignore_ascii_case("standard") => {
            InvoiceKind::Standard { typed: true }
        }
        Some(kind) => InvoiceKind::Excluded { reason: excluded_kind(kind) },
    }
}

/// What the header and the lines tell together. Evidence counts in this order (wire/prism 9.3): a negative line makes it a
/// credit or an adjustment, only annual lines an annual one, only monthly ones inside the month a standard one.
#[must_use]
pub fn examine(invoice: &Invoice, lines: &[Line]) -> Examined {
    let month = usage_month(invoice, lines);
    let kind = match classify(invoice) {
        InvoiceKind::Unclear => by_evidence(month, lines),
        told => told,
    };
    let number = || lines.iter().find_map(|line| text(line.agreement_number.as_deref()));
    let agreement_number = match (&invoice.agreement, &invoice.agreement_number) {
        (None, None) => number().map(str::to_owned),
        (_, number) => number.clone(),
    };
    Examined { invoice: invoice.id.clone(), kind, month, agreement_number }
}

/// The month consumed: the header's, else the month in which most monthly lines end, never the billing period's.
#[must_use]
pub fn usage_month(invoice: &Invoice, lines: &[Line]) -> Option<UsageMonth> {
    invoice.usage_month.or_else(|| {
        let mut votes = BTreeMap::<UsageMonth, usize>::new();
        for line in lines.iter().filter(|line| line.motion != LineMotion::AnnualBill) {
            *votes.entry(line.end.month()).or_default() += 1;
        }
        let most = votes.into_iter().max_by_key(|&(month, count)| (count, month));
        most.map(|(month, _)| month).or_else(|| lines.iter().map(|line| line.start.month()).max())
    })
}

/// The settled check (sync-rules 2.3): the lines must sum to the header's subtotal, where it has one.
///
/// # Errors
/// Where they do not, or where an invoice that says no sum has no lines at all: nothing is written for it.
pub fn settled(invoice: &Invoice, lines: &[Line]) -> Result<Money, Finding> {
    let sum =
        sum_of(lines).ok_or_else(|| unsettled(invoice, "its lines sum to an absurd amount"))?;
    match invoice.subtotal {
        Some(subtotal) if subtotal != sum => {
            let text = format!("its lines sum to {sum}, its header says {subtotal}");
            Err(unsettled(invoice, &text))
        }
        None if lines.is_empty() => Err(unsettled(invoice, "it has no lines")),
        _ => Ok(sum),
    }
}

fn sum_of(lines: &[Line]) -> Option<Money> {
    let add = |sum: rust_decimal::Decimal, line: &Line| sum.checked_add(line.subtotal.0);
    lines.iter().try_fold(rust_decimal::Decimal::ZERO, add).map(Money)
}

/// What is said of an invoice of which no row is there yet, so that not even its kind can be told.
fn without_rows(invoice: &Invoice) -> Finding {
    Finding { code: "no_rows".to_owned(), ..unsettled(invoice, "it has no lines") }
}

fn unsettled(invoice: &Invoice, what: &str) -> Finding {
    Finding::new(
        "unsettled",
        format!("Invoice {} does not add up yet: {what}.", invoice.number),
        "Nothing was written for it, and later months of this agreement wait. The next run tries again; \
         if it stays so, ask your distributor, or dismiss the invoice with a reason.",
    )
}

/// Whether the program is Microsoft CSP (A5).
#[must_use]
pub fn is_csp(program: &str) -> bool {
    const PREFIX: &str = "microsoft csp";
    program.trim().get(..PREFIX.len()).is_some_and(|head| head.eq_ignore_ascii_case(PREFIX))
}

fn text(field: Option<&str>) -> Option<&str> {
    field.map(str::trim).filter(|text| !text.is_empty())
}

/// Only what is issued is synced; a status nobody knows is shown, never guessed (A13).
fn unfinished(invoice: &Invoice) -> Option<String> {
    const FINISHED: [&str; 4] = ["issued", "paid", "partiallypaid", "overdue"];
    let status = text(invoice.status_text.as_deref())?;
    let known = FINISHED.iter().any(|finished| status.eq_ignore_ascii_case(finished));
    if status.eq_ignore_ascii_case("void") {
        return Some("void invoice".to_owned());
    }
    (!known).then(|| format!("invoice of status “{status}”"))
}

fn excluded_kind(kind: &str) -> String {
    match kind.to_ascii_lowercase().as_str() {
        "annual" => "annual invoice".to_owned(),
        "credit" => "credit invoice".to_owned(),
        "adjustment" => "adjustment invoice".to_owned(),
        "oneoff" => "one-off invoice".to_owned(),
        _ => format!("invoice of type “{kind}”"),
    }
}

fn by_evidence(month: Option<UsageMonth>, lines: &[Line]) -> InvoiceKind {
    let excluded = |kind: &str| InvoiceKind::Excluded { reason: excluded_kind(kind) };
    let annual = |line: &Line| line.motion == LineMotion::AnnualBill;
    let inside = |day: Day| month.is_some_and(|month| month.contains(day));
    if lines.iter().any(|line| line.subtotal < Money::ZERO) {
        let credit = sum_of(lines).is_some_and(|sum| sum < Money::ZERO);
        return excluded(if credit { "credit" } else { "adjustment" });
    }
    if !lines.is_empty() && lines.iter().all(annual) {
        return excluded("annual");
    }
    if lines.iter().all(|line| !annual(line) && inside(line.start) && inside(line.end)) {
        return InvoiceKind::Standard { typed: false };
    }
    excluded("oneoff")
}

#[cfg(test)]
mod tests;
