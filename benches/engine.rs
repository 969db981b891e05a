//! What the engine adds to its requests: `cargo bench --bench engine [-- CUSTOMERS]`, 1,000 with eight subscriptions each
//! unless said otherwise.
//!
//! A first sync of customers without any delay, with 3 and with 16 requests at once, beside a bare loop that sends the very
//! same requests to an equal world, as many at once, and makes something durable before and after each write. Takes a
//! minute or two a round and prints writes a second; the simulated systems run in a process of their own, on the same
//! processors.

#![expect(clippy::print_stdout, reason = "it is a program that reports")]

#[path = "../tests/soak/installation.rs"]
mod installation;
#[path = "../tests/soak/world.rs"]
mod world;

use std::{collections::BTreeMap, path::Path, time::Instant};

use futures_util::{StreamExt, stream};
use prism_connect::{
    domain::outcome::Outcome,
    engine::protocol::Scope,
    sim::journal::{Entry, System},
    store::{Batch, Key, Store, Table},
};
use reqwest::{Client, Method};
use serde_json::Value;

use crate::{
    installation::{set_up, start, sync},
    world::World,
};

/// How often each is measured, in turn.
const ROUNDS: usize = 3;

const WRITTEN: Table<Entry> = Table::new("written");

/// Requests, and writes among them, in so many seconds.
struct Pace {
    requests: usize,
    writes: usize,
    seconds: f64,
}

impl Pace {
    fn of(entries: &[Entry], seconds: f64) -> Self {
        let writes = entries.iter().filter(|entry| entry.changed).count();
        Self { requests: entries.len(), writes, seconds }
    }

    #[expect(clippy::cast_precision_loss, reason = "figures to look at")]
    fn writes_a_second(&self) -> f64 {
        self.writes as f64 / self.seconds
    }
}

fn main() {
    world::beside(1000, measure);
}

async fn measure(customers: u32) {
    println!("at once  writes  requests  engine/s  bare loop/s  ratio");
    for at_once in [3, 16] {
        let mut ratios = Vec::new();
        for _ in 0..ROUNDS {
            let (entries, engine) = by_engine(customers, at_once).await;
            let bare = by_bare_loop(customers, at_once, &entries).await;
            let (engines, bares) = (engine.writes_a_second(), bare.writes_a_second());
            ratios.push(engines / bares);
            println!(
                "{at_once:7}  {:6}  {:8}  {engines:8.0}  {bares:11.0}  {:5.2}",
                engine.writes,
                engine.requests,
                engines / bares,
            );
        }
        ratios.sort_by(f64::total_cmp);
        println!(
            "{at_once:7}  ratio {:.2} ({:.2}–{:.2})",
            ratios[ROUNDS / 2],
            ratios[0],
            ratios[ROUNDS - 1]
        );
    }
}

