//! What was shifted off a taken day is remembered by the day it was asked for (sync-rules 4.6).

use prism_connect::{domain::outcome::Outcome, engine::protocol::SyncRequest};
use rstest::rstest;
use serde_json::json;

use crate::{
    checks::{
        AUGUST, BASIC, SEPTEMBER, Writes, customers, edit, ended, ready_with, settled, steps,
        units, warnings, world, writes,
    },
    rig::{Rig, Setup, pretty},
    scenario::Scenario,
};

const AZURE: &str = "DZH318Z0BPS6:0001";

/// The number of a contract that is billed every quarter.
const QUARTERLY: i64 = 3;

/// Azure on a contract with these periods, from its month to the next.
fn azure(months: [&str; 2], (starts, period): (&str, i64)) -> Scenario {
    let [first, second] = months;
    Scenario::month(first).azure_product(AZURE, "Azure plan").tenant("harbour", |tenant| {
        tenant
            .contract(|contract| contract.starts(starts).period_type(period))
            .subscription(AZURE, |bought| {
                bought.used(first, "312.44", "359.31").used(second, "100.00", "115.00")
            })
    })
}

/// Planned again and again: nothing more is written.
async fn stays(rig: &Rig) {
    for _ in 0..3 {
        settled(rig).await;
    }
}

#[rstest]
#[case::quarters(["2026-09", "2026-10"], ("2025-12-01", QUARTERLY), (2026, 9), ("2026-10-02", "2026-11-01"))]
#[case::months_from_the_15th(["2026-02", "2026-03"], ("2026-01-15", 2), (2026, 2), ("2026-03-02", "2026-04-01"))]
#[tokio::test]
async fn a03_azure_of_a_month_whose_first_is_taken_is_written_once(
    #[case] months: [&str; 2],
    #[case] contract: (&str, i64),
    #[case] month: (i32, u32),
    #[case] (from, until): (&str, &str),
) {
    let setup = Setup { azure: true, month, ..Setup::default() };
    let mut rig = ready_with(azure(months, contract), setup).await;
    ended(&rig.sync().await, Outcome::Warning);
    stays(&rig).await;
    rig.month_passes().await;
    let report = rig.sync().await;
    ended(&report, Outcome::Warning);
    assert!(warnings(&report).iter().any(|warning| warning.code.as_str() == "same_day"));
    assert_eq!(writes(&rig), Writes { rows: 0, adjustments: 2 });
    stays(&rig).await;
    let stands = units(&rig, "harbour", AZURE).await;
    assert_eq!(stands.last_chunk::<2>(), steps(&[(from, 1), (until, 0)]).last_chunk());
}

/// Six seats from August on, dearer from October on, on a contract that is billed every quarter from December on: no
/// period starts on 1 October.
fn dearer(last: i64) -> Scenario {
    world("2026-08").tenant("harbour", |tenant| {
        tenant
            .contract(|contract| contract.starts("2025-12-01").period_type(QUARTERLY))
            .subscription(BASIC, |bought| {
                bought
                    .span("2026-08-01", "2026-09-30", 6)
                    .at("6.90", "8.00")
                    .span("2026-10-01", "2026-10-19", 6)
                    .at("7.25", "8.40")
                    .from("2026-10-20", last)
                    .at("7.25", "8.40")
            })
    })
}

/// October is due, and somebody set nine seats on its first day.
async fn edited_on_the_first(last: i64) -> Rig {
    let mut rig = ready_with(dearer(last), Setup { month: AUGUST, ..Setup::default() }).await;
    for _ in 0..2 {
        let report = rig.sync().await;
        assert!(report.header.status <= Outcome::Success, "{}", pretty(&report));
        rig.month_passes().await;
    }
    edit(&rig, "harbour", BASIC, ("2026-10-01", 9)).await;
    rig
}

