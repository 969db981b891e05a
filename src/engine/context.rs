//! What every command works with: store, clock, settings, vault, clients, and who is told.
//!
//! It must not know a command.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicU64, Ordering},
    },
};

use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;

use crate::{
    clock::Clock,
    config::Config,
    domain::{
        Code, ConnectionId, ContractId, approval::ApprovalMode, policy::ProgramOptions,
        target::Contract,
    },
    engine::{
        audit::trail::{Deed, Trail},
        cache::{Kept, Together},
        connections::{settings, sides::Sides},
        customers::{book::Book, companies::SeenCompanies, listed::CustomerList},
        dashboard::groundwork::Groundwork,
        derived::Derived,
        factory::{Factory, Notices, WaitNotice, Wires},
        flight::Flight,
        invoices::due_lines::DueLines,
        outbox::keeping::PostKeeping,
        protocol::{Actor, Changed, ClientId, Event, Happening, Refusal, Trigger},
        refusals::failed,
        run_log,
        schedule::keeping::Keeping,
        tables::{AuditEntry, CONNECTIONS, ConnectionRecord, OPTIONS, of_connection},
        views::{InvoiceProgress, RunSoFar, StatusView},
    },
    prism::Source,
    psa::Psa,
    store::{Batch, Store},
    vault::{Vault, VaultError},
};

/// So many events are kept for one who lags behind.
const EVENTS_KEPT: usize = 4096;

/// Who asked, why, and how it is stopped.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub actor: Actor,
    pub client: ClientId,
    pub trigger: Trigger,
    /// Name of the command.
    pub command: &'static str,
    /// Ends waits and reads.
    pub cancel: CancellationToken,
    /// Whether it is the run itself.
    pub in_run: bool,
}

/// What the engine works with. Shared by all commands.
pub(crate) struct Context {
    pub store: Store,
    /// The hour.
    pub clock: Clock,
    /// Effective settings.
    pub config: Config,
    /// Which connections it works with.
    pub sides: Sides,
    /// The target that requests to come are about: one is changed to another without ending anything.
    in_use: Arc<Mutex<InUse>>,
    /// Those of the other targets, and this one: what changes is not what any of them has kept.
    beside: Arc<Mutex<Vec<Weak<Self>>>>,
    /// How often connections were changed.
    wired: Arc<AtomicU64>,
    /// One run at a time.
    pub flight: Arc<Flight>,
    /// Held by whoever changes options, mappings, links or what runs left.
    pub pen: Arc<tokio::sync::Mutex<()>>,
    /// Held by whoever adds to what waits for approval, or decides about it.
    pub approvals: Arc<tokio::sync::Mutex<()>>,
    /// Held by whoever changes a connection's record, and never while something is asked of it.
    pub wiring: Arc<tokio::sync::Mutex<()>>,
    /// Held by whoever takes over what PRISM lists.
    pub seen: Arc<tokio::sync::Mutex<()>>,
    /// Tenants and mappings, for screens.
    pub book: Kept<Book>,
    /// How far the newest invoice is, for screens.
    pub progress: Kept<Option<InvoiceProgress>>,
    /// What the lines of invoices that are due tell, for lists.
    pub due_lines: Kept<DueLines>,
    /// Contracts as last read, for screens.
    pub contracts: Kept<BTreeMap<ContractId, Contract>>,
    /// Companies as last read, to choose from.
    pub companies: Kept<SeenCompanies>,
    /// What cards and the attention list are made from, as it was worked out last.
    pub groundwork: Derived<Groundwork>,
    /// What is shown of all customers, as it was worked out last.
    pub customers: Derived<CustomerList>,
    /// How often something changed of what is kept for screens.
    changes: AtomicU64,
    /// What the dashboard shows, for all who ask at once.
    pub status: Together<StatusView>,
    /// Who keeps the schedule.
    pub schedule: Arc<Keeping>,
    /// Who keeps the post.
    pub post: Arc<PostKeeping>,
    vault: Arc<Mutex<Vault>>,
    events: broadcast::Sender<Event>,
    emitted: Arc<Mutex<u64>>,
    trail: Arc<Trail>,
    factory: Arc<dyn Factory>,
}

/// Which target requests to come are about.
#[derive(Debug)]
struct InUse {
    /// The one that the engine was started with, or the first that was connected.
    unless_chosen: ConnectionId,
    chosen: BTreeMap<ClientId, ConnectionId>,
}

