//! One installation of the program on the simulated systems, without a screen.

#[path = "../support/drafts.rs"]
mod drafts;

use std::{collections::BTreeMap, path::Path};

use chrono::{Months, NaiveDate, NaiveTime};
use prism_connect::{
    clock::Clock,
    config::{Config, Homes, Overrides},
    domain::{policy::ProductMode, run::RunReport},
    engine::{
        self, Engine, EngineSettings, Handle,
        protocol::{Actor, Answer, Command, Scope, SyncRequest, command},
    },
};

use super::world::World;

/// The first usage month.
const FIRST: (i32, u32) = (2026, 9);

/// An engine on a day after the last month's invoice: its clock stands while the months go by. `limits` are lines of that
/// section of the settings.
pub async fn start(directory: &Path, months: u32, limits: &str) -> Engine {
    let path = directory.join("config.toml");
    let homes = Homes::below(directory);
    // A year of many customers has every kind of month, and nobody looks at a plan here.
    let text = format!("[guards]\nmode = \"off\"\n[limits]\n{limits}\n");
    let config = Config::resolve(&Overrides::default(), &BTreeMap::new(), &path, &text, &homes);
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

/// What a command is answered with.
pub async fn ask(handle: &Handle, command: impl Into<Command>) -> Answer {
    let command = command.into();
    let told = format!("{command:?}");
    handle.ask(command).await.unwrap_or_else(|refusal| panic!("{told}: {refusal:?}"))
}

/// Connections, program and links, as an operator who knows the true ones would set them.
pub async fn set_up(handle: &Handle, world: &World) {
    for draft in drafts::drafts(world.addresses.clone()) {
        ask(handle, Command::from(command::SaveConnection { draft })).await;
    }
    let program = Command::from(command::SetProgram {
        sync: Some(true),
        mode: Some(ProductMode::All),
        azure: Some(true),
        choices: [("billing_code".to_owned(), "Cloud Services".to_owned())].into(),
        notify: None,
    });
    ask(handle, program).await;
    ask(handle, Command::from(command::Customers { refresh: true })).await;
    ask(handle, command::ImportCustomers { csv: world.mappings().await }).await;
}

/// One run, and its report.
pub async fn sync(handle: &Handle, scope: Scope) -> RunReport {
    let request = SyncRequest { scope, ..SyncRequest::default() };
    let answer = ask(handle, Command::from(command::Sync { request })).await;
    let Answer::Synced(mut runs) = answer else { panic!("{answer:?}") };
    runs.pop().expect("a run")
}
