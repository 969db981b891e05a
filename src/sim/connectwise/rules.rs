//! What new records get where a body leaves it open, which rules records must keep, and what deleting them would break; additions
//! have theirs in a place of their own.

use serde_json::{Value, json};

use super::member::{day_json, number_json};
use super::record::Values;
use super::refusal::Reason;
use super::site::Site;
use super::table::Table;
use crate::assumptions::{CwCatalogPrices, CwDuplicateIdentifier, CwInvoicedDelete, Refusal};

/// Members of an address, one of which a company needs.
const ADDRESS: [&str; 6] = ["addressLine1", "addressLine2", "city", "state", "zip", "country"];

impl Site {
    /// Fills in what a new record leaves open.
    pub(super) fn complete(&self, table: Table, values: &mut Values) {
        match table {
            Table::Additions => self.complete_addition(values),
            Table::Agreements => self.complete_agreement(values),
            Table::Catalog => self.complete_item(values),
            Table::Companies => {
                set_open(values, "deletedFlag", json!(false));
                let usual = self.records(Table::CompanyStatuses);
                let usual = usual.into_iter().find(|one| one.values.flag("defaultFlag"));
                if let Some(usual) = usual {
                    set_open(values, "status", json!({ "id": usual.id }));
                }
            }
            _ => {}
        }
    }

    fn complete_agreement(&self, values: &mut Values) {
        set_open(values, "cancelledFlag", json!(false));
        set_open(values, "noEndingDateFlag", json!(false));
        set_open(values, "startDate", day_json(self.today()));
        // Not the start: whoever leaves it open gets a day that can be later, which then blocks additions.
        set_open(values, "billStartDate", day_json(self.today()));
        if let Some(start) = values.get("billStartDate").cloned() {
            set_open(values, "nextInvoiceDate", start);
        }
        let kind = values.reference("type").and_then(|id| self.record(Table::AgreementTypes, id));
        let Some(kind) = kind.map(|kind| kind.values.clone()) else { return };
        set_open(values, "prorateFlag", json!(kind.flag("prorateFlag")));
        set_open(
            values,
            "invoiceProratedAdditionsFlag",
            json!(kind.flag("invoiceProratedAdditionsFlag")),
        );
        for name in [
            "employeeCompRate",
            "invoicingCycle",
            "billTime",
            "billExpenses",
            "billProducts",
            "billingCycle",
        ] {
            if let Some(value) = kind.get(name) {
                set_open(values, name, value.clone());
            }
        }
    }

    fn complete_item(&self, values: &mut Values) {
        for name in ["inactiveFlag", "serializedFlag", "taxableFlag", "recurringFlag"] {
            set_open(values, name, json!(false));
        }
        set_open(values, "productClass", json!("NonInventory"));
        for name in ["price", "cost"] {
            set_open(values, name, number_json(0.into()));
        }
        let unit = self.records(Table::Units).find(|unit| unit.values.flag("defaultFlag"));
        if let Some(unit) = unit.map(|unit| unit.id) {
            set_open(values, "unitOfMeasure", json!({ "id": unit }));
        }
        if self.assumed().cw_duplicate_identifier == CwDuplicateIdentifier::Copy {
            self.copy_identifier(values);
        }
    }

    /// A taken identifier gets a tail, until it is free.
    fn copy_identifier(&self, values: &mut Values) {
        let Some(wanted) = values.text("identifier").map(str::to_owned) else { return };
        let mut identifier = wanted.clone();
        let mut copies = 0;
        while self.taken(Table::Catalog, &identifier, 0) {
            identifier = format!("{wanted}-Copy{copies}");
            copies += 1;
        }
        values.set("identifier", Value::from(identifier));
    }

    /// How many records have an identifier, whatever its case.
    fn taken(&self, table: Table, identifier: &str, allowed: usize) -> bool {
        let same = |held: &str| held.eq_ignore_ascii_case(identifier);
        let holders = self.records(table);
        holders.filter(|one| one.values.text("identifier").is_some_and(same)).count() > allowed
    }

