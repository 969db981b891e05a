//! The history of runs, row by row (R47–R49).

use std::{cmp::Ordering, ops::Deref};

use ratatui::{
    Frame,
    layout::Rect,
    style::Style,
    text::{Line, Span},
};

use crate::{
    console::{
        action::Action,
        advice::as_shown,
        keymap::Section,
        list_tools,
        listing::{Listing, Row},
        pane::{Jump, Pane, keys_move_in},
        purpose::Purpose,
        query::State,
        shell::Shell,
        theme::Theme,
        widgets::{
            detail::rows_with_detail,
            frame,
            table::{Cell, Column, Columns, Table, told},
            text::ago,
        },
    },
    domain::{
        RunId,
        outcome::Outcome,
        run::{Counts, RunHeader, RunKind, Tally},
    },
    engine::{protocol::command, views::Place},
};

/// Lines below the table: the selected run in words.
const DETAIL: u16 = 4;

/// How many runs are asked for.
const HISTORY: usize = 500;

/// A run of the history.
#[derive(Clone, Debug)]
struct PastRun {
    run: RunHeader,
    /// Whether it is not past at all: it is on.
    on: bool,
}

impl Deref for PastRun {
    type Target = RunHeader;

    fn deref(&self) -> &RunHeader {
        &self.run
    }
}

impl PastRun {
    /// Glyph and word of how it ended, or that it did not, or that it is on.
    fn ended(&self, theme: &Theme) -> (String, Style) {
        if self.on {
            return (format!("{} {ON}", theme.glyphs.throbber[0]), theme.accent());
        }
        frame::ended(&self.run, theme)
    }
}

#[derive(Debug, Default)]
pub(crate) struct Runs {
    list: Listing<PastRun>,
    loaded: bool,
    /// The run that was just left, until it is in the list.
    left: Option<RunId>,
}

impl Runs {
    /// With which of them is on, if one is.
    pub(crate) fn set(&mut self, rows: Vec<RunHeader>, on: Option<RunId>) {
        self.loaded = true;
        let row = |run: RunHeader| PastRun { on: run.ended().is_none() && on == Some(run.id), run };
        self.list.set(rows.into_iter().map(row).collect());
        self.stand_on(self.left);
    }

    /// The cursor stands on the run that was just left, or will once that is in the list.
    pub(crate) fn stand_on(&mut self, run: Option<RunId>) {
        let key = run.map(|run| run.to_string());
        self.list.select_key(key.as_deref());
        self.left = run.filter(|run| self.list.selected().is_none_or(|row| row.id != *run));
    }

    /// How far the one is that is on: what is recorded of it grows group by group.
    pub(crate) fn follow(&mut self, id: RunId, counts: Counts) {
        let on = |row: &PastRun| row.on && row.id == id && row.counts != counts;
        if let Some(at) = self.list.all().iter().position(on) {
            self.list.change(at, |row| row.run.counts = counts);
        }
    }

    /// The invoice of the selected run, where it has one alone.
    pub(crate) fn invoice(&self) -> Option<String> {
        match &self.list.selected()?.run.invoices[..] {
            [invoice] => Some(invoice.clone()),
            _ => None,
        }
    }

    fn export(&self, shell: &mut Shell) {
        let rows = self.list.shown().map(|run| {
            let Tally { attempted, ok, warned, failed, .. } = tally(run);
            [
                run.id.to_string(),
                run.started_at.to_rfc3339(),
                kind(run).to_owned(),
                standing(run, run.on),
                attempted.to_string(),
                ok.to_string(),
                warned.to_string(),
                failed.to_string(),
                run.counts.writes.to_string(),
                run.invoices.join(" "),
            ]
        });
        let head = [
            "run",
            "started",
            "kind",
            "status",
            "attempted",
            "ok",
            "warned",
            "failed",
            "writes",
            "invoices",
        ];
        list_tools::save_csv(shell, "runs", &head, rows);
    }
}

impl Pane for Runs {
    fn section(&self) -> Section {
        Section::Runs
    }

    keys_move_in!(self.list);

