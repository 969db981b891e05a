//! Where PRISM is, who asks, and how long an answer is waited for.

use std::time::Duration;

use url::Url;

use crate::{domain::secret::Secret, http::Call};

/// Where PRISM is and who asks (wire/prism 1, 2).
#[derive(Clone, Debug)]
pub struct PrismSettings {
    /// API base URL.
    pub api_url: Url,
    /// Identity base URL.
    pub identity_url: Url,
    /// Client id.
    pub client_id: String,
    /// Client secret.
    pub client_secret: Secret,
}

/// How long a request waits in all because it is turned away with 429.
#[derive(Clone, Copy, Debug)]
pub(super) struct LongestWait(Duration);

impl LongestWait {
    /// Whoever syncs can wait: longer than any hour in which requests are counted.
    pub(super) const OF_A_SYNC: Self = Self(Duration::from_secs(65 * 60));
    /// Somebody waits for the answer.
    pub(super) const NONE: Self = Self(Duration::ZERO);

    /// The call, which waits no longer than this.
    pub(super) fn on(self, call: Call) -> Call {
        let call = call.patient(|reply| reply.status == 429, self.0);
        if self.0.is_zero() { call } else { call.believing(self.0) }
    }
}

/// A path under a base URL, each segment encoded; an empty last one gives the slash at the end.
pub(super) fn at<const N: usize>(base: &Url, path: [&str; N]) -> Url {
    let mut url = base.clone();
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().extend(path);
    }
    url.set_query(None);
    url.set_fragment(None);
    url
}
