//! The switches of what the contracts only assume: each position is what some server does.

use prism_connect::sim::assumptions::{Assumptions, RowsAhead, ZeroRows};
use prism_connect::sim::{Limits, SimSettings};
use rstest::rstest;
use serde_json::{Value, json};

use crate::stage::{
    CODE, ENDING, INACTIVE, MONTHLY, SERVICE, Stage, error, rows, stage, stage_of, stage_with,
};

async fn assume(stage: &Stage, switches: &Value) {
    let (status, reply) = stage.control("POST", "/assumptions", switches).await;
    assert_eq!(status, 200, "{reply}");
}

fn at(id: i64, date: &str, change: i64) -> Value {
    json!({"contractServiceID": id, "effectiveDate": date, "unitChange": change})
}

async fn switch(stage: &Stage, name: &str) -> Value {
    let (_, list) = stage.control("GET", "/assumptions", &Value::Null).await;
    list.as_array().unwrap().iter().find(|one| one["name"] == name).unwrap().clone()
}

#[tokio::test]
async fn every_switch_is_listed_and_takes_each_of_its_values() {
    let stage = stage().await;
    let (_, list) = stage.control("GET", "/assumptions", &Value::Null).await;
    let list = list.as_array().unwrap();
    assert!(list.len() > 10);
    for one in list {
        let name = one["name"].as_str().unwrap();
        assert_eq!(one["value"], one["usual"], "{name}");
        assert!(one["row"].is_string() && one["about"].as_str().unwrap().len() > 10, "{name}");
        let allowed: Vec<_> =
            one["allowed"].as_array().unwrap().iter().filter(|value| **value != "…").collect();
        assert!(allowed.len() > 1 && allowed.contains(&&one["usual"]), "{name}");
        for value in allowed {
            assume(&stage, &json!({ name: value })).await;
            assert_eq!(switch(&stage, name).await["value"], *value, "{name}");
        }
    }
    stage.control("DELETE", "/assumptions", &Value::Null).await;
    let (_, back) = stage.control("GET", "/assumptions", &Value::Null).await;
    assert_eq!(back.as_array().unwrap(), list);
}

#[rstest]
#[case::name(json!({"zero_rows": "drop", "zero_row": "keep"}), "zero_row\"")]
#[case::value(json!({"zero_rows": "drop", "opening_price": "perhaps"}), "opening_price")]
#[case::number(json!({"zero_rows": "drop", "money_decimals": 3}), "money_decimals")]
#[case::kind(json!({"zero_rows": "drop", "rows_ahead": [3]}), "rows_ahead")]
#[case::no_object(json!(["zero_rows"]), "object")]
#[tokio::test]
async fn what_is_unknown_is_refused_by_name_and_turns_nothing(
    #[case] switches: Value,
    #[case] named: &str,
) {
    let stage = stage().await;
    let (status, reply) = stage.control("POST", "/assumptions", &switches).await;
    assert_eq!(status, 400);
    assert!(reply["error"].as_str().unwrap().contains(named), "{reply}");
    assert_eq!(switch(&stage, "zero_rows").await["value"], "keep");
}

#[tokio::test]
async fn switches_can_stand_so_from_the_start() {
    let assumptions = Assumptions {
        zero_rows: ZeroRows::Refuse,
        rows_ahead: RowsAhead::Months(3),
        ..Assumptions::default()
    };
    let settings = SimSettings { assumptions, ..SimSettings::default() };
    let stage = stage_of(&rows(), settings).await;
    assert_eq!(switch(&stage, "zero_rows").await["value"], "refuse");
    assert_eq!(switch(&stage, "rows_ahead").await["value"], 3);
}

#[tokio::test]
async fn a_missing_id_may_be_not_found() {
    let stage = stage().await;
    assert_eq!(stage.get("Services/999").await, (200, json!({"item": null})));
    assume(&stage, &json!({"missing_id": "not_found"})).await;
    assert_eq!(stage.get("Services/999").await.0, 404);
    assert_eq!(stage.get("Services/41").await.0, 200);
}

