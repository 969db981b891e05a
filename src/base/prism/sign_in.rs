//! New credentials by device sign-in (wire/prism 2.1, A18): the operator approves at a URL on any machine.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use url::Url;

use super::{
    assumed,
    loose::Loose,
    settings::at,
    token::{LARGEST_ANSWER, SCOPE, TokenReply, granted, token_call},
};
use crate::{
    domain::{Code, ReadError, Side, outcome::Finding, secret::Secret},
    http::{Call, Http, Method, Reply, WriteReply},
};

/// A sign-in that waits for its approval.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignIn {
    /// Where to go, on any machine.
    pub verification_url: String,
    /// What to type there.
    pub user_code: String,
    /// What the poll sends.
    pub device_code: Secret,
    /// Between polls.
    pub interval: Duration,
    /// When the code stops working.
    pub expires_at: DateTime<Utc>,
}

/// What PRISM made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    /// Client id.
    pub client_id: String,
    /// Client secret; PRISM does not show it again.
    pub client_secret: Secret,
}

#[derive(Deserialize)]
struct WireSignIn {
    #[serde(default)]
    device_code: Loose,
    #[serde(default)]
    user_code: Loose,
    #[serde(default)]
    verification_uri: Loose,
    #[serde(default)]
    expires_in: Loose,
    #[serde(default)]
    interval: Loose,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct WireCredentials {
    #[serde(default)]
    client_id: Loose,
    #[serde(default)]
    client_secret: Loose,
}

/// Starts a sign-in.
pub async fn begin_sign_in(http: &Http, identity_url: &Url) -> Result<SignIn, ReadError> {
    let url = at(identity_url, assumed::DEVICE_PATH);
    let call = Call::new("PRISM", "prism identity", Method::POST, url)
        .header("Accept", "application/json")
        .form(vec![("client_id", assumed::SIGN_IN_CLIENT.into()), ("scope", SCOPE.into())])
        .confidential()
        .at_most(LARGEST_ANSWER);
    let reply = http.read(&call).await?;
    if !reply.is_success() {
        return Err(refusal(&reply, &call));
    }
    let wire: WireSignIn = reply.json()?;
    let unreadable = |why: &str| ReadError::Unreadable(reply.unreadable(why));
    let code =
        wire.device_code.text().ok_or_else(|| unreadable("there is no device_code in it"))?;
    let user_code =
        wire.user_code.text().ok_or_else(|| unreadable("there is no user_code in it"))?;
    let verification_url = page(&wire.verification_uri)
        .ok_or_else(|| unreadable("verification_uri is no web address"))?;
    let lifetime = wire.expires_in.whole().unwrap_or(900).clamp(1, 86_400);
    let interval = wire.interval.whole().unwrap_or(5).clamp(1, 300);
    Ok(SignIn {
        verification_url,
        user_code,
        device_code: Secret::new(code),
        interval: Duration::from_secs(interval.unsigned_abs()),
        expires_at: http.clock().now() + TimeDelta::seconds(lifetime),
    })
}

/// Waits for the approval, then has the credentials made. `email` is where PRISM tells of them.
pub async fn await_credentials(
    http: &Http,
    api_url: &Url,
    identity_url: &Url,
    sign_in: &SignIn,
    email: &str,
) -> Result<Credentials, ReadError> {
    let token = approved(http, identity_url, sign_in).await?;
    let body = serde_json::json!({ "clientName": assumed::CLIENT_NAME, "email": email });
    let call =
        Call::new("PRISM", "prism api", Method::POST, at(api_url, assumed::CREDENTIALS_PATH))
            .header("Authorization", Secret::new(format!("Bearer {}", token.expose())))
            .header("Accept", "application/json")
            .json(body)
            .confidential()
            .at_most(LARGEST_ANSWER);
    match http.write(&call).await {
        WriteReply::Answered(reply) if reply.is_success() => made(http, &reply),
        WriteReply::Answered(reply) => Err(refusal(&reply, &call)),
        WriteReply::NotSent(finding) => Err(ReadError::Unreachable(finding)),
        WriteReply::Lost(finding) => {
            let advice = "Look in PRISM whether credentials named PRISM Connect were made; \
                          delete them there, then try again.";
            Err(ReadError::Unreachable(Finding { advice: advice.to_owned(), ..finding }))
        }
    }
}

fn made(http: &Http, reply: &Reply) -> Result<Credentials, ReadError> {
    let wire: WireCredentials = reply.json()?;
    let missing = || ReadError::Unreadable(reply.unreadable("there is no id and secret in it"));
    let client_id = wire.client_id.text().ok_or_else(missing)?;
    let client_secret = Secret::new(wire.client_secret.text().ok_or_else(missing)?);
    http.remember(&client_secret);
    Ok(Credentials { client_id, client_secret })
}

/// Polls until the operator has approved: the user's token.
async fn approved(http: &Http, identity: &Url, sign_in: &SignIn) -> Result<Secret, ReadError> {
    let mut interval = sign_in.interval;
    loop {
        http.pause("the approval of the sign-in", interval).await?;
        let call = token_call(
            identity,
            vec![
                ("grant_type", "urn:ietf:params:oauth:grant-type:device_code".into()),
                ("device_code", sign_in.device_code.clone().into()),
                ("client_id", assumed::SIGN_IN_CLIENT.into()),
            ],
        );
        let reply = http.read(&call).await?;
        if reply.is_success() {
            return Ok(granted(http, &reply, &reply.json()?)?.0);
        }
        match error_code(&reply).as_deref() {
            Some("authorization_pending") => {}
            Some("slow_down") => interval += Duration::from_secs(5),
            _ => return Err(refusal(&reply, &call)),
        }
        if http.clock().now() >= sign_in.expires_at {
            return Err(over());
        }
    }
}

fn error_code(reply: &Reply) -> Option<String> {
    reply.json::<TokenReply>().ok()?.error.text()
}

fn refusal(reply: &Reply, call: &Call) -> ReadError {
    let code = error_code(reply);
    let refused =
        |code, text: &str, advice: &str| ReadError::Refused(Finding::new(code, text, advice));
    match (reply.status, code.as_deref()) {
        (404 | 405, _)
        | (_, Some("unauthorized_client" | "unsupported_grant_type" | "invalid_client")) => {
            refused(
                Code::NotOffered,
                "This PRISM does not offer to make credentials by sign-in.",
                "Make them in the portal: Customer Management, your own company, Manage Client \
                 Credentials, Generate; then type id and secret here.",
            )
        }
        (_, Some("access_denied")) => {
            refused(Code::AccessDenied, "The sign-in was refused.", "Start again, and approve it.")
        }
        (_, Some("expired_token")) => over(),
        (401, _) => ReadError::Unauthorized { side: Side::Source, finding: reply.finding(call) },
        _ => ReadError::Refused(reply.finding(call)),
    }
}

fn over() -> ReadError {
    let text = "The sign-in was not approved in time.";
    ReadError::Refused(Finding::new(Code::ExpiredToken, text, "Start again."))
}

/// An operator is sent to a web page, never to anything else.
fn page(address: &Loose) -> Option<String> {
    let url = Url::parse(&address.text()?).ok()?;
    matches!(url.scheme(), "http" | "https").then(|| url.to_string())
}
