//! One member of a record, and how JSON becomes its value: the only place that reads numbers, dates and flags of a request. What
//! is kept has one form for each kind, so that values can be compared. It knows kinds, not records.

use chrono::{Datelike, NaiveDate, NaiveDateTime};
use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::{Map, Number, Value, json};

use super::table::Table;

/// No length is published.
pub(super) const ANY_LENGTH: usize = 1_000_000;

/// Numbers beyond this are refused, so that no later product overflows.
const LARGEST: i64 = 10_000_000_000;

/// Fraction digits that are kept.
const SCALE: u32 = 6;

/// The years that a date may have.
const YEARS: std::ops::RangeInclusive<i32> = 1753..=9999;

/// What a member holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Whole,
    Number,
    Flag,
    Day,
    /// Up to so many characters.
    Text(usize),
    /// One of these.
    Word(&'static [&'static str]),
    /// Another record; of a table that is not kept, none is known.
    Reference(Option<Table>),
    List,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    Read,
    Written,
    Required,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Member {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) access: Access,
}

/// The members of a table's records, and what errors call such a record.
#[derive(Clone, Copy, Debug)]
pub(super) struct Model {
    pub(super) name: &'static str,
    pub(super) members: &'static [Member],
}

pub(super) const fn read(name: &'static str, kind: Kind) -> Member {
    Member { name, kind, access: Access::Read }
}

pub(super) const fn written(name: &'static str, kind: Kind) -> Member {
    Member { name, kind, access: Access::Written }
}

pub(super) const fn required(name: &'static str, kind: Kind) -> Member {
    Member { name, kind, access: Access::Required }
}

impl Model {
    /// A member by its exact name.
    pub(super) fn member(&self, name: &str) -> Option<&'static Member> {
        self.members.iter().find(|member| member.name == name)
    }

    /// A member by its name without case.
    pub(super) fn alike(&self, name: &str) -> Option<&'static Member> {
        self.members.iter().find(|member| member.name.eq_ignore_ascii_case(name))
    }
}

/// Why a value is none for a member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Misfit {
    /// Of another kind.
    Kind,
    /// No flag at all: the server breaks on it.
    Flag,
    /// Longer than so many characters.
    Length(usize),
    /// Beyond what can be kept.
    Range,
}

impl Kind {
    /// The same without a bound on its length.
    pub(super) fn any_length(self) -> Self {
        match self {
            Self::Text(_) => Self::Text(ANY_LENGTH),
            kind => kind,
        }
    }

    /// A value of a request in the form in which it is kept; `null` and empty texts are the caller's.
    pub(super) fn read(self, value: &Value) -> Result<Value, Misfit> {
        match self {
            Self::Whole => {
                let whole = decimal(value)
                    .and_then(|number| i32::try_from(number).ok().filter(|_| number.is_integer()));
                whole.map(Value::from).ok_or(Misfit::Kind)
            }
            Self::Number => {
                let number = decimal(value).ok_or(Misfit::Kind)?;
                if number.abs() > Decimal::from(LARGEST) {
                    return Err(Misfit::Range);
                }
                Ok(number_json(rounded(number, SCALE)))
            }
            Self::Flag => flag(value),
            Self::Day => day(value).map(day_json).ok_or(Misfit::Kind),
            Self::Text(most) => {
                let text = value.as_str().ok_or(Misfit::Kind)?;
                if text.chars().count() > most {
                    return Err(Misfit::Length(most));
                }
                Ok(Value::from(text.replace(['\r', '\n', '\t'], " ")))
            }
            Self::Word(words) => {
                let word = value.as_str().ok_or(Misfit::Kind)?;
                let known = words.iter().find(|known| known.eq_ignore_ascii_case(word));
                known.map(|word| Value::from(*word)).ok_or(Misfit::Range)
            }
            Self::Reference(_) => {
                value.as_object().map(|named| Value::from(bare(named))).ok_or(Misfit::Kind)
            }
            Self::List => {
                value.as_array().map(|list| Value::from(list.clone())).ok_or(Misfit::Kind)
            }
        }
    }
}

/// A reference without what only answers carry.
fn bare(named: &Map<String, Value>) -> Map<String, Value> {
    let told = named.iter().filter(|(name, value)| *name != "_info" && !value.is_null());
    told.map(|(name, value)| (name.clone(), value.clone())).collect()
}

