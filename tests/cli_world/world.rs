//! Simulators in a process of their own, and a home for whoever works at them.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

use serde_json::Value;
use tempfile::TempDir;

/// Simulators and a home.
pub struct World {
    sim: Child,
    places: Value,
    /// Where its operator lives.
    pub home: TempDir,
}

impl Drop for World {
    fn drop(&mut self) {
        let _ = self.sim.kill();
        let _ = self.sim.wait();
    }
}

/// The program, at home in this directory.
pub fn program(home: &Path) -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_prism-connect"));
    program.env("HOME", home).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    for variable in ["XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"] {
        program.env_remove(variable);
    }
    program
}

impl World {
    pub fn start(flags: &[&str]) -> Self {
        let home = tempfile::tempdir().unwrap();
        let mut sim = program(home.path()).arg("sim").args(flags).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(sim.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        Self { sim, places: serde_json::from_str(&line).unwrap(), home }
    }

    pub fn place(&self, pointer: &str) -> &str {
        self.places.pointer(pointer).unwrap().as_str().unwrap()
    }

    pub fn command(&self, words: &[&str]) -> Command {
        let mut program = program(self.home.path());
        program.args(["--now", "2026-10-05T09:00:00Z"]).args(words);
        program
    }

    /// Asks the control endpoint of the simulators.
    pub fn control(&self, method: &str, path: &str, body: &str) -> Value {
        let place = self.place("/control_url").strip_prefix("http://").unwrap();
        let mut stream = TcpStream::connect(place).unwrap();
        let length = body.len();
        write!(
            stream,
            "{method} {path} HTTP/1.0\r\nHost: {place}\r\nContent-Type: application/json\r\n\
             Content-Length: {length}\r\n\r\n{body}"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        serde_json::from_str(body).unwrap()
    }

    /// How many requests have changed the simulated systems.
    pub fn changes(&self) -> usize {
        let journal = self.control("GET", "/journal", "");
        journal.as_array().unwrap().iter().filter(|one| one["changed"] == true).count()
    }

    pub fn run(&self, words: &[&str]) -> Output {
        self.command(words).output().unwrap()
    }

    pub fn run_with(&self, words: &[&str], stdin: &str) -> Output {
        let mut child = self.command(words).stdin(Stdio::piped()).spawn().unwrap();
        // It may end without reading.
        let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
        child.wait_with_output().unwrap()
    }

    pub fn ok(&self, words: &[&str]) -> String {
        let done = self.run(words);
        assert_eq!(done.status.code(), Some(0), "{words:?}: {}", said(&done));
        String::from_utf8(done.stdout).unwrap()
    }

    /// Ends with this code and says this; answers and errors in one.
    pub fn refused(&self, words: &[&str], code: i32, says: &str) -> String {
        let done = self.run(words);
        let said = said(&done);
        assert_eq!(done.status.code(), Some(code), "{words:?}: {said}");
        assert!(said.contains(says), "{words:?}: “{says}” in {said}");
        said
    }

    /// A path in the home.
    pub fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// Where store and vault are.
    pub fn data(&self) -> PathBuf {
        self.path(".local/share/prism-connect")
    }

    pub fn json(&self, words: &[&str]) -> Value {
        serde_json::from_str(&self.ok(&[words, &["--json"]].concat())).unwrap()
    }

    pub fn connect_prism(&self, secret: &str) -> Output {
        let (api, identity) = (self.place("/prism/api_url"), self.place("/prism/identity_url"));
        let client = self.place("/prism/client_id");
        let words = [
            "connect",
            "prism",
            "--secret-stdin",
            "--api-url",
            api,
            "--identity-url",
            identity,
            "--client-id",
            client,
        ];
        self.run_with(&words, secret)
    }

    pub fn connect_autotask(&self, secret: &str) -> Output {
        let (url, user) = (self.place("/autotask/base_url"), self.place("/autotask/username"));
        let code = self.place("/autotask/integration_code");
        let words = [
            "connect",
            "autotask",
            "--secret-stdin",
            "--base-url",
            url,
            "--username",
            user,
            "--integration-code",
            code,
        ];
        self.run_with(&words, secret)
    }

    /// With this in the place of what the simulated site would have.
    pub fn connect_connectwise(&self, others: &[(&str, &str)]) -> Output {
        let place = |name: &str| {
            let other = others.iter().find(|(known, _)| *known == name).map(|(_, other)| *other);
            other.unwrap_or_else(|| self.place(&format!("/connectwise/{name}")))
        };
        let words = [
            "connect",
            "connectwise",
            "--secret-stdin",
            "--site",
            place("base_url"),
            "--company",
            place("company_id"),
            "--public-key",
            place("public_key"),
            "--client-id",
            place("client_id"),
        ];
        self.run_with(&words, place("private_key"))
    }

    /// The same as [`World::set_up`], on ConnectWise.
    pub fn set_up_connectwise(&self) {
        let prism = self.connect_prism(self.place("/prism/client_secret"));
        assert!(prism.status.success(), "{}", said(&prism));
        let connectwise = self.connect_connectwise(&[]);
        assert!(connectwise.status.success(), "{}", said(&connectwise));
        self.ok(&["connect", "test"]);
        self.ok(&["program", "set", "--choice", "subcategory=Miscellaneous", "--sync", "on"]);
        self.ok(&["customers", "list"]);
        self.ok(&["customers", "automap", "--min-score", "70", "--sync", "on"]);
    }

    /// Connected, options chosen, all that is sure mapped with sync on.
    pub fn set_up(&self) {
        let prism = self.connect_prism(self.place("/prism/client_secret"));
        assert!(prism.status.success(), "{}", said(&prism));
        let autotask = self.connect_autotask(self.place("/autotask/secret"));
        assert!(autotask.status.success(), "{}", said(&autotask));
        self.ok(&["connect", "test"]);
        self.ok(&["program", "set", "--billing-code", "Cloud Services", "--sync", "on"]);
        self.ok(&["customers", "list"]);
        self.ok(&["customers", "automap", "--min-score", "70", "--sync", "on"]);
    }
}

/// Everything that it printed.
pub fn said(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// Few customers with few subscriptions.
pub fn small() -> World {
    World::start(&["--customers", "6", "--subscriptions", "3"])
}
