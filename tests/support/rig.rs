//! A simulated world with an engine beside it, connected and set up as an operator would, and ways to look at both.

#[path = "drafts.rs"]
mod drafts;
#[path = "scratch.rs"]
mod scratch;

use std::{collections::BTreeMap, path::Path, sync::Arc, time::Duration};

use chrono::{NaiveDate, TimeDelta};
use prism_connect::{
    clock::Clock,
    config::{Config, Homes, Overrides},
    domain::{outcome::Outcome, policy::ProductMode, run::RunReport},
    engine::{
        self, Engine, EngineSettings, Handle,
        factory::{Factory, Network},
        protocol::{About, Actor, Answer, Command, MapDraft, Reply, Scope, SyncRequest, command},
        views::PlanView,
    },
    sim::{
        SimSettings, Simulation, Targets,
        journal::{Entry, System},
        world::{TrueMapping, World},
    },
};
use serde_json::{Value, json};

/// Units of one service from days on; steps that change no quantity are left out.
pub type Units = Vec<(String, i64)>;

/// Which of the simulated targets is written to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Target {
    #[default]
    Autotask,
    Connectwise,
}

/// What stands on a contract of one service.
#[derive(Clone, Debug)]
pub struct Standing {
    pub service: i64,
    /// `PC_` and the SKU, of one of ours on either target.
    pub name: String,
    pub units: Units,
}

/// How the engine is set up beside its world.
#[derive(Clone, Copy, Debug, Default)]
pub struct Setup {
    /// *Sync Azure* is on.
    pub azure: bool,
    /// The text of `config.toml`.
    pub config: &'static str,
    /// The newest usage month of the world.
    pub month: (i32, u32),
    /// The target.
    pub target: Target,
}

/// Puts something between the engine and its clients.
pub type Between = Arc<dyn Fn(Network) -> Arc<dyn Factory> + Send + Sync>;

/// The world, the engine, and the directory the engine keeps its data in.
pub struct Rig {
    /// The simulated systems.
    pub simulation: Simulation,
    /// What stands between engine and clients from the next start on, if anything does.
    pub between: Option<Between>,
    setup: Setup,
    /// Where nobody looks: whose hours go by in milliseconds, and by which schedule and post are kept.
    unattended: Option<Clock>,
    directory: tempfile::TempDir,
    running: Option<Running>,
    client: reqwest::Client,
}

