//! A table of a [`Listing`]: only the rows on the screen are built, columns drop by priority, numbers stand right.

use super::text::{cut, highlighted};
use crate::console::{
    listing::{Listing, Row},
    theme::Theme,
};
use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect},
    style::Style,
    text::{Line, Span},
};

/// What stands in a cell.
pub struct Cell {
    /// The text.
    pub text: String,
    /// How it looks where its row is not selected.
    pub style: Style,
}

impl Cell {
    /// Ordinary text.
    pub fn plain(text: impl Into<String>) -> Self {
        Self { text: text.into(), style: Style::new() }
    }

    /// Text in a role's style.
    pub fn styled(text: impl Into<String>, style: Style) -> Self {
        Self { text: text.into(), style }
    }
}

/// A column: its heading, width and cells.
pub struct Column<T> {
    /// What stands above it.
    pub title: &'static str,
    /// At least so wide; below that it drops, if it may.
    pub least: u16,
    /// Its share of what is left over; 0 keeps it at its least.
    pub share: u16,
    /// 0 never drops; of the others the highest drops first.
    pub priority: u8,
    /// Numbers stand right.
    pub right: bool,
    /// Whether the filter's letters are underlined in it.
    pub searched: bool,
    /// What stands in it.
    pub cell: fn(&T, &Theme) -> Cell,
}

/// How a table is drawn.
pub struct TableLook<'a, T> {
    /// Its columns.
    pub columns: &'a [Column<T>],
    /// Whether it has the focus.
    pub focused: bool,
    /// Whether rows can be marked.
    pub marks: bool,
}

/// The columns that fit, with their places; the one that sorts never drops. `lead` columns at the left are for
/// pointer and mark.
fn fitting<T>(
    columns: &[Column<T>],
    area: Rect,
    (lead, sorted): (u16, Option<usize>),
) -> Vec<(usize, Rect)> {
    let mut kept: Vec<usize> = (0..columns.len()).collect();
    let need = |kept: &[usize]| {
        kept.iter().map(|at| columns[*at].least + 1).sum::<u16>().saturating_sub(1)
    };
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
    let widths: Vec<u16> = kept
        .iter()
        .map(|at| {
            columns[*at].least + (extra * columns[*at].share).checked_div(shares).unwrap_or(0)
        })
        .collect();
    let places = Layout::horizontal(widths.iter().map(|w| Constraint::Length(*w))).spacing(1);
    kept.into_iter().zip(places.split(row).iter().copied()).collect()
}

/// A row is highlighted only so far where it is wider than the least screen: each cell whose look changes is sent
/// again, and a move along the list is felt over SSH.
const LIT: u16 = 72;

/// The part of a row that is highlighted: all of it, or whole columns, the first of them always.
fn lit(line: Rect, places: &[(usize, Rect)]) -> Rect {
    let mut ends = places.iter().map(|(_, place)| place.right().saturating_sub(line.x));
    if line.width <= LIT + 8 {
        return line;
    }
    let first = ends.next().unwrap_or(line.width);
    let width = ends.take_while(|end| *end <= LIT).last().unwrap_or(first);
    Rect { width: width.min(line.width), ..line }
}

