//! For the same snapshot `plan` lists exactly what `sync` writes (sync-rules 8.9).

use std::collections::BTreeMap;

use prism_connect::{
    domain::{Day, Money, outcome::Outcome},
    engine::protocol::{About, Answer, Command, SyncRequest, command},
};
use serde_json::json;

use crate::{
    checks::{
        BASIC, OTHER, SEPTEMBER, customers, edit, ended, ready_with, september_after_august, steps,
        units, world,
    },
    quantities::x1,
    rig::{Rig, Setup},
    scenario::Scenario,
};

/// A write to a contract: its invoice, its service, its day (none for making a row), its change and prices. How often.
type Writes = BTreeMap<(String, String, Option<Day>, i64, Option<Money>, Option<Money>), usize>;

/// What the plan of this request lists.
async fn planned(rig: &Rig, request: &SyncRequest) -> Writes {
    let answer = rig.ask(command::Plan { request: request.clone() }).await;
    let Answer::Plan(About { found: plan, .. }) = answer else { panic!("{answer:?}") };
    let mut writes = Writes::new();
    for one in plan.operations.iter() {
        let service = one.target.split(" on ").next().unwrap_or_default().to_owned();
        let invoice = one.invoice.as_deref().unwrap_or_default().to_owned();
        let write = (invoice, service, one.effective, one.units, one.unit_price, one.unit_cost);
        *writes.entry(write).or_default() += 1;
    }
    writes
}

/// What runs wrote since there were so many of them.
async fn written(rig: &Rig, since: usize) -> Writes {
    let mut writes = Writes::new();
    for tenant in ["harbour.onmicrosoft.com", "marina.onmicrosoft.com"] {
        let command = Command::from(command::History { tenant: tenant.to_owned(), service: None });
        let Ok(Answer::History(About { found: changes, .. })) = rig.try_ask(command).await else {
            continue;
        };
        let new = changes.into_iter().filter(|change| change.run.0 > since as u64);
        for one in new.filter(|change| change.result.as_str() == "written") {
            let units = one.units.1 - one.units.0;
            let (price, cost) = (one.unit_price, one.unit_cost);
            let write = (one.invoice, one.service, one.effective, units, price, cost);
            *writes.entry(write).or_default() += 1;
        }
    }
    writes
}

async fn runs(rig: &Rig) -> usize {
    let answer = rig.ask(command::Runs { limit: 100 }).await;
    let Answer::Runs(runs) = answer else { panic!("{answer:?}") };
    runs.len()
}

/// The plan of a request, and then the same request carried out: the two are alike.
async fn the_same(rig: &Rig, request: SyncRequest) {
    let (before, plan) = (runs(rig).await, planned(rig, &request).await);
    assert!(!plan.is_empty(), "there is something to write");
    rig.sync_as(request).await;
    assert_eq!(written(rig, before).await, plan);
}

/// Two months that are due: seats that change in both, and a product of which the first is billed in October only.
fn two_months(starts: &'static str) -> Scenario {
    world("2026-09")
        .price_from(BASIC, "2026-10-01", "7.25", "8.40")
        .tenant("harbour", move |tenant| {
            tenant
                .contract(move |contract| contract.starts(starts))
                .subscription(BASIC, |bought| {
                    bought
                        .span("2026-09-01", "2026-09-19", 5)
                        .at("6.90", "8.00")
                        .span("2026-09-20", "2026-10-09", 8)
                        .at("6.90", "8.00")
                        .from("2026-10-10", 4)
                        .at("7.25", "8.40")
                })
                .subscription(OTHER, |bought| bought.from("2026-10-05", 3))
        })
        .tenant("marina", |tenant| {
            tenant.subscription(BASIC, |bought| bought.from("2026-09-12", 2))
        })
}

const REFUSED: &str = "{\"errors\":[\"It is being edited.\"]}";

async fn with_both_months(starts: &'static str) -> Rig {
    let setup = Setup { month: SEPTEMBER, ..Setup::default() };
    let mut rig = ready_with(two_months(starts), setup).await;
    rig.month_passes().await;
    rig
}

#[tokio::test]
async fn a17_two_months_at_once() {
    let rig = with_both_months("2026-01-01").await;
    the_same(&rig, customers()).await;
}

#[tokio::test]
async fn a17_after_a_first_month_that_is_refused() {
    let rig = with_both_months("2026-10-01").await;
    the_same(&rig, customers()).await;
}

