//! Invoices, and what the operator decides about them.

use crate::{
    domain::{Currency, Money},
    engine::{
        protocol::Command,
        views::{InvoiceDecision, InvoiceDetail, InvoiceView},
    },
    planning::invoices::Treatment,
};

/// Which invoice is meant: its number or its id.
pub type InvoiceText = String;

family! {
    /// About invoices.
    InvoiceCommand in Invoice {
        /// Every invoice, newest month first: what it is and what became of it (reads the source).
        Invoices => Invoices(Vec<InvoiceView>),

        /// One invoice with its ledger over all runs, and what can be done about it (reads the source).
        Invoice {
            /// Number or id.
            invoice: InvoiceText,
        } => Invoice(Box<InvoiceDetail>),

        /// Syncs an invoice in spite of a difference between header and lines (sync-rules 2.3).
        AcceptDifference {
            /// Number or id.
            invoice: InvoiceText,
            /// The difference as it is stated.
            difference: Money,
            /// Why.
            reason: String,
        } => Done(String),

        /// Syncs an invoice that is in another currency than its agreement was (sync-rules 2.9).
        AcceptCurrency {
            /// Number or id.
            invoice: InvoiceText,
            /// The currency as it is stated.
            currency: Currency,
            /// Why.
            reason: String,
        } => Done(String),

        /// Says what an invoice is that is left out (sync-rules 2.5).
        TreatInvoice {
            /// Number or id.
            invoice: InvoiceText,
            /// What it is.
            treatment: Treatment,
            /// Why.
            reason: String,
        } => Done(String),

        /// Drops an invoice, and lets later months go on (sync-rules 2.4); takes off what waits for one that is not listed.
        DismissInvoice {
            /// Number or id.
            invoice: InvoiceText,
            /// Why.
            reason: String,
        } => Done(String),
    }
}

impl InvoiceDecision {
    /// What says it of an invoice.
    #[must_use]
    pub fn about(self, invoice: InvoiceText, reason: String) -> Command {
        match self {
            Self::AcceptDifference { difference } => {
                AcceptDifference { invoice, difference, reason }.into()
            }
            Self::AcceptCurrency { currency } => {
                AcceptCurrency { invoice, currency, reason }.into()
            }
            Self::Treat { treatment } => TreatInvoice { invoice, treatment, reason }.into(),
            Self::Dismiss => DismissInvoice { invoice, reason }.into(),
        }
    }
}
