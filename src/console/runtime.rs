//! The loop around state: messages in, effects out, frames drawn when something changed.
//!
//! No rules here. Tasks are born only here; each reports exactly one message.

use std::{
    future::poll_fn,
    io::{self, Write},
    ops::ControlFlow::{self, Break, Continue},
    path::{Path, PathBuf},
    task::Poll,
    time::Duration,
};

use crossterm::{clipboard::CopyToClipboard, queue};
use futures_util::{Stream, StreamExt as _};
use ratatui::layout::Size;
use tokio::{
    sync::{
        broadcast::{Receiver, error::RecvError},
        mpsc,
    },
    time::{Instant, MissedTickBehavior},
};

use super::{
    app::App, draw::draw, effect::Effect, frames::Frames, message::Message, surface::Screen,
    terminal, update::update,
};
use crate::{
    clock::Clock,
    engine::{Handle, protocol::Event},
    files::{self, Existing},
};

/// Four ticks a second of the clock while something runs; none when idle.
const TICK: Duration = Duration::from_millis(250);
/// What happens by itself is drawn at most so often; a key is drawn at once.
const FRAME: Duration = Duration::from_millis(250);
/// So many cells are sent as [`LINE`] bytes a second at most by what happens by itself: a slow line must stay free for
/// what a key does.
const CELLS: u32 = 120 * 36;
const LINE: u32 = 6 * 1024;
/// So many waiting events are taken in as one before the next key is looked at.
pub const BATCH: usize = 512;
/// So many keys that wait already are taken in before a frame shows what they did.
const KEYS: usize = 64;

/// So many files are told apart by a number.
const MOST_OF_A_NAME: u32 = 99;

/// What the loop is told from outside.
#[derive(Debug)]
pub struct Outside {
    /// The engine.
    pub engine: Handle,
    /// The hour.
    pub clock: Clock,
    /// Where exports go.
    pub directory: PathBuf,
    /// What was drawn so far, for whoever takes keys in.
    pub frames: Frames,
}

type Answers = mpsc::UnboundedSender<Message>;

/// The loop's own side: state, screen, and the way back for answers.
struct Turn<'a, W: Write> {
    app: App,
    screen: &'a mut Screen<W>,
    outside: &'a Outside,
    answers: Answers,
    drawn: Instant,
    /// What happens by itself is not drawn before this has gone by.
    pause: Duration,
    stale: bool,
    /// Whether a frame was drawn, and keys that came before it may still wait.
    fresh: bool,
    /// Whether rows may have to be made ready for a filter.
    behind: bool,
}

/// Turns messages into frames and effects until the operator leaves or `inputs` ends.
pub async fn run<W: Write>(
    app: App,
    screen: &mut Screen<W>,
    mut inputs: impl Stream<Item = io::Result<Message>> + Unpin,
    outside: &Outside,
) -> io::Result<()> {
    let (answers, mut answered) = mpsc::unbounded_channel();
    let mut events = outside.engine.events();
    let mut ticks = tokio::time::interval(outside.clock.real(TICK));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let (drawn, pause) = (Instant::now(), outside.clock.real(FRAME));
    let mut turn = Turn {
        app,
        screen,
        outside,
        answers,
        drawn,
        pause,
        stale: false,
        fresh: false,
        behind: false,
    };
    turn.start()?;
    loop {
        if turn.fresh {
            let Continue(keys) = turn.see(&mut inputs).await? else { return Ok(()) };
            if keys {
                turn.show()?;
                continue;
            }
        }
        let due = tokio::time::sleep_until(turn.drawn + turn.pause);
        let message = tokio::select! {
            biased;
            input = inputs.next() => match input {
                Some(input) => input?,
                None => return Ok(()),
            },
            Some(message) = answered.recv() => message,
            () = due, if turn.stale => {
                turn.show()?;
                continue;
            }
            _ = ticks.tick(), if turn.app.shell.needs_time() => {
                Message::Ticked(outside.clock.now())
            }
            event = events.recv() => match event {
                Ok(event) => gathered(event, &mut events),
                Err(RecvError::Lagged(_)) => Message::Missed,
                Err(RecvError::Closed) => return Ok(()),
            },
            // The last of all: only while nothing else waits.
            () = tokio::task::yield_now(), if turn.behind => {
                turn.behind = turn.app.fold_ahead();
                continue;
            }
        };
        let at_once = message.is_waited_for();
        if turn.take(message)?.is_break() {
            return Ok(());
        }
        let Continue(keys) = turn.take_waiting(&mut inputs).await? else { return Ok(()) };
        turn.settle(at_once || keys)?;
    }
}

