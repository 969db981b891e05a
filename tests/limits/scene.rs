//! A small world before its first sync, and what is judged after it: what was written, what was waited for.

use std::collections::BTreeMap;

use prism_connect::{
    domain::{
        outcome::{Finding, Outcome},
        run::{RunKind, RunReport},
    },
    engine::protocol::{
        Answer, Command, Event, Happening, Reply, Scope, SyncRequest, Wait, command,
    },
    sim::{
        SimSettings,
        world::{TrueMapping, World},
    },
};
use serde_json::{Value, json};
use tokio::{
    sync::broadcast::{Receiver, error::TryRecvError},
    task::JoinHandle,
};

use crate::{
    rig::{Rig, Setup, Units, pretty, units},
    scenario::Scenario,
};

/// The products of the world.
const BASIC: &str = "CFQ7TTC0LH18:0001";
const OTHER: &str = "CFQ7TTC0LF8S:0002";

/// The only usage month.
const MONTH: (i32, u32) = (2026, 9);

/// Requests in an hour.
pub const HOURLY: u64 = 10_000;

/// Writes of the first sync of a tenant: two rows on its contract, three adjustments.
pub const WRITES_OF_A_TENANT: usize = 5;

/// Writes of the first sync that make services.
pub const SERVICES: usize = 2;

/// The thread limit in Autotask's own words, under the status it has for it.
pub fn thread_limit() -> Value {
    json!({"status": 500, "body": "{\"errors\":[\"Itgenatr005: API thread threshold of 3 threads \
        has been exceeded for this integration and endpoint.\"]}"})
}

/// 429, asking to come back then, if it asks.
pub fn too_many(retry_after: Option<&str>) -> Value {
    json!({"status": 429, "retry_after": retry_after})
}

/// A connected engine with every tenant mapped, and nothing synced yet.
pub struct Scene {
    /// Both.
    pub rig: Rig,
    mapped: Vec<TrueMapping>,
}

/// A sync under way.
pub struct Course {
    asked: JoinHandle<Reply>,
    events: Receiver<Event>,
    waits: Vec<Wait>,
    /// Waits that are not over.
    open: i64,
}

/// A sync that ended.
pub struct Ended {
    /// Its runs: products and customers.
    pub runs: Vec<RunReport>,
    /// What it waited for; each of them ended.
    pub waits: Vec<Wait>,
}

fn world(tenants: usize) -> World {
    let scenario = Scenario::month("2026-09")
        .product(BASIC, "Microsoft 365 Business Basic", "6.90", "8.00")
        .product(OTHER, "Microsoft 365 Business Standard", "12.50", "15.00");
    let scenario = (0..tenants).fold(scenario, |scenario, number| {
        scenario.tenant(&format!("tenant{number:02}"), |tenant| {
            tenant
                .subscription(BASIC, |bought| {
                    bought.span("2026-09-01", "2026-09-18", 5).from("2026-09-19", 6)
                })
                .subscription(OTHER, |bought| bought.from("2026-09-01", 2))
        })
    });
    scenario.world()
}

impl Scene {
    /// Three tenants.
    pub async fn set() -> Self {
        Self::set_with(3, "", SimSettings::default()).await
    }

    /// So many tenants, with this `config.toml` and this simulation.
    pub async fn set_with(tenants: usize, config: &'static str, settings: SimSettings) -> Self {
        let setup = Setup { month: MONTH, config, ..Setup::default() };
        let rig = Rig::connected(world(tenants), setup, settings).await;
        let mapped = rig.map_all(|_| {}).await;
        assert_eq!(mapped.len(), tenants);
        Self { rig, mapped }
    }

    /// Writes that the first sync makes, products included.
    pub fn writes_in_all(&self) -> usize {
        SERVICES + WRITES_OF_A_TENANT * self.mapped.len()
    }

