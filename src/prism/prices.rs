//! The price list of an agreement on a day (wire/prism 8, E12).

use rust_decimal::Decimal;
use serde::Deserialize;

use super::{assumed, loose::Loose};
use crate::domain::{
    Money, ProductId, Sku,
    product::{Product, ProductKey},
};

/// The answer.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct WirePriceList {
    product_groups: Option<Vec<WireGroup>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct WireGroup {
    #[serde(default)]
    products: Option<Vec<WireProduct>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct WireProduct {
    #[serde(default)]
    product_id: Loose,
    #[serde(default)]
    product_sku: Loose,
    #[serde(default)]
    product_name: Loose,
    #[serde(default)]
    product_description: Loose,
    #[serde(default)]
    product_short_description: Loose,
    #[serde(default)]
    price: Loose,
    #[serde(default)]
    unit_price: Loose,
    #[serde(default)]
    retail_price: Loose,
    #[serde(default)]
    retail_unit_price: Loose,
    #[serde(default)]
    qty: Loose,
    #[serde(default)]
    product_frequencies: Option<Vec<Loose>>,
    #[serde(default)]
    billing_cycle_options: Loose,
}

/// The products in the order of the list, each once.
pub(super) fn products(list: WirePriceList) -> Result<Vec<Product>, String> {
    let groups = list.product_groups.ok_or("there is no ProductGroups in it")?;
    let mut products = Vec::new();
    let mut seen = std::collections::HashSet::new();
    for wire in groups.into_iter().filter_map(|group| group.products).flatten() {
        let Some(product) = wire.product()? else { continue };
        let mark = (product.id.clone(), product.key.clone(), product.cost, product.retail);
        if seen.insert(mark) {
            products.push(product);
        }
    }
    Ok(products)
}

impl WireProduct {
    /// None where it has no SKU or no price: it cannot become a service.
    fn product(&self) -> Result<Option<Product>, String> {
        let named = |why| format!("product {}: {why}", self.product_sku.text().unwrap_or_default());
        let cost = self.each(&self.unit_price, &self.price).map_err(named)?;
        let retail = self.each(&self.retail_unit_price, &self.retail_price).map_err(named)?;
        let (Some(sku_text), Some(cost), Some(retail)) = (self.product_sku.text(), cost, retail)
        else {
            tracing::warn!(name = ?self.product_name.text(), "a product without SKU or price");
            return Ok(None);
        };
        let frequencies: Vec<String> =
            self.product_frequencies.iter().flatten().filter_map(Loose::text).collect();
        let motion = assumed::motion(&frequencies, self.billing_cycle_options.whole());
        let description =
            self.product_description.text().or_else(|| self.product_short_description.text());
        Ok(Some(Product {
            id: ProductId::new(self.product_id.text().unwrap_or_default()),
            key: ProductKey { sku: Sku::new(&sku_text), motion },
            name: self.product_name.text().unwrap_or_else(|| sku_text.clone()),
            sku_text,
            description: description.unwrap_or_default(),
            cost,
            retail,
        }))
    }

    /// The price of one unit: given as such, or of `Qty` units.
    fn each(&self, unit: &Loose, whole: &Loose) -> Result<Option<Money>, String> {
        if let Some(price) = unit.money()? {
            return Ok(Some(price));
        }
        let quantity = self.qty.decimal()?.filter(|quantity| *quantity >= Decimal::ONE);
        Ok(whole.decimal()?.map(|price| Money(price / quantity.unwrap_or(Decimal::ONE))))
    }
}
