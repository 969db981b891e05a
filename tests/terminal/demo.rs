//! The demo's console is there before its world is.

use crate::{
    leaving::assert_opens,
    pty::{Console, program},
};

/// Forty customers behind a slow line: linking them takes a while.
fn slow() -> (Console, tempfile::TempDir) {
    let home = tempfile::tempdir().expect("a directory");
    let mut command = program(home.path());
    command.args(["demo", "--data-dir", "data", "--customers", "40", "--subscriptions", "2"]);
    command.args(["--latency-ms", "400"]);
    let mut console = Console::start(command, (100, 30));
    console.until("This is a simulated world").send("\r").until_gone("simulated world");
    (console, home)
}

#[test]
fn the_console_is_there_while_customers_are_linked_and_leaving_meanwhile_ends_everything() {
    let (mut console, home) = slow();
    console.assert_taken();
    console.send("3").until("Customers (").until("customers linked 2 of").send("1");
    console.until("by itself: ").until("customers linked 4 of").send("q");
    assert_eq!(console.end(), 0);
    console.assert_given_back();
    assert_opens(home.path());
}

#[test]
fn what_is_shown_only_is_set_up_all_the_same_and_changed_by_nobody() {
    let home = tempfile::tempdir().expect("a directory");
    let mut command = program(home.path());
    command.args(["demo", "--read-only", "--customers", "3", "--subscriptions", "1"]);
    let mut console = Console::start(command, (100, 30));
    console.until("read-only").until("The demo world is ready").send("\r");
    console.send("5").until("No run yet").send("p").until("nothing is sent yet");
    console.send("A").until("changes something").send("\x1b").until_gone("changes something");
    console.send("q");
    assert_eq!(console.end(), 0);
}

#[test]
fn a_world_that_cannot_be_started_ends_the_console_and_says_why() {
    let home = tempfile::tempdir().expect("a directory");
    let mut command = program(home.path());
    command.args(["demo", "--faults", "nonsense"]);
    let mut console = Console::start(command, (100, 30));
    assert_eq!(console.end(), 64);
    console.assert_given_back();
    console.until("cannot be started");
}
