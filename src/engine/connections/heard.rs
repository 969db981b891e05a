//! What is noted of a connection when something was asked of it: that it works, or why it does not.

use crate::{
    domain::{Code, ConnectionId, ReadError, outcome::Finding},
    engine::{
        context::Context,
        protocol::{Changed, Happening, Refusal},
        tables::{CONNECTIONS, of_connection},
        views::ConnectionState,
    },
    store::Batch,
};

/// Notes whether a stored connection just worked, and passes the result on.
pub(crate) async fn heard<T>(
    context: &Context,
    name: &ConnectionId,
    result: Result<T, ReadError>,
) -> Result<T, Refusal> {
    let state = match &result {
        Ok(_) => Some(ConnectionState::Connected),
        Err(ReadError::Unauthorized { finding, .. } | ReadError::Unreachable(finding)) => {
            Some(ConnectionState::Failing { finding: finding.clone() })
        }
        Err(_) => None,
    };
    if let Some(state) = state {
        note(context, name, state).await?;
    }
    Ok(result?)
}

/// Notes whose credentials were refused, where that is why nothing came of it, and passes the result on.
pub(crate) async fn noted<T>(context: &Context, result: Result<T, Refusal>) -> Result<T, Refusal> {
    if let Err(refusal) = &result
        && let Some(side) = refusal.refused_by
    {
        failing(context, context.sides.on(side), refusal.finding.clone()).await?;
    }
    result
}

/// Notes that a stored connection just failed.
pub(crate) async fn failing(
    context: &Context,
    name: &ConnectionId,
    finding: Finding,
) -> Result<(), Refusal> {
    note(context, name, ConnectionState::Failing { finding }).await
}

async fn note(
    context: &Context,
    name: &ConnectionId,
    state: ConnectionState,
) -> Result<(), Refusal> {
    let _wiring = context.wiring.lock().await;
    let Some(mut record) = context.connection(name).await? else { return Ok(()) };
    // A right that was found missing stays missing until the next test.
    let kept = match &record.state {
        ConnectionState::Failing { finding } => finding.code == Code::MissingRight,
        _ => false,
    };
    if record.state == state || (kept && state == ConnectionState::Connected) {
        return Ok(());
    }
    record.state = state;
    record.checked_at = Some(context.clock.now());
    let mut batch = Batch::new();
    batch.put(CONNECTIONS, &of_connection(name), &record);
    context.store.commit(batch).await?;
    context.emit(Happening::Changed { what: Changed::Connections });
    Ok(())
}