    /// Adds a rule about Autotask.
    pub async fn autotask(&self, rule: &Value) {
        let mut rule = rule.clone();
        rule["system"] = json!("autotask");
        self.rig.fault(rule).await;
    }

    /// Other integrations have made so many requests within the hour.
    pub async fn others(&self, requests: u64) {
        self.rig.control("autotask/threshold", &json!({ "others": requests })).await;
    }

    /// Leaves so many requests of the hour to us, whatever was sent so far.
    pub async fn leave(&self, requests: u64) {
        let autotask = self.rig.simulation.addresses().autotask;
        let asked = crate::loopback::client()
            .get(format!("{}V1.0/ThresholdInformation", autotask.base_url))
            .header("UserName", autotask.username)
            .header("Secret", autotask.secret)
            .header("ApiIntegrationCode", autotask.integration_code);
        let told = asked.send().await.expect("an answer").text().await.expect("text");
        let told: Value = serde_json::from_str(&told).expect("JSON");
        let used = told["currentTimeframeRequestCount"].as_u64().expect("a count");
        self.others(HOURLY - used - requests).await;
        self.rig.simulation.journal().reset();
    }

    /// Begins a sync of products and customers.
    pub fn begin(&self) -> Course {
        self.begin_as(SyncRequest::default())
    }

    /// Begins a sync.
    pub fn begin_as(&self, request: SyncRequest) -> Course {
        let (handle, events) = (self.rig.handle(), self.rig.handle().events());
        let asked =
            tokio::spawn(async move { handle.ask(Command::from(command::Sync { request })).await });
        Course { asked, events, waits: Vec::new(), open: 0 }
    }

    /// Syncs products and customers.
    pub async fn sync(&self) -> Ended {
        self.begin().end().await
    }

    /// Syncs products, then what is on the retry list of customers.
    async fn sync_what_failed(&self) -> Vec<RunReport> {
        let products = SyncRequest { scope: Scope::Products, ..SyncRequest::default() };
        let customers =
            SyncRequest { scope: Scope::Customers, retry_failed: true, ..SyncRequest::default() };
        let mut runs = self.begin_as(products).end().await.runs;
        runs.extend(self.begin_as(customers).end().await.runs);
        runs
    }

    /// Every contract stands as its invoices say, and every write was carried out once.
    pub async fn all_is_written_once(&self) {
        let expected = self.expected().await;
        for mapping in &self.mapped {
            let stands = self.rig.timelines(mapping.contract_id).await;
            assert_eq!(Some(&stands), expected.get(&mapping.contract_id), "{}", mapping.domain);
        }
        assert_eq!(self.rig.changes().len(), self.writes_in_all());
    }

    /// Trying again what failed writes the rest, and nothing twice.
    pub async fn trying_again_writes_the_rest(&self) {
        let runs = self.sync_what_failed().await;
        self.has_written_the_rest(&runs).await;
    }

    /// The next sync writes the rest, and nothing twice.
    pub async fn the_next_sync_writes_the_rest(&self) {
        let runs = self.sync().await.runs;
        self.has_written_the_rest(&runs).await;
    }

    async fn has_written_the_rest(&self, runs: &[RunReport]) {
        for run in runs {
            assert!(run.header.status <= Outcome::Success, "{}", pretty(run));
            assert!(run.ledgers.iter().all(|ledger| ledger.balance.is_zero()), "{}", pretty(run));
        }
        self.all_is_written_once().await;
        let again = self.sync().await;
        assert!(again.runs.iter().all(|run| run.header.status == Outcome::NoChange));
        assert_eq!(self.rig.changes().len(), self.writes_in_all());
    }

    /// Requests that Autotask turned away since the journal was reset.
    pub fn turned_away(&self) -> usize {
        let entries = self.rig.simulation.journal().entries();
        entries.iter().filter(|entry| [429, 500].contains(&entry.status)).count()
    }

