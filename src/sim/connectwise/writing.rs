//! Creating, changing and deleting records (wire section 8): values are read strictly, what is left open is filled in, and the
//! whole record is checked before any of it is kept.

use serde_json::{Map, Value};

use super::member::{Access, Kind, Member, Misfit, Model, rounded};
use super::models::model;
use super::record::Values;
use super::refusal::{Answer, Outcome, Reason, Refusal};
use super::showing::View;
use super::site::{API_MEMBER, Site};
use super::table::Table;
use crate::assumptions::{CwClearDate, CwPatch, MoneyDecimals};

/// Members whose decimals may be cut.
const MONEY: [&str; 4] = ["unitPrice", "unitCost", "price", "cost"];

/// Members of an agreement that a PUT has to send.
const ON_UPDATES: [&str; 5] =
    ["employeeCompRate", "invoicingCycle", "billTime", "billExpenses", "billProducts"];

/// One operation of a PATCH on a member of the record itself.
struct Step {
    member: &'static Member,
    value: Option<Value>,
}

impl Site {
    /// A new record of a body; an addition stands on an agreement.
    pub(super) fn create(
        &mut self,
        table: Table,
        agreement: Option<i64>,
        body: &Value,
        view: View<'_>,
    ) -> Outcome {
        let model = model(table);
        let sent = object(&model, body)?;
        let mut values = self.read_members(&model, sent)?;
        if let Some(agreement) = agreement {
            values.set("agreementId", Value::from(agreement));
        }
        self.complete(table, &mut values);
        self.check(table, &values, None)?;
        self.run_workflow(table, &mut values);
        let id = self.enter(table, values, API_MEMBER);
        if table == Table::Additions {
            self.invoice_at_once(id);
        }
        let body = self.shown_by_id(table, id, view);
        let place = agreement.map_or_else(
            || format!("{}/{}/{id}", view.root, table.path()),
            |parent| format!("{}/finance/agreements/{parent}/additions/{id}", view.root),
        );
        Ok(Answer::written(body, Some(place), true))
    }

    /// A record changed member by member.
    pub(super) fn patch(&mut self, table: Table, id: i64, body: &Value, view: View<'_>) -> Outcome {
        let model = model(table);
        let before = self.values(table, id)?;
        let operations = body.as_array().ok_or_else(|| {
            let text = "The request body must be an array of operations.";
            Refusal::Request(text.to_owned())
        })?;
        let mut values = before.clone();
        match self.assumed().cw_patch {
            CwPatch::AllOrNothing => {
                let mut steps = Vec::new();
                for operation in operations {
                    steps.extend(self.step(&model, operation)?);
                }
                self.apply(table, &steps, &mut values);
                self.check(table, &values, Some(&before))?;
            }
            CwPatch::OneByOne => {
                for operation in operations {
                    let steps: Vec<Step> = self.step(&model, operation)?.into_iter().collect();
                    let mut next = values.clone();
                    self.apply(table, &steps, &mut next);
                    self.check(table, &next, Some(&before))?;
                    values = next;
                    self.change(table, id, values.clone(), API_MEMBER);
                }
            }
        }
        Ok(self.kept(table, id, values, &before, view))
    }

    /// A record replaced: what is not sent is as on a new one.
    pub(super) fn put(&mut self, table: Table, id: i64, body: &Value, view: View<'_>) -> Outcome {
        let model = model(table);
        let before = self.values(table, id)?;
        let mut values = self.read_members(&model, object(&model, body)?)?;
        let on_updates: &[&str] = match table {
            Table::Agreements => &ON_UPDATES,
            _ => &[],
        };
        let missing = on_updates.iter().filter(|name| !values.has(name));
        let mut wrong: Vec<Reason> = missing.map(|name| Reason::required(name)).collect();
        if let Some(agreement) = before.get("agreementId") {
            values.set("agreementId", agreement.clone());
        }
        self.complete(table, &mut values);
        wrong.extend(self.wrong(table, &values, Some(&before)));
        refuse(&model, wrong)?;
        Ok(self.kept(table, id, values, &before, view))
    }

