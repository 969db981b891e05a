//! Which product is meant: by SKU with or without motion prefix, product id, product name or offer name.

use std::{collections::BTreeSet, sync::Arc};

use crate::{
    domain::{
        Code, ProductId, Thing,
        product::{Link, LinkKey, Motion, Product, ProductKey},
    },
    engine::{
        connections::heard::heard,
        context::{Caller, Context},
        customers::{latest_bills::newest_invoices, tenants},
        products::stored_links,
        program::alike,
        protocol::Refusal,
        refusals::{ambiguous, failed, malformed, unknown},
    },
    planning::triage::offer_key,
};

/// What a text may be, without looking anything up, the likeliest first.
pub(crate) fn link_keys(typed: &str) -> Vec<LinkKey> {
    let product: ProductKey = typed.parse().unwrap_or_else(|never| match never {});
    vec![
        LinkKey::Product(product),
        LinkKey::ProductId(ProductId::new(typed)),
        LinkKey::OfferName(offer_key(typed)),
    ]
}

/// The link that is meant, by what is stored: a SKU without its motion will do where there is one motion.
pub(crate) fn pick<'a>(typed: &str, links: &[&'a Link]) -> Result<Option<&'a Link>, Refusal> {
    let mut keys = link_keys(typed).into_iter();
    let exact = keys.find_map(|key| links.iter().find(|link| link.key == key));
    if let Some(link) = exact {
        return Ok(Some(link));
    }
    let wanted: ProductKey = typed.parse().unwrap_or_else(|never| match never {});
    let same_sku = |link: &&&Link| match &link.key {
        LinkKey::Product(key) => key.sku == wanted.sku && wanted.motion == Motion::Monthly,
        LinkKey::ProductId(_) | LinkKey::OfferName(_) => false,
    };
    let found: Vec<&&Link> = links.iter().filter(same_sku).collect();
    match found.as_slice() {
        [] => Ok(None),
        [link] => Ok(Some(link)),
        several => {
            let keys: Vec<_> = several.iter().map(|link| link.key.to_string()).collect();
            Err(ambiguous(Thing::Product, typed, &keys))
        }
    }
}

/// What may be pinned: products of today's price lists, ids that subscriptions name, offer names on invoices.
struct Sold {
    products: Vec<Product>,
    bought: BTreeSet<ProductId>,
    offers: Vec<String>,
}

/// The product that is meant, among all that are sold, bought, invoiced or linked.
pub(crate) async fn product(
    context: &Arc<Context>,
    caller: &Caller,
    typed: &str,
) -> Result<LinkKey, Refusal> {
    if typed.trim().is_empty() {
        return Err(malformed(
            Code::Unusable(Thing::Product),
            "No product is named.",
            "Give its SKU.",
        ));
    }
    let sold = sold(context, caller).await?;
    if let Some(key) = listed(typed, &sold.products)? {
        return Ok(key);
    }
    let id = ProductId::new(typed);
    if sold.bought.contains(&id) {
        return Ok(LinkKey::ProductId(id));
    }
    let offer = offer_key(typed);
    if sold.offers.contains(&offer) {
        return Ok(LinkKey::OfferName(offer));
    }
    let links = stored_links(context).await?;
    if let Some(key) = link_keys(typed).into_iter().find(|key| links.iter().any(|l| l.key == *key))
    {
        return Ok(key);
    }
    let skus =
        sold.products.iter().map(|one| format!("{}{}", one.key.motion.prefix(), one.sku_text));
    let names = sold.products.iter().map(|product| product.name.clone());
    let all: Vec<String> = skus.chain(names).chain(sold.offers).collect();
    let advice = "`prism-connect products list` shows all.";
    Err(unknown(Thing::Product, typed, all.iter().map(String::as_str), advice))
}

