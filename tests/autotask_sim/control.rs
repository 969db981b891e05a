//! The control endpoint: journal, manual edits, posting, timelines, the start of it all.

use prism_connect::sim::world::{World, WorldKind, WorldSettings};
use prism_connect::sim::{SimSettings, Simulation};
use rstest::rstest;
use serde_json::{Value, json};

use crate::stage::{FROM_THE_15TH, MONTHLY, SERVICE, error, stage, stage_of, stage_with};

#[tokio::test]
async fn the_journal_tells_every_request_in_order_and_what_changed() {
    let (stage, id) = stage_with(MONTHLY, &[("2026-09-01", 5)]).await;
    stage.control("POST", "/journal/reset", &Value::Null).await;
    stage.get("Services/41").await;
    let body = json!({"contractServiceID": id, "effectiveDate": "2026-09-19", "unitChange": 1});
    stage.adjust(MONTHLY, &body).await;
    stage.adjust(MONTHLY, &body).await;
    let journal = stage.journal().await;
    let told: Vec<_> = journal
        .iter()
        .map(|e| (e["method"].as_str().unwrap(), e["status"].as_u64().unwrap(), &e["changed"]))
        .collect();
    let (yes, no) = (json!(true), json!(false));
    assert_eq!(told, [("GET", 200, &no), ("POST", 200, &yes), ("POST", 500, &no)]);
    assert_eq!(journal[1]["path"], "/ATServicesRest/V1.0/Contracts/1001/ServiceAdjustments");
    assert_eq!(journal[1]["n"].as_u64().unwrap() + 1, journal[2]["n"].as_u64().unwrap());
    let (_, summary) = stage.control("GET", "/journal/summary", &Value::Null).await;
    assert_eq!(summary["requests"], 3);
    let adjustments = json!({"system": "autotask", "method": "POST", "count": 2, "changed": 1,
                             "entity": "ContractServiceAdjustments"});
    assert!(summary["counts"].as_array().unwrap().contains(&adjustments), "{summary}");
}

#[tokio::test]
async fn a_manual_edit_sets_the_quantity_and_takes_the_day() {
    let (stage, id) = stage_with(MONTHLY, &[("2026-09-01", 5), ("2026-11-01", 7)]).await;
    let path = format!("/autotask/contract-services/{id}/units");
    let edit = json!({"date": "2026-10-10", "units": 9});
    assert_eq!(stage.control("POST", &path, &edit).await.0, 200);
    let units = stage.units(id).await;
    let of = |date: &str| units.iter().find(|row| row.0 == date).unwrap().2;
    assert_eq!((of("2026-10-01"), of("2026-10-10"), of("2026-11-01")), (5, 9, 11));
    let body = json!({"contractServiceID": id, "effectiveDate": "2026-10-10", "unitChange": -1});
    let refused = stage.adjust(MONTHLY, &body).await;
    assert!(error(&refused).contains("contract_service_period"));
    for (path, edit, status) in [
        (path.as_str(), json!({"date": "2029-01-01", "units": 9}), 400),
        (path.as_str(), json!({"date": "2026-10-01", "units": -1}), 400),
        ("/autotask/contract-services/999/units", json!({"date": "2026-10-01", "units": 1}), 404),
    ] {
        assert_eq!(stage.control("POST", path, &edit).await.0, status, "{edit}");
    }
}

#[tokio::test]
async fn the_timeline_has_a_step_where_something_changes() {
    let (stage, id) =
        stage_with(FROM_THE_15TH, &[("2026-09-01", 5), ("2026-09-10", 5), ("2026-09-19", 6)]).await;
    let (_, timeline) =
        stage.control("GET", "/autotask/contracts/1004/timeline", &Value::Null).await;
    let text = timeline.to_string();
    assert_eq!(timeline[0]["contract_service_id"], id);
    assert_eq!(timeline[0]["service_id"], SERVICE);
    assert_eq!(timeline[0]["service_name"], "By hand");
    let steps = timeline[0]["steps"].as_array().unwrap();
    let dates: Vec<_> = steps.iter().map(|step| step["date"].as_str().unwrap()).collect();
    assert_eq!(dates, ["2026-09-01", "2026-09-19"], "{text}");
    assert_eq!(steps[1]["units"], 6);
    assert_eq!(steps[1]["unit_price"].to_string(), "8.0000");
    assert_eq!(steps[1]["unit_cost"].to_string(), "6.9000");
    let missing = stage.control("GET", "/autotask/contracts/9/timeline", &Value::Null).await;
    assert_eq!(missing.0, 404);
}

