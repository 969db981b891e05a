//! What people do right after the lines of an agreement were read: between a reading and what is decided by it. What then happens is
//! not said here.

use serde::Deserialize;
use serde_json::{Map, Value};

/// Members with their values, as somebody types them in; null clears one.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Hand {
    pub(super) member: Option<String>,
    /// Not now, but once the lines of the agreement were read whole.
    #[serde(default)]
    pub(super) after_read: bool,
    #[serde(flatten)]
    pub(super) values: Map<String, Value>,
}

/// A manual act that waits for a reading of an agreement's lines.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) agreement: i64,
    /// The line that is changed; none where one is added.
    pub(super) addition: Option<i64>,
    pub(super) hand: Hand,
}
