//! Which targets a schedule is about. It must not look at any.

use crate::{
    domain::{Code, ConnectionId, schedule::Schedule},
    engine::{context::Context, protocol::Refusal, refusals::failed},
};

/// Those that are stored; the one in use where none is, to say so.
pub(in crate::engine) async fn targets(context: &Context) -> Vec<ConnectionId> {
    let mut stored = Vec::new();
    for target in context.sides.targets(&context.store).await {
        if context.connection(&target).await.is_ok_and(|record| record.is_some()) {
            stored.push(target);
        }
    }
    if stored.is_empty() {
        stored.push(context.sides.target.clone());
    }
    stored
}

/// A name that is no target's would leave that target to what holds for all.
pub(in crate::engine) async fn names_targets(
    context: &Context,
    schedule: &Schedule,
) -> Result<(), Refusal> {
    let known = context.sides.all(&context.store).await;
    let stray = schedule.apply_to.keys().find(|name| !known.contains(name));
    stray.map_or(Ok(()), |name| {
        let names: Vec<&str> = known.iter().map(ConnectionId::as_str).collect();
        Err(failed(
            Code::ConfigValue,
            format!("`schedule.apply_to` names “{name}”, and there is no such connection."),
            format!("There are: {}.", names.join(", ")),
        ))
    })
}
