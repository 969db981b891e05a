//! A secret that cannot be printed or serialised in clear (design invariant 6).

use std::{cell::Cell, fmt};

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

/// A password, client secret or key. `Debug`, `Display` and `Serialize` give a fixed mask.
#[derive(Clone, Deserialize)]
#[serde(from = "String")]
pub struct Secret(SecretString);

/// What stands wherever a secret would.
pub const MASK: &str = "••••••••";

impl Secret {
    /// Takes the text as a secret.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(SecretString::from(text.into()))
    }

    /// The clear text. Call it only where a request is sent or the vault seals.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// Whether nothing was given.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.expose().is_empty()
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.expose() == other.expose()
    }
}

impl Eq for Secret {}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

thread_local! {
    static IN_CLEAR: Cell<bool> = const { Cell::new(false) };
}

/// Serialises secrets in clear for as long as `work` takes, on this thread alone: for what a client hands to the daemon of
/// its own installation, over a socket that the kernel guards, and for nothing else.
pub fn in_clear<T>(work: impl FnOnce() -> T) -> T {
    struct Before(bool);
    impl Drop for Before {
        fn drop(&mut self) {
            IN_CLEAR.set(self.0);
        }
    }
    let _before = Before(IN_CLEAR.replace(true));
    work()
}

impl Serialize for Secret {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(if IN_CLEAR.get() { self.expose() } else { MASK })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written() -> String {
        serde_json::to_string(&Secret::new("pass")).expect("text")
    }

    #[test]
    fn it_is_in_clear_only_where_that_is_said() {
        let masked = serde_json::to_string(MASK).expect("text");
        assert_eq!(written(), masked);
        assert_eq!(in_clear(written), "\"pass\"");
        assert_eq!(written(), masked);
        let panicked = std::panic::catch_unwind(|| in_clear(|| panic!("in the middle")));
        assert!(panicked.is_err() && written() == masked);
    }
}
