//! What stands on contracts (wire/autotask 13), read in bulk such that the row in force on the first day asked for is
//! always among the rows (sync-rules 4.2): reading too little would count seats twice.
//!
//! It must not write, and never asks for one contract or service alone.

use std::collections::BTreeMap;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::{
    Autotask, assumed, odd,
    query::{Filter, LIST, Query, SIDE_BY_SIDE},
    wire::{self, Rows},
};
use crate::domain::{
    ContractId, ContractServiceId, Day, Money, ReadError, ServiceId,
    outcome::Finding,
    target::{Contract, PresentContract, PresentService, UnitRow},
};

/// So many contracts are one list: they have few pages.
const ONE_LIST: usize = 24;

const SERVICES: &str = "ContractServices";
const UNITS: &str = "ContractServiceUnits";

const CONTRACT_SERVICE: [&str; 7] = [
    "id",
    "contractID",
    "serviceID",
    "unitPrice",
    "unitCost",
    "internalCurrencyUnitPrice",
    "internalCurrencyAdjustedPrice",
];

const UNIT: [&str; 10] = [
    "id",
    "contractID",
    "serviceID",
    "contractServiceID",
    "startDate",
    "endDate",
    "units",
    "price",
    "cost",
    "approveAndPostDate",
];

impl Autotask {
    /// What is said of contracts, and of what a row takes on create.
    pub(super) async fn read_contract_metadata(&self) -> Result<(), ReadError> {
        tokio::try_join!(
            self.metadata.contract_services.read(&self.session, SERVICES),
            self.metadata.contracts.read(&self.session, "Contracts")
        )?;
        Ok(())
    }

    /// Contracts with their services and rows from the one in force on `from`.
    pub(super) async fn read_present(
        &self,
        contracts: &[ContractId],
        from: Day,
    ) -> Result<Vec<PresentContract>, ReadError> {
        // What a row takes on create is part of what is planned from this reading.
        let (_, mut contracts) = tokio::try_join!(
            self.metadata.contract_services.read(&self.session, SERVICES),
            self.read_contracts_by_id(contracts)
        )?;
        // Long periods together: each list reads back to its earliest period start.
        contracts.sort_by_key(|contract| (earliest_row(contract, from), contract.id));
        let lists = contracts.chunks(list_length(contracts.len()));
        let reading: Vec<_> = lists.map(|list| self.read_chunk(list, from)).collect();
        let read: Vec<Vec<PresentContract>> =
            stream::iter(reading).buffered(SIDE_BY_SIDE).try_collect().await?;
        let mut present: Vec<PresentContract> = read.into_iter().flatten().collect();
        present.sort_by_key(|contract| contract.contract.id);
        Ok(present)
    }

    async fn read_chunk(
        &self,
        contracts: &[Contract],
        from: Day,
    ) -> Result<Vec<PresentContract>, ReadError> {
        let ids: Vec<i64> = contracts.iter().map(|contract| contract.id.0).collect();
        let of_these = || Filter::one_of("contractID", &ids);
        let services = Query::new(SERVICES, [of_these()]).only(&CONTRACT_SERVICE);
        let rows = [of_these(), may_be_in_force(contracts, from)];
        let units = Query::new(UNITS, rows).only(&UNIT);
        let (services, units) = tokio::try_join!(
            self.session.rows::<wire::ContractService>(&services),
            self.session.rows::<wire::Unit>(&units)
        )?;
        assembled(contracts, services, units)
    }
}

/// How many contracts are read in one list, of so many: lists are equally long, so that none is left for one alone.
fn list_length(contracts: usize) -> usize {
    let lists = contracts.div_ceil(ONE_LIST).min(SIDE_BY_SIDE).max(contracts.div_ceil(LIST));
    contracts.div_ceil(lists.max(1)).max(1)
}

/// The row in force on `from` starts no earlier than this: rows are cut wherever a billing period starts
/// (wire/autotask 13.3), and after the contract's end there are none.
fn earliest_row(contract: &Contract, from: Day) -> Day {
    let last = contract.end.map_or(from, |end| end.min(from));
    contract.period_start_at(last)
}

/// All rows that can be in force on `from` or later. Two conditions that each are enough alone, joined by *or*, because
/// neither fact behind them is beyond doubt:
/// - rows are cut at period starts, so the row in force starts in the running period or later. This fails where the
///   contract's start or period was changed after its rows were made;
/// - the row in force has not ended. Ends are unclear by a day, which the margin covers.
fn may_be_in_force(contracts: &[Contract], from: Day) -> Filter {
    let starts = contracts.iter().map(|contract| earliest_row(contract, from));
    let earliest = starts.min().unwrap_or(from);
    Filter::any([
        Filter::from_day("startDate", earliest.min(from)),
        Filter::from_day("endDate", from.plus(-assumed::MARGIN_DAYS)),
    ])
}

