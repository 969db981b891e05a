//! What every worked case is judged by.

use prism_connect::{
    domain::{
        outcome::{Finding, Outcome},
        run::{Ledger, RunReport, SubscriptionRow},
    },
    engine::{
        protocol::{About, Answer, SyncRequest, command},
        views::PlanView,
    },
    sim::journal::Entry,
};
use serde_json::json;

use crate::{
    rig::{Rig, Setup, Target, Units, pretty},
    scenario::Scenario,
};

/// The product of most cases, at 6.90 and 8.00.
pub const BASIC: &str = "CFQ7TTC0LH18:0001";

/// Another one, at 12.50 and 15.00.
pub const OTHER: &str = "CFQ7TTC0LF8S:0002";

/// The usage month of most cases.
pub const SEPTEMBER: (i32, u32) = (2026, 9);

/// The month before it.
pub const AUGUST: (i32, u32) = (2026, 8);

/// A world with both products whose newest invoice is of this month.
pub fn world(month: &str) -> Scenario {
    Scenario::month(month).product(BASIC, "Microsoft 365 Business Basic", "6.90", "8.00").product(
        OTHER,
        "Microsoft 365 Business Standard",
        "12.50",
        "15.00",
    )
}

/// A set-up engine beside it with everything mapped and its journal empty.
pub async fn ready(scenario: Scenario, month: (i32, u32)) -> Rig {
    ready_on(Target::Autotask, scenario, month).await
}

/// The same on either target.
pub async fn ready_on(target: Target, scenario: Scenario, month: (i32, u32)) -> Rig {
    ready_with(scenario, Setup { month, ..on(target) }).await
}

/// A setup with this target.
pub fn on(target: Target) -> Setup {
    Setup { target, ..Setup::default() }
}

/// The same, set up differently.
pub async fn ready_with(scenario: Scenario, setup: Setup) -> Rig {
    let rig = Rig::ready(scenario.world(), setup).await;
    rig.map_all(|_| {}).await;
    rig
}

/// The same with August applied and September issued; where the target makes invoices, August's is made.
pub async fn september_after_august(scenario: Scenario, setup: Setup) -> Rig {
    let mut rig = ready_with(scenario, Setup { month: AUGUST, ..setup }).await;
    let august = rig.sync().await;
    assert!(august.header.status <= Outcome::Success, "{}", pretty(&august));
    invoiced_through(&rig, "2026-08-31").await;
    rig.month_passes().await;
    rig
}

/// Agreement invoicing is run up to a day, where the target has such a thing.
pub async fn invoiced_through(rig: &Rig, day: &str) {
    if rig.target() == Target::Connectwise {
        rig.control("connectwise/invoice", &json!({ "through": day })).await;
    }
}

/// Writes that changed Autotask: rows on contracts, and adjustments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Writes {
    pub rows: usize,
    pub adjustments: usize,
}

/// What was written since the journal was reset; nothing else may have been.
pub fn writes(rig: &Rig) -> Writes {
    let paths: Vec<String> = rig.changes().into_iter().map(|entry| entry.path).collect();
    let count = |is: fn(&str) -> bool| paths.iter().filter(|path| is(path)).count();
    let adjustments = count(|path| path.ends_with("Adjustments"));
    let rows = count(|path| path.contains("Contracts/") && path.ends_with("/Services"));
    assert_eq!(adjustments + rows, paths.len(), "writes of another kind: {paths:?}");
    Writes { rows, adjustments }
}

/// Writes that changed ConnectWise: additions that were made, given a last day, and amended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lines {
    pub added: usize,
    pub ended: usize,
    pub amended: usize,
}

/// What was written since the journal was reset; nothing else may have been.
pub fn lines_written(rig: &Rig) -> Lines {
    let mut lines = Lines::default();
    for Entry { method, path, body, .. } in rig.changes() {
        assert!(path.contains("/additions"), "a write of another kind: {method} {path}");
        match (&*method, body.contains("cancelledDate")) {
            ("POST", _) => lines.added += 1,
            ("PATCH", true) => lines.ended += 1,
            ("PATCH", false) => lines.amended += 1,
            _ => panic!("a write of another kind: {method} {path}"),
        }
    }
    lines
}

/// What was written since the journal was reset, as each target takes it.
#[track_caller]
pub fn wrote(rig: &Rig, autotask: Writes, connectwise: Lines) {
    match rig.target() {
        Target::Autotask => assert_eq!(writes(rig), autotask),
        Target::Connectwise => assert_eq!(lines_written(rig), connectwise, "{:#?}", rig.changes()),
    }
}

/// Nothing was written since the journal was reset.
#[track_caller]
pub fn wrote_nothing(rig: &Rig) {
    assert_eq!(rig.changes(), []);
}

/// What the target says where the other says something else.
pub fn either<T>(rig: &Rig, autotask: T, connectwise: T) -> T {
    match rig.target() {
        Target::Autotask => autotask,
        Target::Connectwise => connectwise,
    }
}

