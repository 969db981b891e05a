//! Tab 1: two cards per program and target, first steps, what needs attention, a bar per recent run.

mod cards;

use std::cmp::Ordering;

use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect},
    text::Line,
};
use unicode_width::UnicodeWidthStr as _;

use self::cards::{CARD, draw_cards, draw_recent};
use crate::{
    console::{
        action::Action,
        advice::in_keys,
        keymap::Section,
        list_tools,
        listing::{Listing, Row},
        pane::{Jump, Pane},
        purpose::Purpose,
        shell::Shell,
        theme::Theme,
        widgets::{
            frame,
            table::{Cell, Column, Columns, Table},
            text::{amounts_in, counted, wrapped},
        },
    },
    domain::{Currency, Money, outcome::Outcome},
    engine::{
        protocol::{SyncRequest, command},
        views::{AttentionView, Place, SetupStep, StatusView},
    },
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Matter {
    /// A step of first use, done.
    Done,
    ToDo,
    Outcome(Outcome),
}

#[derive(Clone, Debug)]
struct DashboardRow {
    key: String,
    matter: Matter,
    text: String,
    advice: String,
    amount: Option<Money>,
    currency: Option<Currency>,
    place: Place,
}

impl DashboardRow {
    fn amount_text(&self) -> String {
        let currency = self.currency.as_ref();
        self.amount.map_or_else(String::new, |amount| amount.in_currency(currency))
    }

    fn step(at: usize, step: &SetupStep) -> Self {
        Self {
            key: format!("setup-{at}"),
            matter: if step.done { Matter::Done } else { Matter::ToDo },
            text: format!("{}. {}", at + 1, step.text),
            advice: if step.done { String::new() } else { lead(&step.place).to_owned() },
            amount: None,
            currency: None,
            place: step.place.clone(),
        }
    }

    fn attention(view: &AttentionView) -> Self {
        Self {
            key: view.id.clone(),
            matter: Matter::Outcome(view.outcome),
            text: view.text.clone(),
            advice: match &view.place {
                place @ Place::LeftBehind { .. } => lead(place).to_owned(),
                _ => in_keys(&view.advice),
            },
            amount: view.amount,
            currency: view.currency.clone(),
            place: view.place.clone(),
        }
    }
}

/// A currency that all of them share stands above them instead of with each.
fn named_once<'a>(rows: impl Iterator<Item = &'a mut DashboardRow>) -> Option<Currency> {
    let mut rows: Vec<&mut DashboardRow> = rows.collect();
    let one = Currency::one_of(rows.iter().map(|row| row.currency.as_ref())).cloned();
    if one.is_some() {
        for row in &mut rows {
            row.currency = None;
        }
    }
    one
}

/// What to press at a step's place.
fn lead(place: &Place) -> &'static str {
    match place {
        Place::Connections => {
            "Enter goes to Connections: c types credentials, n generates PRISM's, t tests."
        }
        Place::Program => "Enter opens the options: billing code, then the master switch.",
        Place::Products => "Enter shows what would be created: p plans it, A applies the plan.",
        Place::Customer { .. } => {
            "Enter goes to Customers: u suggests matches, c links by hand, s switches sync on."
        }
        Place::LeftBehind { .. } => {
            "Enter plans what takes these seats away: A there applies it after a question."
        }
        Place::Plan => "Enter works the plan out: look at it, A applies it after a question.",
        Place::Run { .. } => "Enter opens the run.",
    }
}

impl Row for DashboardRow {
    fn key(&self) -> String {
        self.key.clone()
    }

    fn text(&self) -> String {
        self.text.clone()
    }

    fn compare(&self, other: &Self, _: usize) -> Ordering {
        self.key.cmp(&other.key)
    }
}

#[derive(Debug, Default)]
pub(crate) struct Dashboard {
    list: Listing<DashboardRow>,
    /// The currency of all its amounts, which its frame names.
    amounts: Option<Currency>,
    cards: usize,
    recent: usize,
}

/// Columns beside the text of a line: state, amount and what lies between.
const BESIDE: usize = 26;

/// Rows of the selected line with its advice.
const ADVICE: u16 = 3;

impl Dashboard {
    pub(crate) fn set_status(&mut self, status: StatusView, shell: &mut Shell) {
        let setting_up = self.list.selected().is_some_and(|row| row.key.starts_with("setup-"));
        let untouched = self.list.position() == 0;
        let unfinished = status.setup.iter().any(|step| !step.done);
        let steps = status.setup.iter().enumerate().filter(|_| unfinished);
        let mut rows: Vec<DashboardRow> =
            steps.map(|(at, step)| DashboardRow::step(at, step)).collect();
        rows.extend(status.attention.iter().map(DashboardRow::attention));
        self.amounts = named_once(rows.iter_mut().filter(|row| row.amount.is_some()));
        self.list.set(rows);
        let done = |row: &DashboardRow| row.matter == Matter::Done;
        if untouched || (setting_up && !unfinished) || self.list.selected().is_some_and(done) {
            let first = self.list.shown().position(|row| !done(row));
            self.list.select(first.unwrap_or(0));
        }
        (self.cards, self.recent) = (status.cards.len(), status.recent.len());
        shell.status = Some(status);
    }