    fn reload(&mut self, shell: &mut Shell) {
        shell.ask(Purpose::Runs, command::Runs { limit: HISTORY });
    }

    fn fit(&mut self, room: Rect) {
        self.list.fit(rows_with_detail(room, DETAIL));
    }

    fn act(&mut self, action: Action, shell: &mut Shell) -> Option<Jump> {
        self.left = None;
        match (action, self.list.selected()) {
            (Action::Open, run) => {
                return run.map(|run| Jump::To(Place::Run { run: run.id, tenant: None }));
            }
            (Action::Copy, Some(run)) => list_tools::copy(shell, one_line(run, run.on)),
            (Action::Export, _) => self.export(shell),
            (action, _) => _ = self.list.act(action, COLUMNS.len()),
        }
        None
    }

    /// Before the first run of customers nothing can have failed, and there is nothing to compare with.
    fn offers(&self, action: Action) -> bool {
        match action {
            Action::Recheck | Action::RetryFailed | Action::Retries => {
                self.list.all().iter().any(|run| run.kind == RunKind::Customers)
            }
            _ => true,
        }
    }

    fn draw(&self, frame: &mut Frame, area: Rect, shell: &Shell) {
        let theme = &shell.theme;
        let title = list_tools::title("Sync", &self.list);
        let inside = frame::body(frame, area, &title, "", theme);
        if self.list.is_empty() {
            let first = "No run yet. Press p to plan the first one.";
            let on = shell.status.as_ref().is_some_and(|status| status.running.is_some());
            let text = match (self.loaded, on) {
                (true, true) => "The first run is on. 5 shows it.",
                (true, false) => first,
                (false, _) => "Loading…",
            };
            return frame::draw_notice(frame, inside, text, theme);
        }
        let rows = Table::new(&self.list, COLUMNS);
        if let Some((run, below)) = rows.draw_with_detail(frame, inside, DETAIL, theme) {
            below.draw(frame, detail(run, shell), theme);
        }
    }
}

impl Row for PastRun {
    const STATES: &'static [State] = State::OF_OUTCOMES;

    fn key(&self) -> String {
        self.id.to_string()
    }

    fn text(&self) -> String {
        let standing = standing(self, self.on);
        format!("#{} {} {standing} {}", self.id, kind(self), self.invoices.join(" "))
    }

    fn cells(&self) -> Vec<(&'static str, String)> {
        told(COLUMNS, self)
    }

    fn is(&self, state: State) -> bool {
        self.run.ended().is_some_and(|status| state.holds_of(status))
    }

    fn repeated(&self) -> Vec<(&'static str, String)> {
        let by = ("By", format!("by {}", self.actor));
        // Only a run that was stopped leaves any.
        let none_left = (tally(self).not_attempted == 0).then(|| (LEFT, String::new()));
        [by].into_iter().chain(none_left).collect()
    }

    fn compare(&self, other: &Self, column: usize) -> Ordering {
        let (ours, theirs) = (&self.counts, &other.counts);
        match column {
            1 => self.started_at.cmp(&other.started_at),
            2 => kind(self).cmp(kind(other)),
            // What is on or broke off has no outcome yet.
            3 => self.run.ended().cmp(&other.run.ended()),
            4 => tally(self).ok.cmp(&tally(other).ok),
            5 => tally(self).warned.cmp(&tally(other).warned),
            6 => tally(self).failed.cmp(&tally(other).failed),
            7 => tally(self).not_attempted.cmp(&tally(other).not_attempted),
            8 => ours.writes.cmp(&theirs.writes),
            9 => ours.requests.cmp(&theirs.requests),
            10 => self.actor.cmp(&other.actor),
            11 => self.invoices.cmp(&other.invoices),
            _ => self.id.cmp(&other.id),
        }
    }
}

pub(crate) fn kind(run: &RunHeader) -> &'static str {
    match run.kind {
        RunKind::Products => "products",
        RunKind::Customers => "customers",
    }
}

