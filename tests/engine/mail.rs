//! What is told outside: to a simulated mail server with its troubles, by an engine whose hours go by in fractions of a
//! second (unattended operation, *Mail*).

use std::{
    collections::BTreeMap,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpListener,
    sync::mpsc,
};

use chrono::{DateTime, Utc};
use prism_connect::{
    clock::Clock,
    config::{Config, Homes, Overrides},
    domain::{
        Side,
        mapping::{PricingStrategy, Start},
        outcome::Outcome,
        secret::Secret,
    },
    engine::{
        Engine, EngineSettings, Handle,
        outbox::message::DeliveryState,
        protocol::{Actor, Changed, Happening, Scope, SyncRequest, command},
        start,
        views::{DeliveryView, MailView, MessageView},
    },
    sim::{SimSettings, Simulation, mail::AUTHORITY, world::WorldSettings},
};
use rstest::rstest;
use serde_json::{Value, json};

use crate::{
    desk::{Desk, MARKER, draft, map_with, set_program},
    in_memory::lock,
    loopback,
    world::{Fakes, Shared, World, ordinary, refused},
};

/// An hour of this clock takes 18 ms: three days are over in 1.3 s.
const PACE: f64 = 0.000_005;

/// After the hour at which a week is told.
const MONDAY: &str = "2026-10-05T08:00:00Z";

fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("a time")
}

/// The simulated mail server, with what its control endpoint can do.
struct Server {
    simulation: Simulation,
    client: reqwest::Client,
}

impl Server {
    async fn start() -> Self {
        let world = WorldSettings { customers: 1, subscriptions: 1, ..WorldSettings::default() };
        let settings = SimSettings { world, ..SimSettings::default() };
        let simulation = Simulation::start(settings).await.expect("a simulation");
        Self { simulation, client: loopback::client() }
    }

    fn url(&self, path: &str) -> String {
        format!("{}/{path}", self.simulation.addresses().control_url)
    }

    async fn trouble(&self, rule: Value) {
        let answer = self.client.post(self.url("mail/troubles")).json(&rule).send().await;
        assert!(answer.expect("an answer").status().is_success(), "{rule}");
    }

    async fn no_troubles(&self) {
        self.client.delete(self.url("mail/troubles")).send().await.expect("an answer");
    }

    async fn letters(&self) -> Vec<Value> {
        let answer = self.client.get(self.url("mail")).send().await.expect("an answer");
        serde_json::from_str(&answer.text().await.expect("text")).expect("JSON")
    }

    /// Settings that send in the clear, from this host to this host.
    fn clear(&self) -> String {
        let at = self.simulation.addresses().mail.smtp;
        format!(
            "[mail]\nserver = \"smtp://{at}\"\nfrom = \"prism-connect@example.com\"\nssh = \"jump1\"\n"
        )
    }

    fn over_tls(&self, form: &str) -> String {
        let mail = self.simulation.addresses().mail;
        let server = match form {
            "smtps" => format!("smtps://{}@{}", mail.user, mail.smtps),
            _ => format!("smtp://{}@{}?tls=required", mail.user, mail.smtp),
        };
        format!("[mail]\nserver = \"{server}\"\nfrom = \"prism-connect@example.com\"\n")
    }
}

const OPS: &str = "[[notify]]\nto = [\"ops@example.com\"]\non = [\"failure\"]\n";

/// Told of everything.
const ALL: &str = "[[notify]]\nto = [\"ops@example.com\"]\n";

/// An engine that keeps the post over a world in memory.
struct Post {
    dir: tempfile::TempDir,
    world: Shared,
    engine: Engine,
    handle: Handle,
}

