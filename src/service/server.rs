//! The daemon's side: doors for each role, and a session for each client that comes in.
//!
//! It must not say what a role may do, and nothing that a client does may end it.

use std::{
    collections::BTreeSet,
    path::PathBuf,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::{
        Semaphore,
        broadcast::{self, error::RecvError},
    },
    task::JoinHandle,
    time::{Instant, sleep_until},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    session::{self, Entrant},
    sockets::{self, Door},
    talk::{PROTOCOL, Welcome},
};
use crate::{
    clock::Clock,
    domain::{Role, RunId, outcome::Finding},
    engine::{
        Handle,
        protocol::{Changed, ClientId, Digest, Event, Happening, Refusal, command::Status},
        views::SystemKind,
    },
};

/// So many clients are attached at once: each costs a file and some memory.
pub(super) const MOST_CLIENTS: usize = 256;
/// So many may stand in the door, of whom it is not known yet who they are.
const MOST_STRANGERS: usize = 256;
/// So many frames of what happened are kept for a client that lags behind, some ten seconds; one that lags further asks for
/// everything again.
const FRAMES_KEPT: usize = 512;
/// What happens within this is told at once: a screen shows no more than that of it.
const APART: Duration = Duration::from_millis(16);
/// So many clients are told of every frame; where there are more, all of them of fewer: what is spent on them all stays the
/// same, and is the sync's loss.
const AT_EVERY_FRAME: usize = 4;
/// Nobody waits longer than this: it still looks as if it moved by itself.
const FARTHEST_APART: Duration = Duration::from_millis(100);
/// What weighs this is told at once: some hundred kilobytes.
const HEAVIEST: usize = 512;
/// So long nobody is let in where the host has no room for one more.
const NO_ROOM: Duration = Duration::from_millis(200);

/// What a service is made of.
#[derive(Debug)]
pub struct ServiceSettings {
    /// Where the sockets are.
    pub folder: PathBuf,
    /// The group of each role, the strongest first.
    pub groups: [String; 4],
    /// Where what is on its way to a client lies for a moment: a folder that is the daemon's alone.
    pub scratch: PathBuf,
    /// Which installation it is.
    pub installation: String,
    /// For pauses.
    pub clock: Clock,
}

/// What all sessions share.
#[derive(Debug)]
pub(super) struct House {
    /// To ask as anybody.
    pub handle: Handle,
    /// What happened, as it is sent: made once for all clients.
    pub told: broadcast::Sender<Arc<[u8]>>,
    /// What happened since.
    gathered: Mutex<Digest>,
    pub scratch: PathBuf,
    /// The daemon's own user, and root: no group lets them in, and none keeps them out.
    pub owners: BTreeSet<u32>,
    pub closing: CancellationToken,
    /// A place for each client that is attached.
    pub places: Arc<Semaphore>,
    /// The one place in which a request that comes in pieces is put together.
    pub large: Semaphore,
    installation: String,
    now: Mutex<Now>,
}

/// What a welcome says of the moment.
#[derive(Clone, Debug, Default)]
struct Now {
    environment: String,
    running: Option<RunId>,
}

impl House {
    pub(super) fn welcome(&self, role: Role, refusal: Option<Refusal>) -> Welcome {
        let now = self.now.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Welcome {
            protocol: PROTOCOL,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            installation: self.installation.clone(),
            role,
            environment: now.environment,
            running: now.running,
            refusal,
        }
    }

    /// Sends all clients what was gathered so far.
    pub(super) fn tell_gathered(&self) {
        // Held until it is sent, so that frames are in order.
        let mut gathered = self.gathered.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(frame) = gathered.take().and_then(session::told) {
            // All may have left meanwhile.
            let _ = self.told.send(frame);
        }
    }

    /// Gathers what happened; whether that is enough for a frame.
    fn gather(&self, event: Event) -> bool {
        let mut gathered = self.gathered.lock().unwrap_or_else(PoisonError::into_inner);
        if self.told.receiver_count() == 0 {
            gathered.take();
            return false;
        }
        gathered.push(event);
        gathered.weight() >= HEAVIEST
    }

