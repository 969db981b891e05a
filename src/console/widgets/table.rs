//! A table of a [`Listing`]: only the rows on the screen are built, columns drop by priority, numbers stand right.

use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect},
    style::Style,
    text::{Line, Span},
    widgets::{Scrollbar, ScrollbarOrientation, ScrollbarState},
};

use unicode_width::UnicodeWidthStr;

use super::{
    frame,
    text::{cut, highlighted},
};
use crate::{
    console::{
        colour::Depth,
        listing::{AnyList as _, Listing, Row},
        theme::Theme,
    },
    domain::outcome::Outcome,
};

pub(crate) struct Cell {
    pub(crate) text: String,
    /// How it looks where its row is not selected.
    pub(crate) style: Style,
}

impl Cell {
    /// Ordinary text.
    pub(crate) fn plain(text: impl Into<String>) -> Self {
        Self { text: text.into(), style: Style::new() }
    }

    /// Text in a role's style.
    pub(crate) fn styled(text: impl Into<String>, style: Style) -> Self {
        Self { text: text.into(), style }
    }

    /// Glyph and word of an outcome, in its style.
    pub(crate) fn outcome(outcome: Outcome, theme: &Theme) -> Self {
        Self::styled(frame::outcome(outcome, theme), theme.outcome(outcome))
    }
}

pub(crate) type Columns<T> = [Column<Cells<T>>];

/// What the columns say of a row in plain words, by their headings: what a filter looks at.
pub(crate) fn told<T>(columns: &Columns<T>, row: &T) -> Vec<(&'static str, String)> {
    let plain = Theme::new(Depth::None, true);
    columns.iter().map(|column| (column.title, column.cells.of(row, &plain).text)).collect()
}

/// What stands in the cells of a column, row by row.
pub(crate) enum Cells<T> {
    /// Ordinary text.
    Text(fn(&T) -> String),
    /// Text that matters less.
    Muted(fn(&T) -> String),
    /// Text in a style of its own.
    Styled(fn(&T, &Theme) -> Cell),
}

impl<T> Cells<T> {
    fn of(&self, row: &T, theme: &Theme) -> Cell {
        match self {
            Self::Text(text) => Cell::plain(text(row)),
            Self::Muted(text) => Cell::styled(text(row), theme.muted()),
            Self::Styled(cell) => cell(row, theme),
        }
    }
}

/// A column: heading, width, and its cells once they are told.
pub(crate) struct Column<C = ()> {
    title: &'static str,
    least: u16,
    share: u16,
    priority: u8,
    right: bool,
    searched: bool,
    cells: C,
}

impl Column {
    /// At least so many columns of the screen wide; it keeps to that, stands left, and never drops.
    pub(crate) const fn new(title: &'static str, least: u16) -> Self {
        Self { title, least, share: 0, priority: 0, right: false, searched: false, cells: () }
    }

    /// At the right, as numbers stand.
    pub(crate) const fn right(mut self) -> Self {
        self.right = true;
        self
    }

    /// Takes so many shares of the room that is left over.
    pub(crate) const fn grows(mut self, share: u16) -> Self {
        self.share = share;
        self
    }

    /// Drops where there is too little room, of several the one with the highest number first.
    pub(crate) const fn drops(mut self, priority: u8) -> Self {
        self.priority = priority;
        self
    }

    /// The letters that the filter matched are underlined in it.
    pub(crate) const fn searched(mut self) -> Self {
        self.searched = true;
        self
    }

    pub(crate) const fn text<T>(self, text: fn(&T) -> String) -> Column<Cells<T>> {
        self.with(Cells::Text(text))
    }

    pub(crate) const fn muted<T>(self, text: fn(&T) -> String) -> Column<Cells<T>> {
        self.with(Cells::Muted(text))
    }

    pub(crate) const fn cell<T>(self, cell: fn(&T, &Theme) -> Cell) -> Column<Cells<T>> {
        self.with(Cells::Styled(cell))
    }

