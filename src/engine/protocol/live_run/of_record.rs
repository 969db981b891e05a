//! What the record of a run still tells of how it went: whose changes stand and what went wrong; not in which order it came.

use std::collections::HashSet;

use chrono::{DateTime, Utc};

use super::{
    ChangeId, ChangeState, LiveChange, LiveItem, LiveOutcome, LiveRun, LiveSubscription, SENT_KEPT,
    SetPrice,
};
use crate::domain::{
    ContractId, InvoiceId, ServiceId,
    outcome::{Finding, Outcome},
    run::{CustomerRow, SubscriptionRow, WriteRow, WriteState},
};

impl LiveRun {
    /// What the record of a run that ended then still tells of it: its customers, each with so many changes, in their order.
    #[must_use]
    pub fn of_record<'a>(
        rows: impl Iterator<Item = (&'a CustomerRow, u64)>,
        ended: DateTime<Utc>,
    ) -> Self {
        let mut live = Self::default();
        let mut services = HashSet::new();
        for (row, changes) in rows {
            live.items.push(LiveItem::of_customer(row, changes));
            live.outcomes.extend(told_of(row, "", row.error.as_ref(), &row.warnings));
            for bought in &row.subscriptions {
                let told = told_of(row, &bought.name, bought.error.as_ref(), &bought.warnings);
                live.outcomes.extend(told);
                // Subscriptions of one service tell the same changes.
                let contract = (&row.target_company, &row.target_contract, &row.invoice);
                if services.insert((contract, bought.service_id, bought.contract_service_id)) {
                    let writes = bought.writes.iter().enumerate();
                    let told = writes.map(|(nth, write)| recorded(row, bought, nth, write, ended));
                    live.sent.extend(told);
                }
            }
        }
        // The newest is the last: who stands first is told first.
        live.outcomes.reverse();
        live.sent.truncate(SENT_KEPT);
        live
    }
}

/// A change that stands in the record of a run that ended then.
fn recorded(
    row: &CustomerRow,
    bought: &SubscriptionRow,
    nth: usize,
    write: &WriteRow,
    ended: DateTime<Utc>,
) -> LiveChange {
    let set = |after| SetPrice { before: None, after };
    LiveChange {
        id: ChangeId {
            contract: ContractId(0),
            invoice: InvoiceId::new(&row.invoice),
            service: bought.service_id.unwrap_or(ServiceId(0)),
            nth,
        },
        of: subscription(row, &bought.name),
        kind: write.kind.clone(),
        effective: write.effective,
        until: write.until,
        quantity: None,
        price: write.unit_price.map(set),
        cost: write.unit_cost.map(set),
        state: match write.result {
            WriteState::Written | WriteState::SettledAsWritten => ChangeState::Confirmed,
            WriteState::NotSent => ChangeState::NotSent,
            WriteState::Unconfirmed | WriteState::Other(_) => ChangeState::Checking,
            WriteState::SettledAsNotWritten | WriteState::Refused => {
                ChangeState::Failed { text: None }
            }
        },
        at: ended,
        recorded: Some(write.units),
    }
}

fn subscription(row: &CustomerRow, name: &str) -> LiveSubscription {
    LiveSubscription {
        tenants: vec![row.tenant_id.clone()],
        customer: row.customer.clone(),
        name: name.to_owned(),
        invoice: row.invoice.clone(),
    }
}

/// What the record of a run says of a customer, or of what it bought, that wants a look: the worst of it.
fn told_of(
    row: &CustomerRow,
    name: &str,
    error: Option<&Finding>,
    warnings: &[Finding],
) -> Option<LiveOutcome> {
    let error = error.map(|finding| (Outcome::Failure, finding));
    let warning = warnings.last().map(|finding| (Outcome::Warning, finding));
    let (outcome, finding) = error.or(warning)?;
    let text = finding.text.clone();
    Some(LiveOutcome { of: subscription(row, name), outcome, text })
}
