//! Reading in pages and bulk, defensively (wire/autotask 3, 4, 9, 13).

use std::sync::atomic::{AtomicUsize, Ordering};

use prism_connect::{
    domain::{
        CompanyId, ContractId, ContractServiceId, Money, ReadError, Thing,
        target::{ContractKind, PresentContract},
    },
    http::HttpSettings,
    psa::Psa,
};
use proptest::prelude::*;
use rstest::rstest;
use serde_json::{Value, json};

use super::stub::{Answer, Asked, Stub, client_at, day};

fn money(text: &str) -> Money {
    text.parse().expect("money")
}

fn contract(id: i64) -> Value {
    json!({"id": id, "companyID": 174, "contractName": "Cloud", "contractType": 7, "status": 1,
        "contractPeriodType": 2, "startDate": "2026-01-01T00:00:00Z",
        "endDate": "2028-12-31T00:00:00Z", "userDefinedFields": []})
}

fn ids(asked: &Asked, field: &str) -> Vec<i64> {
    let filters = asked.body["filter"].as_array().cloned().unwrap_or_default();
    let list = filters.into_iter().find(|filter| filter["field"] == field && filter["op"] == "in");
    list.and_then(|filter| serde_json::from_value(filter["value"].clone()).ok()).unwrap_or_default()
}

#[tokio::test]
async fn pages_are_followed_by_post_with_the_same_body() {
    let stub = Stub::start(|asked, origin| {
        let next = format!("{origin}/ATServicesRest/V1.0/Contracts/query/next?paging=1");
        match asked.line().as_str() {
            "POST Contracts/query" => {
                Some(Answer::page_before(&json!([contract(1), contract(2)]), Some(&next)))
            }
            "POST Contracts/query/next?paging=1" => Some(Answer::page(&json!([contract(725)]))),
            "GET Contracts/query/next?paging=1" => {
                Some(Answer::json(405, &json!({"Message": "GET"})))
            }
            _ => None,
        }
    })
    .await;
    let contracts = stub.client().contracts(None).await.expect("contracts");
    let found: Vec<i64> = contracts.iter().map(|contract| contract.id.0).collect();
    assert_eq!(found, [1, 2, 725]);
    let journal = stub.journal();
    let pages: Vec<&Asked> = journal.iter().filter(|asked| asked.path.contains("/query")).collect();
    assert_eq!(pages[0].body, pages[1].body);
    assert_eq!(pages[0].body["maxRecords"], json!(500));
    assert_eq!(pages[0].body["filter"], json!([{"op": "gte", "field": "id", "value": 0}]));
}

#[tokio::test]
async fn a_next_page_at_another_origin_gets_no_credentials() {
    let stub = Stub::start(|asked, _| {
        let next = "http://127.0.0.2:1/ATServicesRest/V1.0/Contracts/query/next?paging=1";
        let first = asked.path == "Contracts/query";
        first.then(|| Answer::page_before(&json!([contract(1)]), Some(next)))
    })
    .await;
    let error = stub.client().contracts(None).await.expect_err("a foreign page");
    assert_eq!(error.finding().code.as_str(), "other_origin");
}

#[tokio::test]
async fn pages_that_do_not_go_on_come_to_an_end() {
    let stub = Stub::start(|asked, origin| {
        let next = format!("{origin}/ATServicesRest/V1.0/Contracts/query/next?paging=1");
        asked
            .path
            .contains("Contracts/query")
            .then(|| Answer::page_before(&json!([contract(1)]), Some(&next)))
    })
    .await;
    let error = stub.client().contracts(None).await.expect_err("endless");
    assert!(matches!(error, ReadError::Unreadable(_)), "{error:?}");
    assert!(stub.lines().len() < 5);
}

