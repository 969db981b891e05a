//! Plans that wait until somebody else has looked at them, and what became of those before.

use std::cmp::Ordering;

use ratatui::{Frame, layout::Rect, text::Line};

use crate::{
    console::{
        action::Action,
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
            table::{self, Cell, Column, Columns, Table},
            text::{counted, separated, signed},
        },
    },
    domain::currency::told,
    engine::{
        protocol::command,
        views::{BillChangeView, Place, Standing, WaitingPlan},
    },
};

/// Lines below the table: why the selected plan waits, and what became of it.
const DETAIL: u16 = 4;

#[derive(Debug, Default)]
pub(crate) struct Approvals {
    list: Listing<WaitingPlan>,
    loaded: bool,
}

impl Approvals {
    pub(crate) fn set(&mut self, rows: Vec<WaitingPlan>) {
        self.loaded = true;
        self.list.set(rows);
    }

    fn export(&self, shell: &mut Shell) {
        let rows = self.list.shown().map(|plan| {
            [
                plan.number.to_string(),
                plan.author.to_string(),
                plan.invoices.join(" "),
                plan.changes.to_string(),
                plan.contracts.to_string(),
                plan.money.iter().map(change_in_words).collect::<Vec<_>>().join(" "),
                plan.standing.told(),
                plan.reason(),
            ]
        });
        let head =
            ["plan", "author", "invoices", "changes", "contracts", "monthly", "state", "why"];
        list_tools::save_csv(shell, "approvals", &head, rows);
    }

    fn notice(&self, shell: &Shell) -> Option<&'static str> {
        match self.loaded {
            true if !self.list.is_empty() => None,
            true => Some("No plan waits for approval, and none did. Esc goes back."),
            false if shell.awaits(&Purpose::WaitingPlans) => Some("Reading what waits…"),
            false => Some("What waits could not be read. F5 tries again, ! shows why."),
        }
    }
}

impl Pane for Approvals {
    fn section(&self) -> Section {
        Section::Approvals
    }

    keys_move_in!(self.list);

    fn reload(&mut self, shell: &mut Shell) {
        shell.ask(Purpose::WaitingPlans, command::Approvals { all: true });
    }

    fn fit(&mut self, room: Rect) {
        self.list.fit(rows_with_detail(room, DETAIL));
    }

    fn act(&mut self, action: Action, shell: &mut Shell) -> Option<Jump> {
        match (action, self.list.selected()) {
            (Action::Open, row) => {
                return Some(Jump::To(Place::Approval { number: row?.number }));
            }
            (Action::Copy, Some(row)) => list_tools::copy(shell, one_line(row)),
            (Action::Export, _) => self.export(shell),
            (action, _) => _ = self.list.act(action, COLUMNS.len()),
        }
        None
    }

    fn offers(&self, action: Action) -> bool {
        match action {
            Action::Open | Action::Copy => self.list.selected().is_some(),
            _ => true,
        }
    }

    fn draw(&self, frame: &mut Frame, area: Rect, shell: &Shell) {
        let theme = &shell.theme;
        let place = format!("Sync{}Waiting plans", theme.glyphs.crumb);
        let title = list_tools::title(&place, &self.list);
        let waiting = self.list.all().iter().filter(|plan| plan.standing == Standing::Waiting);
        let waiting = match waiting.count() as u64 {
            0 => String::new(),
            count => format!("{} for approval", counted(count, "plan waits", "plans wait")),
        };
        let inside = frame::body(frame, area, &title, &waiting, theme);
        if let Some(text) = self.notice(shell) {
            return frame::draw_notice(frame, inside, text, theme);
        }
        let rows = Table::new(&self.list, COLUMNS);
        if let Some((plan, below)) = rows.draw_with_detail(frame, inside, DETAIL, theme) {
            below.draw(frame, detail(plan, theme), theme);
        }
    }
}

