//! Numbers out of a target's JSON, exact and bounded: from their literal text, into it with all their digits.
//!
//! A float never touches them, and no magnitude that arithmetic could overflow on gets in. It must not know a vendor: which
//! numbers may be missing is each adapter's own.

use std::fmt;

use rust_decimal::Decimal;
use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, Visitor, value::MapAccessDeserializer},
};
use serde_json::{Number, Value};

/// The largest amount or quantity that is believed, in either direction.
const LARGEST: i64 = 1_000_000_000_000;

/// The longest number that is looked at.
const LONGEST: usize = 40;

/// The largest power of ten that is looked at.
const LARGEST_EXPONENT: u32 = 20;

/// The literal of a number, or what stands in quotes; nothing for null.
pub(super) fn literal<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<String>, D::Error> {
    deserializer.deserialize_any(Literal(|text: &str| Ok(text.to_owned())))
}

/// What `read` makes of that literal.
pub(super) fn from_literal<'de, D: Deserializer<'de>, T>(
    deserializer: D,
    read: impl FnOnce(&str) -> Result<T, &'static str>,
) -> Result<Option<T>, D::Error> {
    deserializer.deserialize_any(Literal(read))
}

struct Literal<F>(F);

impl<'de, T, F: FnOnce(&str) -> Result<T, &'static str>> Visitor<'de> for Literal<F> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        (self.0)(text).map(Some).map_err(E::custom)
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Self::Value, E> {
        self.visit_str(&number.to_string())
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Self::Value, E> {
        self.visit_str(&number.to_string())
    }

    /// Of what was decoded before, and only where it has the very digits that were there.
    fn visit_f64<E: Error>(self, number: f64) -> Result<Self::Value, E> {
        match Number::from_f64(number) {
            Some(number) => self.visit_str(number.as_str()),
            None => Err(E::custom("not a number")),
        }
    }

    /// A number, which the decoder gives with all its digits.
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        let number = Number::deserialize(MapAccessDeserializer::new(map))?;
        self.visit_str(number.as_str())
    }
}

/// The number that a literal is; none where it is none, or none that can be believed.
pub(super) fn decimal(text: &str) -> Option<Decimal> {
    let text = text.trim();
    if text.len() > LONGEST {
        return None;
    }
    let value = match text.split_once(['e', 'E']) {
        None => text.parse().ok()?,
        Some((_, exponent)) => {
            let exponent: i32 = exponent.parse().ok()?;
            (exponent.unsigned_abs() <= LARGEST_EXPONENT).then_some(())?;
            Decimal::from_scientific(text).ok()?
        }
    };
    (value.abs() <= Decimal::from(LARGEST)).then_some(value)
}

/// A number as JSON with its exact digits.
pub(crate) fn exact(number: Decimal) -> Value {
    let text = number.normalize().to_string();
    serde_json::from_str(&text).unwrap_or(Value::String(text))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::small("1e-128")]
    #[case::large("1e128")]
    #[case::least("1e-2147483648")]
    #[case::no_number("1e")]
    fn an_exponent_that_nobody_writes_is_no_number(#[case] text: &str) {
        assert_eq!(decimal(text), None);
    }
}
