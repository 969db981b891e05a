//! `demo`: a whole simulated world, connected and linked. Its console opens at once and shows how far the world is.
//! `--headless` syncs it and prints the result, and so does a demo that has no terminal for its console.

mod set_up;
mod welcome;

use std::{
    io,
    path::{Path, PathBuf},
};

use chrono::TimeDelta;
use tokio::sync::mpsc;

use self::{
    set_up::{BesideConsole, set_up},
    welcome::{another_world, welcome},
};
use super::{
    console,
    desk::Desk,
    exit::Exit,
    failure::Failure,
    globals::Globals,
    output::Output,
    runs,
    session::{self, Session},
    sim,
};
use crate::{
    clock::Clock,
    config::Config,
    console::demo_world::DemoNews,
    domain::{Code, outcome::Outcome, run::RunReport},
    engine::protocol::{Refusal, Scope, SyncRequest, command},
    sim::Simulation,
    store::Store,
};

/// What to start.
#[derive(Clone, Debug, clap::Args)]
pub struct Arguments {
    /// Sync products and customers once, print the result, and end; so it is where there is no terminal
    #[arg(long)]
    headless: bool,
    /// Leave everything to be set up, and show the credentials to type
    #[arg(long, conflicts_with = "headless")]
    fresh: bool,
    /// The world.
    #[command(flatten)]
    sim: sim::Arguments,
}

/// Starts the world and works on it.
pub(super) async fn run(
    arguments: Arguments,
    globals: &Globals,
    out: &mut Output,
) -> Result<Exit, Failure> {
    let terminal = console::has_terminal();
    if arguments.fresh && !terminal {
        let text = "`demo --fresh` is set up in the console, and there is no terminal here.";
        let advice = "Use `demo` without it, or `sim` and the other commands beside it.";
        return Err(Failure::because(Code::NoTerminal, text, advice));
    }
    let headless_here = arguments.headless || !terminal;
    if !arguments.headless && headless_here {
        out.remark(
            "No terminal for the console here: the world is synced once, as with --headless.",
        )?;
    }
    if headless_here && globals.read_only {
        return Err(Refusal::read_only().into());
    }
    let targets = globals.target.clone();
    let temporary = tempfile::tempdir()?;
    let globals = in_the_world(globals, &arguments.sim, temporary.path());
    let config = config(&globals, temporary.path())?;
    let earlier = Store::is_in(&config.data_dir()).then(|| another_world(&config.data_dir()));
    // Somebody must set it up; `--read-only` is for whoever looks at it then.
    let setting_up = Globals { read_only: false, ..globals.clone() };
    let mut engine = session::own(config.clone(), &setting_up).await?;
    // Where nothing can be changed there is nothing to tell either.
    let _ = engine.keep_post();
    let session = Session::Own(Box::new(engine));
    let mut world = None;
    let done = if headless_here {
        if let Some(lines) = &earlier {
            out.remark(&lines.join(" "))?;
        }
        headless(&arguments, targets.as_deref(), &mut world, &mut Desk::new(session.handle(), out))
            .await
    } else {
        let demo = OnConsole { arguments, targets, globals, config, earlier };
        demo.run(&session, &mut world, out).await
    };
    session.close().await;
    if let Some(world) = world {
        world.stop().await;
    }
    done
}

/// A demo whose console opens at once, while the world comes up beside it.
struct OnConsole {
    arguments: Arguments,
    /// The word for the targets that are served.
    targets: Option<String>,
    globals: Globals,
    config: Config,
    earlier: Option<[String; 4]>,
}

impl OnConsole {
    async fn run(
        self,
        session: &Session,
        world: &mut Option<Simulation>,
        out: &mut Output,
    ) -> Result<Exit, Failure> {
        let Self { arguments, targets, globals, config, earlier } = self;
        if !arguments.fresh {
            Desk::new(session.handle(), out).open_vault().await?;
        }
        let (news, told) = mpsc::unbounded_channel();
        let operator = BesideConsole { engine: session.handle(), news };
        let mut missing = None;
        let beside = async {
            let telling = Telling {
                session,
                own: globals.config.is_none(),
                dir: globals.data_dir.clone().unwrap_or_default(),
            };
            let up = bring_up(arguments, targets, earlier, operator, world, &telling);
            if let Err(failure) = up.await {
                missing = Some(failure);
            }
            // The world stays until the console is closed.
            std::future::pending().await
        };
        let opening = console::Opening { demo: Some(told), ..console::Opening::default() };
        let console = console::open(session, &config, &globals, opening, out);
        let done = tokio::select! {
            done = console => done,
            never = beside => match never {},
        };
        missing.map_or(done, Err)
    }
}

/// Has what there is to tell told to the world's own mail server, unless there are settings of the operator's.
struct Telling<'a> {
    session: &'a Session,
    own: bool,
    dir: PathBuf,
}

