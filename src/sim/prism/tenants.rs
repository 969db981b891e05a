//! E4 to E11: tenants, subscriptions, orders.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use serde_json::{Value, json};

use super::caller::{Caller, known, members, text_member};
use super::replies::{Refusal, append, json_array, number, served};
use super::state::Prism;
use crate::assumptions::NullMembers;
use crate::behaviour::Behaviour;
use crate::journal::System;
use crate::world::World;
use crate::world::calendar::after;
use crate::world::catalog::Motion;

type Reply = Result<Json<Value>, Refusal>;

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct TenantRow<'w> {
    tenant_id: String,
    tenant_domain: &'w str,
    tenant_status: &'static str,
    customer_id: String,
    customer_name: &'w str,
    #[serde(skip_serializing_if = "Option::is_none")]
    subscriptions: Option<Vec<SubscriptionRow<'w>>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct SubscriptionRow<'w> {
    subscription_id: String,
    status: &'static str,
    friendly_name: &'w str,
    product_id: String,
    product_name: &'w str,
    program_reference_label: Option<&'w str>,
    quantity: Value,
    unit: &'static str,
    unit_price: Value,
    first_purchased: Option<String>,
    display_template: &'static str,
    billing_cycle: &'static str,
    billing_cycle_duration: u32,
    addon_subscriptions: Option<Vec<SubscriptionRow<'w>>>,
}

/// E4.
pub(super) async fn of_agreement(
    State(prism): State<Prism>,
    _: Caller,
    Path(id): Path<String>,
) -> Result<Response, Refusal> {
    let world = prism.read();
    let agreement = known(&world, &id, |id| world.agreement_with(id))?;
    let mine = |index: &usize| world.tenants[*index].agreement == agreement;
    let items = (0..world.tenants.len()).filter(mine).collect();
    drop(world);
    Ok(json_array(prism.world, items, move |world, index, bytes| {
        append_tenant(bytes, &prism.behaviour, &tenant_row(world, index, true));
    }))
}

/// E5.
pub(super) async fn list(State(prism): State<Prism>, _: Caller) -> Response {
    let items = (0..prism.read().tenants.len()).collect();
    json_array(prism.world, items, move |world, index, bytes| {
        append_tenant(bytes, &prism.behaviour, &tenant_row(world, index, false));
    })
}

/// E6.
pub(super) async fn one(State(prism): State<Prism>, _: Caller, Path(id): Path<String>) -> Reply {
    let world = prism.read();
    let index = known(&world, &id, |id| world.by_tenant.get(id).copied())?;
    Ok(last(served_tenant(&prism.behaviour, &tenant_row(&world, index, true))))
}

/// E8 and E9.
pub(super) async fn subscription(
    State(prism): State<Prism>,
    _: Caller,
    Path(id): Path<String>,
) -> Reply {
    let world = prism.read();
    let index = known(&world, &id, |id| world.by_subscription.get(id).copied())?;
    let row = json!(subscription_row(&world, index));
    Ok(last(served_subscriptions(&prism.behaviour, row)))
}

/// E10.
pub(super) async fn order(State(prism): State<Prism>, _: Caller, body: Bytes) -> Reply {
    let body = members(&body)?;
    let mut world = prism.write();
    let tenant_id = text_member(&body, "tenantId")?;
    let tenant = known(&world, tenant_id, |id| world.by_tenant.get(id).copied())?;
    text_member(&body, "orderBillingCycle")?;
    let wanted = body.get("products").and_then(Value::as_array).filter(|list| !list.is_empty());
    let wanted = wanted.ok_or_else(|| Refusal::bad("products", "At least one product."))?;
    let mut parsed = Vec::new();
    for product in wanted {
        let id = product["productId"].as_str().unwrap_or_default();
        let index = known(&world, id, |id| world.product_with(*id))?;
        let quantity = product["qty"].as_u64().and_then(|count| u32::try_from(count).ok());
        let quantity = quantity.filter(|count| *count > 0);
        parsed.push((index, quantity.ok_or_else(|| Refusal::bad("qty", "A number from 1."))?));
    }
    for (product, quantity) in parsed {
        world.order_product(tenant, product, quantity);
    }
    Ok(Json(json!({})))
}

/// E11.
pub(super) async fn set_quantity(
    State(prism): State<Prism>,
    _: Caller,
    Path((id, quantity)): Path<(String, String)>,
) -> Result<StatusCode, Refusal> {
    let mut world = prism.write();
    let index = known(&world, &id, |id| world.by_subscription.get(id).copied())?;
    let quantity = quantity.parse().map_err(|_| Refusal::bad("quantity", "A number from 0."))?;
    world.set_quantity(index, quantity);
    Ok(StatusCode::NO_CONTENT)
}

