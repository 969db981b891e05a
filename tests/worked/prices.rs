//! Prices on a contract, and Azure.

use prism_connect::domain::{mapping::PricingStrategy, outcome::Outcome};
use rstest::rstest;

use crate::{
    checks::{
        AUGUST, BASIC, Lines, SEPTEMBER, Writes, bill, either, ended, ledger, on, priced,
        ready_with, says, september_after_august, settled, steps, units, warnings, world, wrote,
        wrote_nothing,
    },
    rig::{Rig, Setup, Target, pretty},
    scenario::Scenario,
};

/// A price from a day on is one adjustment; where lines keep their prices, one ends and another follows.
const ANOTHER: Lines = Lines { added: 1, ended: 1, amended: 0 };

/// Six seats from August on, at these prices until 15 September and those after.
fn changing(before: (&str, &str), after: (&str, &str)) -> Scenario {
    world("2026-08").tenant("harbour", |tenant| {
        tenant.subscription(BASIC, |bought| {
            bought
                .span("2026-08-01", "2026-09-15", 6)
                .at(before.0, before.1)
                .from("2026-09-16", 6)
                .at(after.0, after.1)
        })
    })
}

#[rstest]
#[tokio::test]
async fn w8_a_cost_that_changes_inside_the_month_is_a_warning_and_follows_next_month(
    #[values(Target::Autotask, Target::Connectwise)] target: Target,
) {
    let scenario = changing(("6.90", "8.00"), ("7.40", "8.00"));
    let mut rig = september_after_august(scenario, on(target)).await;
    let report = rig.sync().await;
    ended(&report, Outcome::Warning);
    wrote_nothing(&rig);
    let text = "Subscription cost unit price changed from [6.90] to [7.40] on [16 Sep 2026]";
    assert!(says(&warnings(&report), text), "{}", pretty(&report));
    settled(&rig).await;
    rig.month_passes().await;
    ended(&rig.sync().await, Outcome::Success);
    wrote(&rig, Writes { rows: 0, adjustments: 1 }, ANOTHER);
    let wanted = ["2026-08-01 6 8.0000 6.9000", "2026-10-01 6 8.0000 7.4000"];
    assert_eq!(priced(&rig, "harbour").await, wanted);
    settled(&rig).await;
}

#[rstest]
#[tokio::test]
async fn w8_a_retail_price_that_changes_inside_the_month_is_a_warning(
    #[values(Target::Autotask, Target::Connectwise)] target: Target,
) {
    let scenario = changing(("6.90", "8.00"), ("6.90", "8.50"));
    let rig = september_after_august(scenario, on(target)).await;
    let report = rig.sync().await;
    ended(&report, Outcome::Warning);
    wrote_nothing(&rig);
    let text = "Subscription retail unit price changed from [8.00] to [8.50] on [16 Sep 2026]";
    assert!(says(&warnings(&report), text), "{}", pretty(&report));
}

fn azure(month: &str) -> Scenario {
    Scenario::month(month).azure_product("DZH318Z0BPS6:0001", "Azure plan").tenant(
        "harbour",
        |tenant| {
            tenant.subscription("DZH318Z0BPS6:0001", |bought| {
                bought.used("2026-09", "312.44", "359.31").used("2026-10", "100.00", "115.00")
            })
        },
    )
}

#[rstest]
#[tokio::test]
async fn w9_azure_is_one_unit_for_its_month_at_the_months_price(
    #[values(Target::Autotask, Target::Connectwise)] target: Target,
) {
    let setup = Setup { azure: true, month: SEPTEMBER, ..on(target) };
    let mut rig = ready_with(azure("2026-09"), setup).await;
    ended(&rig.sync().await, Outcome::Success);
    let lines = Lines { added: 1, ..Lines::default() };
    wrote(&rig, Writes { rows: 1, adjustments: 2 }, lines);
    let stands = units(&rig, "harbour", "DZH318Z0BPS6:0001").await;
    assert_eq!(stands, steps(&[("2026-09-01", 1), ("2026-10-01", 0)]));
    assert_eq!(bill(&rig, "harbour", "2026-09").await, "359.31");
    assert_eq!(bill(&rig, "harbour", "2026-10").await, "0.00");
    settled(&rig).await;
    rig.month_passes().await;
    ended(&rig.sync().await, Outcome::Success);
    let stands = units(&rig, "harbour", "DZH318Z0BPS6:0001").await;
    assert_eq!(stands, steps(&[("2026-09-01", 1), ("2026-11-01", 0)]));
    let bills = [("2026-09", "359.31"), ("2026-10", "115.00"), ("2026-11", "0.00")];
    for (month, amount) in bills {
        assert_eq!(bill(&rig, "harbour", month).await, amount, "{month}");
    }
    settled(&rig).await;
}

