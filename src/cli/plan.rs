//! `plan`: what a sync would write, with reasons and money.

use std::path::PathBuf;

use clap::ValueEnum;

use super::{
    desk::Desk,
    exit::Exit,
    failure::Failure,
    files::Overwriting,
    output::Output,
    runs,
    table::{Amounts, Table, number},
    words::{count, signed},
};
use crate::domain::Money;
use crate::engine::{
    protocol::{Scope, SyncRequest, command},
    views::{Mark, PlanMoney, PlanView, PlannedView},
};

/// What is planned or synced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Stream {
    /// Price list to services
    Products,
    /// Invoices to contracts
    Customers,
    /// Both
    #[default]
    All,
}

impl From<Stream> for Scope {
    fn from(stream: Stream) -> Self {
        match stream {
            Stream::Products => Self::Products,
            Stream::Customers => Self::Customers,
            Stream::All => Self::All,
        }
    }
}

/// What is planned or synced, and for whom.
#[derive(Debug, clap::Args)]
pub struct PlanScope {
    /// Which stream
    #[arg(value_enum, default_value_t)]
    stream: Stream,
    /// Only this tenant; may be given several times
    #[arg(long, value_name = "TENANT")]
    customer: Vec<String>,
    /// Compare with Autotask again: plan the last applied invoice for what differs since
    #[arg(long)]
    recheck: bool,
    /// Only seats that customers left behind on contracts they are not linked to any more
    #[arg(long, conflicts_with = "recheck")]
    left_behind: bool,
}

impl PlanScope {
    /// What the parser cannot see.
    pub(super) fn check(&self) -> Result<(), Failure> {
        if self.stream == Stream::Products && !self.customer.is_empty() {
            let text = "Products are not planned for single customers: --customer goes with `customers` or `all`.";
            return Err(Failure::typed(text));
        }
        Ok(())
    }
}

impl From<PlanScope> for SyncRequest {
    fn from(about: PlanScope) -> Self {
        let PlanScope { stream, customer, recheck, left_behind } = about;
        Self { scope: stream.into(), tenants: customer, recheck, left_behind, ..Self::default() }
    }
}

/// What to plan.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    about: PlanScope,
    /// Keep the plan in a file, for `sync --plan`
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    overwriting: Overwriting,
    /// End with 2 where the plan has changes
    #[arg(long)]
    detailed_exitcode: bool,
}

impl Arguments {
    pub(super) fn check(&self) -> Result<(), Failure> {
        self.about.check()
    }
}

pub(super) async fn run(arguments: Arguments, desk: &mut Desk<'_>) -> Result<Exit, Failure> {
    let overwriting = arguments.overwriting;
    arguments.out.as_ref().map_or(Ok(()), |path| overwriting.claim(path))?;
    let request = arguments.about.into();
    let plan = desk.ask_showing(command::Plan { request }).await?.found;
    if let Some(path) = &arguments.out {
        overwriting.write(path, &plan.saved)?;
    }
    print(&plan, desk.out)?;
    let changes = arguments.detailed_exitcode && !plan.operations.is_empty();
    Ok(if changes { Exit::Changes } else { Exit::Done })
}

fn print(plan: &PlanView, out: &mut Output) -> Result<(), Failure> {
    if out.is_json() {
        let mut value = serde_json::to_value(plan).map_err(std::io::Error::from)?;
        if let Some(members) = value.as_object_mut() {
            // The plan as a file is for --out.
            members.remove("saved");
        }
        return out.json(&value);
    }
    out.table(&table(plan))?;
    for refused in &plan.refused {
        let who = refused.customer.as_ref().map(|name| format!("{name}: ")).unwrap_or_default();
        let on = refused.contract.as_ref().filter(|contract| **contract != refused.target);
        let on = on.map(|contract| format!(" on {contract}")).unwrap_or_default();
        out.line(format!("blocked  {who}{}{on}: {}", refused.target, refused.finding.text))?;
        out.line(format!("         {}", refused.finding.advice))?;
    }
    for finding in &plan.findings {
        out.line(format!("note     {} {}", finding.text, finding.advice))?;
    }
    runs::ledgers(&plan.ledgers, out)?;
    let (writes, right) = (plan.operations.len() as u64, plan.unchanged);
    let all = std::iter::once(&plan.money).chain(&plan.other_money);
    let all: Vec<String> = all.map(monthly).collect();
    let time = plan.takes(plan.requests).zip(plan.hourly_requests);
    let time =
        time.map_or_else(String::new, |(time, hourly)| format!(", {time} at {hourly} an hour"));
    out.line(format!(
        "{}, {right} already correct, {} blocked; about {}{time}. Monthly price {}.",
        count(writes, "change"),
        plan.refused.len(),
        count(plan.requests, "request"),
        all.join(", "),
    ))
}

fn monthly(money: &PlanMoney) -> String {
    let after = money.monthly_after.in_currency(money.currency.as_ref());
    format!("{} → {after}", money.monthly_before)
}

fn table(plan: &PlanView) -> Table {
    let amounts = Amounts::of(plan.operations.iter().map(|one| one.currency.as_ref()));
    let [price, cost, effect] = ["PRICE", "COST", "EFFECT"].map(|title| amounts.head(title));
    let head = ["CHANGE", "CUSTOMER", "TARGET", "FROM", "UNITS", &price, &cost, &effect, "WHY"];
    let mut table = Table::new(&head, "Nothing to change.");
    for one in &plan.operations {
        let currency = one.currency.as_ref();
        let amount = |amount: Option<Money>| match amount {
            Some(amount) => amounts.cell(amount, currency),
            None => number("–"),
        };
        table.row([
            one.kind.as_str().into(),
            one.customer.clone().into(),
            one.target.as_str().into(),
            one.effective.map(|day| day.to_string()).into(),
            number(units(one)),
            amount(one.unit_price),
            amount(one.unit_cost),
            amounts.cell(signed(one.monthly_effect), currency),
            why(one).into(),
        ]);
    }
    table
}

fn units(planned: &PlannedView) -> String {
    match planned.quantity {
        Some((before, after)) => format!("{before} → {after}"),
        None if planned.units == 0 => "–".to_owned(),
        None => format!("{:+}", planned.units),
    }
}

fn why(planned: &PlannedView) -> String {
    let mark = match planned.mark {
        Some(Mark::DropToZero) => "DROPS TO 0: ",
        Some(Mark::Doubling) => "DOUBLES: ",
        None => "",
    };
    let held = planned.guard.as_ref();
    let mark =
        held.map_or_else(|| mark.to_owned(), |held| format!("CHECK THIS: {mark}{} ", held.text));
    let warnings: Vec<_> = planned.warnings.iter().map(|one| one.text.as_str()).collect();
    match warnings.as_slice() {
        [] => format!("{mark}{}", planned.reason),
        warnings => format!("{mark}{} ({})", planned.reason, warnings.join("; ")),
    }
}
