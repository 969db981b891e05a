//! Requests to one company: its code base, its keys, what its answers mean for a read.
//!
//! It must not know what is asked for, and it sends a write at most once.

use std::sync::Arc;

use base64::{Engine as _, prelude::BASE64_STANDARD as BASE64};
use chrono::{DateTime, TimeDelta, Utc};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::sync::Mutex;
use url::Url;

use super::{
    advice::finding,
    answers::{self, Sent},
    assumed,
    settings::ConnectwiseSettings,
    site,
    wire::CompanyInfo,
};
use crate::{
    domain::{Code, ReadError, secret::Secret},
    http::{Call, Http, Method, Reply},
    psa::Written,
};

/// As people call it, in messages.
pub(super) const SYSTEM: &str = "ConnectWise";

/// All calls share one ceiling: the limit is the tenant's, whatever is asked (wire/connectwise 10).
const ENDPOINT: &str = "connectwise";

/// Bytes of one answer: a page of 1,000 rows has about four million.
const LARGEST_ANSWER: usize = 64 << 20;

/// A code base that was looked up again is left for so long, whatever is not found meanwhile.
const BETWEEN_LOOKS: TimeDelta = TimeDelta::minutes(1);

/// A code base as the server told it.
#[derive(Clone, Debug)]
struct CodeBase {
    word: String,
    /// When it was looked up again because something was not found.
    looked_again: Option<DateTime<Utc>>,
}

/// The way to one company. Clones share its code base and its pace.
#[derive(Clone, Debug)]
pub(super) struct Session {
    http: Http,
    settings: Arc<ConnectwiseSettings>,
    code_base: Arc<Mutex<Option<CodeBase>>>,
    key: Secret,
    impatient: bool,
}

/// What is read: a path below the API's root, and its parameters.
#[derive(Clone, Debug)]
pub(super) struct Question {
    path: String,
    parameters: Vec<(&'static str, String)>,
    forward_only: bool,
}

impl Question {
    pub(super) fn new(path: impl Into<String>) -> Self {
        Self { path: path.into(), parameters: Vec::new(), forward_only: false }
    }

    /// With one more parameter.
    pub(super) fn with(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        let text = match value.into() {
            Value::String(text) => text,
            number => number.to_string(),
        };
        self.parameters.push((name, text));
        self
    }

    /// In the order of ids, each page from an id on (5).
    pub(super) fn forward_only(self) -> Self {
        Self { forward_only: true, ..self }
    }

    fn url(&self, root: &Url) -> Result<Url, ReadError> {
        let mut url = below(root, &self.path)?;
        // Everything but letters and digits: a plus, a star or a quote has a meaning of its own there (4).
        let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let pairs =
            self.parameters.iter().map(|(name, value)| format!("{name}={}", encoded(value)));
        let query = pairs.collect::<Vec<_>>().join("&");
        url.set_query(Some(query.as_str()).filter(|query| !query.is_empty()));
        Ok(url)
    }
}

impl Session {
    /// Nothing is sent yet.
    pub(super) fn new(http: &Http, settings: ConnectwiseSettings) -> Self {
        http.remember(&settings.private_key);
        let (company, public) = (&settings.company, &settings.public_key);
        let private = settings.private_key.expose();
        let joined = BASE64.encode(format!("{company}+{public}:{private}"));
        Self {
            http: http.paced(assumed::PACE),
            key: Secret::new(format!("Basic {joined}")),
            settings: Arc::new(settings),
            code_base: Arc::default(),
            impatient: false,
        }
    }

    /// The same company for somebody who waits for an answer: trouble is soon told.
    pub(super) fn impatient(&self) -> Self {
        Self { impatient: true, ..self.clone() }
    }

    /// The client under it.
    pub(super) fn http(&self) -> &Http {
        &self.http
    }

    /// The same company through another clone of the client, at the same pace.
    pub(super) fn with_http(&self, http: &Http) -> Self {
        Self { http: http.at_pace_of(&self.http), ..self.clone() }
    }

    /// The API's root, with a slash at its end.
    pub(super) async fn root(&self) -> Result<Url, ReadError> {
        let site = &self.settings.site;
        if let Some(code_base) = &self.settings.code_base {
            return Ok(site.api_root(code_base));
        }
        // Held while asking, so that the first requests of a run do not all ask.
        let mut known = self.code_base.lock().await;
        if let Some(known) = known.as_ref() {
            return Ok(site.api_root(&known.word));
        }
        let word = self.look_up().await?;
        Ok(site.api_root(&known.insert(CodeBase { word, looked_again: None }).word))
    }

    /// Asks the site for its code base, without keys: anybody may ask.
    async fn look_up(&self) -> Result<String, ReadError> {
        let url = self.settings.site.company_info(&self.settings.company);
        let call = self.patience(Call::new(SYSTEM, ENDPOINT, Method::GET, url));
        let call = call.again_when(answers::wants_another).at_most(LARGEST_ANSWER);
        let reply = self.http.read(&call).await?;
        if reply.status == 404 || reply.body.trim_ascii() == b"null" {
            return Err(ReadError::Refused(self.unknown_company()));
        }
        let told = reply.is_success().then(|| reply.json::<CompanyInfo>().ok()).flatten();
        let told = told.and_then(|info| site::code_base(&info.code_base?));
        Ok(told.unwrap_or_else(|| assumed::CODE_BASE.to_owned()))
    }