#[tokio::test]
async fn picklists_are_read_by_label_once() {
    let fields = json!({"fields": [
        {"name": "contractType", "dataType": "integer", "length": 0, "isPickList": true, "picklistValues": [
            {"value": "11", "label": "Recurring Service"}, {"value": "1", "label": "Time & Materials"}]},
        {"name": "status", "picklistValues": [{"value": "1", "label": "Active"}, {"value": "0", "label": "Inactive"}]},
        {"name": "contractName", "length": 100, "picklistValues": null},
    ]});
    let rows = json!([
        {"id": 1, "companyID": 0, "contractName": "A", "contractType": 11, "status": 1, "startDate": "2026-01-15T00:00:00", "endDate": "0001-01-01T00:00:00", "contractPeriodType": 3},
        {"id": 2, "companyID": 0, "contractName": "B", "contractType": 1, "status": 0, "startDate": "2026-01-01", "endDate": null, "contractPeriodType": null},
    ]);
    let stub = Stub::start(move |asked, _| match asked.path.as_str() {
        "Contracts/entityInformation/fields" => Some(Answer::ok(&fields)),
        "Contracts/query" => Some(Answer::page(&rows)),
        _ => None,
    })
    .await;
    let client = stub.client();
    let contracts = client.contracts(Some(CompanyId(0))).await.expect("contracts");
    assert_eq!(contracts[0].kind, ContractKind::Recurring);
    assert_eq!(
        (contracts[0].start, contracts[0].end, contracts[0].period_months),
        (day("2026-01-15"), None, 3)
    );
    assert_eq!(contracts[1].kind, ContractKind::Other("Time & Materials".to_owned()));
    assert_eq!((contracts[0].active, contracts[1].active), (true, false));
    client.contracts(None).await.expect("contracts");
    let fields = stub.lines().iter().filter(|line| line.ends_with("/fields")).count();
    assert_eq!(fields, 1);
}

#[tokio::test]
async fn the_provider_itself_is_company_0_and_among_the_companies() {
    let stub = Stub::start(|asked, _| {
        (asked.path == "Companies/query").then(|| {
            Answer::page(
                &json!([{"id": 0, "companyName": "Ours", "isActive": true, "webAddress": null}]),
            )
        })
    })
    .await;
    let companies = stub.client().companies().await.expect("companies");
    assert_eq!((companies[0].id, companies[0].web.as_deref()), (CompanyId(0), None));
    let asked = &stub.journal()[1].body["filter"];
    assert_eq!(
        asked,
        &json!([{"op": "or", "items": [
            {"op": "eq", "field": "companyType", "value": 1}, {"op": "eq", "field": "id", "value": 0}]}])
    );
}

#[tokio::test]
async fn billing_codes_are_active_and_of_the_recurring_use_type() {
    let codes = json!([
        {"id": 1, "name": "Cloud", "useType": 5, "isActive": true},
        {"id": 2, "name": "Labour", "useType": 1, "isActive": true},
        {"id": 3, "name": "Old", "useType": 5, "isActive": false},
    ]);
    let services = json!([
        {"id": 10, "name": "A", "unitPrice": 386.6450, "unitCost": null, "isActive": true, "billingCodeID": 1, "sku": "X"},
        {"id": 11, "name": "B", "unitPrice": "8.00", "unitCost": 6.9, "isActive": false, "billingCodeID": 3},
    ]);
    let stub = Stub::start(move |asked, _| match asked.path.as_str() {
        "BillingCodes/query" => Some(Answer::page(&codes)),
        "Services/query" => Some(Answer::page(&services)),
        _ => None,
    })
    .await;
    let client = stub.client();
    let found = client.choices(Thing::BillingCode).await.expect("codes");
    assert_eq!(found.iter().map(|code| code.name.as_str()).collect::<Vec<_>>(), ["Cloud"]);
    let services = client.services().await.expect("services");
    assert_eq!((services[0].price, services[0].cost), (money("386.645"), None));
    assert_eq!((services[1].price, services[1].cost), (money("8"), Some(money("6.9"))));
    assert_eq!((services[0].active, services[1].active), (true, false));
    assert_eq!(
        (services[0].billing_code_active, services[1].billing_code_active),
        (Some(true), Some(false))
    );
}

#[tokio::test]
async fn services_are_read_even_where_billing_codes_may_not_be() {
    let stub = Stub::start(|asked, _| match asked.path.as_str() {
        "BillingCodes/query" => Some(Answer::errors(500, "The logged in Resource does not have the adequate permissions to query this entity type.")),
        "Services/query" => Some(Answer::page(&json!([{"id": 10, "name": "A", "billingCodeID": 1}]))),
        _ => None,
    })
    .await;
    let services = stub.client().services().await.expect("services");
    assert_eq!(services[0].billing_code_active, None);
}

