//! `open`: the console on a place.
//!
//! It must not find anything by itself: the engine is asked, so that a run or customer that is not there is refused here and
//! not on a screen. An invoice is read from the distributor: the console does that, in sight.

use super::{desk::Desk, failure::Failure, runs::Which};
use crate::engine::{protocol::command, views::Place};

/// Where to open the console.
#[derive(Debug, clap::Subcommand)]
pub enum Target {
    /// One run, with whom it reached
    Run {
        /// Its number, or last
        #[arg(value_name = "ID|last", value_parser = super::runs::run_id)]
        id: Which,
    },
    /// All about one customer
    Customer {
        /// Domain or id
        #[arg(value_name = "TENANT", value_parser = clap::builder::NonEmptyStringValueParser::new())]
        tenant: String,
    },
    /// One invoice with where its lines went
    Invoice {
        /// Its number or id
        #[arg(value_name = "INV", value_parser = clap::builder::NonEmptyStringValueParser::new())]
        invoice: String,
    },
}

impl Target {
    /// The place that is meant.
    pub(super) async fn place(self, desk: &mut Desk<'_>) -> Result<Place, Failure> {
        Ok(match self {
            Self::Run { id: Which(id) } => {
                let report = desk.ask(command::Run { id }).await?;
                Place::Run { run: report.header.id, tenant: None }
            }
            Self::Customer { tenant } => {
                let page = desk.ask(command::CustomerPage { tenant, contract: false }).await?;
                Place::Customer { tenant: Some(page.found.customer.tenant) }
            }
            Self::Invoice { invoice } => Place::Invoice { invoice },
        })
    }
}