/// An engine on a runtime of its own, so that it can be killed like a process.
struct Running {
    runtime: Option<tokio::runtime::Runtime>,
    engine: Option<Engine>,
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Rig {
    /// Starts both; nothing is connected yet.
    async fn start(world: World, setup: Setup, settings: SimSettings) -> Self {
        prism_connect::http::install_tls();
        let targets = match setup.target {
            Target::Autotask => Targets::Autotask,
            Target::Connectwise => Targets::Connectwise,
        };
        let settings = SimSettings { targets, ..settings };
        let simulation = Simulation::start_with(world, settings).await;
        let mut rig = Self {
            simulation: simulation.expect("a simulation"),
            between: None,
            setup,
            unattended: None,
            directory: scratch::directory(),
            running: None,
            client: crate::loopback::client(),
        };
        rig.revive().await;
        rig.site_lives_the_same_day().await;
        rig
    }

    /// Starts both, connects them, chooses the options and syncs products.
    pub async fn ready(world: World, setup: Setup) -> Self {
        Self::ready_at_worst(world, setup, Outcome::Success).await
    }

    /// The same, where the first product run may end as badly as this.
    pub async fn ready_at_worst(world: World, setup: Setup, worst: Outcome) -> Self {
        let rig = Self::connected(world, setup, SimSettings::default()).await;
        let made = rig.sync_scope(Scope::Products).await;
        assert!(made.header.status <= worst, "{}", pretty(&made));
        rig
    }

    /// Starts both, the simulation with these settings, connects them and chooses the options; nothing is synced yet.
    pub async fn connected(world: World, setup: Setup, settings: SimSettings) -> Self {
        let rig = Self::start(world, setup, settings).await;
        rig.connect().await;
        rig.choose_options().await;
        rig
    }

    /// Everything that the engine knows is gone; it is connected, given its options and syncs products anew.
    pub async fn lose_state(&mut self) {
        self.leave().await;
        self.directory = scratch::directory();
        self.revive().await;
        self.connect().await;
        self.choose_options().await;
        self.sync_scope(Scope::Products).await;
    }

    /// Where the engine keeps its data.
    pub fn data_dir(&self) -> &Path {
        self.directory.path()
    }

    /// The way to the engine.
    pub fn handle(&self) -> Handle {
        let running = self.running.as_ref().expect("the engine runs");
        running.engine.as_ref().expect("the engine runs").handle()
    }

    /// Starts the engine on the same data directory, five days after the newest usage month.
    pub async fn revive(&mut self) {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("a runtime");
        let config = config(self.data_dir(), self.setup.config);
        let clock = self.unattended.unwrap_or_else(|| clock(self.setup.month));
        let factory = self
            .between
            .as_ref()
            .map(|between| between(Network::new(&config, clock).expect("clients")));
        let settings = EngineSettings {
            data_dir: self.data_dir().to_owned(),
            config,
            clock,
            actor: Actor::owner("tester"),
            target: None,
            factory,
        };
        let unattended = self.unattended.is_some();
        let started = runtime.spawn(async move {
            let mut engine = engine::start(settings).await.expect("the engine starts");
            if unattended {
                engine.keep_schedule().await.expect("a schedule");
                engine.keep_post().expect("a post");
            }
            engine
        });
        let engine = started.await.expect("no panic");
        self.running = Some(Running { runtime: Some(runtime), engine: Some(engine) });
    }

    /// Nobody looks from now on: schedule and post are kept by these settings, and this clock's days go by.
    pub async fn live_unattended(&mut self, config: &'static str, clock: Clock) {
        self.leave().await;
        self.setup.config = config;
        self.unattended = Some(clock);
        self.revive().await;
    }

    /// Ends the engine in order, so that another process may work on its data.
    pub async fn leave(&mut self) {
        let mut running = self.running.take().expect("the engine runs");
        running.engine.take().expect("the engine runs").shutdown().await;
    }

    /// Ends the engine where it stands, as `kill -9` would: nothing of it runs on.
    pub async fn kill(&mut self) {
        let Some(mut running) = self.running.take() else { return };
        let stopped = tokio::task::spawn_blocking(move || {
            let runtime = running.runtime.take().expect("it is ended once");
            runtime.shutdown_timeout(Duration::from_secs(20));
        });
        stopped.await.expect("the runtime ends");
    }

    /// The next invoice is issued, and the engine is started again a month later.
    pub async fn month_passes(&mut self) {
        self.control("month/advance", &json!({})).await;
        let (year, month) = self.setup.month;
        self.go_to(if month == 12 { (year + 1, 1) } else { (year, month + 1) }).await;
        self.simulation.journal().reset();
    }

    /// Ends the engine in order and starts it again when this month's invoice is out.
    pub async fn go_to(&mut self, month: (i32, u32)) {
        self.setup.month = month;
        self.leave().await;
        self.revive().await;
        self.site_lives_the_same_day().await;
    }

    /// What is active or expired hangs on the day in `ConnectWise`: it is the engine's.
    async fn site_lives_the_same_day(&self) {
        if self.setup.target == Target::Connectwise {
            let today = clock(self.setup.month).today().to_string();
            self.control("connectwise/clock", &json!({ "date": today })).await;
        }
    }

    /// Asks, and expects an answer.
    pub async fn ask(&self, command: impl Into<Command>) -> Answer {
        let command = command.into();
        let told = format!("{command:?}");
        self.try_ask(command).await.unwrap_or_else(|refusal| panic!("{told}: {refusal:?}"))
    }

    /// Asks.
    pub async fn try_ask(&self, command: impl Into<Command>) -> Reply {
        self.handle().ask(command.into()).await
    }

    async fn connect(&self) {
        for draft in drafts::drafts(self.simulation.addresses()) {
            self.ask(command::SaveConnection { draft }).await;
        }
        let tested = self.ask(command::TestConnection { name: None, draft: None }).await;
        let Answer::Tested(tests) = tested else { panic!("{tested:?}") };
        assert!(tests.len() == 2 && tests.iter().all(|test| test.ok), "{tests:?}");
        self.choose_agreements().await;
    }

    /// Where there are several agreements, all of them are synced.
    async fn choose_agreements(&self) {
        let answer = self.ask(command::Connections).await;
        let Answer::Connections(connections) = answer else { panic!("{answer:?}") };
        let known = connections.into_iter().flat_map(|one| one.agreements);
        let agreements: Vec<_> = known.map(|one| one.id).collect();
        if agreements.len() > 1 {
            self.ask(command::ChooseAgreements { agreements }).await;
        }
    }

    async fn choose_options(&self) {
        self.ask(command::SetProgram {
            sync: Some(true),
            mode: Some(ProductMode::All),
            azure: Some(self.setup.azure),
            choices: match self.setup.target {
                Target::Autotask => {
                    [("billing_code".to_owned(), "Cloud Services".to_owned())].into()
                }
                // What is usual there.
                Target::Connectwise => std::collections::BTreeMap::new(),
            },
            notify: None,
        })
        .await;
        self.ask(command::Customers { refresh: true }).await;
    }

    /// Maps every tenant whose contract can work, with sync on, as `change` says otherwise.
    pub async fn map_all(&self, change: impl Fn(&mut MapDraft)) -> Vec<TrueMapping> {
        let mut mapped = match self.setup.target {
            Target::Autotask => self.simulation.true_mappings(),
            Target::Connectwise => self.simulation.connectwise_mappings(),
        };
        mapped.retain(|mapping| mapping.usable);
        for mapping in &mapped {
            let mut draft = MapDraft {
                tenant: mapping.domain.clone(),
                company: mapping.company_id.to_string(),
                contract: mapping.contract_id.to_string(),
                sync: Some(true),
                from: None,
                pricing: None,
            };
            change(&mut draft);
            self.ask(command::Map { draft }).await;
        }
        self.simulation.journal().reset();
        mapped
    }

    /// Syncs one stream, or both; the last run.
    pub async fn sync_scope(&self, scope: Scope) -> RunReport {
        self.sync_as(SyncRequest { scope, ..SyncRequest::default() }).await
    }

    /// Syncs customers.
    pub async fn sync(&self) -> RunReport {
        self.sync_scope(Scope::Customers).await
    }

    /// Syncs as asked; the last run.
    pub async fn sync_as(&self, request: SyncRequest) -> RunReport {
        let answer = self.ask(command::Sync { request }).await;
        let Answer::Synced(mut runs) = answer else { panic!("{answer:?}") };
        runs.pop().expect("a run")
    }

    /// Plans the last applied invoices again.
    pub async fn recheck(&self) -> PlanView {
        let scope = Scope::Customers;
        let request = SyncRequest { scope, recheck: true, ..SyncRequest::default() };
        let answer = self.ask(command::Plan { request }).await;
        let Answer::Plan(About { found: plan, .. }) = answer else { panic!("{answer:?}") };
        *plan
    }

    /// Adds a fault rule.
    pub async fn fault(&self, rule: Value) {
        self.control("faults", &json!({ "rules": [rule] })).await;
    }

    /// Takes every fault rule away.
    pub async fn no_faults(&self) {
        self.erase("faults").await;
    }

    /// Syncs until so many writes have been carried out, of which the last is never answered; then the engine is killed
    /// and started again. False where the run ended before.
    pub async fn killed_in(&mut self, write: u64) -> bool {
        let request = SyncRequest { scope: Scope::Customers, ..SyncRequest::default() };
        self.killed_as(request, write).await
    }

    /// The same with this request.
    pub async fn killed_as(&mut self, request: SyncRequest, write: u64) -> bool {
        self.killed_by(command::Sync { request }, write).await
    }

    /// The same with this command.
    pub async fn killed_by(&mut self, command: impl Into<Command>, write: u64) -> bool {
        let command = command.into();
        let silence = json!({"system": self.system_word(), "writes": true, "after": write - 1,
            "fault": {"delay_reply_ms": 600_000}});
        self.fault(silence).await;
        let (handle, before) = (self.handle(), self.changes().len() as u64);
        let asked = tokio::spawn(async move { handle.ask(command).await });
        while !asked.is_finished() && self.changes().len() as u64 - before < write {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        let killed = !asked.is_finished();
        if killed {
            self.kill().await;
            self.revive().await;
        }
        self.no_faults().await;
        killed
    }

    /// Posts to the control endpoint.
    pub async fn control(&self, path: &str, body: &Value) -> Value {
        let reply = self.client.post(self.url(path)).json(body).send().await.expect("an answer");
        let status = reply.status();
        let text = reply.text().await.expect("text");
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).expect("JSON")
    }

    /// Deletes at the control endpoint.
    pub async fn erase(&self, path: &str) {
        let gone = self.client.delete(self.url(path)).send().await.expect("an answer");
        assert!(gone.status().is_success(), "{path}: {}", gone.status());
    }

    /// Reads from the control endpoint.
    pub async fn look(&self, path: &str) -> Value {
        let reply = self.client.get(self.url(path)).send().await.expect("an answer");
        let text = reply.text().await.expect("text");
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}: {text}"))
    }

