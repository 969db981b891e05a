//! PRISM, the source: token, customers, tenants, price lists, invoices and their lines, as domain values.
//!
//! No wire type leaves this room.

use std::io::Read;

use async_trait::async_trait;

pub use self::{
    client::Prism,
    settings::PrismSettings,
    sign_in::{Credentials, SignIn, await_credentials, begin_sign_in},
};
use crate::{
    domain::{
        AgreementId, CustomerId, Day, InvoiceId, ReadError,
        invoice::{Invoice, Lines, Tenant},
        outcome::Finding,
        product::Product,
    },
    http::decoded,
};

mod assumed;
mod client;
mod customers;
mod invoices;
mod lines;
mod loose;
mod prices;
mod settings;
mod sign_in;
mod tenants;
mod token;

/// An agreement of the partner for one program, read from its customers (wire/prism 6, E2).
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Agreement {
    /// Its id.
    pub id: AgreementId,
    /// Such as `Microsoft CSP Indirect`.
    pub program: String,
    /// Whether the program is Microsoft CSP: its name begins so (A5).
    pub csp: bool,
    /// The end customers under it, with their names.
    pub customers: Vec<(CustomerId, String)>,
}

/// The invoice headers of all programs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InvoiceList {
    /// Those that can be told apart, newest last.
    pub invoices: Vec<Invoice>,
    /// What is said of the others: without an id nothing can be asked about one.
    pub left_out: Vec<Finding>,
}

/// The lines of an invoice file, as a source reads them while it arrives.
///
/// # Errors
/// What is wrong with the file as a whole. A row that cannot be read is a line with a fault.
pub fn lines_of_file(file: impl Read) -> Result<Lines, String> {
    lines::read(file)
}

/// The products of a price list as PRISM gives it.
///
/// # Errors
/// What is wrong with the list as a whole. A row that cannot be read is left out.
pub fn products_of_list(list: &[u8]) -> Result<Vec<Product>, String> {
    prices::products(decoded(list), || decoded(list), |why| why)
}

/// What a sync needs to know of the source. Behind a trait so that the engine can be tested without a network.
#[async_trait]
pub trait Source: Send + Sync {
    /// Proves the credentials (E1); answers the caller's name, if the server tells.
    async fn probe(&self) -> Result<String, ReadError>;

    /// Agreements with their customers (E2).
    async fn agreements(&self) -> Result<Vec<Agreement>, ReadError>;

    /// Tenants of an agreement with their subscriptions, add-ons flattened (E4).
    async fn tenants(&self, agreement: &AgreementId) -> Result<Vec<Tenant>, ReadError>;

    /// The same without their subscriptions: a list of customers needs no more.
    async fn tenants_alone(&self, agreement: &AgreementId) -> Result<Vec<Tenant>, ReadError> {
        self.tenants(agreement).await
    }

    /// The price list of an agreement on a day (E12).
    async fn price_list(
        &self,
        agreement: &AgreementId,
        day: Day,
    ) -> Result<Vec<Product>, ReadError>;

    /// All invoice headers, of every program (E13).
    async fn invoices(&self) -> Result<InvoiceList, ReadError>;

    /// The lines of one invoice (E14), read as a stream by column name.
    async fn lines(&self, invoice: &InvoiceId) -> Result<Lines, ReadError>;

    /// Requests sent so far, by all clones.
    fn requests(&self) -> u64;
}
