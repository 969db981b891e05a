//! An entry of the attention list, as it is worked out.
//!
//! It must not read anything, or decide what is on the list.

use serde::{Deserialize, Serialize};

use crate::{
    domain::{Currency, Money, RunId, TenantId, cause::sums},
    engine::views::{AttentionView, CauseMember, Mend, Place},
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
