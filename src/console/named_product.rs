//! A product as it is named where something is to be mended for it. It knows no screen.

use super::{pane::Jump, shell::Shell};

/// A product twice named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NamedProduct {
    /// As links, the price list or an invoice name it.
    pub(crate) product: String,
    /// The same for people.
    pub(crate) name: String,
}

impl NamedProduct {
    /// Of a subscription: what it is billed for is known by its name alone where its product was not found.
    pub(crate) fn of(product: Option<&str>, name: &str) -> Self {
        Self { product: product.unwrap_or(name).to_owned(), name: name.to_owned() }
    }

    /// Whether a product of the price list is meant.
    pub(crate) fn is(&self, key: &str, sku: &str, name: &str) -> bool {
        [&self.product, &self.name]
            .into_iter()
            .any(|named| named == key || named == sku || named.eq_ignore_ascii_case(name))
    }
}

/// The service that has a product's name is taken over, where the selected row waits for one.
pub(crate) fn take_over(waiting: Option<NamedProduct>, shell: &mut Shell) -> Option<Jump> {
    if waiting.is_none() {
        shell.decline(shell.theme.terms.say("No service has the name that this one wants"));
    }
    waiting.map(Jump::TakeOver)
}
