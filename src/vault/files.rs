//! The vault's files: what wraps the data key, and the key file made on first use.

use std::{
    fs::{self, File},
    io::{ErrorKind, Read, Write},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{
    VaultError,
    cipher::{CipherKey, Hardness, Sealed, random_hex},
};
use crate::files;

const VAULT_FILE: &str = "vault.json";
const KEY_FILE: &str = "vault.key";
const VERSION: u32 = 1;
/// A key file holds a key, not a film.
const LARGEST_FILE: u64 = 64 << 10;
/// A key file with fewer bytes can be guessed.
const LEAST_KEY_BYTES: usize = 16;

/// The data key, once per way of unlocking.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wraps {
    pub version: u32,
    /// By the key file that the environment names.
    pub named_key_file: Option<Sealed>,
    /// By a passphrase.
    pub passphrase: Option<PassphraseWrap>,
    /// By the key file beside this file.
    pub own_key_file: Option<Sealed>,
}

/// Wrapped by a passphrase.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PassphraseWrap {
    /// In hexadecimal.
    pub salt: String,
    /// As it was when the passphrase was set.
    pub hardness: Hardness,
    pub key: Sealed,
}

#[derive(Clone, Debug)]
pub(super) struct Files {
    dir: PathBuf,
}

impl Files {
    pub(super) fn new(dir: &Path) -> Self {
        Self { dir: dir.to_owned() }
    }

    /// The key file made on first use.
    pub(super) fn own_key_file(&self) -> PathBuf {
        self.dir.join(KEY_FILE)
    }

    fn vault(&self) -> PathBuf {
        self.dir.join(VAULT_FILE)
    }

    /// What was stored, if anything was.
    pub(super) fn read(&self) -> Result<Option<Wraps>, VaultError> {
        let path = self.vault();
        let bytes = match files::open(&path) {
            Ok(file) => read_bounded(&path, file)?,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(VaultError::io(&path, &error)),
        };
        let damaged = || VaultError::Damaged { path: path.display().to_string() };
        let wraps: Wraps = serde_json::from_slice(&bytes).map_err(|_| damaged())?;
        if wraps.version != VERSION {
            return Err(damaged());
        }
        Ok(Some(wraps))
    }

    /// What wraps the key is its owner's alone, whatever it was before. The key file is refused instead: it was seen.
    pub(super) fn keep_from_others(&self) -> Result<(), VaultError> {
        let path = self.vault();
        match files::keep_from_others(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(VaultError::io(&path, &error)),
            _ => Ok(()),
        }
    }

    /// Stores it whole, or leaves what was there.
    pub(super) fn write(&self, wraps: &Wraps) -> Result<(), VaultError> {
        let path = self.vault();
        let io = |error: std::io::Error| VaultError::io(&path, &error);
        let wraps = Wraps { version: VERSION, ..wraps.clone() };
        let text = serde_json::to_vec_pretty(&wraps).map_err(|error| io(error.into()))?;
        // Made with mode 0600.
        let mut file = tempfile::NamedTempFile::new_in(&self.dir).map_err(io)?;
        file.write_all(&text).map_err(io)?;
        file.as_file().sync_all().map_err(io)?;
        file.persist(&path).map_err(|error| io(error.error))?;
        self.sync()
    }

    /// The key of the key file beside the vault, made first if it is not there.
    pub(super) fn make_own_key(&self) -> Result<CipherKey, VaultError> {
        let path = self.own_key_file();
        let io = |error: std::io::Error| VaultError::io(&path, &error);
        match files::create_new(&path) {
            Ok(mut file) => {
                let key = random_hex();
                file.write_all(key.as_bytes()).and_then(|()| file.sync_all()).map_err(io)?;
                self.sync()?;
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(io(error)),
        }
        self.own_key()
    }

    /// The key of the key file beside the vault: its owner's alone, or it is refused.
    pub(super) fn own_key(&self) -> Result<CipherKey, VaultError> {
        let path = self.own_key_file();
        let file = open_key_file(&path)?;
        let metadata = file.metadata().map_err(|error| VaultError::io(&path, &error))?;
        let exposed = |what| VaultError::Exposed { path: path.display().to_string(), what };
        let mode = metadata.mode() & 0o7777;
        if mode & 0o077 != 0 {
            return Err(exposed(format!("its mode is {mode:o}")));
        }
        if metadata.uid() != rustix::process::geteuid().as_raw() {
            return Err(exposed(format!("it belongs to user {}", metadata.uid())));
        }
        key_in(&path, file)
    }

    /// Removes the key file beside the vault, once nothing is wrapped by it any more.
    pub(super) fn remove_own_key(&self) -> Result<(), VaultError> {
        let path = self.own_key_file();
        match fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(VaultError::io(&path, &error)),
            _ => self.sync(),
        }
    }

    fn sync(&self) -> Result<(), VaultError> {
        let synced = File::open(&self.dir).and_then(|dir| dir.sync_all());
        synced.map_err(|error| VaultError::io(&self.dir, &error))
    }
}

/// The key of a key file that the environment names. A service manager's credential may be readable by a
/// group that only its user is in; by everybody it may not.
pub(super) fn named_key(path: &Path) -> Result<CipherKey, VaultError> {
    let file = open_key_file(path)?;
    let metadata = file.metadata().map_err(|error| VaultError::io(path, &error))?;
    let mode = metadata.mode() & 0o7777;
    if mode & 0o007 != 0 {
        let what = format!("its mode is {mode:o}");
        return Err(VaultError::Exposed { path: path.display().to_string(), what });
    }
    key_in(path, file)
}

fn open_key_file(path: &Path) -> Result<File, VaultError> {
    files::open(path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => VaultError::key_file(path, "is not there"),
        ErrorKind::PermissionDenied => VaultError::key_file(path, "cannot be read by this user"),
        ErrorKind::Other => VaultError::key_file(path, "is not a file"),
        _ => VaultError::io(path, &error),
    })
}

fn key_in(path: &Path, file: File) -> Result<CipherKey, VaultError> {
    let bytes = read_bounded(path, file)?;
    if bytes.trim_ascii().len() < LEAST_KEY_BYTES {
        return Err(VaultError::key_file(path, "holds fewer than 16 bytes"));
    }
    Ok(CipherKey::of_file(&bytes))
}

fn read_bounded(path: &Path, file: File) -> Result<Zeroizing<Vec<u8>>, VaultError> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(4 << 10));
    let read = file.take(LARGEST_FILE).read_to_end(&mut bytes);
    read.map_err(|error| VaultError::io(path, &error))?;
    Ok(bytes)
}
