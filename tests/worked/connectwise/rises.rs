//! More of a product: one more addition, or one of the whole quantity (sync-rules 10.3).

use prism_connect::{
    domain::outcome::Outcome,
    engine::protocol::{Scope, SyncRequest},
};
use rstest::rstest;
use serde_json::json;

use super::agreement::{Billing, invoice, lines, new, september};
use crate::{
    checks::{
        BASIC, Lines, OTHER, SEPTEMBER, by_hand, contract, customers, ended, errors, ledger,
        lines_written, notes, plan_of, says, settled, steps, subscriptions, units, warnings, world,
        wrote_nothing,
    },
    quantities::{w1, w7, x1},
    rig::{Rig, Setup, Target, pretty},
    scenario::{Scenario, tenants::TenantPlan},
};

const REPLACE: &str = "[connectwise]\nlines = \"replace\"\n";

#[rstest]
#[case::stack("", &["5 @2026-09-01 8.00/6.90", "1 @2026-09-19 8.00/6.90"])]
#[case::replace(REPLACE, &["5 @2026-09-01..2026-09-18 8.00/6.90", "6 @2026-09-19 8.00/6.90"])]
#[tokio::test]
async fn cw1_a_rise_inside_the_month_is_one_more_addition(
    #[case] config: &'static str,
    #[case] wanted: &[&str],
) {
    let rig = new(w1(), SEPTEMBER, config).await;
    let report = rig.sync().await;
    ended(&report, Outcome::Success);
    assert_eq!(lines_written(&rig), Lines { added: 2, ..Lines::default() });
    assert_eq!(lines(&rig, "harbour", BASIC).await, wanted);
    assert_eq!(warnings(&report), Vec::<&_>::new());
    assert_eq!(ledger(&report).synced.to_string(), "37.26");
    assert_eq!(invoice(&rig, "harbour", "2026-09").await.money(), ("43.20", "37.26"));
    settled(&rig).await;
}

#[tokio::test]
async fn cw2_the_same_again_writes_nothing() {
    let rig = new(w1(), SEPTEMBER, "").await;
    ended(&rig.sync().await, Outcome::Success);
    let before = lines(&rig, "harbour", BASIC).await;
    settled(&rig).await;
    assert_eq!(lines(&rig, "harbour", BASIC).await, before);
    assert_eq!(invoice(&rig, "harbour", "2026-09").await.money(), ("43.20", "37.26"));
}

/// Five since August, six from 19 September.
fn six_from_the_19th() -> Scenario {
    world("2026-08").tenant("harbour", |tenant| {
        tenant.subscription(BASIC, |bought| {
            bought.span("2026-08-01", "2026-09-18", 5).from("2026-09-19", 6)
        })
    })
}

#[tokio::test]
async fn cw3_a_rise_in_an_invoiced_month_is_billed_on_the_next_invoice() {
    let rig = september(six_from_the_19th(), Billing::Advance).await;
    let report = rig.sync().await;
    ended(&report, Outcome::Success);
    assert_eq!(lines_written(&rig), Lines { added: 1, ..Lines::default() });
    let wanted = ["5 @2026-08-01 8.00/6.90", "1 @2026-09-19 8.00/6.90"];
    assert_eq!(lines(&rig, "harbour", BASIC).await, wanted);
    settled(&rig).await;
    let november = invoice(&rig, "harbour", "2026-11").await;
    let charges = ["2026-11 5 40.00", "2026-09 1 3.20", "2026-10 1 8.00", "2026-11 1 8.00"];
    assert_eq!(november.charges, charges);
    assert_eq!(november.money(), ("59.20", "51.06"));
}

#[tokio::test]
async fn cw4_a_share_is_rounded_by_unit_which_is_no_difference() {
    let scenario = world("2026-09").tenant("harbour", |tenant| {
        tenant.subscription(BASIC, |bought| bought.from("2026-09-12", 3))
    });
    let rig = new(scenario, SEPTEMBER, "").await;
    let report = rig.sync().await;
    ended(&report, Outcome::Success);
    assert_eq!(lines_written(&rig), Lines { added: 1, ..Lines::default() });
    assert_eq!(lines(&rig, "harbour", BASIC).await, ["3 @2026-09-12 8.00/6.90"]);
    // 15.20 at RRP on the distributor's invoice.
    assert_eq!(invoice(&rig, "harbour", "2026-09").await.money(), ("15.21", "13.11"));
    settled(&rig).await;
}

