//! What PRISM sells: products of a dated price list, told apart by SKU and billing motion.

#![expect(missing_docs, reason = "what has no sentence is what its name says")]

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::{
    Money, ProductId, ServiceId, Sku,
    choice::{Chosen, Stored, StoredId},
};

/// How a product is committed to and billed (wire/prism 8, "Billing motions").
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Motion {
    /// Monthly term, billed monthly.
    #[serde(rename = "P1M:M")]
    Monthly,
    #[serde(rename = "P1Y:M")]
    AnnualTermMonthlyBill,
    /// Annual term, billed once a year; never synced.
    #[serde(rename = "P1Y:A")]
    AnnualBill,
}

impl Motion {
    /// The prefix that PRISM Connect puts before the product (D6); nothing for monthly.
    #[must_use]
    pub fn prefix(self) -> &'static str {
        match self {
            Self::Monthly => "",
            Self::AnnualTermMonthlyBill => "P1Y:M_",
            Self::AnnualBill => "P1Y:A_",
        }
    }

    /// The code used in keys and JSON.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Monthly => "P1M:M",
            Self::AnnualTermMonthlyBill => "P1Y:M",
            Self::AnnualBill => "P1Y:A",
        }
    }
}

impl fmt::Display for Motion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Monthly => "monthly",
            Self::AnnualTermMonthlyBill => "annual term, billed monthly",
            Self::AnnualBill => "annual, billed annually",
        })
    }
}

/// SKU and motion: what identifies a product (sync-rules 1.1). As text `SKU` or `P1Y:M_SKU`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProductKey {
    /// The vendor's SKU.
    pub sku: Sku,
    pub motion: Motion,
}

impl fmt::Display for ProductKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}{}", self.motion.prefix(), self.sku))
    }
}

impl FromStr for ProductKey {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let starts = |prefix: &str| {
            text.get(..prefix.len()).filter(|head| head.eq_ignore_ascii_case(prefix))
        };
        for motion in [Motion::AnnualTermMonthlyBill, Motion::AnnualBill] {
            if let Some(head) = starts(motion.prefix()) {
                return Ok(Self { sku: Sku::new(&text[head.len()..]), motion });
            }
        }
        Ok(Self { sku: Sku::new(text), motion: Motion::Monthly })
    }
}

impl Serialize for ProductKey {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ProductKey {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// One product of a price list, as valid on the day it was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Product {
    /// PRISM's id; subscriptions name it.
    pub id: ProductId,
    /// SKU and motion.
    pub key: ProductKey,
    /// The SKU as PRISM writes it: names and `sku` fields in the PSA keep its case.
    pub sku_text: String,
    pub name: String,
    /// Long description; may be empty.
    pub description: String,
    /// What the partner pays per unit.
    pub cost: Money,
    /// Recommended retail price per unit.
    pub retail: Money,
    /// Billed by what is used, as Azure is: it has no price of its own on the price list.
    #[serde(default)]
    pub usage_billed: bool,
    /// Why the prices cannot be believed, where one of them cannot be read: what stands in their place counts for nothing.
    #[serde(default)]
    pub fault: Option<String>,
}

/// A service in the PSA, whoever made it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Service {
    pub id: ServiceId,
    /// Its unique name, which the operator may change.
    pub name: String,
    /// The `sku` field, where the tenant has it.
    pub sku: Option<String>,
    /// The `externalID` field: our own key where the service is ours.
    pub external_id: Option<String>,
    pub price: Money,
    /// Unit cost; none where the user may not see costs.
    pub cost: Option<Money>,
    /// An inactive service is still repriced, but cannot be newly put on a contract (wire/autotask 12).
    pub active: bool,
    /// Whether its billing code is active; none where it was not read.
    pub billing_code_active: Option<bool>,
}

/// A service about to be created; texts are already cut to the target's lengths (sync-rules 1.3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "StoredDraft", into = "StoredDraft")]
pub struct ServiceDraft {
    /// `PC_` + SKU, `PC_P1Y:M_` + SKU.
    pub name: String,
    pub description: String,
    /// What stands on the customer's invoice.
    pub invoice_description: String,
    /// SKU as PRISM writes it.
    pub sku: String,
    /// Our key: recognises the service as ours even when the local state is lost.
    pub external_id: String,
    /// Recommended retail price.
    pub price: Money,
    /// Partner price.
    pub cost: Money,
    /// What it is made with, as the operator chose.
    pub chosen: Chosen<i64>,
}

/// The same as journals and saved plans hold it.
#[derive(Serialize, Deserialize)]
struct StoredDraft {
    name: String,
    description: String,
    invoice_description: String,
    sku: String,
    external_id: String,
    price: Money,
    cost: Money,
    #[serde(default)]
    billing_code: Option<StoredId>,
    #[serde(default)]
    vendor: Option<StoredId>,
    #[serde(default, skip_serializing_if = "Chosen::is_empty")]
    choices: Chosen<i64>,
}

impl From<ServiceDraft> for StoredDraft {
    fn from(draft: ServiceDraft) -> Self {
        let ServiceDraft { name, description, invoice_description, sku, external_id, .. } = draft;
        let Stored { billing_code, vendor, others: choices } = draft.chosen.into();
        let (billing_code, vendor) = (billing_code.map(StoredId), vendor.map(StoredId));
        let (price, cost) = (draft.price, draft.cost);
        Self {
            name,
            description,
            invoice_description,
            sku,
            external_id,
            price,
            cost,
            billing_code,
            vendor,
            choices,
        }
    }
}

impl From<StoredDraft> for ServiceDraft {
    fn from(stored: StoredDraft) -> Self {
        let StoredDraft { name, description, invoice_description, sku, external_id, .. } = stored;
        let StoredDraft { price, cost, billing_code, vendor, choices: others, .. } = stored;
        let number = |StoredId(id)| id;
        let (billing_code, vendor) = (billing_code.map(number), vendor.map(number));
        let chosen = Stored { billing_code, vendor, others }.into();
        Self { name, description, invoice_description, sku, external_id, price, cost, chosen }
    }
}

/// How a product came to its service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkOrigin {
    /// The product sync created it.
    Created,
    /// The operator took over a service that carried our name.
    Adopted,
    /// The operator chose any existing service.
    Pinned,
    /// Found again by our key after the local state was lost.
    Recognised,
}

/// What a link hangs on: a product, or for retired ones the id or offer name that invoices still show (sync-rules 1.8).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "by", content = "value", rename_all = "snake_case")]
pub enum LinkKey {
    /// SKU and motion.
    Product(ProductKey),
    /// PRISM's product id, where the price list no longer has it.
    ProductId(ProductId),
    /// The offer name on invoice lines, less the NCE suffix, in lower case.
    OfferName(String),
}

impl fmt::Display for LinkKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Product(key) => f.pad(&key.to_string()),
            Self::ProductId(id) => f.pad(id.as_str()),
            Self::OfferName(name) => f.pad(name),
        }
    }
}

/// A stored link from a product to a service of one target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    pub key: LinkKey,
    /// The service; may have been deleted since.
    pub service: ServiceId,
    /// How it came about.
    pub origin: LinkOrigin,
    /// Services it pointed to before and that may still hold seats: relinking zeroes them (sync-rules 1.8).
    #[serde(default)]
    pub previous: Vec<ServiceId>,
}
