//! Walks the rows of an entity in ascending id. Unit rows are computed on the way and only for the
//! services on contracts the filter can mean, so a bulk query costs what it reads, not the world.

use std::collections::BTreeSet;
use std::ops::{Bound, ControlFlow};

use chrono::{Datelike, Months, NaiveDate};

use super::cell::Cell;
use super::entities::UNITS;
use super::filter::Condition;
use super::schema::{Entity, Origin, Row};
use super::steps::Span;
use super::tenant::Tenant;
use crate::assumptions::{RowAmounts, RowEnd, RowsAhead, ZeroRows};

/// Unit ids of one contract service lie in one block of this size.
const BLOCK: i64 = 10_000_000;
/// A row opened by an adjustment is younger than the rows of the periods, so its id is higher.
const OPENED_LATER: i64 = 5_000_000;

/// Takes a row and says whether to go on.
pub(super) type Visit<'a> = &'a mut dyn FnMut(&Row) -> ControlFlow<()>;

impl Tenant {
    /// Visits the rows with an id above `after` that the condition holds for.
    pub(super) fn scan(
        &self,
        entity: &Entity,
        condition: &Condition,
        after: i64,
        visit: Visit<'_>,
    ) {
        let mut take =
            |row: &Row| if condition.holds(row) { visit(row) } else { ControlFlow::Continue(()) };
        match entity.origin {
            Origin::Units => self.scan_units(condition, after, &mut take),
            Origin::ContractServices if candidates_known(entity, condition) => {
                self.scan_contract_services(entity, condition, after, &mut take);
            }
            _ => {
                let Some(table) = self.tables.get(entity.name) else { return };
                let above = (Bound::Excluded(after), Bound::Unbounded);
                let _ = table.rows.range(above).try_for_each(|(_, row)| take(row));
            }
        }
    }

    fn scan_contract_services(
        &self,
        entity: &Entity,
        condition: &Condition,
        after: i64,
        take: Visit<'_>,
    ) {
        let Some(table) = self.tables.get(entity.name) else { return };
        let wanted = self.candidates(entity, condition, "id").unwrap_or_default();
        let rows = wanted.range(after.saturating_add(1)..).filter_map(|id| table.rows.get(id));
        for row in rows {
            if take(row).is_break() {
                return;
            }
        }
    }

    fn scan_units(&self, condition: &Condition, after: i64, take: Visit<'_>) {
        let from = after.max(0) / BLOCK;
        let mut ids: Box<dyn Iterator<Item = i64>> =
            match self.candidates(&UNITS, condition, "contractServiceID") {
                Some(wanted) => Box::new(wanted.into_iter().filter(move |id| *id >= from)),
                None => Box::new(self.on_contracts.range(from..).map(|(id, _)| *id)),
            };
        let _ = ids.try_for_each(|id| {
            let rows = self.unit_rows(id);
            rows.iter().filter(|row| row.id() > after).try_for_each(&mut *take)
        });
    }

    /// The services on contracts a filter can mean; `None` where it says nothing of them.
    fn candidates(
        &self,
        entity: &Entity,
        condition: &Condition,
        own: &str,
    ) -> Option<BTreeSet<i64>> {
        let only = |name| entity.position(name).and_then(|at| condition.only(at));
        let contracts = only("contractID").map(|contracts| {
            let on = |contract| self.by_contract.get(contract).into_iter().flatten().copied();
            contracts.iter().flat_map(on).collect::<BTreeSet<_>>()
        });
        match (only(own), contracts) {
            (Some(own), Some(contracts)) => Some(own.intersection(&contracts).copied().collect()),
            (own, contracts) => own.or(contracts),
        }
    }

    /// The unit rows of one contract service in ascending id: those that Autotask has written so far and keeps.
    pub(super) fn unit_rows(&self, id: i64) -> Vec<Row> {
        let (assumed, spans) = (self.assumed(), self.spans_of(id));
        let horizon = match assumed.rows_ahead {
            RowsAhead::All => NaiveDate::MAX,
            RowsAhead::Months(months) => {
                self.today.checked_add_months(Months::new(months)).unwrap_or(NaiveDate::MAX)
            }
        };
        let shown = |span: &Span| {
            span.period <= horizon && (span.units != 0 || assumed.zero_rows != ZeroRows::Drop)
        };
        let row = |(at, span): (usize, &Span)| {
            let cut = spans.get(at + 1).filter(|next| !next.opens_period).map(|next| next.start);
            let end = cut.filter(|_| assumed.row_end == RowEnd::OnEffectiveDate);
            shown(span).then(|| self.unit_row(id, span, end.unwrap_or(span.end)))
        };
        let mut rows: Vec<_> = spans.iter().enumerate().filter_map(row).collect();
        rows.sort_by_key(Row::id);
        rows
    }

    pub(super) fn unit_with_id(&self, id: i64) -> Option<Row> {
        self.unit_rows(id / BLOCK).into_iter().find(|row| row.id() == id)
    }

    fn unit_row(&self, id: i64, span: &Span, end: NaiveDate) -> Row {
        let on = &self.on_contracts[&id];
        let posted = on.posted.get(&span.start).map_or(Cell::Null, |p| Cell::Moment(p.at));
        let later = if span.opens_period { 0 } else { OPENED_LATER };
        let day = i64::from(span.start.num_days_from_ce());
        let (price, cost) = match self.assumed().row_amounts {
            RowAmounts::Prorated => (span.price, span.cost),
            RowAmounts::Whole => span.whole,
        };
        let price = Cell::Amount(price);
        Row::new(&UNITS, id * BLOCK + later + day)
            .with(&UNITS, "contractID", Cell::Whole(on.contract))
            .with(&UNITS, "serviceID", Cell::Whole(on.service))
            .with(&UNITS, "contractServiceID", Cell::Whole(id))
            .with(&UNITS, "startDate", Cell::day(span.start))
            .with(&UNITS, "endDate", Cell::day(end))
            .with(&UNITS, "units", Cell::Whole(span.units))
            .with(&UNITS, "price", price.clone())
            .with(&UNITS, "internalCurrencyPrice", price)
            .with(&UNITS, "cost", Cell::Amount(cost))
            .with(&UNITS, "approveAndPostDate", posted)
    }
}

fn candidates_known(entity: &Entity, condition: &Condition) -> bool {
    let only = |name| entity.position(name).and_then(|at| condition.only(at));
    only("id").or_else(|| only("contractID")).is_some()
}
