//! How subscriptions, customers and runs ended (sync-rules 7).
//!
//! It must not know how a write went on the wire: only whether it stands.

use crate::domain::{
    outcome::{Finding, Outcome},
    run::{Counts, CustomerRow},
};

use super::{
    group::GroupSubscription,
    plan::{ContractPlan, ServicePlan},
};

/// What became of a service's writes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Carried {
    /// How many of them stand.
    pub written: u64,
    /// Why the rest was not written, or could not be confirmed.
    pub failed: Option<Finding>,
    /// What verification or the target had to say on the way.
    pub warnings: Vec<Finding>,
    /// Whether the run was stopped before all of it was written.
    pub cut_short: bool,
}

/// The worst of them; *No Change* of none.
pub fn worst(outcomes: impl IntoIterator<Item = Outcome>) -> Outcome {
    outcomes.into_iter().max().unwrap_or_default()
}

/// How one subscription of a plan ended, given what became of its service.
pub(crate) fn of_subscription(
    bought: &GroupSubscription,
    service: Option<&ServicePlan>,
    carried: &Carried,
) -> Outcome {
    let failed = bought.problem.is_some()
        || carried.failed.is_some()
        || service.is_some_and(|service| service.refused.is_some());
    let warned = !bought.warnings.is_empty()
        || !carried.warnings.is_empty()
        || service.is_some_and(|service| !service.warnings.is_empty());
    match () {
        () if failed => Outcome::Failure,
        () if carried.cut_short => Outcome::NotAttempted,
        () if warned => Outcome::Warning,
        () if carried.written == 0 => Outcome::NoChange,
        () => Outcome::Success,
    }
}

/// What a plan will come to if every write goes as planned: the worst of its subscriptions.
#[must_use]
pub fn foreseen(plan: &ContractPlan) -> Outcome {
    let of_contract = if plan.refused.is_some() { Outcome::Failure } else { Outcome::NoChange };
    let of_services = plan.services.iter().map(|service| match () {
        () if service.refused.is_some() => Outcome::Failure,
        () if !service.warnings.is_empty() => Outcome::Warning,
        () if !service.operations.is_empty() => Outcome::Success,
        () => Outcome::NoChange,
    });
    let of_subscriptions = plan.subscriptions.iter().map(|bought| {
        let service = bought.service.and_then(|service| plan.service(service));
        let written = service.map_or(0, |service| service.operations.len() as u64);
        of_subscription(bought, service, &Carried { written, ..Carried::default() })
    });
    worst(of_services.chain(of_subscriptions).chain([of_contract]))
}

/// How a customer ended: the worst of its subscriptions, or Failure where it failed as a whole.
#[must_use]
pub fn of_customer(row: &CustomerRow) -> Outcome {
    let whole = match (&row.error, row.warnings.is_empty()) {
        (Some(_), _) => Outcome::Failure,
        (None, false) => Outcome::Warning,
        (None, true) => Outcome::NoChange,
    };
    worst(row.subscriptions.iter().map(|bought| bought.status).chain([whole]))
}

/// How a run ended: the worst of its customers, or Failure where it broke off, or an invoice could not be synced.
pub fn of_run(customers: impl IntoIterator<Item = Outcome>, broke_off: bool) -> Outcome {
    let whole = if broke_off { Outcome::Failure } else { Outcome::NoChange };
    worst(customers.into_iter().chain([whole]))
}

/// Counts customers and subscriptions of a run into its counters (R49); rows that speak of no subscription are none.
pub fn count(rows: &[CustomerRow], counts: &mut Counts) {
    for row in rows {
        counts.customers.count(row.status);
        let bought = row.subscriptions.iter().filter(|bought| bought.subscription_id.is_some());
        bought.for_each(|bought| counts.subscriptions.count(bought.status));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_counts() {
        use Outcome::{Failure, NoChange, NotAttempted, Success, Warning};
        assert_eq!(worst([]), NoChange);
        assert_eq!(worst([Success, NoChange]), Success);
        assert_eq!(worst([Success, Warning, NoChange]), Warning);
        assert_eq!(worst([Failure, Warning]), Failure);
        assert_eq!(worst([Success, NotAttempted, Warning]), NotAttempted);
        assert_eq!(of_run([NotAttempted], true), Failure);
        assert_eq!(of_run([Success], true), Failure);
    }
}
