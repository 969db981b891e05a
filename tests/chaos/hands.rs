//! What people do in the target while we sync, and what the tests read there behind its back.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use chrono::{Datelike, NaiveDate};
use prism_connect::sim::{Addresses, AutotaskAddress, ConnectwiseAddress};
use serde_json::{Value, json};

use crate::{
    rig::Target,
    site::{named, on_agreement},
};

/// A wait for lists to show what is new is no shorter, as it passes here.
const SHORTEST_WAIT: Duration = Duration::from_millis(28);

/// Somebody sets a quantity from a day on. Before it is made, `units` are those on top of what stands there, except on
/// the first of a month. (Seats taken away on another day could make it impossible to follow an invoice that takes
/// others away before it: that day is taken, and no order of writes keeps it from falling below zero.)
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandEdit {
    pub contract: i64,
    pub service: String,
    pub date: NaiveDate,
    pub units: i64,
}

/// One service on a contract, as the control endpoint tells it.
#[derive(Clone, Debug)]
pub struct OnContract {
    pub row: i64,
    pub name: String,
    pub steps: Vec<(NaiveDate, i64, String)>,
}

impl OnContract {
    /// Units on a day.
    pub fn units(&self, day: NaiveDate) -> i64 {
        self.steps.iter().rev().find(|(from, ..)| *from <= day).map_or(0, |(_, units, _)| *units)
    }

    /// The unit price on a day.
    pub fn price(&self, day: NaiveDate) -> Option<&str> {
        self.steps.iter().rev().find(|(from, ..)| *from <= day).map(|(.., price)| price.as_str())
    }
}

/// Somebody at the target's own screens.
pub struct Hands {
    client: reqwest::Client,
    control: String,
    place: Place,
    done: Mutex<Done>,
    /// When the site's clock was last put forward, where its lists lag.
    paced: Mutex<Option<Instant>>,
}

/// Where the target's API is, as any client finds it.
enum Place {
    Autotask(AutotaskAddress),
    Connectwise(ConnectwiseAddress),
}

/// What was done so far.
#[derive(Default)]
struct Done {
    edits: Vec<HandEdit>,
    closed: Vec<i64>,
    inactive: Vec<i64>,
}

impl Hands {
    pub fn new(addresses: Addresses) -> Self {
        let control = addresses.control_url.trim_end_matches('/').to_owned();
        let place = match addresses.connectwise {
            Some(site) if addresses.autotask.base_url.is_empty() => Place::Connectwise(site),
            _ => Place::Autotask(addresses.autotask),
        };
        let client = crate::loopback::client();
        Self { client, control, place, done: Mutex::default(), paced: Mutex::default() }
    }

    /// Which target it is.
    pub fn target(&self) -> Target {
        match self.place {
            Place::Autotask(_) => Target::Autotask,
            Place::Connectwise(_) => Target::Connectwise,
        }
    }