    const fn with<T>(self, cells: Cells<T>) -> Column<Cells<T>> {
        let Self { title, least, share, priority, right, searched, cells: () } = self;
        Column { title, least, share, priority, right, searched, cells }
    }
}

/// A table: rows, columns, and whether rows can be marked.
pub(crate) struct Table<'a, T> {
    list: &'a Listing<T>,
    columns: &'a Columns<T>,
    marks: bool,
    lit: bool,
}

impl<'a, T: Row> Table<'a, T> {
    pub(crate) const fn new(list: &'a Listing<T>, columns: &'a Columns<T>) -> Self {
        Self { list, columns, marks: false, lit: true }
    }

    /// With rows that can be marked.
    pub(crate) const fn with_marks(mut self) -> Self {
        self.marks = true;
        self
    }

    /// Whether the keys go to it: its selected row is lit.
    pub(crate) const fn lit(mut self, lit: bool) -> Self {
        self.lit = lit;
        self
    }

    pub(crate) fn draw(&self, frame: &mut Frame, area: Rect, theme: &Theme) {
        if area.height == 0 || area.width == 0 {
            return;
        }
        // A scroll bar has a column of its own: no last digit may hide below it.
        let scrolls = self.scrolls(area);
        let room = Rect { width: area.width.saturating_sub(2 * u16::from(scrolls)), ..area };
        let places = self.fitting(room, theme);
        self.draw_heading(frame, &places, theme);
        for ((place, row), line) in self.list.visible().zip(area.rows().skip(1)) {
            let selected = self.lit && place == self.list.position();
            self.draw_row(frame, line, row, selected, &places, theme);
        }
        if scrolls {
            self.draw_scrollbar(frame, area, theme);
        }
    }

    /// The columns that fit, with their places; the one that sorts never drops.
    fn fitting(&self, area: Rect, theme: &Theme) -> Vec<(usize, Rect)> {
        let columns = self.columns;
        let sorted = self.list.sort().map(|sort| sort.column);
        // Pointer and mark stand at the left.
        let lead = if self.marks { 3 } else { 1 };
        let said_once = |at: &usize| self.list.says_once(columns[*at].title);
        let mut kept: Vec<usize> = (0..columns.len()).collect();
        kept.retain(|at| Some(*at) == sorted || !said_once(at));
        let least = |at: usize| columns[at].least.max(self.heading_width(at, theme));
        let need =
            |kept: &[usize]| kept.iter().map(|at| least(*at) + 1).sum::<u16>().saturating_sub(1);
        let room = area.width.saturating_sub(lead);
        while need(&kept) > room {
            let last =
                kept.iter().copied().filter(|at| columns[*at].priority > 0 && Some(*at) != sorted);
            let Some(out) = last.max_by_key(|at| columns[*at].priority) else { break };
            kept.retain(|at| *at != out);
        }
        let row = Rect { x: area.x + lead.min(area.width), width: room, ..area };
        let extra: u16 = room.saturating_sub(need(&kept));
        let shares: u16 = kept.iter().map(|at| columns[*at].share).sum();
        let width =
            |at: &usize| least(*at) + (extra * columns[*at].share).checked_div(shares).unwrap_or(0);
        let mut widths: Vec<u16> = kept.iter().map(width).collect();
        let headings: Vec<u16> = kept.iter().map(|at| self.heading_width(*at, theme)).collect();
        narrow(
            &mut widths,
            &headings,
            (room + 1).saturating_sub(u16::try_from(kept.len()).unwrap_or(0)),
        );
        let places = Layout::horizontal(widths.into_iter().map(Constraint::Length));
        let places = places.spacing(1).split(row);
        kept.into_iter().zip(places.iter().copied()).collect()
    }

    fn scrolls(&self, area: Rect) -> bool {
        let height = usize::from(area.height.saturating_sub(1));
        self.list.count_shown() > height && height >= 3
    }

