//! What the tests of the pure rules look at: a contract, and rows as a reading gives them. It must not reach the program.

use crate::domain::{
    Day, Money, sample,
    target::{Contract, UnitRow},
};

pub(crate) fn day(text: &str) -> Day {
    text.parse().expect("a day")
}

pub(crate) fn money(text: &str) -> Money {
    text.parse().expect("an amount")
}

/// From 1 January, without an end.
pub(crate) fn contract(period_months: u32) -> Contract {
    Contract { period_months, ..sample::contract() }
}

/// A row of units that bills nothing.
pub(crate) fn units(start: &str, end: &str, units: i64) -> UnitRow {
    UnitRow {
        start: day(start),
        end: day(end),
        units,
        price: Money::ZERO,
        cost: None,
        posted: false,
    }
}
