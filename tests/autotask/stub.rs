//! A tiny Autotask: answers by a script, and remembers what it was asked.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::State,
    http::{HeaderMap, Method, Response, StatusCode, Uri},
};
use prism_connect::{
    clock::Clock,
    domain::{Day, secret::Secret},
    http::{Http, HttpSettings},
    psa::autotask::{Autotask, AutotaskSettings},
};
use serde_json::{Value, json};

pub const SECRET: &str = "s3cret-Of-The-Api-User";

/// A request as it arrived.
#[derive(Clone, Debug)]
pub struct Asked {
    pub method: Method,
    /// Path below `V1.0/`, with the query.
    pub path: String,
    pub headers: HeaderMap,
    pub body: Value,
}

impl Asked {
    /// `POST Services`.
    pub fn line(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

/// What it answers.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
    /// The body breaks off before its announced length.
    pub cut: bool,
}

impl Answer {
    pub fn json(status: u16, body: &Value) -> Self {
        Self::text(status, "application/json", &body.to_string())
    }

    pub fn ok(body: &Value) -> Self {
        Self::json(200, body)
    }

    pub fn errors(status: u16, text: &str) -> Self {
        Self::json(status, &json!({"errors": [text]}))
    }

    pub fn html(status: u16) -> Self {
        Self::text(status, "text/html", "<!DOCTYPE html><html><body>404 - not found</body></html>")
    }

    pub fn text(status: u16, kind: &str, body: &str) -> Self {
        let headers = vec![("content-type", kind.to_owned())];
        Self { status, headers, body: body.as_bytes().to_vec(), cut: false }
    }

    pub fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new(), cut: false }
    }

    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    pub fn with_status(self, status: u16) -> Self {
        Self { status, ..self }
    }

    pub fn cut(self) -> Self {
        Self { cut: true, ..self }
    }

    /// A page of rows without a next one.
    pub fn page(items: &Value) -> Self {
        Self::page_before(items, None)
    }

    pub fn page_before(items: &Value, next: Option<&str>) -> Self {
        let count = items.as_array().map_or(0, Vec::len);
        Self::ok(&json!({"items": items, "pageDetails": {
            "count": count, "requestCount": 500, "prevPageUrl": null, "nextPageUrl": next}}))
    }
}

type Script = dyn Fn(&Asked, &str) -> Option<Answer> + Send + Sync;

struct Shared {
    script: Box<Script>,
    journal: Mutex<Vec<Asked>>,
    origin: String,
}

/// A running stub.
pub struct Stub {
    pub origin: String,
    shared: Arc<Shared>,
    server: tokio::task::JoinHandle<()>,
}

impl Drop for Stub {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Stub {
    /// Answers by the script, which gets the request and the stub's own origin; what it leaves out has an answer
    /// that fits the path: metadata without fields, an empty page, an untouched budget.
    pub async fn start(
        script: impl Fn(&Asked, &str) -> Option<Answer> + Send + Sync + 'static,
    ) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let origin = format!("http://{}", listener.local_addr().expect("an address"));
        let shared = Arc::new(Shared {
            script: Box::new(script),
            journal: Mutex::default(),
            origin: origin.clone(),
        });
        let router = Router::new().fallback(answer).with_state(Arc::clone(&shared));
        let server = tokio::spawn(async move {
            axum::serve(listener, router).await.expect("the stub serves");
        });
        Self { origin, shared, server }
    }

    /// One that answers one path in one way.
    pub async fn answering(path: &'static str, answer: Answer) -> Self {
        Self::start(move |asked, _| (asked.path == path).then(|| answer.clone())).await
    }

    /// What was asked so far, without looks at the budget.
    pub fn journal(&self) -> Vec<Asked> {
        let journal = self.shared.journal.lock().expect("the journal");
        journal.iter().filter(|asked| asked.path != "ThresholdInformation").cloned().collect()
    }

    pub fn lines(&self) -> Vec<String> {
        self.journal().iter().map(Asked::line).collect()
    }

    /// A client whose base URL is the stub.
    pub fn client(&self) -> Autotask {
        self.client_with(HttpSettings { tries: 3, ..HttpSettings::default() })
    }

    fn client_with(&self, settings: HttpSettings) -> Autotask {
        client_at(&self.origin, settings)
    }

    /// A client that has to discover its zone.
    pub fn discovering(&self) -> Autotask {
        let settings = HttpSettings { tries: 2, ..HttpSettings::default() };
        Autotask::new(http(settings), credentials(None, Some(&self.origin)))
    }
}

/// A client of whatever listens there.
pub fn client_at(origin: &str, settings: HttpSettings) -> Autotask {
    let base = format!("{origin}/ATServicesRest");
    Autotask::new(http(settings), credentials(Some(&base), None))
}

fn credentials(base: Option<&str>, discovery: Option<&str>) -> AutotaskSettings {
    let url = |text: &str| text.parse().expect("a URL");
    AutotaskSettings {
        base_url: base.map(url),
        discovery_url: discovery.map(url),
        username: "api+user@example.com".to_owned(),
        integration_code: Secret::new("TRACKING-IDENTIFIER"),
        secret: Secret::new(SECRET),
    }
}

fn http(settings: HttpSettings) -> Http {
    let settings =
        HttpSettings { timeout: settings.timeout.min(Duration::from_secs(20)), ..settings };
    Http::new(&settings, Clock::system().scaled(0.000_01), 7).expect("a client")
}

async fn answer(
    State(shared): State<Arc<Shared>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    let full = uri.path_and_query().map_or("", |path| path.as_str());
    let path = full.strip_prefix("/ATServicesRest/V1.0/").unwrap_or(full).to_owned();
    let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
    let asked = Asked { method, path, headers, body };
    let answer = (shared.script)(&asked, &shared.origin).unwrap_or_else(|| usual(&asked));
    shared.journal.lock().expect("the journal").push(asked);
    respond(answer)
}

fn usual(asked: &Asked) -> Answer {
    if asked.path.ends_with("entityInformation/fields") {
        return Answer::ok(&json!({"fields": []}));
    }
    if asked.path == "ThresholdInformation" {
        return Answer::ok(&json!({"externalRequestThreshold": 10000,
            "requestThresholdTimeframe": 60, "currentTimeframeRequestCount": 12}));
    }
    if asked.path.ends_with("/query") {
        return Answer::page(&json!([]));
    }
    Answer::html(404)
}

fn respond(answer: Answer) -> Response<Body> {
    let mut response =
        Response::builder().status(StatusCode::from_u16(answer.status).expect("a status"));
    for (name, value) in answer.headers {
        response = response.header(name, value);
    }
    if answer.cut {
        response = response.header("content-length", answer.body.len() + 100);
        let body = futures_util::stream::iter([
            Ok::<_, std::io::Error>(Bytes::from(answer.body)),
            Err(std::io::Error::other("cut")),
        ]);
        return response.body(Body::from_stream(body)).expect("a response");
    }
    response.body(Body::from(answer.body)).expect("a response")
}

pub fn day(text: &str) -> Day {
    text.parse().expect("a day")
}
