//! What planning a service can have to say of it as a whole.

use crate::domain::{Day, outcome::Finding, target::PresentService};

pub(super) fn ambiguous(rows: &[&PresentService]) -> Finding {
    let ids: Vec<String> = rows.iter().map(|row| row.contract_service.to_string()).collect();
    Finding::new(
        "ambiguous",
        format!("The service is on the contract {} times (rows {}).", ids.len(), ids.join(", ")),
        "Choose the row that the sync is to use, once: `prism-connect customers choose-service`.",
    )
}

pub(super) fn mixed() -> Finding {
    Finding::new(
        "azure_mixed",
        "The same service is linked to Azure and to licences; one price cannot bill both.",
        "Pin the Azure product to a service of its own.",
    )
}

pub(super) fn absurd() -> Finding {
    let text = "The Azure lines sum to an absurd amount.";
    Finding::new("absurd_amount", text, "Ask your distributor about the invoice.")
}

pub(super) fn left_seats_taken(seats: i64, first: Day) -> Finding {
    Finding::new(
        "left_seats_taken",
        format!(
            "{seats} seats of customers that are not mapped to this contract any more stood on this \
             service; it is summed without them from {first} on."
        ),
        "See that they are billed where they belong now.",
    )
}

/// Why a service is left as it is when one that its seats move to, or come from, fails with this problem.
#[must_use]
pub fn partner(problem: &Finding) -> Finding {
    Finding::new(
        "partner_failed",
        format!(
            "Its seats move between two services, and the other one failed ({}): it is left as it is.",
            problem.text.trim_end_matches('.')
        ),
        problem.advice.clone(),
    )
}
