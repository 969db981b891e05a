//! The simulated systems and their control endpoint take anything: they answer, and go on answering.

use prism_connect::sim::{
    SimSettings, Simulation,
    world::{World, WorldSettings},
};
use proptest::prelude::*;
use reqwest::{Client, Method};
use serde_json::{Value, json};

use crate::mutation::{Bytes, config, corpus, hostile};

/// Where to send, and what would be right to send there.
fn doors() -> Vec<(&'static str, Value)> {
    vec![
        (
            "control/faults",
            json!({"rules": [{"system": "connectwise", "method": "GET", "path": "x",
            "after": 1, "times": 2, "fault": {"status": 503, "body": null, "retry_after": 1}}]}),
        ),
        (
            "control/expected",
            json!({"mappings": [{"tenant": "a", "contract_id": 29_800_000,
            "first_month": "2026-09"}], "azure": true, "months": ["2026-09"]}),
        ),
        ("control/autotask/contract-services/1/units", json!({"date": "2026-09-10", "units": 4})),
        ("control/autotask/contracts/29800010", json!({"status": 1, "endDate": "2028-12-31"})),
        ("control/autotask/post", json!({"contract_id": 29_800_010, "through": "2026-09-10"})),
        ("control/autotask/services/29682701", json!({"isActive": true})),
        (
            "autotask/V1.0/Services",
            json!({"name": "A", "billingCodeID": 29_682_804, "periodType": 2,
            "unitPrice": "8.00", "unitCost": 6.9, "isActive": true}),
        ),
        (
            "autotask/V1.0/Contracts/29800010/ServiceAdjustments",
            json!({"contractServiceID": 1,
            "effectiveDate": "2026-09-12T00:00:00Z", "unitChange": 1, "adjustedUnitPrice": 8.4}),
        ),
        (
            "autotask/V1.0/Contracts/29800010/Services",
            json!({"contractID": 29_800_010,
            "serviceID": 29_682_702, "unitPrice": 1.0}),
        ),
        (
            "autotask/V1.0/Companies/query",
            json!({"maxRecords": 5, "includeFields": ["id"], "filter": [
            {"op": "or", "items": [{"op": "in", "field": "id", "value": [0, 1]},
            {"op": "contains", "field": "companyName", "value": "a"}]}]}),
        ),
        (
            "autotask/V1.0/ContractServiceUnits/query",
            json!({"filter": [
            {"op": "gte", "field": "startDate", "value": "2026-09-01T00:00:00Z"}]}),
        ),
        (
            "prism/api/v2/microsoftcsp/azure/usage/detailed",
            json!({"subscriptionId": "b71c",
            "startDate": "2026-09-01T00:00:00+0000", "endDate": "2026-09-02T00:00:00+0000",
            "page": 1, "pageSize": 5}),
        ),
        ("prism/api/v2/customers", json!({"customerName": "N", "email": "a@b.example"})),
    ]
}

struct Place {
    simulation: Simulation,
    client: Client,
    token: String,
}

impl Place {
    async fn start() -> Self {
        prism_connect::http::install_tls();
        let settings = WorldSettings { customers: 3, subscriptions: 2, ..WorldSettings::default() };
        let simulation = Simulation::start_with(World::generate(&settings), SimSettings::default())
            .await
            .unwrap();
        let client = crate::loopback::client();
        let at = simulation.addresses().prism;
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", &at.client_id),
            ("client_secret", &at.client_secret),
            ("scope", "rhipeapi"),
        ];
        let url = format!("{}/core/connect/token", at.identity_url);
        let told: Value = client.post(url).form(&form).send().await.unwrap().json().await.unwrap();
        let token = told["access_token"].as_str().unwrap().to_owned();
        Self { simulation, client, token }
    }

    /// The status; a connection that breaks would be a panic behind it.
    async fn send(&self, method: Method, door: &str, body: Vec<u8>) -> u16 {
        let at = self.simulation.addresses();
        let (system, path) = door.split_once('/').unwrap();
        let url = match system {
            "control" => format!("{}/{path}", at.control_url),
            "autotask" => format!("{}{path}", at.autotask.base_url),
            _ => format!("{}/{path}", at.prism.api_url),
        };
        let request = self.client.request(method, url).body(body).bearer_auth(&self.token);
        let request = request.header("content-type", "application/json");
        let user = at.autotask;
        let request = request
            .header("ApiIntegrationCode", user.integration_code)
            .header("UserName", user.username)
            .header("Secret", user.secret);
        let reply = request.send().await.unwrap_or_else(|error| panic!("{door}: {error}"));
        let status = reply.status().as_u16();
        reply.bytes().await.unwrap();
        status
    }
}

fn takes(place: &Place, runtime: &tokio::runtime::Runtime, door: &str, body: Vec<u8>) {
    let shown = String::from_utf8_lossy(&body).into_owned();
    let status = runtime.block_on(place.send(Method::POST, door, body));
    let refused = if door.starts_with("autotask") { 500..=500 } else { 400..=499 };
    assert!(status == 200 || refused.contains(&status), "{door} answered {status} to {shown}");
}

#[test]
fn no_request_stops_the_simulation() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let place = runtime.block_on(Place::start());
    for (door, good) in doors() {
        proptest!(config(60), |(Bytes(body) in hostile(good))| {
            takes(&place, &runtime, door, body);
        });
    }
    for (_, body) in corpus("control") {
        for (door, _) in doors() {
            takes(&place, &runtime, door, body.clone());
        }
    }
    runtime.block_on(async {
        let cleared = place.send(Method::DELETE, "control/faults", Vec::new()).await;
        assert_eq!(cleared, 200);
        assert_eq!(place.send(Method::GET, "control/mappings", Vec::new()).await, 200);
        assert_eq!(place.send(Method::GET, "autotask/V1.0/Version", Vec::new()).await, 200);
    });
}
