//! The REST face: which path and verb means what, who may come in, in which form replies go out (wire sections 1 to 3, 5, 6). Paths
//! are matched without case and tolerate a trailing slash.

use axum::Json;
use axum::Router;
use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use uuid::Uuid;

use super::call::Call;
use super::listing::{Conditions, Fields, ListUrl, Listing, Page, Shown, id};
use super::models::model;
use super::record::Record;
use super::refusal::{Answer, Outcome, Refusal};
use super::role::{Act, Module};
use super::showing::View;
use super::site::{CODE_BASE, SharedSite, Site, locked};
use super::table::Table;
use crate::assumptions::{
    CwInfoRight, CwIsCloud, CwParent, CwUnauthorized, CwUnknownCompany, CwWrongRoute,
};
use crate::journal::{Changed, System, shape};

const LARGEST_BODY: usize = 8 * 1024 * 1024;
/// URLs beyond this are not taken.
const LONGEST_URL: usize = 10_000;
/// The newest release of the models.
const NEWEST: &str = "2026.4";

pub(crate) fn router(site: SharedSite) -> Router {
    Router::new().fallback(handle).with_state(site)
}

/// The paths that everybody may ask.
const COMPANY_INFO: &str = "/login/companyinfo/";

/// What stands behind the code base in a path; with it the code base.
fn behind_code_base(path: &str) -> Option<(&str, &str)> {
    let (code_base, rest) = path.strip_prefix('/')?.split_once('/')?;
    let rest = rest.get("apis/3.0/".len()..).filter(|_| {
        rest.get(.."apis/3.0/".len()).is_some_and(|api| api.eq_ignore_ascii_case("apis/3.0/"))
    })?;
    Some((code_base, rest))
}

/// The kind of record that a path concerns, ids left out.
pub(crate) fn entity_of(path: &str) -> String {
    let rest = behind_code_base(path).map_or(path, |(_, rest)| rest);
    shape(rest.trim_end_matches('/'))
}

/// Paths that need no key and count against no limit.
pub(crate) fn is_open_to_all(path: &str) -> bool {
    path.to_ascii_lowercase().starts_with(COMPANY_INFO)
}

/// What a path names.
#[derive(Debug)]
enum Place {
    Info,
    Records { table: Table, agreement: Option<i64>, smaller: bool, which: Which },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Which {
    All,
    Count,
    One(i64),
}

fn place(path: &str) -> Option<Place> {
    let path = path.to_ascii_lowercase();
    let segments: Vec<&str> = path.strip_suffix('/').unwrap_or(&path).split('/').collect();
    if segments == ["system", "info"] {
        return Some(Place::Info);
    }
    let records = |table, smaller, rest: &[&str]| {
        let which = which(rest)?;
        Some(Place::Records { table, agreement: None, smaller, which })
    };
    match segments.as_slice() {
        ["company", "companies", "statuses", rest @ ..] => {
            records(Table::CompanyStatuses, false, rest)
        }
        ["company", "companies", "types", rest @ ..] => records(Table::CompanyTypes, false, rest),
        ["company", "companies", rest @ ..] => records(Table::Companies, false, rest),
        ["finance", "agreements", "types", rest @ ..] => {
            records(Table::AgreementTypes, false, rest)
        }
        ["finance", "agreements", agreement, "additions", rest @ ..] => {
            let agreement = Some(agreement.parse().ok()?);
            let which = which(rest)?;
            Some(Place::Records { table: Table::Additions, agreement, smaller: false, which })
        }
        ["finance", "agreements", rest @ ..] => records(Table::Agreements, false, rest),
        ["finance", "billingcycles", rest @ ..] => records(Table::BillingCycles, false, rest),
        ["procurement", "catalog", "info"] => records(Table::Catalog, true, &[]),
        ["procurement", "catalog", "info", "count"] => records(Table::Catalog, true, &["count"]),
        ["procurement", "catalog", id, "info"] => records(Table::Catalog, true, &[id]),
        ["procurement", "catalog", rest @ ..] => records(Table::Catalog, false, rest),
        ["procurement", "categories", rest @ ..] => records(Table::Categories, false, rest),
        ["procurement", "subcategories", rest @ ..] => records(Table::Subcategories, false, rest),
        ["procurement", "types", rest @ ..] => records(Table::ProductTypes, false, rest),
        ["procurement", "unitofmeasures", rest @ ..] => records(Table::Units, false, rest),
        _ => None,
    }
}

fn which(rest: &[&str]) -> Option<Which> {
    match rest {
        [] => Some(Which::All),
        ["count"] => Some(Which::Count),
        [id] => id.parse().ok().map(Which::One),
        _ => None,
    }
}

async fn handle(State(site): State<SharedSite>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, LARGEST_BODY).await else {
        return Refusal::Request("The request body is too large.".to_owned()).into_response();
    };
    let call = Call { parts, body: body.to_vec() };
    let outcome = locked(&site).answer(&call);
    let version = call.version().unwrap_or_else(|| NEWEST.to_owned());
    let gateway = matches!(outcome, Err(Refusal::Gateway | Refusal::NoSuchCodeBase));
    let mut response = match outcome {
        Ok(answer) => answered(answer),
        Err(refusal) => refusal.into_response(),
    };
    if !gateway {
        sign(&mut response, &version);
    }
    response
}

