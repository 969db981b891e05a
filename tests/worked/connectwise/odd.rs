//! One odd addition fails its own product, never another (sync-rules 4.2).

use prism_connect::{domain::outcome::Outcome, engine::protocol::SyncRequest};
use serde_json::json;

use super::agreement::{Billing, addition, change, lines, september};
use crate::{
    checks::{
        BASIC, Lines, OTHER, customers, ended, errors, lines_written, says, settled, subscriptions,
        world,
    },
    rig::pretty,
};

#[tokio::test]
async fn one_and_a_half_of_a_product_fail_it_and_no_other() {
    let scenario = world("2026-08").tenant("harbour", |tenant| {
        tenant
            .subscription(BASIC, |bought| {
                bought.span("2026-08-01", "2026-09-18", 5).from("2026-09-19", 6)
            })
            .subscription(OTHER, |bought| {
                bought.span("2026-08-01", "2026-09-18", 2).from("2026-09-19", 3)
            })
    });
    let rig = september(scenario, Billing::Arrears).await;
    assert_eq!(lines(&rig, "harbour", BASIC).await, ["5 @2026-08-01 8.00/6.90"]);
    change(&rig, "harbour", place(&rig).await, &json!({"quantity": 1.5})).await;
    let report = rig.sync().await;
    ended(&report, Outcome::Failure);
    let told = errors(&report);
    let id = addition(&rig, "harbour", place(&rig).await).await;
    assert!(says(&told, &id.to_string()) && says(&told, "1.5"), "{}", pretty(&report));
    assert_eq!(lines_written(&rig), Lines { added: 1, ..Lines::default() }, "its sibling's");
    let wanted = ["2 @2026-08-01 15.00/12.50", "1 @2026-09-19 15.00/12.50"];
    assert_eq!(lines(&rig, "harbour", OTHER).await, wanted);
    let failed = subscriptions(&report).filter(|row| row.status == Outcome::Failure);
    assert_eq!(failed.count(), 1, "{}", pretty(&report));
    change(&rig, "harbour", place(&rig).await, &json!({"quantity": 5})).await;
    let report = rig.sync_as(SyncRequest { retry_failed: true, ..customers() }).await;
    ended(&report, Outcome::Success);
    let wanted = ["5 @2026-08-01 8.00/6.90", "1 @2026-09-19 8.00/6.90"];
    assert_eq!(lines(&rig, "harbour", BASIC).await, wanted);
    settled(&rig).await;
}

/// Where Basic's first addition stands among all.
async fn place(rig: &crate::rig::Rig) -> usize {
    super::agreement::places(rig, "harbour", BASIC).await[0]
}
