//! Autotask's JSON, as it comes (wire/autotask 3, 10–13), made into values that cannot hurt: bounded numbers, real days.
//!
//! No wire type leaves the adapter. Nothing here may send or decide.

use serde::{Deserialize, de::IgnoredAny};

use crate::domain::{Day, Money};

pub(crate) mod date;
pub(crate) mod number;

/// A row of a query: pages come in ascending id.
pub(super) trait Row {
    /// Its id.
    fn id(&self) -> i64;
}

macro_rules! row {
    ($($name:ident),+) => {$(
        impl Row for $name {
            fn id(&self) -> i64 {
                self.id
            }
        }
    )+};
}

row!(Company, Contract, BillingCode, Service, ContractService, Unit);

/// A row that could not be decoded: which, and the member at fault with its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Odd {
    /// Its own id, where that is a number.
    pub id: Option<i64>,
    /// Its contract, where that is a number.
    pub contract: Option<i64>,
    /// Its contract service, where that is a number.
    pub contract_service: Option<i64>,
    /// Such as `units is 2.5: not a whole number of units`.
    pub fault: String,
}

/// What a query gave: the rows that could be decoded, and those that could not.
#[derive(Debug)]
pub(super) struct Rows<T> {
    /// In ascending id.
    pub good: Vec<T>,
    /// In the order of the answer.
    pub odd: Vec<Odd>,
}

impl<T> Default for Rows<T> {
    fn default() -> Self {
        Self { good: Vec::new(), odd: Vec::new() }
    }
}

/// A page whose rows are decoded one by one, after its rows as a whole were refused.
pub(super) type LoosePage = Page<serde_json::Value>;

/// Decodes rows one by one.
pub(super) fn one_by_one<T: serde::de::DeserializeOwned>(items: Vec<serde_json::Value>) -> Rows<T> {
    let mut rows = Rows::default();
    for item in items {
        match serde_path_to_error::deserialize(&item) {
            Ok(row) => rows.good.push(row),
            Err(error) => rows.odd.push(odd(&item, &error)),
        }
    }
    rows
}

fn odd(item: &serde_json::Value, error: &serde_path_to_error::Error<serde_json::Error>) -> Odd {
    let member = error.path().to_string();
    let number = |name: &str| item.get(name).and_then(serde_json::Value::as_i64);
    let fault = match item.get(&member) {
        Some(value) => {
            let shown: String = value.to_string().chars().take(LONGEST_VALUE).collect();
            format!("{member} is {}", crate::http::clean(&shown))
        }
        None => error.inner().to_string(),
    };
    Odd {
        id: number("id"),
        contract: number("contractID"),
        contract_service: number("contractServiceID"),
        fault,
    }
}

/// Characters of an odd value that are shown.
const LONGEST_VALUE: usize = 60;

/// One page of a query (4.2).
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Page<T> {
    /// The rows.
    pub items: Vec<T>,
    /// Where the next page is.
    #[serde(default)]
    pub page_details: PageDetails,
}

/// The envelope of a page.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PageDetails {
    /// Absolute and opaque; none on the last page (4.3).
    #[serde(default)]
    pub next_page_url: Option<String>,
}

/// The answer to a count (4.4).
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Count {
    /// Rows that match.
    pub query_count: i64,
}

/// The answer to a write. The member must be there; null is success too (13.2).
#[derive(Debug, Deserialize)]
pub(super) struct Created {
    /// The row's id.
    #[serde(rename = "itemId", deserialize_with = "number::id_or_null")]
    pub item_id: Option<i64>,
}

/// What a refusal looks like: the documented list, or ASP.NET's own (9).
#[derive(Debug, Default, Deserialize)]
pub(super) struct Errors {
    /// Autotask's texts.
    #[serde(default)]
    pub errors: Option<Vec<String>>,
    /// Routing trouble.
    #[serde(default, rename = "Message", alias = "message")]
    pub message: Option<String>,
}

/// Zone discovery (1).
#[derive(Debug, Deserialize)]
pub(super) struct Zone {
    /// Ends with a slash after `ATServicesRest`.
    pub url: String,
}

/// `GET V1.0/Version`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Version {
    #[serde(rename = "majorVersion")]
    major: Option<String>,
    #[serde(rename = "minorVersion")]
    minor: Option<String>,
    build: Option<String>,
}

