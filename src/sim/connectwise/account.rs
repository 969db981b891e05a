//! The money of an agreement: what its additions come to in a period, and what of earlier periods is still to be billed or
//! credited (wire sections 11.8 and 17). Decimals only; it must not touch what the site holds.

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::agreements::Terms;
use super::ledger::{Charge, Charges};
use super::member::rounded;
use super::period::{Cycle, Period};
use crate::assumptions::{
    Assumptions, CwCancelledDay, CwCatchUp, CwCredits, CwInPlace, CwProration,
};

/// Days that are looked back over at most for what was never billed: ten years.
const FURTHEST: chrono::Days = chrono::Days::new(3_653);

/// An addition as it is billed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line {
    pub(super) addition: i64,
    pub(super) from: NaiveDate,
    /// The last day, where it has one.
    pub(super) to: Option<NaiveDate>,
    /// What of it is billed.
    pub(super) quantity: Decimal,
    pub(super) price: Decimal,
    pub(super) cost: Decimal,
    pub(super) billing: Billing,
}

/// Whether an addition is billed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Billing {
    Billable,
    /// On the invoice, for nothing.
    NoCharge,
    /// Not on it.
    Not,
}

/// An agreement's additions and what they were charged so far.
#[derive(Debug)]
pub(super) struct Account {
    pub(super) terms: Terms,
    pub(super) lines: Vec<Line>,
    pub(super) charges: Charges,
    pub(super) assumed: Assumptions,
}

/// Money that a line comes to.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Sum {
    amount: Decimal,
    cost: Decimal,
}

impl Account {
    /// What an invoice for a period charges; noted as charged.
    pub(super) fn invoice(&mut self, number: u64, period: Period) -> Vec<Charge> {
        let mut made = Vec::new();
        for line in self.lines.clone() {
            made.extend(self.current(number, &line, period));
            made.extend(self.earlier(number, &line, period.start));
        }
        self.note(&made);
        made
    }

    /// What an addition is charged for periods invoiced already, without waiting for the next invoice; noted as charged.
    pub(super) fn at_once(&mut self, number: u64, addition: i64) -> Vec<Charge> {
        let line = self.lines.iter().find(|line| line.addition == addition).copied();
        let edge = self.terms.next_invoice;
        let made = line.map_or_else(Vec::new, |line| self.earlier(number, &line, edge));
        self.note(&made);
        made
    }

    fn note(&mut self, made: &[Charge]) {
        for charge in made {
            let key = (charge.addition, charge.period.start);
            self.charges.entry(key).or_default().push(charge.clone());
        }
    }

    fn current(&self, number: u64, line: &Line, period: Period) -> Option<Charge> {
        let other = self.terms.cycle == Cycle::Once && line.from != period.start;
        let charged = self.charges.contains_key(&(line.addition, period.start));
        if line.billing == Billing::Not || other || charged {
            return None;
        }
        let days = self.days(line, period);
        (days > 0).then(|| self.charge(number, line, period, days, Sum::default()))
    }

    /// What periods before a day are still to be billed, and what was billed too much.
    fn earlier(&self, number: u64, line: &Line, edge: NaiveDate) -> Vec<Charge> {
        if line.billing == Billing::Not || self.terms.cycle == Cycle::Once {
            return Vec::new();
        }
        let periods = self.periods_before(line, edge);
        let newest = periods.last().copied();
        let due = periods.into_iter().filter_map(|period| {
            let charged = self.charges.get(&(line.addition, period.start));
            let days = self.days(line, period);
            match charged.and_then(|charges| charges.last()) {
                Some(last) => self.correction(number, line, last, days),
                None if days == 0 => None,
                None if self.assumed.cw_catch_up == CwCatchUp::LastPeriod
                    && Some(period) != newest =>
                {
                    None
                }
                None => Some(self.charge(number, line, period, days, Sum::default())),
            }
        });
        due.collect()
    }

