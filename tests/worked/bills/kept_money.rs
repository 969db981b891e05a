//! Money as the tenant keeps it: at two decimals, or no cost at all.

use prism_connect::{
    domain::{
        outcome::{Finding, Outcome},
        run::RunReport,
    },
    engine::protocol::Scope,
    sim::SimSettings,
};
use serde_json::json;

use crate::{
    checks::{
        BASIC, OTHER, SEPTEMBER, Writes, attention, bill, by_another, ended, ready, settled, world,
        writes,
    },
    rig::{Rig, Setup, pretty},
    scenario::Scenario,
};

const DECIMALS: &str = "CFQ7TTC0LH18:0007";

/// A product whose prices have four decimals, and one that has two.
fn fractions() -> Scenario {
    let scenario = Scenario::month("2026-09")
        .product(DECIMALS, "Microsoft 365 Business Basic", "6.9044", "8.4049")
        .product(OTHER, "Microsoft 365 Business Standard", "12.50", "15.00");
    scenario.tenant("harbour", |tenant| {
        tenant.subscription(DECIMALS, |bought| bought.from("2026-09-01", 10))
    })
}

#[tokio::test]
async fn b_two_decimals_a_price_that_reads_back_rounded_is_written_once() {
    let setup = Setup { month: SEPTEMBER, ..Setup::default() };
    let world = fractions().world();
    let mut rig = Rig::connected(world, setup, SimSettings::default()).await;
    rig.control("assumptions", &json!({"money_decimals": 2})).await;
    let made = rig.sync_scope(Scope::Products).await;
    assert_eq!(made.header.status, Outcome::Success, "{}", pretty(&made));
    rig.simulation.journal().reset();
    for _ in 0..2 {
        let again = rig.sync_scope(Scope::Products).await;
        assert_eq!(again.header.status, Outcome::NoChange, "{}", pretty(&again));
        assert_eq!(rig.changes().len(), 0, "no PATCH that comes to nothing");
    }
    // The same on a contract, in this month and the next.
    rig.map_all(|_| {}).await;
    ended(&rig.sync().await, Outcome::Success);
    assert_eq!(writes(&rig), Writes { rows: 1, adjustments: 1 });
    assert_eq!(
        bill(&rig, "harbour", "2026-09").await,
        "84.00",
        "10 × 8.40, as the tenant keeps it"
    );
    settled(&rig).await;
    rig.month_passes().await;
    ended(&rig.sync().await, Outcome::NoChange);
    assert_eq!(writes(&rig), Writes { rows: 0, adjustments: 0 });
    assert_eq!(attention(&rig).await, []);
}

#[tokio::test]
async fn b_two_decimals_a_price_that_really_changes_is_written() {
    let setup = Setup { month: SEPTEMBER, ..Setup::default() };
    let scenario = fractions().price_from(DECIMALS, "2026-11-01", "6.9044", "8.4149");
    let mut rig = Rig::connected(scenario.world(), setup, SimSettings::default()).await;
    rig.control("assumptions", &json!({"money_decimals": 2})).await;
    rig.sync_scope(Scope::Products).await;
    rig.month_passes().await;
    let dearer = rig.sync_scope(Scope::Products).await;
    assert_eq!(dearer.header.status, Outcome::Success, "{}", pretty(&dearer));
    assert_eq!(rig.changes().len(), 1);
}

fn one_customer() -> Scenario {
    world("2026-09").tenant("harbour", |tenant| {
        tenant.subscription(BASIC, |bought| bought.from("2026-09-01", 10))
    })
}

/// The service's cost is gone, as a user without the right to costs sees it.
async fn without_cost(rig: &Rig, report: &RunReport, sku: &str) {
    let row = report
        .products
        .iter()
        .find(|row| row.product.starts_with(&sku.to_lowercase()) || row.product.starts_with(sku));
    let id = row.and_then(|row| row.service_id).unwrap_or_else(|| panic!("{}", pretty(report)));
    by_another(rig, "PATCH", "Services", &json!({"id": id.0, "unitCost": null})).await;
    rig.simulation.journal().reset();
}

fn errors(report: &RunReport) -> Vec<&Finding> {
    report.products.iter().filter_map(|row| row.error.as_ref()).collect()
}

#[tokio::test]
async fn a17_null_cost_a_service_without_a_cost_gets_that_of_the_price_list() {
    let rig = ready(one_customer(), SEPTEMBER).await;
    let made = rig.sync_scope(Scope::Products).await;
    without_cost(&rig, &made, BASIC).await;
    let report = rig.sync_scope(Scope::Products).await;
    assert_eq!(report.header.status, Outcome::Success, "{}", pretty(&report));
    assert_eq!(rig.changes().len(), 1);
    let again = rig.sync_scope(Scope::Products).await;
    assert_eq!(again.header.status, Outcome::NoChange, "{}", pretty(&again));
    // It is missed again only after it had been there.
    without_cost(&rig, &made, BASIC).await;
    rig.sync_scope(Scope::Products).await;
    assert_eq!(rig.changes().len(), 1);
}

#[tokio::test]
async fn a17_null_cost_a_cost_that_never_shows_is_written_once_and_told_once() {
    let rig = ready(one_customer(), SEPTEMBER).await;
    let made = rig.sync_scope(Scope::Products).await;
    without_cost(&rig, &made, BASIC).await;
    rig.sync_scope(Scope::Products).await;
    assert_eq!(rig.changes().len(), 1);
    // Hidden from this user, the cost reads as none whatever was written.
    without_cost(&rig, &made, BASIC).await;
    let told = rig.sync_scope(Scope::Products).await;
    assert_eq!(told.header.status, Outcome::Warning, "{}", pretty(&told));
    let [one] = errors(&told)[..] else { panic!("{}", pretty(&told)) };
    assert!(one.text.contains("The cost 6.90 was written"), "{}", one.text);
    let quiet = rig.sync_scope(Scope::Products).await;
    assert_eq!(quiet.header.status, Outcome::NoChange, "{}", pretty(&quiet));
    assert_eq!(rig.changes().len(), 0);
}
