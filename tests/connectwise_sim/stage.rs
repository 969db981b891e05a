//! A small site behind running servers, and the few calls the tests make.

use chrono::NaiveDate;
use prism_connect::sim::seed::{
    ConnectwiseSeed, CwAdditionSeed, CwAgreementSeed, CwCompanySeed, CwItemSeed,
};
use prism_connect::sim::{Addresses, ConnectwiseAddress, SimSettings, Simulation, Targets};
use reqwest::header::HeaderMap;
use reqwest::{Client, Method, RequestBuilder, Response};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::scenario::Scenario;

/// Monthly from the 1st, prorated, billed since January 2026.
pub const AGREEMENT: i64 = 41;
/// The same, not prorated.
pub const UNPRORATED: i64 = 42;
/// Ended on 15 September 2026.
pub const EXPIRED: i64 = 43;
/// Cancelled on 31 August 2026.
pub const CANCELLED: i64 = 44;
/// Starts in 2027.
pub const FUTURE: i64 = 45;
/// One-Time.
pub const ONCE: i64 = 46;
/// Billed since 10 September 2026.
pub const LATE: i64 = 47;
/// Quarterly from July 2026.
pub const QUARTERLY: i64 = 48;
/// 8.00, costs 6.90.
pub const ITEM: i64 = 7;
pub const INACTIVE_ITEM: i64 = 8;
pub const BUNDLE: i64 = 9;
/// 0, as Azure's.
pub const AZURE: i64 = 10;

pub fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

pub fn money(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn agreement(id: i64) -> CwAgreementSeed {
    CwAgreementSeed {
        id,
        company: 2,
        name: format!("Agreement {id}"),
        kind: "O365".into(),
        cycle: "Monthly".into(),
        start: day("2026-01-01"),
        end: None,
        bill_start: day("2026-01-01"),
        next_invoice: day("2026-09-01"),
        prorated: true,
        at_once: false,
        cancelled: None,
    }
}

fn item(id: i64, identifier: &str) -> CwItemSeed {
    CwItemSeed {
        id,
        identifier: identifier.into(),
        description: "Microsoft 365 Business Basic".into(),
        vendor_sku: "CFQ7TTC0LH18:0001".into(),
        price: money("8.00"),
        cost: money("6.90"),
        active: true,
        class: "NonInventory".into(),
    }
}

/// A line of [`ITEM`] at its price.
pub fn addition(id: i64, agreement: i64, quantity: i64, from: &str) -> CwAdditionSeed {
    CwAdditionSeed {
        id,
        agreement,
        item: ITEM,
        quantity: quantity.into(),
        price: money("8.00"),
        cost: money("6.90"),
        from: day(from),
        to: None,
        serial_number: String::new(),
        by: "jdoe".into(),
    }
}

pub fn records() -> ConnectwiseSeed {
    let company = |id, identifier: &str, name: &str| CwCompanySeed {
        id,
        identifier: identifier.into(),
        name: name.into(),
        active: true,
        deleted: false,
        kind: "Customer".into(),
        web: String::new(),
    };
    ConnectwiseSeed {
        companies: vec![
            company(2, "Contoso", "Contoso, Ltd"),
            company(3, "OBrien", "O'Brien & Sons"),
            CwCompanySeed { deleted: true, ..company(4, "Gone", "Contoso (old)") },
            CwCompanySeed { active: false, ..company(5, "Idle", "Idle [Holding]") },
            CwCompanySeed { kind: "Vendor".into(), ..company(6, "Crayon", "Crayon") },
        ],
        agreements: vec![
            agreement(AGREEMENT),
            CwAgreementSeed { prorated: false, ..agreement(UNPRORATED) },
            CwAgreementSeed { end: Some(day("2026-09-15")), ..agreement(EXPIRED) },
            CwAgreementSeed { cancelled: Some(day("2026-08-31")), ..agreement(CANCELLED) },
            CwAgreementSeed {
                start: day("2027-01-01"),
                bill_start: day("2027-01-01"),
                next_invoice: day("2027-01-01"),
                ..agreement(FUTURE)
            },
            CwAgreementSeed { cycle: "NotRecurring".into(), ..agreement(ONCE) },
            CwAgreementSeed { bill_start: day("2026-09-10"), ..agreement(LATE) },
            CwAgreementSeed {
                cycle: "Quarterly".into(),
                next_invoice: day("2026-07-01"),
                ..agreement(QUARTERLY)
            },
        ],
        items: vec![
            item(ITEM, "CFQ7TTC0LH18:0001"),
            CwItemSeed { active: false, vendor_sku: String::new(), ..item(INACTIVE_ITEM, "FAX") },
            CwItemSeed { class: "Bundle".into(), ..item(BUNDLE, "BUNDLE") },
            CwItemSeed { price: money("0"), cost: money("0"), ..item(AZURE, "AZURE-PLAN") },
        ],
        additions: Vec::new(),
    }
}

/// The records with the monthly agreement invoiced up to a day, and lines on it.
pub fn invoiced_to(next: &str, additions: Vec<CwAdditionSeed>) -> ConnectwiseSeed {
    let mut records = records();
    for agreement in &mut records.agreements {
        if [AGREEMENT, UNPRORATED].contains(&agreement.id) {
            agreement.next_invoice = day(next);
        }
    }
    records.additions = additions;
    records
}

pub struct Stage {
    pub simulation: Simulation,
    pub addresses: Addresses,
    pub client: Client,
}

pub async fn stage() -> Stage {
    stage_of(&records(), SimSettings::default()).await
}

pub async fn stage_of(records: &ConnectwiseSeed, settings: SimSettings) -> Stage {
    let settings = SimSettings { targets: Targets::Connectwise, ..settings };
    let world = Scenario::month("2026-09").world();
    let simulation = Simulation::start_with_records(world, records, settings).await.unwrap();
    let addresses = simulation.addresses();
    let client = crate::loopback::client();
    Stage { simulation, addresses, client }
}

/// What a reply was, its headers too.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Value,
}

