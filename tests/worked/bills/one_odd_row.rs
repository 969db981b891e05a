//! One row that cannot be understood stops what depends on it, by name, and nobody else.

use prism_connect::{
    domain::{outcome::Outcome, run::RunReport},
    engine::{
        protocol::{Answer, command},
        views::DoctorView,
    },
};
use rstest::rstest;
use serde_json::{Value, json};

use crate::{
    checks::{
        BASIC, OTHER, attention, contract, errors, says, september_after_august, steps, units,
        world,
    },
    rig::{Rig, Setup, pretty},
};

/// Two customers on contracts of their own, 5 seats each in August, 6 in September; August is applied.
async fn two_customers() -> Rig {
    let bought = |tenant: &str, sku: &'static str| {
        let name = tenant.to_owned();
        move |scenario: crate::scenario::Scenario| {
            scenario.tenant(&name, |tenant| {
                tenant.subscription(sku, |bought| {
                    bought.span("2026-08-01", "2026-08-31", 5).from("2026-09-01", 6)
                })
            })
        }
    };
    let scenario = bought("kiama", OTHER)(bought("harbour", BASIC)(world("2026-08")));
    september_after_august(scenario, Setup::default()).await
}

fn outcome_of(report: &RunReport, tenant: &str) -> Outcome {
    let row = report.customers.iter().find(|row| row.tenant.starts_with(tenant));
    row.unwrap_or_else(|| panic!("{tenant}: {}", pretty(report))).status
}

async fn serve(rig: &Rig, kind: &str, chosen: Value, set: Value) {
    let rows = json!({"rows": [{"system": "autotask", "kind": kind, "where": chosen, "set": set}]});
    rig.control("odd", &rows).await;
}

async fn doctor(rig: &Rig) -> DoctorView {
    match rig.ask(command::Doctor).await {
        Answer::Doctor(view) => view,
        other => panic!("{other:?}"),
    }
}

#[rstest]
#[case::unknown_contract_service(json!({"contractServiceID": 999_999}), "contractServiceID is 999999")]
#[case::half_a_unit(json!({"units": 2.5}), "units is 2.5")]
#[case::less_than_nothing(json!({"units": -3}), "units is -3")]
#[case::the_year_one(json!({"startDate": "0001-01-01T00:00:00"}), "startDate is")]
#[tokio::test]
async fn b01_an_odd_unit_row_fails_its_own_contract_and_is_named(
    #[case] set: Value,
    #[case] says_what: &str,
) {
    let rig = two_customers().await;
    let own = contract(&rig, "harbour");
    serve(&rig, "ContractServiceUnits", json!({"contractID": own}), set).await;
    let report = rig.sync().await;
    assert_eq!(outcome_of(&report, "harbour"), Outcome::Failure, "{}", pretty(&report));
    assert_eq!(outcome_of(&report, "kiama"), Outcome::Success, "{}", pretty(&report));
    assert!(says(&errors(&report), says_what), "{}", pretty(&report));
    assert!(says(&errors(&report), "ContractServiceUnits"), "{}", pretty(&report));
    assert!(!pretty(&report).contains("Something between here and Autotask"));
    let stands = units(&rig, "kiama", OTHER).await;
    assert_eq!(stands, steps(&[("2026-08-01", 5), ("2026-09-01", 6)]));
    let found = doctor(&rig).await;
    let told = found.checks.iter().find(|check| check.text.contains(says_what));
    assert_eq!(told.map(|check| check.outcome), Some(Outcome::Failure), "{found:?}");
}

#[tokio::test]
async fn b01_a_row_mended_is_synced_by_the_next_run() {
    let rig = two_customers().await;
    let own = contract(&rig, "harbour");
    serve(&rig, "ContractServiceUnits", json!({"contractID": own}), json!({"units": 2.5})).await;
    assert_eq!(rig.sync().await.header.status, Outcome::Failure);
    let mended = crate::loopback::client().delete(rig.url("odd")).send().await.expect("an answer");
    assert!(mended.status().is_success());
    let report = rig.sync().await;
    assert_eq!(outcome_of(&report, "harbour"), Outcome::Success, "{}", pretty(&report));
    let stands = units(&rig, "harbour", BASIC).await;
    assert_eq!(stands, steps(&[("2026-08-01", 5), ("2026-09-01", 6)]));
}

#[tokio::test]
async fn b02_a_company_without_an_id_is_left_out_and_told() {
    let rig = two_customers().await;
    let rows = json!({"rows": [{
        "system": "autotask", "kind": "Companies", "where": {}, "set": {"id": null}, "beside": true,
    }]});
    rig.control("odd", &rows).await;
    let Answer::Companies(companies) = rig.ask(command::Companies).await else { panic!() };
    assert!(!companies.is_empty());
    let report = rig.sync().await;
    assert_eq!(report.header.status, Outcome::Success, "{}", pretty(&report));
    let found = doctor(&rig).await;
    assert!(found.checks.iter().any(|check| check.text.contains("id is null")), "{found:?}");
}

#[tokio::test]
async fn b03_a_retired_value_with_the_same_label_is_not_taken() {
    let rig = two_customers().await;
    rig.control("assumptions", &json!({"picklists": "inactive_duplicate"})).await;
    let mut rig = rig;
    rig.leave().await;
    rig.revive().await;
    let report = rig.sync().await;
    assert_eq!(report.header.status, Outcome::Success, "{}", pretty(&report));
}

#[tokio::test]
async fn b04_a_company_made_inactive_is_told_by_the_doctor_and_the_status() {
    let rig = two_customers().await;
    let Answer::Companies(companies) = rig.ask(command::Companies).await else { panic!() };
    let harbour = companies.iter().find(|one| one.name.to_lowercase().contains("harbour"));
    let id = harbour.expect("the company").id;
    rig.control(&format!("autotask/companies/{id}"), &json!({"isActive": false})).await;
    let found = doctor(&rig).await;
    let told = found.checks.iter().find(|check| check.text.contains("is inactive"));
    assert_eq!(told.map(|check| check.outcome), Some(Outcome::Warning), "{found:?}");
    let all = attention(&rig).await;
    assert!(all.iter().any(|one| one.text.contains("is inactive")), "{all:?}");
    rig.control(&format!("autotask/companies/{id}"), &json!({"isActive": true})).await;
    rig.ask(command::Companies).await;
    assert_eq!(attention(&rig).await, []);
}
