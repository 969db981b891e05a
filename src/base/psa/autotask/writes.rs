//! The four writes (wire/autotask 5, 12, 13): what is sent, and where.
//!
//! It must not decide what is written, or send it.

use serde_json::{Map, Value, json};

use super::{
    assumed,
    metadata::KnownFields,
    operations::keeps,
    wire::{date, number},
};
use crate::{
    domain::{Money, Thing, operation::Operation, product::ServiceDraft},
    http::Method,
};

/// What is sent for an operation: only what is meant, for unknown and read-only members are not safe (5).
pub(super) fn body(operation: &Operation, services: &KnownFields) -> Value {
    let mut body = Members::default();
    match operation {
        Operation::CreateService { draft, .. } => body.draft(draft, services),
        Operation::UpdateService { service, price, cost, .. } => {
            body.set("id", service.0);
            body.price("unitPrice", *price);
            body.price("unitCost", *cost);
        }
        Operation::CreateContractService { contract, service, unit_price, unit_cost } => {
            body.set("contractID", contract.0);
            body.set("serviceID", service.0);
            body.price("unitPrice", *unit_price);
            body.price("unitCost", *unit_cost);
        }
        Operation::AdjustUnits {
            contract,
            service,
            contract_service,
            effective,
            units,
            unit_price,
            unit_cost,
        } => {
            body.set("contractID", contract.0);
            match contract_service {
                Some(row) => body.set("contractServiceID", row.0),
                None => body.set("serviceID", service.0),
            }
            body.set("effectiveDate", date::midnight(*effective));
            body.set("unitChange", *units);
            body.price("adjustedUnitPrice", *unit_price);
            body.price("adjustedUnitCost", *unit_cost);
        }
        Operation::AddLine { .. } | Operation::EndLine { .. } | Operation::AmendLine { .. } => {}
    }
    Value::Object(body.0)
}

/// Takes the prices off the making of a row that the tenant's metadata calls read-only (sync-rules 5.1): the first
/// adjustment of the row carries them all the same.
pub(super) fn only_what_it_takes(operation: &mut Operation, contract_services: &KnownFields) {
    if let Operation::CreateContractService { unit_price, unit_cost, .. } = operation {
        *unit_price = unit_price.filter(|_| contract_services.takes_on_create("unitPrice"));
        *unit_cost = unit_cost.filter(|_| contract_services.takes_on_create("unitCost"));
    }
}

#[derive(Default)]
struct Members(Map<String, Value>);

impl Members {
    fn set(&mut self, name: &str, value: impl Into<Value>) {
        self.0.insert(name.to_owned(), value.into());
    }

    fn price(&mut self, name: &str, price: Option<Money>) {
        if let Some(price) = price {
            self.set(name, number::exact(keeps(price)));
        }
    }

    fn draft(&mut self, draft: &ServiceDraft, services: &KnownFields) {
        self.set("name", draft.name.as_str());
        self.set("description", draft.description.as_str());
        self.set("invoiceDescription", draft.invoice_description.as_str());
        if let Some(code) = draft.chosen.of(Thing::BillingCode) {
            self.set("billingCodeID", *code);
        }
        let monthly = services.number("periodType", "Monthly", assumed::PERIOD_MONTHLY);
        self.set("periodType", monthly);
        self.price("unitPrice", Some(draft.price));
        self.price("unitCost", Some(draft.cost));
        self.set("isActive", true);
        if let Some(vendor) = draft.chosen.of(Thing::Vendor) {
            self.set("vendorCompanyID", *vendor);
        }
        for (name, value) in [("sku", &draft.sku), ("externalID", &draft.external_id)] {
            if services.has(name) && !value.is_empty() {
                self.set(name, json!(value));
            }
        }
    }
}

/// Method and path below `V1.0/`; none for what Autotask has not. An id in the path of a PATCH does not exist, nor does a contract service at the root.
pub(super) fn address(operation: &Operation) -> Option<(Method, String)> {
    Some(match operation {
        Operation::CreateService { .. } => (Method::POST, "Services".to_owned()),
        Operation::UpdateService { .. } => (Method::PATCH, "Services".to_owned()),
        Operation::CreateContractService { contract, .. } => {
            (Method::POST, format!("Contracts/{contract}/Services"))
        }
        Operation::AdjustUnits { contract, .. } => {
            (Method::POST, format!("Contracts/{contract}/ServiceAdjustments"))
        }
        Operation::AddLine { .. } | Operation::EndLine { .. } | Operation::AmendLine { .. } => {
            return None;
        }
    })
}
