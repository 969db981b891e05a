//! How many requests a sync may cost.

use std::collections::BTreeSet;

use prism_connect::{
    domain::{Code, outcome::Outcome, run::RunHeader, secret::Secret},
    engine::protocol::{Answer, ConnectionDraft, MapDraft, Scope, SyncRequest, command},
    sim::{
        journal::{Entry, System},
        world::{TrueMapping, World, WorldKind, WorldSettings},
    },
};
use rstest::rstest;
use serde_json::{Value, json};

use crate::rig::{Rig, Setup, Target, pretty};

const MONTH: (i32, u32) = (2026, 9);

async fn mapped_world(customers: usize) -> Rig {
    mapped_on(Target::Autotask, customers).await
}

async fn mapped_on(target: Target, customers: usize) -> Rig {
    let rig = unmapped_on(target, customers).await;
    rig.map_all(|_| {}).await;
    rig
}

async fn unmapped_world(customers: usize) -> Rig {
    unmapped_on(Target::Autotask, customers).await
}

async fn unmapped_on(target: Target, customers: usize) -> Rig {
    let settings = WorldSettings {
        kind: WorldKind::Clean,
        seed: 7,
        customers,
        subscriptions: 8,
        usage_month: MONTH,
    };
    let setup = Setup { month: MONTH, target, ..Setup::default() };
    Rig::ready(World::generate(&settings), setup).await
}

fn asked(rig: &Rig, system: System) -> Vec<Entry> {
    let mut entries = rig.simulation.journal().entries();
    entries
        .retain(|entry| entry.system == system && !entry.path.to_lowercase().contains("threshold"));
    entries
}