    /// What is wrong by rules that the schema does not tell.
    pub(super) fn wrong_by_rules(
        &self,
        table: Table,
        values: &Values,
        before: Option<&Values>,
    ) -> Vec<Reason> {
        let mut wrong = Vec::new();
        if table == Table::Additions {
            wrong.extend(self.wrong_in_addition(values, before));
        }
        if matches!(table, Table::Catalog | Table::Companies) {
            wrong.extend(self.wrong_identifier(table, values, before));
        }
        if table == Table::Catalog && before.is_none() {
            wrong.extend(self.inactive_setup(values));
        }
        if table == Table::Companies
            && before.is_none()
            && !ADDRESS.iter().any(|name| values.has(name))
        {
            wrong.push(Reason::required("addressLine1"));
        }
        wrong
    }

    fn wrong_identifier(
        &self,
        table: Table,
        values: &Values,
        before: Option<&Values>,
    ) -> Option<Reason> {
        let identifier = values.text("identifier")?;
        let held = before.and_then(|before| before.text("identifier"));
        let own = held.is_some_and(|held| held.eq_ignore_ascii_case(identifier));
        self.taken(table, identifier, usize::from(own)).then(|| {
            let text = format!("The identifier {identifier} already exists.");
            Reason::new("ObjectExists", "identifier", text)
        })
    }

    /// Setup records of a new item that are inactive.
    fn inactive_setup(&self, values: &Values) -> Vec<Reason> {
        if self.assumed().cw_inactive_item == Refusal::Accept {
            return Vec::new();
        }
        let sub = values.reference("subcategory");
        let record = sub.and_then(|id| self.record(Table::Subcategories, id));
        let category = record.and_then(|sub| sub.values.reference("category"));
        let named = [
            ("subcategory", Table::Subcategories, sub),
            ("category", Table::Categories, category),
            ("type", Table::ProductTypes, values.reference("type")),
            ("unitOfMeasure", Table::Units, values.reference("unitOfMeasure")),
        ];
        let inactive = named.into_iter().filter(|(_, table, id)| {
            let record = id.and_then(|id| self.record(*table, id));
            record.is_some_and(|record| record.values.flag("inactiveFlag"))
        });
        inactive
            .map(|(name, ..)| {
                Reason::rule(&format!("{name}/id"), format!("The {name} is inactive."))
            })
            .collect()
    }

    /// Why a record cannot be deleted.
    pub(super) fn in_use(&self, table: Table, id: i64) -> Option<String> {
        let refers = |table: Table, name: &str| {
            self.records(table).any(|record| record.values.reference(name) == Some(id))
        };
        let used = match table {
            Table::Additions => {
                self.assumed().cw_invoiced_delete == CwInvoicedDelete::Conflict
                    && self.ledger.of_addition(id).next().is_some()
            }
            Table::Companies => refers(Table::Agreements, "company"),
            Table::CompanyStatuses => refers(Table::Companies, "status"),
            Table::CompanyTypes => false,
            Table::Agreements => self.additions_of(id).next().is_some(),
            Table::AgreementTypes => refers(Table::Agreements, "type"),
            Table::BillingCycles => refers(Table::Agreements, "billingCycle"),
            Table::Catalog => refers(Table::Additions, "product"),
            Table::Categories => refers(Table::Subcategories, "category"),
            Table::Subcategories => refers(Table::Catalog, "subcategory"),
            Table::ProductTypes => refers(Table::Catalog, "type"),
            Table::Units => refers(Table::Catalog, "unitOfMeasure"),
        };
        used.then(|| format!("Record {id} is in use."))
    }

    /// Sets what the partner's workflow rule sets on additions.
    pub(super) fn run_workflow(&self, table: Table, values: &mut Values) {
        if table == Table::Additions {
            for (name, value) in &self.workflow.0 {
                values.set(name, value.clone());
            }
        }
    }

    /// Additions take over the new price and cost of their item, where it is so assumed.
    pub(super) fn follow_item(&mut self, item: i64, before: &Values) {
        if self.assumed().cw_catalog_prices == CwCatalogPrices::Kept {
            return;
        }
        let Some(now) = self.record(Table::Catalog, item).map(|item| item.values.clone()) else {
            return;
        };
        for record in self.rows(Table::Additions).records.values_mut() {
            if record.values.reference("product") != Some(item) {
                continue;
            }
            for (name, of_item) in [("unitPrice", "price"), ("unitCost", "cost")] {
                if let Some(value) =
                    now.get(of_item).filter(|_| now.get(of_item) != before.get(of_item))
                {
                    record.values.set(name, value.clone());
                }
            }
        }
    }
}

fn set_open(values: &mut Values, name: &str, value: Value) {
    if !values.has(name) {
        values.set(name, value);
    }
}
