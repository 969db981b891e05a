//! The file of one invoice: its lines, or why it cannot be read while everything else can (sync-rules 2.3).
//!
//! It must not decide what becomes of an invoice that cannot be read.

use crate::{
    domain::{
        Code, ReadError,
        invoice::{Invoice, Lines},
        outcome::Finding,
    },
    planning::invoices::unreadable,
    prism::Source,
};

/// What there is to read of an invoice.
pub(crate) enum InvoiceFile {
    /// Its lines.
    Lines(Lines),
    /// Nothing: what is said of the invoice.
    Unreadable(Finding),
}

/// Reads the lines of an invoice. What is wrong with its file alone is no reason to leave the other invoices.
///
/// # Errors
/// Where nothing else can be read either: the source cannot be reached, or does not answer this user.
pub(crate) async fn invoice_file(
    source: &dyn Source,
    invoice: &Invoice,
) -> Result<InvoiceFile, ReadError> {
    match source.lines(&invoice.id).await {
        Ok(lines) => Ok(InvoiceFile::Lines(lines)),
        Err(error) => match of_file(&error) {
            Some(why) => Ok(InvoiceFile::Unreadable(unreadable(invoice, &why.text))),
            None => Err(error),
        },
    }
}

/// What a reading error says of the file that was asked for, where it is about that alone.
fn of_file(error: &ReadError) -> Option<&Finding> {
    match error {
        ReadError::Unreadable(finding) => Some(finding),
        ReadError::Refused(finding) => {
            Some(finding).filter(|finding| finding.code != Code::TooManyRequests)
        }
        ReadError::Unauthorized { .. } | ReadError::Unreachable(_) | ReadError::Cancelled => None,
    }
}
