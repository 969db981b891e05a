//! ConnectWise's JSON, as it comes (wire/connectwise 7, 9, 11), made into values that cannot hurt: exact numbers, real days,
//! clean texts. Members that are not needed are ignored, new ones with them.
//!
//! Nothing here may send or decide.

use rust_decimal::Decimal;
use serde::Deserialize;

use crate::domain::{Currency, Day, Money};

pub(crate) mod date;
pub(crate) mod number;
mod rows;
mod text;

pub(super) use rows::{Odd, Row, Rows};

/// Another record, as a record names it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(super) struct Reference {
    /// Its id.
    #[serde(deserialize_with = "number::id")]
    pub id: i64,
    /// Its name, where it has one.
    #[serde(default, deserialize_with = "text::text_or_none")]
    pub name: Option<String>,
    /// Its identifier, where it has one.
    #[serde(default, deserialize_with = "text::text_or_none")]
    pub identifier: Option<String>,
}

/// A reference; absent, null and one without an id are none.
fn reference_or_none<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Reference>, D::Error> {
    let value = serde_json::Value::deserialize(deserializer)?;
    match value.get("id") {
        None | Some(serde_json::Value::Null) => Ok(None),
        Some(_) => Reference::deserialize(value).map(Some).map_err(serde::de::Error::custom),
    }
}

/// What is no object tells no currency.
fn currency_or_none<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<CurrencyReference>, D::Error> {
    let value = serde_json::Value::deserialize(deserializer)?;
    let told = Some(value).filter(serde_json::Value::is_object);
    told.map(CurrencyReference::deserialize).transpose().map_err(serde::de::Error::custom)
}

/// A company (11.2).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Company {
    /// Its id.
    #[serde(deserialize_with = "number::id")]
    pub id: i64,
    /// The short id, unique.
    #[serde(default, deserialize_with = "text::text_or_empty")]
    pub identifier: String,
    /// Its name.
    #[serde(default, deserialize_with = "text::text_or_empty")]
    pub name: String,
    /// Such as *Active*.
    #[serde(default, deserialize_with = "reference_or_none")]
    pub status: Option<Reference>,
    /// Its web address.
    #[serde(default, deserialize_with = "text::text_or_none")]
    pub website: Option<String>,
    /// In the recycle bin.
    #[serde(default, deserialize_with = "text::flag")]
    pub deleted_flag: bool,
}

/// An agreement (11.3).
#[expect(clippy::struct_excessive_bools, reason = "they are the record's own flags")]
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Agreement {
    /// Its id.
    #[serde(deserialize_with = "number::id")]
    pub id: i64,
    /// Its name.
    #[serde(default, deserialize_with = "text::text_or_empty")]
    pub name: String,
    /// Whose.
    pub company: Reference,
    /// What kind of agreement.
    #[serde(default, rename = "type", deserialize_with = "reference_or_none")]
    pub kind: Option<Reference>,
    /// First day.
    #[serde(default, deserialize_with = "date::day_or_none")]
    pub start_date: Option<Day>,
    /// Last day, unless it has no end.
    #[serde(default, deserialize_with = "date::day_or_none")]
    pub end_date: Option<Day>,
    /// Without an end, whatever the end date says.
    #[serde(default, deserialize_with = "text::flag")]
    pub no_ending_date_flag: bool,
    /// First day that is billed.
    #[serde(default, deserialize_with = "date::day_or_none")]
    pub bill_start_date: Option<Day>,
    /// First day that is not invoiced yet.
    #[serde(default, deserialize_with = "date::day_or_none")]
    pub next_invoice_date: Option<Day>,
    /// Cancelled.
    #[serde(default, deserialize_with = "text::flag")]
    pub cancelled_flag: bool,
    /// Since when.
    #[serde(default, deserialize_with = "date::day_or_none")]
    pub date_cancelled: Option<Day>,
    /// Active, Cancelled, Expired, Inactive.
    #[serde(default, rename = "agreementStatus", deserialize_with = "text::text_or_none")]
    pub status: Option<String>,
    /// Whether a part of a period bills a part of the price.
    #[serde(default, deserialize_with = "text::flag")]
    pub prorate_flag: bool,
    /// Whether such a part gets an invoice of its own at once.
    #[serde(default, deserialize_with = "text::flag")]
    pub invoice_prorated_additions_flag: bool,
    /// How often it bills.
    #[serde(default, deserialize_with = "reference_or_none")]
    pub billing_cycle: Option<Reference>,
    /// In which money it bills.
    #[serde(default, deserialize_with = "currency_or_none")]
    pub currency: Option<CurrencyReference>,
}

