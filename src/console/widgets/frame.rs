//! The chrome: header, tabs, footer, and the bordered body with the place in its title.

use ratatui::{
    Frame,
    layout::{Constraint, Layout, Margin, Rect, Size},
    style::Style,
    text::{Line, Span},
    widgets::{Block, BorderType, Padding},
};
use unicode_width::UnicodeWidthStr;

use super::{
    demo_gauge,
    text::{ago, cut, cut_line, unfinished, wrapped},
};
use crate::{
    console::{
        action::Tab,
        keymap::Binding,
        shell::{Level, Notice, Shell},
        theme::Theme,
    },
    domain::{Right, outcome::Outcome, run::RunHeader, text::thousands},
    engine::views::{
        CardView, ConnectionState, ConnectionView, StatusView, SystemKind, connection_title,
    },
};

/// Below this the screen only says what it needs.
pub(crate) const LEAST: (u16, u16) = (60, 16);

/// Whether more than that can be shown.
pub(crate) fn has_room(screen: Size) -> bool {
    screen.width >= LEAST.0 && screen.height >= LEAST.1
}

/// Header, tabs, body, footer.
pub(crate) fn areas(area: Rect) -> [Rect; 4] {
    Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(1),
        Constraint::Min(0),
        Constraint::Length(1),
    ])
    .areas(area)
}

/// The room inside the border of the body, of a screen of this size.
pub(crate) fn room_inside(screen: Size) -> Rect {
    let [_, _, body, _] = areas(Rect::from(screen));
    body.inner(Margin::new(2, 1))
}

/// The body's border with the place in its title; answers what is inside.
pub(crate) fn body(frame: &mut Frame, area: Rect, title: &str, right: &str, theme: &Theme) -> Rect {
    let room = usize::from(area.width.saturating_sub(6));
    // What the place leaves, and half of the border at least.
    let right_width = right.width().min(room.saturating_sub(title.width()).max(room / 2));
    let title = cut(title, room.saturating_sub(right_width), theme);
    let mut block = bordered(theme)
        .title(Line::styled(format!(" {title} "), theme.heading()))
        .padding(Padding::horizontal(1));
    if !right.is_empty() {
        let right = cut(right, right_width, theme);
        block = block.title(Line::styled(format!(" {right} "), theme.muted()).right_aligned());
    }
    let inside = block.inner(area);
    frame.render_widget(block, area);
    inside
}

/// Lines from the top of an area down, as far as they go: one that is too wide, or after which more was to come, ends in
/// `…`.
pub(crate) fn draw_lines<'a>(
    frame: &mut Frame,
    area: Rect,
    lines: impl IntoIterator<Item = impl Into<Line<'a>>>,
) {
    let mut lines = lines.into_iter().map(Into::into).peekable();
    let width = usize::from(area.width);
    for row in area.rows() {
        let Some(line) = lines.next() else { return };
        let more = row.bottom() == area.bottom() && lines.peek().is_some();
        let line = if more { unfinished(line, width) } else { cut_line(line, width) };
        frame.render_widget(line, row);
    }
}

/// What is said below a table about its selected row, with a blank line between.
pub(crate) fn draw_detail<'a>(
    frame: &mut Frame,
    area: Rect,
    lines: impl IntoIterator<Item = impl Into<Line<'a>>>,
) {
    let below = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
    draw_lines(frame, below, lines);
}

/// What stands in the place of a table that has no rows.
pub(crate) fn draw_notice(frame: &mut Frame, area: Rect, text: impl Into<String>, theme: &Theme) {
    let text = text.into();
    let lines = wrapped(&text, area.width.into()).into_iter();
    draw_lines(frame, area, lines.map(|line| Line::styled(line, theme.muted())));
}

/// A border in the characters that the terminal has.
pub(crate) fn bordered(theme: &Theme) -> Block<'static> {
    let block = Block::bordered().border_style(theme.muted());
    if theme.glyphs.unicode {
        block.border_type(BorderType::Rounded)
    } else {
        block.border_set(ASCII_BORDER)
    }
}

/// The border of what has the focus over other things.
pub(crate) fn focused(theme: &Theme) -> Block<'static> {
    let block = Block::bordered().border_style(theme.accent());
    if theme.glyphs.unicode {
        block.border_type(BorderType::Double)
    } else {
        block.border_set(ratatui::symbols::border::Set {
            horizontal_top: "=",
            horizontal_bottom: "=",
            ..ASCII_BORDER
        })
    }
}

