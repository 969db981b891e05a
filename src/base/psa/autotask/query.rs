//! Queries in Autotask's own words (wire/autotask 4.2).
//!
//! Operators are typed: one that the server does not know it drops in silence, and the query returns everything.

use serde_json::{Value, json};

use super::wire::date;
use crate::domain::Day;

/// Rows of one page; also the most that the server gives.
pub(super) const PAGE: usize = 500;

/// Values of one `in` list (wire/autotask 14, row 8).
pub(super) const LIST: usize = 200;

/// So many lists are read side by side: the server takes no more of an entity at once (wire/autotask 8). Pages of one list
/// come one after the other, and those of rows are many.
pub(super) const SIDE_BY_SIDE: usize = 3;

/// A condition.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Filter(Value);

impl Filter {
    /// Every row: company 0 is real, so not `gt 0`.
    pub(super) fn everything() -> Self {
        Self::compare("gte", "id", 0)
    }

    /// The field equals the number.
    pub(super) fn equals(field: &str, value: i64) -> Self {
        Self::compare("eq", field, value)
    }

    /// The field is true.
    pub(super) fn is_true(field: &str) -> Self {
        Self::compare("eq", field, true)
    }

    /// The field is this day or later.
    pub(super) fn from_day(field: &str, day: Day) -> Self {
        Self::compare("gte", field, date::midnight(day))
    }

    /// The field is one of at most [`LIST`] numbers.
    pub(super) fn one_of(field: &str, values: &[i64]) -> Self {
        Self::compare("in", field, values)
    }

    /// Any of them holds.
    pub(super) fn any(filters: impl IntoIterator<Item = Self>) -> Self {
        let items: Vec<Value> = filters.into_iter().map(|filter| filter.0).collect();
        Self(json!({"op": "or", "items": items}))
    }

    fn compare(operator: &str, field: &str, value: impl Into<Value>) -> Self {
        let value: Value = value.into();
        Self(json!({"op": operator, "field": field, "value": value}))
    }
}

/// What is asked of one entity.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Query {
    /// Such as `ContractServiceUnits`.
    pub entity: &'static str,
    filters: Vec<Filter>,
    fields: &'static [&'static str],
}

impl Query {
    /// Rows for which all filters hold.
    pub(super) fn new(entity: &'static str, filters: impl IntoIterator<Item = Filter>) -> Self {
        Self { entity, filters: filters.into_iter().collect(), fields: &[] }
    }

    /// With only these fields, `id` among them. Only for fields that every tenant has: an unknown one is an error.
    pub(super) fn only(self, fields: &'static [&'static str]) -> Self {
        Self { fields, ..self }
    }

    /// The body of a count.
    pub(super) fn counting(filter: &Filter) -> Value {
        json!({"filter": [filter.0]})
    }

    /// The body, which is also the body for every further page (4.3).
    pub(super) fn body(&self) -> Value {
        let filters: Vec<&Value> = self.filters.iter().map(|filter| &filter.0).collect();
        let mut body = json!({"maxRecords": PAGE, "filter": filters});
        if !self.fields.is_empty() {
            body["includeFields"] = json!(self.fields);
        }
        body
    }
}
