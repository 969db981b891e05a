//! `open`: the console on a place.
//!
//! It must not find anything by itself: the engine is asked, so that a run or customer that is not there is refused here and
//! not on a screen. An invoice is read from the distributor: the console does that, in sight.

use super::{desk::Desk, failure::Failure, runs::Which};
use crate::{
    domain::{Code, TenantId, Thing, run::RunReport},
    engine::{protocol::command, views::Place},
};

/// Where to open the console.
#[derive(Debug, clap::Subcommand)]
pub enum Target {
    /// One run, with whom it reached
    Run {
        /// Its number, or last
        #[arg(value_name = "ID|last", value_parser = super::runs::run_id)]
        id: Which,
        /// At this customer of it: domain or id
        #[arg(long, value_name = "TENANT", value_parser = clap::builder::NonEmptyStringValueParser::new())]
        customer: Option<String>,
    },
    /// All about one customer
    Customer {
        /// Domain or id
        #[arg(value_name = "TENANT", value_parser = clap::builder::NonEmptyStringValueParser::new())]
        tenant: String,
    },
    /// One plan that waits for approval, or did
    Approval {
        /// Its number
        #[arg(value_name = "N")]
        number: u64,
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
            Self::Run { id: Which(id), customer } => {
                let report = desk.ask(command::Run { id }).await?;
                let tenant = match customer {
                    None => None,
                    Some(typed) => Some(in_run(&report, &typed)?),
                };
                Place::Run { run: report.header.id, tenant }
            }
            Self::Customer { tenant } => {
                let page = desk.ask(command::CustomerPage { tenant, contract: false }).await?;
                Place::Customer { tenant: Some(page.found.customer.tenant) }
            }
            Self::Approval { number } => {
                let detail = desk.ask(command::Approval { number }).await?;
                Place::Approval { number: detail.waiting.number }
            }
            Self::Invoice { invoice } => Place::Invoice { invoice },
        })
    }
}

/// A customer that a run reached.
fn in_run(report: &RunReport, typed: &str) -> Result<TenantId, Failure> {
    let wanted = typed.trim();
    let is_it = |row: &&crate::domain::run::CustomerRow| {
        row.tenant.eq_ignore_ascii_case(wanted)
            || row.tenant_id.as_str().eq_ignore_ascii_case(wanted)
    };
    let found = report.customers.iter().find(is_it).map(|row| row.tenant_id.clone());
    found.ok_or_else(|| {
        let run = report.header.id;
        let text = format!("Run {run} did not reach “{}”.", crate::http::clean(wanted));
        let advice = format!("`prism-connect runs show {run}` lists whom it reached.");
        Failure::because(Code::UnknownName(Thing::Tenant), text, &advice)
    })
}
