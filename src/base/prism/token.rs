//! The access token (wire/prism 2): one for many calls, renewed early, asked for by one caller at a time.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use tokio::sync::Mutex;
use url::Url;

use super::{
    loose::Loose,
    settings::{LongestWait, PrismSettings, at},
};
use crate::{
    domain::{Code, ReadError, Side, outcome::Finding, secret::Secret},
    http::{Call, Http, Method, Reply, Text, first_characters},
};

/// How long before its end a token is replaced.
const EARLY: TimeDelta = TimeDelta::minutes(5);

/// Characters that are shown of what the server says of a refusal.
const LONGEST_SHOWN: usize = 200;

pub(super) const TOKEN_PATH: [&str; 3] = ["core", "connect", "token"];

/// A token with all its claims is a few KiB.
pub(super) const LARGEST_ANSWER: usize = 64 << 10;

pub(super) const SCOPE: &str = "rhipeapi";

/// The token in use, shared by all clones of the client.
#[derive(Clone, Default)]
pub(super) struct Tokens {
    current: Arc<Mutex<Option<Token>>>,
}

struct Token {
    text: Secret,
    renew_at: DateTime<Utc>,
}

/// What a token request answers, whatever the status.
#[derive(Deserialize)]
pub(super) struct TokenReply {
    #[serde(default)]
    pub(super) access_token: Loose,
    #[serde(default)]
    pub(super) expires_in: Loose,
    #[serde(default)]
    pub(super) error: Loose,
    #[serde(default)]
    pub(super) error_description: Loose,
}

impl Tokens {
    /// A token that is not `refused`: the one in use while it is fresh, else a new one. Whoever comes while one
    /// is being asked for waits for that one.
    pub(super) async fn get(
        &self,
        http: &Http,
        longest_wait: LongestWait,
        settings: &PrismSettings,
        refused: Option<&Secret>,
    ) -> Result<Secret, ReadError> {
        let mut current = self.current.lock().await;
        let now = http.clock().now();
        if let Some(token) = current.as_ref()
            && refused != Some(&token.text)
            && now < token.renew_at
        {
            return Ok(token.text.clone());
        }
        *current = None;
        let token = ask(http, longest_wait, settings).await?;
        Ok(current.insert(token).text.clone())
    }
}

async fn ask(
    http: &Http,
    longest_wait: LongestWait,
    settings: &PrismSettings,
) -> Result<Token, ReadError> {
    let call = longest_wait.on(token_call(
        &settings.identity_url,
        vec![
            ("grant_type", "client_credentials".into()),
            ("client_id", settings.client_id.as_str().into()),
            ("client_secret", settings.client_secret.clone().into()),
            ("scope", SCOPE.into()),
        ],
    ));
    let asked_at = http.clock().now();
    let reply = http.read(&call).await?;
    if matches!(reply.status, 400 | 401) {
        let finding = credentials_fault(&reply, &call);
        return Err(ReadError::Unauthorized { side: Side::Source, finding });
    }
    if !reply.is_success() {
        return Err(ReadError::Refused(reply.finding(&call)));
    }
    let answer: TokenReply = reply.json()?;
    let (text, lifetime) = granted(http, &reply, &answer)?;
    Ok(Token { text, renew_at: asked_at + lifetime - EARLY.min(lifetime / 2) })
}

/// A request to the token endpoint.
pub(super) fn token_call(identity: &Url, fields: Vec<(&'static str, Text)>) -> Call {
    let url = at(identity, TOKEN_PATH);
    Call::new("PRISM", "prism identity", Method::POST, url)
        .header("Accept", "application/json")
        .form(fields)
        .confidential()
        .at_most(LARGEST_ANSWER)
        .again_when(|reply| reply.status == 500)
}

/// The token of a 200, with its lifetime.
pub(super) fn granted(
    http: &Http,
    reply: &Reply,
    answer: &TokenReply,
) -> Result<(Secret, TimeDelta), ReadError> {
    let missing = || ReadError::Unreadable(reply.unreadable("there is no access_token in it"));
    let text = Secret::new(answer.access_token.text().ok_or_else(missing)?);
    http.remember(&text);
    let seconds = answer.expires_in.whole().unwrap_or(3_600).clamp(1, 86_400);
    Ok((text, TimeDelta::seconds(seconds)))
}

/// wire/prism 2.4: 400 and 401 alike.
fn credentials_fault(reply: &Reply, call: &Call) -> Finding {
    let Ok(answer) = reply.json::<TokenReply>() else {
        let text = format!("PRISM refused the credentials. {}", reply.finding(call).text);
        return Finding::new(Code::Unauthorized, text, "Check client id and client secret.");
    };
    let shown = |member: &Loose| {
        first_characters(&reply.safe(&member.text().unwrap_or_default()), LONGEST_SHOWN)
    };
    let (code, said) = (shown(&answer.error), shown(&answer.error_description));
    let (what, advice) = match code.as_str() {
        "invalid_client" => (
            "PRISM does not know this client id, or the client secret is wrong",
            "Check both, or generate new credentials in PRISM (Customer Management, your own \
             company, Manage Client Credentials).",
        ),
        "unauthorized_client" => (
            "PRISM does not let this client use its API",
            "Generate new credentials in PRISM, or ask Crayon.",
        ),
        "invalid_scope" => ("PRISM does not grant this client the scope rhipeapi", "Ask Crayon."),
        _ => ("PRISM refused the credentials", "Check client id, client secret and identity URL."),
    };
    let details = [code, said].join(" ");
    let text = match details.trim() {
        "" => format!("{what}."),
        details => format!("{what} ({details})."),
    };
    Finding::new(Code::Unauthorized, text, advice)
}
