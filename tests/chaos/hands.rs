//! What people do in Autotask while we sync, and what the tests read there behind its back.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use chrono::{Datelike, NaiveDate};
use prism_connect::sim::AutotaskAddress;
use serde_json::{Value, json};

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

/// Somebody at Autotask's own screens.
pub struct Hands {
    client: reqwest::Client,
    control: String,
    autotask: AutotaskAddress,
    done: Mutex<Done>,
}

/// What was done so far.
#[derive(Default)]
struct Done {
    edits: Vec<HandEdit>,
    closed: Vec<i64>,
    inactive: Vec<i64>,
}

impl Hands {
    pub fn new(control: &str, autotask: AutotaskAddress) -> Self {
        let control = control.trim_end_matches('/').to_owned();
        Self { client: crate::loopback::client(), control, autotask, done: Mutex::default() }
    }

    fn done(&self) -> MutexGuard<'_, Done> {
        self.done.lock().unwrap_or_else(PoisonError::into_inner)
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

    async fn get(&self, path: &str) -> Value {
        let sent = self.client.get(format!("{}/{path}", self.control)).send().await;
        let text = sent.expect("the control endpoint answers").text().await.expect("text");
        serde_json::from_str(&text).expect("JSON")
    }

    /// Everything on a contract, rows of one service beside each other.
    pub async fn contract(&self, contract: i64) -> Vec<OnContract> {
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
        let path = format!("autotask/contract-services/{}/units", row.row);
        let edit = HandEdit { units, ..edit.clone() };
        // Put down first: where the engine dies beside it, nobody waits for the answer, and it may be made all the same.
        self.done().edits.push(edit.clone());
        if !self.post(&path, &json!({ "date": edit.date, "units": units })).await {
            let edits = &mut self.done().edits;
            if let Some(at) = edits.iter().rposition(|known| *known == edit) {
                edits.remove(at);
            }
        }
    }

    /// Closes a contract.
    pub async fn close(&self, contract: i64) {
        if self.post(&format!("autotask/contracts/{contract}"), &json!({ "status": 0 })).await {
            self.done().closed.push(contract);
        }
    }

    /// Other programs of the tenant use up Autotask's hourly budget, or leave all of it.
    pub async fn use_up_the_budget(&self, all: bool) {
        let others = if all { 10_000 } else { 0 };
        assert!(self.post("autotask/threshold", &json!({ "others": others })).await, "it is told");
    }

    /// Approves and posts what a contract bills up to a day.
    pub async fn approve(&self, contract: i64, through: NaiveDate) {
        let posting = json!({ "contract_id": contract, "through": through });
        assert!(self.post("autotask/post", &posting).await, "it can be posted");
    }

    /// Lets a contract end on a day: what was dated after it is gone.
    pub async fn end(&self, contract: i64, day: NaiveDate) {
        let path = format!("autotask/contracts/{contract}");
        assert!(self.post(&path, &json!({ "endDate": day })).await, "it can end");
    }

    /// Deletes a service; its rows on contracts stay.
    pub async fn delete(&self, name: &str) {
        let services = self.services().await;
        let Some((id, _)) = services.iter().find(|(_, known)| *known == name) else { return };
        self.post(&format!("autotask/services/{id}"), &json!({ "deleted": true })).await;
    }

    /// Deactivates a service.
    pub async fn deactivate(&self, name: &str) {
        let services = self.services().await;
        let Some((id, _)) = services.iter().find(|(_, known)| *known == name) else { return };
        self.post(&format!("autotask/services/{id}"), &json!({ "isActive": false })).await;
        self.done().inactive.push(*id);
    }

    /// Takes back what can be: contracts are open, services active, the user is unlocked.
    pub async fn take_back(&self) {
        let (closed, inactive) = {
            let mut done = self.done();
            (std::mem::take(&mut done.closed), std::mem::take(&mut done.inactive))
        };
        for contract in closed {
            self.post(&format!("autotask/contracts/{contract}"), &json!({ "status": 1 })).await;
        }
        for service in inactive {
            self.post(&format!("autotask/services/{service}"), &json!({ "isActive": true })).await;
        }
        self.post("autotask/user", &json!({ "locked": false })).await;
    }

    /// Every service, id and name. Asked for as any client would, which the journal notes as a read.
    pub async fn services(&self) -> Vec<(i64, String)> {
        let all = json!({"filter": [{"op": "exist", "field": "id"}]});
        let name = |row: &Value| {
            let name = row["name"].as_str().unwrap_or_default().to_owned();
            (row["id"].as_i64().expect("an id"), name)
        };
        self.query("Services", &all).await.iter().map(name).collect()
    }

    /// Asks for something and waits for the answer, whatever it is.
    pub async fn ask(&self, path: &str) {
        let url = format!("{}V1.0/{path}", self.autotask.base_url);
        let answered = self.signed(self.client.get(url)).send().await;
        answered.expect("an answer");
    }

    fn signed(&self, request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
        let user = &self.autotask;
        request
            .header("UserName", &user.username)
            .header("Secret", &user.secret)
            .header("ApiIntegrationCode", &user.integration_code)
    }

    async fn query(&self, entity: &str, body: &Value) -> Vec<Value> {
        let url = format!("{}V1.0/{entity}/query", self.autotask.base_url);
        let sent = self.signed(self.client.post(url).json(body));
        // The faults of the story may hit this request too.
        let Ok(answer) = sent.send().await else { return Vec::new() };
        let text = answer.text().await.unwrap_or_default();
        let told: Value = serde_json::from_str(&text).unwrap_or_default();
        told["items"].as_array().cloned().unwrap_or_default()
    }
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
