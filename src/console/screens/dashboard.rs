//! Tab 1: two cards per program and target, first steps, what needs attention, what the month comes to, the recent runs.

mod cards;
mod looks;
mod rows;

use std::collections::BTreeSet;

use ratatui::{
    Frame,
    layout::{Constraint, Layout, Position, Rect},
    text::Line,
};
use unicode_width::UnicodeWidthStr as _;

use self::{
    cards::{CARD, draw_cards, draw_month, draw_recent, failing, month_lines},
    looks::{draw_looks, next_look},
    rows::{COLUMNS, DashboardRow, say_currency_once, tell_members_apart},
};
use crate::{
    console::{
        action::{Action, Tab},
        dialog::confirm::{Confirm, Then},
        keymap::Section,
        list_tools,
        listing::{AnyList as _, Listing},
        named_product::NamedProduct,
        namesakes::Namesakes,
        pane::{Jump, Pane},
        purpose::Purpose,
        screens::causes::{failed, only, tried_again},
        shell::Shell,
        widgets::{
            detail::{Texts, below_lines, rows},
            frame,
            table::Table,
            text::{amounts, counted},
        },
    },
    domain::run::RunKind,
    engine::{
        protocol::{Scope, SyncRequest, command},
        views::{CauseView, Mend, Place, StatusView},
    },
};

#[derive(Debug, Default)]
pub(crate) struct Dashboard {
    list: Listing<DashboardRow>,
    /// Steps of first use, while there are any to do.
    steps: Vec<DashboardRow>,
    causes: Vec<CauseView>,
    /// What of the month is not for syncing, reason by reason.
    left_out: Vec<DashboardRow>,
    /// Causes whose members are shown, by their text.
    unfolded: BTreeSet<String>,
    /// What was marked as seen last.
    seen: Option<String>,
    cards: usize,
    /// Lines of what the month comes to, at the screen's width.
    month: usize,
    recent: usize,
    /// Lines of what there is to say of the schedule beside the next look.
    looks: u16,
}

/// Columns beside the text of a line: state, customers, amount, keys and what lies between.
const BESIDE: usize = 56;

/// Rows of the selected line with its advice.
const ADVICE: u16 = 3;

/// So many rows of the list, with its headings, come before cards and runs.
const LIST_FIRST: u16 = 8;

impl Dashboard {
    pub(crate) fn set_status(&mut self, status: StatusView, shell: &mut Shell) {
        let setting_up = matches!(self.list.selected(), Some(DashboardRow::Step { .. }));
        let untouched = self.list.position() == 0;
        let unfinished = status.setup.iter().any(|step| !step.done);
        let steps = status.setup.iter().cloned().enumerate().filter(|_| unfinished);
        self.steps = steps.map(|(at, step)| DashboardRow::Step { at, step }).collect();
        self.causes.clone_from(&status.causes);
        shell.namesakes = Namesakes::new(status.namesakes.clone());
        tell_members_apart(&mut self.causes, &shell.namesakes);
        self.left_out = DashboardRow::of_month(&status).collect();
        // Steps have a heading of their own, which tells no sum.
        if !unfinished {
            say_currency_once(&mut self.causes, &mut self.left_out);
        }
        self.arrange();
        if untouched
            || (setting_up && !unfinished)
            || self.list.selected().is_some_and(DashboardRow::is_done)
        {
            let first = self.list.shown().position(|row| !row.is_done());
            self.list.select(first.unwrap_or(0));
        }
        (self.cards, self.recent) = (status.cards.len(), status.recent.len());
        self.looks = looks::lines(&status);
        shell.status = Some(status);
    }

    /// Tells it how wide the screen is: what the month comes to takes more lines on a narrow one.
    pub(crate) fn fit_width(&mut self, status: Option<&StatusView>, columns: u16) {
        let lines = |status| month_lines(status, columns.into()).len();
        self.month = status.map_or(0, lines);
    }

    fn arrange(&mut self) {
        let causes = DashboardRow::of_causes(&self.causes, &self.unfolded);
        let rows = self.steps.iter().cloned().chain(causes).chain(self.left_out.clone()).collect();
        self.list.set(rows);
    }

    /// Enter: a cause of several shows whom it befell, anything else leads to its place.
    fn open(&mut self, shell: &Shell) -> Option<Jump> {
        let row = self.list.selected()?;
        if is_being_done(row, shell) {
            return Some(Jump::Tab(Tab::Sync));
        }
        if let Some(place) = row.place() {
            return Some(Jump::To(in_front(place)));
        }
        let text = row.cause()?.text.clone();
        if !self.unfolded.remove(&text) {
            self.unfolded.insert(text);
        }
        self.arrange();
        None
    }

