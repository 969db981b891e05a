//! What a caller may change in the world: order products, set quantities, add customers. Takes effect after the newest invoice's month.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use uuid::Uuid;

use super::World;
use super::chance::{Purpose, guid};
use super::party::customer;
use super::subscription::{Span, Subscription};

impl World {
    /// The day on which orders take effect.
    fn order_day(&self) -> NaiveDate {
        self.era.newest.next().day(2)
    }

    /// The product with a PRISM id, and which tenants may buy it.
    pub fn product_with(&self, id: Uuid) -> Option<usize> {
        self.products.iter().position(|product| product.id == id)
    }

    /// A tenant orders so many of a product; gives the subscription's index.
    pub fn order_product(&mut self, tenant: usize, product: usize, quantity: u32) -> usize {
        let mut ordered = Subscription::new(self.next_subscription(), tenant, product);
        ordered.spans = vec![Span::open(self.order_day(), Decimal::from(quantity))];
        self.add_subscription(ordered)
    }

    /// A subscription's new total; 0 ends it.
    pub fn set_quantity(&mut self, subscription: usize, quantity: u32) {
        let day = self.order_day();
        self.subscriptions[subscription].change(day, Decimal::from(quantity));
    }

    /// A new customer without agreements; gives its index.
    pub fn create_customer(&mut self, name: &str) -> usize {
        let index = self.customers.len();
        let id = guid(self.seed, Purpose::Customer, 10_000_000 + index);
        self.customers.push(customer(id, name));
        index
    }
}
