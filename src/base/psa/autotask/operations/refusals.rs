//! What Autotask would refuse, foretold with its own text where that is known (sync-rules 4.5).
//!
//! It must not shift or drop a change: it only says no.

use crate::{
    domain::{
        Code, Day, ServiceId,
        operation::Wanted,
        outcome::Finding,
        target::{Contract, ContractKind, PresentContract, PresentService},
    },
    psa::{
        Surroundings,
        autotask::{advice::finding, assumed},
    },
};

use super::changes::DayChanges;

/// Autotask's own words (R64).
const EFFECTIVE_DATE: &str = "ContractServiceAdjustment effectiveDate must be between the start \
                              date and end date of the Contract referenced by contractID.";

/// The row to be changed; none where the service is new to the contract. A second row is never made silently, or
/// its seats would count twice (sync-rules 4.7).
pub(super) fn row<'a>(
    contract: &'a PresentContract,
    wanted: &Wanted,
) -> Result<Option<&'a PresentService>, Finding> {
    let name = &contract.contract.name;
    let Some(id) = wanted.contract_service else {
        let there = contract.services.iter().find(|row| row.service == wanted.service);
        return there.map_or(Ok(None), |row| {
            let row = row.contract_service;
            let text = format!(
                "Contract “{name}” carries service {} already, as row {row}, and the sync was not told to use it.",
                wanted.service
            );
            Err(finding(Code::AmbiguousRow, text))
        });
    };
    let found = contract.services.iter().find(|row| row.contract_service == id);
    found.map(Some).ok_or_else(|| {
        let text = format!("Contract “{name}” has no row {id} of service {}.", wanted.service);
        finding(Code::AmbiguousRow, text)
    })
}

/// Only active recurring service contracts take adjustments (R57, R64).
pub(super) fn contract(present: &PresentContract) -> Result<(), Finding> {
    let contract = &present.contract;
    if let ContractKind::Other(kind) = &contract.kind {
        let text = format!(
            "Contract “{}” is a {kind} contract; only Recurring Service contracts can carry services.",
            contract.name
        );
        return Err(finding(Code::ContractKind, text));
    }
    if !contract.active {
        let text = format!("Contract “{}” is not active.", contract.name);
        return Err(finding(Code::ContractInactive, text));
    }
    Ok(())
}

/// An inactive service, or one with an inactive billing code, cannot be newly put on a contract (wire/autotask 12).
pub(super) fn service(id: ServiceId, surroundings: &Surroundings) -> Result<(), Finding> {
    let Some(service) = surroundings.services.get(&id) else { return Ok(()) };
    if !service.active {
        let text = format!(
            "Service “{}” is inactive and cannot be newly put on a contract.",
            service.name
        );
        return Err(finding(Code::ServiceInactive, text));
    }
    if service.billing_code_active == Some(false) {
        let text = format!("The billing code of service “{}” is inactive.", service.name);
        return Err(finding(Code::BillingCodeInactive, text));
    }
    Ok(())
}

/// Every change must lie within the contract's dates.
pub(super) fn dates(contract: &Contract, changes: &DayChanges) -> Result<(), Finding> {
    let inside = |day| assumed::takes_adjustments_on(contract, day);
    if changes.days().all(inside) {
        return Ok(());
    }
    Err(finding(Code::EffectiveDate, EFFECTIVE_DATE))
}

/// Taking away more than a later row holds.
pub(super) fn negative(day: Day, units: i64, least: i64) -> Finding {
    let text = format!(
        "The change of {units} on {day} would make the units negative: from that day on the contract holds as few as {least}."
    );
    finding(Code::Negative, text)
}