fn unit(id: i64, row: Option<i64>, start: &str, end: &str, units: i64) -> Value {
    json!({"id": id, "contractID": 1, "serviceID": 412, "contractServiceID": row, "startDate": start,
        "endDate": end, "units": units, "price": 40.0000, "cost": 34.5, "approveAndPostDate": null})
}

fn service(id: i64, service: i64) -> Value {
    json!({"id": id, "contractID": 1, "serviceID": service, "unitPrice": 8.0000, "unitCost": 6.9,
        "internalCurrencyUnitPrice": 8.0, "internalCurrencyAdjustedPrice": 8.4})
}

async fn present(services: Value, units: Value) -> Result<Vec<PresentContract>, ReadError> {
    let stub = Stub::start(move |asked, _| match asked.path.as_str() {
        "Contracts/query" => Some(Answer::page(&json!([contract(1)]))),
        "ContractServices/query" => Some(Answer::page(&services)),
        "ContractServiceUnits/query" => Some(Answer::page(&units)),
        _ => None,
    })
    .await;
    stub.client().present(&[ContractId(1)], day("2026-09-01")).await
}

#[tokio::test]
async fn rows_come_to_their_service_by_start_and_a_service_without_rows_stands_at_0() {
    let mut posted = unit(2, Some(903), "2026-09-19T00:00:00Z", "2026-09-30T00:00:00Z", 6);
    posted["approveAndPostDate"] = json!("2026-10-02T08:52:54.023Z");
    let units = json!([
        unit(1, Some(903), "2026-10-01T00:00:00", "2026-10-31", 6),
        posted,
        unit(3, Some(903), "2026-09-01T00:00:00.000Z", "0001-01-01T00:00:00", 5)
    ]);
    let present =
        present(json!([service(903, 412), service(904, 413)]), units).await.expect("present");
    let services = &present[0].services;
    let rows: Vec<(String, i64, bool)> =
        services[0].rows.iter().map(|row| (row.start.to_string(), row.units, row.posted)).collect();
    let expected = [("2026-09-01", 5, false), ("2026-09-19", 6, true), ("2026-10-01", 6, false)];
    assert_eq!(rows, expected.map(|(start, units, posted)| (start.to_owned(), units, posted)));
    assert_eq!((services[0].price, services[0].cost), (Some(money("8.4")), Some(money("6.9"))));
    assert_eq!(services[1].contract_service, ContractServiceId(904));
    assert_eq!(services[1].timeline().on(day("2026-09-19")), 0);
}

#[tokio::test]
async fn the_price_of_a_tenant_with_several_currencies_is_turned_back() {
    let mut row = service(903, 412);
    row["internalCurrencyUnitPrice"] = json!(12.0);
    row["internalCurrencyAdjustedPrice"] = json!(12.6);
    let present = present(json!([row]), json!([])).await.expect("present");
    assert_eq!(present[0].services[0].price, Some(money("8.4")));
}

#[rstest]
#[case::without_an_owner_where_one_fits(json!([service(903, 412)]), json!([unit(1, None, "2026-09-01", "2026-09-30", 5)]), true)]
#[case::without_an_owner_where_two_fit(json!([service(903, 412), service(904, 412)]), json!([unit(1, None, "2026-09-01", "2026-09-30", 5)]), false)]
#[case::of_an_owner_that_was_not_read(json!([service(903, 412)]), json!([unit(1, Some(7), "2026-09-01", "2026-09-30", 5)]), false)]
#[tokio::test]
async fn a_row_nobody_owns_is_no_half_truth(
    #[case] services: Value,
    #[case] units: Value,
    #[case] readable: bool,
) {
    let present = present(services, units).await.expect("the contract");
    assert_eq!(present[0].odd.is_none(), readable, "{present:?}");
}

