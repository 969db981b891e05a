//! What stands on the invoices of a world: the lines that its histories give, and the sums of a header.

use std::borrow::Cow;

use rust_decimal::Decimal;

use super::World;
use super::billing::{Segment, segments};
use super::calendar::{Month, later};
use super::catalog::Motion;
use super::chance::{Purpose, guid};
use super::invoice::{ExtraLine, Invoice, Line};

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
            id: guid(self.seed, Purpose::Invoice, count),
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
