//! Customers that leave a contract: nothing changes by that, and a plan is offered that takes their seats away (1.8).

use prism_connect::{
    domain::outcome::Outcome,
    engine::{
        protocol::{Answer, MapDraft, SyncRequest, command},
        views::AttentionView,
    },
};
use rstest::rstest;

use crate::{
    checks::{
        BASIC, OTHER, SEPTEMBER, Writes, contract, customers, ended, plan_of, ready, says, settled,
        steps, units, warnings, world, writes,
    },
    rig::{Rig, pretty},
    scenario::{Scenario, tenants::TenantPlan},
};

const HARBOUR: &str = "harbour.onmicrosoft.com";

fn left_behind() -> SyncRequest {
    SyncRequest { left_behind: true, ..customers() }
}

async fn attention(rig: &Rig) -> Vec<AttentionView> {
    let Answer::Status(status) = rig.ask(command::Status).await else { panic!("a status") };
    status.attention.into_iter().filter(|one| one.id.starts_with("left-")).collect()
}

fn two_services() -> Scenario {
    world("2026-09").tenant("harbour", |tenant| {
        tenant
            .subscription(BASIC, |bought| bought.from("2026-09-01", 5))
            .subscription(OTHER, |bought| bought.from("2026-09-10", 2))
    })
}

async fn unmap(rig: &Rig) {
    rig.ask(command::Unmap { tenant: HARBOUR.to_owned() }).await;
    rig.simulation.journal().reset();
}

#[tokio::test]
async fn an_unmapped_customers_seats_stay_until_they_are_taken_away() {
    let mut rig = ready(two_services(), SEPTEMBER).await;
    ended(&rig.sync().await, Outcome::Success);
    unmap(&rig).await;
    rig.month_passes().await;
    ended(&rig.sync().await, Outcome::NoChange);
    assert_eq!(writes(&rig), Writes { rows: 0, adjustments: 0 });
    let told = attention(&rig).await;
    assert!(told.len() == 1 && told[0].text.contains("7 seats"), "{told:#?}");
    let plan = plan_of(&rig, left_behind()).await;
    let days: Vec<_> = plan.operations.iter().map(|one| (one.units, one.effective)).collect();
    let first = Some("2026-10-01".parse().expect("a day"));
    assert_eq!(days.len(), 2, "{plan:#?}");
    assert!(days.contains(&(-5, first)) && days.contains(&(-2, first)), "{days:?}");
    assert!(
        plan.operations.iter().next().is_some_and(|one| one.reason.contains("not linked")),
        "{plan:#?}"
    );
    let report = rig.sync_as(SyncRequest { plan: Some(plan.saved), ..left_behind() }).await;
    ended(&report, Outcome::Success);
    assert_eq!(report.customers.len(), 1, "{}", pretty(&report));
    let stands = [("2026-09-01", 5), ("2026-10-01", 0)];
    assert_eq!(units(&rig, "harbour", BASIC).await, steps(&stands));
    assert_eq!(units(&rig, "harbour", OTHER).await, steps(&[("2026-09-10", 2), ("2026-10-01", 0)]));
    assert_eq!(attention(&rig).await, []);
    ended(&rig.sync_as(left_behind()).await, Outcome::NoChange);
}

#[tokio::test]
async fn a_customer_that_moves_starts_with_the_next_invoice_and_its_old_seats_are_offered() {
    let scenario = two_services()
        .tenant("labs", |tenant| tenant.subscription(BASIC, |bought| bought.from("2026-09-01", 3)));
    let mut rig = ready(scenario, SEPTEMBER).await;
    ended(&rig.sync().await, Outcome::Success);
    let old = contract(&rig, "harbour");
    let labs = rig.simulation.true_mappings().into_iter().find(|one| one.domain != HARBOUR);
    let labs = labs.expect("labs");
    rig.ask(command::Unmap { tenant: labs.domain.clone() }).await;
    let draft = MapDraft {
        tenant: HARBOUR.to_owned(),
        company: labs.company_id.to_string(),
        contract: labs.contract_id.to_string(),
        sync: Some(true),
        from: None,
        pricing: None,
    };
    rig.ask(command::Map { draft }).await;
    rig.simulation.journal().reset();
    ended(&rig.sync().await, Outcome::NoChange);
    assert_eq!(attention(&rig).await.len(), 2, "both left something");
    rig.month_passes().await;
    ended(&rig.sync().await, Outcome::Success);
    let new = rig.timelines(labs.contract_id).await;
    assert_eq!(new[&format!("PC_{OTHER}")], steps(&[("2026-10-01", 2)]));
    let tenants = vec![HARBOUR.to_owned()];
    let report = rig.sync_as(SyncRequest { tenants, ..left_behind() }).await;
    ended(&report, Outcome::Success);
    let stands = rig.timelines(old).await;
    assert_eq!(stands[&format!("PC_{BASIC}")], steps(&[("2026-09-01", 5), ("2026-10-01", 0)]));
    assert_eq!(attention(&rig).await.len(), 1, "labs was not asked for");
    rig.simulation.journal().reset();
    settled(&rig).await;
}

/// The neighbour's services are set right by its next invoice, and not by this.
#[tokio::test]
async fn seats_on_a_neighbours_service_are_left_to_its_next_invoice() {
    let neighbour = |tenant: TenantPlan| {
        tenant.on_contract_of("harbour").subscription(BASIC, |bought| bought.from("2026-09-01", 3))
    };
    let mut rig = ready(two_services().tenant("labs", neighbour), SEPTEMBER).await;
    ended(&rig.sync().await, Outcome::Success);
    unmap(&rig).await;
    ended(&rig.sync_as(left_behind()).await, Outcome::Success);
    assert_eq!(units(&rig, "harbour", BASIC).await, steps(&[("2026-09-01", 8)]));
    let gone = steps(&[("2026-09-10", 2), ("2026-10-01", 0)]);
    assert_eq!(units(&rig, "harbour", OTHER).await, gone);
    rig.month_passes().await;
    let report = rig.sync().await;
    ended(&report, Outcome::Warning);
    let told = "5 seats of customers that are not linked to this contract any more";
    assert!(says(&warnings(&report), told), "{}", pretty(&report));
    let stands = steps(&[("2026-09-01", 8), ("2026-10-01", 3)]);
    assert_eq!(units(&rig, "harbour", BASIC).await, stands);
    settled(&rig).await;
}

#[tokio::test]
async fn a_customer_that_is_mapped_again_has_left_nothing() {
    let rig = ready(two_services(), SEPTEMBER).await;
    ended(&rig.sync().await, Outcome::Success);
    unmap(&rig).await;
    rig.map_all(|_| {}).await;
    assert_eq!(attention(&rig).await, []);
    assert!(plan_of(&rig, left_behind()).await.operations.is_empty());
    settled(&rig).await;
}

#[rstest]
#[case::in_the_first(1)]
#[case::in_the_second(2)]
#[tokio::test]
async fn killed_on_the_way_the_rest_is_taken_away(#[case] write: u64) {
    let mut rig = ready(two_services(), SEPTEMBER).await;
    ended(&rig.sync().await, Outcome::Success);
    unmap(&rig).await;
    assert!(rig.killed_as(left_behind(), write).await);
    rig.sync().await;
    assert_eq!(writes(&rig), Writes { rows: 0, adjustments: 2 });
    for sku in [BASIC, OTHER] {
        assert_eq!(units(&rig, "harbour", sku).await.last(), Some(&("2026-10-01".to_owned(), 0)));
    }
    assert_eq!(attention(&rig).await, []);
}
