//! What is sent for a write, and how it ends, for every way in which ConnectWise or the network can answer (wire/connectwise 8,
//! 9, 11.4, 11.5; sync-rules 8.2, 8.3, 10.2, 10.12, 10.16).

use prism_connect::{
    domain::{
        ContractId, LineId, ServiceId, Thing,
        choice::Chosen,
        line::{LineBilling, LineSpan, LineTerms, NewLine},
        operation::Operation,
        outcome::Finding,
        product::{ProductKey, ServiceDraft},
    },
    psa::{Psa, Written},
};
use rstest::rstest;
use serde_json::{Value, json};

use super::{
    stage::{answering, client, day, discovering, html, line, lines, money, ok},
    stub::{Answer, Stub, json, text},
};

const KEY: &str = "PC-ABCDEFGHIJKLMNOP";

fn addition() -> Operation {
    Operation::AddLine {
        contract: ContractId(5),
        service: ServiceId(7),
        line: Box::new(NewLine {
            key: KEY.to_owned(),
            span: LineSpan { first: day("2024-03-19"), last: None, quantity: 6 },
            price: Some(money("8.004")),
            cost: Some(money("6.895")),
            terms: None,
        }),
    }
}

fn standing() -> LineSpan {
    LineSpan { first: day("2024-01-01"), last: None, quantity: 5 }
}

fn ending() -> Operation {
    Operation::EndLine {
        contract: ContractId(5),
        service: ServiceId(7),
        line: LineId(31),
        was: standing(),
        last: day("2024-03-18"),
    }
}

fn amendment() -> Operation {
    Operation::AmendLine {
        contract: ContractId(5),
        service: ServiceId(7),
        line: LineId(31),
        was: standing(),
        quantity: 6,
        unit_price: Some(money("8.40")),
        unit_cost: None,
    }
}

fn creation() -> Operation {
    Operation::CreateService {
        product: "P1Y:M_CFQ7TTC0LH18:0001".parse::<ProductKey>().unwrap(),
        draft: Box::new(ServiceDraft {
            name: "PC_P1Y:M_CFQ7TTC0LH18:0001".to_owned(),
            description:
                "Microsoft 365 Business Basic, and a description that is longer than it may be"
                    .to_owned(),
            invoice_description: "Microsoft 365 Business Basic".to_owned(),
            sku: "CFQ7TTC0LH18:0001".to_owned(),
            external_id: "prism-connect:p1y:m_cfq7ttc0lh18:0001".to_owned(),
            price: money("8.00"),
            cost: money("6.90"),
            chosen: Chosen::default()
                .with(Thing::Category, 1)
                .with(Thing::Subcategory, 11)
                .with(Thing::ProductType, 2)
                .with(Thing::Unit, 3)
                .with(Thing::Taxable, 0),
        }),
    }
}

fn record(changes: &Value) -> Value {
    let mut record = json!({"id": 32, "product": {"id": 7, "identifier": "CFQ7TTC0LH18:0001"},
        "quantity": 6.0, "lessIncluded": 0.0, "unitPrice": 8.00, "unitCost": 6.90,
        "billCustomer": "Billable", "effectiveDate": "2024-03-19T00:00:00Z", "taxableFlag": true,
        "serialNumber": KEY, "agreementId": 5, "_info": {"updatedBy": "PrismSync"}});
    for (member, value) in changes.as_object().unwrap() {
        record[member] = value.clone();
    }
    record
}

fn created(changes: &Value) -> Answer {
    json(201, &record(changes).to_string())
}

/// The line that stands, as an answer to a change of it.
fn changed(changes: &Value) -> Answer {
    let mut shown =
        record(&json!({"id": 31, "quantity": 5.0, "effectiveDate": "2024-01-01T00:00:00Z"}));
    for (member, value) in changes.as_object().unwrap() {
        shown[member] = value.clone();
    }
    ok(&shown)
}

async fn outcome(operation: &Operation, answer: Answer) -> (Written, Vec<super::stub::Seen>) {
    let stub = Stub::start(move |_, _| answer.clone()).await;
    let written = client(&stub).execute(operation).await;
    (written, stub.seen())
}

