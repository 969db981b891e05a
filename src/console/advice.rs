//! Advice for both faces names a command; here the key that does the same stands in its place.
//!
//! It must not know what advice there is: only which command has which key.

use super::{action::Action, keymap::BINDINGS};
use crate::domain::outcome::Finding;

/// Commands by how they begin, `*` for any word, the longer first, with the key that does the same and where it works. Without an action
/// the place itself shows it.
const KEYS: &[(&str, Option<Action>, &str)] = &[
    ("customers map", Some(Action::Edit), "Customers"),
    ("customers suggest", Some(Action::Suggest), "Customers"),
    ("customers sync", Some(Action::ToggleSync), "Customers"),
    ("customers choose-service", Some(Action::ChooseRow), "the subscription in its run"),
    ("customers list", None, "the list on Customers"),
    ("products adopt", Some(Action::Adopt), "Products"),
    ("products", None, "the list on Products"),
    ("connect environments", Some(Action::Plan), "Sync"),
    ("connect agreement", Some(Action::Agreement), "Connections"),
    ("connect test", Some(Action::Test), "Connections"),
    ("connect list", None, "the list on Connections"),
    ("connect", Some(Action::Edit), "Connections"),
    ("program", Some(Action::Program), "Connections"),
    ("plan", Some(Action::Plan), "Sync"),
    ("status", None, "Dashboard"),
    ("invoices accept", Some(Action::Accept), "the invoice"),
    ("invoices treat * --as standard", Some(Action::TreatAsStandard), "the invoice"),
    ("invoices treat", Some(Action::LeaveOut), "the invoice"),
    ("invoices dismiss", Some(Action::Dismiss), "the invoice"),
    ("invoices", Some(Action::Invoices), "Sync"),
    ("retries list", Some(Action::Retries), "Sync"),
    ("runs", None, "the list on Sync"),
    ("sync --plan", Some(Action::Apply), "the plan"),
    ("sync --retry-failed", Some(Action::RetryFailed), "Sync"),
    ("sync", Some(Action::Plan), "Sync"),
];

/// The text with every command in backquotes that a key stands for replaced by the key.
pub(crate) fn in_keys(text: &str) -> String {
    let mut told = String::with_capacity(text.len());
    for (at, part) in text.split('`').enumerate() {
        let whole = at % 2 == 1 && text.matches('`').count() > at;
        match key_for(part) {
            Some(key) if whole => told.push_str(&key),
            _ if whole => told.push_str(&format!("`{part}`")),
            _ if at % 2 == 1 => told.push_str(&format!("`{part}")),
            _ => told.push_str(part),
        }
    }
    told
}

/// A finding whole, as text: what happened, what to do about it, and the code that support asks for.
pub(crate) fn details(finding: &Finding) -> String {
    let advice = if finding.advice.is_empty() {
        String::new()
    } else {
        format!("\n\nWhat to do: {}", in_keys(&finding.advice))
    };
    format!("{}{advice}\n\nCode: {}", finding.text, finding.code)
}

fn key_for(command: &str) -> Option<String> {
    let command = command.strip_prefix("prism-connect ").unwrap_or(command);
    let begins = |start: &str| {
        let mut words = command.split(' ');
        start
            .split(' ')
            .all(|wanted| words.next().is_some_and(|word| wanted == "*" || word == wanted))
    };
    let (_, action, place) = KEYS.iter().find(|(start, ..)| begins(start))?;
    let Some(action) = action else { return Some((*place).to_owned()) };
    let binding = BINDINGS.iter().find(|binding| binding.action == *action)?;
    Some(format!("{} on {place}", binding.keys.first()?.name(true)))
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
        assert_eq!(in_keys(text), told);
    }

    #[test]
    fn every_key_stands_in_the_table_of_keys() {
        for (command, action, _) in KEYS {
            let bound = action.is_none_or(|action| BINDINGS.iter().any(|b| b.action == action));
            assert!(bound, "{command}");
        }
    }
}
