//! Login, zones, paths, the filter language, paging, metadata.

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use crate::stage::{MONTHLY, error, reply, rows, stage, stage_of, stage_with};

#[rstest]
#[case("Secret", "wrong")]
#[case("UserName", "nobody@partner.example")]
#[case("ApiIntegrationCode", "")]
#[tokio::test]
async fn a_failed_login_is_an_empty_401(#[case] header: &str, #[case] value: &str) {
    let stage = stage().await;
    let mut headers = stage.headers();
    let name: reqwest::header::HeaderName = header.parse().unwrap();
    headers.insert(name, value.parse().unwrap());
    let request = stage.client.get(stage.url("Version")).headers(headers);
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 401);
    assert!(response.headers()["www-authenticate"].to_str().unwrap().starts_with("Basic Realm="));
    assert_eq!(response.headers()["content-length"], "0");
    assert_eq!(response.text().await.unwrap(), "");
}

#[tokio::test]
async fn a_locked_user_gets_401_until_unlocked() {
    let stage = stage().await;
    stage.control("POST", "/autotask/user", &json!({"locked": true})).await;
    assert_eq!(stage.get("Version").await.0, 401);
    stage.control("POST", "/autotask/user", &json!({"locked": false})).await;
    assert_eq!(stage.get("Version").await.0, 200);
}

#[tokio::test]
async fn the_zone_is_where_the_request_came_to_and_needs_no_login() {
    let stage = stage().await;
    let user = &stage.addresses.autotask.username;
    let url = stage.url("zoneInformation");
    let zone = stage.client.get(&url).query(&[("user", user)]).send().await.unwrap();
    let (status, zone) = reply(zone).await;
    assert_eq!(status, 200);
    assert_eq!(zone["url"], stage.addresses.autotask.base_url.as_str());
    let stranger = stage.client.get(&url).query(&[("user", "nobody")]).send().await.unwrap();
    assert_eq!(error(&reply(stranger).await), "Zone information could not be determined");
}

#[tokio::test]
async fn version_information_needs_no_login() {
    let stage = stage().await;
    let url = format!("{}VersionInformation", stage.addresses.autotask.base_url);
    let response = stage.client.get(url).send().await.unwrap();
    assert_eq!(reply(response).await, (200, json!({"apiVersions": ["v1.0"]})));
}

#[rstest]
#[case("sErViCeS/41")]
#[case("Services/41/")]
#[tokio::test]
async fn paths_have_no_case_and_may_end_with_a_slash(#[case] path: &str) {
    let stage = stage().await;
    let (status, body) = stage.get(path).await;
    assert_eq!((status, &body["item"]["id"]), (200, &json!(41)));
}

#[tokio::test]
async fn a_missing_item_is_null_and_a_row_of_another_parent_too() {
    let (stage, id) = stage_with(MONTHLY, &[]).await;
    assert_eq!(stage.get("Services/999").await, (200, json!({"item": null})));
    let elsewhere = format!("Contracts/1005/Services/{id}");
    assert_eq!(stage.get(&elsewhere).await, (200, json!({"item": null})));
    assert_eq!(stage.get("Contracts/1001/Services").await.1["items"][0]["id"], id);
}

#[rstest]
#[case("Nonsense/query")]
#[case("Contracts/1001/Services/query")]
#[case("ContractServices")]
#[case("BillingCodes")]
#[case("ContractServiceAdjustments/query")]
#[tokio::test]
async fn an_unknown_path_is_a_404_page(#[case] path: &str) {
    let stage = stage().await;
    let (status, body) = stage.post(path, &json!({"filter": []})).await;
    assert_eq!(status, 404);
    assert!(body.as_str().unwrap().starts_with("<!DOCTYPE html"));
}

#[rstest]
#[case("DELETE", "Services/41")]
#[case("PATCH", "Services/41")]
#[case("GET", "ContractServiceAdjustments")]
#[case("DELETE", "Contracts/1001/Services")]
#[tokio::test]
async fn a_verb_that_is_not_offered_is_405(#[case] method: &str, #[case] path: &str) {
    let stage = stage().await;
    let (status, body) = stage.send(method, path, &json!({})).await;
    assert_eq!(status, 405);
    let text = format!("The requested resource does not support http method '{method}'.");
    assert_eq!(body, json!({ "Message": text }));
}

#[tokio::test]
async fn company_0_is_the_partner_and_found_by_gte_0_only() {
    let stage = stage().await;
    let of = async |op: &str| {
        stage.found("Companies", &json!([{"op": op, "field": "id", "value": 0}])).await.len()
    };
    assert_eq!((of("gte").await, of("gt").await), (3, 2));
}

