//! `plan`: what a sync would write, with reasons and money.

use std::{collections::BTreeSet, path::PathBuf};

use clap::ValueEnum;

use super::{
    desk::Desk,
    exit::Exit,
    failure::Failure,
    files::Overwriting,
    output::Output,
    runs,
    table::{Amounts, Table, number},
    words::count,
};
use crate::domain::{operation::OperationKind, text::thousands};
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
    /// Compare with the PSA again: plan the last applied invoice for what differs since
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
        overwriting.write(path, &plan.saved.text())?;
    }
    print(&plan, desk.out)?;
    let changes = arguments.detailed_exitcode && !plan.operations.is_empty();
    Ok(if changes { Exit::Changes } else { Exit::Done })
}

pub(super) fn print(plan: &PlanView, out: &mut Output) -> Result<(), Failure> {
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
        let with = refused.invoice.as_ref().map(|number| format!(", {number}")).unwrap_or_default();
        let what = &refused.target;
        out.line(format!("blocked  {who}{what}{on}{with}: {}", refused.finding.text))?;
        out.line(format!("         {}", refused.finding.advice))?;
    }
    for finding in &plan.findings {
        out.line(format!("note     {} {}", finding.text, finding.advice))?;
    }
    for off in &plan.switched_off {
        let amount = off.amount.in_currency(off.currency.as_ref());
        let (customer, invoice) = (&off.customer, &off.invoice);
        out.line(format!("off      {customer}: {amount} of {invoice} not synced, switched off"))?;
    }
    runs::ledgers(&plan.ledgers, out)?;
    let (writes, right) = (plan.operations.len() as u64, plan.unchanged);
    let all = std::iter::once(&plan.money).chain(&plan.other_money);
    let all: Vec<String> = all.map(monthly).collect();
    let time = plan.takes(plan.requests).zip(plan.hourly_requests);
    let time = time.map_or_else(String::new, |(time, hourly)| {
        format!(", {time} at {} an hour", thousands(hourly))
    });
    let right = thousands(right);
    out.line(format!(
        "{}, {right} already correct, {} blocked; about {}{time}. {} {}.",
        count(writes, "change"),
        plan.refused.len(),
        count(plan.requests, "request"),
        plan.terms().say("Monthly price of the services planned"),
        all.join(", "),
    ))
}

fn monthly(money: &PlanMoney) -> String {
    let [before, after] = [money.monthly_before, money.monthly_after].map(|sum| sum.rounded(2));
    format!("{} → {}", before.separated(), after.in_currency(money.currency.as_ref()))
}

fn table(plan: &PlanView) -> Table {
    let amounts = Amounts::of(plan.operations.currencies());
    let [price, cost, effect] = ["PRICE", "COST", "EFFECT"].map(|title| amounts.head(title));
    let head =
        ["CHANGE", "CUSTOMER", "TARGET", "FROM", "TO", "UNITS", &price, &cost, &effect, "WHY"];
    let mut table = Table::new(&head, "Nothing to change.").without_empty("TO");
    let made = plan.operations.made_for_seats(&(0..plan.operations.len()));
    let rows = made.iter().filter_map(|at| plan.operations.get(*at));
    let rows: BTreeSet<_> = rows.map(|one| (one.target, one.tenants)).collect();
    for (at, one) in plan.operations.iter().enumerate() {
        if made.contains(&at) {
            continue;
        }
        let first = one.quantity.is_none_or(|(before, _)| before == 0);
        let is_new = one.kind == OperationKind::AdjustUnits
            && first
            && rows.contains(&(one.target.clone(), one.tenants.clone()));
        let currency = one.currency.as_ref();
        table.row([
            one.kind.words().into(),
            one.customer.as_deref().map(str::to_owned).into(),
            one.target.as_str().into(),
            one.effective.map(|day| day.to_string()).into(),
            one.until().map(|day| day.to_string()).into(),
            number(units(&one)),
            amounts.replaced(one.price_before, one.unit_price, currency),
            amounts.replaced(one.cost_before, one.unit_cost, currency),
            amounts.moved(one.monthly_effect, currency),
            if is_new {
                format!("{}; {}", plan.terms().say("new on the contract"), why(&one)).into()
            } else {
                why(&one).into()
            },
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
