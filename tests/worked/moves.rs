//! Seats that move from one service to another on the same contract (sync-rules 1.8): whole or not at all, whatever the
//! target refuses, and told write by write.

use prism_connect::{
    domain::{
        outcome::Outcome,
        run::{RunReport, SubscriptionRow, WriteRow},
    },
    engine::protocol::{Answer, SyncRequest, command},
};
use rstest::rstest;
use serde_json::{Value, json};

use crate::{
    checks::{
        BASIC, contract, customers, ended, errors, says, september_after_august, settled, steps,
        subscriptions, warnings,
    },
    rig::{Rig, Setup, Units, pretty},
    rules::six_since_august,
};

const OTHER_SERVICE: &str = "29999001";

/// August was synced with six seats on Basic's own service; since then it is pinned to one made by hand, which has the
/// higher number.
async fn pinned() -> Rig {
    let scenario = six_since_august().service(29_999_001, "Mail, by hand", "8.00", "6.90");
    let rig = september_after_august(scenario, Setup::default()).await;
    let service = OTHER_SERVICE.parse().expect("an id");
    rig.ask(command::Pin { product: BASIC.to_owned(), service }).await;
    rig
}

/// Seats on the old and on the new service.
async fn both(rig: &Rig) -> (Units, Units) {
    let mut stands = rig.timelines(contract(rig, "harbour")).await;
    let mut of = |name: &str| stands.remove(name).unwrap_or_default();
    (of(&format!("PC_{BASIC}")), of("Mail, by hand"))
}

fn unmoved() -> (Units, Units) {
    (steps(&[("2026-08-01", 6)]), Units::new())
}

fn moved() -> (Units, Units) {
    (steps(&[("2026-08-01", 6), ("2026-09-01", 0)]), steps(&[("2026-09-01", 6)]))
}

fn standing(report: &RunReport) -> usize {
    let writes = subscriptions(report).flat_map(|bought| &bought.writes);
    writes.filter(|write| write.stands()).count()
}

/// The target says no, in words, to the first write to this path after so many others.
fn refuses(path: &str, after: u64) -> Value {
    json!({"system": "autotask", "writes": true, "path": path, "after": after, "times": 1,
        "fault": {"status": 500, "body": "{\"errors\":[\"It cannot be done today.\"]}"}})
}

async fn retried(rig: &Rig) -> RunReport {
    rig.no_faults().await;
    let report = rig.sync_as(SyncRequest { retry_failed: true, ..customers() }).await;
    assert_eq!(both(rig).await, moved(), "{}", pretty(&report));
    assert_eq!(rig.ask(command::Retries).await, Answer::Retries(Vec::new()));
    settled(rig).await;
    report
}

#[tokio::test]
async fn a_pin_moves_the_seats_to_the_other_service() {
    let rig = pinned().await;
    let report = rig.sync().await;
    ended(&report, Outcome::Success);
    assert_eq!(both(&rig).await, moved(), "{}", pretty(&report));
    settled(&rig).await;
}

#[tokio::test]
async fn every_write_of_a_move_stands_in_its_rows_and_the_move_counts_as_one_subscription() {
    let rig = pinned().await;
    let report = rig.sync().await;
    assert_eq!(rig.changes().len(), 3, "a row, its seats, and those of the old one");
    assert_eq!((standing(&report), report.header.counts.writes), (3, 3), "{}", pretty(&report));
    let old = subscriptions(&report).find(|bought| bought.subscription_id.is_none());
    let old = old.unwrap_or_else(|| panic!("a row for the old service: {}", pretty(&report)));
    let units: Vec<i64> = old.writes.iter().map(|write: &WriteRow| write.units).collect();
    assert_eq!((units, old.status, old.usage.len()), (vec![-6], Outcome::Success, 0));
    let counted = report.header.counts.subscriptions;
    assert_eq!((counted.attempted, counted.ok), (1, 1), "{}", pretty(&report));
}