/// A currency: the published schema has its code beside the text that people gave it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CurrencyReference {
    /// Such as `USD`.
    #[serde(default, deserialize_with = "text::text_or_none")]
    pub currency_code: Option<String>,
}

impl CurrencyReference {
    /// Its code; none where it tells none.
    pub(super) fn code(&self) -> Option<Currency> {
        let code = self.currency_code.as_deref().map(str::trim).filter(|code| !code.is_empty());
        code.map(Currency::new)
    }
}

impl Agreement {
    /// Its last day; none where it has no end.
    pub(super) fn last_day(&self) -> Option<Day> {
        self.end_date.filter(|_| !self.no_ending_date_flag)
    }
}

/// How often an agreement bills (11.3).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct BillingCycle {
    /// Its id.
    #[serde(deserialize_with = "number::id")]
    pub id: i64,
    /// Its name.
    #[serde(default, deserialize_with = "text::text_or_empty")]
    pub name: String,
    /// Monthly, `NotRecurring` and so on.
    #[serde(default, deserialize_with = "text::text_or_none")]
    pub billing_options: Option<String>,
}

/// Whether a line reaches the customer's bill (11.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum BillCustomer {
    /// It is billed.
    Billable,
    /// It is not on the bill.
    DoNotBill,
    /// It is on the bill, free of charge.
    NoCharge,
    /// A word of a newer release.
    Other(String),
}

impl BillCustomer {
    /// As ConnectWise writes it.
    pub(super) fn word(&self) -> &str {
        match self {
            Self::Billable => "Billable",
            Self::DoNotBill => "DoNotBill",
            Self::NoCharge => "NoCharge",
            Self::Other(word) => word,
        }
    }
}

impl<'de> Deserialize<'de> for BillCustomer {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = text::text_or_empty(deserializer)?;
        Ok(match word.as_str() {
            "Billable" => Self::Billable,
            "DoNotBill" => Self::DoNotBill,
            "NoCharge" => Self::NoCharge,
            _ => Self::Other(word),
        })
    }
}

/// Who changed a record last, and when; both as ConnectWise writes them (17.14).
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Touched {
    /// The member's or the integration's name.
    #[serde(deserialize_with = "text::text_or_none")]
    pub updated_by: Option<String>,
    /// The moment.
    #[serde(deserialize_with = "text::text_or_none")]
    pub last_updated: Option<String>,
}

/// `_info`, whatever it is.
fn touched<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Touched, D::Error> {
    let value = serde_json::Value::deserialize(deserializer)?;
    Ok(Touched::deserialize(value).unwrap_or_default())
}

/// One line of an agreement (11.4).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Addition {
    /// Its id.
    #[serde(deserialize_with = "number::id")]
    pub id: i64,
    /// Of what.
    pub product: Reference,
    /// How many.
    #[serde(deserialize_with = "number::number")]
    pub quantity: Decimal,
    /// How many of them are free.
    #[serde(default, deserialize_with = "number::number_or_zero")]
    pub less_included: Decimal,
    /// Sell price of one.
    #[serde(default, deserialize_with = "number::money_or_none")]
    pub unit_price: Option<Money>,
    /// Cost of one; hidden from members who may not see costs.
    #[serde(default, deserialize_with = "number::money_or_none")]
    pub unit_cost: Option<Money>,
    /// Whether it reaches the bill.
    pub bill_customer: BillCustomer,
    /// First billed day.
    #[serde(deserialize_with = "date::day")]
    pub effective_date: Day,
    /// Last billed day; none where it runs on.
    #[serde(default, deserialize_with = "date::day_or_none")]
    pub cancelled_date: Option<Day>,
    /// Taxed.
    #[serde(default, deserialize_with = "text::flag_or_none")]
    pub taxable_flag: Option<bool>,
    /// Our key, on lines of ours.
    #[serde(default, deserialize_with = "text::text_or_none")]
    pub serial_number: Option<String>,
    /// What the bill says.
    #[serde(default, deserialize_with = "text::text_or_none")]
    pub invoice_description: Option<String>,
    /// The agreement's id.
    #[serde(default)]
    pub agreement_id: Option<i64>,
    /// The item's name.
    #[serde(default, deserialize_with = "text::text_or_none")]
    pub description: Option<String>,
    /// Where it stands on the bill.
    #[serde(default, deserialize_with = "number::number_or_none")]
    pub sequence_number: Option<Decimal>,
    /// An opportunity it belongs to.
    #[serde(default, deserialize_with = "reference_or_none")]
    pub opportunity: Option<Reference>,
    /// A group it stands in on the bill.
    #[serde(default, deserialize_with = "reference_or_none")]
    pub invoice_grouping: Option<Reference>,
    /// What a partner added to such records.
    #[serde(default, deserialize_with = "custom_fields")]
    pub custom_fields: Vec<CustomField>,
    /// Who changed it last.
    #[serde(default, rename = "_info", deserialize_with = "touched")]
    pub info: Touched,
}

