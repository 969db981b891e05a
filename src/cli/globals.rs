//! Flags that every command takes.

use std::path::PathBuf;

use chrono::{DateTime, Utc};

use crate::{clock::Clock, config::Overrides};

/// What goes with every command.
#[derive(Clone, Debug, Default, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub struct Globals {
    /// Where store, vault and backups are
    #[arg(long, global = true, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// Another settings file than config.toml in the configuration directory
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Look at everything, change nothing
    #[arg(long, global = true)]
    pub read_only: bool,
    /// Print JSON
    #[arg(long, global = true)]
    pub json: bool,
    /// The target connection, where there is more than one
    #[arg(long, global = true, value_name = "NAME")]
    pub target: Option<String>,
    /// Draw without Unicode characters
    #[arg(long, global = true)]
    pub ascii: bool,
    /// Take the mouse in the console
    #[arg(long, global = true)]
    pub mouse: bool,
    /// The hour at which to start, for tests
    #[arg(long, global = true, hide = true, value_name = "TIME")]
    pub now: Option<DateTime<Utc>>,
}

impl Globals {
    /// The clock: the system's, or one that starts at `--now`.
    #[must_use]
    pub fn clock(&self) -> Clock {
        self.now.map_or_else(Clock::system, Clock::starting_at)
    }

    /// What lies over file and environment.
    #[must_use]
    pub fn overrides(&self) -> Overrides {
        Overrides {
            config: self.config.clone(),
            data_dir: self.data_dir.clone(),
            ascii: self.ascii,
            mouse: self.mouse,
        }
    }
}
