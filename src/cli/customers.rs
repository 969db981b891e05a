//! `customers`: which tenant is billed on which contract.

use std::path::PathBuf;

use super::{
    connect::done,
    desk::Desk,
    exit::Exit,
    failure::Failure,
    files,
    table::{Amounts, Table, number, whole},
    words::{From, Pricing, Switch, on_off},
};
use crate::{
    domain::{ContractServiceId, mapping::Missed},
    engine::{
        protocol::{Ask, MapDraft, command},
        views::{CustomerView, SuggestionView},
    },
    planning::matching,
};

/// Mappings of a million tenants are smaller.
const LARGEST_CSV_MIB: u64 = 64;

/// What to do with tenants.
#[derive(Debug, clap::Subcommand)]
pub enum Action {
    /// List tenants with their links, those not linked and new ones first
    List {
        /// Show what was last seen, without asking PRISM
        #[arg(long)]
        offline: bool,
    },
    /// Suggest companies and contracts for tenants that are not linked
    Suggest,
    /// Link a tenant
    Map(MapArguments),
    /// Accept every suggestion of at least this score
    Automap {
        /// The least score of a suggestion that is accepted, 0 to 100, such as 85
        #[arg(long, value_name = "S", value_parser = score)]
        min_score: u8,
        /// Also switch sync on, or off
        #[arg(long, value_enum)]
        sync: Option<Switch>,
    },
    /// Unlink a tenant; changes nothing in the PSA
    Unmap {
        /// Domain or id
        tenant: String,
    },
    /// Switch sync for tenants
    Sync {
        /// Domains or ids, then on or off
        #[arg(required = true, num_args = 2.., value_name = "TENANT… on|off")]
        tenants_and_switch: Vec<String>,
        /// Never apply to them what became due while their sync was off; without it the next sync does
        #[arg(long, requires = "reason")]
        skip_missed: bool,
        /// Why that is skipped
        #[arg(long, value_name = "TEXT", requires = "skip_missed")]
        reason: Option<String>,
    },
    /// Save links from a CSV as `export customers` writes it
    Import {
        /// The file; - for stdin
        file: PathBuf,
    },
    /// Set the remark on a link
    Note {
        /// Domain or id
        tenant: String,
        /// The remark
        text: String,
    },
    /// Choose one of several rows of one service on the contract
    ChooseService {
        /// Domain or id
        tenant: String,
        /// SKU
        sku: String,
        /// The row
        #[arg(long, value_name = "ID")]
        contract_service: ContractServiceId,
    },
}

/// A score as suggestions show it. Somebody who thinks of it as a share of 1 would accept everything, or nothing.
fn score(typed: &str) -> Result<u8, String> {
    let whole = typed.trim().parse::<u8>().ok().filter(|score| *score <= 100);
    whole.ok_or_else(|| {
        "scores go from 0 to 100 in whole numbers, as `customers suggest` shows them".to_owned()
    })
}

/// How a tenant is linked.
#[derive(Debug, clap::Args)]
pub struct MapArguments {
    /// Domain or id
    tenant: String,
    /// Company, by name or id
    #[arg(long, value_name = "NAME|ID")]
    company: String,
    /// Contract of that company, by name or id
    #[arg(long, value_name = "NAME|ID")]
    contract: String,
    /// Sync switch; where not said it stays, and is off for a new link
    #[arg(long, value_enum)]
    sync: Option<Switch>,
    /// First invoice to sync; most-recent for a new link where not said, and next for one that moves
    #[arg(long, value_enum)]
    from: Option<From>,
    /// Update: quantities with cost and price, with cost only, or alone; where not said it stays, and is cost-and-retail for
    /// a new link
    #[arg(long, value_enum)]
    pricing: Option<Pricing>,
}

