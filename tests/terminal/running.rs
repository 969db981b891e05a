//! While a sync is on.

use rustix::process::Signal;

use crate::{leaving::assert_opens, pty::Console, walking::demo};

/// A sync of the demo world that takes its time, on the live screen.
fn syncing() -> (Console, tempfile::TempDir) {
    let (mut console, home) = demo(&["--latency-ms", "40"], (100, 30));
    console
        .send("5")
        .until("No run yet")
        .send("p")
        .until("nothing is sent yet")
        .send("A")
        .until("Apply");
    console.answer("y").until("running");
    (console, home)
}

#[test]
fn quitting_asks_and_staying_lets_the_sync_go_on_to_its_end() {
    let (mut console, _home) = syncing();
    console.send("q").until("A sync is running. Leave?").assert_taken();
    console.answer("\x1b").until_gone("Leave?").until("Sync ended");
    console.send("q");
    assert_eq!(console.end(), 0);
    console.assert_given_back();
}

#[test]
fn leaving_stops_the_sync_between_two_writes_and_the_store_is_consistent() {
    let (mut console, home) = syncing();
    console.send("q").until("A sync is running. Leave?").answer("y");
    assert_eq!(console.end(), 0);
    console.assert_given_back();
    assert_opens(home.path());
}

#[test]
fn a_signal_stops_the_sync_between_two_writes_and_the_store_is_consistent() {
    let (mut console, home) = syncing();
    console.signal(Signal::TERM);
    assert_eq!(console.end(), 0);
    console.assert_given_back();
    assert_opens(home.path());
}

#[test]
fn a_sync_survives_a_stop_of_the_process() {
    let (mut console, _home) = syncing();
    console.signal(Signal::STOP).signal(Signal::CONT).until("Sync ended");
    console.until("Success");
}
