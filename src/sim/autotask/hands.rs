//! What people do in Autotask's own screens, and what they see there: manual edits, closing contracts,
//! posting, timelines and bills. Only the control endpoint calls these.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, NaiveDate};
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::{Value, json};

use super::cell::{Cell, number_json};
use super::entities::{
    BILLING_CODES, BILLING_ITEMS, COMPANIES, CONTRACT_SERVICES, CONTRACTS, SERVICES, named,
};
use super::schema::{Entity, Row};
use super::steps::{Change, Level, Span};
use super::tenant::{Posted, Tenant};
use super::waiting::{ServiceAddition, Waiting};

/// Why a manual act is not possible.
#[derive(Debug)]
pub(crate) enum HandRefusal {
    /// No such row.
    Unknown(String),
    /// Not so.
    Invalid(String),
}

/// What someone changes on a contract.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ContractEdit {
    status: Option<i64>,
    #[serde(rename = "endDate")]
    end: Option<NaiveDate>,
}

/// What someone changes on a company.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CompanyEdit {
    #[serde(rename = "isActive")]
    active: bool,
}

/// What someone changes on a service or a billing code.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ServiceEdit {
    #[serde(rename = "isActive")]
    active: Option<bool>,
    #[serde(default)]
    deleted: bool,
}

type Done<T> = Result<T, HandRefusal>;

fn unknown(entity: &Entity, id: i64) -> HandRefusal {
    HandRefusal::Unknown(format!("{} {id} is not there", entity.singular))
}

impl Tenant {
    fn row_by_hand(&mut self, entity: &Entity, id: i64) -> Done<&mut Row> {
        self.table(entity).rows.get_mut(&id).ok_or_else(|| unknown(entity, id))
    }

    /// Sets the quantity from a day on; later changes stay on top of it. The day is taken afterwards.
    pub(crate) fn set_units(&mut self, id: i64, day: NaiveDate, units: i64) -> Done<()> {
        let Some(on) = self.on_contracts.get(&id) else {
            return Err(unknown(&CONTRACT_SERVICES, id));
        };
        if !(0..=1_000_000).contains(&units) {
            return Err(HandRefusal::Invalid("units must be 0 to 1000000".into()));
        }
        let delta = units - on.steps.units_on(day);
        if on.steps.lowest_from(day, delta) < 0 {
            return Err(HandRefusal::Invalid("a later quantity would be negative".into()));
        }
        if self.terms_around(on.contract, day).is_err() {
            return Err(HandRefusal::Invalid("the day is outside the contract".into()));
        }
        self.lay_on(id, day, &Change { units: delta, ..Change::default() });
        Ok(())
    }

    /// Someone closes, reopens or shortens a contract.
    pub(crate) fn edit_contract(&mut self, id: i64, edit: &ContractEdit) -> Done<()> {
        let mut row = self.row_by_hand(&CONTRACTS, id)?.clone();
        if let Some(status) = edit.status {
            row.set(&CONTRACTS, "status", Cell::Whole(status));
        }
        if let Some(end) = edit.end {
            row.set(&CONTRACTS, "endDate", Cell::day(end));
        }
        self.store_contract(row);
        Ok(())
    }

    /// Someone puts a service on a contract, now or after a read; where now, the new contract service.
    pub(crate) fn add_service(
        &mut self,
        contract: i64,
        mut addition: ServiceAddition,
    ) -> Done<Option<i64>> {
        if self.row(&CONTRACTS, contract).is_none() {
            return Err(unknown(&CONTRACTS, contract));
        }
        if self.row(&SERVICES, addition.service_id).is_none() {
            return Err(unknown(&SERVICES, addition.service_id));
        }
        if let Some(name) = addition.after_read_of.take() {
            let entity = named(&name)
                .ok_or_else(|| HandRefusal::Invalid(format!("after_read_of: no {name:?}")))?;
            self.waiting.push(Waiting { entity, contract, addition });
            return Ok(None);
        }
        let prices = self.default_prices(addition.service_id);
        let prices = prices.map_err(|_| HandRefusal::Invalid("the service is inactive".into()))?;
        let start = self.terms(contract).map(|terms| terms.start);
        let day = addition.date.or(start).unwrap_or(self.today);
        let id = self.put_on_contract(contract, addition.service_id, prices);
        self.lay_on(id, day, &Change { units: addition.units, ..Change::default() });
        Ok(Some(id))
    }