/// How many rows of an entity there are for these contracts, asked of Autotask itself.
async fn count(rig: &Rig, entity: &str, filter: Value) -> usize {
    let place = rig.simulation.addresses().autotask;
    let reply = crate::loopback::client()
        .post(format!("{}V1.0/{entity}/query/count", place.base_url))
        .header("ApiIntegrationCode", place.integration_code)
        .header("UserName", place.username)
        .header("Secret", place.secret)
        .json(&json!({ "filter": [filter] }))
        .send()
        .await
        .expect("an answer");
    let told: Value = reply.json().await.expect("JSON");
    usize::try_from(told["queryCount"].as_u64().unwrap_or_else(|| panic!("{told}"))).expect("few")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_sync_costs_its_writes_and_twice_its_pages() {
    let rig = mapped_world(60).await;
    let report = rig.sync().await;
    assert_eq!(report.header.status, Outcome::Success, "{}", pretty(&report));
    let requests = asked(&rig, System::Autotask);
    let writes = rig.changes().len();
    let mut contracts: Vec<i64> = rig
        .simulation
        .true_mappings()
        .iter()
        .filter(|mapping| mapping.usable)
        .map(|mapping| mapping.contract_id)
        .collect();
    contracts.sort_unstable();
    contracts.dedup();
    let on_contracts = json!({"op": "in", "field": "contractID", "value": contracts});
    let rows = [
        count(&rig, "Contracts", json!({"op": "in", "field": "id", "value": contracts})).await,
        count(&rig, "ContractServices", on_contracts.clone()).await,
        count(&rig, "ContractServiceUnits", on_contracts).await,
        count(&rig, "Services", json!({"op": "gte", "field": "id", "value": 0})).await,
    ];
    let pages: usize =
        rows.iter().map(|rows| rows.div_ceil(500) + contracts.len().div_ceil(200)).sum();
    let allowed = writes + 2 * pages + 12;
    let told: Vec<String> = requests
        .iter()
        .filter(|entry| !entry.changed)
        .map(|entry| format!("{} {}", entry.method, entry.path))
        .collect();
    assert!(requests.len() <= allowed, "{} of {allowed}: {told:#?}", requests.len());
}

/// Each agreement is read once for its lines; the rest is writes, and little beside them.
#[tokio::test(flavor = "multi_thread")]
async fn on_connectwise_a_first_sync_costs_its_agreements_and_its_writes() {
    let rig = mapped_on(Target::Connectwise, 60).await;
    rig.simulation.journal().reset();
    let report = rig.sync().await;
    assert_eq!(report.header.status, Outcome::Success, "{}", pretty(&report));
    let requests = asked(&rig, System::Connectwise);
    let mappings = rig.simulation.true_mappings();
    let usable = mappings.iter().filter(|mapping| mapping.usable);
    let agreements: BTreeSet<i64> = usable.map(|mapping| mapping.contract_id).collect();
    let allowed = agreements.len() + rig.changes().len() + 12;
    let told = requests.iter().filter(|entry| !entry.changed);
    let told: Vec<String> = told.map(|entry| format!("{} {}", entry.method, entry.path)).collect();
    assert!(requests.len() <= allowed, "{} of {allowed}: {told:#?}", requests.len());
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn nothing_new_costs_one_look_at_the_invoice_list(
    #[values(Target::Autotask, Target::Connectwise)] target: Target,
) {
    let rig = mapped_on(target, 30).await;
    rig.sync().await;
    rig.simulation.journal().reset();
    let report = rig.sync().await;
    assert_eq!(report.header.status, Outcome::NoChange, "{}", pretty(&report));
    let requests = rig.simulation.journal().entries();
    let further = requests.iter().filter(|entry| entry.path.ends_with("/invoices")).count();
    assert!(
        requests.len() <= 3 + further.saturating_sub(1),
        "{:#?}",
        requests.iter().map(|entry| &entry.path).collect::<Vec<_>>()
    );
    let of_target = [System::Autotask, System::Connectwise].map(|system| asked(&rig, system));
    assert!(of_target.iter().all(Vec::is_empty), "the target is asked for nothing");
}

/// Both streams; the products run.
async fn sync_all(rig: &Rig) -> RunHeader {
    let request = SyncRequest { scope: Scope::All, ..SyncRequest::default() };
    let answer = rig.ask(command::Sync { request }).await;
    let Answer::Synced(runs) = answer else { panic!("{answer:?}") };
    runs[0].header.clone()
}

fn told(run: &RunHeader) -> Option<&Code> {
    run.message.as_ref().map(|finding| &finding.code)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_of_everything_with_nothing_new_costs_three_requests() {
    let rig = mapped_world(12).await;
    let first = sync_all(&rig).await;
    assert_eq!(told(&first), None);
    rig.simulation.journal().reset();
    let nothing_new = sync_all(&rig).await;
    assert_eq!(told(&nothing_new), Some(&Code::NothingNew));
    let requests = rig.simulation.journal().entries();
    let paths: Vec<_> = requests.iter().map(|entry| &entry.path).collect();
    assert!(requests.len() <= 3, "{paths:#?}");
    assert!(asked(&rig, System::Autotask).is_empty(), "{paths:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_of_products_reads_the_services_whatever_is_new() {
    let rig = mapped_world(3).await;
    sync_all(&rig).await;
    rig.simulation.journal().reset();
    rig.sync_scope(Scope::Products).await;
    assert!(queries(&rig, "Services") > 0);
    rig.simulation.journal().reset();
    let nothing_new = sync_all(&rig).await;
    assert_eq!(
        told(&nothing_new),
        Some(&Code::NothingNew),
        "what was read by itself counts as well"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_of_everything_reads_the_services_once_a_connection_is_another() {
    let rig = mapped_world(3).await;
    sync_all(&rig).await;
    assert_eq!(told(&sync_all(&rig).await), Some(&Code::NothingNew));
    let autotask = rig.simulation.addresses().autotask;
    let draft = ConnectionDraft::Autotask {
        environment: None,
        base_url: Some(autotask.base_url.trim_end_matches('/').replace("127.0.0.1", "localhost")),
        username: Some(autotask.username),
        integration_code: Some(Secret::new(autotask.integration_code)),
        secret: Some(Secret::new(autotask.secret)),
        plain_http: None,
    };
    rig.ask(command::SaveConnection { draft }).await;
    rig.ask(command::TestConnection { name: None, draft: None }).await;
    assert_eq!(told(&sync_all(&rig).await), None);
}

fn azure_on() -> command::SetProgram {
    let (sync, mode, notify) = (None, None, None);
    let choices = std::collections::BTreeMap::new();
    command::SetProgram { sync, mode, azure: Some(true), choices, notify }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_of_everything_reads_the_services_once_an_option_or_the_price_list_is_another() {
    let mut rig = mapped_world(3).await;
    sync_all(&rig).await;
    rig.ask(azure_on()).await;
    assert_eq!(told(&sync_all(&rig).await), None);
    assert_eq!(told(&sync_all(&rig).await), Some(&Code::NothingNew));
    rig.month_passes().await;
    rig.simulation.journal().reset();
    assert_eq!(told(&sync_all(&rig).await), None, "a new invoice is due");
    assert!(queries(&rig, "Services") > 0);
}

fn queries(rig: &Rig, entity: &str) -> usize {
    let end = format!("/{entity}/query");
    asked(rig, System::Autotask).iter().filter(|entry| entry.path.ends_with(&end)).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn linking_one_customer_after_the_other_reads_the_companies_once() {
    let rig = unmapped_world(30).await;
    rig.simulation.journal().reset();
    let usable = rig.simulation.true_mappings().into_iter().filter(|mapping| mapping.usable);
    for TrueMapping { tenant_id: tenant, company_id, contract_id, .. } in usable {
        let (company, contract) = (company_id.to_string(), contract_id.to_string());
        rig.ask(command::RankCompanies { tenant: tenant.clone() }).await;
        let draft = MapDraft { tenant, company, contract, sync: None, from: None, pricing: None };
        rig.ask(command::Map { draft }).await;
    }
    assert_eq!(queries(&rig, "Companies"), 1);
    rig.ask(command::Customers { refresh: true }).await;
    let tenant = rig.simulation.true_mappings()[0].tenant_id.clone();
    rig.ask(command::RankCompanies { tenant: tenant.clone() }).await;
    rig.ask(command::RankCompanies { tenant }).await;
    assert_eq!(queries(&rig, "Companies"), 2, "once more after the customers were refreshed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_links_reads_the_companies_and_its_contracts_in_lists() {
    let rig = unmapped_world(300).await;
    let usable = rig.simulation.true_mappings().into_iter().filter(|mapping| mapping.usable);
    let rows: Vec<String> = usable
        .map(|one| format!("{},{},{},on\n", one.tenant_id, one.company_id, one.contract_id))
        .collect();
    let csv = format!("tenant_id,company_id,contract_id,sync\n{}", rows.concat());
    rig.simulation.journal().reset();
    let Answer::Imported(report) = rig.ask(command::ImportCustomers { csv }).await else {
        panic!("an import")
    };
    assert_eq!(report.stored, rows.len() as u64);
    assert_eq!((queries(&rig, "Companies"), queries(&rig, "Contracts")), (1, 2));
    assert!(rig.simulation.journal().entries().len() <= 12);
}
