//! What an entity says of itself: access and fields, with picklist values as strings (wire section 7).

use serde_json::{Value, json};

use super::reply::Answer;
use super::schema::{Access, Entity, Field, Origin, Verbs};

/// `entityInformation`.
pub(super) fn information(entity: &Entity) -> Answer {
    let child = entity.child.as_ref().map_or(Verbs::NONE, |child| child.verbs);
    let verbs = entity.verbs.and(child);
    let level = |verb| i32::from(verbs.allow(verb) && entity.origin != Origin::Closed);
    Answer::read(json!({"info": {
        "name": entity.singular,
        "canCreate": verbs.allow(Verbs::CREATE),
        "canDelete": verbs.allow(Verbs::DELETE),
        "canQuery": verbs.allow(Verbs::READ),
        "canUpdate": verbs.allow(Verbs::UPDATE),
        "userAccessForCreate": level(Verbs::CREATE),
        "userAccessForDelete": level(Verbs::DELETE),
        "userAccessForQuery": i32::from(verbs.allow(Verbs::READ)),
        "userAccessForUpdate": level(Verbs::UPDATE),
        "hasUserDefinedFields": entity.user_fields,
        "supportsWebhookCallouts": false,
    }}))
}

/// `entityInformation/fields`.
pub(super) fn fields(entity: &Entity) -> Answer {
    let fields: Vec<_> = entity.fields.iter().map(field).collect();
    Answer::read(json!({ "fields": fields }))
}

/// `entityInformation/userDefinedFields`: this tenant has none.
pub(super) fn user_fields() -> Answer {
    Answer::read(json!({ "fields": [] }))
}

fn field(field: &Field) -> Value {
    json!({
        "name": field.name,
        "dataType": field.kind.data_type(),
        "length": field.length,
        "isRequired": field.required,
        "isReadOnly": field.access != Access::Always,
        "isQueryable": field.queryable,
        "isReference": field.reference.is_some(),
        "referenceEntityType": field.reference.unwrap_or_default(),
        "isPickList": !field.choices.is_empty(),
        "picklistValues": choices(field),
        "picklistParentValueField": "",
        "isSupportedWebhookField": false,
    })
}

fn choices(field: &Field) -> Option<Vec<Value>> {
    (!field.choices.is_empty()).then(|| {
        let numbered = field.choices.iter().zip(1..);
        numbered
            .map(|((value, label), order)| {
                json!({
                    "value": value.to_string(),
                    "label": label,
                    "isDefaultValue": false,
                    "sortOrder": order,
                    "parentValue": "",
                    "isActive": true,
                    "isSystem": true,
                })
            })
            .collect()
    })
}
