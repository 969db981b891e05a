//! What the files of invoices tell of them, kept for lists.
//!
//! It must not read them.

use chrono::{DateTime, Utc};

use crate::{
    domain::{invoice::Invoice, outcome::Finding},
    planning::invoices::Examined,
};

/// What the lines of invoices that are due tell: it holds until something changes here, the source lists others, or some
/// minutes have gone.
#[derive(Debug)]
pub(crate) struct DueLines {
    pub(crate) read_at: DateTime<Utc>,
    pub(crate) told: Vec<(Invoice, Weighed)>,
}

impl DueLines {
    /// Whether it is of these, as the source lists them.
    pub(crate) fn is_of(&self, due: &[Invoice]) -> bool {
        self.told.iter().map(|(invoice, _)| invoice).eq(due)
    }
}

/// What the file of an invoice tells of it.
#[derive(Clone, Debug)]
pub(crate) struct Weighed {
    /// None where it cannot be read.
    pub(crate) examined: Option<Examined>,
    /// Why nothing of it would be written.
    pub(crate) unsettled: Option<Finding>,
}
