//! What a frame and a key press cost with ten thousand customers: `cargo bench --bench console`.

#[path = "../tests/console/fixtures.rs"]
#[expect(dead_code, reason = "the tests use the rest")]
mod fixtures;

use criterion::{Criterion, criterion_group, criterion_main};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use prism_connect::{
    console::{
        app::App, colour::Depth, draw::draw, effect::Effect, message::Message, theme::Theme,
        update::update,
    },
    domain::{RunId, outcome::Outcome, run::RunKind},
    engine::protocol::{Answer, Command, Event, Happening, ItemState},
};
use ratatui::{Terminal, backend::TestBackend};

const CUSTOMERS: usize = 10_000;

fn press(app: &mut App, code: KeyCode) -> Vec<Effect> {
    update(app, Message::Pressed(KeyEvent::new(code, KeyModifiers::NONE)))
}

fn answer(app: &mut App, effects: Vec<Effect>) {
    for effect in effects {
        let Effect::Ask { ticket, command } = effect else { continue };
        let answer = match *command {
            Command::Customers { .. } => Answer::Customers(fixtures::many_customers(CUSTOMERS)),
            Command::Status => Answer::Status(Box::new(fixtures::status())),
            _ => continue,
        };
        update(app, Message::Answered(ticket, Box::new(Ok(answer))));
    }
}

fn customers() -> App {
    let mut app = App::new(Theme::new(Depth::Full, true), false, fixtures::now());
    update(&mut app, Message::Resized(200, 60));
    app.start();
    let effects = app.shell.take_effects();
    answer(&mut app, effects);
    let effects = press(&mut app, KeyCode::Char('3'));
    answer(&mut app, effects);
    app
}

fn item(at: usize, state: ItemState) -> Message {
    let (key, name) = (format!("tenant-{at}"), format!("Customer number {at}"));
    let happening = Happening::Item { run: RunId(1), kind: RunKind::Customers, key, name, state };
    Message::Happened(vec![Event { number: 1, happening }])
}

fn live() -> App {
    let mut app = customers();
    let run = fixtures::header(44, Outcome::NoChange, 1);
    let started = Event { number: 1, happening: Happening::RunStarted { run } };
    update(&mut app, Message::Happened(vec![started]));
    for at in 0..CUSTOMERS {
        update(&mut app, item(at, ItemState::Queued));
    }
    press(&mut app, KeyCode::Char('5'));
    app
}

fn frames(criterion: &mut Criterion) {
    let mut terminal = Terminal::new(TestBackend::new(200, 60)).expect("infallible");
    let mut app = customers();
    criterion.bench_function("customers: a key and a frame, 200x60", |bench| {
        bench.iter(|| {
            press(&mut app, KeyCode::Down);
            terminal.draw(|frame| draw(&app, frame)).expect("infallible");
        });
    });
    let mut app = live();
    let mut at = 0;
    criterion.bench_function("live sync: an event and a frame, 200x60", |bench| {
        bench.iter(|| {
            at = (at + 1) % CUSTOMERS;
            update(&mut app, item(at, ItemState::Writing { done: 1, of: 3 }));
            terminal.draw(|frame| draw(&app, frame)).expect("infallible");
        });
    });
}

fn filtering(criterion: &mut Criterion) {
    let mut app = customers();
    press(&mut app, KeyCode::Char('/'));
    criterion.bench_function("filtering 10,000 customers on a key press", |bench| {
        bench.iter(|| {
            press(&mut app, KeyCode::Char('m'));
            press(&mut app, KeyCode::Backspace);
        });
    });
}

fn events(criterion: &mut Criterion) {
    let mut app = live();
    criterion.bench_function("50,000 progress events", |bench| {
        bench.iter(|| {
            for at in 0..50_000 {
                update(&mut app, item(at % CUSTOMERS, ItemState::Writing { done: 1, of: 3 }));
            }
        });
    });
}

criterion_group!(benches, frames, filtering, events);
criterion_main!(benches);
