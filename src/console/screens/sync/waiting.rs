//! One plan that waits: who wants it and why, who may let it pass, and all that it would write.

use ratatui::{
    Frame,
    layout::{Constraint, Layout, Position, Rect},
    text::Line,
};

use super::{approvals::bill_in_words, plan::PlanScreen};
use crate::{
    console::{
        action::Action,
        advice::as_shown,
        dialog::{Confirm, Prompt, confirm::Then, prompt::Asking},
        keymap::Section,
        listing::AnyList,
        namesakes::Namesakes,
        pane::{Jump, Pane},
        purpose::Purpose,
        shell::Shell,
        theme::Theme,
        widgets::{
            detail::below_lines,
            frame,
            text::{ago, cut, moment},
        },
    },
    engine::{
        protocol::command,
        views::{MovedView, Standing, WaitingPlan, WaitingPlanDetail},
    },
};

/// Lines above the plan: what it is, why it waits, who may let it pass.
const HEAD: u16 = 3;

#[derive(Debug, Default)]
pub(crate) struct WaitingScreen {
    number: u64,
    detail: Option<WaitingPlanDetail>,
    plan: PlanScreen,
}

impl WaitingScreen {
    /// Another one is to be shown.
    pub(crate) fn wait_for(&mut self, number: u64) {
        if self.number != number {
            *self = Self { number, detail: None, plan: PlanScreen::of_whole_plan() };
        }
    }

    /// One arrived; it may be another's by now.
    pub(crate) fn set(&mut self, mut detail: WaitingPlanDetail, namesakes: &Namesakes) {
        if detail.waiting.number != self.number {
            return;
        }
        // What it would write never changes.
        if let Some(plan) = detail.plan.take().filter(|_| !self.plan.is_there()) {
            _ = self.plan.set(*plan, namesakes);
        }
        self.detail = Some(detail);
    }

    fn approve(&self, shell: &mut Shell) {
        let Some(detail) = &self.detail else { return };
        let waiting = &detail.waiting;
        let due = matches!(waiting.standing, Standing::Approved { .. });
        if !detail.may_approve && !due {
            return shell.decline(why_not(detail));
        }
        let number = waiting.number;
        let asking = Asking::Approval { number, seal: waiting.seal.clone() };
        let reason = Prompt::new(asking, "Remark, or nothing", "");
        let then = Then::Prompt(Box::new(reason));
        let question = Confirm::new(format!("Approve plan {number}?"), "Approve and apply", then);
        shell.open(question.with_body(what_passes(waiting, &shell.theme)));
    }

    fn break_glass(&self, shell: &mut Shell) {
        let Some(detail) = &self.detail else { return };
        let waiting = &detail.waiting;
        if !detail.may_break_glass {
            return shell.decline(why_not(detail));
        }
        let number = waiting.number;
        let asking = Asking::BrokenGlass { number, seal: waiting.seal.clone() };
        let reason = Prompt::new(asking, "Why it cannot wait for anybody else", "");
        let then = Then::Prompt(Box::new(reason));
        let title = format!("Break the glass for plan {number}?");
        let mut body = what_passes(waiting, &shell.theme);
        body.push("Everybody is told, and it stays marked for 90 days.".to_owned());
        shell.open(Confirm::new(title, "Approve alone", then).with_body(body).with_word("alone"));
    }

    fn reject(&self, shell: &mut Shell) {
        let Some(detail) = &self.detail else { return };
        let number = detail.waiting.number;
        if !detail.waiting.standing.is_open() {
            return shell.decline(format!("Plan {number} is {}", detail.waiting.standing.word()));
        }
        shell.open(Prompt::new(
            Asking::Rejection(number),
            &format!("Reason to reject plan {number}"),
            "",
        ));
    }

    fn head(&self, shell: &Shell, width: usize) -> Vec<Line<'static>> {
        let theme = &shell.theme;
        let Some(detail) = &self.detail else { return Vec::new() };
        let waiting = &detail.waiting;
        let style = match waiting.standing {
            Standing::Waiting => theme.warn(),
            Standing::Stale { .. } => theme.bad(),
            _ => theme.strong(),
        };
        let lines = [
            (stands(waiting, theme), style),
            (format!("Why  {}", waiting.reason()), theme.text()),
            (as_shown(&last(detail)).into_owned(), theme.muted()),
        ];
        let line = |(text, style): (String, _)| Line::styled(cut(&text, width, theme), style);
        lines.into_iter().map(line).collect()
    }
}

/// What a question tells of the plan that it lets pass.
fn what_passes(waiting: &WaitingPlan, theme: &Theme) -> Vec<String> {
    let money = waiting.money.iter();
    let money = money.map(|money| format!("Monthly {}", bill_in_words(money, theme)));
    std::iter::once(format!("{}, made by {}", waiting.size(), waiting.author))
        .chain(money)
        .chain([
            waiting.reason(),
            "It is worked out anew; where anything moved, nothing is written.".to_owned(),
        ])
        .collect()
}

