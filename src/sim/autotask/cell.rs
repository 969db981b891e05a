//! One value of a row, and how JSON becomes one: the only place that reads numbers, dates and flags
//! of a request. It knows types, not entities.

use std::cmp::Ordering;

use chrono::{Datelike, NaiveDate, NaiveDateTime, NaiveTime};
use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::{Number, Value};

use crate::assumptions::{DateForm, LetterCase, MoneyDecimals};

/// Amounts beyond this are refused, so that no later product of units, price and days overflows.
const LARGEST_AMOUNT: i64 = 10_000_000_000;

/// Fraction digits the database keeps of money.
const SCALE: u32 = 4;

/// A stored value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Cell {
    Null,
    Flag(bool),
    Whole(i64),
    Amount(Decimal),
    Text(Box<str>),
    Moment(NaiveDateTime),
}

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Integer,
    Long,
    Amount,
    Text,
    Day,
    Moment,
    Flag,
}

impl Kind {
    /// The word metadata uses.
    pub(super) fn data_type(self) -> &'static str {
        match self {
            Self::Integer => "integer",
            Self::Long => "long",
            Self::Amount => "decimal",
            Self::Text => "string",
            Self::Day | Self::Moment => "datetime",
            Self::Flag => "boolean",
        }
    }

    /// Whether a value of this kind has a time of day that goes nowhere.
    pub(super) fn drops_time(self, value: &Value) -> bool {
        self == Self::Day && moment(value).is_some_and(|at| at.time() != NaiveTime::MIN)
    }

    /// Reads a JSON value strictly; `None` when it is not of this kind. `null` is the caller's.
    pub(super) fn read(self, value: &Value) -> Option<Cell> {
        match self {
            Self::Integer => whole(value).filter(|n| i32::try_from(*n).is_ok()).map(Cell::Whole),
            Self::Long => whole(value).map(Cell::Whole),
            Self::Amount => amount(value).map(Cell::Amount),
            Self::Text => text(value).map(|text| Cell::text(&text)),
            Self::Day => moment(value).map(|at| Cell::day(at.date())),
            Self::Moment => moment(value).map(Cell::Moment),
            Self::Flag => value.as_bool().map(Cell::Flag),
        }
    }
}

impl Cell {
    pub(super) fn day(day: NaiveDate) -> Self {
        Self::Moment(day.and_time(NaiveTime::MIN))
    }

    pub(super) fn text(text: &str) -> Self {
        if text.is_empty() { Self::Null } else { Self::Text(text.into()) }
    }

    /// An amount with the decimals that money keeps; anything else as it is.
    pub(super) fn kept(self, decimals: MoneyDecimals) -> Self {
        match (self, decimals) {
            (Self::Amount(amount), MoneyDecimals::Two) => Self::Amount(cents(amount)),
            (cell, _) => cell,
        }
    }

    pub(super) fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    pub(super) fn whole(&self) -> Option<i64> {
        if let Self::Whole(number) = self { Some(*number) } else { None }
    }

    pub(super) fn amount(&self) -> Option<Decimal> {
        if let Self::Amount(number) = self { Some(*number) } else { None }
    }

    pub(super) fn as_text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    pub(super) fn date(&self) -> Option<NaiveDate> {
        if let Self::Moment(at) = self { Some(at.date()) } else { None }
    }

    pub(super) fn is_true(&self) -> bool {
        matches!(self, Self::Flag(true))
    }

    /// How it is written in a reply: money with four places, times in UTC.
    pub(super) fn json(&self, form: DateForm) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Flag(flag) => Value::Bool(*flag),
            Self::Whole(number) => Value::from(*number),
            Self::Amount(number) => number_json(*number, SCALE),
            Self::Text(text) => Value::from(text.as_ref()),
            Self::Moment(at) => Value::from(moment_text(at, form)),
        }
    }

    /// Database order: text without case, `None` where either side is null or the kinds differ.
    pub(super) fn order(&self, other: &Self) -> Option<Ordering> {
        self.order_by(other, LetterCase::Blind)
    }

    /// The same, letters told apart by case where the database does so.
    pub(super) fn order_by(&self, other: &Self, case: LetterCase) -> Option<Ordering> {
        match (self, other) {
            (Self::Text(a), Self::Text(b)) if case == LetterCase::Exact => Some(a.cmp(b)),
            (Self::Flag(a), Self::Flag(b)) => Some(a.cmp(b)),
            (Self::Whole(a), Self::Whole(b)) => Some(a.cmp(b)),
            (Self::Amount(a), Self::Amount(b)) => Some(a.cmp(b)),
            (Self::Moment(a), Self::Moment(b)) => Some(a.cmp(b)),
            (Self::Text(a), Self::Text(b)) => Some(a.to_lowercase().cmp(&b.to_lowercase())),
            _ => None,
        }
    }
}

