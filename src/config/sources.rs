//! Where values come from: file, environment and flags, each with the place to name in an error. Pure.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use chrono::Weekday;
use chrono_tz::Tz;
use toml::{
    Spanned,
    de::{DeArray, DeTable, DeValue},
};

use super::{
    ConfigError, notify,
    table::{self, ListOf, SETTINGS, Setting, SettingKind, TablesOf},
};
use crate::domain::{
    ConnectionId,
    notify::{Hook, Route},
    schedule::{Apply, QuietWindow, TimeOfDay},
};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum SettingValue {
    Flag(bool),
    Number(u64),
    Text(String),
    List(Vec<String>),
    Routes(Vec<Route>),
    Hooks(Vec<Hook>),
}

/// Values by key, each with its origin.
pub(super) type Values = BTreeMap<&'static str, (SettingValue, String)>;

struct GivenValue<'a> {
    setting: &'static Setting,
    place: &'a str,
    /// Where files are that it names.
    folder: Option<&'a Path>,
}

impl GivenValue<'_> {
    fn refuse(&self, value: &str) -> ConfigError {
        ConfigError::Value {
            key: self.setting.key.to_owned(),
            place: self.place.to_owned(),
            value: value.to_owned(),
            allowed: self.setting.kind.allowed(),
        }
    }

    /// From a text, as variables and flags give it.
    fn parse(&self, text: &str) -> Result<SettingValue, ConfigError> {
        let value = match self.setting.kind {
            SettingKind::Path => Some(SettingValue::Text(from_home(text))),
            SettingKind::Flag => match text {
                "true" | "1" | "yes" | "on" => Some(SettingValue::Flag(true)),
                "false" | "0" | "no" | "off" => Some(SettingValue::Flag(false)),
                _ => None,
            },
            SettingKind::Number(..) => text.trim().parse().ok().map(SettingValue::Number),
            SettingKind::Word(_) | SettingKind::Text | SettingKind::Zone | SettingKind::Address => {
                Some(SettingValue::Text(text.to_owned()))
            }
            SettingKind::List(of) => {
                let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
                return self.list(of, parts);
            }
            SettingKind::Tables(_) => return self.tables_in_a_line(text),
        };
        value.filter(|value| self.fits(value)).ok_or_else(|| self.refuse(&format!("`{text}`")))
    }

    fn read(&self, value: &DeValue<'_>, shown: &str) -> Result<SettingValue, ConfigError> {
        let value = match (self.setting.kind, value) {
            (SettingKind::Flag, DeValue::Boolean(flag)) => Some(SettingValue::Flag(*flag)),
            (SettingKind::Number(..), DeValue::Integer(number)) if number.radix() == 10 => {
                number.as_str().replace('_', "").parse().ok().map(SettingValue::Number)
            }
            (SettingKind::Path, DeValue::String(text)) => Some(SettingValue::Text(from_home(text))),
            (
                SettingKind::Word(_) | SettingKind::Text | SettingKind::Zone | SettingKind::Address,
                DeValue::String(text),
            ) => Some(SettingValue::Text(text.clone().into_owned())),
            (SettingKind::List(of), DeValue::Array(values)) => {
                let texts = values.iter().map(|value| value.get_ref().as_str());
                let texts: Option<Vec<&str>> = texts.collect();
                return self.list(of, texts.ok_or_else(|| self.refuse(shown))?.into_iter());
            }
            (SettingKind::Tables(of), DeValue::Array(values)) => return self.tables(of, values),
            _ => None,
        };
        value.filter(|value| self.fits(value)).ok_or_else(|| self.refuse(shown))
    }

    /// A list of tables as a variable has it.
    fn tables_in_a_line(&self, text: &str) -> Result<SettingValue, ConfigError> {
        let line = format!("it = {text}");
        let table = DeTable::parse(&line).map_err(|_| self.refuse("that"))?;
        let value = table.get_ref().get("it").ok_or_else(|| self.refuse("that"))?;
        self.read(value.get_ref(), "that")
    }

    fn tables(&self, of: TablesOf, values: &DeArray<'_>) -> Result<SettingValue, ConfigError> {
        let each = |value: &Spanned<DeValue<'_>>| match value.get_ref() {
            DeValue::Table(_) => Ok(()),
            _ => Err(self.refuse("that")),
        };
        values.iter().try_for_each(each)?;
        let tables = values.iter().filter_map(|value| value.get_ref().as_table());
        let wrong = |(what, advice)| ConfigError::Part {
            key: self.setting.key.to_owned(),
            place: self.place.to_owned(),
            what,
            advice,
        };
        match of {
            TablesOf::Routes => {
                let routes = tables.map(|table| notify::route(table).map_err(wrong));
                routes.collect::<Result<_, _>>().map(SettingValue::Routes)
            }
            TablesOf::Hooks => {
                let hooks = tables.map(|table| notify::hook(table, self.folder).map_err(wrong));
                hooks.collect::<Result<_, _>>().map(SettingValue::Hooks)
            }
        }
    }

    /// The first that is none of its kind is named.
    fn list<'t>(
        &self,
        of: ListOf,
        texts: impl Iterator<Item = &'t str>,
    ) -> Result<SettingValue, ConfigError> {
        let texts = texts.map(|text| {
            if of.has(text) { Ok(text.to_owned()) } else { Err(self.refuse(&format!("`{text}`"))) }
        });
        texts.collect::<Result<_, _>>().map(SettingValue::List)
    }

    fn fits(&self, value: &SettingValue) -> bool {
        match (self.setting.kind, value) {
            (SettingKind::Number(least, most), SettingValue::Number(number)) => {
                (least..=most).contains(number)
            }
            (SettingKind::Word(words), SettingValue::Text(text)) => words.contains(&text.as_str()),
            (SettingKind::Zone, SettingValue::Text(text)) => text.parse::<Tz>().is_ok(),
            (SettingKind::Address, SettingValue::Text(text)) => {
                text.parse::<std::net::SocketAddr>().is_ok()
            }
            (SettingKind::Text, SettingValue::Text(text)) => !text.chars().any(char::is_control),
            (SettingKind::Path, SettingValue::Text(text)) => {
                !text.is_empty() && !text.contains('\0')
            }
            _ => true,
        }
    }
}

