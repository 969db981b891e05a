//! Whole worlds over HTTP: the simulated PRISM and Autotask on loopback, our clients, and a real store.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use prism_connect::domain::{Thing, choice::Chosen};
use prism_connect::{
    clock::Clock, domain::CompanyId, domain::ConnectionId, domain::ContractId, domain::Day,
    domain::Money, domain::TenantId, domain::UsageMonth, domain::mapping::Mapping,
    domain::mapping::PricingStrategy, domain::mapping::Start, domain::outcome::Disposition,
    domain::outcome::Finding, domain::outcome::Outcome, domain::policy::GuardMode,
    domain::policy::Guards, domain::policy::Policies, domain::policy::ProgramOptions,
    domain::run::RunReport, engine::protocol::Scope, engine::protocol::SyncRequest, engine::sync,
    engine::sync::Asker, engine::sync::Equipment, engine::tables::LINES, engine::tables::MAPPINGS,
    engine::tables::of_tenant, engine::views::PlanView, http::Http, http::HttpSettings,
    http::install_tls, prism::Prism, prism::PrismSettings, psa::Psa, psa::autotask::Autotask,
    psa::autotask::AutotaskSettings, sim::Limits, sim::SimSettings, sim::Simulation,
    sim::world::WorldKind, sim::world::WorldSettings, store::Batch, store::Key, store::Store,
};
use rust_decimal::{Decimal, prelude::ToPrimitive};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

/// An installation that is connected to a simulated world and has mapped everything usable in it.
pub struct World {
    pub simulation: Simulation,
    pub equipment: Equipment,
    pub mapped: Vec<(String, i64)>,
    _dir: tempfile::TempDir,
}

/// Nobody looks at plans here: what is odd is written like the rest.
fn unguarded() -> Policies {
    let guards = Guards { mode: GuardMode::Off, ..Guards::default() };
    Policies { guards, ..Policies::default() }
}

/// Impatient, from this hour on.
fn clock(now: &str) -> Clock {
    Clock::starting_at(now.parse().expect("a time")).scaled(0.0001)
}

fn http(clock: Clock) -> Http {
    install_tls();
    Http::new(&HttpSettings::default(), clock, 7).expect("a client")
}

impl World {
    pub async fn start(kind: WorldKind, seed: u64, customers: usize) -> Self {
        let world =
            WorldSettings { kind, seed, customers, subscriptions: 4, ..WorldSettings::default() };
        let settings = SimSettings { world, limits: Limits::Off, ..SimSettings::default() };
        let simulation = Simulation::start(settings).await.expect("a simulation");
        let clock = clock("2026-10-05T12:00:00Z");
        let at = simulation.addresses();
        let source = Prism::new(
            http(clock),
            PrismSettings {
                api_url: at.prism.api_url.parse().expect("a URL"),
                identity_url: at.prism.identity_url.parse().expect("a URL"),
                client_id: at.prism.client_id,
                client_secret: at.prism.client_secret.into(),
            },
        );
        let target = Autotask::new(
            http(clock),
            AutotaskSettings {
                base_url: Some(at.autotask.base_url.parse().expect("a URL")),
                discovery_url: None,
                username: at.autotask.username,
                integration_code: at.autotask.integration_code.into(),
                secret: at.autotask.secret.into(),
            },
        );
        let code = target.choices(Thing::BillingCode).await.expect("billing codes").remove(0);
        let dir = crate::scratch::directory();
        let equipment = Equipment {
            store: Store::open(dir.path()).expect("a store"),
            clock,
            source: Arc::new(source),
            target: Arc::new(target),
            connection: ConnectionId::new("autotask"),
            agreements: Vec::new(),
            options: ProgramOptions {
                sync: true,
                chosen: Chosen::default().with(Thing::BillingCode, code.picked()),
                ..ProgramOptions::default()
            },
            policies: unguarded(),
            quiet: std::time::Duration::from_secs(10),
            writers: 3,
            stopped_by: std::sync::Arc::default(),
            approvals: prism_connect::engine::sync::Approvals::default(),
            listener: Arc::new(|_| {}),
        };
        let mut world = Self { simulation, equipment, mapped: Vec::new(), _dir: dir };
        world.map_all(month("2026-09")).await;
        world
    }

