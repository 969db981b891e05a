//! One line of text: a filter, a remark, a reason.

use tui_input::Input;

use super::seen::Seen;
use crate::{domain::TenantId, engine::views::InvoiceDecision};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Asking {
    /// Narrows the list of the current screen while it is typed; what it was before.
    Filter(String),
    Note(TenantId),
    /// Why an entry of the retry list is dismissed.
    Dismissal(String),
    /// Why this is said about an invoice.
    Decision {
        invoice: String,
        decision: Box<InvoiceDecision>,
    },
    /// What is remarked when a plan is let pass that waits; it was looked at under this seal.
    Approval {
        number: u64,
        seal: String,
    },
    /// Why one that nobody else has looked at cannot wait for that.
    BrokenGlass {
        number: u64,
        seal: String,
    },
    /// Why a plan that waits is turned down.
    Rejection(u64),
    /// Why these customers skip what became due while their sync was off.
    Skipping(Vec<TenantId>),
    /// The notification address for generated credentials.
    Email,
    /// What opens the vault; shown masked.
    Passphrase,
}

#[derive(Clone, Debug)]
pub struct Prompt {
    pub(crate) asking: Asking,
    pub(crate) label: String,
    pub(crate) input: Input,
    pub(crate) error: Option<String>,
    /// Since when it is to be seen.
    pub(crate) seen: Seen,
}

impl Prompt {
    pub(crate) fn new(asking: Asking, label: &str, text: &str) -> Self {
        let (label, input) = (label.to_owned(), Input::new(text.to_owned()));
        Self { asking, label, input, error: None, seen: Seen::default() }
    }

    pub(crate) fn is_secret(&self) -> bool {
        matches!(self.asking, Asking::Passphrase)
    }

    /// What is still to be typed before it can be taken.
    pub(crate) fn lacks(&self) -> Option<&'static str> {
        let text = self.input.value().trim();
        match self.asking {
            Asking::Filter(_) | Asking::Note(_) | Asking::Approval { .. } => None,
            Asking::Email => (!text.contains('@')).then_some("an e-mail address is needed"),
            Asking::Passphrase => text.is_empty().then_some("the passphrase is needed"),
            Asking::Dismissal(_)
            | Asking::Skipping(_)
            | Asking::Rejection(_)
            | Asking::BrokenGlass { .. }
            | Asking::Decision { .. } => text.is_empty().then_some("a reason is needed"),
        }
    }

    /// Whether it decides about a plan that waits.
    pub(crate) fn decides(&self) -> bool {
        matches!(self.asking, Asking::Approval { .. } | Asking::Rejection(_))
    }

    /// Whether it is drawn in the list's title rather than as a box.
    pub(crate) fn is_filter(&self) -> bool {
        matches!(self.asking, Asking::Filter(_))
    }
}
