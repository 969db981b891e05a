//! What Autotask demands of services and contracts beyond the general rules (wire sections 11 and 12).

use rust_decimal::Decimal;

use super::cell::Cell;
use super::entities::{BILLING_CODES, CONTRACT_SERVICES, CONTRACTS, SERVICES};
use super::reply::Refusal;
use super::schema::Row;
use super::steps::Change;
use super::tenant::Tenant;
use crate::assumptions::{Extension, Following, NameKey, Presence, Refusal as Inactivity};

/// `contractType` of contracts that carry services.
pub(super) const RECURRING: i64 = 7;
/// `useType` of billing codes for services.
const RECURRING_SERVICE_CODE: i64 = 5;
const ACTIVE: i64 = 1;

impl Tenant {
    pub(super) fn check_service(&self, before: Option<&Row>, row: &mut Row) -> Result<(), Refusal> {
        let entity = &SERVICES;
        self.check_code(before, row)?;
        let name = row.get(entity, "name").as_text().unwrap_or_default().to_owned();
        if row.get(entity, "isActive").is_null() {
            row.set(entity, "isActive", Cell::Flag(true));
        }
        if self.is_name_taken(before.map(Row::id), &name, row) {
            let key = match self.assumed().name_key_tail {
                Presence::Given => format!(" The duplicate key value is ({name})."),
                Presence::Absent => String::new(),
            };
            return Err(Refusal::invalid(format!(
                "Violation of UNIQUE KEY constraint 'IX_service'. Cannot insert duplicate key in \
                 object 'dbo.Service'.{key} Error updating database for new entity records."
            )));
        }
        let amount = |name| row.get(entity, name).amount();
        let markup = match (amount("unitPrice"), amount("unitCost")) {
            (Some(price), Some(cost)) if !cost.is_zero() => (price - cost).checked_div(cost),
            _ => None,
        };
        let percent = markup.and_then(|markup| markup.checked_mul(Decimal::ONE_HUNDRED));
        let markup = percent.map_or(Cell::Null, |percent| Cell::Amount(percent.round_dp(4)));
        row.set(entity, "markupRate", markup);
        Ok(())
    }

    fn is_name_taken(&self, own: Option<i64>, name: &str, row: &Row) -> bool {
        let name = name.to_lowercase();
        let other = |id: i64| own != Some(id);
        match self.assumed().name_key {
            NameKey::AllRows => self.service_names.get(&name).copied().is_some_and(other),
            NameKey::ActiveRows => {
                let active = |row: &Row| row.get(&SERVICES, "isActive").is_true();
                let named = |row: &Row| {
                    let text = row.get(&SERVICES, "name").as_text().unwrap_or_default();
                    text.to_lowercase() == name
                };
                let mut rows =
                    self.tables.get(SERVICES.name).into_iter().flat_map(|t| t.rows.values());
                active(row) && rows.any(|held| other(held.id()) && active(held) && named(held))
            }
        }
    }

    /// A new code must be active and of the right use; the old one may be sent again.
    fn check_code(&self, before: Option<&Row>, row: &Row) -> Result<(), Refusal> {
        let code = row.get(&SERVICES, "billingCodeID");
        if before.is_some_and(|before| before.get(&SERVICES, "billingCodeID") == code) {
            return Ok(());
        }
        let usable = code.whole().and_then(|id| self.row(&BILLING_CODES, id)).is_some_and(|code| {
            code.get(&BILLING_CODES, "isActive").is_true()
                && code.get(&BILLING_CODES, "useType").whole() == Some(RECURRING_SERVICE_CODE)
        });
        if usable {
            return Ok(());
        }
        Err(Refusal::invalid(
            "billingCodeID must reference an active Billing Code with the use type Recurring \
             Contract Service.",
        ))
    }

