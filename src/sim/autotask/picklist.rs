//! The values of a picklist as metadata shows them, and which of them a write may use. A tenant may have
//! values that share a label, active or not (wire section 14).

use serde_json::{Value, json};

use super::cell::Cell;
use super::schema::Field;
use crate::assumptions::{Assumptions, Picklists, TypeNumbers};

/// How far a second value of a label lies from the first.
const BESIDE: i64 = 100;

struct Listed {
    value: i64,
    label: &'static str,
    active: bool,
}

/// Each label's doubles come before it, as an older value does.
fn listed(field: &Field, picklists: Picklists) -> Vec<Listed> {
    let double = |value, label| match picklists {
        Picklists::Plain => None,
        Picklists::InactiveDuplicate => Some(Listed { value, label, active: false }),
        Picklists::TwoActive => Some(Listed { value, label, active: true }),
    };
    let both = |(value, label): &(i64, &'static str)| {
        let own = Listed { value: *value, label, active: true };
        double(value + BESIDE, label).into_iter().chain([own])
    };
    field.choices.iter().flat_map(both).collect()
}

/// Fields with numbers that nobody documents, and the one that somebody does.
const CERTAIN: [(&str, i64); 4] =
    [("contractType", 7), ("status", 1), ("companyType", 1), ("useType", 5)];

/// How far numbers that are not certain lie away where they are others.
const AWAY: i64 = 50;

fn moves(field: &Field, assumed: Assumptions) -> Option<i64> {
    let certain = CERTAIN.iter().find(|(name, _)| *name == field.name)?;
    (!field.choices.is_empty() && assumed.type_numbers == TypeNumbers::Moved).then_some(certain.1)
}

/// A number as this tenant shows it.
pub(super) fn outward(field: &Field, assumed: Assumptions, cell: Cell) -> Cell {
    match (cell, moves(field, assumed)) {
        (Cell::Whole(number), Some(certain)) if number != certain => Cell::Whole(number + AWAY),
        (cell, _) => cell,
    }
}

/// A number that this tenant was sent, as it is stored.
pub(super) fn inward(field: &Field, assumed: Assumptions, cell: Cell) -> Cell {
    match (cell, moves(field, assumed)) {
        (Cell::Whole(number), Some(certain)) if number != certain => Cell::Whole(number - AWAY),
        (cell, _) => cell,
    }
}

/// `picklistValues`: none for a plain field.
pub(super) fn values(field: &Field, assumed: Assumptions) -> Option<Vec<Value>> {
    let numbered = listed(field, assumed.picklists).into_iter().zip(1..);
    let shown = |value| outward(field, assumed, Cell::Whole(value)).whole().unwrap_or(value);
    (!field.choices.is_empty()).then(|| {
        numbered
            .map(|(one, order)| {
                json!({
                    "value": shown(one.value).to_string(),
                    "label": one.label,
                    "isDefaultValue": false,
                    "sortOrder": order,
                    "parentValue": "",
                    "isActive": one.active,
                    "isSystem": true,
                })
            })
            .collect()
    })
}

/// Whether a row may have this value from now on.
pub(super) fn takes(field: &Field, picklists: Picklists, value: i64) -> bool {
    listed(field, picklists).iter().any(|one| one.active && one.value == value)
}
