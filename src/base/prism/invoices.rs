//! Invoice headers, page by page (wire/prism 3 "Paging", 9 E13).

use std::collections::BTreeSet;

use serde::Deserialize;

use super::{
    InvoiceList, assumed,
    loose::{Loose, LooseRows},
};
use crate::domain::{
    AgreementId, Code, Currency, InvoiceId, UsageMonth, invoice::Invoice, outcome::Finding,
};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct WirePage {
    records: Option<LooseRows<WireInvoice>>,
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
    left_out: Vec<Finding>,
    odd: usize,
}

impl List {
    /// Takes a page; says whether to ask for another. A server may ignore the page number: the list ends with the
    /// first page that is empty or brings nothing new, or when all that it counts are there.
    pub(super) fn add(&mut self, page: WirePage) -> Result<bool, String> {
        let records = page.records.ok_or("there is no Records in it")?;
        if let Some(why) = records.fault {
            return Err(format!("Records: {why}"));
        }
        let before = self.invoices.len();
        for wire in records.all {
            match wire.map_err(Some).and_then(WireInvoice::into_invoice) {
                Ok(invoice) if self.had.insert(invoice.id.clone()) => self.invoices.push(invoice),
                Ok(_) => {}
                Err(why) => self.leave_out(why),
            }
        }
        let total = page.total_records.whole().and_then(|total| usize::try_from(total).ok());
        let complete = total.is_some_and(|total| self.invoices.len() + self.odd >= total);
        Ok(self.invoices.len() > before && !complete)
    }

    /// What cannot be told from others cannot be asked for: it is left out, and told once.
    fn leave_out(&mut self, why: Option<String>) {
        self.odd += 1;
        let Some(why) = why else { return };
        let finding = Finding::new(
            Code::NamelessInvoice,
            format!("An invoice of PRISM's list is left out: {why}."),
            "Nothing of it is synced. Ask your distributor about it; the other invoices are synced without it.",
        );
        if !self.left_out.contains(&finding) {
            self.left_out.push(finding);
        }
    }

    /// All of them, by month and day of issue.
    pub(super) fn newest_last(mut self) -> InvoiceList {
        let age = |invoice: &Invoice| {
            let month = invoice.usage_month.map(UsageMonth::first_day);
            let issued = invoice.issued.or(invoice.billing_period_start);
            (month.or(issued), issued, invoice.number.clone(), invoice.id.clone())
        };
        self.invoices.sort_by_cached_key(age);
        InvoiceList { invoices: self.invoices, left_out: self.left_out }
    }
}

impl WireInvoice {
    /// # Errors
    /// Why it cannot be asked for; of one of another program there is nothing to say.
    fn into_invoice(self) -> Result<Invoice, Option<String>> {
        let id = self.invoice_id.text().ok_or_else(|| self.nameless())?;
        let number = self.invoice_number.text().unwrap_or_else(|| id.clone());
        let (subtotal, fault) = match self.sub_total.money() {
            Ok(subtotal) => (subtotal, None),
            Err(why) => (None, Some(format!("SubTotal: {why}"))),
        };
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
            fault,
        })
    }

    /// That it has no id, by whatever else names it.
    fn nameless(&self) -> Option<String> {
        let program = self.program_name.text();
        if program.is_some_and(|program| !assumed::is_csp(&program)) {
            return None;
        }
        let number = self.invoice_number.text().map(|number| format!("invoice {number}"));
        let month = self.month().map(|month| format!("of {month}"));
        let amount = self.sub_total.text().map(|amount| format!("({amount})"));
        let told: Vec<String> = [number, month, amount].into_iter().flatten().collect();
        let whose = if told.is_empty() { "it".to_owned() } else { told.join(" ") };
        Some(format!("{whose} has no InvoiceId"))
    }

    /// Never from `BillingPeriodStart`: that lies in the month of issue (wire/prism 9).
    fn month(&self) -> Option<UsageMonth> {
        let year = self.usage_year.whole().filter(|year| (1990..=2200).contains(year))?;
        let month = self.usage_month.whole()?;
        UsageMonth::new(year.try_into().ok()?, month.try_into().ok()?).ok()
    }
}
