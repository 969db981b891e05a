//! Adjustments: signed changes of quantity and new prices from a day on, checked against the whole
//! future of the service on its contract (wire section 13.2). They cannot be read back.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde_json::Value;

use super::entities::{ADJUSTMENTS, CONTRACT_SERVICES};
use super::reply::{Answer, Outcome, Refusal};
use super::schema::Row;
use super::steps::{Change, Steps, Terms};
use super::tenant::{OnContract, Tenant};
use crate::assumptions::{
    Acceptance, Assumptions, ChildReplyId, DateBounds, Meant, Refusal as Fractions, ReplyId,
    Reprice, ZeroRows,
};

/// Quantities beyond this are refused, so that no product overflows.
const MOST_UNITS: i64 = 100_000_000;

/// The service on a contract an adjustment means.
enum Target {
    Present(i64),
    New { contract: i64, service: i64 },
}

impl Tenant {
    pub(super) fn adjust(&mut self, parent: Option<i64>, body: &Value) -> Outcome {
        let entity = &ADJUSTMENTS;
        let whole = self.with_whole_units(body);
        let row = self.new_row(entity, whole.as_ref().unwrap_or(body))?;
        let target = self.target(parent, &row)?;
        let contract = match &target {
            Target::Present(id) => self.on_contracts[id].contract,
            Target::New { contract, .. } => *contract,
        };
        self.open_contract(contract)?;
        let day = row
            .get(entity, "effectiveDate")
            .date()
            .ok_or_else(|| Refusal::required("effectiveDate"))?;
        let terms = self.terms_around(contract, day)?;
        let assumed = self.assumed();
        let price = |name| match assumed.reprice {
            Reprice::Apply => row.get(entity, name).amount(),
            Reprice::Ignore => None,
        };
        let change = Change {
            units: row.get(entity, "unitChange").whole().unwrap_or_default(),
            price: price("adjustedUnitPrice"),
            cost: price("adjustedUnitCost"),
        };
        let id = match target {
            Target::Present(id) => {
                let on = &self.on_contracts[&id];
                check_posted(on, day, assumed)?;
                check(&terms, &on.steps, day, &change, assumed)?;
                id
            }
            Target::New { contract, service } => {
                let prices = self.default_prices(service)?;
                check(&terms, &Steps::new(prices.price, prices.cost), day, &change, assumed)?;
                self.put_on_contract(contract, service, prices)
            }
        };
        self.lay_on(id, day, &change);
        let told = match parent {
            None => assumed.root_reply == ReplyId::Id,
            Some(_) => assumed.child_reply == ChildReplyId::Id,
        };
        Ok(Answer::item(told.then_some(self.adjustments), true))
    }

    /// The body with a whole number of units, where fractions are taken and this one has some.
    fn with_whole_units(&self, body: &Value) -> Option<Value> {
        let name = body.as_object()?.keys().find(|key| key.eq_ignore_ascii_case("unitChange"))?;
        let units: Decimal = body[name.as_str()].to_string().parse().ok()?;
        if units.is_integer() || self.assumed().fractional_units == Fractions::Refuse {
            return None;
        }
        let mut whole = body.clone();
        whole[name.as_str()] = i64::try_from(units.round()).ok()?.into();
        Some(whole)
    }

    /// The change lies on top of every later row.
    pub(super) fn lay_on(&mut self, id: i64, day: NaiveDate, change: &Change) {
        self.adjustments += 1;
        let billed = self.posted_total(id);
        if let Some(on) = self.on_contracts.get_mut(&id) {
            on.steps.change(day, change);
        }
        self.refresh_prices(id);
        self.bill_difference(id, day, billed);
    }

    /// The contract's dates, if it takes an adjustment on the day.
    pub(super) fn terms_around(&self, contract: i64, day: NaiveDate) -> Result<Terms, Refusal> {
        let within = |terms: &Terms| match self.assumed().date_bounds {
            DateBounds::Inclusive => (terms.start..=terms.end).contains(&day),
            DateBounds::Exclusive => terms.start < day && day < terms.end,
        };
        let terms = self.terms(contract).filter(within);
        terms.ok_or_else(|| {
            Refusal::invalid(
                "ContractServiceAdjustment effectiveDate must be between the start date and end \
                 date of the Contract referenced by contractID.",
            )
        })
    }

