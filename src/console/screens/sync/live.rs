//! A sync that is on: where each customer stands, counters, rate, time left or what it waits for.

use std::{cmp::Ordering, collections::HashMap};

use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect},
    text::{Line, Span},
    widgets::LineGauge,
};

use super::runs;
use crate::{
    console::{
        action::Action,
        dialog::{Confirm, Overlay, confirm::Then},
        keymap::Section,
        list_tools,
        listing::{AnyList, Listing, Row},
        pane::{Jump, Pane},
        shell::Shell,
        widgets::{
            frame,
            table::{Cell, Column, Columns, Table},
            text::{counted, stretch},
        },
    },
    domain::{
        RunId,
        outcome::Outcome,
        run::{Counts, RunHeader},
    },
    engine::protocol::{Happening, ItemState, Wait, Waits, command},
};

/// One customer or product of the run.
#[derive(Clone, Debug)]
struct LiveItem {
    key: String,
    name: String,
    state: ItemState,
}

impl LiveItem {
    /// Worst first, then what is at work, then what waits.
    fn rank(&self) -> (u8, Option<Outcome>) {
        match &self.state {
            ItemState::Done { outcome, .. } if outcome.wants_a_look() => (3, Some(*outcome)),
            ItemState::Done { outcome, .. } => (0, Some(*outcome)),
            ItemState::Queued | ItemState::Planned { .. } => (1, None),
            _ => (2, None),
        }
    }

    fn writes(&self) -> Option<u32> {
        match &self.state {
            ItemState::Done { writes, .. } => Some(*writes),
            ItemState::Writing { done, .. } => Some(*done),
            _ => None,
        }
    }

    fn says(&self) -> Option<&str> {
        match &self.state {
            ItemState::Done { text, .. } => text.as_deref(),
            _ => None,
        }
    }
}

impl Row for LiveItem {
    fn key(&self) -> String {
        self.key.clone()
    }

    fn text(&self) -> String {
        self.name.clone()
    }