#[tokio::test]
async fn a_change_below_the_posted_edge_leaves_the_posted_row_and_bills_the_difference() {
    let (stage, id) = stage_with(MONTHLY, &[("2026-09-01", 5)]).await;
    let posting = json!({"contract_id": MONTHLY, "through": "2026-09-30"});
    let posted = stage.control("POST", "/autotask/post", &posting).await;
    assert_eq!(posted, (200, json!({"posted": 1})));
    assert_eq!(stage.control("POST", "/autotask/post", &posting).await.1["posted"], 0);
    let body = json!({"contractServiceID": id, "effectiveDate": "2026-09-19", "unitChange": 1});
    assert_eq!(stage.adjust(MONTHLY, &body).await.0, 200);
    let units = stage.units(id).await;
    assert_eq!((units[0].2, units[0].3.as_str()), (5, "40.0000"));
    assert_eq!((units[1].2, units[1].3.as_str()), (6, "3.2000"));
    let items = stage.found("BillingItems", &json!([])).await;
    let amounts: Vec<_> = items.iter().map(|item| item["extendedPrice"].to_string()).collect();
    assert_eq!(amounts, ["40.0000", "3.2000"]);
    assert!(items[0]["contractServicePeriodID"].is_i64());
    assert!(items[1]["contractServiceAdjustmentID"].is_i64());
    let filter = json!([{"op": "exist", "field": "approveAndPostDate"}]);
    assert_eq!(stage.found("ContractServiceUnits", &filter).await.len(), 1);
}

#[tokio::test]
async fn a_deleted_service_is_gone_and_its_name_free() {
    let stage = stage().await;
    stage.control("POST", "/autotask/services/41", &json!({"deleted": true})).await;
    assert_eq!(stage.get("Services/41").await.1["item"], Value::Null);
    let body = json!({"name": "By hand", "billingCodeID": 501, "periodType": 2, "unitPrice": 1});
    assert_eq!(stage.post("Services", &body).await.0, 200);
}

#[tokio::test]
async fn a_generated_world_starts_advances_and_says_where_it_is() {
    let world = WorldSettings { customers: 10, subscriptions: 4, ..WorldSettings::default() };
    let settings = SimSettings { world: world.clone(), ..SimSettings::default() };
    let _ = rustls::crypto::ring::default_provider().install_default();
    let simulation = Simulation::start(settings).await.unwrap();
    let line = serde_json::to_value(simulation.addresses()).unwrap();
    let base = line["autotask"]["base_url"].as_str().unwrap();
    assert!(base.ends_with("/ATServicesRest/"));
    assert!(line.get("connectwise").is_none());
    assert_eq!(line["prism"]["client_id"], World::generate(&world).credentials().client_id);
    let client = crate::loopback::client();
    let control = line["control_url"].as_str().unwrap();
    let advance = client.post(format!("{control}/month/advance")).send().await.unwrap();
    let advance: Value = serde_json::from_str(&advance.text().await.unwrap()).unwrap();
    assert_eq!(advance, json!({"usage_month": "2026-10"}));
    let mappings = client.get(format!("{control}/mappings")).send().await.unwrap();
    let mappings: Vec<Value> = serde_json::from_str(&mappings.text().await.unwrap()).unwrap();
    assert_eq!(mappings.len(), simulation.true_mappings().len());
    assert!(!mappings.is_empty());
    let expected = json!({"mappings": [], "azure": false, "months": ["2026-09"]});
    let request = client.post(format!("{control}/expected")).body(expected.to_string());
    assert_eq!(request.send().await.unwrap().text().await.unwrap(), "[]");
    let help = client.get(format!("{control}/")).send().await.unwrap().text().await.unwrap();
    assert!(help.contains("/journal/summary"));
}

#[tokio::test]
async fn stopping_breaks_open_connections_and_frees_the_ports() {
    let stage = stage().await;
    assert_eq!(stage.get("Version").await.0, 200);
    let port = stage.addresses.autotask.base_url.split([':', '/']).nth(4).unwrap().to_owned();
    stage.simulation.stop().await;
    let again = stage.client.get(format!("http://127.0.0.1:{port}/")).send().await;
    assert!(again.is_err());
    assert!(tokio::net::TcpListener::bind(format!("127.0.0.1:{port}")).await.is_ok());
}

#[rstest]
#[case::no_body("POST", "/expected", json!(null))]
#[case::a_tenant_nobody_knows("POST", "/expected", json!({"mappings": [{"tenant": "nobody.example",
    "contract_id": 1, "first_month": "2026-09"}], "azure": false, "months": ["2026-09"]}))]
#[case::a_month_that_is_none("POST", "/expected", json!({"mappings": [], "months": ["2026-13"]}))]
#[case::text_for_a_truth("POST", "/autotask/user", json!({"locked": "yes"}))]
#[case::no_truth("POST", "/autotask/user", json!({}))]
#[case::half_a_unit("POST", "/autotask/contract-services/1/units",
    json!({"date": "2026-09-10", "units": 1.5}))]
#[case::no_such_day("POST", "/autotask/contract-services/1/units",
    json!({"date": "2026-09-31", "units": 1}))]
