//! The program over a data directory that an engine in this process set up, and worlds to let it loose on.

use std::process::{Child, Command, ExitStatus, Output, Stdio};

use portable_pty::CommandBuilder;
use serde_json::Value;

use crate::{
    pty,
    rig::{Rig, Setup, Target, Units},
    scenario::{Scenario, tenants::SubscriptionPlan},
};

/// The product of most worlds.
pub const BASIC: &str = "CFQ7TTC0LH18:0001";

/// Another one.
pub const OTHER: &str = "CFQ7TTC0LF8S:0002";

/// What is billed by use.
pub const AZURE: &str = "DZH318Z0BPS6:0001";

/// A world in Autotask and PRISM, and the program beside it.
pub struct Stage {
    pub rig: Rig,
    /// How long a second of the program's waits takes: it waits for ConnectWise's lists to show what is new.
    pub pace: &'static str,
    hour: u32,
}

/// Both products, and an invoice for September.
pub fn september() -> Scenario {
    Scenario::month("2026-09")
        .product(BASIC, "Microsoft 365 Business Basic", "6.90", "8.00")
        .product(OTHER, "Microsoft 365 Business Standard", "12.50", "15.00")
}

/// W1: 5 seats until the 18th, 6 from the 19th. Three writes; two where the target keeps lines, as no row is made first.
pub fn w1() -> Scenario {
    september().tenant("harbour", |tenant| {
        tenant.subscription(BASIC, |bought| {
            bought.span("2026-09-01", "2026-09-18", 5).span("2026-09-19", "2026-09-30", 6)
        })
    })
}

/// How many writes W1 takes.
pub fn writes_of_w1(target: Target) -> usize {
    match target {
        Target::Autotask => 3,
        Target::Connectwise => 2,
    }
}

/// Eight tenants of five writes each; of three, where the target keeps lines.
pub fn forty_writes() -> Scenario {
    (0..8).fold(september(), |scenario, number| {
        scenario.tenant(&format!("tenant{number}"), |tenant| {
            tenant
                .subscription(BASIC, |bought| {
                    bought.span("2026-09-01", "2026-09-18", 5).from("2026-09-19", 6)
                })
                .subscription(OTHER, |bought| bought.from("2026-09-01", 2))
        })
    })
}

/// How many writes those take.
pub fn forty(target: Target) -> usize {
    match target {
        Target::Autotask => 40,
        Target::Connectwise => 24,
    }
}

/// One tenant that bought so since August.
pub fn harbour(bought: impl FnOnce(SubscriptionPlan) -> SubscriptionPlan) -> Scenario {
    let scenario = Scenario::month("2026-08").product(BASIC, "Basic", "6.90", "8.00");
    scenario.tenant("harbour", |tenant| tenant.subscription(BASIC, bought))
}

/// August is applied, and September's invoice is there.
pub async fn in_september(target: Target, scenario: Scenario) -> Rig {
    let setup = Setup { month: (2026, 8), target, ..Setup::default() };
    let mut rig = Rig::ready(scenario.world(), setup).await;
    rig.map_all(|_| {}).await;
    rig.sync().await;
    rig.month_passes().await;
    rig
}

/// One tenant whose use of Azure is on September's invoice.
pub async fn azure_of_september(target: Target) -> Rig {
    let scenario = Scenario::month("2026-09").azure_product(AZURE, "Azure plan");
    let scenario = scenario.tenant("harbour", |tenant| {
        tenant.subscription(AZURE, |bought| bought.used("2026-09", "312.44", "359.31"))
    });
    let setup = Setup { azure: true, month: (2026, 9), target, ..Setup::default() };
    let rig = Rig::ready(scenario.world(), setup).await;
    rig.map_all(|_| {}).await;
    rig
}

/// What stands of a product on the first tenant's contract in the end, and how many writes that takes.
#[derive(Clone, Copy, Debug)]
pub struct End<'a> {
    pub sku: &'a str,
    pub units: &'a [(&'a str, i64)],
    pub writes: usize,
}

/// Killed at the place and started again: so it stands, and nothing is left to do.
pub async fn killed_and_resumed(rig: Rig, place: &str, end: End<'_>) -> Stage {
    let mut stage = Stage::over(rig).await;
    let killed = stage.sync(Some(place)).await;
    assert!(was_killed(killed.status), "{place}: {killed:?}");
    stage.sync(None).await;
    assert_eq!(stage.stands(end.sku).await, steps(end.units), "{place}");
    assert_eq!(stage.written(), end.writes, "{place}");
    stage.is_settled(place).await;
    stage
}

/// Dies at the place with these words, and comes to the end with them.
pub async fn killed_and_again(stage: &mut Stage, words: &[&str], place: &str) {
    let mut command = stage.command(words);
    command.env("PRISM_CONNECT_CRASH", place);
    let killed = waited(command.spawn().expect("the program starts")).await;
    assert!(was_killed(killed.status), "{place}: {killed:?}");
    let resumed = waited(stage.command(words).spawn().expect("the program starts")).await;
    assert_eq!(resumed.status.code(), Some(0), "{place}: {resumed:?}");
}

impl Stage {
    /// Everything connected and mapped; the journal is empty and nobody has the store open.
    pub async fn set(scenario: Scenario) -> Self {
        Self::set_on(Target::Autotask, scenario).await
    }

    /// The same on this target.
    pub async fn set_on(target: Target, scenario: Scenario) -> Self {
        let setup = Setup { month: (2026, 9), target, ..Setup::default() };
        let rig = Rig::ready(scenario.world(), setup).await;
        rig.map_all(|_| {}).await;
        Self::over(rig).await
    }

