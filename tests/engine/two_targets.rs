//! Two targets stored side by side: each has its own connection, options, mappings, cursors and runs, and a sync of one
//! writes nothing to the other.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
};

use prism_connect::{
    domain::{
        ConnectionId, ContractId, RunId, ServiceId, Thing,
        choice::ChoiceOption,
        mapping::{PricingStrategy, Start},
        operation::Operation,
        outcome::Outcome,
        run::RunReport,
    },
    engine::{
        protocol::{Answer, Scope, SyncRequest, command},
        sync::records::Unfinished,
        tables::{
            AGREEMENTS, CLOSINGS, CONNECTIONS, CONTRACTS, CURSORS, HEADERS, JOURNAL, LINES, LINKS,
            MAPPINGS, MONTHS, OPTIONS, UNFINISHED, of_connection,
        },
        views::ConnectionState,
    },
    store::{Batch, Key, Store, Table},
};
use serde_json::Value;

use crate::{
    desk::{Desk, autotask, draft, map_with, prism, set_program},
    in_memory::lock,
    world::{Fakes, Shared, World, contract, ordinary},
};

const ALPHA: &str = "alpha.onmicrosoft.com";
const FIRST: &str = "autotask";
const SECOND: &str = "second";

/// Everything of a connection, by table.
type Kept = BTreeMap<&'static str, Vec<(Key, Value)>>;

/// What is kept for each target.
const KEPT: [&str; 12] = [
    CONNECTIONS.name(),
    OPTIONS.name(),
    MAPPINGS.name(),
    CONTRACTS.name(),
    LINKS.name(),
    AGREEMENTS.name(),
    HEADERS.name(),
    LINES.name(),
    CURSORS.name(),
    MONTHS.name(),
    CLOSINGS.name(),
    JOURNAL.name(),
];

/// Company 1 has another contract on each target, and what is made there gets other ids.
fn world(number: i64, code: i64) -> World {
    World {
        refuses: None,
        contracts: vec![contract(number, 1, &format!("Cloud {number}"))],
        codes: vec![ChoiceOption::new(code, format!("Code {code}"))],
        last_id: 1000 * number,
        ..ordinary()
    }
}

/// Chooses a code, and maps `alpha`.
async fn configure(desk: &Desk, contract: &str, code: &str) {
    desk.done(set_program(Some(true), Some(code))).await;
    let draft = draft(ALPHA, "1", contract);
    desk.done(map_with(draft, true, Start::MostRecent, PricingStrategy::CostAndRetail)).await;
}

/// Syncs all, and gives the runs and how they ended.
async fn synced(desk: &Desk) -> Vec<(RunId, Outcome)> {
    let request = SyncRequest { scope: Scope::All, ..SyncRequest::default() };
    let Answer::Synced(reports) = desk.done(command::Sync { request }).await else { panic!() };
    ended(&reports)
}

fn ended(reports: &[RunReport]) -> Vec<(RunId, Outcome)> {
    reports.iter().map(|report| (report.header.id, report.header.status)).collect()
}

/// The runs that the dashboard shows, newest first.
async fn recent(desk: &Desk) -> Vec<RunId> {
    let Answer::Status(status) = desk.done(command::Status).await else { panic!() };
    status.recent.iter().map(|run| run.id).collect()
}

async fn settings(desk: &Desk) -> (Option<i64>, Option<String>) {
    let Answer::Program(program) = desk.done(command::Program { choices: false }).await else {
        panic!()
    };
    let mapping = desk.customer("alpha").await.mapping;
    (
        program.options.chosen.of(Thing::BillingCode).map(|code| code.id),
        mapping.map(|mapping| mapping.contract),
    )
}

/// Where writes went that arrived: contract and service.
fn written(world: &Shared) -> BTreeSet<(ContractId, ServiceId)> {
    let of = |operation: &Operation| match operation {
        Operation::CreateContractService { contract, service, .. }
        | Operation::AdjustUnits { contract, service, .. }
        | Operation::AddLine { contract, service, .. }
        | Operation::EndLine { contract, service, .. }
        | Operation::AmendLine { contract, service, .. } => Some((*contract, *service)),
        Operation::CreateService { .. } | Operation::UpdateService { .. } => None,
    };
    lock(world).sent.iter().filter_map(of).collect()
}

fn contracts(written: &BTreeSet<(ContractId, ServiceId)>) -> Vec<ContractId> {
    written.iter().map(|(contract, _)| *contract).collect::<BTreeSet<_>>().into_iter().collect()
}

/// Everything that is kept for a connection, by table.
async fn kept(store: &Store, of: &str) -> Kept {
    let mut all = Kept::new();
    for name in KEPT {
        let table: Table<Value> = Table::new(name);
        let rows = store.scan(table, of_connection(&ConnectionId::new(of))).await.expect("read");
        all.insert(name, rows);
    }
    all
}

/// The tables that something is in.
fn tables(kept: &Kept) -> BTreeSet<&'static str> {
    kept.iter().filter(|(_, rows)| !rows.is_empty()).map(|(name, _)| *name).collect()
}

/// What is kept for both targets, once no engine has the store.
async fn stopped(desk: Desk) -> (tempfile::TempDir, Kept, Kept) {
    let Desk { dir, engine, handle, .. } = desk;
    drop(handle);
    engine.shutdown().await;
    let store = Store::open(dir.path()).expect("a store");
    let (first, second) = (kept(&store, FIRST).await, kept(&store, SECOND).await);
    store.close().await;
    (dir, first, second)
}

/// Two targets with a world each; both know the source of the first one.
struct Worlds {
    first: Shared,
    second: Shared,
}

