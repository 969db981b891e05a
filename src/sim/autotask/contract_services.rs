//! Services on contracts: created below their contract, with prices of their own and no quantity yet
//! (wire section 13.1).

use rust_decimal::Decimal;
use serde_json::Value;

use super::cell::Cell;
use super::entities::{CONTRACT_SERVICES, SERVICES};
use super::reply::{Answer, Outcome, Refusal};
use super::schema::Row;
use super::steps::Steps;
use super::tenant::{OnContract, Tenant};
use super::write::read_only;
use crate::assumptions::{Acceptance, Meant, OpeningPrice};

/// What a unit costs on a contract before any dated change.
#[derive(Clone, Copy)]
pub(super) struct Opening {
    pub(super) price: Decimal,
    pub(super) cost: Decimal,
}

impl Tenant {
    /// A second one of the same service is accepted as a second row.
    pub(super) fn create_contract_service(&mut self, parent: Option<i64>, body: &Value) -> Outcome {
        let entity = &CONTRACT_SERVICES;
        let row = self.new_row(entity, body)?;
        let whole = |name| row.get(entity, name).whole().unwrap_or_default();
        let (contract, service) = (whole("contractID"), whole("serviceID"));
        if parent != Some(contract) {
            return Err(other_parent());
        }
        self.open_contract(contract)?;
        let held = self.meant(contract, service, Meant::Oldest);
        if held.is_some() && self.assumed().duplicate_create == Acceptance::Refuse {
            return Err(Refusal::invalid("The Service is already on the Contract."));
        }
        let defaults = self.default_prices(service)?;
        let amount = |name, default| row.get(entity, name).amount().unwrap_or(default);
        let prices = match self.assumed().opening_price {
            OpeningPrice::Take => Opening {
                price: amount("unitPrice", defaults.price),
                cost: amount("unitCost", defaults.cost),
            },
            OpeningPrice::Ignore => defaults,
            OpeningPrice::Refuse => {
                let named = |name: &&str| !row.get(entity, name).is_null();
                match ["unitPrice", "unitCost"].into_iter().find(named) {
                    Some(name) => return Err(read_only(entity, name)),
                    None => defaults,
                }
            }
        };
        let id = self.put_on_contract(contract, service, prices);
        if let Some(stored) = self.table(entity).rows.get_mut(&id) {
            for name in ["invoiceDescription", "internalDescription"] {
                stored.set(entity, name, row.get(entity, name).clone());
            }
        }
        Ok(Answer::item(Some(id), true))
    }

    /// Price and cost a service is put on a contract with where the request names none.
    pub(super) fn default_prices(&self, service: i64) -> Result<Opening, Refusal> {
        let row = self.sellable_service(service)?;
        let amount = |name| row.get(&SERVICES, name).amount().unwrap_or_default();
        Ok(Opening { price: amount("unitPrice"), cost: amount("unitCost") })
    }

    /// Adds the row, without units.
    pub(super) fn put_on_contract(
        &mut self,
        contract: i64,
        service: i64,
        Opening { price, cost }: Opening,
    ) -> i64 {
        let entity = &CONTRACT_SERVICES;
        let id = self.table(entity).take_id();
        let row = Row::new(entity, id)
            .with(entity, "contractID", Cell::Whole(contract))
            .with(entity, "serviceID", Cell::Whole(service))
            .with(entity, "unitPrice", Cell::Amount(price))
            .with(entity, "unitCost", Cell::Amount(cost))
            .with(entity, "internalCurrencyUnitPrice", Cell::Amount(price))
            .with(entity, "internalCurrencyAdjustedPrice", Cell::Amount(price));
        self.table(entity).insert(row);
        let steps = Steps::new(price, cost);
        let on = OnContract { contract, service, steps, posted: std::collections::BTreeMap::new() };
        self.on_contracts.insert(id, on);
        self.by_contract.entry(contract).or_default().push(id);
        id
    }

    /// A changed cost replaces the latest one: the last dated one, or the one it was created with.
    pub(super) fn update_contract_service(
        &mut self,
        parent: Option<i64>,
        before: &Row,
        row: Row,
    ) -> Outcome {
        let entity = &CONTRACT_SERVICES;
        let id = row.id();
        if parent != before.get(entity, "contractID").whole() {
            return Err(other_parent());
        }
        if row == *before {
            return Ok(Answer::item(Some(id), false));
        }
        let cost = row.get(entity, "unitCost").amount().unwrap_or_default();
        if let Some(on) = self.on_contracts.get_mut(&id) {
            let dated = on.steps.changes.values_mut().rev().find_map(|c| c.cost.as_mut());
            *dated.unwrap_or(&mut on.steps.cost) = cost;
        }
        self.table(entity).insert(row);
        self.refresh_prices(id);
        Ok(Answer::item(Some(id), true))
    }
}

fn other_parent() -> Refusal {
    Refusal::invalid("contractID must be the id of the parent Contract in the path.")
}