const ASCII_BORDER: ratatui::symbols::border::Set = ratatui::symbols::border::Set {
    top_left: "+",
    top_right: "+",
    bottom_left: "+",
    bottom_right: "+",
    vertical_left: "|",
    vertical_right: "|",
    horizontal_top: "-",
    horizontal_bottom: "-",
};

/// Product, environment, connections; on the right what runs, or the last success.
pub(crate) fn header(frame: &mut Frame, area: Rect, shell: &Shell) {
    let theme = &shell.theme;
    let mut left = vec![Span::styled(" prism-connect ", theme.strong())];
    let (right, style) = match &shell.status {
        _ if shell.daemon_lost => (vec!["looking for the daemon".to_owned()], theme.muted()),
        None => (vec!["loading".to_owned()], theme.muted()),
        Some(status) => {
            left.extend(environment(status, theme));
            let shown = status.connections.iter().filter(|one| is_shown(one, status));
            let several = shell.other_target().is_some();
            left.extend(shown.flat_map(|one| {
                let used = several && one.name == status.target;
                connection(one, used, theme)
            }));
            activity(status, shell)
        }
    };
    left.extend(daemon(shell));
    if shell.read_only && shell.attached.is_none() {
        left.push(Span::styled(" read-only ", theme.warn()));
    }
    let left = Line::from(left);
    let room = usize::from(area.width).saturating_sub(left.width() + 1);
    frame.render_widget(left, area);
    let shortest = right.last().map(|told| cut(told, room, theme));
    let right = right.into_iter().find(|told| told.width() <= room).or(shortest);
    let right = format!("{} ", right.unwrap_or_default());
    render_right(frame, area, Line::styled(right, style));
}

/// That somebody else's engine is looked at, and what one may do there.
fn daemon(shell: &Shell) -> Option<Span<'static>> {
    let attached = shell.attached.as_ref()?;
    let theme = &shell.theme;
    Some(if shell.daemon_lost {
        Span::styled(" daemon lost ", theme.warn())
    } else {
        let own = shell.read_only && attached.role.may(Right::Operate);
        let own = if own { ", read-only" } else { "" };
        Span::styled(format!(" daemon: {}{own} ", attached.role), theme.muted())
    })
}

/// At the right end of a row, touching no other cell of it.
fn render_right(frame: &mut Frame, area: Rect, line: Line) {
    let width = u16::try_from(line.width()).unwrap_or(area.width).min(area.width);
    let place = Rect { x: area.right() - width, width, ..area };
    frame.render_widget(line, place);
}

fn environment(status: &StatusView, theme: &Theme) -> Vec<Span<'static>> {
    if let Some(pair) = status.environments.as_ref().filter(|pair| pair.mixed) {
        let style = if pair.confirmed { theme.production() } else { theme.warn() };
        let both = format!(" {} {} {} ", pair.source, theme.glyphs.arrow, pair.target);
        return vec![Span::styled(both, style), Span::raw(" ")];
    }
    let prism = status.connections.iter().find(|c| c.system == SystemKind::Prism);
    let Some(name) = prism.map(|prism| prism.environment.clone()) else { return Vec::new() };
    let style = if name == "PROD" { theme.production() } else { theme.heading() };
    vec![Span::styled(format!(" {name} "), style), Span::raw(" ")]
}

/// A target that may be connected beside another one says nothing in the header until it is; as long as there is none, the
/// first one stands for all.
fn is_shown(connection: &ConnectionView, status: &StatusView) -> bool {
    let is_set_up = |one: &ConnectionView| one.state != ConnectionState::NotConfigured;
    let is_target = |one: &&ConnectionView| one.system != SystemKind::Prism;
    let mut targets = status.connections.iter().filter(is_target);
    connection.system == SystemKind::Prism
        || is_set_up(connection)
        || targets.all(|one| !is_set_up(one)) && connection.system == SystemKind::Autotask
}

/// Dot and name of a connection, in the style of its state; in brackets where it is the one of several that all is about.
pub(crate) fn connection(
    connection: &ConnectionView,
    used: bool,
    theme: &Theme,
) -> Vec<Span<'static>> {
    let (glyph, style) = match connection.state {
        ConnectionState::Connected => (theme.glyphs.dot, theme.good()),
        ConnectionState::Failing { .. } => (theme.glyphs.failure, theme.bad()),
        ConnectionState::Untested => (theme.glyphs.hollow, theme.warn()),
        ConnectionState::NotConfigured => (theme.glyphs.hollow, theme.muted()),
    };
    let name = if connection.plain_http { "" } else { "  " };
    let title = connection_title(&connection.name);
    let title = if used {
        Span::styled(format!(" [{title}]"), theme.strong())
    } else {
        Span::raw(format!(" {title}"))
    };
    let mut spans = vec![Span::styled(glyph, style), title, Span::raw(name)];
    if connection.plain_http {
        spans.push(Span::styled(" http ", theme.warn()));
    }
    spans
}