/// A field that a partner added to records of a kind (7): its value as text, where it is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CustomField {
    /// The same on every record.
    pub id: i64,
    /// Its value.
    pub value: Option<String>,
}

/// Those that name an id; whatever else stands there is nobody's key.
fn custom_fields<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<CustomField>, D::Error> {
    let value = serde_json::Value::deserialize(deserializer)?;
    let all = value.as_array().map(Vec::as_slice).unwrap_or_default();
    let field = |one: &serde_json::Value| {
        let value = one.get("value").and_then(|value| value.as_str().map(crate::http::clean));
        Some(CustomField { id: one.get("id")?.as_i64()?, value })
    };
    Ok(all.iter().filter_map(field).collect())
}

/// A catalog item (11.5).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CatalogItem {
    /// Its id.
    #[serde(deserialize_with = "number::id")]
    pub id: i64,
    /// Unique: the *Product ID* of the screens.
    #[serde(default, deserialize_with = "text::text_or_empty")]
    pub identifier: String,
    /// Its name.
    #[serde(default, deserialize_with = "text::text_or_empty")]
    pub description: String,
    /// Cannot be used on new records.
    #[serde(default, deserialize_with = "text::flag")]
    pub inactive_flag: bool,
    /// Follows from the subcategory.
    #[serde(default, deserialize_with = "reference_or_none")]
    pub category: Option<Reference>,
    /// Its category follows from it.
    #[serde(default, deserialize_with = "reference_or_none")]
    pub subcategory: Option<Reference>,
    /// Its product type.
    #[serde(default, rename = "type", deserialize_with = "reference_or_none")]
    pub kind: Option<Reference>,
    /// Agreement, Bundle, Inventory, `NonInventory`, Service.
    #[serde(default, deserialize_with = "text::text_or_none")]
    pub product_class: Option<String>,
    /// What one of it is called.
    #[serde(default, deserialize_with = "reference_or_none")]
    pub unit_of_measure: Option<Reference>,
    /// Sell price.
    #[serde(default, deserialize_with = "number::money_or_none")]
    pub price: Option<Money>,
    /// Cost; hidden from members who may not see costs.
    #[serde(default, deserialize_with = "number::money_or_none")]
    pub cost: Option<Money>,
    /// Not unique: links to the SKU.
    #[serde(default, deserialize_with = "text::text_or_none")]
    pub vendor_sku: Option<String>,
    /// Our key, on items of ours.
    #[serde(default, rename = "integrationXRef", deserialize_with = "text::text_or_none")]
    pub integration_xref: Option<String>,
    /// What a bill says of it.
    #[serde(default, deserialize_with = "text::text_or_none")]
    pub customer_description: Option<String>,
}

impl CatalogItem {
    /// Whether it is put together of others, which additions refuse.
    pub(super) fn is_bundle(&self) -> bool {
        self.product_class.as_deref().is_some_and(|class| class.eq_ignore_ascii_case("Bundle"))
    }
}

/// A category, subcategory, product type or unit of measure (11.6).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Choice {
    /// Its id.
    #[serde(deserialize_with = "number::id")]
    pub id: i64,
    /// Its name.
    #[serde(default, deserialize_with = "text::text_or_empty")]
    pub name: String,
    /// Cannot be used on new items.
    #[serde(default, deserialize_with = "text::flag")]
    pub inactive_flag: bool,
    /// What new items get where none is chosen.
    #[serde(default, deserialize_with = "text::flag")]
    pub default_flag: bool,
    /// Of a subcategory.
    #[serde(default, deserialize_with = "reference_or_none")]
    pub category: Option<Reference>,
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

row!(Company, Agreement, BillingCycle, Addition, CatalogItem, Choice);

