//! How dialogs are drawn: centred, with their own border, never larger than the screen.

use ratatui::{
    Frame,
    layout::{Constraint, Layout, Position, Rect},
    text::{Line, Span},
    widgets::{Clear, Padding},
};
use tui_input::Input;
use unicode_width::UnicodeWidthStr;

use super::{frame, text::cut};
use crate::{
    console::{
        action::Action,
        dialog::{
            Confirm, Dialog, Form, Overlay, Picker, Prompt,
            form::{Field, Value},
        },
        listing::{Listing, Row},
        shell::Shell,
        theme::Theme,
    },
    domain::secret::MASK,
};

/// Draws the dialogs, the last on top.
pub fn draw(frame: &mut Frame, area: Rect, shell: &Shell) {
    for dialog in &shell.dialogs {
        match dialog {
            Dialog::Form(form) => draw_form(frame, area, (form, shell)),
            Dialog::Picker(picker) => draw_picker(frame, area, (picker, &shell.theme)),
            Dialog::Confirm(confirm) => draw_confirm(frame, area, (confirm, &shell.theme)),
            Dialog::Prompt(prompt) => draw_prompt(frame, area, (prompt, &shell.theme)),
            Dialog::Overlay(overlay) => draw_overlay(frame, area, (overlay, &shell.theme)),
        }
    }
}

/// A cleared, bordered box in the middle; answers what is inside.
fn boxed(
    frame: &mut Frame,
    area: Rect,
    (title, wanted): (&str, (u16, u16)),
    theme: &Theme,
) -> Rect {
    let width = wanted.0.saturating_add(4).min(area.width.saturating_sub(2)).max(1);
    let height = wanted.1.saturating_add(2).min(area.height).max(1);
    let outer = area.centered(Constraint::Length(width), Constraint::Length(height));
    let title = cut(title, usize::from(width.saturating_sub(4)), theme);
    let block = frame::focused(theme)
        .title(Line::styled(format!(" {title} "), theme.heading()))
        .padding(Padding::horizontal(1));
    let inside = block.inner(outer);
    frame.render_widget(Clear, outer);
    frame.render_widget(block, outer);
    inside
}

fn draw_confirm(frame: &mut Frame, area: Rect, (confirm, theme): (&Confirm, &Theme)) {
    let lines = u16::try_from(confirm.body.len()).unwrap_or(8);
    let word = u16::from(confirm.word.is_some());
    let widest = confirm.body.iter().map(|line| line.width()).max().unwrap_or(0);
    let widest = widest.max(confirm.title.width() + 2).clamp(36, 100);
    let size = (u16::try_from(widest).unwrap_or(60), lines + word + 3);
    let inside = boxed(frame, area, (&confirm.title, size), theme);
    let mut rows = inside.rows().skip(usize::from(inside.height > 3));
    for text in &confirm.body {
        let Some(row) = rows.next() else { return };
        frame.render_widget(Line::raw(cut(text, usize::from(row.width), theme)), row);
    }
    if let (Some((word, typed)), Some(row)) = (&confirm.word, rows.next()) {
        let text = format!("Type “{word}” to go on: {typed}");
        frame.render_widget(Line::styled(text, theme.warn()), row);
    }
    let row = Rect { y: inside.bottom().saturating_sub(1), height: 1.min(inside.height), ..inside };
    let style = |on: bool| if on { theme.focused_button() } else { theme.text() };
    let yes = if confirm.ready() { style(confirm.on_yes) } else { theme.disabled() };
    let buttons = Line::from(vec![
        Span::styled("  Cancel  ", style(!confirm.on_yes)),
        Span::raw("  "),
        Span::styled(format!("  {} (y)  ", confirm.yes), yes),
    ]);
    frame.render_widget(buttons, row);
}

fn draw_prompt(frame: &mut Frame, area: Rect, (prompt, theme): (&Prompt, &Theme)) {
    if prompt.is_filter() {
        let row = Rect { y: area.bottom().saturating_sub(2), height: 1.min(area.height), ..area };
        let row = Rect { x: row.x + 2.min(row.width), width: row.width.saturating_sub(4), ..row };
        frame.render_widget(Clear, row);
        return draw_input(frame, row, ("/ ", &prompt.input, false), theme);
    }
    let inside = boxed(frame, area, (prompt.label.trim(), (60, 3)), theme);
    let row = Rect { height: 1.min(inside.height), ..inside };
    draw_input(frame, row, ("", &prompt.input, false), theme);
    if let Some(error) = &prompt.error {
        let row = Rect { y: (inside.y + 2).min(inside.bottom().saturating_sub(1)), ..row };
        frame.render_widget(Line::styled(error.clone(), theme.bad()), row);
    }
}