fn flag(value: &Value) -> Result<Value, Misfit> {
    match value {
        Value::Bool(flag) => Ok(Value::from(*flag)),
        Value::String(text) if text.eq_ignore_ascii_case("true") => Ok(json!(true)),
        Value::String(text) if text.eq_ignore_ascii_case("false") => Ok(json!(false)),
        Value::String(_) => Err(Misfit::Flag),
        _ => Err(Misfit::Kind),
    }
}

/// A JSON number without passing a float.
pub(super) fn decimal(value: &Value) -> Option<Decimal> {
    let Value::Number(number) = value else { return None };
    let text = number.to_string();
    if text.len() > 40 {
        return None;
    }
    Decimal::from_str_exact(&text).or_else(|_| Decimal::from_scientific(&text)).ok()
}

/// Half a unit of the last place goes away from zero.
pub(super) fn rounded(number: Decimal, places: u32) -> Decimal {
    number.round_dp_with_strategy(places, RoundingStrategy::MidpointAwayFromZero)
}

/// As the server writes doubles: no needless zeros, and at least one digit after the point.
pub(super) fn number_json(number: Decimal) -> Value {
    let mut number = number.normalize();
    number.rescale(number.scale().max(1));
    number.to_string().parse::<Number>().map_or(Value::Null, Value::Number)
}

/// Money of a bill: two places.
pub(super) fn money_json(number: Decimal) -> Value {
    let mut number = rounded(number, 2);
    number.rescale(2);
    number.to_string().parse::<Number>().map_or(Value::Null, Value::Number)
}

/// The day of a date or of a moment in UTC.
fn day(value: &Value) -> Option<NaiveDate> {
    moment(value.as_str()?).map(|at| at.date())
}

/// A date, or a date with a time in UTC.
pub(super) fn moment(text: &str) -> Option<NaiveDateTime> {
    let text = text.trim();
    let at = if let Ok(day) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        day.and_time(chrono::NaiveTime::MIN)
    } else if let Ok(at) = chrono::DateTime::parse_from_rfc3339(text) {
        at.naive_utc()
    } else {
        NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f").ok()?
    };
    YEARS.contains(&at.year()).then_some(at)
}

pub(super) fn day_json(day: NaiveDate) -> Value {
    Value::from(format!("{day}T00:00:00Z"))
}

pub(super) fn moment_text(at: NaiveDateTime) -> String {
    at.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("6", "6.0")]
    #[case("8.00", "8.0")]
    #[case("3.35", "3.35")]
    #[case("-0.0000004", "0.0")]
    #[case("1e2", "100.0")]
    fn numbers_are_written_as_doubles_and_never_pass_one(#[case] sent: &str, #[case] kept: &str) {
        let number: Value = serde_json::from_str(sent).unwrap();
        assert_eq!(Kind::Number.read(&number).unwrap().to_string(), kept);
    }

    #[rstest]
    #[case(Kind::Whole, json!("7"), Misfit::Kind)]
    #[case(Kind::Whole, json!(5_000_000_000_i64), Misfit::Kind)]
    #[case(Kind::Number, json!("1"), Misfit::Kind)]
    #[case(Kind::Number, json!(99_999_999_999_i64), Misfit::Range)]
    #[case(Kind::Day, json!("19/03/2024"), Misfit::Kind)]
    #[case(Kind::Flag, json!("maybe"), Misfit::Flag)]
    #[case(Kind::Text(3), json!("four"), Misfit::Length(3))]
    #[case(Kind::Word(&["Billable"]), json!("Free"), Misfit::Range)]
    #[case(Kind::Reference(None), json!(7), Misfit::Kind)]
    fn what_is_not_of_the_kind_is_refused(
        #[case] kind: Kind,
        #[case] value: Value,
        #[case] why: Misfit,
    ) {
        assert_eq!(kind.read(&value).unwrap_err(), why);
    }

    #[rstest]
    #[case("2024-03-19")]
    #[case("2024-03-19T00:00:00Z")]
    #[case("2024-03-19T22:15:00Z")]
    fn a_date_is_kept_as_midnight(#[case] sent: &str) {
        assert_eq!(Kind::Day.read(&json!(sent)).unwrap(), "2024-03-19T00:00:00Z");
    }
}