async fn sent(operation: &Operation, answer: Answer) -> (String, Value) {
    let (_, seen) = outcome(operation, answer).await;
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].header("content-type"), Some("application/json"));
    (line(&seen[0]), serde_json::from_str(&seen[0].body).unwrap())
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
        Written::Done { id, remarks } => panic!("done with {id:?}, {remarks:?}"),
        Written::Otherwise { finding, .. }
        | Written::NotExecuted { finding, .. }
        | Written::Refused { finding }
        | Written::Unknown { finding }
        | Written::Unauthorized { finding } => finding,
    }
}

#[tokio::test]
async fn a_line_is_added_by_post_with_its_key_and_two_decimals() {
    let (line, body) = sent(&addition(), created(&json!({}))).await;
    assert_eq!(line, "POST finance/agreements/5/additions");
    assert_eq!(
        body,
        json!({"product": {"id": 7}, "quantity": 6, "unitPrice": 8, "unitCost": 6.9,
            "billCustomer": "Billable", "effectiveDate": "2024-03-19T00:00:00Z", "serialNumber": KEY})
    );
}

#[tokio::test]
async fn a_line_in_the_place_of_another_carries_what_is_the_operators_r10_13() {
    let mut operation = addition();
    let Operation::AddLine { line, .. } = &mut operation else { unreachable!() };
    line.span.last = Some(day("2024-03-31"));
    line.terms = Some(LineTerms {
        invoice_description: Some("As agreed".to_owned()),
        taxable: Some(false),
        billing: LineBilling::NoCharge,
        less_included: 2.into(),
        sequence: Some("1.5".parse().unwrap()),
        invoice_grouping: Some(3),
        opportunity: Some(4),
    });
    let (_, body) = sent(&operation, created(&json!({}))).await;
    for (member, expected) in [
        ("cancelledDate", json!("2024-03-31T00:00:00Z")),
        ("invoiceDescription", json!("As agreed")),
        ("taxableFlag", json!(false)),
        ("billCustomer", json!("NoCharge")),
        ("lessIncluded", json!(2)),
        ("sequenceNumber", json!(1.5)),
        ("invoiceGrouping", json!({"id": 3})),
        ("opportunity", json!({"id": 4})),
    ] {
        assert_eq!(body[member], expected, "{member}");
    }
}

#[tokio::test]
async fn a_line_is_ended_and_amended_by_patch_with_absolute_values() {
    let answer = changed(&json!({"cancelledDate": "2024-03-18T00:00:00Z"}));
    let (line, body) = sent(&ending(), answer).await;
    assert_eq!(line, "PATCH finance/agreements/5/additions/31");
    assert_eq!(
        body,
        json!([{"op": "replace", "path": "cancelledDate", "value": "2024-03-18T00:00:00Z"}])
    );
    let (line, body) = sent(&amendment(), changed(&json!({}))).await;
    assert_eq!(line, "PATCH finance/agreements/5/additions/31");
    assert_eq!(
        body,
        json!([{"op": "replace", "path": "quantity", "value": 6},
            {"op": "replace", "path": "unitPrice", "value": 8.4}])
    );
}

#[tokio::test]
async fn what_the_answer_shows_is_verified_without_another_call_r10_12() {
    let (written, _) = outcome(&addition(), created(&json!({}))).await;
    assert_eq!(written, Written::Done { id: Some(32), remarks: Vec::new() });
    let shown = json!({"cancelledDate": "2024-03-18T00:00:00Z"});
    let (written, _) = outcome(&ending(), changed(&shown)).await;
    assert_eq!(written, Written::Done { id: Some(31), remarks: Vec::new() });
    let (written, _) =
        outcome(&amendment(), changed(&json!({"quantity": 6.0, "unitPrice": 8.4}))).await;
    assert_eq!(written, Written::Done { id: Some(31), remarks: Vec::new() });
}

#[rstest]
#[case::quantity(json!({"quantity": 5.0}), "quantity is 5 in the place of 6")]
#[case::fraction(json!({"quantity": 6.5}), "quantity is 6.5")]
#[case::first_day(json!({"effectiveDate": "2024-03-20T00:00:00Z"}), "effectiveDate is 2024-03-20 in the place of 2024-03-19")]
#[case::last_day(json!({"cancelledDate": "2024-03-31T00:00:00Z"}), "cancelledDate is 2024-03-31 in the place of none")]
#[case::price(json!({"unitPrice": 9.5}), "unitPrice is 9.50 in the place of 8.00")]
#[case::product(json!({"product": {"id": 8}}), "product is 8")]
#[case::billing(json!({"billCustomer": "DoNotBill"}), "billCustomer is DoNotBill")]
#[case::free(json!({"lessIncluded": 1}), "lessIncluded is 1")]
#[tokio::test]
async fn an_answer_that_shows_what_bills_otherwise_is_no_success_r10_12(
    #[case] changes: Value,
    #[case] told: &str,
) {
    let (written, requests) = outcome(&addition(), created(&changes)).await;
    assert_eq!((kind(&written), requests.len()), ("otherwise", 1), "{written:?}");
    let finding = finding(written);
    assert_eq!(finding.code.as_str(), "reply_differs");
    assert!(finding.text.contains(told), "{}", finding.text);
}

