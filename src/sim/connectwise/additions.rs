//! What follows from an addition, and the rules that one must keep (wire section 11.4).

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde_json::Value;

use super::account::{Billing, Line, share};
use super::agreements::{Status, Terms};
use super::member::{day_json, number_json};
use super::record::{Record, Values};
use super::refusal::Reason;
use super::site::Site;
use super::table::Table;
use crate::assumptions::{CwCancelBeforeStart, CwEnded, CwNegative, Presence, Refusal};

const TOO_EARLY: &str = "effectiveDate cannot be less than the agreement billing start date";
const INVOICED: &str = "Since this period has already been invoiced, the agreement must be prorated or the effective \
date must be on or after the Next Invoice Date.";

fn number(values: &Values, name: &str) -> Decimal {
    values.number(name).unwrap_or_default()
}

/// What of the quantity is billed.
pub(super) fn billed_quantity(values: &Values) -> Decimal {
    (number(values, "quantity") - number(values, "lessIncluded")).max(Decimal::ZERO)
}

/// An addition as it is billed; none without a first day.
pub(super) fn line(record: &Record) -> Option<Line> {
    let values = &record.values;
    Some(Line {
        addition: record.id,
        from: values.day("effectiveDate")?,
        to: values.day("cancelledDate"),
        quantity: billed_quantity(values),
        price: number(values, "unitPrice"),
        cost: number(values, "unitCost"),
        billing: match values.text("billCustomer") {
            Some("DoNotBill") => Billing::Not,
            Some("NoCharge") => Billing::NoCharge,
            _ => Billing::Billable,
        },
    })
}

impl Site {
    /// The members of an addition that are computed.
    pub(super) fn follows_from_addition(&self, values: &Values) -> Vec<(&'static str, Value)> {
        let (price, cost) = (number(values, "unitPrice"), number(values, "unitCost"));
        let quantity = number(values, "quantity");
        let mut found = vec![
            ("extPrice", number_json(quantity * price)),
            ("extCost", number_json(quantity * cost)),
            ("margin", number_json(quantity * (price - cost))),
        ];
        if self.assumed().cw_billed_quantity == Presence::Given {
            found.push(("billedQuantity", number_json(billed_quantity(values))));
        }
        let item = values.reference("product").and_then(|id| self.record(Table::Catalog, id));
        if let Some(item) = item {
            let text = |name: &str| item.values.get(name).cloned();
            found.extend(text("description").map(|text| ("description", text)));
            let unit = item.values.reference("unitOfMeasure");
            let unit = unit.and_then(|id| self.record(Table::Units, id));
            let unit = unit.and_then(|unit| unit.values.get("name").cloned());
            found.extend(unit.map(|unit| ("uom", unit)));
        }
        if let Some(agreement) = self.agreement_of(values) {
            let status = self.status_of(&agreement.values);
            found.push(("agreementStatus", Value::from(status.word())));
            let terms = self.terms(agreement.id);
            found.extend(terms.into_iter().flat_map(|terms| prorated(values, &terms)));
        }
        found
    }

    /// Fills in what a new addition leaves open.
    pub(super) fn complete_addition(&self, values: &mut Values) {
        let open = |values: &Values, name: &str| !values.has(name);
        if open(values, "quantity") {
            values.set("quantity", number_json(Decimal::ONE));
        }
        if open(values, "lessIncluded") {
            values.set("lessIncluded", number_json(Decimal::ZERO));
        }
        if open(values, "effectiveDate") {
            values.set("effectiveDate", day_json(self.today()));
        }
        for flag in ["purchaseItemFlag", "specialOrderFlag"] {
            if open(values, flag) {
                values.set(flag, Value::Bool(false));
            }
        }
        let item = values.reference("product").and_then(|id| self.record(Table::Catalog, id));
        let Some(item) = item else { return };
        let from_item = [
            ("unitPrice", "price"),
            ("unitCost", "cost"),
            ("taxableFlag", "taxableFlag"),
            ("invoiceDescription", "customerDescription"),
        ];
        for (name, source) in from_item {
            if let Some(value) = item.values.get(source).filter(|_| !values.has(name)) {
                values.set(name, value.clone());
            }
        }
    }

