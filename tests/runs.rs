//! Runs from the first read to the last record, between a distributor and a target in memory.

#[path = "runs/desk.rs"]
mod desk;
#[path = "runs/source.rs"]
mod source;
#[path = "runs/target.rs"]
mod target;

use prism_connect::domain::{
    Money,
    outcome::Outcome,
    run::{RunReport, SubscriptionRow, WriteRow},
    timeline::{Step, Timeline},
};

use desk::Desk;
use target::{Fault, day, money};

fn steps(list: &[(&str, i64)]) -> Timeline {
    Timeline::new(list.iter().map(|&(from, units)| Step { from: day(from), units }))
}

fn only_subscription(report: &RunReport) -> &SubscriptionRow {
    let [customer] = report.customers.as_slice() else { panic!("one customer: {report:#?}") };
    let [subscription] = customer.subscriptions.as_slice() else { panic!("{customer:#?}") };
    subscription
}

fn results(writes: &[WriteRow]) -> Vec<(&str, i64, &str)> {
    writes.iter().map(|write| (write.kind.as_str(), write.units, write.result.as_str())).collect()
}

fn w1_steps() -> Timeline {
    steps(&[("2026-09-01", 5), ("2026-09-19", 6)])
}

#[tokio::test]
async fn w1_is_written_read_back_and_recorded() {
    let desk = Desk::with_w1().await;
    let report = desk.customers().await;
    assert_eq!(report.header.status, Outcome::Success, "{report:#?}");
    assert_eq!(desk.target.units(1, desk.w1_service()), w1_steps());
    let subscription = only_subscription(&report);
    let written = results(&subscription.writes);
    let made = ("create_contract_service", 0, "written");
    assert_eq!(written, [made, ("adjust_units", 5, "written"), ("adjust_units", 1, "written")]);
    assert_eq!(report.header.counts.writes, 3);
    let [ledger] = report.ledgers.as_slice() else { panic!("one ledger") };
    assert_eq!((ledger.synced, ledger.balance), (money("37.26"), Money::ZERO));
}

#[tokio::test]
async fn the_same_sync_again_is_no_change_after_one_look() {
    let desk = Desk::with_w1().await;
    desk.customers().await;
    let report = desk.customers().await;
    assert_eq!(report.header.status, Outcome::NoChange);
    assert_eq!(report.header.counts.requests, 1, "the invoice list, and nothing else");
    assert_eq!(report.customers, []);
}

#[tokio::test]
async fn a_lost_reply_is_settled_as_written_and_not_sent_again() {
    for lost in 1..=3 {
        let desk = Desk::with_w1().await;
        desk.target.fault(lost, Fault::CutAfter);
        let report = desk.customers().await;
        assert_eq!(report.header.status, Outcome::Success, "{report:#?}");
        assert_eq!(desk.target.units(1, desk.w1_service()), w1_steps());
        assert_eq!((desk.target.sent().len(), desk.target.carried_out()), (3, 3));
    }
}

#[tokio::test]
async fn a_request_that_never_arrived_is_sent_again_after_reading_back() {
    for lost in 1..=3 {
        let desk = Desk::with_w1().await;
        desk.target.fault(lost, Fault::CutBefore);
        let report = desk.customers().await;
        assert_eq!(report.header.status, Outcome::Success, "{report:#?}");
        assert_eq!(desk.target.units(1, desk.w1_service()), w1_steps());
        assert_eq!((desk.target.sent().len(), desk.target.carried_out()), (4, 3));
        let results = results(&only_subscription(&report).writes);
        let again = results.iter().filter(|(_, _, result)| *result == "settled as not written");
        assert_eq!(again.count(), 1);
    }
}

#[tokio::test]
async fn too_many_requests_is_waited_for_and_no_failure() {
    let desk = Desk::with_w1().await;
    desk.target.fault(2, Fault::TooMany);
    let report = desk.customers().await;
    assert_eq!(report.header.status, Outcome::Success, "{report:#?}");
    assert_eq!(desk.target.carried_out(), 3);
}

#[tokio::test]
async fn w14_a_locked_user_breaks_the_run_off_and_the_next_writes_exactly_the_rest() {
    let desk = Desk::with_w1().await;
    desk.target.fault(3, Fault::Lock);
    let report = desk.customers().await;
    assert_eq!(report.header.status, Outcome::Failure);
    let message = report.header.message.as_ref().expect("why it broke off");
    assert_eq!(message.code, "unauthorized");
    let writes = results(&only_subscription(&report).writes);
    assert_eq!(writes.last(), Some(&("adjust_units", 1, "not sent")), "{writes:?}");
    desk.target.unlock();
    let report = desk.customers().await;
    assert_eq!(report.header.status, Outcome::Success, "{report:#?}");
    assert_eq!(report.header.counts.writes, 1);
    assert_eq!(desk.target.units(1, desk.w1_service()), w1_steps());
}
