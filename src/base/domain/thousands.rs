//! Amounts as people read them: their thousands apart. What is stored, sent, or given to a command has none.

use std::borrow::Cow;

use super::{Money, text::apart};

impl Money {
    /// For texts: `1,234.50`, with all of its decimals.
    pub fn separated(self) -> String {
        let text = self.to_string();
        let (sign, digits) = text.split_at(usize::from(text.starts_with('-')));
        let (whole, rest) = digits.split_at(digits.find('.').unwrap_or(digits.len()));
        format!("{sign}{}{rest}", apart(whole))
    }
}

/// A text as it was told when amounts had no separators, so that what was stored then is compared with what is told now:
/// without any comma between two digits.
pub fn without_thousands(text: &str) -> Cow<'_, str> {
    let bytes = text.as_bytes();
    let is_digit =
        |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_digit);
    let separates =
        |at: usize| bytes[at] == b',' && is_digit(at.checked_sub(1)) && is_digit(Some(at + 1));
    if !(0..bytes.len()).any(separates) {
        return text.into();
    }
    text.char_indices().filter(|(at, _)| !separates(*at)).map(|(_, letter)| letter).collect()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("1234.50", "1,234.50")]
    #[case("-1234567", "-1,234,567.00")]
    #[case("123.4567", "123.4567")]
    #[case("12345.6789", "12,345.6789")]
    #[case("0", "0.00")]
    fn thousands_stand_apart(#[case] amount: &str, #[case] told: &str) {
        let amount: Money = amount.parse().expect("an amount");
        assert_eq!(amount.separated(), told);
        assert_eq!(without_thousands(told), amount.to_string());
    }

    #[rstest]
    #[case("sum to 1,234.50, not 1,200", "sum to 1234.50, not 1200")]
    #[case("“Müller, 3” has 5, 6", "“Müller, 3” has 5, 6")]
    #[case("lines 7,", "lines 7,")]
    fn only_what_stands_between_digits_goes(#[case] text: &str, #[case] told: &str) {
        assert_eq!(without_thousands(text), told);
    }
}
