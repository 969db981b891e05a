//! The command line: one file per command, printers for people and for programs. No rules live here.

use std::{ffi::OsString, process::ExitCode};

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

pub use self::{
    desk::Desk, exit::Exit, failure::Failure, globals::Globals, hardening::keep_to_itself,
    output::Output,
};

use crate::{domain::Code, engine::views::Place};

mod ack;
mod approvals;
mod audit;
mod backup;
mod config;
mod connect;
mod console;
mod customers;
mod daemon;
mod demo;
mod desk;
mod doctor;
mod exit;
mod export;
mod extras;
mod failure;
mod files;
mod globals;
mod hardening;
mod health;
mod history;
mod invoices;
mod journal;
mod mail;
mod manual;
mod notices;
mod open;
mod output;
mod passphrase;
mod plan;
mod products;
mod program;
mod progress;
mod restore;
mod retries;
mod runs;
mod schedule;
mod secrets;
mod serve;
mod session;
mod sim;
mod spreadsheet;
mod status;
mod support;
mod sync;
mod table;
mod words;

/// Keeps a PSA in step with what the Microsoft CSP distributor invoices.
#[derive(Debug, Parser)]
#[command(name = "prism-connect", version, propagate_version = true, after_help = exit::summary())]
pub struct Cli {
    /// What goes with every command.
    #[command(flatten)]
    pub globals: Globals,
    /// What to do.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// All commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Start the simulated PRISM and Autotask, in the foreground; --target connectwise or both for ConnectWise
    Sim(sim::Arguments),
    /// Start a simulated world, connected and linked
    Demo(demo::Arguments),
    /// Open the console on a run, a customer or an invoice
    #[command(subcommand)]
    Open(open::Target),
    /// Save, test and list connections
    #[command(subcommand)]
    Connect(connect::Action),
    /// Show or change the options of Microsoft CSP
    #[command(subcommand)]
    Program(program::Action),
    /// Link tenants to companies and contracts
    #[command(subcommand)]
    Customers(customers::Action),
    /// Look at products and link them to services
    #[command(subcommand)]
    Products(products::Action),
    /// Show what a sync would write; writes nothing
    Plan(plan::Arguments),
    /// Sync products, customers, or both
    Sync(sync::Arguments),
    /// Look at past runs
    #[command(subcommand)]
    Runs(runs::Action),
    /// Show connections, last runs, and what needs attention
    Status,
    /// Say in one line how this installation is, for whatever watches over it: exit 0, 3 or 4
    Health(health::Arguments),
    /// Check everything that can make the next sync fail
    Doctor(doctor::Arguments),
    /// Show every change on a customer's contract
    History(history::Arguments),
    /// Look at invoices, and decide about those that are not synced by themselves
    #[command(subcommand)]
    Invoices(invoices::Action),
    /// Look at what will be tried again
    #[command(subcommand)]
    Retries(retries::Action),
    /// Mark a warning as seen
    Ack(ack::Arguments),
    /// Show who changed what, and check that the trail of it is whole
    #[command(subcommand)]
    Audit(audit::Action),
    /// Show when it looks by itself, pause that, or look at once
    #[command(subcommand)]
    Schedule(schedule::Action),
    /// Look at plans that wait until somebody else has approved them
    #[command(subcommand)]
    Approvals(approvals::Action),
    /// Show how mail and webhooks are set up and what waits, store their secrets, or try the mail
    #[command(subcommand)]
    Mail(mail::Action),
    /// Set or remove the passphrase of the vault
    #[command(subcommand)]
    Passphrase(passphrase::Action),
    /// Lock the vault until the passphrase is given again; without one nothing stays locked
    Logout,
    /// Write a file for support, without secrets
    SupportBundle(support::Arguments),
    /// Print runs, links or ledgers as CSV or JSON
    Export(export::Arguments),
    /// Write everything that is saved to a file
    Backup(backup::Arguments),
    /// Put a backup in the place of what is saved
    Restore(restore::Arguments),
    /// Serve this installation to everybody who may, in the foreground, until SIGTERM
    Serve,
    /// Carry a console of another host to the daemon of this one
    Attach(serve::Attaching),
    /// Show the settings in effect
    #[command(subcommand)]
    Config(config::Action),
    /// Print completions for a shell
    Completions(extras::Completions),
    /// Print a page of the manual, or write all of them
    Man(manual::Arguments),
    /// Show which version this is, of which source, and which schema its store has
    Version,
}

/// Runs the program with these arguments, its name first. For any kind of list all that the program awaits would be compiled
/// once more, for whoever calls it.
pub fn run(arguments: Vec<OsString>) -> ExitCode {
    let cli = match parse(arguments) {
        Ok(cli) => cli,
        Err(error) => return failure::usage(&error),
    };
    let mut out = Output::standard(&cli.globals);
    // Boxed: all that it awaits would be compiled for each of several places that poll it.
    let done = session::with_runtime(Box::pin(dispatch(cli, &mut out)));
    match done.and_then(|exit| out.finish().map(|()| exit)) {
        Ok(exit) => exit.into(),
        Err(failure) => out.failure(&failure).into(),
    }
}

/// Parses as the program does.
pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Cli, clap::Error> {
    let matches = Cli::command().try_get_matches_from(arguments)?;
    Cli::from_arg_matches(&matches)
}

