//! Who calls, and how requests are read: bearer token, ids, query and body names without regard to case.

use std::collections::HashMap;

use axum::body::Bytes;
use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use serde_json::Value;
use uuid::Uuid;

use super::replies::Refusal;
use super::state::Prism;
use crate::world::World;
use crate::world::access::Holder;

/// A caller with a good token.
#[derive(Debug)]
pub(super) struct Caller(pub Holder);

impl FromRequestParts<Prism> for Caller {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, prism: &Prism) -> Result<Self, Refusal> {
        let refused = || {
            let message = "Authorization has been denied for this request.";
            Refusal::with(StatusCode::UNAUTHORIZED, message)
        };
        let given = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let (scheme, token) = given.and_then(|text| text.split_once(' ')).ok_or_else(refused)?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(refused());
        }
        let holder = prism.read().access().holder(token.trim());
        holder.map(Self).ok_or_else(refused)
    }
}

/// The query's parameters, by lower-case name.
#[derive(Debug)]
pub(super) struct Parameters(HashMap<String, String>);

impl FromRequestParts<Prism> for Parameters {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, prism: &Prism) -> Result<Self, Refusal> {
        let read = Query::<Vec<(String, String)>>::from_request_parts(parts, prism).await;
        let Query(pairs) = read.map_err(|error| Refusal::bad("query", &error.to_string()))?;
        Ok(Self(pairs.into_iter().map(|(name, value)| (name.to_lowercase(), value)).collect()))
    }
}

impl Parameters {
    /// A parameter's text, by lower-case name.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// A boolean in any letter case.
    pub(super) fn flag(&self, name: &'static str) -> Result<Option<bool>, Refusal> {
        let Some(text) = self.text(name) else { return Ok(None) };
        let parsed = text.to_lowercase().parse();
        parsed.map(Some).map_err(|_| Refusal::bad(name, "The value is not a boolean."))
    }

    /// A number from 1.
    pub(super) fn count(&self, name: &'static str) -> Result<Option<usize>, Refusal> {
        let Some(text) = self.text(name) else { return Ok(None) };
        let parsed = text.parse().ok().filter(|count| *count > 0);
        parsed.map(Some).ok_or_else(|| Refusal::bad(name, "The value is not a number from 1."))
    }
}

/// A JSON object's members, by lower-case name.
pub(super) fn members(body: &Bytes) -> Result<HashMap<String, Value>, Refusal> {
    let parsed = serde_json::from_slice::<serde_json::Map<String, Value>>(body);
    let object = parsed.map_err(|error| Refusal::bad("body", &error.to_string()))?;
    Ok(object.into_iter().map(|(name, value)| (name.to_lowercase(), value)).collect())
}

pub(super) fn text_member<'b>(
    body: &'b HashMap<String, Value>,
    name: &'static str,
) -> Result<&'b str, Refusal> {
    let text = body.get(&name.to_lowercase()).and_then(Value::as_str);
    text.ok_or_else(|| Refusal::bad(name, "The member is required and is a string."))
}

/// Finds something by the id in a path.
pub(super) fn known(
    world: &World,
    text: &str,
    find: impl FnOnce(&Uuid) -> Option<usize>,
) -> Result<usize, Refusal> {
    let id: Uuid = text.parse().map_err(|_| Refusal::bad("id", "The id is not a GUID."))?;
    if id.to_string() == world.foreign_id() {
        let message = "You do not have access to this resource.";
        return Err(Refusal::with(StatusCode::FORBIDDEN, message));
    }
    find(&id).ok_or_else(|| Refusal::unknown("The resource was not found."))
}

impl World {
    pub(super) fn agreement_with(&self, id: &Uuid) -> Option<usize> {
        self.agreements.iter().position(|agreement| agreement.id == *id)
    }
}