    fn unknown_company(&self) -> crate::domain::outcome::Finding {
        let (site, company) = (&self.settings.site, &self.settings.company);
        let place = site.pages().origin().ascii_serialization();
        let text = format!("ConnectWise at {place} does not know the company “{company}”.");
        // The site itself was reached: only the name is wrong, or it is another site's.
        let advice = "Check the company id, as it is typed to sign in to ConnectWise, and whether it is of this site.";
        crate::domain::outcome::Finding::new(Code::Route, text, advice)
    }

    /// Reads one thing below the API's root. A garbled answer is asked for once more.
    pub(super) async fn get<T: DeserializeOwned>(
        &self,
        question: &Question,
    ) -> Result<T, ReadError> {
        match self.answer(question).await?.json() {
            Err(ReadError::Unreadable(_)) => self.answer(question).await?.json(),
            decoded => decoded,
        }
    }

    /// Reads one record by its id; none where it is not there. It shows at once what lists show later (17, fact 16).
    pub(super) async fn record<T: DeserializeOwned>(
        &self,
        path: &str,
    ) -> Result<Option<T>, ReadError> {
        match self.get(&Question::new(path)).await {
            Ok(record) => Ok(Some(record)),
            Err(ReadError::Refused(finding)) if finding.code == Code::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// A successful answer.
    pub(super) async fn answer(&self, question: &Question) -> Result<Reply, ReadError> {
        let root = self.root().await?;
        let (call, reply) = self.ask(&root, question).await?;
        if answers::lost_its_way(&reply)
            && let Some(moved) = self.moved_from(&root).await
        {
            let (call, reply) = self.ask(&moved, question).await?;
            return answers::readable(&call, reply);
        }
        answers::readable(&call, reply)
    }

    async fn ask(&self, root: &Url, question: &Question) -> Result<(Call, Reply), ReadError> {
        let call = self.patience(self.call(Method::GET, question.url(root)?));
        let call = call.again_when(answers::wants_another);
        let call = if question.forward_only {
            call.header("pagination-type", "forward-only")
        } else {
            call
        };
        let reply = self.http.read(&call).await?;
        let request = reply.header("x-cw-request-id").unwrap_or("none");
        tracing::debug!(request, status = reply.status, path = call.url.path(), "ConnectWise");
        Ok((call, reply))
    }

    /// The API's root under the code base that the server tells now, where that is another one.
    async fn moved_from(&self, root: &Url) -> Option<Url> {
        if self.settings.code_base.is_some() {
            return None;
        }
        let now = self.http.clock().now();
        let mut known = self.code_base.lock().await;
        let current = known.as_ref().map(|known| self.settings.site.api_root(&known.word));
        // Somebody else found it meanwhile.
        if current.as_ref().is_some_and(|current| current != root) {
            return current;
        }
        let looked_again = known.as_ref().and_then(|known| known.looked_again);
        if looked_again.is_some_and(|when| now - when < BETWEEN_LOOKS) {
            return None;
        }
        let word = self.look_up().await.ok()?;
        let moved = self.settings.site.api_root(&word);
        *known = Some(CodeBase { word, looked_again: Some(now) });
        (moved != *root).then_some(moved)
    }

    /// Sends a write exactly once.
    pub(super) async fn write(&self, method: Method, path: &str, body: Value) -> Sent {
        let url = match self.root().await.and_then(|root| below(&root, path)) {
            Ok(url) => url,
            // The code base could not be found: nothing was sent.
            Err(ReadError::Unauthorized { finding, .. }) => {
                return Sent::without_record(Written::Unauthorized { finding });
            }
            Err(error) => {
                let (finding, retry_after_seconds) = (error.finding(), None);
                return Sent::without_record(Written::NotExecuted { finding, retry_after_seconds });
            }
        };
        let call = self.call(method, url).json(body);
        let reply = self.http.write(&call).await;
        if let crate::http::WriteReply::Answered(reply) = &reply {
            let request = reply.header("x-cw-request-id").unwrap_or("none");
            tracing::info!(request, status = reply.status, path = call.url.path(), "ConnectWise");
            if answers::lost_its_way(reply) {
                self.forget_code_base().await;
            }
        }
        answers::written(&call, reply, self.http.clock().now())
    }

    /// The next request looks it up again.
    async fn forget_code_base(&self) {
        *self.code_base.lock().await = None;
    }

    fn call(&self, method: Method, url: Url) -> Call {
        Call::new(SYSTEM, ENDPOINT, method, url)
            .header("Authorization", self.key.clone())
            .header("clientId", self.settings.client_id.as_str())
            .header("Accept", assumed::ACCEPT)
            .at_most(LARGEST_ANSWER)
            .pausing_unasked(assumed::TURNED_AWAY)
    }

    fn patience(&self, call: Call) -> Call {
        if self.impatient { call.at_most_tries(2) } else { call }
    }
}

fn below(root: &Url, path: &str) -> Result<Url, ReadError> {
    root.join(path).map_err(|error| {
        ReadError::Refused(finding(Code::Connectwise, format!("{root}{path}: {error}")))
    })
}
