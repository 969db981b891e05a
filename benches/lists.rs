//! What long lists cost: `cargo bench --bench lists [-- CUSTOMERS]`, 10,000 unless said otherwise.
//!
//! All customers as they are stored and as PRISM lists them, a file that says of each where it goes already, one that changes
//! something about each, and the order of a plan of 184,000 rows. Prints milliseconds: least, median, most. The simulated
//! systems run in a process of their own, on the same processors.

#![expect(clippy::print_stdout, reason = "it is a program that reports")]

#[path = "../tests/console/fixtures.rs"]
#[expect(dead_code, reason = "the tests use the rest")]
mod fixtures;
#[path = "../tests/soak/installation.rs"]
#[expect(dead_code, reason = "nothing is synced here")]
mod installation;
#[path = "../tests/soak/world.rs"]
mod world;

use std::time::Instant;

use prism_connect::{
    domain::Money,
    engine::{
        Handle,
        protocol::command,
        views::{PlannedRows, PlannedView},
    },
};

use crate::{
    installation::{ask, set_up, start},
    world::World,
};

/// How often each is measured.
const ROUNDS: usize = 5;

/// As many as the first plan of 10,000 customers with twenty subscriptions has.
const PLAN_ROWS: i64 = 184_000;

fn main() {
    world::beside(10_000, async |customers| {
        println!("{:>44}  {:>8}  {:>8}  {:>8}", "ms", "least", "median", "most");
        plan_order();
        customers_of(customers).await;
    });
}

fn told(what: &str, mut milliseconds: Vec<f64>) {
    milliseconds.sort_by(f64::total_cmp);
    let [least, median, most] =
        [0, ROUNDS / 2, ROUNDS - 1].map(|at| format!("{:8.1}", milliseconds[at]));
    println!("{what:>44}  {least}  {median}  {most}");
}

fn since(begun: Instant) -> f64 {
    begun.elapsed().as_secs_f64() * 1000.0
}

fn plan_order() {
    let one = fixtures::plan().operations.get(0).expect("a row");
    let cent: Money = "0.01".parse().expect("an amount");
    // In no order, as contracts come.
    let row = |at: i64| PlannedView {
        monthly_effect: cent.times(at * 7_919 % PLAN_ROWS - PLAN_ROWS / 2),
        ..one.clone()
    };
    let rows: PlannedRows = (0..PLAN_ROWS).map(row).collect();
    let sorted = (0..ROUNDS).map(|_| {
        let mut rows = rows.clone();
        let begun = Instant::now();
        rows.largest_first();
        since(begun)
    });
    told(&format!("order of a plan of {PLAN_ROWS} rows"), sorted.collect());
}

async fn customers_of(customers: u32) {
    let directory = tempfile::tempdir().expect("a directory");
    let world = World::start(customers);
    world.order("autotask/threshold", r#"{"limit":1000000000}"#).await;
    let engine = start(directory.path(), 1, "").await;
    let handle = engine.handle();
    set_up(&handle, &world).await;
    for (what, refresh) in [("stored", false), ("as PRISM lists them", true)] {
        let mut times = Vec::new();
        for _ in 0..ROUNDS {
            let begun = Instant::now();
            ask(&handle, command::Customers { refresh }).await;
            times.push(since(begun));
        }
        told(&format!("{customers} customers, {what}"), times);
    }
    let file = world.mappings().await;
    let (mut same, mut noted) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        same.push(imported(&handle, file.clone()).await);
        let mut rows = file.lines();
        let head = format!("{},note\n", rows.next().unwrap_or_default());
        let rows = rows.map(|row| format!("{row},round {round}\n"));
        noted.push(imported(&handle, std::iter::once(head).chain(rows).collect()).await);
    }
    told("import of what is so already", same);
    told("import of a note for each", noted);
    engine.shutdown().await;
}

async fn imported(handle: &Handle, csv: String) -> f64 {
    let begun = Instant::now();
    ask(handle, command::ImportCustomers { csv }).await;
    since(begun)
}
