//! Effective settings, each with its origin: a flag, an environment variable, the file, or the default.
//!
//! What is no connection, option or mapping is a setting. Settings are read once, at the start, and do not
//! change afterwards. A setting that is not understood stops the start: policies change bills.

#![expect(missing_docs, reason = "what has no sentence is what its name says")]

use std::{
    collections::BTreeMap,
    io::ErrorKind,
    path::{Path, PathBuf},
    time::Duration,
};

use directories::ProjectDirs;

pub use self::{error::ConfigError, example::example};
use self::{
    sources::{SettingValue, Values},
    table::SETTINGS,
};
use crate::{
    domain::{
        approval::ApprovalMode,
        notify::NotifySettings,
        policy::{
            AzureProration, Drops, GuardMode, Guards, HandPrices, LineCheck, LinePolicies, Lines,
            Policies, PriceInInvoiced, SameDay, Unprorated,
        },
        schedule::Schedule,
    },
    files,
};

mod error;
mod example;
mod notify;
mod schedule;
mod sources;
mod table;

const PROGRAM: &str = "prism-connect";
const FILE: &str = "config.toml";
const LARGEST_FILE: u64 = 1 << 20;
/// Names the key file of the vault; no setting, since it belongs to where a service runs.
const KEY_FILE_VARIABLE: &str = "PRISM_CONNECT_KEY_FILE";
/// Names the settings file, as `--config` does.
const CONFIG_VARIABLE: &str = "PRISM_CONNECT_CONFIG";

/// Variables of ours that set no setting, with what they are for: for the manual.
pub(crate) fn variables_beside_settings() -> impl Iterator<Item = (&'static str, &'static str)> {
    table::OTHERS.iter().copied()
}

/// One effective setting.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct EffectiveSetting {
    /// Its key in `config.toml`.
    pub key: String,
    /// Its value, as TOML would write it.
    pub value: String,
    /// `default`, the file's path, an environment variable, or a flag.
    pub origin: String,
    /// What it does.
    pub meaning: String,
}

/// What was given on the command line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overrides {
    /// `--config`: another settings file, which must be there.
    pub config: Option<PathBuf>,
    pub data_dir: Option<PathBuf>,
    pub ascii: bool,
    pub mouse: bool,
}

/// Where things are unless something else is said (XDG).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Homes {
    pub config: PathBuf,
    /// For store, vault and backups.
    pub data: PathBuf,
    pub state: PathBuf,
}

impl Homes {
    /// This user's.
    pub(crate) fn of_user() -> Result<Self, ConfigError> {
        let homes = ProjectDirs::from("", "", PROGRAM).ok_or(ConfigError::NoHome)?;
        Ok(Self {
            config: homes.config_dir().to_owned(),
            data: homes.data_dir().to_owned(),
            state: homes.state_dir().unwrap_or(homes.data_local_dir()).to_owned(),
        })
    }

    /// Everything below one directory: for demo worlds and tests.
    #[must_use]
    pub fn below(dir: &Path) -> Self {
        Self { config: dir.to_owned(), data: dir.to_owned(), state: dir.join("state") }
    }
}

/// How requests are sent and writes paced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// From sending a request to the last byte of its answer; real time.
    pub timeout: Duration,
    /// Until a connection stands; real time.
    pub connect_timeout: Duration,
    /// Requests at once per endpoint (sync-rules 8.5).
    pub in_flight: usize,
    /// Contracts written side by side.
    pub writers: usize,
    /// Share of the hourly budget that may be taken in any 60 minutes, in percent.
    pub budget_percent: u8,
    /// How often a read is sent before it is given up.
    pub tries: u32,
    /// The longest wait between two tries.
    pub longest_pause: Duration,
    /// The wait before an unanswered write is looked for (sync-rules 8.1).
    pub quiet: Duration,
}

/// Which colours the console uses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Colours {
    /// What the terminal says it can do.
    #[default]
    Auto,
    /// The 16 of the terminal's own theme.
    Sixteen,
    /// 24 bits.
    Full,
    /// What the terminal says it can do, to be read on a light ground.
    Light,
    /// None.
    None,
}

/// The effective settings of this process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    values: Values,
    path: PathBuf,
    key_file: Option<PathBuf>,
}

