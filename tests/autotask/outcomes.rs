//! How a write ends, for every way in which Autotask or the network can answer (sync-rules 8.2, 8.3).

use prism_connect::{
    domain::{
        ContractId, ContractServiceId, Money, ServiceId, Thing,
        choice::Chosen,
        operation::Operation,
        outcome::Finding,
        product::{ProductKey, ServiceDraft},
    },
    http::HttpSettings,
    psa::{Psa, Written},
};
use rstest::rstest;
use serde_json::{Value, json};

use super::stub::{Answer, SECRET, Stub, client_at, day};

fn money(text: &str) -> Money {
    text.parse().expect("money")
}

fn adjustment() -> Operation {
    Operation::AdjustUnits {
        contract: ContractId(29_684_001),
        service: ServiceId(412),
        contract_service: Some(ContractServiceId(903)),
        effective: day("2026-09-19"),
        units: 1,
        unit_price: None,
        unit_cost: None,
    }
}

const ADJUSTMENTS: &str = "Contracts/29684001/ServiceAdjustments";

fn creation() -> Operation {
    Operation::CreateService {
        product: "CFQ7TTC0LH18:0001".parse::<ProductKey>().expect("a key"),
        draft: Box::new(ServiceDraft {
            name: "PC_CFQ7TTC0LH18:0001".to_owned(),
            description: "Microsoft 365 Business Basic".to_owned(),
            invoice_description: "M365 BB".to_owned(),
            sku: "CFQ7TTC0LH18:0001".to_owned(),
            external_id: "prism-connect:cfq7ttc0lh18:0001".to_owned(),
            price: money("8.00"),
            cost: money("6.90005"),
            chosen: Chosen::default().with(Thing::BillingCode, 29_683_461).with(Thing::Vendor, 187),
        }),
    }
}

async fn outcome(answer: Answer) -> (Written, usize) {
    let stub = Stub::answering(ADJUSTMENTS, answer).await;
    let written = stub.client().execute(&adjustment()).await;
    (written, stub.journal().len())
}

fn kind(written: &Written) -> &'static str {
    match written {
        Written::Done { .. } => "done",
        Written::Otherwise { .. } => "otherwise",
        Written::NotExecuted { .. } => "not executed",
        Written::Refused { .. } => "refused",
        Written::Unknown { .. } => "unknown",
        Written::Unauthorized { .. } => "unauthorized",
    }
}

fn finding(written: Written) -> Finding {
    match written {
        Written::Done { id, .. } => panic!("done with {id:?}"),
        Written::NotExecuted { finding, .. }
        | Written::Otherwise { finding, .. }
        | Written::Refused { finding }
        | Written::Unknown { finding }
        | Written::Unauthorized { finding } => finding,
    }
}

#[rstest]
#[case::an_id(json!({"itemId": 412}), Some(412))]
#[case::null_is_success_too(json!({"itemId": null}), None)]
#[case::a_64_bit_id(json!({"itemId": 9_007_199_254_740_993_i64}), Some(9_007_199_254_740_993))]
#[tokio::test]
async fn a_readable_200_is_done(#[case] body: Value, #[case] id: Option<i64>) {
    let (written, _) = outcome(Answer::ok(&body)).await;
    assert_eq!(written, Written::Done { id, remarks: Vec::new() });
}

#[rstest]
#[case::a_web_page_as_200(Answer::html(200))]
#[case::an_empty_200(Answer::empty(200))]
#[case::truncated_json(Answer::text(200, "application/json", "{\"itemId\":4"))]
#[case::another_thing(Answer::ok(&json!({"item": null})))]
#[case::a_list(Answer::ok(&json!([])))]
#[case::errors_with_200(Answer::errors(200, "no"))]
#[case::a_500_without_errors(Answer::html(500))]
#[case::an_empty_500(Answer::empty(500))]
#[case::a_500_with_an_empty_list(Answer::ok(&json!({"errors": []})).with_status(500))]
#[case::a_500_with_a_message(Answer::json(500, &json!({"Message": "An error has occurred."})))]
#[case::a_502(Answer::html(502))]
#[case::a_503(Answer::text(503, "text/plain", "Service Unavailable"))]
#[case::a_504(Answer::empty(504))]
#[case::a_408(Answer::empty(408))]
#[case::a_reply_that_breaks_off(Answer::ok(&json!({"itemId": 1})).cut())]
#[tokio::test]
async fn an_unclear_answer_leaves_the_write_unknown_and_sent_once(#[case] answer: Answer) {
    let (written, requests) = outcome(answer).await;
    assert_eq!((kind(&written), requests), ("unknown", 1), "{written:?}");
    assert_eq!(finding(written).code.as_str(), "unconfirmed");
}

