//! Every fact about Autotask that is assumed rather than documented or seen, in one place, with its hedge.
//!
//! Nothing else of the adapter may state such a fact; a tenant that behaves otherwise is met by changing this page.

use rust_decimal::Decimal;

use crate::domain::{Day, target::Contract};

/// Decimals of money that Autotask keeps (wire/autotask 3; sync-rules 1.9).
pub const PRICE_DECIMALS: u32 = 4;

/// Whether a contract takes an adjustment dated this day: start and end themselves are allowed (wire/autotask 14, row 9).
#[must_use]
pub fn takes_adjustments_on(contract: &Contract, day: Day) -> bool {
    day >= contract.start && contract.end.is_none_or(|end| day <= end)
}

/// What one unit bills for one day, as a part of its monthly price: by inclusive days of the billing period
/// (wire/autotask 14, row 11). Our services are monthly; a longer period bills as many months (13.3, item 5).
#[must_use]
pub fn share_of_a_day(contract: &Contract, day: Day) -> Decimal {
    let start = contract.period_start_at(day);
    let days = contract.next_period_start(day).since(start).max(1);
    Decimal::from(contract.period_months.max(1)) / Decimal::from(days)
}
