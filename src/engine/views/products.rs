//! What is shown of products.

use serde::{Deserialize, Serialize};

use crate::domain::{Money, ServiceId, product::LinkOrigin};

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
    /// Annual billing: gets no service.
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
    /// Whether that service is active.
    pub service_active: Option<bool>,
    /// How it is linked.
    pub origin: Option<LinkOrigin>,
    /// Price-list cost.
    pub cost: Option<Money>,
    /// Price-list RRP.
    pub retail: Option<Money>,
    /// Unit cost the service has now.
    pub present_cost: Option<Money>,
    /// Unit price the service has now.
    pub present_price: Option<Money>,
    /// What a sync would do.
    pub action: ProductAction,
    /// The colliding service, or why not.
    pub remark: Option<String>,
    /// The colliding service's id.
    pub collides_with: Option<ServiceId>,
}
