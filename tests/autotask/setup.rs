//! Finding the zone, proving credentials, looking at rights and budget (wire/autotask 1, 2, 7, 8).

use std::sync::atomic::{AtomicUsize, Ordering};

use prism_connect::{
    domain::{ReadError, Side},
    psa::Psa,
};
use rstest::rstest;
use serde_json::json;

use super::stub::{Answer, SECRET, Stub};

const DISCOVERY: &str = "zoneInformation?user=api%2Buser%40example.com";

fn zone(url: &str) -> Answer {
    Answer::ok(
        &json!({"zoneName": "Two", "url": url, "webUrl": "https://ww2.autotask.net/", "ci": 1}),
    )
}

fn code(error: &ReadError) -> String {
    error.finding().code
}

#[rstest]
#[case::with_a_slash("/ATServicesRest/")]
#[case::without("/ATServicesRest")]
#[tokio::test]
async fn the_zone_is_discovered_once_without_credentials(#[case] path: &'static str) {
    let stub = Stub::start(move |asked, origin| {
        (asked.path == DISCOVERY).then(|| zone(&format!("{origin}{path}")))
    })
    .await;
    let client = stub.discovering();
    client.services().await.expect("services");
    client.clone().services().await.expect("services");
    let journal = stub.journal();
    let discoveries: Vec<_> = journal.iter().filter(|asked| asked.path == DISCOVERY).collect();
    assert_eq!(discoveries.len(), 1);
    let told = format!("{:?}", discoveries[0].headers);
    assert!(!told.contains(SECRET) && !told.contains("apiintegrationcode"), "{told}");
    assert!(stub.lines().contains(&"POST Services/query".to_owned()), "{:?}", stub.lines());
}

#[tokio::test]
async fn an_unknown_user_has_no_zone() {
    let text = "Zone information could not be determined";
    let stub = Stub::answering(DISCOVERY, Answer::errors(500, text)).await;
    let error = stub.discovering().services().await.expect_err("no zone");
    assert_eq!((code(&error), error.finding().text), ("zone".to_owned(), text.to_owned()));
    assert_eq!(stub.lines(), [format!("GET {DISCOVERY}")], "no credentials were sent");
}

#[tokio::test]
async fn a_zone_elsewhere_gets_no_credentials() {
    let stub = Stub::start(|asked, _| {
        (asked.path == DISCOVERY).then(|| zone("https://autotask.example.org/ATServicesRest/"))
    })
    .await;
    let error = stub.discovering().services().await.expect_err("a foreign zone");
    assert_eq!(code(&error), "zone");
}

#[tokio::test]
async fn a_moved_tenant_is_found_again_once_after_a_401() {
    let asked_for = AtomicUsize::new(0);
    let stub = Stub::start(move |asked, origin| {
        if asked.path == DISCOVERY {
            let first = asked_for.fetch_add(1, Ordering::Relaxed) == 0;
            let place = if first { "old/ATServicesRest" } else { "ATServicesRest" };
            return Some(zone(&format!("{origin}/{place}/")));
        }
        asked.path.starts_with("/old/").then(|| Answer::empty(401))
    })
    .await;
    let client = stub.discovering();
    client.contracts(None).await.expect("the new zone answers");
    let discoveries = stub.lines().iter().filter(|line| line.contains("zoneInformation")).count();
    assert_eq!(discoveries, 2);
}

#[tokio::test]
async fn a_401_in_the_same_zone_is_final() {
    let stub = Stub::start(|asked, origin| {
        if asked.path == DISCOVERY {
            return Some(zone(&format!("{origin}/ATServicesRest/")));
        }
        (asked.path == "Version").then(|| Answer::empty(401))
    })
    .await;
    let error = stub.discovering().probe().await.expect_err("locked");
    assert!(matches!(error, ReadError::Unauthorized { side: Side::Target, .. }), "{error:?}");
    let logins = stub.lines().iter().filter(|line| line.ends_with("Version")).count();
    assert_eq!(logins, 1, "repeated bad logins may lock the user");
    let finding = error.finding();
    assert!(finding.text.starts_with("Error executing AutoTask GET request to 'http://127.0.0.1"));
    assert!(finding.text.ends_with("Status code: Unauthorized."), "{}", finding.text);
}

#[tokio::test]
async fn a_401_stops_at_once_where_the_zone_is_configured() {
    let stub = Stub::start(|_, _| Some(Answer::empty(401))).await;
    let error = stub.client().companies().await.expect_err("locked");
    assert!(matches!(error, ReadError::Unauthorized { side: Side::Target, .. }), "{error:?}");
    assert_eq!(stub.lines().len(), 1);
}

fn access(create: i64, query: i64, update: i64) -> Answer {
    Answer::ok(
        &json!({"info": {"name": "X", "canCreate": true, "canQuery": true, "canUpdate": true,
        "userAccessForCreate": create, "userAccessForQuery": query, "userAccessForUpdate": update}}),
    )
}

#[tokio::test]
async fn the_probe_names_each_missing_right_and_where_to_set_it() {
    let stub = Stub::start(|asked, _| match asked.path.as_str() {
        "Version" => Some(Answer::ok(&json!({"majorVersion": "2026", "minorVersion": "1",
            "build": "7", "customerType": "Production"}))),
        "Services/entityInformation" => Some(access(0, 1, 0)),
        "ContractServiceUnits/entityInformation" => Some(Answer::html(404)),
        "Companies/entityInformation" => Some(access(0, 2, 0)),
        "Companies/query/count" => Some(Answer::ok(&json!({"queryCount": 0}))),
        path if path.ends_with("/entityInformation") => Some(access(1, 1, 1)),
        _ => None,
    })
    .await;
    let probe = stub.client().probe().await.expect("a probe");
    assert_eq!(probe.version.as_deref(), Some("2026.1.7"));
    assert_eq!(probe.budget, Some((9988, 10000)));
    assert_eq!(probe.url, format!("{}/ATServicesRest/", stub.origin));
    let right = |name: &str| {
        let found = probe.rights.iter().find(|right| right.name == name);
        found.unwrap_or_else(|| panic!("{name} is not looked at"))
    };
    assert_eq!(right("Services: create").granted, Some(false));
    assert!(right("Services: update").advice.contains("Products, Services & Inventory"));
    assert_eq!(
        (right("Services: read").granted, right("Services: read").advice.as_str()),
        (Some(true), "")
    );
    assert_eq!(right("ContractServiceUnits: read").granted, None);
    assert!(right("Companies: read").advice.contains("restricted"));
    assert_eq!(right("Companies: read vendors").granted, None);
    assert!(right("Companies: read vendors").advice.contains("Vendor & Partners"));
    assert_eq!(right("ContractServiceAdjustments: create").granted, Some(true));
}

#[tokio::test]
async fn the_budget_is_looked_at_rarely() {
    let looks = std::sync::Arc::new(AtomicUsize::new(0));
    let counted = std::sync::Arc::clone(&looks);
    let stub = Stub::start(move |asked, _| {
        if asked.path == "ThresholdInformation" {
            counted.fetch_add(1, Ordering::Relaxed);
        }
        None
    })
    .await;
    let client = stub.client();
    for _ in 0..30 {
        client.contracts(None).await.expect("contracts");
    }
    assert_eq!(looks.load(Ordering::Relaxed), 1);
    assert_eq!(client.requests(), 1 + 1 + 30, "the look, the fields once, the queries");
}

#[tokio::test]
async fn a_budget_that_is_not_told_stops_nothing() {
    let stub = Stub::answering("ThresholdInformation", Answer::html(404)).await;
    stub.client().contracts(None).await.expect("contracts");
}
