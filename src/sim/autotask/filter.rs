//! The filter language of a query (wire section 4.2), compiled against an entity's fields. Operators
//! that are not known are dropped without a word to the client, as the real server does.

use std::cmp::Ordering;
use std::collections::{BTreeSet, HashSet};

use serde_json::{Map, Value};

use super::cell::{Cell, Kind};
use super::picklist;
use super::reply::Refusal;
use super::schema::{Entity, Row};
use crate::assumptions::{Assumptions, LetterCase, OrConditions};

/// Groups within groups.
const DEEPEST: usize = 20;

/// A compiled filter.
#[derive(Debug)]
pub(super) enum Condition {
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Compare { at: usize, wanted: Comparison, value: Cell, case: LetterCase },
    Among { at: usize, negated: bool, ids: HashSet<i64>, others: Vec<Cell>, case: LetterCase },
    Text { at: usize, part: Part, value: String, case: LetterCase },
    Present { at: usize, wanted: bool },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    Other,
    Above,
    AtLeast,
    Below,
    AtMost,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Part {
    Beginning,
    End,
    Anywhere,
}

impl Comparison {
    fn holds(self, order: Ordering) -> bool {
        match self {
            Self::Equal => order.is_eq(),
            Self::Other => order.is_ne(),
            Self::Above => order.is_gt(),
            Self::AtLeast => order.is_ge(),
            Self::Below => order.is_lt(),
            Self::AtMost => order.is_le(),
        }
    }
}

impl Condition {
    /// As a database does: nothing compares with null, not even `noteq` and `notIn`.
    pub(super) fn holds(&self, row: &Row) -> bool {
        match self {
            Self::All(items) => items.iter().all(|item| item.holds(row)),
            Self::Any(items) => items.iter().any(|item| item.holds(row)),
            Self::Compare { at, wanted, value, case } => {
                row.cells[*at].order_by(value, *case).is_some_and(|order| wanted.holds(order))
            }
            Self::Among { at, negated, ids, others, case } => match &row.cells[*at] {
                Cell::Null => false,
                Cell::Whole(id) => ids.contains(id) != *negated,
                cell => {
                    others.iter().any(|o| cell.order_by(o, *case) == Some(Ordering::Equal))
                        != *negated
                }
            },
            Self::Text { at, part, value, case } => row.cells[*at].as_text().is_some_and(|text| {
                let text = cased(text, *case);
                match part {
                    Part::Beginning => text.starts_with(value),
                    Part::End => text.ends_with(value),
                    Part::Anywhere => text.contains(value),
                }
            }),
            Self::Present { at, wanted } => row.cells[*at].is_null() != *wanted,
        }
    }

    /// The only values a whole-number field may have, if the filter says so at its top.
    pub(super) fn only(&self, at: usize) -> Option<BTreeSet<i64>> {
        match self {
            Self::All(items) => items.iter().find_map(|item| item.only(at)),
            Self::Compare { at: field, wanted: Comparison::Equal, value, .. } if *field == at => {
                value.whole().map(|id| BTreeSet::from([id]))
            }
            Self::Among { at: field, negated: false, ids, .. } if *field == at => {
                Some(ids.iter().copied().collect())
            }
            _ => None,
        }
    }
}

/// Compiles the value of `filter`.
pub(super) fn compile(
    entity: &Entity,
    filter: Option<&Value>,
    assumed: Assumptions,
) -> Result<Condition, Refusal> {
    let items = filter.and_then(Value::as_array).filter(|items| !items.is_empty());
    let Some(items) = items else {
        return Err(Refusal::invalid(format!(
            "A query of {} needs a filter with at least one condition.",
            entity.name
        )));
    };
    let mut compiler = Compiler { entity, assumed, alternatives: 0, user_fields: 0 };
    let conditions = compiler.conditions(items, (DEEPEST, false))?;
    let most = match assumed.or_conditions {
        OrConditions::Usual => 500,
        OrConditions::Fewer => 200,
    };
    if compiler.alternatives > most {
        return Err(Refusal::invalid(format!("A query may have at most {most} OR conditions.")));
    }
    Ok(Condition::All(conditions))
}

/// A member of an object whatever its case.
pub(super) fn member<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    object.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

struct Compiler<'a> {
    entity: &'a Entity,
    assumed: Assumptions,
    alternatives: usize,
    user_fields: usize,
}

/// Levels that may still come, and whether the group around is an OR.
type Place = (usize, bool);

