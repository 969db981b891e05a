//! Faults of every kind, as a client sees them, and what the journal says of them.

use prism_connect::sim::journal::Entry;
use rstest::rstest;
use serde_json::{Value, json};

use crate::stage::{MONTHLY, SERVICE, stage, stage_with};

fn change(id: i64) -> Value {
    json!({"contractServiceID": id, "effectiveDate": "2026-09-19", "unitChange": 1})
}

#[rstest]
#[case("cut_before", false)]
#[case("cut_after", true)]
#[tokio::test]
async fn a_cut_connection_gives_no_status_and_only_cut_after_was_executed(
    #[case] fault: &str,
    #[case] executed: bool,
) {
    let (stage, id) = stage_with(MONTHLY, &[("2026-09-01", 5)]).await;
    stage.fault(&json!([{"path": "ServiceAdjustments$", "times": 1, "fault": fault}])).await;
    let path = "Contracts/1001/ServiceAdjustments";
    let body = change(id);
    let request = stage.request(reqwest::Method::POST, path, Some(&body));
    let error = request.send().await.unwrap_err();
    assert!(error.status().is_none() && !error.is_timeout(), "{error:?}");
    let units = stage.units(id).await.last().unwrap().2;
    assert_eq!(units, if executed { 6 } else { 5 });
    let journal = stage.journal().await;
    let write = journal.iter().find(|entry| entry["entity"] == "ContractServiceAdjustments");
    let write = write.unwrap();
    assert_eq!((&write["changed"], &write["status"]), (&json!(executed), &json!(0)));
}

#[tokio::test]
async fn a_status_fault_answers_instead_and_writes_nothing() {
    let (stage, id) = stage_with(MONTHLY, &[("2026-09-01", 5)]).await;
    stage
        .fault(&json!([{"system": "autotask", "method": "post", "path": "serviceadjustments",
                        "times": 1, "fault": {"status": 503, "body": "busy", "retry_after": 7}}]))
        .await;
    let body = change(id);
    let path = "Contracts/1001/ServiceAdjustments";
    let response = stage.request(reqwest::Method::POST, path, Some(&body)).send().await.unwrap();
    assert_eq!(response.status(), 503);
    assert_eq!(response.headers()["retry-after"], "7");
    assert_eq!(response.text().await.unwrap(), "busy");
    assert_eq!(stage.units(id).await.last().unwrap().2, 5);
    assert_eq!(stage.adjust(MONTHLY, &body).await.0, 200);
}

#[tokio::test]
async fn a_truncated_reply_breaks_in_the_middle_of_its_body() {
    let stage = stage().await;
    stage.fault(&json!([{"fault": "truncate"}])).await;
    let request = stage.request(reqwest::Method::GET, "Services/41", None);
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert!(response.content_length().unwrap() > 100);
    let error = response.bytes().await.unwrap_err();
    assert!(error.is_body() || error.is_decode(), "{error:?}");
}

#[tokio::test]
async fn a_garbled_reply_is_no_json() {
    let stage = stage().await;
    stage.fault(&json!([{"fault": "garble"}])).await;
    let (status, body) = stage.get("Services/41").await;
    assert_eq!(status, 200);
    assert!(body.is_string());
}

#[rstest]
#[case(json!({"delay_ms": 600_000}), 5)]
#[case(json!({"delay_reply_ms": 600_000}), 6)]
#[tokio::test]
async fn a_delay_comes_before_the_execution_or_after_it(#[case] fault: Value, #[case] units: i64) {
    let (stage, id) = stage_with(MONTHLY, &[("2026-09-01", 5)]).await;
    stage.fault(&json!([{"writes": true, "fault": fault}])).await;
    let waiting = stage.spawned("POST", "Contracts/1001/ServiceAdjustments", &change(id));
    let executed = units == 6;
    stage
        .until(|entry| entry.method == "POST" && entry.changed == executed && is_write(entry))
        .await;
    assert_eq!(stage.units(id).await.last().unwrap().2, units);
    assert!(!waiting.is_finished());
    waiting.abort();
}

#[tokio::test]
async fn a_delayed_request_is_executed_though_the_client_has_gone() {
    let (stage, id) = stage_with(MONTHLY, &[("2026-09-01", 5)]).await;
    stage.fault(&json!([{"writes": true, "fault": {"delay_ms": 300}}])).await;
    let waiting = stage.spawned("POST", "Contracts/1001/ServiceAdjustments", &change(id));
    stage.until(is_write).await;
    waiting.abort();
    stage.until(|entry| entry.changed).await;
    assert_eq!(stage.units(id).await.last().unwrap().2, 6);
}

fn is_write(entry: &Entry) -> bool {
    entry.path.ends_with("/ServiceAdjustments")
}

