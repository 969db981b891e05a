//! What doctor, settings and vault show.

use serde::{Deserialize, Serialize};

use crate::{config::EffectiveSetting, domain::outcome::Outcome};

/// Findings of `doctor`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DoctorView {
    /// One line per check.
    pub checks: Vec<DoctorCheck>,
}

/// One check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DoctorCheck {
    /// What was looked at.
    pub name: String,
    /// Success, Warning or Failure.
    pub outcome: Outcome,
    /// What was found.
    pub text: String,
    /// What to do.
    pub advice: Option<String>,
}

/// One effective setting.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettingView {
    /// Its key in `config.toml`.
    pub key: String,
    /// Its value, as TOML would write it.
    pub value: String,
    /// `default`, the file's path, an environment variable, or a flag.
    pub origin: String,
    /// What it does.
    pub meaning: String,
}

impl From<EffectiveSetting> for SettingView {
    fn from(setting: EffectiveSetting) -> Self {
        let EffectiveSetting { key, value, origin, meaning } = setting;
        Self { key, value, origin, meaning }
    }
}

/// The vault.
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
    /// Values restored.
    pub values: u64,
    /// The installation they belong to.
    pub installation: String,
    /// Where what was there before is now.
    pub replaced: Option<String>,
}