    async fn map_all(&mut self, first: UsageMonth) {
        let mut batch = Batch::new();
        for truth in self.simulation.true_mappings().into_iter().filter(|truth| truth.usable) {
            let mapping = Mapping {
                tenant: TenantId::new(&truth.tenant_id),
                domain: truth.domain.clone(),
                customer: "unknown".into(),
                customer_name: truth.customer_name.clone(),
                company: CompanyId(truth.company_id),
                company_name: truth.customer_name,
                contract: ContractId(truth.contract_id),
                contract_name: "Cloud".to_owned(),
                sync: true,
                start: Start::MostRecent,
                first_month: Some(first),
                begun: false,
                pricing: PricingStrategy::CostAndRetail,
                note: String::new(),
                changed_at: self.equipment.clock.now(),
            };
            batch.put(MAPPINGS, &of_tenant(&self.equipment.connection, &mapping.tenant), &mapping);
            self.mapped.push((truth.domain, truth.contract_id));
        }
        self.equipment.store.commit(batch).await.expect("a commit");
    }

    pub async fn sync(&self, request: SyncRequest) -> Vec<RunReport> {
        let asker = Asker {
            actor: "tester".to_owned(),
            uid: None,
            trigger: prism_connect::domain::run::Trigger::Operator,
            approved: None,
        };
        let cancel = CancellationToken::new();
        sync::sync(&self.equipment, &request, &asker, &cancel).await.expect("a run")
    }

    pub async fn plan(&self, request: SyncRequest) -> PlanView {
        sync::plan(&self.equipment, &request, &CancellationToken::new()).await.expect("a plan")
    }

    async fn control(&self, method: reqwest::Method, path: &str, body: Value) -> Value {
        let at = self.simulation.addresses().control_url;
        let url = format!("{}/{path}", at.trim_end_matches('/'));
        let sent = crate::loopback::client().request(method, url).json(&body).send().await;
        let reply = sent.expect("an answer");
        assert!(reply.status().is_success(), "{path}: {}", reply.status());
        reply.json().await.unwrap_or(Value::Null)
    }

    pub async fn post(&self, path: &str, body: Value) -> Value {
        self.control(reqwest::Method::POST, path, body).await
    }

    pub async fn get(&self, path: &str) -> Value {
        self.control(reqwest::Method::GET, path, Value::Null).await
    }

    /// Requests since the last call, by system: how many, and how many of them changed something.
    pub async fn requests(&self, system: &str) -> (u64, u64) {
        let all = self.get("journal").await;
        let all = all.as_array().expect("a list").clone();
        let ours: Vec<_> = all.iter().filter(|request| request["system"] == *system).collect();
        let budget = |request: &&&Value| {
            !request["path"].as_str().is_some_and(|path| path.contains("ThresholdInformation"))
        };
        let ours: Vec<_> = ours.iter().filter(budget).collect();
        let changed = ours.iter().filter(|request| request["changed"] == true);
        (ours.len() as u64, changed.count() as u64)
    }

    /// What stands on every mapped contract and what ought to, by contract and service name: only where they differ.
    pub async fn differences(&self, months: &[&str]) -> Vec<Difference> {
        let (wanted, found) = (self.wanted(months).await, self.found().await);
        assert!(!wanted.is_empty(), "there is something to compare");
        let keys: BTreeSet<_> = wanted.keys().chain(found.keys()).collect();
        let differ = keys.into_iter().filter(|key| wanted.get(*key) != found.get(*key));
        let told = |key: &(i64, String)| Difference {
            contract: key.0,
            service: key.1.clone(),
            wanted: wanted.get(key).cloned().unwrap_or_default(),
            found: found.get(key).cloned().unwrap_or_default(),
        };
        differ.map(told).collect()
    }