/// How long a frame of so many bytes keeps the line busy.
fn pause_after(bytes: usize, size: Size) -> Duration {
    let cells = u32::from(size.width) * u32::from(size.height);
    let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
    let line = LINE.saturating_mul(cells.max(1)) / CELLS;
    FRAME.max(Duration::from_secs(1) * bytes / line.max(1))
}

/// Events that wait already, as one message.
fn gathered(first: Event, events: &mut Receiver<Event>) -> Message {
    let mut all = vec![first];
    while all.len() < BATCH
        && let Ok(event) = events.try_recv()
    {
        all.push(event);
    }
    Message::Happened(all)
}

impl<W: Write> Turn<'_, W> {
    fn start(&mut self) -> io::Result<()> {
        let size = self.screen.size()?;
        self.app.start();
        let effects = self.app.shell.take_effects();
        _ = self.carry_out(effects)?;
        _ = self.take(Message::Resized(size.width, size.height))?;
        self.show()
    }

    /// Takes one message in and does what follows; tells whether to leave.
    fn take(&mut self, message: Message) -> io::Result<ControlFlow<()>> {
        provoke(&message);
        self.app.shell.now = self.outside.clock.now();
        let effects = update(&mut self.app, message);
        (self.stale, self.behind) = (true, true);
        self.carry_out(effects)
    }

    /// Keys that wait already are taken in before anything is drawn: a key that is held down never lags behind.
    /// Tells whether any of them waits for a frame, or that the operator leaves.
    async fn take_waiting(
        &mut self,
        inputs: &mut (impl Stream<Item = io::Result<Message>> + Unpin),
    ) -> io::Result<ControlFlow<(), bool>> {
        let mut waited_for = false;
        for _ in 0..KEYS {
            // Polled by this very task: a key that comes later must wake it.
            let input = match poll_fn(|task| Poll::Ready(inputs.poll_next_unpin(task))).await {
                Poll::Ready(Some(input)) => input?,
                Poll::Ready(None) => return Ok(Break(())),
                Poll::Pending => return Ok(Continue(waited_for)),
            };
            waited_for |= input.is_waited_for();
            if self.take(input)?.is_break() {
                return Ok(Break(()));
            }
        }
        Ok(Continue(waited_for))
    }

    /// What the frame shows has been seen from now on: a key that came while it was drawn was pressed at the one before.
    async fn see(
        &mut self,
        inputs: &mut (impl Stream<Item = io::Result<Message>> + Unpin),
    ) -> io::Result<ControlFlow<(), bool>> {
        self.fresh = false;
        let taken = self.take_waiting(inputs).await?;
        self.app.shell.now = self.outside.clock.now();
        self.app.shell.drawn();
        self.outside.frames.set(self.app.shell.frames);
        Ok(taken)
    }

    fn settle(&mut self, at_once: bool) -> io::Result<()> {
        if at_once || self.drawn.elapsed() >= self.pause { self.show() } else { Ok(()) }
    }

    /// One frame. The terminal may have another size than it told last.
    fn show(&mut self) -> io::Result<()> {
        let size = self.screen.size()?;
        if self.app.shell.size != size {
            _ = self.take(Message::Resized(size.width, size.height))?;
        }
        let app = &self.app;
        self.screen.draw(|frame| draw(app, frame))?;
        self.fresh = true;
        self.drawn = Instant::now();
        let pause = pause_after(self.screen.backend().sent(), size);
        self.pause = self.outside.clock.real(pause);
        self.stale = false;
        Ok(())
    }

    /// Carries effects out; tells whether to leave.
    fn carry_out(&mut self, effects: Vec<Effect>) -> io::Result<ControlFlow<()>> {
        for effect in effects {
            match effect {
                Effect::Ask { ticket, command } => {
                    // Asked here and not in the task: requests arrive in the order of the keys.
                    let (asked, answers) =
                        (self.outside.engine.ask(*command), self.answers.clone());
                    tokio::spawn(async move {
                        _ = answers.send(Message::Answered(ticket, Box::new(asked.await)));
                    });
                }
                Effect::Copy(text) => {
                    let copy = CopyToClipboard::to_clipboard_from(text);
                    queue!(self.screen.backend_mut(), copy)?;
                }
                Effect::Keep { path, text } => keep(path, text, self.answers.clone()),
                Effect::Save { name, text } => {
                    save(self.outside.directory.join(name), text, self.answers.clone());
                }
                Effect::Suspend => {
                    terminal::suspend(self.screen)?;
                    self.app.shell.now = self.outside.clock.now();
                }
                Effect::Redraw => terminal::retake(self.screen)?,
                Effect::Quit => return Ok(Break(())),
            }
        }
        Ok(Continue(()))
    }
}

