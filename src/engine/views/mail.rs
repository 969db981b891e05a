//! What is shown of the outbox.

#![expect(missing_docs, reason = "what has no sentence is what its name says")]

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    domain::{
        RunId,
        outcome::{Finding, Outcome},
    },
    engine::outbox::message::DeliveryState,
};

/// How telling outside is set up, and how far it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailView {
    /// The server or program that takes letters; none where mail is not set up.
    pub way: Option<String>,
    pub from: Option<String>,
    /// Who signs in at the server.
    pub user: Option<String>,
    /// Whether their password is in the vault; none where there is no user.
    pub has_password: Option<bool>,
    /// Whether somebody sends what there is.
    pub kept: bool,
    pub routes: Vec<RouteView>,
    pub hooks: Vec<HookView>,
    /// Deliveries that wait.
    pub waiting: u64,
    /// When the oldest message was made of which one waits.
    pub oldest: Option<DateTime<Utc>>,
    /// The newest messages, newest first.
    pub messages: Vec<MessageView>,
}

/// Who is told by mail, and on what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouteView {
    pub to: Vec<String>,
    pub on: Vec<String>,
    /// Where it is said.
    pub whence: String,
}

/// A web address that is told, without its path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HookView {
    pub origin: String,
    pub on: Vec<String>,
    pub style: String,
    /// Where its secret is; none where what is told is not signed.
    pub secret: Option<String>,
    /// Whether that is there.
    pub has_secret: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageView {
    pub number: u64,
    pub made_at: DateTime<Utc>,
    pub outcome: Outcome,
    pub run: Option<RunId>,
    pub subject: String,
    pub text: String,
    pub deliveries: Vec<DeliveryView>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryView {
    pub to: String,
    /// Whether it is a web address.
    pub web: bool,
    /// The Message-ID, without brackets.
    pub id: String,
    pub state: DeliveryState,
    pub tries: u32,
    /// When it is tried next; none where it is over.
    pub next_try: Option<DateTime<Utc>>,
    pub error: Option<Finding>,
    pub ended_at: Option<DateTime<Utc>>,
}