#[tokio::test]
async fn cw9_two_subscriptions_of_one_product_are_one_sum_and_the_split_is_shown() {
    let rig = september(w7(), Billing::Arrears).await;
    let report = rig.sync().await;
    ended(&report, Outcome::Success);
    assert_eq!(lines_written(&rig), Lines { added: 1, ..Lines::default() });
    let wanted = ["10 @2026-08-01 8.00/6.90", "4 @2026-09-01 8.00/6.90"];
    assert_eq!(lines(&rig, "harbour", BASIC).await, wanted);
    let mut split: Vec<String> = subscriptions(&report)
        .flat_map(|row| row.usage.iter().map(|line| format!("{} {}", row.name, line.quantity)))
        .collect();
    split.sort();
    assert_eq!(split, ["A1 10", "A2 4"]);
    assert_eq!(invoice(&rig, "harbour", "2026-09").await.money(), ("112.00", "96.60"));
    settled(&rig).await;
}

#[tokio::test]
async fn cw11_a_rise_ends_where_somebodys_later_addition_begins() {
    let rig = september(x1(), Billing::Arrears).await;
    by_hand(&rig, "harbour", BASIC, ("2026-10-10", 4)).await;
    let report = rig.sync().await;
    ended(&report, Outcome::Success);
    assert_eq!(lines_written(&rig), Lines { added: 1, ..Lines::default() });
    let wanted = [
        "5 @2026-08-01 8.00/6.90",
        "4 @2026-10-10 8.00/6.90 of jdoe",
        "3 @2026-09-20..2026-10-09 8.00/6.90",
    ];
    assert_eq!(lines(&rig, "harbour", BASIC).await, wanted);
    let stands = [("2026-08-01", 5), ("2026-09-20", 8), ("2026-10-10", 9)];
    assert_eq!(units(&rig, "harbour", BASIC).await, steps(&stands));
    let september = invoice(&rig, "harbour", "2026-09").await;
    assert_eq!(september.charges, ["2026-09 5 40.00", "2026-09 3 8.79"]);
    settled(&rig).await;
    let october = invoice(&rig, "harbour", "2026-10").await;
    assert_eq!(october.charges, ["2026-10 5 40.00", "2026-10 4 22.72", "2026-10 3 6.96"]);
}

/// A world in which somebody made the items of these products by hand; the second one's is on the agreement too.
fn with_items() -> Scenario {
    let item = |sku: &str| format!("PC_{sku}");
    world("2026-09")
        .service(1, &item(OTHER), "15.00", "12.50")
        .service(2, &item(BASIC), "8.00", "6.90")
        .tenant("harbour", |tenant| {
            let five = [("2026-01-01", 5)];
            tenant
                .contract(|contract| contract.holds(2, ("8.00", "6.90"), &five))
                .subscription(BASIC, |bought| {
                    bought.span("2026-09-01", "2026-09-18", 5).from("2026-09-19", 6)
                })
                .subscription(OTHER, |bought| bought.from("2026-09-01", 2))
        })
}

async fn connected() -> Rig {
    let setup = Setup { month: SEPTEMBER, target: Target::Connectwise, ..Setup::default() };
    Rig::connected(with_items().world(), setup, prism_connect::sim::SimSettings::default()).await
}

/// The item that has the vendor SKU of another one.
const TWIN: i64 = 99;

