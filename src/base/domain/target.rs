//! What is found in a PSA, in billing words that fit any of them.

#![expect(missing_docs, reason = "what has no sentence is what its name says")]

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{
    CompanyId, ContractId, ContractServiceId, Currency, Day, Money, ServiceId, Thing, UsageMonth,
    line::{Invoicing, ServiceLine},
    outcome::Finding,
    timeline::{Step, Timeline},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TargetKind {
    Autotask,
    /// ConnectWise PSA (Manage).
    Connectwise,
}

impl fmt::Display for TargetKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Autotask => "Autotask",
            Self::Connectwise => "ConnectWise",
        })
    }
}

/// A customer or vendor company.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Company {
    /// Its id; 0 is the provider itself.
    pub id: CompanyId,
    pub name: String,
    pub active: bool,
    /// Web address, helps matching; may be empty.
    pub web: Option<String>,
}

/// What is wrong with a company whose contracts are billed all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CompanyTrouble {
    Inactive,
    /// Deleted, in a recycle bin, or no customer any more: no list shows it.
    Gone,
}

/// Only recurring service contracts may carry services (R57).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContractKind {
    /// *Recurring Service*.
    Recurring,
    /// Anything else, with the target's own word for it.
    Other(String),
    /// One that cannot be billed month by month: why, as the rest of a sentence that begins with its name.
    Unbillable(String),
}

/// Why a contract cannot be chosen; as text, the rest of a sentence that begins with its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// Of a kind that carries no services, in the target's own word.
    Kind(String),
    /// It is not billed month by month: why.
    Billing(String),
    Inactive,
    Ended(Day),
}

impl Unfit {
    /// What to choose in its place.
    #[must_use]
    pub fn advice(&self) -> &'static str {
        match self {
            Self::Kind(_) => "Choose an active Recurring Service contract of this company.",
            Self::Billing(_) => "Choose a contract of this company that is billed monthly.",
            Self::Inactive => "Choose an active contract of this company, or set this one active.",
            Self::Ended(_) => "Choose an active contract of this company, or extend this one.",
        }
    }
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kind(kind) => {
                write!(
                    f,
                    "is a {kind} contract; only Recurring Service contracts can carry services"
                )
            }
            Self::Billing(why) => f.write_str(why),
            Self::Inactive => f.write_str("is not active"),
            Self::Ended(end) => write!(f, "ended on {end}"),
        }
    }
}

/// What speaks against a contract for every month, although it can be chosen; as text, the rest of a sentence that begins
/// with its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Doubt {
    /// A part of a period bills all of it.
    NotProrated,
    NoNextInvoice,
    /// Its invoices are behind: the last day that was invoiced.
    Behind(Day),
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotProrated => {
                f.write_str("does not prorate: a change inside a month bills the whole month")
            }
            Self::NoNextInvoice => {
                f.write_str("has no next invoice date: what is invoiced already cannot be told")
            }
            Self::Behind(last) => {
                write!(f, "was invoiced up to {last} only: its invoices are behind")
            }
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contract {
    pub id: ContractId,
    pub company: CompanyId,
    pub name: String,
    /// Whether it may carry services.
    pub kind: ContractKind,
    pub active: bool,
    pub start: Day,
    /// Last day, inclusive; none where it has no end.
    pub end: Option<Day>,
    /// Length of a billing period in months, counted from `start` (wire/autotask 11.1).
    pub period_months: u32,
    /// When it is invoiced; none where the target does not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invoicing: Option<Invoicing>,
    /// The currency that it bills in; none where the target does not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<Currency>,
}

impl Contract {
    #[must_use]
    pub fn period_starts_on(&self, day: Day) -> bool {
        self.period_start_at(day) == day
    }

    /// The start of the billing period in force on this day (the contract's start, for days before it).
    #[must_use]
    pub fn period_start_at(&self, day: Day) -> Day {
        let length = self.period_months.max(1);
        let first = self.first_period();
        let (mut from, mut count) = (first, 0);
        loop {
            count += length;
            let next = first.plus_months(count);
            if next > day || next <= from {
                return from;
            }
            from = next;
        }
    }

