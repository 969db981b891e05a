//! A plan as a tree: contracts, each with its changes and with what is blocked on it. Pure.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use super::changes::Changes;
use crate::{
    console::namesakes::Namesakes,
    domain::{Currency, Money, namesakes::ShownName},
    engine::views::{PlanMoney, PlanView, PlannedView, RefusedView, SwitchedOff},
};

/// A contract of a plan, which is applied whole; or the price list, which belongs to no contract.
#[derive(Clone, Debug, Default)]
pub(crate) struct Group {
    /// Its customers.
    pub(crate) customers: Vec<String>,
    pub(crate) contract: Option<String>,
    /// What it is named by where only a part of the plan is applied; nothing of the price list.
    pub(crate) tenants: Vec<String>,
    pub(crate) changes: Changes,
    pub(crate) blocked: Vec<Arc<RefusedView>>,
    /// Customers whose sync is switched off; such a group holds nothing else.
    pub(crate) off: Vec<Arc<SwitchedOff>>,
    pub(crate) money: Option<PlanMoney>,
    /// Whether it is applied only with all others.
    pub(crate) whole: bool,
    /// What its amounts are in, where not all of the plan are in that.
    pub(crate) currency: Option<Currency>,
}

impl Group {
    pub(crate) fn name(&self) -> String {
        if !self.off.is_empty() {
            return match self.customers.len() {
                1 => "1 customer is switched off".to_owned(),
                count => format!("{count} customers are switched off"),
            };
        }
        if self.customers.is_empty() { "Price list".to_owned() } else { self.customers.join(", ") }
    }

    /// The same where there is room for one name alone, and how many there are besides: `Alpine Radio and 1 more`.
    pub(crate) fn short_name(&self) -> String {
        match &self.customers[..] {
            [first, _, ..] if self.off.is_empty() => {
                format!("{first} and {} more", self.customers.len() - 1)
            }
            _ => self.name(),
        }
    }

    /// Whose it is, each told from all others: by their tenants, or by name where those are not known.
    pub(crate) fn members(&self) -> impl Iterator<Item = &str> {
        let known = if self.tenants.is_empty() { &self.customers } else { &self.tenants };
        let off = self.off.iter().map(|off| {
            if off.tenant.is_empty() { off.customer.as_str() } else { off.tenant.as_str() }
        });
        let known = known.iter().map(String::as_str).filter(|_| self.off.is_empty());
        known.chain(off)
    }

    /// What tells it from all others of a plan.
    pub(crate) fn key(&self) -> String {
        if self.off.is_empty() { self.tenants.join("\u{1f}") } else { "off".to_owned() }
    }

    /// Whether it is the same contract as in another plan, or the price list in both.
    pub(crate) fn is_of_same(&self, other: &Self) -> bool {
        self.tenants == other.tenants && self.off.is_empty() == other.off.is_empty()
    }

    /// Whether it can be applied on its own.
    pub(crate) fn can_be_marked(&self) -> bool {
        !self.whole && !self.changes.is_empty() && !self.tenants.is_empty()
    }

    /// Whether all that there is to it is blocked.
    pub(crate) fn has_only_blocked(&self) -> bool {
        !self.blocked.is_empty() && self.changes.is_empty()
    }

    /// By how much its monthly price changes.
    pub(crate) fn effect(&self) -> Money {
        match &self.money {
            Some(money) => money.monthly_after - money.monthly_before,
            None => self.changes.effect(),
        }
    }

    /// Whether it holds services and their prices, of no contract, and nothing of it is blocked.
    pub(crate) fn is_price_list(&self) -> bool {
        self.tenants.is_empty() && self.blocked.is_empty() && self.off.is_empty()
    }

    /// Whether the row of the contract that a change adds seats to is made for it.
    pub(crate) fn makes_row_of(&self, change: &PlannedView) -> bool {
        let first = change.quantity.is_none_or(|(before, _)| before == 0);
        first && self.changes.iter().any(|one| change.fills(&one))
    }

    /// What is blocked first, then the price list, which is applied before any contract, then the largest effect.
    fn place(&self) -> (u8, Reverse<Money>, String) {
        let rank = match (self.blocked.is_empty(), self.tenants.is_empty()) {
            _ if !self.off.is_empty() => 3,
            (false, _) => 0,
            (true, true) => 1,
            (true, false) => 2,
        };
        (rank, Reverse(self.effect().abs()), self.name())
    }
}

/// How many changes drop to 0, how many at least double.
pub(crate) fn marks<'a>(groups: impl Iterator<Item = &'a Group>) -> [usize; 2] {
    groups
        .map(|group| group.changes.marks())
        .fold([0, 0], |sum, one| [sum[0] + one[0], sum[1] + one[1]])
}

