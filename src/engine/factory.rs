//! How clients come about: the seam at which tests put theirs. The only place of the engine that names HTTP.

#![expect(missing_docs, reason = "what has no sentence is what its name says")]

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::{
    clock::Clock,
    config::Config,
    domain::{
        ConnectionId, ReadError, choice::ServiceChoice, outcome::Finding, target::TargetKind,
    },
    http::{Http, HttpSettings},
    prism::{self, Prism, PrismSettings, Source},
    psa::{
        Psa,
        autotask::{self, Autotask, AutotaskSettings},
        connectwise::{self, Connectwise, ConnectwiseFields, ConnectwiseSettings},
    },
};

pub use crate::{
    http::{Notices, WaitNotice},
    prism::{Credentials, SignIn},
};

/// Who can stop a client's waiting, and who is told of it.
#[derive(Clone)]
pub struct Wires {
    /// Ends waits and reads.
    pub cancel: CancellationToken,
    /// Told of waits.
    pub notices: Notices,
}

impl fmt::Debug for Wires {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wires").field("cancel", &self.cancel).finish_non_exhaustive()
    }
}

/// Where to sign in and have credentials made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignInPlace {
    pub api_url: Url,
    pub identity_url: Url,
}

/// How to reach a target, with its secrets in clear.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TargetSettings {
    /// Autotask.
    Autotask(AutotaskSettings),
    /// ConnectWise PSA.
    Connectwise(ConnectwiseFields),
}

/// How a target that keeps lines is worked with, by settings of the installation.
#[derive(Clone, Copy)]
struct LineWays {
    key_field: Option<i64>,
    list_lag: Duration,
}

/// A client of a target, which keeps connections, zone and budget as long as it lives.
#[derive(Clone)]
enum Target {
    Autotask(Autotask),
    Connectwise(Connectwise),
}

impl Target {
    fn new(http: Http, settings: &TargetSettings, ways: LineWays) -> Result<Self, Finding> {
        Ok(match settings {
            TargetSettings::Autotask(settings) => {
                Self::Autotask(Autotask::new(http, settings.clone()))
            }
            TargetSettings::Connectwise(fields) => {
                let settings = ConnectwiseSettings::typed(fields)?;
                let settings = settings.with_key_field(ways.key_field).with_lag(ways.list_lag);
                Self::Connectwise(Connectwise::new(&http, settings))
            }
        })
    }

    fn over(&self, http: Http) -> Arc<dyn Psa> {
        match self {
            Self::Autotask(client) => client.over(http).target(),
            Self::Connectwise(client) => client.over(&http).target(),
        }
    }
}

struct KeptTarget {
    settings: TargetSettings,
    http: Http,
    client: Target,
}

/// What new services of a target are made with, wholes before their parts.
pub(crate) fn service_choices(kind: TargetKind) -> &'static [ServiceChoice] {
    match kind {
        TargetKind::Autotask => &autotask::CHOICES,
        TargetKind::Connectwise => &connectwise::CHOICES,
    }
}

/// Makes clients of stored or typed settings.
#[async_trait]
pub trait Factory: Send + Sync {
    fn source(&self, settings: PrismSettings, wires: Wires) -> Result<Arc<dyn Source>, Finding>;

    fn target(
        &self,
        connection: &ConnectionId,
        settings: TargetSettings,
        wires: Wires,
    ) -> Result<Arc<dyn Psa>, Finding>;

    /// Begins a device sign-in.
    async fn sign_in(&self, place: &SignInPlace, wires: Wires) -> Result<SignIn, ReadError>;

    /// Waits for its approval, then has credentials made for this notification address.
    async fn credentials(
        &self,
        place: &SignInPlace,
        sign_in: &SignIn,
        email: &str,
        wires: Wires,
    ) -> Result<Credentials, ReadError>;
}

/// The real clients, over HTTP. As long as settings stay the same, so do connections, tokens and budgets.
pub struct Network {
    http: Http,
    source: Mutex<Option<(PrismSettings, Http, Prism)>>,
    targets: Mutex<BTreeMap<ConnectionId, KeptTarget>>,
    ways: LineWays,
}

impl Network {
    /// Real clients under these settings.
    pub fn new(config: &Config, clock: Clock) -> Result<Self, Finding> {
        let limits = config.limits();
        let settings = HttpSettings {
            timeout: limits.timeout,
            connect_timeout: limits.connect_timeout,
            in_flight: limits.in_flight,
            tries: limits.tries,
            longest_pause: limits.longest_pause,
            ca_file: config.ca_file(),
            budget_share: f64::from(limits.budget_percent) / 100.0,
            ..HttpSettings::default()
        };
        let http = Http::new(&settings, clock, fastrand::u64(..))?;
        let ways = LineWays { key_field: config.line_key_field(), list_lag: config.list_lag() };
        Ok(Self { http, source: Mutex::default(), targets: Mutex::default(), ways })
    }
}

fn wired(http: &Http, wires: Wires) -> Http {
    http.with_cancel(wires.cancel).with_notices(wires.notices)
}

fn same(a: &PrismSettings, b: &PrismSettings) -> bool {
    let urls = a.api_url == b.api_url && a.identity_url == b.identity_url;
    urls && a.client_id == b.client_id && a.client_secret == b.client_secret
}

#[async_trait]
impl Factory for Network {
    fn source(&self, settings: PrismSettings, wires: Wires) -> Result<Arc<dyn Source>, Finding> {
        let mut kept = self.source.lock().unwrap_or_else(PoisonError::into_inner);
        let (_, http, prism) = match kept.take() {
            Some(kept) if same(&kept.0, &settings) => kept,
            _ => {
                let http = self.http.for_system();
                let prism = Prism::new(http.clone(), settings.clone());
                (settings.clone(), http, prism)
            }
        };
        *kept = Some((settings, http.clone(), prism.clone()));
        Ok(Arc::new(prism.over(wired(&http, wires))))
    }

    fn target(
        &self,
        connection: &ConnectionId,
        settings: TargetSettings,
        wires: Wires,
    ) -> Result<Arc<dyn Psa>, Finding> {
        let mut targets = self.targets.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = match targets.remove(connection) {
            Some(kept) if kept.settings == settings => kept,
            _ => {
                let http = self.http.for_system();
                let client = Target::new(http.clone(), &settings, self.ways)?;
                KeptTarget { settings, http, client }
            }
        };
        let client = kept.client.over(wired(&kept.http, wires));
        targets.insert(connection.clone(), kept);
        Ok(client)
    }

    async fn sign_in(&self, place: &SignInPlace, wires: Wires) -> Result<SignIn, ReadError> {
        prism::begin_sign_in(&wired(&self.http, wires), &place.identity_url).await
    }

    async fn credentials(
        &self,
        place: &SignInPlace,
        sign_in: &SignIn,
        email: &str,
        wires: Wires,
    ) -> Result<Credentials, ReadError> {
        let http = wired(&self.http, wires);
        let (api, identity) = (&place.api_url, &place.identity_url);
        prism::await_credentials(&http, api, identity, sign_in, email).await
    }
}

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Network").finish_non_exhaustive()
    }
}