/// The contract of a tenant, by the first label of its domain.
pub fn contract(rig: &Rig, tenant: &str) -> i64 {
    let full = format!("{tenant}.onmicrosoft.com");
    let mappings = match rig.target() {
        Target::Autotask => rig.simulation.true_mappings(),
        Target::Connectwise => rig.simulation.connectwise_mappings(),
    };
    let found = mappings.iter().find(|mapping| mapping.domain == full);
    found.unwrap_or_else(|| panic!("{tenant} has a contract")).contract_id
}

/// The units of a product on a tenant's contract.
pub async fn units(rig: &Rig, tenant: &str, sku: &str) -> Units {
    let mut found = rig.timelines(contract(rig, tenant)).await;
    found.remove(&format!("PC_{sku}")).unwrap_or_default()
}

/// Steps as a test writes them.
pub fn steps(list: &[(&str, i64)]) -> Units {
    list.iter().map(|(date, units)| ((*date).to_owned(), *units)).collect()
}

/// What the target bills a tenant for a month.
pub async fn bill(rig: &Rig, tenant: &str, month: &str) -> String {
    let lines = rig.bill(contract(rig, tenant), month).await;
    let total: rust_decimal::Decimal = lines.values().sum();
    format!("{total:.2}")
}

/// The row on a contract of a tenant's product.
pub async fn row(rig: &Rig, tenant: &str, sku: &str) -> i64 {
    let path = format!("autotask/contracts/{}/timeline", contract(rig, tenant));
    let told = rig.look(&path).await;
    let name = format!("PC_{sku}");
    let found = told.as_array().expect("a list").iter().find(|row| row["service_name"] == *name);
    found.expect("the service is on the contract")["contract_service_id"].as_i64().expect("an id")
}

/// An operator sets a quantity by hand from a day on: in Autotask that of the row, in ConnectWise by an addition of what
/// is missing.
pub async fn edit(rig: &Rig, tenant: &str, sku: &str, (date, wanted): (&str, i64)) {
    match rig.target() {
        Target::Autotask => {
            let path = format!("autotask/contract-services/{}/units", row(rig, tenant, sku).await);
            rig.control(&path, &json!({ "date": date, "units": wanted })).await;
        }
        Target::Connectwise => {
            let stands = units(rig, tenant, sku).await;
            let level =
                stands.iter().rev().find(|(day, _)| **day <= *date).map_or(0, |step| step.1);
            assert!(wanted > level, "an addition can only bring more");
            by_hand(rig, tenant, sku, (date, wanted - level)).await;
        }
    }
}

/// An operator of ConnectWise puts an addition of a product on a tenant's agreement.
pub async fn by_hand(rig: &Rig, tenant: &str, sku: &str, (date, quantity): (&str, i64)) {
    let path = format!("connectwise/agreements/{}/additions", contract(rig, tenant));
    let addition = json!({"product": {"id": item(rig, sku).await}, "quantity": quantity,
        "effectiveDate": date});
    rig.control(&path, &addition).await;
}

/// The service that bills a product.
pub async fn item(rig: &Rig, sku: &str) -> i64 {
    let answer = rig.ask(command::Products).await;
    let Answer::Products(products) = answer else { panic!("{answer:?}") };
    let product = products.iter().find(|product| product.sku.eq_ignore_ascii_case(sku));
    product.expect("the product").service.expect("it has a service").0
}

/// Somebody else writes to Autotask, as any client may.
pub async fn by_another(rig: &Rig, method: &str, path: &str, body: &serde_json::Value) {
    let autotask = rig.simulation.addresses().autotask;
    let url = format!("{}/V1.0/{path}", autotask.base_url.as_str().trim_end_matches('/'));
    let method = method.parse().expect("a method");
    let request = crate::loopback::client().request(method, url);
    let request = request
        .header("ApiIntegrationCode", &autotask.integration_code)
        .header("UserName", &autotask.username)
        .header("Secret", &autotask.secret);
    let reply = request.json(body).send().await.expect("an answer");
    let status = reply.status();
    assert!(status.is_success(), "{path}: {}", reply.text().await.expect("text"));
}

/// Steps with prices of the one service on a tenant's contract: date, units, price and cost. Of ConnectWise its additions,
/// which may not overlap.
pub async fn priced(rig: &Rig, tenant: &str) -> Vec<String> {
    let contract = contract(rig, tenant);
    let told = match rig.target() {
        Target::Autotask => {
            let rows = rig.look(&format!("autotask/contracts/{contract}/timeline")).await;
            assert_eq!(rows.as_array().map(Vec::len), Some(1), "{rows}");
            rows[0]["steps"].clone()
        }
        Target::Connectwise => rig.look(&format!("connectwise/agreements/{contract}/lines")).await,
    };
    let mut last = String::new();
    let told = told.as_array().expect("steps").iter().map(|step| {
        let (price, cost) = (amount(&step["unit_price"]), amount(&step["unit_cost"]));
        let date = step["date"].as_str().or(step["from"].as_str()).expect("a date");
        assert!(*last < *date, "{step} begins before another one ended");
        step["to"].as_str().unwrap_or(date).clone_into(&mut last);
        let units = step.get("units").unwrap_or(&step["quantity"]).to_string();
        let units: rust_decimal::Decimal = units.parse().expect("units");
        format!("{date} {} {price} {cost}", units.normalize())
    });
    told.collect()
}

