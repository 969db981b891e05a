//! E15 and E16: Azure usage by day.

use std::collections::BTreeMap;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use chrono::{DateTime, Days, NaiveDate, NaiveTime};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::caller::{Caller, Parameters, known, members, text_member};
use super::replies::{Refusal, midnight, number};
use super::state::Prism;
use crate::world::World;
use crate::world::azure::DailyUsage;
use crate::world::calendar::after;

type Reply = Result<Json<Value>, Refusal>;

/// From a time, before another.
struct Range {
    from: NaiveDate,
    before: NaiveDate,
}

impl Range {
    /// Usage stands at midnight: what begins later in a day does not have that day, what ends later has it.
    fn parse(start: Option<&str>, end: Option<&str>) -> Result<Self, Refusal> {
        let from = time(start).ok_or_else(|| Refusal::bad("startDate", "A time is required."))?;
        let before = time(end).ok_or_else(|| Refusal::bad("endDate", "A time is required."))?;
        if before < from {
            return Err(Refusal::bad("endDate", "The end is before the start."));
        }
        Ok(Self { from, before })
    }
}

/// The first midnight not before a time.
fn time(text: Option<&str>) -> Option<NaiveDate> {
    let text = text?;
    let zoned =
        text.strip_suffix('Z').map_or_else(|| text.to_owned(), |rest| format!("{rest}+0000"));
    let time = DateTime::parse_from_str(&zoned, "%Y-%m-%dT%H:%M:%S%.f%z").ok()?.naive_utc();
    let whole = time.time() == NaiveTime::MIN;
    if whole { Some(time.date()) } else { time.date().succ_opt() }
}

fn azure(world: &World, id: &str) -> Result<usize, Refusal> {
    let index = known(world, id, |id| world.by_subscription.get(id).copied())?;
    let product = world.subscriptions[index].product;
    let usage_based = world.products[product].azure;
    usage_based.then_some(index).ok_or_else(|| Refusal::unknown("Not an Azure subscription."))
}

/// E15.
pub(super) async fn summary(
    State(prism): State<Prism>,
    _: Caller,
    Path(id): Path<String>,
    parameters: Parameters,
) -> Reply {
    let range = Range::parse(parameters.text("startdate"), parameters.text("enddate"))?;
    let aggregation = parameters.text("aggregation").unwrap_or("ByResourceOnly").to_lowercase();
    let by_day = match aggregation.as_str() {
        "byresourceonly" => false,
        "byresourceandday" | "byresourcecategoryandday" => true,
        _ => return Err(Refusal::bad("aggregation", "The value is not known.")),
    };
    let world = prism.read();
    let index = azure(&world, &id)?;
    let usage = known_usage(&prism, &world, index, &range);
    let product = &world.products[world.subscriptions[index].product];
    let total: Decimal = usage.iter().map(|part| part.cost).sum();
    Ok(Json(json!({
        "SubscriptionName": product.name,
        "StartDate": midnight(range.from),
        "EndDate": midnight(range.before),
        "Currency": "AUD",
        "LastUpdateDate": midnight(after(world.era.newest.last())),
        "TotalCost": number(total),
        "ResourceUsageSummaries": summaries(&usage, by_day),
    })))
}

/// The usage of a range, without the newest days: usage is late.
fn known_usage(prism: &Prism, world: &World, index: usize, range: &Range) -> Vec<DailyUsage> {
    let today = after(world.era.newest.last());
    let known = today - Days::new(prism.settings.usage_lag_days);
    world.azure_usage(index, range.from, range.before.min(known))
}

fn summaries(usage: &[DailyUsage], by_day: bool) -> Vec<Value> {
    let mut sums: BTreeMap<(&str, &str, Option<NaiveDate>), Decimal> = BTreeMap::new();
    for part in usage {
        let date = by_day.then_some(part.date);
        *sums.entry((part.resource, part.category, date)).or_default() += part.cost;
    }
    let rows = sums.into_iter().map(|((resource, category, date), cost)| {
        let mut row = json!({
            "ResourceId": format!("/subscriptions/simulated/{resource}"),
            "ResourceName": resource,
            "ResourceCategory": category,
            "Cost": number(cost),
        });
        if let Some(date) = date {
            row["UsageDate"] = Value::String(midnight(date));
        }
        row
    });
    rows.collect()
}

/// E16.
pub(super) async fn detailed(State(prism): State<Prism>, _: Caller, body: Bytes) -> Reply {
    let body = members(&body)?;
    let start = text_member(&body, "startDate")?;
    let range = Range::parse(Some(start), Some(text_member(&body, "endDate")?))?;
    let limit = prism.settings.page_size_limit.max(1);
    let page = count(body.get("page"), "page")?.unwrap_or(1);
    let size = count(body.get("pagesize"), "pageSize")?.unwrap_or(limit).min(limit);
    let world = prism.read();
    let index = azure(&world, text_member(&body, "subscriptionId")?)?;
    let usage = known_usage(&prism, &world, index, &range);
    let shown = usage.iter().skip((page - 1).saturating_mul(size)).take(size);
    let records: Vec<Value> = shown.map(|part| record(&world, index, part)).collect();
    Ok(Json(json!({
        "Records": records,
        "Page": page,
        "PageSize": size,
        "TotalRecords": usage.len(),
    })))
}

fn count(value: Option<&Value>, name: &'static str) -> Result<Option<usize>, Refusal> {
    let Some(value) = value.filter(|value| !value.is_null()) else { return Ok(None) };
    let parsed = value.as_u64().and_then(|number| usize::try_from(number).ok());
    let parsed = parsed.filter(|number| *number > 0);
    parsed.map(Some).ok_or_else(|| Refusal::bad(name, "The value is not a number from 1."))
}

fn record(world: &World, index: usize, usage: &DailyUsage) -> Value {
    let held = &world.subscriptions[index];
    let tenant = &world.tenants[held.tenant];
    let product = &world.products[held.product];
    json!({
        "SubscriptionId": held.id.to_string(),
        "SubscriptionName": product.name,
        "CustomerName": world.customers[tenant.customer].name,
        "VendorSubscriptionId": held.id.to_string(),
        "BillingMpnId": "4823117",
        "AdvisorMpnId": null,
        "PrimaryDomain": tenant.domain,
        "BillableContractAgreementId": world.agreements[tenant.agreement].id.to_string(),
        "UsageDate": midnight(usage.date),
        "Currency": "AUD",
        "PartnerCost": number(usage.cost),
        "Rrp": number(usage.rrp),
        "VendorFxRate": null,
        "MeterId": null,
        "MeterName": usage.resource,
        "MeterCategory": usage.category,
        "MeterSubCategory": null,
        "MeterRegion": "AU East",
        "MeterType": null,
        "ConsumedService": null,
        "ResourceUri": format!("/subscriptions/simulated/{}", usage.resource),
        "ResourceLocation": "australiaeast",
        "ResourceGroup": "production",
        "Tags": null,
        "AdditionalInfo": null,
        "Quantity": 1,
        "Unit": "1 Day",
        "ProductId": product.id.to_string(),
        "ProductName": product.name,
        "SkuId": product.sku,
        "SkuName": null,
    })
}

/// The older form of E16, which is gone.
pub(super) async fn gone(_: Caller) -> Refusal {
    Refusal::unknown("The resource was not found.")
}
