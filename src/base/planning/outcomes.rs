//! How subscriptions, customers and runs ended (sync-rules 7).
//!
//! It must not know how a write went on the wire: only whether it stands.

use crate::domain::{
    Code,
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
pub fn of_subscription(
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

/// That a run was stopped amid the changes of a customer, so many of which are written already: what stands there is neither
/// what it was nor what the invoice says.
pub fn partly_written(written: u64, left: u64) -> Option<Finding> {
    let text = match (written, left) {
        (0, _) => return None,
        (1, 0) => "1 change of it is written; the run was stopped before the rest.".to_owned(),
        (_, 0) => {
            format!("{written} changes of it are written; the run was stopped before the rest.")
        }
        _ => {
            let all = written.saturating_add(left);
            format!(
                "{written} of its {all} changes are written; the run was stopped before the rest."
            )
        }
    };
    let advice = "`prism-connect sync --retry-failed` writes the rest; nothing is written twice.";
    Some(Finding::new(Code::PartlyWritten, text, advice))
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
        counts.customers.partly_written += u64::from(row.is_partly_written());
        let bought = row.subscriptions.iter().filter(|bought| bought.subscription_id.is_some());
        bought.for_each(|bought| counts.subscriptions.count(bought.status));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_customer_amid_whose_changes_a_run_was_stopped_is_partly_written() {
        let told = |written, left| partly_written(written, left).map(|finding| finding.text);
        assert_eq!(told(0, 14), None);
        let all = "12 of its 14 changes are written; the run was stopped before the rest.";
        assert_eq!(told(12, 2).as_deref(), Some(all));
    }

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
