//! What a tenant's own metadata says (wire/autotask 7): picklists by label, lengths; with fallbacks where it says nothing.
//!
//! Read once and kept. It must not know what the values are for.

use std::sync::Arc;

use tokio::sync::OnceCell;

use super::{
    advice::finding,
    assumed,
    session::Session,
    wire::{Choice, Field, Fields},
};
use crate::{
    domain::{Code, ReadError, target::ContractKind},
    psa::ServiceLimits,
};

/// Metadata of the entities that a sync needs; each is read when it is first needed.
#[derive(Clone, Debug, Default)]
pub(super) struct Metadata {
    /// Companies.
    pub companies: Entity,
    /// Contracts.
    pub contracts: Entity,
    /// Billing codes.
    pub billing_codes: Entity,
    /// Services.
    pub services: Entity,
    /// Services on contracts.
    pub contract_services: Entity,
}

/// The fields of one entity, once read.
#[derive(Clone, Debug, Default)]
pub(super) struct Entity(Arc<OnceCell<KnownFields>>);

impl Entity {
    /// Its fields. A tenant that refuses to tell them leaves the fallbacks; trouble with the connection does not.
    pub(super) async fn read(
        &self,
        session: &Session,
        name: &str,
    ) -> Result<&KnownFields, ReadError> {
        // A zone that cannot be found is no refusal of metadata.
        session.base().await?;
        self.0
            .get_or_try_init(|| async {
                let path = format!("{name}/entityInformation/fields");
                match session.get::<Fields>(&path).await {
                    Ok(fields) => Ok(KnownFields(Some(fields))),
                    Err(ReadError::Refused(_) | ReadError::Unreadable(_)) => Ok(KnownFields(None)),
                    Err(error) => Err(error),
                }
            })
            .await
    }

    /// What was read so far.
    pub(super) fn so_far(&self) -> &KnownFields {
        static NOTHING: KnownFields = KnownFields(None);
        self.0.get().unwrap_or(&NOTHING)
    }
}

/// Fields as read; none where the tenant told nothing.
#[derive(Clone, Debug, Default)]
pub(super) struct KnownFields(Option<Fields>);

impl KnownFields {
    fn field(&self, name: &str) -> Option<&Field> {
        let fields = &self.0.as_ref()?.fields;
        fields.iter().find(|field| field.name.eq_ignore_ascii_case(name))
    }

    fn choices(&self, field: &str) -> &[Choice] {
        self.field(field).and_then(|field| field.picklist_values.as_deref()).unwrap_or_default()
    }

    /// The number of the value with this label, or the fallback. Labels are compared without case, and retired values do
    /// not count (wire/autotask 14, row 31). Of several with one label it is the fallback's, if that is among them;
    /// otherwise the first, where a wrong one can do no harm.
    pub(super) fn number(&self, field: &str, label: &str, fallback: i64) -> i64 {
        let found = self.numbers(field, label);
        if found.contains(&fallback) {
            fallback
        } else {
            found.first().copied().unwrap_or(fallback)
        }
    }

    /// The same where a wrong one would do harm.
    ///
    /// # Errors
    /// Where several active values carry the label, and the usual number is none of them.
    pub(super) fn one_number(
        &self,
        field: &str,
        label: &str,
        fallback: i64,
    ) -> Result<i64, ReadError> {
        let found = self.numbers(field, label);
        if found.len() < 2 || found.contains(&fallback) {
            return Ok(self.number(field, label, fallback));
        }
        let numbers: Vec<String> = found.iter().map(ToString::to_string).collect();
        let text = format!(
            "Autotask has several active values “{label}” of {field}: {}.",
            numbers.join(", ")
        );
        Err(ReadError::Refused(finding(Code::Picklist, text)))
    }

    fn numbers(&self, field: &str, label: &str) -> Vec<i64> {
        let named = |choice: &&Choice| {
            choice.is_active != Some(false)
                && choice
                    .label
                    .as_deref()
                    .is_some_and(|text| text.trim().eq_ignore_ascii_case(label))
        };
        let found = self.choices(field).iter().filter(named);
        found.filter_map(|choice| choice.value.trim().parse().ok()).collect()
    }

    /// The label of a number.
    pub(super) fn label(&self, field: &str, number: i64) -> Option<&str> {
        let same = |choice: &&Choice| choice.value.trim().parse() == Ok(number);
        self.choices(field).iter().find(same)?.label.as_deref()
    }

    /// Characters of a text field.
    fn length(&self, field: &str, fallback: usize) -> usize {
        let told = self.field(field).and_then(|field| field.length);
        told.and_then(|length| usize::try_from(length).ok())
            .filter(|length| *length > 0)
            .unwrap_or(fallback)
    }

    /// Whether the tenant has the field; yes where it told nothing, as unknown members are ignored on write.
    pub(super) fn has(&self, field: &str) -> bool {
        self.0.is_none() || self.field(field).is_some()
    }