    /// What waited for a read of an entity, of these contracts or of all, happens; what has become impossible meanwhile does
    /// not.
    pub(super) fn happen_after(&mut self, entity: &Entity, contracts: Option<&BTreeSet<i64>>) {
        let is_due = |waiting: &mut Waiting| {
            waiting.entity.name == entity.name
                && contracts.is_none_or(|contracts| contracts.contains(&waiting.contract))
        };
        let due: Vec<_> = self.waiting.extract_if(.., is_due).collect();
        for Waiting { contract, addition, .. } in due {
            if let Err(why) = self.add_service(contract, addition) {
                tracing::warn!(?why, contract, "a service was not put on its contract by hand");
            }
        }
    }

    /// Someone makes a company inactive, or active again.
    pub(crate) fn edit_company(&mut self, id: i64, edit: &CompanyEdit) -> Done<()> {
        let row = self.row_by_hand(&COMPANIES, id)?;
        row.set(&COMPANIES, "isActive", Cell::Flag(edit.active));
        Ok(())
    }

    /// Someone deactivates or deletes a service; its uses on contracts stay.
    pub(crate) fn edit_service(&mut self, id: i64, edit: &ServiceEdit) -> Done<()> {
        let row = self.row_by_hand(&SERVICES, id)?;
        if let Some(active) = edit.active {
            row.set(&SERVICES, "isActive", Cell::Flag(active));
        }
        if edit.deleted {
            self.table(&SERVICES).rows.remove(&id);
            self.service_names.retain(|_, holder| *holder != id);
        }
        Ok(())
    }

    /// Someone deactivates a billing code.
    pub(crate) fn edit_code(&mut self, id: i64, edit: &ServiceEdit) -> Done<()> {
        let row = self.row_by_hand(&BILLING_CODES, id)?;
        if let Some(active) = edit.active {
            row.set(&BILLING_CODES, "isActive", Cell::Flag(active));
        }
        if edit.deleted {
            self.table(&BILLING_CODES).rows.remove(&id);
        }
        Ok(())
    }

    /// What is in force from which day, for every service on a contract.
    pub(crate) fn timeline(&self, contract: i64) -> Done<Value> {
        let services = self.services_on(contract)?;
        let timelines = services.map(|(id, service)| {
            json!({
                "contract_service_id": id,
                "service_id": service,
                "service_name": self.service_name(service),
                "steps": self.steps_json(id),
            })
        });
        Ok(timelines.collect())
    }

