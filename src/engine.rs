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
pub mod sync;
pub mod tables;
pub mod views;

mod actor;
mod authorize;
mod cache;
mod connections;
mod context;
mod dashboard;
mod flight;
mod history;
mod invoices;
mod launch;
mod maintenance;
mod products;
mod program;
mod refusals;
mod run_log;
mod start;

pub use maintenance::restore::{is_installed, restore};
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

    /// Asks, and waits for the one reply. The request is on its way when this returns: what is asked after it arrives after it.
    pub fn ask(&self, command: Command) -> impl Future<Output = Reply> + Send + use<> {
        self.ask_because(Trigger::Operator, command)
    }

    /// Stops what runs because of a signal to this process, as [`Command::Cancel`] does at somebody's word.
    pub fn interrupt(&self) -> impl Future<Output = Reply> + Send + use<> {
        self.ask_because(Trigger::Signal, Command::Cancel)
    }

    fn ask_because(
        &self,
        trigger: Trigger,
        command: Command,
    ) -> impl Future<Output = Reply> + Send + use<> {
        let request = Request { actor: self.actor.clone(), trigger, command };
        let (reply, answer) = oneshot::channel();
        // Where nobody takes it, the way back is gone with it.
        let _ = self.requests.send((request, reply));
        async move {
            answer.await.unwrap_or_else(|_| {
                let text = "The engine has stopped.";
                let finding = Finding::new("engine_gone", text, "Start again.");
                Err(Refusal::new(RefusalKind::Failed, finding))
            })
        }
    }

    /// Events from now on. One that lags behind misses events: ask for the status again.
    #[must_use]
    pub fn events(&self) -> broadcast::Receiver<Event> {
        self.events.subscribe()
    }
}
