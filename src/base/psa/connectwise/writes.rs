//! What is sent, and where (wire/connectwise 8, 11.4, 11.5, 14): additions by POST and PATCH, catalog items likewise. Never
//! DELETE, never PUT, never an agreement or an invoice (sync-rules 10.2).
//!
//! It must not decide what is written, or send it.

use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

use super::{
    assumed,
    keys::KeyPlace,
    operations::keeps,
    wire::{date, number},
};
use crate::{
    domain::{
        ContractId, Day, Money, ServiceId, Thing,
        line::{LineBilling, LineTerms, NewLine},
        operation::Operation,
        product::{ProductKey, ServiceDraft},
    },
    http::{Method, first_characters},
};

/// The choice by which new items are taxed.
pub(super) const TAXABLE: i64 = 1;

/// A request: method, path below the API's root, body.
pub(super) struct Request {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) body: Value,
}

/// The request of an operation; none for those that belong to targets that keep no lines.
pub(super) fn request(operation: &Operation, keys: KeyPlace) -> Option<Request> {
    let post = |path: String, body: Value| Some(Request { method: Method::POST, path, body });
    let patch = |path: String, changes: Changes| {
        Some(Request { method: Method::PATCH, path, body: Value::Array(changes.0) })
    };
    match operation {
        Operation::AddLine { contract, service, line } => {
            post(additions(*contract), added(*service, line, keys))
        }
        Operation::EndLine { contract, line, last, .. } => {
            let changes = Changes::default().replace("cancelledDate", date::midnight(*last));
            patch(format!("{}/{line}", additions(*contract)), changes)
        }
        Operation::AmendLine { contract, line, was, quantity, unit_price, unit_cost, .. } => {
            let changes = Changes::default()
                .replace_some("quantity", Some(*quantity).filter(|new| *new != was.quantity))
                .replace_some("unitPrice", unit_price.map(money))
                .replace_some("unitCost", unit_cost.map(money));
            patch(format!("{}/{line}", additions(*contract)), changes)
        }
        Operation::CreateService { product, draft } => {
            post("procurement/catalog".to_owned(), item(product, draft))
        }
        Operation::UpdateService { service, price, cost, .. } => {
            let changes = Changes::default()
                .replace_some("price", price.map(money))
                .replace_some("cost", cost.map(money));
            patch(format!("procurement/catalog/{service}"), changes)
        }
        Operation::CreateContractService { .. } | Operation::AdjustUnits { .. } => None,
    }
}

fn additions(contract: ContractId) -> String {
    format!("finance/agreements/{contract}/additions")
}

/// Money with at most two decimals (A10), as an exact number.
fn money(amount: Money) -> Value {
    number::exact(keeps(amount).0)
}

/// A PATCH: absolute values of top-level members, so that it may be sent again.
#[derive(Default)]
struct Changes(Vec<Value>);

impl Changes {
    fn replace(mut self, member: &str, value: impl Into<Value>) -> Self {
        let value: Value = value.into();
        self.0.push(json!({"op": "replace", "path": member, "value": value}));
        self
    }

    fn replace_some(self, member: &str, value: Option<impl Into<Value>>) -> Self {
        match value {
            Some(value) => self.replace(member, value),
            None => self,
        }
    }
}

#[derive(Default)]
struct Members(Map<String, Value>);

impl Members {
    fn set(&mut self, name: &str, value: impl Into<Value>) {
        self.0.insert(name.to_owned(), value.into());
    }

    fn set_some(&mut self, name: &str, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            self.set(name, value);
        }
    }

    fn reference(&mut self, name: &str, id: Option<i64>) {
        self.set_some(name, id.map(|id| json!({"id": id})));
    }
}

/// A new line. What is not told is left to the target: the price of the item, the item's own text.
fn added(item: ServiceId, line: &NewLine, keys: KeyPlace) -> Value {
    let mut body = Members::default();
    body.reference("product", Some(item.0));
    body.set("quantity", line.span.quantity);
    body.set_some("unitPrice", line.price.map(money));
    body.set_some("unitCost", line.cost.map(money));
    body.set("effectiveDate", date::midnight(line.span.first));
    body.set_some("cancelledDate", line.span.last.map(date::midnight));
    let (place, key) = keys.member(&line.key);
    body.set(place, key);
    let billing = line.terms.as_ref().map_or_else(LineBilling::default, |terms| terms.billing);
    body.set("billCustomer", billing_word(billing));
    if let Some(terms) = &line.terms {
        body.terms(terms);
    }
    Value::Object(body.0)
}

impl Members {
    fn terms(&mut self, terms: &LineTerms) {
        self.set_some("invoiceDescription", terms.invoice_description.clone());
        self.set_some("taxableFlag", terms.taxable);
        let free = Some(terms.less_included).filter(|free| *free != Decimal::ZERO);
        self.set_some("lessIncluded", free.map(number::exact));
        self.set_some("sequenceNumber", terms.sequence.map(number::exact));
        self.reference("invoiceGrouping", terms.invoice_grouping);
        self.reference("opportunity", terms.opportunity);
    }
}

/// As ConnectWise writes it.
pub(super) fn billing_word(billing: LineBilling) -> &'static str {
    match billing {
        LineBilling::Billable => "Billable",
        LineBilling::DoNotBill => "DoNotBill",
        LineBilling::NoCharge => "NoCharge",
    }
}

/// A new catalog item under SKU and motion (sync-rules 10.16, 10.17g).
fn item(product: &ProductKey, draft: &ServiceDraft) -> Value {
    let sku = identifier(product, draft);
    let mut body = Members::default();
    body.set("identifier", sku.as_str());
    body.set("description", cut(&draft.description, assumed::DESCRIPTION));
    body.set(
        "customerDescription",
        cut(&customer_description(draft), assumed::CUSTOMER_DESCRIPTION),
    );
    let chosen = |what| draft.chosen.of(what).copied();
    body.reference("subcategory", chosen(Thing::Subcategory));
    body.reference("type", chosen(Thing::ProductType));
    body.reference("unitOfMeasure", chosen(Thing::Unit));
    body.set_some("taxableFlag", chosen(Thing::Taxable).map(|chosen| chosen == TAXABLE));
    body.set("price", money(draft.price));
    body.set("cost", money(draft.cost));
    body.set("vendorSku", cut(&sku, assumed::ITEM_KEYS));
    if !draft.external_id.is_empty() {
        body.set("integrationXRef", cut(&draft.external_id, assumed::ITEM_KEYS));
    }
    Value::Object(body.0)
}

/// The product id of a new item.
pub(super) fn identifier(product: &ProductKey, draft: &ServiceDraft) -> String {
    cut(&format!("{}{}", product.motion.prefix(), draft.sku), assumed::IDENTIFIER)
}

/// The whole name of the product stands there, as the description is short.
fn customer_description(draft: &ServiceDraft) -> String {
    let texts = [&draft.invoice_description, &draft.description, &draft.name];
    texts.into_iter().find(|text| !text.is_empty()).cloned().unwrap_or_default()
}

/// At the end of a letter, without a sign that something is missing.
fn cut(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}

/// For messages: what a member is called, with what was sent.
pub(super) fn shown(day: Option<Day>) -> String {
    first_characters(&day.map_or_else(|| "none".to_owned(), |day| day.to_string()), 20)
}
