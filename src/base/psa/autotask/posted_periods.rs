//! Refusals inside periods that were approved and posted (wire/autotask 14, row 32): which day is the first that is open.
//! Pure.
//!
//! It must not send anything, or move a change to that day by itself.

use crate::{
    domain::{
        Code, Day,
        operation::Operation,
        outcome::Finding,
        target::{PresentContract, PresentService},
    },
    psa::SentWrite,
};

/// What a refusal says, with the first day that is open where the change lies before it.
pub(super) fn named(write: &SentWrite<'_>, present: &PresentContract, refused: Finding) -> Finding {
    let Operation::AdjustUnits { effective: day, units, .. } = *write.operation else {
        return refused;
    };
    let mut own =
        present.services.iter().filter(|row| Some(row.contract_service) == write.contract_service);
    let of_row = own.find_map(first_open);
    let open = of_row.or_else(|| present.services.iter().filter_map(first_open).max());
    let Some(open) = open.filter(|open| day < *open) else { return refused };
    if has_another_cause(&refused.code) {
        return refused;
    }
    let change =
        if units == 0 { "the new price".to_owned() } else { format!("the change of {units:+}") };
    Finding::new(
        Code::PostedPeriod,
        format!(
            "{} What lies before {open} is approved and posted: {open} is the first open day.",
            refused.text
        ),
        format!(
            "Open the period in the PSA and sync again; or put {change} on the contract by hand, dated {open}, and take \
             the entry off: `prism-connect retries list`, then `retries dismiss ID --reason TEXT`."
        ),
    )
}

fn has_another_cause(code: &Code) -> bool {
    matches!(code, Code::EffectiveDate | Code::Negative | Code::Permission | Code::SameDay)
}

/// The day after the last posted row; none where no row is posted.
fn first_open(service: &PresentService) -> Option<Day> {
    let nexts = service.rows.iter().skip(1).map(|row| Some(row.start)).chain([None]);
    let posted = service.rows.iter().zip(nexts).filter(|(row, _)| row.posted);
    posted.map(|(row, next)| next.unwrap_or(row.end.next())).max()
}
