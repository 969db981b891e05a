//! Tab 1: two cards per program and target, what needs attention, a bar per recent run.

use std::cmp::Ordering;

use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect},
    text::{Line, Span},
};

use crate::{
    console::{
        action::Action,
        listing::{Listing, Row},
        shell::{Purpose, Shell},
        theme::Theme,
        widgets::{
            frame,
            table::{Cell, Column, TableLook, draw_table},
            text::{ago, counted, cut},
        },
    },
    domain::{
        outcome::Outcome,
        run::{RunHeader, RunKind},
    },
    engine::{
        protocol::{Command, Scope, SyncRequest},
        views::{AttentionView, CardView, Place, StatusView},
    },
};

/// One line of the list: a step of first use, or something that needs attention.
#[derive(Clone, Debug)]
pub struct Attention(AttentionView);

impl Row for Attention {
    fn key(&self) -> String {
        self.0.id.clone()
    }

    fn text(&self) -> String {
        self.0.text.clone()
    }

    fn compare(&self, other: &Self, _: usize) -> Ordering {
        other.0.outcome.cmp(&self.0.outcome)
    }
}

/// The screen.
#[derive(Debug, Default)]
pub struct Dashboard {
    attention: Listing<Attention>,
}

impl Dashboard {
    /// New facts for header and cards.
    pub fn told(&mut self, status: StatusView, shell: &mut Shell) {
        let steps = status.setup.iter().filter(|step| !step.done).enumerate();
        let mut rows: Vec<Attention> = steps
            .map(|(at, step)| {
                Attention(AttentionView {
                    id: format!("setup-{at}"),
                    outcome: Outcome::NoChange,
                    text: format!("Set up: {}", step.text),
                    advice: String::new(),
                    amount: None,
                    place: step.place.clone(),
                })
            })
            .collect();
        rows.extend(status.attention.iter().cloned().map(Attention));
        self.attention.set(rows);
        shell.status = Some(status);
    }

    /// How much room its list has.
    pub fn fit(&mut self, (_, rows): (u16, u16)) {
        self.attention.fit(usize::from(rows.saturating_sub(14)).max(3));
    }

    /// Carries an action out; answers a place to go to.
    pub fn act(&mut self, action: Action, shell: &mut Shell) -> Option<Place> {
        match action {
            Action::Open => return self.attention.selected().map(|row| row.0.place.clone()),
            Action::Refresh => _ = shell.ask(Purpose::Status, Command::Status),
            Action::Dismiss => {
                if let Some(row) = self.attention.selected() {
                    shell.ask(Purpose::Change, Command::Acknowledge { id: row.0.id.clone() });
                }
            }
            Action::Copy => {
                if let Some(row) = self.attention.selected() {
                    super::forms::copy(shell, format!("{}\n{}", row.0.text, row.0.advice));
                }
            }
            Action::Plan => {
                let request = SyncRequest { scope: Scope::All, ..SyncRequest::default() };
                shell.ask(Purpose::Plan, Command::Plan { request });
                shell.inform("Planning products and customers: see Sync");
            }
            Action::Program => return Some(Place::Program),
            action => _ = self.attention.act(action, 0),
        }
        None
    }

    /// Draws it.
    pub fn draw(&self, frame: &mut Frame, area: Rect, shell: &Shell) {
        let theme = &shell.theme;
        let inside = frame::body(frame, area, ("Dashboard", ""), theme);
        let Some(status) = &shell.status else {
            return frame.render_widget(Line::styled("Loading…", theme.muted()), inside);
        };
        let [cards, _, attention, recent] = Layout::vertical([
            Constraint::Length(7),
            Constraint::Length(1),
            Constraint::Min(4),
            Constraint::Length(4),
        ])
        .areas(inside);
        draw_cards(frame, cards, (status, shell));
        self.draw_attention(frame, attention, (status, theme));
        draw_recent(frame, recent, (&status.recent, shell));
    }

    fn draw_attention(
        &self,
        frame: &mut Frame,
        area: Rect,
        (status, theme): (&StatusView, &Theme),
    ) {
        let [title, list] =
            Layout::vertical([Constraint::Length(1), Constraint::Min(0)]).areas(area);
        let (count, _) = self.attention.counts();
        let heading = match (status.setup.iter().any(|step| !step.done), count) {
            (true, _) => "First steps: Enter goes there".to_owned(),
            (false, 0) => "Nothing needs attention".to_owned(),
            (false, count) => {
                let count = u64::try_from(count).unwrap_or(u64::MAX);
                format!("{} attention", counted(count, "thing needs", "things need"))
            }
        };
        frame.render_widget(Line::styled(heading, theme.heading()), title);
        if count > 0 {
            let look = TableLook { columns: COLUMNS, focused: true, marks: false };
            draw_table(frame, list, (&self.attention, &look), theme);
        }
    }
}

