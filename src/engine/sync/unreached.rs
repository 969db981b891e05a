//! Customers whose run broke off before it came to them (sync-rules 7): *retry failed* plans them too.
//!
//! It must not decide what is due: that is looked up when they are planned.

use crate::{
    domain::RunId,
    engine::{
        protocol::SyncRequest,
        sync::{
            due::{asked_for::AskedFor, stored},
            equipment::Equipment,
            writing::writer::Halt,
        },
        tables::{UNREACHED, of_tenant},
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
    // These plan what was applied, or is left: nobody is due in them.
    if request.recheck || request.left_behind {
        return Ok(());
    }
    let known = stored(equipment).await?;
    let asked_for = AskedFor::new(request, &known);
    let asked = known.on().filter(|mapping| asked_for.due(mapping)).map(|mapping| &mapping.tenant);
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

const A_COMMIT: usize = 512;