    /// The address of a path of the control endpoint.
    pub fn url(&self, path: &str) -> String {
        format!("{}/{path}", self.simulation.addresses().control_url.trim_end_matches('/'))
    }

    /// Every service that stands on a contract, by name; two of one name do not occur unless something is doubled.
    pub async fn timelines(&self, contract: i64) -> BTreeMap<String, Units> {
        let mut found = BTreeMap::new();
        for Standing { name, units, .. } in self.standing(contract).await {
            let before = found.insert(name.clone(), units);
            assert_eq!(before, None, "{name} stands on contract {contract} twice");
        }
        found
    }

    /// Every service that stands on a contract, or stood there.
    pub async fn standing(&self, contract: i64) -> Vec<Standing> {
        match self.setup.target {
            Target::Autotask => {
                let path = format!("autotask/contracts/{contract}/timeline");
                let told = self.look(&path).await;
                let rows = told.as_array().expect("a list").iter();
                rows.map(|row| Standing {
                    service: row["service_id"].as_i64().expect("an id"),
                    name: row["service_name"].as_str().expect("a name").to_owned(),
                    units: units(&row["steps"]),
                })
                .collect()
            }
            Target::Connectwise => {
                let told = self.look(&format!("connectwise/agreements/{contract}/lines")).await;
                summed(told.as_array().expect("a list"))
            }
        }
    }

