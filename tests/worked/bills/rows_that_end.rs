//! Autotask may keep no row where a service stands at 0: a row that ends is then no quantity that goes on, and seats are
//! neither lost with it nor made up.

use prism_connect::{
    domain::outcome::Outcome,
    engine::protocol::{About, Answer, command},
};
use serde_json::json;

use crate::{
    checks::{
        AUGUST, BASIC, OTHER, Writes, bill, customers, edit, ended, notes, ready, says, settled,
        steps, units, warnings, world, writes,
    },
    rig::{Rig, pretty},
    scenario::tenants::TenantPlan,
};

/// A tenant's world in which no row of 0 units is kept, with everything mapped.
async fn dropping(plan: impl FnOnce(TenantPlan) -> TenantPlan, month: (i32, u32)) -> Rig {
    let text = format!("{}-{:02}", month.0, month.1);
    let rig = ready(world(&text).tenant("kiama", plan), month).await;
    rig.control("assumptions", &json!({ "zero_rows": "drop" })).await;
    rig
}

/// Six seats until 14 September, four again from 10 October.
fn comes_back(tenant: TenantPlan) -> TenantPlan {
    tenant
        .subscription(BASIC, |bought| bought.named("old").span("2026-08-01", "2026-09-14", 6))
        .subscription(BASIC, |bought| bought.named("new").from("2026-10-10", 4))
}

#[tokio::test]
async fn b05_seats_that_went_and_come_back_are_billed_for_their_own_days() {
    let mut rig = dropping(comes_back, AUGUST).await;
    ended(&rig.sync().await, Outcome::Success);
    for (month, outcome) in [("2026-09", Outcome::Success), ("2026-10", Outcome::Success)] {
        rig.month_passes().await;
        let report = rig.sync().await;
        assert_eq!(report.header.status, outcome, "{month}: {}", pretty(&report));
        settled(&rig).await;
    }
    let stands = units(&rig, "kiama", BASIC).await;
    let wanted = [("2026-08-01", 6), ("2026-09-15", 0), ("2026-10-10", 4)];
    assert_eq!(stands, steps(&wanted));
    assert_eq!(bill(&rig, "kiama", "2026-09").await, "22.40");
    assert_eq!(bill(&rig, "kiama", "2026-10").await, "22.71");
}

#[tokio::test]
async fn b05_seats_taken_away_by_hand_are_set_back_where_another_service_shows_it() {
    let plan = |tenant: TenantPlan| {
        tenant
            .subscription(BASIC, |bought| bought.from("2026-08-01", 6))
            .subscription(OTHER, |bought| bought.from("2026-08-01", 2))
    };
    let mut rig = dropping(plan, AUGUST).await;
    ended(&rig.sync().await, Outcome::Success);
    rig.month_passes().await;
    edit(&rig, "kiama", BASIC, ("2026-09-01", 0)).await;
    let report = rig.sync().await;
    ended(&report, Outcome::Success);
    let told = notes(&report);
    assert!(says(&told, "from 6 to 0 on 2026-09-01"), "{}", pretty(&report));
    assert_eq!(units(&rig, "kiama", BASIC).await, steps(&[("2026-08-01", 6)]));
    assert_eq!(bill(&rig, "kiama", "2026-09").await, "78.00");
    settled(&rig).await;
}

#[tokio::test]
async fn b05_a_fall_to_nothing_whose_answer_was_lost_is_found_and_not_sent_again() {
    let plan = |tenant: TenantPlan| {
        tenant.subscription(BASIC, |bought| bought.span("2026-08-01", "2026-09-14", 6))
    };
    let mut rig = dropping(plan, AUGUST).await;
    ended(&rig.sync().await, Outcome::Success);
    rig.month_passes().await;
    rig.simulation.journal().reset();
    let lost = json!({"system": "autotask", "path": "ServiceAdjustments", "times": 1,
        "fault": "cut_after"});
    rig.fault(lost).await;
    let report = rig.sync().await;
    assert!(report.header.status <= Outcome::Warning, "{}", pretty(&report));
    assert_eq!(writes(&rig), Writes { rows: 0, adjustments: 1 }, "{}", pretty(&report));
    let stands = units(&rig, "kiama", BASIC).await;
    assert_eq!(stands, steps(&[("2026-08-01", 6), ("2026-09-15", 0)]));
    rig.no_faults().await;
    settled(&rig).await;
}

#[tokio::test]
async fn b05_months_caught_up_together_come_to_the_same_as_one_by_one() {
    let mut rig = dropping(comes_back, AUGUST).await;
    ended(&rig.sync().await, Outcome::Success);
    rig.month_passes().await;
    rig.month_passes().await;
    let Answer::Plan(About { found: plan, .. }) =
        rig.ask(command::Plan { request: customers() }).await
    else {
        panic!()
    };
    rig.simulation.journal().reset();
    let report = rig.sync().await;
    assert_eq!(report.header.status, Outcome::Success, "{}", pretty(&report));
    assert_eq!(plan.operations.len(), writes(&rig).adjustments, "{plan:?}");
    let stands = units(&rig, "kiama", BASIC).await;
    let wanted = [("2026-08-01", 6), ("2026-09-15", 0), ("2026-10-10", 4)];
    assert_eq!(stands, steps(&wanted));
    assert!(warnings(&report).is_empty(), "{}", pretty(&report));
    settled(&rig).await;
}
