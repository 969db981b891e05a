//! Lists in pages, odd rows, and agreements with their lines (wire/connectwise 4, 5, 7, 11).

use std::sync::atomic::{AtomicUsize, Ordering};

use prism_connect::{
    domain::{
        CompanyId, ContractId, LineId, ReadError, ServiceId, Thing,
        choice::ChoiceOption,
        target::{CompanyTrouble, ContractKind, PresentContract},
    },
    psa::Psa,
};
use rstest::rstest;
use serde_json::{Value, json};

use super::{
    stage::{
        answering, client, day, html, line, lines, money, not_found, ok, parameter, with_link,
    },
    stub::{Answer, Seen, Stub, json, text},
};

fn company(id: i64) -> Value {
    json!({"id": id, "identifier": format!("C{id}"), "name": format!("Company {id}"),
        "status": {"id": 1, "name": "Active"}, "deletedFlag": false,
        "_info": {"lastUpdated": "2026-09-01T00:00:00Z"}, "newMember": {"a": [1]}})
}

fn page(ids: impl Iterator<Item = i64>) -> Value {
    ids.map(company).collect()
}

fn next(to: &str) -> String {
    format!("<{to}>; rel=\"next\"")
}

async fn company_ids(stub: &Stub) -> Result<Vec<i64>, ReadError> {
    let companies = client(stub).companies().await?;
    Ok(companies.iter().map(|company| company.id.0).collect())
}

#[tokio::test]
async fn a_whole_table_is_read_from_id_to_id_until_the_link_has_no_next_page() {
    let stub = answering(|_, seen| {
        let body = match parameter(seen, "pageId").as_deref() {
            None => page([1, 2].into_iter()),
            Some("2") => page([7, 9].into_iter()),
            Some("9") => return Some(with_link(&page([12].into_iter()), "<>; rel=\"next\"")),
            other => panic!("{other:?}"),
        };
        Some(with_link(&body, &next("https://elsewhere.example.com/companies?pageId=1")))
    });
    let stub = stub.await;
    assert_eq!(company_ids(&stub).await.unwrap(), [1, 2, 7, 9, 12]);
    let asked = stub.seen();
    assert_eq!(asked.len(), 3, "the link that points elsewhere is not followed");
    for seen in &asked {
        assert_eq!(seen.header("pagination-type"), Some("forward-only"));
        assert_eq!(parameter(seen, "pageSize").as_deref(), Some("1000"));
        assert_eq!(parameter(seen, "conditions").as_deref(), Some("deletedFlag=false"));
        assert_eq!(parameter(seen, "orderBy"), None, "not allowed there");
    }
}

#[tokio::test]
async fn without_a_link_a_full_page_has_a_next_one_and_a_short_page_has_none() {
    let stub = answering(|_, seen| {
        Some(ok(&match parameter(seen, "pageId").as_deref() {
            None => page(1..=1000),
            Some("1000") => page(1001..=1002),
            other => panic!("{other:?}"),
        }))
    });
    let stub = stub.await;
    assert_eq!(company_ids(&stub).await.unwrap().len(), 1002);
    assert_eq!(stub.count(), 2);
}

#[tokio::test]
async fn a_server_that_knows_no_paging_by_id_is_read_by_page() {
    let stub = answering(|_, seen| {
        let body = match parameter(seen, "page").as_deref() {
            None | Some("1") => page([1, 2].into_iter()),
            Some("2") => page([3, 4].into_iter()),
            _ => return Some(ok(&json!([]))),
        };
        Some(with_link(&body, &next("https://stub/companies?page=2")))
    });
    let stub = stub.await;
    assert_eq!(company_ids(&stub).await.unwrap(), [1, 2, 3, 4]);
    assert_eq!(stub.count(), 4);
}

#[tokio::test]
async fn pages_that_never_go_on_come_to_an_end() {
    let stub = answering(|_, _| Some(with_link(&page([1].into_iter()), &next("/companies")))).await;
    let error = company_ids(&stub).await.unwrap_err();
    assert!(matches!(error, ReadError::Unreadable(_)), "{error:?}");
    assert!(stub.count() < 5);
}