    /// The key that mends the selected cause, where it stands.
    fn mend(&self, action: Action, shell: &mut Shell) -> Option<Jump> {
        let row = self.list.selected()?;
        let first = || row.cause()?.members.first().map(|member| member.place.clone());
        match (action, row.mend()) {
            (Action::Pin, Mend::ChooseService { product, name }) => {
                list_tools::pick_service(shell, product.clone(), name.clone());
            }
            (Action::Adopt, Mend::TakeOver { product, name }) => {
                return Some(Jump::TakeOver(NamedProduct::of(Some(product), name)));
            }
            (Action::Edit, Mend::Link) => {
                return Some(Jump::Act(row.place().cloned().or_else(first)?, action));
            }
            (Action::Suggest, Mend::Link) => {
                return Some(Jump::Act(Place::Customer { tenant: None }, action));
            }
            _ => shell.decline("What is selected is mended in another way"),
        }
        None
    }

    /// A plan of what the selected line is about, else of everything.
    fn plan(&self) -> Jump {
        let row = self.list.selected();
        match (row.and_then(DashboardRow::place), row.map(DashboardRow::mend)) {
            (Some(place @ Place::LeftBehind { .. }), _) => Jump::To(place.clone()),
            (_, Some(Mend::Plan { tenants })) => Jump::Plan(SyncRequest {
                scope: Scope::Customers,
                tenants: tenants.clone(),
                ..SyncRequest::default()
            }),
            _ => Jump::Plan(SyncRequest::default()),
        }
    }

    /// Heights of cards, list, advice, nothing, what the month comes to, recent runs, and the last look. What needs attention comes first: where there is too
    /// little room cards and runs go.
    fn heights(&self, rows: u16, month: usize) -> [u16; 7] {
        let length = |rows: usize| u16::try_from(rows).unwrap_or(u16::MAX);
        let wanted = length(self.list.all().len()).saturating_add(2);
        let urgent = self.list.all().iter().filter(|row| row.is_urgent()).count();
        let first = length(urgent).saturating_add(2).min(LIST_FIRST);
        let mut room = rows.saturating_sub(ADVICE + first);
        let mut take = |wanted: u16| {
            let taken = if wanted <= room { wanted } else { 0 };
            room -= taken;
            taken
        };
        let cards = take(if self.cards == 0 { 0 } else { CARD + 1 });
        // How far the run is that is on comes before what the month comes to.
        let recent = take(u16::from(self.recent > 0));
        let month = take(length(month));
        let looks = take(self.looks);
        let around = cards + month + recent + looks;
        let list = wanted.min(rows.saturating_sub(ADVICE + around));
        let left = rows.saturating_sub(ADVICE + around + list);
        [cards, list, ADVICE.min(rows.saturating_sub(list)), left, month, recent, looks]
    }

    /// The list under its heading; whether cards stand above it.
    fn draw_list(
        &self,
        frame: &mut Frame,
        area: Rect,
        cards: bool,
        status: &StatusView,
        shell: &Shell,
    ) {
        let theme = &shell.theme;
        let [title, list] =
            Layout::vertical([Constraint::Length(1), Constraint::Min(0)]).areas(area);
        let heading = being_finished(shell)
            .unwrap_or_else(|| self.heading(status, area.width.into(), cards, shell));
        let quiet = !self.list.all().iter().any(DashboardRow::is_urgent);
        let style = if quiet { theme.good() } else { theme.heading() };
        frame.render_widget(Line::styled(heading, style), title);
        if !self.list.is_empty() {
            Table::new(&self.list, COLUMNS).draw(frame, list, theme);
        }
    }