#[rstest]
#[case("keep", 200, &[("2026-09-01", 5), ("2026-09-19", 0), ("2026-10-01", 0)])]
#[case("drop", 200, &[("2026-09-01", 5)])]
#[case("refuse", 500, &[("2026-09-01", 5), ("2026-10-01", 5), ("2026-11-01", 5)])]
#[tokio::test]
async fn a_change_to_nothing_leaves_rows_at_0_or_none_or_is_refused(
    #[case] zero_rows: &str,
    #[case] status: u16,
    #[case] expected: &[(&str, i64)],
) {
    let (stage, id) = stage_with(MONTHLY, &[("2026-09-01", 5)]).await;
    assume(&stage, &json!({ "zero_rows": zero_rows })).await;
    assert_eq!(stage.adjust(MONTHLY, &at(id, "2026-09-19", -5)).await.0, status);
    let units = stage.units(id).await;
    let found: Vec<_> = units.iter().map(|row| (row.0.as_str(), row.2)).take(3).collect();
    assert_eq!(found, expected);
}

#[tokio::test]
async fn where_nothing_may_become_0_a_later_row_may_not_either() {
    let (stage, id) = stage_with(MONTHLY, &[("2026-09-01", 8), ("2026-10-01", 3)]).await;
    assume(&stage, &json!({"zero_rows": "refuse"})).await;
    assert!(error(&stage.adjust(MONTHLY, &at(id, "2026-09-19", -3)).await).contains('0'));
    assert_eq!(stage.adjust(MONTHLY, &at(id, "2026-09-19", -2)).await.0, 200);
}

#[rstest]
#[case("take", "9.9000", "7.5000")]
#[case("ignore", "8.0000", "6.9000")]
#[tokio::test]
async fn opening_prices_are_taken_or_read_over(
    #[case] opening_price: &str,
    #[case] price: &str,
    #[case] cost: &str,
) {
    let stage = stage().await;
    assume(&stage, &json!({ "opening_price": opening_price })).await;
    let body = json!({"contractID": MONTHLY, "serviceID": SERVICE,
                      "unitPrice": 9.90, "unitCost": 7.50});
    assert_eq!(stage.post("Contracts/1001/Services", &body).await.0, 200);
    let row = &stage.found("ContractServices", &json!([])).await[0];
    let shown = (row["unitPrice"].to_string(), row["unitCost"].to_string());
    assert_eq!(shown, (price.to_owned(), cost.to_owned()));
    assert_eq!(row["internalCurrencyAdjustedPrice"].to_string(), price);
}

#[rstest]
#[case("unitPrice")]
#[case("unitCost")]
#[tokio::test]
async fn a_create_that_names_a_price_may_be_refused(#[case] member: &str) {
    let stage = stage().await;
    assume(&stage, &json!({"opening_price": "refuse"})).await;
    let body = json!({"contractID": MONTHLY, "serviceID": SERVICE, member: 9.90});
    assert!(error(&stage.post("Contracts/1001/Services", &body).await).contains(member));
    let bare = json!({"contractID": MONTHLY, "serviceID": SERVICE});
    assert_eq!(stage.post("Contracts/1001/Services", &bare).await.0, 200);
}

#[rstest]
#[case("writable", false)]
#[case("read_only", true)]
#[tokio::test]
async fn metadata_says_whether_opening_prices_can_be_written(
    #[case] metadata: &str,
    #[case] read_only: bool,
) {
    let stage = stage().await;
    assume(&stage, &json!({ "opening_price_metadata": metadata })).await;
    for path in ["ContractServices", "Contracts/1001/Services"] {
        let (_, told) = stage.get(&format!("{path}/entityInformation/fields")).await;
        let fields = told["fields"].as_array().unwrap();
        for name in ["unitPrice", "unitCost"] {
            let field = fields.iter().find(|field| field["name"] == name).unwrap();
            assert_eq!(field["isReadOnly"], read_only, "{path} {name}");
        }
    }
    let (_, services) = stage.get("Services/entityInformation/fields").await;
    let fields = services["fields"].as_array().unwrap();
    let price = fields.iter().find(|field| field["name"] == "unitPrice").unwrap();
    assert_eq!(price["isReadOnly"], false);
}

