//! The way to the engine, for whoever shows it.
//!
//! It must not know what becomes of a command.

use tokio::sync::{broadcast, mpsc, oneshot};

use crate::{
    domain::{Code, outcome::Finding},
    engine::protocol::{
        Actor, Ask, ClientId, Command, Event, Refusal, RefusalKind, Reply, Request, Trigger,
        command::Cancel,
    },
};

/// A request with the place its one reply goes to.
pub type Asked = (Request, oneshot::Sender<Reply>);

/// The way to the engine, for whoever shows it. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Handle {
    actor: Actor,
    client: ClientId,
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
        Self { actor, client: ClientId::default(), requests, events }
    }

    /// The same for somebody who only looks.
    #[must_use]
    pub(crate) fn read_only(self) -> Self {
        let actor = Actor { read_only: true, ..self.actor };
        Self { actor, ..self }
    }

    /// The same on behalf of somebody else.
    #[must_use]
    pub fn of(self, actor: Actor) -> Self {
        Self { actor, ..self }
    }

    /// The same for one of several that ask at once, on behalf of somebody.
    #[must_use]
    pub(crate) fn of_client(self, client: ClientId, actor: Actor) -> Self {
        Self { actor, client, ..self }
    }

    /// On whose behalf it asks.
    #[must_use]
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// Asks, and waits for the one reply. The request is on its way when this returns: what is asked after it arrives after it.
    pub fn ask<A: Ask>(
        &self,
        asked: A,
    ) -> impl Future<Output = Result<A::Answer, Refusal>> + Send + use<A> {
        let reply = self.ask_because(Trigger::Operator, asked.into());
        async move { A::taken(reply.await?).ok_or_else(Refusal::unexpected) }
    }

    /// Stops what runs because of a signal to this process, as [`Cancel`] does at somebody's word.
    pub fn interrupt(&self) -> impl Future<Output = Reply> + Send + use<> {
        self.ask_because(Trigger::Signal, Cancel.into())
    }

    /// Asks for what somebody else put together; the one reply as it is.
    pub(crate) fn ask_because(
        &self,
        trigger: Trigger,
        command: Command,
    ) -> impl Future<Output = Reply> + Send + use<> {
        let (actor, client) = (self.actor.clone(), self.client);
        let request = Request { actor, client, trigger, command };
        let (reply, answer) = oneshot::channel();
        // Where nobody takes it, the way back is gone with it.
        let _ = self.requests.send((request, reply));
        async move {
            answer.await.unwrap_or_else(|_| {
                let text = "The engine has stopped.";
                let finding = Finding::new(Code::EngineGone, text, "Start again.");
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
