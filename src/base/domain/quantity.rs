//! Quantities in JSON: whole ones as numbers, others as text so that no digit is lost; both are read.

use rust_decimal::{Decimal, prelude::ToPrimitive};
use serde::{Deserializer, Serialize, Serializer};

/// Writes a quantity.
///
/// # Errors
/// Where the format cannot hold it.
pub fn serialize<S: Serializer>(quantity: &Decimal, serializer: S) -> Result<S::Ok, S::Error> {
    match quantity.to_i64().filter(|_| quantity.fract().is_zero()) {
        Some(whole) => serializer.serialize_i64(whole),
        None => quantity.to_string().serialize(serializer),
    }
}

/// Reads a quantity, whichever way it was written.
///
/// # Errors
/// Where it is no number.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
    rust_decimal::serde::arbitrary_precision::deserialize(deserializer)
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Row {
        #[serde(with = "super")]
        quantity: Decimal,
    }

    #[rstest::rstest]
    #[case("5", r#"{"quantity":5}"#)]
    #[case("5.00", r#"{"quantity":5}"#)]
    #[case("-3", r#"{"quantity":-3}"#)]
    #[case("2.5", r#"{"quantity":"2.5"}"#)]
    #[case("99999999999999999999", r#"{"quantity":"99999999999999999999"}"#)]
    fn a_whole_quantity_is_a_number_and_any_other_is_text(
        #[case] quantity: Decimal,
        #[case] json: &str,
    ) {
        let row = Row { quantity };
        assert_eq!(serde_json::to_string(&row).expect("JSON"), json);
        assert_eq!(serde_json::from_str::<Row>(json).expect("a row"), row);
    }

    #[test]
    fn a_whole_quantity_that_was_stored_as_text_is_read() {
        let row: Row = serde_json::from_str(r#"{"quantity":"7"}"#).expect("a row");
        assert_eq!(row, Row { quantity: 7.into() });
    }
}
