//! An entry of the attention list, as it is worked out.
//!
//! It must not read anything, or decide what is on the list.

use std::{cmp::Reverse, collections::BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{
    domain::{Currency, Money, RunId, TenantId, cause::sums},
    engine::views::{AmountView, AttentionView, CauseMember, Mend, Place},
};

/// An entry of the list, with what it comes from and what mends that.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Wanting {
    pub view: AttentionView,
    /// What it comes from, without whom it befell.
    pub cause: String,
    pub mend: Mend,
    /// Whom it befell.
    pub members: Vec<CauseMember>,
    /// The invoice lines that it speaks of, where it is known which.
    pub stakes: Vec<Stake>,
    /// Whether it says that the target is to credit something (sync-rules 10.15).
    pub tells_credit: bool,
}

impl Wanting {
    /// Something that comes from nothing else, and is mended where it is.
    pub(super) fn alone(view: AttentionView) -> Self {
        let cause = view.text.clone();
        Self::of_customer(view, None, cause, Mend::Look)
    }

    pub(super) fn of_customer(
        view: AttentionView,
        customer: Option<String>,
        cause: impl Into<String>,
        mend: Mend,
    ) -> Self {
        let members = vec![CauseMember { customer, ..CauseMember::of(&view) }];
        let (cause, stakes) = (cause.into(), Vec::new());
        Self { view, cause, mend, members, stakes, tells_credit: false }
    }

    /// It befell all of these, who share a contract: what is at stake counts once.
    pub(super) fn each_of(&mut self, run: RunId, customers: Vec<(TenantId, String)>) {
        let Some(member) = self.members.pop() else { return };
        let one = |(at, (tenant, name)): (usize, (TenantId, String))| CauseMember {
            customer: Some(name),
            amount: member.amount.filter(|_| at == 0),
            place: Place::Run { run, tenant: Some(tenant) },
            ..member.clone()
        };
        self.members.extend(customers.into_iter().enumerate().map(one));
    }

    /// It befell them with this invoice, and with this of it.
    pub(super) fn with(mut self, invoice: &str, service: Option<&str>) -> Self {
        for member in &mut self.members {
            member.invoice = Some(invoice.to_owned());
            member.service = service.map(str::to_owned);
        }
        self
    }

    /// What it amounts to, by whom it befell.
    fn amounts(&self) -> impl Iterator<Item = (&Option<Currency>, &Money)> {
        let alone = (&self.view.currency, self.view.amount.as_ref());
        let alone = self.members.is_empty().then_some(alone);
        let members = self.members.iter().map(|one| (&one.currency, one.amount.as_ref()));
        alone.into_iter().chain(members).filter_map(|(currency, amount)| Some((currency, amount?)))
    }

    /// With what the one whom it befell is billed, each currency for itself.
    pub(super) fn billed(mut self, billed: &[(Option<Currency>, Money)]) -> Self {
        let sums = sums(billed.iter().map(|(currency, amount)| (currency, amount)));
        let Some((currency, amount)) = sums.iter().max_by_key(|(_, amount)| **amount) else {
            return self;
        };
        (self.view.amount, self.view.currency) = (Some(*amount), currency.clone());
        if let Some(member) = self.members.pop() {
            let one = |(currency, amount): (Option<Currency>, Money)| CauseMember {
                amount: Some(amount),
                currency,
                ..member.clone()
            };
            self.members.extend(sums.into_iter().map(one));
        }
        self
    }
}

/// Lines of an invoice that an entry speaks of together, and what they amount to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stake {
    /// Number of the invoice, without regard to case.
    pub invoice: String,
    pub lines: BTreeSet<u32>,
    pub currency: Option<Currency>,
    pub amount: Money,
}

/// What all of these concern, each currency for itself. A line of which several speak counts once: a price and a cost that
/// differ are of one line.
pub(super) fn concerned(all: &[Wanting]) -> Vec<AmountView> {
    let mut stakes: Vec<&Stake> = all.iter().flat_map(|one| &one.stakes).collect();
    // Those of most lines first: what another says of nothing but these lines is in their amount.
    stakes.sort_by_key(|one| (Reverse(one.lines.len()), Reverse(one.amount)));
    let mut counted = BTreeSet::new();
    stakes.retain(|one| {
        let before = counted.len();
        counted.extend(one.lines.iter().map(|line| (&one.invoice, *line)));
        counted.len() > before
    });
    let of_lines = stakes.into_iter().map(|one| (&one.currency, &one.amount));
    let others = all.iter().filter(|one| one.stakes.is_empty()).flat_map(Wanting::amounts);
    AmountView::list(sums(of_lines.chain(others)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::outcome::Outcome;

    fn befell(cause: &str, stakes: &[(&str, &[u32], &str)]) -> Wanting {
        let view = AttentionView {
            id: cause.to_owned(),
            outcome: Outcome::Warning,
            text: cause.to_owned(),
            advice: String::new(),
            place: Place::Connections,
            amount: Some(money("5.00")),
            currency: None,
        };
        let stakes = stakes.iter().map(|(invoice, lines, amount)| Stake {
            invoice: (*invoice).to_owned(),
            lines: lines.iter().copied().collect(),
            currency: None,
            amount: money(amount),
        });
        Wanting { stakes: stakes.collect(), ..Wanting::alone(view) }
    }

    fn money(text: &str) -> Money {
        text.parse().expect("money")
    }

    fn sum(all: &[Wanting]) -> String {
        let told = concerned(all);
        assert_eq!(told.len(), 1, "{told:?}");
        told[0].amount.to_string()
    }

    #[test]
    fn a_line_of_which_two_causes_speak_counts_once() {
        let cost = befell("the cost changed", &[("inv1", &[1], "10.00")]);
        let price = befell("the price changed", &[("inv1", &[1], "10.00")]);
        assert_eq!(sum(&[cost.clone(), price]), "10.00");
        // Line 1 of another invoice is another line.
        let other = befell("the price changed", &[("inv2", &[1], "10.00")]);
        assert_eq!(sum(&[cost, other]), "20.00");
    }

    #[test]
    fn two_causes_of_two_subscriptions_of_a_customer_count_both() {
        let one = befell("the cost changed", &[("inv1", &[1, 2], "10.00")]);
        let two = befell("its name is taken", &[("inv1", &[3], "290.94")]);
        assert_eq!(sum(&[one, two]), "300.94");
    }

    #[test]
    fn what_is_said_of_a_customer_as_a_whole_holds_what_is_said_of_a_part() {
        let whole = befell("sync is late", &[("inv1", &[1, 2], "10.00"), ("inv1", &[3], "3.00")]);
        let together = befell("no service", &[("inv1", &[2, 3], "9.00")]);
        let part = befell("the cost changed", &[("inv1", &[3], "3.00")]);
        assert_eq!(sum(&[part.clone(), whole]), "13.00");
        assert_eq!(sum(&[part, together]), "9.00");
    }

    #[test]
    fn what_names_no_lines_counts_by_itself() {
        let lines = befell("the cost changed", &[("inv1", &[1], "10.00")]);
        assert_eq!(sum(&[lines, befell("an invoice", &[]), befell("another", &[])]), "20.00");
    }
}
