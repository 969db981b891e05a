//! What a row shows of a price that was written to it (sync-rules 5.6; wire/autotask 13.3). Pure.
//!
//! It must not say what is owed where it shows another one.

use crate::{
    domain::{
        Money,
        target::{Contract, PresentService, UnitRow},
    },
    psa::{AskedPrice, PriceMember, Shown},
};

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
pub(super) fn shows(contract: &Contract, row: &PresentService, asked: AskedPrice) -> Shown {
    let AskedPrice { member, amount: price, until, .. } = asked;
    let effective = member.of_row(row);
    let billed =
        uncut(contract, row, asked).and_then(|row| Some((row.units, member.of_units(row)?)));
    if let Some((units, amount)) = billed {
        if comes_to(contract, price, units, amount) {
            return Shown::Yes;
        }
        // The amounts of longer periods, and of services that are not monthly themselves, are assumed (wire/autotask 13.3).
        if contract.period_months == 1 {
            let each = amount.0.checked_div(units.into()).map(|each| Money(each).rounded(4));
            let other = effective.filter(|effective| !price.reads(*effective)).or(each);
            return other.map_or(Shown::Nothing, Shown::Other);
        }
    }
    match effective {
        // Costs are hidden from a user without the right to them: nothing is missed.
        None if member == PriceMember::Cost => Shown::Yes,
        // What the row says of itself is the price of its last step.
        Some(effective) if until.is_none() => {
            if price.reads(effective) {
                Shown::Yes
            } else {
                Shown::Other(effective)
            }
        }
        _ => Shown::Nothing,
    }
}

/// Whether so many units at this price bill this amount, in one period.
fn comes_to(contract: &Contract, price: Money, units: i64, amount: Money) -> bool {
    let of = |price: Money| price.times(units).rounded(2);
    let periods = i64::from(contract.period_months.max(1));
    let same = |price| amount == of(price) || amount == of(price).times(periods);
    same(price) || same(price.rounded(2))
}

/// The first row of a whole billing period with units within the days of a price.
fn uncut<'a>(
    contract: &Contract,
    row: &'a PresentService,
    asked: AskedPrice,
) -> Option<&'a UnitRow> {
    let mut rows = row.rows.iter().zip(row.rows.iter().skip(1));
    let uncut = rows.find(|(units, next)| {
        units.start >= asked.from
            && asked.until.is_none_or(|until| units.start < until)
            && units.units != 0
            && !units.posted
            && contract.period_starts_on(units.start)
            && contract.next_period_start(units.start) == next.start
    });
    uncut.map(|(units, _)| units)
}

#[cfg(test)]
mod tests;
