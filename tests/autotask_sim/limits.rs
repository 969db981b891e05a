//! Three in flight per entity endpoint, ten thousand an hour, and the count of them.

use futures_util::future::join_all;
use prism_connect::sim::{Limits, SimSettings};
use serde_json::json;

use crate::stage::{Stage, rows, stage, stage_of};

async fn limited() -> Stage {
    let settings = SimSettings { limits: Limits::Real, ..SimSettings::default() };
    stage_of(&rows(), settings).await
}

#[tokio::test]
async fn a_fourth_request_to_one_endpoint_is_429_and_another_endpoint_is_free() {
    let stage = limited().await;
    stage
        .fault(&json!([{"path": "ContractServices|/Services", "fault": {"delay_ms": 600_000}}]))
        .await;
    let paths = ["ContractServices/1", "Contracts/1001/Services", "ContractServices/2"];
    let slow = paths.map(|path| stage.spawned("GET", path, &json!(null)));
    stage.until(|entry| entry.n == 3).await;
    let refused = stage.get("ContractServices/3").await;
    let other = stage.get("BillingCodes/501").await;
    assert!(slow.iter().all(|request| !request.is_finished()));
    slow.iter().for_each(tokio::task::JoinHandle::abort);
    assert_eq!(refused.0, 429);
    let text = refused.1["errors"][0].as_str().unwrap();
    assert!(text.contains("API thread threshold of 3 threads has been exceeded"), "{text}");
    assert!(text.contains("Itgenatr005"));
    assert_eq!(other.0, 200);
}

#[tokio::test]
async fn the_threshold_counts_every_request_its_own_included_but_not_zone_discovery() {
    let stage = stage().await;
    for path in ["Version", "Services/41", "zoneInformation?user=x"] {
        stage.get(path).await;
    }
    let (_, threshold) = stage.get("ThresholdInformation").await;
    assert_eq!(
        threshold,
        json!({"externalRequestThreshold": 10_000, "requestThresholdTimeframe": 60,
               "currentTimeframeRequestCount": 3})
    );
}

#[tokio::test]
async fn a_tenant_with_another_threshold_is_told_it_and_held_to_it() {
    let stage = limited().await;
    stage.control("POST", "/autotask/threshold", &json!({"limit": 2})).await;
    let (_, threshold) = stage.get("ThresholdInformation").await;
    assert_eq!(threshold["externalRequestThreshold"], 2);
    assert_eq!(stage.get("Services/41").await.0, 200);
    assert_eq!(stage.get("Services/41").await.0, 429);
}

#[tokio::test]
async fn past_the_hourly_budget_every_call_is_429() {
    let stage = limited().await;
    stage.control("POST", "/autotask/threshold", &json!({"others": 10_000})).await;
    assert_eq!(stage.get("Services/41").await.0, 429);
    stage.control("POST", "/autotask/threshold", &json!({"others": 0})).await;
    assert_eq!(stage.get("Services/41").await.0, 200);
}

#[tokio::test]
async fn limits_off_let_any_number_through() {
    let stage = stage().await;
    stage.control("POST", "/autotask/threshold", &json!({"others": 20_000})).await;
    let replies = join_all((0..8).map(|_| stage.get("Services/41"))).await;
    assert!(replies.iter().all(|reply| reply.0 == 200));
}