async fn sold(context: &Arc<Context>, caller: &Caller) -> Result<Sold, Refusal> {
    let client = context.source(caller).await?;
    let today = context.clock.today();
    let (mut products, mut bought) = (Vec::new(), BTreeSet::new());
    for agreement in tenants::agreements(context, &*client).await? {
        let list = client.price_list(&agreement, today).await;
        products.extend(heard(context, &context.sides.source, list).await?);
        let tenants =
            heard(context, &context.sides.source, client.tenants(&agreement).await).await?;
        let subscriptions = tenants.into_iter().flat_map(|tenant| tenant.subscriptions);
        bought.extend(subscriptions.map(|subscription| subscription.product));
    }
    let newest = newest_invoices(context).await?;
    let offers = newest.into_iter().flat_map(|newest| newest.offers).collect();
    Ok(Sold { products, bought, offers })
}

/// A product of the price list.
fn listed(typed: &str, products: &[Product]) -> Result<Option<LinkKey>, Refusal> {
    let key: ProductKey = typed.parse().unwrap_or_else(|never| match never {});
    let family: Vec<&Product> = products.iter().filter(|one| one.key.sku == key.sku).collect();
    let prefixed = key.motion != Motion::Monthly;
    if let Some(exact) = family.iter().find(|one| one.key.motion == key.motion) {
        return pinnable(exact).map(Some);
    }
    let others: BTreeSet<&ProductKey> = family
        .iter()
        .map(|one| &one.key)
        .filter(|key| !prefixed && key.motion != Motion::AnnualBill)
        .collect();
    let id = ProductId::new(typed);
    let by_id = products.iter().filter(|one| one.id == id);
    let by_name = products.iter().filter(|one| alike(&one.name, typed));
    let named: BTreeSet<&ProductKey> = by_id.chain(by_name).map(|one| &one.key).collect();
    match (others.len(), named.len()) {
        (0, 0) => Ok(None),
        (1, _) => Ok(others.first().map(|key| LinkKey::Product((*key).clone()))),
        (0, 1) => {
            let only = products.iter().find(|one| named.contains(&one.key));
            only.map(pinnable).transpose()
        }
        _ => {
            let keys: Vec<_> = others.iter().chain(&named).map(ToString::to_string).collect();
            Err(ambiguous(Thing::Product, typed, &keys))
        }
    }
}

fn pinnable(product: &Product) -> Result<LinkKey, Refusal> {
    if product.key.motion == Motion::AnnualBill {
        return Err(failed(
            Code::AnnualBilling,
            format!("“{}” is billed annually, and that is not synced.", product.name),
            "Bill it by hand once a year.",
        ));
    }
    Ok(LinkKey::Product(product.key.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Money;

    fn product(key: &str, id: &str, name: &str) -> Product {
        let key: ProductKey = key.parse().unwrap_or_else(|never| match never {});
        Product {
            id: id.into(),
            sku_text: key.sku.to_string(),
            key,
            name: name.to_owned(),
            description: String::new(),
            cost: Money::ZERO,
            retail: Money::ZERO,
            usage_billed: false,
            fault: None,
        }
    }

    fn found(typed: &str) -> Option<String> {
        let products = [
            product("A:1", "id-1", "Basic"),
            product("P1Y:M_A:1", "id-1", "Basic"),
            product("P1Y:M_B:1", "id-2", "Premium"),
        ];
        listed(typed, &products).expect("not ambiguous").map(|key| key.to_string())
    }

    #[test]
    fn a_product_is_found_by_sku_with_or_without_motion_and_by_id_and_name() {
        assert_eq!(found("a:1").as_deref(), Some("a:1"));
        assert_eq!(found("P1Y:M_A:1").as_deref(), Some("P1Y:M_a:1"));
        assert_eq!(found("B:1").as_deref(), Some("P1Y:M_b:1"), "the only motion there is");
        assert_eq!(found("ID-2").as_deref(), Some("P1Y:M_b:1"));
        assert_eq!(found("premium").as_deref(), Some("P1Y:M_b:1"));
        assert_eq!(found("nothing"), None);
    }

    #[test]
    fn a_name_of_two_products_is_ambiguous() {
        let products = [product("A:1", "id-1", "Basic"), product("P1Y:M_A:1", "id-1", "Basic")];
        let refusal = listed("basic", &products).expect_err("ambiguous");
        assert_eq!(refusal.suggestions, ["a:1", "P1Y:M_a:1"]);
    }
}
