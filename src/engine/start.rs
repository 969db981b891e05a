//! Starting and stopping the engine.

use std::{fmt, path::PathBuf, sync::Arc};

use tokio::{
    sync::{mpsc, watch},
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;

use crate::{
    clock::Clock,
    config::Config,
    domain::{Code, ConnectionId, outcome::Finding, run::RunHeader},
    engine::{
        actor::{self, NewSettings},
        audit::trail::Trail,
        connections::{self, sides::Sides},
        context::{Context, Parts},
        customers,
        dashboard::survey,
        factory::{Factory, Network},
        handle::Handle,
        history::unfinished::unfinished_run,
        outbox::post,
        protocol::{Actor, Refusal, RefusalKind},
        schedule::{self, keeper},
    },
    files,
    store::{Store, StoreError},
    vault::{Vault, VaultError},
};

/// What an engine is started with.
pub struct EngineSettings {
    /// Where store and vault are.
    pub data_dir: PathBuf,
    /// Effective settings.
    pub config: Config,
    /// The hour.
    pub clock: Clock,
    /// On whose behalf [`Engine::handle`] asks.
    pub actor: Actor,
    /// Which of several stored targets it works with; none for the only one, or the first.
    pub target: Option<ConnectionId>,
    /// Where clients come from; none for the real ones over HTTP.
    pub factory: Option<Arc<dyn Factory>>,
}

/// Why the engine cannot be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The store cannot be opened.
    #[error("{0}")]
    Store(#[from] StoreError),
    /// The vault cannot be opened.
    #[error("{0}")]
    Vault(#[from] VaultError),
    /// The client cannot be set up.
    #[error("{0}")]
    Network(Finding),
}

impl StartError {
    /// The same as a refusal: a directory that another process works in is a matter of waiting.
    #[must_use]
    pub fn refusal(&self) -> Refusal {
        match self {
            Self::Store(error) => error.clone().into(),
            _ => Refusal::new(RefusalKind::Failed, self.finding()),
        }
    }

    /// What to show for it.
    #[must_use]
    pub fn finding(&self) -> Finding {
        match self {
            Self::Store(error) => error.into(),
            Self::Vault(error) => error.into(),
            Self::Network(finding) => finding.clone(),
        }
    }
}

/// A running engine.
pub struct Engine {
    handle: Handle,
    read_only: bool,
    context: Arc<Context>,
    settings: watch::Sender<Option<NewSettings>>,
    stop: CancellationToken,
    task: JoinHandle<()>,
    /// Whoever keeps the schedule.
    keeper: Option<JoinHandle<()>>,
    /// Whoever keeps the post.
    postman: Option<JoinHandle<()>>,
}

/// Opens store and vault and begins to serve. An unfinished run is not finished by this: commands that only look start an
/// engine too. `command::Resume` finishes it, which the console asks at its start, and so does the next sync.
pub async fn start(settings: EngineSettings) -> Result<Engine, StartError> {
    let EngineSettings { data_dir, config, clock, actor, target, factory } = settings;
    let key_file = config.key_file().map(PathBuf::from);
    // What can only be read is looked at, as if that had been asked for.
    let read_only = actor.read_only || files::is_read_only(&data_dir);
    let actor = Actor { read_only, ..actor };
    // Reading the system's certificates takes as long as opening the store.
    let (factory, opened) =
        tokio::join!(clients(factory, config.clone(), clock), open(data_dir, key_file, read_only));
    let (factory, (store, vault)) = (factory?, opened?);
    let trail = Trail::open(&store).await?;
    let sides = Sides::stored(&store, target).await;
    let context =
        Arc::new(Context::new(Parts { store, clock, config, sides, vault, factory, trail }));
    let (requests, asked) = mpsc::unbounded_channel();
    if !read_only {
        // Where this fails, the next start tries again.
        if let Err(refusal) = connections::seal_codes(&context).await {
            tracing::warn!("a tracking identifier is not sealed yet: {refusal}");
        }
    }
    let handle = Handle::new(actor, requests, context.events().clone());
    let stop = CancellationToken::new();
    let (settings, changed) = watch::channel(None);
    let task = tokio::spawn(actor::serve(context.clone(), asked, changed, stop.clone()));
    Ok(Engine { handle, read_only, context, settings, stop, task, keeper: None, postman: None })
}

/// Those that were given, or the real ones. Making these blocks.
async fn clients(
    given: Option<Arc<dyn Factory>>,
    config: Config,
    clock: Clock,
) -> Result<Arc<dyn Factory>, StartError> {
    if let Some(factory) = given {
        return Ok(factory);
    }
    let made = tokio::task::spawn_blocking(move || Network::new(&config, clock));
    let made = made.await.unwrap_or_else(|_| {
        Err(Finding::new(Code::Fault, "Setting up the clients stopped halfway.", "Start again."))
    });
    Ok(Arc::new(made.map_err(StartError::Network)?))
}

/// Opening blocks: on the disk, and on another process's lock.
async fn open(
    dir: PathBuf,
    key_file: Option<PathBuf>,
    read_only: bool,
) -> Result<(Store, Vault), StartError> {
    let opened = tokio::task::spawn_blocking(move || {
        if read_only {
            let store = Store::open_copy(&dir)?;
            return Ok((store, Vault::look(&dir, key_file.as_deref())?));
        }
        let store = Store::open(&dir)?;
        let vault = Vault::open(&dir, key_file.as_deref())?;
        Ok((store, vault))
    });
    opened.await.unwrap_or_else(|_| {
        Err(StoreError::Other("opening the store stopped halfway".to_owned()).into())
    })
}

impl Engine {
    /// The way to ask it.
    #[must_use]
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }

    /// Which installation it is.
    #[must_use]
    pub fn installation(&self) -> uuid::Uuid {
        self.context.store.installation()
    }

    /// Has requests to come work with these settings, which were read again; what runs goes on with those it began with.
    ///
    /// # Errors
    /// Why clients cannot be made with them; then the old ones hold.
    pub async fn read_settings(&self, config: Config) -> Result<(), StartError> {
        let schedule = config.schedule();
        let known = schedule::may_be_kept(&self.context, &schedule).await;
        known.map_err(|refusal| StartError::Network(refusal.finding))?;
        let factory = clients(None, config.clone(), self.context.clock).await?;
        self.settings.send_replace(Some(NewSettings { config: config.clone(), factory }));
        self.context.post.replace(config);
        self.context.schedule.replace(schedule);
        Ok(())
    }

    /// Whether nothing may be changed: because it was asked for, or because the data directory can only be read.
    #[must_use]
    pub fn is_read_only(&self) -> bool {
        self.read_only
    }

    /// The run that was cut off when the engine was stopped last; `command::Resume` or the next sync finishes it first.
    pub async fn unfinished(&self) -> Result<Option<RunHeader>, Refusal> {
        unfinished_run(&self.context).await
    }

    /// Keeps the schedule of the settings from now on until the engine is stopped: for a process that stays.
    ///
    /// # Errors
    /// Where nothing may be changed, or the settings name a target that is not there.
    pub async fn keep_schedule(&mut self) -> Result<(), Refusal> {
        if self.read_only {
            return Err(Refusal::read_only());
        }
        let schedule = self.context.schedule.replaced();
        let schedule = schedule.unwrap_or_else(|| self.context.config.schedule());
        schedule::may_be_kept(&self.context, &schedule).await?;
        if self.context.schedule.begin(self.stop.clone()) {
            let kept = keeper::keep(self.context.clone(), self.handle(), self.stop.clone());
            self.keeper = Some(tokio::spawn(kept));
        }
        Ok(())
    }

    /// Tells outside what there is to tell from now on until the engine is stopped: for a process that stays.
    ///
    /// # Errors
    /// Where nothing may be changed.
    pub fn keep_post(&mut self) -> Result<(), Refusal> {
        if self.read_only {
            return Err(Refusal::read_only());
        }
        if self.context.post.begin() {
            let kept = post::keep(self.context.clone(), self.stop.clone());
            self.postman = Some(tokio::spawn(kept));
        }
        Ok(())
    }

    /// Tells outside what came about while this process worked, once, where nobody keeps the post: for one that does not
    /// stay.
    pub async fn tell_before_leaving(&self) {
        if self.read_only || self.context.post.is_kept() {
            return;
        }
        if let Err(refusal) = post::once(&self.context).await {
            tracing::warn!("what there is to tell is not told yet: {refusal}");
        }
    }

    /// Cancels what is under way, waits until it has stopped between two writes, and closes the store.
    pub async fn shutdown(self) {
        self.stop.cancel();
        // It ends only after everything it began has ended.
        let _ = self.task.await;
        for keeper in [self.keeper, self.postman].into_iter().flatten() {
            let _ = keeper.await;
        }
        if !self.read_only
            && let Err(refusal) = leave_what_is_shown_first(&self.context).await
        {
            tracing::warn!("the next start works out anew what it shows first: {refusal}");
        }
        self.context.store.clone().close().await;
    }
}

async fn leave_what_is_shown_first(context: &Context) -> Result<(), Refusal> {
    survey::leave(context).await?;
    customers::leave(context).await
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").field("context", &self.context).finish_non_exhaustive()
    }
}
