//! What can be wrong with the settings: each text names the key, where it stands, and what is allowed.

use std::path::Path;

use crate::domain::{Code, outcome::Finding};

/// Why the settings cannot be used. Nothing is started with settings that are half understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} {}", self.text(), self.advice())]
pub enum ConfigError {
    /// There is no such setting.
    Unknown {
        /// As it was typed.
        key: String,
        /// File and line, or the environment variable.
        place: String,
        /// What was meant, probably.
        closest: Option<String>,
    },
    /// The setting cannot have this value.
    Value {
        /// Which setting.
        key: String,
        /// File and line, environment variable, or flag.
        place: String,
        /// As it was typed.
        value: String,
        /// What it can have.
        allowed: String,
    },
    /// Something in the setting cannot be, or goes with nothing else.
    Part {
        /// Which setting.
        key: String,
        /// File and line, or environment variable.
        place: String,
        /// What is wrong, without a full stop.
        what: String,
        /// What to write.
        advice: String,
    },
    /// By these settings it would never look by itself.
    NeverLooks {
        /// The setting that leaves nothing.
        key: String,
        /// The file, or the environment variable.
        place: String,
    },
    /// The file is no TOML.
    Syntax {
        /// File and line.
        place: String,
        /// What the parser said.
        message: String,
    },
    /// The file cannot be read.
    Unreadable {
        /// Which.
        path: String,
        /// What the system said.
        cause: String,
    },
    /// This user has no home directory, so there is no default for the directories.
    NoHome,
}

impl ConfigError {
    /// A stable code: `config_unknown`, `config_value`, …
    #[must_use]
    pub fn code(&self) -> Code {
        match self {
            Self::Unknown { .. } => Code::ConfigUnknown,
            Self::Value { .. } | Self::Part { .. } => Code::ConfigValue,
            Self::NeverLooks { .. } => Code::ConfigNever,
            Self::Syntax { .. } => Code::ConfigSyntax,
            Self::Unreadable { .. } => Code::ConfigUnreadable,
            Self::NoHome => Code::ConfigNoHome,
        }
    }

    /// What is wrong, and where.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Unknown { key, place, .. } => format!("{place}: there is no setting `{key}`."),
            Self::Value { key, place, value, .. } => {
                format!("{place}: `{key}` cannot be {value}.")
            }
            Self::Part { key, place, what, .. } => format!("{place}: `{key}`: {what}."),
            Self::NeverLooks { key, place } => {
                format!("{place}: `{key}` leaves no time at which the schedule could look.")
            }
            Self::Syntax { place, message } => format!("{place}: {message}."),
            Self::Unreadable { path, cause } => format!("{path} cannot be read: {cause}."),
            Self::NoHome => "This user has no home directory.".to_owned(),
        }
    }

    /// What to do next.
    #[must_use]
    pub fn advice(&self) -> String {
        match self {
            Self::Unknown { closest: Some(closest), .. } => format!("Did you mean `{closest}`?"),
            Self::Unknown { closest: None, .. } => {
                "`prism-connect config show` lists all settings.".to_owned()
            }
            Self::Value { allowed, .. } => format!("Allowed: {allowed}."),
            Self::Part { advice, .. } => advice.clone(),
            Self::NeverLooks { .. } => {
                "Leave it a time on some day, or take the schedule out: `look = []`.".to_owned()
            }
            Self::Syntax { .. } => "Correct that line.".to_owned(),
            Self::Unreadable { .. } => "Check its name and mode, or --config.".to_owned(),
            Self::NoHome => {
                "Name the directory with --data-dir and the file with --config.".to_owned()
            }
        }
    }

    /// Whether it is wrong as typed on the command line.
    pub(crate) fn is_typed(&self) -> bool {
        matches!(self, Self::Value { place, .. } if place.starts_with("--"))
    }

    pub(super) fn unreadable(path: &Path, cause: &str) -> Self {
        Self::Unreadable { path: path.display().to_string(), cause: cause.to_owned() }
    }
}

impl From<&ConfigError> for Finding {
    fn from(error: &ConfigError) -> Self {
        Self::new(error.code(), error.text(), error.advice())
    }
}

impl From<ConfigError> for Finding {
    fn from(error: ConfigError) -> Self {
        Self::from(&error)
    }
}
