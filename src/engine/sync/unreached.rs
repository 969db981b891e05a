//! Customers whose run broke off before it came to them (sync-rules 7): *retry failed* plans them too.
//!
//! It must not decide what is due: that is looked up when they are planned.

use std::collections::BTreeSet;

use crate::{
    domain::{RunId, TenantId, run::CustomerRow},
    engine::{
        protocol::SyncRequest,
        sync::{
            due::{Stored, asked_for::AskedFor, stored},
            equipment::Equipment,
            writing::writer::Halt,
        },
        tables::{CUSTOMER_ROWS, UNREACHED, of_run, of_tenant},
    },
    store::Batch,
};

/// Remembers that a run with this request broke off: whoever was asked for and is due after it was not reached.
pub(crate) async fn remember(
    equipment: &Equipment,
    request: &SyncRequest,
    run: RunId,
) -> Result<(), Halt> {
    change(equipment, request, Some(run)).await
}

/// Forgets it of everybody whom a run with this request, which came to its end, was asked for: what failed then is on the
/// retry list.
pub(crate) async fn forget(equipment: &Equipment, request: &SyncRequest) -> Result<(), Halt> {
    change(equipment, request, None).await
}

async fn change(
    equipment: &Equipment,
    request: &SyncRequest,
    run: Option<RunId>,
) -> Result<(), Halt> {
    if !request.is_of_what_is_due() {
        return Ok(());
    }
    let known = stored(equipment).await?;
    let asked_for = AskedFor::new(request, &known);
    let done = match run {
        Some(run) => done_with(equipment, &known, run).await?,
        None => BTreeSet::new(),
    };
    let asked = known.on().filter(|mapping| asked_for.due(mapping)).map(|mapping| &mapping.tenant);
    let asked = asked.filter(|tenant| !done.contains(*tenant));
    let tenants: Vec<_> =
        asked.filter(|tenant| run.is_some() || known.unreached.contains(*tenant)).collect();
    for some in tenants.chunks(A_COMMIT) {
        let mut batch = Batch::new();
        for tenant in some {
            let key = of_tenant(&equipment.connection, tenant);
            match run {
                Some(run) => batch.put(UNREACHED, &key, &run),
                None => batch.remove(UNREACHED, &key),
            }
        }
        equipment.store.commit(batch).await?;
    }
    Ok(())
}

/// Customers with whom a run was done before it broke off: they have a row, and nothing is due for them any more.
async fn done_with(
    equipment: &Equipment,
    known: &Stored,
    run: RunId,
) -> Result<BTreeSet<TenantId>, Halt> {
    let agreements = equipment.agreements.iter().cloned().collect();
    let due = known.due(&known.headers, &agreements, equipment.clock.today().month());
    let held = due.held.iter().flat_map(|held| &held.tenants);
    let due: BTreeSet<&TenantId> =
        due.invoices.iter().flat_map(|due| &due.tenants).chain(held).collect();
    let mut done = BTreeSet::new();
    let note = |_, row: CustomerRow| {
        if !due.contains(&row.tenant_id) {
            done.insert(row.tenant_id);
        }
    };
    equipment.store.for_each(CUSTOMER_ROWS, of_run(run), note).await?;
    Ok(done)
}

const A_COMMIT: usize = 512;
