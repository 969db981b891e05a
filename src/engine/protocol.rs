//! What can be asked of the engine, what it answers, and what it tells while it works.
//!
//! Serialisable values from the first day (design invariant 10), so that a socket can carry them later.

use serde::{Deserialize, Serialize};

pub(crate) mod about;
pub mod actor;
pub(crate) mod answer;
pub mod command;
pub mod digest;
pub mod event;
pub mod live_run;
pub mod live_words;
pub(crate) mod waits;

pub use crate::domain::run::Trigger;
pub use about::About;
pub use actor::{Actor, ClientId};
pub use answer::{Answer, Refusal, RefusalKind, Reply};
pub use command::{
    Ask, Command, ConnectionDraft, MapDraft, NameOrId, PlanSeen, ProductText, Scope, SyncRequest,
    TenantText,
};
pub use digest::{Digest, Happened};
pub use event::{Changed, Event, Happening, ItemState, Phase};
pub use live_run::{
    ChangeId, ChangeState, Gauge, LiveChange, LiveItem, LiveOutcome, LiveRun, LiveSubscription,
    Totals,
};
pub use waits::{Wait, Waits};

/// A command with who and why. The engine answers each with exactly one [`Answer`] or [`Refusal`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// Who.
    pub actor: Actor,
    /// Through which of the consoles and commands that are there at once.
    #[serde(default)]
    pub client: ClientId,
    /// Why.
    pub trigger: Trigger,
    /// What.
    pub command: Command,
}
