//! What readings show of the prices that were written (sync-rules 5.6), and what is owed where they show another one (5.2).
//! Pure.
//!
//! It must not plan: what is owed is planned from [`ContractMemory::owed`].

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    domain::{
        Code, ContractId, Day, InvoiceId, Money, RunId, ServiceId, TenantId, UsageMonth,
        operation::PriceStep,
        outcome::Finding,
        target::{Contract, PresentContract, PresentService},
    },
    planning::{ContractMemory, Owed, Unshown},
    psa::{AskedPrice, BillingRules, PriceMember, Shown},
};

/// A price that was written and not shown, with what there is to say of it: it stays on the attention list until a reading
/// shows the price, or the operator has seen it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwedPrice {
    /// The price.
    pub owed: Owed,
    /// On which contract.
    pub contract: ContractId,
    /// Of which service.
    pub service: ServiceId,
    /// Its name, for people.
    pub name: String,
    /// The customers on the contract: id and name.
    pub customers: Vec<(TenantId, String)>,
    /// The invoice that asked for it.
    pub invoice: InvoiceId,
    /// Its number, for people.
    pub invoice_number: String,
    /// The run that wrote it.
    pub run: RunId,
    /// What is wrong.
    pub finding: Finding,
    /// What a month is billed too much, or with its sign too little; none where that cannot be told.
    pub off: Option<Money>,
}

fn word(member: PriceMember) -> &'static str {
    match member {
        PriceMember::Price => "price",
        PriceMember::Cost => "cost",
    }
}

fn of_step(member: PriceMember, step: &PriceStep) -> Option<Money> {
    match member {
        PriceMember::Price => step.price,
        PriceMember::Cost => step.cost,
    }
}

/// From when the last of these prices of a member holds.
fn last_day(member: PriceMember, written: &[PriceStep]) -> Option<Day> {
    let of_it = written.iter().filter(|step| of_step(member, step).is_some());
    of_it.map(|step| step.from).max()
}

/// What is owed of one member.
pub(crate) fn of_owed(member: PriceMember, owed: &Owed) -> Option<Unshown> {
    match member {
        PriceMember::Price => owed.price,
        PriceMember::Cost => owed.cost,
    }
}

/// A row of a contract as it was read.
#[derive(Clone, Copy)]
pub(crate) struct Reading<'a> {
    /// What the target's rows show.
    pub rules: &'a dyn BillingRules,
    /// The contract: its periods tell which rows are whole.
    pub contract: &'a Contract,
    /// The row.
    pub row: &'a PresentService,
}

