//! The engine of this process: settings, log, start and end.

use std::{path::Path, pin::Pin};

use tracing_subscriber::{
    filter::{LevelFilter, Targets},
    layer::{Layer, SubscriberExt},
    util::SubscriberInitExt,
};

use super::{daemon, exit::Exit, failure::Failure, globals::Globals, journal};
use crate::{
    config::Config,
    domain::{Code, Role},
    engine::{
        self, Engine, EngineSettings, Handle,
        protocol::{Actor, Refusal, RefusalKind},
    },
    files,
    service::{self, Attached, Client, Way},
};

const LOG_NAME: &str = "prism-connect";
const LOG_ENDING: &str = "log";

/// What a command works with: an engine of its own, or the one of a daemon.
pub(super) enum Session {
    Own(Box<Engine>),
    Attached(Box<Attached>),
}

impl Session {
    pub(super) fn handle(&self) -> Handle {
        match self {
            Self::Own(engine) => engine.handle(),
            Self::Attached(attached) => attached.handle(),
        }
    }

    /// Whether nothing may be changed: because it was asked for, or because the data directory can only be read.
    pub(super) fn read_only(&self) -> bool {
        match self {
            Self::Own(engine) => engine.is_read_only(),
            Self::Attached(attached) => attached.handle().actor().read_only,
        }
    }

    /// What one may do.
    pub(super) fn role(&self) -> Role {
        match self {
            Self::Own(engine) => engine.handle().actor().role,
            Self::Attached(attached) => attached.welcome().role,
        }
    }

    /// What one may do at the daemon that this is attached to.
    pub(super) fn attached_as(&self) -> Option<Role> {
        match self {
            Self::Own(_) => None,
            Self::Attached(attached) => Some(attached.welcome().role),
        }
    }

    /// Lets the engine end what it does, and gives the store back; a daemon goes on.
    pub(super) async fn close(self) {
        match self {
            Self::Own(engine) => {
                engine.tell_before_leaving().await;
                engine.shutdown().await;
            }
            Self::Attached(attached) => attached.close().await,
        }
    }
}

/// The settings in effect. A setting that is not understood stops the start.
pub(super) fn settings(globals: &Globals) -> Result<Config, Failure> {
    Config::load(&globals.overrides()).map_err(|error| {
        let kind = if error.is_typed() { RefusalKind::Malformed } else { RefusalKind::Failed };
        Failure::Refused(Refusal::new(kind, error.into()))
    })
}

/// Starts the engine that the flags describe, or attaches to the daemon that has the data.
pub(super) async fn open(globals: &Globals) -> Result<Session, Failure> {
    open_with(settings(globals)?, globals, Lasting::Once).await
}

/// Whether a daemon that goes away is looked for again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lasting {
    /// A command ends with it.
    Once,
    /// A console waits for the next one.
    Console,
}

/// The same with these settings.
pub(super) async fn open_with(
    config: Config,
    globals: &Globals,
    lasting: Lasting,
) -> Result<Session, Failure> {
    if !globals.standalone
        && let Some(way) = daemon::way(&config, globals)
    {
        log_to(&config.state_dir());
        return attached(way, globals, lasting).await;
    }
    let data_dir = config.data_dir();
    match started(config, globals).await {
        Ok(engine) => Ok(Session::Own(Box::new(engine))),
        // Somebody works with these data: where it is a daemon, through it.
        Err(refusal) if refusal.finding.code == Code::StoreHeld && !globals.standalone => {
            let Some(folder) = daemon::of_data(&data_dir) else { return Err(refusal.into()) };
            attached(Way::Sockets { folder, role: globals.role }, globals, lasting).await
        }
        Err(refusal) => Err(refusal.into()),
    }
}

/// An engine of this process, whatever daemon there may be: for demo worlds, and for the daemon itself.
pub(super) async fn own(config: Config, globals: &Globals) -> Result<Engine, Failure> {
    Ok(started(config, globals).await?)
}

async fn started(config: Config, globals: &Globals) -> Result<Engine, Refusal> {
    log_to(&config.state_dir());
    let settings = EngineSettings {
        data_dir: config.data_dir(),
        config,
        clock: globals.clock(),
        actor: actor(globals.read_only),
        target: None,
        factory: None,
    };
    engine::start(settings).await.map_err(|error| error.refusal())
}

async fn attached(way: Way, globals: &Globals, lasting: Lasting) -> Result<Session, Failure> {
    let client = Client {
        actor: actor(globals.read_only),
        clock: globals.clock(),
        lasting: lasting == Lasting::Console,
    };
    Ok(Session::Attached(Box::new(service::attach(way, client).await?)))
}

