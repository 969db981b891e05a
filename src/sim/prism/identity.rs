//! The identity server: client credentials, device sign-in with its approval page (wire section 2).

use std::collections::HashMap;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use serde_json::json;

use super::state::Prism;
use crate::assumptions::{Offer, TokenErrors};
use crate::world::access::{Holder, SignIn};

const SCOPE: &str = "rhipeapi";
const DEVICE_GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";
const DEVICE_CLIENT: &str = "prism-connect";
const SIGN_IN_SECONDS: u64 = 600;

type Form = HashMap<String, String>;

fn refused(prism: &Prism, code: &str) -> Response {
    let status = match prism.assumed().token_errors {
        TokenErrors::BadRequest => StatusCode::BAD_REQUEST,
        TokenErrors::Unauthorized => StatusCode::UNAUTHORIZED,
    };
    (status, axum::Json(json!({ "error": code }))).into_response()
}

/// The form of a request; none unless its content type says that it is one.
fn form(headers: &HeaderMap, body: &Bytes) -> Option<Form> {
    let kind = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    let is_form = kind.to_lowercase().starts_with("application/x-www-form-urlencoded");
    is_form.then(|| url::form_urlencoded::parse(body).into_owned().collect())
}

fn field<'f>(form: &'f Form, name: &str) -> &'f str {
    form.get(name).map_or("", String::as_str)
}

/// `POST /core/connect/token`.
pub(super) async fn token(State(prism): State<Prism>, headers: HeaderMap, body: Bytes) -> Response {
    let Some(form) = form(&headers, &body) else { return refused(&prism, "invalid_request") };
    match field(&form, "grant_type") {
        "client_credentials" => client_token(&prism, &form),
        DEVICE_GRANT if prism.assumed().device_sign_in == Offer::Offered => {
            user_token(&prism, &form)
        }
        DEVICE_GRANT => refused(&prism, "unauthorized_client"),
        _ => refused(&prism, "unsupported_grant_type"),
    }
}

fn client_token(prism: &Prism, form: &Form) -> Response {
    let (id, secret) = (field(form, "client_id"), field(form, "client_secret"));
    let Some(name) = prism.read().access().client_name(id, secret) else {
        return refused(prism, "invalid_client");
    };
    if field(form, "scope") != SCOPE {
        return refused(prism, "invalid_scope");
    }
    granted(prism, Holder::Client(name))
}

fn user_token(prism: &Prism, form: &Form) -> Response {
    if field(form, "client_id") != DEVICE_CLIENT {
        return refused(prism, "invalid_client");
    }
    let state = prism.read().access().poll(field(form, "device_code"));
    match state {
        None => refused(prism, "expired_token"),
        Some(SignIn::Pending) => refused(prism, "authorization_pending"),
        Some(SignIn::Denied) => refused(prism, "access_denied"),
        Some(SignIn::Approved) => granted(prism, Holder::User),
    }
}

fn granted(prism: &Prism, holder: Holder) -> Response {
    let seconds = prism.settings.token_lifetime_seconds;
    let token = prism.read().access().token(holder, Duration::from_secs(seconds));
    let body = json!({ "access_token": token, "expires_in": seconds, "token_type": "Bearer" });
    ([(header::CACHE_CONTROL, "no-store")], axum::Json(body)).into_response()
}

/// `POST /core/connect/deviceauthorization`.
pub(super) async fn device(
    State(prism): State<Prism>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if prism.assumed().device_sign_in == Offer::Absent {
        return StatusCode::NOT_FOUND.into_response();
    }
    let Some(form) = form(&headers, &body) else { return refused(&prism, "invalid_request") };
    if field(&form, "client_id") != DEVICE_CLIENT {
        return refused(&prism, "invalid_client");
    }
    if field(&form, "scope") != SCOPE {
        return refused(&prism, "invalid_scope");
    }
    let lifetime = Duration::from_secs(SIGN_IN_SECONDS);
    let (device_code, user_code) = prism.read().access().begin_sign_in(lifetime);
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let page = format!("http://{}/device", host.unwrap_or("127.0.0.1"));
    let body = json!({
        "device_code": device_code,
        "user_code": user_code,
        "verification_uri": page,
        "verification_uri_complete": format!("{page}?user_code={user_code}"),
        "expires_in": SIGN_IN_SECONDS,
        "interval": prism.settings.sign_in_interval_seconds,
    });
    axum::Json(body).into_response()
}

/// `GET /device`: the page on which a person approves.
pub(super) async fn page(Query(query): Query<Form>) -> Html<String> {
    let code = escaped(field(&query, "user_code"));
    Html(framed(&format!(
        "<form method=\"post\" action=\"/device\">\
         <p><label>Code <input name=\"user_code\" value=\"{code}\"></label></p>\
         <p><button name=\"answer\" value=\"approve\">Approve</button> \
         <button name=\"answer\" value=\"deny\">Deny</button></p></form>"
    )))
}

/// `POST /device`: the person's answer.
pub(super) async fn answer(
    State(prism): State<Prism>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let Some(form) = form(&headers, &body) else { return refused(&prism, "invalid_request") };
    let approve = match field(&form, "answer") {
        "approve" => true,
        "deny" => false,
        _ => return refused(&prism, "invalid_request"),
    };
    if !prism.read().access().answer(field(&form, "user_code"), approve) {
        let sorry = framed("<p>This code is not known or has expired.</p>");
        return (StatusCode::BAD_REQUEST, Html(sorry)).into_response();
    }
    let told = if approve { "Approved. You may close this page." } else { "Denied." };
    Html(framed(&format!("<p>{told}</p>"))).into_response()
}

fn framed(content: &str) -> String {
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <title>Sign in to PRISM</title></head>\
         <body><h1>Sign in to PRISM (simulated)</h1>{content}</body></html>"
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
