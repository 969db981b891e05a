//! Products that were on a price list once: invoices go on naming those that have left it (sync-rules 3.5).
//!
//! Only what tells products apart is kept; prices are always those of an invoice's lines or of today's list.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    domain::{
        Money, ProductId,
        product::{Product, ProductKey},
    },
    engine::{
        sync::equipment::Equipment,
        tables::{KNOWN_PRODUCTS, of_connection, of_product},
    },
    store::{Batch, StoreError},
};

/// So many are put down in one commit.
const TOGETHER: usize = 256;

/// What is remembered, told apart like the records of a price list.
pub(crate) type Remembered = BTreeMap<(ProductId, ProductKey), Product>;

/// Everything that is remembered.
pub(crate) async fn remembered(equipment: &Equipment) -> Result<Remembered, StoreError> {
    let prefix = of_connection(&equipment.connection);
    let stored = equipment.store.scan(KNOWN_PRODUCTS, prefix).await?;
    Ok(stored.into_iter().map(|(_, product)| (place(&product), product)).collect())
}

/// Remembers what a price list has that is new or named otherwise by now.
pub(crate) async fn remember(
    equipment: &Equipment,
    known: &mut Remembered,
    listed: &[Product],
) -> Result<(), StoreError> {
    let mut seen = BTreeSet::new();
    let kept = listed.iter().map(kept).filter(|product| seen.insert(place(product)));
    let new: Vec<Product> =
        kept.filter(|product| known.get(&place(product)) != Some(product)).collect();
    for some in new.chunks(TOGETHER) {
        let mut batch = Batch::new();
        for product in some {
            batch.put(KNOWN_PRODUCTS, &of_product(&equipment.connection, product), product);
        }
        equipment.store.commit(batch).await?;
    }
    known.extend(new.into_iter().map(|product| (place(&product), product)));
    Ok(())
}

fn place(product: &Product) -> (ProductId, ProductKey) {
    (product.id.clone(), product.key.clone())
}

fn kept(product: &Product) -> Product {
    let (cost, retail) = (Money::ZERO, Money::ZERO);
    Product { description: String::new(), cost, retail, fault: None, ..product.clone() }
}