    async fn wanted(&self, months: &[&str]) -> Timelines {
        let mapping = |(tenant, contract): &(String, i64)| json!({ "tenant": tenant, "contract_id": contract, "first_month": "2026-09" });
        let mappings: Vec<Value> = self.mapped.iter().map(mapping).collect();
        let asked = json!({ "mappings": mappings, "azure": false, "months": months });
        let expected = self.post("expected", asked).await;
        let mut wanted = Timelines::new();
        for row in expected.as_array().expect("a list") {
            let prefix = if row["motion"] == "P1Y:M" { "pc_p1y:m_" } else { "pc_" };
            let sku = row["sku"].as_str().expect("a SKU").to_lowercase();
            let contract = number(&row["contract_id"]);
            wanted.insert((contract, format!("{prefix}{sku}")), steps(&row["steps"]));
        }
        wanted
    }

    async fn found(&self) -> Timelines {
        let mut found = Timelines::new();
        let contracts: BTreeSet<i64> = self.mapped.iter().map(|(_, contract)| *contract).collect();
        for contract in contracts {
            let timeline = self.get(&format!("autotask/contracts/{contract}/timeline")).await;
            for row in timeline.as_array().expect("a list") {
                let name = row["service_name"].as_str().expect("a name").to_lowercase();
                let steps = steps(&row["steps"]);
                if name.starts_with("pc_") && !steps.is_empty() {
                    found.insert((contract, name), steps);
                }
            }
        }
        found
    }

    /// Services that Autotask would bill otherwise than the invoice does at retail, by more than rounding; on contracts
    /// whose periods are calendar months.
    pub async fn wrongly_billed(&self, month: UsageMonth) -> Vec<String> {
        let ids: BTreeSet<ContractId> = self.mapped.iter().map(|(_, id)| ContractId(*id)).collect();
        let ids: Vec<ContractId> = ids.into_iter().collect();
        let contracts = self.equipment.target.contracts_by_id(&ids).await.expect("contracts");
        let mut invoiced = self.invoiced(month).await;
        assert!(!invoiced.is_empty(), "there is something to compare");
        let mut off = Vec::new();
        for contract in contracts.iter().filter(|contract| contract.bills_calendar_months()) {
            let path = format!("autotask/contracts/{}/bill?month={month}", contract.id);
            let bill = self.get(&path).await;
            let mut billed: BTreeMap<i64, Money> = BTreeMap::new();
            for line in bill["lines"].as_array().expect("lines") {
                let amount = line["amount"].to_string().trim_matches('"').parse().expect("money");
                *billed.entry(number(&line["service_id"])).or_default() += amount;
            }
            for (service, (amount, lines, units)) in
                invoiced.remove(&contract.id).unwrap_or_default()
            {
                let bill = billed.get(&service).copied().unwrap_or_default();
                // Half a cent per invoice line and per unit row, of which there is at most one more than lines.
                let rounding = Decimal::new(5, 3) * Decimal::from(2 * lines + 1)
                    + Decimal::new(5, 5) * Decimal::from(units);
                if (bill - amount).abs().0 > rounding {
                    let contract = contract.id;
                    off.push(format!("{contract} {service}: invoiced {amount}, billed {bill}"));
                }
            }
        }
        off
    }

    /// Retail amounts of synced lines of a month by contract and service, with how many lines and seats.
    async fn invoiced(&self, month: UsageMonth) -> Invoiced {
        let prefix = Key::new().text(self.equipment.connection.as_str());
        let lines = self.equipment.store.scan(LINES, prefix).await.expect("lines");
        let mut invoiced = Invoiced::new();
        for (_, state) in lines {
            let place = state.contract.zip(state.service);
            let synced = state.disposition == Disposition::Synced && state.month == Some(month);
            let Some((contract, service)) = place.filter(|_| synced) else { continue };
            let sum = invoiced.entry(contract).or_default().entry(service.0).or_default();
            sum.0 += state.line.subtotal_retail;
            sum.1 += 1;
            sum.2 += state.line.quantity.to_u64().expect("whole seats");
        }
        invoiced
    }