/// A text with the cursor in it.
fn draw_input(
    frame: &mut Frame,
    area: Rect,
    (label, input, masked): (&str, &Input, bool),
    theme: &Theme,
) {
    if area.width == 0 || area.height == 0 {
        return;
    }
    let label_width = u16::try_from(label.width()).unwrap_or(0).min(area.width);
    let room = usize::from(area.width - label_width).saturating_sub(1).max(1);
    let count = input.value().chars().count();
    let shown = if masked {
        if theme.glyphs.unicode { "•" } else { "*" }.repeat(count)
    } else {
        input.value().to_owned()
    };
    let (cursor, scroll) = if masked {
        (input.cursor(), input.cursor().saturating_sub(room))
    } else {
        (input.visual_cursor(), input.visual_scroll(room))
    };
    let visible: String = skip_columns(&shown, scroll, room);
    let line = Line::from(vec![Span::styled(label.to_owned(), theme.accent()), Span::raw(visible)]);
    frame.render_widget(line, area);
    let x = area.x + label_width + u16::try_from(cursor.saturating_sub(scroll)).unwrap_or(0);
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

fn draw_form(frame: &mut Frame, area: Rect, (form, shell): (&Form, &Shell)) {
    let theme = &shell.theme;
    let buttons: Vec<(usize, &Field)> = form
        .fields
        .iter()
        .enumerate()
        .filter(|(_, f)| matches!(f.value, Value::Button(_)))
        .collect();
    let fields = form.fields.len() - buttons.len();
    let height = u16::try_from(fields).unwrap_or(10) + 5;
    let inside = boxed(frame, area, (&form.title, (72, height)), theme);
    let [list, said, row] = Layout::vertical([
        Constraint::Min(1),
        Constraint::Length(3.min(inside.height.saturating_sub(2))),
        Constraint::Length(1),
    ])
    .areas(inside);
    draw_fields(frame, list, (form, theme));
    draw_said(frame, said, (form, shell));
    let mut spans = Vec::new();
    for (at, field) in buttons {
        let style = if at == form.focus { theme.focused_button() } else { theme.text() };
        let key = match field.value {
            Value::Button(Action::Save) => " (Ctrl-s)",
            Value::Button(Action::Test) => " (Ctrl-t)",
            Value::Button(Action::SaveAndSync) => " (Ctrl-y)",
            _ => "",
        };
        spans.push(Span::styled(format!(" {}{key} ", field.label), style));
        spans.push(Span::raw(" "));
    }
    frame.render_widget(Line::from(spans), row);
}

fn draw_fields(frame: &mut Frame, area: Rect, (form, theme): (&Form, &Theme)) {
    let fields: Vec<(usize, &Field)> = form
        .fields
        .iter()
        .enumerate()
        .filter(|(_, field)| !matches!(field.value, Value::Button(_)))
        .collect();
    let height = usize::from(area.height).max(1);
    let at = fields.iter().position(|(at, _)| *at == form.focus).unwrap_or(0);
    let skip = (at + 1).saturating_sub(height);
    for ((at, field), row) in fields.into_iter().skip(skip).zip(area.rows()) {
        draw_field(frame, row, (field, at == form.focus), theme);
    }
}

fn draw_field(frame: &mut Frame, row: Rect, (field, focused): (&Field, bool), theme: &Theme) {
    let [lead, label, value] =
        Layout::horizontal([Constraint::Length(2), Constraint::Length(18), Constraint::Min(4)])
            .areas(row);
    if focused {
        frame.render_widget(Span::styled(theme.glyphs.pointer, theme.accent()), lead);
        frame.set_cursor_position(Position::new(value.x, value.y));
    }
    let star = if field.required { " *" } else { "" };
    let style = if focused { theme.heading() } else { theme.text() };
    frame.render_widget(Line::styled(format!("{}{star}", field.label), style), label);
    match &field.value {
        Value::Text(input) if focused => draw_input(frame, value, ("", input, false), theme),
        Value::Secret(input) if focused => draw_input(frame, value, ("", input, true), theme),
        _ => {
            let line = shown(field, theme);
            frame.render_widget(line, value);
        }
    }
    if let Some(error) = &field.error {
        let line = Line::styled(error.clone(), theme.bad()).right_aligned();
        frame.render_widget(line, value);
    }
}

fn shown(field: &Field, theme: &Theme) -> Line<'static> {
    let hint = || Span::styled(field.hint.clone(), theme.muted());
    let with_hint = |text: String| Line::from(vec![Span::raw(text), Span::raw("  "), hint()]);
    match &field.value {
        Value::Text(input) if input.value().is_empty() => Line::from(hint()),
        Value::Text(input) => Line::raw(input.value().to_owned()),
        Value::Secret(input) if input.value().is_empty() => Line::from(hint()),
        Value::Secret(_) => Line::raw(if theme.glyphs.unicode { MASK } else { "********" }),
        Value::Switch(true) => with_hint(format!("[{}] on", theme.glyphs.marked)),
        Value::Switch(false) => with_hint("[ ] off".to_owned()),
        Value::Choice(options, at) => {
            let name = options.get(*at).map_or("", |(_, name)| name);
            with_hint(format!("< {name} >"))
        }
        Value::Pick(Some((_, name))) => Line::raw(name.clone()),
        Value::Pick(None) => {
            let text = if field.hint.is_empty() { "Enter chooses" } else { &field.hint };
            Line::styled(text.to_owned(), theme.muted())
        }
        Value::Fixed(text) => Line::styled(text.clone(), theme.strong()),
        Value::Button(_) => Line::default(),
    }
}

