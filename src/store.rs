//! The embedded database: sled behind one narrow door.

use std::marker::PhantomData;

/// A named tree whose values are of one type.
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

    /// Its name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }
}

/// An ordered composite key: integers big-endian, texts escaped and terminated, so that keys sort as their parts do.
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

    /// With a signed integer.
    #[must_use]
    pub fn signed(self, number: i64) -> Self {
        self.number(number.cast_unsigned() ^ (1 << 63))
    }

    /// With a text.
    #[must_use]
    pub fn text(mut self, text: &str) -> Self {
        for byte in text.bytes() {
            self.0.push(byte);
            if byte == 0 {
                self.0.push(0xFF);
            }
        }
        self.0.extend([0, 0]);
        self
    }

    /// Its bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}