    /// The contracts and services of which these runs announced that they are not as the invoices say.
    pub fn announced(&self, reports: &[RunReport]) -> BTreeSet<(i64, String)> {
        let rows = reports.iter().flat_map(|report| &report.customers);
        rows.flat_map(|row| {
            let contract = self.mapped.iter().find(|(tenant, _)| *tenant == row.tenant);
            let contract = contract.expect("a mapped tenant").1;
            let off = row.subscriptions.iter().filter(|bought| {
                let shifted = |w: &Finding| w.code.as_str() == "same_day";
                bought.status == Outcome::Failure || bought.warnings.iter().any(shifted)
            });
            off.map(move |bought| (contract, bought.sku.clone().unwrap_or_default().to_lowercase()))
        })
        .collect()
    }
}

/// By contract and service: amount, lines, seats.
type Invoiced = BTreeMap<ContractId, BTreeMap<i64, (Money, u64, u64)>>;

/// By contract and service name: the days on which the quantity changes.
type Timelines = BTreeMap<(i64, String), Vec<(String, i64)>>;

/// A service that does not stand as the invoices say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    pub contract: i64,
    pub service: String,
    pub wanted: Vec<(String, i64)>,
    pub found: Vec<(String, i64)>,
}

impl Difference {
    /// Whether one of our outcomes names it; one whose product could not be told names no SKU.
    fn is_announced(&self, announced: &BTreeSet<(i64, String)>) -> bool {
        let sku = self.service.trim_start_matches("pc_").trim_start_matches("p1y:m_");
        let unresolved = (self.contract, String::new());
        announced.contains(&(self.contract, sku.to_owned()))
            || self.found.is_empty() && announced.contains(&unresolved)
    }
}

fn number(value: &Value) -> i64 {
    value.as_i64().or_else(|| value.as_str()?.parse().ok()).expect("a number")
}

/// Steps that change the quantity.
fn steps(value: &Value) -> Vec<(String, i64)> {
    let mut kept: Vec<(String, i64)> = Vec::new();
    for step in value.as_array().expect("steps") {
        let units = step["units"].as_i64().expect("units");
        if kept.last().map_or(0, |(_, last)| *last) != units {
            let date = step["date"].as_str().expect("a date");
            kept.push((date[..10].to_owned(), units));
        }
    }
    kept
}

pub fn month(text: &str) -> UsageMonth {
    text.parse().expect("a month")
}

pub fn customers() -> SyncRequest {
    SyncRequest { scope: Scope::Customers, ..SyncRequest::default() }
}

fn ended(reports: &[RunReport]) -> Vec<Outcome> {
    reports.iter().map(|report| report.header.status).collect()
}

/// What went wrong, shortly.
fn troubles(reports: &[RunReport]) -> Vec<String> {
    let rows = reports.iter().flat_map(|report| &report.customers);
    let subscriptions =
        rows.flat_map(|row| row.subscriptions.iter().map(move |bought| (row, bought)));
    let bad = subscriptions.filter(|(_, bought)| bought.status > Outcome::Success);
    bad.map(|(row, bought)| {
        format!("{} {}: {:?} {:?}", row.tenant, bought.name, bought.error, bought.warnings)
    })
    .chain(
        reports.iter().filter_map(|report| report.header.message.as_ref().map(|m| m.text.clone())),
    )
    .chain(
        reports
            .iter()
            .flat_map(|report| &report.products)
            .filter(|row| row.status > Outcome::Success)
            .map(|row| format!("{row:?}")),
    )
    .take(6)
    .collect()
}