    fn compare(&self, other: &Self, column: usize) -> Ordering {
        match column {
            0 => other.rank().cmp(&self.rank()),
            2 => self.writes().cmp(&other.writes()),
            3 => self.says().cmp(&other.says()),
            _ => self.name.to_lowercase().cmp(&other.name.to_lowercase()),
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stage {
    /// None was begun, or it ended.
    #[default]
    Over,
    /// One was asked for and has not begun yet.
    Expected,
    On,
}

/// The run that is on, or was last.
#[derive(Debug, Default)]
pub(crate) struct Live {
    run: Option<RunHeader>,
    stage: Stage,
    /// Its customers or products, in the order in which they turned up.
    list: Listing<LiveItem>,
    places: HashMap<String, usize>,
    done: u64,
    total: Option<u64>,
    counts: Counts,
    text: String,
    waits: Waits,
    settling: Option<String>,
}

impl Live {
    pub(crate) fn is_on(&self) -> bool {
        self.stage != Stage::Over
    }

    pub(crate) fn is(&self, id: RunId) -> bool {
        self.stage == Stage::On && self.run.as_ref().is_some_and(|run| run.id == id)
    }

    /// One was asked for and has not begun yet.
    pub(crate) fn expect(&mut self) {
        *self = Self { stage: Stage::Expected, ..Self::default() };
    }

    /// What was asked for did not come.
    pub(crate) fn stopped(&mut self) {
        if self.stage == Stage::Expected {
            self.stage = Stage::Over;
        }
    }

    pub(crate) fn started(&mut self, run: RunHeader) {
        *self = Self { run: Some(run), stage: Stage::On, ..Self::default() };
    }

    pub(crate) fn finished(&mut self, run: RunHeader) {
        self.over();
        self.counts = run.counts;
        self.run = Some(run);
    }

    /// It ended, and nobody told how.
    pub(crate) fn over(&mut self) {
        self.stage = Stage::Over;
        self.waits = Waits::default();
        self.settling = None;
    }

    /// It told something that was not heard: the end of a wait may be among it.
    pub(crate) fn missed(&mut self) {
        self.waits = Waits::default();
    }

    pub(crate) fn happened(&mut self, happening: Happening) {
        match happening {
            Happening::Phase { text, .. } => {
                self.text = text;
                self.settling = None;
            }
            Happening::Progress { done, total, counts, .. } => {
                self.done = done;
                self.total = total.or(self.total);
                self.counts = counts;
            }
            Happening::Item { key, name, state, .. } => self.item(key, name, state),
            Happening::Waiting { for_what, until, .. } => self.waits.begun(&for_what, until),
            Happening::WaitOver { .. } => self.waits.over(),
            Happening::Settling { text, .. } => self.settling = Some(text),
            _ => {}
        }
    }

    /// What it does or waits for, for the header, where there is no room for more.
    pub(crate) fn doing(&self) -> String {
        let waits = self.waits.longest().map(|wait| format!("waits for {}", wait.for_what));
        waits.unwrap_or_else(|| self.text.clone())
    }

    /// Time went on: what changed in place is arranged anew.
    pub(crate) fn rearrange(&mut self) {
        self.list.rearrange();
    }

    fn item(&mut self, key: String, name: String, state: ItemState) {
        if let Some(at) = self.places.get(&key) {
            return self.list.change(*at, |item| item.state = state);
        }
        self.places.insert(key.clone(), self.list.all().len());
        self.list.push(LiveItem { key, name, state });
    }

    fn draw_gauge(&self, frame: &mut Frame, area: Rect, shell: &Shell) {
        let theme = &shell.theme;
        let Some(total) = self.total.filter(|total| *total > 0) else {
            let frames = theme.glyphs.throbber;
            let spin = frames[shell.frame % frames.len()];
            return frame.render_widget(
                Line::styled(format!("{spin} {}", self.text), theme.accent()),
                area,
            );
        };
        #[expect(clippy::cast_precision_loss, reason = "a share for a gauge, no money")]
        let ratio = (self.done.min(total) as f64) / (total as f64);
        let gauge = LineGauge::default()
            .ratio(ratio)
            .label(format!("{}/{total}", self.done))
            .filled_symbol(theme.glyphs.bar)
            .unfilled_symbol(theme.glyphs.bar_empty)
            .filled_style(theme.accent())
            .unfilled_style(theme.muted());
        frame.render_widget(gauge, area);
    }

    fn facts(&self, shell: &Shell) -> Line<'static> {
        let theme = &shell.theme;
        let (customers, products) = (&self.counts.customers, &self.counts.products);
        let count = |number: u64, word: &str, outcome: Outcome| {
            let style = if number == 0 { theme.muted() } else { theme.outcome(outcome) };
            let glyph = theme.glyphs.outcome(outcome);
            Span::styled(format!("{glyph} {number} {word}   "), style)
        };
        let left = customers.not_attempted + products.not_attempted;
        let left = (left > 0).then(|| count(left, "not attempted", Outcome::NotAttempted));
        let mut counts = vec![
            count(customers.ok + products.ok, "ok", Outcome::Success),
            count(customers.warned + products.warned, "warned", Outcome::Warning),
            count(customers.failed + products.failed, "failed", Outcome::Failure),
        ];
        counts.extend(left);
        counts.extend([
            Span::raw(counted(self.counts.writes, "change sent", "changes sent")),
            Span::raw(theme.glyphs.separator),
            Span::raw(counted(self.counts.requests, "request", "requests")),
        ]);
        Line::from(counts)
    }

    /// How long, how fast, how long still.
    fn pace(&self, shell: &Shell) -> String {
        let Some(run) = &self.run else { return "Starting…".to_owned() };
        let until = run.finished_at.unwrap_or(shell.now);
        let seconds = (until - run.started_at).num_seconds().max(0);
        let mut parts = vec![stretch(seconds)];
        if seconds > 0 && self.counts.writes > 0 {
            let rate = self.counts.writes.saturating_mul(60) / seconds.unsigned_abs();
            parts.push(format!("{} a minute", counted(rate, "change", "changes")));
        }
        if let (Stage::On, Some(total), 1..) = (self.stage, self.total, self.done) {
            let rest = i64::try_from(total.saturating_sub(self.done)).unwrap_or(i64::MAX);
            let done = i64::try_from(self.done).unwrap_or(1);
            parts.push(format!("about {} left", stretch(seconds.saturating_mul(rest) / done)));
        }
        parts.join(shell.theme.glyphs.separator)
    }

    /// What it waits for, or does.
    fn wait(&self, shell: &Shell) -> Line<'static> {
        let theme = &shell.theme;
        if let Some(Wait { for_what: what, until }) = self.waits.longest() {
            let until = until.map_or_else(String::new, |at| {
                let rest = stretch((at - shell.now).num_seconds());
                format!(" until {} UTC (in {rest})", at.format("%H:%M"))
            });
            return Line::styled(format!("Waits for {what}{until}"), theme.warn());
        }
        if let Some(text) = &self.settling {
            return Line::styled(
                format!("Checking whether the last change reached Autotask: {text}"),
                theme.warn(),
            );
        }
        Line::styled(self.text.clone(), theme.muted())
    }
}

impl Pane for Live {
    fn section(&self) -> Section {
        Section::Live
    }

