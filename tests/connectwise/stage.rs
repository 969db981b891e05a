//! A tiny ConnectWise: answers by a script, below the API's root.

use std::time::Duration;

use prism_connect::{
    clock::Clock,
    domain::{Day, Money, secret::Secret},
    http::{Http, HttpSettings},
    psa::connectwise::{Connectwise, ConnectwiseFields, ConnectwiseSettings},
};
use serde_json::Value;

use super::stub::{Answer, Seen, Stub, json};

pub const PRIVATE_KEY: &str = "PRIVATEkey456";
/// `acme+PUBLICkey123:PRIVATEkey456`.
pub const BASIC: &str = "Basic YWNtZStQVUJMSUNrZXkxMjM6UFJJVkFURWtleTQ1Ng==";
pub const CLIENT_ID: &str = "1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed";
const ROOT: &str = "/v4_6_release/apis/3.0/";

/// Whose code base is known.
pub fn client(stub: &Stub) -> Connectwise {
    client_with(stub, Some("v4_6_release"))
}

/// One that has to look its code base up.
pub fn discovering(stub: &Stub) -> Connectwise {
    client_with(stub, None)
}

fn client_with(stub: &Stub, code_base: Option<&str>) -> Connectwise {
    let fields = ConnectwiseFields {
        site: stub.url.to_string(),
        company: "acme".to_owned(),
        public_key: "PUBLICkey123".to_owned(),
        private_key: Secret::new(PRIVATE_KEY),
        client_id: CLIENT_ID.to_owned(),
        code_base: code_base.map(str::to_owned),
    };
    let settings = ConnectwiseSettings::typed(&fields).unwrap();
    Connectwise::new(&http(), settings)
}

fn http() -> Http {
    let settings = HttpSettings {
        timeout: Duration::from_millis(1500),
        tries: 3,
        largest_answer: 4 << 20,
        ..HttpSettings::default()
    };
    Http::new(&settings, Clock::system().scaled(0.000_01), 7).unwrap()
}

/// One that answers by method and path below the root, without the query; what is left out is not found.
pub async fn answering(
    script: impl Fn(&str, &Seen) -> Option<Answer> + Send + Sync + 'static,
) -> Stub {
    Stub::start(move |seen, _| script(&line(seen), seen).unwrap_or_else(not_found)).await
}

/// `GET company/companies`.
pub fn line(seen: &Seen) -> String {
    let path = seen.path.split('?').next().unwrap();
    format!("{} {}", seen.method, path.strip_prefix(ROOT).unwrap_or(path))
}

/// What was asked so far.
pub fn lines(stub: &Stub) -> Vec<String> {
    stub.seen().iter().map(line).collect()
}

/// A parameter of the query, decoded.
pub fn parameter(seen: &Seen, name: &str) -> Option<String> {
    let url: url::Url = format!("http://stub{}", seen.path).parse().unwrap();
    let found = url.query_pairs().find(|(known, _)| known == name);
    found.map(|(_, value)| value.into_owned())
}

pub fn not_found() -> Answer {
    json(404, r#"{"code":"NotFound","message":"record not found","errors":null}"#)
}

pub fn ok(body: &Value) -> Answer {
    json(200, &body.to_string())
}

pub fn with_link(body: &Value, link: &str) -> Answer {
    let headers = vec![("content-type", "application/json".to_owned()), ("link", link.to_owned())];
    Answer::Whole(200, headers, body.to_string().into_bytes())
}

pub fn html(status: u16) -> Answer {
    let headers = vec![("content-type", "text/html".to_owned())];
    Answer::Whole(status, headers, b"<!DOCTYPE html><html><body>Sorry</body></html>".to_vec())
}

pub fn day(text: &str) -> Day {
    text.parse().unwrap()
}

pub fn money(text: &str) -> Money {
    text.parse().unwrap()
}
