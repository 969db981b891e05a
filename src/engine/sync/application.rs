//! What is applied where: one invoice on one contract. All that is written, journaled and recorded belongs to one of these.

use crate::domain::{ContractId, Day, InvoiceId, TenantId, UsageMonth};

/// Which invoice goes to which contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Application {
    /// The contract.
    pub contract: ContractId,
    /// Its name, with its company's, for people.
    pub name: String,
    /// Its customers: tenant and name.
    pub customers: Vec<(TenantId, String)>,
    /// The invoice.
    pub invoice: InvoiceId,
    /// Its number, for people.
    pub invoice_number: String,
    /// Its usage month.
    pub month: UsageMonth,
    /// The first day from which the plan reads.
    pub from: Day,
}
