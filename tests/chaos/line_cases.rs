//! What the stories found where the target keeps lines, each as small as it can be told.

use chrono::NaiveDate;
use prism_connect::{
    domain::outcome::Outcome,
    engine::protocol::{Scope, SyncRequest},
    sim::SimSettings,
};
use serde_json::{Value, json};

use crate::{
    cases::{Case, until_october, w1_stands},
    faults::LATEST_MILLIS,
    hands::HandEdit,
    hook::{What, When},
    rig::{Rig, Setup, Target, pretty},
    scenario::Scenario,
    worlds::{PRODUCTS, own_service},
};

/// W1 on ConnectWise, where requests are given up after a second.
async fn impatient() -> Case {
    let config = "[limits]\ntimeout_seconds = 1\n";
    let setup = Setup { config, month: (2026, 9), target: Target::Connectwise, ..Setup::default() };
    Case::set_up(setup, until_october(6, |scenario| scenario)).await
}

fn day(month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, month, day).expect("a day")
}

/// September is applied and October's invoice is there: so many seats from the 10th.
async fn in_october(units: i64, change: impl FnOnce(Scenario) -> Scenario) -> Case {
    let setup = Setup { month: (2026, 9), target: Target::Connectwise, ..Setup::default() };
    let mut case = Case::set_up(setup, until_october(units, change)).await;
    case.sync(Vec::new()).await;
    case.rig.control("month/advance", &json!({})).await;
    case.rig.go_to((2026, 10)).await;
    case
}

/// Something happens to the first line that is added.
fn first_line(fault: &Value) -> Value {
    json!({"system": "connectwise", "method": "POST", "path": "additions$", "times": 1,
        "fault": fault})
}

/// The second one has the key of the first (sync-rules 10.11): the line that shows it is the second's.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_line_that_is_sent_again_is_not_taken_for_the_lost_one_come_late_r10_11() {
    let mut case = Case::w1_on(Target::Connectwise).await;
    case.rig.fault(first_line(&json!("cut_before"))).await;
    case.sync(Vec::new()).await;
    for _ in 0..2 {
        let runs = case.sync(Vec::new()).await;
        assert_eq!(runs[0].header.status, Outcome::NoChange, "{}", pretty(&runs[0]));
    }
    let mut told = case.results().await;
    told.sort();
    assert_eq!(told, ["settled as not written", "written", "written"]);
    assert_eq!((case.units().await, case.rig.changes().len()), (w1_stands(), 2));
}

/// Two lines with one key: the younger is amended to 0, and every write that was carried out is told.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_line_that_comes_late_beside_its_repetition_is_amended_to_nothing_r10_11() {
    let mut case = impatient().await;
    case.rig.fault(first_line(&json!({"delay_ms": LATEST_MILLIS}))).await;
    case.sync(Vec::new()).await;
    case.rig.no_faults().await;
    case.all_arrived().await;
    assert_eq!(case.rig.changes().len(), 3, "it did come late");
    let runs = case.sync(Vec::new()).await;
    assert_eq!(runs[0].header.status, Outcome::Warning, "{}", pretty(&runs[0]));
    assert!(pretty(&runs[0]).contains("late_write"), "{}", pretty(&runs[0]));
    let told = pretty(&runs[0]);
    assert!(told.contains("on the agreement") && !told.contains("on the contract"), "{told}");
    assert_eq!(case.units().await, w1_stands());
    let mut lines: Vec<i64> =
        case.hands.lines(case.contract()).await.iter().map(|line| line.units).collect();
    lines.sort_unstable();
    assert_eq!(lines, [0, 1, 5]);
    let standing = case.results().await.iter().filter(|told| !told.contains("not")).count();
    assert_eq!((standing, case.rig.changes().len()), (4, 4), "{:?}", case.results().await);
}

