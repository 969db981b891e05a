//! When products were last in step, and by what: as long as all of that is the same and no invoice is due, a sync of everything
//! has no need to read the services (sync-rules 8.5).
//!
//! It must not be asked for a sync of products by themselves: whoever wants that wants the services looked at.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::{
    domain::{
        Code, InvoiceId, RunId, ServiceId, TenantId,
        outcome::Finding,
        policy::{ProductMode, ProgramOptions},
        product::{Link, Product},
    },
    engine::{
        digest::hash,
        protocol::{Scope, SyncRequest},
        sync::{
            due::{Stored, stored},
            equipment::Equipment,
            records::InStep,
            snapshot::{links, products_in_use::invoices_of_products},
            writing::{service_prices, writer::Halt},
        },
        tables::{IN_STEP, of_connection},
    },
    planning::{invoices::Due, products::ServicePrices},
    prism::InvoiceList,
    store::Batch,
};

/// Why the services need not be read, and the invoice list that was read to know it.
pub(crate) struct NothingNew {
    pub(crate) remark: Finding,
    pub(crate) listed: InvoiceList,
}

/// Whether everything is as it was when products were last in step. The invoice list is asked for last: it is worth its
/// request only where the price list is the same.
pub(crate) async fn nothing_new(
    equipment: &Equipment,
    request: &SyncRequest,
    products: &[Product],
) -> Result<Option<NothingNew>, Halt> {
    if !is_plain(request) {
        return Ok(None);
    }
    let kept = equipment.store.get(IN_STEP, of_connection(&equipment.connection)).await?;
    let Some(kept) = kept else { return Ok(None) };
    if kept.basis != basis(equipment, products).await? {
        return Ok(None);
    }
    let listed = equipment.source.invoices().await?;
    let known = stored(equipment).await?;
    let agreements = equipment.agreements.iter().cloned().collect();
    let due = known.due(&listed.invoices, &agreements, equipment.clock.today().month());
    let in_use = told_by(equipment, &known, &due);
    let looked_for_late = !known.watched.is_empty();
    if !due.is_nothing() || looked_for_late || !in_use.is_subset(&kept.invoices) {
        return Ok(None);
    }
    let text = format!(
        "No invoice is due, and the price list is as it was on {} (run {}): services were not read.",
        kept.at.format("%-d %b %Y"),
        kept.run
    );
    let remark = Finding::new(
        Code::NothingNew,
        text,
        "To look at the services all the same: `prism-connect sync products`.",
    );
    Ok(Some(NothingNew { remark, listed }))
}

/// A sync of everything, as it comes daily: nothing is asked for by name, and nothing anew.
fn is_plain(request: &SyncRequest) -> bool {
    let SyncRequest { scope, plan, recheck, retry_failed, left_behind, .. } = request;
    *scope == Scope::All && plan.is_none() && !recheck && !retry_failed && !left_behind
}

/// Keeps that a run has left nothing to do.
pub(crate) async fn keep(
    equipment: &Equipment,
    run: RunId,
    products: &[Product],
) -> Result<(), Halt> {
    let known = stored(equipment).await?;
    let agreements = equipment.agreements.iter().cloned().collect();
    // The headers as they were listed last: whatever came since is due when it is asked for the next time.
    let due = known.due(&known.headers, &agreements, equipment.clock.today().month());
    let invoices = told_by(equipment, &known, &due);
    let (at, basis) = (equipment.clock.now(), basis(equipment, products).await?);
    let mut batch = Batch::new();
    let key = of_connection(&equipment.connection);
    batch.put(IN_STEP, &key, &InStep { run, at, basis, invoices });
    Ok(equipment.store.commit(batch).await?)
}

/// The invoices that tell which products are in use, where only those are synced.
fn told_by(equipment: &Equipment, known: &Stored, due: &Due) -> BTreeSet<InvoiceId> {
    match equipment.options.mode {
        ProductMode::All => BTreeSet::new(),
        ProductMode::InUse => invoices_of_products(known, due).into_keys().collect(),
    }
}

/// From now on the services are to be read, whatever the price list says.
pub(crate) async fn forget(equipment: &Equipment) -> Result<(), Halt> {
    let mut batch = Batch::new();
    batch.remove(IN_STEP, &of_connection(&equipment.connection));
    Ok(equipment.store.commit(batch).await?)
}

/// What products are planned by, but for the services themselves, and how it is read: another version may read it otherwise.
#[derive(Serialize)]
struct Basis<'a> {
    program: &'static str,
    products: &'a [Product],
    links: Vec<Link>,
    written: Vec<(ServiceId, ServicePrices)>,
    options: &'a ProgramOptions,
    customers: Vec<TenantId>,
}

async fn basis(equipment: &Equipment, products: &[Product]) -> Result<String, Halt> {
    let customers = match equipment.options.mode {
        ProductMode::All => Vec::new(),
        ProductMode::InUse => stored(equipment).await?.on().map(|on| on.tenant.clone()).collect(),
    };
    Ok(hash(&Basis {
        program: env!("CARGO_PKG_VERSION"),
        products,
        links: links(equipment).await?,
        written: service_prices::all(equipment).await?.into_iter().collect(),
        options: &equipment.options,
        customers,
    }))
}
