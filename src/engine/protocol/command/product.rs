//! Products and their links to services.

use crate::{
    domain::{ServiceId, product::Service},
    engine::{
        protocol::about::About,
        views::{Invoiced, ProductView},
    },
};

/// Which product link is meant by what the operator typed: a SKU with or without motion prefix, a product id, an offer name.
pub type ProductText = String;

family! {
    /// About products.
    ProductCommand in Product {
        /// What a product sync would do, product by product (R38).
        Products => Products(Vec<ProductView>),

        /// Services of the target, to pin a product to one.
        Services => Services(Vec<Service>),

        /// What the newest invoice that a run came to asks for a product; nothing where none bills it.
        InvoicedPrices {
            /// Which product.
            product: ProductText,
            /// What invoices call it.
            name: String,
        } => InvoicedPrices(About<InvoicedPrices, Option<Invoiced>>),

        /// Pins a product to a service.
        Pin {
            /// Which product.
            product: ProductText,
            /// Which service.
            service: ServiceId,
        } => Done(String),

        /// Removes a pin.
        Unpin {
            /// Which product.
            product: ProductText,
        } => Done(String),

        /// Links a product to the service that carries its name already (sync-rules 1.6).
        Adopt {
            /// Which product.
            product: ProductText,
        } => Products(Vec<ProductView>),
    }
}
