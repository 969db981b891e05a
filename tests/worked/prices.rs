//! Prices on a contract, and Azure.

use prism_connect::domain::{mapping::PricingStrategy, outcome::Outcome};
use serde_json::json;

use crate::{
    checks::{
        AUGUST, BASIC, SEPTEMBER, Writes, bill, contract, ended, ledger, ready_with, says,
        september_after_august, settled, steps, units, warnings, world, writes,
    },
    rig::{Rig, Setup, pretty},
    scenario::Scenario,
};

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

#[tokio::test]
async fn w8_a_cost_that_changes_inside_the_month_is_a_warning_and_follows_next_month() {
    let scenario = changing(("6.90", "8.00"), ("7.40", "8.00"));
    let mut rig = september_after_august(scenario, Setup::default()).await;
    let report = rig.sync().await;
    ended(&report, Outcome::Warning);
    assert_eq!(writes(&rig), Writes { rows: 0, adjustments: 0 });
    let text = "Subscription cost unit price changed from [6.90] to [7.40] on [16 Sep 2026]";
    assert!(says(&warnings(&report), text), "{}", pretty(&report));
    settled(&rig).await;
    rig.month_passes().await;
    ended(&rig.sync().await, Outcome::Success);
    assert_eq!(writes(&rig), Writes { rows: 0, adjustments: 1 });
    let wanted = json!([
        {"date": "2026-08-01", "units": 6, "unit_price": 8.00, "unit_cost": 6.90},
        {"date": "2026-10-01", "units": 6, "unit_price": 8.00, "unit_cost": 7.40},
    ]);
    assert_eq!(priced(&rig, "harbour").await, plain(&wanted));
    settled(&rig).await;
}