impl Reply {
    pub async fn of(response: Response) -> Self {
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let text = response.text().await.unwrap();
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Self { status, headers, body }
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// The ids of a list.
    pub fn ids(&self) -> Vec<i64> {
        let rows = self.body.as_array().unwrap_or_else(|| panic!("{}", self.body));
        rows.iter().map(|row| row["id"].as_i64().unwrap()).collect()
    }

    /// The reasons of a refused object: code, field and message.
    pub fn reasons(&self) -> Vec<(&str, &str, &str)> {
        assert_eq!(self.status, 400, "{}", self.body);
        assert_eq!(self.body["code"], "InvalidObject");
        let errors = self.body["errors"].as_array().unwrap();
        errors
            .iter()
            .map(|error| {
                let at = |name: &str| error[name].as_str().unwrap();
                (at("code"), at("field"), at("message"))
            })
            .collect()
    }
}

impl Stage {
    pub fn site(&self) -> &ConnectwiseAddress {
        self.addresses.connectwise.as_ref().unwrap()
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}/v4_6_release/apis/3.0/{path}", self.site().site)
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let site = self.site();
        let user = format!("{}+{}", site.company, site.public_key);
        self.client
            .request(method, self.url(path))
            .basic_auth(user, Some(&site.private_key))
            .header("clientId", &site.client_id)
            .header("Accept", "application/vnd.connectwise.com+json; version=2025.16")
    }

    pub async fn get(&self, path: &str) -> Reply {
        Reply::of(self.request(Method::GET, path).send().await.unwrap()).await
    }

    /// A list with query parameters, encoded as a client would.
    pub async fn list(&self, path: &str, query: &[(&str, &str)]) -> Reply {
        Reply::of(self.request(Method::GET, path).query(query).send().await.unwrap()).await
    }

    pub async fn send(&self, method: &str, path: &str, body: &Value) -> Reply {
        let request = self.request(method.parse().unwrap(), path).json(body);
        Reply::of(request.send().await.unwrap()).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Reply {
        self.send("POST", path, body).await
    }

    /// Replaces members of a record.
    pub async fn replace(&self, path: &str, members: &[(&str, Value)]) -> Reply {
        let operation =
            |(name, value): &(&str, Value)| json!({"op": "replace", "path": name, "value": value});
        self.send("PATCH", path, &members.iter().map(operation).collect()).await
    }

    pub async fn control(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let url = format!("{}{path}", self.addresses.control_url);
        let request = self.client.request(method.parse().unwrap(), url);
        let reply = Reply::of(request.body(body.to_string()).send().await.unwrap()).await;
        (reply.status, reply.body)
    }

    /// An act at the control endpoint that has to succeed.
    pub async fn act(&self, method: &str, path: &str, body: Value) -> Value {
        let (status, reply) = self.control(method, path, &body).await;
        assert_eq!(status, 200, "{reply}");
        reply
    }

    pub async fn assume(&self, switches: Value) {
        self.act("POST", "/assumptions", switches).await;
    }

    pub async fn fault(&self, rules: Value) {
        self.act("POST", "/faults", json!({ "rules": rules })).await;
    }

    /// A line through the API; its id.
    pub async fn add(&self, agreement: i64, body: Value) -> i64 {
        let reply = self.post(&format!("finance/agreements/{agreement}/additions"), &body).await;
        assert_eq!(reply.status, 201, "{}", reply.body);
        reply.body["id"].as_i64().unwrap()
    }

    /// Agreement invoicing up to a day.
    pub async fn invoice(&self, through: &str) -> Value {
        self.act("POST", "/connectwise/invoice", json!({ "through": through })).await
    }

    /// What the invoice for a month says.
    pub async fn bill(&self, agreement: i64, month: &str) -> Value {
        let path = format!("/connectwise/agreements/{agreement}/bill?month={month}");
        self.act("GET", &path, Value::Null).await
    }

    /// Amount and cost of all that the invoice for a month says.
    pub async fn total(&self, agreement: i64, month: &str) -> (String, String) {
        let bill = self.bill(agreement, month).await;
        (bill["total"].to_string(), bill["cost"].to_string())
    }
}

/// The body of a line of [`ITEM`].
pub fn body(quantity: i64, from: &str) -> Value {
    json!({"product": {"id": ITEM}, "quantity": quantity, "billCustomer": "Billable",
           "effectiveDate": format!("{from}T00:00:00Z")})
}
