//! Additions: what they must have, what is filled in, what is computed, which rules they keep.

use rstest::rstest;
use serde_json::{Value, json};

use crate::stage::{
    AGREEMENT, AZURE, BUNDLE, CANCELLED, EXPIRED, FUTURE, INACTIVE_ITEM, ITEM, LATE, ONCE, Reply,
    Stage, UNPRORATED, addition, body, invoiced_to, stage, stage_of,
};

async fn post(stage: &Stage, agreement: i64, body: &Value) -> Reply {
    stage.post(&format!("finance/agreements/{agreement}/additions"), body).await
}

#[tokio::test]
async fn the_smallest_body_gets_its_defaults_from_the_item_and_the_day() {
    let stage = stage().await;
    let sent = json!({"product": {"id": ITEM}, "billCustomer": "Billable"});
    let made = post(&stage, AGREEMENT, &sent).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let id = made.body["id"].as_i64().unwrap();
    let place = stage.url(&format!("finance/agreements/41/additions/{id}"));
    assert_eq!(made.header("location"), Some(place.as_str()));
    for (name, value) in [
        ("quantity", "1.0"),
        ("lessIncluded", "0.0"),
        ("unitPrice", "8.0"),
        ("unitCost", "6.9"),
        ("effectiveDate", "\"2026-10-05T00:00:00Z\""),
        ("taxableFlag", "true"),
        ("invoiceDescription", "\"Microsoft 365 Business Basic\""),
        ("agreementId", "41"),
        ("description", "\"Microsoft 365 Business Basic\""),
        ("uom", "\"Each\""),
        ("agreementStatus", "\"Active\""),
    ] {
        assert_eq!(made.body[name].to_string(), value, "{name}");
    }
    assert_eq!(made.body["product"]["identifier"], "CFQ7TTC0LH18:0001");
    assert!(made.body.get("cancelledDate").is_none());
    assert_eq!(made.body["_info"]["updatedBy"], "PrismSync");
    assert_eq!(stage.get(&format!("finance/agreements/41/additions/{id}")).await.body, made.body);
}

#[tokio::test]
async fn what_follows_from_an_addition_is_computed() {
    let stage = stage().await;
    let mut sent = body(6, "2026-10-19");
    sent["lessIncluded"] = json!(2);
    let made = post(&stage, AGREEMENT, &sent).await.body;
    for (name, value) in [
        ("billedQuantity", "4.0"),
        ("extPrice", "48.0"),
        ("extCost", "41.4"),
        ("margin", "6.6"),
        ("proratePrice", "3.35"),
        ("prorateCost", "2.89"),
        ("extendedProratePrice", "20.1"),
        ("extendedProrateCost", "17.34"),
    ] {
        assert_eq!(made[name].to_string(), value, "{name}");
    }
    let whole = post(&stage, AGREEMENT, &body(6, "2026-10-01")).await.body;
    assert!(whole.get("proratePrice").is_none());
    let unprorated = post(&stage, UNPRORATED, &body(6, "2026-10-19")).await.body;
    assert!(unprorated.get("proratePrice").is_none());
}

#[rstest]
#[case::product(json!({"billCustomer": "Billable"}), "MissingRequiredField", "product")]
#[case::bill(json!({"product": {"id": ITEM}}), "MissingRequiredField", "billCustomer")]
#[case::enumerated(json!({"product": {"id": ITEM}, "billCustomer": "Free"}), "OutOfRange", "billCustomer")]
#[case::unknown(json!({"product": {"id": 999}, "billCustomer": "Billable"}), "NotFound", "product/id")]
#[case::length(json!({"serialNumber": "x".repeat(51)}), "MaxLengthField", "serialNumber")]
#[case::negative(json!({"quantity": -1}), "OutOfRange", "quantity")]
#[case::text(json!({"quantity": "six"}), "InvalidObject", "quantity")]
#[case::date(json!({"effectiveDate": "19.09.2026"}), "InvalidObject", "effectiveDate")]
#[case::inactive(json!({"product": {"id": INACTIVE_ITEM}}), "InvalidObject", "product/id")]
#[case::bundle(json!({"product": {"id": BUNDLE}}), "InvalidObject", "product/id")]
#[case::backwards(json!({"cancelledDate": "2026-08-31"}), "InvalidObject", "cancelledDate")]
#[tokio::test]
async fn a_bad_addition_is_refused_with_its_reasons_and_leaves_no_trace(
    #[case] members: Value,
    #[case] code: &str,
    #[case] field: &str,
) {
    let stage = stage().await;
    let whole = members.get("product").is_some() != members.get("billCustomer").is_some();
    let required = ["MissingRequiredField"].contains(&code) && whole;
    let mut sent = if required { json!({}) } else { body(6, "2026-09-01") };
    for (name, value) in members.as_object().unwrap() {
        sent[name] = value.clone();
    }
    let refused = post(&stage, AGREEMENT, &sent).await;
    assert_eq!(refused.body["message"], "addition object is invalid");
    let reasons = refused.reasons();
    assert_eq!((reasons[0].0, reasons[0].1), (code, field), "{reasons:?}");
    assert!(stage.get("finance/agreements/41/additions").await.ids().is_empty());
}

#[tokio::test]
async fn a_flag_that_is_none_breaks_the_server() {
    let stage = stage().await;
    let mut sent = body(6, "2026-09-01");
    sent["taxableFlag"] = json!("maybe");
    let broken = post(&stage, AGREEMENT, &sent).await;
    assert_eq!((broken.status, &broken.body["code"]), (500, &json!("ConnectWiseApi")));
}

