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
        target::{Contract, PresentContract, PresentService, UnitRow},
    },
    planning::{ContractMemory, Owed, Unshown},
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

/// What a reading shows of a price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// It is there.
    Yes,
    /// Another one is.
    Other(Money),
    /// Nothing can be told.
    Nothing,
}

/// Unit price or unit cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Member {
    /// What the customer pays.
    Price,
    /// What the partner pays.
    Cost,
}

impl Member {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Price, Self::Cost];

    fn word(self) -> &'static str {
        match self {
            Self::Price => "price",
            Self::Cost => "cost",
        }
    }

    fn of_step(self, step: &PriceStep) -> Option<Money> {
        match self {
            Self::Price => step.price,
            Self::Cost => step.cost,
        }
    }

    fn of_units(self, row: &UnitRow) -> Option<Money> {
        match self {
            Self::Price => Some(row.price),
            Self::Cost => row.cost,
        }
    }

    fn of_row(self, row: &PresentService) -> Option<Money> {
        match self {
            Self::Price => row.price,
            Self::Cost => row.cost,
        }
    }

    /// Of what is owed.
    #[must_use]
    pub fn of_owed(self, owed: &Owed) -> Option<Unshown> {
        match self {
            Self::Price => owed.price,
            Self::Cost => owed.cost,
        }
    }
}

/// A row of a contract as it was read.
#[derive(Clone, Copy, Debug)]
pub struct Reading<'a> {
    /// The contract: its periods tell which rows are whole.
    pub contract: &'a Contract,
    /// The row.
    pub row: &'a PresentService,
}

/// From a day on until another price of ours follows.
#[derive(Clone, Copy, Debug)]
pub struct InForce {
    /// First day.
    pub from: Day,
    /// The day of the next price; none where it is the last.
    pub until: Option<Day>,
}

