//! Whether a written price can be seen in what was read back (sync-rules 5.6). Pure.

use crate::domain::{
    Day, Money,
    operation::Operation,
    outcome::Finding,
    target::{Contract, PresentService, UnitRow},
};

/// Whether the prices of this write show: in the row's effective price, or in the amount of an uncut row.
#[must_use]
pub fn shown(contract: &Contract, row: &PresentService, operation: &Operation) -> bool {
    match operation {
        Operation::AdjustUnits { effective, unit_price, unit_cost, .. } => {
            let price = |price: Money| {
                row.price == Some(price)
                    || bills(contract, row, *effective, price, |r| Some(r.price))
            };
            let cost = |cost: Money| {
                row.cost.is_none_or(|known| known == cost)
                    || bills(contract, row, *effective, cost, |r| r.cost)
            };
            unit_price.is_none_or(price) && unit_cost.is_none_or(cost)
        }
        Operation::CreateContractService { .. }
        | Operation::CreateService { .. }
        | Operation::UpdateService { .. } => true,
    }
}

/// Whether an uncut row from `effective` on bills its units at this price.
fn bills(
    contract: &Contract,
    row: &PresentService,
    effective: Day,
    price: Money,
    amount: impl Fn(&UnitRow) -> Option<Money>,
) -> bool {
    let mut rows = row.rows.iter().zip(row.rows.iter().skip(1));
    let uncut = rows.find(|(units, next)| {
        units.start >= effective
            && units.units != 0
            && contract.period_starts_on(units.start)
            && contract.next_period_start(units.start) == next.start
    });
    uncut.is_some_and(|(units, _)| amount(units) == Some(price.times(units.units).rounded(2)))
}

/// What to say where they do not.
#[must_use]
pub fn unshown() -> Finding {
    Finding::new(
        "price_not_shown",
        "The new price was accepted, but nothing read back shows it.",
        "Check the unit price and cost of this service on the contract before invoicing.",
    )
}

#[cfg(test)]
mod tests;