    /// What the list is of. Where the cards have no room, it says how many customers failed.
    fn heading(&self, status: &StatusView, width: usize, cards: bool, shell: &Shell) -> String {
        let by_itself = shell.demo.is_some();
        let done = status.setup.iter().filter(|step| step.done).count();
        let steps = status.setup.len();
        if done < steps && by_itself {
            return format!(
                "The demo world takes the first steps by itself: {done} of {steps} done"
            );
        }
        if done < steps {
            return format!("First steps: {done} of {steps} done. Enter goes to the next one");
        }
        if self.causes.is_empty() {
            return "Nothing needs attention. p works out what a sync would write".to_owned();
        }
        let count = u64::try_from(self.causes.len()).unwrap_or(u64::MAX);
        let count = counted(count, "cause", "causes");
        let amounts = amounts(&status.concerned);
        let separator = if amounts.is_empty() { "" } else { ", " };
        let causes = format!("{count}{separator}{amounts}");
        let whole = format!("Needs attention ({causes})");
        let failed = status.cards.iter().find(|card| card.kind == RunKind::Customers).map(failing);
        let Some(failed) = failed.filter(|failed| *failed > 0 && !cards) else { return whole };
        let glyphs = &shell.theme.glyphs;
        let failed = format!("{}{} {failed} failed", glyphs.separator, glyphs.failure);
        let ways = [format!("{whole}{failed}"), format!("{causes}{failed}")];
        ways.into_iter().find(|way| way.width() <= width).unwrap_or(whole)
    }

    /// What was marked as seen last comes back.
    fn undo(&mut self, shell: &mut Shell) {
        match self.seen.take() {
            Some(id) => _ = shell.ask(Purpose::Change, command::ShowAgain { id }),
            None => shell.decline("Nothing was marked as seen"),
        }
    }
}

impl Pane for Dashboard {
    fn section(&self) -> Section {
        Section::Dashboard
    }

    fn enter(&mut self, shell: &mut Shell) {
        shell.ask(Purpose::Status, command::Status);
    }

    fn fit(&mut self, room: Rect) {
        let [cards, height, ..] = self.heights(room.height, self.month);
        let list = Rect { height, ..below_lines(room, cards) };
        // Its own heading stands above those of the columns.
        self.list.fit(rows(below_lines(list, 1)));
    }

    /// No filter narrows its list: only a click goes there by itself.
    fn click(&mut self, at: Position) {
        self.list.select_at(at);
    }

    fn act(&mut self, action: Action, shell: &mut Shell) -> Option<Jump> {
        match (action, self.list.selected()) {
            (Action::Open, _) => return self.open(shell),
            (Action::Refresh, _) => self.enter(shell),
            (Action::Dismiss, Some(row)) => {
                self.seen = row.entry().map(str::to_owned);
                mark_as_seen(row, shell);
            }
            (Action::Undo, _) => self.undo(shell),
            (Action::Copy, Some(row)) => {
                list_tools::copy(shell, format!("{}\n{}", row.whole(), row.advice(&shell.theme)));
            }
            (Action::Plan, _) => return Some(self.plan()),
            (Action::Approvals, _) => return Some(Jump::Approvals),
            (
                Action::RetryFailed,
                Some(DashboardRow::Step { .. } | DashboardRow::LeftOut { .. }) | None,
            ) => {
                return Some(Jump::Plan(failed()));
            }
            (Action::RetryFailed, Some(row)) => {
                match row.cause().filter(|one| one.can_be_retried()) {
                    Some(cause) => return Some(Jump::Plan(only(Some(cause), failed()))),
                    None => shell.decline("What is selected is mended in another way"),
                }
            }
            (Action::Program, _) => return Some(Jump::To(Place::Program)),
            (Action::Pin | Action::Adopt | Action::Edit | Action::Suggest, _) => {
                return self.mend(action, shell);
            }
            (action, _) => _ = self.list.act(action, 0),
        }
        None
    }

    fn offers(&self, action: Action) -> bool {
        let row = self.list.selected();
        let mend = row.map_or(&Mend::Look, DashboardRow::mend);
        match action {
            Action::Open => row.is_some(),
            Action::Dismiss => row.is_some_and(|row| row.entry().is_some()),
            Action::Undo => self.seen.is_some(),
            Action::Pin => matches!(mend, Mend::ChooseService { .. }),
            Action::Adopt => matches!(mend, Mend::TakeOver { .. }),
            Action::Edit | Action::Suggest => *mend == Mend::Link,
            Action::RetryFailed => match row.and_then(DashboardRow::cause) {
                Some(cause) => cause.can_be_retried(),
                None => self.causes.iter().any(CauseView::can_be_retried),
            },
            _ => true,
        }
    }

    fn tried_again(&self) -> Option<String> {
        let what = tried_again(self.list.selected()?.cause()?)?;
        Some(format!("r tries {what} again"))
    }