/// Connected, with `alpha` linked; a sync writes where the world takes writes.
async fn set_up(world: World) -> (tempfile::TempDir, Shared) {
    let refuses = world.refuses;
    let desk = Desk::connected_over(World { refuses: None, ..world }).await;
    desk.done(set_program(Some(true), Some("7"))).await;
    let request = SyncRequest { scope: Scope::Products, ..SyncRequest::default() };
    desk.done(command::Sync { request }).await;
    lock(&desk.world).refuses = refuses;
    let draft = draft("alpha.onmicrosoft.com", "1", "1");
    desk.done(map_with(draft, true, Start::MostRecent, PricingStrategy::CostAndRetail)).await;
    let Desk { world, dir, engine, .. } = desk;
    engine.shutdown().await;
    (dir, world)
}

fn config(dir: &tempfile::TempDir, text: &str) -> Config {
    let (homes, path) = (Homes::below(dir.path()), dir.path().join("config.toml"));
    let text = format!("ca_file = \"authority.pem\"\n[limits]\ntimeout_seconds = 1\n{text}");
    std::fs::write(dir.path().join("authority.pem"), AUTHORITY).expect("written");
    let config = Config::resolve(&Overrides::default(), &BTreeMap::new(), &path, &text, &homes);
    config.expect("settings")
}

impl Post {
    /// Nobody keeps the post; only pauses are short.
    async fn idle((dir, world): (tempfile::TempDir, Shared), text: &str, clock: Clock) -> Self {
        let settings = EngineSettings {
            data_dir: dir.path().to_owned(),
            config: config(&dir, text),
            clock,
            actor: Actor::owner("tester"),
            target: None,
            factory: Some(std::sync::Arc::new(Fakes::over(&world))),
        };
        let engine = start(settings).await.expect("an engine");
        Self { handle: engine.handle(), dir, world, engine }
    }

    async fn kept(over: (tempfile::TempDir, Shared), text: &str) -> Self {
        let clock = Clock::starting_at(at(MONDAY)).hastened(PACE);
        let mut post = Self::idle(over, text, clock).await;
        post.engine.keep_post().expect("kept");
        post
    }

    /// A failing sync.
    async fn of_failure(text: &str) -> Self {
        let post = Self::kept(set_up(ordinary()).await, text).await;
        assert_eq!(post.sync().await, Outcome::Failure);
        post
    }

    async fn sync(&self) -> Outcome {
        let request = SyncRequest { scope: Scope::Customers, ..SyncRequest::default() };
        let runs = self.handle.ask(command::Sync { request }).await.expect("synced");
        runs.last().expect("a run").header.status
    }

    async fn view(&self) -> MailView {
        *self.handle.ask(command::Mail).await.expect("a view")
    }

    /// The outbox as soon as it is like this.
    async fn once(&self, like: impl Fn(&MailView) -> bool) -> MailView {
        let mut events = self.handle.events();
        loop {
            let view = self.view().await;
            if like(&view) {
                return view;
            }
            loop {
                use tokio::sync::broadcast::error::RecvError;
                match events.recv().await {
                    Ok(event)
                        if event.happening == (Happening::Changed { what: Changed::Outbox }) =>
                    {
                        break;
                    }
                    Ok(_) => {}
                    Err(RecvError::Lagged(_)) => break,
                    Err(RecvError::Closed) => panic!("the engine has stopped"),
                }
            }
        }
    }

    /// The first message, once each delivery of it is over.
    async fn over(&self) -> MessageView {
        let over = |one: &DeliveryView| one.state != DeliveryState::Waiting;
        let like = |view: &MailView| {
            let first = view.messages.last();
            first.is_some_and(|message| message.deliveries.iter().all(over))
        };
        self.once(like).await.messages.pop().expect("a message")
    }

    async fn attention(&self) -> Vec<String> {
        let status = self.handle.ask(command::Status).await.expect("a status");
        status.attention.iter().map(|one| one.text.clone()).collect()
    }

    async fn stopped(self) -> (tempfile::TempDir, Shared) {
        self.engine.shutdown().await;
        (self.dir, self.world)
    }
}

fn text<'a>(letter: &'a Value, member: &str) -> &'a str {
    letter[member].as_str().expect("a text")
}

