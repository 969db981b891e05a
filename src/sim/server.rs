//! Starts and stops the simulated systems on loopback ports and says where they are.

#![expect(missing_docs, reason = "what has no sentence is what its name says")]

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, RwLock};
use std::time::Duration;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::serve::Listener;
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::assumptions::Assumptions;
use super::autotask::{self, Tenant};
use super::behaviour::Behaviour;
use super::connectwise::{self, Pace, Site};
use super::control::{self, Desk};
use super::door::{Door, Hall, pass};
use super::faults::Faults;
use super::journal::{Journal, System};
use super::limits::{Limiter, Limits};
use super::mail::{self, Office};
use super::prism::{PrismSettings, SharedWorld, api_router, identity_router};
use super::seed::{AutotaskSeed, ConnectwiseSeed};
use super::wire::{Line, WireListener};
use super::world::{TrueMapping, World, WorldSettings};

/// Which of the targets are served.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Targets {
    #[default]
    Autotask,
    Connectwise,
    Both,
}

#[derive(Clone, Debug)]
pub struct SimSettings {
    pub listen: IpAddr,
    /// P gives the ports P (PRISM API), P+1 (PRISM identity), P+2 (Autotask), P+3 (ConnectWise), P+4
    /// (control), P+5 (mail) and P+6 (mail over TLS). Without it every port is a free one.
    pub port_base: Option<u16>,
    pub targets: Targets,
    pub world: WorldSettings,
    pub prism: PrismSettings,
    /// Added to every request of every system.
    pub latency: Duration,
    /// Whether the limits of Autotask and ConnectWise bite.
    pub limits: Limits,
    /// What the systems do where the contracts only assume.
    pub assumptions: Assumptions,
    /// Faults from the start: the JSON of `POST /faults`.
    pub faults: Option<String>,
}

