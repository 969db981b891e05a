//! Where the selected row of a list is told whole: below the table, and beside it where the screen has the room.
//!
//! It must not know what is told.

use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect, Size},
    text::{Line, Span},
    widgets::{Block, Borders, Padding, Paragraph, Wrap},
};
use unicode_width::UnicodeWidthStr;

use super::text::{cut, wrapped};
use crate::console::theme::Theme;

/// From so many columns inside the border on, which is a screen of 160, the detail stands beside its list.
const BESIDE: u16 = 156;

/// Columns of a detail beside its list, border included.
const WIDTH: u16 = 62;

/// The place of a detail.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Detail {
    area: Rect,
    beside: bool,
}

impl Detail {
    /// Whether it has a column of its own: there is room for all there is to tell.
    pub(crate) fn is_beside(self) -> bool {
        self.beside
    }

    /// What is to be told, line by line; cut where there is no room for it whole.
    pub(crate) fn draw<'a>(
        self,
        frame: &mut Frame,
        lines: impl IntoIterator<Item = impl Into<Line<'a>>>,
        theme: &Theme,
    ) {
        let lines: Vec<Line<'a>> = lines.into_iter().map(Into::into).collect();
        let inside = self.inside(frame, theme);
        let width = usize::from(inside.width.max(1));
        let tall = |line: &Line<'a>| wrapped(&line.to_string(), width).len().max(1);
        let needed: usize = lines.iter().map(tall).sum();
        let one_each = needed == lines.len();
        if !one_each && (self.beside || needed <= usize::from(inside.height)) {
            let told = Paragraph::new(lines).wrap(Wrap { trim: false });
            return frame.render_widget(told, inside);
        }
        for (line, row) in lines.into_iter().zip(inside.rows()) {
            frame.render_widget(cut_line(line, width, theme), row);
        }
    }

    /// The room for it: behind a rule beside a list, under a blank line below one.
    fn inside(self, frame: &mut Frame, theme: &Theme) -> Rect {
        let Self { area, beside } = self;
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

/// A table, and the detail of its selected row: so many lines below it, or a part of its own at its right.
pub(crate) fn with_detail(inside: Rect, lines: u16) -> (Rect, Detail) {
    let beside = inside.width >= BESIDE;
    let [table, area] = if beside {
        let parts = [Constraint::Min(1), Constraint::Length(WIDTH)];
        Layout::horizontal(parts).spacing(1).areas(inside)
    } else {
        Layout::vertical([Constraint::Min(2), Constraint::Length(lines)]).areas(inside)
    };
    (table, Detail { area, beside })
}

/// How many rows such a table has room for beside its heading.
pub(crate) fn rows_with_detail(room: Size, lines: u16) -> usize {
    let below = if room.width >= BESIDE { 0 } else { lines };
    usize::from(room.height.saturating_sub(1 + below))
}

/// The line in so many columns, each part in its style; cut with an ellipsis.
pub(crate) fn cut_line<'a>(line: Line<'a>, width: usize, theme: &Theme) -> Line<'a> {
    if line.width() <= width {
        return line;
    }
    let mut room = width;
    let mut kept = Vec::new();
    for span in line.spans {
        let text = cut(&span.content, room, theme);
        let whole = text.width() == span.content.width();
        room = room.saturating_sub(text.width());
        kept.push(Span::styled(text, span.style));
        if !whole || room == 0 {
            break;
        }
    }
    Line::from(kept).style(line.style)
}
