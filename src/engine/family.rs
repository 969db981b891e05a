//! What the actor knows of a family of commands: that it is carried out, and ends in one reply.
//!
//! It must not know a command.

use std::sync::Arc;

use crate::engine::{
    context::{Caller, Context},
    protocol::Reply,
};

/// A family of commands, with whatever carries each of them out.
pub(super) trait Family: Send + 'static {
    /// Carries one out.
    fn carry_out(
        self,
        context: &Arc<Context>,
        caller: &Caller,
    ) -> impl Future<Output = Reply> + Send;
}
