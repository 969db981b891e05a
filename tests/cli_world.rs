//! The program from its command line, against the simulated world, as separate processes over one data directory.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

#[path = "cli_world/access.rs"]
mod access;
#[path = "cli_world/bad_input.rs"]
mod bad_input;
#[path = "cli_world/bad_site.rs"]
mod bad_site;
#[path = "cli_world/currency.rs"]
mod currency;
#[path = "cli_world/daemon.rs"]
mod daemon;
#[path = "cli_world/earlier.rs"]
mod earlier;
#[path = "support/every_command.rs"]
mod every_command;
#[path = "cli_world/heap.rs"]
mod heap;
#[path = "cli_world/invoices.rs"]
mod invoices;
#[path = "cli_world/safety.rs"]
mod safety;
#[path = "cli_world/secrets.rs"]
mod secrets;
#[path = "cli_world/telling.rs"]
mod telling;
#[path = "cli_world/world.rs"]
mod world;

use std::{
    io::{BufRead, BufReader, Read},
    path::Path,
};

use rstest::rstest;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use world::{World, program, said, small};

#[test]
fn the_demo_world_syncs_with_success_and_every_cent_is_accounted_for() {
    let home = tempfile::tempdir().unwrap();
    let words = ["demo", "--headless", "--customers", "6", "--subscriptions", "3", "--json"];
    let done = program(home.path()).args(words).output().unwrap();
    assert_eq!(done.status.code(), Some(0), "{}", said(&done));
    let shown: Value = serde_json::from_slice(&done.stdout).unwrap();
    let runs = shown["runs"].as_array().unwrap();
    let kinds: Vec<_> = runs.iter().map(|run| (&run["kind"], &run["status"])).collect();
    let success = Value::from("success");
    assert_eq!(kinds, [(&"products".into(), &success), (&"customers".into(), &success)]);
    let ledgers = runs[1]["ledgers"].as_array().unwrap();
    assert!(!ledgers.is_empty() && ledgers.iter().all(|ledger| ledger["balance"] == "0.00"));
    assert!(shown["control_url"].as_str().unwrap().starts_with("http://127.0.0.1:"));
}

/// What was done, without when and how long it took.
fn deeds(transcript: &str) -> Vec<String> {
    let run = |line: &str| line.split_once(" (").map_or(line, |(before, _)| before).to_owned();
    let of_line = |line: &str| if line.starts_with("Run ") { run(line) } else { line.to_owned() };
    let lines = transcript.lines().skip_while(|line| !line.starts_with("Run 1"));
    lines.map(|line| of_line(line.trim_end())).collect()
}

#[test]
fn the_readme_shows_what_the_demo_does() {
    let readme = include_str!("../README.md");
    let (_, shown) = readme.split_once("demo --headless\n").unwrap();
    let (shown, _) = shown.split_once("\n```").unwrap();
    let home = tempfile::tempdir().unwrap();
    let done = program(home.path()).args(["demo", "--headless"]).output().unwrap();
    assert_eq!(done.status.code(), Some(0), "{}", said(&done));
    assert_eq!(deeds(&String::from_utf8_lossy(&done.stdout)), deeds(shown));
}

#[test]
fn a_demo_without_a_terminal_is_headless_by_itself_and_says_so() {
    let home = tempfile::tempdir().unwrap();
    let world = ["--customers", "2", "--subscriptions", "1"];
    let done = program(home.path()).arg("demo").args(world).output().unwrap();
    assert_eq!(done.status.code(), Some(0), "{}", said(&done));
    let (out, remarks) =
        (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    assert!(remarks.contains("No terminal for the console here"), "{remarks}");
    assert!(out.contains("The demo world: Success"), "{out}");
    let fresh = program(home.path()).args(["demo", "--fresh"]).args(world).output().unwrap();
    assert_eq!(fresh.status.code(), Some(1), "{}", said(&fresh));
    assert!(said(&fresh).contains("there is no terminal here"), "{}", said(&fresh));
}

/// What the log files below a folder hold.
fn logged(folder: &Path) -> String {
    let mut all = String::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.push_str(&logged(&path));
        } else if path.extension().is_some_and(|kind| kind == "log") {
            all.push_str(&std::fs::read_to_string(path).unwrap());
        }
    }
    all
}

#[test]
fn the_log_holds_each_runs_begin_and_end_without_being_asked_for_more() {
    let world = small();
    world.set_up();
    world.ok(&["sync"]);
    let log = logged(world.home.path());
    for kind in ["Products", "Customers"] {
        let begun = log.lines().filter(|line| line.contains("run begun") && line.contains(kind));
        assert!(begun.count() > 0, "{log}");
    }
    let ended: Vec<&str> = log.lines().filter(|line| line.contains("run ended")).collect();
    assert_eq!(ended.len(), log.lines().filter(|line| line.contains("run begun")).count(), "{log}");
    assert!(ended.iter().any(|line| line.contains("customers: ")), "{log}");
}

