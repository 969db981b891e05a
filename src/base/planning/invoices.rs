//! Which invoices are synced: what kind each is, whose month, whether it adds up (sync-rules 2, wire/prism 9.3).
//!
//! It must not look at customers' lines one by one: that is [`super::triage`]'s. Headers come first, lines only where
//! the header does not tell.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::domain::{
    Code, Day, InvoiceId, Money, UsageMonth,
    invoice::{Invoice, Line, LineMotion, Lines},
    outcome::Finding,
    text::hex,
};

mod due;

pub use due::{
    Due, DueInvoice, Held, MappingState, Refused, Request, Undecided, due, first_month, kind_of,
    month_before,
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
    /// What was looked at, so that other lines are told from the same; none in records of old.
    #[serde(default)]
    pub evidence: Option<Evidence>,
}

/// What an invoice was when its lines were read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// A digest of its lines.
    pub digest: String,
    /// How many there were.
    pub lines: u64,
    /// What they came to.
    pub sum: Money,
    /// What its header said.
    pub subtotal: Option<Money>,
}

/// Every invoice whose lines were examined.
pub type Known = BTreeMap<InvoiceId, Examined>;

/// What the operator said an invoice is (sync-rules 2.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Treatment {
    /// Its lines are sorted one by one, like those of a standard one.
    Standard,
    /// It is left out, and that was seen.
    Excluded,
}

/// The operator's word on an invoice: it holds as long as the lines are those that were looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Treated {
    /// What it is.
    pub treatment: Treatment,
    /// The digest of the lines it was said of.
    pub digest: String,
}

impl Treated {
    /// Whether it was said of these lines.
    #[must_use]
    pub fn holds(&self, examined: Option<&Examined>) -> bool {
        let evidence = examined.and_then(|examined| examined.evidence.as_ref());
        evidence.is_some_and(|evidence| evidence.digest == self.digest)
    }
}

/// What the header alone tells.
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
pub fn examine(invoice: &Invoice, lines: &Lines) -> Examined {
    let month = usage_month(invoice, lines);
    let kind = match classify(invoice) {
        InvoiceKind::Unclear => by_evidence(month, lines),
        told => told,
    };
    let number =
        || lines.iter().find_map(|line| Some(text(line.agreement_number.as_deref())?.to_owned()));
    let agreement_number = match (&invoice.agreement, &invoice.agreement_number) {
        (None, None) => number(),
        (_, number) => number.clone(),
    };
    let evidence = Some(evidence(invoice, lines));
    Examined { invoice: invoice.id.clone(), kind, month, agreement_number, evidence }
}

/// What there is to remember of lines that were read.
#[must_use]
pub fn evidence(invoice: &Invoice, lines: &Lines) -> Evidence {
    Evidence {
        digest: digest(lines),
        lines: lines.len() as u64,
        sum: sum_of(lines).unwrap_or_default(),
        subtotal: invoice.subtotal,
    }
}

/// The same for the same lines in the same order.
fn digest(lines: &Lines) -> String {
    let mut hash = Sha256::new();
    for line in lines.iter() {
        // Plain values have no way of failing here.
        hash.update(serde_json::to_vec(&line).unwrap_or_default());
    }
    hex(&hash.finalize())
}

/// Whether an invoice that is left out could be its month's bill all the same: neither its header says in known words that
/// it is something else, nor is it void. Only then is a month without another one worth a question (sync-rules 2.5).
pub(crate) fn may_be_standard(invoice: &Invoice) -> bool {
    const OTHERS: [&str; 4] = ["annual", "credit", "adjustment", "oneoff"];
    let kind = text(invoice.kind_text.as_deref());
    let other =
        kind.is_some_and(|kind| OTHERS.iter().any(|known| kind.eq_ignore_ascii_case(known)));
    is_csp(&invoice.program) && !other && !is_void(invoice)
}

/// Whether it was taken back: then nobody can make it count.
pub fn is_void(invoice: &Invoice) -> bool {
    text(invoice.status_text.as_deref()).is_some_and(|status| status.eq_ignore_ascii_case("void"))
}