/// What a context is made of.
pub(super) struct Parts {
    pub store: Store,
    pub clock: Clock,
    pub config: Config,
    pub sides: Sides,
    pub vault: Vault,
    pub factory: Arc<dyn Factory>,
    pub trail: Trail,
}

impl Context {
    pub(super) fn new(parts: Parts) -> Self {
        let (events, _) = broadcast::channel(EVENTS_KEPT);
        Self {
            store: parts.store,
            clock: parts.clock,
            config: parts.config,
            in_use: Arc::new(Mutex::new(InUse {
                unless_chosen: parts.sides.target.clone(),
                chosen: BTreeMap::new(),
            })),
            beside: Arc::default(),
            wired: Arc::default(),
            sides: parts.sides,
            flight: Arc::default(),
            pen: Arc::default(),
            approvals: Arc::default(),
            wiring: Arc::default(),
            seen: Arc::default(),
            book: Kept::default(),
            progress: Kept::default(),
            due_lines: Kept::default(),
            contracts: Kept::default(),
            companies: Kept::default(),
            groundwork: Derived::default(),
            customers: Derived::default(),
            changes: AtomicU64::default(),
            status: Together::default(),
            schedule: Arc::default(),
            post: Arc::default(),
            vault: Arc::new(Mutex::new(parts.vault)),
            events,
            emitted: Arc::default(),
            trail: Arc::new(parts.trail),
            factory: parts.factory,
        }
    }

    /// One of another target: the same installation, with nothing of this target's lists.
    pub(super) async fn of_target(&self, target: ConnectionId) -> Arc<Self> {
        let sides = Sides::stored(&self.store, Some(target)).await;
        self.beside(sides, self.config.clone(), self.factory.clone())
    }

    /// The same with other settings, for requests to come.
    pub(super) fn with_settings(&self, config: Config, factory: Arc<dyn Factory>) -> Arc<Self> {
        self.beside(self.sides.clone(), config, factory)
    }

    fn beside(&self, sides: Sides, config: Config, factory: Arc<dyn Factory>) -> Arc<Self> {
        let made = Arc::new(Self {
            store: self.store.clone(),
            clock: self.clock,
            config,
            sides,
            in_use: self.in_use.clone(),
            beside: self.beside.clone(),
            wired: self.wired.clone(),
            flight: self.flight.clone(),
            pen: self.pen.clone(),
            approvals: self.approvals.clone(),
            wiring: self.wiring.clone(),
            seen: self.seen.clone(),
            book: Kept::default(),
            progress: Kept::default(),
            due_lines: Kept::default(),
            contracts: Kept::default(),
            companies: Kept::default(),
            groundwork: Derived::default(),
            customers: Derived::default(),
            changes: AtomicU64::default(),
            status: Together::default(),
            schedule: self.schedule.clone(),
            post: self.post.clone(),
            vault: self.vault.clone(),
            events: self.events.clone(),
            emitted: self.emitted.clone(),
            trail: self.trail.clone(),
            factory,
        });
        made.shows_beside_others();
        made
    }

    /// From now on it forgets what changes through another one.
    pub(super) fn shows_beside_others(self: &Arc<Self>) {
        let mut beside = self.beside.lock().unwrap_or_else(PoisonError::into_inner);
        beside.retain(|one| one.strong_count() > 0);
        beside.push(Arc::downgrade(self));
    }

    fn targets(&self) -> MutexGuard<'_, InUse> {
        self.in_use.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The target that a client looks at.
    pub(super) fn in_use(&self, client: ClientId) -> ConnectionId {
        let targets = self.targets();
        targets.chosen.get(&client).unwrap_or(&targets.unless_chosen).clone()
    }

    /// Has whoever never chose look at another target from now on.
    pub(super) fn use_target_first(&self, target: &ConnectionId) {
        self.targets().unless_chosen.clone_from(target);
    }

    /// Has requests to come of a client be about another target.
    pub(super) fn use_target(&self, client: ClientId, target: &ConnectionId) {
        self.targets().chosen.insert(client, target.clone());
    }

    /// A client is gone, and with it what it had chosen.
    pub(super) fn forget_client(&self, client: ClientId) {
        self.targets().chosen.remove(&client);
    }

    /// How often connections were changed.
    pub(super) fn wired(&self) -> u64 {
        self.wired.load(Ordering::Relaxed)
    }

