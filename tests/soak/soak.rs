//! `cargo run --release --example soak [MONTHS] [CUSTOMERS]`: simulated months in one process of the engine, 24 with 200
//! customers unless said otherwise. Prints a row of figures per month and fails where memory, file handles or the store grow
//! by more than the history asks for. (Memory rises until the store's cache is full, and no further.) The simulated systems
//! run in a process of their own, which is not measured.

#![expect(clippy::print_stdout, reason = "it is a program that reports")]

#[path = "figures.rs"]
mod figures;
#[path = "world.rs"]
mod world;
#[path = "year.rs"]
mod year;

use std::{collections::BTreeMap, path::Path, process::ExitCode, time::Instant};

use chrono::{Months, NaiveDate, NaiveTime};
use prism_connect::{
    clock::Clock,
    config::{Config, Homes, Overrides},
    domain::{outcome::Outcome, policy::ProductMode, run::RunReport, secret::Secret},
    engine::{
        self, Engine, EngineSettings, Handle,
        protocol::{
            Actor, Answer, Command, ConnectionDraft, MapDraft, Scope, SyncRequest, command,
        },
    },
};

use crate::{
    figures::{Figures, Month},
    world::World,
};

/// The first usage month.
const FIRST: (i32, u32) = (2026, 9);

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
    let engine = start(directory.path(), months).await;
    let handle = engine.handle();
    set_up(&handle, &world).await;
    println!("{}", Figures::HEADING);
    let mut figures = Figures::default();
    for number in 0..months {
        let month = if number == 0 { "2026-09".to_owned() } else { world.next_month().await };
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

/// An engine on a day after the last month's invoice: its clock stands while the months go by.
async fn start(directory: &Path, months: u32) -> Engine {
    let path = directory.join("config.toml");
    let homes = Homes::below(directory);
    // A year of many customers has every kind of month, and nobody looks at a plan here.
    let text = "[guards]\nmode = \"off\"\n";
    let config = Config::resolve(&Overrides::default(), &BTreeMap::new(), &path, text, &homes);
    let first = NaiveDate::from_ymd_opt(FIRST.0, FIRST.1, 5).expect("a day");
    let day = (first + Months::new(months)).and_time(NaiveTime::MIN).and_utc();
    let settings = EngineSettings {
        data_dir: directory.join("data"),
        config: config.expect("settings"),
        clock: Clock::starting_at(day).scaled(0.001),
        actor: Actor { name: "soak".to_owned(), read_only: false },
        target: None,
        factory: None,
    };
    engine::start(settings).await.expect("the engine starts")
}

async fn ask(handle: &Handle, command: impl Into<Command>) -> Answer {
    let command = command.into();
    let told = format!("{command:?}");
    handle.ask(command).await.unwrap_or_else(|refusal| panic!("{told}: {refusal:?}"))
}

async fn set_up(handle: &Handle, world: &World) {
    let (prism, autotask) = (world.addresses.prism.clone(), world.addresses.autotask.clone());
    let drafts = [
        ConnectionDraft::Prism {
            environment: None,
            api_url: Some(prism.api_url),
            identity_url: Some(prism.identity_url),
            client_id: Some(prism.client_id),
            client_secret: Some(Secret::new(prism.client_secret)),
            plain_http: None,
        },
        ConnectionDraft::Autotask {
            environment: None,
            base_url: Some(autotask.base_url),
            username: Some(autotask.username),
            integration_code: Some(Secret::new(autotask.integration_code)),
            secret: Some(Secret::new(autotask.secret)),
            plain_http: None,
        },
    ];
    for draft in drafts {
        ask(handle, Command::from(command::SaveConnection { draft })).await;
    }
    let program = Command::from(command::SetProgram {
        sync: Some(true),
        mode: Some(ProductMode::All),
        azure: Some(true),
        billing_code: Some("Cloud Services".to_owned()),
        vendor: None,
        notify: None,
    });
    ask(handle, program).await;
    ask(handle, Command::from(command::Customers { refresh: true })).await;
    for (tenant, company, contract) in world.mappings().await {
        let draft =
            MapDraft { tenant, company, contract, sync: Some(true), from: None, pricing: None };
        ask(handle, Command::from(command::Map { draft })).await;
    }
}

async fn sync(handle: &Handle, scope: Scope) -> RunReport {
    let request = SyncRequest { scope, ..SyncRequest::default() };
    let answer = ask(handle, Command::from(command::Sync { request })).await;
    let Answer::Synced(mut runs) = answer else { panic!("{answer:?}") };
    runs.pop().expect("a run")
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
