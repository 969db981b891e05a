//! Days out of Autotask's dates (wire/autotask 3): every form that was seen, all UTC.
//!
//! It must not guess: what is no date of this age is refused or nothing.

use std::fmt;

use chrono::{Datelike, NaiveDate, NaiveDateTime};
use serde::{
    Deserializer,
    de::{Error, Visitor},
};

use crate::domain::Day;

/// Years that a contract or row can have; `0001-01-01` stands for no date, and others would make arithmetic absurd.
const YEARS: std::ops::RangeInclusive<i32> = 1900..=9999;

/// The day of a date with or without time, fraction or offset; without offset it is UTC.
pub(crate) fn parse(text: &str) -> Option<Day> {
    let text = text.trim();
    let day = usual(text).or_else(|| unusual(text))?;
    YEARS.contains(&day.year()).then_some(Day(day))
}

/// The form that Autotask writes, `2026-09-19T00:00:00Z` with a fraction or without `Z` at most: to try every form on each of
/// the dates of a page costs more than the rest of it.
fn usual(text: &str) -> Option<NaiveDate> {
    let (date, time) = text.split_at_checked(10)?;
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let number = |text: &str| digits(text).then(|| text.parse::<u32>().ok()).flatten();
    let below = |text: Option<&str>, limit| number(text?).filter(|found| *found < limit);
    let time = time.strip_prefix('T')?;
    let time = time.strip_suffix('Z').unwrap_or(time);
    let (time, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let parts = [(0..2, 24), (3..5, 60), (6..8, 60)];
    let in_range = parts.into_iter().all(|(part, limit)| below(time.get(part), limit).is_some());
    let formed = time.len() == 8 && [2, 5].iter().all(|at| time.as_bytes()[*at] == b':');
    let dashed = [4, 7].iter().all(|at| date.as_bytes()[*at] == b'-');
    if !(formed && in_range && dashed && (1..=9).contains(&fraction.len()) && digits(fraction)) {
        return None;
    }
    let year = i32::try_from(number(date.get(..4)?)?).ok()?;
    NaiveDate::from_ymd_opt(year, number(date.get(5..7)?)?, number(date.get(8..)?)?)
}

fn unusual(text: &str) -> Option<NaiveDate> {
    whole_day(text).or_else(|| local(text)).or_else(|| with_offset(text))
}

fn whole_day(text: &str) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()
}

fn local(text: &str) -> Option<NaiveDate> {
    let text = text.strip_suffix(['Z', 'z']).unwrap_or(text);
    NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f").ok().map(|moment| moment.date())
}

fn with_offset(text: &str) -> Option<NaiveDate> {
    chrono::DateTime::parse_from_rfc3339(text).ok().map(|moment| moment.naive_utc().date())
}

/// As Autotask wants a day: midnight UTC.
pub(crate) fn midnight(day: Day) -> String {
    format!("{day}T00:00:00Z")
}

pub(super) fn day<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Day, D::Error> {
    let no_date = || D::Error::custom("null is no date");
    deserializer.deserialize_str(DayVisitor { may_be_none: false })?.ok_or_else(no_date)
}

/// Null and the year 1 are no date; anything else must be one.
pub(super) fn day_or_none<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Day>, D::Error> {
    deserializer.deserialize_option(DayVisitor { may_be_none: true })
}

/// Reads a day out of the text as it lies in the answer: there are two in each row of many thousands.
struct DayVisitor {
    may_be_none: bool,
}

impl<'de> Visitor<'de> for DayVisitor {
    type Value = Option<Day>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a date")
    }

    fn visit_none<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        let day = parse(text);
        let none = text.trim().is_empty() || text.starts_with("0001-01-01");
        if day.is_none() && !(self.may_be_none && none) {
            return Err(E::custom(format_args!("{text:?} is no date")));
        }
        Ok(day)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("2021-12-01T00:00:00Z", "2021-12-01")]
    #[case("2026-07-28T08:52:54.023Z", "2026-07-28")]
    #[case("2026-07-28T23:59:59.1234567Z", "2026-07-28")]
    #[case("2024-01-31T15:04:05.307", "2024-01-31")]
    #[case("2024-01-31T15:04:05", "2024-01-31")]
    #[case("2026-09-19", "2026-09-19")]
    #[case("2026-09-19T22:00:00-04:00", "2026-09-20")]
    #[case("2026-09-19T00:00:00+00:00", "2026-09-19")]
    fn every_form_of_a_date_is_read(#[case] text: &str, #[case] day: &str) {
        assert_eq!(parse(text).map(|day| day.to_string()), Some(day.to_owned()));
    }

    #[rstest]
    #[case("2021-12-01T00:00:00Z")]
    #[case("2028-02-29T23:59:59.1234567Z")]
    #[case("2024-01-31T15:04:05")]
    #[case("0001-01-01T00:00:00")]
    fn the_usual_form_is_read_like_any_other(#[case] text: &str) {
        assert_eq!(usual(text), unusual(text));
        assert!(usual(text).is_some());
    }

    #[rstest]
    #[case("2026-09-19")]
    #[case("2027-02-29T00:00:00Z")]
    #[case("2026-09-19T24:00:00Z")]
    #[case("2026-09-19T00:00:00+00:00")]
    #[case("2026-09-19T00:00:00.Z")]
    #[case("2026-09-19 00:00:00Z")]
    #[case("2026-09-19T00-00-00Z")]
    #[case("2026é09-19T00:00:00")]
    fn no_other_form_is_taken_for_the_usual_one(#[case] text: &str) {
        assert_eq!(usual(text), None);
    }

    #[rstest]
    #[case("0001-01-01T00:00:00")]
    #[case("0001-01-01T00:00:00Z")]
    #[case("+262142-12-31")]
    #[case("-0001-01-01")]
    #[case("")]
    #[case("soon")]
    #[case("2026-02-30")]
    fn what_is_no_date_is_none(#[case] text: &str) {
        assert_eq!(parse(text), None);
    }

    #[test]
    fn a_day_is_sent_as_midnight_utc() {
        let day = parse("2026-09-19").expect("a day");
        assert_eq!(midnight(day), "2026-09-19T00:00:00Z");
    }
}
