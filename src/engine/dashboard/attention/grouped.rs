//! The attention list by cause: what comes from one thing is one line, with how many customers it befell, what it amounts to,
//! and what mends it.
//!
//! It must not read anything.

use std::collections::BTreeSet;

use super::{Wanting, plan_of};
use crate::{
    domain::{
        TenantId,
        cause::{Cause, Trouble, Whom, by_cause},
    },
    engine::{
        digest::hash,
        views::{AmountView, CauseMember, CauseView, Mend, Place, status::tenants_of_all},
    },
};

/// So many members of a cause are listed; all are counted.
const LISTED: usize = 200;

/// A customer under a cause, with the entry it belongs to.
struct Member {
    entry: usize,
    shown: CauseMember,
}

pub(super) fn views(all: &[Wanting]) -> Vec<CauseView> {
    let members = all.iter().enumerate().flat_map(|(entry, wanting)| {
        let alone = wanting.members.is_empty().then(|| CauseMember::of(&wanting.view));
        let shown = alone.into_iter().chain(wanting.members.iter().cloned());
        shown.map(move |shown| Member { entry, shown })
    });
    let causes = by_cause(members, |Member { entry, shown }| Trouble {
        outcome: all[*entry].view.outcome,
        cause: all[*entry].cause.clone(),
        customer: shown.customer.clone().map(|name| Whom { name, tenant: whose(shown) }),
        amount: shown.amount,
        currency: shown.currency.clone(),
    });
    causes.into_iter().filter_map(|cause| view(cause, all)).collect()
}

fn view(cause: Cause<Member>, all: &[Wanting]) -> Option<CauseView> {
    let Cause { outcome, text, customers, amounts, members } = cause;
    let first = &all[members.first()?.entry];
    let one_entry = members.iter().all(|member| all[member.entry].view.id == first.view.id);
    let same_advice =
        members.iter().all(|member| all[member.entry].view.advice == first.view.advice);
    let advice = match &first.mend {
        Mend::Link if !same_advice => LINK_THEM.to_owned(),
        _ => first.view.advice.clone(),
    };
    let digits: String = hash(&text).chars().take(8).collect();
    Some(CauseView {
        id: if one_entry { first.view.id.clone() } else { format!("all-{digits}") },
        outcome,
        told: None,
        advice,
        mend: mend(&members, all),
        customers: customers.len() as u64,
        count: members.len() as u64,
        amounts: AmountView::list(amounts),
        tenants: tenants_of_all(
            members.iter().map(|one| one.shown.tenant.as_deref().into_iter().collect()),
        ),
        members: members.into_iter().take(LISTED).map(|member| member.shown).collect(),
        text,
    })
}

/// What tells a customer from another of the same name.
fn whose(member: &CauseMember) -> Option<String> {
    tenant(&member.place).map(ToString::to_string).or_else(|| member.tenant.clone())
}

/// Whom a place is about.
pub(super) fn tenant(place: &Place) -> Option<&TenantId> {
    match place {
        Place::Customer { tenant } | Place::Run { tenant, .. } => tenant.as_ref(),
        Place::LeftBehind { tenant } => Some(tenant),
        Place::Connections
        | Place::Program
        | Place::Products
        | Place::Plan
        | Place::Approval { .. }
        | Place::Invoice { .. } => None,
    }
}

const LINK_THEM: &str =
    "`prism-connect customers suggest` shows what fits them, `customers map` links one.";

/// What mends all of it: a plan is of everybody who waits for it.
fn mend(members: &[Member], all: &[Wanting]) -> Mend {
    let Some(first) = members.first() else { return Mend::Look };
    let mend = &all[first.entry].mend;
    if !matches!(mend, Mend::Plan { .. }) {
        return mend.clone();
    }
    let entries: BTreeSet<usize> = members.iter().map(|member| member.entry).collect();
    plan_of(entries.into_iter().map(|entry| &all[entry]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{RunId, outcome::Outcome},
        engine::views::AttentionView,
    };

    fn failed(at: usize, tenant: Option<String>) -> Wanting {
        let view = AttentionView {
            id: format!("retry-{at}"),
            outcome: Outcome::Failure,
            text: "Coastal Vets: no contract".to_owned(),
            advice: String::new(),
            amount: None,
            currency: None,
            place: Place::Run { run: RunId(1), tenant: None },
        };
        let whose = Some("Coastal Vets".to_owned());
        let mut failed = Wanting::of_customer(view, whose, "no contract", Mend::Retry);
        failed.members[0].tenant = tenant;
        failed
    }

    #[test]
    fn a_cause_names_all_whom_it_befell_and_counts_those_of_one_name() {
        let all: Vec<_> = (0..250).map(|at| failed(at, Some(format!("t{at}.example")))).collect();
        let causes = views(&all);
        let [cause] = &causes[..] else { panic!("{causes:?}") };
        assert_eq!((cause.customers, cause.tenants.len(), cause.members.len()), (250, 250, LISTED));
    }

    #[test]
    fn where_one_of_them_cannot_be_named_nobody_is() {
        let causes = views(&[failed(0, Some("a.example".to_owned())), failed(1, None)]);
        assert_eq!(causes[0].tenants, Vec::<String>::new());
    }
}
