//! Wanted × present → Autotask's writes (sync-rules 4.4–4.6, 4.10, 5). Pure: the same inputs give the same writes in the same order.
//!
//! It must not decide what is wanted, read anything, or know the time.

mod changes;
mod order;
mod refusals;
mod words;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

use crate::{
    domain::{
        Money,
        operation::{Operation, ServiceOperations, Wanted},
        outcome::Finding,
        policy::{Policies, SameDay},
        target::{PresentContract, PresentService},
        timeline::Timeline,
    },
    psa::Surroundings,
};

use super::assumed;
use changes::{CarriedChange, DayChanges, Prices, ShiftedChanges};

/// A price as Autotask keeps it (sync-rules 1.9).
pub(crate) fn keeps(price: Money) -> Money {
    price.rounded(assumed::PRICE_DECIMALS)
}

/// What has to be written so that one service on one contract stands as wanted.
pub(crate) fn operations(
    contract: &PresentContract,
    wanted: &Wanted,
    surroundings: &Surroundings,
    policies: &Policies,
) -> ServiceOperations {
    let present = match refusals::row(contract, wanted) {
        Ok(row) => row,
        Err(refused) => return refuse(Timeline::default(), refused),
    };
    let situation = Situation { contract, wanted, present };
    let before = situation.timeline();
    match situation.plan(surroundings, policies.same_day) {
        Ok(operations) => operations,
        Err(refused) => refuse(before, refused),
    }
}

/// A predicted refusal: nothing of the service is sent, so what stands goes on standing (sync-rules 4.5).
fn refuse(present: Timeline, refused: Finding) -> ServiceOperations {
    ServiceOperations { refused: Some(refused), after: present, ..ServiceOperations::default() }
}

/// One service on one contract, as it is and as it ought to be.
struct Situation<'a> {
    contract: &'a PresentContract,
    wanted: &'a Wanted,
    /// Its row; none where it is new to the contract.
    present: Option<&'a PresentService>,
}

impl Situation<'_> {
    fn timeline(&self) -> Timeline {
        self.present.map(PresentService::timeline).unwrap_or_default()
    }

    /// What stands there as it was asked for: a change of ours whose day was taken counts on that day.
    fn asked(&self, surroundings: &Surroundings) -> Timeline {
        let shifts = self.present.map(|row| surroundings.shifts_of(row.contract_service));
        self.timeline().as_asked(shifts.into_iter().flatten())
    }

    fn plan(
        &self,
        surroundings: &Surroundings,
        same_day: SameDay,
    ) -> Result<ServiceOperations, Finding> {
        let before = self.timeline();
        let asked = self.asked(surroundings);
        let mut changes = DayChanges::between(&asked, self.wanted);
        if self.present.is_none() {
            changes.open(&before, self.wanted);
        }
        changes.drop_what_a_finished_contract_needs_not(self.contract, self.wanted.month_end);
        if changes.is_empty() {
            return Ok(ServiceOperations { after: before, ..ServiceOperations::default() });
        }
        refusals::contract(self.contract)?;
        if self.present.is_none() {
            refusals::service(self.wanted.service, surroundings)?;
        }
        refusals::dates(&self.contract.contract, &changes)?;
        let planned = self.shift(changes, surroundings, same_day)?;
        self.write(&before, &planned)
    }

    /// Moves what falls on taken days (sync-rules 4.6).
    fn shift(
        &self,
        changes: DayChanges,
        surroundings: &Surroundings,
        same_day: SameDay,
    ) -> Result<ShiftedChanges, Finding> {
        let taken = changes::TakenDays::of(&self.contract.contract, self.present, surroundings);
        let planned = changes.shifted(&taken, &self.contract.contract);
        match planned.shifts.first() {
            Some(shift) if same_day == SameDay::Fail => Err(words::same_day_refused(shift)),
            _ => Ok(planned),
        }
    }

    fn write(
        &self,
        before: &Timeline,
        planned: &ShiftedChanges,
    ) -> Result<ServiceOperations, Finding> {
        let (steps, after) = order::ordered(before, planned.changes.steps())?;
        let mut warnings: Vec<Finding> = planned
            .shifts
            .iter()
            .map(|shift| words::same_day(self, planned, &after, shift))
            .collect();
        let adjustments = steps.iter().map(|(day, change)| Operation::AdjustUnits {
            contract: self.contract.contract.id,
            service: self.wanted.service,
            contract_service: self.present.map(|row| row.contract_service),
            effective: *day,
            units: change.units,
            unit_price: change.prices.price,
            unit_cost: change.prices.cost,
        });
        let operations: Vec<Operation> = match adjustments.len() {
            0 => Vec::new(),
            _ => self.creation().into_iter().chain(adjustments).collect(),
        };
        warnings.extend(words::posted(self.present, &steps, &after));
        let residues = planned.residues.iter();
        let residues =
            residues.filter_map(|shift| words::residue(self, planned, &after, shift)).collect();
        let shifts = planned.shifts.iter().filter(|shift| !shift.lost);
        let shifts = shifts.flat_map(CarriedChange::parts).collect();
        Ok(ServiceOperations { operations, warnings, residues, shifts, refused: None, after })
    }

    /// Makes the row where there is none yet, at its opening prices (sync-rules 5.1).
    fn creation(&self) -> Option<Operation> {
        let opening = Prices::opening(self.wanted);
        self.present.is_none().then_some(Operation::CreateContractService {
            contract: self.contract.contract.id,
            service: self.wanted.service,
            unit_price: opening.price,
            unit_cost: opening.cost,
        })
    }
}