impl SettingKind {
    fn allowed(self) -> String {
        match self {
            Self::Flag => "true, false".to_owned(),
            Self::Number(least, most) => format!("a whole number from {least} to {most}"),
            Self::Word(words) => words.join(", "),
            Self::Text => "a text on one line".to_owned(),
            Self::Path => "a path, in quotes in the file".to_owned(),
            Self::Tables(TablesOf::Routes) => {
                "[[notify]] tables, each with to = [\"ops@example.com\"] and on = [\"failure\"]"
                    .to_owned()
            }
            Self::Tables(TablesOf::Hooks) => {
                "[[webhook]] tables, each with url = \"https://host/path\" and on = [\"failure\"]"
                    .to_owned()
            }
            Self::Address => "an IP address with a port, such as 127.0.0.1:9464".to_owned(),
            Self::Zone => {
                "the name of a time zone, such as Australia/Sydney, Europe/Berlin or UTC".to_owned()
            }
            Self::List(ListOf::Times) => "times of day, such as [\"06:30\", \"18:00\"]".to_owned(),
            Self::List(ListOf::Weekdays) => "mon, tue, wed, thu, fri, sat, sun".to_owned(),
            Self::List(ListOf::Windows) => {
                "a day of the month and times from early to late, such as [\"01 00:00-12:00\"]"
                    .to_owned()
            }
            Self::List(ListOf::Applied) => format!(
                "the name of a connection with {}, such as [\"connectwise plan-only\"]",
                Apply::WORDS.join(", ")
            ),
        }
    }
}

impl ListOf {
    fn has(self, text: &str) -> bool {
        match self {
            Self::Times => text.parse::<TimeOfDay>().is_ok(),
            Self::Weekdays => text.parse::<Weekday>().is_ok(),
            Self::Windows => text.parse::<QuietWindow>().is_ok(),
            Self::Applied => applied(text).is_some(),
        }
    }
}

/// A connection, and what is applied to it.
pub(super) fn applied(text: &str) -> Option<(ConnectionId, Apply)> {
    let (name, word) = text.split_once(' ')?;
    Some((ConnectionId::new(name), Apply::from_word(word)?))
}

/// A path as people write it: `~/x` lies in their home directory. Only a shell reads it so by itself, and neither the file
/// nor a service's environment passes one.
fn from_home(text: &str) -> String {
    let home = || directories::BaseDirs::new().map(|dirs| dirs.home_dir().to_owned());
    let path = match text.strip_prefix('~') {
        Some("") => home(),
        Some(rest) => rest.strip_prefix('/').and_then(|rest| home().map(|home| home.join(rest))),
        None => None,
    };
    path.map_or_else(|| text.to_owned(), |path| path.display().to_string())
}

/// What holds where nothing else is said.
pub(super) fn defaults() -> Result<Values, ConfigError> {
    let mut values = Values::new();
    for setting in SETTINGS.iter().filter(|setting| !setting.default.is_empty()) {
        let value =
            GivenValue { setting, place: "default", folder: None }.parse(setting.default)?;
        values.insert(setting.key, (value, "default".to_owned()));
    }
    Ok(values)
}

