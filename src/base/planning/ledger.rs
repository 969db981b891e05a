//! Where every cent of an invoice went (sync-rules 3).
//!
//! It must not decide where a line goes; it only adds up.

use crate::domain::{
    Money,
    invoice::Invoice,
    outcome::Disposition,
    run::{ExcludedSum, Ledger},
};

/// What the lines of an invoice come to in each place where some of them are counted.
#[derive(Clone, Debug, Default)]
pub struct Places(Vec<Place>);

#[derive(Clone, Debug)]
struct Place {
    disposition: Disposition,
    lines: u64,
    amount: Money,
}

impl Places {
    /// One more line is counted there.
    pub fn count(&mut self, amount: Money, disposition: &Disposition) {
        self.add(disposition, 1, amount);
    }

    /// So are all of those.
    pub fn take_in(&mut self, others: Self) {
        for Place { disposition, lines, amount } in others.0 {
            self.add(&disposition, lines, amount);
        }
    }

    fn add(&mut self, disposition: &Disposition, lines: u64, amount: Money) {
        match self.0.iter_mut().find(|place| place.disposition == *disposition) {
            Some(place) => {
                place.lines += lines;
                place.amount += amount;
            }
            None => self.0.push(Place { disposition: disposition.clone(), lines, amount }),
        }
    }

    /// Adds up the lines of one invoice. The balance is what is left of the header's subtotal: anything but 0 is an error.
    pub fn ledger(&self, invoice: &Invoice) -> Ledger {
        let mut ledger = Ledger {
            invoice: invoice.number.clone(),
            currency: invoice.currency.clone(),
            ..Ledger::default()
        };
        self.0.iter().for_each(|place| count(&mut ledger, place));
        let sum = self.0.iter().map(|place| place.amount).sum();
        ledger.subtotal = invoice.subtotal.unwrap_or(sum);
        ledger.balance = ledger.subtotal - counted(&ledger);
        ledger
    }
}

impl<'a> FromIterator<(Money, &'a Disposition)> for Places {
    fn from_iter<I: IntoIterator<Item = (Money, &'a Disposition)>>(lines: I) -> Self {
        let mut places = Self::default();
        lines.into_iter().for_each(|(amount, disposition)| places.count(amount, disposition));
        places
    }
}

/// The ledger of an invoice whose lines are counted there.
#[must_use]
pub fn ledger<'a>(
    invoice: &Invoice,
    lines: impl IntoIterator<Item = (Money, &'a Disposition)>,
) -> Ledger {
    lines.into_iter().collect::<Places>().ledger(invoice)
}

/// Lines that were counted as not attempted are counted where they are after all.
pub fn recount<'a>(ledger: &mut Ledger, lines: impl IntoIterator<Item = (Money, &'a Disposition)>) {
    for place in lines.into_iter().collect::<Places>().0 {
        ledger.not_attempted = ledger.not_attempted - place.amount;
        count(ledger, &place);
    }
}

/// What the header says beyond all lines has its own place, where it was accepted (sync-rules 2.3).
pub fn accepting(ledger: Ledger, difference: Money) -> Ledger {
    let mut told = Ledger { accepted_difference: difference, ..ledger };
    told.balance = told.subtotal - counted(&told);
    told
}

fn count(ledger: &mut Ledger, place: &Place) {
    let amount = place.amount;
    match &place.disposition {
        Disposition::Excluded { reason } => exclude(&mut ledger.excluded, reason, place),
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
fn exclude(sums: &mut Vec<ExcludedSum>, reason: &str, place: &Place) {
    let at = sums.binary_search_by(|sum| sum.reason.as_str().cmp(reason));
    let at = at.unwrap_or_else(|at| {
        let (reason, amount) = (reason.to_owned(), Money::ZERO);
        sums.insert(at, ExcludedSum { reason, lines: 0, amount });
        at
    });
    if let Some(sum) = sums.get_mut(at) {
        sum.lines += place.lines;
        sum.amount += place.amount;
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
