//! The loop around state: keys and events in, effects out, frames drawn when something changed.
//!
//! No rules here. Tasks are born only here; each reports exactly one message.

use std::{io, path::PathBuf, time::Duration};

use crossterm::{
    clipboard::CopyToClipboard,
    event::{Event as Input, EventStream},
    execute, queue,
    terminal::{BeginSynchronizedUpdate, EndSynchronizedUpdate},
};
use futures_util::StreamExt as _;
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::{broadcast::error::RecvError, mpsc},
    time::{Instant, MissedTickBehavior},
};

use super::{
    app::App,
    draw::draw,
    effect::Effect,
    message::Message,
    terminal::{self, Screen},
    update::update,
};
use crate::{clock::Clock, engine::Handle};

/// Four ticks a second while something runs; none when idle.
const TICK: Duration = Duration::from_millis(250);
/// Events are drawn at most so often; a key is drawn at once.
const FRAME: Duration = Duration::from_millis(66);
/// So many waiting events are taken in before the next key is looked at.
const BATCH: usize = 512;

/// What the loop is told from outside.
pub struct Outside {
    /// The engine.
    pub engine: Handle,
    /// The hour.
    pub clock: Clock,
    /// Where exports go.
    pub directory: PathBuf,
    /// Whether the mouse is used.
    pub mouse: bool,
}

/// Runs the console until the operator leaves.
pub async fn run(mut app: App, outside: Outside) -> io::Result<()> {
    let mut screen = terminal::enter(outside.mouse)?;
    let size = screen.size()?;
    app.shell.size = (size.width, size.height);
    let ended = turn(&mut app, &mut screen, &outside).await;
    terminal::leave();
    ended
}

async fn turn(app: &mut App, screen: &mut Screen, outside: &Outside) -> io::Result<()> {
    let (answers, mut answered) = mpsc::unbounded_channel();
    let mut keys = EventStream::new();
    let mut events = outside.engine.events();
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    let mut ticks = tokio::time::interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    app.start();
    let effects = app.shell.take_effects();
    carry_out(effects, app, screen, (outside, &answers))?;
    app.fit();
    show(app, screen)?;
    let mut drawn = Instant::now();
    let mut stale = false;
    loop {
        let due = tokio::time::sleep_until(drawn + FRAME);
        let (message, at_once) = tokio::select! {
            biased;
            input = keys.next() => match input {
                Some(Ok(input)) => (translated(input), true),
                Some(Err(error)) => return Err(error),
                None => return Ok(()),
            },
            _ = terminate.recv() => (Some(Message::Terminated), true),
            _ = hang_up.recv() => (Some(Message::Terminated), true),
            Some(message) = answered.recv() => (Some(message), true),
            () = due, if stale => (None, true),
            event = events.recv() => match event {
                Ok(event) => (Some(Message::Happened(Box::new(event))), false),
                Err(RecvError::Lagged(_)) => (Some(Message::Missed), false),
                Err(RecvError::Closed) => return Ok(()),
            },
            _ = ticks.tick(), if needs_time(app) => {
                (Some(Message::Ticked(outside.clock.now())), true)
            }
        };
        app.shell.now = outside.clock.now();
        let mut effects = message.map(|message| update(app, message)).unwrap_or_default();
        for _ in 0..BATCH {
            let Ok(event) = events.try_recv() else { break };
            effects.extend(update(app, Message::Happened(Box::new(event))));
        }
        if carry_out(effects, app, screen, (outside, &answers))? {
            return Ok(());
        }
        stale = true;
        if at_once || drawn.elapsed() >= FRAME {
            show(app, screen)?;
            drawn = Instant::now();
            stale = false;
        }
    }
}

fn needs_time(app: &App) -> bool {
    app.shell.busy() || app.shell.notice().is_some()
}

fn translated(input: Input) -> Option<Message> {
    match input {
        Input::Key(key) => Some(Message::Pressed(key)),
        Input::Paste(text) => Some(Message::Pasted(text)),
        Input::Mouse(mouse) => Some(Message::Pointed(mouse)),
        Input::Resize(columns, rows) => Some(Message::Resized(columns, rows)),
        Input::FocusGained | Input::FocusLost => None,
    }
}

/// One frame in one write, between the marks of a synchronized update.
fn show(app: &App, screen: &mut Screen) -> io::Result<()> {
    queue!(screen.backend_mut(), BeginSynchronizedUpdate)?;
    screen.draw(|frame| draw(app, frame))?;
    execute!(screen.backend_mut(), EndSynchronizedUpdate)
}

type Answers = mpsc::UnboundedSender<Message>;

/// Carries effects out; tells whether to leave.
fn carry_out(
    effects: Vec<Effect>,
    app: &mut App,
    screen: &mut Screen,
    (outside, answers): (&Outside, &Answers),
) -> io::Result<bool> {
    for effect in effects {
        match effect {
            Effect::Ask { ticket, command } => {
                let (engine, answers) = (outside.engine.clone(), answers.clone());
                tokio::spawn(async move {
                    let reply = engine.ask(*command).await;
                    _ = answers.send(Message::Answered(ticket, Box::new(reply)));
                });
            }
            Effect::Copy(text) => {
                execute!(screen.backend_mut(), CopyToClipboard::to_clipboard_from(text))?;
            }
            Effect::Save { name, text } => {
                save(outside.directory.join(name), text, answers.clone());
            }
            Effect::Suspend => {
                terminal::suspend(screen)?;
                app.shell.now = outside.clock.now();
            }
            Effect::Redraw => terminal::redraw(screen)?,
            Effect::Quit => return Ok(true),
        }
    }
    Ok(false)
}

/// A new file: one that is there already is left alone.
fn save(path: PathBuf, text: String, answers: Answers) {
    tokio::task::spawn_blocking(move || {
        use std::io::Write as _;
        let written =
            std::fs::File::create_new(&path).and_then(|mut f| f.write_all(text.as_bytes()));
        let told = match written {
            Ok(()) => Ok(path.display().to_string()),
            Err(error) => Err(format!("{} could not be written: {error}", path.display())),
        };
        _ = answers.send(Message::Saved(told));
    });
}
