//! A table of a [`Listing`]: only the rows on the screen are built, columns drop by priority, numbers stand right.

mod widths;

use ratatui::{
    Frame,
    layout::Rect,
    style::Style,
    text::{Line, Span},
    widgets::{Scrollbar, ScrollbarOrientation, ScrollbarState},
};

use unicode_width::UnicodeWidthStr;

use self::widths::{Claim, widths};
use super::{
    detail::{self, Detail, with_detail},
    frame,
    text::{cut, cut_before_brackets, highlighted, wrapped},
};
use crate::{
    console::{
        colour::Depth,
        listing::{AnyList as _, Listing, Need, Row},
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
    steady: bool,
    behind: u16,
    overlong: Overlong,
    cells: C,
}

/// So many columns less than a name has what is whole elsewhere, where both lack room.
const BEHIND: u16 = 40;

/// What becomes of a cell for which its column is too narrow.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Overlong {
    /// It is cut at its end.
    Cut,
    /// It is cut in front of the brackets at its end, which tell apart what has one name.
    KeepsEnd,
    /// It has the room of the columns behind it that say nothing of its row, and keeps its end.
    RunsOn,
    /// The same, and it is cut at its end.
    Spills,
}

impl Overlong {
    /// Whether it has the room of the columns behind it that say nothing of its row.
    fn runs_on(self) -> bool {
        matches!(self, Self::RunsOn | Self::Spills)
    }
}

impl Column {
    /// So many columns of the screen wide where its cells need that, and more where they do and there is room; it stands
    /// left, and never drops.
    pub(crate) const fn new(title: &'static str, least: u16) -> Self {
        Self {
            title,
            least,
            share: 0,
            priority: 0,
            right: false,
            searched: false,
            steady: false,
            behind: 0,
            overlong: Overlong::Cut,
            cells: (),
        }
    }

    /// Its least whatever it says: that changes while one looks at it.
    pub(crate) const fn steady(mut self) -> Self {
        self.steady = true;
        self
    }

    /// It stays behind the columns of names where not all have room: it is whole elsewhere.
    pub(crate) const fn yields(mut self) -> Self {
        self.behind = BEHIND;
        self
    }

    /// Cut in front of the brackets at its end, which tell apart what has one name.
    pub(crate) const fn keeps_end(mut self) -> Self {
        self.overlong = Overlong::KeepsEnd;
        self
    }

    /// The same, and before that it runs into the columns behind it that say nothing of a row.
    pub(crate) const fn runs_on(mut self) -> Self {
        self.overlong = Overlong::RunsOn;
        self
    }

    /// It runs into the columns behind it that say nothing of a row.
    pub(crate) const fn spills(mut self) -> Self {
        self.overlong = Overlong::Spills;
        self
    }

    /// At the right, as numbers stand.
    pub(crate) const fn right(mut self) -> Self {
        self.right = true;
        self
    }

    /// Takes so many shares of the room that no column needs.
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
        let Self {
            title,
            least,
            share,
            priority,
            right,
            searched,
            steady,
            behind,
            overlong,
            cells: (),
        } = self;
        Column { title, least, share, priority, right, searched, steady, behind, overlong, cells }
    }
}

/// A table: rows, columns, and whether rows can be marked.
pub(crate) struct Table<'a, T> {
    list: &'a Listing<T>,
    columns: &'a Columns<T>,
    marks: bool,
    lit: bool,
    order: Option<Order>,
}

/// An order of rows that the column by which they are sorted does not tell: what stands above that column, and, behind the
/// heading of the names, what stands out of sight because of it.
#[derive(Clone)]
pub(crate) struct Order {
    pub(crate) name: &'static str,
    pub(crate) below: String,
}

