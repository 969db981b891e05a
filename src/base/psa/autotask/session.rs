//! Requests to one tenant: its zone, its credentials, what its answers mean for a read.
//!
//! It must not know what is asked for, and it sends a write at most once.

use std::{
    sync::{
        Arc, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::sync::Mutex;
use url::Url;

use super::{
    answers,
    query::{Filter, Query},
    settings::AutotaskSettings,
    wire::{self, Count, LoosePage, Odd, Page, Row, Rows, Threshold},
    zone,
};
use crate::{
    domain::{Code, ReadError, secret::Secret},
    http::{Call, Http, Look, Method, Reply, WriteReply, same_origin_next},
};

/// As people call it, in messages.
pub(super) const SYSTEM: &str = "Autotask";

/// Between two looks at the budget lie at least so many requests, or so much time.
const REQUESTS_BETWEEN_LOOKS: u64 = 50;
const MINUTES_BETWEEN_LOOKS: i64 = 1;

/// Requests count for an hour, so whoever is turned away for their number is let in again before so long.
const PATIENCE: Duration = Duration::from_secs(65 * 60);

/// Bytes of one answer: a page of 500 rows has about two million.
const LARGEST_ANSWER: usize = 32 << 20;

/// Pages of one query that are followed at most: five million rows.
const MOST_PAGES: usize = 10_000;

/// When the budget was looked at last, and how many requests had been sent by then.
type Looked = (u64, DateTime<Utc>);

/// The way to one tenant. Clones share zone and budget.
#[derive(Clone, Debug)]
pub(super) struct Session {
    http: Http,
    settings: Arc<AutotaskSettings>,
    /// The zone, once it was found.
    zone: Arc<Mutex<Option<Url>>>,
    looked: Arc<std::sync::Mutex<Option<Looked>>>,
    /// Somebody is about to send many requests: what is known of the budget is looked up again first.
    about_to_work: Arc<AtomicBool>,
    /// How long a request waits in all because it is turned away.
    patience: Duration,
}

impl Session {
    /// Nothing is sent yet.
    pub(super) fn new(http: Http, settings: AutotaskSettings) -> Self {
        Self {
            http,
            settings: Arc::new(settings),
            zone: Arc::default(),
            looked: Arc::default(),
            about_to_work: Arc::default(),
            patience: PATIENCE,
        }
    }

    /// The same tenant for somebody who waits for an answer: being turned away is soon told.
    pub(super) fn impatient(&self) -> Self {
        Self { patience: Duration::ZERO, ..self.clone() }
    }

    /// The client under it.
    pub(super) fn http(&self) -> &Http {
        &self.http
    }

    /// The same tenant through another clone of the client.
    pub(super) fn with_http(&self, http: Http) -> Self {
        Self { http, ..self.clone() }
    }

    /// The zone's URL with its slash: the configured one, or the one found for the user.
    pub(super) async fn base(&self) -> Result<Url, ReadError> {
        if let Some(url) = &self.settings.base_url {
            return Ok(zone::normalised(url));
        }
        // Held while asking, so that the first requests of a run do not all ask.
        let mut known = self.zone.lock().await;
        if let Some(url) = known.as_ref() {
            return Ok(url.clone());
        }
        let found = zone::discover(&self.http, &self.settings).await?;
        Ok(known.insert(found).clone())
    }

    /// Reads one thing below `V1.0/`.
    pub(super) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, ReadError> {
        self.ask(path, None, strictly()).await
    }

    /// Sends a body to read with, below `V1.0/`.
    pub(super) async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &Value,
    ) -> Result<T, ReadError> {
        self.ask(path, Some(body), strictly()).await
    }

    /// Every row of a query, page by page, always by POST with the same body (4.3). A row that cannot be decoded is told
    /// beside the others and does not take them with it.
    pub(super) async fn rows<T: DeserializeOwned + Row>(
        &self,
        query: &Query,
    ) -> Result<Rows<T>, ReadError> {
        let (body, path) = (query.body(), format!("{}/query", query.entity));
        let mut page = self.ask(&path, Some(&body), row_by_row()).await?;
        let (base, mut rows) = (self.base().await?, Rows::default());
        for _ in 0..MOST_PAGES {
            let (Page { mut items, page_details }, odd) = page;
            let before = rows.good.last().map(Row::id);
            let first = items.first().map(Row::id);
            let advanced = first.map_or(!odd.is_empty(), |id| before.is_none_or(|old| id > old));
            rows.good.append(&mut items);
            rows.odd.extend(odd);
            let next = page_details.next_page_url.filter(|url| !url.trim().is_empty());
            let Some(next) = next else { return Ok(rows) };
            if !advanced {
                break;
            }
            let url =
                same_origin_next(&base, &next).map_err(|error| answers::other_origin(&error))?;
            let call = self.call(Method::POST, url, query.entity).json(body.clone());
            page = self.json(call, row_by_row()).await?;
        }
        Err(answers::endless(query.entity))
    }

    /// How many rows there are for which the filter holds (4.4).
    pub(super) async fn count(&self, entity: &str, filter: Filter) -> Result<i64, ReadError> {
        let body = Query::counting(&filter);
        let count: Count = self.post(&format!("{entity}/query/count"), &body).await?;
        Ok(count.query_count)
    }

    /// Sends a write exactly once. With the address it went to.
    pub(super) async fn write(
        &self,
        method: Method,
        path: &str,
        body: Value,
    ) -> Result<(Url, WriteReply), ReadError> {
        let url = below(&self.base().await?, path)?;
        self.look_at_the_budget().await;
        let call = self.call(method, url.clone(), entity_of(path)).json(body);
        Ok((url, self.http.write(&call).await))
    }

    /// Once more after a 401 or a lost connection, if the tenant has moved to another zone (1). Never more: repeated
    /// bad logins may lock the user (2).
    async fn ask<T>(
        &self,
        path: &str,
        body: Option<&Value>,
        decoding: Decoding<T>,
    ) -> Result<T, ReadError> {
        let base = self.base().await?;
        let answer = self.ask_at(&base, path, body, decoding).await;
        let lost =
            matches!(answer, Err(ReadError::Unauthorized { .. } | ReadError::Unreachable(_)));
        if !lost || self.settings.base_url.is_some() {
            return answer;
        }
        match zone::discover(&self.http, &self.settings).await {
            Ok(found) if found != base => {
                *self.zone.lock().await = Some(found.clone());
                self.ask_at(&found, path, body, decoding).await
            }
            _ => answer,
        }
    }

    async fn ask_at<T>(
        &self,
        base: &Url,
        path: &str,
        body: Option<&Value>,
        decoding: Decoding<T>,
    ) -> Result<T, ReadError> {
        let (url, entity) = (below(base, path)?, entity_of(path));
        let call = match body {
            Some(body) => self.call(Method::POST, url, entity).json(body.clone()),
            None => self.call(Method::GET, url, entity),
        };
        self.json(call, decoding).await
    }

    /// A garbled answer to a read is asked for once more.
    async fn json<T>(&self, call: Call, decoding: Decoding<T>) -> Result<T, ReadError> {
        self.look_at_the_budget().await;
        match (decoding.first)(&self.answer(&call).await?) {
            Err(ReadError::Unreadable(_)) => (decoding.again)(&self.answer(&call).await?),
            decoded => decoded,
        }
    }

    async fn answer(&self, call: &Call) -> Result<Reply, ReadError> {
        let reply = self.http.read(call).await?;
        answers::readable(call, reply)
    }

    fn uncounted(&self, method: Method, url: Url, entity: &str) -> Call {
        let settings = &self.settings;
        // Root and child paths of one entity share the limit of requests in flight (8).
        Call::new(SYSTEM, format!("autotask {}", entity.to_ascii_lowercase()), method, url)
            .header("ApiIntegrationCode", Secret::new(settings.integration_code.expose().trim()))
            .header("UserName", settings.username.trim())
            .header("Secret", settings.secret.clone())
            .header("Content-Type", "application/json")
            .at_most(LARGEST_ANSWER)
            .again_when(answers::wants_another)
            .crowded_when(answers::crowded)
    }

    /// A request that counts against the hourly budget, and waits where that is used up.
    fn call(&self, method: Method, url: Url, entity: &str) -> Call {
        let session = self.clone();
        let look = Look::new(move || {
            let session = session.clone();
            // Whoever waits for room looks again soon: a look that is turned away itself is not repeated at once.
            Box::pin(async move { session.look(Call::once).await })
        });
        let call = self.uncounted(method, url, entity).budgeted().looking(look);
        let call = call.patient(answers::turned_away, self.patience);
        if self.patience.is_zero() { call } else { call.believing(PATIENCE) }
    }

    /// Many requests are about to be sent: others may have used the budget up since it was looked at.
    pub(super) fn about_to_work(&self) {
        self.about_to_work.store(true, Ordering::Relaxed);
    }

    /// Feeds the budget rarely: a look costs a request itself (8).
    async fn look_at_the_budget(&self) {
        if self.a_look_is_due() {
            self.look(|call| call).await;
        }
    }

    async fn look(&self, how: fn(Call) -> Call) {
        if let Err(error) = self.threshold_by(how).await {
            tracing::debug!("the hourly budget was not told: {error}");
        }
    }

    /// Whoever finds it due looks for all the others.
    fn a_look_is_due(&self) -> bool {
        let (now, sent) = (self.http.clock().now(), self.http.requests());
        let at_work = self.about_to_work.swap(false, Ordering::Relaxed);
        if !at_work && !self.http.budget().wants_look(now) {
            return false;
        }
        let mut looked = self.looked.lock().unwrap_or_else(PoisonError::into_inner);
        let recently = looked.filter(|_| !at_work).is_some_and(|(at, when)| {
            sent.saturating_sub(at) < REQUESTS_BETWEEN_LOOKS
                && now - when < TimeDelta::minutes(MINUTES_BETWEEN_LOOKS)
        });
        if !recently {
            *looked = Some((sent, now));
        }
        !recently
    }

    /// Looks at the hourly budget now.
    pub(super) async fn threshold(&self) -> Result<Threshold, ReadError> {
        self.threshold_by(|call| call).await
    }

    async fn threshold_by(&self, how: fn(Call) -> Call) -> Result<Threshold, ReadError> {
        let url = below(&self.base().await?, "ThresholdInformation")?;
        // Counted, an exhausted budget could never be seen to recover.
        let call = how(self.uncounted(Method::GET, url, "ThresholdInformation"));
        let look = self.http.begin_look();
        let threshold: Threshold = self.answer(&call).await?.json()?;
        self.http.budget().observe(
            threshold.external_request_threshold,
            threshold.current_timeframe_request_count,
            self.http.clock().now(),
            &look,
        );
        Ok(threshold)
    }
}

/// How an answer is decoded, and how the second one where the first could not be.
struct Decoding<T> {
    first: fn(&Reply) -> Result<T, ReadError>,
    again: fn(&Reply) -> Result<T, ReadError>,
}

impl<T> Clone for Decoding<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Decoding<T> {}

/// As a whole or not at all.
fn strictly<T: DeserializeOwned>() -> Decoding<T> {
    Decoding { first: Reply::json, again: Reply::json }
}

/// A page whose rows are good or odd, each by itself. Only where the whole is refused twice does a row need looking at.
fn row_by_row<T: DeserializeOwned>() -> Decoding<(Page<T>, Vec<Odd>)> {
    fn whole<T: DeserializeOwned>(reply: &Reply) -> Result<(Page<T>, Vec<Odd>), ReadError> {
        reply.json().map(|page| (page, Vec::new()))
    }
    fn loose<T: DeserializeOwned>(reply: &Reply) -> Result<(Page<T>, Vec<Odd>), ReadError> {
        whole(reply).or_else(|error| {
            let page: LoosePage = reply.json().map_err(|_| error)?;
            let Rows { good, odd } = wire::one_by_one(page.items);
            Ok((Page { items: good, page_details: page.page_details }, odd))
        })
    }
    Decoding { first: whole, again: loose }
}

fn below(base: &Url, path: &str) -> Result<Url, ReadError> {
    base.join(&format!("V1.0/{path}")).map_err(|error| {
        ReadError::Refused(super::advice::finding(Code::Autotask, format!("{base}{path}: {error}")))
    })
}

/// The entity that a path is about: `Contracts/5/ServiceAdjustments` counts as `ContractServiceAdjustments`.
fn entity_of(path: &str) -> &str {
    let mut parts = path.split('/');
    let root = parts.next().unwrap_or(path);
    match (root, parts.nth(1)) {
        ("Contracts", Some("Services")) => "ContractServices",
        ("Contracts", Some("ServiceAdjustments")) => "ContractServiceAdjustments",
        _ => root,
    }
}
