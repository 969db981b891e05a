//! Numbers out of Autotask's JSON, exact and bounded (wire/autotask 3): decimals from their literal text, whole units.
//!
//! A float never touches them, and no magnitude that arithmetic could overflow on gets in.

use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, de::Error};
use serde_json::Value;

use crate::{
    domain::Money,
    psa::json_number::{self, decimal, from_literal, literal},
};

/// The largest quantity that is believed.
const LARGEST_UNITS: i64 = 1_000_000_000;

pub(super) fn money_or_null<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Money>, D::Error> {
    from_literal(deserializer, |text| decimal(text).map(Money).ok_or("not an amount of money"))
}

const NO_UNITS: &str = "not a whole number of units";

/// Whole units, 0 or more; `5.0000` is 5.
pub(super) fn units<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    let whole = |text: &str| {
        let value = decimal(text).filter(Decimal::is_integer);
        let whole = value.and_then(|value| i64::try_from(value).ok());
        whole.filter(|units| (0..=LARGEST_UNITS).contains(units)).ok_or(NO_UNITS)
    };
    from_literal(deserializer, whole)?.ok_or_else(|| D::Error::custom(NO_UNITS))
}

pub(super) fn id_or_null<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<i64>, D::Error> {
    Option::<i64>::deserialize(deserializer)
}

/// Picklist values are texts in metadata; a number is taken for one as well.
pub(super) fn text_or_number<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<String, D::Error> {
    Ok(literal(deserializer)?.unwrap_or_default())
}

/// A price as a JSON number with its exact digits.
pub(crate) fn exact(price: Money) -> Value {
    json_number::exact(price.0)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[derive(Debug, Deserialize)]
    struct Amount(#[serde(deserialize_with = "money_or_null")] Option<Money>);

    #[derive(Debug, Deserialize)]
    struct Units(#[serde(deserialize_with = "units")] i64);

    #[rstest]
    #[case("386.6450", "386.645")]
    #[case("\"8.00\"", "8.00")]
    #[case("0.1", "0.10")]
    #[case("-6.9", "-6.90")]
    #[case("1.5e2", "150.00")]
    #[case("900719925474.0993", "900719925474.0993")]
    fn money_keeps_its_digits(#[case] json: &str, #[case] expected: &str) {
        let read = serde_json::from_str::<Amount>(json).ok().and_then(|amount| amount.0);
        assert_eq!(read.map_or(String::new(), |money| money.to_string()), expected);
    }

    #[rstest]
    #[case("1e28")]
    #[case("1e999999999")]
    #[case("1e-999999999")]
    #[case("79228162514264337593543950335")]
    #[case("[1]")]
    #[case("true")]
    #[case("\"much\"")]
    fn an_absurd_amount_is_refused(#[case] json: &str) {
        assert!(serde_json::from_str::<Amount>(json).is_err());
    }

    #[rstest]
    #[case("6", Some(6))]
    #[case("6.0000", Some(6))]
    #[case("\"6\"", Some(6))]
    #[case("0", Some(0))]
    #[case("-2", None)]
    #[case("6.5", None)]
    #[case("null", None)]
    #[case("99999999999", None)]
    fn units_are_whole_and_not_below_nothing(#[case] json: &str, #[case] expected: Option<i64>) {
        assert_eq!(serde_json::from_str::<Units>(json).ok().map(|units| units.0), expected);
    }

    #[rstest]
    #[case("8.4", "8.4")]
    #[case("8.00", "8")]
    #[case("0.0001", "0.0001")]
    #[case("-359.31", "-359.31")]
    fn a_price_is_sent_as_the_exact_number(#[case] price: &str, #[case] expected: &str) {
        let price: Money = price.parse().expect("a price");
        assert_eq!(exact(price).to_string(), expected);
    }
}
