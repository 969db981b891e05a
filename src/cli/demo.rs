//! `demo`: a whole simulated world, connected and mapped. `--headless` syncs it and prints the result, and so does a
//! demo that has no terminal for its console.

use std::path::Path;

use chrono::TimeDelta;

use super::{
    console::{self, Welcome},
    desk::Desk,
    exit::Exit,
    failure::Failure,
    globals::Globals,
    output::Output,
    runs, session, sim,
};
use crate::{
    clock::Clock,
    config::Config,
    console::shell::Given,
    domain::{Code, Thing, outcome::Outcome, policy::ProductMode, run::RunReport, secret::Secret},
    engine::{
        protocol::{ConnectionDraft, MapDraft, RefusalKind, Scope, SyncRequest, command},
        views::SystemKind,
    },
    sim::{Addresses, Simulation},
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
    let temporary = tempfile::tempdir()?;
    let simulation = sim::start(&arguments.sim).await?;
    let globals = in_the_world(globals, &arguments.sim, temporary.path());
    let config = config(&globals, temporary.path())?;
    let earlier = Store::is_in(&config.data_dir()).then(|| another_world(&config.data_dir()));
    let session = session::open_with(config.clone(), &globals).await?;
    if let Some(lines) = &earlier {
        out.remark(&lines.join(" "))?;
    }
    let done = if headless_here {
        headless(&simulation, &mut Desk::new(session.handle(), out)).await
    } else {
        let welcome = welcome(&simulation, arguments.fresh, earlier);
        let mut desk = Desk::new(session.handle(), out);
        let ready = if arguments.fresh { Ok(()) } else { prepare(&simulation, &mut desk).await };
        match ready {
            Ok(()) => console::open(&session, &config, &globals, welcome, desk.out).await,
            Err(failure) => Err(failure),
        }
    };
    session.close().await;
    simulation.stop().await;
    done
}

/// A world lives as long as the process that made it; what was stored about it does not fit the next one.
fn another_world(dir: &Path) -> [String; 4] {
    [
        format!("This world is new, but {} remembers an earlier one.", dir.display()),
        "Its contracts are gone; its runs and links are still shown,".to_owned(),
        "and invoices that were applied there are not applied again.".to_owned(),
        "For a clean start give another --data-dir.".to_owned(),
    ]
}

/// What the console shows first: where the world is, and in a fresh one what to type.
fn welcome(simulation: &Simulation, fresh: bool, earlier: Option<[String; 4]>) -> Welcome {
    let addresses = simulation.addresses();
    let mut lines = vec![
        "This is a simulated world: nothing here touches a real system.".to_owned(),
        format!("Control endpoint: {}", addresses.control_url),
    ];
    lines.extend(earlier.into_iter().flatten());
    let given = if fresh { credentials(addresses) } else { Vec::new() };
    if fresh {
        lines.extend([
            String::new(),
            "Nothing is set up yet: the dashboard leads through it, step by step.".to_owned(),
            "These are the credentials; each form shows its own again:".to_owned(),
        ]);
        lines.extend(
            [SystemKind::Prism, SystemKind::Autotask]
                .into_iter()
                .flat_map(|system| told(system, &given)),
        );
    }
    lines.extend([String::new(), "Enter or Esc closes this.".to_owned()]);
    Welcome { lines, given }
}

/// What to type into the forms of both systems.
fn credentials(addresses: Addresses) -> Vec<Given> {
    let (prism, autotask) = (addresses.prism, addresses.autotask);
    [
        (SystemKind::Prism, "api_url", prism.api_url),
        (SystemKind::Prism, "identity_url", prism.identity_url),
        (SystemKind::Prism, "client_id", prism.client_id),
        (SystemKind::Prism, "client_secret", prism.client_secret),
        (SystemKind::Autotask, "base_url", autotask.base_url),
        (SystemKind::Autotask, "username", autotask.username),
        (SystemKind::Autotask, "integration_code", autotask.integration_code),
        (SystemKind::Autotask, "secret", autotask.secret),
    ]
    .map(|(system, field, value)| Given { system, field, value })
    .into()
}

/// One system's credentials, under the names that its form has for them.
fn told(system: SystemKind, given: &[Given]) -> Vec<String> {
    let name = system.to_string();
    let of_it = given.iter().filter(|given| given.system == system).enumerate();
    let line = |(at, given): (usize, &Given)| {
        let label = match given.field {
            "api_url" => "API URL",
            "identity_url" => "Identity URL",
            "client_id" => "Client id",
            "client_secret" => "Client secret",
            "base_url" => "Base URL",
            "username" => "API username",
            "integration_code" => "Tracking identifier",
            _ => "Password",
        };
        format!("{:<9} {label:<14} {}", if at == 0 { &name } else { "" }, given.value)
    };
    std::iter::once(String::new()).chain(of_it.map(line)).collect()
}