    fn kept(
        &mut self,
        table: Table,
        id: i64,
        mut values: Values,
        before: &Values,
        view: View<'_>,
    ) -> Answer {
        self.run_workflow(table, &mut values);
        let changed = values != *before;
        self.change(table, id, values, API_MEMBER);
        if table == Table::Catalog {
            self.follow_item(id, before);
        }
        Answer::written(self.shown_by_id(table, id, view), None, changed)
    }

    pub(super) fn delete(&mut self, table: Table, id: i64) -> Outcome {
        self.values(table, id)?;
        if let Some(why) = self.in_use(table, id) {
            return Err(Refusal::Conflict(why));
        }
        self.drop_record(table, id);
        Ok(Answer::deleted())
    }

    fn values(&self, table: Table, id: i64) -> Result<Values, Refusal> {
        let record = self.record(table, id).ok_or_else(|| Refusal::no_record(id))?;
        Ok(record.values.clone())
    }

    fn shown_by_id(&self, table: Table, id: i64, view: View<'_>) -> Value {
        let record = self.record(table, id);
        record.map_or(Value::Null, |record| Value::Object(self.shown(table, record, view)))
    }

    /// What a body says of the members that can be written; the others are read over.
    fn read_members(&self, model: &Model, sent: &Map<String, Value>) -> Result<Values, Refusal> {
        let mut values = Values::default();
        let mut wrong = Vec::new();
        for member in model.members.iter().filter(|member| member.access != Access::Read) {
            let Some(value) = sent.get(member.name) else { continue };
            match self.read_member(model, member, value) {
                Ok(Some(value)) => values.set(member.name, value),
                Ok(None) => {}
                Err(Refusal::Invalid(_, reasons)) => wrong.extend(reasons),
                Err(refusal) => return Err(refusal),
            }
        }
        refuse(model, wrong)?;
        Ok(values)
    }

    /// A value for a member; none where it is unset.
    fn read_member(
        &self,
        model: &Model,
        member: &Member,
        value: &Value,
    ) -> Result<Option<Value>, Refusal> {
        if value.is_null() || value.as_str().is_some_and(|text| text.trim().is_empty()) {
            return Ok(None);
        }
        let read = member.kind.read(value);
        let read = read.map_err(|misfit| misfitting(model, member, &misfit))?;
        match member.kind {
            Kind::Reference(Some(to)) => {
                let found = self.referred(to, member.name, &read);
                found.map(Some).map_err(|reason| Refusal::Invalid(model.name, vec![reason]))
            }
            Kind::Number if MONEY.contains(&member.name) => Ok(Some(self.money(read))),
            _ => Ok(Some(read)),
        }
    }

    fn money(&self, read: Value) -> Value {
        let number = super::member::decimal(&read);
        match (self.assumed().cw_money_decimals, number) {
            (MoneyDecimals::Two, Some(number)) => super::member::number_json(rounded(number, 2)),
            _ => read,
        }
    }

    /// The record that a reference means, by id, identifier or name.
    fn referred(&self, to: Table, name: &str, reference: &Value) -> Result<Value, Reason> {
        let by_id = reference.get("id").and_then(Value::as_i64);
        if let Some(id) = by_id {
            let there = self.record(to, id).map(|_| serde_json::json!({ "id": id }));
            return there.ok_or_else(|| {
                Reason::not_found(&format!("{name}/id"), format!("{name} {id} not found"))
            });
        }
        for key in ["identifier", "name"] {
            let Some(text) = reference.get(key).and_then(Value::as_str) else { continue };
            let is = |held: &str| held.eq_ignore_ascii_case(text);
            let found = self.records(to).find(|record| record.values.text(key).is_some_and(is));
            return found.map(|record| serde_json::json!({ "id": record.id })).ok_or_else(|| {
                Reason::not_found(&format!("{name}/{key}"), format!("{name} {text} not found"))
            });
        }
        Err(Reason::new("MissingRequiredField", name, format!("The {name}/id field is required.")))
    }

