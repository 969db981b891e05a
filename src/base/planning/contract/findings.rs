//! What planning a service can have to say of it as a whole.

use crate::domain::{
    Code, Day, Money, UsageMonth,
    invoice::Line,
    outcome::Finding,
    target::{Contract, PresentService},
};

pub(super) fn ambiguous(rows: &[&PresentService]) -> Finding {
    let ids: Vec<String> = rows.iter().map(|row| row.contract_service.to_string()).collect();
    Finding::new(
        Code::AmbiguousRow,
        format!("The service is on the contract {} times (rows {}).", ids.len(), ids.join(", ")),
        "Choose contract line, once: `prism-connect customers choose-service`.",
    )
}

pub(super) fn mixed() -> Finding {
    Finding::new(
        Code::AzureMixed,
        "The same service is linked to Azure and to licences; one price cannot bill both.",
        "Bill the Azure product as a service of its own (`prism-connect products pin`).",
    )
}

pub(super) fn absurd() -> Finding {
    let text = "The Azure lines sum to an absurd amount.";
    Finding::new(Code::AbsurdAmount, text, "Ask your distributor about the invoice.")
}

pub(super) fn usage_credited(cost: Money, retail: Money) -> Finding {
    let (cost, retail) = (cost.separated(), retail.separated());
    Finding::new(
        Code::UsageCredited,
        format!(
            "The Azure lines of this month sum to {retail} at RRP ({cost} at cost): a credit is not synced, and the \
             month's quantity is 0."
        ),
        "Credit the customer by hand.",
    )
}

/// By how much a service's bill and the invoice differ because lines that speak of it are not synced; none where they
/// come to nothing.
pub(super) fn left_out(lines: &[&Line]) -> Option<Finding> {
    let retail: Money = lines.iter().map(|line| line.subtotal_retail).sum();
    let cost: Money = lines.iter().map(|line| line.subtotal).sum();
    let asked = if retail.is_zero() { cost } else { retail };
    if asked.is_zero() {
        return None;
    }
    let numbers: Vec<String> = lines.iter().map(|line| line.number.to_string()).collect();
    Some(Finding::new(
        Code::LeftOut,
        format!(
            "Credits, or lines without a subscription, that speak of this service are not synced (line {}): its bill is \
             {} {} than the invoice at RRP ({} at cost).",
            numbers.join(", "),
            retail.abs().separated(),
            if asked < Money::ZERO { "more" } else { "less" },
            cost.abs().separated()
        ),
        "Correct the customer's bill by hand by that amount.",
    ))
}

/// That a contract bills nothing of a month in which it has seats.
pub(super) fn not_billed_at_all(contract: &Contract, month: UsageMonth) -> String {
    let name = &contract.name;
    match contract.end.filter(|end| *end < month.first_day()) {
        Some(end) => format!("“{name}” ended on {end}: nothing of {month} is billed on it."),
        None => format!("“{name}” is not active: nothing of {month} is billed on it."),
    }
}

/// That it bills them up to its end only, and what the rest of the month comes to.
pub(super) fn not_billed_after_its_end(
    contract: &Contract,
    from: Day,
    seats: i64,
    lost: Money,
) -> String {
    let (name, end, lost) = (&contract.name, from.previous(), lost.separated());
    format!(
        "“{name}” ended on {end}: the {seats} units from {from} to the end of the month are not billed on it, {lost} in all."
    )
}

pub(super) fn left_seats_taken(seats: i64, first: Day) -> Finding {
    Finding::new(
        Code::LeftSeatsTaken,
        format!(
            "{seats} seats of customers that are not linked to this contract any more stood on this \
             service; it is summed without them from {first} on."
        ),
        "See that they are billed where they belong now.",
    )
}

/// Why a service is left as it is when one that its seats move to, or come from, fails with this problem.
#[must_use]
pub fn partner(problem: &Finding) -> Finding {
    Finding::new(
        Code::PartnerFailed,
        format!(
            "{}. So the other of the two services that its seats move between failed: it is left as it is.",
            problem.text.trim_end_matches('.')
        ),
        problem.advice.clone(),
    )
}
