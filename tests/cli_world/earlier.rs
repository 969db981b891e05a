//! What an earlier release left in a data directory, opened by this one.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

use super::world::{program, said};

/// What the release of commit 691b55f left of its demo world: links, two runs with their lines, options and connections, by
/// schema 1. Made by `prism-connect demo --headless --customers 6 --subscriptions 3 --data-dir data`.
const RELEASE: &str = "tests/store/release-691b55f.tar.gz";

/// The data directory, in a home of its own.
fn unpacked(home: &Path) -> PathBuf {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(RELEASE);
    let done = Command::new("tar").arg("-xzf").arg(&file).arg("-C").arg(home).status().unwrap();
    assert!(done.success(), "{}", file.display());
    home.join("data")
}

fn told(home: &Path, data: &Path, words: &[&str]) -> Value {
    let mut program = program(home);
    program.args(["--json", "--now", "2026-10-06T09:00:00Z", "--data-dir"]).arg(data);
    let done = program.args(words).output().unwrap();
    assert_eq!(done.status.code(), Some(0), "{words:?}: {}", said(&done));
    serde_json::from_slice(&done.stdout).unwrap()
}

#[test]
fn what_the_release_of_691b55f_left_is_read_and_goes_on() {
    let home = tempfile::tempdir().unwrap();
    let data = unpacked(home.path());
    let ask = |words: &[&str]| told(home.path(), &data, words);

    let runs = ask(&["runs", "list"]);
    let runs = runs.as_array().unwrap();
    let kept: Vec<_> =
        runs.iter().map(|run| (&run["id"], &run["kind"], &run["counts"]["writes"])).collect();
    let (customers, products) = (Value::from("customers"), Value::from("products"));
    assert_eq!(
        kept,
        [(&"2".into(), &customers, &28.into()), (&"1".into(), &products, &96.into())],
        "what was before"
    );
    let backups = std::fs::read_dir(data.join("backups")).unwrap();
    let backups: Vec<_> = backups.map(|file| file.unwrap().file_name()).collect();
    assert_eq!(backups, ["schema-1-commit-289.jsonl"], "before it was brought up to date");

    let shown = ask(&["runs", "show", "2"]);
    let customers = shown["customers"].as_array().unwrap().iter();
    let subscriptions = customers.flat_map(|one| one["subscriptions"].as_array().unwrap());
    let lines = subscriptions.filter_map(|one| one["usage"].as_array());
    assert_eq!(lines.flatten().count(), 18);
    assert_eq!(ask(&["export", "ledger"]).as_array().unwrap().len(), 19);
    assert_eq!(ask(&["runs", "show", "1"])["products"].as_array().unwrap().len(), 96);

    let customers = ask(&["customers", "list", "--offline"]);
    let linked = customers.as_array().unwrap().iter().filter(|one| one["mapping"]["sync"] == true);
    assert_eq!(linked.count(), 7);
    let options = ask(&["program", "show", "--offline"]);
    assert!(options.to_string().contains("Cloud Services"), "{options:#}");
    for words in [
        &["status"][..],
        &["retries", "list"],
        &["audit", "list"],
        &["audit", "verify"],
        &["connect", "list"],
        &["history", "redearthchildcare.onmicrosoft.com"],
    ] {
        ask(words);
    }
    assert_eq!(ask(&["version"])["schema"], 2);
}
