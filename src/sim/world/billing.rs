//! The pro-rata arithmetic of wire section 9.2, and the lines that a subscription's history gives in a month.

use chrono::NaiveDate;
use rust_decimal::{Decimal, RoundingStrategy};

use super::calendar::{Month, before, inclusive_days};
use super::catalog::{Motion, Price, Product};
use super::subscription::{Span, Subscription};

/// Active days over the days of the period, cut to 9 decimals.
pub fn billable_ratio(active_days: i64, period_days: i64) -> Decimal {
    Decimal::new(active_days * 1_000_000_000 / period_days.max(1), 9).normalize()
}

/// Price times quantity times ratio, at 2 decimals, half away from zero.
pub(crate) fn line_amount(price: Decimal, quantity: Decimal, ratio: Decimal) -> Decimal {
    cents(price * quantity * ratio)
}

/// An amount at 2 decimals, half away from zero.
pub(crate) fn cents(amount: Decimal) -> Decimal {
    amount.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero)
}

/// A stretch of days of one subscription at one quantity and price: one invoice line.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Segment {
    pub from: NaiveDate,
    /// The last day, counted.
    pub to: NaiveDate,
    pub quantity: Decimal,
    pub price: Price,
    pub ratio: Decimal,
}

impl Segment {
    fn within(month: Month, from: NaiveDate, to: NaiveDate, span: &Span, price: Price) -> Self {
        let ratio = billable_ratio(inclusive_days(from, to), month.days());
        Self { from, to, quantity: span.quantity, price, ratio }
    }

    /// What the partner pays.
    pub(crate) fn amount(&self) -> Decimal {
        line_amount(self.price.cost, self.quantity, self.ratio)
    }
}

/// The lines a subscription has on the standard invoice of a month; none when it is billed annually.
pub(crate) fn segments(
    subscription: &Subscription,
    product: &Product,
    month: Month,
) -> Vec<Segment> {
    if product.motion == Motion::YearYear {
        return Vec::new();
    }
    if product.azure {
        return azure_segment(subscription, month).into_iter().collect();
    }
    let mut found = Vec::new();
    for span in &subscription.spans {
        span_segments(span, product, month, &mut found);
    }
    found
}

fn span_segments(span: &Span, product: &Product, month: Month, found: &mut Vec<Segment>) {
    let Some((from, to)) = span.clipped(month) else { return };
    if span.quantity.is_zero() {
        return;
    }
    if let Some(price) = span.price {
        found.push(Segment::within(month, from, to, span, price));
        return;
    }
    let changes = product.prices.iter().map(|(since, _)| *since);
    let mut start = from;
    for change in changes.filter(|change| *change > from && *change <= to) {
        let last = before(change);
        found.push(Segment::within(month, start, last, span, product.price_on(start)));
        start = change;
    }
    found.push(Segment::within(month, start, to, span, product.price_on(start)));
}

fn azure_segment(subscription: &Subscription, month: Month) -> Option<Segment> {
    let price = subscription.azure_cost(month)?;
    let (from, to) = subscription.spans.iter().find_map(|span| span.clipped(month))?;
    Some(Segment { from, to, quantity: Decimal::ONE, price, ratio: Decimal::ONE })
}
