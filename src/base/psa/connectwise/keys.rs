//! Our key of a line (sync-rules 10.10): the same intent makes the same key, so that a line whose answer was lost is known
//! when it is seen. It stands in the serial number, or in a custom field of the operator's choice.
//!
//! What is left of a line that was made by hand is a line of ours, but its price is the operator's still (10.4): its key says
//! so, so that no price step takes hold of it, also where nothing else is remembered.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::wire::Addition;
use crate::domain::{ContractId, Day, ServiceId};

/// What all of them begin with.
const PREFIX: &str = "PC-";

/// What follows the letters where the price is the operator's.
const BY_HAND: &str = "-H";

/// Letters after that: 80 bits.
const LENGTH: usize = 16;

/// Base32 (RFC 4648).
const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// Whether the price of a line with this key is what we wrote.
pub(super) fn prices(key: Option<&str>) -> bool {
    key.is_some_and(|key| !key.ends_with(BY_HAND))
}

/// The key of a line whose price is the operator's.
pub(super) fn by_hand(key: &str) -> String {
    format!("{key}{BY_HAND}")
}

/// The key without what it says of the price.
pub(super) fn bare(key: &str) -> &str {
    key.strip_suffix(BY_HAND).unwrap_or(key)
}

/// In which member of a line our key stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum KeyPlace {
    #[default]
    SerialNumber,
    /// The custom field with this id.
    CustomField(i64),
}

impl KeyPlace {
    /// That custom field, else the serial number.
    pub(super) fn of(custom_field: Option<i64>) -> Self {
        custom_field.map_or(Self::SerialNumber, Self::CustomField)
    }

    /// As a member of what is sent.
    pub(super) fn member(self, key: &str) -> (&'static str, Value) {
        match self {
            Self::SerialNumber => ("serialNumber", Value::from(key)),
            Self::CustomField(id) => ("customFields", json!([{"id": id, "value": key}])),
        }
    }

    /// What stands there.
    pub(super) fn shown(self, line: &Addition) -> Option<&str> {
        match self {
            Self::SerialNumber => line.serial_number.as_deref(),
            Self::CustomField(id) => {
                let field = line.custom_fields.iter().find(|field| field.id == id);
                field.and_then(|field| field.value.as_deref())
            }
        }
    }

    /// Our key, wherever it stands: one that was set another way before is ours as well.
    pub(super) fn key(self, line: &Addition) -> Option<String> {
        own(self.shown(line)).or_else(|| own(line.serial_number.as_deref()))
    }
}

/// The key in a serial number; none where it is somebody else's.
pub(super) fn own(serial_number: Option<&str>) -> Option<String> {
    let text = serial_number?.trim();
    let letters = bare(text).strip_prefix(PREFIX)?.as_bytes();
    let ours = letters.len() == LENGTH && letters.iter().all(|letter| LETTERS.contains(letter));
    ours.then(|| text.to_owned())
}

/// What a line is made for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Intent<'a> {
    /// Installation, connection and invoice.
    pub(super) whose: &'a str,
    pub(super) agreement: ContractId,
    pub(super) item: ServiceId,
    pub(super) first: Day,
}

impl Intent<'_> {
    /// The first of its keys that is not taken.
    pub(super) fn free_key(&self, taken: impl Fn(&str) -> bool) -> String {
        let mut keys = (0_u32..).map(|ordinal| self.key(ordinal));
        keys.find(|key| !taken(key)).expect("more keys than lines")
    }

    fn key(&self, ordinal: u32) -> String {
        let Self { whose, agreement, item, first } = self;
        // Its length first, so that no two intents read alike.
        let text = format!("{}:{whose}|{agreement}|{item}|{first}|{ordinal}", whose.len());
        let letters = base32(&Sha256::digest(text.as_bytes()));
        format!("{PREFIX}{letters}")
    }
}

/// The first letters of the bytes in base32: five bits each.
fn base32(bytes: &[u8]) -> String {
    let bit = |at: usize| bytes[at / 8] >> (7 - at % 8) & 1;
    let letter = |place: usize| {
        let value = (0..5).fold(0, |value, at| value << 1 | bit(place * 5 + at));
        char::from(LETTERS[usize::from(value)])
    };
    (0..LENGTH).map(letter).collect()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::psa::connectwise::sample::day;

    fn intent(whose: &str) -> Intent<'_> {
        let first = day("2026-09-01");
        Intent { whose, agreement: ContractId(41), item: ServiceId(7), first }
    }

    #[test]
    fn the_letters_are_those_of_the_rfc() {
        assert_eq!(base32(b"foobarfoobar"), "MZXW6YTBOJTG633C");
    }

    #[test]
    fn the_same_intent_has_the_same_key_and_a_taken_one_makes_the_next_r10_10() {
        let none = |_: &str| false;
        let key = intent("a").free_key(none);
        assert_eq!(key, intent("a").free_key(none));
        assert_eq!(own(Some(&key)), Some(key.clone()));
        let second = intent("a").free_key(|taken| taken == key);
        assert_ne!(second, key);
        assert_ne!(key, intent("b").free_key(none));
        assert_ne!(key, Intent { first: day("2026-09-02"), ..intent("a") }.free_key(none));
        assert_ne!(key, Intent { item: ServiceId(8), ..intent("a") }.free_key(none));
    }

    #[test]
    fn the_key_stands_where_the_operator_wants_it_and_an_older_one_is_ours_as_well_r10_10() {
        let key = intent("a").free_key(|_| false);
        let mut row = json!({"id": 32, "product": {"id": 7}, "quantity": 1, "billCustomer": "Billable",
            "effectiveDate": "2026-09-01T00:00:00Z", "customFields": [{"id": 3, "value": true}, null,
            {"id": 12, "caption": "Tracking", "value": key}]});
        let line = |row: &Value| serde_json::from_value::<Addition>(row.clone()).expect("a line");
        let place = KeyPlace::of(Some(12));
        assert_eq!(place.key(&line(&row)).as_deref(), Some(&*key));
        assert_eq!(KeyPlace::of(None).key(&line(&row)), None);
        assert_eq!(place.member(&key), ("customFields", json!([{"id": 12, "value": key}])));
        row["customFields"] = Value::Null;
        row["serialNumber"] = json!(key);
        assert_eq!(place.key(&line(&row)).as_deref(), Some(&*key));
    }

    #[rstest]
    #[case(Some("PC-ABCDEFGHIJKLMNOP"), true)]
    #[case(Some(" PC-ABCDEFGHIJ234567 "), true)]
    #[case(Some("PC-ABCDEFGHIJKLMNOP-H"), true)]
    #[case(Some("PC-ABCDEFGHIJKLMNOP-X"), false)]
    #[case(Some("PC-abcdefghijklmnop"), false)]
    #[case(Some("PC-ABCDEFGHIJKLMNO"), false)]
    #[case(Some("PC-0BCDEFGHIJKLMNOP"), false)]
    #[case(Some("12345"), false)]
    #[case(None, false)]
    fn only_a_whole_key_is_ours(#[case] serial: Option<&str>, #[case] ours: bool) {
        assert_eq!(own(serial).is_some(), ours);
    }
}
