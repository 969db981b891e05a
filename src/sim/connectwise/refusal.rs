//! What a request comes to, and how refusals are written (wire section 9): the exact shapes, and nothing of why.

use axum::Json;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// One reason in `errors`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reason {
    pub(super) code: &'static str,
    pub(super) message: String,
    pub(super) field: String,
}

impl Reason {
    pub(super) fn new(code: &'static str, field: &str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), field: field.to_owned() }
    }

    pub(super) fn required(field: &str) -> Self {
        Self::new("MissingRequiredField", field, format!("The {field} field is required."))
    }

    pub(super) fn not_found(field: &str, message: impl Into<String>) -> Self {
        Self::new("NotFound", field, message)
    }

    /// Against a rule that has no code of its own.
    pub(super) fn rule(field: &str, message: impl Into<String>) -> Self {
        Self::new("InvalidObject", field, message)
    }
}

/// A refusal; what is kept is as it was.
#[derive(Clone, Debug)]
pub(super) enum Refusal {
    /// 400 in plain text, before the API is reached.
    Gateway,
    /// 404 in its place.
    NoSuchCodeBase,
    /// 401, and whether in the words of the older code.
    Unauthorized { older: bool },
    /// 403.
    Security,
    /// 404.
    NotFound(String),
    /// 405.
    Method(Method),
    /// 409.
    Conflict(String),
    /// 415.
    MediaType(String),
    /// 400 with reasons, about a record so called.
    Invalid(&'static str, Vec<Reason>),
    /// 400: a condition or an order cannot be read.
    Condition(String),
    /// 400: the request as such.
    Request(String),
    /// 500.
    Broken(String),
}

impl Refusal {
    pub(super) fn no_record(id: impl std::fmt::Display) -> Self {
        Self::NotFound(format!("Record {id} was not found."))
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::Gateway | Self::Invalid(..) | Self::Condition(_) | Self::Request(_) => {
                StatusCode::BAD_REQUEST
            }
            Self::NoSuchCodeBase | Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::Unauthorized { .. } => StatusCode::UNAUTHORIZED,
            Self::Security => StatusCode::FORBIDDEN,
            Self::Method(_) => StatusCode::METHOD_NOT_ALLOWED,
            Self::Conflict(_) => StatusCode::CONFLICT,
            Self::MediaType(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Broken(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn body(&self) -> Value {
        let told =
            |code: &str, message: &str| json!({"code": code, "message": message, "errors": null});
        match self {
            Self::Gateway | Self::NoSuchCodeBase => Value::Null,
            Self::Unauthorized { older: false } => {
                told("Unauthorized", "Incorrect public/private key")
            }
            Self::Unauthorized { older: true } => told("ConnectWiseApi", "UserNotAuthenticated"),
            Self::Security => {
                told("Security", "You do not have security permission to perform this action.")
            }
            Self::NotFound(text) => told("NotFound", text),
            Self::Method(method) => {
                let text =
                    format!("The requested resource does not support http method '{method}'.");
                json!({ "message": text })
            }
            Self::Conflict(text) => told("Conflict", text),
            Self::MediaType(media) => {
                let text = format!("The request entity's media type '{media}' is not supported.");
                json!({ "message": text })
            }
            Self::Invalid(resource, reasons) => {
                let reason = |reason: &Reason| {
                    json!({"code": reason.code, "message": reason.message,
                           "resource": resource, "field": reason.field})
                };
                let errors: Vec<_> = reasons.iter().map(reason).collect();
                let message = format!("{resource} object is invalid");
                json!({"code": "InvalidObject", "message": message, "errors": errors})
            }
            Self::Condition(text) => told("ApiFindCondition", text),
            Self::Request(text) => told("InvalidRequest", text),
            Self::Broken(text) => json!({"code": "ConnectWiseApi", "message": text}),
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let plain = [(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"))];
        match self {
            Self::Gateway => {
                (self.status(), plain, "Cannot route. Codebase/company is invalid").into_response()
            }
            Self::NoSuchCodeBase => (self.status(), plain, "Not Found").into_response(),
            refusal => (refusal.status(), Json(refusal.body())).into_response(),
        }
    }
}

/// What was found or made.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    /// None of it where there is no body.
    pub(super) body: Option<Value>,
    pub(super) link: Option<String>,
    pub(super) location: Option<String>,
    pub(super) changed: bool,
}

impl Answer {
    pub(super) fn read(body: Value) -> Self {
        Self {
            status: StatusCode::OK,
            body: Some(body),
            link: None,
            location: None,
            changed: false,
        }
    }

    /// A record was written; 201 with where it is if it is new.
    pub(super) fn written(body: Value, location: Option<String>, changed: bool) -> Self {
        let status = if location.is_some() { StatusCode::CREATED } else { StatusCode::OK };
        Self { status, body: Some(body), link: None, location, changed }
    }

    pub(super) fn deleted() -> Self {
        let status = StatusCode::NO_CONTENT;
        Self { status, body: None, link: None, location: None, changed: true }
    }
}

pub(super) type Outcome = Result<Answer, Refusal>;
