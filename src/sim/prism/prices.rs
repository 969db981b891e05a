//! E12 and E7: price lists.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Path, State};
use chrono::NaiveDate;
use serde_json::{Value, json};

use super::caller::{Caller, Parameters, known};
use super::replies::{Refusal, number, served};
use super::state::Prism;
use crate::world::World;
use crate::world::calendar::after;
use crate::world::catalog::{Motion, Product};
use crate::world::chance::{Purpose, guid};

type Reply = Result<Json<Value>, Refusal>;

/// E12.
pub(super) async fn list(
    State(prism): State<Prism>,
    _: Caller,
    Path((id, year, month, day)): Path<(String, String, String, String)>,
    parameters: Parameters,
) -> Reply {
    parameters.flag("excludetieredproducts")?;
    let world = prism.read();
    let agreement = known(&world, &id, |id| world.agreement_with(id))?;
    let date = date(&year, &month, &day)
        .ok_or_else(|| Refusal::bad("date", "The date does not exist."))?;
    let csp = world.agreements[agreement].is_csp();
    let listed = world.products.iter().filter(|product| csp && product.listed_on(date));
    let mut groups: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    for product in listed {
        let rows = served(&prism.behaviour, "products", row(&world, product, date));
        groups.entry(product.group).or_default().extend(rows);
    }
    let groups: Vec<Value> = groups
        .into_iter()
        .map(|(name, products)| {
            json!({
                "ProductGroupId": group_id(&world, name),
                "ProductGroup": name,
                "Products": products,
            })
        })
        .collect();
    Ok(Json(json!({ "ProductGroups": groups })))
}

/// E7.
pub(super) async fn available(
    State(prism): State<Prism>,
    _: Caller,
    Path(id): Path<String>,
) -> Reply {
    let world = prism.read();
    known(&world, &id, |id| world.by_tenant.get(id).copied())?;
    let today = after(world.era.newest.last());
    let listed = world.products.iter().filter(|product| product.listed_on(today));
    Ok(Json(Value::Array(listed.map(|product| row(&world, product, today)).collect())))
}

fn date(year: &str, month: &str, day: &str) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)
}

fn group_id(world: &World, name: &str) -> String {
    let place = name.bytes().fold(0, |sum, byte| sum * 31 % 1_000_003 + usize::from(byte));
    guid(world.seed, Purpose::Product, 1_000_000 + place).to_string()
}

fn row(world: &World, product: &Product, date: NaiveDate) -> Value {
    let price = product.price_on(date);
    let (options, frequency) = match product.motion {
        Motion::MonthMonth => (1, "Monthly"),
        Motion::YearMonth => (1, "1 Year"),
        Motion::YearYear => (2, "1 Year"),
    };
    json!({
        "ProductId": product.id.to_string(),
        "ProductSku": product.sku,
        "ProductName": product.name,
        "ProductDescription": format!("{}: {}", product.group, product.name),
        "ProductShortDescription": null,
        "ProductGroup": product.group,
        "ProductGroupId": group_id(world, product.group),
        "Price": number(price.cost),
        "UnitPrice": number(price.cost),
        "RetailPrice": number(price.rrp),
        "RetailUnitPrice": number(price.rrp),
        "Qty": 1,
        "MinQty": 1,
        "MaxQty": 10_000_000,
        "ProductUnit": "Licenses",
        "ProductType": "NON-SPECIFIC",
        "IsTrialProduct": false,
        "ProductFrequencies": [frequency],
        "BillingCycleOptions": options,
        "BillingCycleDuration": 1,
        "CommitmentValue": null,
        "CommitmentValueUnitPrice": null,
        "TieredProductSku": null,
        "ProductRestrictions": null,
    })
}
