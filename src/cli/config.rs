//! `config`: the settings in effect. Needs no engine, so that it helps where the engine does not start.

use super::{
    exit::Exit, failure::Failure, globals::Globals, output::Output, session, table::Table,
};
use crate::config::{self, Config};

/// What to show.
#[derive(Debug, clap::Subcommand)]
pub enum Action {
    /// Every setting with its value and where that comes from
    Show,
    /// Where the settings file is, or would be
    Path,
    /// A settings file to start from: every setting with its meaning and its default, none of them in force
    Example,
}

pub(super) fn run(action: &Action, globals: &Globals, out: &mut Output) -> Result<Exit, Failure> {
    match action {
        Action::Show => show(&session::settings(globals)?, out),
        Action::Path => path(&session::settings(globals)?, out),
        Action::Example => super::extras::printed(config::example().as_bytes(), "file", out),
    }
}

fn show(config: &Config, out: &mut Output) -> Result<Exit, Failure> {
    if out.is_json() {
        out.json(&config.settings())?;
        return Ok(Exit::Done);
    }
    let mut table = Table::new(&["SETTING", "VALUE", "FROM", "MEANING"], "");
    for one in config.settings() {
        table.row([one.key, one.value, one.origin, one.meaning].map(Into::into));
    }
    out.table(&table)?;
    Ok(Exit::Done)
}

fn path(config: &Config, out: &mut Output) -> Result<Exit, Failure> {
    let path = config.path().to_string_lossy();
    if out.is_json() {
        out.json(&serde_json::json!({ "path": path }))?;
    } else {
        out.line(path)?;
    }
    Ok(Exit::Done)
}