/// The row that an odd one stands in the place of, or beside, is the last of them.
fn last(rows: Vec<Value>) -> Json<Value> {
    Json(rows.into_iter().next_back().unwrap_or_default())
}

/// A list has very many rows: they are laid out for rules only where there are any.
fn append_tenant(bytes: &mut Vec<u8>, behaviour: &Behaviour, row: &TenantRow<'_>) {
    let may_be_odd = ["tenants", "subscriptions"]
        .iter()
        .any(|list| behaviour.odd_rows.concern(System::Prism, list));
    if may_be_odd || behaviour.assumed().null_members == NullMembers::Absent {
        append(bytes, &served_tenant(behaviour, row));
    } else {
        append(bytes, std::slice::from_ref(row));
    }
}

fn served_tenant(behaviour: &Behaviour, row: &TenantRow<'_>) -> Vec<Value> {
    let mut row = json!(row);
    if let Some(held) = row["Subscriptions"].as_array_mut() {
        let all = std::mem::take(held).into_iter();
        held.extend(all.flat_map(|one| served_subscriptions(behaviour, one)));
    }
    served(behaviour, "tenants", row)
}

fn served_subscriptions(behaviour: &Behaviour, mut row: Value) -> Vec<Value> {
    if let Some(addons) = row["AddonSubscriptions"].as_array_mut() {
        let all = std::mem::take(addons).into_iter();
        addons.extend(all.flat_map(|one| served_subscriptions(behaviour, one)));
    }
    served(behaviour, "subscriptions", row)
}

fn tenant_row(world: &World, index: usize, subscriptions: bool) -> TenantRow<'_> {
    let tenant = &world.tenants[index];
    let customer = &world.customers[tenant.customer];
    let top = tenant.subscriptions.iter().copied().filter(|index| {
        let held = &world.subscriptions[*index];
        held.listed && held.parent.is_none()
    });
    TenantRow {
        tenant_id: tenant.id.to_string(),
        tenant_domain: &tenant.domain,
        tenant_status: tenant.status,
        customer_id: customer.id.to_string(),
        customer_name: &customer.name,
        subscriptions: subscriptions
            .then(|| top.map(|index| subscription_row(world, index)).collect()),
    }
}

fn subscription_row(world: &World, index: usize) -> SubscriptionRow<'_> {
    let held = &world.subscriptions[index];
    let product = &world.products[held.product];
    let today = after(world.era.newest.last());
    let quantity = held.quantity_on(today);
    let price = product.price_on(today).cost;
    let next = world.tenants[held.tenant].subscriptions.iter().copied();
    let addons: Vec<SubscriptionRow<'_>> = next
        .filter(|other| world.subscriptions[*other].parent == Some(index))
        .filter(|other| world.subscriptions[*other].listed)
        .map(|other| subscription_row(world, other))
        .collect();
    let begun = held.first_day().is_some_and(|first| first <= today);
    let status = match (begun, quantity.is_zero()) {
        (false, _) => "Pending",
        (true, true) => "Cancelled",
        (true, false) => "Active",
    };
    let unit = if product.azure { "Usage-based" } else { "Licenses" };
    SubscriptionRow {
        subscription_id: held.id.to_string(),
        status,
        friendly_name: held.name.as_deref().unwrap_or(&product.name),
        product_id: product_text(world, index),
        product_name: &product.name,
        program_reference_label: None,
        quantity: number(quantity.normalize()),
        unit,
        unit_price: number(price),
        first_purchased: held.first_day().map(|first| purchased(index, &first.to_string())),
        display_template: if product.azure { "Azure" } else { "Default" },
        billing_cycle: if product.motion == Motion::YearYear { "Annual" } else { "Monthly" },
        billing_cycle_duration: if product.motion == Motion::YearMonth { 12 } else { 1 },
        addon_subscriptions: (!addons.is_empty()).then_some(addons),
    }
}

fn product_text(world: &World, index: usize) -> String {
    let held = &world.subscriptions[index];
    let id = || world.products[held.product].id.to_string();
    held.product_text.as_deref().map_or_else(id, str::to_owned)
}

/// A time with or without a fraction: both forms occur in one field.
fn purchased(index: usize, first: &str) -> String {
    let fraction = if index.is_multiple_of(2) { ".1270000" } else { "" };
    format!("{first}T04:12:55{fraction}+00:00")
}
