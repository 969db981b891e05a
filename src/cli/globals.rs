//! Flags that every command takes.

use std::path::PathBuf;

use chrono::{DateTime, Utc};

use crate::{
    clock::Clock,
    config::Overrides,
    domain::Role,
    service::{Host, sockets::ROLES},
};

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
    /// Work with the files themselves, never through a daemon
    #[arg(long, global = true, conflicts_with_all = ["via", "role"])]
    pub standalone: bool,
    /// What to be to the daemon: view, operate, approve or admin; the strongest that this user may be where not said
    #[arg(long, global = true, value_name = "ROLE", value_parser = role)]
    pub role: Option<Role>,
    /// The daemon of another host, reached through ssh: ssh://USER@HOST:PORT, of which USER and PORT may be left out
    #[arg(long, global = true, value_name = "URL", conflicts_with = "data_dir")]
    pub via: Option<Host>,
    /// Print JSON
    #[arg(long, global = true)]
    pub json: bool,
    /// The target connection, where there is more than one
    #[arg(long, global = true, value_name = "NAME")]
    pub target: Option<String>,
    /// Draw without Unicode characters
    #[arg(long, global = true)]
    pub ascii: bool,
    /// Take the mouse in the console: a click goes to a tab or a row, the wheel moves the list under it
    #[arg(long, global = true)]
    pub mouse: bool,
    /// The hour at which to start, for tests
    // Read as a clock that goes from then on: one made later from the same hour would lag behind it.
    #[arg(long, global = true, hide = true, value_name = "TIME", value_parser = from_hour)]
    pub now: Option<Clock>,
    /// How long a second of waiting takes, in seconds, for tests: waits, pauses and frames, but no time-out of a socket
    #[arg(long, global = true, hide = true, value_name = "SECONDS", value_parser = pace)]
    pub pace: Option<f64>,
    /// The same, and the hours go by as fast, for tests: whoever waits for the next one has it soon
    // Read as a clock, as above.
    #[arg(long, global = true, hide = true, value_name = "SECONDS", value_parser = hastened, conflicts_with = "pace")]
    pub hasten: Option<Clock>,
}

impl Globals {
    /// The clock: the system's, or one that starts at `--now`, at the pace of `--pace` or `--hasten`.
    #[must_use]
    pub fn clock(&self) -> Clock {
        let clock = self.now.unwrap_or_else(Clock::system);
        let clock = self.pace.map_or(clock, |pace| clock.scaled(pace));
        self.hasten.map_or(clock, |hastened| clock.going_as(hastened))
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

fn from_hour(text: &str) -> Result<Clock, chrono::ParseError> {
    text.parse::<DateTime<Utc>>().map(Clock::starting_at)
}

fn role(text: &str) -> Result<Role, String> {
    let found = ROLES.into_iter().find(|role| role.to_string() == text);
    found.ok_or_else(|| "a role is view, operate, approve or admin".to_owned())
}

fn pace(text: &str) -> Result<f64, String> {
    let pace = text.parse::<f64>().ok().filter(|pace| (0.001..=1.0).contains(pace));
    pace.ok_or_else(|| "a pace is between 0.001 and 1".to_owned())
}

fn hastened(text: &str) -> Result<Clock, String> {
    pace(text).map(|scale| Clock::system().hastened(scale))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::Globals;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        globals: Globals,
    }

    #[test]
    fn whoever_asks_for_the_clock_later_gets_the_same_one() {
        let line = ["prism-connect", "--now", "2026-10-05T09:00:00Z", "--hasten", "0.01"];
        let line = Line::parse_from(line);
        let globals = line.globals.clone();
        let first = globals.clock();
        assert_eq!(first, globals.clock());
        assert_eq!(first, line.globals.clock());
    }

    #[test]
    fn an_hour_that_is_none_is_refused() {
        assert!(Line::try_parse_from(["prism-connect", "--now", "nine"]).is_err());
    }
}
