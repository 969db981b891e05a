//! What an entity says of itself: access and fields, with picklist values as strings (wire section 7).

use serde_json::{Value, json};

use super::picklist;
use super::reply::Answer;
use super::schema::{Access, Entity, Field, Origin, Verbs};
use crate::assumptions::{Assumptions, Metadata};

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
pub(super) fn fields(entity: &Entity, assumed: Assumptions) -> Answer {
    let of = |one| field(one, entity, assumed);
    let fields: Vec<_> = entity.fields.iter().map(of).collect();
    Answer::read(json!({ "fields": fields }))
}

/// `entityInformation/userDefinedFields`: this tenant has none.
pub(super) fn user_fields() -> Answer {
    Answer::read(json!({ "fields": [] }))
}

/// The opening prices of a contract service are shown as a switch says, not by when they can be set.
fn is_read_only(field: &Field, entity: &Entity, assumed: Assumptions) -> bool {
    if entity.origin == Origin::ContractServices && ["unitPrice", "unitCost"].contains(&field.name)
    {
        return assumed.opening_price_metadata == Metadata::ReadOnly;
    }
    field.access != Access::Always
}

fn field(field: &Field, entity: &Entity, assumed: Assumptions) -> Value {
    json!({
        "name": field.name,
        "dataType": field.kind.data_type(),
        "length": field.length(assumed.key_lengths),
        "isRequired": field.required,
        "isReadOnly": is_read_only(field, entity, assumed),
        "isQueryable": field.queryable,
        "isReference": field.reference.is_some(),
        "referenceEntityType": field.reference.unwrap_or_default(),
        "isPickList": !field.choices.is_empty(),
        "picklistValues": picklist::values(field, assumed),
        "picklistParentValueField": "",
        "isSupportedWebhookField": false,
    })
}