impl Default for SimSettings {
    fn default() -> Self {
        Self {
            listen: IpAddr::V4(Ipv4Addr::LOCALHOST),
            port_base: None,
            targets: Targets::default(),
            world: WorldSettings::default(),
            prism: PrismSettings::default(),
            latency: Duration::ZERO,
            limits: Limits::Off,
            assumptions: Assumptions::default(),
            faults: None,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrismAddress {
    /// Origin of the API; its paths begin `/api`.
    pub api_url: String,
    /// Origin of the identity server.
    pub identity_url: String,
    pub client_id: String,
    pub client_secret: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AutotaskAddress {
    /// The zone URL, ending `/ATServicesRest/`.
    pub base_url: String,
    /// The API user.
    pub username: String,
    pub secret: String,
    /// The tracking identifier.
    pub integration_code: String,
}

impl AutotaskAddress {
    /// Whether Autotask is not served: then there is nothing in it.
    fn is_nowhere(&self) -> bool {
        self.base_url.is_empty()
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectwiseAddress {
    /// Origin of the site; the company information is below it, and the API below its code base.
    #[serde(rename = "base_url")]
    pub site: String,
    /// The company that one logs in to.
    #[serde(rename = "company_id")]
    pub company: String,
    pub public_key: String,
    pub private_key: String,
    /// The integration's own.
    pub client_id: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailAddress {
    /// In the clear, with STARTTLS: `localhost:4465`.
    pub smtp: String,
    /// Over TLS from the first byte.
    pub smtps: String,
    pub user: String,
    pub password: String,
}

/// Where everything is: the first line `sim` prints.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Addresses {
    pub prism: PrismAddress,
    /// Empty where Autotask is not served.
    #[serde(default, skip_serializing_if = "AutotaskAddress::is_nowhere")]
    pub autotask: AutotaskAddress,
    /// Where ConnectWise is served.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connectwise: Option<ConnectwiseAddress>,
    /// The mail server; its certificate is for `localhost`, by the authority of `GET /mail/authority`.
    #[serde(default)]
    pub mail: MailAddress,
    /// The control endpoint; `GET /` lists what it can do.
    pub control_url: String,
}

/// The running servers. Dropping it stops them; [`Simulation::stop`] also waits.
#[derive(Debug)]
pub struct Simulation {
    addresses: Addresses,
    mappings: Vec<TrueMapping>,
    connectwise_mappings: Vec<TrueMapping>,
    journal: Arc<Journal>,
    stop: CancellationToken,
    closed: Arc<AtomicBool>,
    servers: Vec<JoinHandle<io::Result<()>>>,
}

struct Ports {
    api: WireListener,
    identity: WireListener,
    autotask: Option<WireListener>,
    connectwise: Option<WireListener>,
    control: WireListener,
    mail: TcpListener,
    mail_over_tls: TcpListener,
}

impl Ports {
    async fn open(settings: &SimSettings, closed: &Arc<AtomicBool>) -> io::Result<Self> {
        let at = |offset: u16| {
            let port = match settings.port_base {
                None => 0,
                Some(base) => base.checked_add(offset).ok_or_else(|| {
                    io::Error::new(io::ErrorKind::InvalidInput, "the port base is too high")
                })?,
            };
            Ok::<_, io::Error>(SocketAddr::new(settings.listen, port))
        };
        let open = async |offset| WireListener::bind(at(offset)?, Arc::clone(closed)).await;
        let (api, identity) = (open(0).await?, open(1).await?);
        let autotask = match settings.targets {
            Targets::Autotask | Targets::Both => Some(open(2).await?),
            Targets::Connectwise => None,
        };
        let connectwise = match settings.targets {
            Targets::Connectwise | Targets::Both => Some(open(3).await?),
            Targets::Autotask => None,
        };
        let control = open(4).await?;
        let mail = TcpListener::bind(at(5)?).await?;
        let mail_over_tls = TcpListener::bind(at(6)?).await?;
        Ok(Self { api, identity, autotask, connectwise, control, mail, mail_over_tls })
    }
}

fn origin(listener: &WireListener) -> io::Result<String> {
    Ok(format!("http://{}", listener.local_addr()?))
}

impl Simulation {
    /// Generates the world of the settings and starts its servers.
    pub async fn start(settings: SimSettings) -> io::Result<Self> {
        let world = World::generate(&settings.world);
        Self::start_with(world, settings).await
    }

    /// Starts the servers of a world made elsewhere; `settings.world` is not looked at.
    pub async fn start_with(world: World, settings: SimSettings) -> io::Result<Self> {
        let (autotask, connectwise) = (world.autotask_seed(), seed_for(&world, &settings));
        Self::open(world, &autotask, &connectwise, settings).await
    }

    /// As [`Simulation::start_with`], but Autotask starts with these rows instead of the world's.
    pub async fn start_with_rows(
        world: World,
        rows: &AutotaskSeed,
        settings: SimSettings,
    ) -> io::Result<Self> {
        let connectwise = seed_for(&world, &settings);
        Self::open(world, rows, &connectwise, settings).await
    }

    /// As [`Simulation::start_with`], but ConnectWise starts with these records instead of the world's.
    pub async fn start_with_records(
        world: World,
        records: &ConnectwiseSeed,
        settings: SimSettings,
    ) -> io::Result<Self> {
        let rows = world.autotask_seed();
        Self::open(world, &rows, records, settings).await
    }

    async fn open(
        world: World,
        rows: &AutotaskSeed,
        records: &ConnectwiseSeed,
        settings: SimSettings,
    ) -> io::Result<Self> {
        let closed = Arc::new(AtomicBool::new(false));
        let ports = Ports::open(&settings, &closed).await?;
        let faults = Faults::default();
        if let Some(rules) = &settings.faults {
            let bad = |text: String| io::Error::new(io::ErrorKind::InvalidInput, text);
            faults.add(rules).map_err(|text| bad(format!("the faults: {text}")))?;
        }
        let behaviour = Behaviour::assuming(settings.assumptions);
        let mut tenant = Tenant::new(rows, behaviour.clone());
        tenant.set_today(world.today());
        let site = Site::new(records, world.today(), behaviour.clone());
        let addresses = addresses(&ports, &world, &tenant, &site)?;
        let mappings = world.true_mappings();
        let connectwise_mappings = match settings.targets {
            Targets::Autotask => Vec::new(),
            Targets::Connectwise | Targets::Both => world.connectwise_mappings(),
        };
        let hall = Arc::new(Hall {
            journal: Arc::default(),
            faults: Arc::new(faults),
            limiter: Arc::new(Limiter::new(settings.limits)),
            tenant: autotask::share(tenant),
            site: connectwise::share(site),
            pace: Arc::new(Pace::new(settings.limits)),
            behaviour,
            latency: settings.latency,
        });
        let journal = Arc::clone(&hall.journal);
        let world: SharedWorld = Arc::new(RwLock::new(world));
        let stop = CancellationToken::new();
        let servers = serve(ports, &hall, &world, settings.prism, &stop);
        Ok(Self { addresses, mappings, connectwise_mappings, journal, stop, closed, servers })
    }

    pub fn addresses(&self) -> Addresses {
        self.addresses.clone()
    }

    /// The counterparts that an operator who knows would choose.
    pub fn true_mappings(&self) -> Vec<TrueMapping> {
        self.mappings.clone()
    }

    /// The same in ConnectWise, where it is served: company and agreement.
    pub fn connectwise_mappings(&self) -> Vec<TrueMapping> {
        self.connectwise_mappings.clone()
    }

    /// What the clients asked for.
    pub fn journal(&self) -> &Journal {
        &self.journal
    }

    /// Breaks every connection and waits until the ports are free.
    pub async fn stop(mut self) {
        self.shut();
        for server in std::mem::take(&mut self.servers) {
            server.abort();
            if let Ok(Err(error)) = server.await {
                tracing::debug!(%error, "a simulated server ended badly");
            }
        }
    }

    fn shut(&self) {
        self.closed.store(true, Ordering::SeqCst);
        self.stop.cancel();
    }
}

impl Drop for Simulation {
    fn drop(&mut self) {
        self.shut();
    }
}

/// The records of a world's ConnectWise, where it is served.
fn seed_for(world: &World, settings: &SimSettings) -> ConnectwiseSeed {
    match settings.targets {
        Targets::Autotask => ConnectwiseSeed::default(),
        Targets::Connectwise | Targets::Both => world.connectwise_seed(),
    }
}

fn autotask_address(listener: &WireListener, tenant: &Tenant) -> io::Result<AutotaskAddress> {
    let user = tenant.credentials();
    Ok(AutotaskAddress {
        base_url: format!("{}/ATServicesRest/", origin(listener)?),
        username: user.username.clone(),
        secret: user.secret.clone(),
        integration_code: user.integration_code.clone(),
    })
}

fn connectwise_address(listener: &WireListener, site: &Site) -> io::Result<ConnectwiseAddress> {
    let keys = site.keys();
    Ok(ConnectwiseAddress {
        site: origin(listener)?,
        company: keys.company.clone(),
        public_key: keys.public_key.clone(),
        private_key: keys.private_key.clone(),
        client_id: keys.client_id.clone(),
    })
}

/// By the name that its certificate has.
fn mail_address(ports: &Ports) -> io::Result<MailAddress> {
    let at = |listener: &TcpListener| {
        listener.local_addr().map(|address| match address.ip() {
            ip if ip.is_loopback() => format!("localhost:{}", address.port()),
            _ => address.to_string(),
        })
    };
    Ok(MailAddress {
        smtp: at(&ports.mail)?,
        smtps: at(&ports.mail_over_tls)?,
        user: mail::USER.to_owned(),
        password: mail::PASSWORD.to_owned(),
    })
}

fn addresses(ports: &Ports, world: &World, tenant: &Tenant, site: &Site) -> io::Result<Addresses> {
    let credentials = world.credentials();
    let autotask = ports.autotask.as_ref().map(|at| autotask_address(at, tenant)).transpose()?;
    let connectwise = ports.connectwise.as_ref().map(|at| connectwise_address(at, site));
    Ok(Addresses {
        prism: PrismAddress {
            api_url: origin(&ports.api)?,
            identity_url: origin(&ports.identity)?,
            client_id: credentials.client_id,
            client_secret: credentials.client_secret,
        },
        autotask: autotask.unwrap_or_default(),
        connectwise: connectwise.transpose()?,
        mail: mail_address(ports)?,
        control_url: origin(&ports.control)?,
    })
}

fn serve(
    ports: Ports,
    hall: &Arc<Hall>,
    world: &SharedWorld,
    prism: PrismSettings,
    stop: &CancellationToken,
) -> Vec<JoinHandle<io::Result<()>>> {
    let office = Arc::<Office>::default();
    let mail = [
        mail::serve(ports.mail, &office, false, stop),
        mail::serve(ports.mail_over_tls, &office, true, stop),
    ];
    let desk = Desk { hall: Arc::clone(hall), world: Arc::clone(world), office };
    let api = api_router(Arc::clone(world), prism.clone(), hall.behaviour.clone());
    let identity = identity_router(Arc::clone(world), prism, hall.behaviour.clone());
    let autotask = autotask::router(Arc::clone(&hall.tenant), Arc::clone(&hall.limiter));
    let connectwise = connectwise::router(Arc::clone(&hall.site));
    let behind = |system, router| behind_door(router, Door { system, hall: Arc::clone(hall) });
    let always = [
        (ports.api, behind(System::Prism, api)),
        (ports.identity, behind(System::Prism, identity)),
        (ports.control, control::router(desk)),
    ];
    let targets = [
        ports.autotask.map(|port| (port, behind(System::Autotask, autotask))),
        ports.connectwise.map(|port| (port, behind(System::Connectwise, connectwise))),
    ];
    let all = always.into_iter().chain(targets.into_iter().flatten());
    all.map(|(port, router)| run(port, router, stop)).chain(mail).collect()
}

/// The door stands before the fallback too, so that unknown paths are journalled.
fn behind_door(router: Router, door: Door) -> Router {
    Router::new().fallback_service(router).layer(from_fn_with_state(door, pass))
}

fn run(
    listener: WireListener,
    router: Router,
    stop: &CancellationToken,
) -> JoinHandle<io::Result<()>> {
    let service = router.into_make_service_with_connect_info::<Line>();
    let stopped = stop.clone().cancelled_owned();
    tokio::spawn(
        async move { axum::serve(listener, service).with_graceful_shutdown(stopped).await },
    )
}
