//! Advice for both faces names a command; here the key that does the same stands in its place.
//!
//! It must not know what advice there is: only which command has which key.

use std::borrow::Cow;

use super::{
    action::Action,
    keymap::{BINDINGS, Binding, Section},
    widgets::text::MINUS,
};
use crate::domain::{Day, Right, Side, outcome::Finding};

/// An action, and the section of the table that has its key.
type KeyOf = (Action, Section);

/// Commands by how they begin, `*` for any word, the longer first, with the key that does the same, the section of the table
/// where it does, and what that place is called. Without a key the place itself shows it.
const KEYS: &[(&str, Option<KeyOf>, &str)] = &[
    ("customers map", Some((Action::Edit, Section::Customers)), "Customers"),
    ("customers suggest", Some((Action::Suggest, Section::Customers)), "Customers"),
    ("customers sync", Some((Action::ToggleSync, Section::Customers)), "Customers"),
    (
        "customers choose-service",
        Some((Action::ChooseRow, Section::RunSubscription)),
        "the subscription in its run",
    ),
    ("customers list", None, "the list on Customers"),
    ("products adopt", Some((Action::Adopt, Section::Products)), "Products"),
    ("products", None, "the list on Products"),
    ("connect environments", Some((Action::Plan, Section::Runs)), "Sync"),
    ("connect agreement", Some((Action::Agreement, Section::Connections)), "Connections"),
    ("connect test", Some((Action::Test, Section::Connections)), "Connections"),
    ("connect list", None, "the list on Connections"),
    ("connect", Some((Action::Edit, Section::Connections)), "Connections"),
    ("program", Some((Action::Program, Section::Connections)), "Connections"),
    ("approvals", Some((Action::Approvals, Section::Runs)), "Sync"),
    ("plan", Some((Action::Plan, Section::Runs)), "Sync"),
    ("ack", Some((Action::Dismiss, Section::Dashboard)), "Dashboard"),
    ("status", None, "Dashboard"),
    ("invoices accept", Some((Action::Accept, Section::Invoice)), "the invoice"),
    (
        "invoices treat * --as standard",
        Some((Action::TreatAsStandard, Section::Invoice)),
        "the invoice",
    ),
    ("invoices treat", Some((Action::LeaveOut, Section::Invoice)), "the invoice"),
    ("invoices dismiss", Some((Action::Dismiss, Section::Invoice)), "the invoice"),
    ("invoices", Some((Action::Invoices, Section::Runs)), "Sync"),
    ("retries list", Some((Action::Retries, Section::Runs)), "Sync"),
    ("runs", None, "the list on Sync"),
    ("sync --plan", Some((Action::Apply, Section::Plan)), "the plan"),
    ("sync --retry-failed", Some((Action::RetryFailed, Section::Runs)), "Sync"),
    ("sync", Some((Action::Plan, Section::Runs)), "Sync"),
];

/// Which keys a text may name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Keys {
    #[default]
    All,
    /// All but those that set the installation up: a daemon refuses these to an operator.
    Operating,
    /// Those that change nothing: with `--read-only` the others are refused.
    Reading,
    /// Of these only what a daemon lets everybody do.
    Viewing,
}

impl Keys {
    /// What is said where all keys work, or where only those do that change nothing.
    pub(crate) fn hint(self, all: &'static str, reading: &'static str) -> &'static str {
        match self {
            Self::All | Self::Operating => all,
            Self::Reading | Self::Viewing => reading,
        }
    }

    /// The same where the keys set the installation up, which is not for whoever only operates it.
    pub(crate) fn hint_to_set_up(self, all: &'static str, other: &'static str) -> &'static str {
        match self {
            Self::All => all,
            Self::Operating | Self::Reading | Self::Viewing => other,
        }
    }

    /// Whether this key works.
    pub(crate) fn name(self, binding: &Binding) -> bool {
        match self {
            Self::All => true,
            Self::Operating => binding.right != Right::Administer,
            Self::Reading => !binding.writes,
            Self::Viewing => !binding.writes && binding.right == Right::View,
        }
    }
}

/// The text with every command in backquotes that a key stands for replaced by the key, and where it works. Where that key is
/// refused the command stays: it works in another place.
pub(crate) fn in_keys(text: &str, keys: Keys) -> String {
    in_keys_at(text, keys, None)
}

