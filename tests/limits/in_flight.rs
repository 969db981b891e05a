//! Requests in flight: the simulator enforces the thread limit, so a sync that keeps to it is never turned away.

use std::time::Duration;

use prism_connect::sim::{Limits, SimSettings};

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
