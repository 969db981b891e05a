//! The one HTTP client: time-outs, back-off on reads, limits, budget, paging helpers, redaction, cleaning of remote text.
//!
//! It must not know an endpoint, and it never sends a write twice.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use chrono::{DateTime, Utc};
use tokio_util::sync::CancellationToken;

pub use self::{
    budget::{Budget, Look, UnderWay},
    call::{Body, Call, Method, Reply, Text, WriteReply},
    hook::{HookCall, Untold, tell},
    json::{decoded, is_deeper_than, json_of},
    json_rows::{JsonRow, JsonRows, RowParts, json_rows},
    pace::Pace,
    paging::{NextPage, OtherOrigin, same_origin_next},
    text::{Redactor, clean, first_characters},
    wire::is_loopback,
};
use self::{
    limits::{WirePlace, WirePlaces},
    pace::MinuteWindow,
    read_pauses::{Pauses, Tries},
    wire::Wire,
};
use crate::{
    clock::Clock,
    domain::{ReadError, outcome::Finding},
};

mod budget;
mod call;
mod hook;
mod json;
mod json_rows;
mod limits;
mod pace;
mod paging;
mod read_pauses;
mod stream;
mod text;
mod wire;

/// How requests are sent. Time-outs are real time, they belong to sockets; pauses are the clock's time.
#[derive(Clone, Debug, PartialEq)]
pub struct HttpSettings {
    /// From sending to the last byte of the answer.
    pub timeout: Duration,
    /// Until the connection stands.
    pub connect_timeout: Duration,
    /// Requests at once per [`Call::endpoint`] (sync-rules 8.5).
    pub in_flight: usize,
    /// How often a read is sent before it is given up.
    pub tries: u32,
    /// The first back-off; it doubles with every try.
    pub first_pause: Duration,
    /// The longest back-off, and the longest `Retry-After` that is waited for.
    pub longest_pause: Duration,
    /// Certificates in PEM that are trusted besides the system's.
    pub ca_file: Option<PathBuf>,
    /// Share of the hourly budget that may be taken in any 60 minutes, 0 to 1 (sync-rules 8.5).
    pub budget_share: f64,
    /// Bytes of one answer, unpacked; a longer one is refused.
    pub largest_answer: usize,
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(60),
            connect_timeout: Duration::from_secs(15),
            in_flight: 3,
            tries: 5,
            first_pause: Duration::from_secs(1),
            longest_pause: Duration::from_secs(600),
            ca_file: None,
            budget_share: 0.5,
            largest_answer: 256 << 20,
        }
    }
}

/// What an operator must see while requests wait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WaitNotice {
    /// It waits for something outside.
    Waiting {
        /// Such as `Autotask's hourly budget`.
        for_what: String,
        /// Until when.
        until: Option<DateTime<Utc>>,
    },
    /// That wait is over, whether it was served or cancelled.
    WaitOver,
}

/// Who is told of waits.
pub type Notices = Arc<dyn Fn(WaitNotice) + Send + Sync>;

/// What an answer that was read while it arrived came to.
#[derive(Clone, Debug)]
pub enum Read<T> {
    /// What the reader made of it.
    Understood(T),
    /// Nothing the reader could make anything of, and why; the reply holds its beginning.
    Garbled(Reply, String),
    /// Another status than 2xx.
    Answered(Reply),
}

