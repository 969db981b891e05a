//! The rows of a run that is watched: what identifies them, how they sort, what stands in them. The first columns of its
//! record are the same.

use std::cmp::Ordering;

use ratatui::style::Style;

use super::run::{by_invoice, changes_told};
use crate::{
    console::{
        fold::by_letters,
        listing::{Apart, Row},
        query::State,
        theme::Theme,
        widgets::table::{Cell, Column, Columns, told},
    },
    domain::{
        outcome::Outcome,
        run::{PART_WRITTEN, RunKind},
    },
    engine::{
        protocol::{ItemState, live_run::LiveItem},
        views::causes::row_key,
    },
};

/// A customer with one of its invoices, or a product, as it stands.
#[derive(Clone, Debug)]
pub(super) struct LiveRow {
    pub(super) item: LiveItem,
    pub(super) of: RunKind,
    /// Whether it stands behind what is at work, though it wants a look: others of those have the room on top.
    pub(super) gives_way: bool,
}

impl LiveRow {
    pub(super) fn new(item: LiveItem, of: RunKind) -> Self {
        Self { item, of, gives_way: false }
    }

    pub(super) fn wants_a_look(&self) -> bool {
        self.item.wants_a_look()
    }

    /// Failed first, of those what is at work all the same, then what was left in the middle or warns, what is at work, what
    /// waits, and what is done.
    fn rank(&self) -> (bool, u8) {
        let rank = rank(&self.item);
        (self.gives_way || rank > AT_WORK, rank)
    }

    /// The order of what wants a look, whatever the room.
    pub(super) fn by_urgency(&self, other: &Self) -> Ordering {
        let by_name = || by_letters(&self.item.name, &other.item.name);
        rank(&self.item).cmp(&rank(&other.item)).then_with(by_name)
    }
}

fn rank(item: &LiveItem) -> u8 {
    match (item.outcome(), &item.state) {
        (Some(Outcome::Failure), _) if at_work(item).is_some() => 0,
        (Some(Outcome::Failure), _) => 1,
        (_, ItemState::PartWritten { .. }) => 2,
        (Some(Outcome::Warning), _) => 3,
        (_, ItemState::Writing { .. }) => AT_WORK,
        (_, ItemState::Verifying { .. }) => 5,
        (_, ItemState::Verified { .. }) => 6,
        (_, ItemState::Planning) => 7,
        (_, ItemState::Planned { of: 1.. }) => 8,
        (_, ItemState::Queued) => 9,
        (_, ItemState::Planned { of: 0 }) => 10,
        (_, ItemState::Done { .. }) => 11,
    }
}

/// The last of those that stand before what gives way.
const AT_WORK: u8 = 4;

/// What is being done for it at this moment, in a word.
fn at_work(item: &LiveItem) -> Option<&'static str> {
    match item.state {
        ItemState::Writing { .. } => Some("writing"),
        ItemState::Verifying { .. } => Some("checking"),
        ItemState::Queued
        | ItemState::Planning
        | ItemState::Planned { .. }
        | ItemState::Verified { .. }
        | ItemState::Done { .. }
        | ItemState::PartWritten { .. } => None,
    }
}

/// Changes that stand; nothing while they are not planned yet.
fn writes(state: &ItemState) -> Option<u32> {
    match state {
        ItemState::Done { writes, .. } | ItemState::PartWritten { writes, .. } => Some(*writes),
        ItemState::Writing { done, .. }
        | ItemState::Verifying { done, .. }
        | ItemState::Verified { done, .. } => Some(*done),
        ItemState::Planned { .. } => Some(0),
        ItemState::Queued | ItemState::Planning => None,
    }
}

impl Row for LiveRow {
    const STATES: &'static [State] = State::OF_OUTCOMES;

    fn key(&self) -> String {
        row_key(&self.item.key, &self.item.invoice)
    }

    fn text(&self) -> String {
        self.item.name.clone()
    }

    fn cells(&self) -> Vec<(&'static str, String)> {
        told(columns(self.of), self)
    }

    fn repeated(&self) -> Vec<(&'static str, String)> {
        vec![("Invoice", self.item.invoice.clone())]
    }

    fn apart(&self) -> Option<Apart> {
        (self.of == RunKind::Customers).then(|| by_invoice(&self.item.key, &self.item.invoice))
    }

    fn is(&self, state: State) -> bool {
        match state {
            State::NeedsReview => self.wants_a_look(),
            _ => self.item.outcome().is_some_and(|outcome| state.holds_of(outcome)),
        }
    }

