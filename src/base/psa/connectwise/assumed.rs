//! Every fact about ConnectWise that is assumed rather than documented or seen, in one place, with its hedge.
//!
//! Nothing else of the adapter may state such a fact; a server that behaves otherwise is met by changing this page.

use std::time::Duration;

use crate::{
    domain::{Code, Day},
    http::Pace,
};

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

/// For how long after a write a list may miss it, where no setting says so (sync-rules 10.11; one integrator saw seconds, 4).
pub(super) const LIST_LAG: Duration = Duration::from_secs(30);

/// Under which new products are made (12.1), where nothing else is chosen.
pub(super) const MISCELLANEOUS: &str = "Miscellaneous";

/// What the product ids of the items hold from which that can be learnt without a right to the tables (12.1).
pub(super) const MISC: &str = "misc";

/// Characters of a catalog item's texts: releases around 2020 took no more (11.5).
pub(super) const IDENTIFIER: usize = 60;
/// Likewise the description.
pub(super) const DESCRIPTION: usize = 50;
/// Likewise the text for customers.
pub(super) const CUSTOMER_DESCRIPTION: usize = 6000;
/// Likewise `vendorSku` and `integrationXRef`.
pub(super) const ITEM_KEYS: usize = 50;

/// Company statuses of those that are no customers any more, in lower case: what they mean is in a table that the role need
/// not see.
pub(super) const INACTIVE_STATUSES: [&str; 3] = ["inactive", "not-active", "not active"];

/// An agreement without a start date carries nothing: it is taken to start at the end of time.
pub(super) fn start_of_an_agreement_without_one() -> Day {
    Day::new(9999, 12, 31).unwrap_or(Day(chrono::NaiveDate::MAX))
}
