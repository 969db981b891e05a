//! Asked to stop by a signal: it ends between two changes, within one request's time-out, with a complete record.

use std::process::Child;

use rstest::rstest;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::{
    program::{Stage, forty, forty_writes, waited},
    rig::Target,
};

fn signalled(child: &Child, signal: Signal) {
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw).expect("a process");
    kill_process(pid, signal).expect("it is told");
}

/// The tenth write is carried out and never answered; then the signal comes.
#[rstest]
#[case::interrupt(Signal::INT)]
#[case::terminate(Signal::TERM)]
#[case::hang_up(Signal::HUP)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signal_in_mid_sync_stops_it_between_two_writes(
    #[case] signal: Signal,
    #[values(Target::Autotask, Target::Connectwise)] target: Target,
) {
    let mut stage = Stage::set_on(target, forty_writes()).await;
    let silence = json!({"writes": true, "after": 9, "times": 1,
        "fault": {"delay_reply_ms": 600_000}});
    stage.rig.fault(silence).await;
    let mut command = stage.command(&["sync", "customers", "--json"]);
    command.env("PRISM_CONNECT_LIMITS_TIMEOUT_SECONDS", "2");
    command.env("PRISM_CONNECT_LIMITS_WRITERS", "1");
    let child = command.spawn().expect("the program starts");
    while stage.written() < 10 {
        tokio::task::yield_now().await;
    }
    signalled(&child, signal);
    // The reply would come after ten minutes: it ends at its own time-out, or never.
    let done = waited(child).await;
    assert_eq!(done.status.code(), Some(4), "{done:?}");
    assert_eq!(stage.written(), 10, "nothing is sent after the signal");
    let shown: Value = serde_json::from_slice(&done.stdout).expect("JSON");
    let run = &shown["runs"][0];
    assert_eq!(run["message"]["code"], "cancelled", "{run:#}");
    assert_eq!(run["ledgers"][0]["balance"], "0.00", "{run:#}");
    assert_eq!(run["customers"].as_array().map(Vec::len), Some(8), "{run:#}");
    stage.rig.no_faults().await;
    let rest = stage.sync(None).await;
    assert_eq!(rest.status.code(), Some(0), "{rest:?}");
    assert_eq!(stage.written(), forty(target));
    stage.stands_exactly("the rest").await;
    stage.is_settled("the rest").await;
}
