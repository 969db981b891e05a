//! `serve`: the engine for everybody, in the foreground, until it is told to stop. `attach`: the way to it for a console
//! of another host.
//!
//! It must not fork, and not end by anything that a client does.

use std::net::SocketAddr;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use sd_notify::NotifyState;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader, copy},
    signal::unix::{SignalKind, signal},
    task::JoinHandle,
};

use super::{
    daemon, exit::Exit, failure::Failure, globals::Globals, notices, output::Output, session,
};
use crate::{
    config::Config,
    domain::{Code, Role},
    engine::{
        Engine, Handle,
        protocol::{Actor, Refusal, RefusalKind, command::Resume},
    },
    service::{self, Service, ServiceSettings},
};

/// How to reach it.
#[derive(Debug, clap::Args)]
pub struct Attaching {
    /// Over standard input and output, for `--via` of another host
    #[arg(long, required = true)]
    stdio: bool,
}

/// A first line is shorter.
const LONGEST_LINE: u64 = 16 << 10;

/// So many bytes go on at once.
const CHUNK: usize = 64 << 10;

/// Serves until a signal.
pub(super) async fn run(globals: &Globals, out: &mut Output) -> Result<Exit, Failure> {
    if globals.read_only || globals.via.is_some() || globals.role.is_some() {
        let text = "`serve` takes no --read-only, --via or --role: each client has its own.";
        return Err(Failure::typed(text));
    }
    let config = session::settings(globals)?;
    raise_open_files();
    let mut engine = session::own(config.clone(), globals).await?;
    let served = serve(&config, globals, &mut engine, out).await;
    engine.shutdown().await;
    // Clients see how what ran was ended before they are left.
    served?.close().await;
    out.remark("Stopped.")?;
    Ok(Exit::Done)
}

/// Clients, requests and the store each need files; the host says how many there may be at the most.
fn raise_open_files() {
    let limit = getrlimit(Resource::Nofile);
    // What is refused leaves the limit that there is, and fewer clients find room.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
}

async fn serve(
    config: &Config,
    globals: &Globals,
    engine: &mut Engine,
    out: &mut Output,
) -> Result<Service, Failure> {
    let folder = daemon::sockets(config);
    let settings = ServiceSettings {
        folder: folder.clone(),
        groups: config.groups(),
        scratch: config.data_dir(),
        installation: engine.installation().to_string(),
        clock: globals.clock(),
    };
    // Listened for before anybody can come in: no signal may end this halfway.
    let (mut term, mut int) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let mut hup = signal(SignalKind::hangup())?;
    let opened = Service::open(engine.handle(), settings).await;
    let service =
        opened.map_err(|finding| Failure::Refused(Refusal::new(RefusalKind::Failed, finding)))?;
    daemon::leave_note(config, &folder)?;
    engine.keep_schedule().await?;
    engine.keep_post()?;
    out.remark(&format!("Serving {} on {}", config.data_dir().display(), folder.display()))?;
    for (role, group) in service.without_group() {
        out.remark(&format!("This host has no group {group}: {role}.sock is this user's alone."))?;
    }
    let measured = match config.metrics_address() {
        None => None,
        Some(at) => Some(measure(at, engine, out).await?),
    };
    let resuming = tokio::spawn(resume(engine.handle()));
    let watched = notices::pause();
    let alive = tokio::spawn(notices::beat(engine.handle(), watched));
    let telling = tokio::spawn(notices::follow(engine.handle().events()));
    notices::tell(&[NotifyState::Ready]);
    let (opened_with, mut config) = (config, config.clone());
    loop {
        tokio::select! {
            _ = term.recv() => break,
            _ = int.recv() => break,
            _ = hup.recv() => config = read_again(config, globals, engine, out).await?,
        }
    }
    out.remark("Stopping between two changes …")?;
    notices::tell(&[NotifyState::Stopping]);
    for task in [resuming, alive, telling].into_iter().chain(measured) {
        task.abort();
    }
    daemon::take_note(opened_with);
    Ok(service)
}

