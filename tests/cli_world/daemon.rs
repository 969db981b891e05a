//! One installation for several: `serve`, and commands and clients of every kind at its sockets.

use std::{
    collections::BTreeSet,
    fs,
    io::{BufRead, BufReader, Read, Write},
    os::unix::{
        fs::{MetadataExt, PermissionsExt},
        net::UnixStream,
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Output, Stdio},
};

use prism_connect::engine::protocol::Command as Asked;
use rstest::rstest;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use super::{
    every_command::every_command,
    world::{World, said, small},
};

/// `serve` over a world's data.
pub struct Daemon {
    process: Child,
    remarks: BufReader<std::process::ChildStderr>,
    sockets: PathBuf,
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Daemon {
    pub fn start(world: &World) -> Self {
        Self::start_with(world, &[])
    }

    fn start_with(world: &World, variables: &[(&str, &str)]) -> Self {
        let mut serve = world.command(&["serve"]);
        serve.envs(variables.iter().copied()).stdout(Stdio::null());
        let mut process = serve.spawn().unwrap();
        let mut remarks = BufReader::new(process.stderr.take().unwrap());
        let mut line = String::new();
        remarks.read_line(&mut line).unwrap();
        let sockets = line.trim_end().rsplit_once(" on ");
        let sockets = sockets.unwrap_or_else(|| panic!("it does not serve: {line}")).1.into();
        Self { process, remarks, sockets }
    }

    /// The next line that says this.
    pub fn line_with(&mut self, says: &str) -> String {
        loop {
            let mut line = String::new();
            assert!(self.remarks.read_line(&mut line).unwrap() > 0, "it never said “{says}”");
            if line.contains(says) {
                return line;
            }
        }
    }

    fn socket(&self, role: &str) -> PathBuf {
        self.sockets.join(format!("{role}.sock"))
    }

    fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.process.id()).ok().and_then(Pid::from_raw).unwrap();
        kill_process(pid, signal).unwrap();
    }

    /// Stops it as systemd does; answers what it said.
    pub fn stop(mut self) -> String {
        self.signal(Signal::TERM);
        let mut said = String::new();
        self.remarks.read_to_string(&mut said).unwrap();
        assert_eq!(self.process.wait().unwrap().code(), Some(0), "{said}");
        said
    }
}

/// What this program and its daemon speak.
const PROTOCOL: u32 = 5;

/// A client by hand: first lines, then frames.
struct Raw<R, W> {
    from: BufReader<R>,
    to: W,
}

impl Raw<UnixStream, UnixStream> {
    fn open(path: &Path) -> Self {
        let stream = UnixStream::connect(path).unwrap();
        Self { from: BufReader::new(stream.try_clone().unwrap()), to: stream }
    }

    fn greeted(path: &Path) -> Self {
        let mut raw = Self::open(path);
        raw.greet(PROTOCOL);
        raw
    }
}

impl<R: Read, W: Write> Raw<R, W> {
    fn greet(&mut self, protocol: u32) -> Value {
        let hello = json!({"protocol": protocol, "version": "0.0.0", "origin": "a test"});
        self.to.write_all(format!("{hello}\n").as_bytes()).unwrap();
        self.to.flush().unwrap();
        let mut line = String::new();
        self.from.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|_| panic!("“{line}”"))
    }

    fn send(&mut self, said: &Value) {
        let text = said.to_string();
        let length = u32::try_from(text.len()).unwrap().to_be_bytes();
        self.to.write_all(&[&length, text.as_bytes()].concat()).unwrap();
        self.to.flush().unwrap();
    }

    fn frame(&mut self) -> Value {
        let mut length = [0; 4];
        self.from.read_exact(&mut length).unwrap();
        let mut text = vec![0; u32::from_be_bytes(length) as usize];
        self.from.read_exact(&mut text).unwrap();
        serde_json::from_slice(&text).unwrap()
    }

    /// Asks, and waits for its answer past everything that happens.
    fn ask(&mut self, id: u64, command: &Value) -> Value {
        self.send(&json!({"id": id, "command": command}));
        loop {
            let told = self.frame();
            if told["id"] == id {
                return told;
            }
        }
    }

    fn status(&mut self) -> Value {
        self.ask(900, &json!({"dashboard": {"status": null}}))
    }
}

/// Whether the daemon left without an answer; what came about by then it may still have told.
fn is_left(from: &mut impl Read) -> bool {
    let mut rest = Vec::new();
    // A line that was cut with something of ours unread is reset.
    let ended = from.read_to_end(&mut rest);
    let told = String::from_utf8_lossy(&rest);
    ended.is_err() || !told.contains("\"answer\"") && !told.contains("\"refusal\"")
}

