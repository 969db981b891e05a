//! Telling outside from the command line: settings, secrets, letters after a run, and what monitoring scrapes.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::{Read as _, Write as _},
    net::TcpStream,
};

use rstest::rstest;
use serde_json::Value;

use super::{
    daemon::Daemon,
    world::{World, said, small},
};

impl World {
    /// The settings file, as it is from now on.
    fn configure(&self, text: &str) {
        let folder = self.path(".config/prism-connect");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("config.toml"), text).unwrap();
    }

    /// Mail to the simulated server, in the clear, to one.
    fn with_mail(&self, more: &str) {
        let server = self.place("/mail/smtp");
        self.configure(&format!(
            "[mail]\nserver = \"smtp://{server}\"\nfrom = \"prism-connect@example.com\"\nssh = \"jump1\"\n\
             [[notify]]\nto = [\"ops@example.com\"]\n{more}"
        ));
    }

    fn letters(&self) -> Vec<Value> {
        self.control("GET", "/mail", "").as_array().unwrap().clone()
    }

    /// The distributor gives no invoices any more.
    fn refuse_invoices(&self) {
        let rule = r#"{"rules":[{"system":"prism","path":"invoices","fault":{"status":403}}]}"#;
        self.control("POST", "/faults", rule);
    }
}

#[rstest]
#[case(
    "[mail]\nserver = \"mail.example.com\"",
    "`mail.server`: it is no address",
    "smtps://user@host:465"
)]
#[case("[mail]\nserver = \"smtp://mail.example.com\"", "would pass in the clear", "tls=required")]
#[case(
    "[mail]\nserver = \"smtps://me:hunter2@mail.example.com\"",
    "a password has no place",
    "mail set"
)]
#[case("[mail]\nserver = \"smtp://localhost\"", "it is not said whose letters they are", "from =")]
#[case(
    "[mail]\nserver = \"smtp://localhost\"\nfrom = \"us\"",
    "`mail.from`: it is no mail address",
    "prism-connect@example.com"
)]
#[case(
    "[mail]\nserver = \"smtp://localhost\"\nsendmail = \"/usr/sbin/sendmail\"\nfrom = \"a@b.c\"",
    "not by both",
    "Take one"
)]
#[case("[mail]\nssh = \"-oProxyCommand=x\"", "`mail.ssh`: it is no host", "jump1")]
#[case(
    "[mail]\nweb = \"https://portal.example.com/\"",
    "`mail.web`: it is no page of a run",
    "{run}"
)]
#[case("[[notify]]\non = [\"failure\"]", "line 1: `notify`: `to` is missing", "to =")]
#[case("[[notify]]\nto = [\"ops\"]", "“ops”, which is no mail address", "ops@example.com")]
#[case(
    "[[notify]]\nto = [\"a@b.c\"]\non = [\"failures\"]",
    "one cannot be told on “failures”",
    "failure, warning, approval, digest"
)]
#[case("[[notify]]\nto = [\"a@b.c\"]\nmail = 1", "there is no `mail` in it", "to, on")]
#[case("[[webhook]]\nurl = \"http://hooks.example.com/x\"", "would pass in the clear", "https://")]
#[case("[[webhook]]\nurl = \"https://10.0.0.1/x\"", "one of this network", "allow_private")]
#[case(
    "[[webhook]]\nurl = \"https://hooks.example.com/x\"\nsecret = \"hunter2\"",
    "says where the secret is",
    "\"vault\""
)]
#[case(
    "[[webhook]]\nurl = \"https://hooks.example.com/x\"\nstyle = \"irc\"",
    "there is no style “irc”",
    "json, slack, teams"
)]
#[case("webhook = \"https://hooks.example.com/x\"", "`webhook` cannot be", "[[webhook]]")]
#[case("[metrics]\nlisten = \"localhost\"", "`metrics.listen` cannot be", "127.0.0.1:9464")]
fn a_setting_that_cannot_hold_says_what_where_and_what_to_do(
    #[case] text: &str,
    #[case] says: &str,
    #[case] advises: &str,
) {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("config.toml");
    fs::write(&path, text).unwrap();
    let mut program = super::world::program(home.path());
    let done = program.arg("--config").arg(&path).args(["config", "show"]).output().unwrap();
    let told = said(&done);
    assert_eq!(done.status.code(), Some(1), "{told}");
    assert!(told.contains(says) && told.contains(advises), "{told}");
    assert!(told.contains("config.toml") && !told.contains("hunter2"), "{told}");
}