#[tokio::test]
async fn a_clean_world_syncs_and_the_same_sync_again_is_no_change() {
    let world = World::start(WorldKind::Clean, 1, 12).await;
    let reports = world.sync(SyncRequest::default()).await;
    assert_eq!(ended(&reports), [Outcome::Success, Outcome::Success], "{:#?}", troubles(&reports));
    for ledger in &reports[1].ledgers {
        assert_eq!(ledger.balance, Money::ZERO, "{ledger:?}");
    }
    assert_eq!(world.differences(&["2026-09"]).await, []);
    let again = world.sync(SyncRequest::default()).await;
    assert_eq!(ended(&again), [Outcome::NoChange, Outcome::NoChange], "{:#?}", troubles(&again));
    let recheck = SyncRequest { recheck: true, ..customers() };
    let plan = world.plan(recheck).await;
    assert_eq!((plan.operations.len(), plan.refused.len()), (0, 0), "{plan:#?}");
}

#[tokio::test]
async fn a_customers_sync_asks_no_more_than_it_must() {
    let world = World::start(WorldKind::Clean, 2, 12).await;
    world.sync(SyncRequest { scope: Scope::Products, ..SyncRequest::default() }).await;
    world.post("journal/reset", Value::Null).await;
    let reports = world.sync(customers()).await;
    let (asked, writes) = world.requests("autotask").await;
    assert_eq!(reports[0].header.counts.writes, writes, "the journal shows what the run records");
    // Contracts, their services and units once before and once after, and all services: at most 500 rows a page.
    let pages = 2 * (4 + 4);
    assert!(asked <= writes + pages + 12, "{asked} requests for {writes} writes");
    world.post("journal/reset", Value::Null).await;
    world.sync(customers()).await;
    let (source, target) = (world.requests("prism").await.0, world.requests("autotask").await.0);
    assert!(source <= 3 && target == 0, "{source} and {target} requests for no new invoice");
}

/// How many seeds to try: `SEEDS`, or so many.
fn seeds(usual: u64) -> std::ops::RangeInclusive<u64> {
    let asked = std::env::var("SEEDS").ok().and_then(|text| text.parse().ok());
    1..=asked.unwrap_or(usual)
}

/// Three months, one after the other, each by one sync; all reports, and the months.
async fn three_months(world: &mut World) -> (Vec<RunReport>, Vec<String>) {
    let mut months = vec!["2026-09".to_owned()];
    let mut reports = world.sync(SyncRequest::default()).await;
    for now in ["2026-11-05T12:00:00Z", "2026-12-05T12:00:00Z"] {
        let next = world.post("month/advance", Value::Null).await;
        world.equipment.clock = clock(now);
        months.push(next["usage_month"].as_str().expect("a month").to_owned());
        reports.extend(world.sync(SyncRequest::default()).await);
    }
    (reports, months)
}

#[tokio::test]
async fn three_months_of_a_clean_world_stand_as_expected() {
    for seed in seeds(20) {
        let mut world = World::start(WorldKind::Clean, seed, 10).await;
        let (reports, months) = three_months(&mut world).await;
        let worst = ended(&reports).into_iter().max();
        assert!(worst <= Some(Outcome::Success), "seed {seed}: {:#?}", troubles(&reports));
        let months: Vec<&str> = months.iter().map(String::as_str).collect();
        assert_eq!(world.differences(&months).await, [], "seed {seed}");
        for text in months {
            let off = world.wrongly_billed(month(text)).await;
            assert_eq!(off, Vec::<String>::new(), "seed {seed}, {text}");
        }
    }
}

#[tokio::test]
async fn three_months_of_a_troubled_world_stand_as_expected_or_the_difference_is_announced() {
    for seed in seeds(20) {
        let mut world = World::start(WorldKind::Troubled, seed, 10).await;
        let (reports, months) = three_months(&mut world).await;
        let months: Vec<&str> = months.iter().map(String::as_str).collect();
        let announced = world.announced(&reports);
        let silent: Vec<Difference> = world
            .differences(&months)
            .await
            .into_iter()
            .filter(|off| !off.is_announced(&announced))
            .collect();
        assert_eq!(silent, [], "seed {seed}: {:#?}", troubles(&reports));
    }
}