impl Reading<'_> {
    /// What it shows of this price: in the amount of an uncut row within its days, or else as the row's effective price.
    ///
    /// ```text
    /// row        Aug |  Sep .... 20th |.. |  Oct  |  Nov
    ///            uncut     cut      cut    uncut   uncut
    /// our price           ^ from 20 Sep: October's amount tells, and not the two parts of September
    /// ```
    ///
    /// A whole period's amount is what will be billed and goes before what the row says of itself. Posted amounts do not
    /// move any more, so they tell nothing.
    #[must_use]
    pub fn shows(&self, member: Member, asked: Money, span: InForce) -> Shown {
        let effective = member.of_row(self.row);
        let billed = self.uncut(span).and_then(|row| Some((row.units, member.of_units(row)?)));
        if let Some((units, amount)) = billed {
            if self.comes_to(asked, units, amount) {
                return Shown::Yes;
            }
            // The amounts of longer periods, and of services that are not monthly themselves, are assumed (wire/autotask 13.3).
            if self.contract.period_months == 1 {
                let each = amount.0.checked_div(units.into()).map(|each| Money(each).rounded(4));
                let other = effective.filter(|effective| !asked.reads(*effective)).or(each);
                return other.map_or(Shown::Nothing, Shown::Other);
            }
        }
        match effective {
            // Costs are hidden from a user without the right to them: nothing is missed.
            None if member == Member::Cost => Shown::Yes,
            // What the row says of itself is the price of its last step.
            Some(effective) if span.until.is_none() => {
                if asked.reads(effective) {
                    Shown::Yes
                } else {
                    Shown::Other(effective)
                }
            }
            _ => Shown::Nothing,
        }
    }

    fn comes_to(&self, asked: Money, units: i64, amount: Money) -> bool {
        let of = |price: Money| price.times(units).rounded(2);
        let periods = i64::from(self.contract.period_months.max(1));
        let same = |price| amount == of(price) || amount == of(price).times(periods);
        same(asked) || same(asked.rounded(2))
    }

    /// The first row of a whole billing period with units within these days.
    fn uncut(&self, span: InForce) -> Option<&UnitRow> {
        let mut rows = self.row.rows.iter().zip(self.row.rows.iter().skip(1));
        let uncut = rows.find(|(units, next)| {
            units.start >= span.from
                && span.until.is_none_or(|until| units.start < until)
                && units.units != 0
                && !units.posted
                && self.contract.period_starts_on(units.start)
                && self.contract.next_period_start(units.start) == next.start
        });
        uncut.map(|(units, _)| units)
    }

    /// The prices written to a row that it does not show, by day.
    #[must_use]
    pub fn unshown(&self, written: &[PriceStep]) -> Vec<(Member, Unshown)> {
        Member::ALL.into_iter().flat_map(|member| self.unshown_of(member, written)).collect()
    }

    fn unshown_of(&self, member: Member, written: &[PriceStep]) -> Vec<(Member, Unshown)> {
        let by_day: BTreeMap<Day, Money> =
            written.iter().filter_map(|step| Some((step.from, member.of_step(step)?))).collect();
        let nexts = by_day.keys().copied().skip(1).map(Some).chain([None]);
        let steps = by_day.iter().zip(nexts);
        let unshown = steps.filter_map(|((&from, &asked), until)| {
            let reads = match self.shows(member, asked, InForce { from, until }) {
                Shown::Yes => return None,
                Shown::Other(reads) => Some(reads),
                Shown::Nothing => None,
            };
            Some((member, Unshown { from, asked, reads }))
        });
        unshown.collect()
    }

    /// What is owed after this application: of its own prices the last of each member, else what was owed before.
    #[must_use]
    pub fn owes(&self, month: UsageMonth, written: &[PriceStep], before: Option<&Owed>) -> Owed {
        let unshown = self.unshown(written);
        let of = |member: Member| {
            let days = written.iter().filter(|step| member.of_step(step).is_some());
            let last = days.map(|step| step.from).max();
            let old = before.and_then(|owed| member.of_owed(owed)).filter(|old| {
                let later = last.is_none_or(|last| old.from > last);
                later && self.still_owed(member, *old)
            });
            let new = unshown
                .iter()
                .find(|(known, unshown)| *known == member && Some(unshown.from) == last);
            old.or(new.map(|(_, unshown)| *unshown))
        };
        let kept = before.filter(|_| written.is_empty()).map_or(month, |owed| owed.month);
        Owed { month: kept, price: of(Member::Price), cost: of(Member::Cost) }
    }

    fn still_owed(&self, member: Member, owed: Unshown) -> bool {
        let span = InForce { from: owed.from, until: None };
        self.shows(member, owed.asked, span) != Shown::Yes
    }

    /// What a month is billed too much for what is not shown, by the units of its first day or, where they are more, of the
    /// usage month's last one.
    #[must_use]
    pub fn off(&self, unshown: &Unshown, month: UsageMonth) -> Option<Money> {
        let each = unshown.reads?.0.checked_sub(unshown.asked.0)?;
        let units = self.row.timeline();
        let units = units.on(unshown.from).max(units.on(month.last_day()));
        Some(Money(each.checked_mul(units.into())?).rounded(2))
    }

    /// What to say of it.
    #[must_use]
    pub fn finding(&self, member: Member, unshown: &Unshown, month: UsageMonth) -> Finding {
        let Unshown { from, asked, reads } = unshown;
        let what = member.word();
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
        let off = off.abs();
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
pub fn settle_shown(memory: &mut ContractMemory, present: &PresentContract) {
    let ContractMemory { owed, chosen, .. } = memory;
    for (service, owed) in owed {
        let mut rows = present.services.iter().filter(|row| row.service == *service);
        let row = match chosen.get(service) {
            Some(chosen) => rows.find(|row| row.contract_service == *chosen),
            None => rows.next(),
        };
        let reading = row.map(|row| Reading { contract: &present.contract, row });
        let still = |member: Member, owed: Option<Unshown>| {
            owed.filter(|owed| reading.is_some_and(|reading| reading.still_owed(member, *owed)))
        };
        owed.price = still(Member::Price, owed.price);
        owed.cost = still(Member::Cost, owed.cost);
    }
}

#[cfg(test)]
mod tests;
