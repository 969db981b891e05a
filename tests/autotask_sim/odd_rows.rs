//! Rows that ought not to be, and what people do between two reads.

use rstest::rstest;
use serde_json::{Value, json};

use crate::stage::{CODE, MONTHLY, QUARTERLY, SERVICE, Stage, stage, stage_with};

async fn odd(stage: &Stage, rows: &Value) {
    let (status, reply) = stage.control("POST", "/odd", &json!({ "rows": rows })).await;
    assert_eq!(status, 200, "{reply}");
}

async fn units(stage: &Stage) -> Vec<Value> {
    let of_contract = json!([{"op": "eq", "field": "contractID", "value": MONTHLY}]);
    stage.found("ContractServiceUnits", &of_contract).await
}

#[rstest]
#[case::unknown("contractServiceID", json!(999_999))]
#[case::fraction("units", json!(2.5))]
#[case::year_1("startDate", json!("0001-01-01T00:00:00"))]
#[case::null("serviceID", Value::Null)]
#[tokio::test]
async fn one_unit_row_is_served_with_a_member_that_cannot_be(
    #[case] member: &str,
    #[case] value: Value,
) {
    let (stage, id) = stage_with(MONTHLY, &[("2026-09-01", 5)]).await;
    let before = units(&stage).await;
    let chosen = json!({"contractServiceID": id, "startDate": "2026-10-01"});
    let row = json!({"system": "autotask", "kind": "ContractServiceUnits", "where": chosen,
                     "set": {member: value}});
    odd(&stage, &json!([row])).await;
    let after = units(&stage).await;
    let differing: Vec<_> = before.iter().zip(&after).filter(|(was, is)| was != is).collect();
    assert_eq!(differing.len(), 1);
    assert_eq!(differing[0].1[member], value);
    stage.control("DELETE", "/odd", &Value::Null).await;
    assert_eq!(units(&stage).await, before);
}

#[tokio::test]
async fn an_odd_row_may_stand_beside_and_keep_to_the_fields_asked_for() {
    let (stage, id) = stage_with(MONTHLY, &[("2026-09-01", 5)]).await;
    let row = json!({"system": "autotask", "kind": "contractserviceunits", "beside": true,
                     "where": {"startDate": "2026-10-01"}, "set": {"units": -1},
                     "without": ["endDate"]});
    odd(&stage, &json!([row])).await;
    let body = json!({"includeFields": ["id", "units"],
                      "filter": [{"op": "eq", "field": "contractServiceID", "value": id}]});
    let (_, page) = stage.post("ContractServiceUnits/query", &body).await;
    let items = page["items"].as_array().unwrap();
    assert_eq!(page["pageDetails"]["count"], items.len());
    assert_eq!(items.len(), 16 + 1);
    assert!(items.contains(&json!({"id": items[1]["id"], "units": -1})), "{page}");
}

#[tokio::test]
async fn a_company_may_lose_its_id() {
    let stage = stage().await;
    let row = json!({"system": "autotask", "kind": "Companies", "where": {"id": 175},
                     "set": {"id": null}});
    odd(&stage, &json!([row])).await;
    let found = stage.found("Companies", &json!([])).await;
    let ids: Vec<_> = found.iter().map(|company| &company["id"]).collect();
    assert_eq!(ids, [&json!(0), &Value::Null, &json!(187)]);
}

#[rstest]
#[case::kind(json!({"system": "autotask", "kind": "Companys"}), "Companys")]
#[case::list(json!({"system": "prism", "kind": "Companies"}), "Companies")]
#[case::member(json!({"system": "autotask", "kind": "Companies", "sets": {}}), "sets")]
#[tokio::test]
async fn an_odd_row_of_nothing_is_refused(#[case] row: Value, #[case] named: &str) {
    let stage = stage().await;
    let (status, reply) = stage.control("POST", "/odd", &json!({"rows": [row]})).await;
    assert_eq!(status, 400);
    assert!(reply["error"].as_str().unwrap().contains(named), "{reply}");
}

#[tokio::test]
async fn a_service_is_put_on_a_contract_between_two_reads() {
    let stage = stage().await;
    let addition = json!({"service_id": SERVICE, "units": 3, "date": "2026-09-10",
                          "after_read_of": "ContractServices"});
    let path = format!("/autotask/contracts/{MONTHLY}/services");
    let reply = stage.control("POST", &path, &addition).await;
    assert_eq!(reply, (200, json!({"contract_service_id": null})));
    let on = |contract: i64| json!([{"op": "eq", "field": "contractID", "value": contract}]);
    assert!(units(&stage).await.is_empty());
    assert!(stage.found("ContractServices", &on(QUARTERLY)).await.is_empty());
    assert!(units(&stage).await.is_empty(), "a read of another contract is none of this one");
    assert!(stage.found("ContractServices", &on(MONTHLY)).await.is_empty());
    let rows = units(&stage).await;
    assert_eq!(
        (&rows[0]["startDate"], &rows[0]["units"]),
        (&json!("2026-10-01T00:00:00Z"), &json!(3))
    );
    assert_eq!(stage.found("ContractServices", &on(MONTHLY)).await.len(), 1);
}