/// What runs, or how the last run ended: whole, and then as shorter words say it, what matters most last.
fn activity(status: &StatusView, shell: &Shell) -> (Vec<String>, Style) {
    let muted = shell.theme.muted();
    if let Some(running) = &status.running {
        let frames = shell.theme.glyphs.throbber;
        let spin = frames[shell.frame % frames.len()];
        let of = running.total.map_or_else(String::new, |total| format!("/{}", thousands(total)));
        // Before anything is done of what nobody has counted yet, only the text says anything.
        let done = match (running.done, running.total) {
            (0, None) => String::new(),
            (done, _) => format!(" {}{of}", thousands(done)),
        };
        return (vec![format!("{spin} sync{done} {}", running.text)], muted);
    }
    // The last run of each kind counts: one of products that went well does not hide that customers failed.
    let failed = status.cards.iter().filter_map(CardView::failed_since).max_by_key(|(_, at)| *at);
    if let Some((run, at)) = failed {
        let others = status.cards.iter().filter_map(|card| card.last_run.as_ref());
        let ago = ago(at, shell.now);
        let which = match others.filter(|other| other.finished_at > Some(at)).count() {
            0 => format!("last run {ago}"),
            _ => format!("run #{}, {ago}", run.id),
        };
        let (ended, style) = (run.status, shell.theme.outcome(run.status));
        let glyph = shell.theme.glyphs.outcome(ended).to_owned();
        let whole = format!("{which}: {ended}");
        let ways = vec![whole, format!("{ended} {ago}"), ended.to_string(), glyph];
        return (ways, style);
    }
    match status.cards.iter().filter_map(|card| card.last_success).max() {
        Some(then) => {
            let ago = ago(then, shell.now);
            (vec![format!("last success {ago}"), format!("success {ago}"), ago], muted)
        }
        None => (vec!["no result yet".to_owned()], muted),
    }
}

/// The row of the tabs.
pub(crate) const TABS: u16 = 1;

/// A tab as it stands in its line, on a screen of so many columns.
fn tab_text(at: usize, tab: Tab, columns: u16) -> String {
    let title = tab.title();
    let title = if columns < 76 { &title[..4.min(title.len())] } else { title };
    format!(" {} {title} ", at + 1)
}

/// Which tab stands at a column.
pub(crate) fn tab_at(column: u16, columns: u16) -> Option<Tab> {
    let mut from = 1;
    for (at, tab) in Tab::ALL.into_iter().enumerate() {
        let width = u16::try_from(tab_text(at, tab, columns).len()).unwrap_or(u16::MAX);
        if (from..from + width).contains(&column) {
            return Some(tab);
        }
        from += width + 1;
    }
    None
}

/// The six tabs with their numbers.
pub(crate) fn tabs(frame: &mut Frame, area: Rect, tab: Tab, shell: &Shell) {
    let theme = &shell.theme;
    let mut spans = vec![Span::raw(" ")];
    for (at, each) in Tab::ALL.into_iter().enumerate() {
        let text = tab_text(at, each, area.width);
        let style = if each == tab { theme.selected() } else { theme.muted() };
        spans.push(Span::styled(text, style));
        spans.push(Span::raw(" "));
    }
    let line = Line::from(spans);
    let used = shell.status.as_ref().filter(|_| shell.other_target().is_some());
    let of = used.map(|status| format!(" of {} ", connection_title(&status.target)));
    let fits = |of: &String| line.width() + of.width() <= usize::from(area.width);
    if let Some(of) = of.filter(fits) {
        render_right(frame, area, Line::styled(of, theme.strong()));
    }
    frame.render_widget(line, area);
}

