//! Invoice headers, page by page (wire/prism 3 "Paging", 9 E13).

use std::collections::BTreeSet;

use serde::Deserialize;

use super::loose::Loose;
use crate::domain::{AgreementId, Currency, InvoiceId, UsageMonth, invoice::Invoice};

/// One page.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct WirePage {
    records: Option<Vec<WireInvoice>>,
    #[serde(default)]
    total_records: Loose,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct WireInvoice {
    #[serde(default)]
    invoice_id: Loose,
    #[serde(default)]
    invoice_number: Loose,
    #[serde(default)]
    program_name: Loose,
    #[serde(default)]
    usage_year: Loose,
    #[serde(default)]
    usage_month: Loose,
    #[serde(default)]
    billing_period_start: Loose,
    #[serde(default)]
    invoice_date: Loose,
    #[serde(default)]
    contract_agreement_id: Loose,
    #[serde(default)]
    agreement_number: Loose,
    #[serde(default)]
    invoice_type: Loose,
    #[serde(default)]
    status: Loose,
    #[serde(default)]
    currency_code: Loose,
    #[serde(default)]
    sub_total: Loose,
}

/// The pages read so far.
#[derive(Debug, Default)]
pub(super) struct List {
    had: BTreeSet<InvoiceId>,
    invoices: Vec<Invoice>,
}

impl List {
    /// Takes a page; says whether to ask for another. A server may ignore the page number: the list ends with the
    /// first page that is empty or brings nothing new, or when all that it counts are there.
    pub(super) fn add(&mut self, page: WirePage) -> Result<bool, String> {
        let records = page.records.ok_or("there is no Records in it")?;
        let before = self.invoices.len();
        for wire in records {
            let invoice = wire.invoice()?;
            if self.had.insert(invoice.id.clone()) {
                self.invoices.push(invoice);
            }
        }
        let total = page.total_records.whole().and_then(|total| usize::try_from(total).ok());
        let complete = total.is_some_and(|total| self.invoices.len() >= total);
        Ok(self.invoices.len() > before && !complete)
    }

    /// All of them, by month and day of issue.
    pub(super) fn newest_last(mut self) -> Vec<Invoice> {
        let age = |invoice: &Invoice| {
            let month = invoice.usage_month.map(UsageMonth::first_day);
            let issued = invoice.issued.or(invoice.billing_period_start);
            (month.or(issued), issued, invoice.number.clone(), invoice.id.clone())
        };
        self.invoices.sort_by_cached_key(age);
        self.invoices
    }
}

impl WireInvoice {
    fn invoice(&self) -> Result<Invoice, String> {
        let id = self.invoice_id.text().ok_or("an invoice has no InvoiceId")?;
        let number = self.invoice_number.text().unwrap_or_else(|| id.clone());
        let subtotal =
            self.sub_total.money().map_err(|why| format!("SubTotal of invoice {number}: {why}"))?;
        Ok(Invoice {
            id: InvoiceId::new(&id),
            number,
            program: self.program_name.text().unwrap_or_default(),
            usage_month: self.month(),
            billing_period_start: self.billing_period_start.day(),
            issued: self.invoice_date.day(),
            agreement: self.contract_agreement_id.text().map(AgreementId::new),
            agreement_number: self.agreement_number.text(),
            kind_text: self.invoice_type.text(),
            status_text: self.status.text(),
            currency: self.currency_code.text().map(Currency::from),
            subtotal,
        })
    }

    /// Never from `BillingPeriodStart`: that lies in the month of issue (wire/prism 9).
    fn month(&self) -> Option<UsageMonth> {
        let year = self.usage_year.whole().filter(|year| (1990..=2200).contains(year))?;
        let month = self.usage_month.whole()?;
        UsageMonth::new(year.try_into().ok()?, month.try_into().ok()?).ok()
    }
}