/// Makes ring the process's TLS provider; without it every client panics. May be called any number of times.
pub fn install_tls() {
    // An error only says that a provider is installed already.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// The client. Clones share connections, limits, budget and the count of requests.
#[derive(Clone)]
pub struct Http {
    wire: Arc<Wire>,
    limits: Arc<WirePlaces>,
    budget: Arc<Budget>,
    /// Requests begun a minute, where that is limited.
    minute: Option<Arc<MinuteWindow>>,
    requests: Arc<AtomicU64>,
    settings: Arc<HttpSettings>,
    clock: Clock,
    pauses: Pauses,
    redactor: Redactor,
}

impl Http {
    /// Builds the client.
    ///
    /// # Errors
    /// Where the file of certificates cannot be read, or TLS cannot be set up.
    pub fn new(settings: &HttpSettings, clock: Clock, seed: u64) -> Result<Self, Finding> {
        install_tls();
        Ok(Self {
            wire: Arc::new(Wire::new(settings)?),
            limits: Arc::new(WirePlaces::new(settings.in_flight)),
            budget: Arc::new(Budget::new(settings.budget_share)),
            minute: None,
            requests: Arc::default(),
            settings: Arc::new(settings.clone()),
            clock,
            pauses: Pauses::new(settings, clock, seed),
            redactor: Redactor::default(),
        })
    }

    /// A clone whose waits and reads end with [`ReadError::Cancelled`] once the token is cancelled. A write that
    /// is on the wire is awaited to its end or time-out all the same.
    #[must_use]
    pub fn with_cancel(&self, token: CancellationToken) -> Self {
        Self { pauses: self.pauses.with_cancel(token), ..self.clone() }
    }

    /// A clone that tells of its waits.
    #[must_use]
    pub fn with_notices(&self, notices: Notices) -> Self {
        Self { pauses: self.pauses.with_notices(notices), ..self.clone() }
    }

    /// A clone that counts its own requests and keeps a budget of its own: one for each remote system.
    #[must_use]
    pub fn for_system(&self) -> Self {
        Self {
            budget: Arc::new(Budget::new(self.settings.budget_share)),
            requests: Arc::default(),
            ..self.clone()
        }
    }

    /// A clone with places on the wire of its own, that begins no more requests a minute than the pace allows.
    #[must_use]
    pub fn paced(&self, pace: Pace) -> Self {
        Self {
            limits: Arc::new(WirePlaces::new(pace.in_flight)),
            minute: Some(Arc::new(MinuteWindow::new(pace.a_minute))),
            ..self.clone()
        }
    }

    /// A clone that shares places on the wire and minute with another one.
    #[must_use]
    pub fn at_pace_of(&self, other: &Self) -> Self {
        Self { limits: Arc::clone(&other.limits), minute: other.minute.clone(), ..self.clone() }
    }

    /// Requests sent so far, by all clones.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// Requests on the wire to the endpoint that has the most, of so many that may be.
    #[must_use]
    pub fn busiest(&self) -> (usize, usize) {
        self.limits.busiest()
    }

    /// The hourly budget, to be fed by the adapter.
    #[must_use]
    pub fn budget(&self) -> &Budget {
        &self.budget
    }

    /// A look at what the server has counted begins; it is handed to [`Budget::observe`] with the answer.
    #[must_use]
    pub fn begin_look(&self) -> UnderWay {
        self.budget.set_out(self.clock)
    }

    /// The clock it waits by.
    #[must_use]
    pub fn clock(&self) -> Clock {
        self.clock
    }

    /// The text without any secret that was ever sent, and cleaned.
    #[must_use]
    pub fn safe(&self, text: &str) -> String {
        self.redactor.safe(text)
    }

    /// Remembers a secret that arrived (a token, a new client secret), so that no text shows it.
    pub fn remember(&self, secret: &crate::domain::secret::Secret) {
        self.redactor.remember(secret.expose());
    }

    /// Sends until there is an answer worth having: connection faults, 429, 502–504 and what [`Call::again_when`] names
    /// are tried again after a pause, at most [`HttpSettings::tries`] times. Every other status is the caller's to judge.
    pub async fn read(&self, call: &Call) -> Result<Reply, ReadError> {
        let mut tries = Tries::default();
        loop {
            match self.once(call, self.send(call), |reply| reply).await? {
                Ok(reply) if !call.wants_another(&reply) => return Ok(reply),
                other => self.stumbled(call, &mut tries, other.as_ref()).await?,
            }
        }
    }

    /// The same for an answer that is read while it arrives: `reader` gets the body of a 2xx, on a thread of its own,
    /// and once more from the start where the connection broke. Any other status comes back as [`Read::Answered`].
    pub async fn read_through<T: Send + 'static>(
        &self,
        call: &Call,
        reader: impl Fn(&mut dyn std::io::Read) -> Result<T, String> + Clone + Send + 'static,
    ) -> Result<Read<T>, ReadError> {
        let mut tries = Tries::default();
        loop {
            let reader = reader.clone();
            let stream = self.stream(call, move |mut body| reader(&mut body));
            match self.once(call, stream, |(reply, _)| reply).await? {
                Ok((_, Some(Ok(value)))) => return Ok(Read::Understood(value)),
                Ok((reply, Some(Err(why)))) => return Ok(Read::Garbled(reply, why)),
                Ok((reply, None)) if !call.wants_another(&reply) => {
                    return Ok(Read::Answered(reply));
                }
                other => {
                    let over = other.map(|(reply, _)| reply);
                    self.stumbled(call, &mut tries, over.as_ref()).await?;
                }
            }
        }
    }

    /// Pauses before the next try, or gives up.
    async fn stumbled(
        &self,
        call: &Call,
        tries: &mut Tries,
        over: Result<&Reply, &wire::Fault>,
    ) -> Result<(), ReadError> {
        let (finding, asked) = match over {
            Ok(reply) => (reply.finding(call), call.asked_pause(reply, self.clock.now())),
            Err(fault) => (fault.finding(), None),
        };
        if tries.count(call, over, self.settings.tries.min(call.tries)) {
            return Err(ReadError::Unreachable(tries.given_up(finding)));
        }
        tracing::debug!(endpoint = %call.endpoint, ?tries, "trying again: {}", finding.text);
        self.pauses.before_next(call, tries, asked, &finding).await
    }

    /// Waits, visibly, and ends early with [`ReadError::Cancelled`]: between two looks at something slow.
    pub async fn pause(&self, for_what: &str, pause: Duration) -> Result<(), ReadError> {
        self.pauses.wait(for_what, pause).await
    }

    /// Sends exactly once, and says which of three things happened.
    pub async fn write(&self, call: &Call) -> WriteReply {
        let mut admitted = match self.admitted(call).await {
            Ok(admitted) => admitted,
            Err(error) => return WriteReply::NotSent(error.finding()),
        };
        match self.send(call).await {
            Ok(reply) => {
                admitted.heard(call, &reply, self.clock);
                WriteReply::Answered(reply)
            }
            Err(fault) if fault.never_sent => WriteReply::NotSent(fault.finding()),
            Err(fault) => WriteReply::Lost(fault.finding()),
        }
    }

    /// One try of a read; the outer error is the end of all tries.
    async fn once<T>(
        &self,
        call: &Call,
        sending: impl Future<Output = Result<T, wire::Fault>>,
        reply: impl Fn(&T) -> &Reply,
    ) -> Result<Result<T, wire::Fault>, ReadError> {
        let mut admitted = self.admitted(call).await?;
        let sent = tokio::select! {
            biased;
            () = self.pauses.cancelled() => return Err(ReadError::Cancelled),
            sent = sending => sent,
        };
        match sent {
            Err(fault) if fault.too_large => Err(ReadError::Unreadable(fault.finding())),
            Err(fault) if fault.hopeless => Err(ReadError::Unreachable(fault.finding())),
            Err(fault) => Ok(Err(fault)),
            Ok(heard) => {
                admitted.heard(call, reply(&heard), self.clock);
                Ok(Ok(heard))
            }
        }
    }

    async fn send(&self, call: &Call) -> Result<Reply, wire::Fault> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        self.wire.send(call, &self.redactor, self.largest(call)).await
    }

    async fn stream<T: Send + 'static>(
        &self,
        call: &Call,
        reader: impl FnOnce(stream::Cup) -> T + Send + 'static,
    ) -> Result<(Reply, Option<T>), wire::Fault> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        self.wire.stream(call, &self.redactor, self.largest(call), reader).await
    }

    fn largest(&self, call: &Call) -> usize {
        self.settings.largest_answer.min(call.largest)
    }

    /// Waits for the budget and for a place at the endpoint.
    async fn admitted(&self, call: &Call) -> Result<Admitted, ReadError> {
        let counted = if call.budgeted {
            Some(self.pauses.for_budget(&self.budget, call).await?)
        } else {
            None
        };
        let place = tokio::select! {
            biased;
            () = self.pauses.cancelled() => return Err(ReadError::Cancelled),
            place = self.limits.place(&call.endpoint, self.clock.now()) => place,
        };
        self.keep_the_pace(call).await?;
        Ok(Admitted { place, _counted: counted })
    }

    /// Waits for the request's moment, where only so many may begin in a minute.
    async fn keep_the_pace(&self, call: &Call) -> Result<(), ReadError> {
        let Some(minute) = &self.minute else { return Ok(()) };
        let now = self.clock.now();
        let ahead = (minute.take(now) - now).to_std().unwrap_or_default();
        if ahead.is_zero() {
            return Ok(());
        }
        self.pauses.wait(&format!("{}'s requests a minute", call.system), ahead).await
    }
}

/// What a request holds until it has ended.
struct Admitted {
    place: WirePlace,
    _counted: Option<UnderWay>,
}

impl Admitted {
    fn heard(&mut self, call: &Call, reply: &Reply, clock: Clock) {
        if (call.crowded_when)(reply) {
            self.place.refused(clock.now());
        }
    }
}

impl std::fmt::Debug for Http {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Http").field("requests", &self.requests()).finish_non_exhaustive()
    }
}
