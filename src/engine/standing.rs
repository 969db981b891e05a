//! What stands on a linked contract, as a screen or a decision reads it outside of a run: as a sync reads it.
//!
//! It must not write.

use std::sync::Arc;

use crate::{
    domain::{ContractId, Day, target::PresentService},
    engine::{
        connections::heard::heard,
        context::{Caller, Context},
        protocol::Refusal,
        sync::snapshot::standing::{Reading, Unread, long_before},
    },
};

/// The services of a contract, from a day on.
pub(crate) async fn on_contract(
    context: &Arc<Context>,
    caller: &Caller,
    contract: ContractId,
    from: Day,
) -> Result<Vec<PresentService>, Refusal> {
    let (name, client) = context.target(caller).await?;
    let reading = Reading {
        target: &*client,
        store: &context.store,
        connection: &name,
        long_ago: long_before(context.clock.now(), context.config.limits().quiet),
    };
    let read = match reading.present(&[contract], from).await {
        Ok(read) => Ok(read),
        Err(Unread::Target(error)) => Err(error),
        Err(Unread::Store(error)) => return Err(error.into()),
    };
    let read = heard(context, &name, read).await?;
    Ok(read.into_iter().flat_map(|contract| contract.services).collect())
}