/// Connects both systems, chooses options, maps whoever can be mapped.
async fn prepare(simulation: &Simulation, desk: &mut Desk<'_>) -> Result<(), Failure> {
    connect(simulation, desk).await?;
    choose_options(desk).await?;
    map(simulation, desk).await.map(|_| ())
}

/// The flags, with the clock set to where the world's newest invoice has just come out.
fn in_the_world(globals: &Globals, sim: &sim::Arguments, temporary: &Path) -> Globals {
    let issued = sim.usage_month().next().first_day().plus(4);
    let morning = issued.0.and_time(chrono::NaiveTime::MIN).and_utc() + TimeDelta::hours(9);
    let data_dir = globals.data_dir.clone().unwrap_or_else(|| temporary.to_owned());
    Globals {
        now: Some(globals.now.unwrap_or_else(|| Clock::starting_at(morning))),
        data_dir: Some(data_dir),
        ..globals.clone()
    }
}

/// A demo keeps out of the operator's own settings.
fn config(globals: &Globals, temporary: &Path) -> Result<Config, Failure> {
    if globals.config.is_some() {
        return session::settings(globals);
    }
    let directory = globals.data_dir.as_deref().unwrap_or(temporary);
    Config::below(directory)
        .map_err(|error| Failure::because(error.code(), error.text(), &error.advice()))
}

async fn headless(simulation: &Simulation, desk: &mut Desk<'_>) -> Result<Exit, Failure> {
    let control = simulation.addresses().control_url;
    desk.out.remark(&format!("control: {control}"))?;
    connect(simulation, desk).await?;
    choose_options(desk).await?;
    let mapped = map(simulation, desk).await?;
    desk.out.remark(&format!("{mapped} tenants linked"))?;
    let mut reports = sync(desk, Scope::Products).await?;
    if !desk.out.interrupted {
        reports.extend(sync(desk, Scope::Customers).await?);
    }
    let worst = reports.iter().map(|report| report.header.status).max().unwrap_or_default();
    print(&reports, &control, desk.out)?;
    Ok(if desk.out.interrupted { Exit::Failure } else { worst.into() })
}

async fn connect(simulation: &Simulation, desk: &mut Desk<'_>) -> Result<(), Failure> {
    let addresses = simulation.addresses();
    let (prism, autotask) = (addresses.prism, addresses.autotask);
    let environment = Some("DEMO".to_owned());
    let drafts = [
        ConnectionDraft::Prism {
            environment: environment.clone(),
            api_url: Some(prism.api_url),
            identity_url: Some(prism.identity_url),
            client_id: Some(prism.client_id),
            client_secret: Some(Secret::new(prism.client_secret)),
            plain_http: None,
        },
        ConnectionDraft::Autotask {
            environment,
            base_url: Some(autotask.base_url),
            username: Some(autotask.username),
            integration_code: Some(Secret::new(autotask.integration_code)),
            secret: Some(Secret::new(autotask.secret)),
            plain_http: None,
        },
    ];
    for draft in drafts {
        desk.ask(command::SaveConnection { draft }).await?;
    }
    let tests = desk.ask(command::TestConnection { name: None, draft: None }).await?;
    match tests.into_iter().find(|test| !test.ok) {
        Some(test) => {
            Err(Failure::because(Code::Unusable(Thing::Connection), test.text, "See the log."))
        }
        None => Ok(()),
    }
}

/// Everything on, under the first billing code there is.
async fn choose_options(desk: &mut Desk<'_>) -> Result<(), Failure> {
    let program = desk.ask(command::Program { choices: true }).await?;
    let chosen = program.options.billing_code.clone();
    let code = chosen.or_else(|| program.billing_codes.unwrap_or_default().into_iter().next());
    let missing = || {
        Failure::because(Code::NoBillingCode, "The world has no billing code.", "Try another seed.")
    };
    let billing_code = Some(code.ok_or_else(missing)?.id.to_string());
    let options = command::SetProgram {
        sync: Some(true),
        mode: Some(ProductMode::All),
        azure: None,
        billing_code,
        vendor: None,
        notify: None,
    };
    desk.ask(options).await.map(|_| ())
}

async fn map(simulation: &Simulation, desk: &mut Desk<'_>) -> Result<usize, Failure> {
    desk.ask(command::Customers { refresh: true }).await?;
    let mut mapped = 0;
    for mapping in simulation.true_mappings().into_iter().filter(|mapping| mapping.usable) {
        let draft = MapDraft {
            tenant: mapping.tenant_id,
            company: mapping.company_id.to_string(),
            contract: mapping.contract_id.to_string(),
            sync: Some(true),
            from: None,
            pricing: None,
        };
        match desk.ask(command::Map { draft }).await {
            // A contract may have ended by now; the others go on.
            Err(Failure::Refused(refusal)) if refusal.kind == RefusalKind::Failed => {
                let (who, why) = (mapping.customer_name, refusal.finding.text);
                desk.out.remark(&format!("not linked: {who}: {why}"))?;
            }
            reply => {
                reply?;
                mapped += 1;
            }
        }
    }
    Ok(mapped)
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