/// The keys that work now. `? help` always stays.
pub(crate) fn footer(frame: &mut Frame, area: Rect, shell: &Shell, offered: Vec<Offered>) {
    let theme = &shell.theme;
    let mut offered: Vec<Offered> =
        offered.into_iter().filter(|offered| offered.binding.rank > 0).collect();
    offered.sort_by_key(|offered| offered.binding.rank);
    let mut spans = vec![Span::raw(" ")];
    let mut room = usize::from(area.width).saturating_sub(1);
    let (kept, last): (Vec<Offered>, Vec<Offered>) =
        offered.into_iter().partition(|offered| offered.binding.rank < 97);
    let tail: Vec<String> = last.iter().rev().map(|offered| hint(offered, theme)).collect();
    room = room.saturating_sub(tail.iter().map(|text| text.width() + 2).sum::<usize>());
    let kept = kept.iter().map(|offered| hint(offered, theme));
    let kept = kept.take_while(|text| {
        let fits = text.width() + 2 <= room;
        room = room.saturating_sub(text.width() + 2);
        fits
    });
    for text in kept.chain(tail) {
        spans.extend(hint_spans(&text, theme));
    }
    frame.render_widget(Line::from(spans), area);
}

/// A key that works now.
pub(crate) struct Offered {
    pub(crate) binding: &'static Binding,
    /// What it does next.
    pub(crate) label: &'static str,
}

fn hint(Offered { binding, label }: &Offered, theme: &Theme) -> String {
    let label = theme.terms.say(label);
    format!("{} {label}", binding.keys[0].name(theme.glyphs.unicode))
}

fn hint_spans(text: &str, theme: &Theme) -> [Span<'static>; 3] {
    let (key, label) = text.split_once(' ').unwrap_or((text, ""));
    [
        Span::styled(key.to_owned(), theme.accent()),
        Span::styled(format!(" {label}"), theme.text()),
        Span::raw("  "),
    ]
}

/// What is told stands above the keys, on the border of the body: it takes no key's place.
pub(crate) fn notice(frame: &mut Frame, body: Rect, shell: &Shell) {
    let theme = &shell.theme;
    let area = Rect {
        x: body.x + 1,
        y: body.bottom().saturating_sub(1),
        width: body.width.saturating_sub(2),
        height: 1,
    };
    let notice =
        shell.notice().map(|notice| (notice.level, notice_line(notice, area.width, theme)));
    let taken = notice.as_ref().map_or(0, |(_, line)| line.width());
    let taken = u16::try_from(taken).unwrap_or(area.width).min(area.width);
    let is_error = matches!(notice, Some((Level::Error, _)));
    // An error begins where one reads on, as long as it stands; anything else stands at the right for some seconds.
    let rest =
        Rect { x: area.x + if is_error { taken } else { 0 }, width: area.width - taken, ..area };
    if let Some(step) = &shell.demo {
        let frames = theme.glyphs.throbber;
        demo_gauge::draw(frame, rest, step, frames[shell.frame % frames.len()], theme);
    }
    match notice {
        Some((Level::Error, line)) => frame.render_widget(line, area),
        Some((_, line)) => render_right(frame, area, line),
        None => {}
    }
}

/// A notice in so many columns.
fn notice_line(notice: &Notice, columns: u16, theme: &Theme) -> Line<'static> {
    let room = usize::from(columns).saturating_sub(4);
    let text = notice.finding.text.lines().next().unwrap_or_default();
    match notice.level {
        Level::Error => error_line(text, columns, theme),
        Level::Ended(outcome) => {
            let text = format!("{} {text}", theme.glyphs.outcome(outcome));
            Line::styled(format!(" {} ", cut(&text, room, theme)), theme.outcome(outcome))
        }
        Level::Info | Level::Declined => {
            Line::styled(format!(" {} ", cut(text, room, theme)), theme.text())
        }
    }
}

/// An error, with the keys that dismiss it and tell it whole.
fn error_line(text: &str, columns: u16, theme: &Theme) -> Line<'static> {
    let tail = "  Esc dismiss  ! details ";
    let columns = usize::from(columns);
    let text = cut(text, columns.saturating_sub(tail.width() + 4), theme);
    Line::from(vec![
        Span::styled(format!(" {} {text}", theme.glyphs.failure), theme.bad()),
        Span::styled(tail, theme.muted()),
    ])
}

/// Glyph and word of an outcome.
pub(crate) fn outcome(outcome: Outcome, theme: &Theme) -> String {
    format!("{} {outcome}", theme.glyphs.outcome(outcome))
}

/// Glyph and word of how a run ended with their style, or that it has not ended.
pub(crate) fn ended(run: &RunHeader, theme: &Theme) -> (String, Style) {
    match run.ended() {
        Some(status) => (outcome(status, theme), theme.outcome(status)),
        None => (UNFINISHED.to_owned(), theme.warn()),
    }
}

/// What a run is that was cut off.
pub(crate) const UNFINISHED: &str = "unfinished";
