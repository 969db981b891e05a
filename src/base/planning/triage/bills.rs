//! What the lines of an invoice bill each customer before any run came to them: what is for syncing, and what is not, sorted
//! by the same rules as a run's lines.
//!
//! It must not look at links: who is linked is asked when it is shown.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{AZURE, BY_SETTING, Catalogue, MappedTenant, SortedLines, Sorter, TriageRequest};
use crate::domain::{
    Money, TenantId, UsageMonth,
    invoice::{Lines, Tenant},
    policy::Policies,
};

/// What one customer is billed, cost.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bill {
    /// For syncing.
    pub to_sync: Money,
    /// Not for syncing, by reason, as if nothing were that a setting decides on.
    #[serde(default)]
    pub left_out: BTreeMap<String, Money>,
}

impl Bill {
    /// By the settings of now: what they let in is for syncing.
    #[must_use]
    pub fn under(&self, azure: bool, policies: &Policies) -> Self {
        let lets_in = [(AZURE, azure), (BY_SETTING, policies.annual_term_monthly_bill)];
        let mut bill = self.clone();
        for (reason, _) in lets_in.into_iter().filter(|(_, on)| *on) {
            let amount = bill.left_out.remove(reason).unwrap_or_default();
            bill.to_sync = Money(bill.to_sync.0.saturating_add(amount.0));
        }
        bill
    }
}

/// Who and what an invoice's lines are sorted by.
#[derive(Clone, Copy, Debug)]
pub struct Billing<'a> {
    /// Tenants with their subscriptions.
    pub tenants: &'a [Tenant],
    /// All mappings: names of customers that are not listed any more.
    pub mappings: &'a [MappedTenant<'a>],
    /// Products: what decides the motion of lines that do not tell theirs.
    pub catalogue: &'a Catalogue<'a>,
}

impl Billing<'_> {
    /// What these lines bill whom.
    #[must_use]
    pub fn bills(&self, month: UsageMonth, lines: &Lines) -> BTreeMap<TenantId, Bill> {
        let policies = Policies { annual_term_monthly_bill: false, ..Policies::default() };
        let (contracts, failed) = (BTreeSet::new(), BTreeSet::new());
        let sorted = SortedLines::unsorted(&TriageRequest {
            month,
            lines,
            tenants: self.tenants,
            catalogue: self.catalogue,
            mappings: self.mappings,
            contracts: &contracts,
            failed: &failed,
            azure: false,
            policies: &policies,
        });
        let sorter = Sorter::new(&sorted, &[]);
        let mut bills: BTreeMap<TenantId, Bill> = BTreeMap::new();
        for line in lines.iter() {
            let owner = sorter.index.owner(&line);
            let Some(tenant) = owner.tenant else { continue };
            let bill = bills.entry(tenant.clone()).or_default();
            let sum = match sorter.excluded(&line, &owner) {
                Some(reason) => bill.left_out.entry(reason.to_owned()).or_default(),
                None => &mut bill.to_sync,
            };
            sum.0 = sum.0.saturating_add(line.subtotal.0);
        }
        bills
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_lets_in_what_it_decides_on_and_nothing_else() {
        let amount = |text: &str| text.parse::<Money>().expect("an amount");
        let left_out = [(AZURE, "5.00"), (BY_SETTING, "3.00"), ("annual billing", "2.00")];
        let left_out = left_out.map(|(reason, sum)| (reason.to_owned(), amount(sum)));
        let bill = Bill { to_sync: amount("1.00"), left_out: left_out.into() };
        let under = |azure, annual_term_monthly_bill| {
            let policies = Policies { annual_term_monthly_bill, ..Policies::default() };
            let bill = bill.under(azure, &policies);
            (bill.to_sync, bill.left_out.values().copied().sum::<Money>())
        };
        assert_eq!(under(false, false), (amount("1.00"), amount("10.00")));
        assert_eq!(under(true, false), (amount("6.00"), amount("5.00")));
        assert_eq!(under(true, true), (amount("9.00"), amount("2.00")));
    }
}
