//! What is to be issued for a month beside the ordinary, or in its place. Carrying it out is not its business.

use rust_decimal::Decimal;

use super::calendar::Month;
use super::invoice::ExtraLine;

/// What a header states instead of the sum of its lines.
#[derive(Clone, Copy, Debug)]
pub enum Stated {
    /// This amount.
    Amount(Decimal),
    /// The sum and so much more.
    OffBy(Decimal),
}

/// What is to be different about a month's standard invoice, or another invoice beside it.
#[derive(Clone, Debug)]
pub struct InvoicePlan {
    /// The month consumed; it is issued in the next one.
    pub month: Month,
    /// Index of the agreement.
    pub agreement: usize,
    /// Beside the standard one, not the standard one itself.
    pub beside: bool,
    /// `Standard`, `Credit`, `Adjustment`, `OneOff` or anything else.
    pub kind: String,
    /// `Issued`, `Paid`, `Void` or anything else.
    pub status: String,
    /// Whether it holds the lines that the histories give.
    pub derived: bool,
    /// What its header says in place of the sum of its lines.
    pub stated: Option<Stated>,
    /// Whether its header says a type.
    pub typed: bool,
    /// Lines beside the derived ones.
    pub lines: Vec<ExtraLine>,
    /// The currency that its header says, instead of the partner's.
    pub currency: Option<String>,
    /// The month that its header says, instead of its own.
    pub usage: Option<Month>,
}

impl InvoicePlan {
    /// The ordinary standard invoice of a month.
    pub fn standard(month: Month, agreement: usize) -> Self {
        Self {
            month,
            agreement,
            beside: false,
            kind: "Standard".to_owned(),
            status: "Issued".to_owned(),
            derived: true,
            stated: None,
            typed: true,
            lines: Vec::new(),
            currency: None,
            usage: None,
        }
    }

    /// Another invoice beside it, without the lines of the histories.
    pub fn beside(month: Month, agreement: usize, kind: &str) -> Self {
        Self {
            beside: true,
            derived: false,
            kind: kind.to_owned(),
            ..Self::standard(month, agreement)
        }
    }

    pub(super) fn fits(&self, month: Month, agreement: usize) -> bool {
        self.month == month && self.agreement == agreement
    }
}