    /// Heights of cards, list, advice, nothing, and recent runs.
    fn heights(&self, rows: u16) -> [u16; 5] {
        let cards = if self.cards == 0 { 0 } else { CARD + 1 };
        let runs = u16::try_from(self.recent).unwrap_or(u16::MAX);
        let recent = if runs == 0 { 0 } else { (runs + 1).min((rows / 5).max(3)) };
        let room = rows.saturating_sub(cards + recent + ADVICE);
        let wanted = u16::try_from(self.list.all().len()).unwrap_or(u16::MAX).saturating_add(3);
        let list = wanted.min(room);
        [cards, list, ADVICE, room - list, recent]
    }

    fn draw_list(&self, frame: &mut Frame, area: Rect, status: &StatusView, theme: &Theme) {
        let [title, list] =
            Layout::vertical([Constraint::Length(1), Constraint::Min(0)]).areas(area);
        let heading = self.heading(status);
        let style = if self.list.is_empty() { theme.good() } else { theme.heading() };
        frame.render_widget(Line::styled(heading, style), title);
        if !self.list.is_empty() {
            Table::new(&self.list, COLUMNS).draw(frame, list, theme);
        }
    }

    fn heading(&self, status: &StatusView) -> String {
        let done = status.setup.iter().filter(|step| step.done).count();
        let steps = status.setup.len();
        if done < steps {
            return format!("First steps: {done} of {steps} done. Enter goes to the next one");
        }
        match self.list.all().len() {
            0 => "Nothing needs attention. p works out what a sync would write".to_owned(),
            count => {
                let count = u64::try_from(count).unwrap_or(u64::MAX);
                format!("{} attention", counted(count, "thing needs", "things need"))
            }
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

    fn fit(&mut self, rows: usize) {
        let [_, list, ..] = self.heights(u16::try_from(rows).unwrap_or(u16::MAX));
        self.list.fit(usize::from(list.saturating_sub(2)));
    }

    fn act(&mut self, action: Action, shell: &mut Shell) -> Option<Jump> {
        match (action, self.list.selected()) {
            (Action::Open, row) => return row.map(|row| Jump::To(row.place.clone())),
            (Action::Refresh, _) => self.enter(shell),
            (Action::Dismiss, Some(row)) => dismiss(row, shell),
            (Action::Copy, Some(row)) => {
                list_tools::copy(shell, format!("{}\n{}", row.text, row.advice));
            }
            (Action::Plan, _) => return Some(Jump::Plan(SyncRequest::default())),
            (Action::Program, _) => return Some(Jump::To(Place::Program)),
            (action, _) => _ = self.list.act(action, 0),
        }
        None
    }

    fn draw(&self, frame: &mut Frame, area: Rect, shell: &Shell) {
        let theme = &shell.theme;
        let amounts = amounts_in([self.amounts.as_ref()]).unwrap_or_default();
        let inside = frame::body(frame, area, "Dashboard", &amounts, theme);
        let Some(status) = &shell.status else {
            return frame::draw_notice(frame, inside, "Loading…", theme);
        };
        let heights = self.heights(inside.height);
        let [cards, list, advice, _, recent] =
            Layout::vertical(heights.map(Constraint::Length)).areas(inside);
        draw_cards(frame, cards, status, shell);
        self.draw_list(frame, list, status, theme);
        if let Some(row) = self.list.selected() {
            draw_selected(frame, advice, row, theme);
        }
        draw_recent(frame, recent, &status.recent, shell);
    }
}

fn dismiss(row: &DashboardRow, shell: &mut Shell) {
    if !matches!(row.matter, Matter::Outcome(_)) {
        return shell.inform("A step of setting up goes when it is done");
    }
    shell.ask(Purpose::Change, command::Acknowledge { id: row.key.clone() });
}

/// What the list had no room for, and what to do about it.
fn draw_selected(frame: &mut Frame, area: Rect, row: &DashboardRow, theme: &Theme) {
    let width = usize::from(area.width);
    let whole = row.text.width() + BESIDE > width;
    let text = if whole { wrapped(&row.text, width) } else { Vec::new() };
    let text = text.into_iter().take(2).map(|line| Line::styled(line, theme.text()));
    let advice = wrapped(&row.advice, width);
    let advice = advice.into_iter().map(|line| Line::styled(line, theme.accent()));
    frame::draw_lines(frame, area, text.chain(advice));
}

const COLUMNS: &Columns<DashboardRow> = &[
    Column::new("State", 9).cell(|row, theme| match row.matter {
        Matter::Done => Cell::styled(format!("{} done", theme.glyphs.success), theme.good()),
        Matter::ToDo => Cell::styled(format!("{} to do", theme.glyphs.queued), theme.accent()),
        Matter::Outcome(outcome) => Cell::outcome(outcome, theme),
    }),
    Column::new("What", 30).grows(1).searched().cell(|row, theme| {
        let style = if row.matter == Matter::Done { theme.muted() } else { theme.text() };
        Cell::styled(row.text.clone(), style)
    }),
    Column::new("Amount", 10).right().drops(1).text(DashboardRow::amount_text),
];
