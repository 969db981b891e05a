//! Where the selected row of a list is told whole: below the table, and beside it where the screen has the room.
//!
//! It must not know what is told.

use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect},
    text::Line,
    widgets::{Block, Borders, Padding},
};

use super::{
    frame,
    text::{unfinished, wrapped_line},
};
use crate::console::{listing::AnyList, theme::Theme};

/// From so many columns inside the border on, which is a screen of 160, the detail stands beside its list.
const BESIDE: u16 = 156;

/// Columns of a detail beside its list, border included, at least: names of the list have the others where they need them.
const LEAST: u16 = 48;

/// Rows that a table keeps before its detail below has any, its heading among them.
const KEPT: u16 = 5;

/// How many of the lines that a detail wants below a table it has: a blank one and at least one more, or none.
fn below(height: u16, lines: u16) -> u16 {
    match height.saturating_sub(KEPT).min(lines) {
        0 | 1 => 0,
        rows => rows,
    }
}

/// The place of a detail.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Detail {
    area: Rect,
    beside: bool,
    /// Rows above it that its list leaves blank.
    blank: u16,
}

impl Detail {
    /// Whether it has a column of its own: there is room for all there is to tell.
    pub(crate) fn is_beside(self) -> bool {
        self.beside
    }

    /// All of its room, for what is drawn in another way below a list.
    pub(crate) fn area(self) -> Rect {
        self.area
    }

    /// What is to be told, line by line. Below a list it takes the rows that the list leaves blank as well; where even
    /// these are too few, the first lines are told whole, as far as each of the others keeps one.
    pub(crate) fn draw<'a>(
        self,
        frame: &mut Frame,
        lines: impl IntoIterator<Item = impl Into<Line<'a>>>,
        theme: &Theme,
    ) {
        let inside = self.inside(frame, theme);
        let texts = Texts::wrapped(lines, inside.width);
        let grown = texts.rows().saturating_sub(inside.height).min(self.blank);
        let area = Rect { y: inside.y - grown, height: inside.height + grown, ..inside };
        texts.draw(frame, area);
    }

    /// The room for it: behind a rule beside a list, under a blank line below one.
    fn inside(self, frame: &mut Frame, theme: &Theme) -> Rect {
        let Self { area, beside, .. } = self;
        if !beside {
            let height = area.height.saturating_sub(1);
            return Rect { y: area.y + 1.min(area.height), height, ..area };
        }
        let rule = Block::new().borders(Borders::LEFT).border_style(theme.muted());
        let rule = rule.border_set(ratatui::symbols::border::Set {
            vertical_left: if theme.glyphs.unicode { "│" } else { "|" },
            ..ratatui::symbols::border::PLAIN
        });
        let rule = rule.padding(Padding::left(1));
        let inside = rule.inner(area);
        frame.render_widget(rule, area);
        inside
    }
}

/// Texts one below the other, each over as many rows as it takes.
pub(crate) struct Texts<'a>(Vec<Vec<Line<'a>>>);

impl<'a> Texts<'a> {
    pub(crate) fn wrapped(
        texts: impl IntoIterator<Item = impl Into<Line<'a>>>,
        width: u16,
    ) -> Self {
        let width = usize::from(width.max(1));
        let texts = texts.into_iter().map(Into::into);
        Self(texts.map(|text| wrapped_line(&text, width)).collect())
    }

    /// How many rows all of them take.
    pub(crate) fn rows(&self) -> u16 {
        u16::try_from(self.0.iter().map(Vec::len).sum::<usize>()).unwrap_or(u16::MAX)
    }

    /// Where there are too few rows the first are told whole, as far as each of the others keeps one; one that is not
    /// whole ends in `…`.
    pub(crate) fn draw(self, frame: &mut Frame, area: Rect) {
        let width = usize::from(area.width);
        let mut spare = usize::from(area.height).saturating_sub(self.0.len());
        let told = self.0.into_iter().flat_map(|mut rows| {
            let kept = rows.len().min(1 + spare);
            spare -= kept - 1;
            let whole = kept == rows.len();
            rows.truncate(kept);
            if !whole {
                let last = rows.pop().unwrap_or_default();
                rows.push(unfinished(last, width));
            }
            rows
        });
        frame::draw_lines(frame, area, told);
    }
}

/// A table of a list, and the detail of its selected row: so many lines below it, or a part of its own at its right, which has
/// the columns that the table does not need.
pub(crate) fn with_detail(
    inside: Rect,
    lines: u16,
    list: &dyn AnyList,
    need: u16,
) -> (Rect, Detail) {
    let beside = inside.width >= BESIDE;
    let [table, area] = if beside {
        let table = need.min(inside.width - 1 - LEAST);
        let parts = [Constraint::Length(table), Constraint::Min(LEAST)];
        Layout::horizontal(parts).spacing(1).areas(inside)
    } else {
        let lines = below(inside.height, lines);
        Layout::vertical([Constraint::Min(2), Constraint::Length(lines)]).areas(inside)
    };
    let rows = u16::try_from(list.count_shown()).unwrap_or(u16::MAX).saturating_add(1);
    // Of a detail with no room of its own a line stays between it and the rows.
    let apart = u16::from(area.height == 0);
    let blank = if beside { 0 } else { table.height.saturating_sub(rows.saturating_add(apart)) };
    (table, Detail { area, beside, blank })
}

/// Where the rows of such a table stand, below its heading.
pub(crate) fn rows_with_detail(room: Rect, lines: u16) -> Rect {
    if room.width >= BESIDE {
        // As far as the table can go.
        return rows(Rect { width: room.width - 1 - LEAST, ..room });
    }
    let lines = below(room.height, lines);
    rows(Rect { height: room.height.saturating_sub(lines), ..room })
}

/// Where the rows of a table stand that has all of this room.
pub(crate) fn rows(room: Rect) -> Rect {
    below_lines(room, 1)
}

/// What so many lines at the top leave of a room.
pub(crate) fn below_lines(room: Rect, lines: u16) -> Rect {
    let lines = lines.min(room.height);
    Rect { y: room.y + lines, height: room.height - lines, ..room }
}