/// The month consumed: the header's, else the month in which most monthly lines end, never the billing period's.
#[must_use]
pub fn usage_month(invoice: &Invoice, lines: &Lines) -> Option<UsageMonth> {
    invoice.usage_month.or_else(|| {
        let mut votes = BTreeMap::<UsageMonth, usize>::new();
        let sound = lines.iter().filter(|line| line.fault.is_none());
        for line in sound.filter(|line| line.motion != LineMotion::AnnualBill) {
            *votes.entry(line.end.month()).or_default() += 1;
        }
        let most = votes.into_iter().max_by_key(|&(month, count)| (count, month));
        most.map(|(month, _)| month).or_else(|| lines.iter().map(|line| line.start.month()).max())
    })
}

/// An invoice that is to be synced, as far as its sums are concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settled {
    /// What its lines sum to.
    pub sum: Money,
    /// What its header says beyond that, and the operator accepted: 0 where it adds up.
    pub accepted: Money,
}

/// The settled check (sync-rules 2.3): the lines must sum to the header's subtotal, where it has one, but for a difference
/// that was accepted as it stands.
///
/// # Errors
/// Where they do not, or where an invoice that says no sum has no lines at all: nothing is written for it.
pub fn settled(
    invoice: &Invoice,
    lines: &Lines,
    accepted: Option<Money>,
) -> Result<Settled, Finding> {
    if let Some(finding) = odd_header(invoice) {
        return Err(finding);
    }
    if let Some(unsure) = unsure(invoice, lines) {
        return Err(unsettled(invoice, &unsure, None));
    }
    one_currency(invoice, lines)?;
    let sum = sum_of(lines)
        .ok_or_else(|| unsettled(invoice, "its lines sum to an absurd amount", None))?;
    let settled = |accepted| Ok(Settled { sum, accepted });
    let Some(difference) = difference(invoice, lines) else {
        return match invoice.subtotal {
            None if lines.is_empty() => Err(unsettled(invoice, "it has no lines", None)),
            _ => settled(Money::ZERO),
        };
    };
    if accepted == Some(difference) && !lines.is_empty() {
        return settled(difference);
    }
    let stated = invoice.subtotal.unwrap_or_default().in_currency(invoice.currency.as_ref());
    let before = accepted.map(|before| format!(" ({} was accepted)", before.separated()));
    let before = before.unwrap_or_default();
    if lines.is_empty() {
        let text = format!("it has no lines, and its header says {stated}");
        return Err(unsettled(invoice, &text, None));
    }
    let text = format!(
        "its header says {stated}, its lines sum to {}, a difference of {}{before}",
        sum.separated(),
        difference.separated()
    );
    Err(unsettled(invoice, &text, Some(difference)))
}

/// Why nobody can say whether lines are missing: what a row bills cannot be told from it, and the header has no sum to tell it by.
fn unsure(invoice: &Invoice, lines: &Lines) -> Option<String> {
    let faults = lines.iter().filter_map(|line| Some((line.number, line.fault?)));
    let mut unsure = faults.filter(|(_, fault)| !fault.amount_is_sure);
    let (row, fault) = unsure.next().filter(|_| invoice.subtotal.is_none())?;
    Some(format!(
        "row {row} cannot be read ({}), and its header has no sum that what it bills could be told by",
        fault.text
    ))
}

/// What is said of a header of which a figure cannot be read: it counts for nothing, and for no zero.
#[must_use]
pub fn odd_header(invoice: &Invoice) -> Option<Finding> {
    let fault = invoice.fault.as_ref()?;
    let text = format!("The header of invoice {} cannot be read: {fault}.", invoice.number);
    Some(held_back(Code::OddInvoice, text, &invoice.number))
}

