//! Switches that no other test turns, and acts of people at the control endpoint.

use serde_json::{Value, json};

use crate::stage::{AGREEMENT, EXPIRED, body, stage};

#[tokio::test]
async fn every_assumption_of_the_contract_that_a_client_meets_has_a_switch() {
    let stage = stage().await;
    let list = stage.act("GET", "/assumptions", Value::Null).await;
    let rows: Vec<_> = list
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|switch| switch["row"].as_str().unwrap().strip_prefix("CW A"))
        .map(|row| row.parse::<u32>().unwrap())
        .collect();
    // A5, A14, A16, A30 to A32 are the client's own, or follow from the records.
    let client = [5, 14, 16, 30, 31, 32];
    for number in (1..=33).filter(|number| !client.contains(number)) {
        assert!(rows.contains(&number), "A{number}");
    }
}

#[tokio::test]
async fn refusals_that_are_assumed_can_be_taken_back() {
    let stage = stage().await;
    let path = "finance/agreements/41/additions";
    let mut negative = body(-1, "2026-09-01");
    negative["cancelledDate"] = json!("2026-08-31");
    assert_eq!(stage.post(path, &negative).await.reasons().len(), 2);
    stage.assume(json!({"cw_negative": "accepted", "cw_cancel_before_start": "accepted"})).await;
    assert_eq!(stage.post(path, &negative).await.status, 201);
    let expired = format!("finance/agreements/{EXPIRED}/additions");
    assert_eq!(stage.post(&expired, &body(1, "2026-09-01")).await.status, 400);
    stage.assume(json!({"cw_ended": "accepted"})).await;
    assert_eq!(stage.post(&expired, &body(1, "2026-09-01")).await.status, 201);
}

#[tokio::test]
async fn answers_that_are_assumed_can_be_others() {
    let stage = stage().await;
    let missing = "finance/agreements/999/additions";
    stage.assume(json!({"cw_parent": "empty", "cw_agreement_status": "absent"})).await;
    assert!(stage.get(missing).await.ids().is_empty());
    assert_eq!(stage.post(missing, &body(1, "2026-09-01")).await.status, 404);
    let agreement = stage.get("finance/agreements/41").await.body;
    assert!(agreement.get("agreementStatus").is_none());
    stage.assume(json!({"cw_billed_quantity": "absent", "cw_money_decimals": 2})).await;
    let mut line = body(1, "2026-09-01");
    line["unitPrice"] = json!(1.2345);
    let made = stage.post("finance/agreements/41/additions", &line).await.body;
    assert_eq!((&made["unitPrice"], made.get("billedQuantity")), (&json!(1.23), None));
}

#[tokio::test]
async fn conditions_can_be_read_otherwise() {
    let stage = stage().await;
    let ids = async |conditions: &str| {
        stage.list("company/companies", &[("conditions", conditions)]).await
    };
    stage
        .assume(json!({"cw_text_case": "exact", "cw_condition_order": "left_to_right",
                        "cw_text_escapes": "doubled"}))
        .await;
    assert!(ids("name contains 'contoso'").await.ids().is_empty());
    assert!(ids("id=2 or id=3 and name='x'").await.ids().is_empty());
    assert_eq!(ids(r"name = 'O\'Brien'").await.status, 400);
    assert_eq!(ids("name = 'O''Brien & Sons'").await.ids(), [3]);
}

#[tokio::test]
async fn the_right_to_companies_may_guard_the_system_information() {
    let stage = stage().await;
    stage.act("POST", "/connectwise/role", json!({"lacks": ["companies"]})).await;
    assert_eq!(stage.get("system/info").await.status, 200);
    stage.assume(json!({"cw_info_right": "companies"})).await;
    assert_eq!(stage.get("system/info").await.status, 403);
}

#[tokio::test]
async fn only_one_way_of_clearing_a_date_may_work() {
    let stage = stage().await;
    let id = stage.add(AGREEMENT, body(1, "2026-09-01")).await;
    let path = format!("finance/agreements/41/additions/{id}");
    let remove = json!([{"op": "remove", "path": "cancelledDate"}]);
    let null = json!([{"op": "replace", "path": "cancelledDate", "value": null}]);
    for (switch, works, does_not) in
        [("remove_only", &remove, &null), ("null_only", &null, &remove)]
    {
        stage.assume(json!({ "cw_clear_date": switch })).await;
        stage.replace(&path, &[("cancelledDate", json!("2026-09-18"))]).await;
        let kept = stage.send("PATCH", &path, does_not).await;
        assert!(kept.status == 200 && kept.body.get("cancelledDate").is_some(), "{switch}");
        let cleared = stage.send("PATCH", &path, works).await;
        assert!(cleared.body.get("cancelledDate").is_none(), "{switch}");
    }
}

