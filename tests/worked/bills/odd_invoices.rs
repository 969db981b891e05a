//! Invoices that cannot be read, or say what cannot be: held and told, while everything else goes on (sync-rules 2.3, 2.9, 4.2).

use prism_connect::{
    domain::{Money, outcome::Outcome, run::RunReport},
    engine::{
        protocol::{About, Answer, Command, command},
        views::{InvoiceStanding, InvoiceView},
    },
};
use rstest::rstest;
use serde_json::{Value, json};

use super::two_readings::{mended, nothing_odd, odd, two_customers};
use crate::{
    checks::{
        AUGUST, BASIC, OTHER, SEPTEMBER, Writes, attention, customers, ended, errors, ledger,
        ready, says, september_after_august, settled, steps, units, world, writes,
    },
    rig::{Rig, Setup, pretty},
    scenario::{Scenario, invoices::HeaderPlan},
};

/// The files of the program's invoices as PRISM serves them, newest first, each with its path.
async fn files(rig: &Rig) -> Vec<(String, String)> {
    let prism = rig.simulation.addresses().prism;
    let client = crate::loopback::client();
    let url = |base: &str, path: &str| format!("{}{path}", base.trim_end_matches('/'));
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", &*prism.client_id),
        ("client_secret", &*prism.client_secret),
        ("scope", "rhipeapi"),
    ];
    let token = client.post(url(&prism.identity_url, "/core/connect/token")).form(&form);
    let token: Value = token.send().await.expect("an answer").json().await.expect("a token");
    let token = token["access_token"].as_str().expect("a token");
    let get = async |path: &str| {
        let asked = client.get(url(&prism.api_url, path)).bearer_auth(token);
        asked.send().await.expect("an answer").text().await.expect("text")
    };
    let list: Value = serde_json::from_str(&get("/api/v2/invoices").await).expect("JSON");
    let mut found = Vec::new();
    let csp = |one: &&Value| {
        one["ProgramName"].as_str().is_some_and(|name| name.starts_with("Microsoft CSP"))
    };
    for one in list["Records"].as_array().expect("a list").iter().filter(csp) {
        let path = format!("invoice/{}/csv", one["InvoiceId"].as_str().expect("an id"));
        let month = one["UsageYear"].as_i64().zip(one["UsageMonth"].as_i64());
        found.push((month, path.clone(), get(&format!("/api/v1/me/{path}")).await));
    }
    found.sort_by_key(|(month, ..)| std::cmp::Reverse(*month));
    found.into_iter().map(|(_, path, text)| (path, text)).collect()
}

/// From now on the newest invoice's file is served as this makes it.
async fn served_as(rig: &Rig, change: impl Fn(&str) -> String) {
    let (path, text) = files(rig).await.remove(0);
    let changed = change(&text);
    assert_ne!(text, changed);
    answered(rig, &path, json!({"status": 200, "body": changed})).await;
}

async fn answered(rig: &Rig, path: &str, fault: Value) {
    rig.fault(json!({"system": "prism", "path": path, "fault": fault})).await;
}

/// The row of harbour's six seats, which is the fourth subscription's row of nobody else.
fn in_harbours_row(text: &str, change: impl Fn(&str) -> String) -> String {
    let is_it = |row: &&str| row.contains("harbour.") && row.contains(",6,");
    let row = text.lines().find(is_it).expect("harbour's row");
    text.replace(row, &change(row))
}

async fn invoices(rig: &Rig) -> Vec<InvoiceView> {
    match rig.ask(command::Invoices).await {
        Answer::Invoices(invoices) => invoices,
        other => panic!("{other:?}"),
    }
}

async fn newest(rig: &Rig) -> InvoiceView {
    invoices(rig).await.remove(0)
}

fn money(text: &str) -> Money {
    text.parse().expect("an amount")
}

/// It ended so, and this is what the run has to say first.
#[track_caller]
fn told(report: &RunReport, outcome: Outcome, code: &str) {
    ended(report, outcome);
    let message = report.header.message.as_ref();
    assert_eq!(message.map(|found| found.code.as_str()), Some(code), "{}", pretty(report));
}