fn draw_said(frame: &mut Frame, area: Rect, (form, shell): (&Form, &Shell)) {
    let theme = &shell.theme;
    let rows = area.rows().skip(usize::from(area.height > 2));
    let lines = match (&form.busy, &form.said) {
        (Some(words), _) => {
            let spin = theme.glyphs.throbber[shell.frame % theme.glyphs.throbber.len()];
            vec![Line::styled(format!("{spin} {words}…"), theme.accent())]
        }
        (None, Some((ok, finding))) => {
            let style = if *ok { theme.good() } else { theme.bad() };
            let glyph = if *ok { theme.glyphs.success } else { theme.glyphs.failure };
            vec![
                Line::styled(format!("{glyph} {}", finding.text), style),
                Line::raw(finding.advice.clone()),
            ]
        }
        (None, None) => Vec::new(),
    };
    for (line, row) in lines.into_iter().zip(rows) {
        frame.render_widget(line, row);
    }
}

/// The rows of a list that fit around its selected one, whatever it was fitted to before.
fn window<T: Row>(list: &Listing<T>, height: usize) -> impl Iterator<Item = (bool, &T)> {
    let at = list.position();
    let skip = (at + 1).saturating_sub(height);
    list.shown().enumerate().skip(skip).take(height).map(move |(place, row)| (place == at, row))
}

fn draw_picker(frame: &mut Frame, area: Rect, (picker, theme): (&Picker, &Theme)) {
    let (shown, all) = picker.choices.counts();
    let title = format!("{} ({shown} of {all})", picker.title);
    let inside = boxed(frame, area, (&title, (72, 16)), theme);
    let [input, _, list, reason] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(1),
        Constraint::Min(1),
        Constraint::Length(1),
    ])
    .areas(inside);
    draw_input(frame, input, ("> ", &picker.input, false), theme);
    if picker.loading || shown == 0 {
        let text = if picker.loading { "Loading…" } else { "Nothing matches." };
        return frame.render_widget(Line::styled(text, theme.muted()), list);
    }
    for ((selected, choice), row) in
        window(&picker.choices, usize::from(list.height)).zip(list.rows())
    {
        let style = match (selected, choice.unfit.is_some()) {
            (true, _) => theme.selected(),
            (false, true) => theme.disabled(),
            (false, false) => theme.text(),
        };
        frame.buffer_mut().set_style(row, style);
        let pointer = if selected { theme.glyphs.pointer } else { " " };
        let width = usize::from(row.width);
        let name = cut(&choice.name, width.saturating_sub(2).min(40), theme);
        let line = Line::from(vec![
            Span::styled(format!("{pointer} {name:<40} "), style),
            Span::styled(cut(&choice.detail, width.saturating_sub(43), theme), style),
        ]);
        frame.render_widget(line, row);
    }
    if let Some(why) = picker.choices.selected().and_then(|choice| choice.unfit.as_ref()) {
        let text = cut(&format!("Cannot be chosen: {why}"), usize::from(reason.width), theme);
        frame.render_widget(Line::styled(text, theme.warn()), reason);
    }
}

fn draw_overlay(frame: &mut Frame, area: Rect, (overlay, theme): (&Overlay, &Theme)) {
    use crate::console::dialog::overlay::Kind;
    let plain = overlay.kind == Kind::Text;
    let count = u16::try_from(overlay.entries.counts().1).unwrap_or(u16::MAX);
    let height = count
        .saturating_add(if plain { 0 } else { 2 })
        .clamp(3, area.height.saturating_sub(4).max(3));
    let inside = boxed(frame, area, (&overlay.title, (90, height)), theme);
    let list = if plain {
        inside
    } else {
        let row = Rect { height: 1.min(inside.height), ..inside };
        draw_input(frame, row, ("> ", &overlay.input, false), theme);
        Rect {
            y: inside.y + 2.min(inside.height),
            height: inside.height.saturating_sub(2),
            ..inside
        }
    };
    let left = overlay.entries.all().iter().map(|entry| entry.left.width()).max().unwrap_or(0);
    for ((selected, entry), row) in
        window(&overlay.entries, usize::from(list.height)).zip(list.rows())
    {
        let style = match (selected && !plain, entry.dimmed) {
            (true, _) => theme.selected(),
            (false, true) => theme.disabled(),
            (false, false) => theme.text(),
        };
        frame.buffer_mut().set_style(row, style);
        let text = if left == 0 {
            entry.text.clone()
        } else {
            format!("{:<left$}  {}", entry.left, entry.text)
        };
        let text = cut(&text, usize::from(row.width), theme);
        frame.render_widget(Line::styled(text, style), row);
    }
}
