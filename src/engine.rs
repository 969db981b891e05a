//! The actor between those who show and those who do: takes [`protocol::Command`]s, gives
//! [`protocol::Answer`]s and [`protocol::Event`]s, runs one sync at a time, and keeps the journal protocol.
//!
//! It must not print, draw, or know HTTP. Console, command line and socket send it the same
//! commands (design invariant 7).

use tokio::sync::{broadcast, mpsc, oneshot};

use protocol::{Actor, Answer, Command, Event, Refusal, RefusalKind, Request, Trigger};

use crate::domain::outcome::Finding;

pub mod customers;
pub mod factory;
pub mod protocol;
pub mod records;
pub mod run;
pub mod views;

mod actor;
mod attention;
mod care;
mod connections;
mod context;
mod flight;
mod guard;
mod invoices;
mod kept;
mod logged;
mod past;
mod products;
mod program;
mod refusals;
mod start;
mod status;
mod syncing;

pub use care::restore::{is_installed, restore};
pub use start::{Engine, EngineSettings, StartError, start};

/// What a command comes back as.
pub type Reply = Result<Answer, Refusal>;

/// A request with the place its one reply goes to.
pub type Asked = (Request, oneshot::Sender<Reply>);

/// The way to the engine, for whoever shows it. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Handle {
    actor: Actor,
    requests: mpsc::UnboundedSender<Asked>,
    events: broadcast::Sender<Event>,
}

impl Handle {
    /// A handle for this actor over the engine's two channels.
    #[must_use]
    pub fn new(
        actor: Actor,
        requests: mpsc::UnboundedSender<Asked>,
        events: broadcast::Sender<Event>,
    ) -> Self {
        Self { actor, requests, events }
    }

    /// Asks, and waits for the one reply.
    pub async fn ask(&self, command: Command) -> Reply {
        self.ask_because(Trigger::Operator, command).await
    }

    /// Stops what runs because of a signal to this process, as [`Command::Cancel`] does at somebody's word.
    pub async fn interrupt(&self) -> Reply {
        self.ask_because(Trigger::Signal, Command::Cancel).await
    }

    async fn ask_because(&self, trigger: Trigger, command: Command) -> Reply {
        let request = Request { actor: self.actor.clone(), trigger, command };
        let (reply, answer) = oneshot::channel();
        let gone = || {
            let finding = Finding::new("engine_gone", "The engine has stopped.", "Start again.");
            Refusal::new(RefusalKind::Failed, finding)
        };
        self.requests.send((request, reply)).map_err(|_| gone())?;
        answer.await.unwrap_or_else(|_| Err(gone()))
    }

    /// Events from now on. One that lags behind misses events: ask for the status again.
    #[must_use]
    pub fn events(&self) -> broadcast::Receiver<Event> {
        self.events.subscribe()
    }
}