#[tokio::test]
async fn a_time_out_leaves_the_write_unknown() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let origin = format!("http://{}", listener.local_addr().expect("an address"));
    let settings =
        HttpSettings { timeout: std::time::Duration::from_millis(200), ..HttpSettings::default() };
    // Accepts and never answers; the budget look times out as well.
    let client = client_at(&origin, settings);
    let written = client.execute(&adjustment()).await;
    drop(listener);
    assert_eq!(kind(&written), "unknown", "{written:?}");
}

#[tokio::test]
async fn a_connection_that_never_stood_is_not_executed() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let origin = format!("http://{}", listener.local_addr().expect("an address"));
    drop(listener);
    let client = client_at(&origin, HttpSettings { tries: 1, ..HttpSettings::default() });
    let written = client.execute(&adjustment()).await;
    assert_eq!(kind(&written), "not executed", "{written:?}");
}

#[rstest]
#[case::the_thread_limit(429, "API thread threshold of 3 threads has been exceeded. Itgenatr005")]
#[case::the_same_text_under_500(500, "The API thread threshold of 3 threads has been exceeded")]
#[case::by_its_code(500, "Itgenatr005")]
#[case::the_hourly_limit(429, "")]
#[tokio::test]
async fn too_many_requests_are_not_executed(#[case] status: u16, #[case] text: &str) {
    let (written, requests) = outcome(Answer::errors(status, text)).await;
    assert_eq!((kind(&written), requests), ("not executed", 1), "{written:?}");
    assert_eq!(finding(written).code.as_str(), "rate_limited");
}

#[rstest]
#[case::in_seconds("17")]
#[case::as_a_date("Wed, 23 Sep 2026 10:00:17 GMT")]
#[tokio::test]
async fn retry_after_is_handed_on(#[case] text: &str) {
    let answer = Answer::errors(429, "slow").with("retry-after", text);
    let answer = answer.with("date", "Wed, 23 Sep 2026 10:00:00 GMT");
    let (written, _) = outcome(answer).await;
    let Written::NotExecuted { retry_after_seconds, .. } = written else {
        panic!("{written:?}");
    };
    assert_eq!(retry_after_seconds, Some(17));
}

#[tokio::test]
async fn an_empty_401_is_told_as_operators_know_it() {
    let answer = Answer::empty(401).with("www-authenticate", "Basic Realm=\"webservices2\"");
    let stub = Stub::answering("Services", answer).await;
    let written = stub.client().execute(&creation()).await;
    assert_eq!(kind(&written), "unauthorized");
    assert_eq!(stub.lines(), ["POST Services"], "a second bad login may lock the user");
    let finding = finding(written);
    let expected = format!(
        "Error executing AutoTask POST request to '{}/ATServicesRest/V1.0/Services'. Status code: Unauthorized.",
        stub.origin
    );
    assert_eq!((finding.code.as_str(), finding.text), ("unauthorized", expected));
    assert!(finding.advice.contains("untick Locked"));
}

#[rstest]
#[case::r64(
    500,
    "ContractServiceAdjustment effectiveDate must be between the start date and end date of the Contract referenced by contractID.",
    "effective_date"
)]
#[case::r65(
    500,
    "Violation of UNIQUE KEY constraint 'IX_service'. Cannot insert duplicate key in object 'dbo.Service'. The duplicate key value is (PC_1). Error updating database for new entity records.",
    "duplicate_service"
)]
#[case::same_day(500, "Attempt to insert duplicate data into contract_service_period", "same_day")]
#[case::below_zero(500, "The units would become Negative.", "negative")]
#[case::rights(
    500,
    "The logged in Resource does not have the adequate permissions to create this entity type.",
    "permission"
)]
#[case::anything_else(500, "Picklist value [99] does not exist for periodType.", "autotask")]
#[case::documented_for_rights(403, "No.", "autotask")]
#[case::a_conflict(409, "Conflict.", "autotask")]
#[tokio::test]
async fn a_refusal_is_the_servers_text_with_our_code(
    #[case] status: u16,
    #[case] text: &str,
    #[case] code: &str,
) {
    let (written, requests) = outcome(Answer::errors(status, text)).await;
    assert_eq!((kind(&written), requests), ("refused", 1));
    let finding = finding(written);
    assert_eq!((finding.code.as_str(), finding.text.as_str()), (code, text));
    assert!(!finding.advice.is_empty());
}

#[rstest]
#[case::a_verb_not_offered(Answer::json(405, &json!({"Message": "The requested resource does not support http method 'POST'."})))]
#[case::an_html_404(Answer::html(404))]
#[case::an_empty_400(Answer::empty(400))]
#[case::a_redirect(Answer::empty(302).with("location", "https://example.com/"))]
#[tokio::test]
async fn other_4xx_are_refusals(#[case] answer: Answer) {
    let (written, requests) = outcome(answer).await;
    assert_eq!((kind(&written), requests), ("refused", 1), "{written:?}");
}

