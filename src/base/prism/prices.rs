//! The price list of an agreement on a day (wire/prism 8, E12).

use std::collections::HashSet;

use rust_decimal::Decimal;
use serde::Deserialize;

use super::{
    assumed,
    loose::{Loose, LooseRows},
};
use crate::domain::{
    Money, ProductId, Sku,
    product::{Product, ProductKey},
};

/// The answer, whose groups and products are read in one go where there is nothing odd about any, else each by itself.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct WirePriceList<G> {
    product_groups: Option<G>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct WireGroup<P> {
    #[serde(default)]
    product_group: Loose,
    #[serde(default)]
    products: Option<P>,
}

/// One that is as it should be: nearly all are, and to read each row by itself is to go through it three times.
pub(super) type SoundList = WirePriceList<Vec<WireGroup<Vec<WireProduct>>>>;

/// Any.
pub(super) type LooseList = WirePriceList<LooseRows<WireGroup<LooseRows<WireProduct>>>>;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct WireProduct {
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
    product_group: Loose,
    #[serde(default)]
    product_unit: Loose,
    #[serde(default)]
    product_frequencies: Loose,
    #[serde(default)]
    billing_cycle_options: Loose,
}

/// The products in the order of the list, each once.
///
/// # Errors
/// Where it cannot be decoded, or is no price list.
pub(super) fn products<E>(
    sound: Result<SoundList, E>,
    any: impl FnOnce() -> Result<LooseList, E>,
    wrong: impl FnOnce(String) -> E,
) -> Result<Vec<Product>, E> {
    if let Ok(WirePriceList { product_groups: Some(groups) }) = sound {
        let groups = groups.into_iter().map(|group| (group.product_group, group.products));
        return Ok(listed(groups.map(|(name, all)| (name, all.into_iter().flatten()))));
    }
    let groups = any()?.product_groups.ok_or_else(|| "there is no ProductGroups in it".to_owned());
    let groups = groups.and_then(|groups| match groups.fault {
        None => Ok(groups.all.into_iter().flatten()),
        Some(why) => Err(format!("ProductGroups: {why}")),
    });
    let sound = |row: Result<WireProduct, String>| row.inspect_err(untold).ok();
    let rows = |rows: Option<LooseRows<WireProduct>>| rows.into_iter().flat_map(|rows| rows.all);
    let groups = groups.map_err(wrong)?.map(|group| (group.product_group, group.products));
    Ok(listed(groups.map(|(name, all)| (name, rows(all).filter_map(sound)))))
}

fn listed(
    groups: impl Iterator<Item = (Loose, impl Iterator<Item = WireProduct>)>,
) -> Vec<Product> {
    let mut products = Vec::new();
    for (name, wire) in groups {
        let name = name.into_text();
        products.extend(wire.filter_map(|wire| wire.product(name.as_deref())));
    }
    let mut seen = HashSet::with_capacity(products.len());
    let marks = products.iter().map(|one: &Product| (&one.id, &one.key, one.cost, one.retail));
    let new: Vec<bool> = marks.map(|mark| seen.insert(mark)).collect();
    let mut new = new.into_iter();
    products.retain(|_| new.next().unwrap_or(true));
    products
}

fn untold(why: &String) {
    tracing::warn!("a row of the price list is left out: {why}");
}

impl WireProduct {
    /// None where it has no SKU or no price: it cannot become a service. One whose price cannot be read is odd, and told.
    fn product(self, group: Option<&str>) -> Option<Product> {
        let read = self
            .each(&self.unit_price, &self.price)
            .and_then(|cost| Ok((cost, self.each(&self.retail_unit_price, &self.retail_price)?)));
        let (prices, fault) = match read {
            Ok((cost, retail)) => (cost.zip(retail), None),
            Err(why) => (Some((Money::ZERO, Money::ZERO)), Some(why)),
        };
        let name = self.product_name.into_text();
        let (Some(sku_text), Some((cost, retail))) = (self.product_sku.into_text(), prices) else {
            tracing::warn!(?name, "a product without SKU or price");
            return None;
        };
        let frequencies = self.product_frequencies.into_texts();
        let motion = assumed::motion(&frequencies, self.billing_cycle_options.whole());
        let description = self.product_description.into_text();
        let description = description.or_else(|| self.product_short_description.into_text());
        let own_group = self.product_group.into_text();
        let group = own_group.as_deref().or(group);
        let free = fault.is_none() && cost.is_zero() && retail.is_zero();
        Some(Product {
            usage_billed: assumed::is_usage_billed(
                self.product_unit.into_text().as_deref(),
                group,
                free,
            ),
            id: ProductId::new(self.product_id.into_text().unwrap_or_default()),
            key: ProductKey { sku: Sku::new(&sku_text), motion },
            name: name.unwrap_or_else(|| sku_text.clone()),
            sku_text,
            description: description.unwrap_or_default(),
            cost,
            retail,
            fault,
        })
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
