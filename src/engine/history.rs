//! What happened: runs with their rows, and every change on a customer's contract.

use std::collections::{BTreeMap, BTreeSet};

use std::sync::Arc;

use crate::{
    domain::{
        Code, ContractId, Day, LineId, Money, RunId, ServiceId, Thing, line,
        operation::Operation,
        run::{RunHeader, RunReport},
    },
    engine::{
        context::Caller,
        context::Context,
        customers::book::Book,
        family::Family,
        protocol::{
            About, Ask, Refusal, Reply,
            command::{
                Chart, CustomerPage, DismissRetry, History, HistoryCommand, RestoreRetry, Retries,
                Run, RunSoFar, Runs,
            },
        },
        refusals::failed,
        sync::{outcome::rows, snapshot::currencies::Currencies, writing::journal::Entry},
        tables::{CLOSINGS, CONTRACTS, CURSORS, JOURNAL, RUNS, of_contract, of_run, of_tenant},
        views::HistoryView,
    },
};

pub(crate) mod bill;
pub(crate) mod chart;
pub(crate) mod customer_page;
pub(crate) mod restored_retry;
pub(crate) mod retries;
pub(crate) mod service_names;
mod sharers;
pub(crate) mod unfinished;

use service_names::ServiceNames;
use sharers::Sharers;

impl Family for HistoryCommand {
    async fn carry_out(self, context: &Arc<Context>, caller: &Caller) -> Reply {
        match self {
            Self::Runs(Runs { limit }) => runs(context, limit).await.map(Runs::put),
            Self::Run(Run { id }) => run(context, id).await.map(Run::put),
            Self::RunSoFar(_) => Ok(RunSoFar::put(context.run_so_far().map(Box::new))),
            Self::History(asked) => history(context, &asked.tenant, asked.service.clone())
                .await
                .map(|found| History::put(About { asked, found })),
            Self::Chart(asked) => chart::chart(context, caller, &asked)
                .await
                .map(|found| Chart::put(About { asked, found })),
            Self::CustomerPage(asked) => customer_page::page(context, caller, &asked)
                .await
                .map(|found| CustomerPage::put(About { asked, found })),
            Self::Retries(_) => retries::views(context).await.map(Retries::put),
            Self::DismissRetry(asked) => {
                retries::dismiss(context, caller, asked).await.map(DismissRetry::put)
            }
            Self::RestoreRetry(asked) => {
                restored_retry::restore(context, caller, asked).await.map(RestoreRetry::put)
            }
        }
    }
}

/// At most so many runs are listed.
const MOST_RUNS: usize = 10_000;

/// History of the target, newest first.
pub(super) async fn runs(context: &Context, limit: usize) -> Result<Vec<RunHeader>, Refusal> {
    Ok(rows::last_of(&context.store, &context.sides.target, limit.min(MOST_RUNS)).await?)
}

/// One run with all its rows; the newest where none is named.
pub(super) async fn run(context: &Context, id: Option<RunId>) -> Result<Box<RunReport>, Refusal> {
    let newest = rows::last_of(&context.store, &context.sides.target, 1).await?;
    let newest = newest.first().map(|header| header.id);
    let Some(wanted) = id.or(newest) else {
        let advice = "`prism-connect sync` makes the first one.";
        return Err(failed(Code::NoRuns, "There are no runs yet.", advice));
    };
    let report = rows::report(&context.store, wanted).await?;
    let report = report.ok_or_else(|| {
        let advice = match newest {
            Some(newest) => format!("The newest is {newest}; `prism-connect runs list` shows all."),
            None => "There are no runs yet.".to_owned(),
        };
        failed(Code::UnknownName(Thing::Run), format!("There is no run {wanted}."), advice)
    })?;
    Ok(Box::new(report))
}

/// Every change on a tenant's contracts across runs, newest first.
pub(super) async fn history(
    context: &Context,
    typed: &str,
    service: Option<String>,
) -> Result<Vec<HistoryView>, Refusal> {
    let book = context.load_book().await?;
    let found = book.find(typed)?;
    let mut contracts: BTreeSet<ContractId> =
        book.mappings.get(&found.tenant).map(|mapping| mapping.contract).into_iter().collect();
    let applied =
        context.store.scan(CURSORS, of_tenant(&context.sides.target, &found.tenant)).await?;
    contracts.extend(applied.into_iter().map(|(_, applied)| applied.contract));
    let names = ServiceNames::load(context).await?;
    let currencies = Currencies::read(&context.store, &context.sides.target).await?;
    let mut teller = Teller { context, names: &names, currencies, actors: BTreeMap::new() };
    let mut changes = Vec::new();
    for contract in contracts {
        let contract_name = contract_name(context, &book, contract).await?;
        let billed = billed_as(context, contract).await?;
        let entries =
            context.store.scan(JOURNAL, of_contract(&context.sides.target, contract)).await?;
        let mut sharers = Sharers::of(context, &book, &found.tenant, contract);
        for (_, entry) in entries {
            let mut change = teller.tell(&entry, &contract_name, &billed).await?;
            change.others = sharers.whose(&entry, change.service_id).await?;
            changes.push(change);
        }
    }
    if let Some(wanted) = service {
        changes.retain(|change| names.matches(change.service_id, &wanted));
    }
    changes.sort_by_key(|one| std::cmp::Reverse((one.at, one.run, one.effective)));
    Ok(changes)
}

