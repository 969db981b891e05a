//! Enums that are stored, exported and printed as a word. Their texts never change, and a word of another version is kept
//! as it was read.
//!
//! It must not decide what a word means: the enums do.

/// What follows from `as_str` and `From<&str>`: order as texts were always sorted, display, and serde by the text.
macro_rules! kept_as_text {
    ($word:ident) => {
        impl Ord for $word {
            fn cmp(&self, other: &Self) -> std::cmp::Ordering {
                self.as_str().cmp(other.as_str())
            }
        }

        impl PartialOrd for $word {
            fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
                Some(self.cmp(other))
            }
        }

        impl std::fmt::Display for $word {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl serde::Serialize for $word {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $word {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text: String = serde::Deserialize::deserialize(deserializer)?;
                Ok(Self::from(text.as_str()))
            }
        }
    };
}

/// An enum of plain words, each with its text.
macro_rules! stored_words {
    ($(#[$of:meta])* $word:ident { $($(#[$more:meta])* $one:ident = $text:literal,)* }) => {
        $(#[$of])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum $word {
            $($(#[$more])* $one,)*
            /// A word of another version, as it was read from stored data. Nothing here makes one.
            Other(String),
        }

        impl $word {
            /// The text under which it is stored and shown.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$one => $text,)*
                    Self::Other(text) => text,
                }
            }
        }

        impl From<&str> for $word {
            fn from(text: &str) -> Self {
                match text {
                    $($text => Self::$one,)*
                    _ => Self::Other(text.to_owned()),
                }
            }
        }

        $crate::domain::stored_word::kept_as_text!($word);
    };
}

pub(crate) use {kept_as_text, stored_words};

#[cfg(test)]
mod tests {
    use crate::domain::run::WriteState;

    #[test]
    fn a_word_is_read_back_from_its_text_and_one_of_another_version_is_kept() {
        for (text, word) in [
            ("settled as not written", WriteState::SettledAsNotWritten),
            ("of tomorrow", WriteState::Other("of tomorrow".to_owned())),
        ] {
            let json = serde_json::to_string(text).expect("a text");
            assert_eq!(serde_json::from_str::<WriteState>(&json).expect("any text"), word);
            assert_eq!(serde_json::to_string(&word).expect("a text"), json);
        }
    }
}
