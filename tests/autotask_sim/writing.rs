//! Creating and changing services, contracts and services on contracts.

use rstest::rstest;
use serde_json::{Value, json};

use crate::stage::{
    CODE, INACTIVE_CODE, INACTIVE_SERVICE, MONTHLY, SERVICE, WORK_CODE, error, stage, stage_with,
};

fn new_service(changes: &Value) -> Value {
    let mut body = json!({"name": "PC_CFQ7TTC0LH18:0001", "billingCodeID": CODE, "periodType": 2,
                          "unitPrice": 8.00, "unitCost": "6.90", "isActive": true});
    let changes = changes.as_object().unwrap().clone();
    body.as_object_mut().unwrap().extend(changes);
    body
}

#[tokio::test]
async fn a_created_service_answers_200_with_its_id_and_reads_back_exactly() {
    let stage = stage().await;
    let body =
        new_service(&json!({"unitPrice": 8.1250, "sku": "CFQ7TTC0LH18:0001", "unheardOf": 5}));
    let (status, created) = stage.post("Services", &body).await;
    assert_eq!(status, 200);
    let (_, item) = stage.get(&format!("Services/{}", created["itemId"])).await;
    assert_eq!(item["item"]["unitPrice"].to_string(), "8.1250");
    assert_eq!(item["item"]["unitCost"].to_string(), "6.9000");
    assert_eq!(item["item"]["sku"], "CFQ7TTC0LH18:0001");
    assert_eq!(item["item"]["vendorCompanyID"], Value::Null);
}

#[tokio::test]
async fn a_taken_name_is_the_ix_service_error_word_for_word() {
    let stage = stage().await;
    let refused = stage.post("Services", &new_service(&json!({"name": "BY HAND"}))).await;
    assert_eq!(
        error(&refused),
        "Violation of UNIQUE KEY constraint 'IX_service'. Cannot insert duplicate key in object \
         'dbo.Service'. The duplicate key value is (BY HAND). Error updating database for new \
         entity records."
    );
    let inactive = stage.post("Services", &new_service(&json!({"name": "Long gone"}))).await;
    assert!(error(&inactive).contains("IX_service"));
    assert_eq!(stage.found("Services", &json!([])).await.len(), 2);
}

#[rstest]
#[case::no_name(json!({"name": null}), "Value does not exist for the required field name")]
#[case::empty_name(json!({"name": ""}), "Value does not exist for the required field name")]
#[case::no_price(json!({"unitPrice": null}), "unitPrice")]
#[case::long_name(json!({"name": "x".repeat(101)}), "name")]
#[case::bad_period(json!({"periodType": 1}), "Picklist value [1] does not exist for periodType.")]
#[case::inactive_code(json!({"billingCodeID": INACTIVE_CODE}), "billingCodeID")]
#[case::wrong_code(json!({"billingCodeID": WORK_CODE}), "billingCodeID")]
#[case::no_such_code(json!({"billingCodeID": 999}), "billingCodeID")]
#[case::no_such_vendor(json!({"vendorCompanyID": 999}), "vendorCompanyID")]
#[case::given_id(json!({"id": 7}), "id")]
#[case::text_for_a_number(json!({"unitPrice": "eight"}), "unitPrice")]
#[case::absurd_number(json!({"unitPrice": 1e300}), "unitPrice")]
#[case::number_for_a_flag(json!({"isActive": 1}), "isActive")]
#[case::read_only(json!({"markupRate": 4}), "markupRate")]
#[tokio::test]
async fn a_bad_service_is_refused_and_leaves_no_trace(#[case] body: Value, #[case] fragment: &str) {
    let stage = stage().await;
    let refused = stage.post("Services", &new_service(&body)).await;
    assert!(error(&refused).contains(fragment), "{}", refused.1);
    assert_eq!(stage.found("Services", &json!([])).await.len(), 2);
    assert!(stage.journal().await.iter().all(|entry| entry["changed"] == false));
}

#[tokio::test]
async fn a_patch_changes_what_it_names_and_an_equal_one_changes_nothing() {
    let stage = stage().await;
    let patch = json!({"ID": SERVICE, "UnitPrice": 8.40, "periodType": 2});
    assert_eq!(stage.send("PATCH", "Services", &patch).await, (200, json!({"itemId": SERVICE})));
    assert_eq!(stage.send("PATCH", "Services", &patch).await.0, 200);
    let (_, item) = stage.get("Services/41").await;
    assert_eq!(item["item"]["unitPrice"].to_string(), "8.4000");
    assert_eq!(item["item"]["unitCost"].to_string(), "6.9000");
    let changed: Vec<_> =
        stage.journal().await.iter().map(|entry| entry["changed"].clone()).collect();
    assert_eq!(changed, [true, false, false]);
}

#[rstest]
#[case(json!({"id": SERVICE, "periodType": 3}), "read-only")]
#[case(json!({"id": SERVICE, "billingCodeID": INACTIVE_CODE}), "billingCodeID")]
#[case(json!({"id": SERVICE, "name": "long gone"}), "IX_service")]
#[case(json!({"id": SERVICE, "name": null}), "required field name")]
#[case(json!({"id": 999, "name": "new"}), "No matching records")]
#[case(json!({"name": "new"}), "id")]
#[tokio::test]
async fn a_bad_patch_is_refused(#[case] body: Value, #[case] fragment: &str) {
    let stage = stage().await;
    assert!(error(&stage.send("PATCH", "Services", &body).await).contains(fragment));
}