/// An installation whose products are in step. Made one request after the other, so that two of them have the same ids.
async fn prepared(customers: u32, directory: &Path) -> World {
    let world = World::start(customers);
    // A sync of this size would wait for hours to pass.
    world.order("autotask/threshold", r#"{"limit":1000000000}"#).await;
    let engine = start(directory, 1, "in_flight = 1\nwriters = 1").await;
    let handle = engine.handle();
    set_up(&handle, &world).await;
    sync(&handle, Scope::Products).await;
    engine.shutdown().await;
    world.order("journal/reset", "").await;
    world
}

/// What was asked of it since the journal was emptied, in the order of arrival.
async fn asked_of_autotask(world: &World) -> Vec<Entry> {
    let mut entries: Vec<Entry> = world.told("journal").await;
    entries.retain(|entry| entry.system == System::Autotask);
    entries
}

async fn by_engine(customers: u32, at_once: usize) -> (Vec<Entry>, Pace) {
    let directory = tempfile::tempdir().expect("a directory");
    let world = prepared(customers, directory.path()).await;
    let limits = format!("in_flight = {at_once}\nwriters = {at_once}");
    let engine = start(directory.path(), 1, &limits).await;
    let begun = Instant::now();
    let report = sync(&engine.handle(), Scope::Customers).await;
    let seconds = begun.elapsed().as_secs_f64();
    assert!(report.header.status <= Outcome::Warning, "{:?}", report.header);
    let entries = asked_of_autotask(&world).await;
    let pace = Pace::of(&entries, seconds);
    engine.shutdown().await;
    (entries, pace)
}

/// Sends what the engine sent, in its order, so many at once; to one contract one after the other.
async fn by_bare_loop(customers: u32, at_once: usize, entries: &[Entry]) -> Pace {
    let directory = tempfile::tempdir().expect("a directory");
    let world = prepared(customers, directory.path()).await;
    let store = Store::open(&directory.path().join("bare")).expect("a store");
    let client = Client::new();
    let begun = Instant::now();
    stream::iter(turns(entries))
        .map(async |turn| {
            let mut rows = Rows::default();
            for entry in turn {
                let reply = send(entry, rows.body(entry), &world, &client, &store).await;
                rows.note(entry, &reply);
            }
        })
        .buffer_unordered(at_once)
        .collect::<()>()
        .await;
    let seconds = begun.elapsed().as_secs_f64();
    let taken = Pace::of(&asked_of_autotask(&world).await, seconds).writes;
    let pace = Pace::of(entries, seconds);
    assert!(taken * 100 >= pace.writes * 99, "{taken} of {} writes were taken", pace.writes);
    store.close().await;
    pace
}

/// What is sent one after the other: the writes to one contract; every reading by itself.
fn turns(entries: &[Entry]) -> Vec<Vec<&Entry>> {
    let mut turns: Vec<Vec<&Entry>> = Vec::new();
    let mut of_contract: BTreeMap<&str, usize> = BTreeMap::new();
    for entry in entries {
        let at = match entry.path.rsplit_once('/').filter(|_| entry.changed) {
            Some((contract, _)) => *of_contract.entry(contract).or_insert(turns.len()),
            None => turns.len(),
        };
        if at == turns.len() {
            turns.push(Vec::new());
        }
        turns[at].push(entry);
    }
    turns
}

/// The rows of one contract that were made on the way: what comes after names them by numbers that go by the order of
/// arrival, so that each world has others.
#[derive(Default)]
struct Rows {
    newest: Option<i64>,
    ours: BTreeMap<i64, i64>,
}

impl Rows {
    /// What is sent, with the number that the row has in this world.
    fn body(&mut self, entry: &Entry) -> String {
        let Ok(mut body) = serde_json::from_str::<Value>(&entry.body) else {
            return entry.body.clone();
        };
        let Some(theirs) = body["contractServiceID"].as_i64() else { return entry.body.clone() };
        if !self.ours.contains_key(&theirs) {
            self.ours.insert(theirs, self.newest.take().unwrap_or(theirs));
        }
        body["contractServiceID"] = self.ours[&theirs].into();
        body.to_string()
    }

    fn note(&mut self, entry: &Entry, reply: &str) {
        if entry.changed && entry.path.ends_with("/Services") {
            let reply: Value = serde_json::from_str(reply).unwrap_or_default();
            self.newest = reply["itemId"].as_i64();
        }
    }
}

async fn send(
    entry: &Entry,
    body: String,
    world: &World,
    client: &Client,
    store: &Store,
) -> String {
    if entry.changed {
        keep(entry, "before", store).await;
    }
    let autotask = &world.addresses.autotask;
    let origin = reqwest::Url::parse(&autotask.base_url).expect("an address");
    let mut address = origin.join(&entry.path).expect("a path");
    address.set_query(Some(entry.query.as_str()).filter(|query| !query.is_empty()));
    let method = Method::from_bytes(entry.method.as_bytes()).expect("a method");
    let request = client
        .request(method, address)
        .header("UserName", &autotask.username)
        .header("ApiIntegrationCode", &autotask.integration_code)
        .header("Secret", &autotask.secret)
        .header("Content-Type", "application/json")
        .body(body);
    let reply = request.send().await.expect("an answer").text().await.expect("a body");
    if entry.changed {
        keep(entry, "after", store).await;
    }
    reply
}

async fn keep(entry: &Entry, when: &str, store: &Store) {
    let mut batch = Batch::new();
    batch.put(WRITTEN, &Key::new().number(entry.n).text(when), entry);
    store.commit(batch).await.expect("it is kept");
}
