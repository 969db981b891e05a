//! Sealed secrets and their keys.
//!
//! All secrets are sealed under one random data key. That key is stored only wrapped, in `vault.json` in
//! the data directory, once per way of unlocking: by a key file that the environment names (a service
//! manager's credential fits), by a passphrase, or by a key file made on first use. With a passphrase set
//! there is no key file of our own: what lies on the disk then opens nothing.
//!
//! The sealed secrets themselves lie in the store. A backup of the store holds none of these keys.
//! Nothing here may print a secret, and no error holds one.

use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use self::{
    cipher::{CipherKey, hex, unhex},
    files::{Files, PassphraseWrap, Wraps, named_key},
};
pub use self::{
    cipher::{Hardness, Sealed},
    error::VaultError,
};
use crate::{domain::secret::Secret, engine::views::VaultView, files::make_folder};

mod cipher;
mod error;
mod files;

const BY_NAMED_KEY_FILE: &str = "named key file";
const BY_PASSPHRASE: &str = "passphrase";
const BY_OWN_KEY_FILE: &str = "own key file";
const SALT_BYTES: usize = 16;
/// Whoever has the disk can try passphrases for as long as they like.
const LEAST_PASSPHRASE: usize = 12;

/// The environment variable that names a key file. Read by `config`, passed in here.
pub const KEY_FILE_VARIABLE: &str = "PRISM_CONNECT_KEY_FILE";

/// The vault of one installation. It may be locked; then nothing can be sealed or read.
#[derive(Debug)]
pub struct Vault {
    files: Files,
    named: Option<PathBuf>,
    wraps: Wraps,
    data_key: Option<CipherKey>,
    unlocked_by: &'static str,
    hardness: Hardness,
    /// Nothing is written: neither what wraps the key, nor a key file.
    only_looks: bool,
}

impl Vault {
    /// Opens the vault in a data directory, or makes one; unlocks it where no passphrase is needed.
    /// The store's lock on the directory must be held.
    pub fn open(dir: &Path, key_file: Option<&Path>) -> Result<Self, VaultError> {
        Self::open_with(dir, key_file, Hardness::default())
    }

    /// Opens the vault in a data directory, and leaves every file there as it is. Where there is none, secrets are
    /// sealed for as long as this lives.
    pub fn look(dir: &Path, key_file: Option<&Path>) -> Result<Self, VaultError> {
        Self::begin(dir, key_file, true).ready(Hardness::default())
    }

    /// Opens with another hardness of passphrases set from now on: tests need not wait.
    pub fn open_with(
        dir: &Path,
        key_file: Option<&Path>,
        hardness: Hardness,
    ) -> Result<Self, VaultError> {
        make_folder(dir).map_err(|error| VaultError::io(dir, &error))?;
        let vault = Self::begin(dir, key_file, false);
        vault.files.keep_from_others()?;
        vault.ready(hardness)
    }

    fn begin(dir: &Path, key_file: Option<&Path>, only_looks: bool) -> Self {
        Self {
            files: Files::new(dir),
            named: key_file.map(Path::to_owned),
            wraps: Wraps::default(),
            data_key: None,
            unlocked_by: "",
            hardness: Hardness::default(),
            only_looks,
        }
    }

    fn ready(self, hardness: Hardness) -> Result<Self, VaultError> {
        let stored = self.files.read()?;
        let mut vault = Self { wraps: stored.clone().unwrap_or_default(), hardness, ..self };
        match stored {
            Some(_) => vault.unlock_by_file()?,
            None => vault.make()?,
        }
        Ok(vault)
    }

    fn make(&mut self) -> Result<(), VaultError> {
        self.unlocked_with(CipherKey::random(), self.file_way());
        if self.only_looks {
            return Ok(());
        }
        self.wrap_by_file()?;
        self.files.write(&self.wraps)
    }