    pub(super) fn store_service(&mut self, before: Option<&Row>, row: Row) {
        let entity = &SERVICES;
        let name = |row: &Row| row.get(entity, "name").as_text().unwrap_or_default().to_lowercase();
        if let Some(before) = before {
            self.service_names.remove(&name(before));
        }
        self.service_names.insert(name(&row), row.id());
        let stamp = if before.is_some() { "lastModifiedDate" } else { "createDate" };
        let row = row.with(entity, stamp, Cell::Moment(Self::now()));
        let prices = ["unitPrice", "unitCost"].map(|name| row.get(entity, name).clone());
        let (id, changed) = (
            row.id(),
            before.is_some_and(|before| {
                ["unitPrice", "unitCost"]
                    .iter()
                    .zip(&prices)
                    .any(|(n, p)| before.get(entity, n) != p)
            }),
        );
        self.table(entity).insert(row);
        if changed && self.assumed().service_reprice == Following::Follows {
            self.follow_service(id, &prices);
        }
    }

    /// Contract services that were never repriced take their service's prices.
    fn follow_service(&mut self, service: i64, prices: &[Cell; 2]) {
        let [price, cost] = prices.each_ref().map(|cell| cell.amount().unwrap_or_default());
        let mut followers = Vec::new();
        for (id, on) in self.on_contracts.iter_mut().filter(|(_, on)| on.service == service) {
            (on.steps.price, on.steps.cost) = (price, cost);
            followers.push(*id);
        }
        for id in followers {
            self.refresh_prices(id);
        }
    }

    /// An earlier end wipes the services' changes after it; a later one goes on at the last quantity.
    pub(super) fn store_contract(&mut self, row: Row) {
        let (id, end) = (row.id(), row.get(&CONTRACTS, "endDate").date());
        let old_end = self.terms(id).map(|terms| terms.end);
        let stops = self.assumed().extension == Extension::Stops;
        let row = row.with(&CONTRACTS, "lastModifiedDateTime", Cell::Moment(Self::now()));
        self.table(&CONTRACTS).insert(row);
        let services = self.by_contract.get(&id).cloned().unwrap_or_default();
        for service in services {
            if let (Some(on), Some(end)) = (self.on_contracts.get_mut(&service), end) {
                on.steps.changes.retain(|day, _| *day <= end);
                let beyond =
                    old_end.filter(|old| *old < end && stops).and_then(|old| old.succ_opt());
                if let Some(beyond) = beyond {
                    let units = -on.steps.units_on(beyond);
                    on.steps.change(beyond, &Change { units, ..Change::default() });
                }
            }
            self.refresh_prices(service);
        }
    }

    /// The contract, if it may carry services and is active.
    pub(super) fn open_contract(&self, id: i64) -> Result<&Row, Refusal> {
        let entity = &CONTRACTS;
        let row = self.row(entity, id).ok_or_else(|| {
            Refusal::invalid(format!("contractID {id} does not reference a Contract."))
        })?;
        if row.get(entity, "contractType").whole() != Some(RECURRING) {
            return Err(Refusal::invalid(format!(
                "The {} needs a Contract of type Recurring Service.",
                CONTRACT_SERVICES.singular
            )));
        }
        let inactive = row.get(entity, "status").whole() != Some(ACTIVE);
        if inactive && self.assumed().inactive_contract == Inactivity::Refuse {
            return Err(Refusal::invalid("The Contract referenced by contractID is inactive."));
        }
        Ok(row)
    }

    /// The service, if it may be put on a contract anew.
    pub(super) fn sellable_service(&self, id: i64) -> Result<&Row, Refusal> {
        let row = self.row(&SERVICES, id).ok_or_else(|| {
            Refusal::invalid(format!("serviceID {id} does not reference a Service."))
        })?;
        if !row.get(&SERVICES, "isActive").is_true() {
            return Err(Refusal::invalid("The Service referenced by serviceID is inactive."));
        }
        Ok(row)
    }
}

/// The dates' order, and the period length a recurring contract needs.
pub(super) fn check_contract(before: Option<&Row>, row: &Row) -> Result<(), Refusal> {
    let entity = &CONTRACTS;
    let date = |name| row.get(entity, name).date();
    if date("endDate") <= date("startDate") {
        return Err(Refusal::invalid("Contract EndDate must be after StartDate."));
    }
    let recurring = row.get(entity, "contractType").whole() == Some(RECURRING);
    if before.is_none() && recurring && row.get(entity, "contractPeriodType").is_null() {
        return Err(Refusal::required("contractPeriodType"));
    }
    Ok(())
}
