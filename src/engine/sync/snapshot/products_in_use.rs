//! Which products are in use: those on invoices of customers whose sync is on (R19).

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    domain::{
        ContractId, InvoiceId, UsageMonth,
        mapping::Applied,
        policy::ProductMode,
        product::{Link, Product, ProductKey},
    },
    engine::sync::{
        due::{
            Stored,
            invoice_file::{InvoiceFile, invoice_file},
            look, stored,
        },
        equipment::Equipment,
        snapshot::{Snapshot, standing::TOGETHER},
        writing::writer::Halt,
    },
    planning::{
        invoices::Due,
        triage::{Catalogue, MappedTenant, SortedLines, Standing, TriageRequest},
    },
};

/// The products on the newest applied and on all due invoices; none in mode *All Products*.
pub(crate) async fn in_use(
    equipment: &Equipment,
    products: &[Product],
    links: &[Link],
) -> Result<Option<BTreeSet<ProductKey>>, Halt> {
    if equipment.options.mode == ProductMode::All {
        return Ok(None);
    }
    let mut known = stored(equipment).await?;
    let headers = equipment.source.invoices().await?.invoices;
    let due = look(equipment, &mut known, &headers).await?;
    let mut observed = Snapshot::of_source(equipment).await?;
    let mut found = BTreeSet::new();
    for (id, month) in invoices_of_products(&known, &due) {
        let Some(invoice) = headers.iter().find(|invoice| invoice.id == id) else { continue };
        // What is wrong with it is told by whoever syncs it.
        let InvoiceFile::Lines(lines) = invoice_file(&*equipment.source, invoice).await? else {
            continue;
        };
        observed.add(equipment, &mut known, invoice, month.last_day()).await?;
        let mapped: Vec<MappedTenant<'_>> =
            known.on().map(|mapping| MappedTenant { mapping, standing: Standing::Due }).collect();
        let none = BTreeSet::new();
        let contracts = mapped.iter().map(|mapped| mapped.mapping.contract).collect();
        let catalogue = Catalogue::new(products, links).remembering(&observed.remembered);
        let sorted = SortedLines::new(&TriageRequest {
            month,
            lines: &lines,
            tenants: &observed.tenants,
            catalogue: &catalogue,
            mappings: &mapped,
            contracts: &contracts,
            failed: &none,
            azure: equipment.options.azure,
            policies: &equipment.policies,
        });
        let contracts: Vec<ContractId> = sorted.contracts().collect();
        let groups = contracts.chunks(TOGETHER).flat_map(|some| sorted.groups(some));
        let bought = groups.flat_map(|group| group.subscriptions);
        found.extend(bought.filter_map(|bought| bought.product));
    }
    Ok(Some(found))
}

/// All that are due, and of each customer the newest one applied.
pub(crate) fn invoices_of_products(stored: &Stored, due: &Due) -> BTreeMap<InvoiceId, UsageMonth> {
    let mut wanted: BTreeMap<InvoiceId, UsageMonth> =
        due.invoices.iter().map(|due| (due.invoice.id.clone(), due.month)).collect();
    for mapping in stored.on() {
        let applied = stored.applied.get(&mapping.tenant).into_iter().flatten();
        let newest: Option<&Applied> = applied.max_by_key(|applied| applied.month);
        wanted.extend(newest.map(|newest| (newest.invoice.clone(), newest.month)));
    }
    wanted
}
