//! Tables, keys that sort as their parts do, and the names under which records lie in the database.
//!
//! It must not know what the parts mean: callers say which numbers and texts make up a key.

#![expect(missing_docs, reason = "what has no sentence is what its name says")]

use std::{fmt, marker::PhantomData};

/// Marks records about the store itself.
const META: u8 = 0;
/// Marks values, and heads of split values.
const VALUE: u8 = 1;
/// Marks the parts of split values, kept apart so that no scan of a table meets them.
const PART: u8 = 2;

/// Bytes of the part number that ends the name of a part.
pub(super) const PART_NUMBER_BYTES: usize = 4;

/// A named table whose values are of one type. Tables need no declaration: the name is the first part of
/// every key.
pub struct Table<T> {
    name: &'static str,
    values: PhantomData<fn() -> T>,
}

impl<T> Table<T> {
    /// The table of this name.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self { name, values: PhantomData }
    }

    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }
}

impl<T> Clone for Table<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Table<T> {}

impl<T> fmt::Debug for Table<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Table({})", self.name)
    }
}

/// An ordered composite key: integers big-endian, texts escaped and terminated, so that keys sort
/// as their parts do.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(Vec<u8>);

impl Key {
    /// The empty key: as a prefix, everything.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// With an unsigned integer.
    #[must_use]
    pub fn number(mut self, number: u64) -> Self {
        self.0.extend(number.to_be_bytes());
        self
    }

    #[must_use]
    pub fn signed(self, number: i64) -> Self {
        self.number(number.cast_unsigned() ^ (1 << 63))
    }

    #[must_use]
    pub fn text(mut self, text: &str) -> Self {
        escape(&mut self.0, text);
        self
    }

    /// The smallest key greater than this one: where the page after this key begins.
    #[must_use]
    pub fn after(mut self) -> Self {
        self.0.push(0);
        self
    }

    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Its parts, to be read in the order in which they were put in.
    #[must_use]
    pub fn parts(&self) -> Parts<'_> {
        Parts(&self.0)
    }

    /// The key that these bytes are; what they mean shows when the parts are read.
    pub(super) fn from_bytes(bytes: &[u8]) -> Self {
        Self(bytes.to_vec())
    }
}

/// Reads a key back. Each call takes one part; `None` where no such part is next.
#[derive(Clone, Debug)]
pub struct Parts<'a>(&'a [u8]);

impl Parts<'_> {
    /// The next part, put in with [`Key::number`].
    pub fn number(&mut self) -> Option<u64> {
        let (number, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(u64::from_be_bytes(*number))
    }

    /// The next part, put in with [`Key::signed`].
    pub fn signed(&mut self) -> Option<i64> {
        self.number().map(|number| (number ^ (1 << 63)).cast_signed())
    }

    /// The next part, put in with [`Key::text`].
    pub fn text(&mut self) -> Option<String> {
        let (text, rest) = unescape(self.0)?;
        self.0 = rest;
        Some(text)
    }

    /// Whether all parts were read.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Where a value of a table lies.
pub(super) fn value_name(table: &str, key: &[u8]) -> Vec<u8> {
    let mut name = vec![VALUE];
    escape(&mut name, table);
    name.extend(key);
    name
}

/// Where a record about the store itself lies.
pub(super) fn meta_name(what: &str) -> Vec<u8> {
    [&[META], what.as_bytes()].concat()
}

/// What the parts of the value at `value_name` have in common.
pub(super) fn part_prefix(value_name: &[u8]) -> Vec<u8> {
    [&[PART], &value_name[1..]].concat()
}

/// Where one part of the value at `value_name` lies.
pub(super) fn part_name(value_name: &[u8], number: u32) -> Vec<u8> {
    let mut name = part_prefix(value_name);
    name.extend(number.to_be_bytes());
    name
}

pub(super) fn all_values() -> Vec<u8> {
    vec![VALUE]
}

pub(super) fn all_parts() -> Vec<u8> {
    vec![PART]
}

/// Table and key of the value that lies at this name.
pub(super) fn split_name(value_name: &[u8]) -> Option<(String, &[u8])> {
    unescape(value_name.strip_prefix(&[VALUE])?)
}

/// A name in words, for messages.
pub(super) fn describe(name: &[u8]) -> String {
    let readable = |key: &[u8]| key.escape_ascii().to_string();
    match split_name(name) {
        Some((table, key)) => format!("table {table}, key {}", readable(key)),
        None => format!("record {}", readable(name)),
    }
}

/// Ends a text with two zero bytes and marks a zero byte inside it, so that a shorter text sorts first.
fn escape(bytes: &mut Vec<u8>, text: &str) {
    for byte in text.bytes() {
        bytes.push(byte);
        if byte == 0 {
            bytes.push(0xFF);
        }
    }
    bytes.extend([0, 0]);
}

/// The text at the beginning, and what follows it.
fn unescape(bytes: &[u8]) -> Option<(String, &[u8])> {
    let mut text = Vec::new();
    let mut at = 0;
    loop {
        match (*bytes.get(at)?, bytes.get(at + 1)) {
            (0, Some(0)) => break,
            (0, Some(0xFF)) => at += 1,
            (0, _) => return None,
            _ => {}
        }
        text.push(bytes.get(at).map_or(0, |byte| if *byte == 0xFF { 0 } else { *byte }));
        at += 1;
    }
    Some((String::from_utf8(text).ok()?, &bytes[at + 2..]))
}
