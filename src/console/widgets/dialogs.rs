//! How dialogs are drawn: centred, with their own border, never larger than the screen.

use ratatui::{
    Frame,
    layout::{Constraint, Margin, Position, Rect, Size},
    text::{Line, Span},
    widgets::Clear,
};
use tui_input::Input;
use unicode_width::UnicodeWidthStr;

use super::{
    frame,
    text::{cut, wrapped},
};
use crate::console::{
    dialog::{Confirm, Dialog, Prompt},
    shell::Shell,
    theme::Theme,
};

mod form;
mod list;

/// Draws the dialogs, the last on top.
pub(crate) fn draw(frame: &mut Frame, area: Rect, shell: &Shell) {
    for dialog in &shell.dialogs {
        match dialog {
            Dialog::Form(form) => form::draw(frame, area, form, shell),
            Dialog::Picker(picker) => list::draw_picker(frame, area, picker, &shell.theme),
            Dialog::Confirm(confirm) => draw_confirm(frame, area, confirm, &shell.theme),
            Dialog::Prompt(prompt) => draw_prompt(frame, area, prompt, &shell.theme),
            Dialog::Overlay(overlay) => list::draw_overlay(frame, area, overlay, shell),
        }
    }
}

/// Tells the list of the dialog on top where its rows stand in the body of the screen.
pub(crate) fn fit(dialog: &mut Dialog, screen: Size) {
    let [_, _, body, _] = frame::areas(Rect::from(screen));
    match dialog {
        Dialog::Picker(picker) => picker.choices.fit(list::picker_parts(body, picker).rows),
        Dialog::Overlay(overlay) => overlay.entries.fit(list::overlay_rows(body, overlay, screen)),
        Dialog::Form(_) | Dialog::Confirm(_) | Dialog::Prompt(_) => {}
    }
}

/// Where a box for what wants so much stands: in the middle, as far as there is room.
fn placed(area: Rect, wanted: Size) -> Rect {
    let width = wanted.width.saturating_add(4).min(area.width.saturating_sub(2)).max(1);
    let height = wanted.height.saturating_add(2).min(area.height).max(1);
    area.centered(Constraint::Length(width), Constraint::Length(height))
}

/// What is inside the border of a box.
fn inside(placed: Rect) -> Rect {
    placed.inner(Margin::new(2, 1))
}

/// A cleared, bordered box; answers what is inside.
fn boxed(frame: &mut Frame, area: Rect, title: &str, wanted: Size, theme: &Theme) -> Rect {
    let outer = placed(area, wanted);
    let title = cut(title, usize::from(outer.width.saturating_sub(4)), theme);
    let block = frame::focused(theme).title(Line::styled(format!(" {title} "), theme.heading()));
    frame.render_widget(Clear, outer);
    frame.render_widget(block, outer);
    inside(outer)
}

fn draw_confirm(frame: &mut Frame, area: Rect, confirm: &Confirm, theme: &Theme) {
    let word = u16::from(confirm.word.is_some());
    let widest = confirm.body.iter().map(|line| line.width()).max().unwrap_or(0);
    let widest = widest.max(confirm.title.width() + 2).clamp(36, 100);
    let room = usize::from(area.width.saturating_sub(6)).min(widest);
    let body: Vec<String> = confirm.body.iter().flat_map(|text| wrapped(text, room)).collect();
    let lines = u16::try_from(body.len()).unwrap_or(8);
    let size = Size::new(u16::try_from(widest).unwrap_or(60), lines + word + 3);
    let inside = boxed(frame, area, &confirm.title, size, theme);
    let mut rows = inside.rows().skip(usize::from(inside.height > 3));
    for text in body {
        let Some(row) = rows.next() else { return };
        frame.render_widget(Line::raw(text), row);
    }
    if let (Some(word), Some(row)) = (&confirm.word, rows.next()) {
        let text = format!("Type “{}” to go on: {}", word.wanted, word.typed);
        frame.render_widget(Line::styled(text, theme.warn()), row);
    }
    let row = Rect { y: inside.bottom().saturating_sub(1), height: 1.min(inside.height), ..inside };
    let style = |on: bool| if on { theme.focused_button() } else { theme.text() };
    let yes = if confirm.ready() { style(confirm.on_yes) } else { theme.disabled() };
    // Where a word is to be typed, y is a letter of it.
    let key = if confirm.word.is_some() { "" } else { " (y)" };
    let buttons = Line::from(vec![
        Span::styled(
            format!("{} Cancel  ", chosen(!confirm.on_yes, theme)),
            style(!confirm.on_yes),
        ),
        Span::raw("  "),
        Span::styled(format!("{} {}{key}  ", chosen(confirm.on_yes, theme), confirm.yes), yes),
    ]);
    frame.render_widget(buttons, row);
}