/// What the server says of itself (11.1).
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct SystemInfo {
    /// Such as `v2025.16.1`.
    #[serde(deserialize_with = "text::text_or_none")]
    pub version: Option<String>,
    /// Whether ConnectWise runs it.
    #[serde(deserialize_with = "text::flag_or_none")]
    pub is_cloud: Option<bool>,
    /// The zone in which its days begin.
    #[serde(deserialize_with = "text::text_or_none")]
    pub server_time_zone: Option<String>,
    /// Such as `NA`.
    #[serde(deserialize_with = "text::text_or_none")]
    pub cloud_region: Option<String>,
}

/// Company information (1): where the API is.
#[derive(Debug, Deserialize)]
pub(super) struct CompanyInfo {
    /// Such as `v2025_1/`.
    #[serde(default, rename = "Codebase", deserialize_with = "text::text_or_none")]
    pub code_base: Option<String>,
}

/// An error in one of its forms (9); every member may be missing.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ErrorBody {
    /// Such as `InvalidObject`.
    #[serde(deserialize_with = "text::text_or_none")]
    pub code: Option<String>,
    /// The same in the answer of the rate limit.
    #[serde(deserialize_with = "text::text_or_none")]
    pub error: Option<String>,
    /// What is wrong as a whole.
    #[serde(deserialize_with = "text::text_or_none")]
    pub message: Option<String>,
    /// What is wrong in particular.
    pub errors: Option<Vec<ErrorEntry>>,
}

/// One reason.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ErrorEntry {
    /// Such as `MissingRequiredField`.
    #[serde(deserialize_with = "text::text_or_none")]
    pub code: Option<String>,
    /// In words.
    #[serde(deserialize_with = "text::text_or_none")]
    pub message: Option<String>,
    /// The member that it is about.
    #[serde(deserialize_with = "text::text_or_none")]
    pub field: Option<String>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn odd(item: &serde_json::Value) -> Option<String> {
        let rows = Rows::<Addition>::one_by_one(vec![item.clone()]);
        rows.odd.into_iter().next().map(|odd| odd.fault)
    }

    fn addition() -> serde_json::Value {
        json!({"id": 32, "product": {"id": 7, "identifier": "CFQ7TTC0LH18:0001"}, "quantity": 6.0,
            "billCustomer": "Billable", "effectiveDate": "2024-03-19T00:00:00Z"})
    }

    #[test]
    fn the_smallest_line_is_enough() {
        let line: Addition = serde_json::from_value(addition()).expect("a line");
        assert_eq!((line.quantity, line.less_included), (Decimal::from(6), Decimal::ZERO));
        assert_eq!((line.unit_price, line.cancelled_date, line.serial_number), (None, None, None));
    }

    #[test]
    fn an_odd_row_is_told_by_member_and_value() {
        let with = |member: &str, value: serde_json::Value| {
            let mut row = addition();
            row[member] = value;
            row
        };
        let fault = |member, value| odd(&with(member, value)).expect("odd");
        assert_eq!(fault("effectiveDate", json!("soon")), "effectiveDate is \"soon\": no date");
        assert!(fault("effectiveDate", json!("")).starts_with("effectiveDate is \"\""));
        assert!(fault("quantity", json!("much")).starts_with("quantity is \"much\": not a number"));
        assert!(fault("product", json!({"id": "x"})).starts_with("product.id is \"x\": not an id"));
        let mut without = addition();
        without.as_object_mut().expect("an object").remove("quantity");
        assert_eq!(odd(&without).as_deref(), Some("missing field `quantity`"));
    }

    #[test]
    fn a_word_of_a_newer_release_is_no_odd_row() {
        let mut row = addition();
        row["billCustomer"] = json!("Sometimes");
        row["_info"] = json!({"updatedBy": null, "x": 1});
        row["newer"] = json!({"a": []});
        let line: Addition = serde_json::from_value(row).expect("a line");
        assert_eq!(line.bill_customer.word(), "Sometimes");
        assert_eq!(line.info, Touched::default());
    }

    #[test]
    fn an_agreement_without_an_end_has_none_whatever_its_end_date_says() {
        let mut row = json!({"id": 5, "name": "O365", "company": {"id": 250, "identifier": "ACME"},
            "endDate": "2027-12-31T00:00:00Z", "nextInvoiceDate": "2026-11-01"});
        let agreement: Agreement = serde_json::from_value(row.clone()).expect("an agreement");
        assert_eq!(agreement.last_day().map(|day| day.to_string()).as_deref(), Some("2027-12-31"));
        row["noEndingDateFlag"] = json!(true);
        let agreement: Agreement = serde_json::from_value(row).expect("an agreement");
        assert_eq!(agreement.last_day(), None);
    }
}
