//! Three months in a row: timelines against the histories, bills against the invoices.

use std::collections::{BTreeMap, BTreeSet};

use prism_connect::{
    domain::{
        outcome::Outcome,
        run::{RunReport, SubscriptionRow},
    },
    engine::protocol::{About, Answer, Scope, SyncRequest, command},
    sim::{
        SimSettings,
        world::{TrueMapping, World, WorldKind, WorldSettings},
    },
};
use rstest::rstest;
use serde_json::{Value, json};

use crate::rig::{Rig, Setup, Target, Units, pretty, units};

#[path = "months/quarter.rs"]
mod quarter;

/// The first of the three months.
const FIRST: (i32, u32) = (2026, 9);

/// These worlds are about what is written; a new product of many seats would wait for a look (sync-rules 2.8).
const UNGUARDED: &str = "[guards]\nmode = \"off\"\n";

/// A contract and the name of a service on it.
type Place = (i64, String);

/// One world on its way through the months.
pub struct Journey {
    pub rig: Rig,
    pub mapped: Vec<TrueMapping>,
    setup: Setup,
    kind: WorldKind,
    months: Vec<String>,
    /// Where an outcome announced that the timeline differs.
    announced: BTreeSet<Place>,
    /// Failed subscriptions whose product is not known, by contract: each may be behind one difference.
    unnamed: BTreeSet<(i64, String)>,
    /// What stood before the first sync on items that carry our SKUs: where no invoice bills it, it stays (CW19).
    used: BTreeMap<Place, Units>,
    /// Every sync is killed in one of its writes, which this number chooses.
    kills: Option<u64>,
    pub name: String,
}

/// So many worlds of a kind on each target; `SEEDS=200` for more.
fn seeds() -> u64 {
    std::env::var("SEEDS").ok().and_then(|text| text.parse().ok()).unwrap_or(10)
}

fn customers() -> SyncRequest {
    SyncRequest { scope: Scope::Customers, ..SyncRequest::default() }
}

pub fn text((year, month): (i32, u32)) -> String {
    format!("{year:04}-{month:02}")
}

async fn journey(target: Target, kind: WorldKind, seed: u64, kills: Option<u64>) -> Journey {
    let settings =
        WorldSettings { kind, seed, customers: 10, subscriptions: 4, usage_month: FIRST };
    // Mapped in the course of the month: some contracts have ended when its invoice comes.
    let (azure, config) = (seed.is_multiple_of(2), UNGUARDED);
    let setup = Setup { azure, config, month: (2026, 8), target };
    // In a troubled world some products collide with services made by hand.
    let worst = if kind == WorldKind::Clean { Outcome::Success } else { Outcome::Failure };
    let mut rig = Rig::ready_at_worst(World::generate(&settings), setup, worst).await;
    let mapped = rig.map_all(|_| {}).await;
    rig.go_to(FIRST).await;
    let mut journey =
        Journey::new(rig, mapped, setup, kind, &format!("{target:?}, {kind:?} world {seed}"));
    journey.kills = kills;
    if target == Target::Connectwise {
        journey.used = journey.standing().await;
    }
    journey
}

impl Journey {
    fn new(rig: Rig, mapped: Vec<TrueMapping>, setup: Setup, kind: WorldKind, name: &str) -> Self {
        let (months, announced, unnamed) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
        let (used, kills, name) = (BTreeMap::new(), None, name.to_owned());
        Self { rig, mapped, setup, kind, months, announced, unnamed, used, kills, name }
    }

    async fn month(&mut self, month: (i32, u32)) {
        self.months.push(text(month));
        let products = self.rig.sync_scope(Scope::Products).await;
        let strangers = self.by_hand().await;
        let report = self.sync(month).await;
        for ledger in &report.ledgers {
            assert!(ledger.balance.is_zero(), "{}: {}", self.name, pretty(&report));
        }
        if self.kind == WorldKind::Clean {
            let good = |run: &RunReport| run.header.status <= Outcome::Success;
            assert!(good(&products), "{}: {}", self.name, pretty(&products));
            assert!(good(&report), "{}: {}", self.name, pretty(&report));
        }
        self.announce(&report).await;
        self.compare(&report).await;
        assert_eq!(self.by_hand().await, strangers, "{}: services made by hand", self.name);
        if self.kind == WorldKind::Clean {
            self.compare_bills(&report, month).await;
            self.repeat().await;
            self.invoice(month).await;
        }
    }

