//! `sim`: the simulated systems in the foreground, until an interrupt.

use std::{net::IpAddr, path::PathBuf, str::FromStr, time::Duration};

use clap::ValueEnum;

use super::{desk::Interrupts, exit::Exit, failure::Failure, output::Output};
use crate::{
    domain::{Code, UsageMonth},
    sim::{
        FAULTS_EXAMPLE, Limits, SimSettings, Simulation, Targets,
        world::{WorldKind, WorldSettings},
    },
};

/// Which world, and where.
#[derive(Clone, Debug, clap::Args)]
#[group(skip)]
pub struct Arguments {
    /// The address to listen on
    #[arg(long, default_value = "127.0.0.1", value_name = "IP")]
    listen: IpAddr,
    /// First of seven ports; free ones without it
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..=65_529))]
    port_base: Option<u16>,
    /// How well the world behaves
    #[arg(long, value_enum, default_value_t = WorldBehaviour::Clean)]
    world: WorldBehaviour,
    /// The same seed gives the same world
    #[arg(long, default_value_t = 1, value_name = "N")]
    world_seed: u64,
    /// End customers
    #[arg(long, default_value_t = 100, value_name = "N",
          value_parser = clap::value_parser!(u32).range(..=100_000))]
    customers: u32,
    /// Subscriptions of each customer
    #[arg(long, default_value_t = 8, value_name = "N",
          value_parser = clap::value_parser!(u32).range(..=1_000))]
    subscriptions: u32,
    /// The newest month with an invoice
    #[arg(long, default_value = "2026-09", value_name = "YYYY-MM", value_parser = month_of_our_age)]
    usage_month: UsageMonth,
    /// Milliseconds added to every request
    #[arg(long, default_value_t = 0, value_name = "N")]
    latency_ms: u64,
    /// Whether the limits of Autotask and ConnectWise bite
    #[arg(long, value_enum, default_value_t = LimitsWord::Off)]
    limits: LimitsWord,
    #[arg(long, value_name = "SPEC", help = faults_told())]
    faults: Option<String>,
}

/// How well the world behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum WorldBehaviour {
    /// Everything that is linked syncs with Success
    Clean,
    /// All that happens in real life
    Troubled,
}

/// Whether limits bite.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum LimitsWord {
    /// They only count
    Off,
    /// As the real ones
    Real,
}

impl Arguments {
    /// The newest month with an invoice.
    pub(super) fn usage_month(&self) -> UsageMonth {
        self.usage_month
    }

    fn settings(&self, targets: Targets) -> Result<SimSettings, Failure> {
        Ok(SimSettings {
            listen: self.listen,
            port_base: self.port_base,
            targets,
            world: WorldSettings {
                kind: match self.world {
                    WorldBehaviour::Clean => WorldKind::Clean,
                    WorldBehaviour::Troubled => WorldKind::Troubled,
                },
                seed: self.world_seed,
                customers: usize::try_from(self.customers).unwrap_or(usize::MAX),
                subscriptions: usize::try_from(self.subscriptions).unwrap_or(usize::MAX),
                usage_month: (self.usage_month.year(), self.usage_month.number()),
            },
            latency: Duration::from_millis(self.latency_ms),
            limits: match self.limits {
                LimitsWord::Off => Limits::Off,
                LimitsWord::Real => Limits::Real,
            },
            faults: self.faults.as_deref().map(faults).transpose()?,
            ..SimSettings::default()
        })
    }
}

/// Contracts and price lists reach years before and after it, and every day of theirs must be one that can be written.
fn month_of_our_age(text: &str) -> Result<UsageMonth, String> {
    let month = UsageMonth::from_str(text).map_err(|error| error.to_string())?;
    match month.year() {
        2000..=2199 => Ok(month),
        _ => Err("the world can stand in the years 2000 to 2199".to_owned()),
    }
}

fn faults_told() -> String {
    format!(
        "Faults from the start: JSON as POST /faults of the control URL takes it, or @FILE with that, such as \
         '{FAULTS_EXAMPLE}'"
    )
}

/// Faults are a page of text.
const LARGEST_FAULTS_MIB: u64 = 1;

fn faults(spec: &str) -> Result<String, Failure> {
    let Some(path) = spec.strip_prefix('@').map(PathBuf::from) else { return Ok(spec.to_owned()) };
    super::files::text(&path, LARGEST_FAULTS_MIB)
}

/// Which targets are served, by the word for them.
fn targets(word: Option<&str>) -> Result<Targets, Failure> {
    match word.map(str::to_lowercase).as_deref() {
        None | Some("autotask") => Ok(Targets::Autotask),
        Some("connectwise") => Ok(Targets::Connectwise),
        Some("both") => Ok(Targets::Both),
        Some(other) => {
            let text = format!(
                "{other:?} cannot be simulated; --target takes autotask, connectwise, both."
            );
            Err(Failure::typed(&text))
        }
    }
}

/// Starts the simulation of these flags; without a word for its targets it has Autotask.
pub(super) async fn start(
    arguments: &Arguments,
    target: Option<&str>,
) -> Result<Simulation, Failure> {
    start_with(arguments, targets(target)?).await
}

async fn start_with(arguments: &Arguments, targets: Targets) -> Result<Simulation, Failure> {
    Simulation::start(arguments.settings(targets)?).await.map_err(|error| {
        let text = format!("The simulation cannot be started: {error}");
        match error.kind() {
            std::io::ErrorKind::InvalidInput => Failure::typed(&text),
            _ => Failure::because(Code::Sim, text, "Choose another --listen or --port-base."),
        }
    })
}

/// Prints where everything is, and waits.
pub(super) async fn run(
    arguments: Arguments,
    target: Option<&str>,
    out: &mut Output,
) -> Result<Exit, Failure> {
    let targets = targets(target)?;
    let mut interrupts = Interrupts::listen()?;
    let simulation = start_with(&arguments, targets).await?;
    let addresses = serde_json::to_string(&simulation.addresses()).map_err(std::io::Error::from)?;
    out.line(addresses)?;
    out.finish()?;
    interrupts.next().await;
    simulation.stop().await;
    Ok(Exit::Done)
}