    pub(super) fn events(&self) -> &broadcast::Sender<Event> {
        &self.events
    }

    /// Tells what happened, with the next number.
    pub(crate) fn emit(&self, happening: Happening) {
        self.flight.note(&happening);
        run_log::log(&happening);
        if let Happening::Changed { what: Changed::Connections } = &happening {
            self.wired.fetch_add(1, Ordering::Relaxed);
        }
        if may_be_told(&happening) {
            self.post.changed();
        }
        let beside = self.beside.lock().unwrap_or_else(PoisonError::into_inner).clone();
        beside.iter().filter_map(Weak::upgrade).for_each(|one| one.forget(&happening));
        let mut number = self.emitted.lock().unwrap_or_else(PoisonError::into_inner);
        *number += 1;
        // Nobody may be listening.
        let _ = self.events.send(Event { number: *number, happening });
    }

    /// What is kept for screens and may be otherwise now.
    fn forget(&self, happening: &Happening) {
        if let Happening::Changed { .. } = happening {
            self.book.forget();
        }
        if let Happening::Changed { what: Changed::Connections } = happening {
            self.companies.forget();
        }
        if let Happening::Changed { .. }
        | Happening::RunStarted { .. }
        | Happening::RunFinished { .. } = happening
        {
            self.changes.fetch_add(1, Ordering::SeqCst);
            self.progress.forget();
            self.due_lines.forget();
        }
    }

    /// How often something changed of what is kept for screens.
    pub(crate) fn changes(&self) -> u64 {
        self.changes.load(Ordering::SeqCst)
    }

    /// What is kept for screens is read again, whatever was told to have changed.
    pub(crate) fn forget_all(&self) {
        self.changes.fetch_add(1, Ordering::SeqCst);
        self.book.forget();
        self.contracts.forget();
        self.progress.forget();
        self.due_lines.forget();
    }

