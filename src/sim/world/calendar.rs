//! Months and days. UTC dates only; it must not ask the clock.

use chrono::{Datelike, Days, Months, NaiveDate};

/// A calendar month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month {
    /// The year.
    pub year: i32,
    /// 1 to 12.
    pub number: u32,
}

impl Month {
    /// The month that holds a day.
    pub fn of(date: NaiveDate) -> Self {
        Self { year: date.year(), number: date.month() }
    }

    /// From `YYYY-MM`.
    pub fn parse(text: &str) -> Option<Self> {
        let first = NaiveDate::parse_from_str(&format!("{}-01", text.trim()), "%Y-%m-%d").ok()?;
        Some(Self::of(first))
    }

    /// Its first day.
    ///
    /// # Panics
    /// Where its number is none from 1 to 12.
    pub fn first(self) -> NaiveDate {
        NaiveDate::from_ymd_opt(self.year, self.number, 1)
            .expect("months are made from dates or checked pairs")
    }

    /// Its last day.
    pub fn last(self) -> NaiveDate {
        before(self.next().first())
    }

    /// How many days it has.
    pub fn days(self) -> i64 {
        i64::from(self.last().day())
    }

    /// The one after it.
    #[must_use]
    pub fn next(self) -> Self {
        self.plus(1)
    }

    /// So many months later.
    #[must_use]
    pub fn plus(self, months: u32) -> Self {
        Self::of(self.first() + Months::new(months))
    }

    /// So many months earlier.
    #[must_use]
    pub fn minus(self, months: u32) -> Self {
        Self::of(self.first() - Months::new(months))
    }

    /// A day of it; beyond its end, its last.
    pub fn day(self, number: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(self.year, self.number, number).unwrap_or_else(|| self.last())
    }

    /// Every day of it.
    pub fn each_day(self) -> impl Iterator<Item = NaiveDate> {
        self.first().iter_days().take_while(move |date| *date <= self.last())
    }

    /// Whether a day lies in it.
    pub fn holds(self, date: NaiveDate) -> bool {
        Self::of(date) == self
    }

    /// Year and number.
    pub fn pair(self) -> (i32, u32) {
        (self.year, self.number)
    }
}

/// The day before.
pub(crate) fn before(date: NaiveDate) -> NaiveDate {
    date - Days::new(1)
}

/// The day after.
pub(crate) fn after(date: NaiveDate) -> NaiveDate {
    date + Days::new(1)
}

/// A number of days later.
pub(crate) fn later(date: NaiveDate, days: u64) -> NaiveDate {
    date + Days::new(days)
}

/// Days from one day to another, both counted.
pub(crate) fn inclusive_days(from: NaiveDate, to: NaiveDate) -> i64 {
    (to - from).num_days() + 1
}

/// A day given as text in code.
pub(crate) fn day(text: &str) -> NaiveDate {
    NaiveDate::parse_from_str(text, "%Y-%m-%d").expect("days are written YYYY-MM-DD")
}