#[rstest]
#[case::eq(json!({"op": "eq", "field": "companyType", "value": 7}), &[187])]
#[case::case_blind(json!({"OP": "EQ", "Field": "COMPANYNAME", "Value": "crayon"}), &[187])]
#[case::noteq(json!({"op": "noteq", "field": "companyType", "value": 7}), &[0, 175])]
#[case::gt(json!({"op": "gt", "field": "id", "value": 175}), &[187])]
#[case::lte(json!({"op": "lte", "field": "id", "value": 175}), &[0, 175])]
#[case::lt(json!({"op": "lt", "field": "id", "value": 175}), &[0])]
#[case::begins(json!({"op": "beginsWith", "field": "companyName", "value": "con"}), &[175])]
#[case::ends(json!({"op": "endsWith", "field": "companyName", "value": "LTD"}), &[175])]
#[case::contains(json!({"op": "contains", "field": "companyName", "value": "part"}), &[0])]
#[case::exist(json!({"op": "exist", "field": "taxID"}), &[])]
#[case::not_exist(json!({"op": "notExist", "field": "taxID"}), &[0, 175, 187])]
#[case::is_in(json!({"op": "in", "field": "id", "value": [0, 187]}), &[0, 187])]
#[case::not_in(json!({"op": "notIn", "field": "id", "value": [0, 187]}), &[175])]
#[case::null_is_never_unequal(json!({"op": "noteq", "field": "taxID", "value": "x"}), &[])]
#[case::or(json!({"op": "or", "items": [
    {"op": "eq", "field": "id", "value": 0},
    {"op": "and", "items": [{"op": "eq", "field": "id", "value": 187},
                            {"op": "eq", "field": "isActive", "value": true}]}]}), &[0, 187])]
#[case::unknown_operators_are_dropped(json!({"op": "ne", "field": "id", "value": 0}), &[0, 175, 187])]
#[tokio::test]
async fn a_filter_finds_in_ascending_id(#[case] condition: Value, #[case] ids: &[i64]) {
    let stage = stage().await;
    let found = stage.found("Companies", &json!([condition])).await;
    let found: Vec<_> = found.iter().map(|row| row["id"].as_i64().unwrap()).collect();
    assert_eq!(found, ids);
}

#[rstest]
#[case::empty(json!({"filter": []}), "filter")]
#[case::absent(json!({"maxRecords": 5}), "filter")]
#[case::unknown_field(json!({"filter": [{"op": "eq", "field": "projectID", "value": 1}]}),
    "Unable to find projectID in the Company Entity.")]
#[case::unknown_included(json!({"filter": [{"op": "gte", "field": "id", "value": 0}], "IncludeFields": ["nope"]}),
    "Unable to find nope in the Company Entity.")]
#[case::boolean_as_number(json!({"filter": [{"op": "eq", "field": "isActive", "value": 1}]}), "isActive")]
#[case::boolean_as_text(json!({"filter": [{"op": "eq", "field": "isActive", "value": "true"}]}), "isActive")]
#[case::null(json!({"filter": [{"op": "eq", "field": "phone", "value": null}]}), "notExist")]
#[case::not_queryable(json!({"filter": [{"op": "gt", "field": "assetValue", "value": 1}]}), "cannot be queried")]
#[case::no_records(json!({"maxRecords": 0, "filter": [{"op": "gte", "field": "id", "value": 0}]}), "maxRecords")]
#[case::many_records(json!({"MaxRecords": 501, "filter": [{"op": "gte", "field": "id", "value": 0}]}), "maxRecords")]
#[tokio::test]
async fn a_bad_query_is_refused(#[case] query: Value, #[case] fragment: &str) {
    let stage = stage().await;
    let refused = stage.post("Companies/query", &query).await;
    assert!(error(&refused).contains(fragment), "{}", refused.1);
}

#[tokio::test]
async fn more_than_500_alternatives_are_refused() {
    let stage = stage().await;
    let query = |n: i64| {
        let ids: Vec<_> = (0..n).collect();
        json!({"filter": [{"op": "in", "field": "id", "value": ids}]})
    };
    assert_eq!(stage.post("Companies/query", &query(500)).await.0, 200);
    assert!(error(&stage.post("Companies/query", &query(501)).await).contains("500"));
}

#[tokio::test]
async fn a_count_and_included_fields_are_as_asked() {
    let stage = stage().await;
    let query = json!({"filter": [{"op": "gte", "field": "id", "value": 0}],
                       "includeFields": ["ID", "companyname"]});
    let (_, count) = stage.post("Companies/query/count", &query).await;
    assert_eq!(count, json!({"queryCount": 3}));
    let (_, page) = stage.post("Companies/query", &query).await;
    assert_eq!(page["items"][1], json!({"id": 175, "companyName": "Contoso, Ltd"}));
}

async fn wide() -> crate::stage::Stage {
    let mut rows = rows();
    let company = rows.companies[1].clone();
    rows.companies.extend((1000..2100).map(|id| {
        let mut company = company.clone();
        company.id = id;
        company
    }));
    stage_of(&rows, prism_connect::sim::SimSettings::default()).await
}

