//! Refusals in words: what, where, what to do.
//!
//! It must not decide whether something is refused.

use crate::{
    domain::{Code, ReadError, RunId, Thing, outcome::Finding, text::visible},
    engine::protocol::{Refusal, RefusalKind},
    planning::matching::closest,
    store::StoreError,
    vault::VaultError,
};

/// So many close names are offered.
const MOST_SUGGESTIONS: usize = 3;

/// Wrong as typed (exit 64).
pub(super) fn malformed(code: Code, text: impl Into<String>, advice: impl Into<String>) -> Refusal {
    Refusal::new(RefusalKind::Malformed, Finding::new(code, text, advice))
}

/// A look-up failed, or it cannot be done (exit 1).
pub(super) fn failed(code: Code, text: impl Into<String>, advice: impl Into<String>) -> Refusal {
    Refusal::new(RefusalKind::Failed, Finding::new(code, text, advice))
}

/// Another run is on (exit 75).
pub(super) fn busy(run: Option<RunId>) -> Refusal {
    let running = run.map(|run| format!("Run {run} is on."));
    let text = running.unwrap_or_else(|| "A run is on.".to_owned());
    let advice = "Wait until it has ended, or cancel it; `prism-connect status` shows it.";
    Refusal::new(RefusalKind::Busy, Finding::new(Code::Busy, text, advice))
}

/// The same client makes a plan already: one at a time is worked out for each.
pub(super) fn planning() -> Refusal {
    let text = "A plan is being made already.";
    let advice = "Wait until it is there, or give it up first.";
    Refusal::new(RefusalKind::Busy, Finding::new(Code::Busy, text, advice))
}

/// Nothing is called so; the closest names are offered.
pub(super) fn unknown<'a>(
    what: Thing,
    typed: &str,
    names: impl IntoIterator<Item = &'a str>,
    advice: &str,
) -> Refusal {
    let suggestions: Vec<String> =
        closest(typed, names, MOST_SUGGESTIONS).into_iter().map(str::to_owned).collect();
    let advice = match suggestions.as_slice() {
        [] => advice.to_owned(),
        names => format!("Did you mean {}? {advice}", quoted(names)),
    };
    let text = format!("There is no {} “{}”.", what.noun(), shortened(typed));
    let refusal = failed(Code::UnknownName(what), text, advice);
    Refusal { suggestions, ..refusal }
}

/// More than one is called so; their ids are told.
pub(super) fn ambiguous(what: Thing, typed: &str, ids: &[String]) -> Refusal {
    let text = format!("More than one {} is called “{}”.", what.noun(), shortened(typed));
    let advice = format!("Give the id instead: {}.", ids.join(", "));
    let refusal = failed(Code::AmbiguousName(what), text, advice);
    Refusal { suggestions: ids.to_vec(), ..refusal }
}

fn quoted(names: &[String]) -> String {
    names.iter().map(|name| format!("“{name}”")).collect::<Vec<_>>().join(" or ")
}

/// What was typed, cut to what fits on a line and without control characters.
pub(super) fn shortened(typed: &str) -> String {
    let short: String = visible(typed.trim()).chars().take(80).collect();
    if typed.trim().chars().count() > 80 { format!("{short}…") } else { short }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        let kind = match &error {
            StoreError::Held { .. } => RefusalKind::Busy,
            _ => RefusalKind::Failed,
        };
        Self::new(kind, error.into())
    }
}

impl From<VaultError> for Refusal {
    fn from(error: VaultError) -> Self {
        let kind = match error {
            VaultError::Locked => RefusalKind::Locked,
            VaultError::ShortPassphrase => RefusalKind::Malformed,
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
        let refused_by = match error {
            ReadError::Unauthorized { side, .. } => Some(side),
            _ => None,
        };
        Self { refused_by, ..Self::new(kind, error.finding()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closest_names_are_offered() {
        let names = ["harbourdental.onmicrosoft.com", "zebra.com"];
        let refusal = unknown(Thing::Tenant, "harbourdentl.onmicrosoft.com", names, "List them.");
        assert_eq!(refusal.suggestions, ["harbourdental.onmicrosoft.com"]);
        assert!(refusal.finding.advice.starts_with("Did you mean “harbour"), "{refusal:?}");
    }

    #[test]
    fn what_was_typed_cannot_draw_on_the_terminal() {
        assert_eq!(shortened("a\u{1b}[31m"), "a[31m");
        assert_eq!(shortened(&"x".repeat(500)).chars().count(), 81);
    }
}