/// Settings that only count at the start: what they name is open.
const OF_THE_START: [&str; 4] = ["data_dir", "state_dir", "daemon.", "metrics.listen"];

/// Reads the settings again, and says what changed. Those that are not understood change nothing.
async fn read_again(
    old: Config,
    globals: &Globals,
    engine: &Engine,
    out: &mut Output,
) -> Result<Config, Failure> {
    let new = match session::settings(globals) {
        Ok(new) => new,
        Err(failure) => {
            let why = failure.into_finding();
            out.remark(&format!("The settings stay as they are. {} {}", why.text, why.advice))?;
            return Ok(old);
        }
    };
    let (before, now) = (old.settings(), new.settings());
    let changed = before.iter().zip(&now).filter(|(before, now)| before.value != now.value);
    let changed: Vec<String> = changed
        .map(|(before, now)| {
            let later = OF_THE_START.iter().any(|part| now.key.starts_with(part));
            let later = if later { " (from the next start on)" } else { "" };
            format!("{}: {} → {}{later}", now.key, before.value, now.value)
        })
        .collect();
    if changed.is_empty() {
        out.remark("The settings were read again; nothing changed.")?;
        return Ok(old);
    }
    if let Err(error) = engine.read_settings(new.clone()).await {
        out.remark(&format!("The settings stay as they are. {error}"))?;
        return Ok(old);
    }
    for line in &changed {
        tracing::info!("setting changed: {line}");
        out.remark(&format!("Setting {line}"))?;
    }
    // Where the data are is what they were opened by.
    Ok(new)
}

/// Answers what monitoring asks.
async fn measure(
    at: SocketAddr,
    engine: &Engine,
    out: &mut Output,
) -> Result<JoinHandle<()>, Failure> {
    let listener = service::metrics::listen(at).await.map_err(|error| {
        let text = format!("Metrics cannot be told at {at}: {error}");
        Failure::because(
            Code::MetricsAddress,
            text,
            "Free that address, or change `metrics.listen`.",
        )
    })?;
    out.remark(&format!("Metrics at http://{}/metrics", listener.local_addr()?))?;
    let watcher = Actor { role: Role::View, ..Actor::owner("metrics") };
    Ok(tokio::spawn(service::metrics::serve(listener, engine.handle().of(watcher))))
}

/// Finishes what was cut off. Where it cannot be, whoever looks is told; the next sync tries again.
async fn resume(engine: Handle) {
    let daemon = Actor { origin: Some("serve".to_owned()), ..engine.actor().clone() };
    if let Err(refusal) = engine.of(daemon).ask(Resume).await {
        tracing::warn!("what was cut off is not finished yet: {refusal}");
    }
}

/// Carries what a client of another host says to the daemon of this one, and back.
pub(super) async fn attach(globals: &Globals, _: Attaching) -> Result<Exit, Failure> {
    let config = session::settings(globals)?;
    let folder = daemon::on_this_host(&config);
    let mut stream = service::sockets::open(&folder, globals.role).await?;
    let (mut from, mut to) = stream.split();
    let (mut heard, mut told) = (BufReader::new(tokio::io::stdin()), tokio::io::stdout());
    let origin = session::origin();
    let there = async {
        let mut first = Vec::new();
        (&mut heard).take(LONGEST_LINE).read_until(b'\n', &mut first).await?;
        to.write_all(&service::passed_on(&first, origin.as_deref())).await?;
        copy(&mut heard, &mut to).await?;
        to.shutdown().await
    };
    let back = async {
        let mut some = vec![0; CHUNK];
        loop {
            let read = from.read(&mut some).await?;
            if read == 0 {
                return Ok(());
            }
            told.write_all(&some[..read]).await?;
            told.flush().await?;
        }
    };
    let ended: std::io::Result<()> = tokio::select! {
        ended = back => ended,
        // The client is gone: what is still on its way to it is of no use to anybody.
        ended = there => ended,
    };
    match ended {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            let text = format!("The way to the daemon broke off: {error}");
            Err(Failure::because(Code::DaemonGone, text, "Attach again."))
        }
        _ => Ok(Exit::Done),
    }
}
