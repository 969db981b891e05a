//! One card per connection: whether it works, with whom, and what the last test found.

use ratatui::{
    Frame,
    layout::Rect,
    style::Style,
    text::{Line, Span},
    widgets::Padding,
};

use crate::{
    console::{
        advice::in_keys,
        shell::Shell,
        theme::Theme,
        widgets::{
            frame,
            text::{ago, counted, cut},
        },
    },
    domain::text::thousands,
    engine::views::{AgreementView, ConnectionState, ConnectionView, SystemKind},
};

pub(crate) fn draw_card(
    frame: &mut Frame,
    area: Rect,
    row: &ConnectionView,
    selected: bool,
    shell: &Shell,
) {
    let theme = &shell.theme;
    let (word, style) = state(row, theme);
    let block = if selected { frame::focused(theme) } else { frame::bordered(theme) };
    let pointer = if selected { theme.glyphs.pointer } else { " " };
    let block = block
        .title(Line::styled(format!("{pointer}{} ", name(row)), theme.heading()))
        .title(Line::styled(format!(" {word} "), style).right_aligned())
        .padding(Padding::horizontal(1));
    let inside = block.inner(area);
    frame.render_widget(block, area);
    frame::draw_lines(frame, inside, lines(row, inside.width.into(), shell));
}

fn name(row: &ConnectionView) -> String {
    match row.system {
        SystemKind::Prism => "rhipe PRISM".to_owned(),
        SystemKind::Autotask | SystemKind::Connectwise => row.system.to_string(),
    }
}

fn state(row: &ConnectionView, theme: &Theme) -> (String, Style) {
    let (glyph, word, style) = match &row.state {
        ConnectionState::Connected => (theme.glyphs.dot, "Connected", theme.good()),
        ConnectionState::Failing { .. } => {
            (theme.glyphs.failure, "Refused or out of reach", theme.bad())
        }
        ConnectionState::Untested => (theme.glyphs.hollow, "Saved, not tested", theme.warn()),
        ConnectionState::NotConfigured => (theme.glyphs.hollow, "Not configured", theme.muted()),
    };
    (format!("{glyph} {word}"), style)
}

fn lines(row: &ConnectionView, width: usize, shell: &Shell) -> Vec<Line<'static>> {
    let theme = &shell.theme;
    if row.state == ConnectionState::NotConfigured {
        return unconfigured(row, theme);
    }
    let mut lines = Vec::new();
    if let ConnectionState::Failing { finding } = &row.state {
        lines.push(Line::styled(cut(&finding.text, width, theme), theme.bad()));
        lines.push(Line::raw(cut(&in_keys(&finding.advice, theme.keys), width, theme)));
    }
    let url = row.url.clone().unwrap_or_else(|| "found by zone discovery".to_owned());
    let room = width.saturating_sub(row.environment.len() + 2);
    lines.push(Line::from(vec![
        Span::styled(format!("{}  ", row.environment), theme.strong()),
        Span::raw(cut(&url, room, theme)),
    ]));
    if row.plain_http {
        let text = format!("{} plain http: not encrypted", theme.glyphs.warning);
        lines.push(Line::styled(cut(&text, width, theme), theme.warn()));
    }
    lines.extend(rights(row, width, theme));
    lines.extend(agreements(row, width, theme));
    lines.push(Line::styled(cut(&facts(row, shell), width, theme), theme.muted()));
    lines
}

fn unconfigured(row: &ConnectionView, theme: &Theme) -> Vec<Line<'static>> {
    let keys = theme.keys;
    let (what, next) = match row.system {
        SystemKind::Prism => (
            "Source: price lists and invoices of your distributor.",
            keys.hint_to_set_up(
                "Press c to type credentials, or n to generate new ones by signing in.",
                "Nothing is saved here.",
            ),
        ),
        SystemKind::Autotask => (
            "Target: services and contracts of your PSA.",
            keys.hint_to_set_up(
                "Press c to connect, i for what to prepare in Autotask first.",
                "Press i for what to prepare in Autotask first.",
            ),
        ),
        SystemKind::Connectwise => (
            "Target: products and agreements of your PSA.",
            keys.hint_to_set_up(
                "Press c to connect, i for what to prepare in ConnectWise first.",
                "Press i for what to prepare in ConnectWise first.",
            ),
        ),
    };
    vec![Line::raw(what), Line::styled(next, theme.accent())]
}

/// How many rights there are, and which are missing.
fn rights(row: &ConnectionView, width: usize, theme: &Theme) -> Option<Line<'static>> {
    let rights = &row.probe.as_ref()?.rights;
    if rights.is_empty() {
        return None;
    }
    let missing: Vec<&str> = rights
        .iter()
        .filter(|right| right.granted == Some(false))
        .map(|right| right.name.as_str())
        .collect();
    if missing.is_empty() {
        let text = format!("{} every right that could be told is granted", theme.glyphs.success);
        return Some(Line::styled(cut(&text, width, theme), theme.good()));
    }
    let count = counted(missing.len() as u64, "right is missing", "rights are missing");
    let text = format!("{} {count} (press i): {}", theme.glyphs.failure, missing.join(", "));
    Some(Line::styled(cut(&text, width, theme), theme.bad()))
}

fn agreements(row: &ConnectionView, width: usize, theme: &Theme) -> Option<Line<'static>> {
    if row.agreements.is_empty() || row.system != SystemKind::Prism {
        return None;
    }
    let synced: Vec<String> =
        row.agreements.iter().filter(|one| one.chosen).map(AgreementView::called).collect();
    if synced.is_empty() {
        let count = counted(row.agreements.len() as u64, "agreement", "agreements");
        let hint =
            theme.keys.hint_to_set_up("press a to choose which are synced", "none is chosen");
        let text = format!("{} {count}: {hint}", theme.glyphs.warning);
        return Some(Line::styled(cut(&text, width, theme), theme.warn()));
    }
    let text = format!("Agreement: {}", synced.join(", "));
    Some(Line::raw(cut(&text, width, theme)))
}

/// Who, and when it was last tried.
fn facts(row: &ConnectionView, shell: &Shell) -> String {
    let mut parts = Vec::new();
    parts.extend(row.company.as_ref().map(|company| format!("Company {company}")));
    let user = if row.system == SystemKind::Connectwise { "public key" } else { "User" };
    parts.extend(row.user.as_ref().map(|name| format!("{user} {name}")));
    if let Some(at) = row.checked_at {
        parts.push(format!("checked {}", ago(at, shell.now)));
    }
    if let Some((left, whole)) = row.probe.as_ref().and_then(|probe| probe.budget) {
        let (left, whole) = (thousands(left), thousands(whole));
        parts.push(format!("{left} of {whole} requests left then"));
    }
    parts.join(shell.theme.glyphs.separator)
}