#[tokio::test]
async fn a_page_past_the_end_is_empty_and_the_last() {
    let stub = answering(|_, seen| {
        let body = match parameter(seen, "pageId") {
            None => page([1].into_iter()),
            Some(_) => json!([]),
        };
        Some(with_link(&body, &next("/companies")))
    });
    assert_eq!(company_ids(&stub.await).await.unwrap(), [1]);
}

#[rstest]
#[case::a_web_page(html(200))]
#[case::nothing(text(200, ""))]
#[case::an_object(ok(&json!({"count": 3})))]
#[tokio::test]
async fn what_is_no_list_is_asked_for_twice_and_refused(#[case] answer: Answer) {
    let stub = Stub::start(move |_, _| answer.clone()).await;
    let error = company_ids(&stub).await.unwrap_err();
    assert!(matches!(error, ReadError::Unreadable(_)), "{error:?}");
    assert_eq!(stub.count(), 2);
}

#[tokio::test]
async fn companies_in_the_recycle_bin_are_left_out_and_an_odd_one_is_told() {
    let mut deleted = company(2);
    deleted["deletedFlag"] = json!(true);
    let mut odd = company(3);
    odd["name"] = json!(["x"]);
    let mut inactive = company(4);
    inactive["status"]["name"] = json!("Inactive");
    let bare = json!({"id": 5});
    let rows = json!([company(1), deleted, odd, inactive, bare]);
    let stub = answering(move |_, _| Some(ok(&rows))).await;
    let client = client(&stub);
    let companies = client.companies().await.unwrap();
    let read: Vec<(i64, bool)> = companies.iter().map(|row| (row.id.0, row.active)).collect();
    assert_eq!(read, [(1, true), (4, false), (5, true)]);
    let told = client.odd();
    assert_eq!(told.len(), 1);
    assert_eq!((told[0].entity.as_str(), told[0].id), ("Company", Some(3)));
    assert!(told[0].finding.text.contains("name is [\"x\"]"), "{}", told[0].finding.text);
}

/// The recycle bin is listed, too, where companies are asked for by their ids (wire/connectwise 11.2).
#[tokio::test]
async fn of_companies_that_are_asked_for_those_in_the_bin_deleted_and_inactive_are_told() {
    let mut binned = company(2);
    binned["deletedFlag"] = json!(true);
    let mut odd = company(3);
    odd["name"] = json!(["x"]);
    let mut inactive = company(4);
    inactive["status"]["name"] = json!("Inactive");
    let rows = json!([company(1), binned, odd, inactive]);
    let stub = answering(move |_, _| Some(ok(&rows))).await;
    let asked = (1..=5).map(CompanyId).collect();
    let told = client(&stub).troubled_companies(&asked).await.unwrap();
    let wanted = [
        (CompanyId(2), CompanyTrouble::Gone),
        (CompanyId(4), CompanyTrouble::Inactive),
        (CompanyId(5), CompanyTrouble::Gone),
    ];
    assert_eq!(told, wanted.into());
    assert_eq!(parameter(&stub.seen()[0], "conditions").as_deref(), Some("id in (1,2,3,4,5)"));
}

fn agreement(id: i64, company: i64) -> Value {
    json!({"id": id, "name": "Cloud", "type": {"id": 1, "name": "O365"},
        "company": {"id": company, "identifier": "ACME", "name": "Acme"},
        "startDate": "2026-01-01T00:00:00Z", "noEndingDateFlag": true,
        "billStartDate": "2026-01-01T00:00:00Z", "nextInvoiceDate": "2026-11-01T00:00:00Z",
        "agreementStatus": "Active", "prorateFlag": true, "invoiceProratedAdditionsFlag": false,
        "billingCycle": {"id": 2, "name": "Monthly"}})
}

fn cycles() -> Answer {
    ok(&json!([{"id": 2, "identifier": "M", "name": "Monthly", "billingOptions": "Monthly"},
        {"id": 3, "identifier": "Q", "name": "Every 3 months", "billingOptions": "Quarterly"}]))
}

