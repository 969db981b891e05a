//! What is shown of invoices: what each is, what became of it, and what can be done about it.

#![expect(missing_docs, reason = "what has no sentence is what its name says")]

use std::{cmp::Reverse, collections::BTreeMap};

use serde::{Deserialize, Serialize};

use crate::{
    domain::{
        Currency, InvoiceId, Money, TenantId, UsageMonth,
        outcome::Finding,
        run::{ExcludedSum, Ledger, LedgerPart, LedgerPlace},
    },
    engine::views::history::RetryView,
};

pub use crate::planning::invoices::Treatment;

/// Where an invoice stands with the customers whose sync is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InvoiceStanding {
    /// Applied to everybody it is for.
    Applied,
    /// The next sync applies it.
    Due,
    /// Nothing of it is written until it is settled, or something is said about it.
    Held,
    /// It waits behind one of an earlier month.
    Waiting,
    /// Left out, for what it is.
    Excluded,
    /// The operator dropped it.
    Dismissed,
    /// Older than what was applied to everybody it would be for.
    TooLate,
    /// It concerns nobody whose sync is on.
    NotDue,
    /// Only its lines can tell what it is, and no run has read them yet.
    Unread,
    /// The source does not list it any more.
    Unlisted,
}

impl InvoiceStanding {
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Due => "due",
            Self::Held => "held",
            Self::Waiting => "waiting",
            Self::Excluded => "excluded",
            Self::Dismissed => "dismissed",
            Self::TooLate => "too late",
            Self::NotDue => "not due",
            Self::Unread => "not read yet",
            Self::Unlisted => "not listed",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvoiceView {
    /// Opaque id.
    pub id: InvoiceId,
    /// What people call it.
    pub number: String,
    /// The month consumed, if it is known.
    pub month: Option<UsageMonth>,
    /// What it is: `standard`, `credit invoice`, …
    pub class: String,
    pub state: InvoiceStanding,
    /// Whether the operator is asked what it is: it is left out, and its month has no other (sync-rules 2.5).
    pub undecided: bool,
    /// What was decided about it, why, by whom and when.
    pub decisions: Vec<String>,
    /// What it amounts to, by its header.
    pub subtotal: Option<Money>,
    pub currency: Option<Currency>,
    /// What its header says beyond its lines, as far as they were read.
    pub difference: Option<Money>,
    /// For so many customers it is still to be applied.
    pub due: u64,
    /// To so many it was applied.
    pub applied: u64,
    /// Of so many something of it is on the retry list.
    pub failed: u64,
    /// What that is and why, of the first few: `Kauri Legal, Exchange Online: …`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failures: Vec<String>,
    /// Why it is held, waits, or is to be decided.
    pub finding: Option<Finding>,
}

impl InvoiceView {
    /// Where it stands in words, with what is not right about it.
    pub(crate) fn state_told(&self) -> String {
        let word = self.state.word();
        match self.state {
            InvoiceStanding::Excluded if self.undecided => format!("{word}, to be decided"),
            InvoiceStanding::Due | InvoiceStanding::Held | InvoiceStanding::Waiting
                if self.applied > 0 =>
            {
                format!(
                    "{word} for {}, applied to {}{}",
                    self.due,
                    self.applied,
                    self.failed_told()
                )
            }
            _ => format!("{word}{}", self.failed_told()),
        }
    }

    fn failed_told(&self) -> String {
        match self.failed {
            0 => String::new(),
            failed => format!(", {failed} failed"),
        }
    }

