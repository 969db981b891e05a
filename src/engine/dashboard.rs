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
pub(crate) mod groundwork;
pub(crate) mod survey;
mod wanting;

impl Family for DashboardCommand {
    async fn carry_out(self, context: &Arc<Context>, caller: &Caller) -> Reply {
        match self {
            Self::Status(_) => cards::show(context).await.map(Status::put),
            Self::Acknowledge(Acknowledge { id }) => {
                let ground = survey::groundwork(context).await?;
                attention::acknowledge(context, caller, &ground, &id).await.map(Acknowledge::put)
            }
            Self::ShowAgain(ShowAgain { id }) => {
                let ground = survey::groundwork(context).await?;
                attention::show_again(context, caller, &ground, &id).await.map(ShowAgain::put)
            }
        }
    }
}
