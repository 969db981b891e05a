//! A record as it is kept: the members that were written, and who entered and changed it when. What follows from them is made
//! when it is shown.

use chrono::{NaiveDate, NaiveDateTime};
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

use super::member::{day_json, decimal, moment, number_json};

/// Who did something, and when.
#[derive(Clone, Debug)]
pub(super) struct Stamp {
    pub(super) at: NaiveDateTime,
    pub(super) by: Box<str>,
}

/// Values by the names of members; one without a value is not there.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Values(pub(super) Map<String, Value>);

impl Values {
    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.as_str()
    }

    pub(super) fn number(&self, name: &str) -> Option<Decimal> {
        decimal(self.get(name)?)
    }

    pub(super) fn flag(&self, name: &str) -> bool {
        self.get(name) == Some(&Value::Bool(true))
    }

    pub(super) fn day(&self, name: &str) -> Option<NaiveDate> {
        moment(self.text(name)?).map(|at| at.date())
    }

    /// The id of the record that a member refers to.
    pub(super) fn reference(&self, name: &str) -> Option<i64> {
        self.get(name)?.get("id")?.as_i64()
    }

    pub(super) fn set(&mut self, name: &str, value: Value) {
        self.0.insert(name.to_owned(), value);
    }

    pub(super) fn unset(&mut self, name: &str) {
        self.0.remove(name);
    }

    #[must_use]
    pub(super) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.set(name, value.into());
        self
    }

    /// With a text, unless it is empty.
    #[must_use]
    pub(super) fn with_text(self, name: &str, text: &str) -> Self {
        if text.is_empty() { self } else { self.with(name, text) }
    }

    #[must_use]
    pub(super) fn with_number(self, name: &str, number: Decimal) -> Self {
        self.with(name, number_json(number))
    }

    #[must_use]
    pub(super) fn with_day(self, name: &str, day: Option<NaiveDate>) -> Self {
        match day {
            Some(day) => self.with(name, day_json(day)),
            None => self,
        }
    }

    #[must_use]
    pub(super) fn with_reference(self, name: &str, id: i64) -> Self {
        self.with(name, json!({ "id": id }))
    }
}

#[derive(Clone, Debug)]
pub(super) struct Record {
    pub(super) id: i64,
    pub(super) values: Values,
    pub(super) entered: Stamp,
    pub(super) updated: Stamp,
}
