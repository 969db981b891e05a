//! The REST face: which path and verb means what, who may come in, in which form replies go out
//! (wire sections 1, 2, 5 and 6). Paths are matched without case and tolerate a trailing slash.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Router;
use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{Method, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::entities::{below, named};
use super::metadata;
use super::paging::{Links, parse};
use super::query::Query;
use super::reply::{Answer, Outcome, Refusal};
use super::schema::{Entity, Verbs};
use super::tenant::{SharedTenant, Tenant, locked};
use super::write::Extent;
use crate::assumptions::{ApiVersions, Assumptions};
use crate::limits::Limiter;

const LARGEST_BODY: usize = 8 * 1024 * 1024;
/// GET URLs beyond this are not found.
const LONGEST_URL: usize = 2_048;

#[derive(Clone)]
struct Server {
    tenant: SharedTenant,
    limiter: Arc<Limiter>,
}

/// The whole API under `/ATServicesRest`.
pub(crate) fn router(tenant: SharedTenant, limiter: Arc<Limiter>) -> Router {
    Router::new().fallback(handle).with_state(Server { tenant, limiter })
}

/// What a path names.
#[derive(Debug)]
enum Place {
    VersionInformation,
    Zone,
    Version,
    Threshold,
    Rows(Rows),
}

#[derive(Debug)]
struct Rows {
    entity: &'static Entity,
    parent: Option<i64>,
    rest: Vec<String>,
}

fn place(path: &str) -> Option<Place> {
    let path = path.to_ascii_lowercase();
    let path = path.strip_suffix('/').unwrap_or(&path);
    let mut segments = path.strip_prefix("/atservicesrest/")?.split('/');
    let first = segments.next()?;
    let rest: Vec<_> = segments.map(str::to_owned).collect();
    match (first, rest.first()?.as_str(), rest.len()) {
        ("v1.0", "zoneinformation", 1) => Some(Place::Zone),
        ("v1.0", "version", 1) => Some(Place::Version),
        ("v1.0", "thresholdinformation", 1) => Some(Place::Threshold),
        ("v1.0", entity, _) => rows(entity, &rest).map(Place::Rows),
        _ => None,
    }
}

fn rows(first: &str, segments: &[String]) -> Option<Rows> {
    if let [_, parent, child, rest @ ..] = segments
        && let Ok(parent) = parent.parse()
    {
        let entity = below(first, child)?;
        return Some(Rows { entity, parent: Some(parent), rest: rest.to_vec() });
    }
    Some(Rows { entity: named(first)?, parent: None, rest: segments[1..].to_vec() })
}

fn located(path: &str) -> Option<Place> {
    let bare = path.trim_end_matches('/');
    if bare.eq_ignore_ascii_case("/ATServicesRest/VersionInformation") {
        return Some(Place::VersionInformation);
    }
    place(path)
}

/// The entity a path concerns, root and child paths alike.
pub(crate) fn entity_of(path: &str) -> Option<String> {
    match located(path)? {
        Place::Rows(rows) => Some(rows.entity.name.to_owned()),
        _ => None,
    }
}

/// Paths that need no credentials and count against no limit.
pub(crate) fn is_open_to_all(path: &str) -> bool {
    matches!(located(path), Some(Place::Zone | Place::VersionInformation))
}

async fn handle(State(server): State<Server>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, LARGEST_BODY).await else {
        return Refusal::invalid("The request body is too large.").into_response();
    };
    let call = Call { parts, body: body.to_vec() };
    let texts = locked(&server.tenant).assumed().texts;
    match server.answer(&call) {
        Ok(answer) => answer.into_response(),
        Err(refusal) => refusal.worded(texts).into_response(),
    }
}

/// A request with its body.
struct Call {
    parts: Parts,
    body: Vec<u8>,
}

impl Call {
    fn method(&self) -> &Method {
        &self.parts.method
    }

    fn header(&self, name: &str) -> &str {
        let value = self.parts.headers.get(name);
        value.and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    fn parameter(&self, name: &str) -> Option<String> {
        let query = self.parts.uri.query().unwrap_or_default();
        let mut pairs = url::form_urlencoded::parse(query.as_bytes());
        pairs.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.into_owned())
    }

