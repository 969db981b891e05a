//! Who may see and change what lies here, and where secrets may go.

use std::{
    collections::BTreeMap,
    fs,
    net::TcpListener,
    os::unix::{
        fs::{MetadataExt, PermissionsExt, chown, symlink},
        process::CommandExt,
    },
    path::{Path, PathBuf},
};

use prism_connect::store::{Batch, Key, Store, Table};
use serde_json::Value;

use super::world::{World, program, said, small};

/// Nobody on this machine: for a test that root runs, since root may write anywhere.
const NOBODY: u32 = 65_534;

/// A server that is asked for nothing.
fn stranger() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let place = format!("http://{}", listener.local_addr().unwrap());
    (listener, place)
}

fn unheard(listener: &TcpListener) {
    let heard = listener.accept().map(|(_, from)| from);
    assert!(heard.is_err(), "{heard:?} came to the other host");
}

#[test]
fn a_stored_secret_goes_to_no_other_host_port_or_scheme_unless_it_is_given_again() {
    let world = small();
    world.set_up();
    let (listener, other) = stranger();
    let zone = format!("{other}/ATServicesRest/");
    for words in [
        &["connect", "autotask", "--base-url", &zone][..],
        &["connect", "prism", "--api-url", &other],
        &["connect", "prism", "--identity-url", &other],
        &["connect", "prism", "--identity-url", "https://127.0.0.1:1"],
    ] {
        let told = world.refused(words, 64, "unless it is given again");
        assert!(told.contains("was given for http://127.0.0.1:"), "{told}");
    }
    // With one of two secrets the other one does not go along.
    let half = ["connect", "autotask", "--base-url", &zone, "--secret-stdin"];
    let half = world.run_with(&half, "typed");
    assert_eq!(half.status.code(), Some(64), "{}", said(&half));
    assert!(said(&half).contains("integration code"), "{}", said(&half));
    world.ok(&["connect", "test"]);
    unheard(&listener);

    let path = format!("{}/v1.0/", world.place("/autotask/base_url").trim_end_matches('/'));
    world.ok(&["connect", "autotask", "--base-url", &path]);
    world.ok(&["connect", "test", "autotask"]);
    let moved = ["connect", "prism", "--api-url", &other, "--secret-stdin"];
    let moved = world.run_with(&moved, "typed again");
    assert_eq!(moved.status.code(), Some(0), "{}", said(&moved));
}

#[test]
fn plain_http_is_for_this_machine_or_allowed_and_then_said_for_ever_after() {
    let world = small();
    let words = |host: &str| {
        let url = format!("http://{host}/ATServicesRest/");
        ["connect", "autotask", "--secret-stdin", "--username", "api@example.com"]
            .map(str::to_owned)
            .into_iter()
            .chain(["--integration-code".into(), "CODE".into(), "--base-url".into(), url])
            .collect::<Vec<String>>()
    };
    let connect = |host: &str, more: &[&str]| {
        let words = words(host);
        let words: Vec<&str> =
            words.iter().map(String::as_str).chain(more.iter().copied()).collect();
        world.run_with(&words, "secret")
    };
    for near in ["127.0.0.1:9", "127.9.9.9:9", "[::1]:9", "localhost:9"] {
        let done = connect(near, &[]);
        assert_eq!(done.status.code(), Some(0), "{near}: {}", said(&done));
    }
    assert!(!world.ok(&["connect", "list"]).contains("plain http"));
    for far in ["192.0.2.1", "psa.example", "127.0.0.1.example", "localhost.example"] {
        let done = connect(far, &[]);
        assert_eq!(done.status.code(), Some(64), "{far}: {}", said(&done));
        let way =
            format!("connect autotask --base-url http://{far}/ATServicesRest/ --allow-plain-http");
        assert!(said(&done).contains(&way), "{}", said(&done));
    }
    let generate = ["connect", "generate", "prism", "--email", "a@b.example", "--api-url"];
    let generate = [&generate[..], &["http://192.0.2.1", "--identity-url", "https://b.example"]];
    world.refused(&generate.concat(), 64, "is not encrypted");

    let allowed = connect("192.0.2.1", &["--allow-plain-http"]);
    assert_eq!(allowed.status.code(), Some(0), "{}", said(&allowed));
    let list = world.ok(&["connect", "list"]);
    assert!(list.contains("autotask is reached by plain http"), "{list}");
    assert_eq!(world.json(&["connect", "list"])[1]["plain_http"], true);
    world.ok(&["connect", "autotask", "--username", "other@example.com"]);
    assert_eq!(world.json(&["connect", "list"])[1]["plain_http"], true, "for ever after");
    let elsewhere = connect("192.0.2.2", &[]);
    assert_eq!(elsewhere.status.code(), Some(64), "it was allowed for one place");
    let encrypted = ["connect", "autotask", "--secret-stdin", "--integration-code", "CODE"];
    let encrypted = [&encrypted[..], &["--base-url", "https://192.0.2.1/"]].concat();
    assert!(world.run_with(&encrypted, "secret").status.success());
    assert_eq!(world.json(&["connect", "list"])[1]["plain_http"], false);
}

