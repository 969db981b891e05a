//! How this PRISM answers: errors, JSON, times, and long bodies that are made while they are sent.

use std::convert::Infallible;
use std::sync::{Arc, PoisonError};

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use chrono::NaiveDate;
use futures_util::stream;
use rust_decimal::Decimal;
use serde_json::{Map, Number, Value, json};

use super::state::SharedWorld;
use crate::assumptions::{ErrorBody, NullMembers};
use crate::behaviour::Behaviour;
use crate::journal::System;
use crate::world::World;

/// An error with its status and message (wire section 11).
#[derive(Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    message: String,
    field: Option<&'static str>,
}

impl Refusal {
    /// Something is wrong with a parameter or the body.
    pub(super) fn bad(field: &'static str, message: &str) -> Self {
        Self { status: StatusCode::BAD_REQUEST, message: message.to_owned(), field: Some(field) }
    }

    /// Nothing has this id or path.
    pub(super) fn unknown(message: &str) -> Self {
        Self { status: StatusCode::NOT_FOUND, message: message.to_owned(), field: None }
    }

    pub(super) fn with(status: StatusCode, message: &str) -> Self {
        Self { status, message: message.to_owned(), field: None }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut body = Map::new();
        if let Some(field) = self.field {
            body.insert("ModelState".to_owned(), json!({ field: [self.message.as_str()] }));
        }
        body.insert("Message".to_owned(), Value::String(self.message));
        (self.status, axum::Json(Value::Object(body))).into_response()
    }
}

/// A decimal as a JSON number, digit for digit.
pub(super) fn number(amount: Decimal) -> Value {
    let text = amount.to_string();
    Value::Number(text.parse::<Number>().expect("a decimal's text is a JSON number"))
}

/// Midnight of a day, without a fraction.
pub(super) fn midnight(date: NaiveDate) -> String {
    format!("{date}T00:00:00+00:00")
}

/// Midnight of a day as the CSV writes it.
pub(super) fn long_midnight(date: NaiveDate) -> String {
    format!("{date}T00:00:00.0000000+00:00")
}

/// How many items are made at once.
const PORTION: usize = 100;

/// A body that is made item by item while it is sent; the world is locked for a portion at a time only.
pub(super) fn portions(
    world: SharedWorld,
    items: Vec<usize>,
    head: Vec<u8>,
    tail: Vec<u8>,
    write: impl Fn(&World, usize, &mut Vec<u8>) + Send + 'static,
) -> Body {
    let items: Arc<[usize]> = items.into();
    let starts = (0..items.len()).step_by(PORTION);
    let middle = starts.map(move |start| {
        let world = world.read().unwrap_or_else(PoisonError::into_inner);
        let mut bytes = Vec::new();
        for item in &items[start..items.len().min(start + PORTION)] {
            write(&world, *item, &mut bytes);
        }
        bytes
    });
    let parts = std::iter::once(head).chain(middle).chain(std::iter::once(tail));
    Body::from_stream(stream::iter(parts.map(|part| Ok::<_, Infallible>(Bytes::from(part)))))
}

/// A bare JSON array of items.
pub(super) fn json_array(
    world: SharedWorld,
    items: Vec<usize>,
    write: impl Fn(&World, usize, &mut Vec<u8>) + Send + 'static,
) -> Response {
    let first = items.first().copied();
    let (head, tail) = (b"[".to_vec(), b"]".to_vec());
    let body = portions(world, items, head, tail, move |world, item, bytes| {
        if first != Some(item) {
            bytes.push(b',');
        }
        write(world, item, bytes);
    });
    ([(header::CONTENT_TYPE, "application/json; charset=utf-8")], body).into_response()
}

/// Puts rows of an array behind what is there.
pub(super) fn append(bytes: &mut Vec<u8>, rows: &[impl serde::Serialize]) {
    for (at, row) in rows.iter().enumerate() {
        if at > 0 {
            bytes.push(b',');
        }
        serde_json::to_writer(&mut *bytes, row).expect("values of the world serialise into memory");
    }
}

/// What is served in the place of a row of a list: odd rows, and members that are null or not there.
pub(super) fn served(behaviour: &Behaviour, list: &str, row: Value) -> Vec<Value> {
    let mut rows = behaviour.odd_rows.serve(System::Prism, list, row);
    if behaviour.assumed().null_members == NullMembers::Absent {
        let members = rows.iter_mut().filter_map(Value::as_object_mut);
        members.for_each(|row| row.retain(|_, value| !value.is_null()));
    }
    rows
}

/// Errors in the form that the switches say.
pub(super) async fn errors_as_assumed(
    State(behaviour): State<Behaviour>,
    request: Request,
    next: Next,
) -> Response {
    let response = next.run(request).await;
    let fine = !response.status().is_client_error() && !response.status().is_server_error();
    if fine || behaviour.assumed().error_body == ErrorBody::Json {
        return response;
    }
    let (status, body) = (response.status(), to_bytes(response.into_body(), usize::MAX).await);
    let body: Option<Value> = body.ok().and_then(|body| serde_json::from_slice(&body).ok());
    let text = body.and_then(|body| Some(body.get("Message")?.as_str()?.to_owned()));
    (status, text.unwrap_or_default()).into_response()
}
