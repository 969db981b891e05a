//! What a frame and a key press cost with ten thousand customers and two hundred thousand subscription rows:
//! `cargo bench --bench console`.

#[path = "../tests/console/fixtures.rs"]
#[expect(dead_code, reason = "the tests use the rest")]
mod fixtures;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use prism_connect::{
    console::{
        app::App, colour::Depth, draw::draw, effect::Effect, message::Message, runtime::BATCH,
        theme::Theme, update::update,
    },
    domain::{
        RunId,
        outcome::Outcome,
        run::{RunKind, RunReport},
    },
    engine::{
        protocol::{
            About, Answer, Command, Event, Happening, ItemState,
            command::{CustomerCommand, DashboardCommand, HistoryCommand, PlanCommand},
        },
        views::{PlanContract, PlanView, PlannedView},
    },
};
use ratatui::{Terminal, backend::TestBackend};

const CUSTOMERS: usize = 10_000;
const SUBSCRIPTIONS: usize = 20;

fn press(app: &mut App, code: KeyCode) -> Vec<Effect> {
    update(app, Message::Pressed(KeyEvent::new(code, KeyModifiers::NONE)))
}

fn answer(app: &mut App, effects: Vec<Effect>) {
    for effect in effects {
        let Effect::Ask { ticket, command } = effect else { continue };
        let answer = match *command {
            Command::Customer(CustomerCommand::Customers(_)) => {
                Answer::Customers(fixtures::many_customers(CUSTOMERS))
            }
            Command::Dashboard(DashboardCommand::Status(_)) => {
                Answer::Status(Box::new(fixtures::status()))
            }
            Command::History(HistoryCommand::Runs(_)) => Answer::Runs(fixtures::runs()),
            Command::History(HistoryCommand::Run(_)) => Answer::Run(Box::new(report())),
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

/// A run of all customers, each with as many subscriptions.
fn report() -> RunReport {
    let mut report = fixtures::report();
    let one = report.customers.iter().find(|row| !row.subscriptions.is_empty());
    let one = one.expect("a customer with subscriptions").clone();
    report.customers = (0..CUSTOMERS)
        .map(|at| {
            let mut row = one.clone();
            row.customer = format!("Customer number {at}");
            row.subscriptions = vec![one.subscriptions[0].clone(); SUBSCRIPTIONS];
            row
        })
        .collect();
    report
}

/// A row of a run in which every customer has two invoices: whose the rows are is another number than how many there are.
fn item(at: usize, state: ItemState) -> Event {
    let whose = at / 2;
    let (key, name) = (format!("tenant-{whose}"), format!("Customer number {whose}"));
    let (run, kind, invoice) = (RunId(1), RunKind::Customers, format!("INV{}", at % 2));
    let domain = format!("customer{whose}.onmicrosoft.com");
    let happening = Happening::Item { run, kind, key, name, domain, invoice, state };
    Event { number: 1, happening }
}

/// Events as the loop gathers them.
fn batch(from: usize) -> Message {
    let state = || ItemState::Writing { done: 1, of: 3 };
    let all = (from..from + BATCH).map(|at| item(at % CUSTOMERS, state()));
    Message::Happened(all.collect())
}

/// The history opened, and a run with all its rows in it.
fn past() -> App {
    let mut app = customers();
    for code in [KeyCode::Char('5'), KeyCode::Enter] {
        let effects = press(&mut app, code);
        answer(&mut app, effects);
    }
    app
}

/// The same, while a sync is on and its screen in front.
fn live() -> App {
    let mut app = past();
    press(&mut app, KeyCode::Esc);
    press(&mut app, KeyCode::Char('1'));
    let mut run = fixtures::header(44, Outcome::NoChange, 1);
    run.finished_at = None;
    let started = Event { number: 1, happening: Happening::RunStarted { run } };
    update(&mut app, Message::Happened(vec![started]));
    let queued = (0..CUSTOMERS).map(|at| item(at, ItemState::Queued)).collect();
    update(&mut app, Message::Happened(queued));
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
    let mut app = past();
    criterion.bench_function("a run of 200,000 rows: a key and a frame, 200x60", |bench| {
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
            let event = item(at, ItemState::Writing { done: 1, of: 3 });
            update(&mut app, Message::Happened(vec![event]));
            terminal.draw(|frame| draw(&app, frame)).expect("infallible");
        });
    });
}

fn filtering(criterion: &mut Criterion) {
    let mut app = customers();
    press(&mut app, KeyCode::Char('/'));
    let mut keys = "number 99".chars().cycle();
    criterion.bench_function("filtering 10,000 customers on a key press", |bench| {
        bench.iter(|| {
            match keys.next() {
                Some('n') => {
                    press(&mut app, KeyCode::Esc);
                    press(&mut app, KeyCode::Char('/'));
                    press(&mut app, KeyCode::Char('n'))
                }
                letter => press(&mut app, KeyCode::Char(letter.unwrap_or('n'))),
            };
        });
    });
    criterion.bench_function(
        "filtering 10,000 customers by what only fuzzy search finds",
        |bench| {
            bench.iter(|| {
                press(&mut app, KeyCode::Char('~'));
                press(&mut app, KeyCode::Backspace);
            });
        },
    );
}

/// A plan with as many changes as the run has rows, on as many contracts as there are customers.
fn plan() -> PlanView {
    let mut plan = fixtures::plan();
    let (change, contract) = (plan.operations.get(0).expect("a change"), plan.contracts[0].clone());
    plan.refused.clear();
    plan.contracts = (0..CUSTOMERS)
        .map(|at| PlanContract {
            customers: vec![format!("Customer number {at}")],
            tenants: vec![format!("tenant{at}.onmicrosoft.com")],
            ..contract.clone()
        })
        .collect();
    let of = |at: usize| PlannedView {
        tenants: vec![format!("tenant{at}.onmicrosoft.com")].into(),
        product: Some(format!("Microsoft 365 Business Premium {at}").into()),
        ..change.clone()
    };
    let all = (0..CUSTOMERS * SUBSCRIPTIONS).map(|at| of(at / SUBSCRIPTIONS));
    plan.operations = all.collect();
    plan
}

/// A plan is awaited on tab 5, and comes.
fn awaited() -> (App, Option<Message>) {
    let mut app = past();
    press(&mut app, KeyCode::Esc);
    let asked = press(&mut app, KeyCode::Char('p')).into_iter().find_map(|effect| {
        let Effect::Ask { ticket, command } = effect else { return None };
        let Command::Plan(PlanCommand::Plan(asked)) = *command else { return None };
        let answer = Answer::Plan(About { asked, found: Box::new(plan()) });
        Some(Message::Answered(ticket, Box::new(Ok(answer))))
    });
    (app, asked)
}

fn come((app, plan): &mut (App, Option<Message>)) {
    update(app, plan.take().expect("a plan was asked for"));
}

/// The plan on tab 5, with its filter open before anything of it was folded.
fn just_planned() -> App {
    let mut coming = awaited();
    come(&mut coming);
    let (mut app, _) = coming;
    press(&mut app, KeyCode::Char('/'));
    app
}

/// The same once it has stood for a moment: of a plan the loop folds every row before a filter is opened.
fn planned() -> App {
    let mut coming = awaited();
    come(&mut coming);
    let mut app = folded(coming.0);
    press(&mut app, KeyCode::Char('/'));
    app
}

fn plans(criterion: &mut Criterion) {
    criterion.bench_function("a plan of 200,000 changes comes", |bench| {
        bench.iter_batched_ref(awaited, come, BatchSize::PerIteration);
    });
}

/// The customers, with their filter open.
fn searched() -> App {
    let mut app = customers();
    press(&mut app, KeyCode::Char('/'));
    app
}

/// Between opening a filter and its first letter the loop folds every row, part by part; letters look only at what is
/// folded.
fn folded(mut app: App) -> App {
    while app.fold_ahead() {}
    app
}

fn filtering_large(criterion: &mut Criterion) {
    let first_letter = |criterion: &mut Criterion, name: &str, app: &dyn Fn() -> App| {
        criterion.bench_function(name, |bench| {
            let first = |app: &mut App| press(app, KeyCode::Char('n'));
            bench.iter_batched_ref(app, first, BatchSize::PerIteration);
        });
    };
    for (of_what, app) in [
        ("a filter over 10,000 customers", searched as fn() -> App),
        ("a plan of 200,000 changes", planned),
        ("a plan of 200,000 changes that has just come", just_planned),
    ] {
        let at_once = format!("the first letter over {of_what}, typed at once");
        first_letter(criterion, &at_once, &app);
        let later = format!("the first letter over {of_what}, typed once it is folded");
        first_letter(criterion, &later, &|| folded(app()));
    }
    let mut app = planned();
    let mut keys = "number 99".chars().cycle();
    criterion.bench_function("a letter more over a plan of 200,000 changes", |bench| {
        bench.iter(|| {
            match keys.next() {
                Some('n') => {
                    press(&mut app, KeyCode::Esc);
                    press(&mut app, KeyCode::Char('/'));
                    press(&mut app, KeyCode::Char('n'))
                }
                letter => press(&mut app, KeyCode::Char(letter.unwrap_or('n'))),
            };
        });
    });
}

fn events(criterion: &mut Criterion) {
    let mut terminal = Terminal::new(TestBackend::new(200, 60)).expect("infallible");
    let mut app = live();
    let mut from = 0;
    criterion.bench_function("a batch of 512 events, then a key and its frame, 200x60", |bench| {
        bench.iter(|| {
            from += BATCH;
            update(&mut app, batch(from));
            press(&mut app, KeyCode::Down);
            terminal.draw(|frame| draw(&app, frame)).expect("infallible");
        });
    });
    criterion.bench_function("50,000 progress events", |bench| {
        bench.iter(|| {
            for from in (0..50_000).step_by(BATCH) {
                update(&mut app, batch(from));
            }
        });
    });
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20);
    targets = frames, filtering, filtering_large, plans, events
}
criterion_main!(benches);
