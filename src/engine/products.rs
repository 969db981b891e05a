//! Products: what a sync would do with each, and their links to services.

use std::sync::Arc;

use crate::{
    domain::{
        Code, ServiceId, Thing,
        product::{Link, LinkKey, LinkOrigin, Service},
    },
    engine::{
        connections::heard::noted,
        context::{Caller, Context},
        family::Family,
        launch,
        protocol::{
            About, Ask, Refusal, Reply,
            command::{Adopt, InvoicedPrices, Pin, ProductCommand, Products, Services, Unpin},
        },
        refusals::{malformed, unknown},
        sync::{
            self,
            snapshot::currencies::Currencies,
            writing::writer::{ONLY_PLANNED, Writer},
        },
        tables::{LINKS, SERVICE_NAMES, of_connection, of_service},
        views::{PricedService, ProductAction, ProductView},
    },
    planning::products::{Action, ProductPlan},
    store::Batch,
};

pub(crate) mod invoiced;
pub(crate) mod links;
pub(crate) mod lookup;

impl Family for ProductCommand {
    async fn carry_out(self, context: &Arc<Context>, caller: &Caller) -> Reply {
        match self {
            Self::Products(_) => list(context, caller).await.map(Products::put),
            Self::Services(_) => links::services(context, caller).await.map(Services::put),
            Self::InvoicedPrices(asked) => invoiced::find(context, &asked)
                .await
                .map(|found| InvoicedPrices::put(About { asked, found })),
            Self::Pin(asked) => links::pin(context, caller, asked).await.map(Pin::put),
            Self::Unpin(Unpin { product }) => {
                links::unpin(context, caller, &product).await.map(Unpin::put)
            }
            Self::Adopt(Adopt { product }) => {
                links::adopt(context, caller, &product).await.map(Adopt::put)
            }
        }
    }
}

/// What a product sync would do, product by product (R38).
pub(super) async fn list(
    context: &Arc<Context>,
    caller: &Caller,
) -> Result<Vec<ProductView>, Refusal> {
    let plans = plans(context, caller).await?;
    let currencies = Currencies::read(&context.store, &context.sides.target).await?;
    let currency = currencies.of_price_lists();
    let view = |plan| ProductView { currency: currency.clone(), ..view(plan) };
    Ok(plans.iter().map(view).collect())
}

/// Reads both sides and plans every product. Writes nothing.
async fn plans(context: &Arc<Context>, caller: &Caller) -> Result<Vec<ProductPlan>, Refusal> {
    let equipment = launch::equipment(context, caller).await?;
    let cancel = caller.cancel.clone();
    let planned = launch::apart(move |here| {
        let desk = Writer::new(&equipment, ONLY_PLANNED, 0, cancel);
        here.block_on(sync::product_run::plan(&desk))
    });
    let planned = planned.await?.map_err(|halt| sync::refusal(&halt));
    let plans = noted(context, planned).await?;
    let services = plans.iter().filter_map(|plan| plan.service.as_ref());
    keep_names(context, services).await?;
    Ok(plans)
}

/// Remembers what services are called, for what is shown before the network answers.
pub(super) async fn keep_names<'a>(
    context: &Context,
    services: impl Iterator<Item = &'a Service>,
) -> Result<(), Refusal> {
    let mut batch = Batch::new();
    for service in services {
        batch.put(SERVICE_NAMES, &of_service(&context.sides.target, service.id), &service.name);
    }
    Ok(context.store.commit(batch).await?)
}

fn view(plan: &ProductPlan) -> ProductView {
    let (product, service) = (plan.product.as_ref(), plan.service.as_ref());
    let motion = match &plan.key {
        LinkKey::Product(key) => key.motion.to_string(),
        LinkKey::ProductId(_) | LinkKey::OfferName(_) => String::new(),
    };
    let linked = plan.recognised.as_ref().or(plan.link.as_ref());
    let remark = plan.finding.as_ref().map(|finding| finding.text.clone());
    ProductView {
        key: plan.shown_key(),
        sku: product.map(|product| product.sku_text.clone()).unwrap_or_default(),
        name: product.map(|product| product.name.clone()).unwrap_or_default(),
        motion,
        service_name: service.map(|service| service.name.clone()),
        service: service.map(|service| service.id),
        service_active: service.map(|service| service.active),
        origin: linked.map(|link| link.origin),
        cost: product.map(|product| product.cost),
        retail: product.map(|product| product.retail),
        present_cost: service.and_then(|service| service.cost),
        present_price: service.map(|service| service.price),
        currency: None,
        action: action(plan.action),
        remark: remark.or_else(|| Some(plan.reason.clone()).filter(|text| !text.is_empty())),
        collides_with: plan.collides_with.as_ref().map(|service| service.id),
        taken_by: plan.collides_with.as_ref().map(priced),
    }
}

fn priced(service: &Service) -> PricedService {
    let (id, name) = (service.id, service.name.clone());
    PricedService { id, name, price: service.price, cost: service.cost }
}

fn action(action: Action) -> ProductAction {
    match action {
        Action::Create => ProductAction::Create,
        Action::Reprice => ProductAction::Reprice,
        Action::Unchanged | Action::Odd => ProductAction::Unchanged,
        Action::Collision => ProductAction::Collision,
        Action::Retired => ProductAction::Retired,
        Action::Excluded => ProductAction::Excluded,
        Action::NotInUse => ProductAction::NotInUse,
    }
}

pub(super) async fn stored_links(context: &Context) -> Result<Vec<Link>, Refusal> {
    let links = context.store.scan(LINKS, of_connection(&context.sides.target)).await?;
    Ok(links.into_iter().map(|(_, link)| link).collect())
}

/// The service that a product is linked to, by what is stored.
pub(super) async fn linked(context: &Context, typed: &str) -> Result<ServiceId, Refusal> {
    if typed.trim().is_empty() {
        return Err(malformed(
            Code::Unusable(Thing::Product),
            "No product is named.",
            "Give its SKU.",
        ));
    }
    let links = stored_links(context).await?;
    let found = lookup::pick(typed, &links.iter().collect::<Vec<_>>())?;
    found.map(|link| link.service).ok_or_else(|| not_linked(typed, &links))
}

fn not_linked(typed: &str, links: &[Link]) -> Refusal {
    let keys: Vec<String> = links.iter().map(|link| link.key.to_string()).collect();
    let advice = "`prism-connect products list` shows all; one without a service must be synced first, or billed as one that is there.";
    unknown(Thing::LinkedProduct, typed, keys.iter().map(String::as_str), advice)
}

/// Whether the operator decided on this link, so that it is theirs to undo.
pub(super) fn is_chosen(link: &Link) -> bool {
    is_pin(link) || link.origin == LinkOrigin::Adopted
}

/// Whether the operator chose this link.
pub(super) fn is_pin(link: &Link) -> bool {
    link.origin == LinkOrigin::Pinned
}
