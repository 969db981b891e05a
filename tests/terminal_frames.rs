//! What the console sends to the terminal: bytes and write calls of a frame, through the real backend; and that
//! a flood of events never stands between a key and its frame.

#![expect(clippy::expect_used, reason = "a test that cannot be set up has failed")]

#[path = "console/fixtures.rs"]
#[expect(dead_code, reason = "the tests of the screens use the rest")]
mod fixtures;
#[path = "console/harness.rs"]
#[expect(dead_code, reason = "the tests of the screens use the rest")]
mod harness;
#[path = "console/on_connectwise.rs"]
mod on_connectwise;

use std::{
    io::{self, Write},
    num::NonZeroU16,
    sync::{Arc, Mutex},
    task::Poll,
};

use futures_util::stream::poll_fn;
use prism_connect::{
    clock::Clock,
    console::{
        app::App,
        colour::Depth,
        draw::draw,
        frames,
        message::Message,
        runtime::{self, BATCH, Outside},
        surface::{Screen, Surface},
        theme::Theme,
    },
    domain::{
        RunId,
        outcome::Outcome,
        run::{Counts, RunKind},
    },
    engine::{
        Asked, Handle,
        protocol::{
            Actor, Command, Event, Happening, ItemState,
            command::RunCommand,
            live_run::{ChangeState, Totals},
        },
    },
};
use ratatui::{Terminal, layout::Size};
use rstest::rstest;
use tokio::sync::{broadcast, mpsc};

use crate::harness::{Harness, change, changes, event, live_writing, outcome};

/// Every write call that reached the terminal.
#[derive(Clone, Default)]
struct Wire(Arc<Mutex<Vec<Vec<u8>>>>);

impl Wire {
    fn take(&self) -> Vec<Vec<u8>> {
        std::mem::take(&mut *self.0.lock().expect("no panic while it is held"))
    }
}

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("no panic while it is held").push(bytes.to_vec());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn screen(wire: &Wire, (width, height): (u16, u16)) -> Screen<Wire> {
    crossterm::style::force_color_output(true);
    Terminal::new(Surface::sized(wire.clone(), Size { width, height })).expect("a screen")
}

fn shown(screen: &mut Screen<Wire>, console: &Harness) {
    screen.draw(|frame| draw(&console.app, frame)).expect("the wire takes everything");
}

#[rstest]
#[case::products("4")]
#[case::runs("5")]
#[case::run("5 Enter")]
#[case::plan("5 p")]
fn moving_the_selection_is_one_write_of_less_than_600_bytes(
    #[case] keys: &str,
    #[values((80, 24), (120, 36))] size: (u16, u16),
    #[values(Depth::None, Depth::Sixteen, Depth::Full)] depth: Depth,
) {
    moved(keys, (size, depth));
}

#[rstest]
#[case::customers("3")]
#[case::products("4")]
fn moving_the_selection_is_that_little_on_a_large_screen_too(
    #[case] keys: &str,
    #[values((80, 24), (120, 36), (200, 60))] size: (u16, u16),
    #[values(Depth::None, Depth::Sixteen, Depth::Indexed, Depth::Full)] depth: Depth,
) {
    moved(keys, (size, depth));
}

fn moved(keys: &str, (size, depth): ((u16, u16), Depth)) {
    let mut console = Harness::with(Theme::new(depth, true), size);
    console.go(keys).go("Down");
    let wire = Wire::default();
    let mut screen = screen(&wire, size);
    shown(&mut screen, &console);
    wire.take();
    console.go("Down");
    shown(&mut screen, &console);
    let sent = wire.take();
    let writes: Vec<usize> = sent.iter().map(Vec::len).collect();
    let told = String::from_utf8_lossy(&sent.concat()).into_owned();
    assert!(matches!(writes[..], [1..1536]), "{writes:?} {told:?}");
}

#[test]
fn a_frame_is_one_write_whole_between_the_marks_of_a_synchronized_update() {
    let mut console = Harness::new(200, 60);
    let wire = Wire::default();
    let mut screen = screen(&wire, (200, 60));
    for keys in ["1", "2", "3", "4", "5", "6", "?", "Esc"] {
        console.go(keys);
        shown(&mut screen, &console);
        let writes = wire.take();
        assert_eq!(writes.len(), 1, "{keys}");
        assert!(writes[0].starts_with(b"\x1b[?2026h") && writes[0].ends_with(b"\x1b[?2026l"));
    }
}

