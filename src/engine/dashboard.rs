//! What the dashboard shows: cards, and what wants the operator.
//!
//! It must not change anything.

use std::sync::Arc;

use crate::engine::{
    context::{Caller, Context},
    family::Family,
    protocol::{
        Ask, Reply,
        command::{Acknowledge, DashboardCommand, ShowAgain, Status},
    },
};

pub(crate) mod attention;
pub(crate) mod cards;

impl Family for DashboardCommand {
    async fn carry_out(self, context: &Arc<Context>, caller: &Caller) -> Reply {
        match self {
            Self::Status(_) => cards::show(context).await.map(Status::put),
            Self::Acknowledge(Acknowledge { id }) => {
                attention::acknowledge(context, caller, &id).await.map(Acknowledge::put)
            }
            Self::ShowAgain(ShowAgain { id }) => {
                attention::show_again(context, caller, &id).await.map(ShowAgain::put)
            }
        }
    }
}