    /// Whether a member may be given when a row of the entity is made: not where the tenant calls it read-only (read-only
    /// *and* required is given on create alone, wire/autotask 7), or lists fields without it. Where nothing could be read it
    /// may: that a server takes it is the documented case, and one that does not says so or leaves it out (14, row 27).
    pub(super) fn takes_on_create(&self, field: &str) -> bool {
        let writable =
            |field: &Field| field.is_read_only != Some(true) || field.is_required == Some(true);
        self.0.is_none() || self.field(field).is_some_and(writable)
    }

    /// Whether a contract type may carry services, with the tenant's word for it.
    pub(super) fn contract_kind(&self, number: Option<i64>) -> ContractKind {
        let recurring =
            self.number("contractType", "Recurring Service", assumed::CONTRACT_TYPE_RECURRING);
        match number {
            Some(number) if number == recurring => ContractKind::Recurring,
            Some(number) => {
                let label = self.label("contractType", number).map(str::to_owned);
                ContractKind::Other(label.unwrap_or_else(|| format!("type {number}")))
            }
            None => ContractKind::Other("typeless".to_owned()),
        }
    }

    /// Months of a contract's billing period.
    pub(super) fn period_months(&self, number: Option<i64>) -> u32 {
        let label = number.and_then(|number| self.label("contractPeriodType", number));
        let words = label.unwrap_or_default().to_ascii_lowercase();
        match words.trim() {
            "monthly" => 1,
            "quarterly" => 3,
            "semi-annual" | "semi-annually" | "semi annual" => 6,
            "yearly" | "annual" | "annually" => 12,
            _ => assumed::months_of_period(number),
        }
    }

    /// The lengths of a service's texts.
    pub(super) fn service_limits(&self) -> ServiceLimits {
        let key = |field| self.has(field).then(|| self.length(field, assumed::SERVICE_KEYS));
        ServiceLimits {
            name: self.length("name", assumed::SERVICE_NAME),
            description: self.length("description", assumed::SERVICE_DESCRIPTION),
            invoice_description: self
                .length("invoiceDescription", assumed::SERVICE_INVOICE_DESCRIPTION),
            sku: key("sku"),
            external_id: key("externalID"),
            price_decimals: assumed::PRICE_DECIMALS,
            by_sku: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn known(fields: &serde_json::Value) -> KnownFields {
        KnownFields(serde_json::from_value(json!({"fields": fields})).expect("fields"))
    }

    #[test]
    fn picklist_values_are_texts_in_metadata_and_numbers_on_entities() {
        let known = known(&json!([{"name": "contractType", "length": 0, "picklistValues": [
            {"value": "1", "label": "Time & Materials"},
            {"value": "42", "label": "recurring service"},
        ]}]));
        assert_eq!(known.contract_kind(Some(42)), ContractKind::Recurring);
        let other = ContractKind::Other("Time & Materials".to_owned());
        assert_eq!(known.contract_kind(Some(1)), other);
        assert_eq!(known.contract_kind(Some(7)), ContractKind::Other("type 7".to_owned()));
    }

    #[test]
    fn without_metadata_the_usual_numbers_hold() {
        let known = KnownFields::default();
        assert_eq!(known.contract_kind(Some(7)), ContractKind::Recurring);
        let months: Vec<u32> = (2..=5).map(|code| known.period_months(Some(code))).collect();
        assert_eq!(months, [1, 3, 6, 12]);
        assert_eq!(known.service_limits().name, 100);
        assert_eq!(known.service_limits().sku, Some(50));
    }

    #[test]
    fn a_member_that_metadata_calls_read_only_is_not_given_on_create() {
        let known = known(&json!([
            {"name": "unitPrice", "isReadOnly": true, "isRequired": false},
            {"name": "unitCost", "isReadOnly": false, "isRequired": false},
            {"name": "serviceID", "isReadOnly": true, "isRequired": true},
        ]));
        let given = ["unitPrice", "unitCost", "serviceID", "adjustedPrice"];
        assert_eq!(given.map(|field| known.takes_on_create(field)), [false, true, true, false]);
        assert!(KnownFields::default().takes_on_create("unitPrice"), "nothing is known against it");
    }

    #[test]
    fn periods_go_by_their_label() {
        let known = known(&json!([{"name": "contractPeriodType", "picklistValues": [
            {"value": "9", "label": "Quarterly"}, {"value": "3", "label": "Yearly"},
        ]}]));
        assert_eq!((known.period_months(Some(9)), known.period_months(Some(3))), (3, 12));
    }

    #[test]
    fn lengths_come_from_metadata_and_a_missing_field_is_missing() {
        let known = known(&json!([
            {"name": "name", "length": 150}, {"name": "description", "length": 0},
            {"name": "externalID", "length": 30},
        ]));
        let limits = known.service_limits();
        assert_eq!((limits.name, limits.description), (150, 400));
        assert_eq!((limits.sku, limits.external_id), (None, Some(30)));
    }
}