#[case::below_zero("POST", "/autotask/contract-services/1/units",
    json!({"date": "2026-09-10", "units": -1}))]
#[case::before_the_contract("POST", "/autotask/contract-services/1/units",
    json!({"date": "1999-09-10", "units": 1}))]
#[case::no_id("GET", "/autotask/contracts/x/timeline", json!(null))]
#[case::no_month("GET", "/autotask/contracts/1001/bill", json!(null))]
#[case::half_a_month("GET", "/autotask/contracts/1001/bill?month=2026-9", json!(null))]
#[case::month_13("GET", "/autotask/contracts/1001/bill?month=2026-13", json!(null))]
#[tokio::test]
async fn a_malformed_wish_is_a_400_and_changes_nothing(
    #[case] method: &str,
    #[case] path: &str,
    #[case] body: Value,
) {
    let (stage, _) = stage_with(1001, &[("2026-09-01", 5)]).await;
    let before = stage.control("GET", "/autotask/contracts/1001/timeline", &json!(null)).await;
    assert_eq!(stage.control(method, path, &body).await.0, 400);
    let after = stage.control("GET", "/autotask/contracts/1001/timeline", &json!(null)).await;
    assert_eq!(after, before);
    assert_eq!(stage.get("Version").await.0, 200);
}

#[rstest]
#[case("/nowhere")]
#[case("/autotask/contracts/4711/timeline")]
#[case("/autotask/contracts/4711/bill?month=2026-09")]
#[tokio::test]
async fn what_is_not_there_is_a_404_in_words(#[case] path: &str) {
    let (status, body) = stage().await.control("GET", path, &json!(null)).await;
    assert_eq!(status, 404);
    assert!(body["error"].as_str().is_some_and(|text| !text.is_empty()), "{body}");
}

#[tokio::test]
async fn the_rows_of_a_world_are_the_same_whenever_it_is_started() {
    let world = WorldSettings { customers: 12, kind: WorldKind::Troubled, ..Default::default() };
    let mut seen = Vec::new();
    for _ in 0..2 {
        let rows = World::generate(&world).autotask_seed();
        let stage = stage_of(&rows, SimSettings::default()).await;
        let mut told = Vec::new();
        for entity in ["Companies", "Contracts", "Services", "BillingCodes", "ContractServices"] {
            told.push(
                stage.found(entity, &json!([{"op": "gte", "field": "id", "value": 0}])).await,
            );
        }
        seen.push(told);
    }
    assert_eq!(seen[0], seen[1]);
}

#[tokio::test]
async fn the_months_go_on_for_two_years_and_each_has_its_invoice() {
    let world = WorldSettings { customers: 2, ..WorldSettings::default() };
    let simulation =
        Simulation::start(SimSettings { world, ..SimSettings::default() }).await.unwrap();
    let client = crate::loopback::client();
    let url = format!("{}/month/advance", simulation.addresses().control_url);
    let mut months = Vec::new();
    for _ in 0..24 {
        let reply: Value = client.post(&url).send().await.unwrap().json().await.unwrap();
        months.push(reply["usage_month"].as_str().unwrap().to_owned());
    }
    assert_eq!((&*months[0], &*months[3], &*months[23]), ("2026-10", "2027-01", "2028-09"));
    let sorted = months.windows(2).all(|pair| pair[0] < pair[1]);
    assert!(sorted, "{months:?}");
}

#[tokio::test]
async fn bad_faults_at_the_start_are_an_error() {
    let settings = SimSettings { faults: Some("{}".into()), ..SimSettings::default() };
    let world = World::generate(&WorldSettings { customers: 1, ..WorldSettings::default() });
    assert!(Simulation::start_with(world, settings).await.is_err());
}

#[tokio::test]
async fn a_port_base_fixes_every_port() {
    let started = async |base: u16| {
        let world = WorldSettings { customers: 1, subscriptions: 1, ..WorldSettings::default() };
        let settings = SimSettings { world, port_base: Some(base), ..SimSettings::default() };
        Simulation::start(settings).await.map(|simulation| (base, simulation))
    };
    let mut found = None;
    for base in (21_000..24_000).step_by(10) {
        found = started(base).await.ok();
        if found.is_some() {
            break;
        }
    }
    let (base, simulation) = found.unwrap();
    let addresses = simulation.addresses();
    let at = |offset: u16| format!("http://127.0.0.1:{}", base + offset);
    assert_eq!(addresses.prism.api_url, at(0));
    assert_eq!(addresses.prism.identity_url, at(1));
    assert_eq!(addresses.autotask.base_url, format!("{}/ATServicesRest/", at(2)));
    assert_eq!(addresses.control_url, at(4));
    assert_eq!(
        started(65_534).await.err().map(|error| error.kind()),
        Some(std::io::ErrorKind::InvalidInput)
    );
}