impl Config {
    /// Reads file and environment, and lays the flags over them.
    pub fn load(overrides: &Overrides) -> Result<Self, ConfigError> {
        let variables = sources::variables()?;
        let named = overrides.config.clone();
        let named = named.or_else(|| variables.get(CONFIG_VARIABLE).map(PathBuf::from));
        let homes = match (Homes::of_user(), &overrides.data_dir) {
            (Ok(homes), _) => homes,
            (Err(_), Some(dir)) => Homes::below(dir),
            (Err(error), None) => return Err(error),
        };
        let path = named.clone().unwrap_or_else(|| homes.config.join(FILE));
        let text = read(&path, named.is_some())?;
        Self::resolve(overrides, &variables, &path, &text, &homes)
    }

    /// The same from its parts: flags, variables, the file's path and text, and where things are.
    pub fn resolve(
        overrides: &Overrides,
        variables: &BTreeMap<String, String>,
        path: &Path,
        text: &str,
        homes: &Homes,
    ) -> Result<Self, ConfigError> {
        let mut values = sources::defaults()?;
        for (key, home) in [("data_dir", &homes.data), ("state_dir", &homes.state)] {
            let home = SettingValue::Text(sources::utf8(key, "default", home)?);
            values.insert(key, (home, "default".to_owned()));
        }
        sources::file(&mut values, path, text)?;
        sources::environment(&mut values, variables)?;
        if let Some(dir) = &overrides.data_dir {
            let dir = sources::utf8("data_dir", "--data-dir", dir)?;
            sources::flag(&mut values, "data_dir", &dir)?;
        }
        for (key, given) in [("console.ascii", overrides.ascii), ("console.mouse", overrides.mouse)]
        {
            if given {
                sources::flag(&mut values, key, "true")?;
            }
        }
        schedule::must_come(&values)?;
        notify::must_hold(&values)?;
        let key_file = variables.get(KEY_FILE_VARIABLE).filter(|path| !path.is_empty());
        Ok(Self { values, path: path.to_owned(), key_file: key_file.map(PathBuf::from) })
    }

    /// Defaults, with everything below one directory and nothing read: for demo worlds and tests.
    pub fn below(dir: &Path) -> Result<Self, ConfigError> {
        Self::below_as(dir, "")
    }

    /// The same for a simulated world, which nothing may take for a real one.
    ///
    /// # Errors
    /// As [`Config::below`].
    pub fn of_demo(dir: &Path) -> Result<Self, ConfigError> {
        Self::below_as(dir, "environment = \"DEMO\"")
    }

    /// The same, with mail that goes to a simulated server.
    ///
    /// # Errors
    /// As [`Config::below`].
    pub(crate) fn of_demo_with_mail(dir: &Path, server: &str) -> Result<Self, ConfigError> {
        let text = format!(
            "environment = \"DEMO\"\n[mail]\nserver = \"smtp://{server}\"\nfrom = \"prism-connect@demo.example\"\n\
             [[notify]]\nto = [\"operations@demo.example\"]\n"
        );
        Self::below_as(dir, &text)
    }

    fn below_as(dir: &Path, text: &str) -> Result<Self, ConfigError> {
        let (nothing, path) = (BTreeMap::new(), dir.join(FILE));
        Self::resolve(&Overrides::default(), &nothing, &path, text, &Homes::below(dir))
    }

    /// Where the settings file is, or would be.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// All settings as they are in effect, for `config show`.
    #[must_use]
    pub fn settings(&self) -> Vec<EffectiveSetting> {
        let view = |setting: &table::Setting| {
            let (value, origin) = match self.values.get(setting.key) {
                Some((value, origin)) => (shown(value), origin.clone()),
                None => ("\"\"".to_owned(), "default".to_owned()),
            };
            let (key, meaning) = (setting.key.to_owned(), setting.meaning.to_owned());
            EffectiveSetting { key, value, origin, meaning }
        };
        SETTINGS.iter().map(view).collect()
    }

    /// The custom field that holds our key on lines, where one was chosen.
    #[must_use]
    pub fn line_key_field(&self) -> Option<i64> {
        i64::try_from(self.number("connectwise.key_field")).ok().filter(|id| *id > 0)
    }

    /// For how long lists of a target may miss what was just written.
    #[must_use]
    pub fn list_lag(&self) -> Duration {
        Duration::from_secs(self.number("connectwise.list_lag"))
    }