#[tokio::test]
async fn people_change_delete_and_add_what_the_api_would_refuse() {
    let stage = stage().await;
    let line = json!({"member": "asmith", "product": {"id": 7}, "quantity": 4,
                      "effectiveDate": "2025-06-01"});
    let made = stage.act("POST", "/connectwise/agreements/41/additions", line).await;
    let path = format!("finance/agreements/41/additions/{}", made["id"]);
    let record = stage.get(&path).await.body;
    assert_eq!(record["_info"]["enteredBy"], "asmith");
    assert_eq!((&record["unitPrice"], &record["billCustomer"]), (&json!(8.0), &json!("Billable")));
    let end = json!({"member": "asmith", "cancelledDate": "2026-09-14"});
    stage.act("PATCH", &format!("/connectwise/additions/{}", made["id"]), end).await;
    assert_eq!(stage.get(&path).await.body["cancelledDate"], "2026-09-14T00:00:00Z");
    stage
        .act(
            "PATCH",
            "/connectwise/agreements/41",
            json!({"nextInvoiceDate": "2026-08-01T00:00:00Z"}),
        )
        .await;
    let agreement = stage.get("finance/agreements/41").await.body;
    assert_eq!(agreement["nextInvoiceDate"], "2026-08-01T00:00:00Z");
    stage
        .act("PATCH", "/connectwise/catalog/7", json!({"inactiveFlag": true, "vendorSku": null}))
        .await;
    let item = stage.get("procurement/catalog/7").await.body;
    assert_eq!((&item["inactiveFlag"], item.get("vendorSku")), (&json!(true), None));
    stage.act("DELETE", &format!("/connectwise/additions/{}", made["id"]), Value::Null).await;
    assert_eq!(stage.get(&path).await.status, 404);
    for (path, body, status) in [
        ("/connectwise/additions/999", json!({"quantity": 1}), 404),
        ("/connectwise/tickets/1", json!({}), 404),
        ("/connectwise/catalog/7", json!({"colour": "red"}), 400),
        ("/connectwise/catalog/7", json!({"price": "cheap"}), 400),
        ("/connectwise/agreements/41/additions", json!({"product": {"id": 999}}), 404),
        ("/connectwise/codebase", json!({"code_base": "a/b"}), 400),
        ("/connectwise/clock", json!({"date": "9999-12-31"}), 400),
    ] {
        assert_eq!(stage.control("POST", path, &body).await.0, status, "{path} {body}");
    }
}

#[tokio::test]
async fn the_furthest_days_and_largest_numbers_break_nothing() {
    let stage = stage().await;
    let mut line = body(1, "2026-09-01");
    line["quantity"] = json!(9_999_999_999.999_999);
    line["unitPrice"] = json!(9_999_999_999.999_999);
    line["cancelledDate"] = json!("9999-12-31");
    let id = stage.add(AGREEMENT, line).await;
    let path = format!("/connectwise/additions/{id}");
    stage.act("PATCH", &path, json!({"effectiveDate": "1753-01-01"})).await;
    let early = json!({"billStartDate": "1753-01-01", "startDate": "1753-01-01"});
    stage.act("PATCH", "/connectwise/agreements/41", early).await;
    assert_eq!(stage.get(&format!("finance/agreements/41/additions/{id}")).await.status, 200);
    for month in ["0001-01", "1753-01", "2026-09", "9999-12"] {
        stage.bill(AGREEMENT, month).await;
    }
    let run = json!({"through": "9999-12-31", "agreement": AGREEMENT});
    stage.act("POST", "/connectwise/invoice", run).await;
    stage.act("GET", "/connectwise/agreements/41/timeline", Value::Null).await;
    stage.act("POST", "/connectwise/invoice/undo", json!({})).await;
    stage.act("POST", "/connectwise/clock", json!({"forward_seconds": u32::MAX})).await;
    assert_eq!(stage.get("finance/agreements").await.status, 200);
}

#[tokio::test]
async fn people_act_right_after_all_lines_of_an_agreement_were_read() {
    let stage = stage().await;
    let id = stage.add(AGREEMENT, body(1, "2026-09-01")).await;
    stage.add(AGREEMENT, body(1, "2026-09-02")).await;
    let path = "finance/agreements/41/additions";
    let edit = json!({"member": "asmith", "quantity": 9, "after_read": true});
    stage.act("PATCH", &format!("/connectwise/additions/{id}"), edit.clone()).await;
    let line = json!({"product": {"id": 7}, "after_read": true});
    let waits = stage.act("POST", "/connectwise/agreements/41/additions", line).await;
    assert_eq!(waits, json!({"id": null}));
    stage.list(path, &[("pageSize", "1")]).await;
    stage.get("finance/agreements/42/additions").await;
    let before = stage.list(path, &[("pageSize", "1"), ("page", "2")]).await;
    assert_eq!(before.ids().len(), 1);
    let after = stage.get(path).await;
    assert_eq!((after.ids().len(), &after.body[0]["quantity"]), (3, &json!(9.0)));
    assert_eq!(stage.get(path).await.ids().len(), 3, "once");
    let wrong = stage.control("PATCH", "/connectwise/catalog/7", &edit).await;
    assert_eq!(wrong.0, 400);
}