#[tokio::test]
async fn a_reprice_may_be_accepted_and_go_nowhere() {
    let (stage, id) = stage_with(MONTHLY, &[("2026-09-01", 5)]).await;
    assume(&stage, &json!({"reprice": "ignore"})).await;
    let mut body = at(id, "2026-10-01", 1);
    body["adjustedUnitPrice"] = json!(9.90);
    body["adjustedUnitCost"] = json!(7.50);
    assert_eq!(stage.adjust(MONTHLY, &body).await.0, 200);
    let row = &stage.found("ContractServices", &json!([])).await[0];
    assert_eq!(row["internalCurrencyAdjustedPrice"].to_string(), "8.0000");
    assert_eq!(row["unitCost"].to_string(), "6.9000");
    let october = &stage.units(id).await[1];
    assert_eq!((october.2, october.3.as_str()), (6, "48.0000"));
}

#[rstest]
#[case(4, "8.1235", "9.8766")]
#[case(2, "8.1200", "9.8800")]
#[tokio::test]
async fn money_keeps_four_decimals_or_two(
    #[case] decimals: i64,
    #[case] service: &str,
    #[case] adjusted: &str,
) {
    let (stage, id) = stage_with(MONTHLY, &[("2026-09-01", 5)]).await;
    assume(&stage, &json!({ "money_decimals": decimals })).await;
    let body =
        json!({"name": "New", "billingCodeID": CODE, "periodType": 2, "unitPrice": 8.123_45});
    let made = stage.post("Services", &body).await.1["itemId"].as_i64().unwrap();
    let shown = stage.get(&format!("Services/{made}")).await.1;
    assert_eq!(shown["item"]["unitPrice"].to_string(), service);
    let mut body = at(id, "2026-10-01", 0);
    body["adjustedUnitPrice"] = json!(9.876_56);
    stage.adjust(MONTHLY, &body).await;
    let row = &stage.found("ContractServices", &json!([])).await[0];
    assert_eq!(row["internalCurrencyAdjustedPrice"].to_string(), adjusted);
}

#[rstest]
#[case("on_effective_date", "2026-09-19")]
#[case("day_before", "2026-09-18")]
#[tokio::test]
async fn a_row_that_an_adjustment_closes_ends_on_its_day_or_the_day_before(
    #[case] row_end: &str,
    #[case] end: &str,
) {
    let (stage, id) = stage_with(MONTHLY, &[("2026-09-01", 5), ("2026-09-19", 6)]).await;
    assume(&stage, &json!({ "row_end": row_end })).await;
    let units = stage.units(id).await;
    let spans: Vec<_> = units.iter().take(3).map(|row| (row.1.as_str(), row.3.as_str())).collect();
    assert_eq!(
        spans,
        [(end, "24.0000"), ("2026-09-30", "19.2000"), ("2026-10-31", "48.0000")],
        "a period's own end stands, and no money moves"
    );
}

#[rstest]
#[case(json!("all"), "2027-12-01")]
#[case(json!(0), "2026-10-01")]
#[case(json!(2), "2026-12-01")]
#[tokio::test]
async fn rows_are_written_to_the_contracts_end_or_some_months_ahead(
    #[case] rows_ahead: Value,
    #[case] last: &str,
) {
    let (stage, id) = stage_with(MONTHLY, &[("2026-09-01", 5)]).await;
    assume(&stage, &json!({ "rows_ahead": rows_ahead })).await;
    assert_eq!(stage.units(id).await.last().unwrap().0, last);
    stage.control("POST", "/month/advance", &json!({})).await;
    let later = stage.units(id).await.last().unwrap().0.clone();
    assert_eq!(later.as_str() > last, rows_ahead != "all");
}

