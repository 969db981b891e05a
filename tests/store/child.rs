//! This test binary once more, as another process: one that can be killed, shut out, or filled.

#![expect(clippy::print_stdout, reason = "that is how the other process speaks")]

use std::{
    os::unix::{fs::PermissionsExt, process::CommandExt},
    path::Path,
    process::{Command, Stdio},
};

use super::{
    Batch, Key, NOTES, Store, all, folder,
    torture::{NO_SLOT_TWICE, SLOTS},
    wait,
};

const WHAT: &str = "STORE_TEST_CHILD";
const WHERE: &str = "STORE_TEST_DIR";
const ENTRY: &str = "child::does_what_its_parent_asks";
const NOBODY: u32 = 65_534;

/// The command that runs a part of [`does_what_its_parent_asks`] in another process.
pub fn command(program: &Path, what: &str, dir: &Path) -> Command {
    let mut command = Command::new(program);
    command.args([ENTRY, "--exact", "--nocapture", "--test-threads=1"]);
    command.env(WHAT, what).env(WHERE, dir).stdin(Stdio::null()).stderr(Stdio::null());
    command
}

/// What the other process prints until it ends.
pub fn output(what: &str, dir: &Path) -> String {
    let program = std::env::current_exe().unwrap();
    let output = command(&program, what, dir).output().unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// What opening says in a directory that may not be written. The superuser may write anywhere, so for it
/// the other process runs as nobody.
pub fn in_read_only_folder(dir: &Path) -> String {
    let shut = dir.join("shut");
    std::fs::create_dir(&shut).unwrap();
    let mode = |path: &Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    let program = dir.join("program");
    std::fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    mode(&program, 0o755);
    mode(dir, 0o755);
    mode(&shut, 0o555);
    let mut command = command(&program, "open", &shut);
    if rustix::process::geteuid().is_root() {
        command.uid(NOBODY).gid(NOBODY).current_dir("/");
    }
    // Another test that is starting a process may still hold the copy open for writing.
    let output = loop {
        match command.output() {
            Err(error) if error.kind() == std::io::ErrorKind::ExecutableFileBusy => {}
            other => break other.unwrap(),
        }
    };
    mode(&shut, 0o755);
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The entry of the other process; asked for nothing, as in an ordinary run, it only checks that.
#[test]
fn does_what_its_parent_asks() {
    let Ok(what) = std::env::var(WHAT) else {
        assert!(std::env::var(WHERE).is_err(), "a directory without anything to do there");
        return;
    };
    let dir = std::env::var(WHERE).unwrap();
    match what.as_str() {
        "open" => match Store::open(Path::new(&dir)) {
            Ok(_) => println!("opened"),
            Err(error) => println!("{error}"),
        },
        "churn" | "overwrite" => super::torture::churn(Path::new(&dir), SLOTS, steps()),
        "append" => super::torture::churn(Path::new(&dir), NO_SLOT_TWICE, steps()),
        "replay overwrite" => super::power_cut::replay("overwrite", SLOTS, steps()),
        "replay append" => super::power_cut::replay("append", NO_SLOT_TWICE, steps()),
        "fill" => fill(Path::new(&dir)),
        other => panic!("nothing is known of {other}"),
    }
}

/// How many steps or cuts were asked for; no end where none were.
fn steps() -> usize {
    std::env::var("STORE_TEST_STEPS").map_or(usize::MAX, |steps| steps.parse().unwrap())
}

/// Writes until the disk is full, and says what happened.
fn fill(dir: &Path) {
    let store = Store::open(dir).unwrap();
    let text = "0123456789".repeat(300);
    for number in 0..100_000 {
        let mut batch = Batch::new();
        batch.put(NOTES, &Key::new().number(number), &text);
        if let Err(error) = wait(store.commit(batch)) {
            println!("\nfull {number} {}", error.code());
            break;
        }
    }
    let mut batch = Batch::new();
    batch.put(NOTES, &Key::new().number(1_000_000), &String::new());
    println!("then {}", wait(store.commit(batch)).unwrap_err().code());
    println!("read {}", wait(store.get(NOTES, Key::new().number(3))).unwrap() == Some(text));
    drop(store);
    println!("closed");
}

/// A limit on the size of files stands in for a full disk: it needs no rights, and it is sled itself that
/// meets it.
#[test]
fn a_disk_that_really_fills_loses_nothing_that_was_confirmed() {
    let dir = folder();
    drop(Store::open(dir.path()).unwrap());
    let program = std::env::current_exe().unwrap();
    let direct = command(&program, "fill", dir.path());
    let mut limited = Command::new("sh");
    limited.args(["-c", "trap '' XFSZ; ulimit -f 8192; exec \"$0\" \"$@\""]);
    limited.arg(&program).args(direct.get_args());
    limited.env(WHAT, "fill").env(WHERE, dir.path()).stderr(Stdio::null());
    let output = limited.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains("then disk_full") && said.contains("read true"), "{said}");
    assert!(said.contains("closed"), "{said}");
    let full = said.lines().find_map(|line| line.strip_prefix("full ")).unwrap();
    let (confirmed, code) = full.split_once(' ').unwrap();
    assert_eq!(code, "disk_full");

    let store = Store::open(dir.path()).unwrap();
    let there = all(&store, NOTES).len();
    assert!(there >= confirmed.parse().unwrap(), "{there} of {confirmed}");
    super::sound(&store);
}
