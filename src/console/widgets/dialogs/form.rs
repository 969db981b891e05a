//! How a form is drawn.

use ratatui::{
    Frame,
    layout::{Constraint, Layout, Position, Rect, Size},
    text::{Line, Span},
};
use unicode_width::UnicodeWidthStr;

use super::{boxed, chosen, draw_input, draw_secret};
use crate::{
    console::{
        action::Action,
        advice::in_keys,
        dialog::{
            Form,
            form::{Field, Value},
        },
        shell::Shell,
        theme::Theme,
        widgets::{
            frame,
            text::{cut, cut_line, wrapped_line},
        },
    },
    domain::secret::MASK,
};

/// Columns of a field's name, at least.
const LABEL: u16 = 18;

/// Columns of a form, where the screen has them.
const WIDTH: u16 = 72;

/// Lines of what is said about it, at least and at most.
const SAID: u16 = 3;
const MOST_SAID: u16 = 6;

/// A form: its fields, what the last test or save said, its buttons.
pub(crate) fn draw(frame: &mut Frame, area: Rect, form: &Form, shell: &Shell) {
    let theme = &shell.theme;
    let buttons: Vec<(usize, &Field)> = form
        .fields
        .iter()
        .enumerate()
        .filter(|(_, f)| matches!(f.value, Value::Button(_)))
        .collect();
    let fields = form.fields.len() - buttons.len();
    let width = usize::from(WIDTH.min(area.width.saturating_sub(6)));
    let texts: Vec<Line<'_>> =
        said(form, shell).iter().flat_map(|line| wrapped_line(line, width)).collect();
    let texts_height = u16::try_from(texts.len()).unwrap_or(SAID).clamp(SAID, MOST_SAID);
    let height = u16::try_from(fields).unwrap_or(10) + 2 + texts_height;
    let inside = boxed(frame, area, &form.title, Size::new(WIDTH, height), theme);
    let [list, below, row] = Layout::vertical([
        Constraint::Min(1),
        Constraint::Length(texts_height.min(inside.height.saturating_sub(2))),
        Constraint::Length(1),
    ])
    .areas(inside);
    draw_fields(frame, list, form, theme);
    frame::draw_lines(frame, below, texts);
    let mut spans = Vec::new();
    for (at, field) in buttons {
        let style = if at == form.focus { theme.focused_button() } else { theme.text() };
        let key = match field.value {
            Value::Button(Action::Save) => " (Ctrl-s)",
            Value::Button(Action::Test) => " (Ctrl-t)",
            Value::Button(Action::SaveAndSync) => " (Ctrl-n)",
            _ => "",
        };
        let lead = chosen(at == form.focus, theme);
        spans.push(Span::styled(format!("{lead}{}{key} ", theme.terms.say(field.label)), style));
        spans.push(Span::raw(" "));
    }
    frame.render_widget(Line::from(spans), row);
}

fn draw_fields(frame: &mut Frame, area: Rect, form: &Form, theme: &Theme) {
    let fields: Vec<(usize, &Field)> = form
        .fields
        .iter()
        .enumerate()
        .filter(|(_, field)| !matches!(field.value, Value::Button(_)))
        .collect();
    let height = usize::from(area.height).max(1);
    let at = fields.iter().position(|(at, _)| *at == form.focus).unwrap_or(0);
    let skip = (at + 1).saturating_sub(height);
    let longest = fields.iter().map(|(_, field)| label(field, theme).width()).max();
    let longest = longest.and_then(|width| u16::try_from(width + 1).ok()).unwrap_or(LABEL);
    let lead = 2 + longest.max(LABEL).min(area.width / 2);
    for ((at, field), row) in fields.into_iter().skip(skip).zip(area.rows()) {
        let [label, value] =
            Layout::horizontal([Constraint::Length(lead), Constraint::Min(4)]).areas(row);
        let place = Place { focused: at == form.focus, only_shown: form.only_shown };
        draw_field(frame, [label, value], field, place, theme);
    }
}

/// What stands before a field, with a star where it must be given.
fn label(field: &Field, theme: &Theme) -> String {
    format!("{}{}", theme.terms.say(field.label), if field.required { " *" } else { "" })
}

/// How a field stands in its form.
#[derive(Clone, Copy)]
struct Place {
    focused: bool,
    /// It is only there to be looked at.
    only_shown: bool,
}

fn draw_field(
    frame: &mut Frame,
    [name, value]: [Rect; 2],
    field: &Field,
    Place { focused, only_shown }: Place,
    theme: &Theme,
) {
    let pointer = if focused { theme.glyphs.pointer } else { " " };
    let style = if focused { theme.heading() } else { theme.text() };
    let room = usize::from(name.width.saturating_sub(3));
    let lead = Line::from(vec![
        Span::styled(format!("{pointer} "), theme.accent()),
        Span::styled(cut(&label(field, theme), room, theme), style),
    ]);
    frame.render_widget(lead, name);
    if focused {
        frame.set_cursor_position(Position::new(value.x, value.y));
    }
    match &field.value {
        Value::Text(input) if focused && !only_shown => draw_input(frame, value, "", input, theme),
        Value::Secret(input) if focused && !only_shown => draw_secret(frame, value, input, theme),
        Value::Pick(None) if only_shown => {
            frame.render_widget(Line::styled("not chosen", theme.muted()), value);
        }
        _ => {
            let line = cut_line(shown(field, theme), value.width.into());
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
        Value::Pick(Some(picked)) => Line::raw(picked.name.clone()),
        Value::Pick(None) => {
            let text = if field.hint.is_empty() { "Enter chooses" } else { &field.hint };
            Line::styled(text.to_owned(), theme.muted())
        }
        Value::Fixed(text) => Line::styled(text.clone(), theme.strong()),
        Value::Button(_) => Line::default(),
    }
}

/// What is waited for, or what the last test or save said and what speaks against what stands in it: neither takes the
/// other's place.
fn said(form: &Form, shell: &Shell) -> Vec<Line<'static>> {
    let theme = &shell.theme;
    if let Some(words) = &form.busy {
        let spin = theme.glyphs.throbber[shell.frame % theme.glyphs.throbber.len()];
        return vec![Line::styled(format!("{spin} {words}…"), theme.accent())];
    }
    let mut lines = Vec::new();
    if let Some(result) = &form.result {
        let (style, glyph, finding) = match result {
            Ok(finding) => (theme.good(), theme.glyphs.success, finding),
            Err(finding) => (theme.bad(), theme.glyphs.failure, finding),
        };
        lines.push(Line::styled(format!("{glyph} {}", finding.text), style));
        lines.push(Line::raw(in_keys(&finding.advice, theme.keys)));
    }
    if form.only_shown {
        lines.push(Line::styled(
            "Only to look at: nothing of it can be changed here.",
            theme.muted(),
        ));
    }
    let warnings = form.doubt.iter().cloned().chain(form.shared_told(theme.terms));
    lines.extend(
        warnings.map(|text| Line::styled(format!("{} {text}", theme.glyphs.warning), theme.warn())),
    );
    lines
}