impl Worlds {
    fn new() -> Self {
        let shared = |world| Arc::new(Mutex::new(world));
        Self { first: shared(world(1, 7)), second: shared(world(11, 9)) }
    }

    async fn desk(&self, dir: tempfile::TempDir, target: &str) -> Desk {
        let fakes = Fakes::over(&self.first).with_target(SECOND, &self.second);
        Desk::at(dir, target, fakes).await
    }
}

#[tokio::test]
async fn two_targets_in_one_store_are_kept_apart() {
    let worlds = Worlds::new();
    let desk = worlds.desk(crate::scratch::directory(), FIRST).await;
    desk.done(command::SaveConnection { draft: prism() }).await;
    desk.done(command::SaveConnection { draft: autotask() }).await;
    configure(&desk, "1", "7").await;
    assert_eq!(synced(&desk).await, [(RunId(1), Outcome::Success), (RunId(2), Outcome::Success)]);
    let on_first = written(&worlds.first);
    assert_eq!(contracts(&on_first), [ContractId(1)]);
    let (dir, first, second) = stopped(desk).await;
    assert_eq!(tables(&first), BTreeSet::from(KEPT));
    assert_eq!(tables(&second), BTreeSet::new());

    // The second one begins with nothing, and comes to the same by writes of its own.
    let desk = worlds.desk(dir, SECOND).await;
    let Answer::Connections(views) = desk.done(command::Connections).await else { panic!() };
    let shown: Vec<_> = views.iter().map(|view| (view.name.as_str(), &view.state)).collect();
    assert!(shown.contains(&(SECOND, &ConnectionState::NotConfigured)), "{shown:?}");
    assert_eq!(settings(&desk).await, (None, None), "nothing is taken over from the first");
    assert_eq!(recent(&desk).await, []);
    desk.done(command::SaveConnection { draft: autotask() }).await;
    configure(&desk, "11", "9").await;
    assert_eq!(synced(&desk).await, [(RunId(3), Outcome::Success), (RunId(4), Outcome::Success)]);
    assert_eq!(settings(&desk).await, (Some(9), Some("Cloud 11".to_owned())));
    assert_eq!(recent(&desk).await, [RunId(4), RunId(3)]);
    assert_eq!(contracts(&written(&worlds.second)), [ContractId(11)]);
    assert_eq!(written(&worlds.first), on_first);
    let (dir, unmoved, second) = stopped(desk).await;
    assert!(unmoved == first, "a sync of the second writes nothing to the first");
    assert_eq!(tables(&second), BTreeSet::from(KEPT));

    // The first one is where it was, and has nothing to do.
    let desk = worlds.desk(dir, FIRST).await;
    assert_eq!(settings(&desk).await, (Some(7), Some("Cloud 1".to_owned())));
    assert_eq!(recent(&desk).await, [RunId(2), RunId(1)]);
    assert_eq!(synced(&desk).await, [(RunId(5), Outcome::NoChange), (RunId(6), Outcome::NoChange)]);
    assert_eq!(written(&worlds.first), on_first);
    assert_eq!(contracts(&written(&worlds.second)), [ContractId(11)]);
    let (_, _, unmoved) = stopped(desk).await;
    assert!(unmoved == second, "nor does one of the first to the second");
}

/// What was cut off at one target is finished there, and does not hold up the other.
#[tokio::test]
async fn what_was_cut_off_is_resumed_at_its_own_target() {
    let worlds = Worlds::new();
    let desk = worlds.desk(crate::scratch::directory(), FIRST).await;
    desk.done(command::SaveConnection { draft: prism() }).await;
    desk.done(command::SaveConnection { draft: autotask() }).await;
    configure(&desk, "1", "7").await;
    let dir = cut_off(desk).await;
    let (dir, first, _) = stopped(worlds.desk(dir, FIRST).await).await;

    let desk = worlds.desk(dir, SECOND).await;
    desk.done(command::SaveConnection { draft: autotask() }).await;
    configure(&desk, "11", "9").await;
    let resumed = desk.done(command::Resume).await;
    assert!(matches!(&resumed, Answer::Synced(none) if none.is_empty()), "{resumed:?}");
    assert_eq!(synced(&desk).await, [(RunId(2), Outcome::Success), (RunId(3), Outcome::Success)]);
    assert_eq!(written(&worlds.first), BTreeSet::new());
    let (dir, unmoved, _) = stopped(desk).await;
    assert!(unmoved == first, "it waits for its own target");

    let desk = worlds.desk(dir, FIRST).await;
    let Answer::Synced(reports) = desk.done(command::Resume).await else { panic!() };
    assert_eq!(ended(&reports), [(RunId(4), Outcome::Success)]);
    assert_eq!(contracts(&written(&worlds.first)), [ContractId(1)]);
}

/// Stops between the two halves of a request: products are done, customers are not begun.
async fn cut_off(desk: Desk) -> tempfile::TempDir {
    let products = SyncRequest { scope: Scope::Products, ..SyncRequest::default() };
    let Answer::Synced(reports) = desk.done(command::Sync { request: products }).await else {
        panic!()
    };
    assert_eq!(ended(&reports), [(RunId(1), Outcome::Success)]);
    let (dir, ..) = stopped(desk).await;
    let store = Store::open(dir.path()).expect("a store");
    let request = SyncRequest { scope: Scope::All, ..SyncRequest::default() };
    let left = Unfinished { run: RunId(1), request, invoices: Vec::new(), author: None };
    let mut batch = Batch::new();
    batch.put(UNFINISHED, &of_connection(&ConnectionId::new(FIRST)), &left);
    store.commit(batch).await.expect("a commit");
    store.close().await;
    dir
}
