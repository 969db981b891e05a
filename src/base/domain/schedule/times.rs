//! Times of day, days of the week and quiet windows, as settings write them.

#![expect(missing_docs, reason = "what has no sentence is what its name says")]

use std::{fmt, str::FromStr};

use chrono::Weekday;

use super::weekday_word;

const DAY: u16 = 24 * 60;

/// What was written is none of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoSuchTime;

/// A minute of the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TimeOfDay(u16);

impl TimeOfDay {
    pub(super) fn at_hour(hour: u16) -> Self {
        Self(hour.min(23) * 60)
    }

    pub(super) fn of(hour: u32, minute: u32) -> Self {
        Self(u16::try_from(hour * 60 + minute).unwrap_or(0))
    }

    /// Minutes since midnight.
    pub(super) fn minute(self) -> u16 {
        self.0
    }
}

/// Minutes since midnight, as `06:30`.
fn minutes(text: &str) -> Result<u16, NoSuchTime> {
    let (hour, minute) = text.split_once(':').ok_or(NoSuchTime)?;
    let number = |text: &str, most: u16| -> Result<u16, NoSuchTime> {
        let digits = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        let number = text.parse().ok().filter(|number| digits && *number <= most);
        number.ok_or(NoSuchTime)
    };
    let minutes = number(hour, 24)? * 60 + number(minute, 59)?;
    if minutes <= DAY { Ok(minutes) } else { Err(NoSuchTime) }
}

fn written(minutes: u16, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(f, "{:02}:{:02}", minutes / 60, minutes % 60)
}

/// `06:30`.
impl FromStr for TimeOfDay {
    type Err = NoSuchTime;

    fn from_str(text: &str) -> Result<Self, NoSuchTime> {
        minutes(text).ok().filter(|minutes| *minutes < DAY).map(Self).ok_or(NoSuchTime)
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        written(self.0, f)
    }
}

/// Days of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weekdays([bool; 7]);

impl Weekdays {
    pub const EVERY: Self = Self([true; 7]);

    #[must_use]
    pub fn of(days: impl IntoIterator<Item = Weekday>) -> Self {
        let mut all = [false; 7];
        for day in days {
            all[day.num_days_from_monday() as usize] = true;
        }
        Self(all)
    }

    #[must_use]
    pub fn has(self, day: Weekday) -> bool {
        self.0[day.num_days_from_monday() as usize]
    }

    #[must_use]
    pub fn is_empty(self) -> bool {
        self == Self([false; 7])
    }

    /// From Monday on.
    pub fn days(self) -> impl Iterator<Item = Weekday> {
        let days = [
            Weekday::Mon,
            Weekday::Tue,
            Weekday::Wed,
            Weekday::Thu,
            Weekday::Fri,
            Weekday::Sat,
            Weekday::Sun,
        ];
        days.into_iter().filter(move |day| self.has(*day))
    }
}

/// `every day`, or `mon tue`.
impl fmt::Display for Weekdays {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::EVERY {
            return f.write_str("every day");
        }
        let days: Vec<&str> = self.days().map(weekday_word).collect();
        f.write_str(&days.join(" "))
    }
}

/// A stretch of one day of each month, its end not with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuietWindow {
    day: u32,
    from: u16,
    until: u16,
}

impl QuietWindow {
    pub(super) fn has(self, day: u32, time: TimeOfDay) -> bool {
        self.day == day && (self.from..self.until).contains(&time.0)
    }
}

/// `01 00:00-12:00`: the day of the month, and the times; `24:00` is the end of the day.
impl FromStr for QuietWindow {
    type Err = NoSuchTime;

    fn from_str(text: &str) -> Result<Self, NoSuchTime> {
        let (day, times) = text.split_once(' ').ok_or(NoSuchTime)?;
        let (from, until) = times.split_once('-').ok_or(NoSuchTime)?;
        let day = day.parse().ok().filter(|number| day.len() == 2 && (1..=31).contains(number));
        let window =
            Self { day: day.ok_or(NoSuchTime)?, from: minutes(from)?, until: minutes(until)? };
        if window.from < window.until { Ok(window) } else { Err(NoSuchTime) }
    }
}

impl fmt::Display for QuietWindow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02} ", self.day)?;
        written(self.from, f)?;
        f.write_str("-")?;
        written(self.until, f)
    }
}
