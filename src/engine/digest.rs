//! What tells whether something is still what it was: the hash of a value.
//!
//! It must not know what is hashed.

use std::io;

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::domain::text::hex;

/// SHA-256 over the value as JSON, in hexadecimal digits.
pub(crate) fn hash(value: &impl Serialize) -> String {
    let mut digest = Digesting(Sha256::new());
    // What cannot be written, which no value of ours is, hashes as far as it got.
    let _ = serde_json::to_writer(&mut digest, value);
    hex(&digest.0.finalize())
}

/// What is written to it is hashed and not kept.
struct Digesting(Sha256);

impl io::Write for Digesting {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
