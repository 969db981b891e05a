//! Where every cent of an invoice went (sync-rules 3).
//!
//! It must not decide where a line goes; it only adds up.

use std::collections::BTreeMap;

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
        subtotal: Money::ZERO,
        synced: Money::ZERO,
        earlier_runs: Money::ZERO,
        excluded: Vec::new(),
        unmapped: Money::ZERO,
        off: Money::ZERO,
        not_in_scope: Money::ZERO,
        failed: Money::ZERO,
        balance: Money::ZERO,
    };
    let mut excluded = BTreeMap::<&str, (u64, Money)>::new();
    let mut sum = Money::ZERO;
    for (amount, disposition) in lines {
        sum += amount;
        match disposition {
            Disposition::Excluded { reason } => {
                let (lines, total) = excluded.entry(reason).or_default();
                *lines += 1;
                *total += amount;
            }
            Disposition::Synced => ledger.synced += amount,
            Disposition::SyncedEarlier => ledger.earlier_runs += amount,
            Disposition::Failed => ledger.failed += amount,
            Disposition::Unmapped => ledger.unmapped += amount,
            Disposition::Off => ledger.off += amount,
            Disposition::NotInScope => ledger.not_in_scope += amount,
        }
    }
    let told = |(reason, (lines, amount)): (&str, _)| ExcludedSum {
        reason: reason.to_owned(),
        lines,
        amount,
    };
    ledger.excluded = excluded.into_iter().map(told).collect();
    ledger.subtotal = invoice.subtotal.unwrap_or(sum);
    ledger.balance = ledger.subtotal - counted(&ledger);
    ledger
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
    ]
    .into_iter()
    .sum()
}
