//! What Autotask demands of services and contracts beyond the general rules (wire sections 11 and 12).

use rust_decimal::Decimal;

use super::cell::Cell;
use super::entities::{BILLING_CODES, CONTRACT_SERVICES, CONTRACTS, SERVICES};
use super::reply::Refusal;
use super::schema::Row;
use super::tenant::Tenant;
use super::write::required;

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
        let holder = self.service_names.get(&name.to_lowercase()).copied();
        if holder.is_some_and(|holder| before.map(Row::id) != Some(holder)) {
            return Err(Refusal::invalid(format!(
                "Violation of UNIQUE KEY constraint 'IX_service'. Cannot insert duplicate key in \
                 object 'dbo.Service'. The duplicate key value is ({name}). Error updating \
                 database for new entity records."
            )));
        }
        if row.get(entity, "isActive").is_null() {
            row.set(entity, "isActive", Cell::Flag(true));
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
        self.table(entity).insert(row);
    }

    /// An earlier end wipes the services' changes after it; a later one goes on at the last quantity.
    pub(super) fn store_contract(&mut self, row: Row) {
        let (id, end) = (row.id(), row.get(&CONTRACTS, "endDate").date());
        let row = row.with(&CONTRACTS, "lastModifiedDateTime", Cell::Moment(Self::now()));
        self.table(&CONTRACTS).insert(row);
        let services = self.by_contract.get(&id).cloned().unwrap_or_default();
        for service in services {
            if let (Some(on), Some(end)) = (self.on_contracts.get_mut(&service), end) {
                on.steps.changes.retain(|day, _| *day <= end);
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
        if row.get(entity, "status").whole() != Some(ACTIVE) {
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
        return Err(required("contractPeriodType"));
    }
    Ok(())
}