pub(super) async fn run(action: Action, desk: &mut Desk<'_>) -> Result<Exit, Failure> {
    match action {
        Action::List { offline } => rows(desk, command::Customers { refresh: !offline }).await,
        Action::Suggest => suggest(desk).await,
        Action::Map(arguments) => map(desk, arguments).await,
        Action::Automap { min_score, sync } => automap(desk, min_score, sync).await,
        Action::Unmap { tenant } => rows(desk, command::Unmap { tenant }).await,
        Action::Sync { tenants_and_switch, skip_missed, reason } => {
            let (tenants, on) = switch(&tenants_and_switch)?;
            let skip_missed = reason.filter(|_| skip_missed);
            rows(desk, command::SetSync { tenants: tenants.to_vec(), on, skip_missed }).await
        }
        Action::Import { file } => import(&file, desk).await,
        Action::Note { tenant, text } => rows(desk, command::Note { tenant, text }).await,
        Action::ChooseService { tenant, sku, contract_service } => {
            let choice = command::ChooseService { tenant, product: sku, contract_service };
            done(desk, choice).await
        }
    }
}

impl std::convert::From<MapArguments> for MapDraft {
    fn from(arguments: MapArguments) -> Self {
        Self {
            tenant: arguments.tenant,
            company: arguments.company,
            contract: arguments.contract,
            sync: arguments.sync.map(Switch::is_on),
            from: arguments.from.map(Into::into),
            pricing: arguments.pricing.map(Into::into),
        }
    }
}

impl Action {
    pub(super) fn check(&self) -> Result<(), Failure> {
        match self {
            Self::Sync { tenants_and_switch, .. } => switch(tenants_and_switch).map(|_| ()),
            _ => Ok(()),
        }
    }
}

/// The tenants, and the switch that stands behind them.
fn switch(words: &[String]) -> Result<(&[String], bool), Failure> {
    match words.split_last() {
        Some((last, tenants)) if last == "on" => Ok((tenants, true)),
        Some((last, tenants)) if last == "off" => Ok((tenants, false)),
        last => {
            let last = last.map(|(last, _)| last.as_str()).unwrap_or_default();
            let text = format!("“{last}” is neither on nor off; that must be the last word.");
            Err(Failure::typed(&text))
        }
    }
}

async fn import(file: &std::path::Path, desk: &mut Desk<'_>) -> Result<Exit, Failure> {
    let csv = files::text(file, LARGEST_CSV_MIB)?;
    let report = desk.ask(command::ImportCustomers { csv }).await?;
    if desk.out.is_json() {
        desk.out.json(&report)?;
        return Ok(Exit::Done);
    }
    desk.out.done(&format!("{} saved, {} as they were", report.stored, report.unchanged))
}

async fn suggest(desk: &mut Desk<'_>) -> Result<Exit, Failure> {
    let suggestions = desk.ask(command::Suggest).await?;
    if desk.out.is_json() {
        desk.out.json(&suggestions)?;
        return Ok(Exit::Done);
    }
    let head = ["SCORE", "CUSTOMER", "TENANT", "COMPANY", "CONTRACT", "WHY"];
    let mut table =
        Table::new(&head, "Nothing to suggest: every tenant is linked, or has no counterpart.");
    for one in &suggestions {
        table.row([
            number(one.score),
            one.customer_name.as_str().into(),
            whole(one.domain.as_str()),
            one.company.name.as_str().into(),
            one.contract.as_ref().map(|contract| contract.name.clone()).into(),
            why(one).into(),
        ]);
    }
    desk.table(table).await?;
    Ok(Exit::Done)
}

fn why(suggestion: &SuggestionView) -> String {
    let reasons = suggestion.reasons.join(", ");
    let but: Vec<&str> =
        suggestion.caveat.iter().chain(&suggestion.doubt).map(String::as_str).collect();
    if but.is_empty() { reasons } else { format!("{reasons}; but: {}", but.join("; ")) }
}

/// Links, and warns where the names have nothing in common: the wrong company is billed as readily as the right one.
async fn map(desk: &mut Desk<'_>, arguments: MapArguments) -> Result<Exit, Failure> {
    let customers = desk.ask(command::Map { draft: arguments.into() }).await?;
    print_linked(desk, &customers).await?;
    Ok(Exit::Done)
}