    /// The start of the next billing period after this day.
    #[must_use]
    pub fn next_period_start(&self, day: Day) -> Day {
        let length = self.period_months.max(1);
        let first = self.first_period();
        let (mut count, mut next) = (0, first);
        while next <= day {
            count += length;
            let following = first.plus_months(count);
            if following <= next {
                return following;
            }
            next = following;
        }
        next
    }

    /// Whether its periods are calendar months: monthly, from a 1st.
    #[must_use]
    pub fn bills_calendar_months(&self) -> bool {
        use chrono::Datelike;
        self.period_months == 1 && self.first_period().0.day() == 1
    }

    /// A day on which one of its periods begins: its own first, or where the target tells how far it is invoiced the day on
    /// which it goes on, whatever day it starts on (wire/connectwise 17.1).
    fn first_period(&self) -> Day {
        use chrono::Datelike;
        let Some(invoicing) = self.invoicing else { return self.start };
        let on = invoicing.first_open.map_or(1, |open| open.0.day());
        // In a month that has every day, before the start.
        let first = Day::new(self.start.0.year() - 1, 1, on);
        first.unwrap_or(self.start)
    }

    /// Why it cannot be chosen for a mapping today; none where it can (R57, screen reasons of greyed contracts).
    #[must_use]
    pub fn unfit(&self, today: Day) -> Option<Unfit> {
        match &self.kind {
            ContractKind::Other(kind) => return Some(Unfit::Kind(kind.clone())),
            ContractKind::Unbillable(why) => return Some(Unfit::Billing(why.clone())),
            ContractKind::Recurring => {}
        }
        if !self.active {
            return Some(Unfit::Inactive);
        }
        self.end.filter(|end| *end < today).map(Unfit::Ended)
    }

    /// What speaks against it for every month, although it can be chosen.
    #[must_use]
    pub fn doubts(&self, today: Day) -> Vec<Doubt> {
        let Some(invoicing) = self.invoicing else { return Vec::new() };
        let mut doubts = Vec::new();
        if !invoicing.prorated {
            doubts.push(Doubt::NotProrated);
        }
        match invoicing.first_open {
            None => doubts.push(Doubt::NoNextInvoice),
            Some(open) if open < today.month().previous().first_day() => {
                doubts.push(Doubt::Behind(open.previous()));
            }
            Some(_) => {}
        }
        doubts
    }

    /// Why nothing of this usage month, the first to be synced, can stand on it; none where its span reaches into the month.
    pub fn misses(&self, month: UsageMonth) -> Option<String> {
        if self.start > month.last_day() {
            let start = self.start;
            return Some(format!("starts {start}, after the month to be synced, {month}"));
        }
        let end = self.end.filter(|end| *end < month.first_day())?;
        Some(format!("ends {end}, before the month to be synced, {month}"))
    }

    /// The first day that is not invoiced yet, where the target tells.
    #[must_use]
    pub fn first_open(&self) -> Option<Day> {
        self.invoicing.and_then(|invoicing| invoicing.first_open)
    }

    /// The first day of a month from which on it bills nothing more of it, as far as can be told: what lies after its end, or
    /// the whole month where it is not active without having ended before today (sync-rules 4.5, 10.9). None where it bills
    /// all of the month.
    pub(crate) fn bills_nothing_from(&self, month: UsageMonth, today: Day) -> Option<Day> {
        let finished = self.end.is_some_and(|end| end < today);
        match self.end {
            _ if !self.active && !finished => Some(month.first_day()),
            Some(end) if end < month.last_day() => Some(end.next().max(month.first_day())),
            _ => None,
        }
    }

    /// Whether its span takes in the whole month.
    #[must_use]
    pub fn covers(&self, month: UsageMonth) -> bool {
        self.start <= month.first_day() && self.end.is_none_or(|end| end >= month.last_day())
    }
}

/// A row of units as the target shows it (wire/autotask 13.3): the quantity in force over a span, and what it bills.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitRow {
    pub start: Day,
    /// Last day as the target says; not to be relied on.
    pub end: Day,
    /// Total in force.
    pub units: i64,
    /// **Extended** amount of the span, prorated: never a unit price.
    pub price: Money,
    /// Extended cost likewise; none where the user may not see costs.
    pub cost: Option<Money>,
    /// Already approved and posted: billed.
    pub posted: bool,
}

