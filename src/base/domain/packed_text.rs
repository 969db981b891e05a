//! A long text that is handed on more often than it is read, such as a plan as a file: kept small, copies take no room.
//!
//! In JSON it is the text. It must not know what it says.

use std::{
    fmt,
    io::{self, Read as _},
    sync::Arc,
};

use flate2::{Compression, read::DeflateDecoder, write::DeflateEncoder};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A text, packed.
#[derive(Clone, Default)]
pub struct PackedText(Arc<[u8]>);

impl PackedText {
    /// What is written, piece by piece: it never stands as a whole.
    ///
    /// # Errors
    /// As whoever writes it.
    pub fn written(write: impl FnOnce(&mut dyn io::Write) -> io::Result<()>) -> io::Result<Self> {
        let mut packed = DeflateEncoder::new(Vec::new(), Compression::fast());
        write(&mut packed)?;
        Ok(Self(packed.finish()?.into()))
    }

    /// The text as it was.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        // What was packed here can be unpacked, and is a text.
        let _ = DeflateDecoder::new(&*self.0).read_to_string(&mut text);
        text
    }
}

/// By the text: how it was written makes no difference.
impl PartialEq for PackedText {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0 || self.text() == other.text()
    }
}

impl Eq for PackedText {}

impl From<&str> for PackedText {
    fn from(text: &str) -> Self {
        // Into memory everything can be written.
        Self::written(|packed| packed.write_all(text.as_bytes())).unwrap_or_default()
    }
}

impl From<String> for PackedText {
    fn from(text: String) -> Self {
        Self::from(text.as_str())
    }
}

impl fmt::Display for PackedText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

impl fmt::Debug for PackedText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text(), f)
    }
}

impl Serialize for PackedText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text())
    }
}

impl<'de> Deserialize<'de> for PackedText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_comes_out_as_it_was_put_in_and_is_kept_smaller() {
        for text in ["", "a “name”", &"adjust PC_A +1 on 2026-09-01\n".repeat(1_000)] {
            let packed = PackedText::from(text);
            assert_eq!(packed.text(), text);
            assert!(packed.0.len() <= text.len() / 20 + 20, "{} of {}", packed.0.len(), text.len());
        }
    }

    #[test]
    fn in_json_it_is_the_text() {
        let packed = PackedText::from("a “name”");
        let json = serde_json::to_string(&packed).expect("JSON");
        assert_eq!(json, "\"a “name”\"");
        assert_eq!(serde_json::from_str::<PackedText>(&json).expect("reads back"), packed);
    }

    #[test]
    fn what_cannot_be_written_is_no_text() {
        let broken = PackedText::written(|_| Err(io::Error::other("in the middle")));
        assert!(broken.is_err());
    }
}
