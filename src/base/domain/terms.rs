//! The field's own terms, as each target has them: what is a contract in one is an agreement in the other.
//!
//! Only texts of our own are put into them: what somebody typed or a server sent is never touched.

use std::{borrow::Cow, fmt::Display};

use super::{Code, outcome::Finding, target::TargetKind};

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

/// The same as words that stand for themselves in a sentence made of several parts, the longer first.
const WORDS: &[(&str, &str)] = &[
    ("contract services", "additions"),
    ("contract service", "addition"),
    ("contract lines", "additions"),
    ("contract line", "addition"),
    ("contracts", "agreements"),
    ("contract", "agreement"),
    ("services", "catalog items"),
    ("service", "catalog item"),
    ("CONTRACT", "AGREEMENT"),
    ("SERVICE", "CATALOG ITEM"),
];

/// The terms of one target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    target: TargetKind,
    texts: &'static [(&'static str, &'static str)],
    words: &'static [(&'static str, &'static str)],
}

impl Default for Terms {
    fn default() -> Self {
        Self { target: TargetKind::Autotask, texts: &[], words: &[] }
    }
}

impl Terms {
    /// What the users of a target call things.
    pub fn of(target: TargetKind) -> Self {
        match target {
            TargetKind::Autotask => Self::default(),
            TargetKind::Connectwise => Self { target, texts: CONNECTWISE, words: WORDS },
        }
    }

    /// Whose they are.
    pub fn target(self) -> TargetKind {
        self.target
    }

    /// A text of ours, which is written in Autotask's terms, in these.
    pub fn say(self, text: &'static str) -> Cow<'static, str> {
        let mut told = Cow::Borrowed(text);
        for (ours, theirs) in self.texts.iter().chain(ARTICLES) {
            if told.contains(ours) {
                told = Cow::Owned(told.replace(ours, theirs));
            }
        }
        told
    }

    /// The same of a text with `{}` for each of these, which stay as they are.
    pub fn fill(self, text: &'static str, with: &[&dyn Display]) -> String {
        let told = self.say(text);
        let mut parts = told.split("{}");
        let mut filled = parts.next().unwrap_or_default().to_owned();
        for (part, one) in parts.zip(with) {
            filled.push_str(&one.to_string());
            filled.push_str(part);
        }
        filled
    }

    /// A sentence that was put together without knowing the target, in these terms. What stands in quotation marks is
    /// somebody's own and stays as it is, and so do these names.
    pub fn retell<'t>(self, text: &'t str, names: &[&str]) -> Cow<'t, str> {
        if !self.words.iter().chain(self.texts).any(|(ours, _)| text.contains(ours)) {
            return Cow::Borrowed(text);
        }
        let (mut told, mut at) = (String::with_capacity(text.len()), 0);
        while let Some(next) = text[at..].chars().next() {
            let rest = &text[at..];
            let begins = !text[..at].chars().next_back().is_some_and(in_word);
            let kept = kept(rest, names).filter(|_| begins);
            let named = || self.texts.iter().find(|(ours, _)| is_named(rest, ours));
            let term = || self.words.iter().find(|(ours, _)| is_word(rest, ours)).or_else(named);
            let term = || term().filter(|_| begins);
            if let Some(kept) = kept {
                told.push_str(&rest[..kept]);
                at += kept;
            } else if let Some((ours, theirs)) = term() {
                if theirs.starts_with('a') && (told.ends_with(" a ") || told == "a ") {
                    told.insert(told.len() - 1, 'n');
                }
                told.push_str(theirs);
                at += ours.len();
            } else {
                told.push(next);
                at += next.len_utf8();
            }
        }
        Cow::Owned(told)
    }

    /// The same of both sentences of a finding. What the target itself answered stays as it is.
    pub fn retell_finding(self, finding: &mut Finding, names: &[&str]) {
        if self.words.is_empty() {
            return;
        }
        if !matches!(finding.code, Code::Autotask | Code::Connectwise) {
            finding.text = self.retell(&finding.text, names).into_owned();
        }
        finding.advice = self.retell(&finding.advice, names).into_owned();
    }
}

fn in_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '-' || letter == '_'
}

/// Whether a text begins with this word, and not with a longer one.
fn is_word(text: &str, word: &str) -> bool {
    text.strip_prefix(word).is_some_and(|rest| !rest.chars().next().is_some_and(in_word))
}

/// Whether a text begins with this word, written large, and with what is called so: `Contract “Cloud”`. By itself such a word
/// may be part of a name.
fn is_named(text: &str, word: &str) -> bool {
    word.starts_with(char::is_uppercase)
        && text.strip_prefix(word).is_some_and(|rest| rest.starts_with(" “"))
}

/// How much of a text's beginning is somebody's own: what is quoted, a command, or one of these names.
fn kept(text: &str, names: &[&str]) -> Option<usize> {
    for (open, close) in [('“', '”'), ('`', '`'), ('"', '"')] {
        if let Some(quoted) = text.strip_prefix(open) {
            return quoted.find(close).map(|at| open.len_utf8() + at + close.len_utf8());
        }
    }
    names.iter().find(|name| !name.is_empty() && is_word(text, name)).map(|name| name.len())
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

    #[rstest]
    #[case("{} is not linked to a contract.", "Fire service Ltd is not linked to an agreement.")]
    #[case("{}: the contract", "Fire service Ltd: the agreement")]
    fn what_is_filled_in_stays_as_it_is(#[case] ours: &'static str, #[case] theirs: &str) {
        let terms = Terms::of(TargetKind::Connectwise);
        assert_eq!(terms.fill(ours, &[&"Fire service Ltd"]), theirs);
    }

    #[rstest]
    #[case("Choose a contract.", "Choose an agreement.")]
    #[case("Of “our service contract”: a service", "Of “our service contract”: a catalog item")]
    #[case(
        "`choose-service --service ID`: services",
        "`choose-service --service ID`: catalog items"
    )]
    #[case(
        "Customer Service Enterprise, self-service",
        "Customer Service Enterprise, self-service"
    )]
    #[case("Fire service Ltd has contracts", "Fire service Ltd has agreements")]
    #[case("Fire service Ltdx", "Fire catalog item Ltdx")]
    #[case("There is no contract service “7”.", "There is no addition “7”.")]
    #[case(
        "Fire service Ltd: Contract “our service” (7) is not active. Service “X” is.",
        "Fire service Ltd: Agreement “our service” (7) is not active. Catalog item “X” is."
    )]
    #[case("its contract’s end; “open service", "its agreement’s end; “open catalog item")]
    fn a_sentence_is_told_anew_without_touching_names_r10_1(
        #[case] ours: &str,
        #[case] theirs: &str,
    ) {
        let terms = Terms::of(TargetKind::Connectwise);
        let told = terms.retell(ours, &["Fire service Ltd"]);
        assert_eq!(told, theirs);
        assert_eq!(terms.retell(&told, &["Fire service Ltd"]), theirs, "told again it stays");
        assert_eq!(Terms::of(TargetKind::Autotask).retell(ours, &[]), ours);
    }

    #[test]
    fn what_the_target_answered_stays_as_it_is() {
        let mut finding =
            Finding::new(Code::Connectwise, "the service is down", "See the contract.");
        Terms::of(TargetKind::Connectwise).retell_finding(&mut finding, &[]);
        assert_eq!(
            (&*finding.text, &*finding.advice),
            ("the service is down", "See the agreement.")
        );
    }
}
