//! Values that unit tests of several files begin with.

use chrono::DateTime;

use crate::domain::{
    ConnectionId, RunId,
    outcome::Outcome,
    run::{Counts, RunHeader, RunKind, Trigger},
};

/// A run of customers that has begun and come to nothing yet.
pub(crate) fn begun_run(id: u64) -> RunHeader {
    RunHeader {
        id: RunId(id),
        kind: RunKind::Customers,
        target: ConnectionId::new("target"),
        started_at: DateTime::UNIX_EPOCH,
        finished_at: None,
        status: Outcome::NoChange,
        message: None,
        refused_by: None,
        counts: Counts::default(),
        invoices: Vec::new(),
        currency: None,
        actor: "tester".to_owned(),
        trigger: Trigger::Operator,
        note: None,
        approved: None,
        attempt: 1,
    }
}