#[test]
fn what_is_shown_of_a_webhook_is_not_its_path() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("config.toml");
    fs::write(&path, "[[webhook]]\nurl = \"https://hooks.example.com/T0/secret-path\"\n").unwrap();
    let mut program = super::world::program(home.path());
    let done = program.arg("--config").arg(&path).args(["config", "show"]).output().unwrap();
    let told = said(&done);
    assert!(
        told.contains("https://hooks.example.com/…") && !told.contains("secret-path"),
        "{told}"
    );
}

#[test]
fn mail_that_is_not_set_up_is_said_to_be_so() {
    let world = small();
    world.refused(&["mail", "test", "ops@example.com"], 1, "Mail is not set up.");
    assert!(world.ok(&["mail", "show"]).contains("not set up"));
    let done = world.run_with(&["mail", "set", "--secret-stdin"], "a-password\n");
    assert_eq!(done.status.code(), Some(1), "{}", said(&done));
}

#[test]
fn a_password_needs_a_vault_that_is_open_and_is_asked_for_where_it_is_missing() {
    let world = small();
    let server = world.place("/mail/smtp");
    let (user, password) = (world.place("/mail/user"), world.place("/mail/password"));
    world.configure(&format!(
        "[mail]\nserver = \"smtp://{user}@{server}\"\nfrom = \"prism-connect@example.com\"\n"
    ));
    world.refused(&["mail", "test", "ops@example.com"], 1, "`prism-connect mail set`");
    world.refused(&["mail", "test", "ops@example.com\r\nBcc: x@y"], 64, "is no mail address");
    let stored = world.run_with(&["mail", "set", "--secret-stdin"], password);
    assert!(stored.status.success(), "{}", said(&stored));
    assert!(world.ok(&["mail", "test", "ops@example.com"]).contains("took the letter"));
    assert_eq!(world.letters()[0]["user"], *user);
    let trail = world.json(&["audit", "list"]);
    let whole = trail.to_string();
    assert!(whole.contains("tried the mail") && !whole.contains(password), "{whole}");
    let passphrase =
        world.run_with(&["passphrase", "set", "--secret-stdin"], "a long passphrase\n");
    assert!(passphrase.status.success(), "{}", said(&passphrase));
    let locked = world.run_with(&["mail", "set", "--secret-stdin"], password);
    assert!(!locked.status.success() && said(&locked).contains("locked"), "{}", said(&locked));
}

#[test]
fn without_a_daemon_a_run_is_told_before_the_command_ends() {
    let world = small();
    world.with_mail("");
    world.set_up();
    world.refuse_invoices();
    let done = world.run(&["sync", "customers"]);
    assert_eq!(done.status.code(), Some(4), "{}", said(&done));
    let letters = world.letters();
    assert_eq!(letters.len(), 1, "{letters:#?}");
    let text = letters[0]["text"].as_str().unwrap();
    assert!(text.contains("\nssh jump1 -t prism-connect open run "), "{text}");
    world.run(&["sync", "customers"]);
    assert_eq!(world.letters().len(), 1, "the same again is no letter");
    assert!(world.ok(&["mail", "show", "1"]).contains("sent, 1 try"));
}

#[test]
fn a_program_of_this_host_takes_letters() {
    let world = small();
    let taken = world.path("taken");
    let program = world.path("sendmail");
    let script = format!("#!/bin/sh\necho \"$@\" >{0}.args\ncat >{0}\n", taken.display());
    fs::write(&program, script).unwrap();
    let mut mode = fs::metadata(&program).unwrap().permissions();
    std::os::unix::fs::PermissionsExt::set_mode(&mut mode, 0o755);
    fs::set_permissions(&program, mode).unwrap();
    world.configure(&format!(
        "[mail]\nsendmail = \"{}\"\nfrom = \"prism-connect@example.com\"\n",
        program.display()
    ));
    world.ok(&["mail", "test", "ops@example.com"]);
    let arguments = fs::read_to_string(world.path("taken.args")).unwrap();
    assert_eq!(arguments, "-i -f prism-connect@example.com -- ops@example.com\n");
    let letter = fs::read_to_string(taken).unwrap();
    assert!(letter.contains("Subject: [PROD] prism-connect: Test\n") && !letter.contains('\r'));
    fs::write(&program, "#!/bin/sh\necho no room >&2\nexit 75\n").unwrap();
    world.refused(&["mail", "test", "ops@example.com"], 1, "no room");
}

