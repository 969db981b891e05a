//! The connections of a simulated world, as an operator would type them in.

use prism_connect::{domain::secret::Secret, engine::protocol::ConnectionDraft, sim::Addresses};

/// That of PRISM and that of Autotask.
pub fn drafts(addresses: Addresses) -> [ConnectionDraft; 2] {
    let Addresses { prism, autotask, .. } = addresses;
    [
        ConnectionDraft::Prism {
            environment: None,
            api_url: Some(prism.api_url),
            identity_url: Some(prism.identity_url),
            client_id: Some(prism.client_id),
            client_secret: Some(Secret::new(prism.client_secret)),
            plain_http: None,
        },
        ConnectionDraft::Autotask {
            environment: None,
            base_url: Some(autotask.base_url),
            username: Some(autotask.username),
            integration_code: Some(Secret::new(autotask.integration_code)),
            secret: Some(Secret::new(autotask.secret)),
            plain_http: None,
        },
    ]
}
