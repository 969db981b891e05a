//! Site, code base, keys, what errors mean, and the connection test (wire/connectwise 1, 2, 9, 10, 12.1).

use prism_connect::{
    domain::{ReadError, Side},
    psa::{Probe, Psa, Right},
};
use rstest::rstest;
use serde_json::json;

use super::{
    stage::{
        BASIC, CLIENT_ID, PRIVATE_KEY, answering, client, discovering, html, lines, not_found, ok,
    },
    stub::{Answer, Stub, json, text},
};

const INFO: &str = "GET /login/companyinfo/acme";

fn code(error: &ReadError) -> String {
    error.finding().code.to_string()
}

fn company_info(code_base: &str) -> Answer {
    ok(&json!({"CompanyName": "ConnectWise", "Codebase": code_base, "VersionCode": "v2025.1",
        "VersionNumber": "v4.6.38842", "CompanyID": "CW", "IsCloud": "True"}))
}

#[tokio::test]
async fn every_call_carries_the_keys_the_client_id_and_the_release() {
    let stub = answering(|_, _| Some(ok(&json!([])))).await;
    client(&stub).companies().await.unwrap();
    let seen = &stub.seen()[0];
    assert_eq!(seen.header("authorization"), Some(BASIC));
    assert_eq!(seen.header("clientid"), Some(CLIENT_ID));
    let accept = "application/vnd.connectwise.com+json; version=2025.16";
    assert_eq!(seen.header("accept"), Some(accept));
    assert_eq!(seen.header("pagination-type"), Some("forward-only"));
}

#[tokio::test]
async fn the_code_base_is_looked_up_once_and_without_keys() {
    let stub = Stub::start(|seen, _| match seen.path.as_str() {
        "/login/companyinfo/acme" => company_info("v2025_1/"),
        path if path.starts_with("/v2025_1/apis/3.0/") => ok(&json!([])),
        _ => not_found(),
    });
    let stub = stub.await;
    let client = discovering(&stub);
    client.companies().await.unwrap();
    client.clone().services().await.unwrap();
    let asked = stub.seen();
    let infos: Vec<_> = asked.iter().filter(|seen| seen.path.contains("companyinfo")).collect();
    assert_eq!(infos.len(), 1);
    assert_eq!((infos[0].header("authorization"), infos[0].header("clientid")), (None, None));
}

#[rstest]
#[case::disguised_as_not_found(not_found())]
#[case::the_gateways_text(text(400, "Cannot route. Codebase/company is invalid"))]
#[tokio::test]
async fn after_a_404_the_code_base_is_looked_up_once_more(#[case] lost: Answer) {
    let stub = Stub::start(move |seen, number| match seen.path.as_str() {
        "/login/companyinfo/acme" if number == 0 => company_info("v2025_1/"),
        "/login/companyinfo/acme" => company_info("v2025_2/"),
        path if path.starts_with("/v2025_2/apis/3.0/") => ok(&json!([])),
        _ => lost.clone(),
    });
    let stub = stub.await;
    let client = discovering(&stub);
    client.companies().await.unwrap();
    client.services().await.unwrap();
    let infos = stub.seen().iter().filter(|seen| seen.path.contains("companyinfo")).count();
    assert_eq!((infos, stub.count()), (2, 5));
}

#[tokio::test]
async fn what_is_not_found_under_the_same_code_base_is_not_asked_for_again() {
    let stub = answering(|line, _| (line == INFO).then(|| company_info("v4_6_release/"))).await;
    let client = discovering(&stub);
    for _ in 0..3 {
        let error = client.companies().await.unwrap_err();
        assert_eq!(code(&error), "not_found");
    }
    assert_eq!(lines(&stub).iter().filter(|line| *line == INFO).count(), 2);
}