#[tokio::test]
async fn a_code_that_became_inactive_may_be_sent_again() {
    let stage = stage().await;
    stage.control("POST", "/autotask/billing-codes/501", &json!({"isActive": false})).await;
    let body = json!({"id": SERVICE, "billingCodeID": CODE, "unitPrice": 9});
    assert_eq!(stage.send("PATCH", "Services", &body).await.0, 200);
    assert!(error(&stage.post("Services", &new_service(&json!({}))).await).contains("active"));
}

#[tokio::test]
async fn a_put_empties_what_it_does_not_name() {
    let stage = stage().await;
    let body = json!({"id": SERVICE, "name": "By hand", "billingCodeID": CODE, "unitPrice": 8});
    assert_eq!(stage.send("PUT", "Services", &body).await.0, 200);
    let (_, item) = stage.get("Services/41").await;
    assert_eq!(item["item"]["unitCost"], Value::Null);
    assert_eq!(item["item"]["periodType"], 2);
}

#[tokio::test]
async fn a_new_contract_service_has_prices_of_its_own_and_no_units() {
    let stage = stage().await;
    let body = json!({"contractID": MONTHLY, "serviceID": SERVICE, "adjustedPrice": 5});
    let (status, created) = stage.post("Contracts/1001/Services", &body).await;
    assert_eq!(status, 200);
    let id = created["itemId"].as_i64().unwrap();
    stage.send("PATCH", "Services", &json!({"id": SERVICE, "unitPrice": 12})).await;
    let (_, item) = stage.get(&format!("ContractServices/{id}")).await;
    assert_eq!(item["item"]["unitPrice"].to_string(), "8.0000");
    assert_eq!(item["item"]["internalCurrencyAdjustedPrice"].to_string(), "8.0000");
    assert!(stage.units(id).await.is_empty());
    let second = stage.post("Contracts/1001/Services", &body).await;
    assert_ne!(second.1["itemId"], created["itemId"]);
}

#[rstest]
#[case::wrong_parent(1001, json!({"contractID": 1005, "serviceID": SERVICE}), "parent")]
#[case::not_recurring(1002, json!({"contractID": 1002, "serviceID": SERVICE}), "Recurring")]
#[case::closed(1003, json!({"contractID": 1003, "serviceID": SERVICE}), "inactive")]
#[case::retired(1001, json!({"contractID": 1001, "serviceID": INACTIVE_SERVICE}), "inactive")]
#[case::no_service(1001, json!({"contractID": 1001}), "serviceID")]
#[tokio::test]
async fn a_bad_contract_service_is_refused(
    #[case] parent: i64,
    #[case] body: Value,
    #[case] fragment: &str,
) {
    let stage = stage().await;
    let refused = stage.post(&format!("Contracts/{parent}/Services"), &body).await;
    assert!(error(&refused).contains(fragment), "{}", refused.1);
    assert!(stage.found("ContractServices", &json!([])).await.is_empty());
}

#[tokio::test]
async fn texts_and_cost_of_a_contract_service_may_change_its_price_may_not() {
    let (stage, id) = stage_with(MONTHLY, &[]).await;
    let path = "Contracts/1001/Services";
    let body = json!({"id": id, "invoiceDescription": "M365", "unitCost": 7});
    assert_eq!(stage.send("PATCH", path, &body).await, (200, json!({"itemId": id})));
    let (_, item) = stage.get(&format!("ContractServices/{id}")).await;
    assert_eq!(item["item"]["unitCost"].to_string(), "7.0000");
    let refused = stage.send("PATCH", path, &json!({"id": id, "unitPrice": 9})).await;
    assert!(error(&refused).contains("read-only"));
}

#[tokio::test]
async fn a_contract_needs_its_dates_in_order() {
    let stage = stage().await;
    let body = json!({"id": MONTHLY, "endDate": "2025-12-31"});
    let refused = stage.send("PATCH", "Contracts", &body).await;
    assert_eq!(error(&refused), "Contract EndDate must be after StartDate.");
}

#[tokio::test]
async fn an_earlier_end_wipes_later_changes_and_a_later_end_goes_on() {
    let (stage, id) = stage_with(MONTHLY, &[("2027-10-01", 5), ("2027-12-01", 9)]).await;
    let end = async |date: &str| {
        stage.send("PATCH", "Contracts", &json!({"id": MONTHLY, "endDate": date})).await.0
    };
    assert_eq!(end("2027-11-30T13:00:00Z").await, 200);
    let last = stage.units(id).await.last().unwrap().clone();
    assert_eq!((last.1.as_str(), last.2), ("2027-11-30", 5));
    assert_eq!(end("2028-01-31").await, 200);
    let last = stage.units(id).await.last().unwrap().clone();
    assert_eq!((last.0.as_str(), last.1.as_str(), last.2), ("2028-01-01", "2028-01-31", 5));
}

#[tokio::test]
async fn companies_can_be_made_and_are_checked() {
    let stage = stage().await;
    let body =
        json!({"companyName": "Fabrikam", "companyType": 1, "ownerResourceID": 4, "phone": "1"});
    assert_eq!(stage.post("Companies", &body).await, (200, json!({"itemId": 188})));
    let refused = stage.post("Companies", &json!({"companyName": "F", "companyType": 99})).await;
    assert_eq!(error(&refused), "Picklist value [99] does not exist for companyType.");
}

#[tokio::test]
async fn a_body_that_is_not_json_is_refused() {
    let stage = stage().await;
    let request = stage.request(reqwest::Method::POST, "Services", None);
    let request = request.header("content-type", "application/json").body("{nonsense");
    let reply = crate::stage::reply(request.send().await.unwrap()).await;
    assert!(error(&reply).contains("JSON"));
}
