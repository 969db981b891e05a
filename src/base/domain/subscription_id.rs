//! The id of a subscription. There are hundreds of thousands of them at a time, and each is a GUID: kept as the sixteen bytes that
//! it is, it takes no room of its own.
//!
//! It must not change what an id reads as, or the order of ids.

use std::{borrow::Cow, cmp::Ordering, fmt};

use serde::{Deserialize, Serialize, Serializer};
use uuid::Uuid;

use super::shared_text::SharedText;

/// A subscription or add-on; the same id stands on the invoice lines. PRISM compares ids without regard to case (wire/prism 3).
#[derive(Clone, PartialEq, Eq, Hash, Deserialize)]
#[serde(from = "String")]
pub struct SubscriptionId(Kept);

#[derive(Clone, PartialEq, Eq, Hash)]
enum Kept {
    Guid([u8; 16]),
    /// Whatever is formed otherwise.
    Text(SharedText),
}

impl SubscriptionId {
    /// Takes the text as an identifier; case and surrounding blanks do not count.
    #[must_use]
    pub fn new(text: impl AsRef<str>) -> Self {
        const HYPHENATED: usize = 36;
        let text = text.as_ref().trim();
        let guid = (text.len() == HYPHENATED).then(|| Uuid::try_parse(text).ok()).flatten();
        Self(match guid {
            Some(guid) => Kept::Guid(guid.into_bytes()),
            None => Kept::Text(text.to_lowercase().into()),
        })
    }

    /// The identifier as text.
    #[must_use]
    pub fn text(&self) -> Cow<'_, str> {
        match &self.0 {
            Kept::Guid(_) => Cow::Owned(self.to_string()),
            Kept::Text(text) => Cow::Borrowed(text),
        }
    }

    /// Whether it is formed like the ids of PRISM: no word or figure of another column is.
    #[must_use]
    pub fn is_guid(&self) -> bool {
        matches!(self.0, Kept::Guid(_))
    }
}

impl From<String> for SubscriptionId {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

impl From<&str> for SubscriptionId {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl fmt::Display for SubscriptionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kept::Guid(bytes) => {
                let mut room = Uuid::encode_buffer();
                f.pad(Uuid::from_bytes(*bytes).hyphenated().encode_lower(&mut room))
            }
            Kept::Text(text) => f.pad(text),
        }
    }
}

impl fmt::Debug for SubscriptionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SubscriptionId({self})")
    }
}

/// As the texts are ordered.
impl Ord for SubscriptionId {
    fn cmp(&self, other: &Self) -> Ordering {
        match (&self.0, &other.0) {
            (Kept::Guid(one), Kept::Guid(two)) => one.cmp(two),
            (Kept::Text(one), Kept::Text(two)) => one.cmp(two),
            _ => self.text().cmp(&other.text()),
        }
    }
}

impl PartialOrd for SubscriptionId {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Serialize for SubscriptionId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Ids as they come: GUIDs in any case, with blanks about them, nearly GUIDs, and words.
    fn texts() -> impl Strategy<Value = String> {
        let guid = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";
        let loud = "[0-9A-F]{8}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{12}";
        prop_oneof![
            guid.prop_map(|text| text),
            loud.prop_map(|text| format!(" {text} ")),
            "[0-9a-f]{32}",
            "[0-9a-g]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
            "[ -~]{0,40}",
        ]
    }

    proptest! {
        #[test]
        fn it_reads_as_its_text_in_lower_case_without_blanks(text in texts()) {
            let id = SubscriptionId::new(&text);
            let kept = text.trim().to_lowercase();
            prop_assert_eq!(id.text(), kept.as_str());
            prop_assert_eq!(id.to_string(), kept.as_str());
            let json = serde_json::to_string(&id).expect("JSON");
            prop_assert_eq!(&json, &serde_json::to_string(&kept).expect("JSON"));
            prop_assert_eq!(serde_json::from_str::<SubscriptionId>(&json).expect("an id"), id);
        }

        #[test]
        fn ids_are_ordered_as_their_texts_are(one in texts(), two in texts()) {
            let (one, two) = (SubscriptionId::new(one), SubscriptionId::new(two));
            prop_assert_eq!(one.cmp(&two), one.text().cmp(&two.text()));
            prop_assert_eq!(one == two, one.text() == two.text());
        }
    }
}