    /// The same by the last part of the path.
    pub fn turned_away_by_endpoint(&self) -> BTreeMap<String, usize> {
        let mut counted = BTreeMap::new();
        for entry in self.rig.simulation.journal().entries() {
            if [429, 500].contains(&entry.status) {
                *counted.entry(entry.entity.clone()).or_default() += 1;
            }
        }
        counted
    }

    async fn expected(&self) -> BTreeMap<i64, BTreeMap<String, Units>> {
        let mapping = |mapping: &TrueMapping| {
            json!({"tenant": mapping.domain, "contract_id": mapping.contract_id,
                "first_month": "2026-09"})
        };
        let mappings: Vec<Value> = self.mapped.iter().map(mapping).collect();
        let asked = json!({"mappings": mappings, "azure": false, "months": ["2026-09"]});
        let told = self.rig.control("expected", &asked).await;
        let mut contracts: BTreeMap<i64, BTreeMap<String, Units>> = BTreeMap::new();
        for row in told.as_array().expect("a list") {
            let name = format!("PC_{}", row["sku"].as_str().expect("a SKU"));
            let contract = contracts.entry(row["contract_id"].as_i64().expect("an id"));
            contract.or_default().insert(name, units(&row["steps"]));
        }
        contracts
    }
}

impl Course {
    /// Waits until the sync waits for something whose name has this in it.
    pub async fn until_it_waits(&mut self, for_what: &str) -> Wait {
        loop {
            let event = self.events.recv().await.expect("it waits before it ends");
            self.note(&event.happening);
            match event.happening {
                Happening::Waiting { for_what: told, until, .. } if told.contains(for_what) => {
                    return Wait { for_what: told, until };
                }
                Happening::RunFinished { run } if run.kind == RunKind::Customers => {
                    panic!("it ended without waiting: {run:?}")
                }
                _ => {}
            }
        }
    }

    /// Its end. Every wait is over by then.
    pub async fn end(mut self) -> Ended {
        let reply = (&mut self.asked).await.expect("no panic");
        let Ok(Answer::Synced(runs)) = reply else { panic!("{reply:?}") };
        loop {
            match self.events.try_recv() {
                Ok(event) => self.note(&event.happening),
                Err(TryRecvError::Lagged(_)) => panic!("more happened than is kept"),
                Err(_) => break,
            }
        }
        assert_eq!(self.open, 0, "every wait ends: {:?}", self.waits);
        Ended { runs, waits: self.waits }
    }

    fn note(&mut self, happening: &Happening) {
        match happening {
            Happening::Waiting { for_what, until, .. } => {
                self.waits.push(Wait { for_what: for_what.clone(), until: *until });
                self.open += 1;
            }
            Happening::WaitOver { .. } => self.open -= 1,
            _ => {}
        }
    }
}

impl Ended {
    /// Both runs are *Success*.
    pub fn is_success(&self) {
        assert_eq!(self.runs.len(), 2);
        for run in &self.runs {
            assert_eq!(run.header.status, Outcome::Success, "{}", pretty(run));
        }
    }

    /// Something was waited for, and what is said of it is in words, with an end.
    pub fn waited_for(&self, what: &str) {
        let named = self.waits.iter().filter(|wait| wait.for_what.contains(what));
        assert_ne!(named.clone().count(), 0, "it waited for {what}: {:?}", self.waits);
        for wait in named {
            assert!(wait.until.is_some(), "{wait:?}");
            assert!(!wait.for_what.contains(['_', '{', '/']), "in words: {wait:?}");
        }
    }
}

/// Every error of a run: its own and those of its rows.
pub fn errors(run: &RunReport) -> Vec<&Finding> {
    let rows = run.customers.iter().flat_map(|customer| &customer.subscriptions);
    let customers = run.customers.iter().filter_map(|customer| customer.error.as_ref());
    let products = run.products.iter().filter_map(|product| product.error.as_ref());
    let all = run.header.message.iter().chain(customers).chain(products);
    all.chain(rows.filter_map(|row| row.error.as_ref())).collect()
}