    /// Syncs customers; in a world that is killed, after a start that was killed in one of its writes.
    async fn sync(&mut self, (_, month): (i32, u32)) -> RunReport {
        let Some(kills) = self.kills else { return self.rig.sync().await };
        if !self.rig.killed_in(1 + (kills * 7 + u64::from(month) * 5) % 23).await {
            return self.last_run().await;
        }
        let answer = self.rig.ask(command::Sync { request: customers() }).await;
        let Answer::Synced(runs) = answer else { panic!("{answer:?}") };
        assert_eq!(runs.len(), 2, "{}: the cut-off run, and a new one", self.name);
        runs.into_iter().next().expect("two")
    }

    async fn last_run(&self) -> RunReport {
        let answer = self.rig.ask(command::Run { id: None }).await;
        let Answer::Run(report) = answer else { panic!("{answer:?}") };
        *report
    }

    /// The same again is No Change, and planning the invoice again finds nothing.
    async fn repeat(&self) {
        self.rig.simulation.journal().reset();
        let again = self.rig.sync().await;
        assert_eq!(again.header.status, Outcome::NoChange, "{}: {}", self.name, pretty(&again));
        assert!(self.rig.recheck().await.operations.is_empty(), "{}: recheck", self.name);
        assert_eq!(self.rig.changes(), [], "{}: writes", self.name);
    }

    fn contracts(&self) -> BTreeSet<i64> {
        self.mapped.iter().map(|mapping| mapping.contract_id).collect()
    }

    fn contract_of(&self, tenant: &str) -> i64 {
        let found = self.mapped.iter().find(|mapping| mapping.domain == tenant);
        found.expect("a mapped tenant").contract_id
    }

    /// Services of mapped contracts that no product of ours is billed by.
    async fn by_hand(&self) -> BTreeMap<Place, Units> {
        let mut found = self.standing().await;
        found.retain(|(_, name), _| !name.starts_with("PC_"));
        found
    }

    async fn standing(&self) -> BTreeMap<Place, Units> {
        let mut found = BTreeMap::new();
        for contract in self.contracts() {
            let services = self.rig.timelines(contract).await;
            found.extend(services.into_iter().map(|(name, units)| ((contract, name), units)));
        }
        found
    }

    /// A failed subscription, and a change that went to another day, are told by their rows.
    async fn announce(&mut self, report: &RunReport) {
        for customer in &report.customers {
            let contract = self.contract_of(&customer.tenant);
            let names = self.names(contract).await;
            for row in customer.subscriptions.iter().filter(|row| differs(row)) {
                let known = row.service_id.is_some() || row.sku.is_some();
                if let (false, Some(id)) = (known, &row.subscription_id) {
                    self.unnamed.insert((contract, id.to_string()));
                }
                let by_id = row.service_id.and_then(|id| names.get(&id.0).cloned());
                let by_sku =
                    row.sku.iter().flat_map(|sku| [format!("PC_{sku}"), format!("PC_P1Y:M_{sku}")]);
                self.announced.extend(by_id.into_iter().chain(by_sku).map(|name| (contract, name)));
            }
            if customer.error.is_some() {
                self.announced.extend(names.into_values().map(|name| (contract, name)));
            }
        }
    }

    /// The agreements' invoices of the month are made, where the target makes any: each says what was foretold, and what
    /// comes next month finds the month invoiced.
    async fn invoice(&self, month: (i32, u32)) {
        if self.rig.target() == Target::Autotask {
            return;
        }
        let mut foretold = BTreeMap::new();
        for contract in self.contracts() {
            foretold.insert(contract, self.rig.bill(contract, &text(month)).await);
        }
        let through = json!({"through": format!("{}-28", text(month))});
        self.rig.control("connectwise/invoice", &through).await;
        for (contract, bill) in foretold {
            let made = self.rig.bill(contract, &text(month)).await;
            assert_eq!(made, bill, "{}: {month:?} on agreement {contract}", self.name);
        }
        self.rig.simulation.journal().reset();
    }

    async fn names(&self, contract: i64) -> BTreeMap<i64, String> {
        let standing = self.rig.standing(contract).await;
        standing.into_iter().map(|row| (row.service, row.name)).collect()
    }

