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
};

use crate::{
    rig::{Rig, Setup, Units, pretty},
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
    ready_with(scenario, Setup { month, ..Setup::default() }).await
}

/// The same, set up differently.
pub async fn ready_with(scenario: Scenario, setup: Setup) -> Rig {
    let rig = Rig::ready(scenario.world(), setup).await;
    rig.map_all(|_| {}).await;
    rig
}

/// The same with August applied and September issued.
pub async fn september_after_august(scenario: Scenario, setup: Setup) -> Rig {
    let mut rig = ready_with(scenario, Setup { month: AUGUST, ..setup }).await;
    let august = rig.sync().await;
    assert!(august.header.status <= Outcome::Success, "{}", pretty(&august));
    rig.month_passes().await;
    rig
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

/// The contract of a tenant, by the first label of its domain.
pub fn contract(rig: &Rig, tenant: &str) -> i64 {
    let full = format!("{tenant}.onmicrosoft.com");
    let mappings = rig.simulation.true_mappings();
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

/// What Autotask bills a tenant for a month.
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

/// An operator sets a quantity by hand in Autotask.
pub async fn edit(rig: &Rig, tenant: &str, sku: &str, (date, units): (&str, i64)) {
    let path = format!("autotask/contract-services/{}/units", row(rig, tenant, sku).await);
    rig.control(&path, &serde_json::json!({ "date": date, "units": units })).await;
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

/// Steps with prices of the one service on a tenant's contract: date, units, price and cost.
pub async fn priced(rig: &Rig, tenant: &str) -> Vec<String> {
    let told = rig.look(&format!("autotask/contracts/{}/timeline", contract(rig, tenant))).await;
    assert_eq!(told.as_array().map(Vec::len), Some(1), "{told}");
    let steps = told[0]["steps"].as_array().expect("steps").clone();
    let amount = |value: &serde_json::Value| {
        let amount: rust_decimal::Decimal = value.to_string().parse().expect("an amount");
        format!("{amount:.4}")
    };
    let told = steps.iter().map(|step| {
        let (price, cost) = (amount(&step["unit_price"]), amount(&step["unit_cost"]));
        format!("{} {} {price} {cost}", step["date"].as_str().expect("a date"), step["units"])
    });
    told.collect()
}

/// What wants attention, as `status` lists it.
pub async fn attention(rig: &Rig) -> Vec<prism_connect::engine::views::AttentionView> {
    let answer = rig.ask(command::Status).await;
    let prism_connect::engine::protocol::Answer::Status(status) = answer else {
        panic!("{answer:?}")
    };
    status.attention
}

/// It ended so, as the worst of its customers, and every cent of every invoice is accounted for.
#[track_caller]
pub fn ended(report: &RunReport, outcome: Outcome) {
    assert_eq!(report.header.status, outcome, "{}", pretty(report));
    for ledger in &report.ledgers {
        assert!(ledger.balance.is_zero(), "{}", pretty(report));
    }
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
    assert_eq!(plan.operations, [], "a recheck finds nothing to write");
    let request = SyncRequest { recheck: true, ..customers() };
    rig.sync_as(request).await;
    assert_eq!(writes(rig), Writes { rows: 0, adjustments: 0 });
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
