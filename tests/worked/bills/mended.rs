//! What failed is tried again for all whom its cause befell, without those who cannot be synced; a name already used is one
//! cause with one way out, wherever it is met.

use prism_connect::domain::Thing;
use prism_connect::{
    domain::outcome::Outcome,
    engine::{
        protocol::{Answer, SyncRequest, command},
        views::{CauseView, Mend},
    },
};
use serde_json::json;

use crate::{
    checks::{
        BASIC, SEPTEMBER, by_another, customers, ended, plan_of, says, settled, units, world,
    },
    rig::{Rig, Setup, pretty},
    scenario::Scenario,
};

const HARBOUR: &str = "harbour.onmicrosoft.com";
const KIAMA: &str = "kiama.onmicrosoft.com";

fn two_of_one_product() -> Scenario {
    world("2026-09")
        .tenant("harbour", |tenant| {
            tenant.subscription(BASIC, |bought| bought.from("2026-09-01", 6))
        })
        .tenant("kiama", |tenant| tenant.subscription(BASIC, |bought| bought.from("2026-09-01", 4)))
}

/// Both customers wait for a product whose service name is used by another.
async fn name_used() -> Rig {
    let setup = Setup { month: SEPTEMBER, ..Setup::default() };
    let rig = Rig::connected(
        two_of_one_product().world(),
        setup,
        prism_connect::sim::SimSettings::default(),
    )
    .await;
    rig.map_all(|_| {}).await;
    let Answer::Program(program) = rig.ask(command::Program { choices: false }).await else {
        panic!()
    };
    let code = program.options.chosen.of(Thing::BillingCode).expect("a billing code").id;
    let service = json!({"name": format!("PC_{BASIC}"), "billingCodeID": code, "periodType": 2,
        "unitPrice": 1.0, "unitCost": 1.0, "isActive": true});
    by_another(&rig, "POST", "Services", &service).await;
    let made = rig.sync_scope(prism_connect::engine::protocol::Scope::Products).await;
    assert_eq!(made.header.status, Outcome::Failure, "{}", pretty(&made));
    let report = rig.sync().await;
    assert_eq!(report.header.status, Outcome::Failure, "{}", pretty(&report));
    rig
}

async fn causes(rig: &Rig) -> Vec<CauseView> {
    match rig.ask(command::Status).await {
        Answer::Status(status) => status.causes,
        other => panic!("{other:?}"),
    }
}

async fn switch_off(rig: &Rig, tenant: &str) {
    let tenants = vec![tenant.to_owned()];
    rig.ask(command::SetSync { tenants, on: false, skip_missed: None }).await;
}

/// As `r` asks for it.
fn again(cause: &CauseView) -> SyncRequest {
    SyncRequest { tenants: cause.tenants.clone(), retry_failed: true, ..customers() }
}

#[tokio::test]
async fn a_name_already_used_is_one_cause_that_is_mended_by_taking_over() {
    let rig = name_used().await;
    let all = causes(&rig).await;
    let [cause] = &all[..] else { panic!("{all:#?}") };
    let Mend::TakeOver { product, .. } = &cause.mend else { panic!("{cause:#?}") };
    assert_eq!(
        (cause.customers, &cause.tenants[..]),
        (2, &[HARBOUR, KIAMA].map(str::to_owned)[..])
    );
    rig.ask(command::Adopt { product: product.clone() }).await;
    let mended = causes(&rig).await;
    assert_eq!(mended[0].mend, Mend::Retry, "it says that it only waits now: {mended:#?}");
    assert!(mended[0].advice.contains("has a service now"), "{mended:#?}");
    let report = rig.sync_as(again(cause)).await;
    assert_eq!(report.header.status, Outcome::Success, "{}", pretty(&report));
    assert_eq!(causes(&rig).await, []);
    settled(&rig).await;
}

#[tokio::test]
async fn whoever_is_switched_off_is_left_out_of_a_retry_and_named() {
    let rig = name_used().await;
    let cause = causes(&rig).await.remove(0);
    rig.ask(command::Adopt { product: BASIC.to_owned() }).await;
    switch_off(&rig, KIAMA).await;
    let request = again(&cause);
    let plan = plan_of(&rig, request.clone()).await;
    let findings: Vec<_> = plan.findings.iter().collect();
    assert!(says(&findings, "1 customer left out: sync is off (kiama"), "{findings:?}");
    let report = rig.sync_as(SyncRequest { plan: Some(plan.saved), ..request }).await;
    ended(&report, Outcome::Success);
    let note = report.header.note.as_deref().unwrap_or_default();
    assert!(note.contains("1 customer left out"), "{note}");
    assert!(!units(&rig, "harbour", BASIC).await.is_empty());
    assert!(units(&rig, "kiama", BASIC).await.is_empty(), "nothing of it was written");
}

#[tokio::test]
async fn where_nobody_of_them_can_be_synced_that_is_refused() {
    let rig = name_used().await;
    let cause = causes(&rig).await.remove(0);
    switch_off(&rig, KIAMA).await;
    switch_off(&rig, HARBOUR).await;
    let request = again(&cause);
    let refusal = rig.try_ask(command::Plan { request }).await.expect_err("nobody is left");
    assert_eq!(refusal.finding.code.as_str(), "sync_off");
}

#[tokio::test]
async fn who_is_named_for_a_sync_and_switched_off_is_not_left_out_in_silence() {
    let rig = name_used().await;
    switch_off(&rig, KIAMA).await;
    let tenants = vec![HARBOUR.to_owned(), KIAMA.to_owned()];
    let request = SyncRequest { tenants, ..customers() };
    let refusal = rig.try_ask(command::Sync { request }).await.expect_err("it was named");
    assert_eq!(refusal.finding.code.as_str(), "sync_off");
}
