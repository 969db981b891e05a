//! What the stories found where the target keeps lines, each as small as it can be told.

use prism_connect::domain::outcome::Outcome;
use serde_json::{Value, json};

use crate::{
    cases::{Case, until_october, w1_stands},
    faults::LATEST_MILLIS,
    rig::{Setup, Target, pretty},
};

/// W1 on ConnectWise, where requests are given up after a second.
async fn impatient() -> Case {
    let config = "[limits]\ntimeout_seconds = 1\n";
    let setup = Setup { config, month: (2026, 9), target: Target::Connectwise, ..Setup::default() };
    Case::set_up(setup, until_october(6, |scenario| scenario)).await
}

/// Something happens to the first line that is added.
fn first_line(fault: Value) -> Value {
    json!({"system": "connectwise", "method": "POST", "path": "additions$", "times": 1,
        "fault": fault})
}

/// The second one has the key of the first (sync-rules 10.11): the line that shows it is the second's.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_line_that_is_sent_again_is_not_taken_for_the_lost_one_come_late_r10_11() {
    let mut case = Case::w1_on(Target::Connectwise).await;
    case.rig.fault(first_line(json!("cut_before"))).await;
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
    case.rig.fault(first_line(json!({"delay_ms": LATEST_MILLIS}))).await;
    case.sync(Vec::new()).await;
    case.rig.no_faults().await;
    case.all_arrived().await;
    assert_eq!(case.rig.changes().len(), 3, "it did come late");
    let runs = case.sync(Vec::new()).await;
    assert_eq!(runs[0].header.status, Outcome::Warning, "{}", pretty(&runs[0]));
    assert!(pretty(&runs[0]).contains("late_write"), "{}", pretty(&runs[0]));
    assert_eq!(case.units().await, w1_stands());
    let mut lines: Vec<i64> =
        case.hands.lines(case.contract()).await.iter().map(|line| line.units).collect();
    lines.sort_unstable();
    assert_eq!(lines, [0, 1, 5]);
    let standing = case.results().await.iter().filter(|told| !told.contains("not")).count();
    assert_eq!((standing, case.rig.changes().len()), (4, 4), "{:?}", case.results().await);
}
