//! Turned away for ever: the run does not last for ever, says why it ended, and leaves the rest to the next one.

use prism_connect::{
    domain::outcome::{Finding, Outcome},
    sim::SimSettings,
};
use rstest::rstest;
use serde_json::{Value, json};

use crate::{
    rig::pretty,
    scene::{Scene, errors, thread_limit, too_many},
};

async fn ends_and_leaves_the_rest(rule: Value) {
    let scene = Scene::set().await;
    scene.autotask(&rule).await;
    let ended = scene.sync().await;
    let last = ended.runs.last().expect("a run");
    assert_eq!(last.header.status, Outcome::Failure, "{}", pretty(last));
    ended.waited_for("Autotask (too many requests)");
    let told: Vec<_> = ended.runs.iter().flat_map(errors).collect();
    let says = |told: &&Finding| told.text.contains("Autotask, ") && told.text.contains("minutes");
    assert!(told.iter().any(says), "where, and how long it was waited for: {told:?}");
    assert!(told.iter().all(|told| !told.advice.is_empty()), "what to do: {told:?}");
    assert!(ended.runs.iter().all(|run| run.header.finished_at.is_some()));
    scene.rig.no_faults().await;
    scene.trying_again_writes_the_rest().await;
}

#[rstest]
#[case::too_many(too_many(None))]
#[case::come_back_at_once(too_many(Some("0")))]
#[case::come_back_tomorrow(too_many(Some("86400")))]
#[case::the_thread_limit(thread_limit())]
#[tokio::test]
async fn a_sync_whose_writes_are_turned_away_for_ever_ends(
    #[case] fault: Value,
    #[values(0, 6)] after: u64,
) {
    ends_and_leaves_the_rest(json!({"writes": true, "after": after, "fault": fault})).await;
}

#[rstest]
#[case::too_many(too_many(None))]
#[case::come_back_at_once(too_many(Some("0")))]
#[case::come_back_tomorrow(too_many(Some("86400")))]
#[case::the_thread_limit(thread_limit())]
#[tokio::test]
async fn a_sync_whose_reads_are_turned_away_for_ever_ends(#[case] fault: Value) {
    ends_and_leaves_the_rest(json!({"path": "ContractServices/query$", "fault": fault})).await;
}

/// Each of them waits its time; they do not wait one after the other.
#[tokio::test]
async fn many_contracts_that_are_turned_away_for_ever_take_no_longer_than_a_few() {
    let waited = async |tenants| {
        let scene = Scene::set_with(tenants, "", SimSettings::default()).await;
        scene.autotask(&json!({"path": "Adjustments$", "fault": too_many(None)})).await;
        let ended = scene.sync().await;
        assert_eq!(ended.runs[1].header.status, Outcome::Failure);
        assert_eq!(ended.runs[1].customers.len(), tenants, "each is accounted for");
        ended.waits.len()
    };
    // As many as are written side by side, and three times as many.
    let (few, many) = (waited(8).await, waited(24).await);
    assert!(many <= few + 6, "{few} waits of eight contracts, {many} of twenty-four");
}
