//! Reading: one item, a page of a query, a count, the children of a parent (wire section 4).

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use serde_json::{Map, Value, json};

use super::cell::Cell;
use super::filter::{Comparison, Condition, compile, member, unknown_field};
use super::paging::{Cursor, Links, Paging, read};
use super::picklist;
use super::reply::{Answer, Outcome, Refusal};
use super::schema::{Entity, Origin, Row};
use super::tenant::Tenant;
use crate::assumptions::{Assumptions, LetterCase, MissingId};
use crate::journal::System;

const LARGEST_PAGE: usize = 500;

/// A query as a client wrote it.
#[derive(Debug)]
pub(super) struct Query {
    condition: Condition,
    size: usize,
    fields: Option<Vec<usize>>,
}

impl Query {
    /// Reads the JSON of a body or of `search`; keys are matched without case.
    pub(super) fn parse(
        entity: &Entity,
        json: &[u8],
        assumed: Assumptions,
    ) -> Result<Self, Refusal> {
        let json: Value = serde_json::from_slice(json)
            .map_err(|error| Refusal::invalid(format!("The query is not valid JSON: {error}")))?;
        let Some(object) = json.as_object() else {
            return Err(Refusal::invalid("The query must be a JSON object."));
        };
        Ok(Self {
            condition: compile(entity, member(object, "filter"), assumed)?,
            size: page_size(member(object, "maxRecords"))?,
            fields: included(entity, member(object, "includeFields"))?,
        })
    }
}

impl Query {
    /// The only contracts it can mean; `None` where it names none.
    pub(super) fn contracts(&self, entity: &Entity) -> Option<BTreeSet<i64>> {
        self.condition.only(entity.position("contractID")?)
    }
}

fn page_size(value: Option<&Value>) -> Result<usize, Refusal> {
    let Some(value) = value.filter(|value| !value.is_null()) else { return Ok(LARGEST_PAGE) };
    let size = value.as_u64().and_then(|size| usize::try_from(size).ok());
    size.filter(|size| (1..=LARGEST_PAGE).contains(size)).ok_or_else(|| {
        Refusal::invalid(format!("maxRecords must be between 1 and {LARGEST_PAGE}."))
    })
}

fn included(entity: &Entity, value: Option<&Value>) -> Result<Option<Vec<usize>>, Refusal> {
    let names = value.and_then(Value::as_array).filter(|names| !names.is_empty());
    let Some(names) = names else { return Ok(None) };
    let position = |name: &Value| {
        let name = name.as_str().unwrap_or_default();
        entity.position(name).ok_or_else(|| unknown_field(entity, name))
    };
    names.iter().map(position).collect::<Result<_, _>>().map(Some)
}

/// A row as JSON: every field, or those asked for.
fn item(entity: &Entity, row: &Row, fields: Option<&[usize]>, assumed: Assumptions) -> Value {
    let member = |at: usize| {
        let field = &entity.fields[at];
        let cell = picklist::outward(field, assumed, row.cells[at].clone());
        (field.name.to_owned(), cell.json(assumed.date_form))
    };
    let mut object: Map<String, Value> = match fields {
        Some(fields) => fields.iter().map(|at| member(*at)).collect(),
        None => (0..entity.fields.len()).map(member).collect(),
    };
    if entity.user_fields && fields.is_none() {
        object.insert("userDefinedFields".into(), json!([]));
    }
    Value::Object(object)
}

impl Tenant {
    /// What is served for a row: it, or what stands in its place.
    fn served(&self, entity: &Entity, row: &Row, fields: Option<&[usize]>) -> Vec<Value> {
        let (odd_rows, assumed) = (&self.behaviour.odd_rows, self.assumed());
        if !odd_rows.concern(System::Autotask, entity.name) {
            return vec![item(entity, row, fields, assumed)];
        }
        let mut rows =
            odd_rows.serve(System::Autotask, entity.name, item(entity, row, None, assumed));
        if let Some(fields) = fields {
            let asked = |name: &String| fields.iter().any(|at| entity.fields[*at].name == name);
            let members = rows.iter_mut().filter_map(Value::as_object_mut);
            members.for_each(|members| members.retain(|name, _| asked(name)));
        }
        rows
    }

    pub(super) fn query(
        &self,
        entity: &Entity,
        query: &Query,
        paging: Option<Paging>,
        links: &Links<'_>,
    ) -> Outcome {
        let first = Paging { size: query.size, cursor: Cursor::First };
        let paging = paging.unwrap_or(first);
        let page = read(self, entity, &query.condition, paging);
        let fields = query.fields.as_deref();
        if page.more && fields.is_some_and(|fields| !fields.contains(&0)) {
            let text = "includeFields must list id when the result exceeds one page.";
            return Err(Refusal::invalid(text));
        }
        let items: Vec<_> =
            page.rows.iter().flat_map(|row| self.served(entity, row, fields)).collect();
        let details = links.details(&page, items.len(), paging.size);
        Ok(Answer::read(json!({"items": items, "pageDetails": details})))
    }

    /// How many rows a query finds.
    pub(super) fn count(&self, entity: &Entity, query: &Query) -> Answer {
        let mut count = 0_u64;
        self.scan(entity, &query.condition, -1, &mut |_| {
            count += 1;
            ControlFlow::Continue(())
        });
        Answer::read(json!({ "queryCount": count }))
    }

    /// One row; a missing one is `{"item":null}`, or not found.
    pub(super) fn one(&self, entity: &Entity, parent: Option<i64>, id: i64) -> Outcome {
        let row = match entity.origin {
            Origin::Units => self.unit_with_id(id),
            _ => self.row(entity, id).cloned(),
        };
        let link = entity.child.as_ref().map_or("", |child| child.link);
        let row = row.filter(|row| {
            parent.is_none_or(|parent| row.get(entity, link).whole() == Some(parent))
        });
        if row.is_none() && self.assumed().missing_id == MissingId::NotFound {
            return Err(Refusal::NotFound);
        }
        let served = row.and_then(|row| self.served(entity, &row, None).pop());
        Ok(Answer::read(json!({ "item": served })))
    }

    /// All children of a parent in one reply.
    pub(super) fn children(&self, entity: &Entity, parent: i64) -> Answer {
        let at = entity.child.as_ref().and_then(|child| entity.position(child.link));
        let mut items = Vec::new();
        if let Some(at) = at {
            let wanted = Comparison::Equal;
            let (value, case) = (Cell::Whole(parent), LetterCase::Blind);
            let of_parent = Condition::Compare { at, wanted, value, case };
            self.scan(entity, &of_parent, -1, &mut |row| {
                items.extend(self.served(entity, row, None));
                ControlFlow::Continue(())
            });
        }
        let count = items.len();
        Answer::read(json!({
            "items": items,
            "pageDetails": {
                "count": count,
                "requestCount": count,
                "prevPageUrl": null,
                "nextPageUrl": null,
            },
        }))
    }
}