/// The same of all that are sure enough, and says which of them were left out.
async fn automap(
    desk: &mut Desk<'_>,
    min_score: u8,
    sync: Option<Switch>,
) -> Result<Exit, Failure> {
    let sync = sync.map(Switch::is_on);
    let accepted = desk.ask(command::AutoMap { min_score, sync }).await?;
    print_linked(desk, &accepted.linked).await?;
    for one in &accepted.skipped {
        desk.out.remark(&format!("{} was skipped: {}", one.customer_name, one.why))?;
    }
    Ok(Exit::Done)
}

async fn print_linked(desk: &mut Desk<'_>, customers: &[CustomerView]) -> Result<(), Failure> {
    print(desk, customers).await?;
    for one in customers {
        let company = one.mapping.as_ref().map_or("", |mapping| &*mapping.company);
        if let Some(doubt) = matching::doubt(&one.customer_name, &one.domain, company) {
            desk.out.remark(&format!("{}: {doubt}", one.domain))?;
        }
    }
    Ok(())
}

/// Asks, and prints the rows concerned.
async fn rows(
    desk: &mut Desk<'_>,
    asked: impl Ask<Answer = Vec<CustomerView>> + Clone,
) -> Result<Exit, Failure> {
    let customers = desk.ask(asked).await?;
    print(desk, &customers).await?;
    Ok(Exit::Done)
}

async fn print(desk: &mut Desk<'_>, customers: &[CustomerView]) -> Result<(), Failure> {
    if desk.out.is_json() {
        return desk.out.json(&customers);
    }
    desk.table(table(customers)).await?;
    for (one, remark) in remarks(customers) {
        desk.out.remark(&format!("{}: {remark}", one.domain))?;
    }
    for (one, missed) in missed(customers) {
        desk.out.remark(&format!("{}: {}", one.domain, became_due(missed)))?;
    }
    if missed(customers).next().is_some() {
        desk.out.remark(
            "The next sync applies what became due while sync was off, oldest first. To leave it out: \
             `prism-connect customers sync TENANT… on --skip-missed --reason TEXT`.",
        )?;
    }
    Ok(())
}

/// Links that are not right yet, although they were saved.
fn remarks(customers: &[CustomerView]) -> impl Iterator<Item = (&CustomerView, &str)> {
    customers.iter().filter_map(|one| Some((one, one.mapping.as_ref()?.remark.as_deref()?)))
}

fn became_due(missed: &Missed) -> String {
    format!("invoice {} became due while sync was off", missed.words())
}

/// What became due while sync was off and is still to be applied.
fn missed(customers: &[CustomerView]) -> impl Iterator<Item = (&CustomerView, &Missed)> {
    let mapped = customers.iter().filter_map(|one| Some((one, one.mapping.as_ref()?)));
    mapped.flat_map(|(one, mapping)| mapping.missed.iter().map(move |missed| (one, missed)))
}

fn table(customers: &[CustomerView]) -> Table {
    let amounts = Amounts::of(customers.iter().map(|one| one.currency.as_ref()));
    let latest = amounts.head("COST");
    let head = ["CUSTOMER", "TENANT", "COMPANY", "CONTRACT", "SYNC", &latest, "INVOICE", "OUTCOME"];
    let mut table = Table::new(&head, "No tenant.");
    for one in customers {
        let mapping = one.mapping.as_ref();
        let new = if one.new { " (new)" } else { "" };
        let gone = if one.listed { "" } else { " (no longer in PRISM)" };
        table.row([
            format!("{}{new}{gone}", one.customer_name).into(),
            whole(one.domain.as_str()),
            mapping.map(|mapping| mapping.company.clone()).into(),
            mapping.map(|mapping| mapping.contract.clone()).into(),
            mapping.map_or("not linked", |mapping| on_off(mapping.sync)).into(),
            amounts.cell(one.latest_amount, one.currency.as_ref()),
            one.invoice.clone().into(),
            one.outcome.into(),
        ]);
    }
    table
}
