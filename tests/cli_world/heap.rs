//! How the C library keeps memory for the program: what it was begun with is seen by whatever it begins.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path, process::Command};

const TUNABLES: &str = "GLIBC_TUNABLES";

/// What the program, begun with that, hands on to `ssh`.
fn handed_on(folder: &Path, begun_with: Option<&str>) -> String {
    let (ssh, seen) = (folder.join("ssh"), folder.join("seen"));
    fs::write(&ssh, format!("#!/bin/sh\necho \"${TUNABLES} $#\" > {}\n", seen.display())).unwrap();
    fs::set_permissions(&ssh, fs::Permissions::from_mode(0o755)).unwrap();
    let mut program = Command::new(env!("CARGO_BIN_EXE_prism-connect"));
    program.args(["--via", "ssh://jump1", "status"]);
    program.env("PRISM_CONNECT_DAEMON_SSH", &ssh).env("HOME", folder).env_remove(TUNABLES);
    if let Some(begun_with) = begun_with {
        program.env(TUNABLES, begun_with);
    }
    // Nobody answers over there.
    assert!(!program.output().unwrap().status.success());
    fs::read_to_string(seen).unwrap()
}

#[test]
fn all_threads_share_a_heap_unless_the_host_says_otherwise() {
    let folder = tempfile::tempdir().unwrap();
    let ours = handed_on(folder.path(), None);
    assert_eq!(ours.contains("glibc.malloc.arena_max=1:"), cfg!(target_env = "gnu"), "{ours}");
    let theirs = "glibc.malloc.arena_max=4";
    assert!(handed_on(folder.path(), Some(theirs)).starts_with(&format!("{theirs} ")));
}