/// `Plan 7 of schedule: waiting until 8 Oct 2026 06:31 UTC`
fn stands(waiting: &WaitingPlan, theme: &Theme) -> String {
    let of = format!("Plan {} of {}", waiting.number, waiting.author);
    match &waiting.standing {
        Standing::Waiting => {
            let until = moment(waiting.expires_at);
            format!("{of}{}waits for approval until {until}", theme.glyphs.separator)
        }
        other => format!("{of}{}{}", theme.glyphs.separator, other.told()),
    }
}

/// Who may let it pass, or what moved.
fn last(detail: &WaitingPlanDetail) -> String {
    match &detail.waiting.standing {
        Standing::Stale { text, moved, .. } => {
            let told: Vec<String> = moved.iter().map(MovedView::told).collect();
            let told = if told.is_empty() { text.clone() } else { told.join("; ") };
            format!("What moved  {told}")
        }
        Standing::Waiting => format!("Who may  {}", detail.who_may()),
        _ => detail
            .waiting
            .standing
            .approved()
            .and_then(|approved| approved.reason.clone())
            .map(|reason| format!("Remark  {reason}"))
            .unwrap_or_default(),
    }
}

fn why_not(detail: &WaitingPlanDetail) -> String {
    let waiting = &detail.waiting;
    if waiting.standing == Standing::Waiting {
        format!("Not yours to approve: {} may", detail.who_may())
    } else {
        format!("Plan {} is {}", waiting.number, waiting.standing.word())
    }
}

impl Pane for WaitingScreen {
    fn section(&self) -> Section {
        match self.plan.section() {
            Section::Plan => Section::WaitingPlan,
            other => other,
        }
    }

    fn list(&self) -> Option<&dyn AnyList> {
        self.plan.list()
    }

    fn list_mut(&mut self) -> Option<&mut dyn AnyList> {
        self.plan.list_mut()
    }

    fn reload(&mut self, shell: &mut Shell) {
        shell.ask(Purpose::WaitingPlan, command::Approval { number: self.number });
    }

    fn fit(&mut self, room: Rect) {
        self.plan.fit(below_lines(room, HEAD));
    }

    fn act(&mut self, action: Action, shell: &mut Shell) -> Option<Jump> {
        match action {
            Action::Approve => self.approve(shell),
            Action::BreakGlass => self.break_glass(shell),
            Action::Reject => self.reject(shell),
            // Only what was looked at as a whole is let pass.
            Action::Apply | Action::Mark | Action::MarkAll => {}
            action => return self.plan.act(action, shell),
        }
        None
    }

    fn offers(&self, action: Action) -> bool {
        if action == Action::RetryFailed {
            return false;
        }
        let detail = self.detail.as_ref();
        match action {
            Action::Approve => detail.is_some_and(|one| {
                one.may_approve || matches!(one.waiting.standing, Standing::Approved { .. })
            }),
            Action::BreakGlass => detail.is_some_and(|one| one.may_break_glass && !one.may_approve),
            Action::Reject => detail.is_some_and(|one| one.waiting.standing.is_open()),
            action => self.plan.offers(action),
        }
    }

    fn stands_still(&self) -> bool {
        self.plan.stands_still()
    }

    fn go_to_part(&mut self, at: Position) {
        self.plan.go_to_part(at);
    }

    fn back(&mut self, shell: &mut Shell) -> Option<Jump> {
        self.plan.back(shell)
    }

    fn draw(&self, frame: &mut Frame, area: Rect, shell: &Shell) {
        let theme = &shell.theme;
        let crumb = theme.glyphs.crumb;
        let place = format!("Sync{crumb}Waiting plans{crumb}{}", self.number);
        let title = self.plan.titled(&place);
        let made = self.detail.as_ref().map_or_else(String::new, |detail| {
            format!("made {}", ago(detail.waiting.made_at, shell.now))
        });
        let inside = frame::body(frame, area, &title, &made, theme);
        let Some(_) = &self.detail else {
            let waits = shell.awaits(&Purpose::WaitingPlan);
            let text =
                if waits { "Reading it…" } else { "It could not be read. F5 tries again." };
            return frame::draw_notice(frame, inside, text, theme);
        };
        let [head, plan] =
            Layout::vertical([Constraint::Length(HEAD), Constraint::Min(0)]).areas(inside);
        frame::draw_lines(frame, head, self.head(shell, usize::from(inside.width)));
        if self.plan.is_there() {
            self.plan.draw_inside(frame, plan, shell);
        } else {
            frame::draw_notice(frame, plan, "What it would write is not kept any more.", theme);
        }
    }
}
