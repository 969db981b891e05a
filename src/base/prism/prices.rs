//! The price list of an agreement on a day (wire/prism 8, E12).

use std::{borrow::Cow, collections::HashSet};

use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer};

use super::{
    assumed,
    loose::{Loose, LooseOf, LooseRows},
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
pub(super) type SoundList = WirePriceList<Vec<WireGroup<Vec<Row>>>>;

/// Any.
pub(super) type LooseList = WirePriceList<LooseRows<WireGroup<LooseRows<Row>>>>;

/// What a row comes to, as soon as it is read: as it arrived it takes more than twice the room.
#[derive(Debug)]
pub(super) enum Row {
    Product(Product),
    /// A product without a price that names no group of its own: whether it is billed by use is what the group it is in tells.
    FreeInGroup(Product),
    /// It has no SKU or no price, so it cannot become a service.
    Unusable {
        name: Option<String>,
    },
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", bound(deserialize = "T: From<String> + From<&'de str>"))]
struct WireProduct<T> {
    #[serde(default)]
    product_id: LooseOf<T>,
    #[serde(default)]
    product_sku: LooseOf<T>,
    #[serde(default)]
    product_name: LooseOf<T>,
    #[serde(default)]
    product_description: LooseOf<T>,
    #[serde(default)]
    product_short_description: LooseOf<T>,
    #[serde(default)]
    price: LooseOf<T>,
    #[serde(default)]
    unit_price: LooseOf<T>,
    #[serde(default)]
    retail_price: LooseOf<T>,
    #[serde(default)]
    retail_unit_price: LooseOf<T>,
    #[serde(default)]
    qty: LooseOf<T>,
    #[serde(default)]
    product_group: LooseOf<T>,
    #[serde(default)]
    product_unit: LooseOf<T>,
    #[serde(default)]
    product_frequencies: LooseOf<T>,
    #[serde(default)]
    billing_cycle_options: LooseOf<T>,
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
    let sound = |row: Result<Row, String>| row.inspect_err(untold).ok();
    let rows = |rows: Option<LooseRows<Row>>| rows.into_iter().flat_map(|rows| rows.all);
    let groups = groups.map_err(wrong)?.map(|group| (group.product_group, group.products));
    Ok(listed(groups.map(|(name, all)| (name, rows(all).filter_map(sound)))))
}

fn listed(groups: impl Iterator<Item = (Loose, impl Iterator<Item = Row>)>) -> Vec<Product> {
    let mut products = Vec::new();
    for (name, rows) in groups {
        let name = name.into_text();
        products.extend(rows.filter_map(|row| row.product(name.as_deref())));
    }
    each_once(products)
}

fn each_once(mut products: Vec<Product>) -> Vec<Product> {
    // Where no id is there twice, no product is, and ids alone are soon compared.
    let mut ids = HashSet::with_capacity(products.len());
    if products.iter().all(|one| ids.insert(&one.id)) {
        return products;
    }
    let mut seen = HashSet::with_capacity(products.len());
    let marks = products.iter().map(|one| (&one.id, &one.key, one.cost, one.retail));
    let new: Vec<bool> = marks.map(|mark| seen.insert(mark)).collect();
    let mut new = new.into_iter();
    products.retain(|_| new.next().unwrap_or(true));
    products
}

fn untold(why: &String) {
    tracing::warn!("a row of the price list is left out: {why}");
}

impl Row {
    fn product(self, group: Option<&str>) -> Option<Product> {
        match self {
            Self::Product(product) => Some(product),
            Self::FreeInGroup(product) => {
                let usage_billed = assumed::is_usage_billed(None, group, true);
                Some(Product { usage_billed, ..product })
            }
            Self::Unusable { name } => {
                tracing::warn!(?name, "a product without SKU or price");
                None
            }
        }
    }
}

impl<'de> Deserialize<'de> for Row {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        WireProduct::<Cow<'de, str>>::deserialize(from).map(Self::from)
    }
}

impl From<WireProduct<Cow<'_, str>>> for Row {
    /// One whose price cannot be read is odd, and told.
    fn from(wire: WireProduct<Cow<'_, str>>) -> Self {
        let read = wire
            .each(&wire.unit_price, &wire.price)
            .and_then(|cost| Ok((cost, wire.each(&wire.retail_unit_price, &wire.retail_price)?)));
        let (prices, fault) = match read {
            Ok((cost, retail)) => (cost.zip(retail), None),
            Err(why) => (Some((Money::ZERO, Money::ZERO)), Some(why)),
        };
        let name = wire.product_name.into_text();
        let (Some(sku_text), Some((cost, retail))) = (wire.product_sku.into_text(), prices) else {
            return Self::Unusable { name };
        };
        let frequencies = wire.product_frequencies.into_texts();
        let motion = assumed::motion(&frequencies, wire.billing_cycle_options.whole());
        let description = wire.product_description.into_text();
        let description = description.or_else(|| wire.product_short_description.into_text());
        let (unit, group) = (wire.product_unit.lent_text(), wire.product_group.lent_text());
        let free = fault.is_none() && cost.is_zero() && retail.is_zero();
        let usage_billed = assumed::is_usage_billed(unit.as_deref(), group.as_deref(), free);
        let product = Product {
            usage_billed,
            id: ProductId::new(wire.product_id.lent_text().unwrap_or_default()),
            key: ProductKey { sku: Sku::new(&sku_text), motion },
            name: name.unwrap_or_else(|| sku_text.clone()),
            sku_text,
            description: description.unwrap_or_default(),
            cost,
            retail,
            fault,
        };
        // Only what is free goes by its group.
        let by_group = free && group.is_none() && !usage_billed;
        if by_group { Self::FreeInGroup(product) } else { Self::Product(product) }
    }
}

impl WireProduct<Cow<'_, str>> {
    /// The price of one unit: given as such, or of `Qty` units.
    fn each(
        &self,
        unit: &LooseOf<Cow<'_, str>>,
        whole: &LooseOf<Cow<'_, str>>,
    ) -> Result<Option<Money>, String> {
        if let Some(price) = unit.money()? {
            return Ok(Some(price));
        }
        let quantity = self.qty.decimal()?.filter(|quantity| *quantity >= Decimal::ONE);
        Ok(whole.decimal()?.map(|price| Money(price / quantity.unwrap_or(Decimal::ONE))))
    }
}