#[rstest]
#[case("accept", 200)]
#[case("refuse", 500)]
#[tokio::test]
async fn a_second_adjustment_on_a_period_start(#[case] repeat: &str, #[case] status: u16) {
    let (stage, id) = stage_with(MONTHLY, &[("2026-09-01", 5)]).await;
    assume(&stage, &json!({ "period_start_repeat": repeat })).await;
    assert_eq!(stage.adjust(MONTHLY, &at(id, "2026-10-01", 1)).await.0, 200);
    let second = stage.adjust(MONTHLY, &at(id, "2026-10-01", 1)).await;
    assert_eq!(second.0, status, "{}", second.1);
    if status == 500 {
        assert!(error(&second).contains("contract_service_period"));
    }
}

#[rstest]
#[case("accept", 200)]
#[case("refuse", 500)]
#[tokio::test]
async fn an_adjustment_inside_a_posted_period(#[case] posted: &str, #[case] status: u16) {
    let (stage, id) = stage_with(MONTHLY, &[("2026-09-01", 5)]).await;
    assume(&stage, &json!({ "posted_periods": posted })).await;
    let posting = json!({"contract_id": MONTHLY, "through": "2026-09-30"});
    stage.control("POST", "/autotask/post", &posting).await;
    assert_eq!(stage.adjust(MONTHLY, &at(id, "2026-09-30", 1)).await.0, status);
    assert_eq!(stage.adjust(MONTHLY, &at(id, "2026-10-01", 1)).await.0, 200);
}

#[rstest]
#[case("inclusive", 200)]
#[case("exclusive", 500)]
#[tokio::test]
async fn an_adjustment_on_the_contracts_own_ends(#[case] bounds: &str, #[case] status: u16) {
    let (stage, id) = stage_with(MONTHLY, &[("2026-01-02", 5)]).await;
    assume(&stage, &json!({ "date_bounds": bounds })).await;
    for date in ["2026-01-01", "2027-12-31"] {
        let reply = stage.adjust(MONTHLY, &at(id, date, 1)).await;
        assert_eq!(reply.0, status, "{date}");
        assert!(status == 200 || error(&reply).contains("must be between"), "{date}");
    }
    assert_eq!(stage.adjust(MONTHLY, &at(id, "2027-12-30", 1)).await.0, 200);
}

#[rstest]
#[case("plain", &[("1", true)])]
#[case("inactive_duplicate", &[("101", false), ("1", true)])]
#[case("two_active", &[("101", true), ("1", true)])]
#[tokio::test]
async fn a_label_may_stand_in_a_picklist_twice(
    #[case] picklists: &str,
    #[case] expected: &[(&str, bool)],
) {
    let stage = stage().await;
    assume(&stage, &json!({ "picklists": picklists })).await;
    let (_, told) = stage.get("Contracts/entityInformation/fields").await;
    let fields = told["fields"].as_array().unwrap();
    let status = fields.iter().find(|field| field["name"] == "status").unwrap();
    let active = status["picklistValues"].as_array().unwrap().iter();
    let active: Vec<_> = active
        .filter(|one| one["label"] == "Active")
        .map(|one| (one["value"].as_str().unwrap(), one["isActive"].as_bool().unwrap()))
        .collect();
    assert_eq!(active, expected);
    let body = json!({"name": "New", "billingCodeID": CODE, "periodType": 102, "unitPrice": 1});
    let made = stage.post("Services", &body).await;
    assert_eq!(made.0 == 200, picklists == "two_active", "{}", made.1);
}

