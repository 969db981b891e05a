//! Every fact about ConnectWise that is assumed rather than documented or seen, in one place, with its hedge.
//!
//! Nothing else of the adapter may state such a fact; a server that behaves otherwise is met by changing this page.

use std::time::Duration;

use crate::{domain::Code, http::Pace};

/// The release whose models are asked for (wire/connectwise 2): additions and catalog items are the same in all of 2025.1 to
/// 2026.4, and new members are ignored.
pub(super) const ACCEPT: &str = "application/vnd.connectwise.com+json; version=2025.16";

/// Where a server does not tell its code base in a form that is understood: most integrations use this one (1).
pub(super) const CODE_BASE: &str = "v4_6_release";

/// Our own ceiling (A14): a burst of 12 readers was turned away, 4 were not (10).
pub(super) const PACE: Pace = Pace { in_flight: 4, a_minute: 600 };

/// How long to wait after a 429 that does not say (10).
pub(super) const TURNED_AWAY: Duration = Duration::from_secs(30);

/// Rows of a page; also the most that the server gives, which cuts a larger number (A7).
pub(super) const PAGE: usize = 1000;

/// Characters of a URL that are always taken (1).
pub(super) const LONGEST_URL: usize = 2000;

/// Hosts of ConnectWise's own cloud, as people type them: the API is at the same name with `api-` in front (1).
pub(super) const CLOUD: [&str; 6] = [
    "na.myconnectwise.net",
    "eu.myconnectwise.net",
    "au.myconnectwise.net",
    "aus.myconnectwise.net",
    "za.myconnectwise.net",
    "staging.connectwisedev.com",
];

/// The only two refusals that are told apart by their texts, as they share one code (9, 11.4). In lower case.
pub(super) const REFUSALS: [(&str, Code); 2] = [
    ("cannot be less than the agreement billing start date", Code::EffectiveDate),
    ("since this period has already been invoiced", Code::PostedPeriod),
];
