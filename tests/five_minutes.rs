//! The first five minutes: from an empty directory to a finished sync of `demo --fresh`, by the keyboard alone,
//! with nothing known but what the screen says. Then the contracts are looked at, behind the program's back.

#![expect(clippy::expect_used, reason = "a test that cannot be set up has failed")]

#[path = "support/loopback.rs"]
mod loopback;
#[path = "terminal/pty.rs"]
#[expect(dead_code, reason = "the tests of the terminal use the rest")]
mod pty;

use std::{collections::BTreeMap, path::Path};

use rstest::rstest;
use serde_json::{Value, json};

use crate::pty::{Console, program};

/// A contract and the name of a service on it.
type Place = (i64, String);

/// From which day so many units stand.
type Steps = Vec<(String, i64)>;

#[rstest]
#[case::small((80, 24))]
#[case::large((120, 36))]
fn a_newcomer_gets_from_nothing_to_a_finished_sync(#[case] size: (u16, u16)) {
    let home = tempfile::tempdir().expect("a directory");
    let mut command = program(home.path());
    command.args(["demo", "--fresh", "--data-dir", "data"]);
    command.args(["--customers", "4", "--subscriptions", "2", "--usage-month", "2026-09"]);
    let mut console = Console::start(command, size);
    console.until("Control endpoint").until("Enter or Esc closes this");
    let control = after("Control endpoint:", &console.text());
    console.send("\r").until_gone("Control endpoint").until("Connect PRISM");

    connect(&mut console);
    choose_options(&mut console);
    sync_products(&mut console);
    map(&mut console);
    sync_customers(&mut console);
    let linked = linked(&mut console, home.path());
    compare(&Control::at(&control), &linked);

    console.send("q");
    assert_eq!(console.end(), 0);
    console.assert_given_back();
}

/// The word after a label on the screen.
fn after(label: &str, screen: &str) -> String {
    let rest = screen.split(label).nth(1).expect("the label is on the screen");
    rest.split_whitespace().next().expect("a value").to_owned()
}

/// What the form says is to be typed into a field: it stands in the line below.
fn asked_for(field: &str, screen: &str) -> String {
    let below = screen.split(field).nth(1).expect("the field is on the screen");
    after(" type", below)
}

fn connect(console: &mut Console) {
    console.send("\r").until("Not configured").send("c").until("Client secret").until("Esc close");
    let form = console.text();
    let (id, secret) = (asked_for("Client id", &form), asked_for("Client secret", &form));
    console.send(&format!("\t\t\t{id}\t{secret}\x14")).until("PRISM answers");
    console.send("\x13").until("Connection test").send("\r").until_gone("Connection test");

    console.send("j").send("c").until("Tracking identifier").until("Esc close");
    let form = console.text();
    let (user, code) = (asked_for("API username", &form), asked_for("Tracking identifier", &form));
    let secret = asked_for("Password", &form);
    console.send(&format!("\t\t{user}\t{code}\t{secret}\x14")).until("Autotask answers");
    console.send("\x13").until("Connection test").send("\r").until_gone("Connection test");
}

fn choose_options(console: &mut Console) {
    console.send("m").until("Billing code").until_gone("Loading billing codes");
    console.send(" ").until("] on").send("\t\t\t\r").until("Managed Services");
    console.send("cloud").until_gone("Managed Services").send("\r").until("Vendor");
    console.send("\x13").until("Microsoft CSP options saved");
}

fn sync_products(console: &mut Console) {
    console.send("4").until("Sync would").until("create");
    console.send("p").until("nothing is sent yet");
    console.send("A").until("Apply ").answer("y").until("Sync ended: Success");
}

fn map(console: &mut Console) {
    console.send("3").until("not linked").send("u").until("same name").send("G");
    console.send("A").until("score of at least").answer("y").until("Accepted ");
    console.send("\x1b").until_gone("Suggestions").until("0 syncing").send("a").until("marked");
    console.send("s").until("Switch sync on for").answer("y").until_gone("0 syncing");
}

