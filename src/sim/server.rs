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
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::assumptions::Assumptions;
use super::autotask::{self, Tenant};
use super::behaviour::Behaviour;
use super::control::{self, Desk};
use super::door::{Door, Hall, pass};
use super::faults::Faults;
use super::journal::{Journal, System};
use super::limits::{Limiter, Limits};
use super::prism::{PrismSettings, SharedWorld, api_router, identity_router};
use super::seed::AutotaskSeed;
use super::wire::{Line, WireListener};
use super::world::{TrueMapping, World, WorldSettings};

#[derive(Clone, Debug)]
pub struct SimSettings {
    pub listen: IpAddr,
    /// P gives the ports P (PRISM API), P+1 (PRISM identity), P+2 (Autotask), P+4 (control); P+3 is
    /// left for ConnectWise. Without it every port is a free one.
    pub port_base: Option<u16>,
    pub world: WorldSettings,
    pub prism: PrismSettings,
    /// Added to every request of every system.
    pub latency: Duration,
    /// Whether Autotask's limits bite.
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

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AutotaskAddress {
    /// The zone URL, ending `/ATServicesRest/`.
    pub base_url: String,
    /// The API user.
    pub username: String,
    pub secret: String,
    /// The tracking identifier.
    pub integration_code: String,
}

/// Where everything is: the first line `sim` prints.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Addresses {
    pub prism: PrismAddress,
    pub autotask: AutotaskAddress,
    /// The control endpoint; `GET /` lists what it can do.
    pub control_url: String,
}

/// The running servers. Dropping it stops them; [`Simulation::stop`] also waits.
#[derive(Debug)]
pub struct Simulation {
    addresses: Addresses,
    mappings: Vec<TrueMapping>,
    journal: Arc<Journal>,
    stop: CancellationToken,
    closed: Arc<AtomicBool>,
    servers: Vec<JoinHandle<io::Result<()>>>,
}

struct Ports {
    api: WireListener,
    identity: WireListener,
    autotask: WireListener,
    control: WireListener,
}

impl Ports {
    async fn open(settings: &SimSettings, closed: &Arc<AtomicBool>) -> io::Result<Self> {
        let open = async |offset: u16| {
            let port = match settings.port_base {
                None => 0,
                Some(base) => base.checked_add(offset).ok_or_else(|| {
                    io::Error::new(io::ErrorKind::InvalidInput, "the port base is too high")
                })?,
            };
            WireListener::bind(SocketAddr::new(settings.listen, port), Arc::clone(closed)).await
        };
        Ok(Self {
            api: open(0).await?,
            identity: open(1).await?,
            autotask: open(2).await?,
            control: open(4).await?,
        })
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
        let rows = world.autotask_seed();
        Self::start_with_rows(world, &rows, settings).await
    }

    /// As [`Simulation::start_with`], but Autotask starts with these rows instead of the world's.
    pub async fn start_with_rows(
        world: World,
        rows: &AutotaskSeed,
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
        let addresses = addresses(&ports, &world, &tenant)?;
        let mappings = world.true_mappings();
        let hall = Arc::new(Hall {
            journal: Arc::default(),
            faults: Arc::new(faults),
            limiter: Arc::new(Limiter::new(settings.limits)),
            tenant: autotask::share(tenant),
            behaviour,
            latency: settings.latency,
        });
        let journal = Arc::clone(&hall.journal);
        let world: SharedWorld = Arc::new(RwLock::new(world));
        let stop = CancellationToken::new();
        let servers = serve(ports, &hall, &world, settings.prism, &stop);
        Ok(Self { addresses, mappings, journal, stop, closed, servers })
    }

    pub fn addresses(&self) -> Addresses {
        self.addresses.clone()
    }

    /// The counterparts that an operator who knows would choose.
    pub fn true_mappings(&self) -> Vec<TrueMapping> {
        self.mappings.clone()
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

fn addresses(ports: &Ports, world: &World, tenant: &Tenant) -> io::Result<Addresses> {
    let credentials = world.credentials();
    let user = tenant.credentials();
    Ok(Addresses {
        prism: PrismAddress {
            api_url: origin(&ports.api)?,
            identity_url: origin(&ports.identity)?,
            client_id: credentials.client_id,
            client_secret: credentials.client_secret,
        },
        autotask: AutotaskAddress {
            base_url: format!("{}/ATServicesRest/", origin(&ports.autotask)?),
            username: user.username.clone(),
            secret: user.secret.clone(),
            integration_code: user.integration_code.clone(),
        },
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
    let desk = Desk { hall: Arc::clone(hall), world: Arc::clone(world) };
    let api = api_router(Arc::clone(world), prism.clone(), hall.behaviour.clone());
    let identity = identity_router(Arc::clone(world), prism, hall.behaviour.clone());
    let autotask = autotask::router(Arc::clone(&hall.tenant), Arc::clone(&hall.limiter));
    let behind = |system, router| behind_door(router, Door { system, hall: Arc::clone(hall) });
    vec![
        run(ports.api, behind(System::Prism, api), stop),
        run(ports.identity, behind(System::Prism, identity), stop),
        run(ports.autotask, behind(System::Autotask, autotask), stop),
        run(ports.control, control::router(desk), stop),
    ]
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
