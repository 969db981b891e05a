//! Prices that change inside a month, compared per contract service and whatever subscription ids the lines carry.

use prism_connect::domain::outcome::Outcome;

use crate::{
    checks::{
        BASIC, Writes, bill, ended, september_after_august, settled, steps, subscriptions, units,
        warnings, world, writes,
    },
    rig::{Setup, pretty},
    scenario::{Scenario, tenants::SubscriptionPlan},
};

/// 200 seats at 6.90 and 8.00 to 14 September; what goes on is the test's.
fn renewed(new: impl FnOnce(SubscriptionPlan) -> SubscriptionPlan) -> Scenario {
    world("2026-08").tenant("harbour", |tenant| {
        tenant
            .subscription(BASIC, |bought| {
                bought.named("old").span("2026-08-01", "2026-09-14", 200).at("6.90", "8.00")
            })
            .subscription(BASIC, |bought| new(bought.named("new")))
    })
}

#[tokio::test]
async fn a09_a_renewal_under_a_new_id_warns_of_its_new_price_and_leaves_it_to_the_next_month() {
    let scenario = renewed(|bought| bought.from("2026-09-15", 200).at("9.90", "12.00"));
    let mut rig = september_after_august(scenario, Setup::default()).await;
    let report = rig.sync().await;
    ended(&report, Outcome::Warning);
    let told: Vec<&str> = warnings(&report).iter().map(|found| found.text.as_str()).collect();
    let cost = "Subscription cost unit price changed from [6.90] to [9.90] on [15 Sep 2026]";
    let retail = "Subscription retail unit price changed from [8.00] to [12.00] on [15 Sep 2026]";
    assert_eq!(told, [cost, retail], "{}", pretty(&report));
    let warned = subscriptions(&report).find(|row| !row.warnings.is_empty());
    assert_eq!(warned.map(|row| row.name.as_str()), Some("new"));
    assert_eq!(writes(&rig), Writes { rows: 0, adjustments: 0 });
    assert_eq!(units(&rig, "harbour", BASIC).await, steps(&[("2026-08-01", 200)]));
    assert_eq!(bill(&rig, "harbour", "2026-09").await, "1600.00");
    settled(&rig).await;
    rig.month_passes().await;
    ended(&rig.sync().await, Outcome::Success);
    assert_eq!(bill(&rig, "harbour", "2026-10").await, "2400.00");
}

#[tokio::test]
async fn a09_a_renewal_under_a_new_id_at_the_same_price_is_no_change() {
    let scenario = renewed(|bought| bought.from("2026-09-15", 200).at("6.90", "8.00"));
    let rig = september_after_august(scenario, Setup::default()).await;
    let report = rig.sync().await;
    ended(&report, Outcome::NoChange);
    assert_eq!(warnings(&report), Vec::<&prism_connect::domain::outcome::Finding>::new());
}

#[tokio::test]
async fn a09_a_renewal_after_a_gap_takes_its_price_with_the_seats() {
    let scenario = renewed(|bought| bought.from("2026-09-20", 200).at("9.90", "12.00"));
    // 200 seats that go and come back would be held until somebody has looked.
    let setup = Setup { config: "[guards]\nmode = \"off\"\n", ..Setup::default() };
    let rig = september_after_august(scenario, setup).await;
    ended(&rig.sync().await, Outcome::Success);
    let stands = [("2026-08-01", 200), ("2026-09-15", 0), ("2026-09-20", 200)];
    assert_eq!(units(&rig, "harbour", BASIC).await, steps(&stands));
    settled(&rig).await;
}