#[test]
fn everything_goes_through_the_daemon_as_it_goes_without() {
    let world = small();
    let daemon = Daemon::start(&world);
    world.set_up();
    let synced = world.json(&["sync"]);
    assert_eq!(synced["runs"][1]["status"], "success", "{synced:#}");
    let listed = ["audit", "list"];
    let trail = world.json(&listed);
    let began = trail.as_array().unwrap().iter().find(|one| one["command"] == "Sync").unwrap();
    assert_eq!(began["role"], "admin", "{began:#}");
    let us = rustix::process::getuid().as_raw();
    assert_eq!(began["uid"], us, "{began:#}");
    let looks: [&[&str]; 8] = [
        &["status"],
        &["runs", "list"],
        &["runs", "show", "last"],
        &["customers", "list", "--offline"],
        &["export", "ledger"],
        &["retries", "list"],
        &["audit", "list"],
        &["audit", "verify"],
    ];
    let mut there: Vec<Value> = looks.iter().map(|words| world.json(words)).collect();
    let plan = world.json(&["plan", "customers"]);
    let said = daemon.stop();
    assert!(said.contains("Stopped."), "{said}");
    let mut here: Vec<Value> = looks.iter().map(|words| world.json(words)).collect();
    // How many events there were is the engine's own count, and whether somebody keeps the schedule is the daemon's.
    for status in [&mut there[0], &mut here[0]] {
        (status["event"], status["schedule"]) = (Value::Null, Value::Null);
    }
    for (words, (there, here)) in looks.iter().zip(there.iter().zip(&here)) {
        assert_eq!(there, here, "{words:?}");
    }
    assert_eq!(plan["operations"], world.json(&["plan", "customers"])["operations"]);
}

#[test]
fn a_backup_through_the_daemon_is_the_clients_file_and_restores() {
    let world = small();
    let daemon = Daemon::start(&world);
    world.set_up();
    let file = world.path("kept.backup");
    let said = world.ok(&["backup", file.to_str().unwrap()]);
    assert!(said.contains("kept.backup holds"), "{said}");
    assert_eq!(fs::metadata(&file).unwrap().mode() & 0o077, 0);
    world.refused(&["backup", file.to_str().unwrap()], 1, "is there already");
    world.ok(&["backup", file.to_str().unwrap(), "--force"]);
    world.refused(&["backup", "/no/such/folder/b"], 1, "cannot be written");
    let left: Vec<_> = fs::read_dir(world.data()).unwrap().map(|one| one.unwrap().path()).collect();
    let parts = left.iter().filter(|one| one.extension().is_some_and(|ending| ending == "part"));
    assert_eq!(parts.count(), 0, "{left:?}");
    let customers = world.json(&["customers", "list", "--offline"]);
    world.refused(&["restore", file.to_str().unwrap(), "--yes"], 75, "");
    daemon.stop();
    world.ok(&["restore", file.to_str().unwrap(), "--yes"]);
    assert_eq!(world.json(&["customers", "list", "--offline"]), customers);
}

#[test]
fn a_second_daemon_on_one_directory_is_refused_and_standalone_never_attaches() {
    let world = small();
    let daemon = Daemon::start(&world);
    let pid = daemon.process.id().to_string();
    world.refused(&["serve"], 75, &pid);
    world.refused(&["--standalone", "status"], 75, &pid);
    world.ok(&["status"]);
    drop(daemon);
    // Killed: its note and its sockets stay, and are no hindrance.
    world.ok(&["status"]);
    Daemon::start(&world).stop();
    world.refused(&["serve", "--read-only"], 64, "each client has its own");
}

#[rstest]
#[case::view("view", &["sync"], "it needs “operate”")]
#[case::approve("approve", &["customers", "automap", "--min-score", "90"], "it needs “operate”")]
#[case::operate("operate", &["passphrase", "remove"], "it needs “admin”")]
fn the_socket_is_the_role_and_a_refusal_is_in_the_trail(
    #[case] role: &str,
    #[case] words: &[&str],
    #[case] says: &str,
) {
    let world = small();
    let _daemon = Daemon::start(&world);
    let words = [&["--role", role], words].concat();
    world.refused(&words, 1, says);
    let trail = world.json(&["audit", "list"]);
    let last = trail.as_array().unwrap().iter().find(|one| one["refused"] == true).unwrap();
    assert_eq!(last["role"], role, "{last:#}");
    world.ok(&["--role", role, "status"]);
}

#[test]
fn a_role_that_is_none_and_a_daemon_that_is_not_there_are_said() {
    let world = small();
    world.refused(&["--role", "boss", "status"], 64, "view, operate, approve or admin");
    let nowhere = world.path("nowhere");
    let done =
        world.command(&["status"]).env("PRISM_CONNECT_DAEMON_SOCKETS", &nowhere).output().unwrap();
    assert_eq!(done.status.code(), Some(1));
    assert!(said(&done).contains("No daemon answers in"), "{}", said(&done));
    world.refused(&["attach"], 64, "--stdio");
}

#[test]
fn a_socket_folder_that_cannot_be_used_is_said_before_anything_is_served() {
    let world = small();
    let long = world.path(&"a".repeat(120));
    let of_others = world.path("shared");
    fs::create_dir(&of_others).unwrap();
    fs::set_permissions(&of_others, fs::Permissions::from_mode(0o777)).unwrap();
    let taken = world.path("taken");
    fs::create_dir(&taken).unwrap();
    fs::write(taken.join("view.sock"), "mine").unwrap();
    let cases = [(long, "longer than"), (of_others, "others may write"), (taken, "is no socket")];
    for (folder, says) in cases {
        let mut serve = world.command(&["serve"]);
        let done = serve.env("PRISM_CONNECT_DAEMON_SOCKETS", &folder).output().unwrap();
        assert_eq!(done.status.code(), Some(1), "{says}: {}", said(&done));
        assert!(said(&done).contains(says), "{says}: {}", said(&done));
    }
}