#[tokio::test]
async fn w15_replies_lost_after_the_write_leave_the_world_as_expected() {
    let world = World::start(WorldKind::Clean, 7, 6).await;
    world.sync(SyncRequest { scope: Scope::Products, ..SyncRequest::default() }).await;
    let rules = json!({ "rules": [{
        "system": "autotask", "method": "POST", "path": "ServiceAdjustments|Contracts/[0-9]+/Services$",
        "after": 2, "times": 3, "fault": "cut_after" }] });
    world.post("faults", rules).await;
    let reports = world.sync(customers()).await;
    assert_eq!(ended(&reports), [Outcome::Success], "{:#?}", troubles(&reports));
    assert_eq!(world.differences(&["2026-09"]).await, []);
    let settled = reports[0].customers.iter().flat_map(|row| &row.subscriptions);
    let settled = settled
        .flat_map(|bought| &bought.writes)
        .filter(|w| w.result.as_str() == "settled as written");
    assert!(settled.count() >= 1);
}

#[tokio::test]
async fn w14_a_locked_user_is_resumed_with_exactly_the_rest() {
    let world = World::start(WorldKind::Clean, 8, 6).await;
    world.sync(SyncRequest { scope: Scope::Products, ..SyncRequest::default() }).await;
    let planned = world.plan(customers()).await.operations.len() as u64;
    let rules = json!({ "rules": [{
        "system": "autotask", "method": "POST", "path": "ServiceAdjustments|Contracts/[0-9]+/Services$",
        "after": 5, "times": 1000, "fault": { "status": 401, "body": "", "retry_after": null } }] });
    world.post("faults", rules).await;
    let broken = world.sync(customers()).await;
    assert_eq!(ended(&broken), [Outcome::Failure]);
    assert_eq!(broken[0].header.counts.writes, 5);
    world.control(reqwest::Method::DELETE, "faults", Value::Null).await;
    let resumed = world.sync(customers()).await;
    assert_eq!(ended(&resumed), [Outcome::Success], "{:#?}", troubles(&resumed));
    assert_eq!(resumed[0].header.counts.writes, planned - 5);
    assert_eq!(world.differences(&["2026-09"]).await, []);
}

#[tokio::test]
async fn every_ledger_of_a_troubled_world_balances_and_nothing_panics() {
    for seed in 11..14 {
        let world = World::start(WorldKind::Troubled, seed, 10).await;
        let reports = world.sync(SyncRequest::default()).await;
        for ledger in reports.iter().flat_map(|report| &report.ledgers) {
            assert_eq!(ledger.balance, Money::ZERO, "seed {seed}: {ledger:?}");
        }
        let (_, writes) = world.requests("autotask").await;
        let counted: u64 = reports.iter().map(|report| report.header.counts.writes).sum();
        assert_eq!(counted, writes, "seed {seed}");
    }
}

#[tokio::test]
async fn a_manual_edit_inside_the_month_is_set_back_by_a_recheck() {
    let world = World::start(WorldKind::Clean, 9, 4).await;
    world.sync(SyncRequest::default()).await;
    let (_, contract) = world.mapped[0].clone();
    let timeline = world.get(&format!("autotask/contracts/{contract}/timeline")).await;
    let row = timeline
        .as_array()
        .expect("rows")
        .iter()
        .find(|row| row["service_name"].as_str().is_some_and(|name| name.starts_with("PC_")));
    let row = row.expect("one of ours")["contract_service_id"].clone();
    let path = format!(
        "autotask/contract-services/{}/units",
        row.as_i64()
            .map_or_else(|| row.as_str().unwrap_or_default().to_owned(), |id| id.to_string())
    );
    let before = world.differences(&["2026-09"]).await;
    world.post(&path, json!({ "date": "2026-09-10", "units": 7 })).await;
    assert_ne!(world.differences(&["2026-09"]).await, before);
    let reports = world.sync(SyncRequest { recheck: true, ..customers() }).await;
    assert!(ended(&reports)[0] >= Outcome::Success, "{:#?}", troubles(&reports));
    let day: Day = "2026-09-30".parse().expect("a day");
    let left = world.differences(&["2026-09"]).await;
    assert!(left.iter().all(|off| off.contract == contract), "{day}: {left:?}");
}
