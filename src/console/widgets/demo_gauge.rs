//! How far a demo world is, on the border below the body.

use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
};

use super::text::cut;
use crate::console::{demo_world::DemoStep, theme::Theme};

/// Columns of the gauge.
const GAUGE: usize = 20;

/// With fewer columns than this it says nothing.
const LEAST: u16 = 36;

/// `spin` is what turns while it goes on.
pub(crate) fn draw(frame: &mut Frame, border: Rect, step: &DemoStep, spin: &str, theme: &Theme) {
    if border.width < LEAST {
        return;
    }
    let counted = match step.of {
        0 => String::new(),
        of => format!(" {} of {of}", step.done),
    };
    let gauge = if step.of == 0 { 0 } else { GAUGE };
    let room = usize::from(border.width).saturating_sub(gauge + 3);
    let text = format!(" {spin} Demo world: {}{counted} ", step.text);
    let filled = u64::try_from(gauge).unwrap_or(0) * step.done.min(step.of);
    let filled = usize::try_from(filled.checked_div(step.of).unwrap_or(0)).unwrap_or(0);
    let mut spans = vec![Span::styled(cut(&text, room, theme), theme.accent())];
    if gauge > 0 {
        spans.push(Span::styled(theme.glyphs.bar.repeat(filled), theme.accent()));
        spans.push(Span::styled(theme.glyphs.bar_empty.repeat(gauge - filled), theme.muted()));
        spans.push(Span::raw(" "));
    }
    let line = Line::from(spans);
    let width = u16::try_from(line.width()).unwrap_or(border.width).min(border.width);
    frame.render_widget(line, Rect { width, ..border });
}