#[tokio::test]
async fn a_failed_run_is_told_once_to_everybody_who_wishes_it() {
    let server = Server::start().await;
    let routes = "[[notify]]\nto = [\"ops@example.com\", \"night@example.com\"]\non = [\"failure\"]\n\
                  [[notify]]\nto = [\"weekly@example.com\"]\non = [\"digest\"]\n";
    let over = set_up(ordinary()).await;
    let post = Post::kept(over, &(server.clear() + routes)).await;
    let address = vec!["owner@example.com".to_owned()];
    let program = command::SetProgram {
        sync: None,
        mode: None,
        azure: None,
        choices: BTreeMap::new(),
        notify: Some(address),
    };
    post.handle.ask(program).await.expect("stored");
    assert_eq!(post.sync().await, Outcome::Failure);
    let message = post.over().await;
    assert!(message.deliveries.iter().all(|one| one.state == DeliveryState::Sent), "{message:?}");
    let mut letters = server.letters().await;
    letters.retain(|letter| text(letter, "subject").contains("Failure"));
    letters.sort_by_key(|letter| letter["to"].to_string());
    let to: Vec<&Value> = letters.iter().map(|letter| &letter["to"][0]).collect();
    assert_eq!(to, ["night@example.com", "ops@example.com", "owner@example.com"]);
    let ids: std::collections::BTreeSet<&str> =
        letters.iter().map(|letter| text(letter, "message_id")).collect();
    assert_eq!(ids.len(), 3, "each has an id of its own");
    for letter in &letters {
        let subject = text(letter, "subject");
        assert!(
            subject.starts_with("[PROD] prism-connect: Failure, 1 of 1 customers"),
            "{subject}"
        );
        let body = text(letter, "text");
        assert!(body.contains("\n\nssh jump1 -t prism-connect open run 2\n\n"), "{body}");
        assert!(body.contains("What to do first: ") && body.contains("alpha"), "{body}");
        assert!(text(letter, "data").contains("Auto-Submitted: auto-generated\r\n"));
        let trail = post.handle.ask(command::VerifyAudit).await.expect("a verdict");
        let head = trail.head.expect("a head");
        assert!(head.0 >= 1 && body.contains("\naudit "), "{body}");
    }
    post.stopped().await;
}

#[tokio::test]
async fn the_same_failure_again_is_no_letter_and_after_a_success_it_is_one() {
    let server = Server::start().await;
    let over = set_up(World { refuses: None, ..ordinary() }).await;
    let fault = || Some(refused(Side::Source, "No."));
    lock(&over.1).source_fault = fault();
    let post = Post::kept(over, &(server.clear() + OPS)).await;
    assert_eq!(post.sync().await, Outcome::Failure);
    post.over().await;
    assert_eq!(post.sync().await, Outcome::Failure);
    assert_eq!(post.sync().await, Outcome::Failure);
    lock(&post.world).source_fault = None;
    assert_eq!(post.sync().await, Outcome::Success);
    lock(&post.world).source_fault = fault();
    assert_eq!(post.sync().await, Outcome::Failure);
    let view = post.once(|view| view.messages.len() > 1 && view.waiting == 0).await;
    let runs: Vec<u64> = view.messages.iter().filter_map(|one| Some(one.run?.0)).collect();
    assert_eq!(runs, [6, 2]);
    assert_eq!(server.letters().await.len(), 2);
    post.stopped().await;
}

/// A customer that ails one morning of this and the next of that has not been well in between.
#[tokio::test]
async fn troubles_that_alternate_are_told_once_each_until_the_customer_was_well() {
    let server = Server::start().await;
    let post = Post::kept(set_up(ordinary()).await, &(server.clear() + OPS)).await;
    let contracts = lock(&post.world).contracts.clone();
    for _mornings in 0..2 {
        assert_eq!(post.sync().await, Outcome::Failure, "its writes are refused");
        lock(&post.world).contracts.clear();
        assert_eq!(post.sync().await, Outcome::Failure, "its contract is gone");
        lock(&post.world).contracts.clone_from(&contracts);
    }
    lock(&post.world).refuses = None;
    assert_eq!(post.sync().await, Outcome::Success);
    let view = post.once(|view| view.messages.len() >= 2 && view.waiting == 0).await;
    let runs: Vec<u64> = view.messages.iter().filter_map(|one| Some(one.run?.0)).collect();
    assert_eq!(runs, [3, 2]);
    post.stopped().await;
}

