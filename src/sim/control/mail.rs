//! The control endpoint of the mail server: what it took, and what is to go wrong.

use std::sync::atomic::Ordering;

use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

use super::{Desk, Outcome, done, read};
use crate::mail::{AUTHORITY, Rule};

pub(super) fn router() -> Router<Desk> {
    Router::new()
        .route("/mail", get(letters).delete(empty))
        .route("/mail/authority", get(|| async { AUTHORITY }))
        .route("/mail/connections", get(connections))
        .route("/mail/troubles", post(trouble).get(troubles).delete(no_troubles))
}

async fn letters(State(desk): State<Desk>) -> Response {
    Json(desk.office.letters()).into_response()
}

async fn empty(State(desk): State<Desk>) -> Json<Value> {
    desk.office.empty();
    done()
}

async fn connections(State(desk): State<Desk>) -> Json<Value> {
    Json(json!({ "connections": desk.office.connections.load(Ordering::Relaxed) }))
}

async fn trouble(State(desk): State<Desk>, body: Bytes) -> Outcome {
    desk.office.add(read::<Rule>(&body)?);
    Ok(done())
}

async fn troubles(State(desk): State<Desk>) -> Response {
    Json(desk.office.rules()).into_response()
}

async fn no_troubles(State(desk): State<Desk>) -> Json<Value> {
    desk.office.no_troubles();
    done()
}
