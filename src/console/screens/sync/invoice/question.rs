//! What can be said about an invoice, with the key that says it; each asks first and wants a reason.

use ratatui::{
    layout::Size,
    text::{Line, Span},
};

use super::what_it_is;
use crate::{
    console::{
        action::Action,
        dialog::{
            Prompt,
            confirm::{Confirm, Then},
            prompt::Asking,
        },
        keymap::{BINDINGS, Binding, Section},
        shell::Shell,
        widgets::text::{price, wrapped, wrapped_line},
    },
    engine::views::{InvoiceAct, InvoiceDecision, InvoiceDetail, Treatment},
};

/// Columns of a question at most.
const QUESTION: usize = 72;

fn action_of(decision: &InvoiceDecision) -> Action {
    match decision {
        InvoiceDecision::AcceptDifference { .. } | InvoiceDecision::AcceptCurrency { .. } => {
            Action::Accept
        }
        InvoiceDecision::Treat { treatment: Treatment::Standard } => Action::TreatAsStandard,
        InvoiceDecision::Treat { treatment: Treatment::Excluded } => Action::LeaveOut,
        InvoiceDecision::Dismiss => Action::Dismiss,
    }
}

/// What an action says about the invoice as it stands. Of two that are accepted, the currency comes first.
pub(crate) fn offered(detail: Option<&InvoiceDetail>, action: Action) -> Option<&InvoiceAct> {
    detail?.can.iter().rfind(|act| action_of(&act.decision) == action)
}

/// What can be said, in the order in which it is offered.
pub(crate) const SAID: [Action; 4] =
    [Action::Accept, Action::TreatAsStandard, Action::LeaveOut, Action::Dismiss];

/// What is said, as the end of a sentence.
fn told(decision: &InvoiceDecision) -> String {
    match decision {
        InvoiceDecision::AcceptDifference { difference } => {
            format!("accept the difference of {}", price(*difference))
        }
        InvoiceDecision::AcceptCurrency { currency } => format!("accept that it is in {currency}"),
        InvoiceDecision::Treat { treatment: Treatment::Standard } => {
            "treat it as the month's invoice".to_owned()
        }
        InvoiceDecision::Treat { treatment: Treatment::Excluded } => "leave it out".to_owned(),
        InvoiceDecision::Dismiss => "dismiss it".to_owned(),
    }
}

/// Asks whether to say it; the reason is typed after that.
pub(crate) fn ask(detail: Option<&InvoiceDetail>, action: Action, shell: &mut Shell) {
    let (Some(detail), Some(act)) = (detail, offered(detail, action)) else {
        return shell.decline("As the invoice stands, there is nothing like that to say about it");
    };
    let (number, words) = (&detail.invoice.number, told(&act.decision));
    let asking =
        Asking::Decision { invoice: number.clone(), decision: Box::new(act.decision.clone()) };
    let reason = Prompt::new(asking, &format!("Reason to {words}"), "");
    let question = Confirm::new(
        format!("Invoice {number}: {words}?"),
        "Give the reason",
        Then::Prompt(Box::new(reason)),
    );
    let body = [
        what_it_is(detail),
        format!("This {}.", act.effect),
        "The reason is kept with your name. Nothing is sent to the PSA before the next sync."
            .to_owned(),
    ];
    let room = usize::from(shell.size.width.saturating_sub(10)).min(QUESTION);
    shell.open(question.with_body(body.iter().flat_map(|line| wrapped(line, room))));
}

/// A line for each, with its key; none where nothing may be changed. What they do goes on below, as long as so many lines
/// have room for it.
pub(crate) fn act_lines(detail: &InvoiceDetail, room: Size, shell: &Shell) -> Vec<Line<'static>> {
    let theme = &shell.theme;
    let acts = SAID.iter().filter(|_| !shell.read_only);
    let acts = acts.filter_map(|action| Some((*action, offered(Some(detail), *action)?)));
    let line = |(action, act): (Action, &InvoiceAct)| {
        let lead = format!("{} {}", key(action, shell), told(&act.decision));
        let effect = format!("{}{}", theme.glyphs.separator, act.effect);
        Line::from(vec![Span::styled(lead, theme.accent()), Span::styled(effect, theme.muted())])
    };
    let lines: Vec<Line<'static>> = acts.map(line).collect();
    let whole: Vec<Line<'static>> =
        lines.iter().flat_map(|line| wrapped_line(line, room.width.into())).collect();
    if whole.len() <= usize::from(room.height) { whole } else { lines }
}

fn key(action: Action, shell: &Shell) -> String {
    let here = |one: &&Binding| one.action == action && one.sections.contains(&Section::Invoice);
    let press = BINDINGS.iter().find(here).and_then(|one| one.keys.first());
    press.map(|press| press.name(shell.theme.glyphs.unicode)).unwrap_or_default()
}