impl Version {
    /// `2026.1.3`, of what there is. A build that names the whole version already stands alone.
    pub(super) fn text(&self) -> Option<String> {
        let parts = [&self.major, &self.minor];
        let parts: Vec<&str> = parts.into_iter().filter_map(Option::as_deref).collect();
        let version = parts.join(".");
        match self.build.as_deref() {
            Some(build) if build.starts_with(&version) => Some(build.to_owned()),
            Some(build) => Some(format!("{version}.{build}")),
            None => (!version.is_empty()).then_some(version),
        }
    }
}

/// The hourly budget (8).
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Threshold {
    /// Requests an hour.
    pub external_request_threshold: u64,
    /// Requests of the last hour, by everybody.
    pub current_timeframe_request_count: u64,
}

/// `entityInformation` (7).
#[derive(Debug, Deserialize)]
pub(super) struct Information {
    /// What may be done.
    pub info: Access,
}

/// Access to one entity: 0 none, 1 all, 2 restricted.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Access {
    /// Whether the entity can be created at all.
    pub can_create: Option<bool>,
    /// Likewise queried.
    pub can_query: Option<bool>,
    /// Likewise updated.
    pub can_update: Option<bool>,
    /// This user's right to create.
    pub user_access_for_create: Option<i64>,
    /// To query.
    pub user_access_for_query: Option<i64>,
    /// To update.
    pub user_access_for_update: Option<i64>,
}

/// `entityInformation/fields` (7).
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Fields {
    /// The fields of the entity.
    pub fields: Vec<Field>,
}

/// One field.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Field {
    /// Its name.
    pub name: String,
    /// Characters; 0 for what is no text.
    #[serde(default)]
    pub length: Option<i64>,
    /// Must be given on create.
    #[serde(default)]
    pub is_required: Option<bool>,
    /// Cannot be set; with *required*, cannot be changed later.
    #[serde(default)]
    pub is_read_only: Option<bool>,
    /// Values to pick from.
    #[serde(default)]
    pub picklist_values: Option<Vec<Choice>>,
}

/// A value to pick: text here, a number on entities (3).
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Choice {
    /// Such as `"7"`.
    #[serde(deserialize_with = "number::text_or_number")]
    pub value: String,
    /// Such as `Recurring Service`.
    #[serde(default)]
    pub label: Option<String>,
    /// Values that were retired stay in the list, and on old entities (14, row 31).
    #[serde(default)]
    pub is_active: Option<bool>,
}

/// A company (10).
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Company {
    /// 0 is the tenant itself.
    pub id: i64,
    /// Its name.
    #[serde(default, rename = "companyName")]
    pub name: Option<String>,
    /// Its active flag.
    #[serde(default)]
    pub is_active: Option<bool>,
    /// Its web address.
    #[serde(default)]
    pub web_address: Option<String>,
}

/// A contract (11.1).
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Contract {
    /// Its id.
    pub id: i64,
    /// Whose.
    #[serde(rename = "companyID")]
    pub company_id: i64,
    /// Its name.
    #[serde(default, rename = "contractName")]
    pub name: Option<String>,
    /// Picklist; recurring service ones only carry services.
    #[serde(default, rename = "contractType")]
    pub kind: Option<i64>,
    /// Picklist.
    #[serde(default)]
    pub status: Option<i64>,
    /// Picklist.
    #[serde(default, rename = "contractPeriodType")]
    pub period_type: Option<i64>,
    /// First day.
    #[serde(default, deserialize_with = "date::day_or_none")]
    pub start_date: Option<Day>,
    /// Last day.
    #[serde(default, deserialize_with = "date::day_or_none")]
    pub end_date: Option<Day>,
}

/// A billing code (11.2).
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct BillingCode {
    /// Its id.
    pub id: i64,
    /// Its name.
    #[serde(default)]
    pub name: Option<String>,
    /// Picklist.
    #[serde(default)]
    pub use_type: Option<i64>,
    /// Its active flag.
    #[serde(default)]
    pub is_active: Option<bool>,
}

