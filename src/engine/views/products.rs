//! What is shown of products.

#![expect(missing_docs, reason = "what has no sentence is what its name says")]

use serde::{Deserialize, Serialize};

use crate::{
    domain::{Currency, Day, Money, ServiceId, product::LinkOrigin},
    planning::{matching, triage::offer_key},
};

pub(crate) use crate::planning::matching::ServiceNames;

/// What a product sync would do with one product.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProductAction {
    /// Make a service.
    Create,
    /// Bring price or cost up to date.
    Reprice,
    /// Nothing.
    Unchanged,
    /// A service that is not ours carries the name.
    Collision,
    /// Linked, but off the price list: left alone.
    Retired,
    /// Annual billing, or Azure while that is not synced: gets no service.
    Excluded,
    /// Mode *In use*, and on no invoice.
    NotInUse,
}

/// One row of the Products screen (R38).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductView {
    /// SKU with motion prefix, as PRISM writes the SKU.
    pub key: String,
    /// SKU as PRISM writes it.
    pub sku: String,
    /// Product name in PRISM.
    pub name: String,
    /// Motion in words.
    pub motion: String,
    /// Service name in the target, if linked and present.
    pub service_name: Option<String>,
    /// Service, if linked.
    pub service: Option<ServiceId>,
    pub service_active: Option<bool>,
    pub origin: Option<LinkOrigin>,
    /// Price-list cost.
    pub cost: Option<Money>,
    /// Price-list RRP.
    pub retail: Option<Money>,
    /// Unit cost the service has now.
    pub present_cost: Option<Money>,
    /// Unit price the service has now.
    pub present_price: Option<Money>,
    /// The currency of all four, where all invoices are in one.
    #[serde(default)]
    pub currency: Option<Currency>,
    /// What a sync would do.
    pub action: ProductAction,
    /// The colliding service, or why not.
    pub remark: Option<String>,
    /// The colliding service's id.
    pub collides_with: Option<ServiceId>,
    /// The colliding service with its prices: what taking it over is about.
    #[serde(default)]
    pub taken_by: Option<PricedService>,
}

/// A service by name, with what it sells at and costs now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PricedService {
    pub id: ServiceId,
    pub name: String,
    pub price: Money,
    /// Unit cost, where the user may see it.
    pub cost: Option<Money>,
}

/// What an invoice asks for a product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invoiced {
    /// As the invoice calls it.
    pub name: String,
    /// Unit price, RRP.
    pub retail: Money,
    /// Unit cost.
    pub cost: Money,
    #[serde(default)]
    pub currency: Option<Currency>,
    pub invoice: String,
    /// Last day of the line.
    pub until: Day,
}

impl Invoiced {
    /// On a line that keeps its figures where it is cut.
    pub(crate) fn told(&self) -> String {
        let Self { name, retail, cost, invoice, .. } = self;
        let (retail, cost) = (retail.separated(), cost.in_currency(self.currency.as_ref()));
        format!("Invoice {invoice} has RRP {retail}, cost {cost} for “{name}”")
    }
}

/// Whether two names are of one offer, however invoices and price lists write it.
pub(crate) fn is_same_offer(one: &str, other: &str) -> bool {
    offer_key(one) == offer_key(other)
}

/// That a product and a service that it is to be billed as have nothing in common in their names, in words, if so.
pub(crate) fn unlike_service(product: &str, sku: &str, names: ServiceNames<'_>) -> Option<String> {
    matching::service_doubt(product, sku, names)
}

impl PricedService {
    /// Name, id and prices on a line: `“PC_X” (412), price 11.00, cost 5.50`.
    #[must_use]
    pub fn told(&self) -> String {
        let cost = self.cost.map_or_else(|| "unknown".to_owned(), Money::separated);
        format!("“{}” ({}), price {}, cost {cost}", self.name, self.id, self.price.separated())
    }
}

impl ProductView {
    /// What stands on the price list, on a line that keeps its figures where it is cut; nothing for a product that is on
    /// none.
    #[must_use]
    pub fn listed_at(&self) -> Option<String> {
        let (price, cost) = (self.retail?, self.cost?);
        let (price, cost) = (price.separated(), cost.in_currency(self.currency.as_ref()));
        Some(format!("The price list has RRP {price}, cost {cost} for “{}”", self.name))
    }

    /// Whether a product sync would write to a service that the product is linked to.
    #[must_use]
    pub fn differs_from(&self, service: &PricedService) -> bool {
        let cost_differs = service.cost.is_some() && service.cost != self.cost;
        self.retail.is_some_and(|price| price != service.price) || cost_differs
    }

    /// What the next product sync makes of a service that the product is linked to now.
    #[must_use]
    pub fn would_become(&self, service: &PricedService) -> Option<String> {
        let (price, cost) = (self.retail?, self.cost?);
        if !self.differs_from(service) {
            return Some("Price and cost are the price list's already".to_owned());
        }
        let (price, cost) = (price.separated(), cost.separated());
        Some(format!("The next product sync sets its price to {price} and its cost to {cost}"))
    }
}
