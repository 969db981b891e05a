//! `config`: the settings in effect. Needs no engine, so that it helps where the engine does not start.

use super::{
    exit::Exit, failure::Failure, globals::Globals, output::Output, session, table::Table,
};

/// What to show.
#[derive(Debug, clap::Subcommand)]
pub enum Action {
    /// Every setting with its value and where that comes from
    Show,
    /// Where the settings file is, or would be
    Path,
}

pub(super) fn run(action: &Action, globals: &Globals, out: &mut Output) -> Result<Exit, Failure> {
    let config = session::settings(globals)?;
    match action {
        Action::Path if out.is_json() => {
            out.json(&serde_json::json!({ "path": config.path().to_string_lossy() }))?;
        }
        Action::Path => out.line(config.path().to_string_lossy())?,
        Action::Show if out.is_json() => out.json(&config.settings())?,
        Action::Show => {
            let mut table = Table::new(&["SETTING", "VALUE", "FROM", "MEANING"], "");
            for one in config.settings() {
                table.row([one.key, one.value, one.origin, one.meaning].map(Into::into));
            }
            out.table(&table)?;
        }
    }
    Ok(Exit::Done)
}