#[rstest]
#[case::half_a_seat(json!(5.5))]
#[case::none(Value::Null)]
#[case::more_than_there_are(json!(99_999_999_999_i64))]
#[tokio::test]
async fn units_that_are_no_quantity_make_their_contract_odd(#[case] units: Value) {
    let mut row = unit(1, Some(903), "2026-09-01", "2026-09-30", 5);
    row["units"] = units.clone();
    let present = present(json!([service(903, 412)]), json!([row])).await.expect("the contract");
    let text = present[0].odd.clone().expect("an odd row").text;
    assert!(text.contains("ContractServiceUnits 1 on contract 1"), "{text}");
    assert!(text.contains(&format!("units is {units}")), "{text}");
}

/// A server that filters rows as Autotask does, over contracts of several periods.
fn keeps_to_the_filter(asked: &Asked, rows: &[Value]) -> Vec<Value> {
    let wanted = ids(asked, "contractID");
    let any = asked.body["filter"].as_array().cloned().unwrap_or_default();
    let any = any.into_iter().find(|filter| filter["op"] == "or").expect("a day filter");
    let conditions = any["items"].as_array().cloned().expect("conditions");
    let holds = |row: &Value| {
        conditions.iter().any(|condition| {
            assert_eq!(condition["op"], "gte");
            let field = condition["field"].as_str().expect("a field");
            row[field].as_str() >= condition["value"].as_str()
        })
    };
    let mine = |row: &&Value| wanted.contains(&row["contractID"].as_i64().unwrap_or(-1));
    rows.iter().filter(mine).filter(|row| holds(row)).cloned().collect()
}

#[rstest]
#[case::monthly(2, "2026-01-01", "2026-09-01")]
#[case::mid_month(2, "2026-01-15", "2026-08-15")]
#[case::quarterly(3, "2026-01-01", "2026-07-01")]
#[case::yearly_mid_month(5, "2025-12-15", "2025-12-15")]
#[case::start_moved_after_the_rows_were_made(2, "2026-01-28", "2026-08-10")]
#[tokio::test]
async fn the_row_in_force_on_the_first_day_is_read_even_if_it_starts_before(
    #[case] period: i64,
    #[case] start: &str,
    #[case] row_start: &str,
    #[values("2026-09-30T00:00:00Z", "2026-09-01T00:00:00Z", "2026-08-31T00:00:00Z")] end: &str,
) {
    let mut with_period = contract(1);
    with_period["contractPeriodType"] = json!(period);
    with_period["startDate"] = json!(format!("{start}T00:00:00Z"));
    let long = json!({"id": 2, "companyID": 1, "contractName": "Yearly", "contractType": 7, "status": 1,
        "contractPeriodType": 5, "startDate": "2026-03-01T00:00:00Z", "endDate": null});
    let rows = [
        unit(1, Some(903), "2024-01-01T00:00:00Z", "2024-01-31T00:00:00Z", 99),
        unit(2, Some(903), &format!("{row_start}T00:00:00Z"), end, 5),
        unit(3, Some(903), "2026-10-01T00:00:00Z", "2026-10-31T00:00:00Z", 6),
    ];
    let stub = Stub::start(move |asked, _| match asked.path.as_str() {
        "Contracts/query" => Some(Answer::page(&json!([with_period, long]))),
        "ContractServices/query" => Some(Answer::page(&json!([service(903, 412)]))),
        "ContractServiceUnits/query" => {
            Some(Answer::page(&json!(keeps_to_the_filter(asked, &rows))))
        }
        _ => None,
    })
    .await;
    let asked = [ContractId(1), ContractId(2)];
    let present = stub.client().present(&asked, day("2026-09-01")).await.expect("present");
    let read: Vec<i64> = present[0].services[0].rows.iter().map(|row| row.units).collect();
    assert_eq!(read, [5, 6], "the row in force and the later one, nothing of long ago");
}

