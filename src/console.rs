//! The ratatui console: `app` is the state, `update` turns messages into state and effects, `draw` shows it.
//!
//! It must not call the store, HTTP or tasks directly: what it wants is an effect, a value that `runtime`
//! carries out. State changes only in `update`; `draw` takes `&App`.

use std::{io, path::PathBuf};

use crate::{clock::Clock, engine::Handle};

pub mod action;
pub mod app;
pub mod ascii;
pub mod colour;
pub mod dialog;
pub mod draw;
pub mod effect;
pub mod fold;
pub mod keymap;
pub mod listing;
pub mod message;
pub mod runtime;
pub mod screens;
pub mod shell;
pub mod steady;
pub mod terminal;
pub mod theme;
pub mod update;
pub mod widgets;

/// What the console is started with.
#[derive(Clone, Debug)]
pub struct ConsoleSettings {
    /// Shows everything and changes nothing.
    pub read_only: bool,
    /// Only ASCII characters.
    pub ascii: bool,
    /// Wheel and click.
    pub mouse: bool,
    /// Colours, if not as the environment says.
    pub depth: Option<colour::Depth>,
    /// The hour.
    pub clock: Clock,
    /// Shown in help.
    pub log_path: String,
    /// Shown once at the start: the credentials of a fresh demo.
    pub welcome: Vec<String>,
    /// Where exports go.
    pub directory: PathBuf,
}

/// Runs the console on the terminal until the operator leaves. The terminal is left as it was found.
///
/// # Errors
/// Where the terminal cannot be used, or is gone.
pub async fn run(engine: Handle, settings: ConsoleSettings) -> io::Result<()> {
    let environment = |name: &str| std::env::var(name).ok();
    let depth = settings.depth.unwrap_or_else(|| colour::Depth::of(environment));
    let unicode = !settings.ascii && theme::Glyphs::unicode_in(environment);
    let theme = theme::Theme::new(depth, unicode);
    let mut app = app::App::new(theme, settings.read_only, settings.clock.now());
    app.shell.log_path = settings.log_path;
    if !settings.welcome.is_empty() {
        let text = settings.welcome.join("\n");
        for line in settings.welcome.iter().rev().filter(|line| !line.is_empty()) {
            app.shell.inform(line.clone());
        }
        app.shell.shown = None;
        app.shell.open(dialog::Overlay::text("Welcome", &text));
    }
    terminal::leave_on_panic();
    let outside = runtime::Outside {
        engine,
        clock: settings.clock,
        directory: settings.directory,
        mouse: settings.mouse,
    };
    runtime::run(app, outside).await
}
