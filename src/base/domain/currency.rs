//! What money is counted in. Amounts of two currencies are never added, compared or written in each other's place.
//!
//! It must not know rates or how many decimals a currency has: amounts are taken and shown as they were billed.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Money, shared_text::SharedText};

/// A currency by its code, as an invoice names it: `AUD`. Case and surrounding blanks do not count.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "String")]
pub struct Currency(SharedText);

impl Currency {
    /// Takes the text as a code.
    #[must_use]
    pub fn new(text: impl AsRef<str>) -> Self {
        Self(text.as_ref().trim().to_uppercase().into())
    }

    /// The code.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The one currency of all of these; none where one of them names none, or two are named.
    pub fn one_of<'a>(all: impl IntoIterator<Item = Option<&'a Self>>) -> Option<&'a Self> {
        let mut all = all.into_iter();
        let first = all.next()??;
        all.all(|other| other == Some(first)).then_some(first)
    }
}

impl From<String> for Currency {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// An amount with the code of its currency behind it, `37.26 AUD`; the amount alone where that is not known.
pub fn told(amount: impl fmt::Display, currency: Option<&Currency>) -> String {
    match currency {
        Some(currency) => format!("{amount} {currency}"),
        None => amount.to_string(),
    }
}

impl Money {
    /// The amount for people, with the code of its currency where that is known: `1,237.26 AUD`.
    pub fn in_currency(self, currency: Option<&Currency>) -> String {
        told(self.separated(), currency)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::none(&[], None)]
    #[case::one(&[Some("AUD")], Some("AUD"))]
    #[case::the_same(&[Some("AUD"), Some(" aud")], Some("AUD"))]
    #[case::two(&[Some("AUD"), Some("NZD")], None)]
    #[case::one_of_them_untold(&[Some("AUD"), None], None)]
    #[case::the_first_untold(&[None, Some("AUD")], None)]
    fn one_currency_is_that_of_all(#[case] all: &[Option<&str>], #[case] one: Option<&str>) {
        let all: Vec<Option<Currency>> = all.iter().map(|code| code.map(Currency::new)).collect();
        let found = Currency::one_of(all.iter().map(Option::as_ref));
        assert_eq!(found.map(Currency::as_str), one);
    }

    #[test]
    fn an_amount_names_its_currency_where_it_is_known() {
        let amount: Money = "37.26".parse().expect("an amount");
        assert_eq!(amount.in_currency(Some(&Currency::new("jpy"))), "37.26 JPY");
        assert_eq!(amount.in_currency(None), "37.26");
        assert_eq!(amount.times(100).in_currency(None), "3,726.00");
    }

    #[test]
    fn what_was_stored_as_text_is_read() {
        let read: Option<Currency> = serde_json::from_str(r#""AUD""#).expect("JSON");
        assert_eq!(read, Some(Currency::new("AUD")));
        assert_eq!(serde_json::to_string(&read).expect("JSON"), r#""AUD""#);
    }
}
