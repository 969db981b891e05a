//! What earlier months began on a service and is not over when a later month comes to it: a write of theirs may still
//! come late (sync-rules 8.2).
//!
//! It must not read or write by itself.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use crate::{
    domain::{Day, RunId, ServiceId, target::PresentContract},
    engine::{
        sync::{
            records::Began,
            writing::{journal::Entry, progress::Progress},
        },
        tables::BASELINES,
    },
    store::{Batch, Key},
};

/// An application of an earlier month to one service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Earlier {
    /// The service.
    pub service: ServiceId,
    /// Its place in [`BASELINES`].
    pub key: Key,
    /// How far it came; of this service only.
    pub progress: Progress,
    /// Those of its writes that were found to have come late: they are still to be taken back.
    pub late: Vec<Entry>,
}

/// The moment from which this month's quantities are what an earlier one must keep.
#[derive(Clone, Copy, Debug)]
pub struct Handover<'a> {
    /// What is there, with all that this month has written.
    pub present: &'a PresentContract,
    /// This month's first day: from there on it has made of the quantity what its invoice says.
    pub month: Day,
    /// The first day from which it was read: what is known of days before that is older.
    pub from: Day,
    /// Writes from this run and number on come after it.
    pub since: (RunId, u64),
    /// What was sent before is not under way any more.
    pub long_ago: DateTime<Utc>,
}

impl Earlier {
    /// With the writes of its invoice, and what stands of those of others, but for the one that it is asked for.
    #[must_use]
    pub fn new(
        service: ServiceId,
        key: Key,
        began: Began,
        entries: Vec<Entry>,
        others: Vec<Entry>,
    ) -> Self {
        let mut progress = Progress { entries, others, ..Progress::default() };
        progress.warnings.insert(service, began.warnings.clone());
        progress.began.insert(service, began);
        Self { service, key, progress, late: Vec::new() }
    }

    /// Where it goes on from there: what of it may still come late, or came late, is told from what is there by now. All
    /// else of it is over.
    fn hand_on(&self, batch: &mut Batch, moment: &Handover<'_>) {
        let doubtful = self.progress.doubtful(moment.since.0, moment.long_ago);
        let open = !self.late.is_empty() || !doubtful.is_empty();
        let began = self.progress.handed_on(self.service, &self.late, moment).filter(|_| open);
        let Some(began) = began else { return batch.remove(BASELINES, &self.key) };
        let warnings = self.progress.warnings.get(&self.service).cloned().unwrap_or_default();
        batch.put(BASELINES, &self.key, &Began { warnings, ..began });
    }
}

impl Progress {
    /// This month is recorded: what earlier ones began on its services, but for those that failed in it, keeps what it has
    /// made of them (sync-rules 4.3).
    pub fn hand_on(&self, batch: &mut Batch, failed: &BTreeSet<ServiceId>, moment: &Handover<'_>) {
        for earlier in self.earlier.iter().filter(|earlier| !failed.contains(&earlier.service)) {
            earlier.hand_on(batch, moment);
        }
    }
}
