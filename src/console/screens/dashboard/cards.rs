//! What stands around the list of tab 1: the cards (R45, R46), and a bar per recent run.

use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect},
    text::{Line, Span},
};

use crate::{
    console::{
        shell::Shell,
        theme::Theme,
        widgets::{
            frame,
            text::{ago, counted, cut},
        },
    },
    domain::{
        outcome::Outcome,
        run::{RunHeader, RunKind},
    },
    engine::views::{CardView, StatusView, connection_title},
};

pub(crate) const CARD: u16 = 7;

pub(crate) fn draw_cards(frame: &mut Frame, area: Rect, status: &StatusView, shell: &Shell) {
    let count = status.cards.len().clamp(1, 4);
    let area = Rect { height: area.height.min(CARD), ..area };
    let places = Layout::horizontal(vec![Constraint::Fill(1); count]).spacing(1).split(area);
    for (card, place) in status.cards.iter().zip(places.iter()) {
        draw_card(frame, *place, card, shell);
    }
}

fn draw_card(frame: &mut Frame, area: Rect, card: &CardView, shell: &Shell) {
    let theme = &shell.theme;
    let title = match card.kind {
        RunKind::Customers => "Customers",
        RunKind::Products => "Products",
    };
    let way = format!("{} to {}", card.program, connection_title(&card.target));
    let way = format!(" {} ", cut(&way, usize::from(area.width.saturating_sub(6)), theme));
    let block = frame::bordered(theme)
        .title(Line::styled(format!(" {title} "), theme.heading()))
        .title_bottom(Line::styled(way, theme.muted()).right_aligned())
        .padding(ratatui::widgets::Padding::horizontal(1));
    let inside = block.inner(area);
    frame.render_widget(block, area);
    let mut lines = synced(card, usize::from(inside.width), theme);
    lines.push(tallies(card, theme));
    let age =
        card.last_success.map_or_else(|| "no result yet".to_owned(), |then| ago(then, shell.now));
    lines.push(Line::styled(format!("Last success: {age}"), theme.text()));
    lines.push(last_run(card.last_run.as_ref(), shell));
    frame::draw_lines(frame, inside, lines);
}

/// How many of how many, for which invoice: in one line where that fits.
fn synced(card: &CardView, width: usize, theme: &Theme) -> Vec<Line<'static>> {
    let what = match card.kind {
        RunKind::Customers => "customers",
        RunKind::Products => "products",
    };
    let (done, of) = card.done();
    let count = format!("{done} of {of} {what} synced");
    let Some(invoice) = &card.invoice else { return vec![Line::styled(count, theme.strong())] };
    let invoice = format!("for invoice {invoice}");
    let whole = format!("{count} {invoice}");
    if whole.len() <= width {
        return vec![Line::styled(whole, theme.strong())];
    }
    let invoice = cut(&invoice, width, theme);
    vec![Line::styled(count, theme.strong()), Line::styled(invoice, theme.text())]
}

/// Counts of the last run, whatever its status (R46).
fn tallies(card: &CardView, theme: &Theme) -> Line<'static> {
    let tally = |count: u64, outcome: Outcome, one: &str, many: &str| {
        let shown = if count == 0 { Outcome::Success } else { outcome };
        let style = if count == 0 { theme.muted() } else { theme.outcome(outcome) };
        let glyph = theme.glyphs.outcome(shown);
        Span::styled(format!("{glyph} {}", counted(count, one, many)), style)
    };
    let mut spans = vec![
        tally(card.synced.failed, Outcome::Failure, "error", "errors"),
        Span::raw("   "),
        tally(card.synced.warned, Outcome::Warning, "warning", "warnings"),
    ];
    if card.synced.not_attempted > 0 {
        let (count, words) = (card.synced.not_attempted, "not attempted");
        spans.push(Span::raw("   "));
        spans.push(tally(count, Outcome::NotAttempted, words, words));
    }
    Line::from(spans)
}

fn last_run(run: Option<&RunHeader>, shell: &Shell) -> Line<'static> {
    let theme = &shell.theme;
    let Some(run) = run else { return Line::styled("No run yet", theme.muted()) };
    let when = ago(run.finished_at.unwrap_or(run.started_at), shell.now);
    Line::from(vec![
        Span::styled(format!("Run #{} ", run.id), theme.muted()),
        Span::styled(frame::outcome(run.status, theme), theme.outcome(run.status)),
        Span::styled(format!(" {when}"), theme.muted()),
    ])
}

/// A bar per recent run: as long as its writes, in the style of its outcome.
pub(crate) fn draw_recent(frame: &mut Frame, area: Rect, runs: &[RunHeader], shell: &Shell) {
    let theme = &shell.theme;
    let most = runs.iter().map(|run| run.counts.writes).max().unwrap_or(0).max(1);
    let heading = Line::styled(if runs.is_empty() { "" } else { "Recent runs" }, theme.heading());
    let lines = runs.iter().map(|run| {
        let length = usize::try_from(run.counts.writes * 20 / most).unwrap_or(20);
        let length = if run.counts.writes > 0 { length.max(1) } else { 0 };
        let bar = theme.glyphs.bar.repeat(length);
        let when = ago(run.finished_at.unwrap_or(run.started_at), shell.now);
        let kind = if run.kind == RunKind::Products { "products" } else { "customers" };
        let (word, style) = frame::ended(run, theme);
        let writes = counted(run.counts.writes, "change sent", "changes sent");
        Line::from(vec![
            Span::raw(format!("#{:<5}{kind:<10}", run.id)),
            Span::styled(format!("{word:<15}"), style),
            Span::styled(bar, style),
            Span::styled(format!(" {writes}{}{when}", theme.glyphs.separator), theme.muted()),
        ])
    });
    frame::draw_lines(frame, area, std::iter::once(heading).chain(lines));
}