#[tokio::test]
async fn cw19_an_addition_that_somebody_made_is_used() {
    let rig = connected().await;
    let inactive = json!({"inactiveFlag": true});
    rig.control(&format!("connectwise/catalog/{TWIN}"), &inactive).await;
    rig.sync_scope(Scope::Products).await;
    rig.map_all(|_| {}).await;
    // Before the first sync it can be seen what is used, on the rows that it concerns and for the agreement.
    let plan = plan_of(&rig, customers()).await;
    let used = "5 from 2026-01-01 (1000, jdoe)";
    let findings: Vec<_> = plan.findings.iter().collect();
    let told = format!("used: Microsoft 365 Business Basic: {used}.");
    assert!(says(&findings, &told), "{findings:#?}");
    let reasons: Vec<_> = plan.operations.iter().map(|one| one.reason).collect();
    let uses = format!("; uses what was made by hand: {used}");
    assert_eq!(reasons.iter().filter(|reason| reason.ends_with(&uses)).count(), 1, "{reasons:?}");
    let report = rig.sync().await;
    ended(&report, Outcome::Success);
    assert_eq!(lines_written(&rig), Lines { added: 2, ..Lines::default() });
    let wanted = ["5 @2026-01-01 8.00/6.90 of jdoe", "1 @2026-09-19 8.00/6.90"];
    assert_eq!(lines(&rig, "harbour", BASIC).await, wanted);
    let again = plan_of(&rig, SyncRequest { recheck: true, ..customers() }).await;
    assert_eq!(again.findings, [], "told before the first sync alone");
    assert_eq!(invoice(&rig, "harbour", "2026-09").await.money(), ("73.20", "62.26"));
    settled(&rig).await;
}

#[tokio::test]
async fn cw20_of_two_items_with_one_vendor_sku_nothing_is_written_until_one_is_chosen() {
    let rig = connected().await;
    let made = rig.sync_scope(Scope::Products).await;
    assert_eq!(made.header.status, Outcome::Failure, "{}", pretty(&made));
    let products = SyncRequest { scope: Scope::Products, ..SyncRequest::default() };
    let blocked = plan_of(&rig, products).await.refused;
    let named: Vec<&str> = blocked.iter().map(|one| one.target.as_str()).collect();
    assert_eq!(named, ["Microsoft 365 Business Standard (CFQ7TTC0LF8S:0002)"]);
    rig.map_all(|_| {}).await;
    let report = rig.sync().await;
    ended(&report, Outcome::Failure);
    let text = "Could not find source product or multiple matches";
    assert!(says(&errors(&report), text), "{}", pretty(&report));
    assert_eq!(lines_written(&rig), Lines { added: 1, ..Lines::default() }, "its sibling's");
    let wanted = ["5 @2026-01-01 8.00/6.90 of jdoe", "1 @2026-09-19 8.00/6.90"];
    assert_eq!(lines(&rig, "harbour", BASIC).await, wanted);
    assert_eq!(ledger(&report).failed.to_string(), "25.00");
    assert_eq!(invoice(&rig, "harbour", "2026-09").await.money(), ("43.20", "37.26"));
}

#[tokio::test]
async fn two_tenants_on_one_agreement_are_one_sum() {
    let tenant = |units: i64| {
        move |tenant: TenantPlan| {
            tenant.subscription(BASIC, |bought| {
                bought.span("2026-08-01", "2026-09-14", units).from("2026-09-15", units + 2)
            })
        }
    };
    let scenario = world("2026-08")
        .tenant("harbour", tenant(4))
        .tenant("labs", |plan| tenant(3)(plan.on_contract_of("harbour")));
    let rig = september(scenario, Billing::Arrears).await;
    assert_eq!(contract(&rig, "harbour"), contract(&rig, "labs"));
    let alone = vec!["labs.onmicrosoft.com".to_owned()];
    let request = prism_connect::engine::protocol::SyncRequest { tenants: alone, ..customers() };
    let report = rig.sync_as(request).await;
    ended(&report, Outcome::Success);
    assert_eq!(lines_written(&rig), Lines { added: 1, ..Lines::default() });
    let wanted = ["7 @2026-08-01 8.00/6.90", "4 @2026-09-15 8.00/6.90"];
    assert_eq!(lines(&rig, "harbour", BASIC).await, wanted);
    rig.simulation.journal().reset();
    let rest = rig.sync().await;
    assert!(rest.header.status <= Outcome::Success, "{}", pretty(&rest));
    wrote_nothing(&rig);
    assert_eq!(notes(&rest), Vec::<&_>::new());
    // 7 × 8.00, and 4 × 4.27 for 16 of 30 days.
    assert_eq!(invoice(&rig, "harbour", "2026-09").await.money(), ("73.08", "63.02"));
    settled(&rig).await;
}