#[tokio::test]
async fn a_service_is_put_on_a_contract_at_once() {
    let stage = stage().await;
    let path = format!("/autotask/contracts/{MONTHLY}/services");
    let (_, reply) = stage.control("POST", &path, &json!({"service_id": SERVICE})).await;
    let id = reply["contract_service_id"].as_i64().unwrap();
    assert_eq!(stage.units(id).await[0].2, 0);
    for (path, addition, status) in [
        ("/autotask/contracts/9/services", json!({"service_id": SERVICE}), 404),
        (path.as_str(), json!({"service_id": 9}), 404),
        (path.as_str(), json!({"service_id": SERVICE, "after_read_of": "Nothing"}), 400),
    ] {
        assert_eq!(stage.control("POST", path, &addition).await.0, status, "{addition}");
    }
}

#[tokio::test]
async fn a_company_and_a_billing_code_become_inactive() {
    let stage = stage().await;
    let inactive = json!({"isActive": false});
    assert_eq!(stage.control("POST", "/autotask/companies/175", &inactive).await.0, 200);
    assert_eq!(stage.get("Companies/175").await.1["item"]["isActive"], false);
    let path = format!("/autotask/billing-codes/{CODE}");
    assert_eq!(stage.control("POST", &path, &inactive).await.0, 200);
    assert_eq!(stage.get(&format!("BillingCodes/{CODE}")).await.1["item"]["isActive"], false);
    assert_eq!(stage.control("POST", "/autotask/companies/9", &inactive).await.0, 404);
}

#[tokio::test]
async fn prisms_lists_may_have_odd_rows_too() {
    let world = prism_connect::sim::world::WorldSettings {
        customers: 3,
        subscriptions: 2,
        ..Default::default()
    };
    let _ = rustls::crypto::ring::default_provider().install_default();
    let settings = prism_connect::sim::SimSettings { world, ..Default::default() };
    let simulation = prism_connect::sim::Simulation::start(settings).await.unwrap();
    let (prism, control) = (simulation.addresses().prism, simulation.addresses().control_url);
    let client = crate::loopback::client();
    let form = [
        ("grant_type", "client_credentials"),
        ("scope", "rhipeapi"),
        ("client_id", &prism.client_id),
        ("client_secret", &prism.client_secret),
    ];
    let url = format!("{}/core/connect/token", prism.identity_url);
    let token: Value = client.post(url).form(&form).send().await.unwrap().json().await.unwrap();
    let token = token["access_token"].as_str().unwrap();
    let get = async |path: &str| {
        let url = format!("{}{path}", prism.api_url);
        client.get(url).bearer_auth(token).send().await.unwrap().text().await.unwrap()
    };
    let json_of = async |path: &str| serde_json::from_str::<Value>(&get(path).await).unwrap();
    let customers = json_of("/api/v1/me/customers").await;
    let agreement = &customers[1]["CustomerProgramAgreements"][0]["ContractAgreementId"];
    let agreement = agreement.as_str().unwrap();
    let tenants = format!("/api/v2/contractagreements/{agreement}/tenants");
    let prices = format!("/api/v2/me/pricing/{agreement}/pricelist/2026/10/1/");
    let tenant = json_of(&tenants).await[0].clone();
    let held = tenant["Subscriptions"][0]["SubscriptionId"].clone();
    let invoices = json_of("/api/v2/invoices").await;
    let invoice = invoices["Records"].as_array().unwrap().iter();
    let invoice = invoice.clone().find(|one| one["InvoiceType"] == "Standard").unwrap();
    let lines = format!("/api/v1/me/invoice/{}/csv", invoice["InvoiceId"].as_str().unwrap());
    let rows = json!({"rows": [
        {"system": "prism", "kind": "customers", "where": {"CustomerId": customers[1]["CustomerId"]},
         "set": {"CustomerName": null}},
        {"system": "prism", "kind": "tenants", "where": {"TenantId": tenant["TenantId"]},
         "set": {"TenantId": null}},
        {"system": "prism", "kind": "subscriptions", "where": {"SubscriptionId": held},
         "set": {"Quantity": -4}, "beside": true},
        {"system": "prism", "kind": "products", "set": {"RetailUnitPrice": "free"}},
        {"system": "prism", "kind": "invoices", "where": {"InvoiceId": invoice["InvoiceId"]},
         "set": {"SubTotal": null}},
        {"system": "prism", "kind": "lines", "set": {"Quantity": 90, "SubscriptionId": null}},
    ]});
    let added = client.post(format!("{control}/odd")).body(rows.to_string()).send().await.unwrap();
    assert_eq!(added.text().await.unwrap(), r#"{"added":6}"#);
    assert_eq!(json_of("/api/v1/me/customers").await[1]["CustomerName"], Value::Null);
    let odd = json_of(&tenants).await[0].clone();
    assert_eq!(odd["TenantId"], Value::Null);
    assert_eq!(odd["Subscriptions"][0], tenant["Subscriptions"][0]);
    assert_eq!(
        (&odd["Subscriptions"][1]["SubscriptionId"], &odd["Subscriptions"][1]["Quantity"]),
        (&held, &json!(-4))
    );
    let product = &json_of(&prices).await["ProductGroups"][0]["Products"][0];
    assert_eq!(product["RetailUnitPrice"], "free");
    let headers = json_of("/api/v2/invoices").await;
    let headers = headers["Records"].as_array().unwrap();
    let odd = headers.iter().find(|one| one["InvoiceId"] == invoice["InvoiceId"]).unwrap();
    assert_eq!(odd["SubTotal"], Value::Null);
    let text = get(&lines).await;
    let mut table = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let rows: Vec<std::collections::BTreeMap<String, String>> =
        table.deserialize().map(Result::unwrap).collect();
    assert!(!rows.is_empty());
    assert!(rows.iter().all(|row| row["Quantity"] == "90" && row["SubscriptionId"].is_empty()));
    simulation.stop().await;
}