impl Telling<'_> {
    async fn begin(&self, simulation: &Simulation) {
        let Session::Own(engine) = self.session else { return };
        let config = Config::of_demo_with_mail(&self.dir, &simulation.addresses().mail.smtp);
        let Some(config) = config.ok().filter(|_| self.own) else { return };
        if let Err(error) = engine.read_settings(config).await {
            tracing::warn!("the world's mail server is not told anything: {error}");
        }
    }
}

/// Starts the world and sets it up, unless it is to stay fresh. Fails where there is no world.
async fn bring_up(
    arguments: Arguments,
    targets: Option<String>,
    earlier: Option<[String; 4]>,
    mut operator: BesideConsole,
    world: &mut Option<Simulation>,
    telling: &Telling<'_>,
) -> Result<(), Failure> {
    let started = started_aside(arguments.sim, targets).await;
    let simulation = match started {
        Ok(simulation) => world.insert(simulation),
        Err(failure) => {
            operator.tell(DemoNews::Gone);
            return Err(failure);
        }
    };
    operator.tell(welcome(simulation.addresses(), arguments.fresh, earlier));
    telling.begin(simulation).await;
    if arguments.fresh {
        operator.tell(DemoNews::Ready("The simulated systems are up".to_owned()));
        return Ok(());
    }
    let news = match set_up(simulation, &mut operator).await {
        Ok(linked) => {
            DemoNews::Ready(format!("The demo world is ready, customers linked: {linked}"))
        }
        Err(failure) => DemoNews::Stopped(failure.into_finding()),
    };
    operator.tell(news);
    Ok(())
}

/// Making a large world takes a processor of its own: the console goes on.
async fn started_aside(
    arguments: sim::Arguments,
    targets: Option<String>,
) -> Result<Simulation, Failure> {
    let runtime = tokio::runtime::Handle::current();
    let start = move || runtime.block_on(sim::start(&arguments, targets.as_deref()));
    let started = tokio::task::spawn_blocking(start);
    started.await.map_err(io::Error::from)?
}

/// The flags, with the clock set to where the world's newest invoice has just come out.
fn in_the_world(globals: &Globals, sim: &sim::Arguments, temporary: &Path) -> Globals {
    let issued = sim.usage_month().next().first_day().plus(4);
    let morning = issued.0.and_time(chrono::NaiveTime::MIN).and_utc() + TimeDelta::hours(9);
    let data_dir = globals.data_dir.clone().unwrap_or_else(|| temporary.to_owned());
    Globals {
        now: Some(globals.now.unwrap_or_else(|| Clock::starting_at(morning))),
        data_dir: Some(data_dir),
        // “both” is no target's name: the first is worked with.
        target: globals.target.clone().filter(|target| !target.eq_ignore_ascii_case("both")),
        ..globals.clone()
    }
}

/// A demo keeps out of the operator's own settings.
fn config(globals: &Globals, temporary: &Path) -> Result<Config, Failure> {
    if globals.config.is_some() {
        return session::settings(globals);
    }
    let directory = globals.data_dir.as_deref().unwrap_or(temporary);
    Config::of_demo(directory)
        .map_err(|error| Failure::because(error.code(), error.text(), &error.advice()))
}

async fn headless(
    arguments: &Arguments,
    targets: Option<&str>,
    world: &mut Option<Simulation>,
    desk: &mut Desk<'_>,
) -> Result<Exit, Failure> {
    let simulation = world.insert(sim::start(&arguments.sim, targets).await?);
    let control = simulation.addresses().control_url;
    desk.out.remark(&format!("control: {control}"))?;
    let linked = set_up(simulation, desk).await?;
    desk.out.remark(&format!("{linked} tenants linked"))?;
    let mut reports = sync(desk, Scope::Products).await?;
    if !desk.out.interrupted {
        reports.extend(sync(desk, Scope::Customers).await?);
    }
    let worst = reports.iter().map(|report| report.header.status).max().unwrap_or_default();
    if desk.out.is_json() {
        reports = runs::whole(reports, desk).await?;
    }
    print(&reports, &control, desk.out)?;
    Ok(if desk.out.interrupted { Exit::Failure } else { worst.into() })
}

async fn sync(desk: &mut Desk<'_>, scope: Scope) -> Result<Vec<RunReport>, Failure> {
    let request = SyncRequest { scope, ..SyncRequest::default() };
    let answer = desk.ask_showing(command::Sync { request }).await?;
    Ok(answer)
}

fn print(reports: &[RunReport], control: &str, out: &mut Output) -> Result<(), Failure> {
    if out.is_json() {
        return out.json(&serde_json::json!({ "runs": reports, "control_url": control }));
    }
    for report in reports {
        runs::summary(report, out)?;
    }
    let worst =
        reports.iter().map(|report| report.header.status).max().unwrap_or(Outcome::NoChange);
    let word = out.word(worst);
    out.line(format!("\nThe demo world: {word}"))
}