/// Lays rows under services, services under contracts. A row that cannot be understood, or that belongs to nothing that was
/// read, makes its own contract odd: there is no reason to plan on half the truth, nor to keep others waiting.
fn assembled(
    contracts: &[Contract],
    services: Rows<wire::ContractService>,
    units: Rows<wire::Unit>,
) -> Result<Vec<PresentContract>, ReadError> {
    let mut by_contract = BTreeMap::<i64, BTreeMap<i64, PresentService>>::new();
    for service in services.good {
        let rows = by_contract.entry(service.contract_id).or_default();
        rows.insert(service.id, present_service(&service));
    }
    let mut odd = BTreeMap::<i64, Finding>::new();
    for (entity, row) in of_entity(SERVICES, services.odd).chain(of_entity(UNITS, units.odd)) {
        let contract = row.contract.or_else(|| contract_of(&by_contract, row.contract_service));
        let told = odd::told(entity, &row);
        // Whose it is cannot be told: it might be anybody's.
        let contract = contract.ok_or_else(|| ReadError::Unreadable(told.clone()))?;
        odd.entry(contract).or_insert(told);
    }
    for unit in units.good {
        let rows = by_contract.entry(unit.contract_id).or_default();
        match owner(rows, &unit) {
            Some(service) => service.rows.push(unit_row(&unit, contracts)),
            None => _ = odd.entry(unit.contract_id).or_insert_with(|| lost(&unit)),
        }
    }
    let assembled = contracts.iter().map(|contract| {
        let services = by_contract.remove(&contract.id.0).unwrap_or_default();
        let mut services: Vec<PresentService> = services.into_values().collect();
        for service in &mut services {
            service.rows.sort_by_key(|row| row.start);
        }
        PresentContract { contract: contract.clone(), services, odd: odd.remove(&contract.id.0) }
    });
    Ok(assembled.collect())
}

fn of_entity(
    entity: &'static str,
    odd: Vec<wire::Odd>,
) -> impl Iterator<Item = (&'static str, wire::Odd)> {
    odd.into_iter().map(move |row| (entity, row))
}

fn contract_of(
    by_contract: &BTreeMap<i64, BTreeMap<i64, PresentService>>,
    service: Option<i64>,
) -> Option<i64> {
    let service = service?;
    by_contract.iter().find(|(_, rows)| rows.contains_key(&service)).map(|(contract, _)| *contract)
}

/// The contract service of a row. Old tenants leave the id out; then the service must be there exactly once.
fn owner<'a>(
    services: &'a mut BTreeMap<i64, PresentService>,
    unit: &wire::Unit,
) -> Option<&'a mut PresentService> {
    if let Some(id) = unit.contract_service_id {
        return services.get_mut(&id);
    }
    let mut same = services.values_mut().filter(|row| row.service.0 == unit.service_id);
    match (same.next(), same.next()) {
        (only, None) => only,
        _ => None,
    }
}

fn lost(unit: &wire::Unit) -> Finding {
    let service = unit.contract_service_id.map_or_else(|| "none".to_owned(), |id| id.to_string());
    let odd = wire::Odd {
        id: Some(unit.id),
        contract: Some(unit.contract_id),
        contract_service: unit.contract_service_id,
        fault: format!(
            "contractServiceID is {service}, and no such contract service could be read"
        ),
    };
    odd::told(UNITS, &odd)
}

fn present_service(service: &wire::ContractService) -> PresentService {
    PresentService {
        contract_service: ContractServiceId(service.id),
        service: ServiceId(service.service_id),
        price: service.effective_price(),
        cost: service.unit_cost,
        rows: Vec::new(),
        lines: Vec::new(),
    }
}

fn unit_row(unit: &wire::Unit, contracts: &[Contract]) -> UnitRow {
    let contract = contracts.iter().find(|contract| contract.id.0 == unit.contract_id);
    let of_period = contract.map(|contract| contract.next_period_start(unit.start_date).previous());
    UnitRow {
        start: unit.start_date,
        // Rows are cut wherever a period starts: one that does not name its end lasts no longer.
        end: unit.end_date.or(of_period).unwrap_or(unit.start_date),
        units: unit.units,
        price: unit.price.unwrap_or(Money::ZERO),
        cost: unit.cost,
        posted: unit.approve_and_post_date.is_some(),
    }
}
