//! Texts that many values have in common, such as a product's name on every line that bills it: a copy takes no room.
//!
//! It must not know what a text means.

use std::{collections::HashSet, fmt, ops::Deref, sync::Arc};

use serde::{Deserialize, Serialize};

/// A text of which copies are cheap.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SharedText(Arc<str>);

impl SharedText {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Deref for SharedText {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl From<&str> for SharedText {
    fn from(text: &str) -> Self {
        Self(Arc::from(text))
    }
}

impl From<String> for SharedText {
    fn from(text: String) -> Self {
        Self(Arc::from(text))
    }
}

impl fmt::Display for SharedText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for SharedText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// Some texts of which copies are cheap, such as the tenants that every change to a contract names.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SharedTexts(Arc<[String]>);

impl Deref for SharedTexts {
    type Target = [String];

    fn deref(&self) -> &[String] {
        &self.0
    }
}

impl From<Vec<String>> for SharedTexts {
    fn from(texts: Vec<String>) -> Self {
        Self(Arc::from(texts))
    }
}

impl fmt::Debug for SharedTexts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// The texts of one reading: what was read before is shared.
#[derive(Debug, Default)]
pub struct TextPool(HashSet<Arc<str>>);

impl TextPool {
    /// The text, as it was first read.
    pub fn share(&mut self, text: &str) -> SharedText {
        if let Some(known) = self.0.get(text) {
            return SharedText(known.clone());
        }
        let new: Arc<str> = Arc::from(text);
        self.0.insert(new.clone());
        SharedText(new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_before_is_shared() {
        let mut pool = TextPool::default();
        let (one, two) = (pool.share("Microsoft 365"), pool.share("Microsoft 365"));
        assert!(Arc::ptr_eq(&one.0, &two.0));
        assert_ne!(one, pool.share("Exchange"));
    }

    #[test]
    fn in_json_it_is_a_text_like_any_other() {
        let text = SharedText::from("a “name”");
        let json = serde_json::to_string(&text).expect("JSON");
        assert_eq!(json, "\"a “name”\"");
        assert_eq!(serde_json::from_str::<SharedText>(&json).expect("reads back"), text);
    }
}
