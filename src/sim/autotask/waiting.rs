//! Services that people put on contracts, at once or after the next read of something. What then happens is not said here.

use chrono::NaiveDate;
use serde::Deserialize;

use super::schema::Entity;

/// A service that someone puts on a contract.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ServiceAddition {
    pub(super) service_id: i64,
    #[serde(default)]
    pub(super) units: i64,
    /// The day from which there are units; the contract's first day where none is named.
    pub(super) date: Option<NaiveDate>,
    /// Not now, but after the next read of this entity was answered.
    pub(super) after_read_of: Option<String>,
}

/// A manual act that waits for a read.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) entity: &'static Entity,
    pub(super) contract: i64,
    pub(super) addition: ServiceAddition,
}