#[rstest]
#[case::key(json!({"serialNumber": null}), "serialNumber is none")]
#[case::cost(json!({"unitCost": 7.0}), "unitCost is 7.00 in the place of 6.90")]
#[tokio::test]
async fn another_member_that_differs_is_a_remark_r10_12(
    #[case] changes: Value,
    #[case] told: &str,
) {
    let (written, _) = outcome(&addition(), created(&changes)).await;
    let Written::Done { id: Some(32), remarks } = written else { panic!("{written:?}") };
    assert_eq!(remarks.len(), 1);
    assert!(remarks[0].text.contains(told), "{}", remarks[0].text);
}

#[tokio::test]
async fn a_patch_without_effect_is_no_success() {
    let (written, _) = outcome(&ending(), changed(&json!({}))).await;
    assert_eq!(kind(&written), "otherwise");
    let (written, _) =
        outcome(&amendment(), changed(&json!({"quantity": 5.0, "unitPrice": 8.4}))).await;
    assert_eq!(kind(&written), "otherwise");
}

#[rstest]
#[case::a_200_for_a_post(ok(&record(&json!({}))))]
#[case::a_201_without_a_body(json(201, ""))]
#[case::a_201_without_an_id(json(201, "{}"))]
#[case::a_201_of_another_kind(json(201, r#"{"id": 32, "name": "x"}"#))]
#[case::a_201_cut_off(json(201, "{\"id\": 32, \"quan"))]
#[case::a_page_as_201(html(201))]
#[case::a_204(json(204, ""))]
#[case::a_408(json(408, ""))]
#[case::a_500_without_reasons(json(
    500,
    r#"{"code":"ConnectWiseApi","message":"String was not recognized as a valid Boolean."}"#
))]
#[case::a_page_500(html(500))]
#[case::a_502(html(502))]
#[case::a_503(text(503, "Service Unavailable"))]
#[case::cut(Answer::Cut)]
#[case::half(Answer::Half(r#"{"id": 32, "quantity": 6}"#.to_owned()))]
#[case::time_out(Answer::Silence)]
#[tokio::test]
async fn an_unclear_answer_leaves_the_write_unknown_and_sent_once(#[case] answer: Answer) {
    let (written, requests) = outcome(&addition(), answer).await;
    assert_eq!((kind(&written), requests.len()), ("unknown", 1), "{written:?}");
    assert_eq!(finding(written).code.as_str(), "unconfirmed");
}

fn invalid(reasons: &Value) -> Answer {
    let body = json!({"code": "InvalidObject", "message": "addition object is invalid", "errors": reasons});
    json(400, &body.to_string())
}