#[test]
fn an_interrupt_during_a_sign_in_says_what_was_given_up_and_nothing_is_stored() {
    let world = small();
    let (api, identity) = (world.place("/prism/api_url"), world.place("/prism/identity_url"));
    let words = ["connect", "generate", "prism", "--email", "a@b.example", "--api-url", api];
    let words = [&words[..], &["--identity-url", identity]].concat();
    let mut sign_in = world.command(&words).spawn().unwrap();
    let mut remarks = BufReader::new(sign_in.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains("Ctrl-C gives up") {
        line.clear();
        assert_ne!(remarks.read_line(&mut line).unwrap(), 0, "it ended before it waited");
    }
    kill_process(Pid::from_child(&sign_in), Signal::INT).unwrap();
    assert_eq!(sign_in.wait().unwrap().code(), Some(4));
    let mut told = String::new();
    remarks.read_to_string(&mut told).unwrap();
    assert!(told.contains("Giving up the sign-in"), "{told}");
    assert!(told.contains("The sign-in to PRISM was given up: no credentials were made"), "{told}");
    assert!(!told.contains("between two writes"), "{told}");
    assert!(world.ok(&["connect", "list"]).contains("not configured"));
}

#[test]
fn agreements_are_listed_by_their_number_and_chosen_by_it() {
    let world = small();
    world.set_up();
    let one = &world.json(&["connect", "list"])[0]["agreements"][0];
    let number = one["number"].as_str().unwrap().to_owned();
    assert_eq!(one["chosen"], true, "{one}");
    let listed = world.ok(&["connect", "list"]);
    let row = listed.lines().find(|line| line.contains(&number)).unwrap();
    assert!(row.starts_with("yes") && row.contains("Microsoft CSP"), "{listed}");
    let told = world.ok(&["connect", "agreement", &number]);
    assert!(told.contains(&format!("Invoices of agreement {number}")), "{told}");
}

#[test]
fn a_demo_on_a_directory_of_an_earlier_one_says_that_its_world_is_another() {
    let home = tempfile::tempdir().unwrap();
    let demo = || {
        let words = ["demo", "--headless", "--customers", "2", "--subscriptions", "1"];
        let mut demo = program(home.path());
        demo.arg("--data-dir").arg(home.path().join("demo")).args(words).output().unwrap()
    };
    let first = demo();
    assert!(!said(&first).contains("remembers an earlier one"), "{}", said(&first));
    let second = demo();
    assert!(said(&second).contains("remembers an earlier one"), "{}", said(&second));
    assert!(said(&second).contains("give another --data-dir"), "{}", said(&second));
}

#[test]
fn a_month_is_synced_by_commands_and_no_secret_is_seen_anywhere() {
    let world = small();
    world.set_up();
    let mut seen = String::new();
    let synced = world.json(&["sync"]);
    assert_eq!(synced["runs"][1]["status"], "success", "{synced}");
    let again = world.json(&["sync"]);
    for run in again["runs"].as_array().unwrap() {
        assert_eq!((&run["status"], &run["counts"]["writes"]), (&"no_change".into(), &0.into()));
    }
    let drift = world.json(&["plan", "customers", "--recheck", "--detailed-exitcode"]);
    assert_eq!(drift["operations"], Value::Array(Vec::new()));
    let tenant = synced["runs"][1]["customers"][0]["tenant"].as_str().unwrap();
    let bundle = world.home.path().join("bundle");
    let backup = world.home.path().join("backup");
    for words in [
        &["status"][..],
        &["runs", "list"],
        &["runs", "show", "2"],
        &["history", tenant],
        &["retries", "list"],
        &["products", "list"],
        &["connect", "list", "--json"],
        &["export", "runs"],
        &["export", "ledger"],
        &["support-bundle", bundle.to_str().unwrap()],
        &["backup", backup.to_str().unwrap()],
        &["config", "show"],
        &["program", "show", "--json"],
    ] {
        seen.push_str(&world.ok(words));
    }
    for pointer in ["/prism/client_secret", "/autotask/secret"] {
        let secret = world.place(pointer);
        assert!(!seen.contains(secret), "{pointer} is printed");
        nowhere_in(world.home.path(), secret.as_bytes());
    }
}

fn nowhere_in(directory: &Path, secret: &[u8]) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            nowhere_in(&path, secret);
            continue;
        }
        let mut bytes = Vec::new();
        std::fs::File::open(&path).unwrap().read_to_end(&mut bytes).unwrap();
        let found = bytes.windows(secret.len()).any(|part| part == secret);
        assert!(!found, "the secret stands in {}", path.display());
    }
}