/// What is said of an invoice whose file cannot be read, whatever is wrong with it.
#[must_use]
pub fn unreadable(invoice: &Invoice, why: &str) -> Finding {
    let text = format!("Invoice {} cannot be read: {why}", invoice.number);
    held_back(Code::UnreadableInvoice, text, &invoice.number)
}

fn held_back(code: Code, text: String, number: &str) -> Finding {
    let advice = format!(
        "Nothing is written for it now, and later months of this agreement wait. The next run tries again; if it stays so, \
         ask your distributor. To leave the month out: `prism-connect invoices dismiss {number} --reason TEXT`."
    );
    Finding::new(code, text, advice)
}

/// Amounts of two currencies have no sum (sync-rules 2.9).
fn one_currency(invoice: &Invoice, lines: &Lines) -> Result<(), Finding> {
    let first = lines.iter().find_map(|line| line.currency);
    let Some(one) = invoice.currency.as_ref().or(first.as_ref()) else { return Ok(()) };
    let differs = |line: &Line| line.currency.as_ref().is_some_and(|currency| currency != one);
    let Some(line) = lines.iter().find(differs) else { return Ok(()) };
    let (number, other) = (line.number, line.currency.as_ref().unwrap_or(one));
    let what = match &invoice.currency {
        Some(_) => format!("its header is in {one}, its line {number} in {other}"),
        None => format!("some of its lines are in {one}, line {number} is in {other}"),
    };
    Err(unsettled(invoice, &what, None))
}

/// What the header says beyond the sum of the lines; none where that is nothing, or the header says no sum.
#[must_use]
pub fn difference(invoice: &Invoice, lines: &Lines) -> Option<Money> {
    let difference = invoice.subtotal?.0.checked_sub(sum_of(lines)?.0).map(Money)?;
    (!difference.is_zero()).then_some(difference)
}

fn sum_of(lines: &Lines) -> Option<Money> {
    let add = |sum: rust_decimal::Decimal, amount: Money| sum.checked_add(amount.0);
    lines.amounts().try_fold(rust_decimal::Decimal::ZERO, add).map(Money)
}

/// What is said of an invoice of which no row is there yet, so that not even its kind can be told.
fn without_rows(invoice: &Invoice) -> Finding {
    Finding { code: Code::NoRows, ..unsettled(invoice, "it has no lines", None) }
}

fn unsettled(invoice: &Invoice, what: &str, difference: Option<Money>) -> Finding {
    let number = &invoice.number;
    let accept = difference.map(|difference| {
        format!(
            "To sync it all the same: `prism-connect invoices accept {number} --difference {difference} \
             --reason TEXT`. "
        )
    });
    Finding::new(
        Code::Unsettled,
        format!("Invoice {number} does not add up yet: {what}."),
        format!(
            "Nothing is written for it now, and later months of this agreement wait. The next run tries again; \
             if it stays so, ask your distributor. {}To leave the month out: \
             `prism-connect invoices dismiss {number} --reason TEXT`.",
            accept.unwrap_or_default()
        ),
    )
}

/// Whether the program is Microsoft CSP (A5).
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
    if is_void(invoice) {
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

fn by_evidence(month: Option<UsageMonth>, lines: &Lines) -> InvoiceKind {
    let excluded = |kind: &str| InvoiceKind::Excluded { reason: excluded_kind(kind) };
    // What cannot be read is no evidence.
    let sound = || lines.iter().filter(|line| line.fault.is_none());
    let annual = |line: Line| line.motion == LineMotion::AnnualBill;
    let inside = |day: Day| month.is_some_and(|month| month.contains(day));
    if sound().any(|line| line.subtotal < Money::ZERO) {
        let credit = sum_of(lines).is_some_and(|sum| sum < Money::ZERO);
        return excluded(if credit { "credit" } else { "adjustment" });
    }
    if sound().next().is_some() && sound().all(annual) {
        return excluded("annual");
    }
    if sound().all(|line| inside(line.start) && inside(line.end) && !annual(line)) {
        return InvoiceKind::Standard { typed: false };
    }
    excluded("oneoff")
}

#[cfg(test)]
mod tests;
