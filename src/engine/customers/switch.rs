//! Switching sync, unmapping, remarks, and the choice among several rows of one service.

use std::{collections::BTreeSet, sync::Arc};

use crate::{
    domain::{
        Code, ContractId, ContractServiceId, ServiceId, TenantId, Thing, mapping::Mapping,
        target::PresentService,
    },
    engine::{
        approvals::changes,
        audit::trail::Deed,
        context::{Caller, Context},
        customers::{lookup, mapped::Mapped, mapping::MappingEdit, rows},
        history::service_names::ServiceNames,
        products,
        protocol::{
            Changed, Refusal,
            command::{ChooseRow, ChooseService, ContractServices, Note, SetSync},
        },
        refusals::{failed, malformed, unknown},
        remarks::remark,
        standing::on_contract,
        sync::left_behind::leave,
        tables::{CHOICES, MAPPINGS, MISSED, of_contract_service, of_tenant},
        views::{CustomerView, RowChoice},
    },
    store::Batch,
};

/// Switches sync for tenants: all of them or none. Of those that are on already, only what they missed is skipped, if
/// that is wished.
pub(crate) async fn set_sync(
    context: &Arc<Context>,
    caller: &Caller,
    SetSync { tenants: typed, on, skip_missed }: SetSync,
) -> Result<Vec<CustomerView>, Refusal> {
    if typed.is_empty() {
        let advice = "Name at least one: `prism-connect customers sync TENANT… on|off`.";
        return Err(malformed(Code::Unusable(Thing::Tenant), "No tenant is named.", advice));
    }
    let skip = skip_missed.as_deref().map(reason).transpose()?;
    if skip.is_some() && !on {
        let text = "Only who is switched on can skip what became due while it was off.";
        return Err(malformed(Code::Skip, text, "Say `on`, or leave the skipping out."));
    }
    let (_, found) = lookup::tenants(context, caller, &typed).await?;
    let _pen = context.pen.lock().await;
    let book = context.load_book().await?;
    let mut edit = MappingEdit::new(context, caller, book.mappings);
    edit.skip = skip;
    let mut changed = BTreeSet::new();
    for found in &found {
        let Some(old) = edit.mappings.get(&found.tenant).cloned() else {
            return Err(not_mapped(&found.domain));
        };
        if old.sync == on {
            if edit.skip.is_some() {
                changed.extend(missing(context, &edit.mappings, old.contract).await?);
            }
            continue;
        }
        let mut new = Mapping { sync: on, changed_at: context.clock.now(), ..old.clone() };
        edit.begin(&mut new, Some(&old), found.agreement.as_ref()).await?;
        edit.mappings.insert(new);
        changed.insert(found.tenant.clone());
    }
    if changed.is_empty() {
        if edit.skip.is_some() {
            return Err(nothing_missed());
        }
        let tenants = found.into_iter().map(|found| found.tenant);
        return rows(context, tenants).await;
    }
    edit.store(changed).await
}

/// Everybody on a contract for whom there is something to skip: one that skipped alone would lose its seats to what its
/// neighbours' invoices say of the contract.
async fn missing(
    context: &Context,
    mappings: &Mapped,
    contract: ContractId,
) -> Result<BTreeSet<TenantId>, Refusal> {
    let mut missing = BTreeSet::new();
    for mapping in mappings.on(contract) {
        let missed =
            context.store.scan(MISSED, of_tenant(&context.sides.target, &mapping.tenant)).await?;
        if !missed.is_empty() {
            missing.insert(mapping.tenant.clone());
        }
    }
    Ok(missing)
}

fn nothing_missed() -> Refusal {
    failed(
        Code::NothingMissed,
        "Nothing became due for these customers while their sync was off, or all of it is applied.",
        "Nothing was changed. `prism-connect customers list` names what is still to be caught up.",
    )
}

/// A reason, which must say something.
fn reason(text: &str) -> Result<String, Refusal> {
    let reason = remark(text)?;
    if reason.is_empty() {
        let advice = "Say why, so that it can be understood later: `--reason TEXT`.";
        return Err(malformed(Code::Reason, "The reason is missing.", advice));
    }
    Ok(reason)
}

fn not_mapped(domain: &str) -> Refusal {
    failed(
        Code::NotMapped,
        format!("“{domain}” is not linked to a contract yet."),
        format!(
            "Nothing was changed. Link it first: `prism-connect customers map {domain} --company X --contract Y`."
        ),
    )
}

/// Finds a tenant's mapping under the pen.
async fn mapped(context: &Context, typed: &str) -> Result<Mapping, Refusal> {
    let book = context.load_book().await?;
    let found = book.find(typed)?;
    book.mappings.get(&found.tenant).cloned().ok_or_else(|| not_mapped(&found.domain))
}