#[tokio::test]
async fn w8_a_retail_price_that_changes_inside_the_month_is_a_warning() {
    let scenario = changing(("6.90", "8.00"), ("6.90", "8.50"));
    let rig = september_after_august(scenario, Setup::default()).await;
    let report = rig.sync().await;
    ended(&report, Outcome::Warning);
    assert_eq!(writes(&rig), Writes { rows: 0, adjustments: 0 });
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

#[tokio::test]
async fn w9_azure_is_one_unit_for_its_month_at_the_months_price() {
    let setup = Setup { azure: true, month: SEPTEMBER, ..Setup::default() };
    let mut rig = ready_with(azure("2026-09"), setup).await;
    ended(&rig.sync().await, Outcome::Success);
    assert_eq!(writes(&rig), Writes { rows: 1, adjustments: 2 });
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

#[tokio::test]
async fn w10_azure_is_left_out_and_accounted_for_while_it_is_off() {
    let setup = Setup { month: SEPTEMBER, ..Setup::default() };
    let rig = ready_with(azure("2026-09"), setup).await;
    let report = rig.sync().await;
    ended(&report, Outcome::NoChange);
    assert_eq!(writes(&rig), Writes { rows: 0, adjustments: 0 });
    let excluded = &ledger(&report).excluded;
    assert_eq!(excluded.len(), 1, "{}", pretty(&report));
    assert_eq!((excluded[0].lines, excluded[0].amount.to_string()), (1, "312.44".to_owned()));
    assert!(excluded[0].reason.to_lowercase().contains("azure"), "{}", excluded[0].reason);
}

#[tokio::test]
async fn w18_a_price_with_cents_bills_what_the_line_says() {
    let scenario = Scenario::month("2026-10")
        .product(BASIC, "Microsoft 365 Business Basic", "9.99", "9.99")
        .tenant("harbour", |tenant| {
            tenant.subscription(BASIC, |bought| bought.span("2026-10-21", "2026-10-31", 7))
        });
    let setup = Setup { month: (2026, 10), ..Setup::default() };
    let rig = ready_with(scenario, setup).await;
    let report = rig.sync().await;
    ended(&report, Outcome::Success);
    assert_eq!(writes(&rig), Writes { rows: 1, adjustments: 1 });
    assert_eq!(units(&rig, "harbour", BASIC).await, steps(&[("2026-10-21", 7)]));
    assert_eq!(bill(&rig, "harbour", "2026-10").await, "24.81");
    assert_eq!(ledger(&report).synced.to_string(), "24.81");
    settled(&rig).await;
}

/// Six seats from August on, at other prices from September on.
fn dearer(cost: &str, rrp: &str) -> Scenario {
    world("2026-08").price_from(BASIC, "2026-09-01", cost, rrp).tenant("harbour", |tenant| {
        tenant.subscription(BASIC, |bought| bought.from("2026-08-01", 6))
    })
}

#[tokio::test]
async fn x4_a_price_that_changes_on_the_first_is_one_dated_re_price() {
    let rig = september_after_august(dearer("6.90", "8.40"), Setup::default()).await;
    ended(&rig.sync().await, Outcome::Success);
    assert_eq!(writes(&rig), Writes { rows: 0, adjustments: 1 });
    let wanted = json!([
        {"date": "2026-08-01", "units": 6, "unit_price": 8.00, "unit_cost": 6.90},
        {"date": "2026-09-01", "units": 6, "unit_price": 8.40, "unit_cost": 6.90},
    ]);
    assert_eq!(priced(&rig, "harbour").await, plain(&wanted));
    assert_eq!(bill(&rig, "harbour", "2026-09").await, "50.40");
    assert_eq!(bill(&rig, "harbour", "2026-08").await, "48.00");
    settled(&rig).await;
}

async fn with_pricing(scenario: Scenario, pricing: PricingStrategy) -> Rig {
    let setup = Setup { month: AUGUST, ..Setup::default() };
    let mut rig = Rig::ready(scenario.world(), setup).await;
    rig.map_all(|draft| draft.pricing = Some(pricing)).await;
    ended(&rig.sync().await, Outcome::Success);
    rig.month_passes().await;
    rig
}

#[tokio::test]
async fn x5_a_new_cost_is_not_written_where_only_quantities_are() {
    let rig = with_pricing(dearer("7.40", "8.00"), PricingStrategy::QuantitiesOnly).await;
    ended(&rig.sync().await, Outcome::NoChange);
    assert_eq!(writes(&rig), Writes { rows: 0, adjustments: 0 });
    settled(&rig).await;
}

#[tokio::test]
async fn a_new_price_is_not_written_where_only_costs_are() {
    let rig = with_pricing(dearer("7.40", "9.00"), PricingStrategy::CostOnly).await;
    ended(&rig.sync().await, Outcome::Success);
    assert_eq!(writes(&rig), Writes { rows: 0, adjustments: 1 });
    // The row opened at August's price and not at the service's own, which is September's by now (5.1); from then on
    // the sell price is the operator's.
    let wanted = json!([
        {"date": "2026-08-01", "units": 6, "unit_price": 8.00, "unit_cost": 6.90},
        {"date": "2026-09-01", "units": 6, "unit_price": 8.00, "unit_cost": 7.40},
    ]);
    assert_eq!(priced(&rig, "harbour").await, plain(&wanted));
    settled(&rig).await;
}

/// Steps with prices of the one service on a tenant's contract.
async fn priced(rig: &Rig, tenant: &str) -> Vec<String> {
    let told = rig.look(&format!("autotask/contracts/{}/timeline", contract(rig, tenant))).await;
    assert_eq!(told.as_array().map(Vec::len), Some(1), "{told}");
    plain(&told[0]["steps"])
}

/// Dates, units, price and cost in one form, whatever the number of decimals.
fn plain(steps: &serde_json::Value) -> Vec<String> {
    let amount = |value: &serde_json::Value| {
        let amount: rust_decimal::Decimal = value.to_string().parse().expect("an amount");
        format!("{amount:.4}")
    };
    let told = steps.as_array().expect("steps").iter().map(|step| {
        let (price, cost) = (amount(&step["unit_price"]), amount(&step["unit_cost"]));
        format!("{} {} {price} {cost}", step["date"].as_str().expect("a date"), step["units"])
    });
    told.collect()
}
