//! Seats: rises, drops, manual edits, neighbours on one contract, catch-up.

use prism_connect::{
    domain::{mapping::Start, outcome::Outcome},
    engine::protocol::SyncRequest,
};
use rstest::rstest;

use crate::{
    checks::{
        BASIC, Lines, OTHER, SEPTEMBER, Writes, bill, customers, edit, either, ended, ledger,
        notes, on, ready_on, says, september_after_august, settled, steps, subscriptions, units,
        warnings, world, wrote, wrote_nothing,
    },
    rig::{Rig, Setup, Target, pretty},
    scenario::Scenario,
};

pub fn w1() -> Scenario {
    world("2026-09").tenant("harbour", |tenant| {
        tenant.subscription(BASIC, |bought| {
            bought.span("2026-09-01", "2026-09-18", 5).span("2026-09-19", "2026-09-30", 6)
        })
    })
}

#[rstest]
#[tokio::test]
async fn w1_a_mid_month_rise_is_two_dated_adjustments(
    #[values(Target::Autotask, Target::Connectwise)] target: Target,
) {
    let rig = ready_on(target, w1(), SEPTEMBER).await;
    let report = rig.sync().await;
    ended(&report, Outcome::Success);
    let lines = Lines { added: 2, ..Lines::default() };
    wrote(&rig, Writes { rows: 1, adjustments: 2 }, lines);
    let stands = units(&rig, "harbour", BASIC).await;
    assert_eq!(stands, steps(&[("2026-09-01", 5), ("2026-09-19", 6)]));
    assert_eq!(bill(&rig, "harbour", "2026-09").await, "43.20");
    let ledger = ledger(&report);
    assert_eq!(
        (ledger.subtotal.to_string(), ledger.synced.to_string()),
        ("37.26".to_owned(), "37.26".to_owned())
    );
    settled(&rig).await;
}

#[rstest]
#[tokio::test]
async fn w2_the_same_invoice_again_is_no_change(
    #[values(Target::Autotask, Target::Connectwise)] target: Target,
) {
    let rig = ready_on(target, w1(), SEPTEMBER).await;
    rig.sync().await;
    rig.simulation.journal().reset();
    ended(&rig.sync().await, Outcome::NoChange);
    let again = rig.sync_as(SyncRequest { recheck: true, ..customers() }).await;
    ended(&again, Outcome::NoChange);
    wrote_nothing(&rig);
}

/// Six seats since August.
fn six() -> Scenario {
    world("2026-08").tenant("harbour", |tenant| {
        tenant.subscription(BASIC, |bought| bought.from("2026-08-01", 6))
    })
}

#[rstest]
#[tokio::test]
async fn w3_a_manual_edit_inside_the_month_is_set_back_on_the_next_day(
    #[values(Target::Autotask, Target::Connectwise)] target: Target,
) {
    let rig = september_after_august(six(), on(target)).await;
    edit(&rig, "harbour", BASIC, ("2026-09-10", 9)).await;
    let report = rig.sync().await;
    // An addition begins on any day: nothing is shifted, and nothing is off.
    ended(&report, either(&rig, Outcome::Warning, Outcome::Success));
    let lines = Lines { amended: 1, ..Lines::default() };
    wrote(&rig, Writes { rows: 0, adjustments: 1 }, lines);
    let shifted = steps(&[("2026-08-01", 6), ("2026-09-10", 9), ("2026-09-11", 6)]);
    let wanted = either(&rig, shifted, steps(&[("2026-08-01", 6)]));
    assert_eq!(units(&rig, "harbour", BASIC).await, wanted, "{}", pretty(&report));
    assert!(says(&notes(&report), "Changed by hand from 6 to 9"), "{}", pretty(&report));
    settled(&rig).await;
}

#[rstest]
#[tokio::test]
async fn w4_a_new_subscription_begins_on_its_own_day(
    #[values(Target::Autotask, Target::Connectwise)] target: Target,
) {
    let scenario = world("2026-09").tenant("harbour", |tenant| {
        tenant.subscription(BASIC, |bought| bought.from("2026-09-12", 3))
    });
    let rig = ready_on(target, scenario, SEPTEMBER).await;
    ended(&rig.sync().await, Outcome::Success);
    let lines = Lines { added: 1, ..Lines::default() };
    wrote(&rig, Writes { rows: 1, adjustments: 1 }, lines);
    assert_eq!(units(&rig, "harbour", BASIC).await, steps(&[("2026-09-12", 3)]));
    // ConnectWise rounds the share of each unit.
    let billed = either(&rig, "15.20", "15.21");
    assert_eq!(bill(&rig, "harbour", "2026-09").await, billed);
    settled(&rig).await;
}

pub fn cancelled_on_the_14th() -> Scenario {
    world("2026-08").tenant("harbour", |tenant| {
        tenant.subscription(BASIC, |bought| bought.span("2026-08-01", "2026-09-14", 6))
    })
}