/// What stands before a button that Enter presses, and before any other: colour alone does not tell them apart.
fn chosen(on: bool, theme: &Theme) -> &'static str {
    if on { theme.glyphs.pointer } else { " " }
}

fn draw_prompt(frame: &mut Frame, area: Rect, prompt: &Prompt, theme: &Theme) {
    if prompt.is_filter() {
        let row = Rect { y: area.bottom().saturating_sub(2), height: 1.min(area.height), ..area };
        let row = Rect { x: row.x + 2.min(row.width), width: row.width.saturating_sub(4), ..row };
        frame.render_widget(Clear, row);
        return draw_input(frame, row, "/ ", &prompt.input, theme);
    }
    let room = usize::from(area.width.saturating_sub(6)).min(60);
    let below = match (&prompt.error, prompt.lacks()) {
        (Some(error), _) => Some((error.clone(), theme.bad())),
        // Until then no key of the footer takes it.
        (None, Some(lacks)) => Some((format!("Enter takes it: {lacks}"), theme.muted())),
        (None, None) => None,
    };
    let told = below.into_iter().flat_map(|(text, style)| {
        wrapped(&text, room).into_iter().map(move |line| Line::styled(line, style))
    });
    let told: Vec<Line<'_>> = told.collect();
    let height = u16::try_from(told.len()).unwrap_or(1).max(1) + 2;
    let inside = boxed(frame, area, prompt.label.trim(), Size::new(60, height), theme);
    let row = Rect { height: 1.min(inside.height), ..inside };
    if prompt.is_secret() {
        draw_secret(frame, row, &prompt.input, theme);
    } else {
        draw_input(frame, row, "", &prompt.input, theme);
    }
    let skip = 2.min(inside.height);
    let below = Rect { y: inside.y + skip, height: inside.height - skip, ..inside };
    frame::draw_lines(frame, below, told);
}

/// A text with the cursor in it.
fn draw_input(frame: &mut Frame, area: Rect, label: &str, input: &Input, theme: &Theme) {
    if area.width == 0 || area.height == 0 {
        return;
    }
    let label_width = u16::try_from(label.width()).unwrap_or(0).min(area.width);
    let room = usize::from(area.width - label_width).saturating_sub(1).max(1);
    let scroll = input.visual_scroll(room);
    let visible = Span::raw(skip_columns(input.value(), scroll, room));
    let line = Line::from(vec![Span::styled(label.to_owned(), theme.accent()), visible]);
    frame.render_widget(line, area);
    let typed = Rect { x: area.x + label_width, width: area.width - label_width, ..area };
    put_cursor(frame, typed, input.visual_cursor().saturating_sub(scroll));
}

/// A masked text with the cursor in it: a mark a letter, whatever its width.
fn draw_secret(frame: &mut Frame, area: Rect, input: &Input, theme: &Theme) {
    if area.width == 0 || area.height == 0 {
        return;
    }
    let room = usize::from(area.width).saturating_sub(1).max(1);
    let scroll = input.cursor().saturating_sub(room);
    let mark = if theme.glyphs.unicode { "•" } else { "*" };
    let shown = input.value().chars().count().saturating_sub(scroll).min(room);
    frame.render_widget(Line::raw(mark.repeat(shown)), area);
    put_cursor(frame, area, input.cursor() - scroll);
}

fn put_cursor(frame: &mut Frame, area: Rect, column: usize) {
    let x = area.x + u16::try_from(column).unwrap_or(0);
    frame.set_cursor_position(Position::new(x.min(area.right().saturating_sub(1)), area.y));
}

fn skip_columns(text: &str, skip: usize, take: usize) -> String {
    let mut at = 0;
    let mut kept = String::new();
    for letter in text.chars() {
        let width = letter.to_string().width();
        if at >= skip && at + width <= skip + take {
            kept.push(letter);
        }
        at += width;
    }
    kept
}
