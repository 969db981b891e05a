//! What people do in ConnectWise's own screens, and what they see there: records changed by hand, invoicing, lines, timelines and
//! bills. Only the control endpoint calls these, and no rule of the API holds for them.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::{Value, json};

use super::additions::{billed_quantity, line};
use super::member::number_json;
use super::models::model;
use super::record::{Record, Values};
use super::role::Role;
use super::site::{Site, agreement_of};
use super::table::Table;
use super::waiting::{Hand, Waiting};

/// Who does what nobody is named for.
const SOMEBODY: &str = "jdoe";

/// Why a manual act is not possible.
#[derive(Debug)]
pub(crate) enum HandRefusal {
    /// No such record.
    Unknown(String),
    /// Not so.
    Invalid(String),
}

type Done<T> = Result<T, HandRefusal>;

/// Which periods are invoiced.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct InvoiceRun {
    through: NaiveDate,
    agreement: Option<i64>,
}

/// What the role lacks of what the guide asks for, and holds beyond it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RoleEdit {
    #[serde(default)]
    lacks: Vec<String>,
    #[serde(default)]
    holds: Vec<String>,
}

fn unknown(what: &str, id: i64) -> HandRefusal {
    HandRefusal::Unknown(format!("{what} {id} is not there"))
}

fn table(kind: &str) -> Done<Table> {
    let known = || Table::ALL.map(Table::kind).join(", ");
    let unknown = || HandRefusal::Unknown(format!("{kind:?} is no kind; known: {}", known()));
    Table::named(kind).ok_or_else(unknown)
}

/// Values set by hand: of their kinds, and lengths are nobody's concern.
fn set(table: Table, hand: &Hand, values: &mut Values) -> Done<()> {
    let model = model(table);
    for (name, value) in &hand.values {
        let member = model.member(name).ok_or_else(|| {
            HandRefusal::Invalid(format!("{name:?} is no member of {}", model.name))
        })?;
        if value.is_null() {
            values.unset(name);
            continue;
        }
        let read =
            member.kind.any_length().read(value).map_err(|misfit| {
                HandRefusal::Invalid(format!("{value} is no {name}: {misfit:?}"))
            })?;
        values.set(name, read);
    }
    Ok(())
}

impl Site {
    /// Somebody changes a record.
    pub(crate) fn edit(&mut self, kind: &str, id: i64, hand: &Hand) -> Done<()> {
        let table = table(kind)?;
        let record = self.record(table, id).ok_or_else(|| unknown(kind, id))?;
        let mut values = record.values.clone();
        set(table, hand, &mut values)?;
        if hand.after_read {
            let agreement = agreement_of(record).filter(|_| table == Table::Additions);
            let agreement = agreement.ok_or_else(|| {
                HandRefusal::Invalid("after_read: only lines are read below an agreement".into())
            })?;
            self.wait(agreement, Some(id), hand);
            return Ok(());
        }
        self.change(table, id, values, hand.member.as_deref().unwrap_or(SOMEBODY));
        Ok(())
    }

    /// Somebody deletes a record.
    pub(crate) fn erase(&mut self, kind: &str, id: i64) -> Done<()> {
        let table = table(kind)?;
        self.record(table, id).ok_or_else(|| unknown(kind, id))?;
        self.drop_record(table, id);
        Ok(())
    }

    fn wait(&mut self, agreement: i64, addition: Option<i64>, hand: &Hand) {
        let hand = Hand { after_read: false, ..hand.clone() };
        self.waiting.push(Waiting { agreement, addition, hand });
    }

    /// What waited for the lines of an agreement to be read happens; what has become impossible meanwhile does not.
    pub(super) fn happen_after(&mut self, agreement: i64) {
        let due = self.waiting.extract_if(.., |waiting| waiting.agreement == agreement);
        for Waiting { addition, hand, .. } in due.collect::<Vec<_>>() {
            let done = match addition {
                Some(id) => self.edit(Table::Additions.kind(), id, &hand),
                None => self.add_by_hand(agreement, &hand).map(|_| ()),
            };
            if let Err(why) = done {
                tracing::warn!(?why, agreement, "a line was not changed by hand");
            }
        }
    }

    /// Somebody puts an addition on an agreement, now or after a reading; where now, its id.
    pub(crate) fn add_by_hand(&mut self, agreement: i64, hand: &Hand) -> Done<Option<i64>> {
        if self.record(Table::Agreements, agreement).is_none() {
            return Err(unknown("agreement", agreement));
        }
        let mut values = Values::default();
        set(Table::Additions, hand, &mut values)?;
        let item = values.reference("product").unwrap_or_default();
        if self.record(Table::Catalog, item).is_none() {
            return Err(unknown("product", item));
        }
        if hand.after_read {
            self.wait(agreement, None, hand);
            return Ok(None);
        }
        values.set("agreementId", Value::from(agreement));
        if !values.has("billCustomer") {
            values.set("billCustomer", json!("Billable"));
        }
        self.complete_addition(&mut values);
        let id = self.enter(Table::Additions, values, hand.member.as_deref().unwrap_or(SOMEBODY));
        self.invoice_at_once(id);
        Ok(Some(id))
    }

