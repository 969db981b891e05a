//! The replies of the real server, odd ones included: validation is 500, login trouble is an empty
//! 401, an unknown path is an HTML page.

use axum::Json;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::assumptions::{LoginBody, RefusalTexts};
use crate::journal::Changed;

const NOT_FOUND_PAGE: &str = "<!DOCTYPE html PUBLIC \"-//W3C//DTD XHTML 1.0 Strict//EN\">\r\n<html>\
<head><title>404 - File or directory not found.</title></head>\r\n<body><h1>Server Error</h1>\
<h2>404 - File or directory not found.</h2><h3>The resource you are looking for might have been \
removed, had its name changed, or is temporarily unavailable.</h3></body></html>\r\n";

/// What is in the texts that someone has seen (wire section 9).
const EVIDENCED: [&str; 11] = [
    "IX_service",
    "must be between the start date and end date",
    "contract_service_period",
    "Picklist value [",
    "Value does not exist for the required field",
    "Unable to find",
    "EndDate must be after StartDate",
    "adequate permissions",
    "Zone information could not be determined",
    "IntegrationCode is invalid",
    "No matching records found",
];

#[derive(Debug)]
pub(super) struct Answer {
    pub(super) body: Value,
    pub(super) changed: bool,
}

impl Answer {
    pub(super) fn read(body: Value) -> Self {
        Self { body, changed: false }
    }

    pub(super) fn item(id: Option<i64>, changed: bool) -> Self {
        Self { body: json!({ "itemId": id }), changed }
    }
}

/// A refusal; state is as it was.
#[derive(Debug)]
pub(super) enum Refusal {
    /// 500 with `errors`.
    Invalid(String),
    /// 404 with a page.
    NotFound,
    /// 405.
    Method(Method),
    /// 401, with a word or without.
    Login(LoginBody),
    /// 415.
    MediaType(String),
}

impl Refusal {
    pub(super) fn invalid(text: impl Into<String>) -> Self {
        Self::Invalid(text.into())
    }

    /// The evidenced text for a missing field.
    pub(super) fn required(name: &str) -> Self {
        Self::invalid(format!("Value does not exist for the required field {name}"))
    }

    /// It with the words that this server has for it.
    pub(super) fn worded(self, texts: RefusalTexts) -> Self {
        match self {
            Self::Invalid(text)
                if texts == RefusalTexts::Bare
                    && !EVIDENCED.iter().any(|one| text.contains(one)) =>
            {
                Self::invalid("The request could not be processed.")
            }
            refusal => refusal,
        }
    }
}

/// What a request comes to.
pub(super) type Outcome = Result<Answer, Refusal>;

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let mut response = Json(self.body).into_response();
        if self.changed {
            response.extensions_mut().insert(Changed);
        }
        response
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self {
            Self::Invalid(text) => {
                (StatusCode::INTERNAL_SERVER_ERROR, Json(json!({ "errors": [text] })))
                    .into_response()
            }
            Self::NotFound => {
                let html = HeaderValue::from_static("text/html");
                (StatusCode::NOT_FOUND, [(header::CONTENT_TYPE, html)], NOT_FOUND_PAGE)
                    .into_response()
            }
            Self::Method(method) => message(
                StatusCode::METHOD_NOT_ALLOWED,
                &format!("The requested resource does not support http method '{method}'."),
            ),
            Self::Login(LoginBody::Text) => {
                message(StatusCode::UNAUTHORIZED, "Authorization has been denied for this request.")
            }
            Self::Login(LoginBody::Empty) => {
                let realm = HeaderValue::from_static("Basic Realm=\"webservices1.autotask.net\"");
                (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, realm)]).into_response()
            }
            Self::MediaType(media) => message(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                &format!("The request entity's media type '{media}' is not supported."),
            ),
        }
    }
}

fn message(status: StatusCode, text: &str) -> Response {
    (status, Json(json!({ "Message": text }))).into_response()
}
