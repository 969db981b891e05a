//! The console is started over what a kill left, in a terminal, and nobody presses a key: the run is finished.

use std::{
    io::Write as _,
    process::{Child, Output, Stdio},
};

use serde_json::json;

use crate::{
    program::{Stage, forty_writes, w1, waited},
    pty::Console,
};

const SIZE: (u16, u16) = (80, 24);

/// A sync of customers that is killed when so many writes have been carried out, of which the last is never answered.
async fn killed_after(stage: &mut Stage, writes: u64) {
    let silence = json!({"system": "autotask", "writes": true, "after": writes - 1, "times": 1,
        "fault": {"delay_reply_ms": 600_000}});
    stage.rig.fault(silence).await;
    let mut command = stage.command(&["sync", "customers"]);
    command.env("PRISM_CONNECT_LIMITS_WRITERS", "1");
    let mut child = command.spawn().expect("the program starts");
    while (stage.written() as u64) < writes {
        tokio::task::yield_now().await;
    }
    child.kill().expect("it is killed");
    waited(child).await;
    stage.rig.no_faults().await;
}

/// A command that is given this on its stdin.
async fn given(stage: &mut Stage, words: &[&str], text: &str) -> Output {
    let spawned = stage.command(words).stdin(Stdio::piped()).spawn();
    let mut child: Child = spawned.expect("the program starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin.write_all(text.as_bytes()).expect("it reads");
    drop(stdin);
    waited(child).await
}

fn left(mut console: Console) {
    console.send("q");
    assert_eq!(console.end(), 0);
    console.assert_given_back();
}

/// Run 2 ended at this attempt with this many writes, and each of its customers is in its rows.
async fn is_complete(stage: &mut Stage, attempt: u64, (writes, customers): (u64, usize)) {
    let run = stage.json(&["runs", "show", "2"]).await;
    assert_eq!(run["status"], "success", "{run:#}");
    assert_eq!((&run["attempt"], &run["counts"]["writes"]), (&json!(attempt), &json!(writes)));
    assert_eq!(run["customers"].as_array().map(Vec::len), Some(customers), "{run:#}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_console_that_is_merely_started_finishes_what_a_kill_left() {
    let mut stage = Stage::set(forty_writes()).await;
    killed_after(&mut stage, 17).await;
    let mut console = Console::start(stage.console(), SIZE);
    console.until("Sync ended: Success");
    assert_eq!(stage.written(), 40);
    stage.stands_exactly("without a key").await;
    left(console);
    is_complete(&mut stage, 2, (40, 8)).await;
    stage.is_settled("without a key").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_console_that_is_killed_while_it_finishes_the_run_leaves_it_to_the_next() {
    let mut stage = Stage::set(w1()).await;
    killed_after(&mut stage, 1).await;
    let mut dying = stage.console();
    dying.env("PRISM_CONNECT_CRASH", "sent");
    assert_ne!(Console::start(dying, SIZE).end(), 0);
    assert_eq!(stage.written(), 2);
    let mut console = Console::start(stage.console(), SIZE);
    console.until("Sync ended: Success");
    assert_eq!(stage.written(), 3);
    stage.stands_exactly("the third start").await;
    left(console);
    is_complete(&mut stage, 3, (3, 1)).await;
    stage.is_settled("the third start").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_only_console_shows_that_a_run_was_cut_off_and_writes_nothing() {
    let mut stage = Stage::set(w1()).await;
    killed_after(&mut stage, 2).await;
    let mut looking = stage.console();
    looking.arg("--read-only");
    let mut console = Console::start(looking, SIZE);
    console.until("Run 2 was cut off.").send("j");
    console.until("The next start of the console finishes it");
    left(console);
    assert_eq!(stage.written(), 2);
    let runs = stage.command(&["runs", "list"]).spawn().expect("the program starts");
    let runs = String::from_utf8(waited(runs).await.stdout).expect("text");
    assert!(runs.contains("unfinished"), "{runs}");
    let status = stage.json(&["status"]).await;
    assert_eq!(status["unfinished"]["id"], "2", "{status:#}");
    // The answer to the second was not read any more.
    let shown = stage.json(&["runs", "show", "last"]).await;
    assert_eq!(shown["counts"]["writes"], 1, "{shown:#}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn behind_a_passphrase_the_run_is_finished_once_it_is_typed() {
    let mut stage = Stage::set(w1()).await;
    killed_after(&mut stage, 2).await;
    let set = given(&mut stage, &["passphrase", "set", "--secret-stdin"], "hunter2hunter2\n").await;
    assert!(set.status.success(), "{set:?}");
    let mut console = Console::start(stage.console(), SIZE);
    console.until("Passphrase of the vault, to finish run 2").read_by_a_person();
    assert_eq!(stage.written(), 2);
    console.send("hunter2hunter2\r").until("Sync ended: Success");
    assert_eq!(stage.written(), 3);
    stage.stands_exactly("unlocked").await;
    left(console);
}