    async fn expected(&self) -> BTreeMap<Place, Units> {
        let first = &self.months[0];
        let mappings: Vec<Value> = self
            .mapped
            .iter()
            .map(|mapping| {
                json!({"tenant": mapping.domain, "contract_id": mapping.contract_id,
                    "first_month": first})
            })
            .collect();
        let asked = json!({"mappings": mappings, "azure": self.setup.azure, "months": self.months});
        let told = self.rig.control("expected", &asked).await;
        let rows = told.as_array().expect("a list").iter();
        rows.map(|row| {
            let prefix = if row["motion"] == "P1Y:M" { "PC_P1Y:M_" } else { "PC_" };
            let name = format!("{prefix}{}", row["sku"].as_str().expect("a SKU"));
            ((row["contract_id"].as_i64().expect("an id"), name), units(&row["steps"]))
        })
        .collect()
    }

    /// An item that somebody made has our SKU: its lines are used, and what stood before is not touched (CW19).
    fn without_what_was_used(
        &self,
        stands: &mut BTreeMap<Place, Units>,
        ought: &BTreeMap<Place, Units>,
    ) {
        stands.retain(|place, units| {
            ought.contains_key(place) || self.used.get(place) != Some(units)
        });
        for (place, units) in stands.iter_mut().filter(|(place, _)| self.used.contains_key(place)) {
            let billed = ought.get(place).and_then(|steps| steps.first());
            if let Some((day, _)) = billed {
                *units = since(&self.owned_from(day), units);
            }
        }
    }

    /// From when on a service is ours that is billed from this day on: from its month's first day, or where a line reaches
    /// back before the first month, from that line's own (W17).
    fn owned_from(&self, day: &str) -> String {
        let is_before = day[..7] < *self.months[0].as_str();
        if is_before { day.to_owned() } else { format!("{}-01", &day[..7]) }
    }

    async fn compare(&self, report: &RunReport) {
        let told = self.announced.len() + self.unnamed.len();
        assert!(
            self.kind == WorldKind::Troubled || told == 0,
            "{}: {:?}",
            self.name,
            self.announced
        );
        let announced = |place: &Place| self.announced.contains(place);
        let mut ought = self.expected().await;
        let mut stands = self.standing().await;
        if self.rig.target() == Target::Connectwise {
            self.without_what_was_used(&mut stands, &ought);
        }
        stands.retain(|place, units| {
            place.1.starts_with("PC_") && !units.is_empty() && !announced(place)
        });
        ought.retain(|place, _| !announced(place));
        assert!(ought.len() >= 5, "{}: hardly anything to compare: {ought:?}", self.name);
        let mut unnamed: Vec<i64> = self.unnamed.iter().map(|(contract, _)| *contract).collect();
        let mut excused = |place: &Place| {
            let found = unnamed.iter().position(|contract| *contract == place.0);
            found.map(|at| unnamed.remove(at)).is_some()
        };
        let wrong: Vec<String> = stands
            .keys()
            .chain(ought.keys())
            .collect::<BTreeSet<_>>()
            .into_iter()
            .filter(|place| stands.get(*place) != ought.get(*place))
            .filter(|place| !excused(place))
            .map(|place| {
                format!(
                    "{place:?}\n  stands {:?}\n  ought  {:?}",
                    stands.get(place),
                    ought.get(place)
                )
            })
            .collect();
        assert!(
            wrong.is_empty(),
            "{} after {:?}:\n{}\n{}",
            self.name,
            self.months,
            wrong.join("\n"),
            pretty(report)
        );
    }
}

/// The same from a day on.
fn since(first: &str, units: &Units) -> Units {
    let (before, mut after): (Units, Units) =
        units.iter().cloned().partition(|(day, _)| day.as_str() < first);
    let standing = before.last().map(|(_, units)| *units).filter(|units| *units > 0);
    if let Some(units) = standing
        && after.first().is_none_or(|(day, _)| day.as_str() > first)
    {
        after.insert(0, (first.to_owned(), units));
    }
    let begun = after.iter().position(|(_, units)| *units > 0).unwrap_or(after.len());
    after.split_off(begun)
}

fn differs(row: &SubscriptionRow) -> bool {
    row.status == Outcome::Failure
        || row.warnings.iter().any(|told| told.code.as_str().contains("same_day"))
}

async fn three_months(target: Target, kind: WorldKind, seed: u64, kills: Option<u64>) {
    let mut journey = journey(target, kind, seed, kills).await;
    for month in [FIRST, (2026, 10), (2026, 11)] {
        if month != FIRST {
            journey.rig.month_passes().await;
        }
        journey.month(month).await;
    }
}

/// So many seeds, a few at a time; killed in every sync or not.
async fn all_seeds(target: Target, kind: WorldKind, seeds: u64, killed: bool) {
    let mut under_way = tokio::task::JoinSet::new();
    for seed in 1..=seeds {
        if under_way.len() >= 3 {
            under_way.join_next().await.expect("one").expect("a good journey");
        }
        under_way.spawn(three_months(target, kind, seed, killed.then_some(seed)));
    }
    while let Some(done) = under_way.join_next().await {
        done.expect("a good journey");
    }
}