    /// Those of targets that keep lines.
    fn line_policies(&self) -> LinePolicies {
        let is = |key, word| self.text(key) == Some(word);
        LinePolicies {
            lines: if is("connectwise.lines", "replace") { Lines::Replace } else { Lines::Stack },
            price_in_invoiced: if is("connectwise.price_in_invoiced", "back") {
                PriceInInvoiced::Back
            } else {
                PriceInInvoiced::Next
            },
            unprorated: if is("connectwise.unprorated", "next") {
                Unprorated::Next
            } else {
                Unprorated::Fail
            },
        }
    }

    /// The decisions that change bills (sync-rules).
    #[must_use]
    pub fn policies(&self) -> Policies {
        let is = |key, word| self.text(key) == Some(word);
        Policies {
            drops: if is("policies.drops", "next-period") {
                Drops::NextPeriod
            } else {
                Drops::AtTheDate
            },
            same_day: if is("policies.same_day", "fail") { SameDay::Fail } else { SameDay::Shift },
            azure_proration: if is("policies.azure_proration", "refuse") {
                AzureProration::Refuse
            } else {
                AzureProration::Warn
            },
            annual_term_monthly_bill: self.flag("policies.annual_term_monthly_bill"),
            hand_prices: if is("policies.hand_prices", "invoice-wins") {
                HandPrices::InvoiceWins
            } else {
                HandPrices::Keep
            },
            line_check: match self.text("policies.line_check") {
                Some("warn") => LineCheck::Warn,
                Some("off") => LineCheck::Off,
                _ => LineCheck::Fail,
            },
            lines: self.line_policies(),
            guards: Guards {
                mode: if is("guards.mode", "off") {
                    GuardMode::Off
                } else if is("guards.mode", "warn") {
                    GuardMode::Warn
                } else {
                    GuardMode::Hold
                },
                seats: u32::try_from(self.number("guards.seats")).unwrap_or(u32::MAX),
                service_percent: self.small("guards.service_percent"),
                invoice_percent: self.small("guards.invoice_percent"),
            },
        }
    }

    /// How requests are sent and writes paced.
    #[must_use]
    pub fn limits(&self) -> Limits {
        let seconds = |key| Duration::from_secs(self.number(key));
        Limits {
            timeout: seconds("limits.timeout_seconds"),
            connect_timeout: seconds("limits.connect_timeout_seconds"),
            in_flight: self.small("limits.in_flight").into(),
            writers: self.small("limits.writers").into(),
            budget_percent: self.small("limits.budget_percent"),
            tries: self.small("limits.tries").into(),
            longest_pause: seconds("limits.longest_pause_seconds"),
            quiet: seconds("limits.quiet_seconds"),
        }
    }

    /// Certificates in PEM that are trusted besides the system's.
    #[must_use]
    pub fn ca_file(&self) -> Option<PathBuf> {
        self.text("ca_file").map(PathBuf::from)
    }

    /// Where store, vault and backups are.
    #[must_use]
    pub fn data_dir(&self) -> PathBuf {
        self.text("data_dir").map(PathBuf::from).unwrap_or_default()
    }

    pub(crate) fn state_dir(&self) -> PathBuf {
        self.text("state_dir").map(PathBuf::from).unwrap_or_default()
    }

    /// The key file that the environment names for the vault.
    #[must_use]
    pub fn key_file(&self) -> Option<&Path> {
        self.key_file.as_deref()
    }

    /// The operator's word for this environment, if one is set.
    #[must_use]
    pub fn environment(&self) -> Option<&str> {
        self.text("environment").filter(|word| !word.is_empty())
    }

    /// What waits until somebody else has approved it; none where nothing is set.
    #[must_use]
    pub fn approval(&self) -> Option<ApprovalMode> {
        self.text("approval").and_then(ApprovalMode::from_word)
    }

    /// When it looks by itself.
    #[must_use]
    pub fn schedule(&self) -> Schedule {
        schedule::of(&self.values)
    }

    /// Where metrics are written for a collector, if anywhere.
    pub(crate) fn metrics_file(&self) -> Option<PathBuf> {
        self.text("metrics.file").filter(|path| !path.is_empty()).map(PathBuf::from)
    }