#[rstest]
#[case("null", Value::Null)]
#[case("empty", json!(""))]
#[tokio::test]
async fn the_last_page_has_no_next_url(#[case] next_page_url: &str, #[case] expected: Value) {
    let stage = stage().await;
    assume(&stage, &json!({ "next_page_url": next_page_url })).await;
    let body = json!({"maxRecords": 1, "filter": [{"op": "gte", "field": "id", "value": 0}]});
    let (_, page) = stage.post("Companies/query", &body).await;
    assert!(page["pageDetails"]["nextPageUrl"].as_str().unwrap().starts_with("http"));
    let (_, page) = stage.post("Services/query", &json!({"filter": body["filter"]})).await;
    assert_eq!(page["pageDetails"]["nextPageUrl"], expected);
}

#[rstest]
#[case("empty", Value::from(""))]
#[case("text", json!({"Message": "Authorization has been denied for this request."}))]
#[tokio::test]
async fn a_refused_login_says_nothing_or_why(#[case] login_body: &str, #[case] expected: Value) {
    let stage = stage().await;
    assume(&stage, &json!({ "login_body": login_body })).await;
    stage.control("POST", "/autotask/user", &json!({"locked": true})).await;
    assert_eq!(stage.get("Version").await, (401, expected));
}

#[rstest]
#[case(429)]
#[case(500)]
#[tokio::test]
async fn too_many_in_an_hour_are_refused_with_a_text(#[case] status: u16) {
    let settings = SimSettings { limits: Limits::Real, ..SimSettings::default() };
    let stage = stage_of(&rows(), settings).await;
    assume(&stage, &json!({ "hourly_refusal": status })).await;
    stage.control("POST", "/autotask/threshold", &json!({"others": 10_000})).await;
    let (refused, reply) = stage.get("Version").await;
    assert_eq!(refused, status);
    assert!(reply["errors"][0].as_str().unwrap().contains("threshold"), "{reply}");
}

#[tokio::test]
async fn texts_that_nobody_has_seen_may_say_nothing() {
    let (stage, id) = stage_with(MONTHLY, &[("2026-09-01", 5)]).await;
    assume(&stage, &json!({"texts": "bare"})).await;
    let bare = stage.adjust(MONTHLY, &at(id, "2026-09-19", -6)).await;
    assert_eq!(error(&bare), "The request could not be processed.");
    let told = stage.adjust(MONTHLY, &at(id, "2025-09-19", 1)).await;
    assert!(error(&told).contains("must be between the start date and end date"));
}

#[tokio::test]
async fn a_name_may_be_unique_among_active_services_only() {
    let stage = stage().await;
    let taken =
        |name: &str| json!({"name": name, "billingCodeID": CODE, "periodType": 2, "unitPrice": 1});
    assert!(error(&stage.post("Services", &taken("Long gone")).await).contains("(Long gone)"));
    assume(&stage, &json!({"name_key": "active_rows", "name_key_tail": "absent"})).await;
    assert_eq!(stage.post("Services", &taken("Long Gone")).await.0, 200);
    let refused = stage.post("Services", &taken("long gone")).await;
    assert!(error(&refused).contains("IX_service") && !error(&refused).contains("long gone"));
    let back = stage.send("PATCH", "Services", &json!({"id": 42, "isActive": true})).await;
    assert!(error(&back).contains("IX_service"));
}

#[tokio::test]
async fn surplus_members_may_be_refused() {
    let stage = stage().await;
    let patch = json!({"id": SERVICE, "adjustedPrice": 1, "unitPrice": 9, "periodType": 2});
    assert_eq!(stage.send("PATCH", "Services", &patch).await.0, 200);
    assume(&stage, &json!({"unknown_members": "refuse"})).await;
    assert!(error(&stage.send("PATCH", "Services", &patch).await).contains("adjustedPrice"));
    assume(&stage, &json!({"unknown_members": "ignore", "equal_read_only": "refuse"})).await;
    assert!(error(&stage.send("PATCH", "Services", &patch).await).contains("periodType"));
}