    fn file_way(&self) -> &'static str {
        if self.named.is_some() { BY_NAMED_KEY_FILE } else { BY_OWN_KEY_FILE }
    }

    fn unlocked_with(&mut self, data_key: CipherKey, way: &'static str) {
        self.data_key = Some(data_key);
        self.unlocked_by = way;
    }

    /// Wraps the data key by the named key file, else by our own.
    fn wrap_by_file(&mut self) -> Result<(), VaultError> {
        let data_key = self.data_key.as_ref().ok_or(VaultError::Locked)?;
        if let Some(path) = &self.named {
            let wrapped = named_key(path)?.wrap(data_key, BY_NAMED_KEY_FILE);
            self.wraps.named_key_file = Some(wrapped);
        } else {
            let wrapped = self.files.make_own_key()?.wrap(data_key, BY_OWN_KEY_FILE);
            self.wraps.own_key_file = Some(wrapped);
        }
        Ok(())
    }

    /// Tries the named key file, then, if no passphrase is set, our own.
    fn unlock_by_file(&mut self) -> Result<(), VaultError> {
        let named = self.named.as_deref().map(named_key).transpose()?;
        let fits = |(key, wrapped): (&CipherKey, &Sealed)| key.unwrap(wrapped, BY_NAMED_KEY_FILE);
        if let Some(data_key) =
            named.as_ref().zip(self.wraps.named_key_file.as_ref()).and_then(fits)
        {
            self.unlocked_with(data_key, BY_NAMED_KEY_FILE);
            return Ok(());
        }
        if self.wraps.passphrase.is_some() {
            return Ok(());
        }
        let Some(wrapped) = &self.wraps.own_key_file else { return Err(self.no_key_file()) };
        let path = self.files.own_key_file();
        let data_key = self.files.own_key()?.unwrap(wrapped, BY_OWN_KEY_FILE);
        let data_key = data_key.ok_or_else(|| VaultError::key_file(&path, "does not fit"))?;
        self.unlocked_with(data_key, BY_OWN_KEY_FILE);
        self.adopt_named_key_file()
    }

    fn no_key_file(&self) -> VaultError {
        match &self.named {
            Some(path) => VaultError::key_file(path, "does not fit"),
            None => VaultError::KeyFile {
                path: KEY_FILE_VARIABLE.to_owned(),
                what: "is needed and was not named".to_owned(),
            },
        }
    }

    /// A named key file that does not open the vault yet does so from now on.
    fn adopt_named_key_file(&mut self) -> Result<(), VaultError> {
        if self.named.is_none() || self.only_looks {
            return Ok(());
        }
        self.wrap_by_file()?;
        self.files.write(&self.wraps)
    }

    /// Unlocks with the passphrase. Blocks for about 0.2 s.
    pub fn unlock(&mut self, passphrase: &Secret) -> Result<(), VaultError> {
        let wrap = self.wraps.passphrase.as_ref().ok_or(VaultError::NoPassphrase)?;
        let salt = unhex(&wrap.salt).unwrap_or_default();
        let key = CipherKey::of_passphrase(passphrase, &salt, wrap.hardness);
        let data_key = key.and_then(|key| key.unwrap(&wrap.key, BY_PASSPHRASE));
        self.unlocked_with(data_key.ok_or(VaultError::WrongPassphrase)?, BY_PASSPHRASE);
        self.adopt_named_key_file()
    }

    /// Forgets the data key. Where a passphrase is set that lasts: the next start asks for it, even if a key file
    /// is named, which then opens the vault again from the next unlocking on. Without one, a key file lies
    /// beside the vault and opens it at the next start.
    pub fn lock(&mut self) -> Result<(), VaultError> {
        self.data_key = None;
        self.unlocked_by = "";
        if self.wraps.passphrase.is_none() || self.wraps.named_key_file.is_none() {
            return Ok(());
        }
        self.store(Wraps { named_key_file: None, ..self.wraps.clone() })
    }

    /// Whether secrets can be sealed and read now.
    #[must_use]
    pub fn is_unlocked(&self) -> bool {
        self.data_key.is_some()
    }

    /// Sets the passphrase, or removes it. Nothing sealed has to be sealed again. Blocks for about 0.2 s.
    pub fn set_passphrase(&mut self, passphrase: Option<&Secret>) -> Result<(), VaultError> {
        match passphrase {
            Some(text) if text.expose().chars().count() < LEAST_PASSPHRASE => {
                Err(VaultError::ShortPassphrase)
            }
            Some(text) => self.add_passphrase(text),
            None => self.remove_passphrase(),
        }
    }

    fn add_passphrase(&mut self, text: &Secret) -> Result<(), VaultError> {
        let data_key = self.data_key.as_ref().ok_or(VaultError::Locked)?;
        let salt: [u8; SALT_BYTES] = uuid::Uuid::new_v4().into_bytes();
        let key = CipherKey::of_passphrase(text, &salt, self.hardness);
        let key = key.ok_or(VaultError::WrongPassphrase)?.wrap(data_key, BY_PASSPHRASE);
        let wrap = PassphraseWrap { salt: hex(&salt), hardness: self.hardness, key };
        self.store(Wraps { passphrase: Some(wrap), own_key_file: None, ..self.wraps.clone() })?;
        self.files.remove_own_key()
    }

    fn remove_passphrase(&mut self) -> Result<(), VaultError> {
        let kept = self.wraps.clone();
        self.wrap_by_file()?;
        let wraps = Wraps { passphrase: None, ..self.wraps.clone() };
        self.wraps = kept;
        self.store(wraps)?;
        self.unlocked_by = self.file_way();
        Ok(())
    }

    fn store(&mut self, wraps: Wraps) -> Result<(), VaultError> {
        if !self.only_looks {
            self.files.write(&wraps)?;
        }
        self.wraps = wraps;
        Ok(())
    }

    /// Seals a secret for one purpose, such as `connection autotask`: it cannot be read for another one.
    pub fn seal(&self, context: &str, secret: &Secret) -> Result<Sealed, VaultError> {
        let data_key = self.data_key.as_ref().ok_or(VaultError::Locked)?;
        Ok(data_key.seal(secret.expose().as_bytes(), context))
    }

    /// The secret that was sealed for this purpose.
    pub fn unseal(&self, context: &str, sealed: &Sealed) -> Result<Secret, VaultError> {
        let data_key = self.data_key.as_ref().ok_or(VaultError::Locked)?;
        let foreign = || VaultError::Foreign { context: context.to_owned() };
        let bytes = data_key.unseal(sealed, context).ok_or_else(foreign)?;
        let text = Zeroizing::new(String::from_utf8(bytes.to_vec()).map_err(|_| foreign())?);
        Ok(Secret::new(text.as_str()))
    }

    /// What can be told about it.
    #[must_use]
    pub fn view(&self) -> VaultView {
        let own = self.files.own_key_file();
        let key_file = self.named.clone().or_else(|| own.exists().then_some(own));
        let unlocked_by = match self.unlocked_by {
            BY_NAMED_KEY_FILE => KEY_FILE_VARIABLE,
            BY_OWN_KEY_FILE => "key file",
            other => other,
        };
        VaultView {
            unlocked: self.is_unlocked(),
            unlocked_by: unlocked_by.to_owned(),
            has_passphrase: self.wraps.passphrase.is_some(),
            key_file: key_file.map(|path| path.display().to_string()),
        }
    }
}
