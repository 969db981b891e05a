//! How this PRISM answers: errors, JSON, times, and long bodies that are made while they are sent.

use std::convert::Infallible;
use std::sync::{Arc, PoisonError};

use axum::body::{Body, Bytes};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::NaiveDate;
use futures_util::stream;
use rust_decimal::Decimal;
use serde_json::{Map, Number, Value, json};

use super::SharedWorld;
use crate::sim::world::World;

/// An error with its status and message (wire section 11).
#[derive(Debug)]
pub struct Refusal {
    status: StatusCode,
    message: String,
    /// The field that is wrong.
    field: Option<&'static str>,
}

impl Refusal {
    /// Something is wrong with a parameter or the body.
    pub fn bad(field: &'static str, message: &str) -> Self {
        Self { status: StatusCode::BAD_REQUEST, message: message.to_owned(), field: Some(field) }
    }

    /// Nothing has this id or path.
    pub fn unknown(message: &str) -> Self {
        Self { status: StatusCode::NOT_FOUND, message: message.to_owned(), field: None }
    }

    /// Another status.
    pub fn with(status: StatusCode, message: &str) -> Self {
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
pub fn number(amount: Decimal) -> Value {
    let text = amount.to_string();
    Value::Number(text.parse::<Number>().expect("a decimal's text is a JSON number"))
}

/// Midnight of a day, without a fraction.
pub fn midnight(date: NaiveDate) -> String {
    format!("{date}T00:00:00+00:00")
}

/// Midnight of a day as the CSV writes it.
pub fn long_midnight(date: NaiveDate) -> String {
    format!("{date}T00:00:00.0000000+00:00")
}

/// How many items are made at once.
const PORTION: usize = 100;

/// A body that is made item by item while it is sent; the world is locked for a portion at a time only.
pub fn portions(
    world: SharedWorld,
    items: Vec<usize>,
    frame: (Vec<u8>, Vec<u8>),
    write: impl Fn(&World, usize, &mut Vec<u8>) + Send + 'static,
) -> Body {
    let items: Arc<[usize]> = items.into();
    let (head, tail) = frame;
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
pub fn json_array(
    world: SharedWorld,
    items: Vec<usize>,
    write: impl Fn(&World, usize, &mut Vec<u8>) + Send + 'static,
) -> Response {
    let first = items.first().copied();
    let body = portions(world, items, (b"[".to_vec(), b"]".to_vec()), move |world, item, bytes| {
        if first != Some(item) {
            bytes.push(b',');
        }
        write(world, item, bytes);
    });
    ([(header::CONTENT_TYPE, "application/json; charset=utf-8")], body).into_response()
}

/// Puts a value behind what is there.
pub fn append(bytes: &mut Vec<u8>, value: &impl serde::Serialize) {
    serde_json::to_writer(bytes, value).expect("values of the world serialise into memory");
}
