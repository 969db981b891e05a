//! Texts and flags out of ConnectWise's JSON (wire/connectwise 7): cleaned where they enter; absent, null and empty alike.

use serde::{Deserialize, Deserializer, de::Error};
use serde_json::Value;

use crate::http::clean;

/// A text, cleaned; absent, null and empty are none. A number is taken for one as well.
pub(super) fn text_or_none<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<String>, D::Error> {
    let text = match Value::deserialize(deserializer)? {
        Value::Null => None,
        Value::String(text) => Some(clean(&text)),
        Value::Number(number) => Some(number.to_string()),
        _ => return Err(D::Error::custom("not a text")),
    };
    Ok(text.filter(|text| !text.trim().is_empty()))
}

/// The same where nothing is the empty text.
pub(super) fn text_or_empty<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<String, D::Error> {
    Ok(text_or_none(deserializer)?.unwrap_or_default())
}

/// Yes or no; one published example writes it as a text. Absent, null and empty are none.
pub(super) fn flag_or_none<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<bool>, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::Null => Ok(None),
        Value::Bool(flag) => Ok(Some(flag)),
        Value::String(text) if text.trim().is_empty() => Ok(None),
        Value::String(text) => match text.trim().to_ascii_lowercase().as_str() {
            "true" => Ok(Some(true)),
            "false" => Ok(Some(false)),
            _ => Err(D::Error::custom("neither true nor false")),
        },
        _ => Err(D::Error::custom("neither true nor false")),
    }
}

/// The same where nothing is no.
pub(super) fn flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    Ok(flag_or_none(deserializer)?.unwrap_or(false))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[derive(Debug, Default, Deserialize)]
    #[serde(default)]
    struct Row {
        #[serde(deserialize_with = "text_or_none")]
        name: Option<String>,
        #[serde(deserialize_with = "flag_or_none")]
        set: Option<bool>,
    }

    fn row(json: &str) -> Row {
        serde_json::from_str(json).expect("a row")
    }

    #[rstest]
    #[case("{}")]
    #[case(r#"{"name": null, "set": null}"#)]
    #[case(r#"{"name": "", "set": ""}"#)]
    #[case(r#"{"name": "  "}"#)]
    fn absent_null_and_empty_are_alike(#[case] json: &str) {
        let row = row(json);
        assert_eq!((row.name, row.set), (None, None));
    }

    #[rstest]
    #[case(r#"{"set": true}"#, true)]
    #[case(r#"{"set": "True"}"#, true)]
    #[case(r#"{"set": "false"}"#, false)]
    fn a_flag_may_be_a_text(#[case] json: &str, #[case] expected: bool) {
        assert_eq!(row(json).set, Some(expected));
    }

    #[test]
    fn a_text_is_cleaned_where_it_enters() {
        let row = row(r#"{"name": "Contoso\u001b[31m\u202e Ltd"}"#);
        assert_eq!(row.name.as_deref(), Some("Contoso[31m Ltd"));
    }

    #[rstest]
    #[case(r#"{"name": ["x"]}"#)]
    #[case(r#"{"set": "perhaps"}"#)]
    #[case(r#"{"set": 1}"#)]
    fn another_thing_is_refused(#[case] json: &str) {
        assert!(serde_json::from_str::<Row>(json).is_err());
    }
}