#[test]
fn a_frame_that_changes_nothing_sends_nothing() {
    let console = Harness::new(120, 36);
    let wire = Wire::default();
    let mut screen = screen(&wire, (120, 36));
    shown(&mut screen, &console);
    assert_eq!(wire.take().len(), 1);
    shown(&mut screen, &console);
    shown(&mut screen, &console);
    assert!(wire.take().is_empty());
}

const FLOOD: usize = 50_000;

fn progress(at: usize) -> Event {
    let (run, done) = (Some(RunId(44)), at as u64 + 1);
    let happening = if at.is_multiple_of(2) {
        Happening::Progress { run, done, total: Some(FLOOD as u64), counts: Counts::default() }
    } else {
        let state = ItemState::Writing { done: 1, of: 3 };
        let (key, name) = (format!("tenant-{}", at % 10_000), format!("Customer {at}"));
        Happening::Item {
            run: RunId(44),
            kind: RunKind::Customers,
            key,
            name,
            domain: String::new(),
            invoice: String::new(),
            state,
        }
    };
    Event { number: at as u64 + 2, happening }
}

/// The loop itself, with 50,000 events waiting when a key comes.
#[tokio::test]
async fn a_flood_of_events_is_taken_in_by_the_batch_and_a_key_waits_for_one_batch_at_most() {
    let (asking, _asked) = mpsc::unbounded_channel();
    let (events, _) = broadcast::channel(FLOOD.next_power_of_two());
    let actor = Actor::owner("tester");
    let engine = Handle::new(actor, asking, events.clone());
    let directory = std::path::PathBuf::new();
    let clock = Clock::starting_at(fixtures::now());
    let outside = Outside { engine, clock, directory, frames: frames::Frames::default() };
    let wire = Wire::default();
    let mut screen = screen(&wire, (120, 36));
    let app = App::new(Theme::new(Depth::Sixteen, true), false, fixtures::now());

    let left = Arc::new(Mutex::new(Vec::new()));
    let (seen, flood, mut polls, mut pressed) = (left.clone(), events.clone(), 0, false);
    let inputs = poll_fn(move |task| {
        polls += 1;
        let left = flood.len();
        seen.lock().expect("no panic while it is held").push(left);
        task.waker().wake_by_ref();
        match polls {
            // The loop listens by now.
            1 => {
                let mut run = fixtures::header(44, Outcome::NoChange, 3);
                run.finished_at = None;
                let first = Event { number: 1, happening: Happening::RunStarted { run } };
                flood.send(first).expect("the loop listens");
                (0..FLOOD).for_each(|at| {
                    flood.send(progress(at)).expect("the loop listens");
                });
                Poll::Pending
            }
            // The run's start is taken in; all the rest still waits.
            _ if !pressed && left <= FLOOD => {
                pressed = true;
                Poll::Ready(Some(Ok(Message::Pressed(event("5")))))
            }
            _ if left == 0 => Poll::Ready(None),
            _ => Poll::Pending,
        }
    });
    let run = Box::pin(runtime::run(app, &mut screen, inputs, &outside));
    run.await.expect("it ends with its inputs");

    let left = left.lock().expect("no panic while it is held").clone();
    let taken = left.windows(2).map(|pair| pair[0].saturating_sub(pair[1])).max();
    assert_eq!(taken, Some(BATCH), "between two looks at the keyboard");
    assert!(left.len() < 4 * FLOOD / BATCH, "{} turns of the loop", left.len());
    assert_eq!(left.last(), Some(&0), "every event was taken in");
    let writes = wire.take();
    assert!(writes.len() <= left.len(), "{} frames", writes.len());
    let (rows, columns) = (NonZeroU16::new(36), NonZeroU16::new(120));
    let mut parser = vt100::Parser::new(rows.expect("some"), columns.expect("some"), 0);
    let with_key = writes.iter().position(|bytes| {
        parser.process(bytes);
        parser.screen().contents().contains("run #44")
    });
    assert!(with_key.is_some_and(|frame| frame <= 4), "the key's frame: {with_key:?}");
}

