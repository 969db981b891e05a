//! Two targets stored side by side: each has its own connection, options, mappings, cursors and runs.

use std::collections::BTreeSet;

use prism_connect::{
    domain::{
        BillingCodeId, ContractId, RunId,
        mapping::{PricingStrategy, Start},
        operation::Operation,
        target::BillingCode,
    },
    engine::{
        protocol::{Answer, Command, Scope, SyncRequest},
        sync::records::{CURSORS, INVOICES, LINES, LINKS, MAPPINGS, RETRIES, RUNS},
        tables::{CONNECTIONS, OPTIONS},
        views::ConnectionState,
    },
    store::{Key, Store, Table},
};
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    desk::{Desk, autotask, draft, map_with, set_program},
    world::{Shared, World, contract, service},
};

const ALPHA: &str = "alpha.onmicrosoft.com";

/// The same product on both targets, and another contract on each.
fn world(number: i64, code: i64) -> World {
    let mut world = World::ordinary();
    let known = service(number, "Product SKU1");
    world.services.push(prism_connect::domain::product::Service {
        sku: Some("SKU1".to_owned()),
        external_id: Some("SKU1".to_owned()),
        ..known
    });
    world.contracts = vec![contract(number, 1, "Cloud")];
    world.codes = vec![BillingCode { id: BillingCodeId(code), name: format!("Code {code}") }];
    world
}

/// Chooses a code, maps `alpha` and syncs; gives the runs.
async fn synced(desk: &Desk, contract: &str, code: &str) -> Vec<RunId> {
    desk.done(set_program(Some(true), Some(code))).await;
    let draft = draft(ALPHA, "1", contract);
    desk.done(map_with(draft, true, Start::MostRecent, PricingStrategy::CostAndRetail)).await;
    let request = SyncRequest { scope: Scope::All, ..SyncRequest::default() };
    let Answer::Synced(reports) = desk.done(Command::Sync { request }).await else { panic!() };
    reports.iter().map(|report| report.header.id).collect()
}

async fn settings(desk: &Desk) -> (Option<BillingCodeId>, Option<ContractId>) {
    let Answer::Program(program) = desk.done(Command::Program { choices: false }).await else {
        panic!()
    };
    let mapping = desk.customer("alpha").await.mapping;
    (program.options.billing_code.map(|code| code.id), mapping.map(|mapping| mapping.contract))
}

fn contracts_written(world: &Shared) -> BTreeSet<ContractId> {
    let world = world.lock().expect("no test panics while it holds this");
    let of = |operation: &Operation| match operation {
        Operation::CreateContractService { contract, .. }
        | Operation::AdjustUnits { contract, .. } => Some(*contract),
        Operation::CreateService { .. } | Operation::UpdateService { .. } => None,
    };
    world.sent.iter().filter_map(of).collect()
}

/// Which connections a table has something of.
async fn kept<T: Serialize + DeserializeOwned + Send + 'static>(
    store: &Store,
    table: Table<T>,
) -> BTreeSet<String> {
    let all = store.scan(table, Key::new()).await.expect("read");
    all.iter().filter_map(|(key, _)| key.parts().text()).collect()
}

#[tokio::test]
async fn two_targets_in_one_store_are_kept_apart() {
    let desk = Desk::connected_over(world(1, 7)).await;
    let first_runs = synced(&desk, "1", "7").await;
    let first = desk.world.clone();
    let before = contracts_written(&first);
    assert_eq!(before, [ContractId(1)].into());

    let second = world(11, 9).shared();
    let desk = desk.turned_to("second", &second).await;
    let Answer::Connections(views) = desk.done(Command::Connections).await else { panic!() };
    let shown: Vec<_> = views.iter().map(|view| (view.name.as_str(), &view.state)).collect();
    assert_eq!(shown[1], ("second", &ConnectionState::NotConfigured), "{shown:?}");
    assert_eq!(settings(&desk).await, (None, None), "nothing is taken over from the first");
    desk.done(Command::SaveConnection { draft: autotask() }).await;
    let second_runs = synced(&desk, "11", "9").await;
    assert_eq!(settings(&desk).await, (Some(BillingCodeId(9)), Some(ContractId(11))));
    assert_eq!(contracts_written(&second), [ContractId(11)].into());
    assert_eq!(contracts_written(&first), before);

    let desk = desk.restarted(false).await;
    assert_eq!(settings(&desk).await, (Some(BillingCodeId(7)), Some(ContractId(1))));
    desk.engine.shutdown().await;
    let store = Store::open(desk.dir.path()).expect("a store");
    let both: BTreeSet<String> = ["autotask", "second"].map(str::to_owned).into();
    let mut connections = both.clone();
    connections.insert("prism".to_owned());
    assert_eq!(kept(&store, CONNECTIONS).await, connections);
    assert_eq!(kept(&store, OPTIONS).await, both);
    assert_eq!(kept(&store, MAPPINGS).await, both);
    assert_eq!(kept(&store, LINKS).await, both);
    assert_eq!(kept(&store, CURSORS).await, both);
    assert_eq!(kept(&store, INVOICES).await, both);
    assert_eq!(kept(&store, LINES).await, both);
    assert_eq!(kept(&store, RETRIES).await, both);
    let runs = store.scan(RUNS, Key::new()).await.expect("read");
    let of = |target: &str| -> Vec<RunId> {
        let mut ids: Vec<_> = runs
            .iter()
            .map(|(_, run)| run)
            .filter(|run| run.target.as_str() == target)
            .map(|run| run.id)
            .collect();
        ids.sort();
        ids
    };
    assert_eq!((of("autotask"), of("second")), (first_runs, second_runs));
}