async fn contract_name(
    context: &Context,
    book: &Book,
    contract: ContractId,
) -> Result<String, Refusal> {
    let mapped = book.mappings.values().find(|mapping| mapping.contract == contract);
    if let Some(mapping) = mapped {
        return Ok(mapping.contract_name.clone());
    }
    let seen = context.store.get(CONTRACTS, of_contract(&context.sides.target, contract)).await?;
    Ok(seen.map_or_else(
        || format!("{} {contract}", context.sides.terms().say("contract")),
        |contract| contract.name,
    ))
}

/// What the invoices call what each service of a contract bills, by the newest month applied.
async fn billed_as(
    context: &Context,
    contract: ContractId,
) -> Result<BTreeMap<ServiceId, String>, Refusal> {
    let closings =
        context.store.scan(CLOSINGS, of_contract(&context.sides.target, contract)).await?;
    let mut closings: Vec<_> = closings.into_iter().map(|(_, closing)| closing).collect();
    closings.sort_by_key(|closing| closing.month);
    Ok(closings.into_iter().map(|closing| (closing.service, closing.name)).collect())
}

struct Teller<'a> {
    context: &'a Context,
    names: &'a ServiceNames,
    currencies: Currencies,
    actors: BTreeMap<RunId, String>,
}

impl Teller<'_> {
    async fn tell(
        &mut self,
        entry: &Entry,
        contract: &str,
        billed: &BTreeMap<ServiceId, String>,
    ) -> Result<HistoryView, Refusal> {
        let service = entry.service.or(match entry.operation {
            Operation::CreateContractService { service, .. }
            | Operation::AdjustUnits { service, .. }
            | Operation::AddLine { service, .. }
            | Operation::EndLine { service, .. }
            | Operation::AmendLine { service, .. } => Some(service),
            Operation::CreateService { .. } | Operation::UpdateService { .. } => None,
        });
        let service_id = service.unwrap_or(crate::engine::tables::NO_SERVICE);
        let change = ChangeFigures::of(entry);
        Ok(HistoryView {
            at: entry.at,
            run: entry.run,
            actor: self.actor(entry.run).await?,
            invoice: entry.invoice_number.clone(),
            contract: contract.to_owned(),
            service: self.names.of(service_id),
            product: billed.get(&service_id).or_else(|| self.names.sold_as(service_id)).cloned(),
            service_id,
            contract_service: entry.contract_service,
            effective: change.effective,
            until: entry.operation.until(),
            units: change.units,
            unit_price: change.price,
            unit_cost: change.cost,
            price_before: change.price.and(change.price_before),
            cost_before: change.cost.and(change.cost_before),
            monthly_effect: change.monthly_effect,
            currency: entry.invoice.as_ref().and_then(|id| self.currencies.of(id)),
            result: entry.row().result,
            others: Vec::new(),
        })
    }

    async fn actor(&mut self, run: RunId) -> Result<String, Refusal> {
        if let Some(actor) = self.actors.get(&run) {
            return Ok(actor.clone());
        }
        let header = self.context.store.get(RUNS, of_run(run)).await?;
        let actor = header.map(|header| header.actor).unwrap_or_default();
        self.actors.insert(run, actor.clone());
        Ok(actor)
    }
}

struct ChangeFigures {
    effective: Option<Day>,
    units: (i64, i64),
    price: Option<Money>,
    cost: Option<Money>,
    price_before: Option<Money>,
    cost_before: Option<Money>,
    monthly_effect: Money,
}

impl ChangeFigures {
    fn of(entry: &Entry) -> Self {
        let none = Self {
            effective: None,
            units: (0, 0),
            price: None,
            cost: None,
            price_before: entry.before.price,
            cost_before: entry.before.cost,
            monthly_effect: Money::ZERO,
        };
        let (unit_price, unit_cost) = entry.operation.prices();
        // A new line names its price, whether or not that is another one.
        let is_line = matches!(entry.operation, Operation::AddLine { .. });
        let tells = |was: Option<Money>, is: Money| !is_line || was != Some(is);
        match (&entry.operation, entry.operation.effective()) {
            (_, Some(effective)) => {
                let before = entry.before.units.on(effective);
                let on_its_day =
                    entry.operation.changes().into_iter().filter(|(day, _)| *day <= effective);
                let after = before.saturating_add(on_its_day.map(|(_, units)| units).sum());
                let was = entry.before.price.or(unit_price).unwrap_or_default();
                let is = unit_price.or(entry.before.price).unwrap_or_default();
                let by_units = || is.times(after) - was.times(before);
                Self {
                    effective: Some(effective),
                    units: (before, after),
                    price: unit_price.filter(|price| tells(entry.before.price, *price)),
                    cost: unit_cost.filter(|cost| tells(entry.before.cost, *cost)),
                    monthly_effect: effect_on_lines(entry, effective).unwrap_or_else(by_units),
                    ..none
                }
            }
            (Operation::CreateContractService { .. }, None) => {
                Self { price: unit_price, cost: unit_cost, ..none }
            }
            (_, None) => none,
        }
    }
}

/// By how much a write to a line changes the monthly price of its service's lines from its day on; none where it is to none.
fn effect_on_lines(entry: &Entry, day: Day) -> Option<Money> {
    let changed = line::changed_by(&entry.operation);
    let known = |id| entry.before.lines.iter().any(|line| line.id == id);
    let is_new = matches!(entry.operation, Operation::AddLine { .. });
    if !is_new && !changed.is_some_and(known) {
        return None;
    }
    let mut lines = entry.before.lines.clone();
    let (before, _) = line::monthly(&lines, day);
    line::carry_out(&mut lines, &entry.operation, LineId(0));
    Some(line::monthly(&lines, day).0 - before)
}
