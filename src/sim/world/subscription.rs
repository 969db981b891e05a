//! Subscriptions and their quantity histories, day by day.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use uuid::Uuid;

use super::calendar::Month;
use super::catalog::Price;

/// A stretch of days at one quantity.
#[derive(Clone, Debug)]
pub struct Span {
    /// The first day.
    pub from: NaiveDate,
    /// The last day, counted; open while it goes on.
    pub to: Option<NaiveDate>,
    /// Units on each of its days.
    pub quantity: Decimal,
    /// A price of its own instead of the price list's (price lock, oddities).
    pub price: Option<Price>,
}

impl Span {
    /// A stretch without an end.
    pub fn open(from: NaiveDate, quantity: Decimal) -> Self {
        Self { from, to: None, quantity, price: None }
    }

    /// Its part inside a month.
    pub fn clipped(&self, month: Month) -> Option<(NaiveDate, NaiveDate)> {
        let from = self.from.max(month.first());
        let to = self.to.unwrap_or(month.last()).min(month.last());
        (from <= to).then_some((from, to))
    }

    /// Whether a day lies in it.
    pub fn covers(&self, date: NaiveDate) -> bool {
        self.from <= date && self.to.is_none_or(|to| date <= to)
    }
}

/// A product bought for a tenant.
#[derive(Clone, Debug)]
pub struct Subscription {
    /// Its GUID in PRISM.
    pub id: Uuid,
    /// Index of the tenant.
    pub tenant: usize,
    /// Index of the product.
    pub product: usize,
    /// Index of the subscription it is an add-on of.
    pub parent: Option<usize>,
    /// Its friendly name in PRISM.
    pub name: Option<Box<str>>,
    /// In order of days, never overlapping.
    pub spans: Vec<Span>,
    /// What Azure used, by month.
    pub azure: Vec<(Month, Price)>,
    /// What `ProductId` says instead of the product's GUID.
    pub product_text: Option<Box<str>>,
    /// Whether the tenant list knows it.
    pub listed: bool,
}

impl Subscription {
    /// A subscription without a history.
    pub fn new(id: Uuid, tenant: usize, product: usize) -> Self {
        Self {
            id,
            tenant,
            product,
            parent: None,
            name: None,
            spans: Vec::new(),
            azure: Vec::new(),
            product_text: None,
            listed: true,
        }
    }

    /// The quantity on a day.
    pub fn quantity_on(&self, date: NaiveDate) -> Decimal {
        self.spans.iter().filter(|span| span.covers(date)).map(|span| span.quantity).sum()
    }

    /// What Azure cost in a month.
    pub fn azure_cost(&self, month: Month) -> Option<Price> {
        self.azure.iter().find(|(used, _)| *used == month).map(|(_, price)| *price)
    }

    /// The first day of its history.
    pub fn first_day(&self) -> Option<NaiveDate> {
        self.spans.first().map(|span| span.from)
    }

    /// The quantity changes on a day; what went on before ends the day before.
    pub fn change(&mut self, date: NaiveDate, quantity: Decimal) {
        let price = self.spans.last().and_then(|span| span.price);
        self.end(super::calendar::before(date));
        if !quantity.is_zero() {
            self.spans.push(Span { price, ..Span::open(date, quantity) });
        }
    }

    /// What goes on ends with a day; spans that had not begun fall away.
    pub fn end(&mut self, last: NaiveDate) {
        self.spans.retain(|span| span.from <= last);
        if let Some(span) = self.spans.last_mut() {
            span.to = Some(span.to.map_or(last, |to| to.min(last)));
        }
    }

    /// The open span, when it began before a day.
    pub fn running(&self, before: NaiveDate) -> Option<&Span> {
        self.spans.last().filter(|span| span.to.is_none() && span.from < before)
    }
}