#[rstest]
#[case::autotask(Target::Autotask)]
#[case::connectwise(Target::Connectwise)]
#[tokio::test(flavor = "multi_thread")]
async fn clean_worlds_stand_and_bill_as_they_ought_to_month_after_month(#[case] target: Target) {
    all_seeds(target, WorldKind::Clean, seeds(), false).await;
}

#[rstest]
#[case::autotask(Target::Autotask)]
#[case::connectwise(Target::Connectwise)]
#[tokio::test(flavor = "multi_thread")]
async fn troubled_worlds_stand_as_they_ought_to_where_no_outcome_says_otherwise(
    #[case] target: Target,
) {
    all_seeds(target, WorldKind::Troubled, seeds(), false).await;
}

#[rstest]
#[case::autotask(Target::Autotask)]
#[case::connectwise(Target::Connectwise)]
#[tokio::test(flavor = "multi_thread")]
async fn clean_worlds_killed_in_every_sync_stand_and_bill_as_they_ought_to(#[case] target: Target) {
    all_seeds(target, WorldKind::Clean, seeds() / 2, true).await;
}

#[rstest]
#[case::autotask(Target::Autotask)]
#[case::connectwise(Target::Connectwise)]
#[tokio::test(flavor = "multi_thread")]
async fn troubled_worlds_killed_in_every_sync_stand_as_they_ought_to(#[case] target: Target) {
    all_seeds(target, WorldKind::Troubled, seeds() / 2, true).await;
}

#[rstest]
#[case::autotask(Target::Autotask)]
#[case::connectwise(Target::Connectwise)]
#[tokio::test(flavor = "multi_thread")]
async fn a_demo_world_syncs_with_success_and_the_same_again_is_no_change(#[case] target: Target) {
    let settings = WorldSettings { customers: 25, usage_month: FIRST, ..WorldSettings::default() };
    let setup = Setup { month: FIRST, config: UNGUARDED, target, ..Setup::default() };
    let rig = Rig::ready(World::generate(&settings), setup).await;
    rig.map_all(|_| {}).await;
    let answer = rig.ask(command::Sync { request: SyncRequest::default() }).await;
    let Answer::Synced(runs) = answer else { panic!("{answer:?}") };
    let [products, customers] = &runs[..] else { panic!("{runs:?}") };
    assert_eq!(products.header.status, Outcome::NoChange, "{}", pretty(products));
    assert_eq!(customers.header.status, Outcome::Success, "{}", pretty(customers));
    for ledger in &customers.ledgers {
        assert!(ledger.balance.is_zero(), "{}", pretty(customers));
    }
    rig.simulation.journal().reset();
    let answer = rig.ask(command::Sync { request: SyncRequest::default() }).await;
    let Answer::Synced(again) = answer else { panic!("{answer:?}") };
    for run in &again {
        assert_eq!(run.header.status, Outcome::NoChange, "{}", pretty(run));
    }
    assert!(rig.recheck().await.operations.is_empty());
    assert_eq!(rig.changes(), []);
}

/// A plan that is made before there is any product is what is applied: what is still to be made has the name it will have.
#[rstest]
#[case::autotask(Target::Autotask)]
#[case::connectwise(Target::Connectwise)]
#[tokio::test(flavor = "multi_thread")]
async fn a_plan_of_products_and_customers_is_applied_as_it_was_made(#[case] target: Target) {
    let settings = WorldSettings { customers: 5, usage_month: FIRST, ..WorldSettings::default() };
    let setup = Setup { month: FIRST, config: UNGUARDED, target, ..Setup::default() };
    let rig = Rig::connected(World::generate(&settings), setup, SimSettings::default()).await;
    rig.map_all(|_| {}).await;
    let answer = rig.ask(command::Plan { request: SyncRequest::default() }).await;
    let Answer::Plan(About { found: plan, .. }) = answer else { panic!("{answer:?}") };
    let request = SyncRequest { plan: Some(plan.saved.clone()), ..SyncRequest::default() };
    let answer = rig.ask(command::Sync { request }).await;
    let Answer::Synced(runs) = answer else { panic!("{answer:?}") };
    for run in &runs {
        assert_eq!(run.header.status, Outcome::Success, "{}", pretty(run));
    }
    assert_eq!(rig.changes().len(), plan.operations.len());
}
