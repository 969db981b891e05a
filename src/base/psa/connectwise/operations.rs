//! Wanted × present → lines added, ended and amended (sync-rules 10.1–10.9, 10.13, 10.17). Pure: the same inputs give the same
//! writes in the same order.
//!
//! It must not decide what is wanted, read anything, or know the time.

mod amend_back;
mod draft;
mod falls;
mod pieces;
mod prices;
mod refusals;
mod rises;
mod words;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

use crate::{
    domain::{
        Day,
        operation::{Operation, ServiceOperations, Wanted},
        outcome::Finding,
        policy::Policies,
        target::{PresentContract, PresentService},
    },
    psa::Surroundings,
};

use super::keys::bare;
use draft::{Draft, Situation, Target};
use pieces::{Piece, Pieces};

pub(super) use draft::{CENTS, keeps};

/// What has to be written so that the lines of one item on one agreement stand as wanted.
pub(super) fn operations(
    contract: &PresentContract,
    wanted: &Wanted,
    surroundings: &Surroundings,
    policies: &Policies,
) -> ServiceOperations {
    let present = contract.services.iter().find(|row| row.service == wanted.service);
    let before = present.map(PresentService::timeline).unwrap_or_default();
    let situation = Situation { contract, wanted, present, surroundings, policies };
    match situation.plan() {
        Ok(operations) => operations,
        // Nothing of the service is sent, so what stands goes on standing (sync-rules 4.5).
        Err(refused) => ServiceOperations {
            refused: Some(refused),
            after: before,
            ..ServiceOperations::default()
        },
    }
}

impl<'a> Situation<'a> {
    fn plan(self) -> Result<ServiceOperations, Finding> {
        refusals::unreadable(self.contract, self.present)?;
        let draft = self.carry_out(self.first_owned_day())?;
        let made = draft.written();
        if made.operations.is_empty() {
            return Ok(made);
        }
        refusals::agreement(&self.contract.contract)?;
        match refusals::additions(self, &made.operations) {
            Err(refused) if refused.is_invoiced && self.moves_to_open() => self.plan_from_open(),
            Err(refused) => Err(refused.finding),
            Ok(()) => Ok(made),
        }
    }

    /// What belongs to an invoiced period is written on the first day that is not, with what is not billed for it
    /// (sync-rules 10.9, *unprorated = next*).
    fn plan_from_open(self) -> Result<ServiceOperations, Finding> {
        let open = self.open().expect("only what is invoiced is moved");
        let draft = self.carry_out(open)?;
        let mut made = draft.written();
        refusals::additions(self, &made.operations).map_err(|refused| refused.finding)?;
        // It stays off until then, which is told once.
        made.residues.extend(words::moved_to_open(self, open));
        Ok(made)
    }

    fn carry_out(self, from: Day) -> Result<Draft<'a>, Finding> {
        let contract = &self.contract.contract;
        let target = Target { units: self.wanted.units.clone(), from, until: contract.end };
        let mut draft =
            Draft { situation: self, pieces: Pieces::of(self), target, warnings: Vec::new() };
        draft.amend_back();
        draft.empty_doubles();
        refusals::rise_after_the_end(self, &draft.pieces)?;
        draft.meet();
        Ok(draft)
    }
}

impl Draft<'_> {
    /// Day by day, so that what ends on one day is known on the next; on one day prices first, as they bring the quantity
    /// with them.
    fn meet(&mut self) {
        let mut steps = self.price_steps();
        steps.reverse();
        loop {
            let off = self.short().steps().first().map(|step| (step.from, step.units));
            match (steps.last().map(|step| step.on), off) {
                (Some(day), off) if off.is_none_or(|(other, _)| day <= other) => {
                    let step = steps.pop().expect("it was looked at");
                    self.reprice(&step);
                }
                (_, Some((day, units))) if units > 0 => self.rise(day),
                (_, Some((day, units))) => self.fall(day, -units),
                (_, None) => return,
            }
        }
    }

    /// The writes, in the order in which they must go: by day, and on one day *end* before *amend* before *add*
    /// (sync-rules 10.5).
    fn written(mut self) -> ServiceOperations {
        let operations = self.operations();
        self.warnings.extend(words::credit(self.situation, &operations));
        self.warnings.extend(words::whole_month(self.situation, &operations));
        let after = self.pieces.sum();
        ServiceOperations {
            operations,
            warnings: self.warnings,
            after,
            ..ServiceOperations::default()
        }
    }

    fn operations(&self) -> Vec<Operation> {
        let mut taken = self.situation.keys();
        let mut operations: Vec<Operation> =
            self.pieces.iter().flat_map(|piece| self.situation.writes(piece, &mut taken)).collect();
        operations.sort_by_key(|operation| (operation.effective(), rank(operation)));
        operations
    }
}

fn rank(operation: &Operation) -> u8 {
    match operation {
        Operation::EndLine { .. } => 0,
        Operation::AmendLine { .. } => 1,
        _ => 2,
    }
}

impl Situation<'_> {
    /// What makes a line what it is to be.
    fn writes(self, piece: &Piece, taken: &mut Vec<String>) -> Vec<Operation> {
        let (contract, service) = (self.contract.contract.id, self.wanted.service);
        match piece.changes() {
            None => {
                let key =
                    self.intent(piece).free_key(|key| taken.iter().any(|known| bare(known) == key));
                taken.push(key.clone());
                let line = Box::new(piece.new_line(key));
                vec![Operation::AddLine { contract, service, line }]
            }
            Some(changes) => {
                let amend = changes.amend.map(|amend| Operation::AmendLine {
                    contract,
                    service,
                    line: changes.line,
                    was: changes.was,
                    quantity: amend.quantity,
                    unit_price: amend.price,
                    unit_cost: amend.cost,
                });
                let end = changes.last.map(|last| Operation::EndLine {
                    contract,
                    service,
                    line: changes.line,
                    was: crate::domain::line::LineSpan {
                        quantity: piece.span.quantity,
                        ..changes.was
                    },
                    last,
                });
                amend.into_iter().chain(end).collect()
            }
        }
    }

    fn intent(&self, piece: &Piece) -> super::keys::Intent<'_> {
        super::keys::Intent {
            whose: &self.surroundings.intent,
            agreement: self.contract.contract.id,
            item: self.wanted.service,
            first: piece.span.first,
        }
    }
}