#[tokio::test]
async fn a_query_may_tell_letters_by_case() {
    let stage = stage().await;
    let by_name = |op: &str| json!([{"op": op, "field": "name", "value": "by hand"}]);
    assert_eq!(stage.found("Services", &by_name("EQ")).await.len(), 1);
    assume(&stage, &json!({"text_case": "exact"})).await;
    assert_eq!(stage.found("Services", &by_name("eq")).await.len(), 0);
    assert_eq!(stage.found("Services", &by_name("contains")).await.len(), 0);
    assume(&stage, &json!({"text_case": "blind", "operator_case": "exact"})).await;
    assert_eq!(stage.found("Services", &by_name("EQ")).await.len(), 2, "dropped");
    assert_eq!(stage.found("Services", &by_name("beginsWith")).await.len(), 1);
}

#[tokio::test]
async fn a_query_may_take_fewer_alternatives() {
    let stage = stage().await;
    let ids: Vec<i64> = (0..201).collect();
    let body = json!({"filter": [{"op": "in", "field": "id", "value": ids}]});
    assert_eq!(stage.post("Services/query", &body).await.0, 200);
    assume(&stage, &json!({"or_conditions": 200})).await;
    assert!(error(&stage.post("Services/query", &body).await).contains("200"));
}

#[rstest]
#[case("away_from_zero", "4.1300")]
#[case("to_even", "4.1200")]
#[tokio::test]
async fn half_a_cent_goes_up_or_to_the_even_cent(#[case] rounding: &str, #[case] price: &str) {
    let (stage, id) = stage_with(MONTHLY, &[("2026-09-16", 1)]).await;
    assume(&stage, &json!({ "rounding": rounding })).await;
    let mut body = at(id, "2026-09-16", 0);
    body["adjustedUnitPrice"] = json!(8.25);
    assert_eq!(stage.adjust(MONTHLY, &body).await.0, 500);
    body["effectiveDate"] = json!("2026-10-01");
    stage.adjust(MONTHLY, &body).await;
    let later = at(id, "2026-11-16", 1);
    stage.adjust(MONTHLY, &later).await;
    let units = stage.units(id).await;
    let half = units.iter().find(|row| row.0 == "2026-11-01").unwrap();
    assert_eq!(half.3, price, "15 of 30 days at 8.25");
}

#[tokio::test]
async fn a_short_row_may_show_a_whole_periods_amount() {
    let (stage, id) = stage_with(MONTHLY, &[("2026-09-01", 5), ("2026-09-19", 6)]).await;
    assume(&stage, &json!({"row_amounts": "whole"})).await;
    let prices: Vec<_> = stage.units(id).await.into_iter().map(|row| row.3).take(3).collect();
    assert_eq!(prices, ["40.0000", "48.0000", "48.0000"]);
    let bill = stage.control("GET", "/autotask/contracts/1001/bill?month=2026-09", &Value::Null);
    assert_eq!(bill.await.1["total"].to_string(), "43.20");
}

#[tokio::test]
async fn a_new_contract_service_may_have_rows_at_0() {
    let stage = stage().await;
    let body = json!({"contractID": MONTHLY, "serviceID": SERVICE});
    let id = stage.post("Contracts/1001/Services", &body).await.1["itemId"].as_i64().unwrap();
    assert!(stage.units(id).await.is_empty());
    assume(&stage, &json!({"opening_rows": "zero"})).await;
    let units = stage.units(id).await;
    assert_eq!((units[0].0.as_str(), units[0].2, units.len()), ("2026-01-01", 0, 24));
    assert_eq!(stage.adjust(MONTHLY, &at(id, "2026-09-19", 2)).await.0, 200);
}