#[test]
fn a_daemon_tells_of_a_failed_run_and_answers_monitoring() {
    let world = small();
    let file = world.path("metrics.prom");
    world.with_mail(&format!(
        "[metrics]\nfile = \"{}\"\nlisten = \"127.0.0.1:0\"\n",
        file.display()
    ));
    world.set_up();
    let mut daemon = Daemon::start(&world);
    let address = daemon.line_with("Metrics at http://");
    let address = address.split("http://").nth(1).unwrap().split('/').next().unwrap().to_owned();
    assert_eq!(world.run(&["sync"]).status.code(), Some(0));
    let scraped = scrape(&address, "GET /metrics");
    let samples = parsed(&scraped);
    let value =
        |name: &str| samples.get(name).copied().unwrap_or_else(|| panic!("{name} in {scraped}"));
    let run = "target=\"autotask\",kind=\"customers\"";
    assert!((value(&format!("prism_connect_last_run_outcome{{{run}}}")) - 1.0).abs() < 0.1);
    assert!(value(&format!("prism_connect_last_run_items{{{run},state=\"ok\"}}")) >= 1.0);
    assert!(value("prism_connect_customers_linked{target=\"autotask\",sync=\"on\"}") >= 1.0);
    assert!(value("prism_connect_audit_head") >= 1.0 && value("prism_connect_store_bytes") > 1e4);
    let balance = "part=\"unbalanced\",currency=\"AUD\"";
    assert!(
        value(&format!("prism_connect_ledger_amount{{target=\"autotask\",{balance}}}")).abs()
            < 0.001
    );
    for row in world.json(&["customers", "list", "--offline"]).as_array().unwrap() {
        for name in ["customer_name", "domain"] {
            let name = row[name].as_str().unwrap();
            assert!(!scraped.contains(name), "{name}");
        }
    }
    let written = fs::read_to_string(&file).unwrap();
    assert_eq!(parsed(&written).keys().collect::<Vec<_>>().len(), samples.len());
    assert!(scrape(&address, "GET /").starts_with("HTTP/1.1 404"));
    assert!(scrape(&address, "POST /metrics").starts_with("HTTP/1.1 405"));
    world.refuse_invoices();
    assert_eq!(world.run(&["sync", "customers"]).status.code(), Some(4));
    // Each look at it is a process of its own: the daemon has time meanwhile.
    let sent = (0..200).find_map(|_| {
        let view = world.json(&["mail", "show"]);
        (view["messages"][0]["deliveries"][0]["state"] == "sent").then_some(view)
    });
    assert!(sent.is_some_and(|view| view["kept"] == true), "it is told");
    assert_eq!(world.letters().len(), 1);
    daemon.stop();
}

fn scrape(address: &str, question: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "{question} HTTP/1.1\r\nHost: {address}\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// The text format of Prometheus, by the letter: each metric once, with help and kind before its samples, no sample twice.
fn parsed(text: &str) -> BTreeMap<String, f64> {
    let body = text.split_once("\r\n\r\n").map_or(text, |(_, body)| body);
    assert!(body.ends_with('\n'), "{body}");
    let (mut samples, mut seen, mut current) = (BTreeMap::new(), BTreeSet::new(), String::new());
    let sound = |name: &str| {
        !name.is_empty()
            && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
    };
    let mut lines = body.lines();
    while let Some(line) = lines.next() {
        if let Some(help) = line.strip_prefix("# HELP ") {
            let (name, said) = help.split_once(' ').unwrap();
            assert!(sound(name) && !said.is_empty() && seen.insert(name.to_owned()), "{line}");
            assert_eq!(lines.next(), Some(format!("# TYPE {name} gauge").as_str()));
            name.clone_into(&mut current);
            continue;
        }
        let (name, value) = line.rsplit_once(' ').unwrap();
        let (metric, labels) = name.split_once('{').unwrap_or((name, "}"));
        assert_eq!(metric, current, "{line}");
        for label in labels.strip_suffix('}').unwrap().split(',').filter(|label| !label.is_empty())
        {
            let (name, value) = label.split_once('=').unwrap();
            assert!(sound(name) && value.len() >= 2, "{line}");
            assert!(value.starts_with('"') && value.ends_with('"'), "{line}");
        }
        let value: f64 = value.parse().unwrap_or_else(|_| panic!("{line}"));
        assert!(samples.insert(name.to_owned(), value).is_none(), "{line}");
    }
    assert!(!samples.is_empty());
    samples
}
