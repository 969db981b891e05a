//! PATCH, PUT, POST and DELETE of records other than additions, and what they have in common.

use rstest::rstest;
use serde_json::{Value, json};

use crate::stage::{AGREEMENT, ITEM, Stage, body, stage};

const LINE: &str = "finance/agreements/41/additions/1";

async fn with_line() -> Stage {
    let stage = stage().await;
    assert_eq!(stage.add(AGREEMENT, body(6, "2026-09-01")).await, 1);
    stage
}

fn item(identifier: &str) -> Value {
    json!({"identifier": identifier, "description": "Microsoft 365 E3", "subcategory": {"id": 1},
           "type": {"id": 1}, "customerDescription": "Microsoft 365 E3", "price": 33.1,
           "cost": 27.25, "vendorSku": identifier, "integrationXRef": "PC_1"})
}

#[tokio::test]
async fn a_patch_answers_the_whole_record() {
    let stage = with_line().await;
    let reply = stage.replace(LINE, &[("cancelledDate", json!("2026-09-18T00:00:00Z"))]).await;
    assert_eq!((reply.status, reply.header("location")), (200, None));
    assert_eq!(reply.body["cancelledDate"], "2026-09-18T00:00:00Z");
    assert_eq!(reply.body, stage.get(LINE).await.body);
    let reply = stage.replace(LINE, &[("/quantity", json!(4))]).await;
    assert_eq!(reply.body["quantity"].to_string(), "4.0");
}

#[rstest]
#[case::remove(json!({"op": "remove", "path": "cancelledDate"}))]
#[case::null(json!({"op": "replace", "path": "cancelledDate", "value": null}))]
#[case::empty(json!({"op": "replace", "path": "cancelledDate", "value": ""}))]
#[tokio::test]
async fn a_last_day_is_cleared_by_remove_or_null(#[case] operation: Value) {
    let stage = with_line().await;
    stage.replace(LINE, &[("cancelledDate", json!("2026-09-18"))]).await;
    let reply = stage.send("PATCH", LINE, &json!([operation])).await;
    assert_eq!(reply.status, 200);
    assert!(reply.body.get("cancelledDate").is_none());
}

#[tokio::test]
async fn several_operations_are_all_or_nothing() {
    let stage = with_line().await;
    let members = [("quantity", json!(9)), ("serialNumber", json!("x".repeat(60)))];
    assert_eq!(stage.replace(LINE, &members).await.reasons()[0].0, "MaxLengthField");
    assert_eq!(stage.get(LINE).await.body["quantity"], json!(6.0));
    stage.assume(json!({"cw_patch": "one_by_one"})).await;
    assert_eq!(stage.replace(LINE, &members).await.status, 400);
    assert_eq!(stage.get(LINE).await.body["quantity"], json!(9.0));
}

#[tokio::test]
async fn a_path_into_a_reference_or_to_a_computed_member_answers_200_without_effect() {
    let stage = with_line().await;
    let before = stage.get(LINE).await.body;
    for path in ["product/identifier", "extPrice", "id"] {
        let reply = stage.replace(LINE, &[(path, json!(5))]).await;
        assert_eq!(reply.status, 200, "{}", reply.body);
        assert_eq!(reply.body["product"], before["product"]);
        assert_eq!(reply.body["extPrice"], before["extPrice"]);
    }
}

#[rstest]
#[case::unknown(json!([{"op": "replace", "path": "Quantity", "value": 5}]), 400)]
#[case::operation(json!([{"op": "move", "path": "quantity", "value": 5}]), 400)]
#[case::object(json!({"op": "replace", "path": "quantity", "value": 5}), 400)]
#[case::unset(json!([{"op": "remove", "path": "billCustomer"}]), 400)]
#[case::nothing(json!([]), 200)]
#[tokio::test]
async fn names_of_members_are_told_apart_by_case(#[case] operations: Value, #[case] status: u16) {
    let stage = with_line().await;
    let reply = stage.send("PATCH", LINE, &operations).await;
    assert_eq!(reply.status, status, "{}", reply.body);
}

#[tokio::test]
async fn a_fault_elsewhere_in_the_record_makes_a_good_patch_fail() {
    let stage = with_line().await;
    let fault = json!({"serialNumber": "x".repeat(60)});
    stage.act("PATCH", "/connectwise/additions/1", fault).await;
    let refused = stage.replace(LINE, &[("quantity", json!(4))]).await;
    assert_eq!(refused.reasons()[0].1, "serialNumber");
}