#[rstest]
#[tokio::test]
async fn w5_a_cancellation_drops_the_seats_on_the_day_after(
    #[values(Target::Autotask, Target::Connectwise)] target: Target,
) {
    let rig = september_after_august(cancelled_on_the_14th(), on(target)).await;
    ended(&rig.sync().await, Outcome::Success);
    let lines = Lines { ended: 1, ..Lines::default() };
    wrote(&rig, Writes { rows: 0, adjustments: 1 }, lines);
    let stands = units(&rig, "harbour", BASIC).await;
    assert_eq!(stands, steps(&[("2026-08-01", 6), ("2026-09-15", 0)]));
    settled(&rig).await;
}

#[rstest]
#[tokio::test]
async fn w5_a_cancellation_drops_the_seats_with_the_next_period_if_so_set(
    #[values(Target::Autotask, Target::Connectwise)] target: Target,
) {
    let config = "[policies]\ndrops = \"next-period\"\n";
    let setup = Setup { config, ..on(target) };
    let rig = september_after_august(cancelled_on_the_14th(), setup).await;
    ended(&rig.sync().await, Outcome::Success);
    let lines = Lines { ended: 1, ..Lines::default() };
    wrote(&rig, Writes { rows: 0, adjustments: 1 }, lines);
    let stands = units(&rig, "harbour", BASIC).await;
    assert_eq!(stands, steps(&[("2026-08-01", 6), ("2026-10-01", 0)]));
    settled(&rig).await;
}

#[rstest]
#[tokio::test]
async fn w6_a_subscription_missing_from_the_invoice_is_zeroed_from_the_first(
    #[values(Target::Autotask, Target::Connectwise)] target: Target,
) {
    let scenario = world("2026-08").tenant("harbour", |tenant| {
        tenant
            .subscription(BASIC, |bought| bought.span("2026-08-01", "2026-08-31", 6))
            .subscription(OTHER, |bought| bought.from("2026-08-01", 2))
    });
    let rig = september_after_august(scenario, on(target)).await;
    let report = rig.sync().await;
    ended(&report, Outcome::Warning);
    let lines = Lines { ended: 1, ..Lines::default() };
    wrote(&rig, Writes { rows: 0, adjustments: 1 }, lines);
    let stands = units(&rig, "harbour", BASIC).await;
    assert_eq!(stands, steps(&[("2026-08-01", 6), ("2026-09-01", 0)]));
    assert_eq!(units(&rig, "harbour", OTHER).await, steps(&[("2026-08-01", 2)]));
    assert!(says(&warnings(&report), "missing from this invoice"), "{}", pretty(&report));
    settled(&rig).await;
}

#[rstest]
#[tokio::test]
async fn w6_a_tenant_missing_from_the_invoice_is_zeroed_from_the_first(
    #[values(Target::Autotask, Target::Connectwise)] target: Target,
) {
    let scenario = world("2026-08").tenant("harbour", |tenant| {
        tenant.subscription(BASIC, |bought| bought.span("2026-08-01", "2026-08-31", 6))
    });
    let scenario = scenario.tenant("quarry", |tenant| {
        tenant.subscription(BASIC, |bought| bought.from("2026-08-01", 3))
    });
    let rig = september_after_august(scenario, on(target)).await;
    ended(&rig.sync().await, Outcome::Warning);
    let lines = Lines { ended: 1, ..Lines::default() };
    wrote(&rig, Writes { rows: 0, adjustments: 1 }, lines);
    let stands = units(&rig, "harbour", BASIC).await;
    assert_eq!(stands, steps(&[("2026-08-01", 6), ("2026-09-01", 0)]));
    settled(&rig).await;
}

/// Ten since August, and four of another subscription since September.
pub fn w7() -> Scenario {
    world("2026-08").tenant("harbour", |tenant| {
        tenant
            .subscription(BASIC, |bought| bought.named("A1").from("2026-08-01", 10))
            .subscription(BASIC, |bought| bought.named("A2").from("2026-09-01", 4))
    })
}

#[rstest]
#[tokio::test]
async fn w7_two_subscriptions_of_one_product_are_one_service(
    #[values(Target::Autotask, Target::Connectwise)] target: Target,
) {
    let rig = september_after_august(w7(), on(target)).await;
    let report = rig.sync().await;
    ended(&report, Outcome::Success);
    let lines = Lines { added: 1, ..Lines::default() };
    wrote(&rig, Writes { rows: 0, adjustments: 1 }, lines);
    let stands = units(&rig, "harbour", BASIC).await;
    assert_eq!(stands, steps(&[("2026-08-01", 10), ("2026-09-01", 14)]));
    let mut split: Vec<String> = subscriptions(&report)
        .flat_map(|row| row.usage.iter().map(|line| format!("{} {}", row.name, line.quantity)))
        .collect();
    split.sort();
    assert_eq!(split, ["A1 10", "A2 4"]);
    settled(&rig).await;
}

/// Five seats since August, eight from 20 September.
pub fn x1() -> Scenario {
    world("2026-08").tenant("harbour", |tenant| {
        tenant.subscription(BASIC, |bought| {
            bought.span("2026-08-01", "2026-09-19", 5).from("2026-09-20", 8)
        })
    })
}