/// Few contracts are one list, many are three, so that their pages come side by side; and each is asked for once.
#[rstest]
#[case::few(20, 1)]
#[case::some(40, 2)]
#[case::one_more_than_a_list(25, 2)]
#[case::a_group(200, 3)]
#[case::one_more_than_three_full_lists(601, 4)]
#[tokio::test]
async fn rows_of_many_contracts_are_read_in_three_lists(
    #[case] contracts: i64,
    #[case] lists: usize,
) {
    let stub = Stub::start(|asked, _| {
        (asked.path == "Contracts/query").then(|| {
            let rows: Vec<Value> = ids(asked, "id").into_iter().map(contract).collect();
            Answer::page(&json!(rows))
        })
    })
    .await;
    let wanted: Vec<ContractId> = (1..=contracts).map(ContractId).collect();
    let present = stub.client().present(&wanted, day("2026-09-01")).await.expect("present");
    assert_eq!(present.iter().map(|one| one.contract.id).collect::<Vec<_>>(), wanted);
    for entity in ["ContractServices/query", "ContractServiceUnits/query"] {
        let journal = stub.journal();
        let asked: Vec<_> = journal.iter().filter(|asked| asked.path == entity).collect();
        assert_eq!(asked.len(), lists, "{entity}");
        let length = |asked: &&Asked| ids(asked, "contractID").len();
        assert!(asked.iter().map(length).all(|length| (10..=200).contains(&length)), "{entity}");
        let mut all: Vec<i64> = asked.iter().flat_map(|asked| ids(asked, "contractID")).collect();
        all.sort_unstable();
        assert_eq!(all, (1..=contracts).collect::<Vec<_>>(), "{entity}");
    }
}

#[tokio::test]
async fn contracts_are_asked_for_in_lists_of_at_most_200_and_never_alone() {
    let stub = Stub::start(|asked, _| {
        (asked.path == "Contracts/query").then(|| {
            let rows: Vec<Value> = ids(asked, "id").into_iter().map(contract).collect();
            Answer::page(&json!(rows))
        })
    })
    .await;
    let wanted: Vec<ContractId> = (1..=450).rev().chain(1..=10).map(ContractId).collect();
    let present = stub.client().present(&wanted, day("2026-09-01")).await.expect("present");
    assert_eq!(present.len(), 450);
    assert!(present.windows(2).all(|pair| pair[0].contract.id < pair[1].contract.id));
    let lines = stub.lines();
    let count = |line: &str| lines.iter().filter(|asked| *asked == line).count();
    assert_eq!(count("POST Contracts/query"), 3);
    assert_eq!(count("POST ContractServices/query"), 3);
    assert_eq!(count("POST ContractServiceUnits/query"), 3);
    assert_eq!(lines.len(), 11, "and the fields of contracts and of their services once");
    for asked in stub.journal() {
        assert!(ids(&asked, "contractID").len() <= 200);
    }
}

#[rstest]
#[case::html(Answer::html(200), "web page")]
#[case::empty(Answer::empty(200), "empty")]
#[case::truncated(Answer::text(200, "application/json", "{\"items\":[{\"id\":1,"), "EOF")]
#[case::another_thing(Answer::ok(&json!({"item": null})), "items")]
#[tokio::test]
async fn an_answer_that_cannot_be_understood_says_where_and_how_it_begins(
    #[case] answer: Answer,
    #[case] why: &str,
) {
    let stub = Stub::answering("Services/query", answer).await;
    let error = stub.client().services().await.expect_err("unreadable");
    assert!(matches!(error, ReadError::Unreadable(_)), "{error:?}");
    let text = error.finding().text;
    assert!(text.contains("POST /ATServicesRest/V1.0/Services/query answered 200"), "{text}");
    assert!(text.contains(why), "{text}");
}

#[rstest]
#[case::an_unknown_field(
    Answer::errors(500, "Unable to find projectID in the TimeEntry Entity."),
    "refused"
)]
#[case::a_web_page_for_an_unknown_entity(Answer::html(404), "unreadable")]
#[case::a_verb_not_offered(Answer::json(405, &json!({"Message": "The requested resource does not support http method 'POST'."})), "refused")]
#[tokio::test]
async fn a_refusal_is_not_asked_again(#[case] answer: Answer, #[case] kind: &str) {
    let stub = Stub::answering("Services/query", answer).await;
    let error = stub.client().services().await.expect_err("no services");
    let refused = matches!(error, ReadError::Refused(_));
    assert_eq!(refused, kind == "refused", "{error:?}");
    let asked = stub.lines().iter().filter(|line| *line == "POST Services/query").count();
    assert_eq!(asked, 1);
}

