//! What the console sends to the terminal: bytes and write calls of a frame, through the real backend; and that
//! a flood of events never stands between a key and its frame.

#![expect(clippy::expect_used, reason = "a test that cannot be set up has failed")]

#[path = "console/fixtures.rs"]
#[expect(dead_code, reason = "the tests of the screens use the rest")]
mod fixtures;
#[path = "console/harness.rs"]
#[expect(dead_code, reason = "the tests of the screens use the rest")]
mod harness;

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
        Handle,
        protocol::{Actor, Event, Happening, ItemState},
    },
};
use ratatui::{Terminal, layout::Size};
use rstest::rstest;
use tokio::sync::{broadcast, mpsc};

use crate::harness::{Harness, event};

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
        Happening::Item { run: RunId(44), kind: RunKind::Customers, key, name, state }
    };
    Event { number: at as u64 + 2, happening }
}

/// The loop itself, with 50,000 events waiting when a key comes.
#[tokio::test]
async fn a_flood_of_events_is_taken_in_by_the_batch_and_a_key_waits_for_one_batch_at_most() {
    let (asking, _asked) = mpsc::unbounded_channel();
    let (events, _) = broadcast::channel(FLOOD.next_power_of_two());
    let actor = Actor { name: "tester".into(), read_only: false };
    let engine = Handle::new(actor, asking, events.clone());
    let directory = std::path::PathBuf::new();
    let outside = Outside { engine, clock: Clock::starting_at(fixtures::now()), directory };
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
