//! The part of the control endpoint that is about ConnectWise.

use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use chrono::{Datelike, NaiveDate};
use serde::Deserialize;
use serde_json::json;

use super::{Desk, Month, Outcome, Refused, bad, done, read};
use crate::connectwise::{Hand, HandRefusal, InvoiceRun, RoleEdit};

impl From<HandRefusal> for Refused {
    fn from(refusal: HandRefusal) -> Self {
        match refusal {
            HandRefusal::Unknown(text) => Self(StatusCode::NOT_FOUND, text),
            HandRefusal::Invalid(text) => Self(StatusCode::BAD_REQUEST, text),
        }
    }
}

pub(super) fn router() -> Router<Desk> {
    Router::new()
        .route("/connectwise/mappings", get(mappings))
        .route("/connectwise/clock", post(clock))
        .route("/connectwise/keys", post(keys))
        .route("/connectwise/role", post(role))
        .route("/connectwise/codebase", post(code_base))
        .route("/connectwise/pace", post(pace))
        .route("/connectwise/workflow", post(workflow))
        .route("/connectwise/invoice", post(invoice))
        .route("/connectwise/invoice/undo", post(undo))
        .route("/connectwise/agreements/{id}/lines", get(lines))
        .route("/connectwise/agreements/{id}/timeline", get(timeline))
        .route("/connectwise/agreements/{id}/bill", get(bill))
        .route("/connectwise/agreements/{id}/additions", post(add))
        .route("/connectwise/{kind}/{id}", post(edit).patch(edit).delete(erase))
}

async fn mappings(State(desk): State<Desk>) -> Response {
    Json(desk.read_world().connectwise_mappings()).into_response()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Clock {
    date: Option<NaiveDate>,
    #[serde(default)]
    forward_seconds: u32,
}

async fn clock(State(desk): State<Desk>, body: Bytes) -> Outcome {
    let clock: Clock = read(&body)?;
    if clock.date.is_some_and(|date| !(1900..=9000).contains(&date.year())) {
        return Err(bad("date must lie in the years 1900 to 9000"));
    }
    let mut site = desk.site();
    if let Some(date) = clock.date {
        site.set_today(date);
    }
    site.let_pass(clock.forward_seconds);
    Ok(done())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Keys {
    locked: bool,
}

async fn keys(State(desk): State<Desk>, body: Bytes) -> Outcome {
    let keys: Keys = read(&body)?;
    desk.site().lock_keys(keys.locked);
    Ok(done())
}

async fn role(State(desk): State<Desk>, body: Bytes) -> Outcome {
    let edit: RoleEdit = read(&body)?;
    let rights = desk.site().edit_role(&edit)?;
    Ok(Json(json!({ "rights": rights })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CodeBase {
    code_base: String,
}

async fn code_base(State(desk): State<Desk>, body: Bytes) -> Outcome {
    let wanted: CodeBase = read(&body)?;
    desk.site().upgrade(&wanted.code_base)?;
    Ok(done())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Pace {
    limit: usize,
}

async fn pace(State(desk): State<Desk>, body: Bytes) -> Outcome {
    let pace: Pace = read(&body)?;
    desk.hall.pace.set_limit(pace.limit.max(1));
    Ok(done())
}

async fn workflow(State(desk): State<Desk>, body: Bytes) -> Outcome {
    desk.site().set_workflow(&read::<Hand>(&body)?)?;
    Ok(done())
}

async fn invoice(State(desk): State<Desk>, body: Bytes) -> Outcome {
    let run: InvoiceRun = read(&body)?;
    let made = desk.site().run_invoicing(&run)?;
    Ok(Json(json!({ "invoices": made })))
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Undo {
    agreement: Option<i64>,
}

async fn undo(State(desk): State<Desk>, body: Bytes) -> Outcome {
    let undo: Undo = if body.is_empty() { Undo::default() } else { read(&body)? };
    Ok(Json(json!({ "invoices": desk.site().undo_invoice(undo.agreement) })))
}

async fn lines(State(desk): State<Desk>, Path(id): Path<i64>) -> Outcome {
    Ok(Json(desk.site().lines(id)?))
}

#[derive(Deserialize)]
struct OfProduct {
    product: Option<i64>,
}

async fn timeline(
    State(desk): State<Desk>,
    Path(id): Path<i64>,
    Query(of): Query<OfProduct>,
) -> Outcome {
    Ok(Json(desk.site().timeline_of(id, of.product)?))
}

async fn bill(
    State(desk): State<Desk>,
    Path(id): Path<i64>,
    Query(month): Query<Month>,
) -> Outcome {
    Ok(Json(desk.site().bill_in(id, month.parts()?)?))
}

async fn add(State(desk): State<Desk>, Path(id): Path<i64>, body: Bytes) -> Outcome {
    let hand: Hand = read(&body)?;
    let id = desk.site().add_by_hand(id, &hand)?;
    Ok(Json(json!({ "id": id })))
}

async fn edit(
    State(desk): State<Desk>,
    Path((kind, id)): Path<(String, i64)>,
    body: Bytes,
) -> Outcome {
    let hand: Hand = read(&body)?;
    desk.site().edit(&kind, id, &hand)?;
    Ok(done())
}

async fn erase(State(desk): State<Desk>, Path((kind, id)): Path<(String, i64)>) -> Outcome {
    desk.site().erase(&kind, id)?;
    Ok(done())
}