fn answered(answer: Answer) -> Response {
    let mut response = match answer.body {
        Some(body) => (answer.status, Json(body)).into_response(),
        None => answer.status.into_response(),
    };
    let headers = response.headers_mut();
    for (name, value) in [(header::LINK, answer.link), (header::LOCATION, answer.location)] {
        if let Some(value) = value.and_then(|text| HeaderValue::from_str(&text).ok()) {
            headers.insert(name, value);
        }
    }
    if answer.changed {
        response.extensions_mut().insert(Changed);
    }
    response
}

/// What the API puts on every reply of its own.
fn sign(response: &mut Response, version: &str) {
    let kind = format!("application/vnd.connectwise.com+json; version={version}");
    let typed = response.headers().contains_key(header::CONTENT_TYPE);
    let headers = response.headers_mut();
    let mut put = |name: &'static str, text: &str| {
        if let Ok(value) = HeaderValue::from_str(text) {
            headers.insert(name, value);
        }
    };
    if typed {
        put("content-type", &kind);
    }
    put("api-current-version", NEWEST);
    put("x-cw-request-id", &Uuid::new_v4().to_string());
    put("x-server-name", "SIM-CW01");
}

impl Site {
    fn answer(&mut self, call: &Call) -> Outcome {
        if is_open_to_all(call.path()) {
            return self.company_info(call);
        }
        if call.origin().len() + call.parts.uri.to_string().len() > LONGEST_URL {
            return Err(Refusal::Request("The request URL is too long.".to_owned()));
        }
        let routed = behind_code_base(call.path());
        let Some((code_base, rest)) = routed.filter(|(base, _)| self.answers_to(base)) else {
            return Err(self.wrong_route());
        };
        self.check_login(call)?;
        let place = place(rest)
            .ok_or_else(|| Refusal::NotFound("The requested resource was not found.".to_owned()))?;
        let root = format!("{}/{code_base}/apis/3.0", call.origin());
        match place {
            Place::Info => self.system_info(call),
            Place::Records { table, agreement, smaller, which } => {
                let view = View { root: &root, smaller };
                self.check_right(call, table, smaller, which)?;
                if let Some(agreement) = agreement {
                    self.check_agreement(agreement, call)?;
                }
                self.records_at(call, table, agreement, which, view)
            }
        }
    }

    fn answers_to(&self, code_base: &str) -> bool {
        code_base.eq_ignore_ascii_case(&self.code_base)
    }

    fn wrong_route(&self) -> Refusal {
        match self.assumed().cw_wrong_route {
            CwWrongRoute::Gateway => Refusal::Gateway,
            CwWrongRoute::NotFound => Refusal::NoSuchCodeBase,
        }
    }