#[tokio::test]
async fn a_put_resets_what_it_does_not_send() {
    let stage = with_line().await;
    stage.replace(LINE, &[("serialNumber", json!("PC-1")), ("unitPrice", json!(9))]).await;
    let reply = stage.send("PUT", LINE, &body(3, "2026-09-02")).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    assert!(reply.body.get("serialNumber").is_none());
    assert_eq!(reply.body["unitPrice"], json!(8.0));
    assert_eq!((&reply.body["id"], &reply.body["agreementId"]), (&json!(1), &json!(41)));
    let agreement = json!({"name": "x", "type": {"id": 2}, "company": {"id": 2},
                           "contact": {"id": 1}, "billTime": "NoDefault"});
    let reply = stage.send("PUT", "finance/agreements/41", &agreement).await;
    let missing: Vec<_> = reply.reasons().iter().map(|reason| reason.1).collect();
    assert_eq!(missing, ["employeeCompRate", "invoicingCycle", "billExpenses", "billProducts"]);
}

#[tokio::test]
async fn an_item_is_made_below_miscellaneous_and_repriced() {
    let stage = stage().await;
    let made = stage.post("procurement/catalog", &item("CFQ7TTC0LCHC:0002")).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let id = made.body["id"].as_i64().unwrap();
    assert_eq!(
        made.header("location"),
        Some(stage.url(&format!("procurement/catalog/{id}")).as_str())
    );
    assert_eq!(made.body["category"]["name"], "Miscellaneous");
    assert_eq!(made.body["productClass"], "NonInventory");
    assert_eq!(made.body["unitOfMeasure"]["name"], "Each");
    let query = [("conditions", "vendorSku=\"CFQ7TTC0LCHC:0002\"")];
    assert_eq!(stage.list("procurement/catalog", &query).await.ids(), [id]);
    let path = format!("procurement/catalog/{id}");
    let changed = stage.replace(&path, &[("price", json!(34.2)), ("cost", json!(28))]).await;
    assert_eq!(changed.body["price"].to_string(), "34.2");
    let small = stage.get(&format!("{path}/info")).await.body;
    assert_eq!((&small["vendorSku"], small.get("category")), (&json!("CFQ7TTC0LCHC:0002"), None));
}

#[tokio::test]
async fn the_price_of_an_item_leaves_its_additions_alone() {
    let stage = with_line().await;
    let path = format!("procurement/catalog/{ITEM}");
    stage.replace(&path, &[("price", json!(8.4))]).await;
    assert_eq!(stage.get(LINE).await.body["unitPrice"], json!(8.0));
    stage.assume(json!({"cw_catalog_prices": "follow"})).await;
    stage.replace(&path, &[("price", json!(8.5))]).await;
    assert_eq!(stage.get(LINE).await.body["unitPrice"], json!(8.5));
    assert_eq!(stage.get(LINE).await.body["unitCost"], json!(6.9));
}

#[tokio::test]
async fn a_taken_identifier_is_refused_or_copied_and_a_vendor_sku_may_repeat() {
    let stage = stage().await;
    let mut twice = item("cfq7ttc0lh18:0001");
    let refused = stage.post("procurement/catalog", &twice).await;
    assert_eq!(refused.body["message"], "catalogItem object is invalid");
    assert_eq!((refused.reasons()[0].0, refused.reasons()[0].1), ("ObjectExists", "identifier"));
    stage.assume(json!({"cw_duplicate_identifier": "copy0"})).await;
    let copied = stage.post("procurement/catalog", &twice).await;
    assert_eq!(
        (copied.status, &copied.body["identifier"]),
        (201, &json!("cfq7ttc0lh18:0001-Copy0"))
    );
    twice["identifier"] = json!("another");
    assert_eq!(stage.post("procurement/catalog", &twice).await.status, 201);
}

#[rstest]
#[case("categories", "category/id")]
#[case("subcategories", "subcategory/id")]
#[case("productTypes", "type/id")]
#[case("unitOfMeasures", "unitOfMeasure/id")]
#[tokio::test]
async fn an_inactive_miscellaneous_refuses_new_items(#[case] kind: &str, #[case] field: &str) {
    let stage = stage().await;
    let path = format!("/connectwise/{kind}/1");
    stage.act("PATCH", &path, json!({"inactiveFlag": true})).await;
    let refused = stage.post("procurement/catalog", &item("NEW")).await;
    assert_eq!(refused.reasons()[0].1, field);
    stage.assume(json!({"cw_inactive_item": "accept"})).await;
    assert_eq!(stage.post("procurement/catalog", &item("NEW")).await.status, 201);
}