    fn origin(&self) -> String {
        format!("http://{}", self.header(header::HOST.as_str()))
    }

    fn is_too_long(&self) -> bool {
        let length = self.origin().len() + self.parts.uri.to_string().len();
        *self.method() == Method::GET && length > LONGEST_URL
    }

    fn json(&self) -> Result<Value, Refusal> {
        self.check_media_type()?;
        serde_json::from_slice(&self.body)
            .map_err(|error| Refusal::invalid(format!("The body is not valid JSON: {error}")))
    }

    fn check_media_type(&self) -> Result<(), Refusal> {
        let media = self.header(header::CONTENT_TYPE.as_str());
        if media.to_ascii_lowercase().starts_with("application/json") {
            return Ok(());
        }
        Err(Refusal::MediaType(media.to_owned()))
    }

    fn only(&self, method: &Method) -> Result<(), Refusal> {
        if self.method() == method { Ok(()) } else { Err(self.wrong_method()) }
    }

    fn wrong_method(&self) -> Refusal {
        Refusal::Method(self.method().clone())
    }
}

impl Server {
    fn answer(&self, call: &Call) -> Outcome {
        if call.is_too_long() {
            return Err(Refusal::NotFound);
        }
        let place = located(call.parts.uri.path());
        let mut tenant = locked(&self.tenant);
        match &place {
            Some(Place::VersionInformation) => {
                return version_information(call, tenant.assumed());
            }
            Some(Place::Zone) => return tenant.zone(call),
            _ => tenant.check_login(call)?,
        }
        match place.ok_or(Refusal::NotFound)? {
            Place::Threshold => {
                call.only(&Method::GET)?;
                Ok(Answer::read(json!({
                    "externalRequestThreshold": self.limiter.limit(),
                    "requestThresholdTimeframe": 60,
                    "currentTimeframeRequestCount": self.limiter.used(),
                })))
            }
            Place::Rows(rows) => tenant.rows(call, &rows),
            _ => version(call),
        }
    }
}

fn version_information(call: &Call, assumed: Assumptions) -> Outcome {
    call.only(&Method::GET)?;
    let version = match assumed.api_versions {
        ApiVersions::Letter => "v1.0",
        ApiVersions::Bare => "1.0",
    };
    Ok(Answer::read(json!({"apiVersions": [version]})))
}

fn version(call: &Call) -> Outcome {
    call.only(&Method::GET)?;
    Ok(Answer::read(json!({
        "majorVersion": "2026", "minorVersion": "3", "build": "2026.3.0.0", "customerType": "PSA",
    })))
}

impl Tenant {
    fn check_login(&self, call: &Call) -> Result<(), Refusal> {
        let expected = &self.credentials;
        let known = call.header("UserName").eq_ignore_ascii_case(&expected.username)
            && call.header("Secret") == expected.secret
            && call.header("ApiIntegrationCode") == expected.integration_code;
        if known && !self.user_locked {
            return Ok(());
        }
        Err(Refusal::Login(self.assumed().login_body))
    }

    /// Zone discovery; the URL it gives is where the request came to.
    fn zone(&self, call: &Call) -> Outcome {
        call.only(&Method::GET)?;
        let code = call.header("ApiIntegrationCode");
        if !code.is_empty() && code != self.credentials.integration_code {
            return Err(Refusal::invalid("IntegrationCode is invalid"));
        }
        let user = call.parameter("user").unwrap_or_default();
        if !user.eq_ignore_ascii_case(&self.credentials.username) {
            return Err(Refusal::invalid("Zone information could not be determined"));
        }
        let origin = call.origin();
        Ok(Answer::read(json!({
            "zoneName": "Simulated",
            "url": format!("{origin}/ATServicesRest/"),
            "webUrl": format!("{origin}/"),
            "ci": 1,
        })))
    }

