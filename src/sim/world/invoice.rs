//! Invoices: headers, lines that stand on their own, and lines as the file gives them.

use std::borrow::Cow;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use uuid::Uuid;

use super::billing::line_amount;
use super::calendar::Month;
use super::catalog::Price;

/// What a header says beside figures and dates.
#[derive(Clone, Debug)]
pub(crate) struct Invoice {
    pub id: Uuid,
    pub number: String,
    /// Index of the agreement.
    pub agreement: usize,
    /// `Standard`, `Annual`, `Credit`, `Adjustment`, `OneOff` or anything else.
    pub kind: String,
    pub status: String,
    /// The month consumed.
    pub usage: Month,
    pub issued: NaiveDate,
    /// Whether it holds the lines that the histories give.
    pub derived: bool,
    /// Lines beside the derived ones.
    pub extra: Vec<ExtraLine>,
    /// The sum of its lines, Azure among them.
    pub lines_total: Decimal,
    /// The part of it that is Azure.
    pub azure_total: Decimal,
    /// What the header says instead of the sum.
    pub stated: Option<Decimal>,
    /// Whether the header says a type.
    pub typed: bool,
    /// The currency that the header says.
    pub currency: String,
}

impl Invoice {
    /// The header's subtotal.
    pub(crate) fn sub_total(&self, azure: bool) -> Decimal {
        let own = if azure { self.lines_total } else { self.lines_total - self.azure_total };
        self.stated.unwrap_or(own)
    }

    /// Whether it is a standard one that counts.
    pub(crate) fn counts(&self) -> bool {
        self.kind == "Standard" && self.status != "Void"
    }
}

/// A line that no history gives.
#[derive(Clone, Debug)]
pub struct ExtraLine {
    /// Index of the tenant, where there is one.
    pub tenant: Option<usize>,
    /// A GUID, or empty.
    pub subscription: String,
    /// The offer's name as the file says it.
    pub offer: String,
    /// Free text.
    pub description: String,
    /// First day charged.
    pub from: NaiveDate,
    /// Last day charged, counted.
    pub to: NaiveDate,
    /// May have decimals, and be negative.
    pub quantity: Decimal,
    /// For one unit and the whole period.
    pub price: Price,
    /// The part of the period that is charged.
    pub ratio: Decimal,
    /// `Monthly` or `Annual`.
    pub cycle: String,
    /// `MONTHS` or `YEARS`.
    pub term: String,
    /// Cells of the file that say something else, by column.
    pub cells: Vec<(String, String)>,
}

impl ExtraLine {
    /// What the partner pays.
    pub fn amount(&self) -> Decimal {
        let said = self.cells.iter().find(|(column, _)| column == "SubTotal");
        let said = said.and_then(|(_, text)| text.parse().ok());
        said.unwrap_or_else(|| line_amount(self.price.cost, self.quantity, self.ratio))
    }
}

/// A line as the CSV gives it.
#[derive(Debug)]
pub struct Line<'w> {
    pub domain: &'w str,
    pub customer: &'w str,
    pub subscription: Cow<'w, str>,
    pub offer: Cow<'w, str>,
    pub description: &'w str,
    pub from: NaiveDate,
    pub to: NaiveDate,
    pub quantity: Decimal,
    pub price: Price,
    pub ratio: Decimal,
    pub cycle: &'w str,
    pub term: &'w str,
    /// Cells that say something else, by column.
    pub cells: &'w [(String, String)],
}

impl Line<'_> {
    /// What the partner pays.
    pub fn amount(&self) -> Decimal {
        line_amount(self.price.cost, self.quantity, self.ratio)
    }

    /// What the customer would pay at the recommended price.
    pub fn retail_amount(&self) -> Decimal {
        line_amount(self.price.rrp, self.quantity, self.ratio)
    }
}