/// Who works here: whoever starts an engine has the files, and is what the kernel says they are.
fn actor(read_only: bool) -> Actor {
    let uid = Some(rustix::process::getuid().as_raw());
    Actor { read_only, uid, origin: origin(), ..Actor::owner(login()) }
}

/// Where they come from: the host of an SSH session, else the terminal.
pub(super) fn origin() -> Option<String> {
    let host = std::env::var("SSH_CONNECTION").ok();
    let host =
        host.as_deref().and_then(|told| told.split(' ').next()).filter(|one| !one.is_empty());
    let over_ssh = host.map(|host| format!("ssh {}", crate::http::clean(host)));
    let tty = || {
        let name = rustix::termios::ttyname(std::io::stdin(), Vec::new()).ok()?;
        Some(name.to_string_lossy().into_owned())
    };
    over_ssh.or_else(tty)
}

/// Their name, for the audit trail; a service without a login name by its number.
fn login() -> String {
    let name = ["LOGNAME", "USER"].iter().find_map(|variable| std::env::var(variable).ok());
    let name = name.map(|name| crate::http::clean(name.trim())).filter(|name| !name.is_empty());
    name.unwrap_or_else(|| match rustix::process::getuid() {
        user if user.is_root() => "root".to_owned(),
        user => format!("user {}", user.as_raw()),
    })
}

/// Runs a command to its end.
pub(super) fn with_runtime(
    command: Pin<Box<dyn Future<Output = Result<Exit, Failure>> + '_>>,
) -> Result<Exit, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let done = runtime.block_on(command);
    // A prompt or a read of stdin may still hang on a thread; nobody waits for it.
    runtime.shutdown_background();
    done
}

/// Those of an older version were made with whatever mode there was; what else lies in the directory is not ours.
fn keep_logs_from_others(directory: &Path) {
    for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with(LOG_NAME) && name.ends_with(LOG_ENDING) {
            // A log that belongs to somebody else stays as it is.
            let _ = files::keep_from_others(&entry.path());
        }
    }
}

/// A file a day in the state directory. Without one there is no log, and that is no reason not to work.
pub(super) fn log_to(directory: &Path) {
    if journal::is_at_stderr() {
        // The journal keeps it: a file beside would be kept twice.
        let lines = tracing_subscriber::fmt::layer()
            .with_ansi(false)
            .with_writer(std::io::stderr)
            .event_format(journal::Lines)
            .with_filter(filter());
        let _ = tracing_subscriber::registry().with(lines).try_init();
        return;
    }
    if files::make_folder(directory).is_err() {
        return;
    }
    keep_logs_from_others(directory);
    let appender = tracing_appender::rolling::Builder::new()
        .rotation(tracing_appender::rolling::Rotation::DAILY)
        .filename_prefix(LOG_NAME)
        .filename_suffix(LOG_ENDING)
        .max_log_files(14)
        .build(directory);
    let Ok(appender) = appender else { return };
    let lines = tracing_subscriber::fmt::layer()
        .with_ansi(false)
        .with_writer(std::sync::Mutex::new(appender))
        .with_filter(filter());
    // A second one in the same process is refused; the first goes on.
    let _ = tracing_subscriber::registry().with(lines).try_init();
}

fn filter() -> Targets {
    let wanted = std::env::var("PRISM_CONNECT_LOG").unwrap_or_default();
    let info = || Targets::new().with_default(LevelFilter::INFO);
    logged(&wanted).parse().unwrap_or_else(|_| info())
}

/// What of the program is logged at a level is said by `PRISM_CONNECT_LOG`. A level alone is ours: what other crates tell
/// beyond `info` is logged where they are named.
fn logged(wanted: &str) -> String {
    let louder = |part: &str| ["debug", "trace"].contains(&part.to_lowercase().as_str());
    let parts = wanted.split(',').map(str::trim).filter(|part| !part.is_empty());
    let ours = |part: &str| {
        if louder(part) { format!("prism_connect={part}") } else { part.to_owned() }
    };
    std::iter::once("info".to_owned()).chain(parts.map(ours)).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::{Targets, logged};

    #[rstest]
    #[case::nothing("", "info")]
    #[case::all_of_ours("trace", "info,prism_connect=trace")]
    #[case::another_one_that_is_named("TRACE, hyper=debug", "info,prism_connect=TRACE,hyper=debug")]
    #[case::less("warn", "info,warn")]
    #[case::one_of_ours("prism_connect::http=debug", "info,prism_connect::http=debug")]
    fn a_level_alone_is_ours(#[case] wanted: &str, #[case] filter: &str) {
        assert_eq!(logged(wanted), filter);
        assert!(filter.parse::<Targets>().is_ok());
    }
}