/// What arrives at a socket and is none of ours: the daemon leaves it, and goes on.
#[test]
fn whatever_a_client_does_the_daemon_goes_on() {
    let world = small();
    let daemon = Daemon::start(&world);
    let path = daemon.socket("operate");

    let mut garbage = Raw::open(&path);
    garbage.to.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    assert!(is_left(&mut garbage.from), "garbage before the handshake");

    let mut silent = Raw::open(&path);
    silent.to.shutdown(std::net::Shutdown::Write).unwrap();
    assert!(is_left(&mut silent.from), "it said nothing");

    let mut older = Raw::open(&path);
    let welcome = older.greet(PROTOCOL - 1);
    let text = welcome["refusal"]["finding"]["text"].as_str().unwrap();
    assert!(text.contains("do not understand each other"), "{text}");
    assert!(
        welcome["refusal"]["finding"]["advice"].as_str().unwrap().contains("Close this console")
    );
    assert!(is_left(&mut older.from));
    let welcome = Raw::open(&path).greet(PROTOCOL + 1);
    let advice = welcome["refusal"]["finding"]["advice"].as_str().unwrap().to_owned();
    assert!(advice.contains("Restart the daemon"), "{advice}");

    let mut large = Raw::greeted(&path);
    large.to.write_all(&u32::try_from(17 << 20).unwrap().to_be_bytes()).unwrap();
    assert!(is_left(&mut large.from), "a frame of 17 MiB");

    let mut unknown = Raw::greeted(&path);
    unknown.send(&json!({"id": 1, "command": {"dashboard": {"explode": null}}}));
    assert!(is_left(&mut unknown.from), "a command that there is not");

    let mut cut = Raw::greeted(&path);
    cut.to.write_all(&[0, 0, 1, 0, b'{']).unwrap();
    drop(cut);

    // One that asks and reads nothing: its answers fill what the kernel holds, and then wait.
    let mut deaf = Raw::greeted(&path);
    for id in 0..60 {
        deaf.send(&json!({"id": id, "command": {"maintenance": {"settings": null}}}));
    }

    for _ in 0..1000 {
        drop(UnixStream::connect(&path).unwrap());
    }

    let mut calm = Raw::greeted(&path);
    assert!(calm.status()["answer"]["status"].is_object());
    daemon.stop();
}

#[test]
fn more_than_sixty_four_questions_at_once_are_refused_and_the_others_answered() {
    let world = small();
    let daemon = Daemon::start(&world);
    let mut client = Raw::greeted(&daemon.socket("view"));
    for id in 0..400 {
        client.send(&json!({"id": id, "command": {"maintenance": {"settings": null}}}));
    }
    let (mut answered, mut refused) = (0, 0);
    while answered + refused < 400 {
        let told = client.frame();
        match told["refusal"]["finding"]["text"].as_str() {
            Some(text) => {
                assert_eq!(text, "More than 64 questions are open at once.");
                refused += 1;
            }
            None if told["answer"].is_object() => answered += 1,
            None => {}
        }
    }
    assert!(answered >= 64, "{answered} answered, {refused} refused");
}

/// A command by hand, for the slow world: the first write is answered late.
fn slowed(world: &World) {
    let rule = json!({"rules": [{"writes": true, "times": 1, "fault": {"delay_reply_ms": 5000}}]});
    world.control("POST", "/faults", &rule.to_string());
}

#[test]
fn a_run_goes_on_when_whoever_began_it_is_gone_and_who_attaches_sees_the_same_run() {
    let world = small();
    let daemon = Daemon::start(&world);
    world.set_up();
    slowed(&world);
    let mut sync = world.command(&["sync"]).spawn().unwrap();
    let mut watcher = Raw::greeted(&daemon.socket("view"));
    let mut run = Value::Null;
    while run.is_null() {
        run = watcher.status()["answer"]["status"]["running"]["run"]["id"].clone();
    }
    sync.kill().unwrap();
    sync.wait().unwrap();
    // Told live to one who began to listen in the middle of it.
    let ended = loop {
        let told = watcher.frame();
        let all = told["happened"]["all"].as_array().cloned().unwrap_or_default();
        let finished = all
            .into_iter()
            .map(|happening| happening["run_finished"].clone())
            .find(|finished| finished["run"]["kind"] == "customers");
        if let Some(finished) = finished {
            break finished;
        }
    };
    assert_eq!(ended["run"]["status"], "success", "{ended:#}");
    let plan = world.json(&["plan", "customers", "--recheck"]);
    assert_eq!(plan["operations"], json!([]), "{plan:#}");
    drop(daemon);
}

