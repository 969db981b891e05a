//! The quantity of one service over a month: what the invoice says, and what the contract says now.

use std::sync::Arc;

use rust_decimal::prelude::ToPrimitive;

use crate::{
    domain::{
        Code, Day, RunId, ServiceId, TenantId, Thing, UsageMonth,
        mapping::Mapping,
        run::{CustomerRow, UsageRow},
        target::PresentService,
        timeline::Timeline,
    },
    engine::{
        connections::heard::heard,
        context::{Caller, Context},
        protocol::{Refusal, command::Chart},
        refusals::{failed, unknown},
        sync::{snapshot::standing::filled, writing::journal::Entry},
        tables::{CUSTOMER_ROWS, JOURNAL, of_contract, of_run},
        views::ChartView,
    },
};

/// Reads the target, and lays it beside the run's invoice lines.
pub(crate) async fn chart(
    context: &Arc<Context>,
    caller: &Caller,
    wanted: &Chart,
) -> Result<Box<ChartView>, Refusal> {
    let book = context.load_book().await?;
    let found = book.find(&wanted.tenant)?;
    let Some(mapping) = book.mappings.get(&found.tenant) else {
        let text = format!("“{}” is not linked to a contract.", found.domain);
        return Err(failed(
            Code::NotMapped,
            text,
            "Link it first; then there is something to compare.",
        ));
    };
    let row = row(context, wanted.run, &found.tenant).await?;
    let Some((row, month)) = row.and_then(|row| row.month.map(|month| (row, month))) else {
        let text = format!("Run {} has no rows of “{}”.", wanted.run, found.domain);
        return Err(failed(Code::NoRows, text, "`prism-connect runs show` lists whom it reached."));
    };
    let usage: Vec<&UsageRow> = row
        .subscriptions
        .iter()
        .filter(|one| one.service_id == Some(wanted.service))
        .flat_map(|one| &one.usage)
        .collect();
    if usage.is_empty() {
        let ids = row.subscriptions.iter().filter_map(|one| one.service_id);
        let ids: Vec<String> = ids.map(|id| id.to_string()).collect();
        let advice = "It must be one that this run billed to this customer.";
        let names = ids.iter().map(String::as_str);
        return Err(unknown(Thing::Service, &wanted.service.to_string(), names, advice));
    }
    let present = present(context, caller, mapping, wanted.service, month).await?;
    let chart = ChartView {
        service: super::service_names::ServiceNames::load(context).await?.of(wanted.service),
        customer: row.customer.clone(),
        contract: mapping.contract_name.clone(),
        month,
        invoice: invoiced(&usage),
        contract_units: present.as_ref().map(PresentService::timeline).unwrap_or_default(),
        rows: present.map(|one| one.rows).unwrap_or_default(),
        explanations: explanations(context, mapping, wanted.service, month).await?,
    };
    Ok(Box::new(chart))
}

async fn row(
    context: &Context,
    run: RunId,
    tenant: &TenantId,
) -> Result<Option<CustomerRow>, Refusal> {
    let rows = context.store.scan(CUSTOMER_ROWS, of_run(run)).await?;
    let mine = rows.into_iter().map(|(_, row)| row).filter(|row| row.tenant_id == *tenant);
    Ok(mine.max_by_key(|row| row.month))
}

async fn present(
    context: &Arc<Context>,
    caller: &Caller,
    mapping: &Mapping,
    service: ServiceId,
    month: UsageMonth,
) -> Result<Option<PresentService>, Refusal> {
    let (name, client) = context.target(caller).await?;
    let read = client.present(&[mapping.contract], month.first_day()).await;
    let read = heard(context, &name, read).await?;
    let contracts = filled(&context.store, &name, client.rules(), read).await?;
    let mut services = contracts.into_iter().flat_map(|contract| contract.services);
    Ok(services.find(|one| one.service == service))
}

/// The quantity that the lines add up to, day by day; lines with a fraction do not count.
fn invoiced(usage: &[&UsageRow]) -> Timeline {
    let whole = |row: &&&UsageRow| row.quantity.fract().is_zero();
    Timeline::from_changes(usage.iter().filter(whole).flat_map(|row| {
        let units = row.quantity.to_i64().unwrap_or_default();
        [(row.start, units), (row.end.next(), -units)]
    }))
}

async fn explanations(
    context: &Context,
    mapping: &Mapping,
    service: ServiceId,
    month: UsageMonth,
) -> Result<Vec<(Day, String)>, Refusal> {
    let entries =
        context.store.scan(JOURNAL, of_contract(&context.sides.target, mapping.contract)).await?;
    let mine = entries.into_iter().map(|(_, entry)| entry).filter(|entry| {
        entry.service == Some(service) && entry.month == Some(month) && entry.stands()
    });
    let mut told: Vec<(Day, String)> = mine.filter_map(|entry| explained(&entry)).collect();
    told.sort();
    Ok(told)
}

fn explained(entry: &Entry) -> Option<(Day, String)> {
    let (day, units) = entry.change()?;
    let row = entry.row();
    let price = row.unit_price.map(|price| format!(", price {price}")).unwrap_or_default();
    Some((day, format!("{units:+}{price}: invoice {}, run {}", entry.invoice_number, entry.run)))
}
