//! Where an Autotask tenant is, and who asks. It must not send anything.

use url::Url;

use crate::domain::secret::Secret;

/// How to reach one Autotask tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AutotaskSettings {
    /// The zone's URL; none lets it be discovered by the user's name (wire/autotask 1).
    pub base_url: Option<Url>,
    /// Where to discover the zone; none for Autotask's own host.
    pub discovery_url: Option<Url>,
    /// The API user's name, which looks like an e-mail address.
    pub username: String,
    /// The tracking identifier of the API user: a secret as well.
    pub integration_code: Secret,
    /// The API user's secret.
    pub secret: Secret,
}
