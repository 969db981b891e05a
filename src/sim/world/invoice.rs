//! Invoices: headers, and lines that are derived from histories or stand on their own.

use std::borrow::Cow;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use uuid::Uuid;

use super::World;
use super::billing::{Segment, line_amount, segments};
use super::calendar::{Month, later};
use super::catalog::{Motion, Price};

/// What a header says beside figures and dates.
#[derive(Clone, Debug)]
pub struct Invoice {
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
    pub fn sub_total(&self, azure: bool) -> Decimal {
        let own = if azure { self.lines_total } else { self.lines_total - self.azure_total };
        self.stated.unwrap_or(own)
    }

    /// Whether it is a standard one that counts.
    pub fn counts(&self) -> bool {
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

/// The text of every line that a history gives.
const ACTUAL: &str = "Actual usage for period";

impl World {
    /// The lines that the histories of one tenant give in a month.
    pub fn tenant_lines(&self, tenant: usize, month: Month, azure: bool) -> Vec<Line<'_>> {
        let mut lines = Vec::new();
        for index in &self.tenants[tenant].subscriptions {
            let subscription = &self.subscriptions[*index];
            let product = &self.products[subscription.product];
            if product.azure && !azure {
                continue;
            }
            let found = segments(subscription, product, month);
            lines.extend(found.into_iter().map(|segment| self.derived_line(*index, &segment)));
        }
        lines
    }

    fn derived_line(&self, index: usize, segment: &Segment) -> Line<'_> {
        let subscription = &self.subscriptions[index];
        let product = &self.products[subscription.product];
        let tenant = &self.tenants[subscription.tenant];
        Line {
            domain: &tenant.domain,
            customer: &self.customers[tenant.customer].name,
            subscription: Cow::Owned(subscription.id.to_string()),
            offer: Cow::Owned(product.offer_name()),
            description: ACTUAL,
            from: segment.from,
            to: segment.to,
            quantity: segment.quantity,
            price: segment.price,
            ratio: segment.ratio,
            cycle: "Monthly",
            term: if product.motion == Motion::YearMonth { "YEARS" } else { "MONTHS" },
            cells: &[],
        }
    }

    /// A line that no history gives, as the CSV gives it.
    pub fn extra_line<'w>(&'w self, extra: &'w ExtraLine) -> Line<'w> {
        let tenant = extra.tenant.map(|index| &self.tenants[index]);
        let customer = tenant.map(|tenant| self.customers[tenant.customer].name.as_str());
        Line {
            domain: tenant.map_or("", |tenant| &tenant.domain),
            customer: customer.unwrap_or(""),
            subscription: Cow::Borrowed(&extra.subscription),
            offer: Cow::Borrowed(&extra.offer),
            description: &extra.description,
            from: extra.from,
            to: extra.to,
            quantity: extra.quantity,
            price: extra.price,
            ratio: extra.ratio,
            cycle: &extra.cycle,
            term: &extra.term,
            cells: &extra.cells,
        }
    }

    /// An invoice with nothing on it yet.
    pub(super) fn blank_invoice(&self, agreement: usize, kind: &str, usage: Month) -> Invoice {
        let count = self.invoices.len();
        Invoice {
            id: super::chance::guid(self.seed, super::chance::Purpose::Invoice, count),
            number: format!("INV{:07}", 104_233 + count),
            agreement,
            kind: kind.to_owned(),
            status: "Issued".to_owned(),
            usage,
            issued: later(usage.next().first(), self.seed % 3),
            derived: false,
            extra: Vec::new(),
            lines_total: Decimal::ZERO,
            azure_total: Decimal::ZERO,
            stated: None,
            typed: true,
            currency: "AUD".to_owned(),
        }
    }

    /// Sums an invoice's lines and puts it among the issued ones.
    pub(super) fn issue(&mut self, mut invoice: Invoice) {
        invoice.lines_total = invoice.extra.iter().map(ExtraLine::amount).sum();
        if invoice.derived {
            let (all, azure) = self.derived_totals(invoice.agreement, invoice.usage);
            invoice.lines_total += all;
            invoice.azure_total = azure;
        }
        self.by_invoice.insert(invoice.id, self.invoices.len());
        self.invoices.push(invoice);
    }

    fn derived_totals(&self, agreement: usize, month: Month) -> (Decimal, Decimal) {
        let mut totals = (Decimal::ZERO, Decimal::ZERO);
        for subscription in &self.subscriptions {
            if self.tenants[subscription.tenant].agreement != agreement {
                continue;
            }
            let product = &self.products[subscription.product];
            let found = segments(subscription, product, month);
            let amount: Decimal = found.iter().map(Segment::amount).sum();
            totals.0 += amount;
            if product.azure {
                totals.1 += amount;
            }
        }
        totals
    }
}