/// A comma that nobody quoted, in a text before the figures and in one behind them; a cell that is lost.
#[rstest]
#[case::before_the_figures("Actual usage for period", "Actual usage, for period", "20 fields")]
#[case::behind_them("harbour Pty Ltd", "harbour, Pty Ltd", "20 fields")]
#[case::two_of_them("Actual usage for period", "Actual, usage, for period", "21 fields")]
#[case::lost(",MONTHS", "", "18 fields")]
#[tokio::test]
async fn a15_a_row_that_falls_into_other_fields_fails_its_own_service_and_no_other(
    #[case] cell: &str,
    #[case] odd: &str,
    #[case] text: &str,
) {
    let rig = two_customers().await;
    served_as(&rig, |file| in_harbours_row(file, |row| row.replacen(cell, odd, 1))).await;
    let report = rig.sync().await;
    ended(&report, Outcome::Failure);
    assert_eq!(units(&rig, "harbour", BASIC).await, steps(&[("2026-08-01", 5)]));
    assert_eq!(units(&rig, "harbour", OTHER).await, steps(&[("2026-09-01", 2)]));
    assert_eq!(units(&rig, "marina", BASIC).await, steps(&[("2026-09-01", 4)]));
    assert!(says(&errors(&report), text), "{}", pretty(&report));
    assert_eq!(ledger(&report).failed, money("41.40"));
    mended(&rig).await;
}

/// Where only the header can tell that no row is missing, and it does not, nothing of the invoice is written.
#[tokio::test]
async fn a15_a_row_that_falls_into_other_fields_on_an_invoice_without_a_sum_holds_it() {
    let rig = two_customers().await;
    odd(&rig, "invoices", json!({}), json!({"SubTotal": null})).await;
    let change = |row: &str| row.replacen("Actual usage for", "Actual usage, for", 1);
    served_as(&rig, |file| in_harbours_row(file, change)).await;
    let report = rig.sync().await;
    told(&report, Outcome::Failure, "unsettled");
    let text = &report.header.message.as_ref().expect("why").text;
    assert!(text.contains("it has 20 fields where the header has 19"), "{text}");
    assert_eq!(writes(&rig), Writes { rows: 0, adjustments: 0 });
    mended(&rig).await;
}

/// A row of nobody, one that a quote swallows the rest into, and an end in the middle: what else is missing nobody knows.
#[rstest]
#[case::of_nobody("row")]
#[case::swallowed("quote")]
#[case::cut_off("end")]
#[case::a_page("page")]
#[tokio::test]
async fn a15_a_file_that_cannot_be_understood_holds_its_invoice_and_is_no_fault_of_the_run(
    #[case] how: &str,
) {
    let rig = two_customers().await;
    served_as(&rig, |file| match how {
        "row" => format!("{file}Total,82.40\n"),
        "quote" => in_harbours_row(file, |row| row.replacen(",harbour Pty", ",\"harbour Pty", 1)),
        "end" => file.trim_end().trim_end_matches(",MONTHS").to_owned(),
        _ => "<html><body>Sign in</body></html>".to_owned(),
    })
    .await;
    let report = rig.sync().await;
    told(&report, Outcome::Failure, "unreadable_invoice");
    assert_eq!(writes(&rig), Writes { rows: 0, adjustments: 0 });
    let held = newest(&rig).await;
    assert_eq!(held.state, InvoiceStanding::Held);
    let told = report.header.message.as_ref().expect("why");
    assert!(told.text.contains(&held.number), "{told:?}");
    // What came is no invoice; where it was asked for is not the matter.
    assert!(!told.advice.contains("URL"), "{told:?}");
    mended(&rig).await;
}

