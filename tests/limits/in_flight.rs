//! Requests in flight: the simulator enforces the thread limit, so a sync that keeps to it is never turned away.

use std::time::Duration;

use prism_connect::sim::{
    Limits, SimSettings,
    assumptions::{Assumptions, SlotRelease},
};

use crate::scene::Scene;

fn strict() -> SimSettings {
    let latency = Duration::from_millis(15);
    SimSettings { limits: Limits::Real, latency, ..SimSettings::default() }
}

#[tokio::test]
async fn eight_writers_never_meet_the_thread_limit() {
    let scene = Scene::set_with(12, "[limits]\nwriters = 8\n", strict()).await;
    scene.sync().await.is_success();
    scene.all_is_written_once().await;
    assert_eq!(scene.turned_away(), 0);
}

/// The same without the limit on our side: the server sees to it then, and that is waited for. So the simulator does
/// notice.
#[tokio::test]
async fn more_at_once_than_the_server_takes_is_waited_for() {
    let config = "[limits]\nwriters = 8\nin_flight = 16\n";
    let scene = Scene::set_with(12, config, strict()).await;
    let ended = scene.sync().await;
    ended.is_success();
    ended.waited_for("Autotask (too many requests)");
    scene.all_is_written_once().await;
    assert_ne!(scene.turned_away(), 0);
}

/// A server that frees a slot 50 ms after its answer refuses what comes at once. That is learnt from the first such answers of
/// an endpoint, of which as many may be under way as there are places; from then on places rest, and none is refused.
#[tokio::test]
async fn slots_that_are_freed_late_are_refused_once_per_endpoint_and_then_waited_for() {
    let assumptions = Assumptions { slot_release: SlotRelease::Late, ..Assumptions::default() };
    let settings = SimSettings { assumptions, ..strict() };
    let scene = Scene::set_with(12, "[limits]\nwriters = 8\n", settings).await;
    scene.sync().await.is_success();
    scene.all_is_written_once().await;
    let refused = scene.turned_away_by_endpoint();
    assert!(!refused.is_empty(), "the simulator does notice");
    assert!(refused.values().all(|count| *count <= 3), "{refused:?}");
}

/// Reading has endpoints of its own: what is written is read back while other contracts are written, so that little is left
/// to read when the last write is answered.
#[tokio::test]
async fn contracts_are_read_back_while_others_are_written() {
    let scene = Scene::set_with(40, "[limits]\nwriters = 3\n", strict()).await;
    scene.rig.simulation.journal().reset();
    scene.sync().await.is_success();
    scene.all_is_written_once().await;
    let entries = scene.rig.simulation.journal().entries();
    let written = || entries.iter().filter(|one| one.entity == "ContractServiceAdjustments");
    let (first, last) = (written().next(), written().next_back());
    let (first, last) = (first.expect("a write").n, last.expect("a write").n);
    let lists = entries.iter().filter(|one| one.entity == "Contracts" && one.method == "POST");
    let after: Vec<u64> = lists.map(|one| one.n).filter(|n| *n > first).collect();
    let (amid, behind): (Vec<u64>, Vec<u64>) = after.into_iter().partition(|n| *n < last);
    assert!(!amid.is_empty() && amid.len() < 5, "in lists, not one by one: {amid:?}");
    assert_eq!(behind.len(), 1, "{behind:?}");
}
