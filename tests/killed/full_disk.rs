//! The store cannot be written any more in mid-run: the run stops and tells what it has written, and the next one that
//! has room writes exactly the rest. A limit on the size of files stands in for a full disk: it needs no rights, and it
//! is the store itself that meets it.

use std::{
    path::Path,
    process::{Command, Stdio},
};

use serde_json::Value;

use crate::{
    program::{BASIC, OTHER, Stage, september, waited},
    scenario::Scenario,
};

const TENANTS: u32 = 60;

/// Five for each.
const WRITES: usize = 300;

/// Bytes that the store may still take.
const ROOM: u64 = 128 * 1024;

/// Bytes of the largest file below a directory.
fn largest(dir: &Path) -> u64 {
    let entries =
        std::fs::read_dir(dir).expect("a directory").map(|entry| entry.expect("an entry"));
    let size = |entry: std::fs::DirEntry| match entry.metadata().expect("told") {
        folder if folder.is_dir() => largest(&entry.path()),
        file => file.len(),
    };
    entries.map(size).max().unwrap_or_default()
}

/// The same command in a process whose files may not grow beyond so many bytes.
fn limited(command: &Command, bytes: u64) -> Command {
    let mut limited = Command::new("sh");
    limited.args(["-c", "trap '' XFSZ; ulimit -f \"$1\"; shift; exec \"$@\"", "sh"]);
    limited.arg((bytes / 512).to_string()).arg(command.get_program()).args(command.get_args());
    limited.env_clear();
    for (name, value) in command.get_envs() {
        if let Some(value) = value {
            limited.env(name, value);
        }
    }
    limited.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    limited
}

/// As many tenants of five writes each as make the store grow beyond the room that is left in its file.
fn many(tenants: u32) -> Scenario {
    (0..tenants).fold(september(), |scenario, number| {
        scenario.tenant(&format!("tenant{number}"), |tenant| {
            tenant
                .subscription(BASIC, |bought| {
                    bought.span("2026-09-01", "2026-09-18", 5).from("2026-09-19", 6)
                })
                .subscription(OTHER, |bought| bought.from("2026-09-01", 2))
        })
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a06_a_full_disk_in_mid_run_stops_it_and_what_was_written_is_told() {
    let mut stage = Stage::set(many(TENANTS)).await;
    // Room for the beginning of a run, and for not nearly all of it.
    let size = largest(stage.rig.data_dir()) + ROOM;
    let mut command = stage.command(&["sync", "customers", "--json"]);
    command.env("PRISM_CONNECT_LIMITS_WRITERS", "1").env("PATH", "/usr/bin:/bin");
    let child = limited(&command, size.next_multiple_of(512)).spawn();
    let done = waited(child.expect("the program starts")).await;
    assert_eq!(done.status.code(), Some(4), "{done:?}");
    let shown: Value = serde_json::from_slice(&done.stdout).expect("JSON");
    let run = &shown["runs"][0];
    let written = stage.written();
    assert!(0 < written && written < WRITES, "{written} of {WRITES}");
    assert_eq!(run["counts"]["writes"], written, "{}", run["counts"]);
    assert_eq!(run["message"]["code"], "disk_full", "{}", run["message"]);
    let text = run["message"]["text"].as_str().expect("a text");
    assert!(text.ends_with("is full: nothing more is written."), "{text}");
    assert_eq!(rows_of(run, "unconfirmed"), 0, "one writer knows how each of its writes ended");
    assert_eq!(rows_of(run, "written"), written);

    let rest = stage.sync(None).await;
    assert_eq!(rest.status.code(), Some(0), "{rest:?}");
    assert_eq!(stage.written(), WRITES);
    stage.stands_exactly("with room again").await;
    stage.is_settled("with room again").await;
}

/// How many of a run's writes are said to have ended so.
fn rows_of(run: &Value, result: &str) -> usize {
    let rows = |value: &Value, name: &str| value[name].as_array().cloned().unwrap_or_default();
    let subscriptions =
        rows(run, "customers").into_iter().flat_map(|one| rows(&one, "subscriptions"));
    let writes = subscriptions.flat_map(|one| rows(&one, "writes"));
    writes.filter(|write| write["result"] == result).count()
}
