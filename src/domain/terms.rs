//! The field's own terms, as each target has them: what is a contract in one is an agreement in the other.
//!
//! Only texts of our own are put into them: what somebody typed or a server sent is never touched.

use std::borrow::Cow;

use super::target::TargetKind;

/// What each of our words is called in ConnectWise, the longer before what is in it.
const CONNECTWISE: &[(&str, &str)] = &[
    ("contract service", "addition"),
    ("Contract service", "Addition"),
    ("contract line", "addition"),
    ("Contract line", "Addition"),
    ("contract", "agreement"),
    ("Contract", "Agreement"),
    ("service", "catalog item"),
    ("Service", "Catalog item"),
    ("Autotask", "ConnectWise"),
];

/// A word whose sound decides between “a” and “an”.
const ARTICLES: &[(&str, &str)] = &[("a agreement", "an agreement"), ("a addition", "an addition")];

/// The terms of one target.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Terms(&'static [(&'static str, &'static str)]);

impl Terms {
    /// What the users of a target call things.
    pub(crate) fn of(target: TargetKind) -> Self {
        match target {
            TargetKind::Autotask => Self(&[]),
            TargetKind::Connectwise => Self(CONNECTWISE),
        }
    }

    /// A text of ours, which is written in Autotask's terms, in these.
    pub(crate) fn say(self, text: &'static str) -> Cow<'static, str> {
        let mut told = Cow::Borrowed(text);
        for (ours, theirs) in self.0.iter().chain(ARTICLES) {
            if told.contains(ours) {
                told = Cow::Owned(told.replace(ours, theirs));
            }
        }
        told
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(
        "Link the tenant with a company and a contract",
        "Link the tenant with a company and an agreement"
    )]
    #[case("No service is known for it", "No catalog item is known for it")]
    #[case("Choose contract line", "Choose addition")]
    #[case("services", "catalog items")]
    #[case("Put on the contract", "Put on the agreement")]
    fn connectwise_has_agreements_additions_and_catalog_items_r10_1(
        #[case] ours: &'static str,
        #[case] theirs: &str,
    ) {
        assert_eq!(Terms::of(TargetKind::Connectwise).say(ours), theirs);
        assert_eq!(Terms::of(TargetKind::Autotask).say(ours), ours);
    }
}