/// A decimal as a JSON number with exactly this many places.
pub(crate) fn number_json(number: Decimal, places: u32) -> Value {
    let mut number = number;
    number.rescale(places.max(number.normalize().scale()));
    number.to_string().parse::<Number>().map_or(Value::Null, Value::Number)
}

/// Half a cent rounds away from zero.
pub(super) fn cents(number: Decimal) -> Decimal {
    let mut cents = number.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero);
    cents.rescale(2);
    cents
}

fn moment_text(at: &NaiveDateTime, form: DateForm) -> String {
    let whole = at.and_utc().timestamp_subsec_millis() == 0;
    let pattern = match form {
        DateForm::Utc if whole => "%Y-%m-%dT%H:%M:%SZ",
        DateForm::Utc => "%Y-%m-%dT%H:%M:%S%.3fZ",
        DateForm::Bare => "%Y-%m-%dT%H:%M:%S",
        DateForm::Fraction => "%Y-%m-%dT%H:%M:%S%.6f0Z",
    };
    at.format(pattern).to_string()
}

fn literal(value: &Value) -> Option<String> {
    match value {
        Value::Number(number) => Some(number.to_string()),
        Value::String(text) => Some(text.trim().to_owned()),
        _ => None,
    }
    .filter(|text| text.len() <= 40)
}

fn whole(value: &Value) -> Option<i64> {
    literal(value)?.parse().ok()
}

fn amount(value: &Value) -> Option<Decimal> {
    let text = literal(value)?;
    let number =
        Decimal::from_str_exact(&text).or_else(|_| Decimal::from_scientific(&text)).ok()?;
    (number.abs() <= Decimal::from(LARGEST_AMOUNT))
        .then(|| number.round_dp_with_strategy(SCALE, RoundingStrategy::MidpointAwayFromZero))
}

fn text(value: &Value) -> Option<Box<str>> {
    match value {
        Value::String(text) => Some(text.as_str().into()),
        Value::Number(number) => Some(number.to_string().into()),
        _ => None,
    }
}

/// The years a database date may have.
const YEARS: std::ops::RangeInclusive<i32> = 1753..=9999;

fn moment(value: &Value) -> Option<NaiveDateTime> {
    let text = value.as_str()?.trim();
    let at = if let Ok(day) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        day.and_time(NaiveTime::MIN)
    } else if let Ok(at) = chrono::DateTime::parse_from_rfc3339(text) {
        at.naive_utc()
    } else {
        NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f").ok()?
    };
    YEARS.contains(&at.year()).then_some(at)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    #[rstest]
    #[case("2026-09-19")]
    #[case("2026-09-19T00:00:00")]
    #[case("2026-09-19T13:30:00Z")]
    #[case("2026-09-19T08:52:54.023Z")]
    #[case("2026-09-19T08:52:54.0231234")]
    fn the_time_of_a_date_only_field_is_dropped(#[case] text: &str) {
        let read = Kind::Day.read(&json!(text)).unwrap();
        assert_eq!(read.json(DateForm::Utc), "2026-09-19T00:00:00Z");
    }

    #[rstest]
    #[case(Kind::Day, json!("19/09/2026"))]
    #[case(Kind::Day, json!("+200000-01-01"))]
    #[case(Kind::Day, json!(20_260_919))]
    #[case(Kind::Integer, json!(5_000_000_000_i64))]
    #[case(Kind::Integer, json!("1.0"))]
    #[case(Kind::Amount, json!("1e28"))]
    #[case(Kind::Amount, json!("NaN"))]
    #[case(Kind::Flag, json!("true"))]
    #[case(Kind::Text, json!(["a"]))]
    fn what_is_not_of_the_kind_is_refused(#[case] kind: Kind, #[case] value: Value) {
        assert_eq!(kind.read(&value), None);
    }

    #[rstest]
    #[case("386.645", "386.6450")]
    #[case("8", "8.0000")]
    #[case("-0.00005", "-0.0001")]
    #[case("1e2", "100.0000")]
    fn money_keeps_four_places_and_never_passes_a_float(#[case] text: &str, #[case] kept: &str) {
        let number: Value = serde_json::from_str(text).unwrap();
        assert_eq!(Kind::Amount.read(&number).unwrap().json(DateForm::Utc).to_string(), kept);
    }
}