/// No record is missing where nothing answers at an address.
#[rstest]
#[case::by_the_server(Answer::json(404, &json!({"Message": "No HTTP resource was found that matches the request URI."})))]
#[case::by_something_else(Answer::html(404))]
#[tokio::test]
async fn a_404_of_a_route_speaks_of_the_address_and_not_of_a_record(#[case] answer: Answer) {
    let stub = Stub::answering("Services/query", answer).await;
    let error = stub.client().services().await.expect_err("no services");
    let finding = error.finding();
    assert_eq!(finding.code.as_str(), "route", "{finding:?}");
    assert!(finding.advice.contains("Nothing answers at this address"), "{finding:?}");
    assert!(finding.advice.contains("zone's URL"), "{finding:?}");
}

#[rstest]
#[case::the_thread_limit(Answer::errors(429, "API thread threshold of 3 threads has been exceeded. Itgenatr005").with("retry-after", "1"))]
#[case::the_same_text_under_500(Answer::errors(
    500,
    "API thread threshold of 3 threads has been exceeded"
))]
#[case::a_gateway(Answer::html(503))]
#[case::a_500_without_a_reason(Answer::html(500))]
#[case::a_garbled_page(Answer::text(200, "application/json", "{\"items\":[{\"id\":"))]
#[case::a_page_that_breaks_off(Answer::page(&json!([])).cut())]
#[tokio::test]
async fn a_passing_fault_of_a_read_is_got_over(#[case] fault: Answer) {
    let tried = AtomicUsize::new(0);
    let stub = Stub::start(move |asked, _| {
        let first = asked.path == "Services/query" && tried.fetch_add(1, Ordering::Relaxed) == 0;
        first.then(|| fault.clone())
    })
    .await;
    assert_eq!(stub.client().services().await, Ok(Vec::new()));
}

#[tokio::test]
async fn a_host_that_is_not_there_is_unreachable() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let origin = format!("http://{}", listener.local_addr().expect("an address"));
    drop(listener);
    let client = client_at(&origin, HttpSettings { tries: 2, ..HttpSettings::default() });
    let error = client.services().await.expect_err("nobody there");
    assert!(matches!(error, ReadError::Unreachable(_)), "{error:?}");
}

/// Well-formed pages with anything in them, and bytes that are nothing.
fn hostile() -> impl Strategy<Value = Vec<u8>> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_filter("a number", |x| x.is_finite()).prop_map(|x| json!(x)),
        "[-0-9eE.TZ:+]{0,40}".prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        Just(json!("79228162514264337593543950335")),
    ];
    let names = prop::sample::select(vec![
        "id",
        "contractID",
        "serviceID",
        "contractServiceID",
        "startDate",
        "endDate",
        "units",
        "price",
        "cost",
        "unitPrice",
        "unitCost",
        "name",
        "contractPeriodType",
        "contractType",
        "companyID",
        "internalCurrencyUnitPrice",
        "internalCurrencyAdjustedPrice",
        "status",
    ]);
    let row = prop::collection::btree_map(names, leaf, 0..18);
    let page = prop::collection::vec(row, 0..4)
        .prop_map(|rows| json!({"items": rows}).to_string().into_bytes());
    prop_oneof![3 => page, 1 => prop::collection::vec(any::<u8>(), 0..200)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn no_answer_makes_it_panic(pages in prop::collection::vec(hostile(), 3)) {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime.block_on(async {
            let answer = |bytes: &Vec<u8>| Answer {
                status: 200, headers: Vec::new(), body: bytes.clone(), cut: false,
            };
            let stub = Stub::start(move |asked, _| match asked.path.as_str() {
                "Contracts/query" | "Services/query" => Some(answer(&pages[0])),
                "ContractServices/query" => Some(answer(&pages[1])),
                "ContractServiceUnits/query" | "Contracts/entityInformation/fields" => Some(answer(&pages[2])),
                _ => None,
            }).await;
            let client = stub.client();
            // Whatever it says, it says it.
            let _ = client.present(&[ContractId(1)], day("2026-09-01")).await;
            let _ = client.services().await;
        });
    }
}