async fn dispatch(cli: Cli, out: &mut Output) -> Result<Exit, Failure> {
    let globals = cli.globals;
    let Some(command) = cli.command else { return screen(&globals, None, out).await };
    match command {
        Command::Open(target) => screen(&globals, Some(target), out).await,
        Command::Sim(arguments) => sim::run(arguments, globals.target.as_deref(), out).await,
        Command::Demo(arguments) => demo::run(arguments, &globals, out).await,
        Command::Restore(arguments) => restore::run(arguments, &globals, out).await,
        Command::Serve => serve::run(&globals, out).await,
        Command::Health(arguments) => health::run(&arguments, &globals, out).await,
        Command::Attach(arguments) => serve::attach(&globals, arguments).await,
        Command::Config(action) => config::run(&action, &globals, out),
        Command::Completions(arguments) => extras::completions(&arguments, out),
        Command::Man(arguments) => manual::run(&arguments, out),
        Command::Version => extras::version(out),
        command => {
            command.check()?;
            let session = session::open(&globals).await?;
            let mut desk = Desk::new(session.handle(), out);
            let done = match connect::target(
                globals.target.as_deref(),
                command.changes(),
                &mut desk,
            )
            .await
            {
                Ok(()) => perform(command, &mut desk).await,
                Err(failure) => Err(failure),
            };
            session.close().await;
            done
        }
    }
}

/// The console on a terminal, at a place if one is meant. Without a command there is the help anywhere else.
async fn screen(
    globals: &Globals,
    target: Option<open::Target>,
    out: &mut Output,
) -> Result<Exit, Failure> {
    match (&target, console::has_terminal()) {
        (_, true) => {}
        (None, false) => return extras::help(out),
        (Some(_), false) => {
            let text = "`open` opens the console, and there is no terminal here.";
            let advice = "Use `runs show`, `history` or `invoices show`.";
            return Err(Failure::because(Code::NoTerminal, text, advice));
        }
    }
    let config = session::settings(globals)?;
    let session = session::open_with(config.clone(), globals, session::Lasting::Console).await?;
    let place = {
        let mut desk = Desk::new(session.handle(), out);
        place(globals, target, &mut desk).await
    };
    let done = match place {
        Ok(place) => {
            let opening = console::Opening { place, demo: None };
            console::open(&session, &config, globals, opening, out).await
        }
        Err(failure) => Err(failure),
    };
    session.close().await;
    done
}

/// Where the console is to open, once the target that is named is known.
async fn place(
    globals: &Globals,
    target: Option<open::Target>,
    desk: &mut Desk<'_>,
) -> Result<Option<Place>, Failure> {
    connect::target(globals.target.as_deref(), false, desk).await?;
    match target {
        Some(target) => target.place(desk).await.map(Some),
        None => Ok(None),
    }
}

impl Command {
    /// Whether it changes something of one target.
    fn changes(&self) -> bool {
        match self {
            Self::Sync(_) | Self::Ack(_) => true,
            Self::Program(action) => matches!(action, program::Action::Set(_)),
            Self::Customers(action) => {
                !matches!(action, customers::Action::List { .. } | customers::Action::Suggest)
            }
            Self::Products(action) => !matches!(action, products::Action::List),
            Self::Retries(action) => !matches!(action, retries::Action::List),
            Self::Invoices(action) => {
                !matches!(action, invoices::Action::List | invoices::Action::Show { .. })
            }
            _ => false,
        }
    }

    /// What the parser cannot see; looked at before anything is started.
    fn check(&self) -> Result<(), Failure> {
        match self {
            Self::Customers(action) => action.check(),
            Self::Plan(arguments) => arguments.check(),
            Self::Sync(arguments) => arguments.check(),
            _ => Ok(()),
        }
    }
}

/// Carries out a command that needs nothing but the engine.
pub async fn perform(command: Command, desk: &mut Desk<'_>) -> Result<Exit, Failure> {
    match command {
        Command::Connect(action) => connect::run(action, desk).await,
        Command::Program(action) => program::run(action, desk).await,
        Command::Customers(action) => customers::run(action, desk).await,
        Command::Products(action) => products::run(action, desk).await,
        Command::Plan(arguments) => plan::run(arguments, desk).await,
        Command::Sync(arguments) => sync::run(arguments, desk).await,
        Command::Runs(action) => runs::run(action, desk).await,
        Command::Status => status::run(desk).await,
        Command::Doctor(arguments) => doctor::run(arguments, desk).await,
        Command::History(arguments) => history::run(arguments, desk).await,
        Command::Invoices(action) => invoices::run(action, desk).await,
        Command::Retries(action) => retries::run(action, desk).await,
        Command::Ack(arguments) => ack::run(arguments, desk).await,
        Command::Audit(action) => audit::run(action, desk).await,
        Command::Schedule(action) => schedule::run(action, desk).await,
        Command::Approvals(action) => approvals::run(action, desk).await,
        Command::Mail(action) => mail::run(action, desk).await,
        Command::Passphrase(action) => passphrase::run(&action, desk).await,
        Command::Logout => passphrase::lock(desk).await,
        Command::SupportBundle(arguments) => support::run(&arguments, desk).await,
        Command::Export(arguments) => export::run(&arguments, desk).await,
        Command::Backup(arguments) => backup::run(arguments, desk).await,
        Command::Sim(_)
        | Command::Demo(_)
        | Command::Open(_)
        | Command::Restore(_)
        | Command::Serve
        | Command::Health(_)
        | Command::Attach(_)
        | Command::Config(_)
        | Command::Completions(_)
        | Command::Man(_)
        | Command::Version => Err(Failure::typed("This command does not ask the engine.")),
    }
}
