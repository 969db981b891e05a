//! Who comes in: company information, code base, login, versions, rights, verbs.

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use crate::stage::{Reply, Stage, stage};

async fn info(stage: &Stage, company: &str) -> Reply {
    let url = format!("{}/login/companyinfo/{company}", stage.site().site);
    Reply::of(stage.client.get(url).send().await.unwrap()).await
}

#[tokio::test]
async fn company_information_needs_no_key_and_names_the_code_base() {
    let stage = stage().await;
    let told = info(&stage, "northwind").await;
    assert_eq!((told.status, &told.body["Codebase"]), (200, &json!("v4_6_release/")));
    assert_eq!(told.body["IsCloud"], "False");
    let unknown = info(&stage, "nobody").await;
    assert_eq!((unknown.status, unknown.body), (200, Value::Null));
    stage.assume(json!({"cw_unknown_company": "404", "cw_is_cloud": "flag"})).await;
    assert_eq!(info(&stage, "nobody").await.status, 404);
    assert_eq!(info(&stage, "northwind").await.body["IsCloud"], false);
}

#[tokio::test]
async fn system_information_is_the_test_of_a_connection() {
    let stage = stage().await;
    let told = stage.get("system/info").await;
    assert_eq!(told.status, 200);
    assert!(told.body["version"].as_str().unwrap().starts_with('v'));
    assert_eq!(stage.get("System/Info/").await.status, 200);
}

/// Company, public key, private key and client id, each right or wrong.
#[rstest]
#[case::company([false, true, true, true], 400)]
#[case::public([true, false, true, true], 401)]
#[case::private([true, true, false, true], 401)]
#[case::client([true, true, true, false], 400)]
#[case::all([true; 4], 200)]
#[tokio::test]
async fn a_wrong_key_is_401_and_a_wrong_company_or_client_stops_at_the_gateway(
    #[case] right: [bool; 4],
    #[case] status: u16,
) {
    let stage = stage().await;
    let site = stage.site();
    let said = [&site.company, &site.public_key, &site.private_key, &site.client_id];
    let said: Vec<String> = said
        .iter()
        .zip(right)
        .map(|(text, right)| if right { (*text).clone() } else { format!("{text}x") })
        .collect();
    let request = stage
        .client
        .get(stage.url("system/info"))
        .basic_auth(format!("{}+{}", said[0], said[1]), Some(&said[2]))
        .header("clientId", &said[3]);
    let reply = Reply::of(request.send().await.unwrap()).await;
    assert_eq!(reply.status, status, "{}", reply.body);
    match status {
        400 => assert_eq!(reply.body, "Cannot route. Codebase/company is invalid"),
        401 => assert_eq!(reply.body["code"], "Unauthorized"),
        _ => {}
    }
}

#[tokio::test]
async fn without_key_or_client_id_nobody_comes_in() {
    let stage = stage().await;
    let site = stage.site();
    let bare = stage.client.get(stage.url("system/info"));
    assert_eq!(Reply::of(bare.send().await.unwrap()).await.status, 401);
    let user = format!("{}+{}", site.company, site.public_key);
    let bare = stage.client.get(stage.url("system/info")).basic_auth(user, Some(&site.private_key));
    assert_eq!(Reply::of(bare.send().await.unwrap()).await.status, 401);
    stage.act("POST", "/connectwise/keys", json!({"locked": true})).await;
    let refused = stage.get("system/info").await;
    let shape = json!({"code": "Unauthorized", "message": "Incorrect public/private key",
                       "errors": null});
    assert_eq!((refused.status, refused.body), (401, shape));
    stage.assume(json!({"cw_unauthorized": "connectwise_api"})).await;
    assert_eq!(stage.get("system/info").await.body["message"], "UserNotAuthenticated");
}

#[tokio::test]
async fn an_upgraded_site_answers_to_its_new_code_base_only() {
    let stage = stage().await;
    stage.act("POST", "/connectwise/codebase", json!({"code_base": "v2026_5"})).await;
    let lost = stage.get("system/info").await;
    assert_eq!((lost.status, lost.body), (400, json!("Cannot route. Codebase/company is invalid")));
    assert_eq!(info(&stage, "northwind").await.body["Codebase"], "v2026_5/");
    assert_eq!(info(&stage, "northwind").await.body["IsCloud"], "True");
    stage.assume(json!({"cw_wrong_route": "404"})).await;
    assert_eq!(stage.get("system/info").await.status, 404);
}