/// One service on one contract, as read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PresentService {
    /// The row's id.
    pub contract_service: ContractServiceId,
    pub service: ServiceId,
    /// Unit price in force after its last dated step, if the target tells.
    pub price: Option<Money>,
    /// Unit cost likewise.
    pub cost: Option<Money>,
    /// Its rows by start, at least from the one in force on the first day asked for.
    pub rows: Vec<UnitRow>,
    /// The lines that these rows are the sum of, by first day and id; none where the target keeps no lines.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<ServiceLine>,
}

impl PresentService {
    /// Quantity over time (sync-rules 4.2): of each row only its start and units count.
    #[must_use]
    pub fn timeline(&self) -> Timeline {
        Timeline::new(self.rows.iter().map(|row| Step { from: row.start, units: row.units }))
    }
}

/// A contract with everything on it, as read at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PresentContract {
    pub contract: Contract,
    pub services: Vec<PresentService>,
    /// A row of it that could not be understood, named: what stands on the contract is then not known, and nothing is
    /// planned on half the truth (sync-rules 4.2).
    #[serde(default)]
    pub odd: Option<Finding>,
}

/// A row of a list that could not be understood. It is left out; whatever does not depend on it goes on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OddRow {
    /// What kind of row, in the target's words.
    pub entity: String,
    /// What it is in our words, where something asks for it by its id.
    #[serde(skip)]
    pub thing: Option<Thing>,
    /// Its id, where that can be read.
    pub id: Option<i64>,
    /// The row with its id, member and value, and what to do.
    pub finding: Finding,
}

impl OddRow {
    /// Whether it is the contract or company, say, with this id.
    #[must_use]
    pub fn is(&self, thing: Thing, id: i64) -> bool {
        self.thing == Some(thing) && self.id == Some(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::sample;

    fn day(text: &str) -> Day {
        text.parse().expect("a day")
    }

    fn contract(start: &str) -> Contract {
        Contract { start: day(start), ..sample::contract() }
    }

    fn invoiced(start: &str, first_open: Option<&str>) -> Contract {
        let invoicing = Invoicing {
            billing_start: day(start),
            first_open: first_open.map(day),
            prorated: true,
            at_once: false,
        };
        Contract { invoicing: Some(invoicing), ..contract(start) }
    }

    /// Azure stands over a calendar month: whether the contract's periods are such (sync-rules 6) says the day up to which it
    /// is invoiced, where that is told, and not the day on which the contract began.
    #[test]
    fn periods_go_by_the_next_invoice_where_it_is_told_r6() {
        let calendar = |contract: Contract| contract.bills_calendar_months();
        assert!(!calendar(contract("2026-09-10")));
        assert!(calendar(invoiced("2026-09-10", Some("2026-10-01"))));
        assert!(calendar(invoiced("2026-09-10", None)));
        let fifteenth = invoiced("2026-09-01", Some("2026-11-15"));
        assert_eq!(fifteenth.period_start_at(day("2026-09-14")), day("2026-08-15"));
        assert_eq!(fifteenth.next_period_start(day("2026-09-15")), day("2026-10-15"));
        assert!(!calendar(fifteenth));
    }

    #[test]
    fn what_speaks_against_a_contract_without_ruling_it_out_is_told() {
        let today = day("2026-10-05");
        let told = |contract: &Contract| {
            contract.doubts(today).iter().map(Doubt::to_string).collect::<Vec<_>>().join("; ")
        };
        let doubts = |open| told(&invoiced("2026-01-01", open));
        assert_eq!(doubts(Some("2026-09-01")), "");
        assert!(doubts(Some("2026-08-01")).contains("invoiced up to 2026-07-31 only"));
        assert!(doubts(None).contains("no next invoice date"));
        let mut whole = invoiced("2026-01-01", Some("2026-10-01"));
        whole.invoicing.as_mut().expect("told").prorated = false;
        assert!(told(&whole).contains("does not prorate"));
        assert_eq!(contract("2026-01-01").doubts(today), []);
    }
}