#[tokio::test]
async fn pages_have_500_rows_and_a_post_page_is_followed_by_post() {
    let stage = wide().await;
    let query = json!({"filter": [{"op": "gte", "field": "id", "value": 0}]});
    let (_, page) = stage.post("Companies/query", &query).await;
    assert_eq!(page["pageDetails"]["count"], 500);
    assert_eq!(page["pageDetails"]["prevPageUrl"], Value::Null);
    let next = page["pageDetails"]["nextPageUrl"].as_str().unwrap().to_owned();
    assert!(next.starts_with(&stage.url("Companies/query/next?paging=")), "{next}");
    let get = stage.client.get(&next).headers(stage.headers()).send().await.unwrap();
    assert_eq!(reply(get).await.0, 405);
    let mut ids: Vec<i64> = Vec::new();
    let mut page = page;
    loop {
        ids.extend(page["items"].as_array().unwrap().iter().map(|row| row["id"].as_i64().unwrap()));
        let Some(next) = page["pageDetails"]["nextPageUrl"].as_str() else { break };
        let request = stage.client.post(next).headers(stage.headers()).json(&query);
        page = reply(request.send().await.unwrap()).await.1;
    }
    assert_eq!(ids.len(), 1103);
    assert!(ids.is_sorted());
    let back = page["pageDetails"]["prevPageUrl"].as_str().unwrap();
    let request = stage.client.post(back).headers(stage.headers()).json(&query);
    let earlier = reply(request.send().await.unwrap()).await.1;
    assert_eq!(earlier["items"][0]["id"].as_i64().unwrap(), ids[500]);
    assert_eq!(earlier["items"].as_array().unwrap().len(), 500);
}

#[tokio::test]
async fn a_get_page_is_followed_by_get() {
    let stage = wide().await;
    let search = json!({"maxRecords": 2, "filter": [{"op": "gte", "field": "id", "value": 0}]});
    let request = stage.request(Method::GET, "Companies/query", None);
    let request = request.query(&[("search", search.to_string())]);
    let page = reply(request.send().await.unwrap()).await.1;
    assert_eq!(page["pageDetails"]["requestCount"], 2);
    let next = page["pageDetails"]["nextPageUrl"].as_str().unwrap();
    let response = stage.client.get(next).headers(stage.headers()).send().await.unwrap();
    let (status, page) = reply(response).await;
    assert_eq!((status, &page["items"][0]["id"]), (200, &json!(187)));
}

#[tokio::test]
async fn a_long_get_url_is_not_found_but_its_post_is() {
    let stage = stage().await;
    let ids: Vec<_> = (0..450).collect();
    let query = json!({"filter": [{"op": "in", "field": "id", "value": ids}]});
    let request = stage.request(Method::GET, "Companies/query", None);
    let request = request.query(&[("search", query.to_string())]);
    assert_eq!(reply(request.send().await.unwrap()).await.0, 404);
    assert_eq!(stage.post("Companies/query", &query).await.0, 200);
}

#[tokio::test]
async fn several_pages_without_the_id_among_the_fields_are_refused() {
    let stage = stage().await;
    let query = json!({"maxRecords": 1, "includeFields": ["companyName"],
                       "filter": [{"op": "gte", "field": "id", "value": 0}]});
    assert!(error(&stage.post("Companies/query", &query).await).contains("id"));
}

#[tokio::test]
async fn metadata_gives_lengths_and_picklists_as_text() {
    let stage = stage().await;
    let (_, info) = stage.get("Services/entityInformation").await;
    assert_eq!(info["info"]["canCreate"], true);
    assert_eq!(info["info"]["canDelete"], false);
    let (_, fields) = stage.get("Services/entityInformation/fields").await;
    let field = |name: &str| {
        let fields = fields["fields"].as_array().unwrap();
        fields.iter().find(|field| field["name"] == name).unwrap().clone()
    };
    assert_eq!(field("name")["length"], 100);
    assert_eq!(field("name")["picklistValues"], Value::Null);
    let period = field("periodType");
    assert_eq!((&period["isRequired"], &period["isReadOnly"]), (&json!(true), &json!(true)));
    assert_eq!(period["picklistValues"][0]["value"], "2");
    assert_eq!(period["picklistValues"][0]["label"], "Monthly");
    let (_, contract) = stage.get("Contracts/entityInformation/fields").await;
    assert!(contract.to_string().contains("Recurring Service"));
    let (_, user) = stage.get("Contracts/entityInformation/userDefinedFields").await;
    assert_eq!(user, json!({"fields": []}));
}

#[rstest]
#[case("ServiceBundles")]
#[case("ContractServiceBundles")]
#[case("Invoices")]
#[case("BillingItems")]
#[tokio::test]
async fn entities_without_rows_answer_empty(#[case] entity: &str) {
    let stage = stage().await;
    assert!(stage.found(entity, &json!([])).await.is_empty());
}

#[tokio::test]
async fn an_impersonated_query_is_refused() {
    let stage = stage().await;
    let query = json!({"filter": [{"op": "gte", "field": "id", "value": 0}]});
    let request = stage.request(Method::POST, "Companies/query", Some(&query));
    let response = request.header("ImpersonationResourceId", "5").send().await.unwrap();
    assert!(error(&reply(response).await).contains("adequate permissions"));
}
