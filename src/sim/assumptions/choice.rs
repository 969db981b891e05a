//! What a switch may stand at, by the words that JSON uses for it. It knows no switch.

use serde_json::Value;

/// The positions of a switch.
pub(super) trait Choice: Copy {
    /// How this one is written.
    fn word(self) -> String;
    /// The position written so.
    fn of(word: &str) -> Option<Self>;
    /// How all of them are written.
    fn words() -> Vec<String>;
}

/// Enums with a word for each variant; the first is where the switch usually stands.
macro_rules! choices {
    ($($(#[$doc:meta])* $name:ident {
        $(#[$about:meta])* $usual:ident = $word:literal,
        $($(#[$others:meta])* $other:ident = $others_word:literal,)+
    })+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub enum $name {
            $(#[$about])*
            #[default]
            $usual,
            $($(#[$others])* $other,)+
        }

        impl Choice for $name {
            fn word(self) -> String {
                match self {
                    Self::$usual => $word,
                    $(Self::$other => $others_word,)+
                }
                .to_owned()
            }

            fn of(word: &str) -> Option<Self> {
                match word {
                    $word => Some(Self::$usual),
                    $($others_word => Some(Self::$other),)+
                    _ => None,
                }
            }

            fn words() -> Vec<String> {
                vec![$word.to_owned(), $($others_word.to_owned()),+]
            }
        }
    )+};
}
pub(super) use choices;

/// A word as JSON shows it: numbers as numbers.
pub(super) fn shown(word: &str) -> Value {
    word.parse::<u64>().map_or_else(|_| Value::from(word), Value::from)
}

/// The position that a JSON value names; numbers may stand as texts and texts as numbers.
pub(super) fn chosen<C: Choice>(name: &str, value: &Value) -> Result<C, String> {
    let word = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let words = C::words();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    C::of(&word).ok_or_else(|| refused(&format!("value of {name}"), &word, &words))
}

/// Something unknown, and what is known.
pub(super) fn refused(what: &str, given: &str, known: &[&str]) -> String {
    format!("{given:?} is no {what}; known: {}", known.join(", "))
}
