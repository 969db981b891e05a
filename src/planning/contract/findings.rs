//! What planning a service can have to say of it as a whole.

use crate::domain::{Code, Day, Money, invoice::Line, outcome::Finding, target::PresentService};

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
            "Its seats move between two services, and the other one failed ({}): it is left as it is.",
            problem.text.trim_end_matches('.')
        ),
        problem.advice.clone(),
    )
}