/// Somebody types over the quantity of a line between our reading and our end of it: the answer tells, and what we made of the
/// line is remembered, so that the next sync sets the edit back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_line_that_is_typed_over_right_before_it_is_ended_is_set_back_r10_6() {
    let mut case = in_october(3, |scenario| scenario).await;
    let over = HandEdit {
        contract: case.contract(),
        service: own_service(PRODUCTS[0].0),
        date: day(9, 1),
        units: 1,
    };
    let runs = case.sync(vec![(When::BeforeWrite(1), What::TypeOver(over))]).await;
    assert_eq!(runs[0].header.status, Outcome::Failure, "{}", pretty(&runs[0]));
    let request =
        SyncRequest { scope: Scope::Customers, retry_failed: true, ..SyncRequest::default() };
    case.sync_as(request, Vec::new()).await;
    let october = ("2026-10-10".to_owned(), 3);
    assert_eq!(case.units().await, [w1_stands(), vec![october]].concat());
}

/// A sync that comes before the lists show what the last one wrote trusts what was answered (wire 4, fact 16).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_no_list_shows_yet_is_not_written_again() {
    let mut case = Case::w1_on(Target::Connectwise).await;
    case.hands.lag(86_400).await;
    case.sync(Vec::new()).await;
    assert!(case.rig.recheck().await.operations.is_empty());
    let request = SyncRequest { scope: Scope::Customers, recheck: true, ..SyncRequest::default() };
    let runs = case.sync_as(request, Vec::new()).await;
    assert_eq!(runs[0].header.status, Outcome::NoChange, "{}", pretty(&runs[0]));
    assert_eq!((case.units().await, case.rig.changes().len()), (w1_stands(), 2));
}

/// The same of a new item: it is neither gone, nor made a second time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_item_that_no_list_shows_yet_is_neither_gone_nor_made_again() {
    let setup = Setup { month: (2026, 9), target: Target::Connectwise, ..Setup::default() };
    let world = until_october(6, |scenario| scenario).world();
    let rig = Rig::connected(world, setup, SimSettings::default()).await;
    rig.map_all(|_| {}).await;
    rig.control("assumptions", &json!({"cw_list_lag": "86400"})).await;
    let made = rig.sync_scope(Scope::Products).await;
    assert_eq!(made.header.status, Outcome::Success, "{}", pretty(&made));
    let again = rig.sync_scope(Scope::Products).await;
    assert_eq!(again.header.status, Outcome::NoChange, "{}", pretty(&again));
    let synced = rig.sync().await;
    assert_eq!(synced.header.status, Outcome::Success, "{}", pretty(&synced));
    assert_eq!(rig.changes().len(), 3);
}

/// October's write that sets a line back is lost, and September planned again writes it: the line reads as both leave it, and
/// one was carried out.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_another_invoice_has_written_since_is_not_the_lost_write_come_late_r8_2() {
    let mut case = in_october(3, |scenario| scenario).await;
    let before = case.rig.changes().len();
    let over = HandEdit {
        contract: case.contract(),
        service: own_service(PRODUCTS[0].0),
        date: day(9, 1),
        units: 3,
    };
    let lost = json!({"system": "connectwise", "writes": true, "path": "additions", "times": 1,
        "fault": "cut_before"});
    case.rig.fault(lost).await;
    let cancelled =
        vec![(When::BeforeRead(1), What::TypeOver(over)), (When::AfterWrite(1), What::Cancel)];
    let runs = case.sync(cancelled).await;
    assert_eq!(runs[0].header.status, Outcome::Failure, "{}", pretty(&runs[0]));
    assert_eq!(case.rig.changes().len(), before, "it was lost");
    let recheck = SyncRequest { scope: Scope::Customers, recheck: true, ..SyncRequest::default() };
    let runs = case.sync_as(recheck, Vec::new()).await;
    assert_eq!(runs[0].header.counts.writes, 1, "{}", pretty(&runs[0]));
    let runs = case.sync(Vec::new()).await;
    assert!(!pretty(&runs[0]).contains("late_write"), "{}", pretty(&runs[0]));
    let october = ("2026-10-10".to_owned(), 3);
    assert_eq!(case.units().await, [w1_stands(), vec![october]].concat());
    let told = case.results().await;
    let standing = told.iter().filter(|told| !told.contains("not")).count();
    assert_eq!(standing, case.rig.changes().len(), "{told:?}");
}
