//! Writing rows by the general rules: required fields, types, lengths, picklists, references, what may
//! be set when (wire section 5). Unknown members are ignored. What is special to an entity is elsewhere.

use std::cmp::Ordering;

use serde_json::Value;

use super::cell::Cell;
use super::entities::{CONTRACTS, SERVICES, referred};
use super::filter::unknown_field;
use super::picklist;
use super::reply::{Answer, Outcome, Refusal};
use super::rules::check_contract;
use super::schema::{Access, Entity, Field, Origin, Row};
use super::tenant::Tenant;
use crate::assumptions::{Surplus, TimedDates};

/// How much an update says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    /// PATCH: what is not named stays.
    Sparse,
    /// PUT: what is not named becomes null.
    Full,
}

/// The known members of a body with their places; the last of a repeated one counts.
fn given<'a>(
    entity: &Entity,
    body: &'a Value,
    unknown: Surplus,
) -> Result<Vec<(usize, &'a Value)>, Refusal> {
    let Some(object) = body.as_object() else {
        return Err(Refusal::invalid(format!("The body must be one {} object.", entity.singular)));
    };
    let stray = |name: &&String| {
        entity.position(name).is_none() && !name.eq_ignore_ascii_case("userDefinedFields")
    };
    if let Some(name) = object.keys().find(stray).filter(|_| unknown == Surplus::Refuse) {
        return Err(unknown_field(entity, name));
    }
    let known = |(name, value): (&String, &'a Value)| Some((entity.position(name)?, value));
    Ok(object.iter().filter_map(known).collect())
}

fn of_entity(entity: &Entity, name: &str, what: &str) -> Refusal {
    Refusal::invalid(format!("The field {name} of the {} Entity {what}.", entity.singular))
}

/// A field that a client may not set.
pub(super) fn read_only(entity: &Entity, name: &str) -> Refusal {
    of_entity(entity, name, "is read-only")
}

/// A row equals another value of the same field.
fn same(a: &Cell, b: &Cell) -> bool {
    a == b || a.order(b) == Some(Ordering::Equal) && a.as_text() == b.as_text()
}

impl Tenant {
    pub(super) fn create(&mut self, entity: &Entity, parent: Option<i64>, body: &Value) -> Outcome {
        match entity.origin {
            Origin::Table => self.create_row(entity, body),
            Origin::ContractServices => self.create_contract_service(parent, body),
            Origin::Adjustments => self.adjust(parent, body),
            Origin::Units | Origin::Closed => Err(no_right(entity, "create")),
        }
    }

    pub(super) fn update(
        &mut self,
        entity: &Entity,
        parent: Option<i64>,
        body: &Value,
        extent: Extent,
    ) -> Outcome {
        if entity.origin == Origin::Closed {
            return Err(no_right(entity, "update"));
        }
        let before = self.named_row(entity, body)?.clone();
        let mut row = self.updated(entity, &before, body, extent)?;
        let id = row.id();
        if entity.origin == Origin::ContractServices {
            return self.update_contract_service(parent, &before, row);
        }
        self.check_rules(entity, Some(&before), &mut row)?;
        let changed = row != before;
        if changed {
            self.store(entity, Some(&before), row);
        }
        Ok(Answer::item(Some(id), changed))
    }

    fn create_row(&mut self, entity: &Entity, body: &Value) -> Outcome {
        let mut row = self.new_row(entity, body)?;
        self.check_rules(entity, None, &mut row)?;
        let id = self.table(entity).take_id();
        row.cells[0] = Cell::Whole(id);
        self.store(entity, None, row);
        Ok(Answer::item(Some(id), true))
    }

    fn check_rules(
        &self,
        entity: &Entity,
        before: Option<&Row>,
        row: &mut Row,
    ) -> Result<(), Refusal> {
        match entity.name {
            name if name == SERVICES.name => self.check_service(before, row),
            name if name == CONTRACTS.name => check_contract(before, row),
            _ => Ok(()),
        }
    }

    fn store(&mut self, entity: &Entity, before: Option<&Row>, row: Row) {
        match entity.name {
            name if name == SERVICES.name => self.store_service(before, row),
            name if name == CONTRACTS.name => self.store_contract(row),
            _ => self.table(entity).insert(row),
        }
    }

    /// The row an update names by the `id` in its body.
    fn named_row(&self, entity: &Entity, body: &Value) -> Result<&Row, Refusal> {
        let id = given(entity, body, self.assumed().unknown_members)?
            .into_iter()
            .find(|(at, _)| *at == 0);
        let id = id.and_then(|(_, value)| entity.fields[0].kind.read(value));
        let Some(id) = id.and_then(|cell| cell.whole()) else {
            return Err(Refusal::invalid("Value does not exist for the required field id"));
        };
        self.row(entity, id).ok_or_else(|| {
            Refusal::invalid(format!("No message. No matching records found. id {id}"))
        })
    }

    /// The row a create describes, with id 0, checked but for the entity's own rules.
    pub(super) fn new_row(&self, entity: &Entity, body: &Value) -> Result<Row, Refusal> {
        let mut row = Row::new(entity, 0);
        let members = given(entity, body, self.assumed().unknown_members)?;
        for (at, value) in members.into_iter().filter(|(_, v)| !v.is_null()) {
            let field = &entity.fields[at];
            let cell = self.read(entity, field, value)?;
            if at == 0 {
                if cell.whole() != Some(0) {
                    return Err(of_entity(entity, field.name, "cannot be set on create"));
                }
                continue;
            }
            if field.access == Access::Never {
                return Err(read_only(entity, field.name));
            }
            row.cells[at] = cell;
        }
        require(entity, &row)?;
        Ok(row)
    }

    fn updated(
        &self,
        entity: &Entity,
        before: &Row,
        body: &Value,
        extent: Extent,
    ) -> Result<Row, Refusal> {
        let mut row = before.clone();
        if extent == Extent::Full {
            let free = |at: &usize| entity.fields[*at].access == Access::Always;
            for at in (0..entity.fields.len()).filter(free) {
                row.cells[at] = Cell::Null;
            }
        }
        row.cells[0] = before.cells[0].clone();
        let assumed = self.assumed();
        let members = given(entity, body, assumed.unknown_members)?;
        for (at, value) in members.into_iter().filter(|(at, _)| *at != 0) {
            let field = &entity.fields[at];
            let cell = if value.is_null() { Cell::Null } else { self.read(entity, field, value)? };
            if field.access == Access::Always {
                row.cells[at] =
                    if same(&cell, &before.cells[at]) { before.cells[at].clone() } else { cell };
            } else if !cell.is_null()
                && (assumed.equal_read_only == Surplus::Refuse || !same(&cell, &before.cells[at]))
            {
                return Err(read_only(entity, field.name));
            }
        }
        require(entity, &row)?;
        Ok(row)
    }

    /// One value by its field's type, length, picklist and reference.
    fn read(&self, entity: &Entity, field: &Field, value: &Value) -> Result<Cell, Refusal> {
        let cell = field.kind.read(value).ok_or_else(|| {
            let what = format!("needs a valid {} value", field.kind.data_type());
            of_entity(entity, field.name, &what)
        })?;
        let assumed = self.assumed();
        let cell = picklist::inward(field, assumed, cell.kept(assumed.money_decimals));
        if assumed.timed_dates == TimedDates::Refused && field.kind.drops_time(value) {
            return Err(of_entity(entity, field.name, "needs a date without a time of day"));
        }
        let length = field.length(assumed.key_lengths);
        if cell.as_text().is_some_and(|text| text.chars().count() > length) {
            let what = format!("must not be longer than {length} characters");
            return Err(of_entity(entity, field.name, &what));
        }
        let Some(number) = cell.whole() else { return Ok(cell) };
        if !field.choices.is_empty() && !picklist::takes(field, assumed.picklists, number) {
            let name = field.name;
            return Err(Refusal::invalid(format!(
                "Picklist value [{number}] does not exist for {name}."
            )));
        }
        let target = field.reference.and_then(referred).filter(|to| to.origin != Origin::Closed);
        if target.is_some_and(|target| self.row(target, number).is_none()) {
            return Err(of_entity(
                entity,
                field.name,
                &format!("refers to {number}, which is not there"),
            ));
        }
        Ok(cell)
    }
}

fn require(entity: &Entity, row: &Row) -> Result<(), Refusal> {
    let missing =
        entity.fields.iter().zip(&row.cells).find(|(f, cell)| f.required && cell.is_null());
    missing.map_or(Ok(()), |(field, _)| Err(Refusal::required(field.name)))
}

fn no_right(entity: &Entity, what: &str) -> Refusal {
    Refusal::invalid(format!(
        "The logged in Resource does not have the adequate permissions to {what} this entity type. \
         {}",
        entity.singular
    ))
}
