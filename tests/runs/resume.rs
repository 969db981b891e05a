//! Runs that are killed, and what the next start makes of them.

use prism_connect::domain::{
    ConnectionId,
    outcome::Outcome,
    run::{RunKind, RunReport},
    timeline::Timeline,
};
use prism_connect::store::{Batch, Key};
use prism_connect::{
    engine::protocol::Scope,
    engine::protocol::SyncRequest,
    engine::sync::left_unfinished,
    engine::sync::records::Unfinished,
    engine::tables::{UNFINISHED, of_connection},
};
use rstest::rstest;

use crate::{
    desk::Desk,
    in_memory::{day, target::Fault},
    only_subscription, results, steps, w1_steps,
};

async fn restarted(desk: &Desk) -> (RunReport, Option<RunReport>) {
    let request = SyncRequest { scope: Scope::Customers, ..SyncRequest::default() };
    let mut reports = desk.sync(request).await.into_iter();
    let resumed = reports.next().expect("the run that was cut off");
    (resumed, reports.next())
}

#[rstest]
#[case(1, Fault::HangBefore)]
#[case(1, Fault::HangAfter)]
#[case(2, Fault::HangBefore)]
#[case(2, Fault::HangAfter)]
#[case(3, Fault::HangBefore)]
#[case(3, Fault::HangAfter)]
#[tokio::test]
async fn x8_killed_at_each_write_the_next_start_completes_exactly_w1(
    #[case] write: u64,
    #[case] fault: Fault,
) {
    let desk = Desk::with_w1().await;
    let before = if matches!(fault, Fault::HangAfter) { write } else { write - 1 };
    desk.target.fault(write, fault);
    desk.killed().await;
    let (resumed, asked) = restarted(&desk).await;
    assert_eq!(resumed.header.status, Outcome::Success, "{resumed:#?}");
    assert_eq!(resumed.header.attempt, 2);
    let counts = resumed.header.counts;
    assert_eq!((counts.writes, counts.writes_earlier), (3, before), "what was sent before apart");
    assert_eq!(desk.target.units(1, desk.w1_service()), w1_steps());
    assert_eq!(desk.target.carried_out(), 3);
    let rows = &only_subscription(&resumed).writes;
    let standing = results(rows).into_iter().filter(|(_, _, result)| result.ends_with("written"));
    assert!(standing.count() >= 3, "{rows:#?}");
    assert_eq!(asked.expect("the one that was asked for").header.status, Outcome::NoChange);
}

#[tokio::test]
async fn killed_before_reading_back_the_outcome_still_lists_what_was_written() {
    let desk = Desk::with_w1().await;
    desk.target.hang_on_read(2);
    desk.killed().await;
    let (resumed, _) = restarted(&desk).await;
    assert_eq!(resumed.header.status, Outcome::Success, "{resumed:#?}");
    let writes = &only_subscription(&resumed).writes;
    let attempts: Vec<u32> = writes.iter().map(|write| write.attempt).collect();
    assert_eq!(attempts, [1, 1, 1]);
    assert_eq!(desk.target.sent().len(), 3);
    assert_eq!(resumed.ledgers.len(), 1);
}

/// 5 seats since August, by an earlier run; then something of the operator's; then September: 8 from the 20th.
async fn x1_or_x2(later: &str, seats: i64) -> Desk {
    let desk = Desk::with_w1().await;
    let (five, eight) =
        (("a", "2026-09-01", "2026-09-19", 5), ("a", "2026-09-20", "2026-09-30", 8));
    desk.source.bill_again(&[five, eight]);
    desk.target.put_on_contract(1, desk.w1_service(), day("2026-08-01"), 5);
    desk.target.edit(1, desk.w1_service(), day(later), seats);
    desk
}

async fn without_a_kill(later: &str, seats: i64) -> Timeline {
    let desk = x1_or_x2(later, seats).await;
    desk.customers().await;
    desk.target.units(1, desk.w1_service())
}

#[rstest]
#[case::x1("2026-10-10", 4)]
#[case::x2("2026-10-01", 3)]
#[tokio::test]
async fn x11_a_resumed_plan_does_not_take_its_own_half_for_a_later_change(
    #[case] later: &str,
    #[case] seats: i64,
) {
    let wanted = without_a_kill(later, seats).await;
    for write in 1..=2 {
        for fault in [Fault::HangBefore, Fault::HangAfter] {
            let desk = x1_or_x2(later, seats).await;
            desk.target.fault(write, fault.clone());
            desk.killed().await;
            restarted(&desk).await;
            let units = desk.target.units(1, desk.w1_service());
            assert_eq!(units, wanted, "killed at write {write}, {fault:?}");
        }
    }
}

