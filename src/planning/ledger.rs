//! Where every cent of an invoice went (sync-rules 3).
//!
//! It must not decide where a line goes; it only adds up.

use crate::domain::{
    Money,
    invoice::Invoice,
    outcome::Disposition,
    run::{ExcludedSum, Ledger},
};

/// Adds up the lines of one invoice by where each is counted. The balance is what is left of the header's subtotal: anything
/// but 0 is an error.
#[must_use]
pub fn ledger<'a>(
    invoice: &Invoice,
    lines: impl IntoIterator<Item = (Money, &'a Disposition)>,
) -> Ledger {
    let mut ledger = Ledger {
        invoice: invoice.number.clone(),
        currency: invoice.currency.clone(),
        subtotal: Money::ZERO,
        synced: Money::ZERO,
        earlier_runs: Money::ZERO,
        excluded: Vec::new(),
        unmapped: Money::ZERO,
        off: Money::ZERO,
        not_in_scope: Money::ZERO,
        failed: Money::ZERO,
        not_attempted: Money::ZERO,
        accepted_difference: Money::ZERO,
        held: Money::ZERO,
        balance: Money::ZERO,
    };
    let mut sum = Money::ZERO;
    for (amount, disposition) in lines {
        sum += amount;
        count(&mut ledger, amount, disposition);
    }
    ledger.subtotal = invoice.subtotal.unwrap_or(sum);
    ledger.balance = ledger.subtotal - counted(&ledger);
    ledger
}

/// Lines that were counted as not attempted are counted where they are after all.
pub fn recount<'a>(ledger: &mut Ledger, lines: impl IntoIterator<Item = (Money, &'a Disposition)>) {
    for (amount, disposition) in lines {
        ledger.not_attempted = ledger.not_attempted - amount;
        count(ledger, amount, disposition);
    }
}

/// What the header says beyond all lines has its own place, where it was accepted (sync-rules 2.3).
pub(crate) fn accepting(ledger: Ledger, difference: Money) -> Ledger {
    let mut told = Ledger { accepted_difference: difference, ..ledger };
    told.balance = told.subtotal - counted(&told);
    told
}

fn count(ledger: &mut Ledger, amount: Money, disposition: &Disposition) {
    match disposition {
        Disposition::Excluded { reason } => exclude(&mut ledger.excluded, reason, amount),
        Disposition::Synced => ledger.synced += amount,
        Disposition::SyncedEarlier => ledger.earlier_runs += amount,
        Disposition::Failed => ledger.failed += amount,
        Disposition::NotAttempted => ledger.not_attempted += amount,
        Disposition::Held => ledger.held += amount,
        Disposition::Unmapped => ledger.unmapped += amount,
        Disposition::Off => ledger.off += amount,
        Disposition::NotInScope => ledger.not_in_scope += amount,
    }
}

/// Sums are in the order of their reasons.
fn exclude(sums: &mut Vec<ExcludedSum>, reason: &str, amount: Money) {
    let at = sums.binary_search_by(|sum| sum.reason.as_str().cmp(reason));
    let at = at.unwrap_or_else(|at| {
        let (reason, amount) = (reason.to_owned(), Money::ZERO);
        sums.insert(at, ExcludedSum { reason, lines: 0, amount });
        at
    });
    if let Some(sum) = sums.get_mut(at) {
        sum.lines += 1;
        sum.amount += amount;
    }
}

/// The sum of all its places.
#[must_use]
pub fn counted(ledger: &Ledger) -> Money {
    let excluded: Money = ledger.excluded.iter().map(|excluded| excluded.amount).sum();
    [
        ledger.synced,
        ledger.earlier_runs,
        excluded,
        ledger.unmapped,
        ledger.off,
        ledger.not_in_scope,
        ledger.failed,
        ledger.not_attempted,
        ledger.accepted_difference,
        ledger.held,
    ]
    .into_iter()
    .sum()
}
