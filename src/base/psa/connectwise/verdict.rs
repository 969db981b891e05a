//! Whether an unanswered write was carried out, told from what is there now and what was there before it (sync-rules 10.11); and
//! what is there after one that was. Pure: it must not read, wait or write.

use super::lines;
use crate::{
    domain::{
        ContractId, LineId, ServiceId,
        line::{self, LineSpan, ServiceLine},
        operation::Operation,
        product::{Service, ServiceDraft},
        target::{PresentContract, PresentService},
    },
    psa::{RowState, SentWrite},
};

/// What stands of the lines after a write that was carried out. A line that was just made has this id until the target names
/// its own.
const NOT_NAMED_YET: LineId = LineId(0);

/// What stands after a write that was carried out.
pub(super) fn after(before: &RowState, operation: &Operation) -> RowState {
    let mut after = before.clone();
    line::carry_out(&mut after.lines, operation, NOT_NAMED_YET);
    let own = operation.changes().into_iter();
    let all = before.units.changes().chain(own);
    after.units = crate::domain::timeline::Timeline::from_changes(all);
    let (price, cost) = operation.prices();
    after.price = price.or(before.price);
    after.cost = cost.or(before.cost);
    after.row_starts = after.units.steps().iter().map(|step| step.from).collect();
    after
}

/// The agreement once a write to it was answered with its record.
pub(super) fn written(
    contract: &PresentContract,
    operation: &Operation,
    id: Option<i64>,
) -> Option<PresentContract> {
    let (_, service) = place(operation).filter(|(of, _)| *of == contract.contract.id)?;
    let made = match operation {
        Operation::AddLine { .. } => LineId(id?),
        _ => NOT_NAMED_YET,
    };
    let mut contract = contract.clone();
    let at = contract.services.iter().position(|row| row.service == service);
    let mut own = at.map_or_else(Vec::new, |at| contract.services[at].lines.clone());
    line::carry_out(&mut own, operation, made);
    let row = lines::service(&contract.contract, service, own);
    match at {
        Some(at) => contract.services[at] = row,
        None => contract.services.push(row),
    }
    Some(contract)
}

fn place(operation: &Operation) -> Option<(ContractId, ServiceId)> {
    match operation {
        Operation::AddLine { contract, service, .. }
        | Operation::EndLine { contract, service, .. }
        | Operation::AmendLine { contract, service, .. } => Some((*contract, *service)),
        _ => None,
    }
}

/// The line in which a write shows; none where it was not carried out.
pub(super) fn on_contract(write: &SentWrite<'_>, reading: &PresentContract) -> Option<i64> {
    all_on_contract(write, reading).into_iter().next()
}

/// Every line in which it shows: one that was added again under its key, and came late as well, shows in two.
pub(super) fn all_on_contract(write: &SentWrite<'_>, reading: &PresentContract) -> Vec<i64> {
    let lines = lines_of(write.operation, reading);
    let shows = |known: &&ServiceLine| match write.operation {
        Operation::AddLine { line, .. } => known.key.as_deref() == Some(line.key.as_str()),
        Operation::EndLine { line, last, .. } => {
            known.id == *line && known.span.last == Some(*last)
        }
        Operation::AmendLine { line, .. } => known.id == *line && shows(known, write.operation),
        _ => false,
    };
    lines.iter().filter(shows).map(|known| known.id.0).collect()
}

/// Whether somebody else changed the same line meanwhile: it shows neither what was there, nor what we sent.
pub(super) fn is_foreign(write: &SentWrite<'_>, reading: &PresentContract) -> bool {
    let Some(line) = line::changed_by(write.operation) else { return false };
    let Some(before) = find(&write.before.lines, line) else { return false };
    let mut ours = before.clone();
    line::change(&mut ours, write.operation);
    let Some(now) = find(lines_of(write.operation, reading), line) else { return true };
    !same(now, before) && !same(now, &ours)
}

fn lines_of<'a>(operation: &Operation, reading: &'a PresentContract) -> &'a [ServiceLine] {
    let service = place(operation).map(|(_, service)| service);
    let row = reading.services.iter().find(|row: &&PresentService| Some(row.service) == service);
    row.map_or(&[], |row| &row.lines)
}

fn find(lines: &[ServiceLine], id: LineId) -> Option<&ServiceLine> {
    lines.iter().find(|line| line.id == id)
}

/// Whether a line is as this operation makes it.
fn shows(line: &ServiceLine, operation: &Operation) -> bool {
    let mut ours = line.clone();
    line::change(&mut ours, operation);
    same(line, &ours)
}

fn same(one: &ServiceLine, other: &ServiceLine) -> bool {
    let LineSpan { first, last, quantity } = one.span;
    let costs = match (one.cost, other.cost) {
        (Some(one), Some(other)) => other.reads(one) || one.reads(other),
        _ => true,
    };
    (first, last, quantity) == (other.span.first, other.span.last, other.span.quantity)
        && (other.price.reads(one.price) || one.price.reads(other.price))
        && costs
}

/// The item in which a write to the catalog shows; none where it was not carried out.
pub(super) fn in_catalogue(write: &SentWrite<'_>, services: &[Service]) -> Option<i64> {
    match write.operation {
        Operation::CreateService { draft, .. } => {
            services.iter().find(|service| is_ours(service, draft)).map(|service| service.id.0)
        }
        Operation::UpdateService { service, price, cost, .. } => {
            let known = services.iter().find(|known| known.id == *service)?;
            let price =
                price.is_none_or(|price| super::operations::keeps(price).reads(known.price));
            let cost = match (cost, known.cost) {
                (Some(cost), Some(known)) => super::operations::keeps(*cost).reads(known),
                _ => true,
            };
            (price && cost).then_some(known.id.0)
        }
        _ => None,
    }
}

/// By our key: an identifier may be somebody else's.
fn is_ours(service: &Service, draft: &ServiceDraft) -> bool {
    let key = service.external_id.as_deref().unwrap_or_default();
    !draft.external_id.is_empty() && key.eq_ignore_ascii_case(&draft.external_id)
}

#[cfg(test)]
mod tests;
