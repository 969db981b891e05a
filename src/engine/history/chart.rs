//! The quantity of one service over a month: what the invoice says, and what the contract says now.

use std::sync::Arc;

use rust_decimal::{Decimal, prelude::ToPrimitive};

use crate::{
    domain::{
        Code, Day, RunId, ServiceId, TenantId, Thing, UsageMonth, line,
        mapping::Mapping,
        outcome::Outcome,
        run::{CustomerRow, UsageRow, WriteState},
        target::{PresentService, UnitRow},
        timeline::Timeline,
    },
    engine::{
        context::{Caller, Context},
        history::service_names::ServiceNames,
        protocol::{Refusal, command::Chart},
        refusals::{failed, unknown},
        standing::on_contract,
        tables::{CUSTOMER_ROWS, of_run},
        views::{ChartView, HistoryView},
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
        let text = format!(
            "“{}” is not {}.",
            found.domain,
            context.sides.terms().say("linked to a contract")
        );
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
    let present = on_contract(context, caller, mapping.contract, month.first_day()).await?;
    let changes = super::history(context, &wanted.tenant, None).await?;
    let names = ServiceNames::load(context).await?;
    let frame = ChartFrame { names: &names, customer: &row.customer, mapping, month };
    Ok(Box::new(frame.chart(wanted.service, &usage, Some(&present), &changes)))
}

/// What the charts of one customer have in common.
pub(super) struct ChartFrame<'a> {
    pub(super) names: &'a ServiceNames,
    pub(super) customer: &'a str,
    pub(super) mapping: &'a Mapping,
    pub(super) month: UsageMonth,
}

impl ChartFrame<'_> {
    /// What these lines charge for a service beside what its contract has, and what was written there.
    pub(super) fn chart(
        &self,
        service: ServiceId,
        usage: &[&UsageRow],
        present: Option<&[PresentService]>,
        changes: &[HistoryView],
    ) -> ChartView {
        let row = present.and_then(|all| all.iter().find(|one| one.service == service));
        let written = |change: &&HistoryView| {
            let here = |day: Option<Day>| day.is_some_and(|day| self.month.contains(day));
            let here = here(change.effective) || here(change.over_from());
            let stands =
                matches!(change.result, WriteState::Written | WriteState::SettledAsWritten);
            change.service_id == service && here && stands
        };
        let mut writes: Vec<HistoryView> = changes.iter().filter(written).cloned().collect();
        writes.sort_by_key(|change| (change.effective, change.at));
        let units = || row.map(PresentService::timeline).unwrap_or_default();
        ChartView {
            service: self.names.sold_as(service).cloned().unwrap_or_else(|| self.names.of(service)),
            customer: self.customer.to_owned(),
            contract: self.mapping.contract_name.clone(),
            month: self.month,
            invoice: invoiced(usage),
            fractions: fractions(usage),
            contract_units: present.map(|_| units()),
            rows: row.map(rows).unwrap_or_default(),
            amounts_a_month: row.is_some_and(|row| !row.lines.is_empty()),
            writes,
            planned: Vec::new(),
        }
    }
}

/// Its rows; of lines each with what they bill a month, for a row that nothing follows reaches to the end of its contract.
fn rows(service: &PresentService) -> Vec<UnitRow> {
    let mut rows = service.rows.clone();
    if !service.lines.is_empty() {
        for row in &mut rows {
            row.price = line::monthly(&service.lines, row.start).0;
        }
    }
    rows
}

async fn row(
    context: &Context,
    run: RunId,
    tenant: &TenantId,
) -> Result<Option<CustomerRow>, Refusal> {
    let mut mine: Vec<CustomerRow> = Vec::new();
    let keep = |_, row: CustomerRow| mine.extend((row.tenant_id == *tenant).then_some(row));
    context.store.for_each(CUSTOMER_ROWS, of_run(run), keep).await?;
    Ok(mine.into_iter().max_by_key(|row| row.month))
}

/// Quantities of licences that are no whole numbers; usage is billed in fractions and has none that failed by it.
fn fractions(usage: &[&UsageRow]) -> Vec<Decimal> {
    let failed = usage.iter().filter(|row| row.outcome == Outcome::Failure);
    let quantities = failed.map(|row| row.quantity.normalize());
    quantities.filter(|quantity| !quantity.fract().is_zero()).collect()
}

/// The quantity that the lines add up to, day by day; lines with a fraction do not count.
fn invoiced(usage: &[&UsageRow]) -> Timeline {
    let whole = |row: &&&UsageRow| row.quantity.fract().is_zero();
    Timeline::from_changes(usage.iter().filter(whole).flat_map(|row| {
        let units = row.quantity.to_i64().unwrap_or_default();
        [(row.start, units), (row.end.next(), -units)]
    }))
}