#[rstest]
#[case::billing_start(
    invalid(&json!([{"code": "InvalidField", "field": "effectiveDate", "resource": "addition",
        "message": "effectiveDate cannot be less than the agreement billing start date"}])),
    "effective_date", "billing start date"
)]
#[case::invoiced(
    invalid(&json!([{"code": "InvalidField", "message": "Since this period has already been invoiced, please prorate"}])),
    "posted_period", "already been invoiced"
)]
#[case::exists(
    invalid(&json!([{"code": "ObjectExists", "message": "taken", "field": "identifier"}])),
    "duplicate_service", "taken (identifier)"
)]
#[case::two_reasons(
    invalid(&json!([{"code": "MissingRequiredField", "message": "The billCustomer field is required."},
        {"code": "NotFound", "message": "not found", "field": "product/id"}])),
    "connectwise", "The billCustomer field is required.: not found (product/id)"
)]
#[case::no_reasons(invalid(&json!(null)), "connectwise", "addition object is invalid")]
#[case::a_500_with_reasons(
    json(500, r#"{"code":"InvalidObject","message":"invalid","errors":[{"code":"OutOfRange","message":"too many"}]}"#),
    "connectwise", "too many"
)]
#[case::right(
    json(403, r#"{"code":"Security","message":"You do not have security permission"}"#),
    "permission",
    "security permission"
)]
#[case::gone(
    json(404, r#"{"code":"NotFound","message":"record not found"}"#),
    "not_found",
    "record not found"
)]
#[case::gateway(text(400, "Cannot route. Codebase/company is invalid"), "route", "Cannot route")]
#[case::page(html(404), "route", "404")]
#[case::conflict(json(409, r#"{"code":"Conflict","message":"in use"}"#), "connectwise", "in use")]
#[case::redirect(html(302), "unreadable", "302")]
#[tokio::test]
async fn a_refusal_is_told_in_the_servers_words_with_all_reasons(
    #[case] answer: Answer,
    #[case] code: &str,
    #[case] told: &str,
) {
    let (written, requests) = outcome(&addition(), answer).await;
    assert_eq!((kind(&written), requests.len()), ("refused", 1), "{written:?}");
    let finding = finding(written);
    assert_eq!(finding.code.as_str(), code);
    assert!(finding.text.contains(told), "{}", finding.text);
    assert!(!finding.advice.is_empty());
}