#[rstest]
#[tokio::test]
async fn x1_a_manual_change_after_the_month_keeps_its_quantity_from_the_next_free_day(
    #[values(Target::Autotask, Target::Connectwise)] target: Target,
) {
    let rig = september_after_august(x1(), on(target)).await;
    edit(&rig, "harbour", BASIC, ("2026-10-10", 9)).await;
    let report = rig.sync().await;
    // One addition that ends the day before: no day is taken there.
    ended(&report, either(&rig, Outcome::Warning, Outcome::Success));
    let lines = Lines { added: 1, ..Lines::default() };
    wrote(&rig, Writes { rows: 0, adjustments: 2 }, lines);
    let shifted = [("2026-08-01", 5), ("2026-09-20", 8), ("2026-10-10", 12), ("2026-10-11", 9)];
    let kept = [("2026-08-01", 5), ("2026-09-20", 8), ("2026-10-10", 9)];
    let wanted = either(&rig, steps(&shifted), steps(&kept));
    assert_eq!(units(&rig, "harbour", BASIC).await, wanted);
    settled(&rig).await;
}

#[rstest]
#[tokio::test]
async fn x2_an_advance_billing_change_on_the_first_keeps_its_quantity(
    #[values(Target::Autotask, Target::Connectwise)] target: Target,
) {
    let rig = september_after_august(x1(), on(target)).await;
    edit(&rig, "harbour", BASIC, ("2026-10-01", 8)).await;
    ended(&rig.sync().await, Outcome::Success);
    let lines = Lines { added: 1, ..Lines::default() };
    wrote(&rig, Writes { rows: 0, adjustments: 2 }, lines);
    let stands = units(&rig, "harbour", BASIC).await;
    assert_eq!(stands, steps(&[("2026-08-01", 5), ("2026-09-20", 8)]));
    settled(&rig).await;
}

#[rstest]
#[tokio::test]
async fn x3_one_tenant_synced_alone_does_not_take_its_neighbours_seats(
    #[values(Target::Autotask, Target::Connectwise)] target: Target,
) {
    let four = |tenant: crate::scenario::tenants::TenantPlan| {
        tenant.subscription(BASIC, |bought| bought.from("2026-09-01", 4))
    };
    let scenario = world("2026-09")
        .tenant("harbour", four)
        .tenant("harbour-labs", |tenant| four(tenant.on_contract_of("harbour")));
    let rig = ready_on(target, scenario, SEPTEMBER).await;
    let alone = vec!["harbour.onmicrosoft.com".to_owned()];
    let report = rig.sync_as(SyncRequest { tenants: alone, ..customers() }).await;
    ended(&report, Outcome::Success);
    assert_eq!(units(&rig, "harbour", BASIC).await, steps(&[("2026-09-01", 8)]));
    rig.simulation.journal().reset();
    let rest = rig.sync().await;
    ended(&rest, rest.header.status.min(Outcome::Success));
    wrote_nothing(&rig);
    settled(&rig).await;
}

#[rstest]
#[tokio::test]
async fn x10_three_missed_months_are_applied_in_order(
    #[values(Target::Autotask, Target::Connectwise)] target: Target,
) {
    let scenario = world("2026-06").tenant("harbour", |tenant| {
        tenant.subscription(BASIC, |bought| {
            bought
                .span("2026-06-01", "2026-07-09", 2)
                .span("2026-07-10", "2026-08-19", 3)
                .span("2026-08-20", "2026-09-04", 5)
                .from("2026-09-05", 4)
        })
    });
    let setup = Setup { month: (2026, 6), ..on(target) };
    let mut rig = Rig::ready(scenario.world(), setup).await;
    rig.map_all(|draft| draft.from = Some(Start::Next)).await;
    ended(&rig.sync().await, Outcome::NoChange);
    for _ in 0..3 {
        rig.month_passes().await;
    }
    let report = rig.sync().await;
    ended(&report, Outcome::Success);
    let months: Vec<String> = report
        .customers
        .iter()
        .map(|row| row.month.map(|month| month.to_string()).unwrap_or_default())
        .collect();
    assert_eq!(months.len(), 3, "{}", pretty(&report));
    assert_eq!(report.ledgers.len(), 3, "{}", pretty(&report));
    let wanted = [("2026-07-01", 2), ("2026-07-10", 3), ("2026-08-20", 5), ("2026-09-05", 4)];
    assert_eq!(units(&rig, "harbour", BASIC).await, steps(&wanted));
    settled(&rig).await;
}

#[rstest]
#[tokio::test]
async fn a_catch_up_begins_with_the_invoice_after_the_last_applied_one(
    #[values(Target::Autotask, Target::Connectwise)] target: Target,
) {
    let mut rig = september_after_august(six(), on(target)).await;
    rig.month_passes().await;
    let report = rig.sync().await;
    ended(&report, Outcome::NoChange);
    assert_eq!(report.ledgers.len(), 2, "September and October: {}", pretty(&report));
    assert_eq!(units(&rig, "harbour", BASIC).await, steps(&[("2026-08-01", 6)]));
}