/// September, of which the server took the first adjustment and refused the rest.
async fn refused_in_part() -> Rig {
    let setup = Setup { month: SEPTEMBER, ..Setup::default() };
    let rig = ready_with(two_months("2026-01-01"), setup).await;
    rig.fault(json!({"system": "autotask", "path": "ServiceAdjustments", "after": 1, "fault":
        {"status": 500, "body": REFUSED}}))
        .await;
    ended(&rig.sync().await, Outcome::Failure);
    rig.no_faults().await;
    rig
}

#[tokio::test]
async fn a17_after_a_first_month_that_the_server_refused_in_part() {
    let mut rig = refused_in_part().await;
    the_same(&rig, SyncRequest { retry_failed: true, ..customers() }).await;
    rig.month_passes().await;
    the_same(&rig, customers()).await;
}

#[tokio::test]
async fn a17_on_a_retry_beside_a_later_month_that_is_due() {
    let mut rig = refused_in_part().await;
    rig.month_passes().await;
    the_same(&rig, customers()).await;
}

#[tokio::test]
async fn a17_on_a_retry_after_a_later_month_was_applied() {
    let setup = Setup { month: SEPTEMBER, ..Setup::default() };
    let mut rig = ready_with(two_months("2026-01-01"), setup).await;
    let refused = json!({"status": 500, "body": REFUSED});
    rig.fault(json!({"system": "autotask", "path": "ServiceAdjustments", "fault": refused})).await;
    ended(&rig.sync().await, Outcome::Failure);
    rig.no_faults().await;
    rig.month_passes().await;
    // September is refused once more to both customers, and October is not.
    let twice = json!({"system": "autotask", "path": "ServiceAdjustments", "times": 2,
        "fault": refused});
    rig.fault(twice).await;
    ended(&rig.sync().await, Outcome::Failure);
    rig.no_faults().await;
    the_same(&rig, customers()).await;
}

#[tokio::test]
async fn a17_after_a_late_write_alone_and_beside_a_month_that_is_due() {
    for due in [false, true] {
        let config = "[limits]\nwriters = 1\ntimeout_seconds = 1\n";
        let setup = Setup { month: SEPTEMBER, config, ..Setup::default() };
        let mut rig = ready_with(two_months("2026-01-01"), setup).await;
        rig.fault(json!({"system": "autotask", "path": "ServiceAdjustments$", "times": 1,
            "fault": {"delay_ms": 1_600}}))
            .await;
        ended(&rig.sync().await, Outcome::Success);
        rig.no_faults().await;
        while rig.changes().len() < 6 {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        if due {
            rig.month_passes().await;
        }
        the_same(&rig, customers()).await;
    }
}

/// Eight seats from 20 September on, where an operator set eight from 1 October already: three are taken back there, twice.
#[tokio::test]
async fn a17_after_a_late_write_that_lies_behind_its_month() {
    let config = "[limits]\nwriters = 1\ntimeout_seconds = 1\n";
    let rig = september_after_august(x1(), Setup { config, ..Setup::default() }).await;
    edit(&rig, "harbour", BASIC, ("2026-10-01", 8)).await;
    rig.simulation.journal().reset();
    rig.fault(json!({"system": "autotask", "path": "ServiceAdjustments$", "after": 1, "times": 1,
        "fault": {"delay_ms": 1_600}}))
        .await;
    ended(&rig.sync().await, Outcome::Success);
    rig.no_faults().await;
    while rig.changes().len() < 3 {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    let came = steps(&[("2026-08-01", 5), ("2026-09-20", 8), ("2026-10-01", 5)]);
    assert_eq!(units(&rig, "harbour", BASIC).await, came);
    the_same(&rig, customers()).await;
    let right = steps(&[("2026-08-01", 5), ("2026-09-20", 8)]);
    assert_eq!(units(&rig, "harbour", BASIC).await, right);
    assert_eq!(planned(&rig, &customers()).await, Writes::new());
}

#[tokio::test]
async fn a17_where_what_was_shifted_is_planned_again_beside_an_edit() {
    let rig = with_both_months("2026-01-01").await;
    rig.sync().await;
    edit(&rig, "harbour", BASIC, ("2026-10-12", 9)).await;
    edit(&rig, "harbour", OTHER, ("2026-10-20", 1)).await;
    the_same(&rig, SyncRequest { recheck: true, ..customers() }).await;
}
