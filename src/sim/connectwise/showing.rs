//! A record as it is shown: what is kept, what follows from it, references with their names, and who changed it when.

use serde_json::{Map, Value, json};

use super::listing::Shown;
use super::member::{Kind, moment_text};
use super::models::model;
use super::record::{Record, Values};
use super::site::Site;
use super::table::Table;
use crate::assumptions::{CwAgreementStatus, CwEmptyMembers, CwNextInvoiceDate};
use crate::journal::System;

/// The members of an item's smaller record.
const OF_INFO: [&str; 15] = [
    "id",
    "identifier",
    "description",
    "inactiveFlag",
    "productClass",
    "serializedCostFlag",
    "price",
    "cost",
    "taxableFlag",
    "dropShipFlag",
    "specialOrderFlag",
    "customerDescription",
    "manufacturerPartNumber",
    "vendorSku",
    "billableOption",
];

/// Where links in answers begin, and which of the two records of an item is meant.
#[derive(Clone, Copy, Debug)]
pub(super) struct View<'r> {
    /// The API's root as the client wrote it.
    pub(super) root: &'r str,
    pub(super) smaller: bool,
}

impl Site {
    /// What is served in the place of a record: it, unless rows are odd.
    pub(super) fn served(&self, table: Table, record: &Record, view: View<'_>) -> Vec<Shown> {
        let shown = self.shown(table, record, view);
        let odd = &self.behaviour.odd_rows;
        if !odd.concern(System::Connectwise, table.kind()) {
            return vec![shown];
        }
        let served = odd.serve(System::Connectwise, table.kind(), Value::Object(shown));
        let objects = served.into_iter().filter_map(|row| match row {
            Value::Object(row) => Some(row),
            _ => None,
        });
        objects.collect()
    }

    /// A record with everything that follows from it.
    pub(super) fn shown(&self, table: Table, record: &Record, view: View<'_>) -> Shown {
        let model = model(table);
        let mut follows = self.follows(table, &record.values);
        let mut shown = Map::new();
        for member in model.members {
            if view.smaller && !OF_INFO.contains(&member.name) {
                continue;
            }
            let computed = follows.iter().position(|(name, _)| *name == member.name);
            let value = match (member.name, computed) {
                ("id", _) => Some(Value::from(record.id)),
                (_, Some(at)) => Some(follows.swap_remove(at).1),
                (name, None) => record.values.get(name).cloned(),
            };
            let value = value.map(|value| match member.kind {
                Kind::Reference(to) => self.reference(to, value, view.root),
                _ => value,
            });
            match value {
                Some(value) => {
                    shown.insert(member.name.to_owned(), value);
                }
                None if self.assumed().cw_empty_members == CwEmptyMembers::Null => {
                    shown.insert(member.name.to_owned(), Value::Null);
                }
                None => {}
            }
        }
        shown.insert("_info".to_owned(), info(record));
        shown
    }

    fn follows(&self, table: Table, values: &Values) -> Vec<(&'static str, Value)> {
        match table {
            Table::Additions => self.follows_from_addition(values),
            Table::Agreements => self.follows_from_agreement(values),
            Table::Catalog => {
                let sub = values.reference("subcategory");
                let sub = sub.and_then(|id| self.record(Table::Subcategories, id));
                let category = sub.and_then(|sub| sub.values.get("category").cloned());
                category.map(|category| ("category", category)).into_iter().collect()
            }
            _ => Vec::new(),
        }
    }

    fn follows_from_agreement(&self, values: &Values) -> Vec<(&'static str, Value)> {
        let assumed = self.assumed();
        let mut found = Vec::new();
        if assumed.cw_agreement_status == CwAgreementStatus::Computed {
            found.push(("agreementStatus", Value::from(self.status_of(values).word())));
        }
        if let Some(next) = values.day("nextInvoiceDate") {
            let text = match assumed.cw_next_invoice_date {
                CwNextInvoiceDate::DateTime => format!("{next}T00:00:00Z"),
                CwNextInvoiceDate::Date => next.to_string(),
            };
            found.push(("nextInvoiceDate", Value::from(text)));
        }
        found
    }

    /// A reference with what the record it means is called.
    fn reference(&self, to: Option<Table>, value: Value, root: &str) -> Value {
        let id = value.get("id").and_then(Value::as_i64);
        let (Some(to), Some(id)) = (to, id) else { return value };
        let Some(record) = self.record(to, id) else { return value };
        let mut named = Map::new();
        named.insert("id".to_owned(), Value::from(id));
        let names: &[&str] = match to {
            Table::Companies => &["identifier", "name"],
            Table::Catalog => &["identifier"],
            _ => &["name"],
        };
        for name in names {
            if let Some(text) = record.values.get(name) {
                named.insert((*name).to_owned(), text.clone());
            }
        }
        let link = format!("{root}/{}/{id}", to.path());
        named.insert("_info".to_owned(), json!({ href(to): link }));
        Value::Object(named)
    }
}

/// What a link to a record of a table is called.
fn href(to: Table) -> String {
    let name = match to {
        Table::Companies => "company",
        Table::CompanyStatuses => "status",
        Table::Agreements => "agreement",
        Table::AgreementTypes | Table::CompanyTypes | Table::ProductTypes => "type",
        Table::BillingCycles => "billingCycle",
        Table::Additions => "addition",
        Table::Catalog => "catalog",
        Table::Categories => "category",
        Table::Subcategories => "subCategory",
        Table::Units => "unitOfMeasure",
    };
    format!("{name}_href")
}

fn info(record: &Record) -> Value {
    json!({
        "lastUpdated": moment_text(record.updated.at),
        "updatedBy": record.updated.by,
        "dateEntered": moment_text(record.entered.at),
        "enteredBy": record.entered.by,
    })
}