#[rstest]
#[case::null(json(200, "null"))]
#[case::not_found(not_found())]
#[tokio::test]
async fn an_unknown_company_is_told_by_its_name(#[case] answer: Answer) {
    let stub = Stub::start(move |_, _| answer.clone()).await;
    let error = discovering(&stub).companies().await.unwrap_err();
    assert!(matches!(error, ReadError::Refused(_)), "{error:?}");
    assert!(error.finding().text.contains("“acme”"), "{error}");
    assert_eq!(stub.count(), 1);
}

#[rstest]
#[case::a_page(html(200))]
#[case::no_code_base(ok(&json!({"CompanyName": "ConnectWise"})))]
#[case::a_path(company_info("../../evil/"))]
#[tokio::test]
async fn a_code_base_that_is_not_told_is_the_usual_one(#[case] answer: Answer) {
    let stub = answering(move |line, _| match line {
        INFO => Some(answer.clone()),
        "GET company/companies" => Some(ok(&json!([]))),
        _ => None,
    });
    let stub = stub.await;
    discovering(&stub).companies().await.unwrap();
}

fn error(status: u16, code: &str, message: &str) -> Answer {
    json(status, &json!({"code": code, "message": message, "errors": null}).to_string())
}

#[rstest]
#[case::key(error(401, "Unauthorized", "Incorrect public/private key"), "unauthorized")]
#[case::member(error(401, "ConnectWiseApi", "UserNotAuthenticated"), "unauthorized")]
#[case::right(
    error(403, "Security", "You do not have security permission to perform this action."),
    "permission"
)]
#[case::ssl(error(403, "Security", "SSL is required."), "permission")]
#[case::gone(error(404, "NotFound", "record not found"), "not_found")]
#[case::gateway(text(400, "Cannot route. Codebase/company is invalid"), "route")]
#[case::condition(
    error(400, "ApiFindCondition", "typeids is not a recognized name."),
    "connectwise"
)]
#[case::page_not_found(html(404), "route")]
#[case::page_400(html(400), "route")]
#[case::conflict(error(409, "Conflict", "record in use"), "connectwise")]
#[case::media_type(html(415), "unreadable")]
#[tokio::test]
async fn an_error_means_what_its_status_and_code_say_and_is_not_asked_for_again(
    #[case] answer: Answer,
    #[case] expected: &str,
) {
    let stub = Stub::start(move |_, _| answer.clone()).await;
    let error = client(&stub).companies().await.unwrap_err();
    assert_eq!((code(&error).as_str(), stub.count()), (expected, 1), "{error}");
    assert!(!error.finding().advice.is_empty());
    if expected == "unauthorized" {
        assert!(matches!(error, ReadError::Unauthorized { side: Side::Target, .. }));
    }
}

#[tokio::test]
async fn ssl_is_required_says_what_is_wrong_with_the_site() {
    let stub = Stub::start(|_, _| error(403, "Security", "SSL is required.")).await;
    let finding = client(&stub).companies().await.unwrap_err().finding();
    assert!(finding.text.contains("SSL is required."), "{}", finding.text);
    assert!(finding.advice.contains("api-na.myconnectwise.net"), "{}", finding.advice);
}

#[rstest]
#[case::too_many(json(429, r#"{"error":"ConnectWiseAPI","message":"Too many requests."}"#))]
#[case::json_500(error(500, "ConnectWiseApi", "String was not recognized as a valid Boolean."))]
#[case::page_500(html(500))]
#[case::page_502(html(502))]
#[case::cut(Answer::Cut)]
#[case::half(Answer::Half("[{\"id\": 250}]".to_owned()))]
#[case::garbled(text(200, "[{\"id\": 25"))]
#[tokio::test]
async fn a_read_that_went_wrong_once_is_asked_for_again(#[case] answer: Answer) {
    let stub = Stub::start(move |_, number| match number {
        0 => answer.clone(),
        _ => ok(&json!([])),
    });
    let stub = stub.await;
    assert_eq!(client(&stub).companies().await, Ok(Vec::new()));
    assert_eq!(stub.count(), 2);
}