const COLUMNS: &[Column<Attention>] = &[
    Column {
        title: "State",
        least: 9,
        share: 0,
        priority: 0,
        right: false,
        searched: false,
        cell: |row, theme| match row.0.outcome {
            Outcome::NoChange => Cell::styled("to do", theme.accent()),
            outcome => Cell::styled(frame::outcome(outcome, theme), theme.outcome(outcome)),
        },
    },
    Column {
        title: "What",
        least: 30,
        share: 1,
        priority: 0,
        right: false,
        searched: true,
        cell: |row, _| Cell::plain(row.0.text.clone()),
    },
    Column {
        title: "Amount",
        least: 10,
        share: 0,
        priority: 1,
        right: true,
        searched: false,
        cell: |row, _| Cell::plain(row.0.amount.map_or_else(String::new, |a| a.to_string())),
    },
];

fn draw_cards(frame: &mut Frame, area: Rect, (status, shell): (&StatusView, &Shell)) {
    let count = status.cards.len().clamp(1, 4);
    let places = Layout::horizontal(vec![Constraint::Fill(1); count]).spacing(1).split(area);
    for (card, place) in status.cards.iter().zip(places.iter()) {
        draw_card(frame, *place, (card, shell));
    }
}

fn draw_card(frame: &mut Frame, area: Rect, (card, shell): (&CardView, &Shell)) {
    let theme = &shell.theme;
    let (title, what) = match card.kind {
        RunKind::Customers => ("Customers", "customers"),
        RunKind::Products => ("Products", "products"),
    };
    let age = card.last_success.map_or_else(|| "never".to_owned(), |then| ago(then, shell.now));
    let block = frame::bordered(theme)
        .title(Line::styled(format!(" {title} "), theme.heading()))
        .title(Line::styled(format!(" {age} "), theme.muted()).right_aligned())
        .padding(ratatui::widgets::Padding::horizontal(1));
    let inside = block.inner(area);
    frame.render_widget(block, area);
    let width = usize::from(inside.width);
    let invoice = card.invoice.as_ref().map_or_else(String::new, |n| format!(" for invoice {n}"));
    let synced = format!("{} of {} {what} synced{invoice}", card.synced.ok, card.of);
    let tally = |count: u64, outcome: Outcome, one: &str, many: &str| {
        let shown = if count == 0 { Outcome::Success } else { outcome };
        let style = if count == 0 { theme.muted() } else { theme.outcome(outcome) };
        let glyph = theme.glyphs.outcome(shown);
        Line::styled(format!("{glyph} {}", counted(count, one, many)), style)
    };
    let target = format!("{} to {}", card.program, card.target);
    let lines = [
        Line::styled(cut(&target, width, theme), theme.muted()),
        Line::styled(cut(&synced, width, theme), theme.strong()),
        tally(card.synced.failed, Outcome::Failure, "error", "errors"),
        tally(card.synced.warned, Outcome::Warning, "warning", "warnings"),
        last_run(card.last_run.as_ref(), shell),
    ];
    for (line, row) in lines.into_iter().zip(inside.rows()) {
        frame.render_widget(line, row);
    }
}

fn last_run(run: Option<&RunHeader>, shell: &Shell) -> Line<'static> {
    let theme = &shell.theme;
    let Some(run) = run else { return Line::styled("No run yet", theme.muted()) };
    let when = ago(run.finished_at.unwrap_or(run.started_at), shell.now);
    Line::from(vec![
        Span::styled(format!("Run #{} ", run.id), theme.muted()),
        Span::styled(frame::outcome(run.status, theme), theme.outcome(run.status)),
        Span::styled(format!(" {when}"), theme.muted()),
    ])
}

/// A bar per recent run: as long as its writes, in the style of its outcome.
fn draw_recent(frame: &mut Frame, area: Rect, (runs, shell): (&[RunHeader], &Shell)) {
    let theme = &shell.theme;
    let most = runs.iter().map(|run| run.counts.writes).max().unwrap_or(0).max(1);
    let rows = area.rows();
    let heading = Line::styled(if runs.is_empty() { "" } else { "Recent runs" }, theme.heading());
    let lines = runs.iter().map(|run| {
        let length = usize::try_from(run.counts.writes * 20 / most).unwrap_or(20);
        let length = if run.counts.writes > 0 { length.max(1) } else { 0 };
        let bar = theme.glyphs.bar.repeat(length);
        let when = ago(run.finished_at.unwrap_or(run.started_at), shell.now);
        let kind = if run.kind == RunKind::Products { "products" } else { "customers" };
        let writes = counted(run.counts.writes, "write", "writes");
        Line::from(vec![
            Span::raw(format!("#{:<5}{kind:<10}", run.id)),
            Span::styled(
                format!("{:<12}", frame::outcome(run.status, theme)),
                theme.outcome(run.status),
            ),
            Span::styled(bar, theme.outcome(run.status)),
            Span::styled(format!(" {writes}{}{when}", theme.glyphs.separator), theme.muted()),
        ])
    });
    for (line, row) in std::iter::once(heading).chain(lines).zip(rows) {
        frame.render_widget(line, row);
    }
}
