//! What people outside are told of plans that wait: the one place that does.
//!
//! It must not decide who is told, or how.

use chrono::{DateTime, Utc};

use crate::{
    engine::views::{ApprovedBy, WaitingPlan},
    store::Batch,
};

/// That a plan waits for approval.
pub(super) fn waits(_batch: &mut Batch, _plan: &WaitingPlan, _now: DateTime<Utc>) {}

/// That somebody approved one without the right to: everybody is told.
pub(super) fn broken_glass(_batch: &mut Batch, _plan: &WaitingPlan, _approved: &ApprovedBy) {}