    /// Whether somebody has to look at it: held, failed, late, or to be decided about.
    #[must_use]
    pub fn needs_review(&self) -> bool {
        self.failed > 0
            || match self.state {
                InvoiceStanding::Excluded => self.undecided,
                InvoiceStanding::Unlisted => self.finding.is_some(),
                InvoiceStanding::Held | InvoiceStanding::Waiting | InvoiceStanding::TooLate => true,
                InvoiceStanding::Applied
                | InvoiceStanding::Due
                | InvoiceStanding::Unread
                | InvoiceStanding::Dismissed
                | InvoiceStanding::NotDue => false,
            }
    }
}

/// One invoice with all there is to tell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvoiceDetail {
    /// The same as in the list.
    #[serde(flatten)]
    pub invoice: InvoiceView,
    /// How many lines it has; none where it cannot be read any more.
    pub lines: Option<u64>,
    pub sum: Option<Money>,
    /// Where its lines went, over all runs.
    pub ledger: Ledger,
    /// Customers amid whose changes a run was stopped, and that no run has finished since.
    #[serde(default)]
    pub part_written: u64,
    /// Whose lines are not for syncing, by reason, those that are billed most first.
    #[serde(default)]
    pub left_out: Vec<LeftOutCustomer>,
    /// What of it is to be tried again.
    pub retries: Vec<RetryView>,
    /// What can be done about it.
    pub can: Vec<InvoiceAct>,
}

impl InvoiceDetail {
    /// What of it was synced, over all runs.
    pub(crate) fn synced(&self) -> Money {
        let done = self.ledger.parts().into_iter().filter(|part| part.place.is_done());
        done.map(|part| part.amount).sum()
    }
}

/// A customer of whom lines of an invoice are not for syncing, for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOutCustomer {
    pub reason: String,
    /// As well as it is known.
    pub customer: String,
    pub domain: String,
    /// Whose lines they are, if that can be told.
    pub tenant: Option<TenantId>,
    pub lines: u64,
    pub amount: Money,
}

/// Something that can be done about an invoice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvoiceAct {
    pub command: String,
    pub effect: String,
    #[serde(flatten)]
    pub decision: InvoiceDecision,
}

/// What the operator can say about an invoice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "decision", rename_all = "snake_case")]
pub enum InvoiceDecision {
    /// It is synced in spite of the difference between its header and its lines.
    AcceptDifference { difference: Money },
    /// It is synced in another currency than its agreement's.
    AcceptCurrency { currency: Currency },
    /// What it is that is left out.
    Treat {
        #[serde(rename = "as")]
        treatment: Treatment,
    },
    /// It is dropped.
    Dismiss,
}

impl InvoiceDecision {
    /// What `invoices` takes it as, without the reason.
    pub(crate) fn words(&self, number: &str) -> String {
        match self {
            Self::AcceptDifference { difference } => {
                format!("accept {number} --difference {difference}")
            }
            Self::AcceptCurrency { currency } => format!("accept {number} --currency {currency}"),
            Self::Treat { treatment: Treatment::Standard } => {
                format!("treat {number} --as standard")
            }
            Self::Treat { treatment: Treatment::Excluded } => {
                format!("treat {number} --as excluded")
            }
            Self::Dismiss => format!("dismiss {number}"),
        }
    }
}

/// How far an invoice is, with those of its month of other agreements, over all runs (sync-rules 7).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvoiceProgress {
    /// Number of the one that most customers have.
    pub invoice: String,
    /// Numbers of the others whose customers are counted, too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<String>,
    pub month: UsageMonth,
    #[serde(default)]
    pub currency: Option<Currency>,
    /// Customers they were applied to, with nothing left on the retry list.
    pub synced: u64,
    /// Customers they are for.
    pub of: u64,
    /// Customers of whom something of them is on the retry list.
    pub failed: Vec<TenantId>,
    /// Customers of whom a run warned, and that nobody has marked as seen.
    #[serde(default)]
    pub warned: u64,
    /// Customers that runs broke off before they reached, and that are still to be tried again.
    #[serde(default)]
    pub unreached: u64,
    /// What all invoices of its month come to, each currency for itself.
    #[serde(default)]
    pub month_sums: Vec<MonthSum>,
}

/// What was invoiced for a month in one currency, and where it went by the newest ledgers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MonthSum {
    pub currency: Option<Currency>,
    pub invoiced: Money,
    /// Without the places that nothing went to.
    pub parts: Vec<LedgerPart>,
    /// What is not for syncing, reason by reason, the largest first.
    #[serde(default)]
    pub left_out: Vec<MonthLeftOut>,
    /// What they miss of it.
    pub balance: Money,
}