    /// Where they are told, if anywhere.
    pub(crate) fn metrics_address(&self) -> Option<std::net::SocketAddr> {
        self.text("metrics.listen").and_then(|address| address.parse().ok())
    }

    /// Who is told outside, and how.
    #[must_use]
    pub fn notify(&self) -> NotifySettings {
        notify::of(&self.values)
    }

    /// Where the daemon's sockets are, where that is said.
    #[must_use]
    pub fn sockets(&self) -> Option<PathBuf> {
        self.text("daemon.sockets").filter(|folder| !folder.is_empty()).map(PathBuf::from)
    }

    /// The groups that the daemon lets in: of admin, approve, operate and view.
    #[must_use]
    pub fn groups(&self) -> [String; 4] {
        ["admin", "approve", "operate", "view"]
            .map(|role| self.text(&format!("daemon.{role}_group")).unwrap_or_default().to_owned())
    }

    /// The program that reaches another host.
    #[must_use]
    pub fn ssh(&self) -> String {
        self.text("daemon.ssh").unwrap_or("ssh").to_owned()
    }

    /// Whether nobody said where the data are.
    #[must_use]
    pub fn has_own_data_dir(&self) -> bool {
        self.values.get("data_dir").is_some_and(|(_, origin)| origin == "default")
    }

    /// Runs kept with all their rows.
    pub(crate) fn runs_kept(&self) -> usize {
        usize::try_from(self.number("retention.runs")).unwrap_or(usize::MAX)
    }

    /// Daily backups kept beside the store; 0 makes none.
    pub(crate) fn backups_kept(&self) -> usize {
        usize::try_from(self.number("retention.backups")).unwrap_or(usize::MAX)
    }

    /// A linked contract that ends within so many days needs attention.
    pub(crate) fn contract_end_days(&self) -> u64 {
        self.number("attention.contract_end_days")
    }

    /// Which colours the console uses.
    #[must_use]
    pub fn colours(&self) -> Colours {
        match self.text("console.theme") {
            Some("16") => Colours::Sixteen,
            Some("rgb") => Colours::Full,
            Some("light") => Colours::Light,
            Some("none") => Colours::None,
            _ => Colours::Auto,
        }
    }

    /// Whether the console draws without Unicode characters.
    #[must_use]
    pub fn ascii(&self) -> bool {
        self.flag("console.ascii")
    }

    /// Whether the console takes the mouse.
    #[must_use]
    pub fn mouse(&self) -> bool {
        self.flag("console.mouse")
    }

    /// So long an Esc may be the beginning of another key, of which the rest is still on its way.
    #[must_use]
    pub fn esc_hold(&self) -> Duration {
        Duration::from_millis(self.number("console.esc_milliseconds"))
    }

    fn text(&self, key: &str) -> Option<&str> {
        match self.values.get(key) {
            Some((SettingValue::Text(text), _)) => Some(text),
            _ => None,
        }
    }

    fn flag(&self, key: &str) -> bool {
        matches!(self.values.get(key), Some((SettingValue::Flag(true), _)))
    }

    fn number(&self, key: &str) -> u64 {
        match self.values.get(key) {
            Some((SettingValue::Number(number), _)) => *number,
            _ => 0,
        }
    }

    fn small(&self, key: &str) -> u8 {
        u8::try_from(self.number(key)).unwrap_or(u8::MAX)
    }
}

fn shown(value: &SettingValue) -> String {
    match value {
        SettingValue::Flag(flag) => flag.to_string(),
        SettingValue::Number(number) => number.to_string(),
        SettingValue::Text(text) => toml::Value::String(text.clone()).to_string(),
        SettingValue::List(texts) => toml::Value::from(texts.clone()).to_string(),
        SettingValue::Routes(routes) => notify::shown_routes(routes),
        SettingValue::Hooks(hooks) => notify::shown_hooks(hooks),
    }
}

/// The file's text; empty where it is not there and need not be.
fn read(path: &Path, required: bool) -> Result<String, ConfigError> {
    let unreadable = |cause: &str| ConfigError::unreadable(path, cause);
    let bytes = match files::read(path, LARGEST_FILE) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound && !required => return Ok(String::new()),
        Err(error) => return Err(unreadable(&error.to_string())),
    };
    String::from_utf8(bytes).map_err(|_| unreadable("it is not text in UTF-8"))
}

#[cfg(test)]
mod tests;