    pub(crate) fn event_number(&self) -> u64 {
        *self.emitted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All that was told of the run that is on.
    pub(crate) fn run_so_far(&self) -> Option<RunSoFar> {
        // The number first: what is told after it may be in there already, and does no harm twice.
        let event = self.event_number();
        let (run, live) = self.flight.so_far()?;
        Some(RunSoFar { run, live, event })
    }

    /// How a client is stopped and tells of its waits on behalf of this caller.
    pub(crate) fn wires(self: &Arc<Self>, caller: &Caller) -> Wires {
        let (context, in_run) = (Arc::downgrade(self), caller.in_run);
        let notices: Notices = Arc::new(move |notice| {
            let Some(context) = context.upgrade() else { return };
            let run = if in_run { context.flight.run() } else { None };
            context.emit(match notice {
                WaitNotice::Waiting { for_what, until } => {
                    Happening::Waiting { run, for_what, until }
                }
                WaitNotice::WaitOver => Happening::WaitOver { run },
            });
        });
        Wires { cancel: caller.cancel.clone(), notices }
    }

    /// Where clients come from.
    pub(super) fn factory(&self) -> &dyn Factory {
        &*self.factory
    }

    pub(crate) async fn connection(
        &self,
        name: &ConnectionId,
    ) -> Result<Option<ConnectionRecord>, Refusal> {
        Ok(self.store.get(CONNECTIONS, of_connection(name)).await?)
    }

    /// A client of the stored source.
    pub(crate) async fn source(
        self: &Arc<Self>,
        caller: &Caller,
    ) -> Result<Arc<dyn Source>, Refusal> {
        let name = self.sides.source.clone();
        let record = self.connected(&name).await?;
        let clear =
            self.with_vault(move |vault| settings::prism(&name, &record.settings, vault)).await?;
        self.factory.source(clear, self.wires(caller)).map_err(not_admitted)
    }

    /// A client of the stored target, with the connection's name.
    pub(crate) async fn target(
        self: &Arc<Self>,
        caller: &Caller,
    ) -> Result<(ConnectionId, Arc<dyn Psa>), Refusal> {
        let name = self.sides.target.clone();
        let (record, of) = (self.connected(&name).await?, name.clone());
        let clear =
            self.with_vault(move |vault| settings::target(&of, &record.settings, vault)).await?;
        let made = self.factory.target(&name, clear, self.wires(caller)).map_err(not_admitted)?;
        Ok((name, made))
    }

    /// A stored connection that may be used.
    async fn connected(&self, name: &ConnectionId) -> Result<ConnectionRecord, Refusal> {
        let record = self.connection(name).await?.ok_or_else(|| {
            let system = self.sides.system(name);
            failed(
                Code::NotConnected,
                format!("{system} is not connected yet."),
                format!("Connect it first: `prism-connect connect {} …`.", system.word()),
            )
        })?;
        settings::admit(&record.settings).map_err(not_admitted)?;
        Ok(record)
    }

    /// Tenants and mappings, as they are now.
    pub(crate) async fn load_book(&self) -> Result<Book, Refusal> {
        Ok(Book::load(&self.store, &self.sides).await?)
    }

    /// The same for what only shows it: as it was when something changed last.
    pub(crate) async fn kept_book(&self) -> Result<Arc<Book>, Refusal> {
        self.book.or_read(self.load_book()).await
    }

    /// What waits until somebody else has approved it: with a daemon there are others.
    pub(crate) fn approval(&self) -> ApprovalMode {
        let kept = self.schedule.is_kept();
        let unless_set = if kept { ApprovalMode::Guards } else { ApprovalMode::None };
        self.config.approval().unwrap_or(unless_set)
    }

    /// Program options of the target.
    pub(crate) async fn options(&self) -> Result<ProgramOptions, Refusal> {
        Ok(self.store.get(OPTIONS, of_connection(&self.sides.target)).await?.unwrap_or_default())
    }

    /// Works with the vault off the async threads: a passphrase takes its time.
    pub(crate) async fn with_vault<T, F>(&self, work: F) -> Result<T, Refusal>
    where
        T: Send + 'static,
        F: FnOnce(&mut Vault) -> Result<T, VaultError> + Send + 'static,
    {
        let vault = self.vault.clone();
        let done = tokio::task::spawn_blocking(move || {
            work(&mut vault.lock().unwrap_or_else(PoisonError::into_inner))
        });
        match done.await {
            Ok(result) => Ok(result?),
            Err(_) => Err(failed(Code::VaultFailed, "The vault stopped halfway.", "Try again.")),
        }
    }

    /// Number and hash of the newest entry of the audit trail, to be told outside.
    pub(crate) async fn anchor(&self) -> Option<(u64, String)> {
        self.trail.anchor().await
    }

    /// Makes a change durable together with its line in the audit trail, then tells of it.
    pub(crate) async fn change(
        &self,
        caller: &Caller,
        batch: Batch,
        deed: impl Into<Deed>,
        changed: Changed,
    ) -> Result<(), Refusal> {
        let entry = self.entry(caller, deed.into(), false);
        self.trail.commit(&self.store, batch, entry).await?;
        self.emit(Happening::Changed { what: changed });
        Ok(())
    }

    /// What somebody did, before it has its place in the trail.
    fn entry(&self, caller: &Caller, deed: Deed, refused: bool) -> AuditEntry {
        let Deed { what, subject, before, after } = deed;
        let actor = &caller.actor;
        AuditEntry {
            at: self.clock.now(),
            actor: actor.name.clone(),
            trigger: caller.trigger.clone(),
            what,
            uid: actor.uid,
            role: Some(actor.role),
            origin: actor.origin.clone(),
            command: Some(caller.command.to_owned()),
            subject,
            before,
            after,
            refused,
            prev: None,
        }
    }

    /// That somebody asked for what they have no right to. Where that cannot be written down it is refused all the same.
    pub(super) async fn note_refused(&self, caller: &Caller, refusal: &Refusal) {
        let deed = Deed::from(refusal.finding.text.clone());
        let entry = self.entry(caller, deed, true);
        if let Err(error) = self.trail.commit(&self.store, Batch::new(), entry).await {
            tracing::warn!("a refusal is not in the audit trail: {error}");
        }
    }
}

/// After what the post has something to look at. What it did itself is nothing to it.
fn may_be_told(happening: &Happening) -> bool {
    match happening {
        Happening::RunFinished { .. } => true,
        Happening::Changed { what } => {
            matches!(what, Changed::Runs | Changed::Schedule | Changed::Program)
        }
        _ => false,
    }
}

fn not_admitted(finding: crate::domain::outcome::Finding) -> Refusal {
    Refusal::new(super::protocol::RefusalKind::Failed, finding)
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context").field("store", &self.store).finish_non_exhaustive()
    }
}