/// Removes a mapping. What was applied stays known, so that mapping it again applies nothing twice; so do the seats that
/// stay on the contract.
pub(crate) async fn unmap(
    context: &Context,
    caller: &Caller,
    typed: &str,
) -> Result<Vec<CustomerView>, Refusal> {
    let _pen = context.pen.lock().await;
    let mapping = mapped(context, typed).await?;
    let mut batch = Batch::new();
    batch.remove(MAPPINGS, &of_tenant(&context.sides.target, &mapping.tenant));
    leave(&context.store, &context.sides.target, &mut batch, &mapping).await?;
    for (key, _) in
        context.store.scan(MISSED, of_tenant(&context.sides.target, &mapping.tenant)).await?
    {
        batch.remove(MISSED, &key);
    }
    let what = format!("unlinked {} from “{}”", mapping.domain, mapping.contract_name);
    let before = Some(mapping.contract_name.clone());
    let deed = Deed::from(what).about(&mapping.domain).moved(before, None);
    context.change(caller, batch, deed, Changed::Customers).await?;
    rows(context, [mapping.tenant]).await
}

/// Sets the remark; empty text removes it.
pub(crate) async fn note(
    context: &Context,
    caller: &Caller,
    Note { tenant: typed, text }: Note,
) -> Result<Vec<CustomerView>, Refusal> {
    let text = remark(&text)?;
    let _pen = context.pen.lock().await;
    let old = mapped(context, &typed).await?;
    let before = Some(old.note.clone()).filter(|note| !note.is_empty());
    let new = Mapping { note: text, ..old };
    let mut batch = Batch::new();
    batch.put(MAPPINGS, &of_tenant(&context.sides.target, &new.tenant), &new);
    let what = format!("remarked on {}: {}", new.domain, new.note);
    let deed = Deed::from(what).about(&new.domain).moved(before, Some(new.note.clone()));
    context.change(caller, batch, deed, Changed::Customers).await?;
    rows(context, [new.tenant]).await
}

/// The rows of one service on a contract, as they stand today.
async fn present_rows(
    context: &Arc<Context>,
    caller: &Caller,
    mapping: &Mapping,
    service: ServiceId,
) -> Result<Vec<PresentService>, Refusal> {
    let today = context.clock.today();
    let services = on_contract(context, caller, mapping.contract, today).await?.into_iter();
    Ok(services.filter(|one| one.service == service).collect())
}

/// Rows to choose from: what each stands at, and which one is chosen by now (sync-rules 4.7).
pub(crate) async fn contract_services(
    context: &Arc<Context>,
    caller: &Caller,
    ContractServices { tenant: typed, service }: &ContractServices,
) -> Result<Vec<RowChoice>, Refusal> {
    let mapping = mapped(context, typed).await?;
    let rows = present_rows(context, caller, &mapping, *service).await?;
    let key = of_contract_service(&context.sides.target, mapping.contract, *service);
    let chosen = context.store.get(CHOICES, key).await?;
    let today = context.clock.today();
    let rows = rows.into_iter().map(|row| RowChoice {
        contract_service: row.contract_service,
        units: row.timeline().on(today),
        price: row.price,
        cost: row.cost,
        since: row.rows.first().map(|unit| unit.start),
        chosen: chosen == Some(row.contract_service),
    });
    Ok(rows.collect())
}

/// Chooses one of several rows of the service of a product on the tenant's contract (sync-rules 4.7).
pub(crate) async fn choose_service(
    context: &Arc<Context>,
    caller: &Caller,
    ChooseService { tenant: typed, product, contract_service: row }: ChooseService,
) -> Result<String, Refusal> {
    let mapping = mapped(context, &typed).await?;
    let service = products::linked(context, &product).await?;
    choose(context, caller, &mapping, service, row, &product).await
}

/// The same for a service.
pub(crate) async fn choose_row(
    context: &Arc<Context>,
    caller: &Caller,
    ChooseRow { tenant: typed, service, contract_service: row }: ChooseRow,
) -> Result<String, Refusal> {
    let mapping = mapped(context, &typed).await?;
    let name = ServiceNames::load(context).await?.of(service);
    choose(context, caller, &mapping, service, row, &name).await
}

async fn choose(
    context: &Arc<Context>,
    caller: &Caller,
    mapping: &Mapping,
    service: ServiceId,
    row: ContractServiceId,
    what: &str,
) -> Result<String, Refusal> {
    let rows = present_rows(context, caller, mapping, service).await?;
    if rows.iter().all(|one| one.contract_service != row) {
        let ids: Vec<_> = rows.iter().map(|one| one.contract_service.to_string()).collect();
        let advice = match ids.as_slice() {
            [] => format!("“{}” has no row of this service.", mapping.contract_name),
            ids => format!("“{}” has {} of it.", mapping.contract_name, ids.join(", ")),
        };
        let ids = ids.iter().map(String::as_str);
        return Err(unknown(Thing::ContractService, &row.to_string(), ids, &advice));
    }
    let _pen = context.pen.lock().await;
    let mut batch = Batch::new();
    batch.put(
        CHOICES,
        &of_contract_service(&context.sides.target, mapping.contract, service),
        &row,
    );
    let (target, contract) = (&context.sides.target, mapping.contract);
    let change = format!("chose a row of {what} for {}", mapping.domain);
    changes::row(&mut batch, caller, target, contract, service, &change);
    let terms = context.sides.terms();
    let told = terms
        .fill("chose contract service {} for {} on “{}”", &[&row, &what, &mapping.contract_name]);
    let deed = Deed::from(told).about(&mapping.domain).moved(None, Some(row.to_string()));
    context.change(caller, batch, deed, Changed::Customers).await?;
    Ok(terms.fill("{} is billed on contract service {} from now on.", &[&what, &row]))
}
