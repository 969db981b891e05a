//! The values of a picklist as metadata shows them, and which of them a write may use. A tenant may have
//! values that share a label, active or not (wire section 14).

use serde_json::{Value, json};

use super::schema::Field;
use crate::sim::assumptions::Picklists;

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

/// `picklistValues`: none for a plain field.
pub(super) fn values(field: &Field, picklists: Picklists) -> Option<Vec<Value>> {
    let numbered = listed(field, picklists).into_iter().zip(1..);
    (!field.choices.is_empty()).then(|| {
        numbered
            .map(|(one, order)| {
                json!({
                    "value": one.value.to_string(),
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
