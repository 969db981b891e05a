//! A cancel amid a wait ends the run between two writes, and the next sync writes exactly the rest.

use prism_connect::engine::protocol::command;
use rstest::rstest;
use serde_json::{Value, json};

use crate::{
    rig::pretty,
    scene::{Scene, thread_limit, too_many},
};

#[rstest]
#[case::a_read_that_got_429(json!({"path": "ContractServices/query$"}), too_many(Some("3000")))]
#[case::a_read_at_the_thread_limit(json!({"path": "ContractServices/query$"}), thread_limit())]
#[case::a_read_back_that_got_429(
    json!({"path": "ContractServices/query$", "after": 1}),
    too_many(Some("3000"))
)]
#[case::the_first_service_that_got_429(json!({"writes": true}), too_many(Some("3000")))]
#[case::the_first_row_that_got_429(
    json!({"path": "Contracts/\\d+/Services$"}),
    too_many(Some("3000"))
)]
#[case::an_adjustment_that_got_429(json!({"path": "Adjustments$", "after": 2}), too_many(None))]
#[case::an_adjustment_at_the_thread_limit(
    json!({"path": "Adjustments$", "after": 4}),
    thread_limit()
)]
#[tokio::test]
async fn a_cancel_amid_a_wait_ends_the_run(#[case] mut rule: Value, #[case] fault: Value) {
    let scene = Scene::set().await;
    rule["fault"] = fault;
    scene.autotask(&rule).await;
    let mut course = scene.begin();
    course.until_it_waits("Autotask").await;
    scene.rig.ask(command::Cancel).await;
    let ended = course.end().await;
    let last = ended.runs.last().expect("a run");
    assert_eq!(
        last.header.message.as_ref().expect("why").code.as_str(),
        "cancelled",
        "{}",
        pretty(last)
    );
    assert!(last.header.finished_at.is_some());
    scene.rig.no_faults().await;
    scene.the_next_sync_writes_the_rest().await;
}

#[tokio::test]
async fn a_cancel_amid_a_wait_for_the_distributor_ends_the_run() {
    let scene = Scene::set().await;
    let fault = too_many(Some("3000"));
    scene.rig.fault(json!({"system": "prism", "path": "csv$", "fault": fault})).await;
    let mut course = scene.begin();
    course.until_it_waits("PRISM").await;
    scene.rig.ask(command::Cancel).await;
    let ended = course.end().await;
    let last = ended.runs.last().expect("a run");
    assert_eq!(
        last.header.message.as_ref().expect("why").code.as_str(),
        "cancelled",
        "{}",
        pretty(last)
    );
    scene.rig.no_faults().await;
    scene.the_next_sync_writes_the_rest().await;
}