/// The same where these actions have a key of this section: of that it is not said where.
pub(crate) fn in_keys_at(text: &str, keys: Keys, here: Option<(Section, &[Action])>) -> String {
    let mut told = String::with_capacity(text.len());
    for (at, part) in text.split('`').enumerate() {
        let whole = at % 2 == 1 && text.matches('`').count() > at;
        match key_for(part, keys, here) {
            Some(key) if whole => told.push_str(&key),
            _ if whole => told.push_str(&format!("`{part}`")),
            _ if at % 2 == 1 => told.push_str(&format!("`{part}")),
            _ => told.push_str(&as_shown(part)),
        }
    }
    told
}

/// That a system has no connection, and which keys make one.
pub(crate) fn not_connected(side: Side, keys: Keys) -> &'static str {
    match side {
        Side::Source => keys.hint_to_set_up(
            "PRISM is not connected: press 2, then c on its card.",
            "PRISM is not connected.",
        ),
        Side::Target => keys.hint_to_set_up(
            "No PSA is connected: press 2, then c on its card.",
            "No PSA is connected.",
        ),
    }
}

/// A sentence of the engine's with its days and its amounts as screens write them: `5 Oct 2026` in the place of `2026-10-05`,
/// `−12.50` in that of `-12.50`.
pub(crate) fn as_shown(text: &str) -> Cow<'_, str> {
    match with_minus(text) {
        Cow::Borrowed(text) => in_days(text),
        Cow::Owned(text) => Cow::Owned(in_days(&text).into_owned()),
    }
}

/// Amounts below nought have the sign that amounts have which stand alone.
fn with_minus(text: &str) -> Cow<'_, str> {
    let mut told = String::new();
    let mut kept = 0;
    for (at, _) in text.match_indices('-') {
        let alone =
            text[..at].chars().next_back().is_none_or(|c| c.is_whitespace() || "([“".contains(c));
        let figure =
            text[at + 1..].split(|c: char| !c.is_ascii_digit() && !".,".contains(c)).next();
        let figure = figure.unwrap_or_default().trim_end_matches(['.', ',']);
        if alone && figure.contains('.') && figure.starts_with(|c: char| c.is_ascii_digit()) {
            told.push_str(&text[kept..at]);
            told.push_str(MINUS);
            kept = at + 1;
        }
    }
    if kept == 0 {
        return Cow::Borrowed(text);
    }
    told.push_str(&text[kept..]);
    Cow::Owned(told)
}

fn in_days(text: &str) -> Cow<'_, str> {
    const WRITTEN: usize = "2026-10-05".len();
    let mut told = String::new();
    let mut kept = 0;
    for (at, _) in text.match_indices('-') {
        let Some(from) = at.checked_sub(4).filter(|from| *from >= kept) else { continue };
        let to = from + WRITTEN;
        let alone = |letter: Option<char>| letter.is_none_or(|c| !c.is_alphanumeric() && c != '-');
        let Some(day) = text.get(from..to).and_then(|day| day.parse::<Day>().ok()) else {
            continue;
        };
        if alone(text[..from].chars().next_back()) && alone(text[to..].chars().next()) {
            told.push_str(&text[kept..from]);
            told.push_str(&day.0.format("%-d %b %Y").to_string());
            kept = to;
        }
    }
    if kept == 0 {
        return Cow::Borrowed(text);
    }
    told.push_str(&text[kept..]);
    Cow::Owned(told)
}

/// A finding whole, as text: what happened, what to do about it, and the code that support asks for.
pub(crate) fn details(finding: &Finding, keys: Keys) -> String {
    let advice = if finding.advice.is_empty() {
        String::new()
    } else {
        format!("\n\nWhat to do: {}", in_keys(&finding.advice, keys))
    };
    format!("{}{advice}\n\nCode: {}", as_shown(&finding.text), finding.code)
}

