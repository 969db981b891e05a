//! Numbers out of ConnectWise's JSON, exact and bounded (wire/connectwise 7): its doubles are taken from their literal text.
//!
//! A float never touches them, and no magnitude that arithmetic could overflow on gets in.

use crate::{
    domain::Money,
    psa::json_number::{self, decimal},
};
use rust_decimal::Decimal;
use serde::{Deserializer, de::Error};

pub(crate) use crate::psa::json_number::exact;

/// The literal of a number, or of a number in quotes; nothing for what is absent, null or empty.
fn literal<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let literal = json_number::literal(deserializer)?;
    Ok(literal.filter(|text| !text.trim().is_empty()))
}

/// A number; absent, null and empty are none.
pub(super) fn number_or_none<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Decimal>, D::Error> {
    let Some(text) = literal(deserializer)? else { return Ok(None) };
    decimal(&text).map(Some).ok_or_else(|| D::Error::custom("not a number that can be believed"))
}

/// A number that must be there.
pub(super) fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
    number_or_none(deserializer)?.ok_or_else(|| D::Error::custom("not a number"))
}

/// A number that stands for 0 where it is not told.
pub(super) fn number_or_zero<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Decimal, D::Error> {
    Ok(number_or_none(deserializer)?.unwrap_or_default())
}

/// An amount of money; absent, null and empty are none.
pub(super) fn money_or_none<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Money>, D::Error> {
    Ok(number_or_none(deserializer)?.map(Money))
}

/// An id.
pub(super) fn id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    let text = literal(deserializer)?.unwrap_or_default();
    let whole = decimal(&text).filter(Decimal::is_integer);
    let id = whole.and_then(|number| i64::try_from(number).ok());
    id.filter(|id| *id > 0).ok_or_else(|| D::Error::custom("not an id"))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    struct Amount {
        #[serde(default, deserialize_with = "money_or_none")]
        amount: Option<Money>,
    }

    #[derive(Debug, Deserialize)]
    struct Quantity(#[serde(deserialize_with = "number")] Decimal);

    #[derive(Debug, Deserialize)]
    struct Id(#[serde(deserialize_with = "id")] i64);

    #[rstest]
    #[case(r#"{"amount": 8.0}"#, Some("8.00"))]
    #[case(r#"{"amount": "8.00"}"#, Some("8.00"))]
    #[case(r#"{"amount": 3.3548387096774195}"#, Some("3.3548387096774195"))]
    #[case(r#"{"amount": 0.1}"#, Some("0.10"))]
    #[case(r#"{"amount": -6.9}"#, Some("-6.90"))]
    #[case(r#"{"amount": 6.9E-5}"#, Some("0.000069"))]
    #[case(r#"{"amount": 900719925474.0993}"#, Some("900719925474.0993"))]
    #[case(r#"{"amount": null}"#, None)]
    #[case(r#"{"amount": ""}"#, None)]
    #[case("{}", None)]
    fn money_keeps_its_digits(#[case] json: &str, #[case] expected: Option<&str>) {
        let read: Amount = serde_json::from_str(json).expect("an answer");
        assert_eq!(read.amount.map(|money| money.to_string()).as_deref(), expected);
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
        let json = format!("{{\"amount\": {json}}}");
        assert!(serde_json::from_str::<Amount>(&json).is_err());
    }

    #[rstest]
    #[case("6.0", Some("6"))]
    #[case("1.5", Some("1.5"))]
    #[case("-2", Some("-2"))]
    #[case("null", None)]
    #[case("\"\"", None)]
    fn a_quantity_is_a_number(#[case] json: &str, #[case] expected: Option<&str>) {
        let read = serde_json::from_str::<Quantity>(json).ok();
        let read = read.map(|quantity| quantity.0.normalize().to_string());
        assert_eq!(read.as_deref(), expected);
    }

    #[rstest]
    #[case("7", Some(7))]
    #[case("7.0", Some(7))]
    #[case("0", None)]
    #[case("-1", None)]
    #[case("7.5", None)]
    #[case("null", None)]
    #[case("99999999999999999999", None)]
    fn an_id_is_a_whole_number_above_0(#[case] json: &str, #[case] expected: Option<i64>) {
        assert_eq!(serde_json::from_str::<Id>(json).ok().map(|id| id.0), expected);
    }

    #[rstest]
    #[case("8.40", "8.4")]
    #[case("6.00", "6")]
    #[case("-359.31", "-359.31")]
    fn a_number_is_sent_with_its_exact_digits(#[case] number: Decimal, #[case] expected: &str) {
        assert_eq!(exact(number).to_string(), expected);
    }
}