    /// The periods before a day that concern a line: those it lies in, and those it was charged for.
    fn periods_before(&self, line: &Line, edge: NaiveDate) -> Vec<Period> {
        let charged = self.charges.range((line.addition, NaiveDate::MIN)..(line.addition, edge));
        let charged = charged.filter_map(|(_, charges)| charges.first()).map(|one| one.period);
        let mut periods: Vec<Period> = charged.collect();
        let rhythm = self.terms.rhythm();
        let floor = edge.checked_sub_days(FURTHEST).unwrap_or(edge);
        let mut next = rhythm.around(line.from.max(self.terms.bill_start).max(floor));
        while let Some(period) = next.filter(|period| period.start < edge) {
            periods.push(period);
            next = rhythm.after(period);
        }
        periods.sort_unstable();
        periods.dedup_by_key(|period| period.start);
        periods
    }

    /// What changes for a period that was charged already: its days, and where it is so assumed its quantity and price.
    fn correction(&self, number: u64, line: &Line, last: &Charge, days: i64) -> Option<Charge> {
        let kept = match self.assumed.cw_in_place {
            CwInPlace::FromNextInvoice => {
                Line { quantity: last.quantity, price: last.price, cost: last.cost, ..*line }
            }
            CwInPlace::Retroactive => *line,
        };
        let same = (last.days, last.quantity, last.price, last.cost)
            == (days, kept.quantity, kept.price, kept.cost);
        if same {
            return None;
        }
        let charged = self.charges.get(&(line.addition, last.period.start));
        let charged = charged.into_iter().flatten().fold(Sum::default(), |sum, charge| Sum {
            amount: sum.amount + charge.amount,
            cost: sum.cost + charge.cost_amount,
        });
        let charge = self.charge(number, &kept, last.period, days, charged);
        let credit = charge.amount < Decimal::ZERO;
        (!credit || self.assumed.cw_credits == CwCredits::NextInvoice).then_some(charge)
    }

    /// A charge for some days of a period, less what was charged for it before.
    fn charge(&self, invoice: u64, line: &Line, period: Period, days: i64, before: Sum) -> Charge {
        let free = line.billing == Billing::NoCharge;
        let amount = if free { Decimal::ZERO } else { self.money(line.price, line, period, days) };
        Charge {
            invoice,
            addition: line.addition,
            period,
            days,
            price: line.price,
            cost: line.cost,
            quantity: line.quantity,
            amount: amount - before.amount,
            cost_amount: self.money(line.cost, line, period, days) - before.cost,
        }
    }

    fn money(&self, unit: Decimal, line: &Line, period: Period, days: i64) -> Decimal {
        let of = period.days();
        if days == 0 {
            return Decimal::ZERO;
        }
        if days == of || !self.terms.prorated {
            return rounded(unit * line.quantity, 2);
        }
        match self.assumed.cw_proration {
            CwProration::PerUnit => rounded(share(unit, days, of) * line.quantity, 2),
            CwProration::PerLine => {
                rounded(unit * line.quantity * Decimal::from(days) / Decimal::from(of), 2)
            }
        }
    }

    /// How many days of a period a line is in force.
    fn days(&self, line: &Line, period: Period) -> i64 {
        let last = line.to.map(|to| match self.assumed.cw_cancelled_day {
            CwCancelledDay::Billed => to,
            CwCancelledDay::NotBilled => to.pred_opt().unwrap_or(to),
        });
        let last = last.into_iter().chain(self.terms.last).min().unwrap_or(period.end);
        period.days_between(line.from.max(self.terms.bill_start), last)
    }
}

/// The share of a unit's price for some days of a period, half a cent up.
pub(super) fn share(unit: Decimal, days: i64, of: i64) -> Decimal {
    rounded(unit * Decimal::from(days) / Decimal::from(of.max(1)), 2)
}

#[cfg(test)]
mod properties;

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("22.00", 17, 31, "12.06")]
    #[case("8.00", 13, 31, "3.35")]
    #[case("6.90", 13, 31, "2.89")]
    #[case("8.00", 19, 30, "5.07")]
    #[case("0.01", 15, 30, "0.01")]
    fn a_share_is_rounded_half_up_per_unit(
        #[case] unit: &str,
        #[case] days: i64,
        #[case] of: i64,
        #[case] expected: &str,
    ) {
        assert_eq!(share(unit.parse().unwrap(), days, of).to_string(), expected);
    }
}