    /// Where the API of a login company is; nobody need be logged in.
    fn company_info(&self, call: &Call) -> Outcome {
        if call.method() != Method::GET {
            return Err(Refusal::Method(call.method().clone()));
        }
        let company = call.path().get(COMPANY_INFO.len()..).unwrap_or_default();
        if !company.trim_end_matches('/').eq_ignore_ascii_case(&self.keys.company) {
            return match self.assumed().cw_unknown_company {
                CwUnknownCompany::Null => Ok(Answer::read(Value::Null)),
                CwUnknownCompany::NotFound => Err(Refusal::NotFound("Not found".to_owned())),
            };
        }
        let is_cloud = self.code_base != CODE_BASE;
        let shown = match self.assumed().cw_is_cloud {
            CwIsCloud::Text => json!(if is_cloud { "True" } else { "False" }),
            CwIsCloud::Flag => json!(is_cloud),
        };
        Ok(Answer::read(json!({
            "CompanyName": "Northwind IT",
            "Codebase": format!("{}/", self.code_base),
            "VersionCode": format!("v{NEWEST}"),
            "VersionNumber": format!("v{NEWEST}.11873"),
            "CompanyID": self.keys.company,
            "IsCloud": shown,
        })))
    }

    fn check_login(&self, call: &Call) -> Result<(), Refusal> {
        let older = self.assumed().cw_unauthorized == CwUnauthorized::ConnectWiseApi;
        let unauthorized = || Refusal::Unauthorized { older };
        let login = call.login().ok_or_else(unauthorized)?;
        let keys = &self.keys;
        let client_id = call.header("clientId").trim();
        if client_id.is_empty() {
            return Err(unauthorized());
        }
        let company = login.company.eq_ignore_ascii_case(&keys.company);
        if !company || !client_id.eq_ignore_ascii_case(&keys.client_id) {
            return Err(self.wrong_route());
        }
        let known = login.public_key == keys.public_key && login.private_key == keys.private_key;
        if known && !self.locked { Ok(()) } else { Err(unauthorized()) }
    }

    fn system_info(&self, call: &Call) -> Outcome {
        if call.method() != Method::GET {
            return Err(Refusal::Method(call.method().clone()));
        }
        let guarded = self.assumed().cw_info_right == CwInfoRight::Companies;
        if guarded && !self.role.allows(Module::Companies, Act::Inquire) {
            return Err(Refusal::Security);
        }
        Ok(Answer::read(json!({
            "version": format!("v{NEWEST}.11873"),
            "isCloud": self.code_base != CODE_BASE,
            "serverTimeZone": "AUS Eastern Standard Time",
            "licenseBits": [{"name": "Finance", "activeFlag": true}],
            "cloudRegion": "AU",
            "maxWorkFlowRecordsAllowed": 500,
        })))
    }

    /// Whether the path takes the verb, and the role allows it.
    fn check_right(
        &self,
        call: &Call,
        table: Table,
        smaller: bool,
        which: Which,
    ) -> Result<(), Refusal> {
        let one = matches!(which, Which::One(_));
        let act = match (call.method().as_str(), one) {
            ("GET", _) => Act::Inquire,
            ("POST", false) if which == Which::All && !smaller => Act::Add,
            ("PUT" | "PATCH", true) if !smaller => Act::Edit,
            ("DELETE", true) if !smaller => Act::Delete,
            _ => return Err(Refusal::Method(call.method().clone())),
        };
        if self.role.allows(Module::of(table), act) { Ok(()) } else { Err(Refusal::Security) }
    }

    /// The agreement that additions are asked for below.
    fn check_agreement(&self, agreement: i64, call: &Call) -> Result<(), Refusal> {
        let there = self.record(Table::Agreements, agreement).is_some();
        let reads = call.method() == Method::GET;
        let lenient = reads && self.assumed().cw_parent == CwParent::Empty;
        if there || lenient { Ok(()) } else { Err(Refusal::no_record(agreement)) }
    }