#[rstest]
#[case::named(vec![("retry-after", "17".to_owned())], 17)]
#[case::not_named(vec![], 30)]
#[tokio::test]
async fn a_429_was_not_carried_out_and_may_be_sent_again_later(
    #[case] headers: Vec<(&'static str, String)>,
    #[case] seconds: u64,
) {
    let answer = Answer::Whole(429, headers, br#"{"error":"ConnectWiseAPI"}"#.to_vec());
    let (written, requests) = outcome(&addition(), answer).await;
    let Written::NotExecuted { retry_after_seconds, .. } = written else { panic!("{written:?}") };
    assert_eq!((retry_after_seconds, requests.len()), (Some(seconds), 1));
}

#[tokio::test]
async fn a_401_ends_all_writing() {
    let (written, _) =
        outcome(&addition(), json(401, r#"{"code":"Unauthorized","message":"no"}"#)).await;
    assert_eq!(kind(&written), "unauthorized");
}

#[tokio::test]
async fn nobody_there_leaves_nothing_sent() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let stub = Stub::start(|_, _| json(200, "null")).await;
    let unknown = discovering(&stub).execute(&addition()).await;
    assert_eq!(kind(&unknown), "not executed", "the code base is not known");
    let mut gone = stub;
    gone.url = url.parse().unwrap();
    assert_eq!(kind(&client(&gone).execute(&addition()).await), "not executed");
}

#[tokio::test]
async fn a_write_that_lost_its_way_is_not_sent_again_and_the_next_one_looks_where_to_go() {
    let stub = Stub::start(|seen, number| match seen.path.as_str() {
        "/login/companyinfo/acme" if number == 0 => ok(&json!({"Codebase": "v2025_1/"})),
        "/login/companyinfo/acme" => ok(&json!({"Codebase": "v2025_2/"})),
        path if path.starts_with("/v2025_2/") => created(&json!({})),
        _ => html(404),
    });
    let stub = stub.await;
    let client = discovering(&stub);
    assert_eq!(kind(&client.execute(&addition()).await), "refused");
    assert_eq!(stub.count(), 2);
    assert_eq!(kind(&client.execute(&addition()).await), "done");
}

fn made(identifier: &str) -> Answer {
    let item = json!({"id": 70, "identifier": identifier, "description": "Microsoft 365", "price": 8.0, "cost": 6.9});
    json(201, &item.to_string())
}

async fn catalog(taken: Value, post: Answer) -> Stub {
    answering(move |line, _| match line {
        "GET procurement/catalog" => Some(ok(&taken)),
        "POST procurement/catalog" => Some(post.clone()),
        _ => None,
    })
    .await
}

#[tokio::test]
async fn a_new_item_has_sku_and_motion_as_its_product_id_short_texts_and_what_was_chosen_r10_16() {
    let stub = catalog(json!([]), made("P1Y:M_CFQ7TTC0LH18:0001")).await;
    let client = client(&stub);
    let written = client.execute(&creation()).await;
    assert_eq!(written, Written::Done { id: Some(70), remarks: Vec::new() });
    let body: Value = serde_json::from_str(&stub.seen().last().unwrap().body).unwrap();
    assert_eq!(
        body,
        json!({"identifier": "P1Y:M_CFQ7TTC0LH18:0001",
            "description": "Microsoft 365 Business Basic, and a description th",
            "customerDescription": "Microsoft 365 Business Basic",
            "subcategory": {"id": 11}, "type": {"id": 2},
            "unitOfMeasure": {"id": 3}, "taxableFlag": false, "price": 8, "cost": 6.9,
            "vendorSku": "P1Y:M_CFQ7TTC0LH18:0001",
            "integrationXRef": "prism-connect:p1y:m_cfq7ttc0lh18:0001"})
    );
    assert_eq!(client.rules().body(&creation()), body, "the journal has what is sent");
}

#[tokio::test]
async fn a_product_id_that_is_taken_is_found_before_anything_is_sent() {
    let taken = json!([{"id": 12, "identifier": "p1y:m_cfq7ttc0lh18:0001"}]);
    let stub = catalog(taken, made("x")).await;
    let written = client(&stub).execute(&creation()).await;
    assert_eq!(kind(&written), "refused");
    let finding = finding(written);
    assert_eq!(finding.code.as_str(), "duplicate_service");
    assert!(finding.text.contains("Catalog item 12"), "{}", finding.text);
    assert!(lines(&stub).iter().all(|line| line.starts_with("GET ")));
}

#[tokio::test]
async fn a_product_id_that_an_item_of_ours_has_is_that_item_r1_7() {
    let ours = json!([{"id": 12, "identifier": "P1Y:M_CFQ7TTC0LH18:0001",
        "integrationXRef": "prism-connect:p1y:m_cfq7ttc0lh18:0001"}]);
    let stub = catalog(ours, made("x")).await;
    let written = client(&stub).execute(&creation()).await;
    assert_eq!(written, Written::Done { id: Some(12), remarks: Vec::new() });
    assert!(lines(&stub).iter().all(|line| line.starts_with("GET ")), "nothing is made again");
}

/// The catalog that a product sync has just read tells which product ids are taken, and so does what it made since: no
/// create asks for its own.
#[tokio::test]
async fn a_catalog_that_was_read_whole_tells_which_product_ids_are_taken() {
    let other = json!([{"id": 12, "identifier": "CFQ7TTC0LH16:0002"}]);
    let stub = catalog(other, made("P1Y:M_CFQ7TTC0LH18:0001")).await;
    let client = client(&stub);
    client.services().await.expect("the catalog");
    assert_eq!(kind(&client.execute(&creation()).await), "done");
    let again = client.execute(&creation()).await;
    assert_eq!(again, Written::Done { id: Some(70), remarks: Vec::new() }, "it is that item");
    let of_catalog: Vec<_> =
        lines(&stub).into_iter().filter(|line| line.ends_with("procurement/catalog")).collect();
    assert_eq!(of_catalog, ["GET procurement/catalog", "POST procurement/catalog"]);
}

#[tokio::test]
async fn a_product_id_that_comes_back_changed_is_a_duplicate_r10_16() {
    let stub = catalog(json!([]), made("P1Y:M_CFQ7TTC0LH18:0001-Copy0")).await;
    let written = client(&stub).execute(&creation()).await;
    let Written::Otherwise { id, finding } = written else { panic!("{written:?}") };
    assert_eq!((id, finding.code.as_str()), (Some(70), "duplicate_service"));
    assert!(finding.text.contains("-Copy0"), "{}", finding.text);
}

#[tokio::test]
async fn of_an_item_only_price_and_cost_are_changed() {
    let operation = Operation::UpdateService {
        product: "CFQ7TTC0LH18:0001".parse::<ProductKey>().unwrap(),
        service: ServiceId(7),
        price: Some(money("8.40")),
        cost: None,
    };
    let answer =
        ok(&json!({"id": 7, "identifier": "CFQ7TTC0LH18:0001", "price": 8.4, "cost": 6.9}));
    let (line, body) = sent(&operation, answer.clone()).await;
    assert_eq!(line, "PATCH procurement/catalog/7");
    assert_eq!(body, json!([{"op": "replace", "path": "price", "value": 8.4}]));
    let (written, _) = outcome(&operation, answer).await;
    assert_eq!(written, Written::Done { id: Some(7), remarks: Vec::new() });
}
