//! Faults on the way to ConnectWise, its pace, its journal, and rows that ought not to be.

use prism_connect::sim::{Limits, SimSettings};
use rstest::rstest;
use serde_json::{Value, json};

use crate::stage::{AGREEMENT, Reply, Stage, body, records, stage, stage_of};

const LINES: &str = "finance/agreements/41/additions";

async fn lines(stage: &Stage) -> usize {
    stage.get(LINES).await.ids().len()
}

/// Each kind of answer that a client may meet, instead of the one that was due.
#[rstest]
#[case::gateway(json!({"status": 400, "body": "Cannot route. Codebase/company is invalid"}), "text/plain; charset=utf-8")]
#[case::key(json!({"status": 401, "body": {"code": "ConnectWiseApi", "message": "UserNotAuthenticated"}}), "application/json; charset=utf-8")]
#[case::right(json!({"status": 403, "body": {"code": "Security", "message": "SSL is required.", "errors": null}}), "application/json; charset=utf-8")]
#[case::gone(json!({"status": 404, "body": "<html>Not Found</html>"}), "text/html")]
#[case::often(json!({"status": 429, "retry_after": 30, "body": {"error": "ConnectWiseAPI", "message": "Too many requests. Please try again in 30 seconds."}}), "application/json; charset=utf-8")]
#[case::broken(json!({"status": 500, "body": {"code": "ConnectWiseApi", "message": "x"}}), "application/json; charset=utf-8")]
#[case::empty(json!({"status": 500}), "")]
#[case::page(json!({"status": 502, "body": "<!DOCTYPE html><html></html>"}), "text/html")]
#[tokio::test]
async fn a_status_fault_answers_instead_and_writes_nothing(
    #[case] fault: Value,
    #[case] kind: &str,
) {
    let stage = stage().await;
    let rule = json!([{"system": "connectwise", "writes": true, "times": 1, "fault": fault}]);
    stage.fault(rule).await;
    assert_eq!(lines(&stage).await, 0, "reads are not concerned");
    let reply = stage.post(LINES, &body(1, "2026-09-01")).await;
    assert_eq!(json!(reply.status), fault["status"]);
    assert_eq!(reply.header("content-type").unwrap_or_default(), kind);
    let wait = fault.get("retry_after").map(Value::to_string);
    assert_eq!(reply.header("retry-after").map(str::to_owned), wait);
    assert_eq!(lines(&stage).await, 0);
    assert_eq!(stage.post(LINES, &body(1, "2026-09-01")).await.status, 201);
}

#[rstest]
#[case::before("cut_before", 0)]
#[case::after("cut_after", 1)]
#[tokio::test]
async fn a_broken_connection_leaves_a_write_undone_or_done(
    #[case] fault: &str,
    #[case] made: usize,
) {
    let stage = stage().await;
    stage.fault(json!([{"method": "POST", "path": "/additions$", "fault": fault}])).await;
    let sent = stage.request(reqwest::Method::POST, LINES).json(&body(1, "2026-09-01"));
    assert!(sent.send().await.is_err());
    assert_eq!(lines(&stage).await, made);
    let journal = stage.simulation.journal().entries();
    let post = journal.iter().find(|entry| entry.method == "POST").unwrap();
    assert_eq!((post.status, post.changed), (0, made == 1));
}

#[tokio::test]
async fn keys_can_be_taken_back_in_the_middle() {
    let stage = stage().await;
    stage.fault(json!([{"writes": true, "after": 1, "fault": {"lock_user": true}}])).await;
    assert_eq!(stage.post(LINES, &body(1, "2026-09-01")).await.status, 201);
    assert_eq!(stage.post(LINES, &body(1, "2026-09-01")).await.status, 401);
    assert_eq!(stage.get(LINES).await.status, 401);
    stage.act("POST", "/connectwise/keys", json!({"locked": false})).await;
    assert_eq!(lines(&stage).await, 1);
}

#[tokio::test]
async fn the_journal_tells_what_was_asked_of_connectwise() {
    let stage = stage().await;
    stage.post(LINES, &body(1, "2026-09-01")).await;
    stage.get("finance/agreements/41/additions/1?fields=id").await;
    stage.get("company/companies/999").await;
    let entries = stage.simulation.journal().entries();
    let told: Vec<_> = entries
        .iter()
        .map(|one| (one.method.as_str(), one.entity.as_str(), one.status, one.changed))
        .collect();
    let expected = [
        ("POST", "finance/agreements/{id}/additions", 201, true),
        ("GET", "finance/agreements/{id}/additions/{id}", 200, false),
        ("GET", "company/companies/{id}", 404, false),
    ];
    assert_eq!(told, expected);
    assert!(entries[0].body.contains("billCustomer"), "{}", entries[0].body);
    assert_eq!(entries[1].query, "fields=id");
}

#[tokio::test]
async fn above_a_thousand_requests_a_minute_one_is_told_to_wait() {
    let settings = SimSettings { limits: Limits::Real, ..SimSettings::default() };
    let stage = stage_of(&records(), settings).await;
    stage.act("POST", "/connectwise/pace", json!({"limit": 3})).await;
    for _ in 0..3 {
        assert_eq!(stage.get("system/info").await.status, 200);
    }
    let refused = stage.get("system/info").await;
    let shape = json!({"error": "ConnectWiseAPI",
                       "message": "Too many requests. Please try again in 30 seconds."});
    assert_eq!((refused.status, refused.header("retry-after")), (429, Some("30")));
    assert_eq!(refused.body, shape);
    let info = format!("{}/login/companyinfo/northwind", stage.site().site);
    assert_eq!(Reply::of(stage.client.get(info).send().await.unwrap()).await.status, 200);
    stage.act("POST", "/month/advance", Value::Null).await;
    assert_eq!(stage.get("system/info").await.status, 200);
}

#[tokio::test]
async fn without_limits_a_request_is_never_one_too_many() {
    let stage = stage().await;
    stage.act("POST", "/connectwise/pace", json!({"limit": 1})).await;
    for _ in 0..3 {
        assert_eq!(stage.get("system/info").await.status, 200);
    }
}

#[tokio::test]
async fn odd_rows_are_served_while_what_is_kept_stays() {
    let stage = stage().await;
    let id = stage.add(AGREEMENT, body(1, "2026-09-01")).await;
    let odd = json!({"rows": [{"system": "connectwise", "kind": "additions", "where": {"id": id},
                               "set": {"quantity": null}, "without": ["billCustomer"]}]});
    stage.act("POST", "/odd", odd).await;
    let path = format!("{LINES}/{id}");
    for row in [stage.get(&path).await.body, stage.get(LINES).await.body[0].clone()] {
        assert_eq!((&row["quantity"], row.get("billCustomer")), (&Value::Null, None));
    }
    stage.act("DELETE", "/odd", Value::Null).await;
    assert_eq!(stage.get(&path).await.body["quantity"], json!(1.0));
    let unknown = json!({"rows": [{"system": "connectwise", "kind": "tickets"}]});
    assert_eq!(stage.control("POST", "/odd", &unknown).await.0, 400);
}