    /// `contractServiceID` wins; what else is named must agree with it.
    fn target(&self, parent: Option<i64>, row: &Row) -> Result<Target, Refusal> {
        let whole = |name| row.get(&ADJUSTMENTS, name).whole();
        let contract = whole("contractID");
        if parent.is_some() && contract.is_some() && contract != parent {
            return Err(mismatch("contractID", "the parent Contract in the path"));
        }
        let contract = contract.or(parent);
        if let Some(id) = whole("contractServiceID") {
            let on = self
                .on_contracts
                .get(&id)
                .ok_or_else(|| Refusal::invalid(format!("contractServiceID {id} is not there.")))?;
            if contract.is_some_and(|contract| contract != on.contract) {
                return Err(mismatch("contractServiceID", "the Contract"));
            }
            if whole("serviceID").is_some_and(|service| service != on.service) {
                return Err(mismatch("contractServiceID", "serviceID"));
            }
            return Ok(Target::Present(id));
        }
        let (Some(contract), Some(service)) = (contract, whole("serviceID")) else {
            return Err(Refusal::invalid(
                "contractServiceID is required, or contractID together with serviceID.",
            ));
        };
        let repeat = row.get(&ADJUSTMENTS, "allowRepeatService").is_true();
        let meant = self.assumed().duplicate_adjustment;
        let held = self.meant(contract, service, meant).filter(|_| !repeat);
        Ok(held.map_or(Target::New { contract, service }, Target::Present))
    }

    pub(super) fn meant(&self, contract: i64, service: i64, meant: Meant) -> Option<i64> {
        let of_service = |id: &i64| {
            self.on_contracts[id].service == service && self.row(&CONTRACT_SERVICES, *id).is_some()
        };
        let mut held = self.by_contract.get(&contract)?.iter().copied().filter(of_service);
        match meant {
            Meant::Oldest => held.next(),
            Meant::Newest => held.next_back(),
        }
    }
}

fn mismatch(name: &str, other: &str) -> Refusal {
    Refusal::invalid(format!("{name} does not belong to {other}."))
}

/// What was approved and posted takes adjustments, or is closed up to its last day.
fn check_posted(on: &OnContract, day: NaiveDate, assumed: Assumptions) -> Result<(), Refusal> {
    let closed = on.posted.values().any(|posted| posted.end >= day);
    if closed && assumed.posted_periods == Acceptance::Refuse {
        return Err(Refusal::invalid(
            "effectiveDate lies in a period that has already been approved and posted.",
        ));
    }
    Ok(())
}

/// A day taken by an earlier adjustment, and a quantity below zero on any later day, are refused. On a
/// day that starts a billing period there is already a row, so nothing is inserted twice.
fn check(
    terms: &Terms,
    steps: &Steps,
    day: NaiveDate,
    change: &Change,
    assumed: Assumptions,
) -> Result<(), Refusal> {
    let repeated = terms.starts_period(day) && assumed.period_start_repeat == Acceptance::Accept;
    if steps.changes.contains_key(&day) && !repeated {
        return Err(Refusal::invalid(
            "Cannot insert duplicate key row. Attempt to insert duplicate data into \
             contract_service_period.",
        ));
    }
    let lowest = steps.lowest_from(day, change.units);
    if lowest < 0 {
        return Err(Refusal::invalid(
            "The unit change would make the number of units negative on or after effectiveDate.",
        ));
    }
    if lowest == 0 && change.units < 0 && assumed.zero_rows == ZeroRows::Refuse {
        return Err(Refusal::invalid("The number of units must not become 0."));
    }
    let highest = steps.changes.values().map(|change| change.units.max(0)).sum::<i64>();
    if highest + change.units.max(0) > MOST_UNITS {
        return Err(Refusal::invalid("unitChange is out of range."));
    }
    Ok(())
}