#[rstest]
#[case::not_found(json!({"status": 404, "body": "gone"}), false)]
#[case::a_page(json!({"status": 200, "body": "<html></html>"}), false)]
#[case::only_its_lines_tell_what_it_is(json!({"status": 200, "body": "<html></html>"}), true)]
#[tokio::test]
async fn a15_an_invoice_without_a_readable_file_is_held_and_later_months_wait_until_it_is_read(
    #[case] answer: Value,
    #[case] untyped: bool,
) {
    let scenario = world("2026-08")
        .tenant("harbour", |tenant| {
            tenant.subscription(BASIC, |bought| {
                bought.span("2026-08-01", "2026-08-31", 5).from("2026-09-01", 6)
            })
        })
        .invoice("2026-09", |invoice| if untyped { invoice.untyped() } else { invoice });
    let mut rig = september_after_august(scenario, Setup::default()).await;
    let (path, _) = files(&rig).await.remove(0);
    answered(&rig, &path, answer).await;
    for _ in 0..2 {
        told(&rig.sync().await, Outcome::Failure, "unreadable_invoice");
    }
    let held = newest(&rig).await;
    let detail = rig.ask(command::Invoice { invoice: held.number.clone() }).await;
    let Answer::Invoice(detail) = detail else { panic!("{detail:?}") };
    let way = format!("prism-connect invoices dismiss {} --reason TEXT", held.number);
    assert!(detail.can.iter().any(|act| act.command == way), "{:?}", detail.can);
    let waits = attention(&rig).await;
    let about = waits.iter().filter(|one| one.text.contains(&held.number)).count();
    assert_eq!(about, 1, "{waits:#?}");
    let Answer::Plan(About { found: plan, .. }) =
        rig.ask(command::Plan { request: customers() }).await
    else {
        panic!("a plan")
    };
    assert!(says(&plan.findings.iter().collect::<Vec<_>>(), &held.number), "{plan:?}");
    rig.month_passes().await;
    told(&rig.sync().await, Outcome::Failure, "unreadable_invoice");
    let states: Vec<_> = invoices(&rig).await.iter().map(|one| one.state).take(2).collect();
    assert_eq!(states, [InvoiceStanding::Waiting, InvoiceStanding::Held]);
    assert_eq!(writes(&rig), Writes { rows: 0, adjustments: 0 });
    rig.no_faults().await;
    ended(&rig.sync().await, Outcome::Success);
    let stands = [("2026-08-01", 5), ("2026-09-01", 6)];
    assert_eq!(units(&rig, "harbour", BASIC).await, steps(&stands));
    assert!(attention(&rig).await.iter().all(|one| !one.text.contains(&held.number)));
    settled(&rig).await;
}

#[tokio::test]
async fn a15_a_dropped_invoice_that_cannot_be_read_holds_nothing_up() {
    let mut rig = two_customers().await;
    let (path, _) = files(&rig).await.remove(0);
    answered(&rig, &path, json!({"status": 404, "body": "gone"})).await;
    rig.sync().await;
    let (invoice, reason) = (newest(&rig).await.number, "Billed by hand".to_owned());
    rig.ask(command::DismissInvoice { invoice, reason }).await;
    ended(&rig.sync().await, Outcome::NoChange);
    rig.month_passes().await;
    ended(&rig.sync().await, Outcome::Success);
    let stands = [("2026-08-01", 5), ("2026-10-01", 6)];
    assert_eq!(units(&rig, "harbour", BASIC).await, steps(&stands));
}

#[rstest]
#[case::a_word(json!("forty"), "“forty” is no number")]
#[case::grouped(json!("1,041.40"), "“1,041.40” is no number")]
#[case::a_list(json!([41.4]), "is no number")]
#[case::absurd(json!(4_140_000_000_000_000_i64), "4140000000000000 is absurdly large")]
#[tokio::test]
async fn a15_a_header_whose_sum_cannot_be_read_holds_its_invoice(
    #[case] sum: Value,
    #[case] text: &str,
) {
    let rig = two_customers().await;
    let number = newest(&rig).await.number;
    odd(&rig, "invoices", json!({ "InvoiceNumber": number }), json!({ "SubTotal": sum })).await;
    let report = rig.sync().await;
    told(&report, Outcome::Failure, "odd_invoice");
    let message = report.header.message.expect("why");
    assert!(message.text.contains(text) && message.text.contains(&number), "{message:?}");
    assert_eq!(writes(&rig), Writes { rows: 0, adjustments: 0 });
    assert_eq!(newest(&rig).await.state, InvoiceStanding::Held);
    let (difference, reason) = (money("0.01"), "why".to_owned());
    let accept = Command::from(command::AcceptDifference { invoice: number, difference, reason });
    let refusal = rig.try_ask(accept).await.expect_err("there is no sum to differ from");
    assert_eq!(refusal.finding.code.as_str(), "odd_invoice");
    mended(&rig).await;
}