#[rstest]
#[case::down(json!({"trouble": "down", "times": 2}), "mail_unreachable")]
#[case::greylisted(json!({"trouble": "greylist"}), "mail_refused")]
#[case::full(json!({"trouble": "full", "times": 2}), "mail_refused")]
#[case::not_signed_in(json!({"trouble": "needs_auth", "times": 1}), "mail_refused")]
#[tokio::test]
async fn what_passes_is_waited_for(#[case] trouble: Value, #[case] code: &str) {
    let server = Server::start().await;
    server.trouble(trouble).await;
    let post = Post::of_failure(&(server.clear() + OPS)).await;
    let tried = |view: &MailView| view.messages.iter().any(|one| one.deliveries[0].tries > 0);
    let view = post.once(tried).await;
    let error = view.messages[0].deliveries[0].error.clone();
    assert!(error.is_none_or(|error| error.code.as_str() == code && !error.advice.is_empty()));
    let message = post.over().await;
    let one = &message.deliveries[0];
    assert_eq!(one.state, DeliveryState::Sent, "{one:?}");
    assert!(one.tries > 1, "{one:?}");
    assert_eq!(server.letters().await.len(), 1);
    assert!(!post.attention().await.iter().any(|text| text.contains("ops@example.com")));
    post.stopped().await;
}

#[tokio::test]
async fn a_letter_that_was_taken_and_not_answered_comes_again_under_the_same_id() {
    let server = Server::start().await;
    server.trouble(json!({"trouble": "hang", "times": 1})).await;
    let post = Post::of_failure(&(server.clear() + OPS)).await;
    assert_eq!(post.over().await.deliveries[0].state, DeliveryState::Sent);
    let letters = server.letters().await;
    assert_eq!(letters.len(), 2);
    assert_eq!(letters[0]["answered"], json!(false));
    assert_eq!(letters[0]["message_id"], letters[1]["message_id"]);
    assert_eq!(letters[0]["data"], letters[1]["data"]);
    post.stopped().await;
}

#[tokio::test]
async fn what_nobody_takes_for_three_days_is_given_up_and_wants_the_operator() {
    let server = Server::start().await;
    server.trouble(json!({"trouble": "full", "to": "ops@example.com"})).await;
    let routes =
        "[[notify]]\nto = [\"ops@example.com\", \"other@example.com\"]\non = [\"failure\"]\n";
    let post = Post::of_failure(&(server.clear() + routes)).await;
    let message = post.over().await;
    let by = |to: &str| message.deliveries.iter().find(|one| one.to == to).expect("one").clone();
    assert_eq!(by("other@example.com").state, DeliveryState::Sent);
    let given_up = by("ops@example.com");
    assert_eq!(given_up.state, DeliveryState::GivenUp);
    let tried_for = given_up.ended_at.expect("an end") - message.made_at;
    assert!(tried_for.num_hours() >= 72, "{tried_for}");
    assert!((10..40).contains(&given_up.tries), "{given_up:?}");
    let attention = post.attention().await;
    let told = attention.iter().find(|text| text.contains("was taken by nobody"));
    assert!(told.is_some_and(|text| text.contains("mailbox is full")), "{attention:?}");
    post.stopped().await;
}

#[tokio::test]
async fn nobody_of_that_name_is_given_up_at_once() {
    let server = Server::start().await;
    server.trouble(json!({"trouble": "refuse"})).await;
    let post = Post::of_failure(&(server.clear() + OPS)).await;
    let one = post.over().await.deliveries.remove(0);
    assert_eq!((one.state, one.tries), (DeliveryState::GivenUp, 1));
    post.stopped().await;
}