    /// The same over what an engine in this process has done so far.
    pub async fn over(mut rig: Rig) -> Self {
        rig.leave().await;
        let pace = match rig.target() {
            Target::Autotask => "1",
            Target::Connectwise => "0.001",
        };
        Self { rig, pace, hour: 9 }
    }

    /// The program, an hour later each time: what the last one left open is known to be quiet.
    pub fn command(&mut self, words: &[&str]) -> Command {
        let now = self.an_hour_later();
        let home = self.rig.data_dir();
        let mut command = Command::new(env!("CARGO_BIN_EXE_prism-connect"));
        command
            .env_clear()
            .env("HOME", home)
            .env("USER", "tester")
            .arg("--data-dir")
            .arg(home)
            .args(["--now", &now])
            .args(["--pace", self.pace])
            .args(words)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// The console over the same data, an hour later as well, for a terminal to start it in.
    pub fn console(&mut self) -> CommandBuilder {
        let now = self.an_hour_later();
        let home = self.rig.data_dir();
        let mut command = pty::program(home);
        command.arg("--data-dir");
        command.arg(home);
        command.args(["--now", &now]);
        command
    }

    /// What stands in `config.toml` from now on.
    pub fn settings(&self, text: &str) {
        let file = self.rig.data_dir().join(".config/prism-connect/config.toml");
        std::fs::create_dir_all(file.parent().expect("a folder")).expect("made");
        std::fs::write(file, text).expect("written");
    }

    fn an_hour_later(&mut self) -> String {
        self.hour += 1;
        let (day, hour) = (5 + self.hour / 24, self.hour % 24);
        format!("2026-10-{day:02}T{hour:02}:00:00Z")
    }

    /// Syncs customers to the end, or to the named place.
    pub async fn sync(&mut self, dies_at: Option<&str>) -> Output {
        self.sync_with(dies_at, 3).await
    }

    /// The same with so many contracts written side by side.
    pub async fn sync_with(&mut self, dies_at: Option<&str>, writers: u32) -> Output {
        let mut command = self.command(&["sync", "customers", "--json"]);
        command.env("PRISM_CONNECT_LIMITS_WRITERS", writers.to_string());
        if let Some(place) = dies_at {
            command.env("PRISM_CONNECT_CRASH", place);
        }
        waited(command.spawn().expect("the program starts")).await
    }

    /// What the program prints as JSON.
    pub async fn json(&mut self, words: &[&str]) -> Value {
        let command = self.command(&[words, &["--json"]].concat()).spawn();
        let done = waited(command.expect("the program starts")).await;
        serde_json::from_slice(&done.stdout).unwrap_or_else(|_| panic!("{words:?}: {done:?}"))
    }

    /// Writes that were carried out.
    pub fn written(&self) -> usize {
        self.rig.changes().len()
    }

    /// The contract of every tenant.
    pub fn contracts(&self) -> Vec<i64> {
        let simulation = &self.rig.simulation;
        let mappings = match self.rig.target() {
            Target::Autotask => simulation.true_mappings(),
            Target::Connectwise => simulation.connectwise_mappings(),
        };
        mappings.into_iter().map(|mapping| mapping.contract_id).collect()
    }

    /// What stands of a product on the first tenant's contract.
    pub async fn stands(&self, sku: &str) -> Units {
        let mut found = self.rig.timelines(self.contracts()[0]).await;
        found.remove(&format!("PC_{sku}")).unwrap_or_default()
    }

    /// Every tenant stands as its subscriptions say.
    pub async fn stands_exactly(&self, told: &str) {
        for contract in self.contracts() {
            let stands = self.rig.timelines(contract).await;
            let basic = steps(&[("2026-09-01", 5), ("2026-09-19", 6)]);
            assert_eq!(stands.get(&format!("PC_{BASIC}")), Some(&basic), "{told}: {stands:?}");
            if let Some(other) = stands.get(&format!("PC_{OTHER}")) {
                assert_eq!(other, &steps(&[("2026-09-01", 2)]), "{told}: {stands:?}");
            }
        }
    }

    /// The same again finds nothing to do, and planning the invoice again finds nothing either.
    pub async fn is_settled(&mut self, told: &str) {
        let before = self.written();
        let again = self.sync(None).await;
        assert_eq!(again.status.code(), Some(0), "{told}: {again:?}");
        let shown: Value = serde_json::from_slice(&again.stdout).expect("JSON");
        let last = shown["runs"].as_array().and_then(|runs| runs.last()).expect("a run");
        assert_eq!(last["status"], "no_change", "{told}: {last:#}");
        let plan = self.json(&["plan", "customers", "--recheck"]).await;
        assert_eq!(plan["operations"], serde_json::json!([]), "{told}");
        assert_eq!(self.written(), before, "{told}");
    }
}

/// Waits for the end without keeping the simulation from answering.
pub async fn waited(child: Child) -> Output {
    let waited = tokio::task::spawn_blocking(move || child.wait_with_output());
    waited.await.expect("no panic").expect("it ends")
}

/// Ended as `abort` ends a process.
pub fn was_killed(status: ExitStatus) -> bool {
    use std::os::unix::process::ExitStatusExt;
    status.signal().is_some()
}

/// Steps as a test writes them.
pub fn steps(list: &[(&str, i64)]) -> Units {
    list.iter().map(|(date, units)| ((*date).to_owned(), *units)).collect()
}