/// Every write as it is made.
struct Frames(mpsc::UnboundedSender<Vec<u8>>);

impl Write for Frames {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.send(bytes.to_vec()).expect("somebody reads them");
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The loop before it begins, and its ends: what it asks and hears, what is pressed, and what it writes.
struct Stage {
    app: App,
    outside: Outside,
    screen: Screen<Frames>,
    frames: mpsc::UnboundedReceiver<Vec<u8>>,
    keys: mpsc::UnboundedSender<io::Result<Message>>,
    pressed: mpsc::UnboundedReceiver<io::Result<Message>>,
    events: broadcast::Sender<Event>,
    asked: mpsc::UnboundedReceiver<Asked>,
}

impl Stage {
    fn set(clock: Clock) -> Self {
        let (asking, asked) = mpsc::unbounded_channel();
        let (events, _) = broadcast::channel(1024);
        let actor = Actor::owner("tester");
        let engine = Handle::new(actor, asking, events.clone());
        let (sender, frames) = mpsc::unbounded_channel();
        let surface = Surface::sized(Frames(sender), Size { width: 120, height: 36 });
        let (keys, pressed) = mpsc::unbounded_channel();
        Self {
            app: App::new(Theme::new(Depth::Sixteen, true), false, fixtures::now()),
            outside: Outside {
                engine,
                clock,
                directory: std::path::PathBuf::new(),
                frames: frames::Frames::default(),
            },
            screen: Terminal::new(surface).expect("a screen"),
            frames,
            keys,
            pressed,
            events,
            asked,
        }
    }
}

fn told(happening: Happening) -> Event {
    Event { number: 1, happening }
}

fn started() -> Event {
    let mut run = fixtures::header(44, Outcome::NoChange, 3);
    run.finished_at = None;
    told(Happening::RunStarted { run })
}

/// The loop with a sync on: what fails is on the very next frame, with all that came before it.
#[tokio::test]
async fn a_failed_subscription_is_on_the_next_frame() {
    let Stage { app, outside, mut screen, mut frames, keys, mut pressed, events, asked: _asked } =
        Stage::set(Clock::starting_at(fixtures::now()).scaled(0.1));
    let inputs = poll_fn(move |task| pressed.poll_recv(task));

    let operator = async {
        let (rows, columns) = (NonZeroU16::new(36), NonZeroU16::new(120));
        let mut parser = vt100::Parser::new(rows.expect("some"), columns.expect("some"), 0);
        frames.recv().await.expect("the first frame");
        events.send(started()).expect("the loop listens");
        while !events.is_empty() {
            tokio::task::yield_now().await;
        }
        keys.send(Ok(Message::Pressed(event("5")))).expect("the loop listens");
        while !parser.screen().contents().contains("run #44") {
            parser.process(&frames.recv().await.expect("a frame"));
        }
        for frame in 0..4_i64 {
            for at in 0..50 {
                let moved = change(4, "Teams Phone", frame * 50 + at, ChangeState::Confirmed);
                let moved = changes(Totals::default(), vec![moved], Vec::new());
                events.send(told(moved)).expect("the loop listens");
            }
            let why = format!("The contract ended on day {frame}.");
            let failed = outcome(5, &format!("Copilot {frame}"), Outcome::Failure, &why);
            let failed = changes(Totals::default(), Vec::new(), vec![failed]);
            events.send(told(failed)).expect("the loop listens");
            while !events.is_empty() {
                tokio::task::yield_now().await;
            }
            // What was drawn before the loop had heard of it; the frame that tells it may be among them.
            while let Ok(earlier) = frames.try_recv() {
                parser.process(&earlier);
            }
            if !parser.screen().contents().contains(&why) {
                parser.process(&frames.recv().await.expect("the next frame"));
            }
            let screen = parser.screen().contents();
            assert!(screen.contains(&why), "{screen}");
        }
    };
    until(operator, Box::pin(runtime::run(app, &mut screen, inputs, &outside))).await;
}

/// Runs a console until whoever sits at it is done.
async fn until(operator: impl Future<Output = ()>, console: impl Future<Output: std::fmt::Debug>) {
    tokio::select! {
        ended = console => panic!("it ended: {ended:?}"),
        () = operator => {}
    }
}

/// Two keys in one batch: the first opens a question, and the second does not answer it. Alone, after a frame, it does.
#[tokio::test]
async fn a_key_in_one_batch_with_what_opens_a_question_does_not_answer_it() {
    let Stage {
        outside,
        mut screen,
        mut frames,
        keys,
        mut pressed,
        events: _events,
        mut asked,
        ..
    } = Stage::set(Clock::starting_at(fixtures::now()).scaled(1e6));
    let mut console = Harness::new(120, 36);
    console.go("5 p");
    let inputs = poll_fn(move |task| pressed.poll_recv(task));
    let press = |key| keys.send(Ok(Message::Pressed(event(key)))).expect("the loop listens");
    let (rows, columns) = (NonZeroU16::new(36), NonZeroU16::new(120));
    let mut parser = vt100::Parser::new(rows.expect("some"), columns.expect("some"), 0);

    let operator = async {
        frames.recv().await.expect("the first frame");
        // What the start asks for.
        asked.recv().await.expect("the status");
        press("A");
        press("y");
        while !parser.screen().contents().contains("were dropped") {
            parser.process(&frames.recv().await.expect("a frame"));
        }
        assert!(parser.screen().contents().contains("Apply"), "{}", parser.screen().contents());
        assert!(asked.try_recv().is_err(), "nothing is sent");
        press("y");
        let (request, _) = asked.recv().await.expect("what the question was about");
        assert!(matches!(request.command, Command::Run(RunCommand::Sync(_))), "{request:?}");
    };
    until(operator, Box::pin(runtime::run(console.app, &mut screen, inputs, &outside))).await;
}

/// A terminal at which somebody presses `y` while the first frame with a question is written.
struct Hasty {
    frames: Frames,
    keys: Option<mpsc::UnboundedSender<io::Result<Message>>>,
}

impl Write for Hasty {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.windows(6).any(|part| part == b"Cancel")
            && let Some(keys) = self.keys.take()
        {
            keys.send(Ok(Message::Pressed(event("y")))).expect("the loop listens");
        }
        self.frames.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_key_that_comes_while_the_question_is_drawn_does_not_answer_it() {
    let Stage { outside, keys, mut pressed, events: _events, mut asked, .. } =
        Stage::set(Clock::starting_at(fixtures::now()).scaled(1e6));
    let (sender, mut frames) = mpsc::unbounded_channel();
    let hasty = Hasty { frames: Frames(sender), keys: Some(keys.clone()) };
    let surface = Surface::sized(hasty, Size { width: 120, height: 36 });
    let mut screen = Terminal::new(surface).expect("a screen");
    let mut console = Harness::new(120, 36);
    console.go("5 p");
    let inputs = poll_fn(move |task| pressed.poll_recv(task));
    let (rows, columns) = (NonZeroU16::new(36), NonZeroU16::new(120));
    let mut parser = vt100::Parser::new(rows.expect("some"), columns.expect("some"), 0);

    let operator = async {
        frames.recv().await.expect("the first frame");
        asked.recv().await.expect("the status");
        keys.send(Ok(Message::Pressed(event("A")))).expect("the loop listens");
        while !parser.screen().contents().contains("were dropped") {
            parser.process(&frames.recv().await.expect("a frame"));
        }
        assert!(asked.try_recv().is_err(), "nothing is sent");
        keys.send(Ok(Message::Pressed(event("y")))).expect("the loop listens");
        let (request, _) = asked.recv().await.expect("what the question was about");
        assert!(matches!(request.command, Command::Run(RunCommand::Sync(_))), "{request:?}");
    };
    until(operator, Box::pin(runtime::run(console.app, &mut screen, inputs, &outside))).await;
}

/// On a clock on which the time to the next frame never comes, nothing that happens by itself is drawn; a key is.
#[tokio::test]
async fn what_happens_is_not_drawn_before_its_time_and_a_key_at_once() {
    let Stage { app, outside, mut screen, mut frames, keys, mut pressed, events, asked: _asked } =
        Stage::set(Clock::starting_at(fixtures::now()).scaled(1e6));
    let inputs = poll_fn(move |task| pressed.poll_recv(task));

    let operator = async {
        frames.recv().await.expect("the first frame");
        for at in 0..50 {
            let moved = change(4, "Teams Phone", at, ChangeState::Confirmed);
            let moved = changes(Totals::default(), vec![moved], Vec::new());
            events.send(told(moved)).expect("the loop listens");
            while !events.is_empty() {
                tokio::task::yield_now().await;
            }
            assert!(frames.try_recv().is_err(), "drawn with event {at}");
        }
        keys.send(Ok(Message::Pressed(event("5")))).expect("the loop listens");
        frames.recv().await.expect("the frame of the key");
    };
    until(operator, Box::pin(runtime::run(app, &mut screen, inputs, &outside))).await;
}

/// A sync as it is: some fifteen changes a second, four frames of it.
#[test]
fn a_second_of_a_sync_is_at_most_six_kibibytes() {
    let mut console = Harness::with(Theme::new(Depth::Full, true), (120, 36));
    live_writing(&mut console);
    let wire = Wire::default();
    let mut screen = screen(&wire, (120, 36));
    let mut second = |from: i64| {
        for at in from..from + 4 {
            for nth in 0..4 {
                let moved = change(4, "Teams Phone", at * 4 + nth, ChangeState::Confirmed);
                let sent = u64::try_from(at * 4 + nth).expect("small");
                let totals = Totals { planned: 938, sent, confirmed: sent, ..Totals::default() };
                console.happened(changes(totals, vec![moved], Vec::new()));
            }
            let now = fixtures::now() + chrono::TimeDelta::milliseconds(at * 250);
            console.send(Message::Ticked(now));
            shown(&mut screen, &console);
        }
        wire.take()
    };
    second(10);
    let writes = second(14);
    assert!(writes.len() <= 4, "{} writes", writes.len());
    let bytes: usize = writes.iter().map(Vec::len).sum();
    assert!(
        bytes <= 6 * 1024,
        "{bytes} bytes: {:?}",
        writes.iter().map(Vec::len).collect::<Vec<_>>()
    );
}

/// On a clock that goes a thousand times as fast as ours, so that minutes of ticks and frames fit into a test.
#[tokio::test]
async fn an_idle_console_writes_nothing_and_a_frame_is_one_write_whatever_goes_on() {
    let clock = Clock::starting_at(fixtures::now()).scaled(0.001);
    let Stage { app, outside, mut screen, mut frames, keys, mut pressed, events, mut asked } =
        Stage::set(clock);
    let inputs = poll_fn(move |task| pressed.poll_recv(task));
    let minutes = |count: u64| clock.sleep(std::time::Duration::from_secs(60 * count));

    let world = async {
        while let Some((request, reply)) = asked.recv().await {
            let _ = reply.send(Ok(harness::answer(&request.command)));
        }
    };
    let operator = async {
        frames.recv().await.expect("the first frame");
        minutes(5).await;
        while frames.try_recv().is_ok() {}
        for key in ["?", "Esc"] {
            minutes(5).await;
            assert!(frames.try_recv().is_err(), "idle");
            keys.send(Ok(Message::Pressed(event(key)))).expect("the loop listens");
            frames.recv().await.expect("the key's frame");
        }
        events.send(started()).expect("the loop listens");
        keys.send(Ok(Message::Pressed(event("5")))).expect("the loop listens");
        for at in 0..20 {
            let moved = change(4, "Teams Phone", at, ChangeState::Confirmed);
            let totals = Totals { planned: 20, sent: 9, ..Totals::default() };
            events.send(told(changes(totals, vec![moved], Vec::new()))).expect("it listens");
            let bytes = frames.recv().await.expect("a frame");
            let begun = bytes.windows(8).filter(|part| part == b"\x1b[?2026h").count();
            assert!(begun == 1 && bytes.ends_with(b"\x1b[?2026l"), "{bytes:?}");
        }
    };
    tokio::select! {
        ended = runtime::run(app, &mut screen, inputs, &outside) => panic!("it ended: {ended:?}"),
        () = world => panic!("nobody asks any more"),
        () = operator => {}
    }
}