#[test]
fn a_stop_ends_what_runs_between_two_changes_and_the_next_start_finishes_it() {
    let world = small();
    let daemon = Daemon::start(&world);
    world.set_up();
    slowed(&world);
    let sync = world.command(&["sync"]).spawn().unwrap();
    let mut watcher = Raw::greeted(&daemon.socket("view"));
    while watcher.status()["answer"]["status"]["running"].is_null() {}
    daemon.stop();
    let ended = sync.wait_with_output().unwrap();
    // Whoever asked is told how it ended, and not that nobody answers any more.
    assert_eq!(ended.status.code(), Some(4), "{}", said(&ended));
    let _daemon = Daemon::start(&world);
    world.ok(&["sync"]);
    let plan = world.json(&["plan", "customers", "--recheck"]);
    assert_eq!(plan["operations"], json!([]), "{plan:#}");
}

#[test]
fn each_client_looks_at_a_target_of_its_own() {
    let world = World::start(&["--target", "both", "--customers", "2", "--subscriptions", "1"]);
    let daemon = Daemon::start(&world);
    let prism = world.connect_prism(world.place("/prism/client_secret"));
    assert!(prism.status.success(), "{}", said(&prism));
    assert!(world.connect_autotask(world.place("/autotask/secret")).status.success());
    assert!(world.connect_connectwise(&[]).status.success());
    let path = daemon.socket("view");
    let (mut one, mut other) = (Raw::greeted(&path), Raw::greeted(&path));
    let target = |told: &Value| told["answer"]["status"]["target"].clone();
    let chosen = one.ask(1, &json!({"connection": {"use_target": {"name": "connectwise"}}}));
    assert!(chosen["refusal"].is_null(), "{chosen:#}");
    assert_eq!(target(&one.status()), "connectwise");
    assert_eq!(target(&other.status()), "autotask");
    other.ask(1, &json!({"connection": {"use_target": {"name": "connectwise"}}}));
    one.ask(2, &json!({"connection": {"use_target": {"name": "autotask"}}}));
    assert_eq!(
        (target(&one.status()), target(&other.status())),
        ("autotask".into(), "connectwise".into())
    );
    // What is connected meanwhile is seen through both.
    assert!(world.connect_connectwise(&[("company_id", "southwind")]).status.success());
    let company = |told: &Value| {
        let all = told["answer"]["status"]["connections"].as_array().unwrap().clone();
        all.into_iter().find(|one| one["name"] == "connectwise").unwrap()["company"].clone()
    };
    assert_eq!(
        (company(&one.status()), company(&other.status())),
        ("southwind".into(), "southwind".into())
    );
}