#[tokio::test]
async fn either_form_of_an_adjustment_may_answer_an_id_or_null() {
    let (stage, id) = stage_with(MONTHLY, &[("2026-09-01", 5)]).await;
    assume(&stage, &json!({"root_reply": "null", "child_reply": "id"})).await;
    let root = stage.post("ContractServiceAdjustments", &at(id, "2026-09-19", 1)).await;
    assert_eq!(root, (200, json!({"itemId": null})));
    assert!(stage.adjust(MONTHLY, &at(id, "2026-09-20", 1)).await.1["itemId"].is_i64());
}

#[tokio::test]
async fn a_second_contract_service_may_be_refused_and_the_newest_meant() {
    let (stage, first) = stage_with(MONTHLY, &[("2026-09-01", 5)]).await;
    let body = json!({"contractID": MONTHLY, "serviceID": SERVICE});
    let second = stage.post("Contracts/1001/Services", &body).await.1["itemId"].as_i64().unwrap();
    assume(&stage, &json!({"duplicate_create": "refuse"})).await;
    assert!(error(&stage.post("Contracts/1001/Services", &body).await).contains("already"));
    let change = |date: &str| json!({"contractID": MONTHLY, "serviceID": SERVICE, "effectiveDate": date, "unitChange": 1});
    stage.adjust(MONTHLY, &change("2026-09-19")).await;
    assert_eq!((stage.units(first).await[1].2, stage.units(second).await.len()), (6, 0));
    assume(&stage, &json!({"duplicate_adjustment": "newest"})).await;
    stage.adjust(MONTHLY, &change("2026-09-20")).await;
    assert_eq!(stage.units(second).await[0].2, 1);
}

#[rstest]
#[case("stays", "8.0000")]
#[case("follows", "9.5000")]
#[tokio::test]
async fn contract_services_stay_or_follow_their_service(
    #[case] service_reprice: &str,
    #[case] price: &str,
) {
    let (stage, _) = stage_with(MONTHLY, &[("2026-09-01", 5)]).await;
    assume(&stage, &json!({ "service_reprice": service_reprice })).await;
    stage.send("PATCH", "Services", &json!({"id": SERVICE, "unitPrice": 9.50})).await;
    let row = &stage.found("ContractServices", &json!([])).await[0];
    assert_eq!(row["internalCurrencyAdjustedPrice"].to_string(), price);
}

#[tokio::test]
async fn keys_may_have_to_be_short() {
    let stage = stage().await;
    let patch = json!({"id": SERVICE, "externalID": "x".repeat(21)});
    assert_eq!(stage.send("PATCH", "Services", &patch).await.0, 200);
    assume(&stage, &json!({"key_lengths": 20})).await;
    assert!(error(&stage.send("PATCH", "Services", &patch).await).contains("20 characters"));
    let (_, told) = stage.get("Services/entityInformation/fields").await;
    let fields = told["fields"].as_array().unwrap();
    let length = |name: &str| fields.iter().find(|f| f["name"] == name).unwrap()["length"].clone();
    assert_eq!((length("sku"), length("name")), (json!(20), json!(100)));
}

#[tokio::test]
async fn numbers_that_nobody_documents_may_be_others() {
    let stage = stage().await;
    assume(&stage, &json!({"type_numbers": "moved"})).await;
    let (_, told) = stage.get("Companies/entityInformation/fields").await;
    let fields = told["fields"].as_array().unwrap();
    let kinds = fields.iter().find(|field| field["name"] == "companyType").unwrap();
    let vendor = kinds["picklistValues"].as_array().unwrap().iter();
    let vendor = vendor.clone().find(|one| one["label"] == "Vendor").unwrap();
    assert_eq!(vendor["value"], "57");
    let vendors = json!([{"op": "eq", "field": "companyType", "value": 57}]);
    let found = stage.found("Companies", &vendors).await;
    assert_eq!((found.len(), &found[0]["companyType"]), (1, &json!(57)));
    let recurring = json!([{"op": "eq", "field": "contractType", "value": 7},
                           {"op": "eq", "field": "status", "value": 50}]);
    assert_eq!(stage.found("Contracts", &recurring).await.len(), 1);
}