#[rstest]
#[case::before_billing(
    LATE,
    "2026-09-09",
    "effectiveDate cannot be less than the agreement billing start date"
)]
#[case::invoiced(UNPRORATED, "2026-08-31", "Since this period has already been invoiced")]
#[case::expired(EXPIRED, "2026-09-01", "expired")]
#[case::cancelled(CANCELLED, "2026-08-01", "cancelled")]
#[tokio::test]
async fn the_agreement_refuses_what_it_cannot_bill(
    #[case] agreement: i64,
    #[case] from: &str,
    #[case] text: &str,
) {
    let stage = stage().await;
    let refused = post(&stage, agreement, &body(5, from)).await;
    let reasons = refused.reasons();
    assert!(reasons.iter().any(|reason| reason.2.contains(text)), "{reasons:?}");
}

#[rstest]
#[case::next_invoice_date(UNPRORATED, "2026-09-01")]
#[case::inside_an_open_period(UNPRORATED, "2026-09-19")]
#[case::invoiced_but_prorated(AGREEMENT, "2026-07-10")]
#[case::first_billed_day(LATE, "2026-09-10")]
#[case::not_started(FUTURE, "2027-01-01")]
#[case::one_time(ONCE, "2026-08-10")]
#[tokio::test]
async fn what_the_agreement_can_bill_it_takes(#[case] agreement: i64, #[case] from: &str) {
    let stage = stage().await;
    let made = post(&stage, agreement, &body(5, from)).await;
    assert_eq!(made.status, 201, "{}", made.body);
}

#[tokio::test]
async fn one_product_may_stand_any_number_of_times_and_only_the_id_is_unique() {
    let stage = stage().await;
    let first = stage.add(AGREEMENT, body(5, "2026-09-01")).await;
    let second = stage.add(AGREEMENT, body(5, "2026-09-01")).await;
    assert_ne!(first, second);
    assert_eq!(stage.get("finance/agreements/41/additions").await.ids(), [first, second]);
    assert!(stage.get("finance/agreements/42/additions").await.ids().is_empty());
    let elsewhere = format!("finance/agreements/42/additions/{first}");
    assert_eq!(stage.get(&elsewhere).await.status, 404);
}

#[tokio::test]
async fn a_line_of_an_unprorated_agreement_may_be_ended_though_it_was_invoiced() {
    let records = invoiced_to("2026-11-01", vec![addition(31, UNPRORATED, 5, "2026-01-01")]);
    let stage = stage_of(&records, prism_connect::sim::SimSettings::default()).await;
    let path = "finance/agreements/42/additions/31";
    let ended = stage.replace(path, &[("cancelledDate", json!("2026-09-14T00:00:00Z"))]).await;
    assert_eq!(ended.status, 200, "{}", ended.body);
    let moved = stage.replace(path, &[("effectiveDate", json!("2026-02-01T00:00:00Z"))]).await;
    assert!(moved.reasons()[0].2.starts_with("Since this period has already been invoiced"));
}

#[tokio::test]
async fn another_product_brings_its_price_unless_both_are_sent_again() {
    let stage = stage().await;
    let id = stage.add(AGREEMENT, body(5, "2026-09-01")).await;
    let path = format!("finance/agreements/41/additions/{id}");
    let product = ("product", json!({"id": AZURE}));
    let price = ("unitPrice", json!(9));
    let changed = stage.replace(&path, &[product.clone(), price.clone()]).await.body;
    assert_eq!(changed["unitPrice"].to_string(), "0.0");
    let cost = ("unitCost", json!(7));
    let changed = stage.replace(&path, &[product, price, cost]).await.body;
    assert_eq!(changed["unitPrice"].to_string(), "9.0");
}

#[tokio::test]
async fn an_invoiced_addition_cannot_be_deleted_and_another_can() {
    let records = invoiced_to("2026-11-01", vec![addition(31, AGREEMENT, 5, "2026-01-01")]);
    let stage = stage_of(&records, prism_connect::sim::SimSettings::default()).await;
    stage.act("POST", "/connectwise/role", json!({"holds": ["agreements.delete"]})).await;
    let delete = async |id: i64| {
        let path = format!("finance/agreements/41/additions/{id}");
        stage.send("DELETE", &path, &Value::Null).await
    };
    let refused = delete(31).await;
    assert_eq!((refused.status, &refused.body["code"]), (409, &json!("Conflict")));
    let free = stage.add(AGREEMENT, body(5, "2026-11-01")).await;
    let gone = delete(free).await;
    assert_eq!((gone.status, gone.body), (204, json!("")));
    assert_eq!(delete(free).await.status, 404);
    stage.assume(json!({"cw_invoiced_delete": "done"})).await;
    assert_eq!(delete(31).await.status, 204);
}

#[tokio::test]
async fn a_workflow_rule_changes_what_was_written() {
    let stage = stage().await;
    let rule = json!({"taxableFlag": false, "quantity": 7});
    stage.act("POST", "/connectwise/workflow", rule).await;
    let made = post(&stage, AGREEMENT, &body(5, "2026-09-01")).await;
    assert_eq!((made.status, made.body["quantity"].to_string().as_str()), (201, "7.0"));
    assert_eq!(made.body["taxableFlag"], false);
    stage.act("POST", "/connectwise/workflow", json!({})).await;
    assert_eq!(post(&stage, AGREEMENT, &body(5, "2026-09-01")).await.body["quantity"], json!(5.0));
}
