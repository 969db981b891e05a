//! The control endpoint: what tests and curious people may see and do behind the simulated systems'
//! backs. Its paths are a contract; `GET /` lists them. Nothing here is journalled.

mod connectwise;
mod mail;

use std::{
    sync::{Arc, PoisonError, RwLockReadGuard, RwLockWriteGuard},
    time::Duration,
};

use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use chrono::NaiveDate;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use uuid::Uuid;

use super::autotask::{
    CompanyEdit, ContractEdit, HandRefusal, ServiceAddition, ServiceEdit, Tenant, is_entity, locked,
};
use super::connectwise::{Site, is_kind};
use super::door::Hall;
use super::journal::System;
use super::mail::Office;
use super::prism::SharedWorld;
use super::world::{ExpectedRequest, World};

/// What `GET /` answers.
const HELP: &str = "\
GET    /journal                               every request: n, ms, system, method, path, query, entity, status (0: none sent), changed, body
GET    /journal/summary                       counts by system, method and entity
POST   /journal/reset
POST   /month/advance                         histories go on a month, the next invoice is issued, hourly counts begin anew
POST   /faults                                {\"rules\":[{\"system\",\"method\",\"path\",\"writes\",\"after\",\"times\",\"fault\"}]}; added after those in force
                                              every member but fault may be absent; writes:true means writes to Autotask and ConnectWise only; path is a regular expression
                                              without case, found anywhere in the whole path (which has \"Services\" in /ATServicesRest: write /Services$)
                                              faults: {\"status\",\"body\",\"retry_after\"} {\"delay_ms\"} {\"delay_reply_ms\"} {\"lock_user\":true}
                                              \"cut_before\" \"cut_after\" \"truncate\" \"garble\"
DELETE /faults
GET    /assumptions                           every switch of what the contracts only assume: name, value, usual, allowed, row, about
POST   /assumptions                           {name: value, …}: turns switches, all of them or none
DELETE /assumptions                           all back to where they usually stand
POST   /odd                                   {\"rows\":[{\"system\",\"kind\",\"where\",\"set\",\"without\",\"beside\"}]}; added after those in force
                                              rows are served with other members while what is stored stays as it is
                                              kind: an entity of Autotask; companies, agreements, additions, catalog, … of ConnectWise; customers, tenants, subscriptions, products, invoices, lines of PRISM
                                              where: members it is chosen by, texts by how they begin; set: {member: value or null}; without: [member]
                                              beside:true serves the row as it is before the odd one
DELETE /odd
POST   /expected                              {\"mappings\":[{\"tenant\",\"contract_id\",\"first_month\"}],\"azure\",\"months\"}
GET    /mappings                              the counterparts an operator who knows would choose
GET    /connectwise/mappings                  the same in ConnectWise: company and agreement
POST   /prism/tenants/{id}                    {\"agreement\":n}: the tenant moves to that agreement, counted from 0, with all that is invoiced anew
POST   /autotask/user                         {\"locked\":bool}
POST   /autotask/threshold                    {\"others\":n}: requests other integrations made within the hour; \"limit\":n: how many it takes of all;
                                              \"hour_seconds\":n: how long its hour is, for whoever has a clock that goes faster
POST   /autotask/contract-services/{id}/units {\"date\",\"units\"}: that many units from that day; later changes stay on top, and the day is taken
GET    /autotask/contracts/{id}/timeline
GET    /autotask/contracts/{id}/bill?month=YYYY-MM   the unit rows that start in the month
POST   /autotask/contracts/{id}               {\"status\",\"endDate\"}: someone closes or shortens it
POST   /autotask/contracts/{id}/services      {\"service_id\",\"units\",\"date\",\"after_read_of\"}: someone puts a service on it, now or right after
                                              the next read of that entity that can mean the contract was answered whole
POST   /autotask/companies/{id}               {\"isActive\"}
POST   /autotask/services/{id}                {\"isActive\"} or {\"deleted\":true}
POST   /autotask/billing-codes/{id}           {\"isActive\"} or {\"deleted\":true}
POST   /autotask/post                         {\"contract_id\",\"through\"}: approve and post rows that start up to that day
POST   /connectwise/clock                     {\"date\"}: what day it is there; {\"forward_seconds\":n}: so many pass
POST   /connectwise/keys                      {\"locked\":bool}
POST   /connectwise/role                      {\"lacks\":[right],\"holds\":[right]}: the guide's role without some rights and with others;
                                              a right is module or module.act: agreements.edit, catalog.add, units.inquire, …
POST   /connectwise/codebase                  {\"code_base\"}: the site is upgraded and answers to no other
POST   /connectwise/pace                      {\"limit\":n}: requests it takes in a minute
POST   /connectwise/workflow                  {member: value}: set on every addition that the API writes; {} ends it
POST   /connectwise/invoice                   {\"through\",\"agreement\"}: agreement invoicing, period by period that begins up to that day
POST   /connectwise/invoice/undo              {\"agreement\"}: the newest run's invoices are deleted, or the newest one of that agreement
GET    /connectwise/agreements/{id}/lines     every addition on it
GET    /connectwise/agreements/{id}/timeline?product=ID   what is in force from which day
GET    /connectwise/agreements/{id}/bill?month=YYYY-MM    what the invoice of the period that begins in the month says, or will say
POST   /connectwise/agreements/{id}/additions {\"member\",member: value, …}: someone adds a line, whatever the rules
                                              \"after_read\":true: right after the next reading of all the agreement's lines
PATCH  /connectwise/{kind}/{id}               {\"member\",member: value or null, …}: someone changes a record; POST does the same
                                              \"after_read\":true with a line: as above
                                              kind: additions, agreements, catalog, companies, categories, …
DELETE /connectwise/{kind}/{id}
GET    /mail                                  every letter the mail server took: n, from, to, tls, user, answered, subject, message_id, text, data
DELETE /mail                                  they are gone
GET    /mail/authority                        who signed its certificate, in PEM
POST   /mail/troubles                         {\"trouble\",\"to\",\"times\"}: of one recipient and so often, or always
                                              \"down\" \"refuse\" (550) \"full\" (552) \"greylist\" (450 the first time) \"hang\" (taken, and never said)
                                              \"certificate\" (of another host) \"auth\" (535) \"needs_auth\" (530 unless signed in)
GET    /mail/troubles
DELETE /mail/troubles
GET    /mail/connections                      how often somebody came
";

/// What the control endpoint works on.
#[derive(Clone, Debug)]
pub(super) struct Desk {
    pub(super) hall: Arc<Hall>,
    pub(super) world: SharedWorld,
    pub(super) office: Arc<Office>,
}

/// Why an act is refused, in words.
struct Refused(StatusCode, String);

type Outcome = Result<Json<Value>, Refused>;

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        (self.0, Json(json!({ "error": self.1 }))).into_response()
    }
}

impl From<HandRefusal> for Refused {
    fn from(refusal: HandRefusal) -> Self {
        match refusal {
            HandRefusal::Unknown(text) => Self(StatusCode::NOT_FOUND, text),
            HandRefusal::Invalid(text) => Self(StatusCode::BAD_REQUEST, text),
        }
    }
}

fn bad(text: &(impl ToString + ?Sized)) -> Refused {
    Refused(StatusCode::BAD_REQUEST, text.to_string())
}

fn read<T: DeserializeOwned>(body: &Bytes) -> Result<T, Refused> {
    serde_json::from_slice(body).map_err(|error| bad(&error))
}

fn done() -> Json<Value> {
    Json(json!({ "ok": true }))
}

pub(super) fn router(desk: Desk) -> Router {
    Router::new()
        .route("/", get(|| async { HELP }))
        .route("/journal", get(journal))
        .route("/journal/summary", get(summary))
        .route("/journal/reset", post(reset))
        .route("/month/advance", post(advance))
        .route("/faults", post(add_faults).delete(clear_faults))
        .route("/assumptions", get(assumptions).post(assume).delete(usual))
        .route("/odd", post(add_odd_rows).delete(clear_odd_rows))
        .route("/expected", post(expected))
        .route("/mappings", get(mappings))
        .route("/prism/tenants/{id}", post(move_tenant))
        .route("/autotask/user", post(user))
        .route("/autotask/threshold", post(threshold))
        .route("/autotask/contract-services/{id}/units", post(units))
        .route("/autotask/contracts/{id}/timeline", get(timeline))
        .route("/autotask/contracts/{id}/bill", get(bill))
        .route("/autotask/contracts/{id}", post(edit_contract))
        .route("/autotask/contracts/{id}/services", post(add_service))
        .route("/autotask/companies/{id}", post(edit_company))
        .route("/autotask/services/{id}", post(edit_service))
        .route("/autotask/billing-codes/{id}", post(edit_code))
        .route("/autotask/post", post(approve_and_post))
        .merge(connectwise::router())
        .merge(mail::router())
        .fallback(async || {
            Refused(StatusCode::NOT_FOUND, "no such path; GET / lists them".to_owned())
        })
        .with_state(desk)
}

impl Desk {
    fn tenant(&self) -> std::sync::MutexGuard<'_, Tenant> {
        locked(&self.hall.tenant)
    }

    fn site(&self) -> std::sync::MutexGuard<'_, Site> {
        super::connectwise::locked(&self.hall.site)
    }

    fn read_world(&self) -> RwLockReadGuard<'_, World> {
        self.world.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write_world(&self) -> RwLockWriteGuard<'_, World> {
        self.world.write().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn journal(State(desk): State<Desk>) -> Response {
    Json(desk.hall.journal.entries()).into_response()
}

async fn summary(State(desk): State<Desk>) -> Response {
    Json(desk.hall.journal.summary()).into_response()
}

async fn reset(State(desk): State<Desk>) -> Json<Value> {
    desk.hall.journal.reset();
    done()
}

async fn advance(State(desk): State<Desk>) -> Outcome {
    let mut world = desk.write_world();
    let (year, month) = world.advance_month();
    let today = world.today();
    drop(world);
    desk.tenant().set_today(today);
    desk.site().set_today(today);
    desk.hall.limiter.let_time_pass();
    desk.hall.pace.let_time_pass();
    Ok(Json(json!({ "usage_month": format!("{year:04}-{month:02}") })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Move {
    agreement: usize,
}

async fn move_tenant(State(desk): State<Desk>, Path(id): Path<Uuid>, body: Bytes) -> Outcome {
    let Move { agreement } = read(&body)?;
    let moved = desk.write_world().move_tenant(id, agreement);
    if moved { Ok(done()) } else { Err(bad(&"no such tenant, or no such agreement")) }
}

async fn add_faults(State(desk): State<Desk>, body: Bytes) -> Outcome {
    let text = std::str::from_utf8(&body).map_err(|error| bad(&error))?;
    let added = desk.hall.faults.add(text).map_err(|error| bad(&error))?;
    Ok(Json(json!({ "added": added })))
}

async fn clear_faults(State(desk): State<Desk>) -> Json<Value> {
    desk.hall.faults.clear();
    done()
}

async fn assumptions(State(desk): State<Desk>) -> Response {
    Json(desk.hall.behaviour.switches.now().list()).into_response()
}

async fn assume(State(desk): State<Desk>, body: Bytes) -> Result<Response, Refused> {
    let turned = desk.hall.behaviour.switches.turn(&read(&body)?).map_err(|why| bad(&why))?;
    Ok(Json(turned.list()).into_response())
}

async fn usual(State(desk): State<Desk>) -> Json<Value> {
    desk.hall.behaviour.switches.reset();
    done()
}

async fn add_odd_rows(State(desk): State<Desk>, body: Bytes) -> Outcome {
    let known = |system, kind: &str| match system {
        System::Autotask => is_entity(kind),
        System::Connectwise => is_kind(kind),
        System::Prism => false,
    };
    let added = desk.hall.behaviour.odd_rows.add(&body, known).map_err(|why| bad(&why))?;
    Ok(Json(json!({ "added": added })))
}

async fn clear_odd_rows(State(desk): State<Desk>) -> Json<Value> {
    desk.hall.behaviour.odd_rows.clear();
    done()
}

async fn expected(State(desk): State<Desk>, body: Bytes) -> Result<Response, Refused> {
    let request: ExpectedRequest = read(&body)?;
    let world = desk.read_world();
    world.knows(&request).map_err(|why| bad(&why))?;
    Ok(Json(world.expected(&request)).into_response())
}

async fn mappings(State(desk): State<Desk>) -> Response {
    Json(desk.read_world().true_mappings()).into_response()
}

#[derive(Deserialize)]
struct User {
    locked: bool,
}

async fn user(State(desk): State<Desk>, body: Bytes) -> Outcome {
    let user: User = read(&body)?;
    desk.tenant().lock_user(user.locked);
    Ok(done())
}

#[derive(Deserialize)]
struct Threshold {
    #[serde(default)]
    others: u64,
    limit: Option<u64>,
    hour_seconds: Option<f64>,
}

async fn threshold(State(desk): State<Desk>, body: Bytes) -> Outcome {
    let threshold: Threshold = read(&body)?;
    desk.hall.limiter.set_others(threshold.others.min(1_000_000));
    if let Some(limit) = threshold.limit {
        desk.hall.limiter.set_limit(limit.clamp(1, 1_000_000_000));
    }
    if let Some(seconds) = threshold.hour_seconds {
        desk.hall.limiter.set_hour(Duration::from_secs_f64(seconds.clamp(0.1, 3_600.0)));
    }
    Ok(done())
}

#[derive(Deserialize)]
struct Units {
    date: NaiveDate,
    units: i64,
}

async fn units(State(desk): State<Desk>, Path(id): Path<i64>, body: Bytes) -> Outcome {
    let units: Units = read(&body)?;
    desk.tenant().set_units(id, units.date, units.units)?;
    Ok(done())
}

async fn timeline(State(desk): State<Desk>, Path(id): Path<i64>) -> Outcome {
    Ok(Json(desk.tenant().timeline(id)?))
}

#[derive(Deserialize)]
struct Month {
    month: String,
}

impl Month {
    /// Year and number.
    fn parts(&self) -> Result<(i32, u32), Refused> {
        let parts = self.month.split_once('-');
        let parts = parts.filter(|parts| (parts.0.len(), parts.1.len()) == (4, 2));
        let parts = parts.and_then(|(year, month)| Some((year.parse().ok()?, month.parse().ok()?)));
        let parts = parts.filter(|(_, month)| (1..=12).contains(month));
        parts.ok_or_else(|| bad("month must be YYYY-MM"))
    }
}

async fn bill(
    State(desk): State<Desk>,
    Path(id): Path<i64>,
    Query(month): Query<Month>,
) -> Outcome {
    let (year, month) = month.parts()?;
    Ok(Json(desk.tenant().bill(id, year, month)?))
}

async fn edit_contract(State(desk): State<Desk>, Path(id): Path<i64>, body: Bytes) -> Outcome {
    let edit: ContractEdit = read(&body)?;
    desk.tenant().edit_contract(id, &edit)?;
    Ok(done())
}

async fn add_service(State(desk): State<Desk>, Path(id): Path<i64>, body: Bytes) -> Outcome {
    let addition: ServiceAddition = read(&body)?;
    let made = desk.tenant().add_service(id, addition)?;
    Ok(Json(json!({ "contract_service_id": made })))
}

async fn edit_company(State(desk): State<Desk>, Path(id): Path<i64>, body: Bytes) -> Outcome {
    let edit: CompanyEdit = read(&body)?;
    desk.tenant().edit_company(id, &edit)?;
    Ok(done())
}

async fn edit_service(State(desk): State<Desk>, Path(id): Path<i64>, body: Bytes) -> Outcome {
    let edit: ServiceEdit = read(&body)?;
    desk.tenant().edit_service(id, &edit)?;
    Ok(done())
}

async fn edit_code(State(desk): State<Desk>, Path(id): Path<i64>, body: Bytes) -> Outcome {
    let edit: ServiceEdit = read(&body)?;
    desk.tenant().edit_code(id, &edit)?;
    Ok(done())
}

#[derive(Deserialize)]
struct Posting {
    contract_id: i64,
    through: NaiveDate,
}

async fn approve_and_post(State(desk): State<Desk>, body: Bytes) -> Outcome {
    let posting: Posting = read(&body)?;
    let posted = desk.tenant().post(posting.contract_id, posting.through)?;
    Ok(Json(json!({ "posted": posted })))
}