impl Compiler<'_> {
    fn conditions(&mut self, items: &[Value], place: Place) -> Result<Vec<Condition>, Refusal> {
        let mut conditions = Vec::new();
        for item in items {
            conditions.extend(self.condition(item, place)?);
        }
        Ok(conditions)
    }

    /// One entry; `None` where its operator is unknown.
    fn condition(&mut self, item: &Value, place: Place) -> Result<Option<Condition>, Refusal> {
        let Some(item) = item.as_object() else {
            return Err(Refusal::invalid("Every entry of a filter must be an object."));
        };
        let op = member(item, "op").and_then(Value::as_str).unwrap_or_default();
        let spelt = self.assumed.operator_case == LetterCase::Blind || SPELT.contains(&op);
        match op.to_ascii_lowercase().as_str() {
            group @ ("and" | "or") if spelt || op == group => {
                self.group(item, group == "or", place)
            }
            known if spelt && KNOWN.contains(&known) => {
                self.alternatives += usize::from(place.1);
                self.leaf(known, item).map(Some)
            }
            _ => {
                tracing::warn!(entity = self.entity.name, op, "dropped an unknown filter operator");
                Ok(None)
            }
        }
    }

    fn group(
        &mut self,
        item: &Map<String, Value>,
        any: bool,
        (depth, _): Place,
    ) -> Result<Option<Condition>, Refusal> {
        let items = member(item, "items").and_then(Value::as_array);
        let items = items.filter(|items| !items.is_empty() && depth > 0);
        let items = items.ok_or_else(|| Refusal::invalid("A filter group needs its items."))?;
        let conditions = self.conditions(items, (depth - 1, any))?;
        Ok((!conditions.is_empty())
            .then(|| if any { Condition::Any(conditions) } else { Condition::All(conditions) }))
    }

    fn leaf(&mut self, op: &str, item: &Map<String, Value>) -> Result<Condition, Refusal> {
        let at = self.field(item)?;
        let value = member(item, "value");
        match op {
            "exist" => return Ok(Condition::Present { at, wanted: true }),
            "notexist" => return Ok(Condition::Present { at, wanted: false }),
            "in" => return self.among(at, value, false),
            "notin" => return self.among(at, value, true),
            _ => {}
        }
        let case = self.assumed.text_case;
        let value = self.value(at, value.unwrap_or(&Value::Null))?;
        if let Some(wanted) = comparison(op) {
            return Ok(Condition::Compare { at, wanted, value, case });
        }
        let Cell::Text(text) = value else {
            let name = self.entity.fields[at].name;
            return Err(Refusal::invalid(format!("{op} needs a string field, not {name}.")));
        };
        let part = match op {
            "beginswith" => Part::Beginning,
            "endswith" => Part::End,
            _ => Part::Anywhere,
        };
        Ok(Condition::Text { at, part, value: cased(&text, case), case })
    }

    fn field(&mut self, item: &Map<String, Value>) -> Result<usize, Refusal> {
        let name = member(item, "field").and_then(Value::as_str).unwrap_or_default();
        if member(item, "udf") == Some(&Value::Bool(true)) {
            self.user_fields += 1;
            if self.user_fields > 1 {
                let text = "Only one user-defined field may be queried at a time.";
                return Err(Refusal::invalid(text));
            }
            return Err(unknown_field(self.entity, name));
        }
        let at = self.entity.position(name).ok_or_else(|| unknown_field(self.entity, name))?;
        if !self.entity.fields[at].queryable {
            return Err(Refusal::invalid(format!(
                "The field {name} of the {} Entity cannot be queried.",
                self.entity.singular
            )));
        }
        Ok(at)
    }

    fn value(&self, at: usize, value: &Value) -> Result<Cell, Refusal> {
        let field = &self.entity.fields[at];
        let cell = field.kind.read(value).map(|cell| picklist::inward(field, self.assumed, cell));
        cell.ok_or_else(|| {
            let hint = if value.is_null() { " Use exist or notExist for null." } else { "" };
            Refusal::invalid(format!(
                "The value of a condition on {} must be of type {}.{hint}",
                field.name,
                field.kind.data_type()
            ))
        })
    }

    fn among(
        &mut self,
        at: usize,
        value: Option<&Value>,
        negated: bool,
    ) -> Result<Condition, Refusal> {
        let values = value.and_then(Value::as_array).filter(|values| !values.is_empty());
        let values =
            values.ok_or_else(|| Refusal::invalid("in and notIn need a list of values."))?;
        self.alternatives += values.len();
        let cells: Vec<_> = values.iter().map(|v| self.value(at, v)).collect::<Result<_, _>>()?;
        let whole = matches!(self.entity.fields[at].kind, Kind::Integer | Kind::Long);
        let ids = cells.iter().filter_map(Cell::whole).collect();
        let others = if whole { Vec::new() } else { cells };
        Ok(Condition::Among { at, negated, ids, others, case: self.assumed.text_case })
    }
}

/// Operators as the documentation spells them.
const SPELT: [&str; 13] = [
    "eq",
    "noteq",
    "gt",
    "gte",
    "lt",
    "lte",
    "beginsWith",
    "endsWith",
    "contains",
    "exist",
    "notExist",
    "in",
    "notIn",
];

const KNOWN: [&str; 13] = [
    "eq",
    "noteq",
    "gt",
    "gte",
    "lt",
    "lte",
    "beginswith",
    "endswith",
    "contains",
    "exist",
    "notexist",
    "in",
    "notin",
];

fn cased(text: &str, case: LetterCase) -> String {
    match case {
        LetterCase::Blind => text.to_lowercase(),
        LetterCase::Exact => text.to_owned(),
    }
}

fn comparison(op: &str) -> Option<Comparison> {
    match op {
        "eq" => Some(Comparison::Equal),
        "noteq" => Some(Comparison::Other),
        "gt" => Some(Comparison::Above),
        "gte" => Some(Comparison::AtLeast),
        "lt" => Some(Comparison::Below),
        "lte" => Some(Comparison::AtMost),
        _ => None,
    }
}

/// The evidenced text, entity in the singular.
pub(super) fn unknown_field(entity: &Entity, name: &str) -> Refusal {
    Refusal::invalid(format!("Unable to find {name} in the {} Entity.", entity.singular))
}
