//! The client's side: what a console or a command works with where a daemon has the data.
//!
//! It must not know what is asked.

use tokio::sync::{broadcast, mpsc};

use super::{
    link::{self, Link},
    talk::{Hello, PROTOCOL, Welcome},
    way::Way,
};
use crate::{
    clock::Clock,
    engine::{
        Handle,
        protocol::{Actor, Refusal},
    },
};

/// So many events are kept for one who lags behind.
const EVENTS_KEPT: usize = 4096;

/// Attached to a daemon.
#[derive(Debug)]
pub struct Attached {
    handle: Handle,
    welcome: Welcome,
    way: Way,
    link: tokio::task::JoinHandle<()>,
}

/// Who attaches, and for how long.
#[derive(Debug)]
pub struct Client {
    /// As they are called here; the daemon asks the kernel.
    pub actor: Actor,
    /// For pauses.
    pub clock: Clock,
    /// Whether a daemon that goes away is looked for again: a console does, a command ends.
    pub lasting: bool,
}

/// Attaches to the daemon that a way leads to.
///
/// # Errors
/// Why nobody could be reached there, or why the two do not understand each other.
pub async fn attach(way: Way, client: Client) -> Result<Attached, Refusal> {
    let Client { actor, clock, lasting } = client;
    let hello = Hello {
        protocol: PROTOCOL,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        read_only: actor.read_only,
        origin: actor.origin.clone(),
    };
    let greeted = link::greet(&way, &hello, false).await?;
    let welcome = greeted.welcome.clone();
    let actor = Actor { role: welcome.role, ..actor };
    let (asked, requests) = mpsc::unbounded_channel();
    let (events, _) = broadcast::channel(EVENTS_KEPT);
    let handle = Handle::new(actor, asked, events.clone());
    let link = Link { way: way.clone(), hello, clock, requests, events, lasting, heard: None };
    let link = tokio::spawn(link.serve(greeted));
    Ok(Attached { handle, welcome, way, link })
}

impl Attached {
    /// The way to ask it.
    #[must_use]
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }

    /// What the daemon said of itself.
    #[must_use]
    pub fn welcome(&self) -> &Welcome {
        &self.welcome
    }

    /// Which daemon it is, for people.
    #[must_use]
    pub fn leads_to(&self) -> String {
        self.way.leads_to()
    }

    /// Leaves it. What runs goes on.
    pub async fn close(self) {
        let Self { handle, mut link, .. } = self;
        drop(handle);
        // Others may hold a handle still.
        if tokio::time::timeout(std::time::Duration::from_millis(100), &mut link).await.is_err() {
            link.abort();
        }
    }
}
