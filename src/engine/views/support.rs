//! What doctor, settings and vault show.

#![expect(missing_docs, reason = "what has no sentence is what its name says")]

use serde::{Deserialize, Serialize};

use crate::{config::EffectiveSetting, domain::outcome::Outcome};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DoctorView {
    /// One line per check.
    pub checks: Vec<DoctorCheck>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DoctorCheck {
    pub name: String,
    /// Success, Warning or Failure.
    pub outcome: Outcome,
    pub text: String,
    pub advice: Option<String>,
    /// What it found one by one, where the text names only the first few.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub each: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettingView {
    /// Its key in `config.toml`.
    pub key: String,
    /// Its value, as TOML would write it.
    pub value: String,
    /// `default`, the file's path, an environment variable, or a flag.
    pub origin: String,
    pub meaning: String,
}

impl From<EffectiveSetting> for SettingView {
    fn from(setting: EffectiveSetting) -> Self {
        let EffectiveSetting { key, value, origin, meaning } = setting;
        Self { key, value, origin, meaning }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VaultView {
    /// Whether secrets can be read now.
    pub unlocked: bool,
    /// `key file`, `passphrase`, `PRISM_CONNECT_KEY_FILE`.
    pub unlocked_by: String,
    /// Whether a passphrase is set.
    pub has_passphrase: bool,
    /// Where the key file is, if one is used.
    pub key_file: Option<String>,
}

/// What a restore put in place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestoredView {
    pub values: u64,
    /// The installation they belong to.
    pub installation: String,
    /// Where what was there before is now.
    pub replaced: Option<String>,
}
