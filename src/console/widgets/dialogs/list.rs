//! How pickers, lists and texts over a screen are drawn.

use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect, Size},
    text::{Line, Span},
};
use unicode_width::UnicodeWidthStr;

use super::{boxed, draw_input, inside, placed};
use crate::console::{
    dialog::{
        Overlay, Picker,
        overlay::{OverlayEntry, room},
        picker::Choice,
    },
    listing::AnyList as _,
    shell::Shell,
    theme::Theme,
    widgets::{
        detail::below_lines,
        frame,
        text::{cut, highlighted, wrapped},
    },
};

/// Columns of a picker, at least and at most, and its rows.
const WIDTHS: [u16; 2] = [72, 120];
const ROWS: u16 = 17;

/// What is said where the operator has to go to one.
const UNDECIDED: &str = "None of them fits for certain: go to the one that is meant.";

/// Where the parts of a picker stand, and what is to be said at its foot.
pub(super) struct PickerParts {
    size: Size,
    input: Rect,
    pub(super) rows: Rect,
    foot: Rect,
    said: Vec<String>,
}

pub(super) fn picker_parts(area: Rect, picker: &Picker) -> PickerParts {
    let width = wanted(picker).min(area.width.saturating_sub(6));
    let said = if picker.is_undecided() {
        Some(UNDECIDED.to_owned())
    } else {
        picker.selected().and_then(|choice| said(choice, width.into()))
    };
    let said = said.map_or_else(Vec::new, |text| wrapped(&text, usize::from(width)));
    let size = Size::new(width, ROWS);
    let foot = u16::try_from(said.len()).unwrap_or(1).max(1);
    let [input, _, rows, foot] = Layout::vertical([1, 1, 0, foot].map(|rows| match rows {
        0 => Constraint::Min(1),
        rows => Constraint::Length(rows),
    }))
    .areas(inside(placed(area, size)));
    PickerParts { size, input, rows, foot, said }
}

/// A picker: what was typed, the choices, why the selected one cannot be taken or what speaks against it.
pub(crate) fn draw_picker(frame: &mut Frame, area: Rect, picker: &Picker, theme: &Theme) {
    let shown = picker.choices.count_shown();
    let rows = picker.choices.rows_told().map_or_else(String::new, |told| format!(" ({told})"));
    let PickerParts { size, input, rows: list, foot, said } = picker_parts(area, picker);
    boxed(frame, area, &format!("{}{rows}", picker.title), size, theme);
    draw_input(frame, input, "> ", &picker.input, theme);
    if picker.loading || shown == 0 {
        let text = if picker.loading { "Loading…" } else { "Nothing matches." };
        return frame.render_widget(Line::styled(text, theme.muted()), list);
    }
    let rows: Vec<_> = picker.choices.visible().collect();
    let names = name_width(rows.iter().map(|(_, choice)| *choice), usize::from(list.width));
    for ((at, choice), row) in rows.into_iter().zip(list.rows()) {
        let selected = at == picker.choices.position() && !picker.is_undecided();
        draw_choice(frame, row, choice, selected, names, picker.input.value(), theme);
    }
    frame::draw_lines(frame, foot, said.into_iter().map(|line| Line::styled(line, theme.warn())));
}

/// As wide as its longest choice, whatever the filter leaves of them.
fn wanted(picker: &Picker) -> u16 {
    let all = picker.choices.all().iter();
    let widest = all.map(|choice| choice.name.width() + choice.detail.width() + 6).max();
    let [least, most] = WIDTHS;
    u16::try_from(widest.unwrap_or(0)).unwrap_or(most).clamp(least, most)
}

/// Why a choice cannot be taken, or what speaks against it; else what its row has no room for.
fn said(choice: &Choice, room: usize) -> Option<String> {
    let advice = choice.doubt.iter().map(|advice| format!(". {advice}"));
    let unfit = choice.unfit.as_ref().map(|why| {
        format!("Cannot be chosen: “{}” {why}{}", choice.name, advice.collect::<String>())
    });
    let cut = choice.name.width() + choice.detail.width() + 4 > room;
    let whole = || cut.then(|| format!("{}: {}", choice.name, choice.detail.trim_start()));
    unfit.or_else(|| choice.doubt.clone()).or_else(whole)
}

/// How wide the names of these choices stand beside their details: as wide as they are, where there is room for both.
fn name_width<'a>(choices: impl Iterator<Item = &'a Choice> + Clone, room: usize) -> usize {
    let name = choices.clone().map(|choice| choice.name.width()).max().unwrap_or(0);
    let detail = choices.map(|choice| choice.detail.width()).max().unwrap_or(0);
    let room = room.saturating_sub(4);
    name.min(room.saturating_sub(detail).max(room * 3 / 5))
}

