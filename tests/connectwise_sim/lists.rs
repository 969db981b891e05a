//! Lists: conditions, order, fields, both ways of paging, counts.

use rstest::rstest;
use serde_json::{Value, json};

use crate::stage::{AGREEMENT, Stage, addition, records, stage, stage_of};

async fn found(stage: &Stage, path: &str, conditions: &str) -> Vec<i64> {
    stage.list(path, &[("conditions", conditions)]).await.ids()
}

#[rstest]
#[case("id=2", &[2])]
#[case("id in (2,3, 99)", &[2, 3])]
#[case("not id in (2,3)", &[4, 5, 6])]
#[case("id not in (2,3)", &[4, 5, 6])]
#[case("name = \"contoso, ltd\"", &[2])]
#[case("Name contains 'OSO'", &[2, 4])]
#[case("name like \"Contoso*\"", &[2, 4])]
#[case("name like \"%sons\"", &[3])]
#[case("name = \"O'Brien & Sons\"", &[3])]
#[case("name = 'O''Brien & Sons'", &[3])]
#[case("name = \"Idle [[]Holding]\"", &[5])]
#[case("status/name = \"Inactive\"", &[5])]
#[case("status/id != 1", &[5])]
#[case("deletedFlag = False and name contains 'contoso'", &[2])]
#[case("id=2 or id=3 and name='x'", &[2])]
#[case("(id=2 or id=3) and name contains 'sons'", &[3])]
#[case("website = null", &[2, 3, 4, 5, 6])]
#[case("website != null", &[])]
#[case("website != 'x'", &[])]
#[case("lastUpdated > [2019-06-30T00:00:00Z]", &[2, 3, 4, 5, 6])]
#[case("lastUpdated > [2020-01-01]", &[])]
#[case("", &[2, 3, 4, 5, 6])]
#[tokio::test]
async fn conditions_choose(#[case] conditions: &str, #[case] ids: &[i64]) {
    let stage = stage().await;
    assert_eq!(found(&stage, "company/companies", conditions).await, ids);
    let query = [("conditions", conditions)];
    let count = stage.list("company/companies/count", &query).await;
    assert_eq!((count.status, count.body), (200, json!({"count": ids.len()})));
}

#[rstest]
#[case("typeIds = 1", "typeids is not a recognized name.")]
#[case("status/colour = 'x'", "status/colour is not a recognized name.")]
#[case("types/id = 1", "types/id is not a recognized name.")]
#[case("name = Contoso", "texts need quotes")]
#[case("id = 'two'", "not valid")]
#[case("lastUpdated > '2020'", "not valid")]
#[tokio::test]
async fn what_cannot_be_meant_is_refused(#[case] conditions: &str, #[case] text: &str) {
    let stage = stage().await;
    let reply = stage.list("company/companies", &[("conditions", conditions)]).await;
    assert_eq!((reply.status, &reply.body["code"]), (400, &json!("ApiFindCondition")));
    assert!(reply.body["message"].as_str().unwrap().contains(text), "{}", reply.body);
    let reply = stage.list("company/companies/count", &[("conditions", conditions)]).await;
    assert_eq!(reply.status, 400);
}

#[tokio::test]
async fn a_space_may_come_as_plus_and_parameters_without_their_case() {
    let stage = stage().await;
    let query = "Conditions=name+like+%22Contoso%2A%22&pagesize=1&nothing=known";
    let reply = stage.get(&format!("company/companies?{query}")).await;
    assert_eq!(reply.ids(), [2]);
}

#[tokio::test]
async fn members_of_lists_and_custom_fields_have_conditions_of_their_own() {
    let stage = stage().await;
    let query = [("childConditions", "types/name = 'Vendor'")];
    assert_eq!(stage.list("company/companies", &query).await.ids(), [6]);
    let fields = json!({"customFields": [{"id": 1, "caption": "Tenant", "value": "harbour"}]});
    stage.act("PATCH", "/connectwise/companies/3", fields).await;
    let asks = |value: &'static str| [("customFieldConditions", value)];
    let tenant = asks("caption=\"Tenant\" AND value=\"harbour\"");
    assert_eq!(stage.list("company/companies", &tenant).await.ids(), [3]);
    let other = asks("caption=\"Tenant\" AND value=\"other\"");
    assert!(stage.list("company/companies", &other).await.ids().is_empty());
}

#[rstest]
#[case("name asc", &[4, 2, 6, 5, 3])]
#[case("name desc", &[3, 5, 6, 2, 4])]
#[case("status/name desc, id desc", &[5, 6, 4, 3, 2])]
#[case("id", &[2, 3, 4, 5, 6])]
#[tokio::test]
async fn lists_have_an_order(#[case] order: &str, #[case] ids: &[i64]) {
    let stage = stage().await;
    let reply = stage.list("company/companies", &[("orderBy", order)]).await;
    assert_eq!(reply.ids(), ids);
}

#[tokio::test]
async fn fields_cut_answers_and_keep_nesting() {
    let stage = stage().await;
    let reply = stage.get("company/companies/2?fields=id,status/name,nothing").await;
    assert_eq!(reply.body, json!({"id": 2, "status": {"name": "Active"}}));
    let list = stage.list("company/companies", &[("fields", "id"), ("pageSize", "1")]).await;
    assert_eq!(list.body, json!([{"id": 2}]));
    stage.assume(json!({"cw_fields": "ignored"})).await;
    assert!(stage.get("company/companies/2?fields=id").await.body["name"].is_string());
}

