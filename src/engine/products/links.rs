//! Pinning, unpinning and adopting (sync-rules 1.6, 1.8). A link that moves remembers where it was, so that
//! the next plan takes the seats from there.

use std::sync::Arc;

use crate::{
    domain::{
        Code, ServiceId, Thing,
        product::{Link, LinkKey, LinkOrigin, Service},
    },
    engine::{
        approvals::changes,
        audit::trail::Deed,
        connections::heard::heard,
        context::{Caller, Context},
        products::{is_chosen, is_pin, keep_names, lookup, plans, priced, stored_links, view},
        protocol::{Changed, Refusal, command::Pin},
        refusals::{failed, unknown},
        tables::{LINKS, NO_SERVICE, of_link},
        views::{ProductAction, ProductView},
    },
    planning::products::{ProductPlan, relink},
    store::Batch,
};

async fn stored(context: &Context, key: &LinkKey) -> Result<Option<Link>, Refusal> {
    Ok(context.store.get(LINKS, of_link(&context.sides.target, key)).await?)
}

async fn put(context: &Context, caller: &Caller, link: &Link, what: String) -> Result<(), Refusal> {
    let mut batch = Batch::new();
    let before = stored(context, &link.key).await?;
    batch.put(LINKS, &of_link(&context.sides.target, &link.key), link);
    changes::link(&mut batch, caller, &context.sides.target, &link.key);
    let service = |link: &Link| context.sides.terms().fill("service {}", &[&link.service]);
    let deed = Deed::from(what).about(link.key.to_string());
    let deed = deed.moved(before.as_ref().map(service), Some(service(link)));
    context.change(caller, batch, deed, Changed::Products).await
}

/// Services to choose from, active ones first, by name.
pub(crate) async fn services(
    context: &Arc<Context>,
    caller: &Caller,
) -> Result<Vec<Service>, Refusal> {
    let (name, client) = context.target(caller).await?;
    let mut services = heard(context, &name, client.services().await).await?;
    services.sort_by_cached_key(|one| (!one.active, one.name.to_lowercase(), one.id));
    Ok(services)
}

/// Links a product to a service of the operator's choice.
pub(crate) async fn pin(
    context: &Arc<Context>,
    caller: &Caller,
    Pin { product: typed, service }: Pin,
) -> Result<String, Refusal> {
    let (name, client) = context.target(caller).await?;
    let services = heard(context, &name, client.services().await).await?;
    let Some(service) = services.iter().find(|one| one.id == service) else {
        return Err(no_service(service, &services));
    };
    let key = lookup::product(context, caller, &typed).await?;
    keep_names(context, [service].into_iter()).await?;
    let _pen = context.pen.lock().await;
    let old = stored(context, &key).await?;
    if old.as_ref().is_some_and(|old| is_pin(old) && old.service == service.id) {
        return Ok(format!("{key} is billed as “{}” already.", service.name));
    }
    let link = relink(key.clone(), old.as_ref(), service.id, LinkOrigin::Pinned);
    let what = context
        .sides
        .terms()
        .fill("billed {} as “{}” (service {})", &[&key, &service.name, &service.id]);
    put(context, caller, &link, what).await?;
    Ok(format!("{key} is billed as “{}” ({}).", service.name, service.id))
}

fn no_service(id: ServiceId, services: &[Service]) -> Refusal {
    let ids: Vec<String> = services.iter().map(|service| service.id.to_string()).collect();
    let advice = "It must be the id of a service in the PSA.";
    unknown(Thing::Service, &id.to_string(), ids.iter().map(String::as_str), advice)
}

/// Removes a pin, or gives back a service that was taken over. The next product sync gives the product a service of its
/// own; what the old one sells at and costs by then stays as it is.
pub(crate) async fn unpin(
    context: &Arc<Context>,
    caller: &Caller,
    typed: &str,
) -> Result<String, Refusal> {
    let _pen = context.pen.lock().await;
    let links = stored_links(context).await?;
    let pins: Vec<&Link> = links.iter().filter(|link| is_chosen(link)).collect();
    let Some(pin) = lookup::pick(typed, &pins)? else {
        let names: Vec<String> = pins.iter().map(|link| link.key.to_string()).collect();
        let advice = "`prism-connect products list` shows which products are billed as a service \
                      that was chosen or taken over.";
        return Err(unknown(Thing::PinnedProduct, typed, names.iter().map(String::as_str), advice));
    };
    let adopted = !is_pin(pin);
    let terms = context.sides.terms();
    let did = if adopted { "gave back" } else { "no longer billed" };
    let what = terms.fill("{} {} as service {}", &[&did, &pin.key, &pin.service]);
    match &pin.key {
        LinkKey::Product(key) => {
            let (link, pin_service) =
                (relink(pin.key.clone(), Some(pin), NO_SERVICE, LinkOrigin::Created), pin.service);
            put(context, caller, &link, what).await?;
            Ok(if adopted {
                terms.fill(
                    "{} gets a service of its own with the next product sync, unless service {} still has its name. \
                     That one's prices stay as they are now.",
                    &[key, &pin_service],
                )
            } else {
                terms.fill("{} gets a service of its own with the next product sync.", &[key])
            })
        }
        key @ (LinkKey::ProductId(_) | LinkKey::OfferName(_)) => {
            let mut batch = Batch::new();
            batch.remove(LINKS, &of_link(&context.sides.target, key));
            changes::link(&mut batch, caller, &context.sides.target, key);
            let before = Some(terms.fill("service {}", &[&pin.service]));
            let deed = Deed::from(what).about(key.to_string()).moved(before, None);
            context.change(caller, batch, deed, Changed::Products).await?;
            Ok(terms.fill("No service is chosen for {} any more.", &[key]))
        }
    }
}

/// Links a product to the service that carries its name already.
pub(crate) async fn adopt(
    context: &Arc<Context>,
    caller: &Caller,
    typed: &str,
) -> Result<Vec<ProductView>, Refusal> {
    let key = lookup::product(context, caller, typed).await?;
    let plans = plans(context, caller).await?;
    let plan = plans.iter().find(|plan| plan.key == key);
    let Some((plan, link)) = plan.and_then(|plan| Some((plan, plan.adopted()?))) else {
        return Err(failed(
            Code::NoCollision,
            format!("No service stands in the way of {key}: there is nothing to take over."),
            "`prism-connect products list` shows whose name is already used; `prism-connect products pin` bills it as another one.",
        ));
    };
    let _pen = context.pen.lock().await;
    let terms = context.sides.terms();
    let what = terms.fill("took over service {} for {}", &[&link.service, &key]);
    put(context, caller, &link, what).await?;
    let taken = plan.collides_with.as_ref().map(priced);
    let adopted = ProductPlan {
        link: Some(link),
        service: plan.collides_with.clone(),
        collides_with: None,
        finding: None,
        reason: String::new(),
        ..plan.clone()
    };
    let mut shown = view(&adopted);
    let becomes = taken.as_ref().and_then(|taken| shown.would_become(taken));
    let differs = taken.is_some_and(|taken| shown.differs_from(&taken));
    shown.action = if differs { ProductAction::Reprice } else { ProductAction::Unchanged };
    let undo = format!("`prism-connect products unpin {key}` gives it back");
    shown.remark = Some(becomes.map_or_else(|| undo.clone(), |text| format!("{text}; {undo}.")));
    Ok(vec![shown])
}
