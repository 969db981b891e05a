//! The hourly budget, which other integrations use up.

use prism_connect::{
    domain::outcome::Outcome,
    engine::protocol::{Answer, command},
    sim::{Limits, SimSettings},
};
use rstest::rstest;

use crate::{
    rig::pretty,
    scene::{HOURLY, Scene},
};

const BUDGET: &str = "Autotask's hourly budget";

/// Requests of ours that count.
fn ours(scene: &Scene) -> u64 {
    let entries = scene.rig.simulation.journal().entries();
    let counted = entries.iter().filter(|entry| entry.path.contains("/V1.0/"));
    counted.filter(|entry| !entry.path.ends_with("zoneInformation")).count() as u64
}

#[tokio::test]
async fn a_budget_used_up_before_the_sync_is_waited_for() {
    let scene = Scene::set().await;
    scene.others(HOURLY).await;
    let mut course = scene.begin();
    let wait = course.until_it_waits(BUDGET).await;
    assert!(wait.until.is_some());
    assert!(scene.rig.changes().is_empty());
    scene.others(0).await;
    let ended = course.end().await;
    ended.is_success();
    scene.all_is_written_once().await;
    assert_eq!(scene.turned_away(), 0);
}

#[rstest]
#[case::amid_the_products(8)]
#[case::amid_the_reads(10)]
#[case::amid_the_writes(20)]
#[tokio::test]
async fn a_budget_used_up_amid_the_sync_is_waited_for_before_the_server_refuses(#[case] left: u64) {
    let scene = Scene::set().await;
    scene.leave(left).await;
    let mut course = scene.begin();
    course.until_it_waits(BUDGET).await;
    assert!(ours(&scene) <= left, "{} of {left}", ours(&scene));
    scene.others(0).await;
    course.end().await.is_success();
    scene.all_is_written_once().await;
    assert_eq!(scene.turned_away(), 0);
}

/// Others used everything up at once: the server turns even the look away, and that is waited for as well.
#[tokio::test]
async fn a_budget_that_the_server_enforces_is_waited_for() {
    let settings = SimSettings { limits: Limits::Real, ..SimSettings::default() };
    let scene = Scene::set_with(3, "", settings).await;
    scene.others(HOURLY).await;
    let mut course = scene.begin();
    course.until_it_waits("Autotask (too many requests)").await;
    scene.others(0).await;
    course.end().await.is_success();
    scene.all_is_written_once().await;
    assert_ne!(scene.turned_away(), 0);
}

#[tokio::test]
async fn the_status_shows_the_wait_while_it_lasts() {
    let scene = Scene::set().await;
    scene.others(HOURLY).await;
    let mut course = scene.begin();
    course.until_it_waits(BUDGET).await;
    let answer = scene.rig.ask(command::Status).await;
    let Answer::Status(status) = answer else { panic!("{answer:?}") };
    let running = status.running.expect("a run is on");
    assert!(running.text.contains("waits for Autotask's hourly budget until"), "{}", running.text);
    scene.others(0).await;
    course.end().await.is_success();
}

#[tokio::test]
async fn a_cancel_ends_the_wait_for_a_budget_that_is_never_free() {
    let scene = Scene::set().await;
    scene.leave(20).await;
    let mut course = scene.begin();
    course.until_it_waits(BUDGET).await;
    scene.others(HOURLY).await;
    scene.rig.ask(command::Cancel).await;
    let ended = course.end().await;
    let last = ended.runs.last().expect("a run");
    assert_eq!(
        last.header.message.as_ref().expect("why").code.as_str(),
        "cancelled",
        "{}",
        pretty(last)
    );
    assert_eq!(last.header.status, Outcome::Failure);
    assert_eq!(last.customers.len(), 3, "each is accounted for: {}", pretty(last));
    scene.others(0).await;
    scene.the_next_sync_writes_the_rest().await;
}