fn draw_choice(
    frame: &mut Frame,
    row: Rect,
    choice: &Choice,
    selected: bool,
    names: usize,
    typed: &str,
    theme: &Theme,
) {
    let style = match (selected, choice.unfit.is_some()) {
        (true, _) => theme.selected(),
        (false, true) => theme.disabled(),
        (false, false) => theme.text(),
    };
    frame.buffer_mut().set_style(row, style);
    let pointer = if selected { theme.glyphs.pointer } else { " " };
    let width = usize::from(row.width);
    let name = cut(&choice.name, names, theme);
    let pad = " ".repeat(names.saturating_sub(name.width()) + 2);
    let mut line = Line::from(Span::styled(format!("{pointer} "), style));
    line.extend(highlighted(name, typed, style, theme));
    line.push_span(Span::styled(pad, style));
    let detail = cut(&choice.detail, width.saturating_sub(names + 4), theme);
    line.push_span(Span::styled(detail, style));
    frame.render_widget(line, row);
}

/// How much a list of this kind wants on a screen of this size: with what is typed, and a blank line.
fn overlay_size(overlay: &Overlay, screen: Size) -> Size {
    let most = room(screen);
    let wanted = u16::try_from(overlay.entries.len()).unwrap_or(u16::MAX).saturating_add(2);
    Size { height: wanted.clamp(3, most.height), ..most }
}

pub(super) fn overlay_rows(area: Rect, overlay: &Overlay, screen: Size) -> Rect {
    below_lines(inside(placed(area, overlay_size(overlay, screen))), 2)
}

/// Help, palette, past errors; or a text.
pub(crate) fn draw_overlay(frame: &mut Frame, area: Rect, overlay: &Overlay, shell: &Shell) {
    let theme = &shell.theme;
    if overlay.is_text() {
        return draw_text(frame, area, overlay, shell);
    }
    let (shown, all) = (overlay.entries.count_shown(), overlay.entries.len());
    let rows = overlay.entries.rows_told().unwrap_or_else(|| "0".to_owned());
    let title = format!("{} ({rows})", overlay.title);
    let inside = boxed(frame, area, &title, overlay_size(overlay, shell.size), theme);
    let row = Rect { height: 1.min(inside.height), ..inside };
    draw_input(frame, row, "> ", &overlay.input, theme);
    let list = overlay_rows(area, overlay, shell.size);
    if shown == 0 {
        let text = if all == 0 { "Nothing so far." } else { "Nothing matches." };
        return frame.render_widget(Line::styled(text, theme.muted()), list);
    }
    let left = overlay.entries.all().iter().map(|entry| entry.left.width()).max().unwrap_or(0);
    let selected = overlay.entries.position();
    for ((at, entry), row) in overlay.entries.visible().zip(list.rows()) {
        let style = match (at == selected, entry.dimmed) {
            (true, _) => theme.selected(),
            (false, true) => theme.disabled(),
            (false, false) => theme.text(),
        };
        frame.buffer_mut().set_style(row, style);
        let text = cut(&entry_line(entry, left), usize::from(row.width), theme);
        frame.render_widget(highlighted(text, overlay.input.value(), style, theme), row);
    }
}

/// An entry in one line, its text beside a column of so many letters.
fn entry_line(entry: &OverlayEntry, left: usize) -> String {
    if left == 0 {
        return entry.text.clone();
    }
    let pad = " ".repeat(left.saturating_sub(entry.left.width()) + 2);
    format!("{}{pad}{}", entry.left, entry.text)
}

fn draw_text(frame: &mut Frame, area: Rect, overlay: &Overlay, shell: &Shell) {
    let theme = &shell.theme;
    let most = room(shell.size);
    let lines = overlay.lines(most.width);
    let count = u16::try_from(lines.len()).unwrap_or(u16::MAX);
    let height = count.clamp(3, most.height);
    let top = overlay.top.min(lines.len().saturating_sub(usize::from(height)));
    let more = if count > height {
        let last = (top + usize::from(height)).min(lines.len());
        format!("{} ({}-{last} of {count})", overlay.title, top + 1)
    } else {
        overlay.title.clone()
    };
    let inside = boxed(frame, area, &more, Size { height, ..most }, theme);
    frame::draw_lines(frame, inside, lines.into_iter().skip(top));
}
