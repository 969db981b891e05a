//! What can be asked of the engine, what it answers, and what it tells while it works.
//!
//! Serialisable values from the first day (design invariant 10), so that a socket can carry them later.

use serde::{Deserialize, Serialize};

pub mod answer;
pub mod command;
pub mod event;
pub mod waits;

pub use crate::domain::run::Trigger;
pub use crate::{
    engine::protocol::answer::Answer, engine::protocol::answer::Refusal,
    engine::protocol::answer::RefusalKind, engine::protocol::answer::Reply,
};
pub use crate::{
    engine::protocol::command::Command, engine::protocol::command::ConnectionDraft,
    engine::protocol::command::ExportKind, engine::protocol::command::MapDraft,
    engine::protocol::command::NameOrId, engine::protocol::command::PlanSeen,
    engine::protocol::command::ProductText, engine::protocol::command::Scope,
    engine::protocol::command::SyncRequest, engine::protocol::command::TenantText,
};
pub use crate::{
    engine::protocol::event::Changed, engine::protocol::event::Event,
    engine::protocol::event::Happening, engine::protocol::event::ItemState,
    engine::protocol::event::Phase,
};
pub use crate::{engine::protocol::waits::Wait, engine::protocol::waits::Waits};

/// Who asks. One role for now; every command passes one check all the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// The login name on this machine.
    pub name: String,
    /// Looks at everything and changes nothing (`--read-only`).
    pub read_only: bool,
}

/// A command with who and why. The engine answers each with exactly one [`Answer`] or [`Refusal`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// Who.
    pub actor: Actor,
    /// Why.
    pub trigger: Trigger,
    /// What.
    pub command: Command,
}