    /// What an operation does; none where it is accepted without effect.
    fn step(&self, model: &Model, operation: &Value) -> Result<Option<Step>, Refusal> {
        let text = |name: &str| operation.get(name).and_then(Value::as_str).unwrap_or_default();
        let path = text("path").trim_start_matches('/');
        let (first, inner) = path.split_once('/').map_or((path, false), |(first, _)| (first, true));
        let Some(member) = model.member(first) else {
            let text = format!("The path {path} is not a member of {}.", model.name);
            return Err(Refusal::Invalid(model.name, vec![Reason::rule(path, text)]));
        };
        let op = text("op");
        if !["add", "replace", "remove"].iter().any(|known| known.eq_ignore_ascii_case(op)) {
            let text = format!("The operation {op} is not known.");
            return Err(Refusal::Invalid(model.name, vec![Reason::rule(path, text)]));
        }
        // A path into a reference is answered with 200 and does nothing, and so is one to a member that is computed.
        if inner || member.access == Access::Read {
            return Ok(None);
        }
        let removes = op.eq_ignore_ascii_case("remove");
        let sent = operation.get("value").unwrap_or(&Value::Null);
        let value = if removes { None } else { self.read_member(model, member, sent)? };
        if member.kind == Kind::Day && value.is_none() {
            let does = match self.assumed().cw_clear_date {
                CwClearDate::Both => true,
                CwClearDate::RemoveOnly => removes,
                CwClearDate::NullOnly => !removes,
            };
            return Ok(does.then_some(Step { member, value }));
        }
        Ok(Some(Step { member, value }))
    }

    fn apply(&self, table: Table, steps: &[Step], values: &mut Values) {
        for Step { member, value } in steps {
            match value {
                Some(value) => values.set(member.name, value.clone()),
                None => values.unset(member.name),
            }
        }
        let names = |name: &str| steps.iter().any(|step| step.member.name == name);
        let resent = names("unitPrice") && names("unitCost");
        if table == Table::Additions && names("product") && !resent {
            values.unset("unitPrice");
            values.unset("unitCost");
        }
        if table == Table::Additions {
            self.complete_addition(values);
        }
    }

    fn check(&self, table: Table, values: &Values, before: Option<&Values>) -> Result<(), Refusal> {
        refuse(&model(table), self.wrong(table, values, before))
    }

    /// All that is wrong with a record, whoever wrote it.
    fn wrong(&self, table: Table, values: &Values, before: Option<&Values>) -> Vec<Reason> {
        let model = model(table);
        let mut wrong = Vec::new();
        for member in model.members {
            match values.get(member.name) {
                None if member.access == Access::Required => {
                    wrong.push(Reason::required(member.name));
                }
                Some(value) => {
                    if let Err(misfit) = member.kind.read(value) {
                        wrong.extend(reason(member, &misfit));
                    }
                }
                None => {}
            }
        }
        wrong.extend(self.wrong_by_rules(table, values, before));
        wrong
    }
}

fn object<'b>(model: &Model, body: &'b Value) -> Result<&'b Map<String, Value>, Refusal> {
    body.as_object().ok_or_else(|| {
        let text = format!("The request body must be a {} object.", model.name);
        Refusal::Request(text)
    })
}

fn refuse(model: &Model, wrong: Vec<Reason>) -> Result<(), Refusal> {
    if wrong.is_empty() { Ok(()) } else { Err(Refusal::Invalid(model.name, wrong)) }
}

fn misfitting(model: &Model, member: &Member, misfit: &Misfit) -> Refusal {
    match reason(member, misfit) {
        Some(reason) => Refusal::Invalid(model.name, vec![reason]),
        None => Refusal::Broken("String was not recognized as a valid Boolean.".to_owned()),
    }
}

/// What is said of a value that does not fit; nothing where the server breaks on it.
fn reason(member: &Member, misfit: &Misfit) -> Option<Reason> {
    let name = member.name;
    match misfit {
        Misfit::Flag => None,
        Misfit::Length(most) => {
            let text =
                format!("The field {name} must be a string with a maximum length of {most}.");
            Some(Reason::new("MaxLengthField", name, text))
        }
        Misfit::Range => {
            let text = format!("The field {name} is out of range.");
            Some(Reason::new("OutOfRange", name, text))
        }
        Misfit::Kind => {
            let text = format!("The value given for {name} is not valid.");
            Some(Reason::rule(name, text))
        }
    }
}
