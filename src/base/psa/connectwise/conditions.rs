//! Conditions in ConnectWise's own grammar (wire/connectwise 4). Typed, so that no value can become a part of the expression.
//!
//! One condition per call, and every answer is filtered once more by whoever asked: lists were seen to miss or to give more
//! than was asked for.

use super::assumed;

/// Characters that the condition of one call may have once it is encoded: the rest of the URL needs some too.
const LONGEST: usize = assumed::LONGEST_URL - 500;

/// An expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Condition(String);

impl Condition {
    /// The flag is not set.
    pub(super) fn is_false(field: &str) -> Self {
        Self(format!("{field}=false"))
    }

    /// The field, `company/id` say, is this number.
    pub(super) fn equals(field: &str, number: i64) -> Self {
        Self(format!("{field}={number}"))
    }

    /// The field is this text, whatever its case. A `*` in it stands for any letters and cannot be written otherwise: more
    /// may come back than was asked for.
    pub(super) fn is_text(field: &str, text: &str) -> Self {
        Self(format!("{field}={}", quoted(text)))
    }

    /// The field is one of these numbers: as many conditions as it takes to keep each URL short.
    pub(super) fn one_of(field: &str, numbers: &[i64]) -> Vec<Self> {
        let (mut lists, mut rest) = (Vec::new(), numbers);
        while !rest.is_empty() {
            let mut length = 0;
            let fits = rest.iter().take_while(|number| {
                // The comma takes three letters in a URL.
                length += number.to_string().len() + 3;
                length <= LONGEST
            });
            let (list, following) = rest.split_at(fits.count().max(1));
            let list: Vec<String> = list.iter().map(i64::to_string).collect();
            lists.push(Self(format!("{field} in ({})", list.join(","))));
            rest = following;
        }
        lists
    }

    /// As it is sent, before it is encoded.
    pub(super) fn text(&self) -> &str {
        &self.0
    }
}

/// In double quotes; `\` and `"` with a backslash before them, `[` in the form of a set of one letter. What cannot stand in
/// a text comes back as a blank anyway.
fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for letter in text.chars() {
        match letter {
            '"' | '\\' => quoted.extend(['\\', letter]),
            '[' => quoted.push_str("[[]"),
            letter if letter.is_control() => quoted.push(' '),
            letter => quoted.push(letter),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("CFQ7TTC0LH18:0001", r#"vendorSku="CFQ7TTC0LH18:0001""#)]
    #[case(r#"a" or id>0 or name=""#, r#"vendorSku="a\" or id>0 or name=\"""#)]
    #[case(r"back\slash", r#"vendorSku="back\\slash""#)]
    #[case("O'Brien", r#"vendorSku="O'Brien""#)]
    #[case("a[b]", r#"vendorSku="a[[]b]""#)]
    #[case("two\nlines", r#"vendorSku="two lines""#)]
    fn a_text_stays_a_text(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(Condition::is_text("vendorSku", text).text(), expected);
    }

    #[test]
    fn numbers_and_flags_need_no_quotes() {
        assert_eq!(Condition::equals("company/id", 250).text(), "company/id=250");
        assert_eq!(Condition::is_false("deletedFlag").text(), "deletedFlag=false");
    }

    #[test]
    fn a_long_list_is_asked_for_in_parts_and_loses_none() {
        assert!(Condition::one_of("id", &[]).is_empty());
        let short = Condition::one_of("id", &[5, 41]);
        assert_eq!(short, [Condition("id in (5,41)".to_owned())]);
        let numbers: Vec<i64> = (1_000_000..1_001_000).collect();
        let lists = Condition::one_of("id", &numbers);
        let together: Vec<i64> = lists
            .iter()
            .flat_map(|list| list.text()["id in (".len()..].trim_end_matches(')').split(','))
            .map(|number| number.parse().expect("a number"))
            .collect();
        assert_eq!(together, numbers);
        assert!(
            lists.iter().all(|list| list.text().replace(',', "%2C").len() < assumed::LONGEST_URL)
        );
    }
}
