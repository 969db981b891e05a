//! Refusals in words: what, where, what to do.
//!
//! It must not decide whether something is refused.

use crate::{
    domain::outcome::Finding,
    engine::protocol::{Refusal, RefusalKind},
    psa::ReadError,
    store::StoreError,
    vault::VaultError,
};

/// So many close names are offered.
const MOST_SUGGESTIONS: usize = 3;

/// Below this likeness a name is not offered.
const LEAST_LIKENESS: f64 = 0.72;

/// Wrong as typed (exit 64).
pub(super) fn malformed(code: &str, text: impl Into<String>, advice: impl Into<String>) -> Refusal {
    Refusal::new(RefusalKind::Malformed, Finding::new(code, text, advice))
}

/// A look-up failed, or it cannot be done (exit 1).
pub(super) fn failed(code: &str, text: impl Into<String>, advice: impl Into<String>) -> Refusal {
    Refusal::new(RefusalKind::Failed, Finding::new(code, text, advice))
}

/// Nothing is called so; the closest names are offered.
pub(super) fn unknown<'a>(
    what: &str,
    typed: &str,
    names: impl IntoIterator<Item = &'a str>,
    advice: &str,
) -> Refusal {
    let suggestions = closest(typed, names);
    let advice = match suggestions.as_slice() {
        [] => advice.to_owned(),
        names => format!("Did you mean {}? {advice}", quoted(names)),
    };
    let text = format!("There is no {what} “{}”.", shortened(typed));
    let refusal = failed(&format!("unknown_{}", what.replace(' ', "_")), text, advice);
    Refusal { suggestions, ..refusal }
}

/// More than one is called so; their ids are told.
pub(super) fn ambiguous(what: &str, typed: &str, ids: &[String]) -> Refusal {
    let text = format!("More than one {what} is called “{}”.", shortened(typed));
    let advice = format!("Give the id instead: {}.", ids.join(", "));
    let refusal = failed(&format!("ambiguous_{}", what.replace(' ', "_")), text, advice);
    Refusal { suggestions: ids.to_vec(), ..refusal }
}

/// The names most like what was typed, the likest first.
pub(super) fn closest<'a>(typed: &str, names: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let folded = typed.trim().to_lowercase();
    let mut scored: Vec<(f64, &str)> = names
        .into_iter()
        .map(|name| (likeness(&folded, &name.to_lowercase()), name))
        .filter(|(score, _)| *score >= LEAST_LIKENESS)
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1)));
    scored.dedup_by(|a, b| a.1 == b.1);
    scored.into_iter().take(MOST_SUGGESTIONS).map(|(_, name)| name.to_owned()).collect()
}

fn likeness(typed: &str, name: &str) -> f64 {
    let contained = typed.len() >= 3 && name.contains(typed);
    if contained { 1.0 } else { strsim::jaro_winkler(typed, name) }
}

fn quoted(names: &[String]) -> String {
    names.iter().map(|name| format!("“{name}”")).collect::<Vec<_>>().join(" or ")
}

/// What was typed, cut to what fits on a line and without control characters.
pub(super) fn shortened(typed: &str) -> String {
    let clean = typed.trim().chars().map(|c| if c.is_control() { ' ' } else { c });
    let short: String = clean.take(80).collect();
    if typed.trim().chars().count() > 80 { format!("{short}…") } else { short }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::new(RefusalKind::Failed, error.into())
    }
}

impl From<VaultError> for Refusal {
    fn from(error: VaultError) -> Self {
        let kind = match error {
            VaultError::Locked => RefusalKind::Locked,
            VaultError::EmptyPassphrase => RefusalKind::Malformed,
            _ => RefusalKind::Failed,
        };
        Self::new(kind, error.into())
    }
}

impl From<ReadError> for Refusal {
    fn from(error: ReadError) -> Self {
        let kind = match error {
            ReadError::Cancelled => RefusalKind::Cancelled,
            _ => RefusalKind::Failed,
        };
        Self::new(kind, error.finding())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closest_names_are_offered_the_likest_first() {
        let names = ["harbourdental.onmicrosoft.com", "harborview.com", "zebra.com"];
        let closest = closest("harbourdentl.onmicrosoft.com", names);
        assert_eq!(closest.first().map(String::as_str), Some("harbourdental.onmicrosoft.com"));
        assert!(!closest.contains(&"zebra.com".to_owned()));
    }

    #[test]
    fn what_was_typed_cannot_draw_on_the_terminal() {
        assert_eq!(shortened("a\u{1b}[31m"), "a [31m");
        assert_eq!(shortened(&"x".repeat(500)).chars().count(), 81);
    }
}
