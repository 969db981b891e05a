//! The page of one customer: what is stored of it, in one answer; what its contract says now only where that is asked for.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use crate::{
    domain::{
        RunId, TenantId, UsageMonth,
        outcome::Outcome,
        run::{RunHeader, RunKind, UsageRow},
        target::PresentService,
    },
    engine::{
        context::{Caller, Context},
        customers,
        history::{
            bill::{self, BilledMonth, RunRow},
            chart::ChartFrame,
            history, retries,
            service_names::ServiceNames,
        },
        protocol::{Refusal, command::CustomerPage},
        standing::on_contract,
        sync::outcome::rows::newest_of,
        tables::{
            CURSORS, CUSTOMER_ROWS, HEADERS, HELD, of_connection, of_customer_in_run, of_tenant,
        },
        views::{CustomerPageView, HistoryView, OpenView, ServiceChart, SubscriptionBill},
    },
    planning::invoices::is_void,
};

/// Rows of a customer are looked for among so many of the newest runs.
const RUNS_LOOKED_AT: usize = 2000;

/// And of each invoice in so many of the runs that came to it.
const RUNS_OF_AN_INVOICE: usize = 60;

/// Puts the page together.
pub(crate) async fn page(
    context: &Arc<Context>,
    caller: &Caller,
    asked: &CustomerPage,
) -> Result<Box<CustomerPageView>, Refusal> {
    let book = context.kept_book().await?;
    let tenant = book.find(&asked.tenant)?.tenant;
    let customer = customers::one(context, &tenant).await?;
    let open = open(context, &tenant).await?;
    let [this, last] = months(context, &tenant, &open).await?;
    let subscriptions =
        this.as_ref().map(|this| bill::subscriptions(this, last.as_ref())).unwrap_or_default();
    let changes = history(context, &asked.tenant, None).await?;
    let (this, last) = (this.map(|one| one.view()), last.map(|one| one.view()));
    let mapping = book.mappings.get(&tenant);
    let mut charts = Vec::new();
    if let (Some(this), Some(mapping)) = (&this, mapping) {
        let services = if asked.contract {
            Some(on_contract(context, caller, mapping.contract, this.month.first_day()).await?)
        } else {
            None
        };
        let month = this.month;
        let names = ServiceNames::load(context).await?;
        let frame = ChartFrame { names: &names, customer: &customer.customer_name, mapping, month };
        charts = of_services(&frame, &subscriptions, services.as_deref(), &changes);
    }
    Ok(Box::new(CustomerPageView { customer, open, this, last, subscriptions, charts, changes }))
}

fn of_services(
    frame: &ChartFrame<'_>,
    subscriptions: &[SubscriptionBill],
    present: Option<&[PresentService]>,
    changes: &[HistoryView],
) -> Vec<ServiceChart> {
    let mut services: BTreeMap<_, Vec<&UsageRow>> = BTreeMap::new();
    for one in subscriptions {
        if let Some(service) = one.service {
            services.entry(service).or_default().extend(&one.usage);
        }
    }
    let charts = services.into_iter().map(|(service, usage)| {
        let chart = frame.chart(service, &usage, present, changes);
        ServiceChart { service, chart }
    });
    charts.collect()
}

/// What is wrong with it now, worst first.
async fn open(context: &Context, tenant: &TenantId) -> Result<Vec<OpenView>, Refusal> {
    let listed = retries::of_customer(context, tenant).await?;
    let mut open: Vec<OpenView> = listed
        .into_iter()
        .map(|listed| {
            let view = listed.view;
            let whole = view.service.is_empty();
            OpenView {
                what: if whole { format!("Invoice {}", view.invoice) } else { view.service },
                invoice: view.invoice,
                month: view.month,
                amount: view.amount,
                currency: view.currency,
                outcome: listed.outcome,
                finding: view.finding,
            }
        })
        .collect();
    for (_, held) in context.store.scan(HELD, of_connection(&context.sides.target)).await? {
        if held.customers.iter().any(|(whose, _)| whose == tenant) {
            open.push(OpenView {
                what: format!("Invoice {}", held.invoice_number),
                invoice: held.invoice_number,
                month: held.month,
                amount: held.amount,
                currency: None,
                outcome: Outcome::Failure,
                finding: held.finding,
            });
        }
    }
    open.sort_by_key(|one| std::cmp::Reverse((one.outcome, one.month)));
    Ok(open)
}

/// The newest two months of which runs have rows, the newer first.
async fn months(
    context: &Context,
    tenant: &TenantId,
    open: &[OpenView],
) -> Result<[Option<BilledMonth>; 2], Refusal> {
    let target = &context.sides.target;
    let applied = context.store.scan(CURSORS, of_tenant(target, tenant)).await?;
    let applied = applied.into_iter().map(|(_, one)| (one.month, one.invoice_number));
    let waiting = open.iter().map(|one| (one.month, one.invoice.clone()));
    let headers = context.store.scan(HEADERS, of_connection(target)).await?;
    let void = headers.into_iter().map(|(_, known)| known.header).filter(is_void);
    let void: BTreeSet<String> = void.map(|header| header.number).collect();
    let mut invoices: BTreeMap<UsageMonth, BTreeSet<String>> = BTreeMap::new();
    for (month, number) in applied.chain(waiting).filter(|(_, number)| !void.contains(number)) {
        invoices.entry(month).or_default().insert(number);
    }
    let mut runs = newest_of(&context.store, target, RUNS_LOOKED_AT).await?;
    runs.retain(|run| run.kind == RunKind::Customers);
    let mut found = [None, None];
    let mut free = found.iter_mut();
    for (month, numbers) in invoices.into_iter().rev() {
        let mut rows = Vec::new();
        for number in &numbers {
            rows.extend(rows_of(context, tenant, month, number, &runs).await?);
        }
        let Some(billed) = BilledMonth::of(month, rows) else { continue };
        let Some(place) = free.next() else { break };
        *place = Some(billed);
    }
    Ok(found)
}

async fn rows_of(
    context: &Context,
    tenant: &TenantId,
    month: UsageMonth,
    number: &str,
    runs: &[RunHeader],
) -> Result<Vec<RunRow>, Refusal> {
    let came = runs.iter().filter(|run| run.invoices.iter().any(|one| one == number));
    let came: Vec<RunId> = came.take(RUNS_OF_AN_INVOICE).map(|run| run.id).collect();
    let mut rows = Vec::new();
    for run in came {
        let place = of_customer_in_run(run, Some(month), number, tenant);
        let row = context.store.get(CUSTOMER_ROWS, place).await?;
        rows.extend(row.map(|row| RunRow { run, row }));
    }
    Ok(rows)
}