    /// What the target would invoice for a month: service id to amount.
    pub async fn bill(&self, contract: i64, month: &str) -> BTreeMap<i64, rust_decimal::Decimal> {
        let (path, id) = match self.setup.target {
            Target::Autotask => ("autotask/contracts", "service_id"),
            Target::Connectwise => ("connectwise/agreements", "product_id"),
        };
        let told = self.look(&format!("{path}/{contract}/bill?month={month}")).await;
        let lines = told["lines"].as_array().expect("lines").iter();
        lines
            .map(|line| {
                let amount = line["amount"].to_string().parse().expect("an amount");
                (line[id].as_i64().expect("an id"), amount)
            })
            .collect()
    }

    /// The target's name in faults and journals.
    pub fn system_word(&self) -> &'static str {
        match self.setup.target {
            Target::Autotask => "autotask",
            Target::Connectwise => "connectwise",
        }
    }

    /// Which target it is.
    pub fn target(&self) -> Target {
        self.setup.target
    }

    /// Requests that changed the target since the journal was reset.
    pub fn changes(&self) -> Vec<Entry> {
        let mut entries = self.simulation.journal().entries();
        let system = match self.setup.target {
            Target::Autotask => System::Autotask,
            Target::Connectwise => System::Connectwise,
        };
        entries.retain(|entry| entry.changed && entry.system == system);
        entries
    }
}

/// The lines of an agreement, those of one item together.
fn summed(lines: &[Value]) -> Vec<Standing> {
    let mut items = BTreeMap::<(i64, String), BTreeMap<String, i64>>::new();
    for line in lines {
        let identifier = line["identifier"].as_str().expect("an identifier");
        let ours = !line["vendor_sku"].is_null();
        let name = format!("{}{identifier}", if ours { "PC_" } else { "" });
        let item = (line["product_id"].as_i64().expect("an id"), name);
        let quantity: rust_decimal::Decimal =
            line["quantity"].to_string().parse().expect("a quantity");
        let quantity = i64::try_from(quantity).expect("whole units");
        let changes = items.entry(item).or_default();
        let first = line["from"].as_str().expect("a day").to_owned();
        *changes.entry(first).or_default() += quantity;
        if let Some(last) = line["to"].as_str() {
            let last: NaiveDate = last.parse().expect("a day");
            let after = (last + chrono::Days::new(1)).to_string();
            *changes.entry(after).or_default() -= quantity;
        }
    }
    let standing = |((service, name), changes): ((i64, String), BTreeMap<String, i64>)| {
        let mut level = 0;
        let steps = changes.into_iter().filter(|(_, change)| *change != 0).map(|(day, change)| {
            level += change;
            (day, level)
        });
        Standing { service, name, units: steps.collect() }
    };
    items.into_iter().map(standing).collect()
}

/// Steps of the control endpoint that change a quantity.
pub fn units(steps: &Value) -> Units {
    let mut last = 0;
    let mut kept = Units::new();
    for step in steps.as_array().expect("steps") {
        let units = step["units"].as_i64().expect("units");
        if units != last {
            kept.push((step["date"].as_str().expect("a date").to_owned(), units));
            last = units;
        }
    }
    kept
}

/// A report as it is printed, for messages of assertions.
pub fn pretty(report: &RunReport) -> String {
    serde_json::to_string_pretty(report).expect("JSON")
}

fn config(directory: &Path, text: &str) -> Config {
    let path = directory.join("config.toml");
    let homes = Homes::below(directory);
    Config::resolve(&Overrides::default(), &BTreeMap::new(), &path, text, &homes).expect("settings")
}

fn clock((year, month): (i32, u32)) -> Clock {
    let first = NaiveDate::from_ymd_opt(year, month, 1).expect("a month");
    let issued = first + chrono::Months::new(1) + chrono::Days::new(4);
    let morning = issued.and_time(chrono::NaiveTime::MIN).and_utc() + TimeDelta::hours(9);
    Clock::starting_at(morning).scaled(0.001)
}