    fn list(&self) -> Option<&dyn AnyList> {
        Some(&self.list)
    }

    fn list_mut(&mut self) -> Option<&mut dyn AnyList> {
        Some(&mut self.list)
    }

    fn fit(&mut self, rows: usize) {
        self.list.fit(rows.saturating_sub(AROUND));
    }

    fn act(&mut self, action: Action, shell: &mut Shell) -> Option<Jump> {
        match (action, self.list.selected()) {
            (Action::CancelRun, _) if self.stage == Stage::On => {
                let then = Then::change(command::Cancel);
                let body = "It stops between two changes; what is written stays and is recorded.";
                let question = Confirm::new("Stop the sync?", "Stop", then);
                shell.open(question.with_body([body.to_owned()]));
            }
            (Action::CancelRun, _) => shell.inform("Nothing is running"),
            (Action::Open, Some(item)) => {
                let says = item.says().unwrap_or("Nothing to say about it so far.");
                let text = format!("{}\n\n{says}", words(&item.state));
                shell.open(Overlay::text(&item.name, &text));
            }
            (Action::Copy, Some(item)) => {
                list_tools::copy(shell, format!("{}: {}", item.name, words(&item.state)));
            }
            (action, _) => _ = self.list.act(action, COLUMNS.len()),
        }
        None
    }

    fn draw(&self, frame: &mut Frame, area: Rect, shell: &Shell) {
        let theme = &shell.theme;
        let name = self.run.as_ref().map_or_else(
            || "starting".to_owned(),
            |run| format!("{} run #{}", runs::kind(run), run.id),
        );
        let title = list_tools::title(&format!("Sync{}{name}", theme.glyphs.crumb), &self.list);
        let state = match (self.stage, &self.run) {
            (Stage::On, _) => "running, x stops it".to_owned(),
            (Stage::Over | Stage::Expected, Some(run)) if run.finished_at.is_some() => {
                format!("ended: {}", frame::outcome(run.status, theme))
            }
            _ => String::new(),
        };
        let inside = frame::body(frame, area, &title, &state, theme);
        let [gauge, facts, pace, wait, table] = Layout::vertical([
            Constraint::Length(1),
            Constraint::Length(1),
            Constraint::Length(1),
            Constraint::Length(2),
            Constraint::Min(1),
        ])
        .areas(inside);
        self.draw_gauge(frame, gauge, shell);
        frame.render_widget(self.facts(shell), facts);
        frame.render_widget(Line::raw(self.pace(shell)), pace);
        frame.render_widget(self.wait(shell), wait);
        Table::new(&self.list, COLUMNS).draw(frame, table, theme);
    }
}

/// Rows of the screen that are not the table's.
const AROUND: usize = 6;

fn words(state: &ItemState) -> String {
    match state {
        ItemState::Planning => "planning".to_owned(),
        ItemState::Queued | ItemState::Planned { .. } => "queued".to_owned(),
        ItemState::Writing { done, of } => format!("writing {done}/{of}"),
        ItemState::Verifying => "checking".to_owned(),
        ItemState::Done { outcome, .. } => outcome.to_string(),
    }
}

const COLUMNS: &Columns<LiveItem> = &[
    Column::new("State", 14).cell(|item, theme| match &item.state {
        ItemState::Queued | ItemState::Planned { .. } => {
            Cell::styled(format!("{} queued", theme.glyphs.queued), theme.muted())
        }
        ItemState::Done { outcome, .. } => Cell::outcome(*outcome, theme),
        state => {
            Cell::styled(format!("{} {}", theme.glyphs.throbber[0], words(state)), theme.accent())
        }
    }),
    Column::new("Customer or product", 20).grows(2).searched().text(|item| item.name.clone()),
    Column::new("Changes", 7)
        .right()
        .text(|item| item.writes().map_or_else(String::new, |w| w.to_string())),
    Column::new("Message", 16)
        .grows(3)
        .drops(1)
        .muted(|item| item.says().unwrap_or_default().to_owned()),
];