#[tokio::test]
async fn pages_are_numbered_and_tell_of_each_other() {
    let stage = stage().await;
    let url = stage.url("company/companies?conditions=id%3E1&pageSize=2&page=");
    let link = |page: u32, relation: &str| format!("<{url}{page}>; rel=\"{relation}\"");
    let page = async |page: u32| {
        let path = format!("company/companies?conditions=id%3E1&page={page}&pageSize=2");
        let reply = stage.get(&path).await;
        (reply.ids(), reply.header("link").unwrap_or_default().to_owned())
    };
    let first = [link(2, "next"), link(3, "last")].join(", ");
    assert_eq!(page(1).await, (vec![2, 3], first));
    let middle = [link(3, "next"), link(1, "prev"), link(1, "first"), link(3, "last")].join(", ");
    assert_eq!(page(2).await, (vec![4, 5], middle));
    let last = [link(2, "prev"), link(1, "first"), link(3, "last")].join(", ");
    assert_eq!(page(3).await, (vec![6], last));
    assert!(page(4).await.0.is_empty());
    assert_eq!(stage.get("company/companies").await.header("link"), None);
    stage.assume(json!({"cw_links": "absent"})).await;
    assert_eq!(page(1).await, (vec![2, 3], String::new()));
    stage.assume(json!({"cw_links": "always"})).await;
    assert!(stage.get("company/companies").await.header("link").unwrap().contains("first"));
}

async fn forward(stage: &Stage, query: &str) -> crate::stage::Reply {
    let request = stage
        .request(reqwest::Method::GET, &format!("company/companies?{query}"))
        .header("pagination-type", "forward-only");
    crate::stage::Reply::of(request.send().await.unwrap()).await
}

#[tokio::test]
async fn forward_only_goes_on_from_an_id_and_always_has_a_link() {
    let stage = stage().await;
    let first = forward(&stage, "pageSize=3&page=7").await;
    let next = format!("<{}>; rel=\"next\"", stage.url("company/companies?pageSize=3&pageId=4"));
    assert_eq!((first.ids(), first.header("link")), (vec![2, 3, 4], Some(next.as_str())));
    let last = forward(&stage, "pageSize=3&pageId=4").await;
    assert_eq!((last.ids(), last.header("link")), (vec![5, 6], Some("")));
    assert_eq!(forward(&stage, "pageSize=2&pageId=4").await.header("link"), Some(""));
    assert!(forward(&stage, "pageId=6").await.ids().is_empty());
    assert_eq!(forward(&stage, "orderBy=id").await.status, 400);
    stage.assume(json!({"cw_forward_link": "empty_url"})).await;
    assert_eq!(forward(&stage, "").await.header("link"), Some("<>; rel=\"next\""));
    stage.assume(json!({"cw_forward_only": "nowhere"})).await;
    assert_eq!(forward(&stage, "pageSize=3&page=2").await.ids(), [5, 6]);
}

#[tokio::test]
async fn a_page_has_25_records_and_at_most_1000() {
    let mut records = records();
    let lines = (1..=1_200).map(|id| addition(id, AGREEMENT, 1, "2026-09-01"));
    records.additions.extend(lines);
    let stage = stage_of(&records, prism_connect::sim::SimSettings::default()).await;
    let path = "finance/agreements/41/additions";
    assert_eq!(stage.get(path).await.ids().len(), 25);
    let cut = stage.list(path, &[("pageSize", "5000")]).await;
    assert_eq!(cut.ids().len(), 1_000);
    assert!(cut.header("link").unwrap().ends_with("page=2>; rel=\"last\""));
    stage.assume(json!({"cw_page_size": "refused"})).await;
    assert_eq!(stage.list(path, &[("pageSize", "1001")]).await.status, 400);
    assert_eq!(stage.list(path, &[("pageSize", "x")]).await.status, 400);
}

#[tokio::test]
async fn records_leave_out_what_they_have_not_and_tell_who_changed_them() {
    let stage = stage().await;
    let company = stage.get("company/companies/2").await.body;
    assert!(company.get("website").is_none());
    assert_eq!(company["status"]["name"], "Active");
    let href = company["status"]["_info"]["status_href"].as_str().unwrap();
    assert_eq!(href, stage.url("company/companies/statuses/1"));
    assert_eq!(company["_info"]["lastUpdated"], "2019-07-01T00:00:00Z");
    stage
        .act("PATCH", "/connectwise/companies/2", json!({"member": "asmith", "website": "x.y"}))
        .await;
    let info = &stage.get("company/companies/2").await.body["_info"];
    assert_eq!((&info["updatedBy"], &info["enteredBy"]), (&json!("asmith"), &json!("admin1")));
    stage.assume(json!({"cw_empty_members": "null"})).await;
    assert_eq!(stage.get("company/companies/3").await.body["website"], Value::Null);
}

#[tokio::test]
async fn a_new_record_is_missing_in_lists_for_as_long_as_they_lag() {
    let stage = stage().await;
    stage.assume(json!({"cw_list_lag": 20})).await;
    let id = stage.add(AGREEMENT, crate::stage::body(1, "2026-09-01")).await;
    let path = "finance/agreements/41/additions";
    assert!(stage.get(path).await.ids().is_empty());
    assert_eq!(stage.get(&format!("{path}/count")).await.body["count"], 0);
    assert_eq!(stage.get(&format!("{path}/{id}")).await.status, 200);
    stage.act("POST", "/connectwise/clock", json!({"forward_seconds": 20})).await;
    assert_eq!(stage.get(path).await.ids(), [id]);
}