#[tokio::test]
async fn a03_a_price_and_seats_whose_day_is_taken_are_written_once() {
    let rig = edited_on_the_first(6).await;
    let report = rig.sync().await;
    ended(&report, Outcome::Warning);
    assert_eq!(writes(&rig), Writes { rows: 0, adjustments: 1 });
    stays(&rig).await;
    let wanted = steps(&[("2026-08-01", 6), ("2026-10-01", 9), ("2026-10-02", 6)]);
    assert_eq!(units(&rig, "harbour", BASIC).await, wanted);
}

#[tokio::test]
async fn a03_a_shifted_price_is_not_written_again_while_a_later_step_is_refused() {
    let rig = edited_on_the_first(8).await;
    rig.fault(json!({"system": "autotask", "path": "ServiceAdjustments", "after": 1, "fault":
        {"status": 500, "body": "{\"errors\":[\"It is being edited.\"]}"}}))
        .await;
    ended(&rig.sync().await, Outcome::Failure);
    assert_eq!(writes(&rig), Writes { rows: 0, adjustments: 1 });
    for _ in 0..3 {
        ended(&rig.sync().await, Outcome::Failure);
    }
    assert_eq!(writes(&rig), Writes { rows: 0, adjustments: 1 }, "only the first was taken");
    rig.no_faults().await;
    ended(&rig.sync_as(SyncRequest { retry_failed: true, ..customers() }).await, Outcome::Warning);
    let wanted = [("2026-08-01", 6), ("2026-10-01", 9), ("2026-10-02", 6), ("2026-10-20", 8)];
    assert_eq!(units(&rig, "harbour", BASIC).await, steps(&wanted));
    stays(&rig).await;
}

#[rstest]
#[case::the_shifted_one_was_carried_out(json!({"after": 0, "times": 1, "fault": "cut_after"}))]
#[case::the_shifted_one_was_not(json!({"after": 0, "times": 1, "fault": {"status": 502}}))]
#[case::the_next_one_was_not(json!({"after": 1, "times": 1, "fault": {"status": 502}}))]
#[tokio::test]
async fn a03_what_was_shifted_is_written_once_whatever_reply_is_lost(
    #[case] lost: serde_json::Value,
) {
    let rig = edited_on_the_first(8).await;
    let mut rule = lost;
    rule["system"] = json!("autotask");
    rule["path"] = json!("ServiceAdjustments");
    rig.fault(rule).await;
    ended(&rig.sync().await, Outcome::Warning);
    assert_eq!(writes(&rig), Writes { rows: 0, adjustments: 2 });
    stays(&rig).await;
    let wanted = [("2026-08-01", 6), ("2026-10-01", 9), ("2026-10-02", 6), ("2026-10-20", 8)];
    assert_eq!(units(&rig, "harbour", BASIC).await, steps(&wanted));
}

/// A first of a month takes any number of adjustments, as far as is known; a server that says otherwise is obeyed.
#[tokio::test]
async fn a03_a_period_start_that_the_server_calls_taken_is_shifted_once() {
    let scenario = world("2026-09").tenant("harbour", |tenant| {
        tenant.subscription(BASIC, |bought| {
            bought.span("2026-09-01", "2026-09-30", 6).from("2026-10-01", 7)
        })
    });
    let mut rig = ready_with(scenario, Setup { month: SEPTEMBER, ..Setup::default() }).await;
    ended(&rig.sync().await, Outcome::Success);
    rig.month_passes().await;
    let duplicate = "Cannot insert duplicate key row in object 'dbo.contract_service_period'.";
    rig.fault(json!({"system": "autotask", "path": "ServiceAdjustments", "times": 1, "fault":
        {"status": 500, "body": json!({ "errors": [duplicate] }).to_string()}}))
        .await;
    ended(&rig.sync().await, Outcome::Warning);
    assert_eq!(writes(&rig), Writes { rows: 0, adjustments: 1 });
    let wanted = steps(&[("2026-09-01", 6), ("2026-10-02", 7)]);
    assert_eq!(units(&rig, "harbour", BASIC).await, wanted);
    stays(&rig).await;
}
