//! The connections of a simulated world, as an operator would type them in.

use prism_connect::{domain::secret::Secret, engine::protocol::ConnectionDraft, sim::Addresses};

/// That of PRISM and that of the target: of ConnectWise, where Autotask is not served.
pub fn drafts(addresses: Addresses) -> [ConnectionDraft; 2] {
    let Addresses { prism, autotask, connectwise, .. } = addresses;
    let connectwise = connectwise.filter(|_| autotask.base_url.is_empty());
    let target = connectwise.map_or_else(
        || ConnectionDraft::Autotask {
            environment: None,
            base_url: Some(autotask.base_url.clone()),
            username: Some(autotask.username.clone()),
            integration_code: Some(Secret::new(autotask.integration_code.clone())),
            secret: Some(Secret::new(autotask.secret.clone())),
            plain_http: None,
        },
        |at| ConnectionDraft::Connectwise {
            environment: None,
            site: Some(at.site),
            company: Some(at.company),
            public_key: Some(at.public_key),
            client_id: Some(at.client_id),
            private_key: Some(Secret::new(at.private_key)),
        },
    );
    [
        ConnectionDraft::Prism {
            environment: None,
            api_url: Some(prism.api_url),
            identity_url: Some(prism.identity_url),
            client_id: Some(prism.client_id),
            client_secret: Some(Secret::new(prism.client_secret)),
            plain_http: None,
        },
        target,
    ]
}