#[rstest]
#[case::at_once("smtps")]
#[case::after_starttls("smtp")]
#[tokio::test]
async fn a_line_is_secured_or_nothing_is_said(#[case] form: &str) {
    let server = Server::start().await;
    server.trouble(json!({"trouble": "certificate", "times": 1})).await;
    let over = set_up(ordinary()).await;
    let post = Post::kept(over, &(server.over_tls(form) + OPS)).await;
    let test = || post.handle.ask(command::TestMail { to: "ops@example.com".to_owned() });
    let refusal = test().await.expect_err("another host's certificate");
    assert_eq!(refusal.finding.code.as_str(), "mail_tls", "{refusal:?}");
    let refusal = test().await.expect_err("no password");
    assert_eq!(refusal.finding.code.as_str(), "mail_password", "{refusal:?}");
    let store = |secret: &str| {
        let secret = Secret::new(secret);
        post.handle.ask(command::SetMailSecret { hook: None, secret })
    };
    store("wrong-password-1").await.expect("stored");
    let refusal = test().await.expect_err("a wrong password");
    assert_eq!(refusal.finding.code.as_str(), "mail_sign_in", "{refusal:?}");
    store(&server.simulation.addresses().mail.password).await.expect("stored");
    test().await.expect("taken");
    let letters = server.letters().await;
    assert_eq!(letters.len(), 1);
    assert_eq!((&letters[0]["tls"], &letters[0]["user"]), (&json!(true), &json!("notifier")));
    let view = post.view().await;
    assert_eq!(view.has_password, Some(true));
    post.stopped().await;
}

#[tokio::test]
async fn what_waits_goes_on_after_a_restart_and_a_run_without_a_post_is_told_by_the_next_one() {
    let server = Server::start().await;
    server.trouble(json!({"trouble": "down"})).await;
    let settings = server.clear() + OPS;
    let clock = Clock::starting_at(at(MONDAY)).scaled(0.001);
    let post = Post::idle(set_up(ordinary()).await, &settings, clock).await;
    assert_eq!(post.sync().await, Outcome::Failure);
    assert_eq!(post.view().await.messages.len(), 0, "nobody keeps the post");
    let over = post.stopped().await;
    let post = Post::kept(over, &settings).await;
    let tried = |view: &MailView| view.messages.iter().any(|one| one.deliveries[0].tries > 0);
    post.once(tried).await;
    let over = post.stopped().await;
    server.no_troubles().await;
    let post = Post::kept(over, &settings).await;
    let one = post.over().await.deliveries.remove(0);
    assert_eq!(one.state, DeliveryState::Sent);
    assert_eq!(server.letters().await.len(), 1);
    post.stopped().await;
}

#[tokio::test]
async fn no_secret_is_told_wherever_it_stands() {
    let server = Server::start().await;
    let over = set_up(ordinary()).await;
    {
        let mut world = lock(&over.1);
        world.refuses = Some(MARKER);
        world.source_fault = None;
    }
    let (told, address) = listener(&["HTTP/1.1 200 OK"]);
    let hook = format!(
        "[[webhook]]\nurl = \"http://{address}/x\"\non = [\"failure\"]\nallow_private = true\nsecret = \"vault\"\n"
    );
    let post = Post::kept(over, &(server.clear() + OPS + &hook)).await;
    let signed = format!("http://{address}/x");
    let secret = Secret::new("hook-secret-5d1e");
    post.handle.ask(command::SetMailSecret { hook: Some(signed), secret }).await.expect("stored");
    assert_eq!(post.sync().await, Outcome::Failure);
    let message = post.over().await;
    assert!(message.text.contains("••••"), "{}", message.text);
    let shown = serde_json::to_string(&message).expect("JSON");
    let call = told.recv().expect("a call");
    for secret in [MARKER, "hook-secret-5d1e"] {
        assert!(!shown.contains(secret), "{shown}");
        assert!(!call.contains(secret), "{call}");
        for letter in server.letters().await {
            assert!(!letter.to_string().contains(secret), "{letter}");
        }
    }
    post.stopped().await;
}

