//! The ratatui console: `app` is the state, `update` turns messages into state and effects, `draw` shows it.
//!
//! It must not call the store, HTTP or tasks directly: what it wants is an effect, a value that `runtime`
//! carries out. State changes only in `update`; `draw` takes `&App`.

use std::{io, panic::AssertUnwindSafe, path::PathBuf, time::Duration};

use futures_util::{FutureExt as _, StreamExt as _, stream::select};
use tokio::sync::mpsc::UnboundedReceiver;

use self::demo_world::DemoNews;
use crate::{
    clock::Clock,
    domain::Role,
    engine::{Handle, views::Place},
};

pub mod action;
mod advice;
pub mod app;
mod ascii;
pub mod colour;
mod control_characters;
pub mod demo_world;
mod dialog;
pub mod draw;
pub mod effect;
mod fold;
pub mod frames;
mod inputs;
pub mod keymap;
mod list_tools;
mod listing;
pub mod message;
mod named_product;
mod namesakes;
mod pane;
mod purpose;
mod query;
pub mod runtime;
pub mod screens;
mod shell;
pub mod surface;
mod terminal;
pub mod theme;
pub mod update;
mod widgets;

#[expect(clippy::struct_excessive_bools, reason = "independent facts about it")]
#[derive(Clone, Debug)]
pub(crate) struct ConsoleSettings {
    /// Shows everything and changes nothing.
    pub(crate) read_only: bool,
    /// Only ASCII characters.
    pub(crate) ascii: bool,
    /// Wheel and click.
    pub(crate) mouse: bool,
    /// Colours, if not as the environment says.
    pub(crate) depth: Option<colour::Depth>,
    pub(crate) ground: theme::Ground,
    pub(crate) clock: Clock,
    /// Where it opens; none for the dashboard.
    pub(crate) place: Option<Place>,
    /// So long an Esc may be the beginning of another key.
    pub(crate) esc_hold: Duration,
    pub(crate) log_path: String,
    /// Where exports go.
    pub(crate) directory: PathBuf,
    /// Whether a plan that waits may be let pass.
    pub(crate) approves: bool,
    /// What one may do at the daemon that it is attached to; none for an engine of its own.
    pub(crate) attached: Option<Role>,
}

/// Why the console ended before the operator left.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Broken {
    /// The terminal cannot be used, or is gone.
    #[error("the terminal cannot be used: {0}")]
    Terminal(#[from] io::Error),
    /// It broke off at a fault of its own, which was logged and reported.
    #[error("the console broke off")]
    Fault,
}

/// Runs the console on the terminal until the operator leaves; answers what broke off in the background meanwhile.
/// The terminal is left as it was found. A demo world may still be on its way: `demo` tells how far it is.
///
/// # Errors
/// Where the terminal cannot be used, and where the console breaks off at a fault of its own.
pub(crate) async fn run(
    engine: Handle,
    settings: ConsoleSettings,
    demo: Option<UnboundedReceiver<DemoNews>>,
) -> Result<Vec<String>, Broken> {
    let app = opened(&settings, demo.is_some());
    let ConsoleSettings { clock, directory, mouse, esc_hold, .. } = settings;
    terminal::guard_panics();
    let news = futures_util::stream::iter(demo).flat_map(demo_world::stream);
    let news = news.map(|news| Ok(message::Message::Demo(Box::new(news))));
    let frames = frames::Frames::default();
    let inputs = select(inputs::inputs(esc_hold, frames.clone())?, news.boxed());
    let mut screen = terminal::enter(mouse)?;
    let outside = runtime::Outside { engine, clock, directory, frames };
    let turned = runtime::run(app, &mut screen, inputs, &outside);
    // The engine must still come to its end in order.
    let ended = AssertUnwindSafe(Box::pin(turned)).catch_unwind().await;
    terminal::leave();
    ended.map_err(|_| Broken::Fault)??;
    Ok(terminal::faults())
}

fn opened(settings: &ConsoleSettings, on_demo: bool) -> app::App {
    let environment = |name: &str| std::env::var(name).ok();
    let depth = settings.depth.unwrap_or_else(|| colour::Depth::of(environment));
    let unicode = !settings.ascii && theme::Glyphs::unicode_in(environment);
    let theme = match settings.ground {
        theme::Ground::Any => theme::Theme::new(depth, unicode),
        theme::Ground::Light => theme::Theme::light(depth, unicode),
    };
    let mut app = app::App::new(theme, settings.read_only, settings.clock.now());
    app.shell.log_path.clone_from(&settings.log_path);
    app.shell.approves = settings.approves;
    if let Some(role) = settings.attached {
        app.attach(role);
    }
    let in_tmux = environment("TMUX").is_some_and(|socket| !socket.is_empty());
    app.shell.copied_to = in_tmux.then(|| PathBuf::from(&settings.log_path).join("copied.txt"));
    if on_demo {
        let first = message::Message::Demo(Box::new(DemoNews::Starting));
        _ = update::update(&mut app, first);
    }
    if let Some(place) = settings.place.clone() {
        update::go_to(&mut app, place);
    }
    app
}