fn amount(value: &serde_json::Value) -> String {
    let amount: rust_decimal::Decimal = value.to_string().parse().expect("an amount");
    format!("{amount:.4}")
}

/// What wants attention, as `status` lists it.
pub async fn attention(rig: &Rig) -> Vec<prism_connect::engine::views::AttentionView> {
    let answer = rig.ask(command::Status).await;
    let prism_connect::engine::protocol::Answer::Status(status) = answer else {
        panic!("{answer:?}")
    };
    status.attention
}

/// It ended so, as the worst of its customers, in the words of its target, and every cent of every invoice is accounted for.
#[track_caller]
pub fn ended(report: &RunReport, outcome: Outcome) {
    assert_eq!(report.header.status, outcome, "{}", pretty(report));
    if report.header.target.as_str() == "connectwise" {
        told_of_agreements(report);
    }
    for ledger in &report.ledgers {
        assert!(ledger.balance.is_zero(), "{}", pretty(report));
    }
}

/// What a run on ConnectWise tells knows no contracts and no services (sync-rules 10.1).
#[track_caller]
fn told_of_agreements(report: &RunReport) {
    let whole = report.customers.iter().flat_map(|row| &row.warnings);
    let products = report.products.iter().filter_map(|row| row.error.as_ref());
    let all = errors(report).into_iter().chain(warnings(report)).chain(notes(report));
    for finding in all.chain(whole).chain(products).chain(&report.header.message) {
        let told = format!("{} {}", finding.text, finding.advice);
        let own = unquoted(&told);
        let mut words = own.split(|letter: char| !letter.is_alphabetic());
        let strange = words.find(|word| {
            ["contract", "contracts", "service", "services"].contains(&word.to_lowercase().as_str())
        });
        assert_eq!(strange, None, "{told}");
    }
}

/// A sentence without what it quotes: names and commands.
fn unquoted(told: &str) -> String {
    let quotes = |letter: char| matches!(letter, '“' | '”' | '`');
    told.split(quotes).step_by(2).collect::<Vec<_>>().join(" ")
}

/// Every subscription row of a report.
pub fn subscriptions(report: &RunReport) -> impl Iterator<Item = &SubscriptionRow> {
    report.customers.iter().flat_map(|customer| &customer.subscriptions)
}

/// Every warning of a report.
pub fn warnings(report: &RunReport) -> Vec<&Finding> {
    subscriptions(report).flat_map(|row| &row.warnings).collect()
}

/// Everything worth telling that is no warning.
pub fn notes(report: &RunReport) -> Vec<&Finding> {
    subscriptions(report).flat_map(|row| &row.notes).collect()
}

/// Every error of a report.
pub fn errors(report: &RunReport) -> Vec<&Finding> {
    let whole = report.customers.iter().filter_map(|customer| customer.error.as_ref());
    whole.chain(subscriptions(report).filter_map(|row| row.error.as_ref())).collect()
}

/// Whether one of the findings says this.
pub fn says(findings: &[&Finding], text: &str) -> bool {
    findings.iter().any(|finding| finding.text.contains(text))
}

/// The one ledger of a run.
#[track_caller]
pub fn ledger(report: &RunReport) -> &Ledger {
    let [ledger] = &report.ledgers[..] else { panic!("{}", pretty(report)) };
    ledger
}

/// Nothing is left to do: the next sync is *No Change*, planning the applied invoice again finds nothing, and doing
/// that writes nothing.
pub async fn settled(rig: &Rig) {
    rig.simulation.journal().reset();
    let again = rig.sync().await;
    ended(&again, Outcome::NoChange);
    let plan = rig.recheck().await;
    assert!(plan.operations.is_empty(), "a recheck finds nothing to write");
    let request = SyncRequest { recheck: true, ..customers() };
    rig.sync_as(request).await;
    wrote_nothing(rig);
}

/// A request about customers.
pub fn customers() -> SyncRequest {
    SyncRequest {
        scope: prism_connect::engine::protocol::Scope::Customers,
        ..SyncRequest::default()
    }
}

/// What a sync of this would do.
pub async fn plan_of(rig: &Rig, request: SyncRequest) -> PlanView {
    let answer = rig.ask(command::Plan { request }).await;
    let Answer::Plan(About { found: plan, .. }) = answer else { panic!("{answer:?}") };
    *plan
}

/// The name of a numbered tenant, for worlds of several that are alike.
pub fn tenant(number: u32) -> String {
    format!("tenant{number}")
}

/// Its domain.
pub fn domain(number: u32) -> String {
    format!("{}.onmicrosoft.com", tenant(number))
}