#[tokio::test]
async fn a_source_that_refuses_is_told_without_customers() {
    let server = Server::start().await;
    let over = set_up(ordinary()).await;
    lock(&over.1).source_fault =
        Some(refused(Side::Source, "The client\r\nBcc: all@example.com is unknown."));
    let post = Post::kept(over, &(server.clear() + OPS)).await;
    assert_eq!(post.sync().await, Outcome::Failure);
    post.over().await;
    let letters = server.letters().await;
    assert_eq!(letters[0]["subject"], json!("[PROD] prism-connect: Failure, run 2"));
    assert_eq!(letters[0]["to"], json!(["ops@example.com"]));
    let data = text(&letters[0], "data");
    assert!(!data.contains("\r\nBcc:"), "{data}");
    post.stopped().await;
}

#[tokio::test]
async fn a_week_is_told_on_its_monday() {
    let server = Server::start().await;
    let settings = server.clear() + ALL + "[schedule]\nzone = \"UTC\"\n";
    let post = Post::of_failure(&settings).await;
    post.over().await;
    assert_eq!(post.sync().await, Outcome::Failure);
    let is_digest = |message: &MessageView| message.subject.contains("Week to 2026-10-11");
    let view = post.once(|view| view.messages.iter().any(is_digest)).await;
    let digest = view.messages.iter().find(|one| is_digest(one)).expect("a digest");
    assert!(digest.made_at >= at("2026-10-12T07:00:00Z"), "{}", digest.made_at);
    let text = digest.text.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in ["2 Failure", "Still the same", "(2 runs since 2026-10-05)"] {
        assert!(text.contains(part), "{part}: {}", digest.text);
    }
    post.stopped().await;
}

#[tokio::test]
async fn a_day_and_a_half_without_a_success_is_told_once() {
    let server = Server::start().await;
    let over = set_up(ordinary()).await;
    lock(&over.1).source_fault = Some(refused(Side::Source, "No."));
    let settings = server.clear()
        + ALL
        + "[schedule]\nzone = \"UTC\"\nlook = [\"06:30\"]\njitter_minutes = 0\n";
    let clock = Clock::starting_at(at("2026-10-05T05:00:00Z")).hastened(PACE * 2.0);
    let mut post = Post::idle(over, &settings, clock).await;
    post.engine.keep_schedule().await.expect("kept");
    post.engine.keep_post().expect("kept");
    let is_it = |message: &MessageView| message.subject.contains("no look succeeded since");
    let view = post.once(|view| view.messages.iter().any(is_it)).await;
    let told = view.messages.iter().find(|one| is_it(one)).expect("told");
    assert!(told.made_at >= at("2026-10-06T17:00:00Z"), "{}", told.made_at);
    let digest = |message: &MessageView| message.subject.contains("Week to 2026-10-11");
    let view = post.once(|view| view.messages.iter().any(digest)).await;
    let many = view.messages.iter().filter(|one| is_it(one)).count();
    assert_eq!(many, 1, "{:#?}", view.messages);
    post.stopped().await;
}

/// A web server that answers with these heads, one call each; what it was told.
fn listener(heads: &[&str]) -> (mpsc::Receiver<String>, String) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    let (heads, (told, calls)) =
        (heads.iter().map(|head| (*head).to_owned()).collect::<Vec<_>>(), mpsc::channel());
    std::thread::spawn(move || {
        for head in heads {
            let (stream, _) = listener.accept().expect("a call");
            let mut reader = BufReader::new(stream);
            let (mut call, mut length) = (String::new(), 0);
            loop {
                let mut line = String::new();
                reader.read_line(&mut line).expect("a line");
                if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
                    length = value.trim().parse().expect("a length");
                }
                call.push_str(&line);
                if line.trim().is_empty() {
                    break;
                }
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).expect("a body");
            call.push_str(&String::from_utf8(body).expect("text"));
            let answer = format!("{head}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            reader.get_mut().write_all(answer.as_bytes()).expect("an answer");
            // Nobody may be listening any more.
            let _ = told.send(call);
        }
    });
    (calls, address)
}