/// A run in one line of text; one that is on has no outcome.
pub(crate) fn one_line(run: &RunHeader, on: bool) -> String {
    let message = run.message.as_ref().map_or_else(String::new, |m| format!(": {}", m.text));
    format!("Run #{} ({}) {}{message}", run.id, kind(run), standing(run, on))
}

/// How it ended, that it did not, or that it is on.
fn standing(run: &RunHeader, on: bool) -> String {
    match run.ended() {
        Some(outcome) => outcome.to_string(),
        None if on => ON.to_owned(),
        None => frame::UNFINISHED.to_owned(),
    }
}

/// What a run is that is on.
pub(crate) const ON: &str = "running";

/// Of what it went through.
fn tally(run: &RunHeader) -> &Tally {
    match run.kind {
        RunKind::Customers => &run.counts.customers,
        RunKind::Products => &run.counts.products,
    }
}

/// The selected run in words: what it did, what it said, what to press.
fn detail(run: &PastRun, shell: &Shell) -> [Line<'static>; 3] {
    let theme = &shell.theme;
    let separator = theme.glyphs.separator;
    let tally = tally(run);
    let when = match run.finished_at {
        None if run.on => format!("since {}", run.started_at.format("%H:%M UTC")),
        ended => ago(ended.unwrap_or(run.started_at), shell.now),
    };
    let (word, style) = run.ended(theme);
    let first = Line::from(vec![
        Span::styled(word, style),
        Span::raw(format!(
            " {when}{separator}{}{separator}{}",
            tally.words(),
            run.counts.sent_words()
        )),
    ]);
    let invoices = (!run.invoices.is_empty()).then(|| run.invoices.join(" "));
    let note = run.note.as_ref().map(|note| format!("“{note}”"));
    let who = format!("by {} ({})", run.actor, run.trigger);
    let second = [Some(who), invoices, note].into_iter().flatten().collect::<Vec<_>>();
    let second = second.join(separator);
    let why = match (&run.message, run.run.ended()) {
        (Some(message), _) => Line::styled(as_shown(&message.text).into_owned(), theme.warn()),
        // The list of runs knows no causes: its page has them on top.
        (None, Some(status)) if status.wants_a_look() => {
            let what = if status == Outcome::Warning { "warned of" } else { "failed" };
            Line::styled(format!("Enter shows what {what}, and why"), theme.accent())
        }
        (None, _) => Line::default(),
    };
    [first, Line::styled(second, theme.muted()), why]
}

/// What a stopped run did not come to.
const LEFT: &str = "Not attempted";

const COLUMNS: &Columns<PastRun> = &[
    Column::new("Run", 6).right().searched().text(|run| format!("#{}", run.id)),
    Column::new("When (UTC)", 16)
        .grows(1)
        .text(|run| run.started_at.format("%-d %b %Y %H:%M").to_string()),
    Column::new("Kind", 9).drops(2).text(|run| kind(run).to_owned()),
    Column::new("Status", 15).cell(|run, theme| {
        let (word, style) = run.ended(theme);
        Cell::styled(word, style)
    }),
    Column::new("OK", 5).right().text(|run| tally(run).ok.to_string()),
    Column::new("Warned", 6).right().drops(6).cell(|run, theme| match tally(run).warned {
        0 => Cell::styled("0", theme.muted()),
        count => Cell::styled(count.to_string(), theme.warn()),
    }),
    Column::new("Failed", 6).right().cell(|run, theme| match tally(run).failed {
        0 => Cell::styled("0", theme.muted()),
        count => Cell::styled(count.to_string(), theme.bad()),
    }),
    Column::new(LEFT, 13).right().drops(2).muted(|run| match tally(run).not_attempted {
        0 => String::new(),
        count => count.to_string(),
    }),
    Column::new("Changes", 7).right().drops(1).text(|run| run.counts.writes.to_string()),
    Column::new("Requests", 8).right().drops(4).muted(|run| run.counts.requests.to_string()),
    Column::new("By", 10).grows(1).drops(5).muted(|run| run.actor.clone()),
    Column::new("Invoices", 12).grows(1).drops(3).searched().muted(|run| run.invoices.join(" ")),
];
