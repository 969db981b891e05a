//! What waits for an invoice that the source does not list any more: told at every run until it is dismissed, and never
//! dropped in silence (sync-rules 2.7). Pure.

use std::collections::BTreeSet;

use crate::{
    domain::{
        Code, ContractId, InvoiceId, UsageMonth,
        invoice::Invoice,
        outcome::{Finding, Outcome},
    },
    engine::sync::due::{
        Stored,
        asked_for::{AskedFor, last_applied},
        listed,
    },
};

/// A warning for each invoice that something of this run waits for in vain.
pub(crate) fn unlisted(
    stored: &Stored,
    headers: &[Invoice],
    asked: &AskedFor,
    recheck: bool,
) -> Vec<(Outcome, Finding)> {
    let waits: BTreeSet<(UsageMonth, InvoiceId)> = if recheck {
        last_applied(stored, asked).into_iter().map(|(month, id, _)| (month, id)).collect()
    } else {
        waiting(stored, asked)
    };
    let gone = waits.into_iter().filter(|(_, id)| listed(headers, id).is_none());
    gone.map(|(month, id)| (Outcome::Warning, finding(&stored.number_of(&id), month))).collect()
}

/// Invoices of which something is to be tried again, or looked at once more, for somebody.
fn waiting(stored: &Stored, asked: &AskedFor) -> BTreeSet<(UsageMonth, InvoiceId)> {
    let on: BTreeSet<ContractId> = stored.on().map(|mapping| mapping.contract).collect();
    let retries = stored.retries.iter();
    let retries = retries.map(|retry| (retry.contract, (retry.month, &retry.invoice)));
    let watched = stored.watched.iter();
    let watched = watched.map(|watched| (watched.contract, (watched.month, &watched.invoice)));
    let here = |contract| on.contains(&contract) && asked.contract(contract);
    let all = retries.chain(watched).filter(|(contract, _)| here(*contract));
    all.map(|(_, (month, invoice))| (month, invoice.clone())).collect()
}

/// What is said of it.
pub(crate) fn finding(number: &str, month: UsageMonth) -> Finding {
    Finding::new(
        Code::Unlisted,
        format!(
            "PRISM does not list invoice {number} of {month} any more, or it is void now: what waits for it cannot be \
             tried again, nor looked at."
        ),
        format!(
            "Ask your distributor for it, or have it right by hand; then `prism-connect invoices dismiss {number} \
             --reason TEXT` takes it off, or `prism-connect retries dismiss ID --reason TEXT` one entry of it."
        ),
    )
}

impl Stored {
    /// What people call an invoice, as far as is remembered.
    #[must_use]
    pub fn number_of(&self, id: &InvoiceId) -> String {
        let retried = self.retries.iter().find(|retry| retry.invoice == *id);
        let retried = retried.map(|retry| retry.invoice_number.clone());
        let applied = || self.applied.values().flatten().find(|applied| applied.invoice == *id);
        let number = retried.or_else(|| applied().map(|applied| applied.invoice_number.clone()));
        number.unwrap_or_else(|| id.to_string())
    }
}
