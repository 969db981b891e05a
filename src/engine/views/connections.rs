//! What is shown of connections and program options.

#![expect(missing_docs, reason = "what has no sentence is what its name says")]

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    domain::{
        AgreementId, ConnectionId, Thing, choice::ChoiceOption, outcome::Finding,
        policy::ProgramOptions, target::TargetKind,
    },
    psa::Probe,
};

/// What a connection leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SystemKind {
    /// The source.
    Prism,
    /// A target.
    Autotask,
    /// A target.
    Connectwise,
}

impl SystemKind {
    /// Which target it is, if it is one.
    #[must_use]
    pub fn target(self) -> Option<TargetKind> {
        match self {
            Self::Prism => None,
            Self::Autotask => Some(TargetKind::Autotask),
            Self::Connectwise => Some(TargetKind::Connectwise),
        }
    }

    /// As commands and JSON have it: `prism-connect connect WORD`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Prism => "prism",
            Self::Autotask => "autotask",
            Self::Connectwise => "connectwise",
        }
    }
}

/// A connection's name as people say it: one that is named after its system has the system's capitals.
#[must_use]
pub fn connection_title(name: &ConnectionId) -> String {
    let systems = [SystemKind::Prism, SystemKind::Autotask, SystemKind::Connectwise];
    let system = systems.iter().find(|system| system.word() == name.as_str());
    system.map_or_else(|| name.to_string(), ToString::to_string)
}

/// As people say it.
impl fmt::Display for SystemKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Prism => "PRISM",
            Self::Autotask => "Autotask",
            Self::Connectwise => "ConnectWise",
        })
    }
}

/// Whether a connection works.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum ConnectionState {
    /// Nothing is stored.
    NotConfigured,
    /// Stored, not tried since.
    Untested,
    /// The last request went through.
    Connected,
    /// The last request did not.
    Failing { finding: Finding },
}

/// One connection card (R13, R14).
#[expect(clippy::struct_excessive_bools, reason = "each tells something of its own on the card")]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionView {
    /// Its name; also of those not configured yet.
    pub name: ConnectionId,
    /// What it leads to.
    pub system: SystemKind,
    /// Whether it is the target that is looked at.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub in_use: bool,
    /// `PROD`, `UAT` or the operator's word.
    pub environment: String,
    /// Base, zone or API URL.
    pub url: Option<String>,
    /// Identity URL, of PRISM.
    pub identity_url: Option<String>,
    /// Client id or user name.
    pub user: Option<String>,
    /// The login company, of ConnectWise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company: Option<String>,
    /// The integration's client id, of ConnectWise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// Whether a tracking identifier is stored, of Autotask.
    #[serde(default)]
    pub has_integration_code: bool,
    /// Whether a secret is stored.
    pub has_secret: bool,
    /// Whether an address is plain `http` and not on this machine: said wherever the connection is shown.
    #[serde(default)]
    pub plain_http: bool,
    /// Whether it works.
    pub state: ConnectionState,
    /// When it was last tried.
    pub checked_at: Option<DateTime<Utc>>,
    /// Agreements to choose from, of PRISM, with whether each is chosen.
    pub agreements: Vec<AgreementView>,
    /// What the last probe found.
    pub probe: Option<Probe>,
}

/// An agreement of PRISM, as an operator knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgreementView {
    pub id: AgreementId,
    /// The number that stands on its invoices, once one was seen.
    #[serde(default)]
    pub number: Option<String>,
    /// The program's name.
    pub name: String,
    /// Whether its invoices are synced.
    pub chosen: bool,
}

impl AgreementView {
    /// By its number, or its id where no invoice told that yet, and its name.
    #[must_use]
    pub fn called(&self) -> String {
        format!("{} {}", self.number.as_deref().unwrap_or(self.id.as_str()), self.name)
    }
}

/// The environments on both sides of a sync.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnvironmentsView {
    /// Such as `PRISM UAT`.
    pub source: String,
    /// Such as `Autotask PROD`.
    pub target: String,
    /// Whether they are called differently.
    pub mixed: bool,
    /// Whether an operator said that they belong together although they are.
    pub confirmed: bool,
}

impl fmt::Display for EnvironmentsView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} → {}", self.source, self.target)
    }
}

/// The result of one connection test.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestView {
    pub name: ConnectionId,
    /// Whether it went well.
    pub ok: bool,
    pub text: String,
    /// Why not, if so.
    pub finding: Option<Finding>,
    /// Rights and URL, of a target.
    pub probe: Option<Probe>,
}

/// A device sign-in under way (RFC 8628).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceSignIn {
    /// Where to go, on any machine.
    pub verification_url: String,
    /// What to type there.
    pub user_code: String,
    /// What the poll sends.
    pub device_code: String,
    /// Seconds between polls.
    pub interval_seconds: u64,
    /// When the code stops working.
    pub expires_at: DateTime<Utc>,
    /// For the credentials' notification address.
    pub email: String,
    /// PRISM's API base URL.
    pub api_url: String,
    /// PRISM's identity base URL.
    pub identity_url: String,
    /// Whether these may be plain `http`.
    #[serde(default)]
    pub plain_http: bool,
}

/// Options with what can be chosen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProgramView {
    /// Such as `Microsoft CSP`.
    pub program: String,
    pub target: ConnectionId,
    /// Its zone URL.
    pub target_url: Option<String>,
    pub options: ProgramOptions,
    /// What new services are made with, wholes before their parts.
    pub choices: Vec<ChoiceView>,
    /// Why choices are missing, if so.
    pub finding: Option<Finding>,
}

/// One thing that new services of the target are made with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChoiceView {
    /// Under which word it is set and stored, such as `billing_code`.
    pub name: String,
    /// Such as *Billing code*.
    pub label: String,
    /// Whether nothing new can be made without one.
    pub required: bool,
    /// The name of the choice that it is a part of.
    pub within: Option<String>,
    /// What can be chosen, if it was loaded; none where the user may not see it (R3).
    pub options: Option<Vec<ChoiceOption>>,
}

impl ChoiceView {
    /// What it is of.
    #[must_use]
    pub fn what(&self) -> Option<Thing> {
        Thing::of_key(&self.name)
    }
}