#[tokio::test]
async fn replies_carry_the_version_that_was_asked_for_and_a_request_id() {
    let stage = stage().await;
    let reply = stage.get("company/companies/2").await;
    let kind = "application/vnd.connectwise.com+json; version=2025.16";
    assert_eq!(reply.header("content-type"), Some(kind));
    assert_eq!(reply.header("x-cw-request-id").unwrap().len(), 36);
    assert!(reply.header("api-current-version").is_some());
}

#[rstest]
#[case("companies.inquire", "GET", "company/companies")]
#[case("companies", "GET", "company/companies/count")]
#[case("agreements.inquire", "GET", "finance/agreements/41/additions")]
#[case("agreements.add", "POST", "finance/agreements/41/additions")]
#[case("agreements.edit", "PATCH", "finance/agreements/41")]
#[case("catalog.add", "POST", "procurement/catalog")]
#[case("catalog.inquire", "GET", "procurement/catalog/info")]
#[case("categories.inquire", "GET", "procurement/categories")]
#[case("subcategories.inquire", "GET", "procurement/subcategories/")]
#[case("product_types.inquire", "GET", "procurement/types")]
#[case("units.inquire", "GET", "procurement/unitOfMeasures")]
#[case("company_status.inquire", "GET", "company/companies/statuses")]
#[tokio::test]
async fn a_right_that_is_lacking_is_403_security(
    #[case] right: &str,
    #[case] method: &str,
    #[case] path: &str,
) {
    let stage = stage().await;
    assert_ne!(stage.send(method, path, &json!([])).await.status, 403);
    stage.act("POST", "/connectwise/role", json!({"lacks": [right]})).await;
    let refused = stage.send(method, path, &json!([])).await;
    let shape = json!({"code": "Security", "errors": null,
                       "message": "You do not have security permission to perform this action."});
    assert_eq!((refused.status, refused.body), (403, shape));
}

#[tokio::test]
async fn the_guides_role_deletes_nothing_and_reads_no_billing_cycles() {
    let stage = stage().await;
    assert_eq!(stage.send("DELETE", "finance/agreements/41", &Value::Null).await.status, 403);
    assert_eq!(stage.get("finance/billingCycles").await.status, 403);
    let rights = stage.act("POST", "/connectwise/role", json!({"holds": ["billing_cycles"]})).await;
    assert!(rights.to_string().contains("billing_cycles.inquire"), "{rights}");
    assert_eq!(stage.get("finance/billingCycles").await.status, 200);
    let wrong = stage.control("POST", "/connectwise/role", &json!({"lacks": ["agreement"]})).await;
    assert_eq!(wrong.0, 400);
}

#[rstest]
#[case(Method::POST, "system/info", 405)]
#[case(Method::DELETE, "company/companies", 405)]
#[case(Method::POST, "company/companies/2", 405)]
#[case(Method::PATCH, "company/companies/count", 405)]
#[case(Method::GET, "company/contacts", 404)]
#[case(Method::GET, "finance/agreements/41/adjustments", 404)]
#[case(Method::GET, "company/companies/999", 404)]
#[case(Method::GET, "finance/agreements/999/additions", 404)]
#[tokio::test]
async fn wrong_verbs_and_unknown_paths_are_told(
    #[case] method: Method,
    #[case] path: &str,
    #[case] status: u16,
) {
    let stage = stage().await;
    let reply = Reply::of(stage.request(method, path).send().await.unwrap()).await;
    assert_eq!(reply.status, status, "{}", reply.body);
}

#[tokio::test]
async fn a_body_of_another_media_type_is_415() {
    let stage = stage().await;
    let path = "finance/agreements/41/additions";
    let request = stage.request(Method::POST, path).header("Content-Type", "text/plain").body("{}");
    assert_eq!(Reply::of(request.send().await.unwrap()).await.status, 415);
}
