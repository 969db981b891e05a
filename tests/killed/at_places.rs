//! Killed at named places of the code (`engine::crash_point`), as `kill -9` would do it there.

use rstest::rstest;

use crate::{
    program::{Stage, forty, forty_writes, w1, was_killed, writes_of_w1},
    rig::Target,
};

/// Killed there in its first run, then started again: the rest is written and nothing twice.
async fn killed_once_in_w1(target: Target, place: &str) {
    let mut stage = Stage::set_on(target, w1()).await;
    let killed = stage.sync(Some(place)).await;
    assert!(was_killed(killed.status), "{place} is passed: {killed:?}");
    let resumed = stage.sync(None).await;
    assert_eq!(resumed.status.code(), Some(0), "{place}: {resumed:?}");
    assert_eq!(stage.written(), writes_of_w1(target), "{place}");
    stage.stands_exactly(place).await;
    stage.is_settled(place).await;
}

#[rstest]
#[case::before_its_intent("before-intent")]
#[case::between_intent_and_send("intent-written")]
#[case::between_send_and_result("sent")]
#[case::after_its_result("result-written")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x8_killed_around_each_write_of_w1_the_next_start_writes_exactly_the_rest(
    #[case] place: &str,
    #[values(1, 2, 3)] write: u32,
) {
    killed_once_in_w1(Target::Autotask, &format!("{place}:{write}")).await;
}

#[rstest]
#[case::before_its_intent("before-intent")]
#[case::between_intent_and_send("intent-written")]
#[case::between_send_and_result("sent")]
#[case::after_its_result("result-written")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cw16_killed_around_each_line_of_w1_the_next_start_adds_exactly_the_rest(
    #[case] place: &str,
    #[values(1, 2)] write: u32,
) {
    killed_once_in_w1(Target::Connectwise, &format!("{place}:{write}")).await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x8_killed_around_the_record_of_w1_the_next_start_records_it(
    #[values(
        "run-begun",
        "before-record",
        "contract-recorded",
        "recorded",
        "before-ledger",
        "ledger-recorded",
        "before-finish",
        "finished"
    )]
    place: &str,
    #[values(Target::Autotask, Target::Connectwise)] target: Target,
) {
    killed_once_in_w1(target, place).await;
}

/// Every start is killed again, one write further on, until there is nothing left to write.
#[rstest]
#[case::before_each_intent("before-intent:2")]
#[case::between_each_intent_and_its_send("intent-written:2")]
#[case::between_each_send_and_its_result("sent")]
#[case::after_each_result("result-written")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn forty_writes_of_which_each_is_killed_are_forty_writes(
    #[case] place: &str,
    #[values(Target::Autotask, Target::Connectwise)] target: Target,
) {
    killed_again_and_again(target, place, 1, forty(target) - 1).await;
}

/// The same with three contracts at once: several writes are cut off by each kill.
#[rstest]
#[case::autotask(Target::Autotask, 10)]
#[case::connectwise(Target::Connectwise, 6)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn forty_writes_side_by_side_of_which_each_third_is_killed_are_forty_writes(
    #[case] target: Target,
    #[case] at_least: usize,
) {
    killed_again_and_again(target, "sent:3", 3, at_least).await;
}

async fn killed_again_and_again(target: Target, place: &str, writers: u32, at_least: usize) {
    let mut stage = Stage::set_on(target, forty_writes()).await;
    let (mut kills, all) = (0, forty(target));
    loop {
        let done = stage.sync_with(Some(place), writers).await;
        if !was_killed(done.status) {
            assert_eq!(done.status.code(), Some(0), "after {kills} kills: {done:?}");
            break;
        }
        kills += 1;
        assert!(stage.written() <= all, "{} writes after {kills} kills", stage.written());
        assert!(kills <= all + 1, "it does not come to an end");
    }
    assert!(kills >= at_least, "{kills} kills");
    assert_eq!(stage.written(), all);
    stage.stands_exactly(place).await;
    stage.is_settled(place).await;
}

/// The middle of the record of eight contracts: some are recorded, some are not.
#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_in_the_middle_of_recording_forty_writes_the_rest_is_recorded(
    #[values(Target::Autotask, Target::Connectwise)] target: Target,
) {
    let mut stage = Stage::set_on(target, forty_writes()).await;
    let killed = stage.sync(Some("contract-recorded:4")).await;
    assert!(was_killed(killed.status), "{killed:?}");
    let resumed = stage.sync(None).await;
    assert_eq!(resumed.status.code(), Some(0), "{resumed:?}");
    let run = stage.json(&["runs", "show", "2"]).await;
    assert_eq!(run["counts"]["writes"], forty(target), "{run:#}");
    assert_eq!(run["customers"].as_array().map(Vec::len), Some(8), "{run:#}");
    assert_eq!(run["ledgers"][0]["balance"], "0.00", "{run:#}");
    assert_eq!(stage.written(), forty(target));
    stage.stands_exactly("the middle of the record").await;
    stage.is_settled("the middle of the record").await;
}