#[tokio::test]
async fn agreements_of_a_company_are_filtered_once_more_at_home() {
    let stub = answering(|line, seen| match line {
        "GET finance/billingCycles" => Some(cycles()),
        "GET finance/agreements" => {
            assert_eq!(parameter(seen, "conditions").as_deref(), Some("company/id=250"));
            assert_eq!(parameter(seen, "orderBy").as_deref(), Some("id asc"));
            assert!(seen.path.ends_with("page=1"), "the page is the last parameter");
            Some(ok(&json!([agreement(5, 250), agreement(6, 999)])))
        }
        _ => None,
    });
    let stub = stub.await;
    let contracts = client(&stub).contracts(Some(CompanyId(250))).await.unwrap();
    assert_eq!(contracts.len(), 1);
    let contract = &contracts[0];
    assert_eq!((contract.id, contract.kind.clone()), (ContractId(5), ContractKind::Recurring));
    let invoicing = contract.invoicing.unwrap();
    assert_eq!(invoicing.first_open, Some(day("2026-11-01")));
    assert!(contract.active && invoicing.prorated && !invoicing.at_once);
}

#[tokio::test]
async fn the_cycles_are_read_once_and_by_name_where_the_role_may_not_see_them() {
    let stub = answering(|line, _| match line {
        "GET finance/billingCycles" => Some(json(403, r#"{"code":"Security","message":"no"}"#)),
        "GET finance/agreements" => Some(ok(&json!([agreement(5, 250)]))),
        _ => None,
    });
    let stub = stub.await;
    let client = client(&stub);
    for _ in 0..2 {
        assert_eq!(client.contracts(None).await.unwrap()[0].kind, ContractKind::Recurring);
    }
    let cycles = lines(&stub).iter().filter(|line| line.ends_with("billingCycles")).count();
    assert_eq!(cycles, 1);
}

#[tokio::test]
async fn agreements_by_id_are_asked_for_in_short_urls_and_a_gone_one_is_absent() {
    let stub = answering(|line, seen| match line {
        "GET finance/billingCycles" => Some(cycles()),
        "GET finance/agreements" => {
            assert!(seen.path.len() < 2000, "{}", seen.path.len());
            let condition = parameter(seen, "conditions").unwrap();
            let ids = condition.strip_prefix("id in (").unwrap().trim_end_matches(')').to_owned();
            let rows = ids.split(',').map(|id| id.parse().unwrap()).filter(|id| *id != 1_000_005);
            Some(ok(&rows.map(|id| agreement(id, 250)).collect()))
        }
        _ => None,
    });
    let stub = stub.await;
    let ids: Vec<ContractId> = (1_000_001..=1_000_400).map(ContractId).collect();
    let contracts = client(&stub).contracts_by_id(&ids).await.unwrap();
    assert_eq!(contracts.len(), 399);
    assert!(client(&stub).contracts_by_id(&[]).await.unwrap().is_empty());
}

fn addition(id: i64, item: i64, first: &str, quantity: f64) -> Value {
    json!({"id": id, "product": {"id": item, "identifier": "CFQ7TTC0LH18:0001",
            "_info": {"catalog_href": "https://host/catalog/7"}},
        "quantity": quantity, "lessIncluded": 0.0, "unitPrice": 8.00, "unitCost": 6.90,
        "billCustomer": "Billable", "effectiveDate": format!("{first}T00:00:00Z"),
        "taxableFlag": true, "invoiceDescription": "Microsoft 365 Business Basic", "agreementId": 5,
        "description": "Microsoft 365 Business Basic", "uom": "Each",
        "_info": {"lastUpdated": "2026-09-10T08:15:00Z", "updatedBy": "jdoe"}})
}

async fn staged(additions: impl Fn(&str, &Seen) -> Option<Answer> + Send + Sync + 'static) -> Stub {
    answering(move |line, seen| match line {
        "GET finance/billingCycles" => Some(cycles()),
        "GET finance/agreements" => Some(ok(&json!([agreement(5, 250), agreement(6, 250)]))),
        _ => additions(line, seen),
    })
    .await
}

async fn present(stub: &Stub) -> Vec<PresentContract> {
    let contracts = [ContractId(5), ContractId(6)];
    client(stub).present(&contracts, day("2026-09-01")).await.unwrap()
}

fn none() -> Answer {
    ok(&json!([]))
}

#[tokio::test]
async fn lines_of_one_item_are_one_service_and_their_sum_its_rows() {
    let stub = staged(|line, _| match line {
        "GET finance/agreements/5/additions" => {
            let mut key = addition(32, 7, "2026-09-19", 1.0);
            key["serialNumber"] = json!("PC-ABCDEFGHIJKLMNOP");
            key["cancelledDate"] = json!("2026-10-31T00:00:00Z");
            Some(ok(&json!([
                key,
                addition(31, 7, "2026-01-01", 5.0),
                addition(40, 8, "2026-02-01", 2.0)
            ])))
        }
        _ => Some(none()),
    });
    let stub = stub.await;
    let contracts = present(&stub).await;
    assert_eq!(contracts.len(), 2);
    assert!(contracts[1].services.is_empty());
    let services = &contracts[0].services;
    assert_eq!(services.len(), 2);
    let m365 = &services[0];
    assert_eq!((m365.service, m365.contract_service.0), (ServiceId(7), 7));
    let ids: Vec<LineId> = m365.lines.iter().map(|line| line.id).collect();
    assert_eq!(ids, [LineId(31), LineId(32)]);
    assert_eq!(m365.lines[1].key.as_deref(), Some("PC-ABCDEFGHIJKLMNOP"));
    assert_eq!(m365.lines[0].changed.as_ref().map(|changed| changed.by.as_str()), Some("jdoe"));
    assert_eq!((m365.price, m365.cost), (Some(money("8.00")), Some(money("6.90"))));
    let rows: Vec<_> =
        m365.rows.iter().map(|row| (row.start, row.end, row.units, row.posted)).collect();
    assert_eq!(
        rows,
        [
            (day("2026-01-01"), day("2026-09-18"), 5, true),
            (day("2026-09-19"), day("2026-10-31"), 6, true),
            (day("2026-11-01"), day("2026-11-30"), 5, false),
        ]
    );
    // Six at 3.20 for 12 of September's 30 days, and at 8.00 for October.
    assert_eq!(m365.rows[1].price, money("67.20"));
}

#[tokio::test]
async fn how_far_agreements_are_invoiced_is_read_last_r10_14() {
    let stub = staged(|_, _| Some(none())).await;
    present(&stub).await;
    let asked = lines(&stub);
    let last = asked.last().unwrap();
    assert_eq!(last, "GET finance/agreements");
    assert_eq!(asked.iter().filter(|line| *line == last).count(), 1, "in one bulk read");
}

#[tokio::test]
async fn the_second_page_of_lines_is_read_too() {
    let stub = staged(|line, seen| {
        if line != "GET finance/agreements/5/additions" {
            return Some(none());
        }
        let rows: Value = match parameter(seen, "pageId").as_deref() {
            None => (1..=1000).map(|id| addition(id, 7, "2026-01-01", 1.0)).collect(),
            Some("1000") => json!([addition(1001, 7, "2026-01-01", 1.0)]),
            other => panic!("{other:?}"),
        };
        Some(ok(&rows))
    });
    let contracts = present(&stub.await).await;
    assert_eq!(contracts[0].services[0].timeline().on(day("2026-09-01")), 1001);
}

#[rstest]
#[case::fraction("quantity", json!(1.5), "quantity is 1.5: not a whole number")]
#[case::negative("quantity", json!(-2), "quantity is -2")]
#[case::no_number("quantity", json!("much"), "quantity is \"much\"")]
#[case::date("effectiveDate", json!("soon"), "effectiveDate is \"soon\": no date")]
#[case::end("cancelledDate", json!("2026-02-30T00:00:00Z"), "cancelledDate is")]
#[case::billing("billCustomer", json!("Sometimes"), "billCustomer is “Sometimes”")]
#[tokio::test]
async fn an_odd_line_fails_its_own_item_and_no_other(
    #[case] member: &'static str,
    #[case] value: Value,
    #[case] told: &str,
) {
    let stub = staged(move |line, _| match line {
        "GET finance/agreements/5/additions" => {
            let mut odd = addition(31, 7, "2026-01-01", 5.0);
            odd[member] = value.clone();
            Some(ok(&json!([odd, addition(32, 8, "2026-01-01", 2.0)])))
        }
        _ => Some(none()),
    });
    let contracts = present(&stub.await).await;
    assert_eq!(contracts[0].odd, None);
    let [odd, good] = &contracts[0].services[..] else { panic!("{contracts:?}") };
    let finding = odd.lines[0].odd.as_ref().expect("it is odd");
    assert!(finding.text.starts_with("Addition 31 cannot be understood"), "{}", finding.text);
    assert!(finding.text.contains(told), "{}", finding.text);
    assert_eq!((good.lines[0].odd.as_ref(), good.timeline().on(day("2026-09-01"))), (None, 2));
}

#[tokio::test]
async fn a_row_that_names_no_item_fails_its_agreement_and_no_other() {
    let stub = staged(|line, _| {
        let mut row = addition(31, 7, "2026-01-01", 5.0);
        if line == "GET finance/agreements/5/additions" {
            row["product"] = json!({"id": "seven"});
        }
        Some(ok(&json!([row])))
    });
    let contracts = present(&stub.await).await;
    let odd = contracts[0].odd.as_ref().expect("it is odd");
    assert!(odd.text.contains("product.id is \"seven\""), "{}", odd.text);
    assert_eq!(contracts[1].odd, None);
}

#[tokio::test]
async fn one_agreement_that_is_refused_or_gone_leaves_the_others() {
    let refused = staged(|line, _| match line {
        "GET finance/agreements/5/additions" => {
            Some(json(403, r#"{"code":"Security","message":"no","errors":null}"#))
        }
        _ => Some(none()),
    });
    let contracts = present(&refused.await).await;
    let code = contracts[0].odd.as_ref().map(|odd| odd.code.to_string());
    assert_eq!((code.as_deref(), contracts[1].odd.as_ref()), (Some("permission"), None));
    let gone = staged(|line, _| match line {
        "GET finance/agreements/5/additions" => Some(not_found()),
        _ => Some(none()),
    });
    let contracts = present(&gone.await).await;
    assert_eq!(contracts.len(), 1);
    assert_eq!(contracts[0].contract.id, ContractId(6));
}

#[tokio::test]
async fn a_401_ends_the_reading() {
    let stub = staged(|_, _| Some(json(401, r#"{"code":"Unauthorized","message":"no"}"#))).await;
    let contracts = [ContractId(5)];
    let error = client(&stub).present(&contracts, day("2026-09-01")).await.unwrap_err();
    assert!(matches!(error, ReadError::Unauthorized { .. }), "{error:?}");
}

fn item(id: i64, identifier: &str) -> Value {
    json!({"id": id, "identifier": identifier, "description": "Basic", "price": 8.0, "cost": 6.9,
        "subcategory": {"id": 11, "name": "Licences"}, "type": {"id": 3, "name": "Software"},
        "productClass": "NonInventory", "vendorSku": identifier, "inactiveFlag": false})
}

#[tokio::test]
async fn catalog_items_are_services_and_a_bundle_counts_as_inactive() {
    let mut bundle = item(8, "BUNDLE");
    bundle["productClass"] = json!("Bundle");
    let mut bare = json!({"id": 9, "identifier": "BARE", "inactiveFlag": true});
    bare["integrationXRef"] = json!("prism-connect:bare");
    let rows = json!([item(7, "CFQ7TTC0LH18:0001"), bundle, bare]);
    let stub = answering(move |line, _| (line == "GET procurement/catalog").then(|| ok(&rows)));
    let services = client(&stub.await).services().await.unwrap();
    let read: Vec<_> =
        services.iter().map(|one| (one.id.0, one.name.as_str(), one.active)).collect();
    assert_eq!(read, [(7, "CFQ7TTC0LH18:0001", true), (8, "BUNDLE", false), (9, "BARE", false)]);
    assert_eq!(services[0].sku.as_deref(), Some("CFQ7TTC0LH18:0001"));
    assert_eq!((services[0].price, services[0].cost), (money("8.00"), Some(money("6.90"))));
    assert_eq!(services[2].external_id.as_deref(), Some("prism-connect:bare"));
}

#[tokio::test]
async fn subcategories_are_what_new_items_go_under() {
    let rows = json!([
        {"id": 1, "name": "Miscellaneous", "category": {"id": 1, "name": "Miscellaneous"}},
        {"id": 2, "name": "Licences", "category": {"id": 4, "name": "Software"}},
        {"id": 3, "name": "Old", "inactiveFlag": true}]);
    let stub =
        answering(move |line, _| (line == "GET procurement/subcategories/").then(|| ok(&rows)));
    let options = client(&stub.await).choices(Thing::Subcategory).await.unwrap();
    let told = options.iter().map(|one| (one.id, one.full_name(), one.usual));
    let expected =
        [(1, "Miscellaneous".to_owned(), true), (2, "Software: Licences".to_owned(), false)];
    assert_eq!(told.collect::<Vec<_>>(), expected);
}

/// *Miscellaneous* is the usual one, else what the server takes by itself; of several in the whole of that name.
#[rstest]
#[case::misc(json!([{"id": 1, "name": "Hardware", "defaultFlag": true}, {"id": 2, "name": "miscellaneous"}]), Some(2))]
#[case::default(json!([{"id": 1, "name": "Hardware", "defaultFlag": true}, {"id": 2, "name": "Other"}]), Some(1))]
#[case::none(json!([{"id": 1, "name": "Hardware"}, {"id": 2, "name": "Other"}]), None)]
#[case::the_only_one(json!([{"id": 1, "name": "Hardware"}]), Some(1))]
#[case::inactive(json!([{"id": 1, "name": "Miscellaneous", "inactiveFlag": true}, {"id": 2, "name": "Other"}]), Some(2))]
#[case::of_several(json!([
    {"id": 1, "name": "Miscellaneous", "category": {"id": 4, "name": "Software"}},
    {"id": 2, "name": "Miscellaneous", "category": {"id": 1, "name": "Miscellaneous"}}]), Some(2))]
#[tokio::test]
async fn what_is_meant_for_new_items_is_the_usual_choice(
    #[case] rows: Value,
    #[case] usual: Option<i64>,
) {
    let stub = answering(move |_, _| Some(ok(&rows)));
    let options = client(&stub.await).choices(Thing::ProductType).await.unwrap();
    let found: Vec<i64> = options.iter().filter(|one| one.usual).map(|one| one.id).collect();
    assert_eq!(found, usual.into_iter().collect::<Vec<_>>());
}

#[rstest]
#[case(Thing::Category, "GET procurement/categories")]
#[case(Thing::ProductType, "GET procurement/types")]
#[case(Thing::Unit, "GET procurement/unitOfMeasures")]
#[tokio::test]
async fn each_choice_is_read_from_its_own_table(#[case] of: Thing, #[case] table: &'static str) {
    let rows = json!([{"id": 1, "name": "Each"}]);
    let stub = answering(move |line, _| (line == table).then(|| ok(&rows)));
    let options = client(&stub.await).choices(of).await.unwrap();
    assert_eq!(options.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), ["Each"]);
}

#[tokio::test]
async fn without_a_right_to_the_tables_the_catalogs_own_items_tell() {
    let mut misc = item(1, "misc-software");
    misc["subcategory"] = json!({"id": 99, "name": "Miscellaneous"});
    let rows = json!([item(7, "CFQ7TTC0LH18:0001"), misc]);
    let stub = answering(move |line, _| match line {
        "GET procurement/catalog" => Some(ok(&rows)),
        _ => Some(json(403, r#"{"code":"Security","message":"no"}"#)),
    });
    let options = client(&stub.await).choices(Thing::Subcategory).await.unwrap();
    let usual = ChoiceOption { usual: true, ..ChoiceOption::new(99, "Miscellaneous") };
    assert_eq!(options, [usual]);
}

#[tokio::test]
async fn at_most_four_agreements_are_read_at_once() {
    static BUSY: AtomicUsize = AtomicUsize::new(0);
    let stub = staged(|_, _| {
        BUSY.fetch_add(1, Ordering::Relaxed);
        Some(none())
    });
    let stub = stub.await;
    let client = client(&stub);
    let contracts: Vec<ContractId> = (1..=20).map(ContractId).collect();
    client.present(&contracts, day("2026-09-01")).await.unwrap();
    assert_eq!(BUSY.load(Ordering::Relaxed), 20, "each once");
    assert!(stub.seen().iter().all(|seen| !line(seen).is_empty()));
}
