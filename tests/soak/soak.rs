//! `cargo run --release --example soak [MONTHS] [CUSTOMERS]`: simulated months in one process of the engine, 24 with 200
//! customers unless said otherwise. Prints a row of figures per month and fails where memory, file handles or the store grow
//! by more than the history asks for. (Memory rises until the store's cache is full, and no further.) The simulated systems
//! run in a process of their own, which is not measured.

#![expect(clippy::print_stdout, reason = "it is a program that reports")]

#[path = "figures.rs"]
mod figures;
#[path = "installation.rs"]
mod installation;
#[path = "world.rs"]
mod world;
#[path = "year.rs"]
mod year;

use std::{path::Path, process::ExitCode, time::Instant};

use prism_connect::{
    domain::outcome::Outcome,
    engine::{
        Handle,
        protocol::{Command, Scope, command},
    },
};
use serde_json::Value;

use crate::{
    figures::{Figures, Month},
    installation::{ask, set_up, start, sync},
    world::World,
};

fn argument(place: usize, default: u32) -> u32 {
    std::env::args().nth(place).and_then(|text| text.parse().ok()).unwrap_or(default)
}

fn main() -> ExitCode {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    if std::env::args().nth(1).as_deref() == Some("world") {
        runtime.block_on(world::serve(argument(2, 200)));
        return ExitCode::SUCCESS;
    }
    if std::env::args().nth(1).as_deref() == Some("year") {
        let directory = std::env::args().nth(2).expect("a directory to fill");
        let filled = year::fill(Path::new(&directory), argument(3, 1000), argument(4, 12));
        runtime.block_on(filled);
        return ExitCode::SUCCESS;
    }
    let faults = runtime.block_on(soak(argument(1, 24), argument(2, 200)));
    for fault in &faults {
        println!("FAILED: {fault}");
    }
    if faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

async fn soak(months: u32, customers: u32) -> Vec<String> {
    let world = World::start(customers);
    let directory = tempfile::tempdir().expect("a directory");
    let engine = start(directory.path(), months, "").await;
    let handle = engine.handle();
    set_up(&handle, &world).await;
    println!("{}", Figures::HEADING);
    let mut figures = Figures::default();
    for number in 0..months {
        let month = if number == 0 { "2026-09".to_owned() } else { next_month(&world).await };
        let begun = Instant::now();
        let products = sync(&handle, Scope::Products).await;
        let report = sync(&handle, Scope::Customers).await;
        let again = sync(&handle, Scope::Customers).await;
        let seconds = begun.elapsed().as_secs_f64();
        look_around(&handle).await;
        let worst = products.header.status.max(report.header.status);
        let row = Month::measured(month, (&report, seconds), directory.path());
        println!("{row}");
        figures.add(row);
        if worst > Outcome::Success || again.header.status != Outcome::NoChange {
            figures.fault(format!(
                "a sync ended as {worst:?}, the same again {:?}",
                again.header.status
            ));
        }
    }
    engine.shutdown().await;
    let faults = figures.faults();
    println!("{}", figures.summary());
    faults
}

/// The histories go on a month; which it is.
async fn next_month(world: &World) -> String {
    world.order("journal/reset", "").await;
    let told: Value = serde_json::from_str(&world.order("month/advance", "").await).expect("JSON");
    told["usage_month"].as_str().expect("a month").to_owned()
}

/// What an operator looks at afterwards.
async fn look_around(handle: &Handle) {
    for command in [
        Command::from(command::Status),
        Command::from(command::Customers { refresh: false }),
        Command::from(command::Products),
        Command::from(command::Run { id: None }),
    ] {
        ask(handle, command).await;
    }
}
