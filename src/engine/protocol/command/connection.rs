//! Connections: showing, storing and trying them, and choosing agreements.

use serde::{Deserialize, Serialize};

use crate::{
    domain::{AgreementId, ConnectionId, secret::Secret},
    engine::views::{ConnectionView, DeviceSignIn, EnvironmentsView, TestView},
};

/// Settings of a connection as typed. What is not given keeps its stored value, if there is one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "system", rename_all = "lowercase")]
pub enum ConnectionDraft {
    /// The source.
    Prism {
        /// `PROD`, `UAT` or the operator's own word; always on the screen.
        environment: Option<String>,
        /// API base URL.
        api_url: Option<String>,
        /// Identity base URL.
        identity_url: Option<String>,
        /// Client id.
        client_id: Option<String>,
        /// Client secret. A changed scheme, host or port needs it again.
        client_secret: Option<Secret>,
        /// Whether to send it unencrypted, if that is what the addresses say; as stored where not given.
        #[serde(default)]
        plain_http: Option<bool>,
    },
    /// A target.
    Autotask {
        /// `PROD`, `UAT` or the operator's own word.
        environment: Option<String>,
        /// Zone URL ending `/ATServicesRest/`; empty text means zone discovery.
        base_url: Option<String>,
        /// API user name.
        username: Option<String>,
        /// Tracking identifier: a secret as well.
        integration_code: Option<Secret>,
        /// Password (Secret). A changed scheme, host or port needs both again.
        secret: Option<Secret>,
        /// Whether to send them unencrypted, if that is what the address says; as stored where not given.
        #[serde(default)]
        plain_http: Option<bool>,
    },
    /// A target. Its keys are never sent unencrypted.
    Connectwise {
        /// `PROD`, `UAT` or the operator's own word.
        environment: Option<String>,
        /// The site, such as `na.myconnectwise.net`.
        site: Option<String>,
        /// The login company.
        company: Option<String>,
        /// Public key of the API member.
        public_key: Option<String>,
        /// The integration's client id.
        client_id: Option<String>,
        /// Private key of the API member. Another site needs it again.
        private_key: Option<Secret>,
    },
}

family! {
    /// About connections.
    ConnectionCommand in Connection {
        /// All connections.
        Connections => Connections(Vec<ConnectionView>),

        /// Stores a connection (after checking what was typed; no network).
        SaveConnection {
            /// What was typed.
            draft: ConnectionDraft,
        } => Done(String),

        /// Tries a connection: a stored one, or a draft laid over the stored one, which is not saved by this.
        TestConnection {
            /// Which; all stored ones where neither is given.
            name: Option<ConnectionId>,
            /// What was typed.
            draft: Option<ConnectionDraft>,
        } => Tested(Vec<TestView>),

        /// Begins credential creation by device sign-in (wire/prism 2, A18).
        GenerateCredentials {
            /// Notification address, required by PRISM.
            email: String,
            /// Where, if no connection is stored yet.
            draft: Option<ConnectionDraft>,
        } => DeviceSignIn(DeviceSignIn),

        /// Remembers that two different environments belong together, so that syncs may go from one to the other.
        ConfirmEnvironments {
            /// As they were shown to whoever confirms.
            seen: EnvironmentsView,
        } => Done(String),

        /// Has everything that is asked from now on be about this target, where there are several. A run that is on goes on.
        UseTarget {
            /// Its name.
            name: ConnectionId,
        } => Done(String),

        /// Chooses the agreement (or several) to sync (sync-rules 2.5).
        ChooseAgreements {
            /// Their ids.
            agreements: Vec<AgreementId>,
        } => Done(String),
    }
}

family! {
    /// About a sign-in that waits to be approved elsewhere: what gives it up spares everything else.
    SignInCommand in SignIn {
        /// Waits until the operator has approved the sign-in, then stores the connection. Cancel with `command::Cancel`.
        AwaitCredentials {
            /// What `Answer::DeviceSignIn` gave.
            sign_in: DeviceSignIn,
        } => Done(String),
    }
}
