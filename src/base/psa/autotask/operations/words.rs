//! What the outcome says of writes that go through, but not as the invoice has it (sync-rules 4.6, 4.10).
//!
//! It must not change a write.

use rust_decimal::Decimal;

use crate::{
    domain::{
        Code, Day, Money,
        outcome::Finding,
        target::{PresentService, UnitRow},
        timeline::Timeline,
    },
    psa::autotask::{advice::finding, assumed},
};

use super::{
    Situation,
    changes::{CarriedChange, DayChange, Prices, ShiftedChanges},
};

/// A change that is not written because its day is taken and the policy forbids another.
pub(super) fn same_day_refused(shift: &CarriedChange) -> Finding {
    let text = format!(
        "Autotask has an adjustment of this service on {} already, and the same-day policy is to fail.",
        days(shift)
    );
    finding(Code::SameDay, text)
}

/// A change that is written on another day: which, how much, and the money it is off.
pub(super) fn same_day(
    situation: &Situation<'_>,
    planned: &ShiftedChanges,
    after: &Timeline,
    shift: &CarriedChange,
) -> Finding {
    let money = match money_off(situation, planned, after, shift) {
        Some(money) => format!("Autotask bills {} for it", off(money)),
        None => "the money it is off cannot be told without the unit price".to_owned(),
    };
    let changed = what(shift);
    let taken = days(shift);
    let text = if shift.lost {
        format!(
            "Autotask has an adjustment of this service on {taken} already, and the contract ends \
             before the next free day: {changed} cannot be made; {money}."
        )
    } else {
        let to = shift.to;
        format!(
            "Autotask has an adjustment of this service on {taken} already: {changed} is dated {to} \
             instead; {money}."
        )
    };
    finding(Code::SameDay, text)
}

/// Changes that cannot be made, and that cancel out by the first free day: which, how much, and the money it is off.
/// Nothing where the days are billed right all the same.
pub(super) fn residue(
    situation: &Situation<'_>,
    planned: &ShiftedChanges,
    after: &Timeline,
    shift: &CarriedChange,
) -> Option<Finding> {
    let (first, wanted) = (shift.since(), &situation.wanted.units);
    if after.on(first) == wanted.on(first) {
        return None;
    }
    let money = match money_off(situation, planned, after, shift) {
        Some(money) => format!("Autotask bills {} for it", off(money)),
        None => "the money it is off cannot be told without the unit price".to_owned(),
    };
    let text = format!(
        "Autotask has an adjustment of this service on {} already, and by {} the changes cancel out: \
         {first} stays at {} where the invoice has {}; {money}.",
        days(shift),
        shift.to,
        after.on(first),
        wanted.on(first),
    );
    Some(finding(Code::SameDay, text))
}

/// Rows that were billed already: Autotask bills the difference as an item of its own.
pub(super) fn posted(
    present: Option<&PresentService>,
    steps: &[(Day, DayChange)],
    after: &Timeline,
) -> Option<Finding> {
    let present = present?;
    let repriced = |row: &UnitRow, last: Day| {
        row.units != 0 && steps.iter().any(|(day, step)| !step.prices.is_none() && *day <= last)
    };
    let touched: Vec<String> = spans(&present.rows)
        .filter(|(row, last)| row.posted && (repriced(row, *last) || differs(after, row, *last)))
        .map(|(row, last)| format!("{} to {last}", row.start))
        .collect();
    (!touched.is_empty()).then(|| {
        let text = format!(
            "Already approved and posted: {}. Autotask will bill the difference as a separate item.",
            touched.join(", ")
        );
        finding(Code::Posted, text)
    })
}

fn differs(after: &Timeline, row: &UnitRow, last: Day) -> bool {
    let inside = |day: Day| day > row.start && day <= last;
    after.on(row.start) != row.units
        || after.steps().iter().any(|step| inside(step.from) && step.units != row.units)
}

/// Each row with its last day: the day before the next row, and only for the last one what the target says.
fn spans(rows: &[UnitRow]) -> impl Iterator<Item = (&UnitRow, Day)> {
    let mut sorted: Vec<&UnitRow> = rows.iter().collect();
    sorted.sort_by_key(|row| row.start);
    let nexts: Vec<Option<Day>> =
        sorted.iter().skip(1).map(|row| Some(row.start.previous())).chain([None]).collect();
    sorted.into_iter().zip(nexts).map(|(row, next)| (row, next.unwrap_or(row.end)))
}

/// `2026-09-10 and 2026-09-11`.
fn days(shift: &CarriedChange) -> String {
    let days: Vec<String> = shift.from.iter().map(|(day, _)| day.to_string()).collect();
    days.join(" and ")
}

/// `the change of −3`, `the price`, or both.
fn what(shift: &CarriedChange) -> String {
    match (shift.units(), shift.prices.is_none()) {
        (0, _) => "the new price".to_owned(),
        (units, true) => format!("the change of {units:+}"),
        (units, false) => format!("the change of {units:+} with the new price"),
    }
}

fn off(money: Money) -> String {
    let way = if money < Money::ZERO { "too little" } else { "too much" };
    format!("{} {way}", money.abs().separated())
}

/// What Autotask bills more than the invoice asks for, from the taken day until the change takes hold.
fn money_off(
    situation: &Situation<'_>,
    planned: &ShiftedChanges,
    after: &Timeline,
    shift: &CarriedChange,
) -> Option<Money> {
    let contract = &situation.contract.contract;
    let opening = Prices::opening(situation.wanted);
    let known =
        Prices { price: situation.present.and_then(|row| row.price), cost: None }.or(opening);
    let last = contract.end.map_or(shift.to.previous(), |end| end.min(shift.to.previous()));
    let mut sum = Decimal::ZERO;
    let mut day = shift.since();
    while day <= last {
        let billed = planned.changes.prices_on(day, known).price?;
        let asked = planned.wished.prices_on(day, known).price?;
        let billed = amount(billed, after.on(day))?;
        let difference = billed - amount(asked, situation.wanted.units.on(day))?;
        let share = difference.checked_mul(assumed::share_of_a_day(contract, day))?;
        sum = sum.checked_add(share)?;
        day = day.next();
    }
    Some(Money(sum).rounded(2))
}

fn amount(price: Money, units: i64) -> Option<Decimal> {
    price.0.checked_mul(Decimal::from(units))
}