/// Takes the rows of a plan out of it.
pub(crate) fn groups(plan: &mut PlanView, namesakes: &Namesakes) -> Vec<Arc<Group>> {
    let mut groups: BTreeMap<Vec<String>, Group> = BTreeMap::new();
    for contract in std::mem::take(&mut plan.contracts) {
        let group = groups.entry(contract.tenants.clone()).or_default();
        group.tenants = contract.tenants;
        group.customers = contract.customers;
        group.contract = Some(contract.contract);
        group.currency = contract.money.currency.clone().filter(|_| plan.currency.is_none());
        group.money = Some(contract.money);
    }
    let mut operations = std::mem::take(&mut plan.operations);
    if plan.currency.is_some() {
        // It stands above them, instead of with each.
        operations.name_no_currency();
    }
    let operations = Arc::new(operations);
    let mut places: BTreeMap<&[String], Vec<u32>> = BTreeMap::new();
    for (tenants, at) in operations.tenants().zip(0..) {
        places.entry(tenants).or_default().push(at);
    }
    for (tenants, places) in places {
        let changes = Changes::of(&operations, places);
        let customer = changes.iter().next().and_then(|change| change.customer);
        of(&mut groups, tenants, customer.as_deref()).changes = changes;
    }
    tell_blocked_apart(&mut plan.refused);
    for blocked in std::mem::take(&mut plan.refused) {
        let group = of(&mut groups, &blocked.tenants, blocked.customer.as_deref());
        if group.contract.is_none() {
            group.contract.clone_from(&blocked.contract);
        }
        group.blocked.push(Arc::new(blocked));
    }
    let of_groups = groups.values_mut().flat_map(|one| one.customers.iter_mut().zip(&one.tenants));
    let off = plan.switched_off.iter_mut().map(|one| (&mut one.customer, &one.tenant));
    namesakes.tell_apart(of_groups.chain(off).map(|(name, domain)| ShownName { name, domain }));
    let groups = groups.into_values().chain(switched_off(plan));
    let mut groups: Vec<_> = groups.map(Arc::new).collect();
    groups.sort_by_cached_key(|group| group.place());
    groups
}

/// What two invoices are blocked by on one contract says which of them it is of.
fn tell_blocked_apart(blocked: &mut [RefusedView]) {
    let mut alike: HashMap<(&[String], &str, &str), BTreeSet<&str>> = HashMap::new();
    for one in blocked.iter() {
        let same = alike.entry((&one.tenants, &one.target, &one.finding.text)).or_default();
        same.extend(one.invoice.as_deref());
    }
    let of_several =
        |one: &RefusedView| alike[&(&*one.tenants, &*one.target, &*one.finding.text)].len() > 1;
    let told: Vec<bool> = blocked.iter().map(of_several).collect();
    for (one, told) in blocked.iter_mut().zip(told) {
        if let Some(invoice) = one.invoice.as_ref().filter(|_| told) {
            one.target.push_str(&format!(" ({invoice})"));
        }
    }
}

/// Whoever is switched off, in one group, if anybody is.
fn switched_off(plan: &mut PlanView) -> Option<Group> {
    let mut off = std::mem::take(&mut plan.switched_off);
    off.sort_by_key(|one| Reverse(one.amount));
    if plan.currency.is_some() {
        for one in &mut off {
            one.currency = None;
        }
    }
    let customers: BTreeSet<String> = off.iter().map(|one| one.customer.clone()).collect();
    let group = Group {
        customers: customers.into_iter().collect(),
        off: off.into_iter().map(Arc::new).collect(),
        ..Group::default()
    };
    (!group.off.is_empty()).then_some(group)
}

fn of<'a>(
    groups: &'a mut BTreeMap<Vec<String>, Group>,
    tenants: &[String],
    customer: Option<&str>,
) -> &'a mut Group {
    groups.entry(tenants.to_vec()).or_insert_with(|| Group {
        tenants: tenants.to_vec(),
        customers: customer.into_iter().map(str::to_owned).collect(),
        ..Group::default()
    })
}

/// What these contracts come to together, in each currency.
pub(crate) fn money<'a>(groups: impl Iterator<Item = &'a Group>) -> Vec<PlanMoney> {
    let mut sums: Vec<PlanMoney> = Vec::new();
    for money in groups.filter_map(|group| group.money.as_ref()) {
        match sums.iter_mut().find(|sum| sum.currency == money.currency) {
            None => sums.push(money.clone()),
            Some(sum) => {
                sum.monthly_before += money.monthly_before;
                sum.monthly_after += money.monthly_after;
                sum.cost_before += money.cost_before;
                sum.cost_after += money.cost_after;
            }
        }
    }
    sums
}
