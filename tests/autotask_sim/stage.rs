//! A small tenant behind running servers, and the few calls the tests make.

use std::time::Duration;

use chrono::NaiveDate;
use prism_connect::sim::journal::Entry;
use prism_connect::sim::seed::{
    AutotaskSeed, BillingCodeSeed, CompanySeed, ContractSeed, ContractServiceSeed, ServiceSeed,
};
use prism_connect::sim::{Addresses, SimSettings, Simulation};
use reqwest::header::HeaderMap;
use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::scenario::Scenario;

/// What became of a request.
type Sent = reqwest::Result<Response>;

/// 2026 and 2027, monthly from the 1st.
pub const MONTHLY: i64 = 1001;
/// Not of a type that carries services.
pub const TIME_AND_MATERIALS: i64 = 1002;
/// Closed.
pub const INACTIVE: i64 = 1003;
/// Monthly from the 15th.
pub const FROM_THE_15TH: i64 = 1004;
/// Quarterly from 1 January.
pub const QUARTERLY: i64 = 1005;
/// Ends on 15 September 2026.
pub const ENDING: i64 = 1006;
/// Monthly from 31 January.
pub const FROM_THE_31ST: i64 = 1007;
/// Active, recurring.
pub const CODE: i64 = 501;
/// Recurring but inactive.
pub const INACTIVE_CODE: i64 = 502;
/// Active, another use.
pub const WORK_CODE: i64 = 503;
/// 8.00, costs 6.90.
pub const SERVICE: i64 = 41;
/// May not be put on a contract.
pub const INACTIVE_SERVICE: i64 = 42;

pub fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn company(id: i64, name: &str, company_type: i64) -> CompanySeed {
    CompanySeed { id, name: name.into(), company_type, active: true, web: String::new() }
}

fn contract(id: i64, kind: (i64, i64, i64), dates: (&str, &str)) -> ContractSeed {
    let (contract_type, status, period_type) = kind;
    let (start, end) = (day(dates.0), day(dates.1));
    let name = format!("Contract {id}");
    ContractSeed { id, company: 175, name, contract_type, status, start, end, period_type }
}

fn service(id: i64, name: &str, active: bool) -> ServiceSeed {
    let (price, cost) = ("8.00".parse().unwrap(), "6.90".parse().unwrap());
    ServiceSeed { id, name: name.into(), billing_code: CODE, price, cost, active }
}

pub fn rows() -> AutotaskSeed {
    let year = ("2026-01-01", "2027-12-31");
    let code =
        |id, use_type, active| BillingCodeSeed { id, name: format!("Code {id}"), use_type, active };
    AutotaskSeed {
        companies: vec![
            company(0, "The Partner", 1),
            company(175, "Contoso, Ltd", 1),
            company(187, "Crayon", 7),
        ],
        contracts: vec![
            contract(MONTHLY, (7, 1, 2), year),
            contract(TIME_AND_MATERIALS, (1, 1, 2), year),
            contract(INACTIVE, (7, 0, 2), year),
            contract(FROM_THE_15TH, (7, 1, 2), ("2026-01-15", "2027-01-14")),
            contract(QUARTERLY, (7, 1, 3), year),
            contract(ENDING, (7, 1, 2), ("2026-01-01", "2026-09-15")),
            contract(FROM_THE_31ST, (7, 1, 2), ("2026-01-31", "2026-12-30")),
        ],
        billing_codes: vec![
            code(CODE, 5, true),
            code(INACTIVE_CODE, 5, false),
            code(WORK_CODE, 1, true),
        ],
        services: vec![
            service(SERVICE, "By hand", true),
            service(INACTIVE_SERVICE, "Long gone", false),
        ],
        contract_services: Vec::new(),
    }
}

pub struct Stage {
    pub simulation: Simulation,
    pub addresses: Addresses,
    pub client: Client,
}

pub async fn stage() -> Stage {
    stage_of(&rows(), SimSettings::default()).await
}

pub async fn stage_of(rows: &AutotaskSeed, settings: SimSettings) -> Stage {
    // A second installation in this process is refused, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let world = Scenario::month("2026-09").world();
    let simulation = Simulation::start_with_rows(world, rows, settings).await.unwrap();
    let addresses = simulation.addresses();
    let client = crate::loopback::client();
    Stage { simulation, addresses, client }
}

