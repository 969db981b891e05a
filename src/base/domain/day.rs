//! Calendar days and usage months. All of PRISM and Autotask is UTC (wire/prism 3, wire/autotask 3), so a day needs no zone.

use std::{fmt, str::FromStr};

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};

/// A calendar day, in UTC.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Day(pub NaiveDate);

impl Day {
    /// The day by year, month (1–12) and day of month; none where no such day exists.
    #[must_use]
    pub fn new(year: i32, month: u32, day: u32) -> Option<Self> {
        NaiveDate::from_ymd_opt(year, month, day).map(Self)
    }

    /// The day after.
    #[must_use]
    pub fn next(self) -> Self {
        self.plus(1)
    }

    /// The day before.
    #[must_use]
    pub fn previous(self) -> Self {
        self.plus(-1)
    }

    /// The day `days` later (earlier where negative); stays at the calendar's edge.
    #[must_use]
    pub fn plus(self, days: i64) -> Self {
        let moved = chrono::TimeDelta::try_days(days).and_then(|d| self.0.checked_add_signed(d));
        Self(moved.unwrap_or(if days < 0 { NaiveDate::MIN } else { NaiveDate::MAX }))
    }

    /// Whole days from `earlier` to this day; negative where this day comes first.
    #[must_use]
    pub fn since(self, earlier: Self) -> i64 {
        self.0.signed_duration_since(earlier.0).num_days()
    }

    /// The month this day lies in.
    #[must_use]
    pub fn month(self) -> UsageMonth {
        UsageMonth { year: self.0.year(), month: self.0.month() }
    }

    /// The day `months` later, cut to the month's end where it has fewer days (wire/autotask 11.1: steps clamp).
    pub(crate) fn plus_months(self, months: u32) -> Self {
        Self(self.0.checked_add_months(chrono::Months::new(months)).unwrap_or(NaiveDate::MAX))
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0.format("%Y-%m-%d").to_string())
    }
}

impl fmt::Debug for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.format("%Y-%m-%d"))
    }
}

impl FromStr for Day {
    type Err = chrono::ParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        NaiveDate::parse_from_str(text, "%Y-%m-%d").map(Self)
    }
}

/// The month in which something was consumed. The invoice of October holds September's usage (wire/prism 9).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct UsageMonth {
    year: i32,
    month: u32,
}

/// The text is no month of the form `YYYY-MM`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("“{0}” is no month; write it as YYYY-MM, for example 2026-09")]
pub struct NoMonth(pub String);

impl UsageMonth {
    /// The month by year and number (1–12).
    ///
    /// # Errors
    /// Where the calendar has no such month.
    pub fn new(year: i32, month: u32) -> Result<Self, NoMonth> {
        Day::new(year, month, 1).map(Day::month).ok_or_else(|| NoMonth(format!("{year}-{month}")))
    }

    /// Its year.
    #[must_use]
    pub fn year(self) -> i32 {
        self.year
    }

    /// Its number, 1–12.
    #[must_use]
    pub fn number(self) -> u32 {
        self.month
    }

    /// The 1st.
    #[must_use]
    pub fn first_day(self) -> Day {
        Day(NaiveDate::from_ymd_opt(self.year, self.month, 1).unwrap_or(NaiveDate::MIN))
    }

    /// The last day, inclusive.
    #[must_use]
    pub fn last_day(self) -> Day {
        self.next().first_day().previous()
    }

    /// How many days it has.
    #[must_use]
    pub fn days(self) -> i64 {
        self.next().first_day().since(self.first_day())
    }

    /// The month after.
    #[must_use]
    pub fn next(self) -> Self {
        self.first_day().plus_months(1).month()
    }

    /// The month before.
    #[must_use]
    pub fn previous(self) -> Self {
        self.first_day().previous().month()
    }

    /// Whether the day lies in it.
    #[must_use]
    pub fn contains(self, day: Day) -> bool {
        day.month() == self
    }
}

impl fmt::Display for UsageMonth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{:04}-{:02}", self.year, self.month))
    }
}

impl fmt::Debug for UsageMonth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl FromStr for UsageMonth {
    type Err = NoMonth;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || NoMonth(text.to_owned());
        let (year, month) = text.split_once('-').ok_or_else(wrong)?;
        if year.len() != 4 || month.len() != 2 {
            return Err(wrong());
        }
        let (year, month) =
            (year.parse().map_err(|_| wrong())?, month.parse().map_err(|_| wrong())?);
        Self::new(year, month).map_err(|_| wrong())
    }
}

impl From<UsageMonth> for String {
    fn from(month: UsageMonth) -> Self {
        month.to_string()
    }
}

impl TryFrom<String> for UsageMonth {
    type Error = NoMonth;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}