    /// Sets what the partner's workflow rule sets on every addition that the API writes; nothing ends it.
    pub(crate) fn set_workflow(&mut self, hand: &Hand) -> Done<()> {
        let mut values = Values::default();
        set(Table::Additions, hand, &mut values)?;
        self.workflow = values;
        Ok(())
    }

    /// Changes the rights of the API member; gives those it has.
    pub(crate) fn edit_role(&mut self, edit: &RoleEdit) -> Done<Vec<String>> {
        self.role = Role::changed(&edit.lacks, &edit.holds).map_err(HandRefusal::Invalid)?;
        Ok(self.role.words())
    }

    /// The site is upgraded: it answers to another code base only.
    pub(crate) fn upgrade(&mut self, code_base: &str) -> Done<()> {
        let letters = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        if code_base.is_empty() || !code_base.chars().all(letters) {
            return Err(HandRefusal::Invalid(format!("{code_base:?} is no code base")));
        }
        code_base.clone_into(&mut self.code_base);
        Ok(())
    }

    /// The partner runs agreement invoicing; gives how many invoices were made.
    pub(crate) fn run_invoicing(&mut self, run: &InvoiceRun) -> Done<usize> {
        if let Some(agreement) = run.agreement {
            self.record(Table::Agreements, agreement)
                .ok_or_else(|| unknown("agreement", agreement))?;
        }
        Ok(self.invoice(run.through, run.agreement))
    }

    /// Every addition on an agreement.
    pub(crate) fn lines(&self, agreement: i64) -> Done<Value> {
        self.known_agreement(agreement)?;
        Ok(self.additions_of(agreement).map(|record| self.line_json(record)).collect())
    }

    fn known_agreement(&self, agreement: i64) -> Done<()> {
        let there = self.record(Table::Agreements, agreement);
        there.map(|_| ()).ok_or_else(|| unknown("agreement", agreement))
    }

    fn line_json(&self, record: &Record) -> Value {
        let values = &record.values;
        let product = values.reference("product");
        let item = product.and_then(|id| self.record(Table::Catalog, id));
        let invoiced = self.ledger.of_addition(record.id).map(|charge| charge.period.end).max();
        json!({
            "id": record.id,
            "product_id": product,
            "identifier": item.and_then(|item| item.values.text("identifier")),
            "vendor_sku": item.and_then(|item| item.values.text("vendorSku")),
            "quantity": values.get("quantity"),
            "billed_quantity": number_json(billed_quantity(values)),
            "unit_price": values.get("unitPrice"),
            "unit_cost": values.get("unitCost"),
            "bill_customer": values.text("billCustomer"),
            "from": values.day("effectiveDate"),
            "to": values.day("cancelledDate"),
            "serial_number": values.text("serialNumber"),
            "entered_by": record.entered.by,
            "updated_by": record.updated.by,
            "invoiced_through": invoiced,
        })
    }

    /// How many of each product are in force from which day; of one product where it is named.
    pub(crate) fn timeline_of(&self, agreement: i64, product: Option<i64>) -> Done<Value> {
        self.known_agreement(agreement)?;
        let mut products: BTreeMap<i64, Vec<&Record>> = BTreeMap::new();
        for record in self.additions_of(agreement) {
            let of = record.values.reference("product").unwrap_or_default();
            if product.is_none_or(|one| one == of) {
                products.entry(of).or_default().push(record);
            }
        }
        let timelines = products.iter().map(|(product, records)| {
            let item = self.record(Table::Catalog, *product);
            let text = |name: &str| item.and_then(|item| item.values.text(name));
            json!({
                "product_id": product,
                "identifier": text("identifier"),
                "vendor_sku": text("vendorSku"),
                "steps": steps(records),
            })
        });
        Ok(timelines.collect())
    }

    /// What the invoice of the period that begins in a month says per product, before or after it was made.
    pub(crate) fn bill_in(&self, agreement: i64, month: (i32, u32)) -> Done<Value> {
        self.bill_of(agreement, month).ok_or_else(|| unknown("agreement", agreement))
    }
}

/// The days on which the quantity in force changes.
fn steps(records: &[&Record]) -> Vec<Value> {
    let spans: Vec<_> = records
        .iter()
        .filter_map(|record| {
            let line = line(record)?;
            Some((line.from, line.to, record.values.number("quantity").unwrap_or_default()))
        })
        .collect();
    let days: BTreeSet<NaiveDate> = spans
        .iter()
        .flat_map(|(from, to, _)| [Some(*from), to.and_then(|to| to.succ_opt())])
        .flatten()
        .collect();
    let mut last = Decimal::ZERO;
    let mut found = Vec::new();
    for day in days {
        let in_force =
            spans.iter().filter(|(from, to, _)| *from <= day && to.is_none_or(|to| day <= to));
        let units: Decimal = in_force.map(|(.., quantity)| *quantity).sum();
        if units != last {
            found.push(json!({"date": day, "units": units_json(units)}));
            last = units;
        }
    }
    found
}

/// Whole units without a point, as those of the other systems are told.
fn units_json(units: Decimal) -> Value {
    i64::try_from(units)
        .ok()
        .filter(|_| units.is_integer())
        .map_or_else(|| number_json(units), Value::from)
}
