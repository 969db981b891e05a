//! The run that was cut off when the program was stopped last, and waits to be finished.

use crate::{
    domain::run::RunHeader,
    engine::{context::Context, protocol::Refusal, sync::left_unfinished},
};

/// The run that was cut off, unless it is the one that is on.
pub(crate) async fn unfinished_run(context: &Context) -> Result<Option<RunHeader>, Refusal> {
    if context.flight.is_taken() {
        return Ok(None);
    }
    Ok(left_unfinished(&context.store, &context.sides.target).await?.map(|(header, _)| header))
}