impl<'a, T: Row> Table<'a, T> {
    pub(crate) const fn new(list: &'a Listing<T>, columns: &'a Columns<T>) -> Self {
        Self { list, columns, marks: false, lit: true, order: None }
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

    /// In this order, where there is one.
    pub(crate) fn ordered(mut self, order: Option<Order>) -> Self {
        self.order = order;
        self
    }

    /// Columns of the screen with which nothing of it is cut, a scroll bar included. Of a list that was measured in part names
    /// may be longer than any that was measured.
    pub(crate) fn need(&self, theme: &Theme) -> u16 {
        let told = (0..self.columns.len()).filter(|at| self.says_more(*at));
        let is_whole = self.list.is_measured_whole();
        let needs = told.map(|at| self.claim(at, theme)).map(|claim| {
            let longer = if is_whole || claim.share == 0 { 0 } else { claim.need / 2 };
            (claim.need + longer).max(claim.least) + 1
        });
        needs.fold(self.lead() + 1, u16::saturating_add)
    }

    /// Pointer and mark stand at the left.
    fn lead(&self) -> u16 {
        if self.marks { 3 } else { 1 }
    }

    /// Draws it with so many lines below it, or a part beside it, for what there is to tell of the selected row: that row, and
    /// its place.
    pub(crate) fn draw_with_detail(
        &self,
        frame: &mut Frame,
        area: Rect,
        lines: u16,
        theme: &Theme,
    ) -> Option<(&'a T, Detail)> {
        let (table, detail) = with_detail(area, lines, self.list, self.need(theme));
        self.draw(frame, table, theme);
        self.list.selected().map(|row| (row, detail))
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
        if let Some(told) = self.list.nothing_found() {
            let lines = wrapped(&told, room.width.into()).into_iter();
            let below = Rect { y: area.y + 1, height: area.height - 1, ..room };
            frame::draw_lines(frame, below, lines.map(|line| Line::styled(line, theme.warn())));
        }
        for ((place, row), line) in self.list.visible().zip(area.rows().skip(1)) {
            let selected = self.lit && place == self.list.position();
            self.draw_row(frame, line, row, selected, &places, theme);
        }
        if scrolls {
            draw_scrollbar(frame, detail::rows(area), self.list, theme);
        }
    }

    /// The columns that fit, with their places; the one that sorts never drops.
    fn fitting(&self, area: Rect, theme: &Theme) -> Vec<(usize, Rect)> {
        let columns = self.columns;
        let sorted = self.list.sort().map(|sort| sort.column);
        let lead = self.lead();
        let room = area.width.saturating_sub(lead);
        let told = (0..columns.len()).filter(|at| Some(*at) == sorted || self.says_more(*at));
        let mut kept: Vec<(usize, Claim)> = told.map(|at| (at, self.claim(at, theme))).collect();
        let need = |kept: &[(usize, Claim)]| {
            kept.iter().map(|(_, claim)| claim.least + 1).sum::<u16>().saturating_sub(1)
        };
        while need(&kept) > room {
            let can_drop = |at: &usize| columns[*at].priority > 0 && Some(*at) != sorted;
            let last = kept.iter().map(|(at, _)| *at).filter(can_drop);
            let Some(out) = last.max_by_key(|at| columns[*at].priority) else { break };
            kept.retain(|(at, _)| *at != out);
        }
        self.make_whole(&mut kept, room);
        let gaps = u16::try_from(kept.len()).unwrap_or(0).saturating_sub(1);
        let claims: Vec<Claim> = kept.iter().map(|(_, claim)| *claim).collect();
        let widths = widths(&claims, room.saturating_sub(gaps));
        let mut x = area.x + lead;
        let places = kept.into_iter().zip(widths).map(|((at, _), width)| {
            let place = Rect { x, width, ..area }.intersection(area);
            x = x.saturating_add(width + 1);
            (at, place)
        });
        places.collect()
    }

    /// Drops codes where that leaves all that matters more whole; and where it does not, those that would be cut themselves: they
    /// tell less than the names whose room they have.
    fn make_whole(&self, kept: &mut Vec<(usize, Claim)>, room: u16) {
        let sorted = self.list.sort().map(|sort| sort.column);
        let wanted = |claim: &Claim| if claim.last { claim.least } else { claim.need } + 1;
        let lacks_room = |kept: &[(usize, Claim)]| {
            kept.iter().map(|(_, claim)| wanted(claim)).sum::<u16>() > room + 1
        };
        let drop_one = |kept: &mut Vec<(usize, Claim)>, may: fn(&Claim) -> bool| {
            let can_drop = |at: &usize| self.columns[*at].priority > 0 && Some(*at) != sorted;
            let codes = kept.iter().filter(|(_, claim)| claim.last && may(claim));
            let codes = codes.map(|(at, _)| *at).filter(can_drop);
            let out = codes.max_by_key(|at| self.columns[*at].priority);
            kept.retain(|(at, _)| Some(*at) != out);
            out.is_some()
        };
        let mut fewer = kept.clone();
        while lacks_room(&fewer) {
            if drop_one(&mut fewer, |_| true) {
                continue;
            }
            while lacks_room(kept) && drop_one(kept, |claim| claim.least < claim.need) {}
            return;
        }
        *kept = fewer;
    }

    /// Whether a column says anything, and not on every row the same that the title says once.
    fn says_more(&self, at: usize) -> bool {
        let Column { title, steady, .. } = self.columns[at];
        let is_blank =
            self.list.is_measured_whole() && self.list.need(title) == Some(Need::default());
        !self.list.says_once(title) && (steady || !is_blank || self.list.is_empty())
    }

    /// What a column asks of the room. Numbers are never cut, and what was not measured whole may hold longer ones.
    fn claim(&self, at: usize, theme: &Theme) -> Claim {
        let column = &self.columns[at];
        let heading = self.heading_width(at, theme);
        let need = self.list.need(column.title);
        let need = need.map(|need| if theme.glyphs.unicode { need.unicode } else { need.ascii });
        let least = match need {
            Some(need) if self.list.is_measured_whole() && !column.steady => column.least.min(need),
            _ => column.least,
        };
        let known = need.is_some();
        let need = need.unwrap_or(0).max(heading);
        let most = if known && self.list.is_measured_whole() { need + need / 2 } else { u16::MAX };
        Claim {
            heading,
            most,
            least: if column.right { least.max(need) } else { least.max(heading) },
            need,
            share: column.share,
            last: matches!(column.cells, Cells::Muted(_)),
            behind: column.behind,
        }
    }

    fn scrolls(&self, area: Rect) -> bool {
        let height = usize::from(area.height.saturating_sub(1));
        self.list.count_shown() > height && height >= 3
    }

    /// What stands above a column, with the arrow where it sorts.
    fn heading(&self, at: usize, theme: &Theme) -> String {
        let title = theme.terms.say(self.columns[at].title);
        match (self.list.sort().filter(|sort| sort.column == at), &self.order) {
            (Some(_), Some(order)) => order.name.to_owned(),
            (Some(sort), None) if sort.down => format!("{title}{}", theme.glyphs.descending),
            (Some(_), None) => format!("{title}{}", theme.glyphs.ascending),
            (None, _) => title.into_owned(),
        }
    }

    fn heading_width(&self, at: usize, theme: &Theme) -> u16 {
        u16::try_from(self.heading(at, theme).width()).unwrap_or(u16::MAX)
    }

    fn draw_heading(&self, frame: &mut Frame, places: &[(usize, Rect)], theme: &Theme) {
        for (at, area) in places {
            let column = &self.columns[*at];
            let mut title = self.heading(*at, theme);
            // What is out of sight tells more than that these are names.
            if let Some(order) = self.order.as_ref().filter(|_| column.searched) {
                let whole = format!("{title}{}{}", theme.glyphs.separator, order.below);
                let fits = whole.width() <= usize::from(area.width);
                title = if fits { whole } else { order.below.clone() };
            }
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
        for (nth, (at, place)) in places.iter().enumerate() {
            let column = &self.columns[*at];
            let width = if column.overlong.runs_on() {
                let says = |(at, _): &&(usize, Rect)| !self.says_nothing(*at, row, theme);
                let next = places[nth + 1..].iter().find(says);
                let last = places.last().map_or(place.right(), |(_, last)| last.right());
                next.map_or(last, |(_, next)| next.x.saturating_sub(1)).saturating_sub(place.x)
            } else {
                place.width
            };
            let area = Rect { y: line.y, height: 1, width, ..*place };
            let mut cell = column.cells.of(row, theme);
            if column.overlong == Overlong::KeepsEnd
                && let Some((heading, words)) = self.list.apart(row)
                && !places.iter().any(|(at, _)| self.columns[*at].title == heading)
            {
                cell.text.push_str(&format!(" ({words})"));
            }
            self.draw_cell(frame, area, column, cell, selected, theme);
        }
    }

    fn says_nothing(&self, at: usize, row: &T, theme: &Theme) -> bool {
        self.columns[at].cells.of(row, theme).text.is_empty()
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
        Cell { text, style }: Cell,
        selected: bool,
        theme: &Theme,
    ) {
        let fits = text.is_ascii() && text.len() <= usize::from(area.width);
        let text = match column.overlong {
            _ if fits => text,
            Overlong::Cut | Overlong::Spills => cut(&text, area.width.into(), theme),
            Overlong::KeepsEnd | Overlong::RunsOn => {
                cut_before_brackets(&text, area.width.into(), theme)
            }
        };
        let style = if selected { style.patch(theme.selected()) } else { style };
        let filter = if column.searched { self.list.filter() } else { "" };
        let line = highlighted(text, filter, style, theme);
        frame.render_widget(if column.right { line.right_aligned() } else { line }, area);
    }
}

/// Where the rows stand that are shown among all that there are, at the right of their room.
pub(crate) fn draw_scrollbar<T: Row>(
    frame: &mut Frame,
    rows: Rect,
    list: &Listing<T>,
    theme: &Theme,
) {
    let hidden = list.count_shown().saturating_sub(rows.height.into());
    let mut state = ScrollbarState::new(hidden).position(list.offset());
    let bar = Scrollbar::new(ScrollbarOrientation::VerticalRight)
        .begin_symbol(None)
        .end_symbol(None)
        .track_symbol(Some(" "))
        .thumb_symbol(theme.glyphs.thumb);
    frame.render_stateful_widget(bar, rows, &mut state);
}