#[test]
fn the_integration_code_is_a_secret_everywhere() {
    let world = small();
    world.set_up();
    let code = world.place("/autotask/integration_code").to_owned();
    let bundle = world.path("bundle").to_str().unwrap().to_owned();
    let mut seen = String::new();
    for words in [
        &["connect", "test", "--json"][..],
        &["connect", "list", "--json"],
        &["sync"],
        &["status", "--json"],
        &["doctor"],
        &["support-bundle", &bundle],
    ] {
        let mut command = world.command(words);
        seen.push_str(&said(
            &command.env("PRISM_CONNECT_LOG", "trace,sled=info").output().unwrap(),
        ));
    }
    assert!(!seen.contains(&code), "the integration code was printed");
    super::nowhere_in(world.home.path(), code.as_bytes());
}

/// Everything below a folder: what it is, its mode, and its bytes.
fn inventory(folder: &Path) -> BTreeMap<PathBuf, (u32, Vec<u8>)> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let mode = fs::symlink_metadata(&path).unwrap().mode();
        if path.is_dir() {
            found.extend(inventory(&path));
            found.insert(path, (mode, Vec::new()));
        } else {
            let bytes = fs::read(&path).unwrap();
            found.insert(path, (mode, bytes));
        }
    }
    found
}

#[test]
fn looking_only_changes_not_a_byte_of_store_and_vault() {
    let world = small();
    world.set_up();
    world.ok(&["sync"]);
    let checked = world.json(&["connect", "list"])[0]["checked_at"].clone();
    let before = inventory(&world.data());
    for words in [
        &["status"][..],
        &["plan", "--recheck"],
        &["connect", "test"],
        &["customers", "list"],
        &["doctor"],
        &["runs", "show", "last"],
        &["products", "list"],
    ] {
        let done = world.command(words).arg("--read-only").output().unwrap();
        assert!(matches!(done.status.code(), Some(0 | 3)), "{words:?}: {}", said(&done));
    }
    for words in [&["logout"][..], &["passphrase", "remove"], &["sync"]] {
        let words = [words, &["--read-only"]].concat();
        world.refused(&words, 1, "--read-only");
    }
    assert!(inventory(&world.data()) == before, "something was changed");
    assert_eq!(world.json(&["connect", "list"])[0]["checked_at"], checked);
    let nowhere = world.path("nowhere").to_str().unwrap().to_owned();
    world.ok(&["status", "--read-only", "--data-dir", &nowhere]);
    assert!(!Path::new(&nowhere).exists(), "a directory was made");
}

/// The program as a user who may read this data directory and write nowhere in it.
fn onlooker(world: &World, words: &[&str]) -> std::process::Output {
    let mut command = world.command(words);
    if rustix::process::geteuid().is_root() {
        command.uid(NOBODY).gid(NOBODY);
    }
    command.output().unwrap()
}

