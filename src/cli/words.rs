//! Words that flags take, and how values are written for people.

use chrono::{DateTime, Utc};
use clap::ValueEnum;

use crate::domain::{
    mapping::{PricingStrategy, Start},
    policy::ProductMode,
};

/// `on` or `off`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Switch {
    /// On.
    On,
    /// Off.
    Off,
}

impl Switch {
    #[must_use]
    pub fn is_on(self) -> bool {
        self == Self::On
    }
}

/// The word for a switch.
pub(super) fn on_off(on: bool) -> &'static str {
    if on { "on" } else { "off" }
}

/// First invoice.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum From {
    /// The newest there is when sync is switched on
    MostRecent,
    /// The first one issued after that
    Next,
}

impl std::convert::From<From> for Start {
    fn from(from: From) -> Self {
        match from {
            From::MostRecent => Self::MostRecent,
            From::Next => Self::Next,
        }
    }
}

/// Which prices are written.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Pricing {
    /// Unit price and unit cost follow the invoice
    CostAndRetail,
    /// Only the cost; the sell price is yours
    CostOnly,
    /// Neither
    QuantitiesOnly,
}

impl std::convert::From<Pricing> for PricingStrategy {
    fn from(pricing: Pricing) -> Self {
        match pricing {
            Pricing::CostAndRetail => Self::CostAndRetail,
            Pricing::CostOnly => Self::CostOnly,
            Pricing::QuantitiesOnly => Self::QuantitiesOnly,
        }
    }
}

/// Which products become services.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Mode {
    /// Every product of the price list
    All,
    /// Only those on invoices of customers whose sync is on
    InUse,
}

impl std::convert::From<Mode> for ProductMode {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::All => Self::All,
            Mode::InUse => Self::InUse,
        }
    }
}

pub(super) fn time(time: DateTime<Utc>) -> String {
    time.format("%Y-%m-%d %H:%M:%SZ").to_string()
}

/// Signed, so that a change is told from an amount.
pub(super) fn signed(money: crate::domain::Money) -> String {
    let told = money.separated();
    if money > crate::domain::Money::ZERO { format!("+{told}") } else { told }
}

/// `1 customer`, `2 customers`.
pub(super) fn count(number: u64, noun: &str) -> String {
    if number == 1 {
        format!("1 {noun}")
    } else {
        format!("{} {noun}s", crate::domain::text::thousands(number))
    }
}
