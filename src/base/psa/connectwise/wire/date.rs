//! Days out of ConnectWise's dates (wire/connectwise 7): the first ten characters, whatever zone follows them.
//!
//! It must not convert zones, and it must not guess: what is no date of this age is refused or nothing.

use chrono::Datelike;
use serde::{Deserialize, Deserializer, de::Error};

use crate::domain::Day;

/// Years that a line or an agreement can have; the year 1 stands for no date.
const YEARS: std::ops::RangeInclusive<i32> = 1900..=9999;

/// `2024-04-01` of `2024-04-01T00:00:00Z`.
const DAY: usize = 10;

/// Stands for no date.
const NO_DATE: &str = "0001-01-01";

/// The day of a date with or without a time.
fn parse(text: &str) -> Option<Day> {
    let text = text.trim();
    let (day, rest) = text.split_at_checked(DAY)?;
    let ends = rest.is_empty() || rest.starts_with(['T', 't', ' ']);
    let day: Day = ends.then(|| day.parse().ok()).flatten()?;
    YEARS.contains(&day.0.year()).then_some(day)
}

/// As ConnectWise wants a day: midnight, with the letter of UTC.
pub(crate) fn midnight(day: Day) -> String {
    format!("{day}T00:00:00Z")
}

/// A day that must be there.
pub(super) fn day<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Day, D::Error> {
    day_or_none(deserializer)?.ok_or_else(|| D::Error::custom("no date"))
}

/// A day; absent, null, empty and the year 1 are none, anything else must be a date.
pub(super) fn day_or_none<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Day>, D::Error> {
    let Some(text) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
    match parse(&text) {
        None if !text.trim().is_empty() && !text.starts_with(NO_DATE) => {
            Err(D::Error::custom("no date"))
        }
        day => Ok(day),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[derive(Debug, Deserialize)]
    struct Dated {
        #[serde(default, deserialize_with = "day_or_none")]
        date: Option<Day>,
    }

    #[rstest]
    #[case("2024-04-01T00:00:00Z", "2024-04-01")]
    #[case("2024-04-01T23:30:00Z", "2024-04-01")]
    #[case("2024-04-01T22:00:00-04:00", "2024-04-01")]
    #[case("2024-04-01T00:00:00.123", "2024-04-01")]
    #[case("2024-04-01 00:00:00", "2024-04-01")]
    #[case("2024-04-01", "2024-04-01")]
    fn a_date_is_its_first_ten_characters(#[case] text: &str, #[case] day: &str) {
        assert_eq!(parse(text).map(|day| day.to_string()).as_deref(), Some(day));
    }

    #[rstest]
    #[case(r#"{"date": null}"#)]
    #[case(r#"{"date": ""}"#)]
    #[case(r#"{"date": "0001-01-01T00:00:00Z"}"#)]
    #[case("{}")]
    fn absent_null_and_empty_are_alike(#[case] json: &str) {
        assert_eq!(serde_json::from_str::<Dated>(json).expect("an answer").date, None);
    }

    #[rstest]
    #[case("soon")]
    #[case("2024-02-30T00:00:00Z")]
    #[case("04/01/2024")]
    #[case("2024-04-011")]
    #[case("12024-04-01")]
    #[case("ääääääääää")]
    fn what_is_no_date_is_refused(#[case] text: &str) {
        let json = serde_json::json!({"date": text}).to_string();
        assert!(serde_json::from_str::<Dated>(&json).is_err());
    }

    #[test]
    fn a_day_is_sent_as_midnight() {
        let day = parse("2026-09-19").expect("a day");
        assert_eq!(midnight(day), "2026-09-19T00:00:00Z");
    }
}