fn sync_customers(console: &mut Console) {
    console.send("1").until("No run yet").send("p").until("nothing is sent yet");
    console.send("A").until("Apply ").answer("y").until("Sync ended: Success");
    console.until("balance 0.00");
}

/// The tenants that are synced, from the list saved to a file.
fn linked(console: &mut Console, home: &Path) -> Vec<String> {
    console.send("3").until("syncing").send("e").until("Saved");
    let files = std::fs::read_dir(home).expect("a home").flatten().map(|entry| entry.path());
    let mut lists = files.filter(|path| path.extension().is_some_and(|ending| ending == "csv"));
    let mut rows = csv::Reader::from_path(lists.next().expect("a list")).expect("CSV");
    let head = rows.headers().expect("a heading").clone();
    let column = |name| head.iter().position(|column| column == name).expect("a column");
    let (tenant, sync) = (column("tenant"), column("sync"));
    let on = rows.records().flatten().filter(|row| &row[sync] == "on");
    on.map(|row| row[tenant].to_owned()).collect()
}

fn compare(control: &Control, linked: &[String]) {
    let all = control.get("mappings");
    let mappings: Vec<&Value> = all
        .as_array()
        .expect("a list")
        .iter()
        .filter(|mapping| linked.iter().any(|tenant| mapping["domain"] == **tenant))
        .collect();
    assert!(linked.len() >= 3 && mappings.len() == linked.len(), "{linked:?} of {all}");
    let asked: Vec<Value> = mappings
        .iter()
        .map(|mapping| {
            json!({"tenant": mapping["domain"], "contract_id": mapping["contract_id"],
                "first_month": "2026-09"})
        })
        .collect();
    let asked = json!({"mappings": asked, "azure": false, "months": ["2026-09"]});
    let ought: BTreeMap<Place, Steps> = list(&control.post("expected", &asked))
        .map(|row| {
            let motion = if row["motion"] == "P1Y:M" { "P1Y:M_" } else { "" };
            let name = format!("PC_{motion}{}", row["sku"].as_str().expect("a SKU"));
            ((row["contract_id"].as_i64().expect("an id"), name), steps(&row["steps"]))
        })
        .collect();
    let mut stands = BTreeMap::new();
    for mapping in mappings {
        let contract = mapping["contract_id"].as_i64().expect("an id");
        let told = control.get(&format!("autotask/contracts/{contract}/timeline"));
        stands.extend(list(&told).map(|service| {
            let name = service["service_name"].as_str().expect("a name").to_owned();
            ((contract, name), steps(&service["steps"]))
        }));
    }
    stands.retain(|(_, name), steps| name.starts_with("PC_") && !steps.is_empty());
    assert!(!ought.is_empty(), "nothing to compare");
    assert_eq!(stands, ought);
}

fn list(told: &Value) -> impl Iterator<Item = &Value> {
    told.as_array().expect("a list").iter()
}

/// The steps that change a quantity.
fn steps(told: &Value) -> Steps {
    let mut steps: Steps = list(told)
        .map(|step| {
            let date = step["date"].as_str().expect("a date").to_owned();
            (date, step["units"].as_i64().expect("units"))
        })
        .collect();
    let mut last = 0;
    steps.retain(|(_, units)| std::mem::replace(&mut last, *units) != *units);
    steps
}

/// The simulators' control endpoint.
struct Control {
    runtime: tokio::runtime::Runtime,
    client: reqwest::Client,
    url: String,
}

impl Control {
    fn at(url: &str) -> Self {
        prism_connect::http::install_tls();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let client = crate::loopback::client();
        Self { runtime: runtime.expect("a runtime"), client, url: url.to_owned() }
    }

    fn get(&self, path: &str) -> Value {
        self.answer(self.client.get(format!("{}/{path}", self.url)))
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        self.answer(self.client.post(format!("{}/{path}", self.url)).body(body.to_string()))
    }

    fn answer(&self, request: reqwest::RequestBuilder) -> Value {
        self.runtime.block_on(async {
            request.send().await.expect("an answer").json().await.expect("JSON")
        })
    }
}