    fn services_on(&self, contract: i64) -> Done<impl Iterator<Item = (i64, i64)> + '_> {
        if self.row(&CONTRACTS, contract).is_none() {
            return Err(unknown(&CONTRACTS, contract));
        }
        let ids = self.by_contract.get(&contract).into_iter().flatten();
        Ok(ids.map(|id| (*id, self.on_contracts[id].service)))
    }

    fn service_name(&self, service: i64) -> &str {
        let row = self.row(&SERVICES, service);
        row.and_then(|row| row.get(&SERVICES, "name").as_text()).unwrap_or_default()
    }

    /// Steps that change something; the first one always.
    fn steps_json(&self, id: i64) -> Vec<Value> {
        let mut last: Option<Level> = None;
        let levels = self.on_contracts[&id].steps.levels();
        let changing = levels.into_iter().filter(|(_, level)| last.replace(*level) != Some(*level));
        changing
            .map(|(day, level)| {
                json!({
                    "date": day,
                    "units": level.units,
                    "unit_price": number_json(level.price, 4),
                    "unit_cost": number_json(level.cost, 4),
                })
            })
            .collect()
    }

    /// What Autotask would invoice for a month: the unit rows that start in it.
    pub(crate) fn bill(&self, contract: i64, year: i32, month: u32) -> Done<Value> {
        let in_month = |span: &Span| span.start.year() == year && span.start.month() == month;
        let mut amounts: BTreeMap<i64, Decimal> = BTreeMap::new();
        for (id, service) in self.services_on(contract)? {
            let spans = self.spans_of(id);
            let amount: Decimal = spans.iter().filter(|s| in_month(s)).map(|s| s.price).sum();
            if spans.iter().any(in_month) {
                *amounts.entry(service).or_default() += amount;
            }
        }
        let line = |(service, amount): (&i64, &Decimal)| {
            json!({
                "service_id": service,
                "service_name": self.service_name(*service),
                "amount": number_json(*amount, 2),
            })
        };
        let total = amounts.values().sum();
        let lines: Vec<_> = amounts.iter().map(line).collect();
        Ok(json!({"lines": lines, "total": number_json(total, 2)}))
    }

    /// Approve and post: every row of a contract that starts on or before the day.
    pub(crate) fn post(&mut self, contract: i64, through: NaiveDate) -> Done<usize> {
        let ids: Vec<_> = self.services_on(contract)?.collect();
        let mut posted = 0;
        for (id, _) in ids {
            let spans = self.spans_of(id);
            let fresh = spans.iter().filter(|span| span.start <= through);
            for span in fresh {
                let covered = |(_, p): (&NaiveDate, &Posted)| p.end >= span.start;
                let on = &self.on_contracts[&id];
                if on.posted.range(..=span.start).next_back().is_some_and(covered) {
                    continue;
                }
                posted += 1;
                self.post_span(id, span);
            }
        }
        Ok(posted)
    }

    fn post_span(&mut self, id: i64, span: &Span) {
        let posted = Posted { end: span.end, price: span.price, cost: span.cost, at: Self::now() };
        if let Some(on) = self.on_contracts.get_mut(&id) {
            on.posted.insert(span.start, posted);
        }
        let unit = self.unit_rows(id).iter().find(|row| starts(row, span.start)).map(Row::id);
        self.bill_item(id, span.start, span.price, "contractServicePeriodID", unit);
    }

    /// What the posted stretch of a service comes to; none before its first posting.
    pub(super) fn posted_total(&self, id: i64) -> Option<Decimal> {
        let on = self.on_contracts.get(&id)?;
        let edge = on.posted.values().map(|posted| posted.end).max()?;
        let spans = self.spans_of(id);
        Some(spans.iter().filter(|span| span.start <= edge).map(|span| span.price).sum())
    }

    /// Posted rows are not rewritten: the difference becomes an item of its own.
    pub(super) fn bill_difference(&mut self, id: i64, day: NaiveDate, before: Option<Decimal>) {
        let (Some(before), Some(after)) = (before, self.posted_total(id)) else { return };
        if before != after {
            let origin = "contractServiceAdjustmentID";
            self.bill_item(id, day, after - before, origin, Some(self.adjustments));
        }
    }

    fn bill_item(
        &mut self,
        id: i64,
        day: NaiveDate,
        amount: Decimal,
        origin: &str,
        source: Option<i64>,
    ) {
        let entity = &BILLING_ITEMS;
        let (contract, service) = (self.on_contracts[&id].contract, self.on_contracts[&id].service);
        let company = self.row(&CONTRACTS, contract);
        let company = company.map_or(Cell::Null, |row| row.get(&CONTRACTS, "companyID").clone());
        let name = Cell::text(self.service_name(service));
        let item = self.table(entity).take_id();
        let row = Row::new(entity, item)
            .with(entity, "companyID", company)
            .with(entity, "contractID", Cell::Whole(contract))
            .with(entity, "contractServiceID", Cell::Whole(id))
            .with(entity, "serviceID", Cell::Whole(service))
            .with(entity, "itemName", name)
            .with(entity, "itemDate", Cell::day(day))
            .with(entity, "extendedPrice", Cell::Amount(amount))
            .with(entity, "totalAmount", Cell::Amount(amount))
            .with(entity, "invoiceID", Cell::Whole(0))
            .with(entity, "postedDate", Cell::Moment(Self::now()))
            .with(entity, origin, source.map_or(Cell::Null, Cell::Whole));
        self.table(entity).insert(row);
    }
}

fn starts(row: &Row, day: NaiveDate) -> bool {
    row.get(&super::entities::UNITS, "startDate").date() == Some(day)
}
