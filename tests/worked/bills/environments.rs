//! The environments on both sides: a test distributor's invoices do not become a real customer's bill.

use prism_connect::{
    domain::outcome::Outcome,
    engine::{
        protocol::{About, Answer, Command, ConnectionDraft, RefusalKind, SyncRequest, command},
        views::{DoctorView, EnvironmentsView},
    },
};

use crate::{
    checks::{BASIC, Writes, ended, ready, settled, steps, units, world, writes},
    rig::Rig,
    scenario::Scenario,
};

fn five_seats() -> Scenario {
    world("2026-09").tenant("harbour", |tenant| {
        tenant.subscription(BASIC, |bought| bought.from("2026-09-01", 5))
    })
}

async fn prism_is(rig: &Rig, word: &str) {
    let draft = ConnectionDraft::Prism {
        environment: Some(word.to_owned()),
        api_url: None,
        identity_url: None,
        client_id: None,
        client_secret: None,
        plain_http: None,
    };
    rig.ask(command::SaveConnection { draft }).await;
}

async fn environments(rig: &Rig) -> EnvironmentsView {
    match rig.ask(command::Status).await {
        Answer::Status(status) => status.environments.expect("both are connected"),
        other => panic!("{other:?}"),
    }
}

async fn refused(rig: &Rig) {
    rig.simulation.journal().reset();
    let sync = Command::from(command::Sync { request: SyncRequest::default() });
    let refusal = rig.try_ask(sync).await.expect_err("a mixed pair");
    assert_eq!(
        (refusal.kind, refusal.finding.code.as_str()),
        (RefusalKind::Failed, "mixed_environments")
    );
    assert!(refusal.finding.text.starts_with("PRISM UAT → Autotask PROD"), "{refusal:?}");
    assert_eq!(writes(rig), Writes { rows: 0, adjustments: 0 });
}

async fn doctor(rig: &Rig) -> Outcome {
    let Answer::Doctor(DoctorView { checks }) = rig.ask(command::Doctor).await else { panic!() };
    checks.into_iter().find(|check| check.name == "environments").expect("a check").outcome
}

#[tokio::test]
async fn a20_a_test_environment_is_not_synced_into_production_until_that_was_confirmed_once() {
    let rig = ready(five_seats(), (2026, 9)).await;
    assert_eq!(environments(&rig).await.to_string(), "PRISM PROD → Autotask PROD");
    prism_is(&rig, "UAT").await;
    let seen = environments(&rig).await;
    assert!(seen.mixed && !seen.confirmed, "{seen:?}");
    assert_eq!(doctor(&rig).await, Outcome::Failure);
    let request = SyncRequest::default();
    let Answer::Plan(About { found: plan, .. }) = rig.ask(command::Plan { request }).await else {
        panic!()
    };
    assert!(
        plan.findings.iter().any(|finding| finding.code.as_str() == "mixed_environments"),
        "{plan:?}"
    );
    refused(&rig).await;

    let other = EnvironmentsView { target: "Autotask UAT".to_owned(), ..seen.clone() };
    let refusal = rig.try_ask(command::ConfirmEnvironments { seen: other }).await;
    assert_eq!(
        refusal.expect_err("not what is there").finding.code.as_str(),
        "environments_changed"
    );
    refused(&rig).await;

    rig.ask(command::ConfirmEnvironments { seen }).await;
    assert_eq!(doctor(&rig).await, Outcome::Success);
    ended(&rig.sync().await, Outcome::Success);
    assert_eq!(units(&rig, "harbour", BASIC).await, steps(&[("2026-09-01", 5)]));
    settled(&rig).await;
}

#[tokio::test]
async fn a20_what_was_confirmed_for_one_pair_says_nothing_of_another_and_case_is_no_difference() {
    let rig = ready(five_seats(), (2026, 9)).await;
    prism_is(&rig, "prod").await;
    assert!(!environments(&rig).await.mixed);
    prism_is(&rig, "STAGING").await;
    let seen = environments(&rig).await;
    rig.ask(command::ConfirmEnvironments { seen }).await;
    assert!(environments(&rig).await.confirmed);
    prism_is(&rig, "UAT").await;
    assert!(!environments(&rig).await.confirmed);
    refused(&rig).await;
}