/// A new file, beside one of this name if that is there already: two exports in one second are two.
fn save(path: PathBuf, text: String, answers: Answers) {
    tokio::task::spawn_blocking(move || {
        _ = answers.send(Message::Saved(saved(&path, &text)));
    });
}

/// In the place of what was kept before. Only where that fails is there anything to tell.
fn keep(path: PathBuf, text: String, answers: Answers) {
    tokio::task::spawn_blocking(move || {
        if let Err(error) = files::write(&path, text.as_bytes(), Existing::Replaced) {
            let why = format!("{} could not be written: {error}", path.display());
            _ = answers.send(Message::Saved(Err(why)));
        }
    });
}

/// Where it is; or why it is not there.
fn saved(path: &Path, text: &str) -> Result<String, String> {
    let more = (2..=MOST_OF_A_NAME).map(|number| files::next_name(path, number));
    for path in std::iter::once(path.to_owned()).chain(more) {
        match files::write(&path, text.as_bytes(), Existing::Kept) {
            Ok(()) => return Ok(path.display().to_string()),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(format!("{} could not be written: {error}", path.display())),
        }
    }
    Err(format!("{} and all names like it are taken", path.display()))
}

/// For the test of what a panic leaves behind, in debug builds only: with `PRISM_CONNECT_PANIC` set, F12 is a
/// fault of this thread and F11 one of another.
#[cfg(debug_assertions)]
fn provoke(message: &Message) {
    use crossterm::event::KeyCode::F;
    let Message::Pressed(key) = message else { return };
    if !matches!(key.code, F(11 | 12)) || std::env::var_os("PRISM_CONNECT_PANIC").is_none() {
        return;
    }
    assert!(key.code == F(11), "provoked on the console's thread");
    tokio::spawn(async { panic!("provoked in a task") });
}

#[cfg(not(debug_assertions))]
const fn provoke(_message: &Message) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_exports_in_one_second_are_two_files() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("prism-connect-run-20261005-090000.csv");
        let lost = dir.path().join("prism-connect-run-20261005-090000-2.csv");
        std::os::unix::fs::symlink(dir.path().join("nowhere"), lost).expect("a link");
        for (text, name) in [("first", "090000.csv"), ("second", "090000-3.csv")] {
            let place = saved(&path, text).expect("saved");
            assert!(place.ends_with(name), "{place}");
            assert_eq!(std::fs::read_to_string(place).expect("text"), text);
        }
        assert!(!dir.path().join("nowhere").exists());
    }
}
