//! Which prices the journal's entries have left in the target. Pure.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    domain::{
        ServiceId,
        operation::{PriceStep, prices_asked},
    },
    engine::sync::writing::journal::Entry,
};

/// Prices that stand in the target by the day they were asked for, by service. Opening prices count from the first seats on.
pub(crate) fn prices_written(entries: &[Entry]) -> BTreeMap<ServiceId, Vec<PriceStep>> {
    let standing = || entries.iter().filter(|entry| entry.stands());
    let services: BTreeSet<ServiceId> = standing().filter_map(|entry| entry.service).collect();
    let of = |service: ServiceId| {
        let mine = || standing().filter(move |entry| entry.service == Some(service));
        let first = mine().filter_map(|entry| entry.operation.effective()).min();
        let step = |entry: &Entry| entry.operation.price_step(first);
        let steps = mine().filter_map(|entry| Some(prices_asked(step(entry)?, &entry.shifts)));
        let mut steps: Vec<PriceStep> = steps.flatten().collect();
        // The first units repeat what the row opened at.
        steps.dedup();
        (service, steps)
    };
    services.into_iter().map(of).filter(|(_, steps): &(_, Vec<_>)| !steps.is_empty()).collect()
}