fn key_for(command: &str, keys: Keys, here: Option<(Section, &[Action])>) -> Option<String> {
    let command = command.strip_prefix("prism-connect ").unwrap_or(command);
    let begins = |start: &str| {
        let mut words = command.split(' ');
        start
            .split(' ')
            .all(|wanted| words.next().is_some_and(|word| wanted == "*" || word == wanted))
    };
    let (_, key, place) = KEYS.iter().find(|(start, ..)| begins(start))?;
    let Some((action, there)) = key else { return Some((*place).to_owned()) };
    let of = |section| {
        let mut of_section = BINDINGS.iter().filter(|one| one.sections.contains(&section));
        of_section.find(|one| one.action == *action)
    };
    let own = here.filter(|(_, actions)| actions.contains(action)).and_then(|(at, _)| of(at));
    let binding = own.or_else(|| of(*there))?;
    if !keys.name(binding) {
        return None;
    }
    let key = binding.keys.first()?.name(true);
    Some(if own.is_some() { key } else { format!("{key} on {place}") })
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("Link it: `prism-connect customers map a.b --company X`.", "Link it: c on Customers.")]
    #[case(
        "Choose with `prism-connect connect agreement ID`; `connect list` shows them.",
        "Choose with a on Connections; the list on Connections shows them."
    )]
    #[case("`prism-connect retries list` says why.", "R on Sync says why.")]
    #[case("`invoices treat INV1 --as standard --reason TEXT`", "t on the invoice")]
    #[case("`invoices treat INV1 --as excluded --reason TEXT`", "x on the invoice")]
    #[case("`prism-connect doctor` and `customersX`", "`prism-connect doctor` and `customersX`")]
    #[case("one ` alone, `sync", "one ` alone, `sync")]
    #[case("a lone ` mark", "a lone ` mark")]
    fn a_command_becomes_its_key(#[case] text: &str, #[case] told: &str) {
        assert_eq!(in_keys(text, Keys::All), told);
    }

    #[test]
    fn of_a_key_that_works_here_it_is_not_said_where() {
        let text = "Take it over with `products adopt SKU`; `connect test` tests.";
        let told = "Take it over with A; t on Connections tests.";
        let here = (Section::Dashboard, &[Action::Adopt][..]);
        assert_eq!(in_keys_at(text, Keys::All, Some(here)), told);
        let none = (Section::Dashboard, &[][..]);
        assert_eq!(in_keys_at(text, Keys::All, Some(none)), in_keys(text, Keys::All));
    }

    #[rstest]
    #[case("sum to 7,355.75, a difference of -12.50.", "sum to 7,355.75, a difference of −12.50.")]
    #[case("(-1,200.00) of INV-12.5", "(−1,200.00) of INV-12.5")]
    #[case("-5 seats, on 2026-10-05: -5.00", "-5 seats, on 5 Oct 2026: −5.00")]
    fn amounts_below_nought_have_the_sign_of_screens(#[case] text: &str, #[case] told: &str) {
        assert_eq!(as_shown(text), told);
    }

    #[rstest]
    #[case("the invoice has none from 2026-09-01.", "the invoice has none from 1 Sep 2026.")]
    #[case("2026-09-01 to 2026-10-31", "1 Sep 2026 to 31 Oct 2026")]
    #[case(
        "of 2026-09, price-7-2026-09-01, 2026-13-01",
        "of 2026-09, price-7-2026-09-01, 2026-13-01"
    )]
    #[case("Müller–2026-09-01T09:00", "Müller–2026-09-01T09:00")]
    fn days_are_written_as_on_screens(#[case] text: &str, #[case] told: &str) {
        assert_eq!(as_shown(text), told);
    }

    #[rstest]
    #[case(
        "Link it: `customers map a.b`; `customers suggest` finds what fits.",
        "Link it: `customers map a.b`; u on Customers finds what fits."
    )]
    #[case("`sync --plan FILE` or `plan`", "`sync --plan FILE` or p on Sync")]
    fn a_command_whose_key_is_refused_stays(#[case] text: &str, #[case] told: &str) {
        assert_eq!(in_keys(text, Keys::Reading), told);
    }

    /// The same letter on another tab may be for whoever sets the installation up.
    #[test]
    fn an_operator_is_told_the_key_of_the_place_that_is_meant() {
        let text = "Link it: `customers map a.b`, or `connect autotask`.";
        let told = "Link it: c on Customers, or `connect autotask`.";
        assert_eq!(in_keys(text, Keys::Operating), told);
    }

    #[test]
    fn every_key_stands_in_the_table_of_keys() {
        for (command, key, _) in KEYS {
            let bound = key.is_none_or(|(action, section)| {
                BINDINGS.iter().any(|b| b.action == action && b.sections.contains(&section))
            });
            assert!(bound, "{command}");
        }
    }
}
