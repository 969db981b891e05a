//! Billing periods of an agreement, and what a line bills in them (wire/connectwise 11.8, 17.1–3): months, whatever the
//! agreement's own first day. Pure.
//!
//! ConnectWise computes the bill. This is what it is expected to be, for warnings; it must not be written anywhere.

use chrono::{Datelike, NaiveDate};
use rust_decimal::Decimal;

use crate::domain::{
    Day, Money,
    line::{Invoicing, LineSpan, LineTerms},
    target::Contract,
};

/// Decimals of a bill.
const CENTS: u32 = 2;

/// The periods of one agreement.
#[derive(Clone, Copy, Debug)]
pub(super) struct Periods {
    /// The day of the month on which they begin.
    begin_on: u32,
    /// Whether a part of a period bills a part of the price.
    prorated: bool,
}

/// Days, both ends counted: those of one billing period, or any.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Period {
    pub(super) first: Day,
    pub(super) last: Day,
}

impl Period {
    fn days(self) -> i64 {
        self.last.since(self.first) + 1
    }
}

impl Periods {
    /// The first day that is not invoiced begins one; without it they are calendar months.
    pub(super) fn of(contract: &Contract) -> Self {
        let open = contract.invoicing.and_then(|invoicing| invoicing.first_open);
        Self {
            begin_on: open.map_or(1, |open| open.0.day()),
            prorated: contract.invoicing.is_some_and(|invoicing| invoicing.prorated),
        }
    }

    /// The same where a part of a period bills a part of the price, as the invoice counts.
    pub(super) fn prorated(self) -> Self {
        Self { prorated: true, ..self }
    }

    /// The period that a day lies in.
    pub(super) fn at(self, day: Day) -> Period {
        let this = self.beginning_in(day.month().first_day());
        let first =
            if this <= day { this } else { self.beginning_in(day.month().previous().first_day()) };
        Period { first, last: self.beginning_in(first.month().next().first_day()).previous() }
    }

    /// In a month without such a day its last one.
    fn beginning_in(self, month: Day) -> Day {
        let (year, number) = (month.0.year(), month.0.month());
        let days = u32::try_from(month.month().days()).unwrap_or(self.begin_on);
        let day = NaiveDate::from_ymd_opt(year, number, self.begin_on.min(days));
        Day(day.unwrap_or(month.0))
    }

    /// What one unit at this price bills from a day to a day: of a partial period the share of its days, both ends counted,
    /// rounded half up by itself.
    pub(super) fn bills(self, price: Money, first: Day, last: Day) -> Money {
        let (mut sum, mut day) = (Money::ZERO, first);
        while day <= last {
            let period = self.at(day);
            let end = period.last.min(last);
            sum += self.share(price, end.since(day) + 1, period.days());
            day = end.next();
        }
        sum
    }

    fn share(self, price: Money, days: i64, of: i64) -> Money {
        if days == of || !self.prorated {
            return price;
        }
        Money(price.0 * Decimal::from(days) / Decimal::from(of)).rounded(CENTS)
    }

    /// What a line bills of these days.
    pub(super) fn bills_of(
        self,
        span: LineSpan,
        terms: Option<&LineTerms>,
        price: Money,
        days: Period,
    ) -> Money {
        let first = days.first.max(span.first);
        let last = span.last.map_or(days.last, |own| own.min(days.last));
        let units =
            terms.map_or_else(|| Decimal::from(span.quantity), |terms| terms.billed(span.quantity));
        self.bills(price, first, last) * units
    }
}

/// The last day that is invoiced; none where that cannot be told.
pub(super) fn last_invoiced(invoicing: Option<Invoicing>) -> Option<Day> {
    invoicing?.first_open.map(Day::previous)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::domain::line::LineBilling;
    use crate::psa::connectwise::sample::{day, money};

    fn periods(begin_on: u32) -> Periods {
        Periods { begin_on, prorated: true }
    }

    #[rstest]
    #[case(1, "2026-09-14", "2026-09-01", "2026-09-30")]
    #[case(1, "2026-09-30", "2026-09-01", "2026-09-30")]
    #[case(15, "2026-09-14", "2026-08-15", "2026-09-14")]
    #[case(15, "2026-09-15", "2026-09-15", "2026-10-14")]
    #[case(31, "2026-02-28", "2026-02-28", "2026-03-30")]
    #[case(31, "2026-03-30", "2026-02-28", "2026-03-30")]
    fn a_period_is_a_month_from_its_day(
        #[case] begin_on: u32,
        #[case] at: &str,
        #[case] first: &str,
        #[case] last: &str,
    ) {
        let expected = Period { first: day(first), last: day(last) };
        assert_eq!(periods(begin_on).at(day(at)), expected);
    }

    /// 22.00 from 15 March: 34.06 on April's invoice (D11); 8.00 and 6.90 from 19 March (wire/connectwise 14).
    #[rstest]
    #[case("22.00", "2019-03-15", "2019-04-30", "34.06")]
    #[case("8.00", "2024-03-19", "2024-03-31", "3.35")]
    #[case("6.90", "2024-03-19", "2024-03-31", "2.89")]
    #[case("8.00", "2026-09-01", "2026-10-31", "16.00")]
    fn a_partial_period_bills_its_share(
        #[case] price: &str,
        #[case] first: &str,
        #[case] last: &str,
        #[case] expected: &str,
    ) {
        assert_eq!(periods(1).bills(money(price), day(first), day(last)), money(expected));
    }

    #[test]
    fn without_proration_it_bills_the_whole() {
        let whole = Periods { begin_on: 1, prorated: false };
        let (first, last) = (day("2026-09-19"), day("2026-09-30"));
        assert_eq!(whole.bills(money("8.00"), first, last), money("8.00"));
    }

    #[test]
    fn a_line_bills_only_the_days_on_which_it_is_in_force() {
        let span =
            LineSpan { first: day("2026-01-01"), last: Some(day("2026-09-14")), quantity: 6 };
        let billed = |first, last| {
            let days = Period { first: day(first), last: day(last) };
            periods(1).bills_of(span, None, money("8.00"), days)
        };
        assert_eq!(billed("2026-09-01", "2026-10-31"), money("22.38"));
        assert_eq!(billed("2026-10-01", "2026-10-31"), Money::ZERO);
    }

    #[rstest]
    #[case(LineTerms { less_included: Decimal::TWO, ..LineTerms::default() }, "32.00")]
    #[case(LineTerms { less_included: Decimal::TEN, ..LineTerms::default() }, "0.00")]
    #[case(LineTerms { billing: LineBilling::NoCharge, ..LineTerms::default() }, "0.00")]
    #[case(LineTerms { billing: LineBilling::DoNotBill, ..LineTerms::default() }, "0.00")]
    fn what_is_free_bills_nothing(#[case] terms: LineTerms, #[case] expected: &str) {
        let span = LineSpan { first: day("2026-09-01"), last: None, quantity: 6 };
        let days = Period { first: day("2026-09-01"), last: day("2026-09-30") };
        let billed = periods(1).bills_of(span, Some(&terms), money("8.00"), days);
        assert_eq!(billed, money(expected));
    }
}