#[tokio::test]
async fn a_web_address_is_told_with_a_signature_and_again_until_it_takes_it() {
    let (told, address) = listener(&["HTTP/1.1 503 Busy", "HTTP/1.1 204 Fine"]);
    let over = set_up(ordinary()).await;
    std::fs::write(over.0.path().join("hook-secret"), "Jefe\n").expect("written");
    let hook = format!(
        "[[webhook]]\nurl = \"http://{address}/hook\"\non = [\"failure\"]\nsecret = \"file:hook-secret\"\nallow_private = true\n"
    );
    let post = Post::of_failure_over(over, &hook).await;
    let message = post.over().await;
    let one = &message.deliveries[0];
    assert_eq!((one.state, one.tries, one.web), (DeliveryState::Sent, 2, true));
    let (first, second) = (told.recv().expect("a call"), told.recv().expect("a call"));
    assert_eq!(first, second, "the same again");
    let (head, body) = second.split_once("\r\n\r\n").expect("a body");
    let sent: Value = serde_json::from_str(body).expect("JSON");
    assert_eq!(sent["facts"]["run"]["status"], json!("failure"));
    assert_eq!(sent["id"], json!(one.id));
    let signature = head
        .lines()
        .find_map(|line| line.to_lowercase().strip_prefix("x-signature: ").map(str::to_owned));
    let digits = signature.expect("signed").strip_prefix("sha256=").expect("its kind").to_owned();
    assert_eq!(digits, keyed_hash(b"Jefe", body.as_bytes()));
    post.stopped().await;
}

/// HMAC as RFC 2104 has it, worked out by hand.
fn keyed_hash(key: &[u8], text: &[u8]) -> String {
    use sha2::{Digest as _, Sha256};
    let mut padded = [0_u8; 64];
    padded[..key.len()].copy_from_slice(key);
    let pad = |with: u8| padded.map(|byte| byte ^ with);
    let inner = Sha256::new().chain_update(pad(0x36)).chain_update(text).finalize();
    let outer = Sha256::new().chain_update(pad(0x5c)).chain_update(inner).finalize();
    outer.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

#[rstest]
#[case::elsewhere("HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/", "webhook_refused")]
#[case::gone("HTTP/1.1 410 Gone", "webhook_refused")]
#[tokio::test]
async fn a_web_address_that_leads_elsewhere_is_not_followed(
    #[case] head: &str,
    #[case] code: &str,
) {
    let (told, address) = listener(&[head]);
    let hook = format!(
        "[[webhook]]\nurl = \"http://{address}/hook\"\non = [\"failure\"]\nallow_private = true\nstyle = \"slack\"\n"
    );
    let post = Post::of_failure_over(set_up(ordinary()).await, &hook).await;
    let one = post.over().await.deliveries.remove(0);
    assert_eq!((one.state, one.tries), (DeliveryState::GivenUp, 1), "{one:?}");
    assert_eq!(one.error.expect("why").code.as_str(), code);
    let call = told.recv().expect("a call");
    let body = call.split_once("\r\n\r\n").expect("a body").1;
    let sent: Value = serde_json::from_str(body).expect("JSON");
    assert!(
        sent["text"]
            .as_str()
            .is_some_and(|text| text.starts_with("*[PROD] prism-connect: Failure"))
    );
    post.stopped().await;
}

impl Post {
    async fn of_failure_over(over: (tempfile::TempDir, Shared), text: &str) -> Self {
        let post = Self::kept(over, text).await;
        assert_eq!(post.sync().await, Outcome::Failure);
        post
    }
}