/// What of a month's invoices is not for syncing for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MonthLeftOut {
    pub reason: String,
    pub lines: u64,
    pub amount: Money,
    /// On which invoices, that with most of it first.
    pub invoices: Vec<String>,
}

impl MonthLeftOut {
    /// Of the ledgers of one month and currency.
    fn of<'a>(ledgers: impl Iterator<Item = &'a Ledger>) -> Vec<Self> {
        let mut reasons: BTreeMap<&str, Vec<(&str, &ExcludedSum)>> = BTreeMap::new();
        for ledger in ledgers {
            for sum in &ledger.excluded {
                reasons.entry(&sum.reason).or_default().push((&ledger.invoice, sum));
            }
        }
        let told = reasons.into_iter().map(|(reason, mut sums)| {
            sums.sort_by_key(|(_, sum)| Reverse(sum.amount.abs()));
            Self {
                reason: reason.to_owned(),
                lines: sums.iter().map(|(_, sum)| sum.lines).sum(),
                amount: sums.iter().map(|(_, sum)| sum.amount).sum(),
                invoices: sums.iter().map(|(invoice, _)| (*invoice).to_owned()).collect(),
            }
        });
        let mut all: Vec<Self> = told.collect();
        all.sort_by_key(|one| Reverse(one.amount.abs()));
        all
    }
}

impl MonthSum {
    /// What ledgers of one month come to.
    #[must_use]
    pub fn of(ledgers: &[Ledger]) -> Vec<Self> {
        let mut sums: BTreeMap<Option<Currency>, (Self, BTreeMap<LedgerPlace, Money>)> =
            BTreeMap::new();
        for ledger in ledgers {
            let none = || Self {
                currency: ledger.currency.clone(),
                invoiced: Money::ZERO,
                parts: Vec::new(),
                left_out: Vec::new(),
                balance: Money::ZERO,
            };
            let (sum, places) =
                sums.entry(ledger.currency.clone()).or_insert_with(|| (none(), BTreeMap::new()));
            sum.invoiced += ledger.subtotal;
            sum.balance += ledger.balance;
            for LedgerPart { place, amount } in ledger.parts() {
                // In which run it was is no news of the month.
                let place = if place.is_done() { LedgerPlace::Synced } else { place };
                *places.entry(place).or_default() += amount;
            }
        }
        let told = |(sum, places): (Self, BTreeMap<LedgerPlace, Money>)| {
            let parts = places.into_iter().map(|(place, amount)| LedgerPart { place, amount });
            let of_it = ledgers.iter().filter(|ledger| ledger.currency == sum.currency);
            let left_out = MonthLeftOut::of(of_it);
            Self { parts: parts.filter(|part| !part.amount.is_zero()).collect(), left_out, ..sum }
        };
        sums.into_values().map(told).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn money(text: &str) -> Money {
        text.parse().expect("an amount")
    }

    fn ledger(currency: &str, synced: &str, earlier: &str, unmapped: &str) -> Ledger {
        let (synced, earlier_runs, unmapped) = (money(synced), money(earlier), money(unmapped));
        Ledger {
            invoice: "INV1".to_owned(),
            currency: Some(Currency::new(currency)),
            subtotal: synced + earlier_runs + unmapped,
            synced,
            earlier_runs,
            unmapped,
            ..Ledger::default()
        }
    }

    #[test]
    fn the_invoices_of_a_month_add_up_within_each_currency() {
        let all = [
            ledger("AUD", "10.00", "5.00", "1.00"),
            ledger("AUD", "2.00", "0.00", "-1.00"),
            ledger("NZD", "3.00", "0.00", "0.00"),
        ];
        let sums = MonthSum::of(&all);
        let told: Vec<_> = sums.iter().map(|sum| (sum.invoiced, sum.parts.clone())).collect();
        let synced = |amount| vec![LedgerPart { place: LedgerPlace::Synced, amount }];
        let (aud, nzd) = (money("17.00"), money("3.00"));
        assert_eq!(told, [(aud, synced(aud)), (nzd, synced(nzd))]);
        for sum in sums {
            let parts: Money = sum.parts.iter().map(|part| part.amount).sum();
            assert_eq!(parts + sum.balance, sum.invoiced);
        }
    }
}
