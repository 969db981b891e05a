//! A look for our own late writes takes back those alone (sync-rules 4.9, 8.2): once a month is applied, its edits are the
//! operator's.

use prism_connect::{domain::outcome::Outcome, engine::protocol::SyncRequest};
use rstest::rstest;
use serde_json::json;

use crate::{
    checks::{
        BASIC, SEPTEMBER, Writes, customers, edit, ended, notes, ready_with, says, steps, units,
        warnings, world, writes,
    },
    rig::{Rig, Setup, pretty},
    scenario::Scenario,
};

/// So many seats from September on.
fn seats(many: i64) -> Scenario {
    world("2026-09").tenant("harbour", |tenant| {
        tenant.subscription(BASIC, |bought| bought.from("2026-09-01", many))
    })
}

/// A write is given up after a second.
const IMPATIENT: &str = "[limits]\nwriters = 1\ntimeout_seconds = 1\n";

/// The same clock a month later, without a new invoice.
const LATER: (i32, u32) = (2026, 10);

async fn applied(scenario: Scenario, fault: serde_json::Value) -> Rig {
    let setup = Setup { month: SEPTEMBER, config: IMPATIENT, ..Setup::default() };
    let rig = ready_with(scenario, setup).await;
    let mut rule = json!({"system": "autotask", "path": "ServiceAdjustments$", "times": 1});
    rule["fault"] = fault;
    rig.fault(rule).await;
    ended(&rig.sync().await, Outcome::Success);
    rig.no_faults().await;
    rig
}

/// The delayed write has come: so many changes there are now.
async fn arrived(rig: &Rig, changes: usize) {
    while rig.changes().len() < changes {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}

#[rstest]
#[case::on_another_day("2026-09-10", json!("cut_before"))]
#[case::on_the_day_of_the_lost_write("2026-09-01", json!("cut_before"))]
#[case::of_a_write_that_was_found("2026-09-10", json!("cut_after"))]
#[tokio::test]
async fn a07_without_a_late_write_a_correction_by_hand_stays(
    #[case] date: &str,
    #[case] fault: serde_json::Value,
) {
    let mut rig = applied(seats(35), fault).await;
    edit(&rig, "harbour", BASIC, (date, 30)).await;
    let corrected = units(&rig, "harbour", BASIC).await;
    rig.go_to(LATER).await;
    rig.simulation.journal().reset();
    for _ in 0..3 {
        let report = rig.sync().await;
        ended(&report, Outcome::NoChange);
        assert!(notes(&report).is_empty() && warnings(&report).is_empty(), "{}", pretty(&report));
    }
    assert_eq!(writes(&rig), Writes { rows: 0, adjustments: 0 });
    assert_eq!(units(&rig, "harbour", BASIC).await, corrected);
}

#[tokio::test]
async fn a07_a_late_write_is_taken_back_and_a_correction_beside_it_stays() {
    let rig = applied(seats(35), json!({"delay_ms": 1_600})).await;
    // Making the row, the write that was sent again, and that which had got no answer.
    edit(&rig, "harbour", BASIC, ("2026-09-10", 30)).await;
    arrived(&rig, 3).await;
    let doubled = steps(&[("2026-09-01", 70), ("2026-09-10", 65)]);
    assert_eq!(units(&rig, "harbour", BASIC).await, doubled);
    rig.simulation.journal().reset();
    let report = rig.sync().await;
    ended(&report, Outcome::Warning);
    assert!(
        warnings(&report).iter().any(|told| told.code.as_str() == "late_write"),
        "{}",
        pretty(&report)
    );
    assert_eq!(writes(&rig), Writes { rows: 0, adjustments: 1 });
    let corrected = steps(&[("2026-09-01", 35), ("2026-09-10", 30)]);
    assert_eq!(units(&rig, "harbour", BASIC).await, corrected);
    ended(&rig.sync().await, Outcome::NoChange);
    assert_eq!(units(&rig, "harbour", BASIC).await, corrected);
}

#[tokio::test]
async fn a07_a_late_write_that_somebody_took_back_by_hand_is_left() {
    let rig = applied(seats(35), json!({"delay_ms": 1_600})).await;
    arrived(&rig, 3).await;
    edit(&rig, "harbour", BASIC, ("2026-09-01", 35)).await;
    rig.simulation.journal().reset();
    ended(&rig.sync().await, Outcome::NoChange);
    assert_eq!(writes(&rig), Writes { rows: 0, adjustments: 0 });
    assert_eq!(units(&rig, "harbour", BASIC).await, steps(&[("2026-09-01", 35)]));
}

/// 35 seats, one more on the 20th, which is refused; meanwhile somebody sets 30 on the 10th.
#[tokio::test]
async fn a07_drift_is_told_from_what_stood_before_the_edit_to_what_stands() {
    let scenario = world("2026-09").tenant("harbour", |tenant| {
        tenant.subscription(BASIC, |bought| {
            bought.span("2026-09-01", "2026-09-19", 35).from("2026-09-20", 36)
        })
    });
    let rig = ready_with(scenario, Setup { month: SEPTEMBER, ..Setup::default() }).await;
    rig.fault(json!({"system": "autotask", "path": "ServiceAdjustments", "after": 1, "fault":
        {"status": 500, "body": "{\"errors\":[\"It is being edited.\"]}"}}))
        .await;
    ended(&rig.sync().await, Outcome::Failure);
    rig.no_faults().await;
    edit(&rig, "harbour", BASIC, ("2026-09-10", 30)).await;
    let report = rig.sync_as(SyncRequest { retry_failed: true, ..customers() }).await;
    ended(&report, Outcome::Warning);
    let text = "Changed by hand from 35 to 30 on 2026-09-10; the invoice has 35, and wins.";
    assert!(says(&notes(&report), text), "{}", pretty(&report));
    let wanted = [("2026-09-01", 35), ("2026-09-10", 30), ("2026-09-11", 35), ("2026-09-20", 36)];
    assert_eq!(units(&rig, "harbour", BASIC).await, steps(&wanted));
}