    /// What is wrong with an addition that is to be kept in the place of another, or as a new one.
    pub(super) fn wrong_in_addition(
        &self,
        values: &Values,
        before: Option<&Values>,
    ) -> Vec<Reason> {
        let mut wrong = Vec::new();
        let assumed = self.assumed();
        if assumed.cw_negative == CwNegative::Refused && number(values, "quantity") < Decimal::ZERO
        {
            let text = "The field quantity must be 0 or more.";
            wrong.push(Reason::new("OutOfRange", "quantity", text));
        }
        let start = values.day("effectiveDate");
        let ends = values.day("cancelledDate");
        if assumed.cw_cancel_before_start == CwCancelBeforeStart::Refused
            && ends.is_some()
            && ends < start
        {
            let text = "cancelledDate cannot be less than effectiveDate";
            wrong.push(Reason::rule("cancelledDate", text));
        }
        let moved = before.is_none_or(|before| before.day("effectiveDate") != start);
        wrong.extend(self.wrong_on_agreement(values, start, before.is_none(), moved));
        let changed = before.is_none_or(|b| b.reference("product") != values.reference("product"));
        if changed && assumed.cw_inactive_item == Refusal::Refuse {
            wrong.extend(self.wrong_product(values));
        }
        wrong
    }

    fn wrong_product(&self, values: &Values) -> Option<Reason> {
        let item = self.record(Table::Catalog, values.reference("product")?)?;
        if item.values.flag("inactiveFlag") {
            return Some(Reason::rule("product/id", "The product is inactive."));
        }
        let bundle = item.values.text("productClass") == Some("Bundle");
        bundle.then(|| Reason::rule("product/id", "A bundle cannot be added to an agreement."))
    }

    fn wrong_on_agreement(
        &self,
        values: &Values,
        start: Option<NaiveDate>,
        new: bool,
        moved: bool,
    ) -> Option<Reason> {
        let agreement = self.agreement_of(values)?;
        let (start, terms) = (start?, self.terms(agreement.id)?);
        if start < terms.bill_start {
            return Some(Reason::rule("effectiveDate", TOO_EARLY));
        }
        if moved
            && !terms.prorated
            && start < terms.next_invoice
            && terms.cycle != super::period::Cycle::Once
        {
            return Some(Reason::rule("effectiveDate", INVOICED));
        }
        if self.assumed().cw_ended == CwEnded::Accepted {
            return None;
        }
        let status = self.status_of(&agreement.values);
        if new && matches!(status, Status::Cancelled | Status::Expired) {
            let text = format!("The agreement is {}.", status.word().to_lowercase());
            return Some(Reason::rule("agreementId", text));
        }
        let beyond = moved && terms.last.is_some_and(|last| start > last);
        beyond.then(|| {
            Reason::rule("effectiveDate", "effectiveDate is after the end of the agreement")
        })
    }
}

/// What the first period comes to where it is not a whole one.
fn prorated(values: &Values, terms: &Terms) -> Vec<(&'static str, Value)> {
    let share_of = || {
        let start = values.day("effectiveDate").filter(|_| terms.prorated)?;
        let period = terms.rhythm().around(start)?;
        let last = values.day("cancelledDate").unwrap_or(period.end);
        let days = period.days_between(start, last);
        (days < period.days()).then_some((days, period.days()))
    };
    let Some((days, of)) = share_of() else { return Vec::new() };
    let quantity = number(values, "quantity");
    let price = share(number(values, "unitPrice"), days, of);
    let cost = share(number(values, "unitCost"), days, of);
    vec![
        ("prorateCost", number_json(cost)),
        ("proratePrice", number_json(price)),
        ("extendedProrateCost", number_json(cost * quantity)),
        ("extendedProratePrice", number_json(price * quantity)),
    ]
}