#[rstest]
#[tokio::test]
async fn w10_azure_is_left_out_and_accounted_for_while_it_is_off(
    #[values(Target::Autotask, Target::Connectwise)] target: Target,
) {
    let setup = Setup { month: SEPTEMBER, ..on(target) };
    let rig = ready_with(azure("2026-09"), setup).await;
    let report = rig.sync().await;
    ended(&report, Outcome::NoChange);
    wrote_nothing(&rig);
    let excluded = &ledger(&report).excluded;
    assert_eq!(excluded.len(), 1, "{}", pretty(&report));
    assert_eq!((excluded[0].lines, excluded[0].amount.to_string()), (1, "312.44".to_owned()));
    assert!(excluded[0].reason.to_lowercase().contains("azure"), "{}", excluded[0].reason);
}

#[rstest]
#[tokio::test]
async fn w18_a_price_with_cents_bills_what_the_line_says(
    #[values(Target::Autotask, Target::Connectwise)] target: Target,
) {
    let scenario = Scenario::month("2026-10")
        .product(BASIC, "Microsoft 365 Business Basic", "9.99", "9.99")
        .tenant("harbour", |tenant| {
            tenant.subscription(BASIC, |bought| bought.span("2026-10-21", "2026-10-31", 7))
        });
    let setup = Setup { month: (2026, 10), ..on(target) };
    let rig = ready_with(scenario, setup).await;
    let report = rig.sync().await;
    ended(&report, Outcome::Success);
    let lines = Lines { added: 1, ..Lines::default() };
    wrote(&rig, Writes { rows: 1, adjustments: 1 }, lines);
    assert_eq!(units(&rig, "harbour", BASIC).await, steps(&[("2026-10-21", 7)]));
    // ConnectWise rounds the share of each unit: seven times 3.54.
    let billed = either(&rig, "24.81", "24.78");
    assert_eq!(bill(&rig, "harbour", "2026-10").await, billed);
    assert_eq!(ledger(&report).synced.to_string(), "24.81");
    settled(&rig).await;
}

/// Six seats from August on, at other prices from September on.
fn dearer(cost: &str, rrp: &str) -> Scenario {
    world("2026-08").price_from(BASIC, "2026-09-01", cost, rrp).tenant("harbour", |tenant| {
        tenant.subscription(BASIC, |bought| bought.from("2026-08-01", 6))
    })
}

#[rstest]
#[tokio::test]
async fn x4_a_price_that_changes_on_the_first_is_one_dated_re_price(
    #[values(Target::Autotask, Target::Connectwise)] target: Target,
) {
    let rig = september_after_august(dearer("6.90", "8.40"), on(target)).await;
    ended(&rig.sync().await, Outcome::Success);
    wrote(&rig, Writes { rows: 0, adjustments: 1 }, ANOTHER);
    let wanted = ["2026-08-01 6 8.0000 6.9000", "2026-09-01 6 8.4000 6.9000"];
    assert_eq!(priced(&rig, "harbour").await, wanted);
    assert_eq!(bill(&rig, "harbour", "2026-09").await, "50.40");
    assert_eq!(bill(&rig, "harbour", "2026-08").await, "48.00");
    settled(&rig).await;
}

async fn with_pricing(target: Target, scenario: Scenario, pricing: PricingStrategy) -> Rig {
    let setup = Setup { month: AUGUST, ..on(target) };
    let mut rig = Rig::ready(scenario.world(), setup).await;
    rig.map_all(|draft| draft.pricing = Some(pricing)).await;
    ended(&rig.sync().await, Outcome::Success);
    rig.month_passes().await;
    rig
}

#[rstest]
#[tokio::test]
async fn x5_a_new_cost_is_not_written_where_only_quantities_are(
    #[values(Target::Autotask, Target::Connectwise)] target: Target,
) {
    let rig = with_pricing(target, dearer("7.40", "8.00"), PricingStrategy::QuantitiesOnly).await;
    ended(&rig.sync().await, Outcome::NoChange);
    wrote_nothing(&rig);
    settled(&rig).await;
}

#[rstest]
#[tokio::test]
async fn a_new_price_is_not_written_where_only_costs_are(
    #[values(Target::Autotask, Target::Connectwise)] target: Target,
) {
    let rig = with_pricing(target, dearer("7.40", "9.00"), PricingStrategy::CostOnly).await;
    ended(&rig.sync().await, Outcome::Success);
    wrote(&rig, Writes { rows: 0, adjustments: 1 }, ANOTHER);
    // The row opened at August's price and not at the service's own, which is September's by now (5.1); from then on
    // the sell price is the operator's.
    let wanted = ["2026-08-01 6 8.0000 6.9000", "2026-09-01 6 8.0000 7.4000"];
    assert_eq!(priced(&rig, "harbour").await, wanted);
    settled(&rig).await;
}