impl Reading<'_> {
    fn shows(&self, asked: AskedPrice) -> Shown {
        self.rules.shows(self.contract, self.row, asked)
    }

    /// The prices written to a row that it does not show, by day.
    pub(crate) fn unshown(&self, written: &[PriceStep]) -> Vec<(PriceMember, Unshown)> {
        PriceMember::ALL.into_iter().flat_map(|member| self.unshown_of(member, written)).collect()
    }

    fn unshown_of(
        &self,
        member: PriceMember,
        written: &[PriceStep],
    ) -> Vec<(PriceMember, Unshown)> {
        let by_day: BTreeMap<Day, Money> =
            written.iter().filter_map(|step| Some((step.from, of_step(member, step)?))).collect();
        let nexts = by_day.keys().copied().skip(1).map(Some).chain([None]);
        let steps = by_day.iter().zip(nexts);
        let unshown = steps.filter_map(|((&from, &asked), until)| {
            let reads = match self.shows(AskedPrice { member, amount: asked, from, until }) {
                Shown::Yes => return None,
                Shown::Other(reads) => Some(reads),
                Shown::Nothing => None,
            };
            Some((member, Unshown { from, asked, reads }))
        });
        unshown.collect()
    }

    /// What is owed after this application: of its own prices the last of each member, else what was owed before.
    pub(crate) fn owes(
        &self,
        month: UsageMonth,
        written: &[PriceStep],
        before: Option<&Owed>,
    ) -> Owed {
        let unshown = self.unshown(written);
        let of = |member: PriceMember| {
            let last = last_day(member, written);
            let old = before.and_then(|owed| of_owed(member, owed)).filter(|old| {
                let later = last.is_none_or(|last| old.from > last);
                later && self.still_owed(member, *old)
            });
            let new = unshown
                .iter()
                .find(|(known, unshown)| *known == member && Some(unshown.from) == last);
            old.or(new.map(|(_, unshown)| *unshown))
        };
        let kept = before.filter(|_| written.is_empty()).map_or(month, |owed| owed.month);
        Owed { month: kept, price: of(PriceMember::Price), cost: of(PriceMember::Cost) }
    }

    fn still_owed(&self, member: PriceMember, owed: Unshown) -> bool {
        let asked = AskedPrice { member, amount: owed.asked, from: owed.from, until: None };
        self.shows(asked) != Shown::Yes
    }

    /// What a month is billed too much for what is not shown, by the units of its first day or, where they are more, of the
    /// usage month's last one.
    pub(crate) fn off(&self, unshown: &Unshown, month: UsageMonth) -> Option<Money> {
        let each = unshown.reads?.0.checked_sub(unshown.asked.0)?;
        let units = self.row.timeline();
        let units = units.on(unshown.from).max(units.on(month.last_day()));
        Some(Money(each.checked_mul(units.into())?).rounded(2))
    }

    /// What to say of the prices written to a row that it does not show. Only the last of a member is owed: of one that
    /// another follows no later run looks whether it shows.
    pub(crate) fn findings(&self, written: &[PriceStep], month: UsageMonth) -> Vec<Finding> {
        let unshown = self.unshown(written);
        let told = unshown.iter().map(|(member, unshown)| {
            let finding = self.finding(*member, unshown, month);
            if last_day(*member, written) == Some(unshown.from) {
                finding
            } else {
                Finding { code: Code::PriceWasNotShown, ..finding }
            }
        });
        told.collect()
    }

    /// What to say of it.
    pub(crate) fn finding(
        &self,
        member: PriceMember,
        unshown: &Unshown,
        month: UsageMonth,
    ) -> Finding {
        let Unshown { from, asked, reads } = unshown;
        let (what, asked) = (word(member), asked.separated());
        let (Some(reads), Some(off)) = (reads, self.off(unshown, month)) else {
            return Finding::new(
                Code::PriceNotShown,
                format!(
                    "The unit {what} {asked} from {from} was accepted, but nothing read back shows it."
                ),
                format!("Check the unit {what} of this service on the contract before invoicing."),
            );
        };
        let way = if off < Money::ZERO { "too little" } else { "too much" };
        let (reads, off) = (reads.separated(), off.abs().separated());
        Finding::new(
            Code::PriceNotShown,
            format!(
                "The unit {what} {asked} from {from} was accepted and not applied: it reads {reads}, {off} a month {way}."
            ),
            "Set it by hand on the contract before invoicing, or sync customers with --recheck, which writes it again.",
        )
    }
}

/// Settles of what was owed what this reading shows: a contract is planned by what is there now.
pub(crate) fn settle_shown(
    memory: &mut ContractMemory,
    present: &PresentContract,
    rules: &dyn BillingRules,
) {
    let ContractMemory { owed, chosen, .. } = memory;
    for (service, owed) in owed {
        let mut rows = present.services.iter().filter(|row| row.service == *service);
        let row = match chosen.get(service) {
            Some(chosen) => rows.find(|row| row.contract_service == *chosen),
            None => rows.next(),
        };
        let reading = row.map(|row| Reading { rules, contract: &present.contract, row });
        let still = |member: PriceMember, owed: Option<Unshown>| {
            owed.filter(|owed| reading.is_some_and(|reading| reading.still_owed(member, *owed)))
        };
        owed.price = still(PriceMember::Price, owed.price);
        owed.cost = still(PriceMember::Cost, owed.cost);
    }
}

#[cfg(test)]
mod tests;
