//! Sealing and wrapping: XChaCha20-Poly1305 under 256-bit keys that are wiped when they are dropped.

use std::fmt;

use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::{
    XChaCha20Poly1305, XNonce,
    aead::{Aead, Generate, KeyInit, Payload},
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::domain::secret::{MASK, Secret};

const NONCE_BYTES: usize = 24;
/// Marks how a text was sealed, should that ever change.
const SCHEME: &str = "x1:";
/// What a stored vault may ask of this machine's memory, in KiB.
const MOST_MEMORY_KIB: u32 = 1 << 20;
const MOST_PASSES: u32 = 64;

/// A sealed text: scheme, nonce and ciphertext in hexadecimal. It may lie on the disk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sealed(String);

/// How hard a passphrase is to try out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hardness {
    /// Memory per try, in KiB.
    pub memory_kib: u32,
    /// Passes over it.
    pub passes: u32,
}

impl Default for Hardness {
    fn default() -> Self {
        Self { memory_kib: 64 << 10, passes: 3 }
    }
}

/// 256 random bits, or bits derived from what the operator holds.
#[derive(Zeroize, ZeroizeOnDrop)]
pub(super) struct CipherKey([u8; 32]);

impl fmt::Debug for CipherKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

impl CipherKey {
    /// From the system's random source.
    pub(super) fn random() -> Self {
        let mut generated = chacha20poly1305::Key::generate();
        let key = Self(generated.into());
        generated.zeroize();
        key
    }

    /// From the contents of a key file.
    pub(super) fn of_file(contents: &[u8]) -> Self {
        let hasher = Sha256::new_with_prefix(b"prism-connect key file\0");
        Self(hasher.chain_update(contents).finalize().into())
    }

    /// From a passphrase, slowly. `None` where the parameters are out of bounds.
    pub(super) fn of_passphrase(text: &Secret, salt: &[u8], hardness: Hardness) -> Option<Self> {
        let Hardness { memory_kib, passes } = hardness;
        if memory_kib > MOST_MEMORY_KIB || passes > MOST_PASSES {
            return None;
        }
        let params = Params::new(memory_kib, passes, 1, Some(32)).ok()?;
        let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let mut key = Self([0; 32]);
        argon.hash_password_into(text.expose().as_bytes(), salt, &mut key.0).ok()?;
        Some(key)
    }

    /// Wraps another key, for this way of unlocking.
    pub(super) fn wrap(&self, data: &Self, way: &str) -> Sealed {
        self.seal(&data.0, way)
    }

    /// The other key, if this one wrapped it.
    pub(super) fn unwrap(&self, wrapped: &Sealed, way: &str) -> Option<Self> {
        let bytes = self.unseal(wrapped, way)?;
        Some(Self(bytes.as_slice().try_into().ok()?))
    }

    /// Seals for one purpose; opened for another one it does not open.
    pub(super) fn seal(&self, text: &[u8], context: &str) -> Sealed {
        let nonce = XNonce::generate();
        let payload = Payload { msg: text, aad: context.as_bytes() };
        let sealed = self.cipher().encrypt(&nonce, payload);
        let sealed = sealed.expect("memory can hold any text that is sealed");
        Sealed(format!("{SCHEME}{}{}", hex(&nonce), hex(&sealed)))
    }

    /// What was sealed, for this purpose.
    pub(super) fn unseal(&self, sealed: &Sealed, context: &str) -> Option<Zeroizing<Vec<u8>>> {
        let bytes = unhex(sealed.0.strip_prefix(SCHEME)?)?;
        let (nonce, sealed) = bytes.split_first_chunk::<NONCE_BYTES>()?;
        let payload = Payload { msg: sealed, aad: context.as_bytes() };
        self.cipher().decrypt(&XNonce::from(*nonce), payload).ok().map(Zeroizing::new)
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&self.0.into())
    }
}

/// So many random bytes, in hexadecimal.
pub(super) fn random_hex() -> Zeroizing<String> {
    Zeroizing::new(hex(&CipherKey::random().0))
}

pub(super) fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        let digit = |nibble: u8| char::from_digit(nibble.into(), 16).unwrap_or('0');
        text.extend([digit(byte >> 4), digit(byte & 15)]);
    }
    text
}

pub(super) fn unhex(text: &str) -> Option<Vec<u8>> {
    let pairs = text.as_bytes().chunks(2);
    pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}