/// Draws heading and visible rows.
pub fn draw_table<T: Row>(
    frame: &mut Frame,
    area: Rect,
    (list, look): (&Listing<T>, &TableLook<T>),
    theme: &Theme,
) {
    if area.height == 0 || area.width == 0 {
        return;
    }
    let lead = if look.marks { 3 } else { 1 };
    let sorted = list.sort().map(|(column, _)| column);
    // A scroll bar has a column of its own: no last digit may hide below it.
    let scrolls = scrolls(area, list);
    let room = Rect { width: area.width.saturating_sub(2 * u16::from(scrolls)), ..area };
    let places = fitting(look.columns, room, (lead, sorted));
    draw_heading(frame, &places, (list.sort(), look.columns), theme);
    let rows = area.rows().skip(1);
    for ((place, row), line) in list.visible().zip(rows) {
        let selected = place == list.position();
        let over = selection(selected, look.focused, theme);
        let lit = lit(line, &places);
        if let Some(style) = over {
            frame.buffer_mut().set_style(lit, style);
        }
        if selected && look.focused {
            // A screen reader says the line with the cursor.
            frame.set_cursor_position(line.as_position());
        }
        draw_lead(frame, line, (selected, look.marks.then(|| list.is_marked(row))), theme);
        for (at, column) in &places {
            let column_area = Rect { y: line.y, height: 1, ..*column };
            let over = over.filter(|_| column.right() <= lit.right());
            draw_cell(frame, column_area, (&look.columns[*at], row, list.filter(), over), theme);
        }
    }
    if scrolls {
        draw_scrollbar(frame, area, list, theme);
    }
}

fn scrolls<T: Row>(area: Rect, list: &Listing<T>) -> bool {
    let height = usize::from(area.height.saturating_sub(1));
    list.counts().0 > height && height >= 3
}

fn selection(selected: bool, focused: bool, theme: &Theme) -> Option<Style> {
    match (selected, focused) {
        (true, true) => Some(theme.selected()),
        (true, false) => Some(theme.selected_elsewhere()),
        _ => None,
    }
}

fn draw_heading<T>(
    frame: &mut Frame,
    places: &[(usize, Rect)],
    (sort, columns): (Option<(usize, bool)>, &[Column<T>]),
    theme: &Theme,
) {
    for (at, area) in places {
        let column = &columns[*at];
        let mut title = column.title.to_owned();
        if let Some((_, down)) = sort.filter(|(sorted, _)| sorted == at) {
            title.push_str(if down { theme.glyphs.descending } else { theme.glyphs.ascending });
        }
        let line = Line::styled(cut(&title, area.width.into(), theme), theme.heading());
        let line = if column.right { line.right_aligned() } else { line };
        frame.render_widget(line, Rect { height: 1, ..*area });
    }
}

fn draw_lead(
    frame: &mut Frame,
    line: Rect,
    (selected, marked): (bool, Option<bool>),
    theme: &Theme,
) {
    let pointer = if selected { theme.glyphs.pointer } else { " " };
    let mut spans = vec![Span::raw(pointer)];
    if let Some(marked) = marked {
        spans.push(Span::raw(if marked { theme.glyphs.marked } else { " " }));
    }
    frame.render_widget(Line::from(spans), line);
}

fn draw_cell<T>(
    frame: &mut Frame,
    area: Rect,
    (column, row, filter, over): (&Column<T>, &T, &str, Option<Style>),
    theme: &Theme,
) {
    let Cell { text, style } = (column.cell)(row, theme);
    let fits = text.is_ascii() && text.len() <= usize::from(area.width);
    let text = if fits { text } else { cut(&text, area.width.into(), theme) };
    let style = over.map_or(style, |over| style.patch(over));
    let filter = if column.searched { filter } else { "" };
    let line = highlighted(text, filter, style, theme);
    frame.render_widget(if column.right { line.right_aligned() } else { line }, area);
}

fn draw_scrollbar<T: Row>(frame: &mut Frame, area: Rect, list: &Listing<T>, theme: &Theme) {
    use ratatui::widgets::{Scrollbar, ScrollbarOrientation, ScrollbarState};
    let (shown, _) = list.counts();
    let height = usize::from(area.height.saturating_sub(1));
    let mut state = ScrollbarState::new(shown - height).position(list.offset());
    let track = Rect { y: area.y + 1, height: area.height - 1, ..area };
    let bar = Scrollbar::new(ScrollbarOrientation::VerticalRight)
        .begin_symbol(None)
        .end_symbol(None)
        .track_symbol(Some(" "))
        .thumb_symbol(theme.glyphs.thumb);
    frame.render_stateful_widget(bar, track, &mut state);
}
