//! What is to be said of a run as a whole: of its invoices, and not of any customer. Pure.

use crate::{
    domain::{
        Code,
        outcome::{Finding, Outcome},
        run::Ledger,
        terms::Terms,
    },
    planning::invoices::Due,
};

/// What there is to say of a run as a whole, with how bad it is.
pub(crate) type Remark = (Outcome, Finding);

/// What the invoice list alone gives to say: doubled invoices, ones that wait, ones that come too late.
pub(crate) fn said_of(due: &Due) -> Vec<(Outcome, Finding)> {
    let held = due.held.iter().map(|held| (Outcome::Failure, held.finding.clone()));
    let mut said: Vec<_> = held.collect();
    let late = due.refused.iter().map(|refused| &refused.finding);
    for finding in late.chain(due.undecided.iter().map(|one| &one.finding)) {
        let finding = (Outcome::Warning, finding.clone());
        if !said.contains(&finding) {
            said.push(finding);
        }
    }
    said
}

/// What is worst comes last, and an invoice that waits before the one it waits for: that is what is to be settled.
pub(crate) fn sort(said: &mut [(Outcome, Finding)]) {
    said.sort_by(|one, other| {
        let rank =
            |(outcome, finding): &(Outcome, Finding)| (*outcome, finding.code != Code::Waits);
        (rank(one), &one.1).cmp(&(rank(other), &other.1))
    });
}

/// What is due and was not in the saved plan that a run carried out: it is left for the next run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct NotInPlan {
    /// Invoices, by number.
    pub invoices: Vec<String>,
    /// Contracts, by name.
    pub contracts: Vec<String>,
}

impl NotInPlan {
    /// That it is left, if there is anything.
    pub(crate) fn finding(&self, terms: Terms) -> Option<Finding> {
        let invoices = self.invoices.iter().map(|number| format!("invoice {number}"));
        let contracts = self.contracts.iter().map(|name| terms.fill("contract {}", &[name]));
        let all: Vec<String> = invoices.chain(contracts).collect();
        let text = match &all[..] {
            [] => return None,
            [one] => {
                format!("Not in the plan that was carried out, and left for the next sync: {one}.")
            }
            [first, rest @ ..] => format!(
                "Not in the plan that was carried out, and left for the next sync: {first} and {} more.",
                rest.len()
            ),
        };
        let advice = "Plan again and look at it, or sync.";
        Some(Finding::new(Code::LeftForNext, text, advice))
    }
}

/// The worst thing to say, and that there is more.
pub(crate) fn together(worst: &Finding, all: usize) -> Finding {
    if all < 2 {
        return worst.clone();
    }
    let text = format!("{} ({} more to say about other invoices)", worst.text, all - 1);
    Finding { text, ..worst.clone() }
}

/// That lines of an invoice are in no place, or in two: a fault of this program.
pub(crate) fn unbalanced(ledger: &Ledger) -> Option<(Outcome, Finding)> {
    (!ledger.balance.is_zero()).then(|| {
        let text = format!(
            "Invoice {} does not balance: {} of {} cannot be accounted for.",
            ledger.invoice,
            ledger.balance.separated(),
            ledger.subtotal.in_currency(ledger.currency.as_ref())
        );
        let advice = "Check this month's bills, and make a support bundle.";
        (Outcome::Failure, Finding::new(Code::Unbalanced, text, advice))
    })
}