/// A service (12).
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Service {
    /// Its id.
    pub id: i64,
    /// Unique.
    #[serde(default)]
    pub name: Option<String>,
    /// Newer tenants.
    #[serde(default)]
    pub sku: Option<String>,
    /// Newer tenants.
    #[serde(default, rename = "externalID")]
    pub external_id: Option<String>,
    /// Unit price.
    #[serde(default, deserialize_with = "number::money_or_null")]
    pub unit_price: Option<Money>,
    /// Hidden from users without the cost right.
    #[serde(default, deserialize_with = "number::money_or_null")]
    pub unit_cost: Option<Money>,
    /// Its active flag.
    #[serde(default)]
    pub is_active: Option<bool>,
    /// Its billing code.
    #[serde(default, rename = "billingCodeID")]
    pub billing_code_id: Option<i64>,
}

/// A service on a contract (13.1).
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ContractService {
    /// Its id.
    pub id: i64,
    /// Its contract.
    #[serde(rename = "contractID")]
    pub contract_id: i64,
    /// Its service.
    #[serde(rename = "serviceID")]
    pub service_id: i64,
    /// As created, in the customer's currency.
    #[serde(default, deserialize_with = "number::money_or_null")]
    pub unit_price: Option<Money>,
    /// In force.
    #[serde(default, deserialize_with = "number::money_or_null")]
    pub unit_cost: Option<Money>,
    /// As created, in the tenant's currency.
    #[serde(default, deserialize_with = "number::money_or_null")]
    pub internal_currency_unit_price: Option<Money>,
    /// In force, in the tenant's currency.
    #[serde(default, deserialize_with = "number::money_or_null")]
    pub internal_currency_adjusted_price: Option<Money>,
}

impl ContractService {
    /// The sell price in force in the customer's currency (13.1): the adjusted price turned back by the ratio of the
    /// two currencies, which is 1 where there is but one.
    pub(super) fn effective_price(&self) -> Option<Money> {
        let (Some(adjusted), Some(internal), Some(own)) = (
            self.internal_currency_adjusted_price,
            self.internal_currency_unit_price,
            self.unit_price,
        ) else {
            return self.internal_currency_adjusted_price.or(self.unit_price);
        };
        if internal == own || internal.is_zero() || own.is_zero() {
            return Some(adjusted);
        }
        let turned = adjusted.0.checked_mul(own.0)?.checked_div(internal.0)?;
        Some(Money(turned).rounded(super::assumed::PRICE_DECIMALS))
    }
}

/// Units over a span (13.3).
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Unit {
    /// Its id.
    pub id: i64,
    /// Its contract.
    #[serde(rename = "contractID")]
    pub contract_id: i64,
    /// Its service.
    #[serde(rename = "serviceID")]
    pub service_id: i64,
    /// Its contract service; old tenants leave it out.
    #[serde(default, rename = "contractServiceID")]
    pub contract_service_id: Option<i64>,
    /// First day.
    #[serde(deserialize_with = "date::day")]
    pub start_date: Day,
    /// Last day; not to be relied on.
    #[serde(default, deserialize_with = "date::day_or_none")]
    pub end_date: Option<Day>,
    /// Total in force.
    #[serde(deserialize_with = "number::units")]
    pub units: i64,
    /// Extended amount of the span.
    #[serde(default, deserialize_with = "number::money_or_null")]
    pub price: Option<Money>,
    /// Extended likewise.
    #[serde(default, deserialize_with = "number::money_or_null")]
    pub cost: Option<Money>,
    /// Set once it was billed.
    #[serde(default)]
    pub approve_and_post_date: Option<IgnoredAny>,
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(r#"{"majorVersion": "2026", "minorVersion": "1", "build": "7"}"#, Some("2026.1.7"))]
    #[case(
        r#"{"majorVersion": "2026", "minorVersion": "3", "build": "2026.3.0.0"}"#,
        Some("2026.3.0.0")
    )]
    #[case(r#"{"majorVersion": "2026", "minorVersion": "3"}"#, Some("2026.3"))]
    #[case("{}", None)]
    fn a_version_is_told_once(#[case] answer: &str, #[case] told: Option<&str>) {
        let version: Version = serde_json::from_str(answer).expect("an answer");
        assert_eq!(version.text().as_deref(), told);
    }
}
