//! What runs leave behind: the state of every invoice line, what failed, and what the next month needs to know.
//!
//! Plain values; where they lie is said in `engine::tables`.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    domain::{
        ContractId, Currency, Day, InvoiceId, Money, RunId, ServiceId, SubscriptionId, TenantId,
        UsageMonth,
        approval::Author,
        invoice::{Invoice, Line},
        mapping::PricingStrategy,
        outcome::{Disposition, Finding, Outcome},
        run::Ledger,
    },
    planning::{
        GroupTenant,
        invoices::{Examined, Treated},
        triage::PlacedLine,
    },
    psa::RowState,
};

/// A run that has not ended: what it needs to be finished.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Unfinished {
    /// Which.
    pub run: RunId,
    /// What was asked for.
    pub request: crate::engine::protocol::SyncRequest,
    /// Invoices that were begun: each gets its ledger, whatever happens.
    #[serde(default)]
    pub invoices: Vec<(InvoiceId, UsageMonth)>,
    /// Whose a plan is of what guards hold back; none in records of old.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<Author>,
}

/// What an invoice bills customers of whom nothing is written, as the newest run that came to it placed its lines.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unsynced {
    /// Whom, each once for a place.
    pub customers: Vec<UnsyncedCustomer>,
}

/// One of them, with all of its lines that are counted in one place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnsyncedCustomer {
    /// Whose lines they are, if that could be told.
    pub tenant: Option<TenantId>,
    /// The customer's name, as well as it is known.
    pub customer: String,
    /// Where the run counted them: not linked, off, or not asked for.
    pub place: Disposition,
    /// What they amount to.
    pub amount: Money,
}

impl Unsynced {
    /// Of the lines of an invoice that are on no contract of a run.
    #[must_use]
    pub fn of(placed: impl Iterator<Item = PlacedLine>) -> Self {
        let mut sums = BTreeMap::<_, Money>::new();
        for spot in placed {
            match spot.disposition {
                Disposition::Unmapped | Disposition::Off | Disposition::NotInScope => {}
                Disposition::Synced
                | Disposition::SyncedEarlier
                | Disposition::Excluded { .. }
                | Disposition::Failed
                | Disposition::NotAttempted
                | Disposition::Held => continue,
            }
            let sum = sums.entry((spot.tenant, spot.customer, spot.disposition)).or_default();
            *sum += spot.line.subtotal;
        }
        let customer = |((tenant, customer, place), amount)| UnsyncedCustomer {
            tenant,
            customer,
            place,
            amount,
        };
        Self { customers: sums.into_iter().map(customer).collect() }
    }
}

/// Where an invoice line stands now; runs are views over it (design 4).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineState {
    /// The line as the invoice has it.
    pub line: Line,
    /// The invoice's number.
    pub invoice_number: String,
    /// Its usage month.
    pub month: Option<UsageMonth>,
    /// Whose it is, if that could be told.
    pub tenant: Option<TenantId>,
    /// Its contract, where it has one.
    pub contract: Option<ContractId>,
    /// Its service, where it was found.
    pub service: Option<ServiceId>,
    /// Where its amount is counted.
    pub disposition: Disposition,
    /// How it ended.
    pub outcome: Outcome,
    /// The run that put it there.
    pub run: RunId,
}

/// What is to be tried again: a service, or a subscription whose service is not known (sync-rules 2.7).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retry {
    /// The contract.
    pub contract: ContractId,
    /// The tenants of its lines.
    pub tenants: Vec<TenantId>,
    /// The service, where it is known.
    pub service: Option<ServiceId>,
    /// Its subscriptions.
    pub subscriptions: Vec<SubscriptionId>,
    /// Its lines, by number.
    pub lines: BTreeSet<u32>,
    /// Name of service or subscription, for people.
    pub name: String,
    /// As PRISM writes it, where the product was found; none in records of old.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sku: Option<String>,
    /// The invoice.
    pub invoice: InvoiceId,
    /// Its number.
    pub invoice_number: String,
    /// Its usage month.
    pub month: UsageMonth,
    /// What its lines amount to.
    pub amount: Money,
    /// Whether only a write that came late is to be taken back: the month itself is applied.
    #[serde(default)]
    pub takes_back: bool,
    /// Why it failed last.
    pub finding: Finding,
    /// The run in which it failed first.
    pub since: RunId,
    /// Whether somebody had looked at what was to be written when it failed (sync-rules 2.8).
    #[serde(default)]
    pub looked_at: bool,
}

