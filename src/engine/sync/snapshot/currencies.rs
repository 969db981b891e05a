//! In which currency an invoice is of which only the id or the number is at hand, and in which the price lists are.
//!
//! It must not ask the source: it goes by the headers that it listed last.

use std::collections::BTreeMap;

use crate::{
    domain::{ConnectionId, Currency, InvoiceId, invoice::Invoice},
    engine::tables::{HEADERS, of_connection},
    planning::invoices::{is_csp, is_void},
    store::{Store, StoreError},
};

/// The currencies of all headers that were listed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Currencies {
    by_id: BTreeMap<InvoiceId, Currency>,
    by_number: BTreeMap<String, Currency>,
    one: Option<Currency>,
}

impl Currencies {
    /// Reads them.
    pub(crate) async fn read(store: &Store, connection: &ConnectionId) -> Result<Self, StoreError> {
        let headers = store.scan(HEADERS, of_connection(connection)).await?;
        let headers: Vec<Invoice> = headers.into_iter().map(|(_, known)| known.header).collect();
        Ok(Self::of_headers(&headers))
    }

    /// Of these headers.
    pub(crate) fn of_headers(headers: &[Invoice]) -> Self {
        let known = || headers.iter().filter_map(|header| Some((header, header.currency.clone()?)));
        let counts = headers.iter().filter(|header| is_csp(&header.program) && !is_void(header));
        Self {
            by_id: known().map(|(header, currency)| (header.id.clone(), currency)).collect(),
            by_number: known()
                .map(|(header, currency)| (header.number.clone(), currency))
                .collect(),
            one: Currency::one_of(counts.map(|header| header.currency.as_ref())).cloned(),
        }
    }

    /// Of an invoice.
    pub(crate) fn of(&self, invoice: &InvoiceId) -> Option<Currency> {
        self.by_id.get(invoice).cloned()
    }

    /// Of an invoice by its number.
    pub(crate) fn of_number(&self, number: &str) -> Option<Currency> {
        self.by_number.get(number).cloned()
    }

    /// Of the price lists, which say none themselves: that of all invoices, where it is one.
    pub(crate) fn of_price_lists(&self) -> Option<Currency> {
        self.one.clone()
    }
}