fn one_line(plan: &WaitingPlan) -> String {
    let (number, author) = (plan.number, &plan.author);
    format!("Plan {number} of {author}, {}: {}", plan.standing.told(), plan.reason())
}

fn detail(plan: &WaitingPlan, theme: &Theme) -> Vec<Line<'static>> {
    let mut lines = vec![
        Line::styled(format!("{}, {}", plan.size(), plan.because.words()), theme.text()),
        Line::styled(plan.reason(), theme.warn()),
    ];
    if plan.standing != Standing::Waiting {
        lines.insert(0, Line::styled(plan.standing.told(), theme.strong()));
    }
    lines
}

/// `AUD +1,234.50`
fn change_in_words(money: &BillChangeView) -> String {
    told(signed(money.change()), money.currency.as_ref())
}

/// What all contracts of it come to a month: `1,000.00 → 1,250.00 (+250.00)`.
pub(super) fn bill_in_words(money: &BillChangeView, theme: &Theme) -> String {
    let (before, after) = (separated(money.before), separated(money.after));
    let after = told(after, money.currency.as_ref());
    format!("{before} {} {after} ({})", theme.glyphs.arrow, signed(money.change()))
}

/// Glyph and word of what became of it: what still needs somebody stands out.
pub(super) fn standing(plan: &WaitingPlan, theme: &Theme) -> Cell {
    let glyphs = theme.glyphs;
    let (glyph, style) = match &plan.standing {
        Standing::Waiting => (glyphs.warning, theme.warn()),
        Standing::Approved { .. } => (glyphs.queued, theme.accent()),
        Standing::Applied { approved, .. } if approved.break_glass => {
            (glyphs.warning, theme.warn())
        }
        Standing::Applied { .. } => (glyphs.success, theme.good()),
        Standing::Stale { .. } => (glyphs.failure, theme.bad()),
        Standing::Rejected { .. } | Standing::Expired { .. } | Standing::Superseded { .. } => {
            (glyphs.no_change, theme.muted())
        }
    };
    Cell::styled(format!("{glyph} {}", plan.standing.word()), style)
}

impl Row for WaitingPlan {
    const STATES: &'static [State] = &[State::NeedsReview];

    fn key(&self) -> String {
        self.number.to_string()
    }

    fn text(&self) -> String {
        let invoices = self.invoices.join(" ");
        format!("{} {} {invoices} {}", self.number, self.author, self.standing.told())
    }

    fn cells(&self) -> Vec<(&'static str, String)> {
        table::told(COLUMNS, self)
    }

    fn is(&self, state: State) -> bool {
        state == State::NeedsReview && self.standing.is_open()
    }

    fn compare(&self, other: &Self, column: usize) -> Ordering {
        match column {
            1 => self.standing.word().cmp(other.standing.word()),
            2 => self.author.to_string().cmp(&other.author.to_string()),
            3 => self.invoices.cmp(&other.invoices),
            4 => self.changes.cmp(&other.changes),
            6 => self.expires_at.cmp(&other.expires_at),
            _ => self.number.cmp(&other.number),
        }
    }
}

const COLUMNS: &Columns<WaitingPlan> = &[
    Column::new("Plan", 4).right().text(|plan| plan.number.to_string()),
    Column::new("State", 15).cell(standing),
    Column::new("Made by", 10).grows(1).searched().text(|plan| plan.author.to_string()),
    Column::new("Invoice", 12).grows(1).drops(2).searched().text(|plan| plan.invoices.join(" ")),
    Column::new("Changes", 7).right().text(|plan| plan.changes.to_string()),
    Column::new("Monthly", 15)
        .right()
        .grows(1)
        .text(|plan| plan.money.iter().map(change_in_words).collect::<Vec<_>>().join(" ")),
    Column::new("Expires", 12)
        .drops(1)
        .muted(|plan| plan.expires_at.format("%-d %b %H:%M").to_string()),
];