/// It cannot be asked for, so it is no more than a warning; it is told with whatever names it.
#[rstest]
#[case::absent(json!({}), true)]
#[case::null(json!({"InvoiceId": null}), false)]
#[tokio::test]
async fn a15_a_header_without_an_id_is_left_out_and_told_and_the_rest_of_the_list_goes_on(
    #[case] set: Value,
    #[case] without: bool,
) {
    let rig = two_customers().await;
    let number = newest(&rig).await.number;
    let without = if without { json!(["InvoiceId"]) } else { json!([]) };
    let row = json!({"system": "prism", "kind": "invoices", "where": {"InvoiceNumber": number}, "set": set,
        "without": without, "beside": true});
    rig.control("odd", &json!({ "rows": [row] })).await;
    let report = rig.sync().await;
    told(&report, Outcome::Warning, "nameless_invoice");
    let text = &report.header.message.as_ref().expect("why").text;
    assert!(text.contains(&format!("invoice {number} of 2026-09")), "{text}");
    assert!(text.contains("has no InvoiceId"), "{text}");
    let stands = [("2026-08-01", 5), ("2026-09-01", 6)];
    assert_eq!(units(&rig, "harbour", BASIC).await, steps(&stands));
    told(&rig.sync().await, Outcome::Warning, "nameless_invoice");
    nothing_odd(&rig).await;
    settled(&rig).await;
}

/// Five seats in August and six since; the invoice of September says that it bills March of the next year.
fn from_the_future(change: impl Fn(HeaderPlan) -> HeaderPlan) -> Scenario {
    world("2026-08")
        .tenant("harbour", |tenant| {
            tenant.subscription(BASIC, |bought| {
                bought.span("2026-08-01", "2026-08-31", 5).from("2026-09-01", 6)
            })
        })
        .invoice("2026-09", |invoice| change(invoice.usage_month("2027-03")))
}

#[rstest]
#[case::typed(false)]
#[case::untyped(true)]
#[tokio::test]
async fn a15_an_invoice_of_a_month_to_come_is_told_and_not_applied_and_others_go_on(
    #[case] untyped: bool,
) {
    let scenario = from_the_future(|invoice| if untyped { invoice.untyped() } else { invoice });
    let mut rig = september_after_august(scenario, Setup::default()).await;
    let report = rig.sync().await;
    told(&report, Outcome::Failure, "future_month");
    let text = &report.header.message.as_ref().expect("why").text;
    assert!(text.contains("2027-03") && text.contains("2026-10"), "{text}");
    assert_eq!(writes(&rig), Writes { rows: 0, adjustments: 0 });
    let odd = newest(&rig).await;
    assert_eq!((odd.state, odd.month), (InvoiceStanding::Held, "2027-03".parse().ok()));
    rig.month_passes().await;
    told(&rig.sync().await, Outcome::Failure, "future_month");
    let stands = [("2026-08-01", 5), ("2026-10-01", 6)];
    assert_eq!(units(&rig, "harbour", BASIC).await, steps(&stands));
    let (invoice, reason) = (odd.number, "Its month is wrong".to_owned());
    rig.ask(command::DismissInvoice { invoice, reason }).await;
    settled(&rig).await;
}

#[tokio::test]
async fn a15_an_invoice_of_a_month_to_come_is_no_first_month() {
    let scenario = from_the_future(|invoice| invoice);
    let setup = Setup { month: AUGUST, ..Setup::default() };
    let mut rig = Rig::ready(scenario.world(), setup).await;
    rig.month_passes().await;
    rig.map_all(|_| {}).await;
    told(&rig.sync().await, Outcome::Failure, "future_month");
    assert_eq!(units(&rig, "harbour", BASIC).await, steps(&[("2026-08-01", 5)]));
}