#[tokio::test]
async fn a_refusal_shows_neither_secrets_nor_control_characters() {
    let text = format!("bad \u{1b}[31mkey\u{202e} {SECRET}\r\nTRACKING-IDENTIFIER");
    let (written, _) = outcome(Answer::errors(500, &text)).await;
    let shown = finding(written).text;
    assert!(!shown.contains(SECRET) && !shown.contains("TRACKING-IDENTIFIER"), "{shown}");
    assert!(shown.chars().all(|c| !c.is_control() && c != '\u{202e}'), "{shown:?}");
}

#[tokio::test]
async fn every_write_goes_where_it_is_offered_and_says_only_what_is_meant() {
    let stub = Stub::start(|asked, _| {
        let writes = asked.path == "Services" || asked.path.starts_with("Contracts/");
        writes.then(|| Answer::ok(&json!({"itemId": 1})))
    })
    .await;
    let client = stub.client();
    let repriced = Operation::UpdateService {
        product: "CFQ7TTC0LH18:0001".parse().expect("a key"),
        service: ServiceId(412),
        price: Some(money("8.40")),
        cost: None,
    };
    let row = Operation::CreateContractService {
        contract: ContractId(29_684_001),
        service: ServiceId(412),
        unit_price: Some(money("8.00")),
        unit_cost: Some(money("6.90")),
    };
    let by_service = Operation::AdjustUnits {
        contract: ContractId(29_684_001),
        service: ServiceId(412),
        contract_service: None,
        effective: day("2026-09-19"),
        units: -3,
        unit_price: Some(money("8.40")),
        unit_cost: Some(money("7.20")),
    };
    let operations = [creation(), repriced, row, adjustment(), by_service];
    for operation in &operations {
        assert_eq!(kind(&client.execute(operation).await), "done");
    }
    let journal = stub.journal();
    let sent: Vec<(String, String)> =
        journal.iter().map(|asked| (asked.line(), asked.body.to_string())).collect();
    let expected = [
        (
            "POST Services",
            r#"{"billingCodeID":29683461,"description":"Microsoft 365 Business Basic","externalID":"prism-connect:cfq7ttc0lh18:0001","invoiceDescription":"M365 BB","isActive":true,"name":"PC_CFQ7TTC0LH18:0001","periodType":2,"sku":"CFQ7TTC0LH18:0001","unitCost":6.9001,"unitPrice":8,"vendorCompanyID":187}"#,
        ),
        ("PATCH Services", r#"{"id":412,"unitPrice":8.4}"#),
        (
            "POST Contracts/29684001/Services",
            r#"{"contractID":29684001,"serviceID":412,"unitCost":6.9,"unitPrice":8}"#,
        ),
        (
            "POST Contracts/29684001/ServiceAdjustments",
            r#"{"contractID":29684001,"contractServiceID":903,"effectiveDate":"2026-09-19T00:00:00Z","unitChange":1}"#,
        ),
        (
            "POST Contracts/29684001/ServiceAdjustments",
            r#"{"adjustedUnitCost":7.2,"adjustedUnitPrice":8.4,"contractID":29684001,"effectiveDate":"2026-09-19T00:00:00Z","serviceID":412,"unitChange":-3}"#,
        ),
    ];
    let expected: Vec<(String, String)> =
        expected.iter().map(|(line, body)| ((*line).to_owned(), (*body).to_owned())).collect();
    assert_eq!(sent, expected);
    for (operation, asked) in operations.iter().zip(&journal) {
        assert_eq!(client.rules().body(operation), asked.body, "the journal holds what was sent");
        let header = |name: &str| asked.headers.get(name).and_then(|value| value.to_str().ok());
        assert_eq!(header("secret"), Some(SECRET));
        assert_eq!(header("username"), Some("api+user@example.com"));
        assert_eq!(header("apiintegrationcode"), Some("TRACKING-IDENTIFIER"));
        assert_eq!(header("content-type"), Some("application/json"));
    }
}

#[tokio::test]
async fn a_tenant_without_the_newer_fields_gets_none_of_them() {
    let fields = json!({"fields": [
        {"name": "name", "length": 100},
        {"name": "periodType", "length": 0, "picklistValues": [{"value": "12", "label": "Monthly"}]},
    ]});
    let stub = Stub::answering("Services/entityInformation/fields", Answer::ok(&fields)).await;
    let client = stub.client();
    let limits = client.service_limits().await.expect("limits");
    assert_eq!((limits.sku, limits.external_id), (None, None));
    let body = client.rules().body(&creation());
    assert_eq!((&body["sku"], &body["externalID"]), (&Value::Null, &Value::Null));
    assert_eq!(body["periodType"], json!(12));
}