    fn draw(&self, frame: &mut Frame, area: Rect, shell: &Shell) {
        let theme = &shell.theme;
        let next =
            shell.status.as_ref().map(|status| unattended(status, shell)).unwrap_or_default();
        let inside = frame::body(frame, area, "Dashboard", &next, theme);
        let Some(status) = &shell.status else {
            return frame::draw_notice(frame, inside, "Loading…", theme);
        };
        let heights = self.heights(inside.height, month_lines(status, inside.width.into()).len());
        let [cards, list, advice, left, month, recent, looks] =
            Layout::vertical(heights.map(Constraint::Length)).areas(inside);
        draw_cards(frame, cards, status, shell);
        self.draw_list(frame, list, cards.height > 0, status, shell);
        if let Some(row) = self.list.selected() {
            draw_selected(frame, advice, left.height.saturating_sub(1), row, shell);
        }
        draw_month(frame, month, status, theme);
        draw_recent(frame, recent, &status.recent, shell);
        draw_looks(frame, looks, status, theme);
    }
}

/// That the run that was cut off is being finished: until that is over, what the rest says is of before.
fn being_finished(shell: &Shell) -> Option<String> {
    let status = shell.status.as_ref()?;
    let run = status.unfinished.as_ref()?;
    let on = status.running.as_ref().is_some_and(|on| on.run.id == run.id);
    let told = match run.finished_at {
        None => format!("Run {} was cut off and is being finished", run.id),
        Some(_) => format!("What was asked for after run {} is being done", run.id),
    };
    let is_on = on || shell.awaits(&Purpose::Resume);
    is_on.then(|| format!("{told}: 5 shows how far it is"))
}

/// What waits for somebody, and the next look: in the title, which every screen has room for.
fn unattended(status: &StatusView, shell: &Shell) -> String {
    let waiting = status.approvals.as_ref().map_or(0, |approvals| approvals.waiting);
    let waiting = (waiting > 0).then(|| counted(waiting, "plan waits", "plans wait"));
    let next = status.schedule.as_ref().map(|view| next_look(view, shell.now));
    waiting.into_iter().chain(next).collect::<Vec<_>>().join(shell.theme.glyphs.separator)
}

/// What is to be done about a step that is being done.
const ON: &str = "It is being done: Enter shows how far it is.";

/// Whether a step of first use is what the run does that is on.
fn is_being_done(row: &DashboardRow, shell: &Shell) -> bool {
    let running = shell.status.as_ref().and_then(|status| status.running.as_ref());
    let kind = running.map(|running| running.run.kind);
    match row {
        DashboardRow::Step { step, .. } if !step.done => match step.place {
            Place::Plan => kind == Some(RunKind::Customers),
            Place::Products => kind == Some(RunKind::Products),
            _ => false,
        },
        _ => false,
    }
}

/// What befell one customer is told whole on its page.
fn in_front(place: &Place) -> Place {
    match place {
        Place::Run { tenant: Some(tenant), .. } => Place::Customer { tenant: Some(tenant.clone()) },
        place => place.clone(),
    }
}

/// Asks whether the selected line has been looked at: it leaves the list then.
fn mark_as_seen(row: &DashboardRow, shell: &mut Shell) {
    let Some(id) = row.entry() else {
        return shell.decline(match row {
            DashboardRow::LeftOut { .. } => {
                "What is not synced is a part of the month, nothing to mark"
            }
            _ => "A step of setting up goes when it is done",
        });
    };
    let then = Then::change(command::Acknowledge { id: id.to_owned() });
    let whose = match row {
        DashboardRow::Cause { cause, .. } if cause.members.len() > 1 => {
            format!("All {} of it leave the list until they say something else.", cause.count)
        }
        _ => "It leaves the list until it says something else.".to_owned(),
    };
    let body = [row.whole(), whose, "Nothing else changes, and z puts it back.".to_owned()];
    shell.open(Confirm::new("Mark this as seen?", "Mark as seen", then).with_body(body));
}

/// What the list had no room for, and what to do about it. It takes of the blank rows below what it needs.
fn draw_selected(frame: &mut Frame, area: Rect, blank: u16, row: &DashboardRow, shell: &Shell) {
    let theme = &shell.theme;
    let width = usize::from(area.width);
    let text = row.whole();
    let told = text == row.what() && text.width() + BESIDE <= width;
    let text = if told { "" } else { &text };
    let text = text.lines().map(|line| Line::styled(line, theme.text()));
    let advice = if is_being_done(row, shell) { ON.to_owned() } else { row.advice(theme) };
    let advice = advice.lines().map(|line| Line::styled(line, theme.accent()));
    let texts = Texts::wrapped(text.chain(advice), area.width);
    let grown = texts.rows().saturating_sub(area.height).min(blank);
    texts.draw(frame, Rect { height: area.height + grown, ..area });
}
