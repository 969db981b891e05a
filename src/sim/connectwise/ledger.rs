//! What was invoiced: every charge of every addition, and the invoices they stand on. It keeps; it computes nothing.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::period::Period;

/// The number that stands for invoices made before the site was opened.
pub(super) const EARLIER: u64 = 0;

/// What one addition is billed for one period, on one invoice.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Charge {
    pub(super) invoice: u64,
    pub(super) addition: i64,
    /// Which period it is for: that of its invoice, or an earlier one.
    pub(super) period: Period,
    /// How many of the period's days are billed once it stands.
    pub(super) days: i64,
    /// Of a whole period.
    pub(super) price: Decimal,
    pub(super) cost: Decimal,
    pub(super) quantity: Decimal,
    /// What it comes to; below 0 it is a credit.
    pub(super) amount: Decimal,
    pub(super) cost_amount: Decimal,
}

#[derive(Clone, Debug)]
pub(super) struct Invoice {
    pub(super) number: u64,
    /// The run that made it.
    pub(super) run: u64,
    pub(super) agreement: i64,
    pub(super) period: Period,
    /// The next invoice date before it; none where it moved nothing.
    pub(super) before: Option<NaiveDate>,
}

/// Charges of an addition by the first day of their period, in the order in which they were made.
pub(super) type Charges = BTreeMap<(i64, NaiveDate), Vec<Charge>>;

#[derive(Clone, Debug, Default)]
pub(super) struct Ledger {
    pub(super) charges: Charges,
    pub(super) invoices: Vec<Invoice>,
    pub(super) runs: u64,
    numbers: u64,
}

impl Ledger {
    pub(super) fn next_number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }

    pub(super) fn charge(&mut self, charges: Vec<Charge>) {
        for charge in charges {
            let key = (charge.addition, charge.period.start);
            self.charges.entry(key).or_default().push(charge);
        }
    }

    /// The charges of one addition.
    pub(super) fn of_addition(&self, addition: i64) -> impl Iterator<Item = &Charge> {
        let range = (addition, NaiveDate::MIN)..=(addition, NaiveDate::MAX);
        self.charges.range(range).flat_map(|(_, charges)| charges)
    }

    /// Takes back some invoices with their charges; gives them, the newest first.
    pub(super) fn undo(&mut self, undone: impl Fn(&Invoice) -> bool) -> Vec<Invoice> {
        let mut gone: Vec<Invoice> = self.invoices.extract_if(.., |one| undone(one)).collect();
        let is_gone = |charge: &Charge| gone.iter().any(|one| one.number == charge.invoice);
        for charges in self.charges.values_mut() {
            charges.retain(|charge| !is_gone(charge));
        }
        self.charges.retain(|_, charges| !charges.is_empty());
        gone.reverse();
        gone
    }
}
