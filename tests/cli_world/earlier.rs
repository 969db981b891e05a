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
