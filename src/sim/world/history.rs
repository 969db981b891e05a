//! How subscriptions go on from month to month: changes, ends, pauses, Azure usage. Deterministic from the world's seed.

use rust_decimal::Decimal;

use super::billing::cents;
use super::calendar::{Month, after};
use super::catalog::{Motion, Price};
use super::chance::{Purpose, stream};
use super::subscription::Span;
use super::{World, WorldKind};

impl World {
    /// Lets every history go on through a month.
    pub(super) fn live_through(&mut self, month: Month) {
        for index in 0..self.subscriptions.len() {
            let part = u64::from(month.number) + 12 * u64::from(month.year.unsigned_abs());
            let random = stream(self.seed, Purpose::History, index, part);
            let product = &self.products[self.subscriptions[index].product];
            let (azure, motion) = (product.azure, product.motion);
            if azure {
                self.use_azure(index, month, random);
            } else if motion == Motion::YearYear {
                self.extend_order(index, month, random);
            } else {
                self.change_licences(index, month, random);
            }
        }
    }

    fn use_azure(&mut self, index: usize, month: Month, mut random: fastrand::Rng) {
        let subscription = &mut self.subscriptions[index];
        if !subscription.spans.iter().any(|span| span.clipped(month).is_some()) {
            return;
        }
        let cost = Decimal::new(random.i64(500..250_000), 2);
        let rrp = cents(cost * Decimal::new(115, 2));
        subscription.azure.push((month, Price { cost, rrp }));
    }

    /// An annual order may grow; its additions are invoiced apart.
    fn extend_order(&mut self, index: usize, month: Month, mut random: fastrand::Rng) {
        let day = month.day([5, 12, 19, 26][random.usize(0..4)]);
        let grows = random.u8(0..100) < 8;
        let subscription = &mut self.subscriptions[index];
        let Some(span) = subscription.running(day) else { return };
        if grows {
            let more = span.quantity + Decimal::from(random.u32(1..5));
            subscription.change(day, more);
        }
    }

    fn change_licences(&mut self, index: usize, month: Month, mut random: fastrand::Rng) {
        let troubled = self.kind == WorldKind::Troubled;
        let lot = random.u8(0..100);
        let first = month.day(random.u32(2..=14));
        let second = month.day(random.u32(15..=28));
        let subscription = &mut self.subscriptions[index];
        let Some(span) = subscription.running(first) else { return };
        let quantity = span.quantity.trunc();
        match lot {
            0..18 => subscription.change(first, other(quantity, &mut random)),
            18..30 => subscription.change(second, other(quantity, &mut random)),
            30..36 => {
                subscription.change(first, other(quantity, &mut random));
                subscription.change(second, other(quantity, &mut random));
            }
            36..39 => subscription.end(first),
            39..41 => {
                subscription.end(first);
                let back = Span::open(after(second), quantity);
                subscription.spans.push(back);
            }
            41..44 if troubled => subscription.end(month.last()),
            44..46 if troubled => subscription.change(second, quantity + Decimal::new(5, 1)),
            46..48 => subscription.change(month.first(), other(quantity, &mut random)),
            _ => {}
        }
    }
}

/// Another quantity than the present one, never 0.
fn other(quantity: Decimal, random: &mut fastrand::Rng) -> Decimal {
    let step = Decimal::from(random.u32(1..=6));
    if quantity > step && random.bool() { quantity - step } else { quantity + step }
}