    fn note(&self, change: impl FnOnce(&mut Now)) {
        change(&mut self.now.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

/// An engine behind sockets.
#[derive(Debug)]
pub struct Service {
    house: Arc<House>,
    tasks: TaskTracker,
    telling: JoinHandle<()>,
    /// Roles whose group this host does not have: their sockets are the owner's alone.
    without_group: Vec<(Role, String)>,
}

impl Service {
    /// Opens the sockets and serves whoever comes in.
    ///
    /// # Errors
    /// What of a socket cannot be used, and what to do.
    pub async fn open(handle: Handle, settings: ServiceSettings) -> Result<Self, Finding> {
        let ServiceSettings { folder, groups, scratch, installation, clock } = settings;
        let group = |role| {
            let named = sockets::ROLES.iter().zip(&groups).find(|(one, _)| **one == role);
            named.map(|(_, group)| group.clone()).unwrap_or_default()
        };
        let doors = sockets::bind(&folder, group).await?;
        session::sweep(&scratch);
        let without = doors.iter().filter(|door| door.group.is_none());
        let without_group = without.map(|door| (door.role, group(door.role))).collect();
        let (told, _) = broadcast::channel(FRAMES_KEPT);
        let owners = [0, rustix::process::geteuid().as_raw()].into();
        let house = Arc::new(House {
            handle,
            told,
            gathered: Mutex::default(),
            scratch,
            owners,
            closing: CancellationToken::new(),
            places: Arc::new(Semaphore::new(MOST_CLIENTS)),
            large: Semaphore::new(1),
            installation,
            now: Mutex::default(),
        });
        // Listened to before anybody can come in.
        let telling = tokio::spawn(tell(house.clone(), house.handle.events()));
        let (tasks, strangers) = (TaskTracker::new(), Arc::new(Semaphore::new(MOST_STRANGERS)));
        let numbers = Arc::new(AtomicU64::new(1));
        for door in doors {
            let (house, strangers, numbers) = (house.clone(), strangers.clone(), numbers.clone());
            tasks.spawn(receive(door, house, strangers, numbers, tasks.clone(), clock));
        }
        Ok(Self { house, tasks, telling, without_group })
    }

    /// Roles whose group this host does not have, with its name: nobody but the owner comes in through these.
    #[must_use]
    pub fn without_group(&self) -> &[(Role, String)] {
        &self.without_group
    }

    /// Shuts the doors and leaves all clients; what runs is the engine's to end.
    pub async fn close(self) {
        self.house.closing.cancel();
        self.tasks.close();
        self.tasks.wait().await;
        self.telling.abort();
    }
}

/// Lets in whoever comes. Where too many stand in the door others wait outside, at the cost of the kernel.
async fn receive(
    door: Door,
    house: Arc<House>,
    strangers: Arc<Semaphore>,
    numbers: Arc<AtomicU64>,
    tasks: TaskTracker,
    clock: Clock,
) {
    loop {
        let came = async {
            let stranger = strangers.clone().acquire_owned().await;
            (stranger, door.listener.accept().await)
        };
        let (stranger, came) = tokio::select! {
            () = house.closing.cancelled() => return,
            came = came => came,
        };
        let (Ok(stranger), Ok((stream, _))) = (stranger, came) else {
            // Such as no file left to open one with: others go on, and this one comes again.
            tracing::warn!("nobody can be let in for now");
            clock.sleep(NO_ROOM).await;
            continue;
        };
        let Ok(peer) = stream.peer_cred() else { continue };
        let entrant = Entrant { role: door.role, uid: peer.uid(), group: door.group };
        let client = ClientId(numbers.fetch_add(1, Ordering::Relaxed));
        tasks.spawn(session::attend(stream, entrant, client, house.clone(), stranger));
    }
}

/// Makes what happens ready to be sent, once for all clients, and keeps what a welcome says. What comes first after a pause
/// is told at once, what follows it together.
async fn tell(house: Arc<House>, mut events: broadcast::Receiver<Event>) {
    learn_environment(&house).await;
    let (mut next, mut waits) = (Instant::now(), false);
    loop {
        let told = tokio::select! {
            told = events.recv() => Some(told),
            () = sleep_until(next), if waits => None,
        };
        waits = match told {
            Some(Ok(event)) => {
                welcomed_with(&house, &event.happening);
                !house.gather(event) && Instant::now() < next
            }
            Some(Err(RecvError::Closed)) => return,
            // Its time has come; or some was missed, as the numbers of what follows tell all clients.
            None | Some(Err(RecvError::Lagged(_))) => false,
        };
        if !waits {
            house.tell_gathered();
            next = Instant::now() + apart(house.told.receiver_count());
        }
    }
}

/// Keeps what a welcome says of it.
fn welcomed_with(house: &Arc<House>, happening: &Happening) {
    match happening {
        Happening::RunStarted { run } => house.note(|now| now.running = Some(run.id)),
        Happening::RunFinished { .. } => house.note(|now| now.running = None),
        Happening::Changed { what: Changed::Connections } => {
            let house = house.clone();
            tokio::spawn(async move { learn_environment(&house).await });
        }
        _ => {}
    }
}

/// How far apart so many clients are told of what happens.
fn apart(clients: usize) -> Duration {
    let frames = clients.div_ceil(AT_EVERY_FRAME).max(1);
    APART.saturating_mul(u32::try_from(frames).unwrap_or(u32::MAX)).min(FARTHEST_APART)
}

async fn learn_environment(house: &House) {
    if let Ok(status) = house.handle.ask(Status).await {
        let source = status.connections.iter().find(|one| one.system == SystemKind::Prism);
        let word = source.map(|source| source.environment.clone()).unwrap_or_default();
        house.note(|now| now.environment = word);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_are_told_of_every_frame_and_many_of_fewer() {
        let ms = |clients| apart(clients).as_millis();
        assert_eq!([ms(0), ms(1), ms(4), ms(5), ms(20), ms(500)], [16, 16, 16, 32, 80, 100]);
    }
}