#[test]
fn mappings_are_read_back_as_they_were_exported() {
    let world = small();
    world.set_up();
    let file = world.home.path().join("customers.csv");
    std::fs::write(&file, world.ok(&["export", "customers", "--format", "csv"])).unwrap();
    let report = world.json(&["customers", "import", file.to_str().unwrap()]);
    assert_eq!(report["stored"], 0, "{report}");
    assert!(report["unchanged"].as_u64().unwrap() > 0, "{report}");
}

#[rstest]
#[case::interrupt(Signal::INT)]
#[case::polite_kill(Signal::TERM)]
#[case::lost_terminal(Signal::HUP)]
fn a_signal_stops_a_sync_between_two_writes_and_the_next_one_goes_on(#[case] signal: Signal) {
    let world = World::start(&["--customers", "6", "--subscriptions", "3", "--latency-ms", "30"]);
    world.set_up();
    let mut sync = world.command(&["sync"]).spawn().unwrap();
    let mut remarks = BufReader::new(sync.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains("writing") {
        line.clear();
        assert_ne!(remarks.read_line(&mut line).unwrap(), 0, "it ended before it wrote");
    }
    let second = world.run(&["status"]);
    assert_eq!(second.status.code(), Some(75));
    assert!(said(&second).contains(&sync.id().to_string()), "{}", said(&second));
    kill_process(Pid::from_child(&sync), signal).unwrap();
    assert_eq!(sync.wait().unwrap().code(), Some(4));
    let stopped = world.json(&["runs", "show"]);
    assert_eq!(
        (&stopped["status"], &stopped["message"]["code"]),
        (&"failure".into(), &"cancelled".into())
    );
    let rest = world.json(&["sync"]);
    let runs = rest["runs"].as_array().unwrap();
    assert!(runs.iter().all(|run| run["status"] != "failure"), "{rest}");
    assert_eq!(world.json(&["plan", "--recheck"])["operations"], Value::Array(Vec::new()));
}

#[test]
fn nothing_is_changed_where_only_looking_is_allowed() {
    let world = small();
    world.set_up();
    let refused = world.run(&["sync", "--read-only"]);
    assert_eq!(refused.status.code(), Some(1), "{}", said(&refused));
    world.ok(&["plan", "--read-only"]);
    assert_eq!(world.json(&["runs", "list"]), Value::Array(Vec::new()));
}

#[test]
fn wrong_credentials_are_said_and_not_shown() {
    let world = small();
    assert!(world.connect_prism("wr0ng-secret-marker").status.success());
    assert!(world.connect_autotask("wr0ng-secret-marker").status.success());
    for system in ["prism", "autotask"] {
        let tested = world.run(&["connect", "test", system]);
        assert_eq!(tested.status.code(), Some(1), "{}", said(&tested));
        assert!(said(&tested).contains("does not work"), "{}", said(&tested));
        assert!(!said(&tested).contains("wr0ng"), "{}", said(&tested));
    }
}

#[test]
fn what_is_typed_wrong_for_a_connection_is_refused() {
    let world = small();
    let words = [
        "connect",
        "prism",
        "--secret-stdin",
        "--api-url",
        "api.example",
        "--identity-url",
        "https://id.example",
        "--client-id",
        "x",
    ];
    let refused = world.run_with(&words, "secret");
    assert_eq!(refused.status.code(), Some(64), "{}", said(&refused));
    let closed = world.run(&["connect", "prism", "--secret-stdin"]);
    assert_eq!(closed.status.code(), Some(1));
    assert!(said(&closed).contains("stdin is closed or empty"), "{}", said(&closed));
    let nobody = world.run(&["connect", "autotask", "--username", "x"]);
    assert_eq!(nobody.status.code(), Some(64));
    assert!(said(&nobody).contains("--secret-stdin"), "{}", said(&nobody));
}

#[test]
fn a_locked_vault_is_said_where_nobody_can_be_asked() {
    let world = small();
    world.set_up();
    let set = world.run_with(&["passphrase", "set", "--secret-stdin"], "correct horse\n");
    assert_eq!(set.status.code(), Some(0), "{}", said(&set));
    let locked = world.run(&["connect", "test"]);
    assert_eq!(locked.status.code(), Some(1), "{}", said(&locked));
    assert!(said(&locked).contains("locked"), "{}", said(&locked));
    nowhere_in(world.home.path(), b"correct horse");
}

#[test]
fn a_data_directory_that_cannot_be_written_is_said() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("file");
    std::fs::write(&file, "").unwrap();
    let done = program(home.path()).args(["status", "--data-dir"]).arg(&file).output().unwrap();
    assert_eq!(done.status.code(), Some(1));
    assert!(said(&done).contains(file.to_str().unwrap()), "{}", said(&done));
}

#[test]
fn an_unknown_target_is_said_with_those_there_are() {
    let home = tempfile::tempdir().unwrap();
    let done = program(home.path()).args(["status", "--target", "autotsk"]).output().unwrap();
    assert_eq!(done.status.code(), Some(1));
    assert!(said(&done).contains("autotask"), "{}", said(&done));
}
