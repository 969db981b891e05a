//! Values as PRISM may give them: null or absent, a number or its text. Bounded, so that arithmetic cannot overflow.

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime};
use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::Value;

use crate::{
    domain::{Day, Money},
    http::{clean, first_characters},
};

/// Longest text kept of a member; descriptions are the longest.
const LONGEST: usize = 4_000;

/// Largest amount or quantity that is believed: 10^12.
const LARGEST: i64 = 1_000_000_000_000;

/// A member of any type.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(transparent)]
pub(super) struct Loose(Value);

impl Loose {
    /// The text, cleaned; a number as its digits. None where there is nothing.
    pub(super) fn text(&self) -> Option<String> {
        let text = match &self.0 {
            Value::String(text) => tidy(text),
            Value::Number(number) => tidy(&number.to_string()),
            _ => return None,
        };
        Some(text).filter(|text| !text.is_empty())
    }

    /// The texts of a list; one alone is a list of one.
    pub(super) fn texts(&self) -> Vec<String> {
        match &self.0 {
            Value::Array(all) => all.iter().filter_map(|one| Self(one.clone()).text()).collect(),
            _ => self.text().into_iter().collect(),
        }
    }

    /// The decimal; none where there is nothing, an error where it is no number or an absurd one.
    pub(super) fn decimal(&self) -> Result<Option<Decimal>, String> {
        match &self.0 {
            Value::Null => Ok(None),
            Value::Number(number) => decimal(&number.to_string()).map(Some),
            Value::String(text) if text.trim().is_empty() => Ok(None),
            Value::String(text) => decimal(text).map(Some),
            other => Err(format!("“{}” is no number", first_characters(&other.to_string(), 40))),
        }
    }

    /// The amount.
    pub(super) fn money(&self) -> Result<Option<Money>, String> {
        Ok(self.decimal()?.map(Money))
    }

    /// The whole number; none where it is none.
    pub(super) fn whole(&self) -> Option<i64> {
        let number = self.decimal().ok()??;
        number.trunc().to_string().parse().ok()
    }

    /// The truth value, in any letter case.
    pub(super) fn truth(&self) -> Option<bool> {
        match &self.0 {
            Value::Bool(truth) => Some(*truth),
            Value::String(text) if text.eq_ignore_ascii_case("true") => Some(true),
            Value::String(text) if text.eq_ignore_ascii_case("false") => Some(false),
            _ => None,
        }
    }

    /// The day; none where there is none that can be understood.
    pub(super) fn day(&self) -> Option<Day> {
        self.0.as_str().and_then(day)
    }
}

/// A list, row by row: one that cannot be read is odd, and no other (sync-rules 4.2).
#[derive(Debug)]
pub(super) struct LooseRows<T> {
    /// Each with why it cannot be read, where it cannot.
    pub(super) all: Vec<Result<T, String>>,
    /// Why there is nothing in it, where it is no list at all.
    pub(super) fault: Option<String>,
}

impl<T> Default for LooseRows<T> {
    fn default() -> Self {
        Self { all: Vec::new(), fault: None }
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for LooseRows<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let no_list = |other: &Value| {
            format!("“{}” is no list", first_characters(&clean(&other.to_string()), 40))
        };
        Ok(match Value::deserialize(from)? {
            Value::Null => Self::default(),
            Value::Array(rows) => Self { all: rows.into_iter().map(row).collect(), fault: None },
            other => Self { all: Vec::new(), fault: Some(no_list(&other)) },
        })
    }
}

fn row<T: DeserializeOwned>(value: Value) -> Result<T, String> {
    if !value.is_object() {
        let shown = first_characters(&clean(&value.to_string()), 40);
        return Err(format!("“{shown}” is no record"));
    }
    T::deserialize(value).map_err(|why| first_characters(&clean(&why.to_string()), 80))
}

/// Cleaned, trimmed and bounded.
pub(super) fn tidy(text: &str) -> String {
    first_characters(clean(text).trim(), LONGEST)
}

/// A decimal of believable size.
pub(super) fn decimal(text: &str) -> Result<Decimal, String> {
    let text = text.trim();
    let wrong = || format!("“{}” is no number", first_characters(&clean(text), 40));
    if text.len() > 64 {
        return Err(wrong());
    }
    let number: Decimal =
        text.parse().or_else(|_| Decimal::from_scientific(text)).map_err(|_| wrong())?;
    if number.abs() > Decimal::from(LARGEST) {
        return Err(format!("{} is absurdly large", first_characters(&clean(text), 40)));
    }
    Ok(number)
}

/// The day of a time with or without fraction and offset. Times are UTC; a midnight of another offset means the
/// day that is written.
pub(super) fn day(text: &str) -> Option<Day> {
    moment(text).map(|moment| moment.day)
}

/// What is wrong with the day of a charge.
pub(super) struct NoMidnight {
    pub why: String,
    /// The day in whose course the time lies, if it is one.
    pub day: Option<Day>,
}

/// The day of a charge, which is promised as a midnight: any other time leaves open which day is meant (sync-rules 2.9).
pub(super) fn midnight(text: &str) -> Result<Day, NoMidnight> {
    let shown = || first_characters(&tidy(text), 40);
    match moment(text) {
        Some(DayStamp { day, midnight: true }) => Ok(day),
        Some(DayStamp { day, midnight: false }) => Err(NoMidnight {
            why: format!("“{}” has a time of day where a midnight is promised", shown()),
            day: Some(day),
        }),
        None => Err(NoMidnight { why: format!("“{}” is no day", shown()), day: None }),
    }
}

/// A time, as far as days go.
#[derive(Clone, Copy)]
struct DayStamp {
    day: Day,
    midnight: bool,
}

fn moment(text: &str) -> Option<DayStamp> {
    let text = text.trim();
    let moment = with_offset(text).or_else(|| without_offset(text))?;
    (1990..=2200).contains(&moment.day.0.year()).then_some(moment)
}

impl DayStamp {
    fn midnight_of(date: NaiveDate) -> Self {
        Self { day: Day(date), midnight: true }
    }

    fn of(time: NaiveDateTime) -> Self {
        Self { day: Day(time.date()), midnight: time.time() == NaiveTime::MIN }
    }
}

fn with_offset(text: &str) -> Option<DayStamp> {
    let time = DateTime::parse_from_rfc3339(text)
        .or_else(|_| DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f%z"))
        .ok()?;
    let written = DayStamp::of(time.naive_local());
    Some(if written.midnight { written } else { DayStamp::of(time.naive_utc()) })
}

fn without_offset(text: &str) -> Option<DayStamp> {
    let time = NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f").map(DayStamp::of);
    let date = |_| NaiveDate::parse_from_str(text, "%Y-%m-%d").map(DayStamp::midnight_of);
    time.or_else(date).ok()
}