/// A month that was applied to a contract.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppliedMonth {
    /// The invoice.
    pub invoice: InvoiceId,
    /// Its number, for people.
    pub invoice_number: String,
    /// Services that failed in it and are still on the retry list.
    pub failed: BTreeSet<ServiceId>,
    /// The run that applied it first.
    pub run: RunId,
}

/// An application to look at once more (sync-rules 8.2: a request that is carried out even later).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watched {
    /// The contract.
    pub contract: ContractId,
    /// The invoice.
    pub invoice: InvoiceId,
    /// Its usage month.
    pub month: UsageMonth,
    /// The run that was not answered; none in records of old.
    #[serde(default)]
    pub run: Option<RunId>,
}

/// What an operator took off the retry list, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dismissed {
    /// The newest run then: one that comes later takes it for done.
    pub newest_run: RunId,
    /// What it was.
    pub what: DismissedEntry,
}

/// An entry of the retry list, as it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DismissedEntry {
    /// A service or subscription.
    Retry {
        /// As it was.
        retry: Box<Retry>,
        /// Whether its service counts as applied since.
        released: bool,
    },
    /// An application without an answer.
    Watched(Watched),
    /// An invoice that was held.
    Invoice {
        /// Which.
        invoice: InvoiceId,
        /// Its number.
        number: String,
    },
}

impl DismissedEntry {
    /// What it is, for people.
    #[must_use]
    pub fn told(&self) -> String {
        match self {
            Self::Retry { retry, .. } => {
                format!("{} of invoice {}", retry.name, retry.invoice_number)
            }
            Self::Watched(_) => "a change without an answer".to_owned(),
            Self::Invoice { number, .. } => format!("invoice {number}"),
        }
    }
}

/// What is known of an invoice beyond its header.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvoiceState {
    /// What its lines told, where the header did not (wire/prism 9.3).
    pub examined: Option<Examined>,
    /// The operator took it out of the way of later months: why and when (sync-rules 2.4).
    pub dismissed: Option<(String, DateTime<Utc>)>,
    /// What holds it up, with its number and month: unsettled or doubled.
    pub held: Option<(String, UsageMonth, Finding)>,
    /// The run that listed it as excluded (sync-rules 2.1).
    #[serde(default)]
    pub listed: Option<RunId>,
    /// More about what holds it up, or is to be decided.
    #[serde(default)]
    pub hold: Option<Hold>,
    /// The difference between header and lines that the operator accepted (sync-rules 2.3).
    #[serde(default)]
    pub accepted: Option<Accepted>,
    /// What the operator said it is (sync-rules 2.5).
    #[serde(default)]
    pub treated: Option<Decided>,
    /// The currency that the operator accepted, other than its agreement's (sync-rules 2.9).
    #[serde(default)]
    pub currency: Option<AcceptedCurrency>,
}

impl InvoiceState {
    /// The difference that was accepted.
    #[must_use]
    pub fn accepted(&self) -> Option<Money> {
        self.accepted.as_ref().map(|accepted| accepted.difference)
    }
}

/// What the operator said invoices are.
#[must_use]
pub fn treated(states: &BTreeMap<InvoiceId, InvoiceState>) -> BTreeMap<InvoiceId, Treated> {
    let decided = states.iter().filter_map(|(id, state)| Some((id, state.treated.as_ref()?)));
    decided.map(|(id, decided)| (id.clone(), decided.treated.clone())).collect()
}

/// The currencies that the operator accepted.
#[must_use]
pub fn accepted_currencies(
    states: &BTreeMap<InvoiceId, InvoiceState>,
) -> BTreeMap<InvoiceId, Currency> {
    let accepted = states.iter().filter_map(|(id, state)| Some((id, state.currency.as_ref()?)));
    accepted.map(|(id, accepted)| (id.clone(), accepted.currency.clone())).collect()
}