#[test]
fn a_data_directory_that_can_only_be_read_is_looked_at() {
    let world = small();
    world.set_up();
    world.ok(&["sync"]);
    let mut all: Vec<PathBuf> = inventory(&world.data()).into_keys().collect();
    all.push(world.data());
    let root = rustix::process::geteuid().is_root();
    for path in &all {
        let mode = if path.is_dir() { 0o500 } else { 0o400 };
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        if root {
            chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
        }
    }
    for folder in
        world.data().ancestors().skip(1).take_while(|path| path.starts_with(world.home.path()))
    {
        fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let before = inventory(&world.data());
    for words in [&["status"][..], &["runs", "show", "last"], &["plan", "--recheck"]] {
        let done = onlooker(&world, words);
        assert_eq!(done.status.code(), Some(0), "{words:?}: {}", said(&done));
    }
    let sync = onlooker(&world, &["sync"]);
    assert_eq!(sync.status.code(), Some(1), "{}", said(&sync));
    assert!(said(&sync).contains("can only be read"), "{}", said(&sync));
    assert!(inventory(&world.data()) == before, "something was changed");
    for path in all.iter().filter(|path| path.is_dir()) {
        fs::set_permissions(path, fs::Permissions::from_mode(0o700)).unwrap();
    }
}

fn others(path: &Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o077
}

/// A shell whose umask keeps nothing from anybody.
fn carelessly(world: &World, words: &[&str]) -> std::process::Output {
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", "umask 000; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_prism-connect")]);
    shell.args(["--now", "2026-10-05T09:00:00Z"]).args(words);
    shell.env("HOME", world.home.path()).output().unwrap()
}

#[test]
fn every_file_of_ours_is_its_owners_alone_whatever_the_umask_and_whatever_was_there() {
    let world = small();
    world.set_up();
    world.ok(&["sync"]);
    for (path, _) in inventory(&world.data()) {
        let open = if path.is_dir() { 0o777 } else { 0o666 };
        if path.file_name().unwrap() != "vault.key" {
            fs::set_permissions(&path, fs::Permissions::from_mode(open)).unwrap();
        }
    }
    let place = |name: &str| world.path(name).to_str().unwrap().to_owned();
    for words in [
        &["sync", "--recheck"][..],
        &["plan", "--out", &place("plan")],
        &["backup", &place("backup")],
        &["support-bundle", &place("bundle")],
    ] {
        let done = carelessly(&world, words);
        assert_eq!(done.status.code(), Some(0), "{words:?}: {}", said(&done));
    }
    let mut all = inventory(&world.data());
    all.extend(inventory(&world.path(".local/state/prism-connect")));
    for name in ["plan", "backup", "bundle"] {
        all.insert(world.path(name), Default::default());
    }
    assert!(all.len() > 8, "{:?}", all.keys());
    for path in all.keys() {
        assert_eq!(others(path), 0, "{} is open to others", path.display());
    }
    let fresh = place("fresh");
    let done = carelessly(&world, &["status", "--data-dir", &fresh]);
    assert!(done.status.success() && others(Path::new(&fresh)) == 0, "{}", said(&done));

    fs::set_permissions(world.data(), fs::Permissions::from_mode(0o755)).unwrap();
    let doctor = world.run(&["doctor"]);
    assert!(said(&doctor).contains("chmod 700"), "{}", said(&doctor));
}

#[test]
fn what_is_written_takes_no_name_that_is_taken_and_follows_no_link() {
    let world = small();
    world.set_up();
    let (precious, link, lost) = (world.path("precious"), world.path("link"), world.path("lost"));
    fs::write(&precious, "precious").unwrap();
    symlink(&precious, &link).unwrap();
    symlink(world.path("nowhere"), &lost).unwrap();
    let precious_name = precious.to_str().unwrap().to_owned();
    let (link_name, lost_name) = (link.to_str().unwrap(), lost.to_str().unwrap());
    for command in [&["plan", "--out"][..], &["backup"], &["support-bundle"]] {
        for name in [precious_name.as_str(), link_name, lost_name] {
            world.refused(&[command, &[name]].concat(), 1, "is there already");
        }
        let _ = fs::remove_file(&link);
        symlink(&precious, &link).unwrap();
        world.ok(&[command, &[link_name, "--force"]].concat());
        assert_eq!(fs::read_to_string(&precious).unwrap(), "precious", "{command:?}");
        assert!(!fs::symlink_metadata(&link).unwrap().is_symlink(), "{command:?}");
        assert_eq!(others(&link), 0);
    }
    assert!(!world.path("nowhere").exists());

    let lock = world.data().join("owner.lock");
    fs::remove_file(&lock).unwrap();
    symlink(&precious, &lock).unwrap();
    world.refused(&["status"], 1, "is a link");
    assert_eq!(fs::read_to_string(&precious).unwrap(), "precious");
}

fn pipe(world: &World, name: &str) -> String {
    let path = world.path(name);
    let mode = rustix::fs::Mode::from_raw_mode(0o600);
    let kind = rustix::fs::FileType::Fifo;
    rustix::fs::mknodat(rustix::fs::CWD, &path, kind, mode, 0).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn a_pipe_or_device_in_the_place_of_a_file_is_refused_and_not_waited_for() {
    let world = small();
    world.set_up();
    let pipe = pipe(&world, "pipe");
    for odd in [pipe.as_str(), "/dev/zero"] {
        for words in [
            &["sync", "--plan", odd][..],
            &["customers", "import", odd],
            &["restore", odd, "--yes"],
            &["status", "--config", odd],
        ] {
            world.refused(words, 1, "not a regular file");
        }
        for (variable, says) in
            [("PRISM_CONNECT_KEY_FILE", "The key file"), ("PRISM_CONNECT_CA_FILE", "certificates")]
        {
            let done = world.command(&["status"]).env(variable, odd).output().unwrap();
            assert_eq!(done.status.code(), Some(1), "{variable}={odd}: {}", said(&done));
            assert!(said(&done).contains(says), "{}", said(&done));
        }
    }
}

#[test]
fn a_passphrase_that_can_be_guessed_is_refused() {
    let home = tempfile::tempdir().unwrap();
    let set = |passphrase: &str| {
        let script = "printf %s \"$1\" | \"$0\" passphrase set --secret-stdin";
        let mut shell = std::process::Command::new("sh");
        shell.args(["-c", script, env!("CARGO_BIN_EXE_prism-connect"), passphrase]);
        shell.env("HOME", home.path()).output().unwrap()
    };
    let short = set("elf letters");
    assert_eq!(short.status.code(), Some(64), "{}", said(&short));
    assert!(said(&short).contains("at least 12 characters"), "{}", said(&short));
    assert_eq!(set("twelve chars").status.code(), Some(0));
    let shown = program(home.path()).args(["doctor", "--json"]).output().unwrap();
    let shown: Value = serde_json::from_slice(&shown.stdout).unwrap();
    assert!(shown.to_string().contains("are locked"), "{shown}");
}

/// Changes an entry of the trail where it is stored, as whoever has the data directory can.
fn altered(world: &World, number: u64) {
    let trail: Table<Value> = Table::new("audit");
    let (store, key) = (Store::open(&world.data()).unwrap(), Key::new().number(number));
    let waits = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let mut entry = waits.block_on(store.get(trail, key.clone())).unwrap().unwrap();
    entry["actor"] = "somebody-else".into();
    let mut batch = Batch::new();
    batch.put(trail, &key, &entry);
    waits.block_on(store.commit(batch)).unwrap();
}

/// The entry after what was changed has another hash in it: that one is told.
#[test]
fn a_trail_that_was_altered_on_the_disk_ends_with_4_and_the_number_of_the_break() {
    let world = small();
    world.set_up();
    let whole = world.json(&["audit", "verify"]);
    assert!(whole["broken_at"].is_null() && whole["entries"].as_u64() > Some(3), "{whole}");
    altered(&world, 2);
    let says = "Entry 3 does not follow the one before it";
    world.refused(&["audit", "verify"], 4, says);
    let told = world.run(&["audit", "verify", "--json"]);
    assert_eq!(told.status.code(), Some(4), "{}", said(&told));
    let told: Value = serde_json::from_slice(&told.stdout).unwrap();
    assert_eq!((&told["broken_at"], &told["entries"]), (&3.into(), &whole["entries"]));
    // What comes after goes on, and the break stays where it is.
    world.ok(&["program", "set", "--sync", "off"]);
    world.refused(&["audit", "verify"], 4, says);
}
