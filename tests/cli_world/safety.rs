//! What happens to what is stored: backup and restore of a live installation, damage, a full disk, a store that is gone.

use std::{
    fs,
    process::{Command, Stdio},
};

use prism_connect::store::{Migration, Options, Rewrite, Store};
use serde_json::Value;

use super::world::{World, program, said, small};

const TENANT: &str = "redearthchildcare.onmicrosoft.com";

fn mapped(world: &World) -> Value {
    world.json(&["customers", "list", "--offline"])
}

#[test]
fn a_backup_is_restored_over_a_live_installation_once_that_is_agreed_to() {
    let world = small();
    world.set_up();
    let file = world.path("backup").to_str().unwrap().to_owned();
    world.ok(&["backup", &file]);
    world.refused(&["backup", &file], 1, "is there already");
    world.refused(&["backup", "/nowhere/backup"], 1, "there is no directory /nowhere");
    let before = mapped(&world);
    world.ok(&["customers", "unmap", TENANT]);
    let after = mapped(&world);
    assert_ne!(before, after);

    world.refused(&["restore", &file], 64, "--yes");
    world.refused(&["restore", &file, "--yes", "--read-only"], 1, "--read-only");
    let text = fs::read_to_string(&file).unwrap();
    for (name, spoiled) in [
        ("cut", text[..text.len() / 2].to_owned()),
        ("empty", String::new()),
        ("other", "{}\n".to_owned()),
        ("newer", text.replacen("\"schema\":2", "\"schema\":9", 1)),
    ] {
        let path = world.path(name).to_str().unwrap().to_owned();
        fs::write(&path, spoiled).unwrap();
        world.refused(&["restore", &path, "--yes"], 1, &path);
    }
    world.refused(&["restore", "/nowhere/backup", "--yes"], 1, "/nowhere/backup");
    assert_eq!(mapped(&world), after, "nothing was restored so far");
    let no = world.run_with(&["restore", &file], "no\n");
    assert_eq!((no.status.code(), mapped(&world)), (Some(1), after), "{}", said(&no));

    let yes = world.run_with(&["restore", &file], "yes\n");
    assert_eq!(yes.status.code(), Some(0), "{}", said(&yes));
    assert_eq!(mapped(&world), before);
    assert!(world.data().join("store.replaced-1").exists());
    let again = world.json(&["restore", &file, "--yes"]);
    assert!(again["values"].as_u64().unwrap() > 10 && again["replaced"].is_string(), "{again}");
    world.ok(&["connect", "test"]);

    let elsewhere = world.path("elsewhere").to_str().unwrap().to_owned();
    world.ok(&["restore", &file, "--data-dir", &elsewhere]);
    let test = ["connect", "test", "--data-dir", &elsewhere];
    world.refused(&test, 1, "was not sealed by this installation");
}

#[test]
fn a_store_that_another_process_has_open_is_left_to_it() {
    let world = small();
    world.set_up();
    let file = world.path("backup").to_str().unwrap().to_owned();
    world.ok(&["backup", &file]);
    let store = Store::open(&world.data()).unwrap();
    let holder = format!("process {}", std::process::id());
    let other = world.path("other").to_str().unwrap().to_owned();
    for words in
        [&["status"][..], &["sync"], &["backup", &other], &["restore", &file, "--yes"], &["logout"]]
    {
        world.refused(words, 75, &holder);
    }
    drop(store);
    world.ok(&["status"]);
}

/// A migration that this program does not know.
const NEWER: [Migration; 1] = [Migration { to: 3, rewrite: |_, _, _| Ok(Rewrite::Keep) }];