/// A tenant of the list that is no record, or whose subscriptions are no list: whatever its names say is told, and everybody else
/// is synced.
#[rstest]
#[case::subscriptions(json!({"Subscriptions": "none"}), "Subscriptions: “\"none\"” is no list")]
#[case::id(json!({"TenantId": ""}), "it has no TenantId")]
#[tokio::test]
async fn a15_an_odd_tenant_is_named_and_what_it_bought_fails_alone(
    #[case] set: Value,
    #[case] text: &str,
) {
    let rig = two_customers().await;
    odd(&rig, "tenants", json!({"TenantDomain": "harbour.onmicrosoft.com"}), set).await;
    let report = rig.sync().await;
    ended(&report, Outcome::Failure);
    assert_eq!(units(&rig, "harbour", BASIC).await, steps(&[("2026-08-01", 5)]));
    assert_eq!(units(&rig, "harbour", OTHER).await, []);
    assert_eq!(units(&rig, "marina", BASIC).await, steps(&[("2026-09-01", 4)]));
    assert!(says(&errors(&report), text), "{}", pretty(&report));
    let message = report.header.message.as_ref().expect("it is told");
    assert!(message.text.contains("“harbour Pty Ltd”"), "{message:?}");
    mended(&rig).await;
}

/// What an odd row of the price list is needed for fails; the row of another product is no matter.
#[tokio::test]
async fn a15_an_odd_product_that_is_needed_fails_its_own_lines_and_no_other() {
    let scenario = world("2026-09")
        .tenant("harbour", |tenant| {
            tenant
                .subscription(BASIC, |bought| bought.from("2026-09-01", 5))
                .subscription(OTHER, |bought| bought.from("2026-09-01", 2))
        })
        .tenant("marina", |tenant| {
            tenant.subscription(BASIC, |bought| bought.from("2026-09-01", 4))
        });
    let world = scenario.world();
    let setup = Setup { month: SEPTEMBER, ..Setup::default() };
    let rig = Rig::connected(world, setup, prism_connect::sim::SimSettings::default()).await;
    odd(&rig, "products", json!({ "ProductSku": OTHER }), json!({"UnitPrice": "twelve"})).await;
    let report = rig.sync_scope(prism_connect::engine::protocol::Scope::Products).await;
    assert_eq!(report.header.status, Outcome::Failure, "{}", pretty(&report));
    rig.map_all(|_| {}).await;
    let report = rig.sync().await;
    ended(&report, Outcome::Failure);
    assert_eq!(units(&rig, "harbour", BASIC).await, steps(&[("2026-09-01", 5)]));
    assert_eq!(units(&rig, "harbour", OTHER).await, []);
    assert_eq!(units(&rig, "marina", BASIC).await, steps(&[("2026-09-01", 4)]));
    assert_eq!(ledger(&report).failed, money("25.00"));
    nothing_odd(&rig).await;
    rig.sync_scope(prism_connect::engine::protocol::Scope::Products).await;
    ended(&rig.sync().await, Outcome::Success);
    assert_eq!(units(&rig, "harbour", OTHER).await, steps(&[("2026-09-01", 2)]));
    settled(&rig).await;
}

/// The customer name's owner is on no contract: the seats land on nobody else's all the same.
#[tokio::test]
async fn a15_seats_named_after_somebody_without_a_contract_never_land_on_the_domains_owner() {
    let offer = "Microsoft 365 Business Basic (NCE Product)";
    let tenant = |seats: i64| {
        move |tenant: crate::scenario::tenants::TenantPlan| {
            tenant.subscription(BASIC, move |bought| bought.from("2026-08-01", seats))
        }
    };
    let scenario = world("2026-08")
        .tenant("harbour", tenant(5))
        .tenant("marina", tenant(4))
        .invoice("2026-09", |invoice| {
            invoice.line(offer, ("2026-09-01", "2026-09-30"), |line| {
                line.of("marina", "7d7f2f0a-4c9c-4f0c-9a52-0b7f7f1f2b11")
                    .quantity(7)
                    .price("6.90", "8.00")
                    .cell("CustomerName", "harbour Pty Ltd")
            })
        });
    let mut rig = ready(scenario, AUGUST).await;
    ended(&rig.sync().await, Outcome::Success);
    rig.ask(command::Unmap { tenant: "harbour.onmicrosoft.com".to_owned() }).await;
    rig.month_passes().await;
    let report = rig.sync().await;
    ended(&report, Outcome::Failure);
    assert_eq!(units(&rig, "marina", BASIC).await, steps(&[("2026-08-01", 4)]));
    assert!(says(&errors(&report), "names two customers"), "{}", pretty(&report));
    assert_eq!(writes(&rig), Writes { rows: 0, adjustments: 0 });
    assert_eq!(
        (ledger(&report).failed, ledger(&report).unmapped),
        (money("75.90"), money("34.50"))
    );
}