    fn records_at(
        &mut self,
        call: &Call,
        table: Table,
        agreement: Option<i64>,
        which: Which,
        view: View<'_>,
    ) -> Outcome {
        let fields = Fields::of(&call.parameters(), &self.assumed());
        let cut = |answer: Answer| Answer {
            body: answer.body.map(|body| match body {
                Value::Object(record) => fields.cut(record),
                body => body,
            }),
            ..answer
        };
        match (call.method().as_str(), which) {
            ("GET", Which::All) => {
                let answer = self.list(call, table, agreement, view)?;
                let link = answer.link.as_deref().unwrap_or_default();
                let read = link.starts_with("<>") || !link.contains("rel=\"next\"");
                if let Some(agreement) = agreement.filter(|_| read) {
                    self.happen_after(agreement);
                }
                Ok(answer)
            }
            ("GET", Which::Count) => self.count(call, table, agreement, view),
            ("POST", _) => self.create(table, agreement, &call.json()?, view).map(cut),
            (verb, Which::One(id)) => {
                self.check_there(table, agreement, id)?;
                match verb {
                    "GET" => self.one(table, id, view).map(cut),
                    "PATCH" => self.patch(table, id, &call.json()?, view).map(cut),
                    "PUT" => self.put(table, id, &call.json()?, view).map(cut),
                    _ => self.delete(table, id),
                }
            }
            _ => Err(Refusal::Method(call.method().clone())),
        }
    }

    fn check_there(&self, table: Table, agreement: Option<i64>, id: i64) -> Result<(), Refusal> {
        let record = self.record(table, id).ok_or_else(|| Refusal::no_record(id))?;
        let here = agreement.is_none() || super::site::agreement_of(record) == agreement;
        if here { Ok(()) } else { Err(Refusal::no_record(id)) }
    }

    fn one(&self, table: Table, id: i64, view: View<'_>) -> Outcome {
        let record = self.record(table, id).ok_or_else(|| Refusal::no_record(id))?;
        let shown = self.served(table, record, view).pop().ok_or_else(|| Refusal::no_record(id))?;
        Ok(Answer::read(Value::Object(shown)))
    }

    fn list(&self, call: &Call, table: Table, agreement: Option<i64>, view: View<'_>) -> Outcome {
        let parameters = call.parameters();
        let paging = call.header("pagination-type");
        let listing = Listing::of(&parameters, paging, &model(table), &self.assumed())?;
        let url = ListUrl::new(&call.origin(), call.path(), call.query());
        let page = self.page(&listing, table, agreement, &url, view);
        let body = page.records.into_iter().map(|record| listing.fields.cut(record)).collect();
        Ok(Answer { link: page.link, ..Answer::read(Value::Array(body)) })
    }

    fn page(
        &self,
        listing: &Listing,
        table: Table,
        agreement: Option<i64>,
        url: &ListUrl,
        view: View<'_>,
    ) -> Page<Shown> {
        let odd = self.behaviour.odd_rows.concern(System::Connectwise, table.kind());
        if listing.takes_all_by_id() && !odd {
            let page = listing.page(self.listed(table, agreement), |record| record.id, url);
            let shown = page.records.into_iter().map(|record| self.shown(table, record, view));
            return Page { records: shown.collect(), link: page.link };
        }
        let mut records = self.meeting(&listing.conditions, table, agreement, view);
        listing.sort(&mut records);
        listing.page(records, id, url)
    }

    fn count(&self, call: &Call, table: Table, agreement: Option<i64>, view: View<'_>) -> Outcome {
        let conditions = Conditions::of(&call.parameters(), &model(table), &self.assumed())?;
        let count = self.meeting(&conditions, table, agreement, view).len();
        Ok(Answer::read(json!({ "count": count })))
    }

    /// The records of a list that are in it already, by id.
    fn listed(&self, table: Table, agreement: Option<i64>) -> Vec<&Record> {
        let lag = chrono::Duration::seconds(self.assumed().cw_list_lag.0.into());
        let now = self.clock.now();
        let listed =
            |record: &&Record| lag.is_zero() || now.signed_duration_since(record.entered.at) >= lag;
        match agreement {
            Some(agreement) => self.additions_of(agreement).filter(listed).collect(),
            None => self.records(table).filter(listed).collect(),
        }
    }

    /// Those of them that meet the conditions.
    fn meeting(
        &self,
        conditions: &Conditions,
        table: Table,
        agreement: Option<i64>,
        view: View<'_>,
    ) -> Vec<Shown> {
        let shown = self.listed(table, agreement).into_iter();
        let shown = shown.flat_map(|record| self.served(table, record, view));
        shown.filter(|record| conditions.hold(record)).collect()
    }
}
