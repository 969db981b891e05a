//! Days out of Autotask's dates (wire/autotask 3): every form that was seen, all UTC.
//!
//! It must not guess: what is no date of this age is refused or nothing.

use chrono::{Datelike, NaiveDate, NaiveDateTime};
use serde::{Deserialize, Deserializer, de::Error};

use crate::domain::Day;

/// Years that a contract or row can have; `0001-01-01` stands for no date, and others would make arithmetic absurd.
const YEARS: std::ops::RangeInclusive<i32> = 1900..=9999;

/// The day of a date with or without time, fraction or offset; without offset it is UTC.
pub(crate) fn parse(text: &str) -> Option<Day> {
    let text = text.trim();
    let day = whole_day(text).or_else(|| local(text)).or_else(|| with_offset(text))?;
    YEARS.contains(&day.year()).then_some(Day(day))
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
    let text = String::deserialize(deserializer)?;
    parse(&text).ok_or_else(|| D::Error::custom(format_args!("{text:?} is no date")))
}

/// Null and the year 1 are no date; anything else must be one.
pub(super) fn day_or_none<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Day>, D::Error> {
    let Some(text) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
    match parse(&text) {
        None if !text.trim().is_empty() && !text.starts_with("0001-01-01") => {
            Err(D::Error::custom(format_args!("{text:?} is no date")))
        }
        day => Ok(day),
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