#[rstest]
#[case::to_make_the_row("Contracts/\\d+/Services$", 0)]
#[case::the_seats("ServiceAdjustments$", 1)]
#[tokio::test]
async fn seats_that_the_new_service_is_refused_stay_on_the_old_one(
    #[case] path: &str,
    #[case] written: usize,
) {
    let rig = pinned().await;
    rig.fault(refuses(path, 0)).await;
    let report = rig.sync().await;
    ended(&report, Outcome::Failure);
    assert_eq!(both(&rig).await, unmoved(), "{}", pretty(&report));
    assert_eq!((rig.changes().len(), standing(&report)), (written, written));
    let codes: Vec<&str> = errors(&report).iter().map(|error| error.code.as_str()).collect();
    assert!(codes.contains(&"partner_failed"), "{}", pretty(&report));
    ended(&retried(&rig).await, Outcome::Success);
}

#[tokio::test]
async fn seats_that_cannot_be_taken_from_the_old_service_are_told_to_stand_twice() {
    let rig = pinned().await;
    rig.fault(refuses("ServiceAdjustments$", 1)).await;
    let report = rig.sync().await;
    ended(&report, Outcome::Failure);
    assert_eq!(both(&rig).await, (unmoved().0, moved().1), "{}", pretty(&report));
    assert!(says(&warnings(&report), "still has them too"), "{}", pretty(&report));
    assert!(says(&errors(&report), "It cannot be done today"), "{}", pretty(&report));
    ended(&retried(&rig).await, Outcome::Success);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_move_that_is_killed_after_any_of_its_writes_is_finished() {
    for write in 1..=3 {
        let mut rig = pinned().await;
        assert!(rig.killed_in(write).await, "it has three writes");
        let report = rig.sync().await;
        assert!(report.header.status < Outcome::Failure, "{write}: {}", pretty(&report));
        assert_eq!(both(&rig).await, moved(), "{write}: {}", pretty(&report));
        assert_eq!(rig.changes().len(), 3, "{write}: nothing was written twice");
        settled(&rig).await;
    }
}

/// Nothing more can be planned there, and the rows tell all the same what stands.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_move_that_was_killed_and_whose_contract_was_closed_since_is_told_write_by_write() {
    for write in 1..=3 {
        let mut rig = pinned().await;
        assert!(rig.killed_in(write).await, "it has three writes");
        let path = format!("autotask/contracts/{}", contract(&rig, "harbour"));
        rig.control(&path, &json!({ "status": 0 })).await;
        let answer = rig.ask(command::Resume).await;
        let Answer::Synced(runs) = answer else { panic!("{answer:?}") };
        let [run] = &runs[..] else { panic!("one run: {runs:?}") };
        ended(run, if write < 3 { Outcome::Failure } else { run.header.status });
        let carried_out = rig.changes().len();
        let counted = run.header.counts.writes;
        assert_eq!((standing(run), counted), (carried_out, carried_out as u64), "{}", pretty(run));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_move_that_was_killed_and_cannot_be_read_any_more_is_told_write_by_write() {
    let mut rig = pinned().await;
    assert!(rig.killed_in(3).await, "it has three writes");
    let silent = json!({"system": "autotask", "path": "ContractServices/query",
        "fault": {"status": 503}});
    rig.fault(silent).await;
    let answer = rig.ask(command::Resume).await;
    let Answer::Synced(runs) = answer else { panic!("{answer:?}") };
    ended(&runs[0], Outcome::Failure);
    let results = |bought: &SubscriptionRow| -> Vec<String> {
        bought.writes.iter().map(|write| write.result.to_string()).collect()
    };
    let mut told: Vec<_> = subscriptions(&runs[0]).map(results).collect();
    told.sort();
    assert_eq!(told, [vec!["unconfirmed"], vec!["written", "written"]], "{}", pretty(&runs[0]));
    rig.no_faults().await;
    rig.sync().await;
    assert_eq!((both(&rig).await, rig.changes().len()), (moved(), 3));
}