pub(super) fn variables() -> Result<BTreeMap<String, String>, ConfigError> {
    let all = std::env::vars_os().map(|(name, value)| (name.to_string_lossy().into_owned(), value));
    all.filter(|(name, _)| name.starts_with("PRISM_CONNECT_"))
        .map(|(name, value)| {
            let text = utf8(&name, "environment", Path::new(&value))?;
            Ok((name, text))
        })
        .collect()
}

/// A path as a setting holds it. Another one in its place, with a letter replaced, would be another directory.
pub(super) fn utf8(key: &str, place: &str, path: &Path) -> Result<String, ConfigError> {
    path.to_str().map(str::to_owned).ok_or_else(|| ConfigError::Value {
        key: key.to_owned(),
        place: place.to_owned(),
        value: format!("`{}`", path.display()),
        allowed: "text in UTF-8".to_owned(),
    })
}

pub(super) fn flag(values: &mut Values, key: &str, text: &str) -> Result<(), ConfigError> {
    let place = format!("--{}", key.rsplit('.').next().unwrap_or(key).replace('_', "-"));
    let unknown =
        || ConfigError::Unknown { key: key.to_owned(), place: place.clone(), closest: None };
    let setting = table::find(key).ok_or_else(unknown)?;
    let value = GivenValue { setting, place: &place, folder: None }.parse(text)?;
    values.insert(setting.key, (value, place));
    Ok(())
}

pub(super) fn environment(
    values: &mut Values,
    variables: &BTreeMap<String, String>,
) -> Result<(), ConfigError> {
    for setting in SETTINGS {
        let place = setting.variable();
        // An empty variable is one that is not set, as everywhere.
        let Some(text) = variables.get(&place).filter(|text| !text.is_empty()) else { continue };
        let value = GivenValue { setting, place: &place, folder: None }.parse(text)?;
        values.insert(setting.key, (value, place));
    }
    let known = || SETTINGS.iter().map(Setting::variable).chain(table::others().map(str::to_owned));
    let stray = variables.keys().find(|name| !known().any(|known| known == **name));
    stray.map_or(Ok(()), |name| {
        let closest = table::closest(name, known());
        Err(ConfigError::Unknown { key: name.clone(), place: "environment".to_owned(), closest })
    })
}

/// What the file says. Relative paths in it are relative to its directory.
pub(super) fn file(values: &mut Values, path: &Path, text: &str) -> Result<(), ConfigError> {
    let source = SettingSource { path, text };
    let table = DeTable::parse(text).map_err(|error| ConfigError::Syntax {
        place: source.place(error.span().map_or(0, |span| span.start)),
        message: error.message().trim_end_matches('.').to_owned(),
    })?;
    source.table(values, "", table.get_ref())
}

struct SettingSource<'a> {
    path: &'a Path,
    text: &'a str,
}

impl SettingSource<'_> {
    fn place(&self, at: usize) -> String {
        let before = self.text.as_bytes().iter().take(at);
        let line = 1 + before.filter(|byte| **byte == b'\n').count();
        format!("{}, line {line}", self.path.display())
    }

    fn table(
        &self,
        values: &mut Values,
        section: &str,
        table: &DeTable<'_>,
    ) -> Result<(), ConfigError> {
        for (name, value) in table {
            let key = format!("{section}{}", name.get_ref());
            let place = self.place(name.span().start);
            let inner = format!("{key}.");
            let is_section = SETTINGS.iter().any(|setting| setting.key.starts_with(&inner));
            match value.get_ref() {
                DeValue::Table(table) if is_section => self.table(values, &inner, table)?,
                found => {
                    let setting = table::find(&key).ok_or_else(|| unknown(&key, &place))?;
                    let shown = self.text.get(value.span()).unwrap_or("that").trim();
                    let shown: String = shown.chars().take(60).collect();
                    let folder = self.path.parent();
                    let value =
                        GivenValue { setting, place: &place, folder }.read(found, &shown)?;
                    let value = self.anchored(setting, value);
                    values.insert(setting.key, (value, self.path.display().to_string()));
                }
            }
        }
        Ok(())
    }

    fn anchored(&self, setting: &Setting, value: SettingValue) -> SettingValue {
        match (setting.kind, value, self.path.parent()) {
            (SettingKind::Path, SettingValue::Text(text), Some(folder)) => {
                SettingValue::Text(folder.join(PathBuf::from(text)).display().to_string())
            }
            (_, value, _) => value,
        }
    }
}

fn unknown(key: &str, place: &str) -> ConfigError {
    let keys = SETTINGS.iter().map(|setting| setting.key.to_owned());
    let closest = table::closest(key, keys);
    ConfigError::Unknown { key: key.to_owned(), place: place.to_owned(), closest }
}