/// A tenant with one service on the monthly contract, from a day at a quantity.
pub async fn stage_with(contract: i64, steps: &[(&str, i64)]) -> (Stage, i64) {
    let mut rows = rows();
    rows.contract_services.push(ContractServiceSeed {
        contract,
        service: SERVICE,
        price: "8.00".parse().unwrap(),
        cost: "6.90".parse().unwrap(),
        steps: steps.iter().map(|(date, units)| (day(date), *units)).collect(),
    });
    let stage = stage_of(&rows, SimSettings::default()).await;
    let found = stage.found("ContractServices", &json!([])).await;
    let id = found[0]["id"].as_i64().unwrap();
    (stage, id)
}

impl Stage {
    pub fn url(&self, path: &str) -> String {
        format!("{}V1.0/{path}", self.addresses.autotask.base_url)
    }

    pub fn headers(&self) -> HeaderMap {
        let user = &self.addresses.autotask;
        let mut headers = HeaderMap::new();
        headers.insert("ApiIntegrationCode", user.integration_code.parse().unwrap());
        headers.insert("UserName", user.username.parse().unwrap());
        headers.insert("Secret", user.secret.parse().unwrap());
        headers
    }

    pub fn request(&self, method: Method, path: &str, body: Option<&Value>) -> RequestBuilder {
        let request = self.client.request(method, self.url(path)).headers(self.headers());
        match body {
            Some(body) => request.json(body),
            None => request,
        }
    }

    pub async fn get(&self, path: &str) -> (u16, Value) {
        reply(self.request(Method::GET, path, None).send().await.unwrap()).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        reply(self.request(Method::POST, path, Some(body)).send().await.unwrap()).await
    }

    pub async fn send(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let method = method.parse().unwrap();
        reply(self.request(method, path, Some(body)).send().await.unwrap()).await
    }

    /// The items of a query; an empty filter means everything.
    pub async fn found(&self, entity: &str, filter: &Value) -> Vec<Value> {
        let everything = json!([{"op": "gte", "field": "id", "value": 0}]);
        let filter = if filter == &json!([]) { &everything } else { filter };
        let body = json!({ "filter": filter });
        let (status, reply) = self.post(&format!("{entity}/query"), &body).await;
        assert_eq!(status, 200, "{reply}");
        reply["items"].as_array().unwrap().clone()
    }

    pub async fn control(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let url = format!("{}{path}", self.addresses.control_url);
        let request = self.client.request(method.parse().unwrap(), url);
        reply(request.body(body.to_string()).send().await.unwrap()).await
    }

    pub async fn fault(&self, rules: &Value) {
        let (status, reply) = self.control("POST", "/faults", &json!({ "rules": rules })).await;
        assert_eq!(status, 200, "{reply}");
    }

    /// An adjustment below its contract.
    pub async fn adjust(&self, contract: i64, body: &Value) -> (u16, Value) {
        self.post(&format!("Contracts/{contract}/ServiceAdjustments"), body).await
    }

    /// Unit rows by date: start, end, units, price.
    pub async fn units(&self, id: i64) -> Vec<(String, String, i64, String)> {
        let filter = json!([{"op": "eq", "field": "contractServiceID", "value": id}]);
        let text = |row: &Value, name: &str| row[name].as_str().unwrap()[..10].to_owned();
        let rows = self.found("ContractServiceUnits", &filter).await;
        let mut rows: Vec<_> = rows
            .iter()
            .map(|row| {
                let units = row["units"].as_i64().unwrap();
                (text(row, "startDate"), text(row, "endDate"), units, row["price"].to_string())
            })
            .collect();
        rows.sort();
        rows
    }

    /// A request on its way, which may never be answered.
    pub fn spawned(&self, method: &str, path: &str, body: &Value) -> JoinHandle<Sent> {
        tokio::spawn(self.request(method.parse().unwrap(), path, Some(body)).send())
    }

    /// Waits until the journal has such an entry.
    pub async fn until(&self, wanted: impl Fn(&Entry) -> bool) {
        let there = async {
            while !self.simulation.journal().entries().iter().any(&wanted) {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), there).await.unwrap();
    }

    pub async fn journal(&self) -> Vec<Value> {
        self.control("GET", "/journal", &Value::Null).await.1.as_array().unwrap().clone()
    }
}

pub async fn reply(response: Response) -> (u16, Value) {
    let status = response.status().as_u16();
    let text = response.text().await.unwrap();
    (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

/// The one error text of a refusal.
pub fn error(reply: &(u16, Value)) -> &str {
    assert_eq!(reply.0, 500, "{}", reply.1);
    reply.1["errors"][0].as_str().unwrap()
}