#[tokio::test]
async fn the_user_can_be_locked_after_some_writes() {
    let stage = stage().await;
    stage.fault(&json!([{"writes": true, "after": 2, "fault": {"lock_user": true}}])).await;
    let mut statuses = Vec::new();
    for price in 1..5 {
        let body = json!({"id": SERVICE, "unitPrice": price});
        statuses.push(stage.send("PATCH", "Services", &body).await.0);
    }
    assert_eq!(statuses, [200, 200, 401, 401]);
    assert_eq!(stage.get("Services/41").await.0, 401);
}

#[tokio::test]
async fn after_and_times_count_what_the_rule_concerns_and_delete_ends_them() {
    let stage = stage().await;
    stage
        .fault(&json!([
            {"path": "Services/41$", "after": 1, "times": 1, "fault": {"status": 502}},
            {"path": "Version$", "fault": {"status": 504}},
        ]))
        .await;
    let mut statuses = Vec::new();
    for path in ["Services/41", "Version", "Services/41", "Services/41"] {
        statuses.push(stage.get(path).await.0);
    }
    stage.control("DELETE", "/faults", &Value::Null).await;
    statuses.push(stage.get("Version").await.0);
    assert_eq!(statuses, [200, 504, 502, 200, 200]);
}

#[rstest]
#[case(json!({"rules": [{"fault": "explode"}]}))]
#[case(json!({"rules": [{"path": "(", "fault": "garble"}]}))]
#[case(json!({"rules": [{"fault": {"status": 7}}]}))]
#[case(json!({"rules": [{"fault": "garble", "afetr": 3}]}))]
#[case(json!({"rules": [{"fault": {"status": 503, "delay_ms": 5}}]}))]
#[case(json!({"rules": [{"fault": {"status": "503"}}]}))]
#[case(json!({"rules": [{"fault": {"delay_ms": -1}}]}))]
#[case(json!({"rules": [{"fault": {"delay_reply_ms": 1, "delay_ms": 1}}]}))]
#[case(json!({"rules": [{"fault": {"lock_user": false}}]}))]
#[case(json!({"rules": [{"fault": {}}]}))]
#[case(json!({"rules": [{"fault": null}]}))]
#[case(json!({"rules": [{"method": "GET"}]}))]
#[case(json!({"rules": [{"method": "G T", "fault": "garble"}]}))]
#[case(json!({"rules": [{"system": "halo", "fault": "garble"}]}))]
#[case(json!({"rules": [{"after": -1, "fault": "garble"}]}))]
#[case(json!({"rules": [{"times": 1.5, "fault": "garble"}]}))]
#[case(json!({"rules": {"fault": "garble"}}))]
#[case(json!({"rules": [], "more": 1}))]
#[case(json!({}))]
#[case(json!([]))]
#[case(json!("nonsense"))]
#[tokio::test]
async fn a_bad_rule_is_refused_with_a_reason(#[case] rules: Value) {
    let stage = stage().await;
    let (status, body) = stage.control("POST", "/faults", &rules).await;
    assert_eq!(status, 400);
    assert!(body["error"].as_str().is_some_and(|text| !text.is_empty()), "{body}");
}

#[tokio::test]
async fn a_list_with_one_bad_rule_changes_nothing() {
    let stage = stage().await;
    let rules = json!({"rules": [{"fault": {"status": 503}}, {"fault": "explode"}]});
    assert_eq!(stage.control("POST", "/faults", &rules).await.0, 400);
    assert_eq!(stage.get("Version").await.0, 200);
}

#[tokio::test]
async fn members_that_are_null_are_as_good_as_absent() {
    let stage = stage().await;
    let rule = json!({"system": null, "method": null, "path": null, "writes": null, "after": null,
        "times": null, "fault": {"status": 503, "body": null, "retry_after": null}});
    stage.fault(&json!([rule])).await;
    let reply = stage.client.get(&stage.addresses.prism.api_url).send().await.unwrap();
    assert_eq!(reply.status(), 503);
    assert_eq!(reply.headers().get("retry-after"), None);
    assert_eq!(reply.text().await.unwrap(), "");
    assert_eq!(stage.get("Version").await.0, 503);
}

#[tokio::test]
async fn prism_suffers_faults_and_is_journalled_too() {
    let stage = stage().await;
    stage.fault(&json!([{"system": "prism", "fault": {"status": 429, "retry_after": "3"}}])).await;
    let url = format!("{}/api/v1/endcustomers", stage.addresses.prism.api_url);
    let response = stage.client.get(&url).send().await.unwrap();
    assert_eq!(response.status(), 429);
    assert_eq!(stage.get("Version").await.0, 200);
    let journal = stage.journal().await;
    assert_eq!(journal[0]["system"], "prism");
    assert_eq!(journal[0]["path"], "/api/v1/endcustomers");
}
