//! Billing periods: which days each has, one after the other, from the next invoice date. It knows no money.

use chrono::{Datelike, Days, Months, NaiveDate};

/// How often an agreement is invoiced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cycle {
    Months(u32),
    Days(u64),
    /// Once for each addition.
    Once,
}

impl Cycle {
    /// By the option of a billing cycle.
    pub(super) fn of(option: &str) -> Self {
        match option {
            "Weekly" => Self::Days(7),
            "BiWeekly" => Self::Days(14),
            "BiMonthly" => Self::Months(2),
            "Quarterly" => Self::Months(3),
            "SemiAnnual" => Self::Months(6),
            "Yearly" => Self::Months(12),
            "NotRecurring" => Self::Once,
            _ => Self::Months(1),
        }
    }
}

/// Some days, both ends counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Period {
    pub(super) start: NaiveDate,
    pub(super) end: NaiveDate,
}

impl Period {
    pub(super) fn days(self) -> i64 {
        (self.end - self.start).num_days() + 1
    }

    /// How many of its days lie between two days, both counted.
    pub(super) fn days_between(self, from: NaiveDate, to: NaiveDate) -> i64 {
        let (from, to) = (from.max(self.start), to.min(self.end));
        ((to - from).num_days() + 1).max(0)
    }
}

/// The periods of an agreement, counted from one that begins on a known day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rhythm {
    pub(super) anchor: NaiveDate,
    pub(super) cycle: Cycle,
}

impl Rhythm {
    /// The first day of the period so many after the anchor's.
    fn start(self, number: i64) -> Option<NaiveDate> {
        let away = number.unsigned_abs();
        let back = number < 0;
        match self.cycle {
            Cycle::Days(days) => {
                let days = Days::new(days.checked_mul(away)?);
                if back {
                    self.anchor.checked_sub_days(days)
                } else {
                    self.anchor.checked_add_days(days)
                }
            }
            Cycle::Months(months) => {
                let months = Months::new(months.checked_mul(u32::try_from(away).ok()?)?);
                if back {
                    self.anchor.checked_sub_months(months)
                } else {
                    self.anchor.checked_add_months(months)
                }
            }
            Cycle::Once => None,
        }
    }

    fn number(self, day: NaiveDate) -> Option<i64> {
        let mut number = match self.cycle {
            Cycle::Days(days) => {
                (day - self.anchor).num_days().div_euclid(i64::try_from(days).ok()?)
            }
            Cycle::Months(months) => {
                let count = |day: NaiveDate| i64::from(day.year()) * 12 + i64::from(day.month0());
                (count(day) - count(self.anchor)).div_euclid(i64::from(months))
            }
            Cycle::Once => return None,
        };
        if self.start(number)? > day {
            number -= 1;
        }
        Some(number)
    }

    /// The period that holds a day.
    pub(super) fn around(self, day: NaiveDate) -> Option<Period> {
        let number = self.number(day)?;
        let end = self.start(number + 1)?.pred_opt()?;
        Some(Period { start: self.start(number)?, end })
    }

    /// The one after a period.
    pub(super) fn after(self, period: Period) -> Option<Period> {
        self.around(period.end.succ_opt()?)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[rstest]
    #[case("2026-09-01", Cycle::Months(1), "2026-09-30", "2026-09-01", "2026-09-30")]
    #[case("2026-09-01", Cycle::Months(1), "2025-02-10", "2025-02-01", "2025-02-28")]
    #[case("2026-09-15", Cycle::Months(1), "2026-09-14", "2026-08-15", "2026-09-14")]
    #[case("2026-10-01", Cycle::Months(3), "2026-09-30", "2026-07-01", "2026-09-30")]
    #[case("2026-09-07", Cycle::Days(7), "2026-09-06", "2026-08-31", "2026-09-06")]
    fn a_day_lies_in_one_period(
        #[case] anchor: &str,
        #[case] cycle: Cycle,
        #[case] at: &str,
        #[case] start: &str,
        #[case] end: &str,
    ) {
        let period = Rhythm { anchor: day(anchor), cycle }.around(day(at)).unwrap();
        assert_eq!(period, Period { start: day(start), end: day(end) });
    }
}