    /// What stands above a column, with the arrow where it sorts.
    fn heading(&self, at: usize, theme: &Theme) -> String {
        let title = self.columns[at].title;
        let arrow = match self.list.sort().filter(|sort| sort.column == at) {
            Some(sort) if sort.down => theme.glyphs.descending,
            Some(_) => theme.glyphs.ascending,
            None => "",
        };
        format!("{title}{arrow}")
    }

    fn heading_width(&self, at: usize, theme: &Theme) -> u16 {
        u16::try_from(self.heading(at, theme).width()).unwrap_or(u16::MAX)
    }

    fn draw_heading(&self, frame: &mut Frame, places: &[(usize, Rect)], theme: &Theme) {
        for (at, area) in places {
            let column = &self.columns[*at];
            let title = self.heading(*at, theme);
            let line = Line::styled(cut(&title, area.width.into(), theme), theme.heading());
            let line = if column.right { line.right_aligned() } else { line };
            frame.render_widget(line, Rect { height: 1, ..*area });
        }
    }

    fn draw_row(
        &self,
        frame: &mut Frame,
        line: Rect,
        row: &T,
        selected: bool,
        places: &[(usize, Rect)],
        theme: &Theme,
    ) {
        if selected {
            frame.buffer_mut().set_style(line, theme.selected());
            // A screen reader says the line with the cursor.
            frame.set_cursor_position(line.as_position());
        }
        self.draw_lead(frame, line, row, selected, theme);
        for (at, place) in places {
            let area = Rect { y: line.y, height: 1, ..*place };
            self.draw_cell(frame, area, &self.columns[*at], row, selected, theme);
        }
    }

    /// Pointer and mark.
    fn draw_lead(&self, frame: &mut Frame, line: Rect, row: &T, selected: bool, theme: &Theme) {
        let pointer = if selected { theme.glyphs.pointer } else { " " };
        let mut spans = vec![Span::raw(pointer)];
        if self.marks {
            let marked = self.list.is_marked(row);
            spans.push(Span::raw(if marked { theme.glyphs.marked } else { " " }));
        }
        frame.render_widget(Line::from(spans), line);
    }

    fn draw_cell(
        &self,
        frame: &mut Frame,
        area: Rect,
        column: &Column<Cells<T>>,
        row: &T,
        selected: bool,
        theme: &Theme,
    ) {
        let Cell { text, style } = column.cells.of(row, theme);
        let fits = text.is_ascii() && text.len() <= usize::from(area.width);
        let text = if fits { text } else { cut(&text, area.width.into(), theme) };
        let style = if selected { style.patch(theme.selected()) } else { style };
        let filter = if column.searched { self.list.filter() } else { "" };
        let line = highlighted(text, filter, style, theme);
        frame.render_widget(if column.right { line.right_aligned() } else { line }, area);
    }

    fn draw_scrollbar(&self, frame: &mut Frame, area: Rect, theme: &Theme) {
        let height = usize::from(area.height.saturating_sub(1));
        let shown = self.list.count_shown();
        let mut state = ScrollbarState::new(shown - height).position(self.list.offset());
        let track = Rect { y: area.y + 1, height: area.height - 1, ..area };
        let bar = Scrollbar::new(ScrollbarOrientation::VerticalRight)
            .begin_symbol(None)
            .end_symbol(None)
            .track_symbol(Some(" "))
            .thumb_symbol(theme.glyphs.thumb);
        frame.render_stateful_widget(bar, track, &mut state);
    }
}

/// Takes from the columns that have more than their heading needs, the widest first, until all fit.
fn narrow(widths: &mut [u16], headings: &[u16], room: u16) {
    while widths.iter().sum::<u16>() > room {
        let spare = |at: &usize| widths[*at].saturating_sub(headings[*at]);
        let Some(at) = (0..widths.len()).max_by_key(spare).filter(|at| spare(at) > 0) else {
            break;
        };
        widths[at] -= 1;
    }
}
