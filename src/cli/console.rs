//! The console: what opens when no command is given, and on the demo world.

use std::io::{self, IsTerminal as _};

use tokio::sync::mpsc::UnboundedReceiver;

use super::{exit::Exit, failure::Failure, globals::Globals, output::Output, session::Session};
use crate::{
    config::{Colours, Config},
    console::{self, Broken, ConsoleSettings, colour::Depth, demo_world::DemoNews, theme::Ground},
    domain::{Code, Right},
    engine::views::Place,
};

/// What a console opens with.
#[derive(Debug, Default)]
pub(super) struct Opening {
    /// Where; none for the dashboard.
    pub(super) place: Option<Place>,
    /// How far a demo world is, as it tells.
    pub(super) demo: Option<UnboundedReceiver<DemoNews>>,
}

/// Opens the console on an engine and waits until the operator leaves.
pub(super) async fn open(
    session: &Session,
    config: &Config,
    globals: &Globals,
    opening: Opening,
    out: &mut Output,
) -> Result<Exit, Failure> {
    let only_looks = session.read_only() || globals.read_only;
    let role = session.role();
    let (operates, approves) = (role.may(Right::Operate), role.may(Right::Approve));
    let changes_nothing = only_looks || !operates && !approves;
    let engine = if changes_nothing { session.handle().read_only() } else { session.handle() };
    let settings = ConsoleSettings {
        read_only: only_looks || !operates,
        approves: !only_looks && approves,
        // A demo has settings of its own, so what was typed counts here as well.
        ascii: config.ascii() || globals.ascii,
        mouse: config.mouse() || globals.mouse,
        depth: depth(config.colours()),
        ground: ground(config.colours()),
        clock: globals.clock(),
        place: opening.place,
        esc_hold: config.esc_hold(),
        log_path: config.state_dir().display().to_string(),
        directory: std::env::current_dir()?,
        attached: session.attached_as(),
    };
    let log = settings.log_path.clone();
    let ended = Box::pin(console::run(engine, settings, opening.demo)).await;
    let faults = ended.map_err(|broken| failed(broken, &log))?;
    for fault in &faults {
        out.remark(&format!("A task broke off because of a fault in this program: {fault}"))?;
    }
    if !faults.is_empty() {
        out.remark(&format!("What was confirmed is recorded. The log is in {log}"))?;
    }
    Ok(Exit::Done)
}

fn failed(broken: Broken, log: &str) -> Failure {
    match broken {
        Broken::Terminal(error) => error.into(),
        Broken::Fault => Failure::because(
            Code::Fault,
            "The console broke off because of a fault in this program.",
            &format!("What was confirmed is recorded. The log in {log} has more; start again."),
        ),
    }
}

/// Whether there is a terminal to open it on.
pub(super) fn has_terminal() -> bool {
    io::stdin().is_terminal() && io::stdout().is_terminal()
}

fn ground(colours: Colours) -> Ground {
    match colours {
        Colours::Light => Ground::Light,
        Colours::Auto | Colours::Sixteen | Colours::Full | Colours::None => Ground::Any,
    }
}

fn depth(colours: Colours) -> Option<Depth> {
    match colours {
        Colours::Auto | Colours::Light => None,
        Colours::Sixteen => Some(Depth::Sixteen),
        Colours::Full => Some(Depth::Full),
        Colours::None => Some(Depth::None),
    }
}
