//! What a command works at: the engine to ask, and where to print.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::{failure::Failure, output::Output, progress::ProgressLine, secrets, table::Table};
use crate::{
    domain::{Code, terms::Terms},
    engine::{
        Handle,
        protocol::{
            Answer, Ask, Command, Refusal, RefusalKind, Trigger,
            command::{self, ApprovalCommand, Unlock},
        },
    },
};

/// How often a wrong passphrase may be typed.
const TRIES: u32 = 3;

/// The engine, and where to print.
pub struct Desk<'out> {
    handle: Handle,
    /// Listened for from the first request to the end: one that comes between two requests stops the second. Before
    /// the first, a file or a terminal may be read, and an interrupt ends the program.
    interrupts: Option<Interrupts>,
    /// Where to print.
    pub out: &'out mut Output,
}

impl<'out> Desk<'out> {
    /// For one command.
    pub fn new(handle: Handle, out: &'out mut Output) -> Self {
        Self { handle, interrupts: None, out }
    }

    /// Asks the engine; asks for the passphrase first where the vault is locked. An interrupt cancels what is asked
    /// for, which then ends between two changes.
    pub async fn ask<A: Ask>(&mut self, asked: A) -> Result<A::Answer, Failure> {
        answer_of::<A>(self.answer(asked.into()).await?)
    }

    /// The same of any command: what is asked is no type here, so that it is compiled once.
    async fn answer(&mut self, asked: Command) -> Result<Answer, Failure> {
        let mut tries = 0;
        loop {
            match self.answer_once(asked.clone(), None).await {
                Err(Failure::Refused(refusal))
                    if refusal.kind == RefusalKind::Locked
                        && tries < TRIES
                        && secrets::can_prompt() =>
                {
                    tries += 1;
                    self.unlock().await?;
                }
                reply => return reply,
            }
        }
    }

    /// What the users of the target that is looked at call things.
    pub(super) async fn terms(&mut self) -> Result<Terms, Failure> {
        let connections = self.ask(command::Connections).await?;
        let in_use = connections.iter().find(|one| one.in_use);
        Ok(in_use.and_then(|one| one.system.target()).map(Terms::of).unwrap_or_default())
    }

    /// Prints a table, its headings in these terms.
    pub(super) async fn table(&mut self, table: Table) -> Result<(), Failure> {
        let table = table.in_terms(self.terms().await?);
        self.out.table(&table)
    }

    /// The same, showing how far it is.
    pub async fn ask_showing<A: Ask>(&mut self, asked: A) -> Result<A::Answer, Failure> {
        let progress = ProgressLine::new(self.out, self.handle.events());
        answer_of::<A>(self.answer_once(asked.into(), Some(progress)).await?)
    }

    /// Asks for the passphrase where the vault is locked and somebody can type it.
    pub(super) async fn open_vault(&mut self) -> Result<(), Failure> {
        for _ in 0..TRIES {
            let vault = self.answer_once(command::Vault.into(), None).await?;
            if answer_of::<command::Vault>(vault)?.unlocked || !secrets::can_prompt() {
                break;
            }
            self.unlock().await?;
        }
        Ok(())
    }

    async fn unlock(&mut self) -> Result<(), Failure> {
        let passphrase = secrets::prompt("Passphrase of the vault")?;
        match self.answer_once(Unlock { passphrase }.into(), None).await {
            Err(Failure::Refused(refusal)) if refusal.finding.code == Code::VaultPassphrase => {
                self.out.remark(&refusal.finding.text)?;
                Ok(())
            }
            reply => reply.map(|_| ()),
        }
    }

    async fn answer_once(
        &mut self,
        asked: Command,
        mut progress: Option<ProgressLine>,
    ) -> Result<Answer, Failure> {
        let interrupts = match &mut self.interrupts {
            Some(interrupts) => interrupts,
            none => none.insert(Interrupts::listen()?),
        };
        let stopping = stopping(&asked);
        let asked = self.handle.ask_because(Trigger::Operator, asked);
        tokio::pin!(asked);
        loop {
            tokio::select! {
                reply = &mut asked => {
                    if let Some(progress) = progress.take() {
                        progress.finish();
                    }
                    return reply.map_err(Failure::from);
                }
                () = interrupts.next() => {
                    self.out.interrupted = true;
                    self.out.remark(stopping)?;
                    // Whether anything was cancelled shows in the reply that is awaited.
                    let _ = self.handle.interrupt().await;
                }
                () = ProgressLine::follow(progress.as_mut()) => {}
            }
        }
    }
}

fn answer_of<A: Ask>(answer: Answer) -> Result<A::Answer, Failure> {
    A::taken(answer).ok_or_else(|| Refusal::unexpected().into())
}

/// What is said at an interrupt, until the reply says what became of it.
fn stopping(command: &Command) -> &'static str {
    match command {
        Command::Run(_) | Command::Approval(ApprovalCommand::Approve(_)) => {
            "Stopping between two changes …"
        }
        Command::SignIn(_) => "Giving up the sign-in …",
        Command::Connection(_)
        | Command::Program(_)
        | Command::Customer(_)
        | Command::Product(_)
        | Command::Plan(_)
        | Command::Stop(_)
        | Command::History(_)
        | Command::Invoice(_)
        | Command::Dashboard(_)
        | Command::Maintenance(_)
        | Command::Audit(_)
        | Command::Schedule(_)
        | Command::Approval(_)
        | Command::Mail(_) => "Stopping …",
    }
}

/// Ctrl-C, a polite kill, and a lost terminal.
pub(super) struct Interrupts {
    signals: [Signal; 3],
}

impl Interrupts {
    pub(super) fn listen() -> io::Result<Self> {
        let signals = [
            signal(SignalKind::interrupt())?,
            signal(SignalKind::terminate())?,
            signal(SignalKind::hangup())?,
        ];
        Ok(Self { signals })
    }

    pub(super) async fn next(&mut self) {
        let [interrupt, terminate, hangup] = &mut self.signals;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    }
}