    fn compare(&self, other: &Self, column: usize) -> Ordering {
        let (ours, theirs) = (&self.item, &other.item);
        let by_name = || by_letters(&ours.name, &theirs.name);
        // As the ended run has them. What is still to come stands in the order in which its turn is.
        let as_ended = || match (ours.outcome(), theirs.outcome()) {
            (Some(ours), Some(theirs)) => theirs.urgency().cmp(&ours.urgency()).then_with(by_name),
            _ => Ordering::Equal,
        };
        let by_changes = || writes(&ours.state).cmp(&writes(&theirs.state));
        match (column, self.of) {
            (0, _) => self.rank().cmp(&other.rank()).then_with(as_ended),
            (2, _) => by_changes(),
            (3, RunKind::Customers) => ours.invoice.cmp(&theirs.invoice),
            _ => by_name(),
        }
    }
}

/// What a customer is whose changes are all sent, and what it is once they were read back.
pub(super) const CHECKING: &str = "sent, checking";
const CHECKED: &str = "checked";

/// The same in a column: names have the room.
fn short_words(item: &LiveItem) -> String {
    match (item.outcome(), &item.state) {
        (None, ItemState::Verifying { .. }) => "checking".to_owned(),
        (None, ItemState::Planned { of: 0 }) => "correct".to_owned(),
        _ => words(item),
    }
}

pub(super) fn words(item: &LiveItem) -> String {
    let word = match (&item.state, item.outcome()) {
        (ItemState::PartWritten { .. }, _) => PART_WRITTEN,
        (_, Some(outcome)) => outcome.word(),
        (ItemState::Done { outcome, .. }, None) => outcome.word(),
        (ItemState::Queued | ItemState::Planned { of: 1.. }, None) => "queued",
        (ItemState::Planning, None) => "planning",
        (ItemState::Planned { of: 0 }, None) => "already correct",
        (ItemState::Writing { .. }, None) => "writing",
        (ItemState::Verifying { .. }, None) => CHECKING,
        (ItemState::Verified { .. }, None) => CHECKED,
    };
    word.to_owned()
}

pub(super) fn look(item: &LiveItem, theme: &Theme) -> (&'static str, Style) {
    let shown_as = match item.state {
        // As its record has it: what is done of it is, the rest wants a look.
        ItemState::PartWritten { .. } => Some(Outcome::Warning),
        _ => item.outcome(),
    };
    if let Some(outcome) = shown_as {
        return (theme.glyphs.outcome(outcome), theme.outcome(outcome));
    }
    match item.state {
        ItemState::Queued | ItemState::Planned { of: 1.. } => (theme.glyphs.queued, theme.muted()),
        ItemState::Planned { of: 0 } => (theme.glyphs.no_change, theme.muted()),
        ItemState::Planning
        | ItemState::Writing { .. }
        | ItemState::Verifying { .. }
        | ItemState::Verified { .. }
        | ItemState::Done { .. }
        | ItemState::PartWritten { .. } => (theme.glyphs.throbber[0], theme.accent()),
    }
}

/// What a run of this kind shows of its rows.
pub(super) fn columns(of: RunKind) -> &'static Columns<LiveRow> {
    match of {
        RunKind::Customers => CUSTOMERS,
        RunKind::Products => PRODUCTS,
    }
}

fn state(row: &LiveRow, theme: &Theme) -> Cell {
    let (glyph, style) = look(&row.item, theme);
    Cell::styled(format!("{glyph} {}", short_words(&row.item)), style)
}

fn changes(row: &LiveRow) -> String {
    let item = &row.item;
    let counted = match &item.state {
        // As ever before the run is over: a number alone is of what was sent.
        ItemState::Planned { of: of @ 1.. } => format!("0 of {of}"),
        ItemState::Writing { done, of: of @ 1.. }
        | ItemState::Verifying { done, of: of @ 1.. }
        | ItemState::Verified { done, of: of @ 1.. } => format!("{done} of {of}"),
        state => changes_told(writes(state).unwrap_or_default().into()),
    };
    // What is known of how it ends stands in the place of what it does.
    match (item.outcome(), at_work(item)) {
        (Some(_), Some(doing)) => format!("{doing} {counted}").trim_end().to_owned(),
        _ => counted,
    }
}

const CUSTOMERS: &Columns<LiveRow> = &[
    Column::new("Status", 12).steady().cell(state),
    Column::new("Source customer", 20)
        .grows(2)
        .searched()
        .keeps_end()
        .text(|row| row.item.name.clone()),
    Column::new("Changes", 8).right().steady().text(changes),
    Column::new("Invoice", 10).drops(1).muted(|row| row.item.invoice.clone()),
];

const PRODUCTS: &Columns<LiveRow> = &[
    Column::new("Status", 12).steady().cell(state),
    Column::new("Product", 20).grows(2).searched().keeps_end().text(|row| row.item.name.clone()),
    Column::new("Changes", 8).right().steady().text(changes),
];
