//! What ConnectWise would refuse, foretold with its own text where that is known (sync-rules 4.5, 10.9).
//!
//! It must not move or drop a change: it only says no.

use crate::domain::{
    Code, Day,
    line::{Invoicing, LineSpan},
    operation::Operation,
    outcome::Finding,
    target::{Contract, ContractKind, PresentContract, PresentService},
};

use super::{draft::Situation, pieces::Pieces};
use crate::psa::connectwise::advice::finding;

/// ConnectWise's own words (wire/connectwise 11.4).
const BILLING_START: &str = "effectiveDate cannot be less than the agreement billing start date";

/// Likewise: how its words begin, and what they ask for.
const INVOICED: &str = "Since this period has already been invoiced, please prorate the agreement or start on or after the \
                        Next Invoice Date";

/// What the server would say to an addition.
pub(super) struct Refused {
    pub(super) finding: Finding,
    /// Whether it is only because its period is invoiced.
    pub(super) is_invoiced: bool,
}

impl Refused {
    fn because(finding: Finding) -> Self {
        Self { finding, is_invoiced: false }
    }
}

/// Nothing is planned on half the truth: a row that could not be understood fails what it belongs to (sync-rules 4.2).
pub(super) fn unreadable(
    contract: &PresentContract,
    present: Option<&PresentService>,
) -> Result<(), Finding> {
    let odd_line = present.into_iter().flat_map(|row| &row.lines).find_map(|line| line.odd.clone());
    contract.odd.clone().or(odd_line).map_or(Ok(()), Err)
}

/// Only an active agreement that bills month by month takes writes.
pub(super) fn agreement(contract: &Contract) -> Result<(), Finding> {
    let name = &contract.name;
    match &contract.kind {
        ContractKind::Recurring => {}
        ContractKind::Other(why) | ContractKind::Unbillable(why) => {
            return Err(finding(Code::ContractKind, format!("Agreement “{name}” {why}.")));
        }
    }
    if !contract.active {
        let text =
            format!("Agreement “{name}” is not active: it is cancelled, expired, or not begun.");
        return Err(finding(Code::ContractInactive, text));
    }
    Ok(())
}

/// Inside the usage month more cannot be wanted on days on which the agreement has ended; less is not needed there.
pub(super) fn rise_after_the_end(situation: Situation<'_>, pieces: &Pieces) -> Result<(), Finding> {
    let contract = &situation.contract.contract;
    let Some(end) = contract.end else { return Ok(()) };
    let (wanted, sum) = (&situation.wanted.units, pieces.sum());
    let late = |day: Day| day > end && day <= situation.wanted.month_end;
    let mut rises = wanted.changes().filter(|(day, change)| *change > 0 && late(*day));
    match rises.find(|(day, _)| wanted.on(*day) > sum.on(*day)) {
        None => Ok(()),
        Some((day, _)) => {
            let name = &contract.name;
            let text = format!("Agreement “{name}” ended on {end}; more is wanted from {day} on.");
            Err(finding(Code::ContractInactive, text))
        }
    }
}

/// Each line that is to be added, against what the server checks of one.
pub(super) fn additions(situation: Situation<'_>, operations: &[Operation]) -> Result<(), Refused> {
    let added = operations.iter().filter_map(|operation| match operation {
        Operation::AddLine { line, .. } => Some(line.span),
        _ => None,
    });
    let mut added = added.peekable();
    if added.peek().is_some() {
        item(situation).map_err(Refused::because)?;
    }
    let invoicing = situation.contract.contract.invoicing;
    added.try_for_each(|span| invoicing.map_or(Ok(()), |invoicing| dates(&invoicing, span)))
}

fn dates(invoicing: &Invoicing, span: LineSpan) -> Result<(), Refused> {
    let first = span.first;
    if first < invoicing.billing_start {
        let start = invoicing.billing_start;
        let text = format!("{BILLING_START} (billing starts {start}, the line {first})");
        return Err(Refused::because(finding(Code::EffectiveDate, text)));
    }
    match invoicing.first_open.filter(|open| !invoicing.prorated && first < *open) {
        None => Ok(()),
        Some(open) => {
            let text =
                format!("{INVOICED} (the next invoice is from {open}, the line from {first})");
            Err(Refused { finding: finding(Code::PostedPeriod, text), is_invoiced: true })
        }
    }
}

/// An inactive item, or a bundle, cannot be newly put on an agreement (wire/connectwise A25, 11.4).
fn item(situation: Situation<'_>) -> Result<(), Finding> {
    let id = situation.wanted.service;
    match situation.surroundings.services.get(&id).filter(|service| !service.active) {
        None => Ok(()),
        Some(service) => {
            let text = format!(
                "Catalog item “{}” is inactive or a bundle, and cannot be newly put on an agreement.",
                service.name
            );
            Err(finding(Code::ServiceInactive, text))
        }
    }
}
