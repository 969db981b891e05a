//! What the distributor bills: invoice headers and usage lines, and the subscriptions they speak of.

#![expect(missing_docs, reason = "what has no sentence is what its name says")]

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

mod lines;

pub use lines::Lines;
pub(crate) use lines::LinesGathered;

use super::{
    AgreementId, Currency, CustomerId, Day, InvoiceId, Money, ProductId, SubscriptionId, TenantId,
    UsageMonth, product::Motion, shared_text::SharedText,
};

/// The header of an invoice (wire/prism 9, E13). Only the first five members are certain; the rest may be absent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invoice {
    pub id: InvoiceId,
    /// What people call it; the id where the header has no number.
    pub number: String,
    /// Such as `Microsoft CSP Indirect`.
    pub program: String,
    /// The month consumed: from `UsageYear`/`UsageMonth`; none means the charge dates must tell.
    pub usage_month: Option<UsageMonth>,
    /// Start of the billing period; lies in the month of issue.
    pub billing_period_start: Option<Day>,
    pub issued: Option<Day>,
    /// The agreement it bills, if the header names it.
    pub agreement: Option<AgreementId>,
    /// Seven digits.
    pub agreement_number: Option<String>,
    /// `InvoiceType` as given: `Standard`, `Annual`, `Credit`, `Adjustment`, `OneOff`, or unknown text.
    pub kind_text: Option<String>,
    /// `Status` as given: `Issued`, `Paid`, `PartiallyPaid`, `Overdue`, `Void`, or unknown text.
    pub status_text: Option<String>,
    /// ISO 4217.
    pub currency: Option<Currency>,
    /// What the lines must sum to (sync-rules 2.3), net of tax.
    pub subtotal: Option<Money>,
    /// Why the header cannot be believed, where a figure of it cannot be read.
    #[serde(default)]
    pub fault: Option<String>,
}

/// How a line's product is committed to and billed, as its last three columns say (wire/prism 9.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LineMotion {
    /// Billed monthly on a monthly term.
    Monthly,
    AnnualTermMonthlyBill,
    /// Billed for a year or longer at once.
    AnnualBill,
    /// Billed monthly as far as can be seen: the file has no term columns, so the product or the subscription must tell.
    Untold,
}

/// One row of an invoice's CSV (wire/prism 9, E14).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Its place in the file, from 1 for the first row after the header.
    pub number: u32,
    /// None on lines that speak of no subscription.
    pub subscription: Option<SubscriptionId>,
    /// Product name as given, NCE suffix included.
    pub offer_name: SharedText,
    /// First day charged.
    pub start: Day,
    /// Last day charged, inclusive.
    pub end: Day,
    /// What kind of charge it is, in the distributor's words.
    pub description: SharedText,
    /// Partner price of a unit for a whole month.
    pub cost_price: Money,
    /// Recommended retail price likewise.
    pub retail_price: Money,
    /// Whole for licences.
    pub quantity: Decimal,
    /// Share of the month, 0 to 1.
    pub ratio: Decimal,
    /// What the partner pays, as billed; never recomputed.
    pub subtotal: Money,
    /// The same at recommended retail.
    pub subtotal_retail: Money,
    /// Tenant domain, if the column is there.
    pub domain: Option<SharedText>,
    /// End customer's name, if the column is there.
    pub customer_name: Option<SharedText>,
    /// Agreement number, if the column is there.
    pub agreement_number: Option<SharedText>,
    /// Its own currency, if there is such a column: the certain ones have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<Currency>,
    /// Term and billing cycle.
    pub motion: LineMotion,
    /// Why the row cannot be believed, where a figure or a day of it cannot be read: whatever stands in its place counts
    /// for nothing.
    #[serde(default)]
    pub fault: Option<LineFault>,
}

/// What is wrong with a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineFault {
    /// Such as `Quantity: “six” is no number`.
    pub text: String,
    /// Whether what it bills could be read all the same. Where not, only the sum on the header can tell that nothing is
    /// missing (sync-rules 2.3).
    pub amount_is_sure: bool,
}

impl Line {
    /// The offer name less ` (NCE Product)`, for matching with the price list (wire/prism 9, A14).
    #[must_use]
    pub fn offer(&self) -> &str {
        const SUFFIX: &str = "(nce product)";
        let name = self.offer_name.trim();
        match name.len().checked_sub(SUFFIX.len()) {
            Some(at) if name.is_char_boundary(at) && name[at..].eq_ignore_ascii_case(SUFFIX) => {
                name[..at].trim_end()
            }
            _ => name,
        }
    }
}

/// An end customer's tenant with all it has bought (wire/prism 7, E4).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tenant {
    pub id: TenantId,
    /// `*.onmicrosoft.com` or the customer's own.
    pub domain: String,
    /// `Active`, or anything else, which counts as not active.
    pub status: String,
    /// The PRISM customer it belongs to.
    pub customer: CustomerId,
    pub customer_name: String,
    pub agreement: AgreementId,
    /// Subscriptions, add-ons flattened among them.
    pub subscriptions: Vec<Subscription>,
    /// Why it is no tenant to go by, where it has no id: its subscriptions are known and their lines fail.
    #[serde(default)]
    pub fault: Option<String>,
}

/// A product bought for a tenant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscription {
    /// Stands on invoice lines.
    pub id: SubscriptionId,
    pub name: SharedText,
    /// A price-list product id, or text equal to a SKU.
    pub product: ProductId,
    /// Its own term and billing cycle, if the list tells.
    #[serde(default)]
    pub term: Option<Motion>,
    /// Usage-billed: `Unit` is `Usage-based` or the display template is `Azure` (wire/prism 7).
    pub usage_billed: bool,
    pub status: SharedText,
    /// Seats now.
    pub quantity: i64,
}
