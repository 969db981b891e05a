//! Every way out gives the terminal back as it was found, and leaves a store that opens.

use std::path::Path;

use rstest::rstest;
use rustix::process::Signal;

use crate::pty::{Console, program, program_by};

/// An installation with nothing in it.
fn empty() -> (Console, tempfile::TempDir) {
    let home = tempfile::tempdir().expect("a directory");
    let mut command = program(home.path());
    command.args(["--data-dir", "data"]);
    let mut console = Console::start(command, (80, 24));
    console.until("Connect PRISM").assert_taken();
    (console, home)
}

/// That the next process finds a store in order.
pub fn assert_opens(home: &Path) {
    let told = std::process::Command::new(env!("CARGO_BIN_EXE_prism-connect"))
        .args(["--data-dir", "data", "status", "--json"])
        .current_dir(home)
        .env("HOME", home)
        .output()
        .expect("the program");
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
}

/// What the log of this home says.
fn log(home: &Path) -> String {
    let mut text = String::new();
    let mut folders = vec![home.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "log") {
                text.push_str(&std::fs::read_to_string(path).expect("a log"));
            }
        }
    }
    text
}

#[rstest]
#[case::by_its_key("q")]
#[case::by_interrupting_twice("\x03\x03")]
fn the_operator_leaves(#[case] keys: &str) {
    let (mut console, home) = empty();
    console.send(keys);
    assert_eq!(console.end(), 0);
    console.assert_given_back();
    assert_opens(home.path());
}

#[rstest]
#[case(Signal::TERM)]
#[case(Signal::HUP)]
#[case(Signal::INT)]
fn a_signal_ends_it_in_order(#[case] signal: Signal) {
    let (mut console, home) = empty();
    console.send("3").until("is not connected").signal(signal);
    assert_eq!(console.end(), 0);
    console.assert_given_back();
    assert_opens(home.path());
}

#[test]
fn a_suspended_console_lends_the_terminal_to_the_shell_and_comes_back_as_it_was() {
    let home = tempfile::tempdir().expect("a directory");
    let script = "set -m; \"$0\" --data-dir data; echo STOPPED; read line; fg; echo ENDED";
    let mut shell = program_by("sh", home.path());
    shell.args(["-c", script, env!("CARGO_BIN_EXE_prism-connect")]);
    let mut console = Console::start(shell, (80, 24));
    console.until("Connect PRISM").send("2").until("Not configured");
    console.send("\x1a").until("STOPPED");
    console.assert_given_back();
    console.resize(120, 36).send("\r").wait("the whole screen again", |screen| {
        let screen = screen.contents();
        screen.contains("Not configured") && !screen.contains("STOPPED")
    });
    console.assert_taken();
    console.send("3").until("is not connected").send("q").until("ENDED");
    console.end();
    console.assert_given_back();
}

#[test]
fn without_a_shell_to_go_to_suspending_changes_nothing() {
    let (mut console, _home) = empty();
    console.send("\x1a").send("3").until("is not connected").assert_taken();
}

#[test]
fn going_on_after_a_stop_from_outside_draws_everything_anew() {
    let (mut console, _home) = empty();
    console.signal(Signal::STOP).send("3");
    // What another program left on the terminal meanwhile.
    console.signal(Signal::CONT).until("is not connected").assert_taken();
}

#[cfg(debug_assertions)]
mod faults {
    use super::*;

    /// An installation in which F11 and F12 are faults.
    fn faulty() -> (Console, tempfile::TempDir) {
        let home = tempfile::tempdir().expect("a directory");
        let mut command = program(home.path());
        command.args(["--data-dir", "data", "--mouse"]);
        command.env("PRISM_CONNECT_PANIC", "1");
        let mut console = Console::start(command, (80, 24));
        console.until("Connect PRISM");
        (console, home)
    }

    #[test]
    fn a_panic_leaves_the_terminal_first_then_is_reported_and_is_in_the_log() {
        let (mut console, home) = faulty();
        console.send("\x1b[24~");
        assert_eq!(console.end(), 1);
        console.assert_given_back();
        let told = console.text();
        assert!(told.contains("provoked on the console's thread"), "{told}");
        assert!(told.contains("What was confirmed is recorded"), "{told}");
        assert!(log(home.path()).contains("provoked on the console's thread"));
        assert_opens(home.path());
    }

    #[test]
    fn a_panic_of_a_task_disturbs_no_screen_and_is_told_on_leaving() {
        let (mut console, home) = faulty();
        console.send("\x1b[23~").send("3").until("is not connected").assert_taken();
        console.send("q");
        assert_eq!(console.end(), 0);
        console.assert_given_back();
        assert!(console.text().contains("provoked in a task"), "{}", console.text());
        assert!(log(home.path()).contains("provoked in a task"));
        assert_opens(home.path());
    }
}