#[tokio::test]
async fn what_a_client_does_not_use_may_be_otherwise() {
    let stage = stage().await;
    assume(&stage, &json!({"api_versions": "1.0", "previous_page_url": "absent"})).await;
    let url = format!("{}VersionInformation", stage.addresses.autotask.base_url);
    let told = stage.client.get(url).send().await.unwrap().text().await.unwrap();
    assert_eq!(told, r#"{"apiVersions":["1.0"]}"#);
    let body = json!({"maxRecords": 1, "filter": [{"op": "gte", "field": "id", "value": 0}]});
    let (_, first) = stage.post("Companies/query", &body).await;
    let next = first["pageDetails"]["nextPageUrl"].as_str().unwrap();
    let (_, path) = next.split_once("/V1.0/").unwrap();
    let (_, second) = stage.post(path, &body).await;
    assert_eq!(
        (&second["pageDetails"]["prevPageUrl"], second["items"].as_array().unwrap().len()),
        (&Value::Null, 1)
    );
}

#[tokio::test]
async fn an_inactive_contract_may_take_changes() {
    let stage = stage().await;
    let body = json!({"contractID": INACTIVE, "serviceID": SERVICE});
    assert!(error(&stage.post("Contracts/1003/Services", &body).await).contains("inactive"));
    assume(&stage, &json!({"inactive_contract": "accept"})).await;
    assert_eq!(stage.post("Contracts/1003/Services", &body).await.0, 200);
}

#[rstest]
#[case("goes_on", 5)]
#[case("stops", 0)]
#[tokio::test]
async fn a_contract_made_longer_goes_on_or_stops(#[case] extension: &str, #[case] units: i64) {
    let (stage, id) = stage_with(ENDING, &[("2026-09-01", 5)]).await;
    assume(&stage, &json!({ "extension": extension })).await;
    let longer = json!({"endDate": "2026-12-31"});
    stage.control("POST", "/autotask/contracts/1006", &longer).await;
    let last = stage.units(id).await.pop().unwrap();
    assert_eq!((last.0.as_str(), last.2), ("2026-12-01", units));
}

#[tokio::test]
async fn a_fractional_change_may_be_rounded() {
    let (stage, id) = stage_with(MONTHLY, &[("2026-09-01", 5)]).await;
    let mut body = at(id, "2026-09-19", 0);
    body["unitChange"] = json!(1.6);
    assert_eq!(stage.adjust(MONTHLY, &body).await.0, 500);
    assume(&stage, &json!({"fractional_units": "accept"})).await;
    assert_eq!(stage.adjust(MONTHLY, &body).await.0, 200);
    assert_eq!(stage.units(id).await[1].2, 7);
}

#[rstest]
#[case("utc", "2026-01-01T00:00:00Z")]
#[case("bare", "2026-01-01T00:00:00")]
#[case("fraction", "2026-01-01T00:00:00.0000000Z")]
#[tokio::test]
async fn dates_are_written_in_one_of_several_forms(#[case] date_form: &str, #[case] text: &str) {
    let stage = stage().await;
    assume(&stage, &json!({ "date_form": date_form })).await;
    assert_eq!(stage.get("Contracts/1001").await.1["item"]["startDate"], text);
}

#[tokio::test]
async fn a_date_with_a_time_of_day_may_be_refused() {
    let (stage, id) = stage_with(MONTHLY, &[("2026-09-01", 5)]).await;
    assume(&stage, &json!({"timed_dates": "refused"})).await;
    let timed = at(id, "2026-09-19T13:30:00Z", 1);
    assert!(error(&stage.adjust(MONTHLY, &timed).await).contains("effectiveDate"));
    assert_eq!(stage.adjust(MONTHLY, &at(id, "2026-09-19T00:00:00Z", 1)).await.0, 200);
}