    fn rows(&mut self, call: &Call, rows: &Rows) -> Outcome {
        let rest: Vec<&str> = rows.rest.iter().map(String::as_str).collect();
        let verbs = rows.verbs();
        match rest.as_slice() {
            [] => self.collection(call, rows),
            ["query", step @ ..] if rows.parent.is_none() && verbs.allow(Verbs::READ) => {
                self.query_paths(call, rows.entity, step)
            }
            ["entityinformation"] => {
                call.only(&Method::GET).map(|()| metadata::information(rows.entity))
            }
            ["entityinformation", "fields"] => {
                let assumed = self.assumed();
                call.only(&Method::GET).map(|()| metadata::fields(rows.entity, assumed))
            }
            ["entityinformation", "userdefinedfields"] => {
                call.only(&Method::GET).map(|()| metadata::user_fields())
            }
            [id] if verbs.allow(Verbs::READ) => {
                let id = id.parse().map_err(|_| Refusal::NotFound)?;
                call.only(&Method::GET)?;
                self.one(rows.entity, rows.parent, id)
            }
            _ => Err(Refusal::NotFound),
        }
    }

    /// The bare path of an entity, at the root or below a parent.
    fn collection(&mut self, call: &Call, rows: &Rows) -> Outcome {
        let verbs = rows.verbs();
        let writes = verbs.allow(Verbs::CREATE) || verbs.allow(Verbs::UPDATE);
        if !writes && rows.parent.is_none() {
            return Err(Refusal::NotFound);
        }
        let update = |extent| Ok((call.json()?, extent));
        match call.method().as_str() {
            "GET" if rows.parent.is_some() && verbs.allow(Verbs::READ) => {
                let parent = rows.parent.unwrap_or_default();
                let answer = self.children(rows.entity, parent);
                self.happen_after(rows.entity, Some(&BTreeSet::from([parent])));
                Ok(answer)
            }
            "POST" if verbs.allow(Verbs::CREATE) => {
                self.create(rows.entity, rows.parent, &call.json()?)
            }
            "PATCH" if verbs.allow(Verbs::UPDATE) => {
                let (body, extent): (Value, _) = update(Extent::Sparse)?;
                self.update(rows.entity, rows.parent, &body, extent)
            }
            "PUT" if verbs.allow(Verbs::UPDATE) => {
                let (body, extent): (Value, _) = update(Extent::Full)?;
                self.update(rows.entity, rows.parent, &body, extent)
            }
            _ => Err(call.wrong_method()),
        }
    }

    fn query_paths(&mut self, call: &Call, entity: &Entity, step: &[&str]) -> Outcome {
        let search = call.parameter("search");
        let get = *call.method() == Method::GET;
        if !get {
            call.only(&Method::POST)?;
        }
        let paging = match step {
            [] | ["count"] => None,
            ["next" | "previous"] if get && search.is_none() => return Err(call.wrong_method()),
            [step @ ("next" | "previous")] => {
                let paging = call.parameter("paging").unwrap_or_default();
                Some(parse(&paging, *step == "previous")?)
            }
            _ => return Err(Refusal::NotFound),
        };
        if !call.header("ImpersonationResourceId").is_empty() {
            return Err(Refusal::invalid(
                "The logged in Resource does not have the adequate permissions to query this \
                 entity type.",
            ));
        }
        let query = if get {
            Query::parse(entity, search.as_deref().unwrap_or_default().as_bytes(), self.assumed())?
        } else {
            call.check_media_type()?;
            Query::parse(entity, &call.body, self.assumed())?
        };
        if step == ["count"] {
            return Ok(self.count(entity, &query));
        }
        let search = search.filter(|_| get);
        let origin = call.origin();
        let links = Links {
            origin: &origin,
            entity: entity.name,
            search: search.as_deref(),
            end: self.assumed().next_page_url,
            previous: self.assumed().previous_page_url,
        };
        let answer = self.query(entity, &query, paging, &links)?;
        let next = answer.body["pageDetails"]["nextPageUrl"].as_str();
        if next.is_none_or(str::is_empty) {
            self.happen_after(entity, query.contracts(entity).as_ref());
        }
        Ok(answer)
    }
}

impl Rows {
    fn verbs(&self) -> Verbs {
        match (&self.entity.child, self.parent) {
            (Some(child), Some(_)) => child.verbs,
            _ => self.entity.verbs,
        }
    }
}