#[tokio::test]
async fn references_are_found_by_identifier_or_name_and_unknown_ones_refused() {
    let stage = stage().await;
    let mut by_name = item("NEW");
    by_name["subcategory"] = json!({"name": "Subscriptions"});
    let made = stage.post("procurement/catalog", &by_name).await;
    assert_eq!((made.status, &made.body["category"]["name"]), (201, &json!("Cloud")));
    let mut line = body(1, "2026-09-01");
    line["product"] = json!({"identifier": "new"});
    assert_eq!(stage.post("finance/agreements/41/additions", &line).await.status, 201);
    line["product"] = json!({"identifier": "unheard of"});
    let refused = stage.post("finance/agreements/41/additions", &line).await;
    assert_eq!(
        (refused.reasons()[0].0, refused.reasons()[0].1),
        ("NotFound", "product/identifier")
    );
    line["product"] = json!({});
    assert_eq!(
        stage.post("finance/agreements/41/additions", &line).await.reasons()[0].1,
        "product"
    );
}

#[tokio::test]
async fn an_agreement_without_a_billing_start_starts_today_and_takes_its_type_over() {
    let stage = stage().await;
    let sent = json!({"name": "New", "type": {"name": "O365"}, "company": {"identifier": "Contoso"},
                      "contact": {"id": 1}, "startDate": "2026-01-01", "noEndingDateFlag": true});
    let made = stage.post("finance/agreements", &sent).await;
    assert_eq!(made.status, 201, "{}", made.body);
    assert_eq!(made.body["billStartDate"], "2026-10-05T00:00:00Z");
    assert_eq!(made.body["billingCycle"]["name"], "Monthly");
    assert_eq!(
        (&made.body["prorateFlag"], &made.body["agreementStatus"]),
        (&json!(true), &json!("Active"))
    );
    assert_eq!(made.body["company"]["name"], "Contoso, Ltd");
    let id = made.body["id"].as_i64().unwrap();
    let early =
        stage.post(&format!("finance/agreements/{id}/additions"), &body(1, "2026-09-01")).await;
    assert!(early.reasons()[0].2.contains("billing start date"));
}

#[rstest]
#[case(41, "Active")]
#[case(43, "Expired")]
#[case(44, "Cancelled")]
#[case(45, "Inactive")]
#[tokio::test]
async fn the_status_of_an_agreement_follows_from_its_dates(#[case] id: i64, #[case] status: &str) {
    let stage = stage().await;
    let path = format!("finance/agreements/{id}");
    assert_eq!(stage.get(&path).await.body["agreementStatus"], status);
    stage.act("POST", "/connectwise/clock", json!({"date": "2026-09-15"})).await;
    let earlier = stage.get("finance/agreements/43").await.body;
    assert_eq!(earlier["agreementStatus"], "Active", "its last day is still one of it");
}

#[tokio::test]
async fn what_is_in_use_cannot_be_deleted() {
    let stage = with_line().await;
    let rights = json!({"holds": ["catalog", "agreements", "companies", "units"]});
    stage.act("POST", "/connectwise/role", rights).await;
    for path in [
        "procurement/catalog/7",
        "finance/agreements/41",
        "company/companies/2",
        "procurement/unitOfMeasures/1",
    ] {
        assert_eq!(stage.send("DELETE", path, &Value::Null).await.status, 409, "{path}");
    }
    assert_eq!(stage.send("DELETE", "procurement/catalog/8", &Value::Null).await.status, 204);
}

#[tokio::test]
async fn a_new_company_needs_an_address_and_an_identifier_of_its_own() {
    let stage = stage().await;
    stage.act("POST", "/connectwise/role", json!({"holds": ["companies"]})).await;
    let mut company = json!({"identifier": "contoso", "name": "Contoso two"});
    let refused = stage.post("company/companies", &company).await;
    let fields: Vec<_> = refused.reasons().iter().map(|reason| reason.1).collect();
    assert_eq!(fields, ["identifier", "addressLine1"]);
    company["identifier"] = json!("Contoso2");
    company["city"] = json!("Perth");
    let made = stage.post("company/companies?fields=id,status/name", &company).await;
    assert_eq!((made.status, &made.body["status"]), (201, &json!({"name": "Active"})));
}

#[tokio::test]
async fn a_body_that_is_no_json_is_refused() {
    let stage = stage().await;
    let path = "finance/agreements/41/additions";
    let request = stage.request(reqwest::Method::POST, path);
    let request = request.header("Content-Type", "application/json").body("{");
    assert_eq!(crate::stage::Reply::of(request.send().await.unwrap()).await.status, 400);
}
