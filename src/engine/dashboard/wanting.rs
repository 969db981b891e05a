//! An entry of the attention list, as it is worked out.
//!
//! It must not read anything, or decide what is on the list.

use std::collections::BTreeMap;

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
        let member = CauseMember {
            id: view.id.clone(),
            text: view.text.clone(),
            customer,
            tenant: None,
            domain: None,
            invoice: None,
            service: None,
            amount: view.amount,
            currency: view.currency.clone(),
            place: view.place.clone(),
        };
        let members = vec![member];
        Self { view, cause: cause.into(), mend, members, tells_credit: false }
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

/// What a member's amount is of: nobody's in particular is of the entry itself.
type Concerned<'a> = (Option<&'a str>, Option<&'a str>, Option<&'a str>, Option<&'a str>);

fn concerned_by(member: &CauseMember) -> Concerned<'_> {
    let CauseMember { customer, domain, invoice, service, .. } = member;
    match customer {
        Some(_) => (customer.as_deref(), domain.as_deref(), invoice.as_deref(), service.as_deref()),
        None => (None, None, Some(&member.id), None),
    }
}

/// What all of these concern, each currency for itself. Where several causes befell the same of a customer it counts once:
/// a price and a cost that differ are of one line.
pub(super) fn concerned(all: &[Wanting]) -> Vec<AmountView> {
    let mut each = BTreeMap::<_, BTreeMap<&str, Money>>::new();
    for (cause, member) in
        all.iter().flat_map(|one| one.members.iter().map(|member| (one.cause.as_str(), member)))
    {
        if let Some(amount) = member.amount {
            let of = each.entry((concerned_by(member), &member.currency)).or_default();
            *of.entry(cause).or_default() += amount;
        }
    }
    let once = each.iter().filter_map(|((_, currency), by_cause)| {
        Some((*currency, by_cause.values().max_by_key(|amount| amount.abs())?))
    });
    AmountView::list(sums(once))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::outcome::Outcome;

    fn befell(cause: &str, customer: Option<&str>, service: &str, amount: &str) -> Wanting {
        let view = AttentionView {
            id: format!("{cause} {service}"),
            outcome: Outcome::Warning,
            text: cause.to_owned(),
            advice: String::new(),
            place: Place::Connections,
            amount: Some(amount.parse().expect("money")),
            currency: None,
        };
        Wanting::of_customer(view, customer.map(str::to_owned), cause, Mend::Look)
            .with("INV1", Some(service))
    }

    #[test]
    fn what_two_causes_say_of_one_service_of_a_customer_counts_once() {
        let contoso =
            |cause: &str, service: &str, amount| befell(cause, Some("Contoso"), service, amount);
        let all = [
            contoso("the cost changed", "Basic", "10.00"),
            contoso("the price changed", "Basic", "10.00"),
            // Two subscriptions of one service.
            contoso("the price changed", "Teams", "3.00"),
            contoso("the price changed", "Teams", "4.00"),
            contoso("the cost changed", "Teams", "3.00"),
            befell("the cost changed", Some("Fabrikam"), "Basic", "10.00"),
            befell("an invoice", None, "", "5.00"),
            befell("another", None, "", "5.00"),
        ];
        let told = concerned(&all);
        assert_eq!(told.len(), 1);
        // 10.00 and 7.00 of Contoso, 10.00 of Fabrikam, 5.00 twice.
        assert_eq!(told[0].amount.to_string(), "37.00");
    }
}