#[test]
fn a_store_of_a_newer_version_or_a_damaged_one_is_said_without_a_panic() {
    let home = tempfile::tempdir().unwrap();
    let data = home.path().join("newer");
    let options = Options { migrations: &NEWER, ..Options::default() };
    drop(Store::open_with(&data, options).unwrap());
    let ask = |data: &std::path::Path| {
        program(home.path()).args(["runs", "list", "--data-dir"]).arg(data).output().unwrap()
    };
    let newer = ask(&data);
    assert_eq!(newer.status.code(), Some(1), "{}", said(&newer));
    assert!(said(&newer).contains("newer prism-connect (schema 3"), "{}", said(&newer));

    for keep in [0, 20, 300] {
        let data = home.path().join(format!("damaged-{keep}"));
        assert!(ask(&data).status.success());
        let file = data.join("store/sled/db");
        fs::write(&file, &fs::read(&file).unwrap()[..keep]).unwrap();
        let damaged = ask(&data);
        let told = said(&damaged);
        assert!(!told.contains("panicked") && !told.contains("RUST_BACKTRACE"), "{keep}: {told}");
        assert_eq!(damaged.status.code(), Some(1), "{keep}: {told}");
        assert!(told.contains("damaged") && told.contains("prism-connect restore"), "{told}");
    }
}

/// A limit on the size of files stands in for a full disk: it needs no rights.
#[test]
fn a_disk_that_fills_in_mid_sync_costs_a_message_and_nothing_else() {
    let world = small();
    world.set_up();
    let mut limited = Command::new("sh");
    limited.args(["-c", "trap '' XFSZ; ulimit -f 1100; exec \"$0\" \"$@\""]);
    limited.arg(env!("CARGO_BIN_EXE_prism-connect"));
    limited.args(["--now", "2026-10-05T09:00:00Z", "sync"]).env("HOME", world.home.path());
    let full = limited.stdin(Stdio::null()).output().unwrap();
    let told = said(&full);
    assert!(matches!(full.status.code(), Some(1 | 4)), "{told}");
    assert!(told.contains("is full") && !told.contains("panicked"), "{told}");
    let written = world.changes();
    assert!(written > 0, "it filled in the middle: {told}");

    world.ok(&["sync"]);
    assert_eq!(world.json(&["plan", "--recheck"])["operations"], Value::Array(Vec::new()));
    let twin = small();
    twin.set_up();
    twin.ok(&["sync"]);
    assert_eq!(world.changes(), twin.changes(), "nothing was written twice");
}

/// What a plan would write, without what a new store cannot know.
fn writes(plan: &Value) -> Vec<String> {
    let operations = plan["operations"].as_array().unwrap().iter();
    let mut writes: Vec<_> = operations.map(|one| one["operation"].to_string()).collect();
    writes.sort();
    writes
}

#[test]
fn after_the_store_is_lost_only_true_differences_are_written() {
    let world = small();
    world.set_up();
    world.ok(&["sync"]);
    world.control("POST", "/month/advance", "");
    let later = |words: &[&str]| {
        let words = [&["--now", "2026-11-05T09:00:00Z"], words].concat();
        let done = program(world.home.path()).args(&words).output().unwrap();
        assert_eq!(done.status.code(), Some(0), "{words:?}: {}", said(&done));
        String::from_utf8(done.stdout).unwrap()
    };
    let json = |words: &[&str]| -> Value { serde_json::from_str(&later(words)).unwrap() };
    let plan = world.path("plan").to_str().unwrap().to_owned();
    let kept = json(&["plan", "--json", "--out", &plan]);
    assert!(!writes(&kept).is_empty(), "the month brings something");
    fs::remove_dir_all(world.data()).unwrap();

    world.set_up();
    let rebuilt = json(&["plan", "--json"]);
    assert_eq!(writes(&rebuilt), writes(&kept));
    let foreign = program(world.home.path())
        .args(["--now", "2026-11-05T09:00:00Z", "sync", "--plan", &plan])
        .output()
        .unwrap();
    assert_eq!(foreign.status.code(), Some(1), "{}", said(&foreign));
    assert!(said(&foreign).contains("another installation"), "{}", said(&foreign));
    let before = world.changes();
    let synced = json(&["sync", "--json"]);
    assert_eq!(synced["runs"][1]["status"], "success", "{synced}");
    assert_eq!(world.changes() - before, writes(&kept).len(), "{synced}");
    assert_eq!(json(&["plan", "--recheck", "--json"])["operations"], Value::Array(Vec::new()));
}