/// Who is held up by an invoice, since when, and what it amounts to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// The run that found it first.
    pub since: RunId,
    /// What it amounts to, by its header or else its lines.
    pub amount: Money,
    /// What its header says beyond its lines, where that is why.
    pub difference: Option<Money>,
    /// The tenants it would be due for.
    pub tenants: Vec<TenantId>,
}

/// Why somebody decided something about an invoice, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Word {
    /// As typed.
    pub reason: String,
    /// Who.
    pub by: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// A difference that was accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accepted {
    /// Header less lines.
    pub difference: Money,
    /// Why.
    pub word: Word,
}

/// A currency that was accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AcceptedCurrency {
    /// Which.
    pub currency: Currency,
    /// Why.
    pub word: Word,
}

/// What an invoice was said to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decided {
    /// What, and of which lines.
    pub treated: Treated,
    /// Why.
    pub word: Word,
}

/// A header that the source listed, now or once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownInvoice {
    /// As it was last.
    pub header: Invoice,
    /// Whether the last reading had it.
    pub listed: bool,
}

/// A contract that a guard holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldContract {
    /// The contract.
    pub contract: ContractId,
    /// Its customers, with their names.
    pub customers: Vec<(TenantId, String)>,
    /// The invoice.
    pub invoice: InvoiceId,
    /// Its number.
    pub invoice_number: String,
    /// Its usage month.
    pub month: UsageMonth,
    /// By how much writing it would change the monthly price; where it would not, what its lines amount to.
    pub amount: Money,
    /// What is odd, and what to do.
    pub finding: Finding,
    /// The run that held it last.
    pub run: RunId,
}

/// A customer that left a contract.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Left {
    /// The customer, with the company and the contract as they were.
    pub tenant: GroupTenant,
    /// The contract.
    pub contract: ContractId,
    /// The strategy it had.
    pub pricing: PricingStrategy,
    /// The first month that was not synced there any more.
    pub month: UsageMonth,
    /// Seats that it left.
    pub seats: i64,
}

/// The beginning of an application.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Began {
    /// The usage month of the invoice.
    #[serde(default)]
    pub month: Option<UsageMonth>,
    /// The first write after that: run and number. Earlier ones of the same invoice are part of what was there.
    #[serde(default)]
    pub since: Option<(RunId, u64)>,
    /// Writes before that which were taken as lost: where they come after all they are no part of what was there.
    #[serde(default)]
    pub lost: BTreeSet<(RunId, u64)>,
    /// By which day and signed change a later month has put right what came late of them, from its own first day on.
    #[serde(default)]
    pub offset: Vec<(Day, i64)>,
    /// What was there.
    pub before: RowState,
    /// What the operator must look at, found so far: a later plan, made from half-finished work, may not find it again.
    pub warnings: BTreeSet<Finding>,
    /// What is worth telling likewise.
    pub notes: BTreeSet<Finding>,
}

/// A ledger in which all that is still to be done counts as not attempted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pending {
    /// What it comes to so.
    pub(crate) ledger: Ledger,
    /// Numbers of the lines that are still to be done.
    pub(crate) open: BTreeSet<u32>,
}

/// A products run that left nothing to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InStep {
    /// That run.
    pub run: RunId,
    /// When it looked at the services.
    pub at: DateTime<Utc>,
    /// What it went by: a hash of price lists, links, options and whatever was written to services.
    pub basis: String,
    /// The invoices whose products count as in use; none where all products are synced.
    pub invoices: BTreeSet<InvoiceId>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_of_the_retry_list_that_an_earlier_version_stored_still_reads() {
        let stored = r#"{"contract":"7","tenants":["t"],"service":"412","subscriptions":["s"],"lines":[3],"name":"Visio",
            "invoice":"i","invoice_number":"INV1","month":"2026-09","amount":"1.00",
            "finding":{"code":"drift","text":"x","advice":""},"since":1}"#;
        let retry: Retry = serde_json::from_str(stored).expect("reads");
        assert_eq!((retry.name.as_str(), retry.sku), ("Visio", None));
    }
}