    fn done(&self) -> MutexGuard<'_, Done> {
        self.done.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What any client may ask at any time.
    pub fn cheap_path(&self) -> &'static str {
        match self.target() {
            Target::Autotask => "ThresholdInformation",
            Target::Connectwise => "system/info",
        }
    }

    /// Every edit that was accepted.
    pub fn edits(&self) -> Vec<HandEdit> {
        self.done().edits.clone()
    }

    /// Posts to the control endpoint; whether it was accepted.
    pub async fn post(&self, path: &str, body: &Value) -> bool {
        let sent = self.client.post(format!("{}/{path}", self.control)).json(body).send().await;
        sent.expect("the control endpoint answers").status().is_success()
    }

    /// Reads from the control endpoint.
    pub async fn get(&self, path: &str) -> Value {
        let sent = self.client.get(format!("{}/{path}", self.control)).send().await;
        let text = sent.expect("the control endpoint answers").text().await.expect("text");
        serde_json::from_str(&text).expect("JSON")
    }

    /// Everything on a contract, rows of one service beside each other.
    pub async fn contract(&self, contract: i64) -> Vec<OnContract> {
        if self.target() == Target::Connectwise {
            return on_agreement(&self.lines(contract).await);
        }
        let told = self.get(&format!("autotask/contracts/{contract}/timeline")).await;
        told.as_array().expect("a list").iter().map(on_contract).collect()
    }

    /// Sets a quantity, if the service is there and the change is possible.
    pub async fn edit(&self, edit: &HandEdit) {
        let rows = self.contract(edit.contract).await;
        let Some(row) = rows.iter().find(|row| row.name == edit.service) else { return };
        let stands = row.units(edit.date);
        let units = if edit.date.day() == 1 { edit.units } else { stands + edit.units.max(1) };
        if units == stands {
            return;
        }
        let edit = HandEdit { units, ..edit.clone() };
        // Put down first: where the engine dies beside it, nobody waits for the answer, and it may be made all the same.
        self.done().edits.push(edit.clone());
        if !self.set(row.row, &edit, units - stands).await {
            let edits = &mut self.done().edits;
            if let Some(at) = edits.iter().rposition(|known| *known == edit) {
                edits.remove(at);
            }
        }
    }

    /// The quantity of a row becomes that of the edit, from its day on.
    async fn set(&self, row: i64, edit: &HandEdit, by: i64) -> bool {
        match self.target() {
            Target::Autotask => {
                let path = format!("autotask/contract-services/{row}/units");
                self.post(&path, &json!({ "date": edit.date, "units": edit.units })).await
            }
            Target::Connectwise => self.set_lines((edit.contract, row), edit.date, by).await,
        }
    }

    /// Puts down that a month was edited in a way that has no day.
    pub fn put_down(&self, edit: HandEdit) {
        self.done().edits.push(edit);
    }

    /// Closes a contract.
    pub async fn close(&self, contract: i64) {
        if self.closed(contract, true).await {
            self.done().closed.push(contract);
        }
    }

    async fn closed(&self, contract: i64, closed: bool) -> bool {
        match self.target() {
            Target::Autotask => {
                let status = json!({ "status": i64::from(!closed) });
                self.post(&format!("autotask/contracts/{contract}"), &status).await
            }
            Target::Connectwise => {
                let day = closed.then_some("2026-08-01T00:00:00Z");
                let cancelled = json!({ "cancelledFlag": closed, "dateCancelled": day });
                self.change("agreements", contract, &cancelled).await
            }
        }
    }

    /// Other programs of the tenant use up what it takes of requests, or leave all of it.
    pub async fn use_up_the_budget(&self, all: bool) {
        match (self.target(), all) {
            (Target::Autotask, _) => {
                let others = json!({ "others": if all { 10_000 } else { 0 } });
                assert!(self.post("autotask/threshold", &others).await, "it is told");
            }
            (Target::Connectwise, true) => {
                let rule = json!({"system": "connectwise",
                    "fault": {"status": 429, "retry_after": "30"}});
                assert!(self.post("faults", &json!({ "rules": [rule] })).await, "it is told");
            }
            (Target::Connectwise, false) => {
                let gone = self.client.delete(format!("{}/faults", self.control)).send().await;
                assert!(gone.expect("an answer").status().is_success());
            }
        }
    }

    /// Approves and posts, or invoices, what a contract bills up to a day.
    pub async fn approve(&self, contract: i64, through: NaiveDate) {
        match self.target() {
            Target::Autotask => {
                let posting = json!({ "contract_id": contract, "through": through });
                assert!(self.post("autotask/post", &posting).await, "it can be posted");
            }
            Target::Connectwise => self.invoice(contract, through).await,
        }
    }

    /// Lets a contract end on a day: what was dated after it is gone.
    pub async fn end(&self, contract: i64, day: NaiveDate) {
        let ended = match self.target() {
            Target::Autotask => {
                let path = format!("autotask/contracts/{contract}");
                self.post(&path, &json!({ "endDate": day })).await
            }
            Target::Connectwise => {
                let end = json!({ "endDate": format!("{day}T00:00:00Z") });
                self.change("agreements", contract, &end).await
            }
        };
        assert!(ended, "it can end");
    }

    /// Deletes a service; its rows on contracts stay.
    pub async fn delete(&self, name: &str) {
        let services = self.services().await;
        let Some((id, _)) = services.iter().find(|(_, known)| *known == name) else { return };
        match self.target() {
            Target::Autotask => {
                self.post(&format!("autotask/services/{id}"), &json!({ "deleted": true })).await;
            }
            Target::Connectwise => {
                let url = format!("{}/connectwise/catalog/{id}", self.control);
                self.client.delete(url).send().await.expect("the control endpoint answers");
            }
        }
    }

    /// Deactivates a service.
    pub async fn deactivate(&self, name: &str) {
        let services = self.services().await;
        let Some((id, _)) = services.iter().find(|(_, known)| *known == name) else { return };
        self.active(*id, false).await;
        self.done().inactive.push(*id);
    }

    async fn active(&self, service: i64, active: bool) {
        match self.target() {
            Target::Autotask => {
                let path = format!("autotask/services/{service}");
                self.post(&path, &json!({ "isActive": active })).await;
            }
            Target::Connectwise => {
                self.change("catalog", service, &json!({ "inactiveFlag": !active })).await;
            }
        }
    }

    /// The API user is locked, or not any more.
    pub async fn lock(&self, locked: bool) {
        let path = match self.target() {
            Target::Autotask => "autotask/user",
            Target::Connectwise => "connectwise/keys",
        };
        self.post(path, &json!({ "locked": locked })).await;
    }

    /// From now on new records are in ConnectWise's lists only so many seconds later.
    pub async fn lag(&self, seconds: u32) {
        let switch = json!({ "cw_list_lag": seconds.to_string() });
        assert!(self.post("assumptions", &switch).await, "the switch is there");
        *self.paced.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// Where the site's lists lag and the engine has waited, as much time passes at the site: a thousand times as much as
    /// here. Its own work takes none, so that what it wrote is not shown by the time it reads again.
    pub async fn keep_pace(&self) {
        let waited = {
            let paced = self.paced.lock().unwrap_or_else(PoisonError::into_inner);
            let waited = paced.map(|since| since.elapsed());
            waited.filter(|waited| *waited >= SHORTEST_WAIT)
        };
        let Some(waited) = waited else { return };
        self.forward(u32::try_from(waited.as_millis()).unwrap_or(u32::MAX)).await;
        self.hold_pace();
    }

    /// From now on waits count.
    pub fn hold_pace(&self) {
        let mut paced = self.paced.lock().unwrap_or_else(PoisonError::into_inner);
        *paced = paced.map(|_| Instant::now());
    }

    /// So many seconds pass at the site.
    pub async fn forward(&self, seconds: u32) {
        self.post("connectwise/clock", &json!({ "forward_seconds": seconds })).await;
    }

    /// Takes back what can be: contracts are open, services active, the user is unlocked.
    pub async fn take_back(&self) {
        let (closed, inactive) = {
            let mut done = self.done();
            (std::mem::take(&mut done.closed), std::mem::take(&mut done.inactive))
        };
        for contract in closed {
            self.closed(contract, false).await;
        }
        for service in inactive {
            self.active(service, true).await;
        }
        self.lock(false).await;
    }

    /// Every service, id and name. Asked for as any client would, which the journal notes as a read.
    pub async fn services(&self) -> Vec<(i64, String)> {
        if self.target() == Target::Connectwise {
            let items = self.api("procurement/catalog?pageSize=1000").await;
            let item = |row: &Value| {
                let identifier = row["identifier"].as_str().unwrap_or_default();
                (row["id"].as_i64().expect("an id"), named(identifier, row["vendorSku"].as_str()))
            };
            return items.as_array().into_iter().flatten().map(item).collect();
        }
        let all = json!({"filter": [{"op": "exist", "field": "id"}]});
        let name = |row: &Value| {
            let name = row["name"].as_str().unwrap_or_default().to_owned();
            (row["id"].as_i64().expect("an id"), name)
        };
        self.query("Services", &all).await.iter().map(name).collect()
    }

    /// Asks for something and waits for the answer, whatever it is.
    pub async fn ask(&self, path: &str) {
        let answered = self.signed(self.client.get(self.url(path))).send().await;
        answered.expect("an answer");
    }

    fn url(&self, path: &str) -> String {
        match &self.place {
            Place::Autotask(at) => format!("{}V1.0/{path}", at.base_url),
            Place::Connectwise(at) => format!("{}/v4_6_release/apis/3.0/{path}", at.site),
        }
    }

    /// What ConnectWise answers any client; null where it does not.
    pub async fn api(&self, path: &str) -> Value {
        // The faults of the story may hit this request too.
        let Ok(answer) = self.signed(self.client.get(self.url(path))).send().await else {
            return Value::Null;
        };
        let text = answer.text().await.unwrap_or_default();
        serde_json::from_str(&text).unwrap_or_default()
    }

    fn signed(&self, request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
        match &self.place {
            Place::Autotask(user) => request
                .header("UserName", &user.username)
                .header("Secret", &user.secret)
                .header("ApiIntegrationCode", &user.integration_code),
            Place::Connectwise(keys) => {
                let name = format!("{}+{}", keys.company, keys.public_key);
                let request = request.basic_auth(name, Some(&keys.private_key));
                request.header("clientId", &keys.client_id)
            }
        }
    }

    async fn query(&self, entity: &str, body: &Value) -> Vec<Value> {
        let url = self.url(&format!("{entity}/query"));
        let sent = self.signed(self.client.post(url).json(body));
        // The faults of the story may hit this request too.
        let Ok(answer) = sent.send().await else { return Vec::new() };
        let text = answer.text().await.unwrap_or_default();
        let told: Value = serde_json::from_str(&text).unwrap_or_default();
        told["items"].as_array().cloned().unwrap_or_default()
    }
}

/// The contract that a request of the target's journal changes.
pub fn contract_of(path: &str) -> Option<i64> {
    let (_, rest) = path.split_once("/Contracts/").or_else(|| path.split_once("/agreements/"))?;
    rest.split('/').next()?.parse().ok()
}

fn on_contract(row: &Value) -> OnContract {
    let number = |name: &str| row[name].as_i64().expect("an id");
    let step = |step: &Value| {
        let date = step["date"].as_str().expect("a date").parse().expect("a date");
        (date, step["units"].as_i64().expect("units"), step["unit_price"].to_string())
    };
    OnContract {
        row: number("contract_service_id"),
        name: row["service_name"].as_str().expect("a name").to_owned(),
        steps: row["steps"].as_array().expect("steps").iter().map(step).collect(),
    }
}

/// Rows by name.
pub fn by_name(rows: &[OnContract]) -> BTreeMap<&str, Vec<&OnContract>> {
    let mut found: BTreeMap<&str, Vec<&OnContract>> = BTreeMap::new();
    for row in rows {
        found.entry(row.name.as_str()).or_default().push(row);
    }
    found
}