/// Stands in for `ssh`: what it is asked to do over there it does here.
fn ssh(world: &World) -> PathBuf {
    let path = world.path("ssh");
    let program = env!("CARGO_BIN_EXE_prism-connect");
    let text = format!(
        "#!/bin/sh\necho \"$@\" >> {}/asked\nwhile [ \"$1\" != prism-connect ]; do shift; done\nshift\nexec {program} \"$@\"\n",
        world.home.path().display()
    );
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

#[test]
fn another_host_is_reached_through_ssh() {
    let world = small();
    let daemon = Daemon::start(&world);
    let ssh = ssh(&world);
    let via = |words: &[&str]| {
        let mut command = world.command(words);
        command.env("PRISM_CONNECT_DAEMON_SSH", &ssh).output().unwrap()
    };
    let there = ["--via", "ssh://ops@jump1:2222", "--role", "operate"];
    let done = via(&[&there[..], &["status", "--json"]].concat());
    assert_eq!(done.status.code(), Some(0), "{}", said(&done));
    let status: Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!(status["target"], "autotask");
    let asked = fs::read_to_string(world.path("asked")).unwrap();
    let words = "-T -p 2222 -- ops@jump1 prism-connect attach --stdio --role operate";
    assert_eq!(asked.trim(), words);
    let refused = via(&[&there[..], &["passphrase", "remove"]].concat());
    assert!(said(&refused).contains("it needs “admin”"), "{}", said(&refused));
    world.refused(&["--via", "jump1", "status"], 64, "ssh://host");
    daemon.stop();
    let gone = via(&["--via", "ssh://jump1", "status"]);
    assert_ne!(gone.status.code(), Some(0));
    assert!(said(&gone).contains("No daemon answers"), "{}", said(&gone));
}

/// Somebody of this host who is in one of its groups and no other, speaking through `attach --stdio`.
struct Member {
    process: Child,
    raw: Raw<ChildStdout, ChildStdin>,
}

impl Drop for Member {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A user of nobody's.
const SOMEBODY: u32 = 64_321;

impl Member {
    fn attach(program: &Path, sockets: &Path, group: u32) -> Self {
        let mut attach = Command::new(program);
        attach.args(["attach", "--stdio"]).env_clear().env("HOME", "/");
        attach.env("PRISM_CONNECT_DAEMON_SOCKETS", sockets);
        attach.env("PRISM_CONNECT_STATE_DIR", "/nowhere");
        attach.uid(SOMEBODY).gid(group).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = attach.spawn().unwrap();
        let (from, to) = (process.stdout.take().unwrap(), process.stdin.take().unwrap());
        Self { process, raw: Raw { from: BufReader::new(from), to } }
    }
}

/// Groups that every host has, in the place of ours, with their numbers.
fn groups() -> Option<Vec<(&'static str, String, u32)>> {
    let text = fs::read_to_string("/etc/group").ok()?;
    let mut known = text.lines().filter_map(|line| {
        let mut parts = line.split(':');
        let (name, number) = (parts.next()?, parts.nth(1)?.parse().ok()?);
        (number != 0).then(|| (name.to_owned(), number))
    });
    let roles = ["view", "operate", "approve", "admin"];
    roles.iter().map(|role| known.next().map(|(name, number)| (*role, name, number))).collect()
}

/// The program and its sockets where every user of this host gets at them, as their groups let them.
struct Open {
    dir: tempfile::TempDir,
    program: PathBuf,
    groups: Vec<(&'static str, String, u32)>,
}

impl Open {
    /// None where the tests are not root's, who alone can be other users.
    fn to_all() -> Option<Self> {
        let groups = groups().filter(|_| rustix::process::getuid().is_root())?;
        let readable = fs::Permissions::from_mode(0o755);
        let dir = tempfile::Builder::new().permissions(readable.clone()).tempdir().unwrap();
        let program = dir.path().join("prism-connect");
        if fs::hard_link(env!("CARGO_BIN_EXE_prism-connect"), &program).is_err() {
            fs::copy(env!("CARGO_BIN_EXE_prism-connect"), &program).unwrap();
        }
        fs::set_permissions(&program, readable).unwrap();
        Some(Self { dir, program, groups })
    }

    fn sockets(&self) -> PathBuf {
        self.dir.path().join("sockets")
    }

    fn group(&self, of: &str) -> u32 {
        self.groups.iter().find(|(role, ..)| *role == of).unwrap().2
    }

    /// The settings that a daemon and its clients have in common.
    fn variables(&self) -> Vec<(String, String)> {
        let group = |(role, name, _): &(&str, String, u32)| {
            (format!("PRISM_CONNECT_DAEMON_{}_GROUP", role.to_uppercase()), name.clone())
        };
        let mut all: Vec<_> = self.groups.iter().map(group).collect();
        let sockets = self.sockets().to_str().unwrap().to_owned();
        all.push(("PRISM_CONNECT_DAEMON_SOCKETS".to_owned(), sockets));
        all
    }

    fn daemon(&self, world: &World) -> Daemon {
        let all = self.variables();
        let all: Vec<_> = all.iter().map(|(name, is)| (name.as_str(), is.as_str())).collect();
        Daemon::start_with(world, &all)
    }

    /// A command of somebody who is in the group of this role and in no other.
    fn run(&self, role: &str, words: &[&str]) -> Output {
        let mut command = Command::new(&self.program);
        command.args(words).env_clear().env("HOME", "/").envs(self.variables());
        command.env("PRISM_CONNECT_STATE_DIR", "/nowhere");
        command.uid(SOMEBODY).gid(self.group(role)).stdin(Stdio::null());
        command.output().unwrap()
    }
}

/// The person is the kernel's number, which no other name and no other group makes another one.
#[test]
fn a_plan_of_one_person_is_let_pass_by_another_one_over_their_own_socket() {
    let Some(open) = Open::to_all() else {
        eprintln!("skipped: only root can be other users");
        return;
    };
    let world = small();
    let config = world.path(".config/prism-connect/config.toml");
    fs::create_dir_all(config.parent().unwrap()).unwrap();
    fs::write(&config, "approval = \"every-run\"\n").unwrap();
    world.set_up();
    let daemon = open.daemon(&world);
    let ours = |words: &[&str]| {
        let mut command = world.command(words);
        command.envs(open.variables()).output().unwrap()
    };
    let waits = ours(&["sync"]);
    assert_eq!(waits.status.code(), Some(3), "{}", said(&waits));
    let changes = world.changes();
    let approve = ["approvals", "approve", "1"];
    let own = ours(&[&["--role", "approve"][..], &approve].concat());
    assert!(said(&own).contains("is your own"), "{}", said(&own));
    let operator = open.run("operate", &approve);
    assert!(said(&operator).contains("it needs “approve”"), "{}", said(&operator));
    assert_eq!(world.changes(), changes, "nothing was written");
    let other = open.run("approve", &approve);
    assert_eq!(other.status.code(), Some(0), "{}", said(&other));
    assert!(world.changes() > changes);
    let shown = ours(&["approvals", "show", "1", "--json"]);
    let shown: Value = serde_json::from_slice(&shown.stdout).unwrap();
    let standing = &shown["waiting"]["standing"];
    assert_eq!(standing["is"], "applied", "{shown:#}");
    assert_eq!(standing["approved"]["who"]["uid"], SOMEBODY, "{shown:#}");
    daemon.stop();
}

#[test]
fn every_command_over_a_real_socket_passes_or_not_as_the_table_says_for_the_group_that_one_is_in() {
    let Some(open) = Open::to_all() else {
        eprintln!("skipped: only root can be other users");
        return;
    };
    let world = small();
    let daemon = open.daemon(&world);

    let all = every_command();
    // One of them needs another right where something was typed.
    let named: BTreeSet<&str> = all.iter().map(|(_, name, ..)| *name).collect();
    assert_eq!(named.len(), Asked::names().count());
    for (role, _, number) in &open.groups {
        let mut member = Member::attach(&open.program, &open.sockets(), *number);
        let welcome = member.raw.greet(PROTOCOL);
        assert_eq!(welcome["role"], *role, "{welcome:#}");
        for (id, (family, name, members, needs)) in all.iter().enumerate() {
            let may = needs == &"view" || role == needs || (role, needs) == (&"admin", &"operate");
            // A sign-in that may be waited for, is; and after taking leave there is nothing to see.
            if may && *name == "await_credentials" {
                continue;
            }
            let told = member.raw.ask(id as u64, &json!({ *family: { *name: members } }));
            let refused = told["refusal"]["kind"] == "no_right";
            assert_eq!(!refused, may, "{name} as {role}: {told:#}");
        }
    }
    // Somebody of no group of ours is let in nowhere.
    let mut stranger = Member::attach(&open.program, &open.sockets(), 65_432);
    let mut nothing = String::new();
    stranger.raw.from.read_to_string(&mut nothing).unwrap();
    assert_eq!((nothing.as_str(), stranger.process.wait().unwrap().code()), ("", Some(1)));
    // Who it was is the kernel's word, and in the trail; of where they sit nothing is known on the way here.
    let listed =
        world.command(&["audit", "list", "--json"]).envs(open.variables()).output().unwrap();
    let trail: Value = serde_json::from_slice(&listed.stdout).unwrap();
    let refused = trail.as_array().unwrap().iter().find(|one| one["refused"] == true).unwrap();
    assert_eq!(
        (&refused["uid"], &refused["origin"]),
        (&SOMEBODY.into(), &Value::Null),
        "{refused:#}"
    );
    daemon.stop();
}

#[test]
fn with_two_targets_a_flag_says_which_and_what_changes_something_needs_it() {
    let world = World::start(&["--target", "both", "--customers", "3", "--subscriptions", "2"]);
    world.set_up_connectwise();
    world.ok(&["sync", "products"]);
    assert!(world.connect_autotask(world.place("/autotask/secret")).status.success());
    let status = |words: &[&str]| world.json(&[words, &["status"]].concat())["target"].clone();
    assert_eq!(status(&["--target", "connectwise"]), "connectwise");
    assert_eq!(status(&["--target", "Autotask"]), "autotask");
    // A schedule that was right with one target never goes to another one by itself.
    let changes = world.changes();
    world.refused(&["sync"], 64, "There are two targets: autotask and connectwise.");
    world.refused(&["program", "set", "--sync", "on"], 64, "--target NAME");
    assert_eq!(world.changes(), changes);
    let synced = world.json(&["sync", "customers", "--target", "connectwise"]);
    let run = &synced["runs"].as_array().unwrap().last().unwrap()["id"];
    let runs = |target: &str| world.json(&["runs", "list", "--target", target]);
    assert_eq!(runs("connectwise")[0]["id"], *run);
    assert_eq!(runs("autotask"), json!([]), "each target has its own runs");
    let last = world.json(&["runs", "show", "last", "--target", "connectwise"]);
    assert_eq!(last["id"], *run);
    // The words are those of the target looked at.
    let told = |words: &[&str]| said(&world.run(words));
    for (command, theirs, ours) in [
        (["customers", "list"], "AGREEMENT", "CONTRACT"),
        (["products", "list"], "CATALOG ITEM", "SERVICE"),
    ] {
        let there = told(&[&command[..], &["--target", "connectwise"]].concat());
        let here = told(&[&command[..], &["--target", "autotask"]].concat());
        assert!(there.contains(theirs) && !there.contains(ours), "{there}");
        assert!(here.contains(ours) && !here.contains(theirs), "{here}");
    }
}

#[test]
fn health_is_one_line_and_an_exit_code() {
    let world = small();
    let daemon = Daemon::start(&world);
    world.set_up();
    world.ok(&["sync"]);
    let well = world.run(&["health", "--role", "view"]);
    let told = world.json(&["status"]);
    let worst = told["attention"][0]["outcome"].as_str();
    let (word, code) = match worst {
        Some("failure") => ("FAILURE: ", 4),
        Some(_) => ("WARNING: ", 3),
        None => ("OK: ", 0),
    };
    assert_eq!(well.status.code(), Some(code), "{}", said(&well));
    let line = String::from_utf8(well.stdout).unwrap();
    assert!(line.starts_with(word) && line.lines().count() == 1, "{line}");
    world.control("POST", "/faults", r#"{"rules": [{"fault": {"status": 401}}]}"#);
    let _ = world.run(&["connect", "test"]);
    let ill = world.run(&["health"]);
    assert_eq!(ill.status.code(), Some(4), "{}", said(&ill));
    assert!(said(&ill).starts_with("FAILURE: "), "{}", said(&ill));
    let answers = world.run(&["health", "--answers"]);
    assert_eq!(answers.status.code(), Some(0), "{}", said(&answers));
    assert_eq!(answers.stdout, ill.stdout, "it says the same");
    let sockets = daemon.sockets.clone();
    daemon.stop();
    let mut alone = world.command(&["health", "--answers", "--json"]);
    let gone = alone.env("PRISM_CONNECT_DAEMON_SOCKETS", sockets).output().unwrap();
    assert_eq!(gone.status.code(), Some(4), "{}", said(&gone));
    let told: Value = serde_json::from_slice(&gone.stdout).unwrap();
    assert!(told["text"].as_str().unwrap().contains("No daemon answers"), "{told:#}");
}

#[test]
fn settings_are_read_again_at_a_signal_and_what_changed_is_said() {
    let world = small();
    let config = world.path(".config/prism-connect/config.toml");
    fs::create_dir_all(config.parent().unwrap()).unwrap();
    fs::write(&config, "").unwrap();
    let mut daemon = Daemon::start(&world);
    let mut told = |text: &str, until: &str| {
        fs::write(&config, text).unwrap();
        daemon.signal(Signal::HUP);
        let mut line = String::new();
        while !line.contains(until) {
            line.clear();
            assert!(daemon.remarks.read_line(&mut line).unwrap() > 0, "never “{until}”");
        }
        line
    };
    let changed = told("[policies]\ndrops = \"next-period\"\n", "policies.drops");
    assert_eq!(changed.trim(), "Setting policies.drops: \"at-the-date\" → \"next-period\"");
    let later = told("[policies]\ndrops = \"next-period\"\n[daemon]\nssh = \"x\"\n", "daemon.ssh");
    assert!(later.contains("(from the next start on)"), "{later}");
    let wrong = told("[policies]\ndrops = \"never\"\n", "stay as they are");
    assert!(wrong.contains("policies.drops"), "{wrong}");
    let mut client = Raw::greeted(&daemon.socket("view"));
    let shown = client.ask(1, &json!({"maintenance": {"settings": null}}));
    let all = shown["answer"]["settings"].as_array().unwrap().clone();
    let drops = all.iter().find(|one| one["key"] == "policies.drops").unwrap();
    assert_eq!(drops["value"], "\"next-period\"", "what was understood last holds");
    daemon.stop();
}

#[test]
fn the_service_manager_is_told_that_it_serves_lives_and_stops() {
    let world = small();
    let path = world.path("notify");
    let manager = std::os::unix::net::UnixDatagram::bind(&path).unwrap();
    let notify = path.to_str().unwrap();
    let watched = [("NOTIFY_SOCKET", notify), ("WATCHDOG_USEC", "200000")];
    let daemon = Daemon::start_with(&world, &watched);
    let told = || {
        let mut bytes = [0; 1024];
        let length = manager.recv(&mut bytes).unwrap();
        String::from_utf8_lossy(&bytes[..length]).trim().to_owned()
    };
    let mut all = vec![told()];
    while !(all.iter().any(|one| one == "READY=1") && all.iter().any(|one| one == "WATCHDOG=1")) {
        all.push(told());
    }
    daemon.stop();
    while all.last().unwrap() != "STOPPING=1" {
        all.push(told());
    }
}

#[test]
fn under_the_journal_lines_have_their_priority_and_no_file_is_kept_beside() {
    let world = small();
    let kept = world.path("stderr");
    let file = fs::File::create(&kept).unwrap();
    let found = file.metadata().unwrap();
    let stream = format!("{}:{}", found.dev(), found.ino());
    let mut serve = world.command(&["serve"]);
    serve.env("JOURNAL_STREAM", &stream).stdout(Stdio::null()).stderr(file);
    let mut process = serve.spawn().unwrap();
    while !fs::read_to_string(&kept).unwrap().contains("Serving ") {
        assert!(process.try_wait().unwrap().is_none(), "it ended");
    }
    world.ok(&["status"]);
    let pid = i32::try_from(process.id()).ok().and_then(Pid::from_raw).unwrap();
    kill_process(pid, Signal::TERM).unwrap();
    assert!(process.wait().unwrap().success());
    let said = fs::read_to_string(&kept).unwrap();
    let attached: Vec<_> = said.lines().filter(|line| line.contains("is attached")).collect();
    assert!(!attached.is_empty() && attached.iter().all(|line| line.starts_with("<6>")), "{said}");
}

#[test]
fn the_daemon_keeps_the_schedule_and_nobody_else_does() {
    let world = small();
    let config = world.path(".config/prism-connect/config.toml");
    fs::create_dir_all(config.parent().unwrap()).unwrap();
    let schedule =
        "look = [\"06:30\"]\nzone = \"UTC\"\njitter_minutes = 0\non_new_invoice = false\n";
    fs::write(&config, format!("[schedule]\n{schedule}")).unwrap();
    let alone = world.ok(&["schedule", "show"]);
    let daemon = Daemon::start(&world);
    let kept = world.ok(&["schedule", "show"]);
    assert_ne!(alone, kept, "without a daemon nobody keeps it");
    assert!(kept.contains("6 Oct 2026") || kept.contains("2026-10-06"), "{kept}");
    world.ok(&["schedule", "pause"]);
    assert_ne!(world.ok(&["schedule", "show"]), kept);
    world.refused(&["--role", "operate", "schedule", "resume"], 1, "it needs “admin”");
    world.ok(&["schedule", "resume"]);
    assert_eq!(world.ok(&["schedule", "show"]), kept);
    daemon.stop();
}

/// The role is the socket, the person the kernel's number: whoever made a plan has both, and may not approve it.
#[test]
fn what_guards_hold_over_a_daemon_waits_for_another_or_an_administrator_breaks_the_glass() {
    let world = small();
    let config = world.path(".config/prism-connect/config.toml");
    fs::create_dir_all(config.parent().unwrap()).unwrap();
    fs::write(&config, "[guards]\nseats = 0\nservice_percent = 0\n").unwrap();
    let daemon = Daemon::start(&world);
    world.set_up();
    world.json(&["sync"]);
    world.control("POST", "/month/advance", "");
    let changes = world.changes();
    let held = world.run(&["--role", "operate", "sync", "customers"]);
    assert_eq!(held.status.code(), Some(4), "{}", said(&held));
    let listed = world.json(&["--role", "view", "approvals", "list"]);
    let plan = &listed[0];
    assert_eq!((&plan["number"], &plan["standing"]["is"]), (&json!(1), &json!("waiting")));
    assert!(plan["held"].as_array().is_some_and(|held| !held.is_empty()), "{plan:#}");
    let before = world.changes() - changes;
    let shown = world.ok(&["--role", "view", "approvals", "show", "1"]);
    assert!(shown.contains("who may") && shown.contains("made this plan"), "{shown}");
    for (role, alone) in [("view", false), ("approve", false), ("admin", true)] {
        let shown = world.json(&["--role", role, "approvals", "show", "1"]);
        let may = (&shown["may_approve"], &shown["may_break_glass"]);
        assert_eq!(may, (&json!(false), &json!(alone)), "{role}: {shown:#}");
    }

    let approve = ["approvals", "approve", "1"];
    for role in ["view", "operate", "admin"] {
        let words = [&["--role", role][..], &approve].concat();
        world.refused(&words, 1, "it needs “approve”");
    }
    world.refused(&[&["--role", "approve"][..], &approve].concat(), 1, "is your own");
    world.refused(&[&approve[..], &["--break-glass"]].concat(), 64, "--reason");
    let saved = world.path("plan.json");
    world.ok(&["plan", "customers", "--out", saved.to_str().unwrap()]);
    let own = world.run(&["--role", "operate", "sync", "--plan", saved.to_str().unwrap()]);
    assert_eq!(own.status.code(), Some(4), "a look of one's own is none: {}", said(&own));
    assert_eq!(world.changes() - changes, before, "nothing more was written");
    assert_eq!(world.json(&["approvals", "list"]).as_array().unwrap().len(), 1);

    let alone = ["--role", "admin", "approvals", "approve", "1", "--break-glass"];
    let done = world.json(&[&alone[..], &["--reason", "month's end"]].concat());
    let run = &done["runs"][0];
    assert_eq!((&run["trigger"], &run["status"]), (&json!("approved"), &json!("success")));
    assert_eq!(run["approved"]["break_glass"], true, "{run:#}");
    let ledger = &run["ledgers"][0];
    let balance = ledger["balance"].to_string();
    assert!(
        balance.trim_matches('"').parse::<f64>().is_ok_and(|left| left.abs() < 0.001),
        "{ledger:#}"
    );
    let plan = world.json(&["plan", "customers", "--recheck"]);
    assert_eq!(plan["operations"], json!([]), "all stands as invoiced: {plan:#}");
    assert!(world.ok(&["status"]).contains("break-glass:"), "for 90 days");
    world.refused(
        &["--role", "approve", "approvals", "reject", "1", "--reason", "no"],
        1,
        "applied",
    );
    world.ok(&["audit", "verify"]);
    let trail = world.json(&["audit", "list", "--subject", "plan 1"]);
    let told = |what: &str| {
        let entries = trail.as_array().unwrap().iter();
        entries.filter(|one| one["what"].as_str().unwrap().contains(what)).count()
    };
    assert_eq!((told("approved (break-glass) plan 1"), told("is your own")), (1, 1), "{trail:#}");
    daemon.stop();
}

#[test]
fn what_a_killed_daemon_had_begun_to_hand_over_is_taken_away() {
    let world = small();
    world.ok(&["status"]);
    let left = world.path(".local/share/prism-connect/backup-0198.part");
    fs::write(&left, "the half of it").unwrap();
    let daemon = Daemon::start(&world);
    assert!(!left.exists());
    daemon.stop();
}

#[test]
fn a_request_that_is_larger_than_a_frame_reaches_the_engine_in_pieces() {
    let world = small();
    let daemon = Daemon::start(&world);
    let file = world.path("large.csv");
    fs::write(&file, "x".repeat(17 << 20)).unwrap();
    // It is the engine that finds what is wrong with it.
    let import = ["customers", "import", file.to_str().unwrap()];
    world.refused(&import, 64, "neither a column `tenant_id` nor `tenant`");
    world.ok(&["status"]);
    daemon.stop();
}
