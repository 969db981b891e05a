//! The console: what opens when no command is given, and on the demo world.

use std::io::{self, IsTerminal as _};

use super::{Exit, Failure, Globals, session::Session};
use crate::{
    config::{Colours, Config},
    console::{self, ConsoleSettings, colour::Depth},
};

/// Opens the console on an engine and waits until the operator leaves. `welcome` is shown first.
pub(super) async fn open(
    session: &Session,
    (config, globals): (&Config, &Globals),
    welcome: Vec<String>,
) -> Result<Exit, Failure> {
    let settings = ConsoleSettings {
        read_only: globals.read_only,
        // A demo has settings of its own, so what was typed counts here as well.
        ascii: config.ascii() || globals.ascii,
        mouse: config.mouse() || globals.mouse,
        depth: depth(config.colours()),
        clock: globals.clock(),
        log_path: config.state_dir().display().to_string(),
        welcome,
        directory: std::env::current_dir()?,
    };
    Box::pin(console::run(session.handle(), settings)).await?;
    Ok(Exit::Done)
}

/// Whether there is a terminal to open it on.
pub(super) fn has_terminal() -> bool {
    io::stdin().is_terminal() && io::stdout().is_terminal()
}

fn depth(colours: Colours) -> Option<Depth> {
    match colours {
        Colours::Auto => None,
        Colours::Sixteen => Some(Depth::Sixteen),
        Colours::Full => Some(Depth::Full),
        Colours::None => Some(Depth::None),
    }
}