#[tokio::test]
async fn an_answer_without_an_end_is_refused() {
    let stub = Stub::start(|_, _| Answer::Endless(vec![b' '; 65_536])).await;
    let error = client(&stub).companies().await.unwrap_err();
    assert_eq!(code(&error), "too_large");
}

#[tokio::test]
async fn a_secret_that_is_echoed_is_not_shown() {
    let told = format!("key {PRIVATE_KEY} in {BASIC}");
    let stub = Stub::start(move |_, _| error(401, "Unauthorized", &told)).await;
    let client = client(&stub);
    let shown = client.companies().await.unwrap_err().to_string();
    let encoded = BASIC.trim_start_matches("Basic ");
    assert!(!shown.contains(PRIVATE_KEY) && !shown.contains(encoded), "{shown}");
    assert!(!format!("{client:?}").contains(PRIVATE_KEY));
}

#[tokio::test]
async fn four_may_be_under_way_at_once_and_another_client_keeps_that_pace() {
    let stub = answering(|_, _| Some(ok(&json!([])))).await;
    let client = client(&stub);
    assert_eq!(client.slots().map(|slots| slots.of), Some(4));
    let over = client.with_cancel(tokio_util::sync::CancellationToken::new());
    assert_eq!(over.slots().map(|slots| slots.of), Some(4));
    over.companies().await.unwrap();
    assert_eq!(client.requests(), 1);
}

async fn probe(refused: &'static [&'static str]) -> Probe {
    let stub = answering(move |line, _| {
        if line == "GET system/info" {
            return Some(ok(
                &json!({"version": "v2025.16.1", "isCloud": true, "cloudRegion": "NA",
                "serverTimeZone": "Eastern Standard Time", "licenseBits": []}),
            ));
        }
        let denied = refused.iter().any(|path| line.ends_with(path));
        let no = || error(403, "Security", "You do not have security permission.");
        Some(if denied { no() } else { ok(&json!([])) })
    });
    let stub = stub.await;
    let probe = client(&stub).probe().await.unwrap();
    let version = "v2025.16.1, cloud NA, time zone Eastern Standard Time";
    assert_eq!(probe.version.as_deref(), Some(version));
    assert!(probe.url.ends_with("/v4_6_release/apis/3.0/"), "{}", probe.url);
    assert!(lines(&stub).iter().all(|line| line.starts_with("GET ")), "a test writes nothing");
    // Said once, as no reading can tell it: it is no missing right.
    let note = probe.note.as_ref().unwrap();
    assert!(note.contains("Add and Edit, not Delete, on Agreements"), "{note}");
    probe
}

fn right<'a>(rights: &'a [Right], name: &str) -> &'a Right {
    rights.iter().find(|right| right.name == name).unwrap_or_else(|| panic!("{name} is not named"))
}

#[tokio::test]
async fn the_probe_names_each_right_and_where_a_missing_one_is_set() {
    let rights = probe(&["finance/agreements"]).await.rights;
    let agreements = right(&rights, "Agreements: inquire");
    assert_eq!(agreements.granted, Some(false));
    assert!(agreements.advice.contains("security role") && agreements.advice.contains("Finance"));
    assert!(agreements.advice.contains("Delete is not needed"));
    assert_eq!(right(&rights, "Company Maintenance: inquire").granted, Some(true));
    assert_eq!(right(&rights, "Product Catalog: inquire").granted, Some(true));
    assert!(rights.iter().all(|right| right.name.ends_with("inquire")), "{rights:?}");
}

#[tokio::test]
async fn the_tables_are_optional() {
    let probe = probe(&["finance/billingCycles", "procurement/subcategories/"]).await;
    assert!(!probe.rights.iter().any(|right| right.name.starts_with("Table Setup")));
    let note = probe.note.unwrap();
    assert_eq!(note.matches("Optional: ").count(), 2, "{note}");
}