#[tokio::test]
async fn x2_keeps_the_operators_quantity_from_the_day_it_was_set() {
    let units = without_a_kill("2026-10-01", 3).await;
    assert_eq!(units, steps(&[("2026-08-01", 5), ("2026-09-20", 8)]));
}

#[tokio::test]
async fn a_products_run_that_was_killed_makes_no_second_service() {
    for fault in [Fault::HangBefore, Fault::HangAfter] {
        let desk = Desk::new();
        desk.source.product("BASIC", "6.90", "8.00");
        desk.target.fault(1, fault);
        let request = SyncRequest { scope: Scope::Products, ..SyncRequest::default() };
        tokio::select! {
            reports = desk.sync(request.clone()) => panic!("it was to be killed: {reports:#?}"),
            () = desk.target.hung.notified() => {}
        }
        let reports = desk.sync(request).await;
        let ended: Vec<_> = reports.iter().map(|report| report.header.status).collect();
        assert_eq!(ended, [Outcome::Success, Outcome::NoChange], "{reports:#?}");
        assert_eq!(desk.target.services_now(), 1);
    }
}

/// Killed in the products half of a request for both: the next start does both, before what it was asked for.
#[rstest]
#[case::before_the_service_was_made(Fault::HangBefore)]
#[case::after_it_was_made(Fault::HangAfter)]
#[tokio::test]
async fn a_request_for_both_that_was_killed_in_its_first_half_resumes_both(#[case] fault: Fault) {
    let desk = Desk::with_w1().await;
    desk.source.product("EXTRA", "6.00", "7.00");
    desk.target.fault(1, fault);
    let both = SyncRequest { scope: Scope::All, ..SyncRequest::default() };
    tokio::select! {
        reports = desk.sync(both) => panic!("it was to be killed: {reports:#?}"),
        () = desk.target.hung.notified() => {}
    }
    let products = SyncRequest { scope: Scope::Products, ..SyncRequest::default() };
    let reports = desk.sync(products).await;
    let ended: Vec<_> = reports.iter().map(|one| (one.header.kind, one.header.status)).collect();
    let wanted = [
        (RunKind::Products, Outcome::Success),
        (RunKind::Customers, Outcome::Success),
        (RunKind::Products, Outcome::NoChange),
    ];
    assert_eq!(ended, wanted, "{reports:#?}");
    assert_eq!(desk.target.units(1, desk.w1_service()), w1_steps());
    assert_eq!(desk.target.services_now(), 2);
}

/// Killed between the halves: the first is not run again, the second is not forgotten, and nothing is left when it is done.
#[rstest]
#[case::stored_now(of_connection(&ConnectionId::new("autotask")))]
#[case::stored_by_a_version_that_knew_one_target(Key::new())]
#[tokio::test]
async fn a_request_for_both_that_was_killed_between_its_halves_goes_on_with_the_second(
    #[case] key: Key,
) {
    let desk = Desk::with_w1().await;
    let products = SyncRequest { scope: Scope::Products, ..SyncRequest::default() };
    let first = desk.one(products).await;
    let request = SyncRequest { scope: Scope::All, ..SyncRequest::default() };
    let left = Unfinished { run: first.header.id, request, invoices: Vec::new(), author: None };
    let mut batch = Batch::new();
    batch.put(UNFINISHED, &key, &left);
    desk.equipment.store.commit(batch).await.expect("a commit");
    let (store, elsewhere) = (&desk.equipment.store, ConnectionId::new("elsewhere"));
    assert_eq!(left_unfinished(store, &elsewhere).await.expect("read"), None);
    let (resumed, asked) = restarted(&desk).await;
    assert_eq!(resumed.header.kind, RunKind::Customers);
    assert_eq!(resumed.header.status, Outcome::Success, "{resumed:#?}");
    assert_eq!(desk.target.units(1, desk.w1_service()), w1_steps());
    assert_eq!(asked.expect("the one that was asked for").header.status, Outcome::NoChange);
    assert_eq!(desk.equipment.store.scan(UNFINISHED, Key::new()).await.expect("read"), []);
}

/// Cancelled after the first half is not cut off: nothing is left to be finished.
#[tokio::test]
async fn a_request_that_was_cancelled_in_its_first_half_is_over() {
    let desk = Desk::with_w1().await;
    desk.source.product("EXTRA", "6.00", "7.00");
    desk.cancel_after_writes(1);
    let both = SyncRequest { scope: Scope::All, ..SyncRequest::default() };
    let reports = desk.sync(both).await;
    assert_eq!(reports.len(), 1, "{reports:#?}");
    let again = Desk { cancel: tokio_util::sync::CancellationToken::new(), ..desk };
    let reports =
        again.sync(SyncRequest { scope: Scope::Products, ..SyncRequest::default() }).await;
    assert_eq!(reports.len(), 1, "{reports:#?}");
    assert_eq!(reports[0].header.status, Outcome::NoChange);
}
